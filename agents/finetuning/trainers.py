"""TRL's trainers, set up: the training loops are theirs, data, masks, rewards and checkpoints are ours."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agents.finetuning.answers_only import answers_only
from agents.finetuning.base_model import BaseModel
from agents.finetuning.errors import FinetuneError
from agents.finetuning.method import Method
from agents.finetuning.pairs import PreferencePair
from agents.finetuning.records import TrainingRecord, Turn
from agents.finetuning.rewards import Rewards
from agents.finetuning.tokens import conversation, encode_all


@dataclass
class TrainingData:
    """What a trainer is given; which field is used depends on the method.

    Args:
        records, held_out_records: supervised conversations.
        pairs, held_out_pairs: preferences.
        prompts: conversations to be answered, each with its scenario's id.
        rewards: what the answers are worth.
    """

    records: Sequence[TrainingRecord] = ()
    held_out_records: Sequence[TrainingRecord] = ()
    pairs: Sequence[PreferencePair] = ()
    held_out_pairs: Sequence[PreferencePair] = ()
    prompts: Sequence[tuple[str, tuple[Turn, ...]]] = ()
    rewards: Rewards | None = None
    left_out: int = field(default=0, init=False)
    """Conversations that were too long."""


def make_trainer(
    method: Method, base: BaseModel, data: TrainingData, folder: Path, *, seed: int, report_to: Sequence[str]
) -> Any:
    """A trainer, ready to be started.

    Raises:
        FinetuneError: settings that TRL does not take.
    """
    import trl

    maker = {"sft": _sft, "dpo": _dpo, "kto": _kto, "reward_model": _reward_model, "grpo": _grpo}[method.kind]
    classes = {
        "sft": ("SFTTrainer", "SFTConfig"),
        "dpo": ("DPOTrainer", "DPOConfig"),
        "kto": ("KTOTrainer", "KTOConfig"),
        "reward_model": ("RewardTrainer", "RewardConfig"),
        "grpo": ("GRPOTrainer", "GRPOConfig"),
    }[method.kind]
    trainer, config = (getattr(trl, name) for name in classes)
    return maker(trainer, _arguments(config, method, folder, seed, report_to), method, base, data)


def _arguments(config: Any, method: Method, folder: Path, seed: int, report_to: Sequence[str]) -> Any:
    import torch

    gpu = torch.cuda.is_available()
    settings: dict[str, Any] = {
        "output_dir": str(folder / "checkpoints"),
        "seed": seed,
        "data_seed": seed,
        "report_to": list(report_to) or "none",
        "use_cpu": not gpu,
        "bf16": gpu and torch.cuda.is_bf16_supported(including_emulation=False),
        # Worth a third more arithmetic on a GPU that would not hold the activations; a waste for small models on CPU.
        "activation_checkpointing": gpu,
        "logging_steps": 10,
        "save_strategy": "steps",
        "save_steps": 50,
        "save_total_limit": 2,
        "logging_nan_inf_filter": False,
        "disable_tqdm": True,
    }
    takes = inspect.signature(config).parameters
    wanted = dict(method.training)
    for key, value in (("max_length", method.max_length),):
        if key in takes and method.kind != "sft":
            settings[key] = value
    unknown = [key for key in wanted if key not in takes]
    if unknown:
        import difflib

        near = difflib.get_close_matches(unknown[0], takes, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise FinetuneError(f"method.training: expected arguments of trl's {config.__name__}, got {unknown[0]!r}{hint}")
    _check_numbers(wanted, config)
    try:
        return config(**{**settings, **wanted})
    except (ValueError, TypeError, ImportError) as error:
        raise FinetuneError(f"method.training: {config.__name__} refuses it: {' '.join(str(error).split())[:250]}") from None


_FROM_ONE = (
    "gradient_accumulation_steps",
    "logging_steps",
    "num_generations",
    "per_device_eval_batch_size",
    "per_device_train_batch_size",
    "save_steps",
)
_POSITIVE = ("learning_rate", "num_train_epochs", "temperature")


def _check_numbers(wanted: Mapping[str, Any], config: Any) -> None:
    """Numbers that TRL would pass on unseen, to fail deep inside of a run."""
    for name in (*_FROM_ONE, *_POSITIVE):
        value = wanted.get(name)
        if value is None:
            continue
        kinds = (int,) if name in _FROM_ONE else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or not value > 0:
            range_ = "a whole number of at least 1" if name in _FROM_ONE else "a number above 0"
            raise FinetuneError(f"method.training.{name}: expected {range_} for trl's {config.__name__}, got {value!r}")


def _lora(method: Method, task: str = "CAUSAL_LM") -> Any:
    if method.adapter is None:
        return None
    from peft import LoraConfig

    adapter = method.adapter
    targets = adapter.targets if isinstance(adapter.targets, str) else list(adapter.targets)
    return LoraConfig(
        r=adapter.rank,
        lora_alpha=adapter.alpha,
        lora_dropout=adapter.dropout,
        target_modules=targets,
        task_type=task,
        modules_to_save=["score"] if task == "SEQ_CLS" else None,
    )


def _sft(trainer: Any, arguments: Any, method: Method, base: BaseModel, data: TrainingData) -> Any:
    train, left_out = encode_all(base.tokenizer, data.records, method.max_length)
    data.left_out = left_out
    held_out = encode_all(base.tokenizer, data.held_out_records, method.max_length)[0] if data.held_out_records else None
    arguments.max_length = method.max_length
    if held_out is not None:
        arguments.eval_packing = False
    # Wrapped networks (several processes) must be called as a whole, or their gradients are not averaged.
    if arguments.use_cpu and arguments.world_size == 1:
        trainer = answers_only(trainer)
    return trainer(
        model=base.network,
        args=arguments,
        train_dataset=train,
        eval_dataset=held_out,
        processing_class=base.tokenizer,
        peft_config=_lora(method),
    )


def _rows(base: BaseModel, pairs: Sequence[PreferencePair]) -> Any:
    from datasets import Dataset

    def said(text: str) -> list[dict[str, str]]:
        return conversation(base.tokenizer, [Turn(role="assistant", content=text)])

    rows = [
        {"prompt": conversation(base.tokenizer, pair.prompt), "chosen": said(pair.chosen), "rejected": said(pair.rejected)}
        for pair in pairs
    ]
    return Dataset.from_list(rows)


def _reference(method: Method, base: BaseModel) -> Any:
    # With an adapter the reference is the same network without it; without, it has to be a copy.
    return None if method.adapter else copy.deepcopy(base.network)


def _dpo(trainer: Any, arguments: Any, method: Method, base: BaseModel, data: TrainingData) -> Any:
    return trainer(
        model=base.network,
        ref_model=_reference(method, base),
        args=arguments,
        train_dataset=_rows(base, data.pairs),
        eval_dataset=_rows(base, data.held_out_pairs) if data.held_out_pairs else None,
        processing_class=base.tokenizer,
        peft_config=_lora(method),
    )


def _kto(trainer: Any, arguments: Any, method: Method, base: BaseModel, data: TrainingData) -> Any:
    return trainer(
        model=base.network,
        ref_model=_reference(method, base),
        args=arguments,
        train_dataset=unpaired(_rows(base, data.pairs)),
        eval_dataset=unpaired(_rows(base, data.held_out_pairs)) if data.held_out_pairs else None,
        processing_class=base.tokenizer,
        peft_config=_lora(method),
    )


def unpaired(rows: Any) -> Any:
    """Pairs as single answers with a label, as KTO (Ethayarajh et al. 2024) wants them."""
    from datasets import Dataset

    found = []
    for row in rows:
        for side, label in (("chosen", True), ("rejected", False)):
            found.append({"prompt": row["prompt"], "completion": row[side], "label": label})
    return Dataset.from_list(found)


def _reward_model(trainer: Any, arguments: Any, method: Method, base: BaseModel, data: TrainingData) -> Any:
    return trainer(
        model=base.network,
        args=arguments,
        train_dataset=_rows(base, data.pairs),
        eval_dataset=_rows(base, data.held_out_pairs) if data.held_out_pairs else None,
        processing_class=base.tokenizer,
        peft_config=_lora(method, "SEQ_CLS"),
    )


def _grpo(trainer: Any, arguments: Any, method: Method, base: BaseModel, data: TrainingData) -> Any:
    from datasets import Dataset

    assert data.rewards is not None
    rows = [{"prompt": conversation(base.tokenizer, turns), "scenario": name} for name, turns in data.prompts]
    functions, weights = data.rewards.functions(method.rewards)
    arguments.reward_weights = weights
    return trainer(
        model=base.network,
        args=arguments,
        reward_funcs=functions,
        train_dataset=Dataset.from_list(rows),
        processing_class=base.tokenizer,
        peft_config=_lora(method),
    )
