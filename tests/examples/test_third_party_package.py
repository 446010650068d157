"""A package outside of the tree, installed by pip: its agent is listed, configured, checked and evaluated by name."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "lighthouse_agent"
QUICK = ["simulator=symbolic", "scenarios.limit=2", "report=false"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package as pip installs it."""
    folder = tmp_path_factory.mktemp("third_party")
    source, target = folder / "source", folder / "site"
    shutil.copytree(EXAMPLE, source)  # building leaves files behind
    words = ["install", "-q", "--no-deps", "--no-build-isolation", "--no-index", "--target", str(target), str(source)]
    done = subprocess.run([sys.executable, "-m", "pip", *words], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return target


def run(
    installed: Path | None, cwd: Path, *words: str, code: str = "from scripts.main import main; main()"
) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(ROOT), *([str(installed)] if installed else [])])
    environment = {**os.environ, "PYTHONPATH": path, "COLUMNS": "160"}
    return subprocess.run(
        [sys.executable, "-c", code, *words], cwd=cwd, env=environment, capture_output=True, text=True, timeout=300
    )


CHECK = "import sys; from scripts.check_agent import main; main(sys.argv[1:])"


def test_it_is_listed(installed: Path, tmp_path: Path) -> None:
    listed = run(installed, tmp_path, "list", "agents")
    assert "lighthouse_agent.agent:Lighthouse" in listed.stdout, listed.stderr
    assert "lighthouse" not in run(None, tmp_path, "list", "agents").stdout


def test_it_is_evaluated_with_its_own_configuration(installed: Path, tmp_path: Path) -> None:
    done = run(installed, tmp_path, "evaluate", "agent=lighthouse", "agent.config.signs=[a]", *QUICK, "out=here")
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    (file,) = (tmp_path / "here").glob("lighthouse*/episodes.jsonl")
    episodes = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert len(episodes) == 2 and not any(episode["error"] for episode in episodes)
    assert {tuple(episode["agent_config"]["signs"]) for episode in episodes} == {("a",)}
    assert {episode["actions"][0]["action"] for episode in episodes} == {"switchoff_bedroom_tablelamp"}


def test_it_conforms(installed: Path, tmp_path: Path) -> None:
    done = run(installed, tmp_path, "lighthouse", code=CHECK)
    assert done.returncode == 0 and "conforms" in done.stdout, done.stdout + done.stderr


def test_without_it_the_name_is_unknown(tmp_path: Path) -> None:
    done = run(None, tmp_path, "evaluate", "agent=lighthouse", *QUICK)
    assert done.returncode == 2 and "expected agent among" in done.stderr and "Traceback" not in done.stderr


def test_a_package_whose_configurations_are_missing_harms_nobody(installed: Path, tmp_path: Path) -> None:
    broken = tmp_path / "site" / "broken-1.0.dist-info"
    broken.mkdir(parents=True)
    (broken / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (broken / "entry_points.txt").write_text("[empathy_gym.conf]\nbroken = no_such_package.conf\n")
    done = run(broken.parent, tmp_path, "evaluate", "agent=nothing", *QUICK, "out=here")
    assert done.returncode == 0, done.stderr


def test_check_agent_fails_aloud(tmp_path: Path) -> None:
    (tmp_path / "grumpy.py").write_text(
        "from agents import Agent\nfrom envs.exchange import Response\n\n\nclass Grumpy(Agent):\n"
        "    def respond(self, observation, *, seed):\n        return Response('no')\n"
    )
    done = run(tmp_path, tmp_path, "grumpy:Grumpy", "scenarios.limit=1", code=CHECK)
    assert done.returncode == 1 and "FAILED" in done.stdout and "is None" in done.stdout, done.stdout + done.stderr


def test_the_example_is_as_short_as_promised() -> None:
    lines = [
        line for line in (EXAMPLE / "src/lighthouse_agent/agent.py").read_text(encoding="utf-8").splitlines() if line.strip()
    ]
    assert len(lines) <= 15
