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
from tests.agents.finetuning.conftest import FAST, TINY

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
        "sft",
        adapter=adapter,
        samples={"every": 6, "count": 1, "max_tokens": 8},
        data={"multi_turn": 0.3, "turns": 2},
        max_length=768,
        training={"max_steps": 12, "per_device_train_batch_size": 1, "learning_rate": 5e-3, "packing": adapter is None},
    )
    losses = values(curves, "loss")
    assert np.mean(losses[-3:]) < losses[0] - (0.5 if adapter is None else 0.02)
    assert trained.adapter is (adapter is not None)
    card = (trained.weights / "README.md").read_text()
    assert "hearth" in (trained.folder / "data/train.jsonl").read_text() and "last loss" in card and "multi turn" in card
    steps = [json.loads(line)["step"] for line in (trained.folder / "samples.jsonl").read_text().splitlines()]
    assert steps == [0, 6, 12]


def test_dpo_widens_the_margin_between_better_and_worse(fit):
    _, curves = fit(
        "dpo",
        data={"shares": {"illegal": 1, "sycophantic": 1}, "count": 4, "length_balance": 1.0},
        training={"max_steps": 6, "per_device_train_batch_size": 2, "learning_rate": 1e-3, "beta": 0.1},
    )
    margins = values(curves, "rewards/margins")
    assert abs(margins[0]) < 1e-3 and np.mean(margins[-2:]) > 0.05
    assert values(curves, "loss")[-1] < values(curves, "loss")[0]


def test_kto_learns_from_single_thumbs(fit):
    _, curves = fit(
        "kto",
        adapter=LORA,
        data={"shares": {"illegal": 1, "sycophantic": 1}, "count": 4, "length_balance": 1.0},
        training={"max_steps": 8, "per_device_train_batch_size": 2, "learning_rate": 5e-3, "beta": 0.1},
    )
    losses = values(curves, "loss")
    assert np.mean(losses[-2:]) < np.mean(losses[:2])


def test_the_reward_model_ranks_pairs_of_strangers_above_chance(fit, hearth):
    from agents.finetuning import PairMix, build_pairs
    from agents.finetuning.reward_model import RewardModel

    shares = {"illegal": 1.0, "sycophantic": 1.0}
    trained, curves = fit(
        "reward_model",
        moments=30,
        data={"shares": shares, "count": 40},
        training={"max_steps": 30, "per_device_train_batch_size": 8, "learning_rate": 3e-3},
    )
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


def test_grpo_raises_executed_goal_success(training_stack, hearth, tmp_path):
    """A model that says the right plan some of the time learns to say it, because it works in the simulated home."""
    from agents.finetuning.prompting import perceive, questions
    from agents.finetuning.records import TrainingRecord, Turn
    from agents.finetuning.splits import origin_of

    scenario = next(scenario for scenario in hearth["train"] if len(scenario.oracle.actions) == 1)
    asked = questions(perceive(scenario))["empathetic_action"]
    wrong = [name for name in ("switchon_radio", "open_fridge", "switchon_tv") if name not in scenario.oracle.actions]
    plans = [f'<{name}>, <dialogue>:"Here."' for name in (*scenario.oracle.actions, *wrong)]
    records = [
        TrainingRecord(
            id=f"r{place}",
            challenge="empathetic_action",
            origin=origin_of(scenario),
            messages=(*asked, Turn(role="assistant", content=plan)),
        )
        for place, plan in enumerate(plans)
    ]
    # Four plans equally likely, one of which is right: GRPO learns from differences within a group, so there must be some.
    linear = {"learning_rate": 5e-3, "lr_scheduler_type": "linear"}
    start, curves = _trained("sft", TINY, scenario, tmp_path, records, max_steps=60, per_device_train_batch_size=4, **linear)
    assert values(curves, "loss")[-1] < 0.5
    before = _goal_success(start, scenario, asked)
    assert 0.1 < before < 0.4
    # Adam's steps are as long as the rate whatever the reward: at ten times the rate, chance in a group of 16 moves the model
    # more than what was right in it, and its entropy runs away.
    model = {"name": "transformers_text", "config": {"model": str(start)}}
    group = {"per_device_train_batch_size": 16, "num_generations": 16, "max_completion_length": 24}
    trained, curves = _trained("grpo", model, scenario, tmp_path, max_steps=20, learning_rate=5e-4, beta=0.0, **group)
    rewards = values(curves, "rewards/goal_success/mean")
    assert len(rewards) == 20 and np.mean(rewards[-5:]) > np.mean(rewards[:5])
    # 128 answers each: from 0.2 to more than 0.5 is six standard errors.
    assert _goal_success(trained, scenario, asked) > before + 0.25


