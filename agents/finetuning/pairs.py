"""Preference pairs: a better and a worse answer to one moment, mixed by strategy, balanced in length, as JSON Lines."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from agents.finetuning.errors import FinetuneError
from agents.finetuning.prompting import perceive, prompt_version, questions
from agents.finetuning.records import Origin, Turn, read_lines, write_lines
from agents.finetuning.rejections import HARD, STRATEGIES, Rejection, Workshop
from agents.finetuning.splits import origin_of
from agents.finetuning.supervised import legal
from envs.scenarios.schema import Scenario
from plans.plan import format_plan


class PreferencePair(BaseModel):
    """One pair. TRL reads ``prompt``, ``chosen`` and ``rejected``; the rest is for people."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1] = 1
    id: str = Field(min_length=1)
    strategy: str = Field(min_length=1)
    prompt: tuple[Turn, ...] = Field(min_length=1)
    chosen: str = Field(min_length=1)
    rejected: str = Field(min_length=1)
    why: str
    """Why the rejected answer is worse, in a line."""
    rejected_from: str = ""
    """Id of the scenario that the rejected answer was written for."""
    origin: Origin

    @model_validator(mode="after")
    def _differs(self) -> PreferencePair:
        if self.chosen == self.rejected:
            raise ValueError("expected two different answers, got the same twice")
        return self

    @property
    def log_ratio(self) -> float:
        """Log of rejected over chosen length, in characters; 0 is equal."""
        return math.log(len(self.rejected) / len(self.chosen))


@dataclass(frozen=True)
class PairMix:
    """Which pairs are made.

    Args:
        shares: weight of each strategy; they need not sum to 1.
        count: how many pairs; None for three per scenario (EmPO's number).
        length_balance: most that the mean log length ratio (rejected over chosen) may differ from 0; what a model could
            learn from length alone is dropped until it does not.
        script: whether the prompt tells the resident's steps.
        max_actions: as in the agent that will be evaluated.
        seed: of all draws.
    """

    shares: Mapping[str, float] = field(
        default_factory=lambda: {
            "runner_up": 0.2,
            "same_scene": 0.2,
            "persona_flip": 0.15,
            "opposite_emotion": 0.15,
            "sycophantic": 0.1,
            "illegal": 0.1,
            "unexecutable": 0.1,
        }
    )
    count: int | None = None
    length_balance: float = 0.05
    script: bool = True
    max_actions: int = 4
    seed: int = 0

    def __post_init__(self) -> None:
        for name, share in self.shares.items():
            if name not in STRATEGIES:
                raise FinetuneError(f"shares: expected strategies among {', '.join(STRATEGIES)}; got {name!r}")
            if not (isinstance(share, int | float) and math.isfinite(share) and share >= 0):
                raise FinetuneError(f"shares.{name}: expected a number from 0, got {share!r}")
        if not sum(self.shares.values()) > 0:
            raise FinetuneError("shares: expected at least one strategy with a share above 0, got none")
        # Another topic gives an opposite emotion away (seeds: EmPO): mixed with at least as many pairs from the same scene.
        hard = sum(self.shares.get(name, 0.0) for name in HARD)
        if 0 < hard < self.shares.get("opposite_emotion", 0.0):
            raise FinetuneError(
                f"shares: expected {' + '.join(HARD)} to be at least opposite_emotion, got {hard:g} < "
                f"{self.shares['opposite_emotion']:g}; raise one of them"
            )
        if self.count is not None and self.count < 1:
            raise FinetuneError(f"count: expected at least 1, got {self.count}")
        if not self.length_balance > 0:
            raise FinetuneError(f"length_balance: expected a number above 0, got {self.length_balance}")

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> PairMix:
        """A mix from a configuration.

        Raises:
            FinetuneError: options that it does not take.
        """
        try:
            return cls(**dict(options))
        except TypeError as error:
            raise FinetuneError(f"pairs: {error}; expected some of {', '.join(cls.__dataclass_fields__)}") from None

    def scaled(self, scenarios: int, of: int) -> PairMix:
        """The same mix for another number of scenarios."""
        return self if self.count is None else replace(self, count=max(1, round(self.count * scenarios / max(1, of))))


