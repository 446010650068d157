"""What a resident is told, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from envs.companion.appraiser import Appraisal
from envs.companion.persona import Persona
from envs.companion.process import Point, Trajectory
from envs.companion.record import Gesture
from envs.exchange import PastTurn
from envs.household.state import WorldState
from envs.scenarios.schema import Scenario
from envs.skills import ActionOutcome, StepOutcome


@dataclass(frozen=True, slots=True)
class Moment:
    """A turn of the robot, just over.

    Args:
        scenario: with its hidden side.
        persona: of the resident.
        trajectory: the way so far, this turn included.
        point: where this turn led.
        appraisal: how it was taken.
        outcomes: how the robot's actions went.
        said: the robot's words.
        heard: what the resident had said before.
        history: earlier turns.
        world: the house, to act in.
        seed: the only source of chance.
        ends: whether this was the last turn.
    """

    scenario: Scenario
    persona: Persona
    trajectory: Trajectory
    point: Point
    appraisal: Appraisal
    outcomes: Sequence[ActionOutcome]
    said: str
    heard: str
    history: Sequence[PastTurn]
    world: WorldState
    seed: int
    ends: bool


@dataclass(frozen=True, slots=True)
class Reaction:
    """How a resident takes a turn, for all to see.

    Args:
        gestures: what a watcher would call it.
        steps: what the body did in the house.
        told: the same in a sentence.
        said: words; empty for silence.
        refused: actions of the robot that were turned down.
        revealed: the story fragment that came out.
        director: the director's move, for residents that have one.
    """

    gestures: tuple[Gesture, ...] = ()
    steps: tuple[StepOutcome, ...] = ()
    told: str = ""
    said: str = ""
    refused: tuple[str, ...] = ()
    revealed: str = ""
    director: str = ""


class Resident(Protocol):
    """Answers turns, one after the other; :meth:`begin` starts anew."""

    name: str

    @property
    def identity(self) -> Mapping[str, Any]:
        """What its answers depend on besides the scenario and the seed, as JSON values."""

    def begin(self, scenario: Scenario, persona: Persona, seed: int) -> None:
        """Start a new episode."""

    def react(self, moment: Moment) -> Reaction:
        """Show how a turn was taken: act in the house, and speak."""


class TextModel(Protocol):
    """The little that a resident needs of a language model; :mod:`eval_suite.companion` makes one of any registered model."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """What its answers depend on, as JSON values."""

    def write(self, system: str, user: str, *, schema: Mapping[str, Any] | None = None, seed: int = 0, repeat: int = 0) -> str:
        """An answer in text; with ``schema`` it should be JSON that fits it, which the caller checks again.

        Raises:
            Exception: whatever the model raises when there is no answer.
        """