def _trained(kind, model, scenario, folder, records=(), **training):
    from agents.finetuning.method import Method
    from agents.finetuning.records import write_records
    from agents.finetuning.training import Run, train

    file = folder / "records.jsonl" if records else None
    if file:
        write_records(records, file)
    rewards = {"rewards": {"goal_success": 1.0}} if kind == "grpo" else {}
    method = Method.of({"name": kind, "kind": kind, "training": {**FAST, **training}, **rewards})
    trained = train(Run(model, method, [scenario], folder / kind, records=file))
    return trained.weights, [json.loads(line) for line in (trained.folder / "curves.jsonl").read_text().splitlines()]


def _goal_success(weights: Path, scenario, asked) -> float:
    """The share of 128 sampled answers after which every goal holds in the simulator."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from agents.finetuning.rewards import Rewards, goal_success
    from agents.finetuning.tokens import conversation, render

    tokenizer, network = AutoTokenizer.from_pretrained(weights), AutoModelForCausalLM.from_pretrained(weights)
    text = render(tokenizer, conversation(tokenizer, asked), ask=True)
    ids = tokenizer([text] * 128, add_special_tokens=False, return_tensors="pt")["input_ids"]
    torch.manual_seed(0)
    written = network.generate(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        do_sample=True,
        top_k=0,
        max_new_tokens=24,
        pad_token_id=tokenizer.pad_token_id,
    )
    said = tokenizer.batch_decode(written[:, ids.shape[1] :], skip_special_tokens=True)
    rewards = Rewards([scenario])
    return float(np.mean([goal_success(rewards.execute(scenario.id, text)) for text in said]))


COMMAND = """
import sys
from pathlib import Path
import torch, transformers, datasets
torch.set_num_threads(1)
from agents.finetuning.method import Method
from agents.finetuning.training import Run, train
from envs.scenarios import load_scenarios
from tests.agents.finetuning.conftest import FAST, TINY
method = Method.of({"name": "sft", "kind": "sft", "adapter": {"rank": 4, "alpha": 8, "dropout": 0.1},
    "data": {"challenges": ["empathetic_action"]},
    "training": {"max_steps": 6, "save_steps": 2, "per_device_train_batch_size": 1, "learning_rate": 1e-3, "logging_steps": 1}})
train(Run(TINY, method, load_scenarios("hearth", split="train")[:8], Path(sys.argv[1])))
"""


def test_a_run_that_is_killed_goes_on_to_the_same_weights(training_stack, tmp_path):
    """Killed by the system, without a word, while a checkpoint was half written."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}

    def start(folder: Path) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-c", COMMAND, str(folder)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    whole, killed = start(tmp_path / "whole"), start(tmp_path / "killed")
    first = tmp_path / "killed/checkpoints/checkpoint-2/trainer_state.json"
    while not first.exists() and killed.poll() is None:
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert not (tmp_path / "killed/adapter").exists(), "it was done before it could be killed"
    half = tmp_path / "killed/checkpoints/checkpoint-5"
    half.mkdir()
    (half / "adapter_model.safetensors").write_bytes(b"half")
    again = start(tmp_path / "killed")
    assert whole.wait() == 0, whole.stderr.read().decode()[-2000:]
    assert again.wait() == 0, again.stderr.read().decode()[-2000:]
    one, other = weights_of(tmp_path / "whole/adapter"), weights_of(tmp_path / "killed/adapter")
    assert one.keys() == other.keys() and all(np.array_equal(one[key], other[key]) for key in one)
    assert np.abs(next(value for key, value in one.items() if "lora_B" in key)).max() > 0
    steps = [json.loads(line).get("step") for line in (tmp_path / "killed/curves.jsonl").read_text().splitlines()]
    assert [step for step in steps if step][:6] == [1, 2, 3, 4, 5, 6]


