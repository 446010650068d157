"""A fine-tuning method as configuration: what is trained, on which data, with which settings. See ``conf/method``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.finetuning.errors import FinetuneError
from envs.scenarios.loading import first_error

Kind = Literal["sft", "dpo", "kto", "reward_model", "grpo"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Adapter(_Strict):
    """A LoRA adapter (Hu et al. 2021); with 4-bit weights below it, QLoRA (Dettmers et al. 2023)."""

    rank: int = Field(16, ge=1)
    alpha: float = Field(32, gt=0)
    dropout: float = Field(0.05, ge=0, lt=1)
    targets: str | tuple[str, ...] = "all-linear"
    """Which layers get one; every linear layer, as QLoRA found best."""
    quantization: Literal["none", "4bit", "8bit"] = "none"
    """Of the frozen weights; needs bitsandbytes and an NVIDIA GPU."""


class Samples(_Strict):
    """Answers written out while training goes on."""

    every: int = Field(default=0, ge=0)
    """Steps between them; 0 for none."""
    count: int = Field(default=2, ge=1)
    max_tokens: int = Field(default=96, ge=1)


class Method(_Strict):
    """One way of fine-tuning."""

    name: str
    kind: Kind
    adapter: Adapter | None = None
    """None trains all weights."""
    max_length: int = Field(2048, ge=16)
    """Most tokens of a conversation; of a pack, where packing is on."""
    data: dict[str, Any] = Field(default_factory=dict)
    """Arguments of SupervisedData (sft), PairMix (dpo, kto, reward_model), or what GRPO asks (challenges, limit)."""
    rewards: dict[str, float] = Field(default_factory=dict)
    """For grpo: weight of each reward (agents.finetuning.rewards)."""
    reward_model: str | None = None
    """For grpo: folder of a trained reward model, whose weight is rewards.reward_model."""
    samples: Samples = Samples()
    training: dict[str, Any] = Field(default_factory=dict)
    """Arguments of the TRL trainer's configuration, by their own names."""

    @classmethod
    def of(cls, settings: Mapping[str, Any] | Method) -> Method:
        """Read a method.

        Raises:
            FinetuneError: an unknown key or a value that cannot be used.
        """
        if isinstance(settings, Method):
            return settings
        try:
            method = cls.model_validate(dict(settings))
        except ValidationError as error:
            raise FinetuneError(f"method.{first_error(error)}") from None
        if method.kind != "grpo" and (method.rewards or method.reward_model):
            raise FinetuneError(f"method.rewards: expected them for kind=grpo alone, got kind={method.kind}")
        if method.kind == "grpo" and not method.rewards:
            raise FinetuneError("method.rewards: expected at least one reward for grpo, got none; e.g. {goal_success: 1.0}")
        return method
