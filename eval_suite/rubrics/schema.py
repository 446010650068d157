"""The Rubric: items, anchors for their levels, a scale, a source. One YAML file each."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Challenge = Literal["scenario_understanding", "empathetic_planning", "empathetic_action"]
CHALLENGES: tuple[Challenge, ...] = ("scenario_understanding", "empathetic_planning", "empathetic_action")
"""The paper's three challenges, in its order."""

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
Sentence = Annotated[str, Field(min_length=1, max_length=2000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Scale(_Strict):
    """Whole numbers from ``low`` to ``high``."""

    low: Annotated[int, Field(ge=-100, le=100)] = 0
    high: Annotated[int, Field(ge=-100, le=100)]

    @model_validator(mode="after")
    def _ordered(self) -> Scale:
        if not self.low < self.high:
            raise ValueError(f"expected low below high, got {self.low} and {self.high}")
        return self

    @property
    def levels(self) -> list[int]:
        """All levels, lowest first."""
        return list(range(self.low, self.high + 1))

    @property
    def width(self) -> int:
        """From the lowest level to the highest."""
        return self.high - self.low


class Item(_Strict):
    """One thing that is graded."""

    name: Name
    title: Sentence
    question: Sentence = "(computed)"
    """What the judge asks itself about the answer."""
    anchors: dict[int, Sentence] = Field(default_factory=dict)
    """What an answer of this level is like; not every level needs one, the ends do."""
    scale: Scale | None = None
    """None takes the rubric's."""
    challenges: tuple[Challenge, ...] = CHALLENGES
    """For which challenges it is graded."""
    optional: bool = False
    """Whether the judge may leave it unscored where there is nothing to grade."""
    computed: str | None = None
    """Name of a metric that is computed from the episode instead of being asked for."""
    source: str = ""


class Aggregate(_Strict):
    """One number out of several items, unscored if one of them is."""

    name: Name
    title: Sentence
    kind: Literal["mean", "sum", "at_least"]
    """``at_least`` is 1 if the sum reaches ``threshold``, else 0."""
    items: Annotated[tuple[Name, ...], Field(min_length=1)]
    threshold: float | None = None
    resident_age_from: int | None = None
    """Only scored for residents of this age and older, where the finding behind it holds for them alone."""

    @model_validator(mode="after")
    def _has_threshold(self) -> Aggregate:
        if (self.kind == "at_least") != (self.threshold is not None):
            raise ValueError(f"expected a threshold with kind at_least and with no other, got {self.kind} and {self.threshold}")
        return self

    def value(self, scores: Mapping[str, float], *, age: int | None = None) -> float:
        """The number, NaN if an item is unscored or missing, or if the resident is not one of those it is meant for."""
        if self.resident_age_from is not None and (age is None or age < self.resident_age_from):
            return math.nan
        values = [scores.get(name, math.nan) for name in self.items]
        if any(math.isnan(value) for value in values):
            return math.nan
        if self.kind == "mean":
            return math.fsum(values) / len(values)
        total = math.fsum(values)
        return total if self.threshold is None else float(total >= self.threshold)


class Frontier(_Strict):
    """Two items that pull in different directions, to be plotted against each other and never averaged."""

    x: Name
    y: Name


class Rubric(_Strict):
    """What a judge grades by."""

    name: Name
    version: Annotated[int, Field(ge=1)]
    title: Sentence
    source: Sentence
    """The published scale that it is grounded in; the wording is ours."""
    about: Sentence
    """What the rubric is for, as the judge is told it."""
    unit: Literal["response", "conversation"] = "response"
    """``conversation`` grades an episode of many turns as a whole."""
    min_turns: Annotated[int, Field(ge=1)] = 1
    """Turns of the robot that a conversation must have to be graded."""
    scale: Scale
    items: Annotated[tuple[Item, ...], Field(min_length=1)]
    aggregates: tuple[Aggregate, ...] = ()
    headline: Annotated[tuple[Name, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)]
    """The item or aggregate that a judge's validity is tested on: the first of these that a challenge has."""
    reference_gap: bool = False
    """Whether reference responses are graded too, and the squared gap to the nearest of them is reported (diff-EPITOME)."""
    frontier: Frontier | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Rubric:
        names = [item.name for item in self.items]
        everything = names + [aggregate.name for aggregate in self.aggregates]
        twice = sorted({name for name in everything if everything.count(name) > 1})
        if twice:
            raise ValueError(f"expected names once, got {twice[0]!r} twice")
        for item in self.items:
            scale = item.scale or self.scale
            outside = [level for level in item.anchors if level not in scale.levels]
            if outside:
                raise ValueError(f"{item.name}: expected anchors from {scale.low} to {scale.high}, got {outside[0]}")
            if item.computed is None and not {scale.low, scale.high} <= set(item.anchors):
                raise ValueError(f"{item.name}: expected anchors for {scale.low} and {scale.high}, got {sorted(item.anchors)}")
            if item.computed is None and item.question == "(computed)":
                raise ValueError(f"{item.name}: expected a question, got none")
        for aggregate in self.aggregates:
            for name in aggregate.items:
                if name not in names:
                    raise ValueError(f"{aggregate.name}: expected items among {', '.join(names)}, got {name!r}")
        for name in self.headline:
            if name not in everything:
                raise ValueError(f"headline: expected items or aggregates, got {name!r}")
        if not any(item.computed is None for item in self.items):
            raise ValueError("expected an item that a judge grades, got computed ones alone")
        if self.frontier is not None and not {self.frontier.x, self.frontier.y} <= set(everything):
            raise ValueError(f"frontier: expected items, got {self.frontier.x!r} and {self.frontier.y!r}")
        return self

    def items_for(self, challenge: Challenge) -> tuple[Item, ...]:
        """The items of one challenge, computed ones included; conversations are graded as acts and words together."""
        if self.unit == "conversation" and challenge != "empathetic_action":
            return ()
        return tuple(item for item in self.items if challenge in item.challenges)

    def asked(self, challenge: Challenge) -> tuple[Item, ...]:
        """The items of one challenge that a judge grades."""
        return tuple(item for item in self.items_for(challenge) if item.computed is None)

    def aggregates_for(self, challenge: Challenge) -> tuple[Aggregate, ...]:
        """The aggregates whose items are all graded for one challenge."""
        names = {item.name for item in self.items_for(challenge)}
        return tuple(aggregate for aggregate in self.aggregates if set(aggregate.items) <= names)

    @property
    def challenges(self) -> tuple[Challenge, ...]:
        """The challenges that it grades."""
        return tuple(challenge for challenge in CHALLENGES if self.asked(challenge))

    def scale_of(self, item: Item) -> Scale:
        """The item's own scale, or the rubric's."""
        return item.scale or self.scale

    def title_of(self, name: str) -> str:
        """Title of an item or aggregate; what is not one of them is called by its name."""
        titles = {item.name: item.title for item in self.items} | {entry.name: entry.title for entry in self.aggregates}
        return titles.get(name, name.replace("_", " "))

    def width_of(self, name: str) -> float:
        """How far apart the ends of an item's or aggregate's values are."""
        widths = {item.name: float(self.scale_of(item).width) for item in self.items}
        for aggregate in self.aggregates:
            parts = [widths[part] for part in aggregate.items]
            total = {"mean": sum(parts) / len(parts), "sum": sum(parts), "at_least": 1.0}
            widths[aggregate.name] = total[aggregate.kind]
        return widths[name]

    def headline_for(self, challenge: Challenge) -> str:
        """The first headline that the challenge has, else its first item."""
        known = {item.name for item in self.items_for(challenge)} | {entry.name for entry in self.aggregates_for(challenge)}
        return next((name for name in self.headline if name in known), self.asked(challenge)[0].name)

    @cached_property
    def digest(self) -> str:
        """A short hash of everything in it: grades by different wordings are different grades."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]
