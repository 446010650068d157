"""One fine-tuning run: data, training, checkpoints, adapter and card in one folder. The same run in the same folder goes on."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agents.finetuning.base_model import BaseModel, load_base
from agents.finetuning.card import write_card
from agents.finetuning.checkpoints import STATE, last_checkpoint
from agents.finetuning.errors import FinetuneError
from agents.finetuning.method import Method
from agents.finetuning.pairs import PairMix, build_pairs, described, read_pairs, write_pairs
from agents.finetuning.prompting import perceive, prompt_version, questions
from agents.finetuning.records import counted, read_records, short_hash, write_records
from agents.finetuning.rewards import Measure, Rewards
from agents.finetuning.splits import check_disjoint, check_leakage
from agents.finetuning.supervised import SupervisedData, build_records
from agents.finetuning.trainers import TrainingData, make_trainer
from agents.finetuning.watching import sample_callback, write_curves
from envs.scenarios.schema import Scenario

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Run:
    """What to train, and where.

    Args:
        model: of ``conf/model``.
        method: of ``conf/method``.
        train: scenarios to learn from.
        validation: scenarios whose loss is watched; none of them is learned from.
        test: scenarios that the result will be evaluated on: only looked at to make sure that they stay unknown.
        folder: everything goes here.
        seed: of data, new weights and order.
        pairs: a file of preference pairs instead of pairs built from ``train``.
        records: a file of training records instead of records built from ``train``.
        measures: further rewards for GRPO by name.
        wandb: W&B settings (enabled, mode, project, entity, group).
    """

    model: Mapping[str, Any]
    method: Method
    train: Sequence[Scenario]
    folder: Path
    validation: Sequence[Scenario] = ()
    test: Sequence[Scenario] = ()
    seed: int = 0
    pairs: Path | None = None
    records: Path | None = None
    measures: Mapping[str, Measure] = field(default_factory=dict)
    wandb: Mapping[str, Any] = field(default_factory=dict)

    @property
    def identity(self) -> str:
        """A hash of everything that the weights depend on."""
        files = [
            path.read_bytes().decode("utf-8", "replace") if path and path.is_file() else None
            for path in (self.pairs, self.records)
        ]
        return short_hash(
            dict(self.model),
            self.method.model_dump(mode="json", exclude={"samples"}),
            [scenario.id for scenario in self.train],
            self.seed,
            files,
            prompt_version(),
        )


@dataclass(frozen=True)
class Trained:
    """What came of a run.

    Args:
        folder: the run's folder.
        weights: ``adapter`` or ``model`` folder in it.
        adapter: whether that is an adapter.
        base: folder or hub name of the weights below the adapter; the architecture's name if they are random.
        summary: losses, counts, lengths.
    """

    folder: Path
    weights: Path
    adapter: bool
    base: str
    summary: dict[str, Any]

    def model_settings(self, base: Mapping[str, Any]) -> dict[str, Any]:
        """The trained model as ``conf/model`` would name it.

        Args:
            base: what training started from.
        """
        options = dict(base.get("config") or {})
        if self.adapter:
            return {**base, "config": {**options, "adapter": str(self.weights)}}
        kept = {key: options[key] for key in ("device", "dtype", "batch_size") if key in options}
        return {"name": "transformers_text", "cache": False, "dry_run": False, "config": {"model": str(self.weights), **kept}}


def train(run: Run) -> Trained:
    """Train, or go on training, or find that it is done.

    Raises:
        FinetuneError: data, settings or machine that cannot be used; checkpoints are kept.
    """
    run.folder.mkdir(parents=True, exist_ok=True)
    state = _state(run)
    if state.get("finished"):
        return Trained(run.folder, run.folder / state["weights"], state["adapter"], state["base"], state["summary"])
    _write_state(run, {"identity": run.identity, "finished": False})
    if run.test:
        check_disjoint(run.train, run.test)
    data = _data(run)
    quantization = run.method.adapter.quantization if run.method.adapter else "none"
    with _explained(run):
        base = load_base(
            run.model,
            quantization=quantization,
            reward=run.method.kind == "reward_model",
            frozen=run.method.adapter is not None,
            seed=run.seed,
        )
        with _wandb(run) as report_to:
            trainer = _seeded(run, base, data, report_to)
            done = last_checkpoint(run.folder / "checkpoints")
            trainer.train(resume_from_checkpoint=None if done is None else str(done))
        return _finish(run, base, data, trainer)


def _seeded(run: Run, base: BaseModel, data: TrainingData, report_to: Sequence[str]) -> Any:
    from transformers import set_seed
    from transformers.trainer_callback import PrinterCallback, ProgressCallback

    set_seed(run.seed)
    trainer = make_trainer(run.method, base, data, run.folder, seed=run.seed, report_to=report_to)
    for callback in (PrinterCallback, ProgressCallback):
        trainer.remove_callback(callback)
    trainer.add_callback(_logger())
    trainer.create_model_card = lambda *_, **__: None  # ours comes at the end and knows more
    samples = run.method.samples
    scattered = os.environ.get("ACCELERATE_USE_FSDP", "").lower() in ("1", "true")
    if scattered and samples.every:
        log.info("no sample answers: under FSDP no process holds the whole model")
    if samples.every and not scattered and run.method.kind != "reward_model":
        moments = [(s.id, questions(perceive(s))["empathetic_action"]) for s in (run.validation or run.train)[: samples.count]]
        trainer.add_callback(sample_callback(samples, moments, base.tokenizer, run.folder / "samples.jsonl"))
    return trainer


def _logger() -> Any:
    from transformers import TrainerCallback

    class Logger(TrainerCallback):
        def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **told: Any) -> None:
            shown = {key: round(value, 4) for key, value in (logs or {}).items() if isinstance(value, int | float)}
            if state.is_world_process_zero:
                log.info("step %d of %d: %s", state.global_step, state.max_steps, shown)

    return Logger()


def _data(run: Run) -> TrainingData:
    folder, method = run.folder / "data", run.method
    if method.kind == "sft":
        options = _supervised(method)
        records = read_records(run.records) if run.records else build_records(run.train, options)
        check_leakage((record.origin for record in records), [*run.validation, *run.test])
        if is_main_process():
            write_records(records, folder / "train.jsonl")
        plain = SupervisedData(options.challenges, script=options.script, max_actions=options.max_actions)
        held_out = build_records(run.validation, plain) if run.validation else []
        return TrainingData(records=records, held_out_records=held_out)
    if method.kind == "grpo":
        limit = method.data.get("limit")
        chosen = list(run.train)[:limit] if limit else list(run.train)
        prompts = [(scenario.id, questions(perceive(scenario))["empathetic_action"]) for scenario in chosen]
        measures = dict(run.measures)
        if method.reward_model:
            from agents.finetuning.reward_model import RewardModel

            measures["reward_model"] = RewardModel(method.reward_model).measure()
        return TrainingData(prompts=prompts, rewards=Rewards(chosen, measures=measures))
    mix = PairMix.of(method.data)
    pairs = read_pairs(run.pairs) if run.pairs else build_pairs(run.train, mix)
    check_leakage((pair.origin for pair in pairs), [*run.validation, *run.test])
    if is_main_process():
        write_pairs(pairs, folder / "pairs.jsonl")
    held_out_pairs = build_pairs(run.validation, mix.scaled(len(run.validation), len(run.train))) if run.validation else []
    return TrainingData(pairs=pairs, held_out_pairs=held_out_pairs)


def _supervised(method: Method) -> SupervisedData:
    options: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in method.data.items()}
    try:
        return SupervisedData(**options)
    except TypeError as error:
        raise FinetuneError(f"method.data: {error}; it takes {', '.join(SupervisedData.__dataclass_fields__)}") from None


def _finish(run: Run, base: BaseModel, data: TrainingData, trainer: Any) -> Trained:
    adapter = run.method.adapter is not None
    weights = "adapter" if adapter else "model"
    history = list(trainer.state.log_history)
    trainer.save_model(str(run.folder / weights))
    summary = _summary(run, data, history)
    trained = Trained(run.folder, run.folder / weights, adapter, base.model.model, summary)
    if trainer.is_world_process_zero():
        base.tokenizer.save_pretrained(str(run.folder / weights))
        write_curves(history, run.folder / "curves.jsonl")
        write_card(trained, run.model, run.method, seed=run.seed)
        told = {"weights": weights, "adapter": adapter, "base": base.model.model, "summary": summary}
        _write_state(run, {"identity": run.identity, "finished": True, **told})
    return trained


def _summary(run: Run, data: TrainingData, history: Sequence[dict[str, Any]]) -> dict[str, Any]:
    losses = [entry["loss"] for entry in history if "loss" in entry]
    watched = [entry["eval_loss"] for entry in history if "eval_loss" in entry]
    last: dict[str, Any] = next((entry for entry in reversed(history) if "train_runtime" in entry), {})
    told: dict[str, Any] = {
        "steps": max((int(entry.get("step", 0)) for entry in history), default=0),
        "first_loss": losses[0] if losses else None,
        "last_loss": losses[-1] if losses else None,
        "validation_loss": watched[-1] if watched else None,
        "seconds": last.get("train_runtime"),
        "scenarios": len(run.train),
    }
    if data.records:
        told["data"] = {**counted(data.records), "too_long": data.left_out}
    if data.pairs:
        told["data"] = described(data.pairs)
    for name in ("rewards/margins", "rewards/accuracies", "accuracy", "reward"):
        values = [entry[name] for entry in history if name in entry]
        if values:
            told[name] = {"first": values[0], "last": values[-1]}
    return told


def _state(run: Run) -> dict[str, Any]:
    file = run.folder / STATE
    try:
        state = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise FinetuneError(
            f"{file}: expected what a run wrote, got {type(error).__name__}; set out=FOLDER to a new one"
        ) from None
    if state.get("identity") != run.identity:
        raise FinetuneError(
            f"{run.folder}: expected an empty folder or the same run, got another run's (model, method, data or seed differ); "
            "set out=FOLDER to a new one"
        )
    return dict(state)


def is_main_process() -> bool:
    """Whether this is the one process that writes, of those that accelerate may have started."""
    return os.environ.get("RANK", "0") == "0"


def _write_state(run: Run, state: dict[str, Any]) -> None:
    if not is_main_process():
        return
    settings = {"model": dict(run.model), "method": run.method.model_dump(mode="json"), "seed": run.seed}
    partial = run.folder / (STATE + ".part")
    partial.write_text(json.dumps({**state, "settings": settings}, indent=2, default=str) + "\n", encoding="utf-8")
    partial.replace(run.folder / STATE)


@contextmanager
def _explained(run: Run) -> Iterator[None]:
    """Out of memory, told as what to lower."""
    import torch

    try:
        yield
    except torch.OutOfMemoryError:
        training = run.method.training
        batch = training.get("per_device_train_batch_size", 8)
        smaller = [f"method.training.per_device_train_batch_size (now {batch})"] if batch > 1 else []
        smaller.append(f"method.max_length (now {run.method.max_length})")
        advice = f"lower {' or '.join(smaller)}"
        if not training.get("activation_checkpointing", True):
            advice += ", or set method.training.activation_checkpointing=true"
        if run.method.adapter is None:
            advice += ", or train an adapter (method=sft)"
        elif run.method.adapter.quantization == "none":
            advice += ", or set method.adapter.quantization=4bit"
        raise FinetuneError(f"the GPU's memory does not suffice: {advice}; checkpoints in {run.folder} are kept") from None


@contextmanager
def _wandb(run: Run) -> Iterator[list[str]]:
    """A W&B run for the curves, if asked for; offline unless told otherwise."""
    settings = dict(run.wandb)
    if not settings.pop("enabled", False):
        yield []
        return
    import wandb

    os.environ.setdefault("WANDB_DATA_DIR", str(run.folder / "wandb-data"))
    told = {"method": run.method.model_dump(mode="json"), "model": dict(run.model), "seed": run.seed}
    started = wandb.init(
        dir=str(run.folder),
        config=told,
        name=f"finetune-{run.method.name}-{run.folder.name}",
        job_type="finetune",
        mode=settings.get("mode") or "offline",
        project=settings.get("project"),
        entity=settings.get("entity"),
        group=settings.get("group"),
    )
    try:
        yield ["wandb"]
    finally:
        started.finish()
