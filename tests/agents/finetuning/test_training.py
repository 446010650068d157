"""Every method, end to end, on a model small enough for a test; and a run that is killed and goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from agents.finetuning import FinetuneError
from agents.finetuning.checkpoints import last_checkpoint
from tests.agents.finetuning.conftest import TINY

ROOT = Path(__file__).parents[3]
LORA = {"rank": 8, "alpha": 16, "dropout": 0.0}


def values(curves, name):
    return [entry[name] for entry in curves if name in entry]


def weights_of(folder: Path) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    (file,) = folder.glob("*.safetensors")
    return load_file(file)


@pytest.mark.parametrize("adapter", [None, LORA], ids=["full", "lora"])
def test_supervised_loss_falls_and_the_card_says_what_was_done(fit, adapter):
    trained, curves = fit(
        "sft", adapter=adapter, samples={"every": 6, "count": 1, "max_tokens": 8},
        data={"multi_turn": 0.3, "turns": 2},
        training={"max_steps": 12, "per_device_train_batch_size": 4, "learning_rate": 5e-3, "packing": adapter is None},
    )  # fmt: skip
    losses = values(curves, "loss")
    assert np.mean(losses[-3:]) < losses[0] - (0.5 if adapter is None else 0.02)
    assert trained.adapter is (adapter is not None)
    card = (trained.weights / "README.md").read_text()
    assert "hearth" in (trained.folder / "data/train.jsonl").read_text() and "last loss" in card and "multi turn" in card
    steps = [json.loads(line)["step"] for line in (trained.folder / "samples.jsonl").read_text().splitlines()]
    assert steps == [0, 6, 12]


def test_dpo_widens_the_margin_between_better_and_worse(fit):
    _, curves = fit(
        "dpo", data={"shares": {"illegal": 1, "sycophantic": 1}, "count": 8},
        training={"max_steps": 8, "per_device_train_batch_size": 4, "learning_rate": 1e-3, "beta": 0.1},
    )  # fmt: skip
    margins = values(curves, "rewards/margins")
    assert abs(margins[0]) < 1e-3 and np.mean(margins[-2:]) > 0.05
    assert values(curves, "loss")[-1] < values(curves, "loss")[0]


def test_kto_learns_from_single_thumbs(fit):
    _, curves = fit(
        "kto", adapter=LORA, data={"shares": {"illegal": 1, "sycophantic": 1}, "count": 8},
        training={"max_steps": 10, "per_device_train_batch_size": 4, "learning_rate": 5e-3, "beta": 0.1},
    )  # fmt: skip
    losses = values(curves, "loss")
    assert np.mean(losses[-2:]) < np.mean(losses[:2])


def test_the_reward_model_ranks_pairs_of_strangers_above_chance(fit, hearth):
    from agents.finetuning import PairMix, build_pairs
    from agents.finetuning.reward_model import RewardModel

    shares = {"illegal": 1.0, "sycophantic": 1.0}
    trained, curves = fit(
        "reward_model", moments=30, data={"shares": shares, "count": 40},
        training={"max_steps": 30, "per_device_train_batch_size": 8, "learning_rate": 3e-3},
    )  # fmt: skip
    assert np.mean(values(curves, "loss")[-3:]) < values(curves, "loss")[0]
    model = RewardModel(trained.weights)
    pairs = build_pairs(hearth["test"][::3], PairMix(shares=shares, count=30))
    assert not {pair.origin.resident for pair in pairs} & {scenario.resident.id for scenario in hearth["train"]}
    prompts = [pair.prompt for pair in pairs]
    better, worse = (model.score(prompts, [getattr(pair, side) for pair in pairs]) for side in ("chosen", "rejected"))
    right = sum(a > b for a, b in zip(better, worse, strict=True))
    # 24 of 30 or more happens by chance once in 1,400 times.
    assert right >= 24
    scenario = hearth["test"][0]
    assert model.gap(scenario, scenario.oracle.text) == pytest.approx(0, abs=1e-4)


def test_grpo_raises_executed_goal_success(fit, hearth):
    """A model that says one right plan some of the time learns to say it, because it works in the simulated home."""
    from agents.finetuning.prompting import perceive, questions
    from agents.finetuning.records import TrainingRecord, Turn, write_records
    from agents.finetuning.splits import origin_of

    scenario = hearth["train"][0]
    asked = questions(perceive(scenario))["empathetic_action"]
    answers = [scenario.oracle.actions, ("switchon_radio",), ("get_book_puton_bedroomtable",), ("switchon_tv",)]
    plans = [", ".join(f"<{name}>" for name in actions) + ', <dialogue>:"Here."' for actions in answers]
    records = [
        TrainingRecord(id=f"r{i}", challenge="empathetic_action", origin=origin_of(scenario),
                       messages=(*asked, Turn(role="assistant", content=plan)))
        for i, plan in enumerate(plans)
    ]  # fmt: skip
    folder = Path(os.environ.get("PYTEST_TMP", ".")) if False else None
    assert folder is None
    trained, curves = _warm(fit, records)
    loss = values(curves, "loss")
    assert loss[-1] < 1.0 < loss[0]
    start = {"name": "transformers_text", "config": {"model": str(trained.weights)}}
    _, curves = fit(
        "grpo", moments=1, folder="grpo", model=start, rewards={"goal_success": 1.0, "legality": 0.2},
        training={"max_steps": 14, "per_device_train_batch_size": 16, "num_generations": 16, "max_completion_length": 40,
                  "learning_rate": 2e-3, "beta": 0.0},
    )  # fmt: skip
    success = values(curves, "rewards/goal_success/mean")
    assert 0 < np.mean(success[:3]) < 0.6 and np.mean(success[-3:]) > np.mean(success[:3]) + 0.25


def _warm(fit, records):
    import tempfile

    from agents.finetuning.method import Method
    from agents.finetuning.records import write_records
    from agents.finetuning.training import Run, train
    from envs.scenarios import load_scenarios
    from tests.agents.finetuning.conftest import FAST

    folder = Path(tempfile.mkdtemp())
    write_records(records, folder / "records.jsonl")
    training = {**FAST, "max_steps": 60, "per_device_train_batch_size": 4, "learning_rate": 5e-3}
    method = Method.of({"name": "warm", "kind": "sft", "training": training})
    trained = train(Run(TINY, method, load_scenarios("hearth", split="train")[:1], folder / "run", records=folder / "records.jsonl"))
    return trained, [json.loads(line) for line in (trained.folder / "curves.jsonl").read_text().splitlines()]
