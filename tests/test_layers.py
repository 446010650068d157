"""Imports run downwards only: plans <- envs <- agents <- eval_suite <- scripts."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ORDER = ["plans", "envs", "agents", "eval_suite", "scripts"]
HEAVY = {
    "torch",
    "transformers",
    "mujoco",
    "habitat_sim",
    "wandb",
    "sklearn",
    "openai",
    "trl",
    "peft",
    "matplotlib",
    "stable_baselines3",
}


def imports(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{file}: expected absolute imports"
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("package", ORDER)
def test_packages_import_downwards_only(package: str) -> None:
    above = set(ORDER[ORDER.index(package) + 1 :])
    files = list((ROOT / package).rglob("*.py"))
    assert files
    for file in files:
        assert not imports(file) & above, f"{file.relative_to(ROOT)} imports upwards: {imports(file) & above}"


def test_the_command_starts_without_heavy_libraries() -> None:
    code = f"import sys, scripts.main; scripts.main.main(['--help']); print(sorted({HEAVY!r} & set(sys.modules)))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True).stdout
    assert "evaluate" in output and output.strip().endswith("[]")