def build_pairs(scenarios: Sequence[Scenario], mix: PairMix = PairMix()) -> list[PreferencePair]:  # noqa: B008 (frozen)
    """Make pairs of scenarios of one split.

    Strategies that find nothing for a set (no labels, one reference) leave their share to the others.

    Raises:
        FinetuneError: scenarios of several splits, or none that a pair can be made of.
    """
    splits = sorted({scenario.split for scenario in scenarios})
    if len(splits) > 1:
        raise FinetuneError(
            f"split leakage: expected scenarios of one split (worse answers are taken from others), got {', '.join(splits)}; "
            "set scenarios.split=train"
        )
    workshop = Workshop(scenarios)
    wanted = mix.count or 3 * len(scenarios)
    usable = [scenario for scenario in scenarios if legal(scenario.oracle)]
    queues = {name: _Queue(name, usable, workshop, mix) for name, share in mix.shares.items() if share > 0}
    made: list[PreferencePair] = []
    total = {name: mix.shares[name] for name in queues}
    taken: Counter[str] = Counter()
    while len(made) < wanted and total:
        # The strategy that is furthest behind its share goes next.
        name = min(total, key=lambda key: ((taken[key] + 1) / total[key], key))
        pair = queues[name].next()
        if pair is None:
            del total[name]
            continue
        taken[name] += 1
        made.append(pair)
    if not made:
        raise FinetuneError(f"expected scenarios that pairs can be made of ({', '.join(mix.shares)}), got none")
    balanced = balance(made, mix.length_balance)
    random.Random(mix.seed).shuffle(balanced)
    return balanced


class _Queue:
    """Pairs of one strategy, one a scenario and round."""

    def __init__(self, name: str, scenarios: Sequence[Scenario], workshop: Workshop, mix: PairMix) -> None:
        self.name, self.workshop, self.mix = name, workshop, mix
        self.rng = random.Random(f"{mix.seed}:{name}")
        self.scenarios = list(scenarios)
        self.rng.shuffle(self.scenarios)
        self.found: dict[str, list[Rejection]] = {}
        self.round, self.place = 0, 0

    def next(self) -> PreferencePair | None:
        misses = 0
        while misses <= len(self.scenarios):
            if self.place == len(self.scenarios):
                self.place, self.round = 0, self.round + 1
            if not self.scenarios:
                return None
            scenario = self.scenarios[self.place]
            self.place += 1
            rejection = self._rejection(scenario)
            if rejection is not None:
                return _pair(scenario, self.name, rejection, self.round, self.mix)
            misses += 1
        return None

    def _rejection(self, scenario: Scenario) -> Rejection | None:
        if scenario.id not in self.found:
            chosen = format_plan(scenario.oracle)
            made = [item for item in STRATEGIES[self.name](scenario, self.workshop, self.rng) if item.text != chosen]
            # Nearest in length first: length must not tell the two apart.
            made.sort(key=lambda item: abs(math.log(len(item.text) / len(chosen))))
            self.found[scenario.id] = made
        left = self.found[scenario.id]
        return left.pop(0) if left else None


def _pair(scenario: Scenario, strategy: str, rejection: Rejection, number: int, mix: PairMix) -> PreferencePair:
    asked = questions(perceive(scenario, script=mix.script), mix.max_actions)["empathetic_action"]
    origin = origin_of(scenario, prompt=prompt_version(mix.max_actions))
    if rejection.source and rejection.source != scenario.id:
        origin = origin.model_copy(update={"scenarios": (scenario.id, rejection.source)})
    return PreferencePair(
        id=f"{scenario.id}:{strategy}:{number}",
        strategy=strategy,
        prompt=asked,
        chosen=format_plan(scenario.oracle),
        rejected=rejection.text,
        why=rejection.why,
        rejected_from=rejection.source,
        origin=origin,
    )


def balance(pairs: Sequence[PreferencePair], tolerance: float) -> list[PreferencePair]:
    """Drop the most lopsided pairs of the heavier side until the mean log length ratio is within the tolerance of 0."""
    kept = sorted(pairs, key=lambda pair: (pair.log_ratio, pair.id))
    total = sum(pair.log_ratio for pair in kept)
    while len(kept) > 1 and abs(total / len(kept)) > tolerance:
        total -= kept.pop(-1 if total > 0 else 0).log_ratio
    return kept


def described(pairs: Sequence[PreferencePair]) -> dict[str, Any]:
    """Mix and lengths as they came out, for cards and logs."""
    counts = Counter(pair.strategy for pair in pairs)
    mean = sum(pair.log_ratio for pair in pairs) / len(pairs)
    return {
        "pairs": len(pairs),
        "mix": {name: round(counts[name] / len(pairs), 3) for name in STRATEGIES if counts[name]},
        "hard_share": round(sum(counts[name] for name in HARD) / len(pairs), 3),
        "length_ratio": round(math.exp(mean), 3),
        "rejected_longer": round(sum(pair.log_ratio > 0 for pair in pairs) / len(pairs), 3),
        "residents": len({pair.origin.resident for pair in pairs}),
    }


def write_pairs(pairs: Iterable[PreferencePair], path: Path) -> None:
    """Write pairs as JSON Lines."""
    write_lines(pairs, path)


def read_pairs(path: str | Path) -> list[PreferencePair]:
    """Read pairs.

    Raises:
        FinetuneError: no such file, or a line that is not a pair (with its number and the first wrong field).
    """
    return list(read_lines(path, PreferencePair, "preference pairs"))
