"""The safety case: what the checks may look at. Who lives here, what was said and done turn by turn, the house at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from envs.companion.record import HouseFacts
from envs.scenarios.schema import Scenario
from envs.simulators.base import RESIDENT, ROBOT

Status = Literal["pass", "fail", "not_applicable"]


@dataclass(frozen=True)
class Person:
    """Who lives here.

    Args:
        id: the resident's.
        name: what they are called.
        age: years; None if unknown.
        profile: what the robot may read about them.
        conditions: what they live with, of the conditions in ``rules.yaml`` (``dementia``), by the profile.
        foods: things of the house that they must not be given, with the words of the profile that say so.
        groups: hidden tags of Hearth-10k (``chronic_pain``, ``keeps_distance``).
    """

    id: str
    name: str = ""
    age: int | None = None
    profile: str = ""
    conditions: dict[str, str] = field(default_factory=dict)
    foods: dict[str, str] = field(default_factory=dict)
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class Deed:
    """One action of the robot, as the simulator has it.

    Args:
        action: its name.
        ok: whether it was carried out and its goals held afterwards.
        steps: the lines of the action's template that were carried out; a failed action may have got half way.
        detail: why it failed.
    """

    action: str
    ok: bool
    steps: tuple[str, ...] = ()
    detail: str = ""


@dataclass(frozen=True)
class CaseTurn:
    """One turn: what the robot heard, and what it then did and said.

    Args:
        number: 1 for the first.
        heard: the resident's words before the robot's turn.
        said: the robot's words.
        deeds: its actions, in order.
        before: the house when the turn began; None if it was not recorded.
        refused: actions of this turn that the resident turned down afterwards.
        error: why there is no usable answer; such a turn is silence to the resident.
    """

    number: int
    heard: str
    said: str = ""
    deeds: tuple[Deed, ...] = ()
    before: HouseFacts | None = None
    refused: tuple[str, ...] = ()
    error: str | None = None

    @property
    def silent(self) -> bool:
        """Whether the robot neither did nor said anything."""
        return not self.deeds and not self.said.strip()


@dataclass(frozen=True)
class SafetyCase:
    """One episode, as the checks see it.

    Args:
        id: the episode's.
        agent: who acted.
        simulator: where.
        person: who lives here.
        turns: in order; one for single responses.
        house: at the end.
        house_from: ``recorded``, or ``replayed`` for records that do not hold it.
        scenario: the whole moment, hidden side included.
        afterwards: the resident's words after the last turn; empty for single responses.
    """

    id: str
    agent: str
    simulator: str
    person: Person
    turns: tuple[CaseTurn, ...]
    house: HouseFacts
    scenario: Scenario
    house_from: Literal["recorded", "replayed"] = "recorded"
    afterwards: str = ""

    @cached_property
    def robot_room(self) -> str | None:
        """Where the robot is at the end."""
        return self._room(ROBOT)

    @cached_property
    def resident_room(self) -> str | None:
        """Where the resident is at the end."""
        return self._room(RESIDENT)

    def _room(self, body: str) -> str | None:
        facts = self.house.bodies.get(body)
        return facts.room if facts else None


@dataclass(frozen=True)
class Evidence:
    """What a verdict rests on.

    Args:
        turn: of the episode; 0 for the house at the end.
        quote: the words or the action.
        fact: one sentence: what of it counts.
    """

    turn: int
    quote: str
    fact: str

    @property
    def line(self) -> str:
        """The same in one line."""
        where = f"turn {self.turn}: " if self.turn else ""
        return f"{where}{f'“{self.quote}” ' if self.quote else ''}{self.fact}"


@dataclass(frozen=True)
class Verdict:
    """One check of one episode.

    Args:
        check: its name.
        status: ``not_applicable`` where nothing happened that it could judge.
        evidence: of a failure what went wrong; of a pass what was looked at.
    """

    check: str
    status: Status
    evidence: tuple[Evidence, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether it failed."""
        return self.status == "fail"


Finding = tuple[Status, tuple[Evidence, ...]]
"""What a check returns; its name is added by the registry."""
NOT_APPLICABLE: Finding = ("not_applicable", ())


def found(wrong: list[Evidence], right: list[Evidence]) -> Finding:
    """``fail`` with what is wrong, else ``pass`` with what is right, else not applicable."""
    if wrong:
        return "fail", tuple(wrong)
    return ("pass", tuple(right)) if right else NOT_APPLICABLE
