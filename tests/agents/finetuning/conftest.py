"""A tiny Llama-3 and a handful of moments that every method is tried on."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

# So that neighbours are found however pytest was started.
sys.path.insert(0, str(Path(__file__).parents[3]))

TINY = {"name": "agents.finetuning.scratch:RandomLlama", "config": {"model": "llama3_tiny", "batch_size": 8}}
FAST = {"logging_steps": 1, "save_strategy": "no", "warmup_steps": 0, "lr_scheduler_type": "constant"}


@pytest.fixture(scope="session")
def training_stack() -> None:
    for package in ("torch", "transformers", "trl", "peft", "datasets"):
        pytest.importorskip(package, reason=f"fine-tuning needs {package}: pip install 'empathy-gym[train]'")
    import datasets
    import torch
    import transformers

    torch.set_num_threads(1)  # threads that wait for each other on a busy machine cost tiny models most of their time
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    datasets.disable_progress_bars()


@pytest.fixture(scope="session")
def hearth() -> dict[str, list[Any]]:
    from envs.scenarios import load_scenarios

    return {split: load_scenarios("hearth", split=split) for split in ("train", "validation", "test")}


@pytest.fixture
def fit(training_stack: None, hearth: dict[str, list[Any]], tmp_path: Path) -> Callable[..., Any]:
    """Trains the tiny model as told; returns what came of it and the logged curves."""
    import json

    from agents.finetuning.method import Method
    from agents.finetuning.training import Run, train

    def run(
        kind: str, *, moments: int = 6, folder: str = "run", model: Any = TINY, measures: Any = None, **settings: Any
    ) -> Any:
        training = {**FAST, **settings.pop("training", {})}
        method = Method.of({"name": kind, "kind": kind, "max_length": 2048, "training": training, **settings})
        chosen = hearth["train"][:: max(1, 180 // moments)][:moments]
        trained = train(Run(model, method, chosen, tmp_path / folder, test=hearth["test"], measures=measures or {}))
        lines = (trained.folder / "curves.jsonl").read_text().splitlines()
        return trained, [json.loads(line) for line in lines]

    return run