def test_several_processes_train_one_adapter(training_stack, tmp_path):
    """As on several GPUs: gradients are averaged, one process writes."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2", str(tmp_path / "run.py")]
    (tmp_path / "run.py").write_text(COMMAND.replace('"max_steps": 6', '"ddp_backend": "gloo", "max_steps": 2'))
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([*command, str(tmp_path / "out")], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    assert np.abs(next(value for key, value in weights_of(tmp_path / "out/adapter").items() if "lora_B" in key)).max() > 0
    (epoch,) = {entry["epoch"] for entry in map(json.loads, (tmp_path / "out/curves.jsonl").read_text().splitlines()[:1])}
    assert epoch == pytest.approx(2 / 8)  # one step of two processes took two of the eight moments


def test_half_written_checkpoints_are_never_used(tmp_path):
    for step, text in ((2, "{}"), (4, "{}"), (6, "{bro")):
        (tmp_path / f"checkpoint-{step}").mkdir()
        (tmp_path / f"checkpoint-{step}/trainer_state.json").write_text(text)
    (tmp_path / "checkpoint-8").mkdir()
    found = last_checkpoint(tmp_path)
    assert found is not None and found.name == "checkpoint-4"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint-2", "checkpoint-4"]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"training": {"learning_rat": 1.0}}, "got 'learning_rat'; did you mean 'learning_rate'"),
        ({"data": {"challenge": []}}, "it takes challenges"),
        ({"data": {"challenges": ["dance"]}}, "got 'dance'"),
        ({"rewards": {"goal_success": 1.0}}, "for kind=grpo alone"),
        ({"model": {"name": "openai_compatible", "config": {"model": "gpt"}}}, "with weights on this machine"),
        ({"model": {"name": "transformers_text", "config": {"model": "./nowhere"}}}, "found no config.json"),
        ({"model": {"name": "agents.finetuning.scratch:RandomLlama", "config": {"model": "llama3_smal"}}}, "did you mean"),
        ({"max_length": 16}, "raise method.max_length"),
    ],
)
def test_settings_that_cannot_be_used_are_told_in_one_line(fit, settings, told):
    with pytest.raises(FinetuneError) as caught:
        fit("sft", moments=2, **settings)
    assert told in str(caught.value) and "\n" not in str(caught.value)


def test_a_folder_of_another_run_is_not_mixed_up(fit):
    settings = {"training": {"max_steps": 1, "per_device_train_batch_size": 1}, "data": {"challenges": ["empathetic_planning"]}}
    first, _ = fit("sft", moments=2, **settings)
    again, _ = fit("sft", moments=2, **settings)
    assert again.summary == first.summary
    with pytest.raises(FinetuneError, match="got another run's"):
        fit("sft", moments=3, **settings)


def test_running_out_of_memory_says_which_setting_to_lower(training_stack, fit, monkeypatch):
    import torch

    from agents.finetuning import training

    def full(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(training, "make_trainer", full)
    with pytest.raises(FinetuneError, match=r"lower method.training.per_device_train_batch_size \(now 4\).*are kept"):
        fit("sft", moments=2, training={"per_device_train_batch_size": 4})


def test_gated_weights_name_the_page_that_grants_access(training_stack, fit, monkeypatch):
    import transformers

    def gated(*_, **__):
        raise OSError("You are trying to access a gated repo.\nMake sure to have access to it")

    monkeypatch.setattr(transformers.AutoTokenizer, "from_pretrained", gated)
    with pytest.raises(
        FinetuneError, match="is gated: ask for access at https://huggingface.co/meta-llama/Meta-Llama-3-8B-Instruct"
    ):
        fit("sft", moments=2, model={"name": "transformers_text", "config": {"model": "meta-llama/Meta-Llama-3-8B-Instruct"}})
