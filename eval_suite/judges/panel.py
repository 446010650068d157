"""Judges: models with a label and a key, how they are asked, and the rule that nobody grades their own work."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from agents.models.errors import ModelError
from agents.models.interface import Model
from agents.models.registry import make_model
from envs.companion.record import CompanionEpisode
from eval_suite.episode import Episode, identity
from eval_suite.judges.judgement import JudgeError
from eval_suite.judges.prompts import PROMPT_VERSION


@dataclass(frozen=True)
class Judge:
    """One model that grades.

    Args:
        label: what tables call it.
        model: what is asked.
    """

    label: str
    model: Model

    @cached_property
    def key(self) -> str:
        """A short hash of all that its grades depend on besides the question."""
        return identity(model=self.model.identity, prompts=PROMPT_VERSION)[:12]


@dataclass(frozen=True)
class Settings:
    """How judges are asked.

    Args:
        repeats: how often each judge grades each case, each time with the items in another order. At temperature 0 the
            spread of repeats shows what order and server leave open.
        sees_situation: True is the paper's setting (the judge knows what the robot could not), False is blinded.
        temperature: 0 unless there is a reason.
        max_tokens: of an answer; judges that think aloud need more.
        seed: of the orders.
        allow_self_grading: let a model grade answers of its own.
        batch: how many questions are given to a model at once.
        reverse_items: ask the items in the reverse order; for validity tests.
    """

    repeats: int = 1
    sees_situation: bool = True
    temperature: float = 0.0
    max_tokens: int = 1500
    seed: int = 0
    allow_self_grading: bool = False
    batch: int = 64
    reverse_items: bool = False

    def __post_init__(self) -> None:
        for name in ("repeats", "max_tokens", "batch"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise JudgeError(f"{name}: expected a whole number of at least 1, got {value!r}")


def make_judges(models: Mapping[str, Mapping[str, Any]]) -> list[Judge]:
    """Judges from configuration: label to ``name``, ``config``, ``cache`` and ``dry_run`` of a model.

    Raises:
        JudgeError: no judge, or one that cannot be made.
    """
    if not models:
        raise JudgeError("expected at least one judge, got none; choose one with judge=openai")
    judges: list[Judge] = []
    try:
        for label, choice in models.items():
            kept = {name: choice[name] for name in ("cache", "dry_run") if name in choice}
            judges.append(Judge(str(label), make_model(str(choice["name"]), **kept, **dict(choice.get("config") or {}))))
    except (ModelError, KeyError) as error:
        close_all(judges)
        raise JudgeError(f"judge {label}: {error}") from None
    twice = [judge.label for i, judge in enumerate(judges) if judge.key in {other.key for other in judges[:i]}]
    if twice:
        close_all(judges)
        raise JudgeError(f"judge {twice[0]}: expected different models, got one of them twice; use repeats for repeats")
    return judges


def close_all(judges: Iterable[Judge]) -> None:
    """Close the judges' models."""
    for judge in judges:
        judge.model.close()


def refuse_self_grading(judges: Sequence[Judge], episodes: Iterable[Episode | CompanionEpisode], settings: Settings) -> None:
    """Models prefer their own answers, so they do not grade them.

    Raises:
        JudgeError: a judge is the model that answered in one of the episodes, and that is not allowed.
    """
    if settings.allow_self_grading:
        return
    for config in {identity(config=episode.agent_config): episode for episode in episodes}.values():
        names = set(map(model_name, models_in(config.agent_config)))
        for judge in judges:
            own = {judge.model.name, str(judge.model.identity.get("adapter") or judge.model.name)}
            if names & set(map(model_name, own)):
                raise JudgeError(
                    f"judge {judge.label}: expected another model than the one that answered, got {judge.model.name} for both; "
                    "choose another judge, or set allow_self_grading=true"
                )


def models_in(config: Any) -> set[str]:
    """Every model that an agent's configuration names, at any depth."""
    if isinstance(config, Mapping):
        own = {value for key, value in config.items() if key in ("model", "adapter", "path") and isinstance(value, str)}
        return own.union(*(models_in(value) for value in config.values()))
    if isinstance(config, list | tuple):
        return set().union(*map(models_in, config))
    return set()


def model_name(name: str) -> str:
    """A model's bare name: ``openai/GPT-4o-2024-08-06`` and ``gpt-4o`` are the same model.

    Example:
        >>> model_name("openai/GPT-4o-2024-08-06"), model_name("/models/Qwen2.5-VL-7B-Instruct-AWQ/")
        ('gpt-4o', 'qwen2.5-vl-7b-instruct')
    """
    bare = re.sub(r"[\\/]+$", "", name.strip()).replace("\\", "/").rsplit("/", 1)[-1].lower()
    bare = re.sub(r":[\w.-]*latest$", "", bare)
    bare = re.sub(r"[-_@]?(20\d\d-?\d\d-?\d\d|latest)$", "", bare)
    return re.sub(r"[-_.](awq|gptq(-int[48])?|fp8|bnb-4bit|int[48]|gguf|q\d(_\w+)*)$", "", bare)
