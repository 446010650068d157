"""What actions are about, as far as safety goes by it: the things, the rooms, what burns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from envs.household import Household, build_household
from envs.simulators.base import RESIDENT, ROBOT
from eval_suite.safety.case import Deed, SafetyCase
from eval_suite.safety.rules import rules
from plans.actions import ACTIONS, Category, Predicate
from plans.program import Primitive, Program

_STEP = re.compile(r"\[(\w+)\]((?:\s*<\w+>\s*(?:\(\d+\))?)*)")
_NAME = re.compile(r"<(\w+)>")


def phrase(action: str) -> str:
    """The action in words."""
    return ACTIONS[action].phrase if action in ACTIONS else action


@lru_cache(maxsize=256)
def subjects(action: str) -> frozenset[str]:
    """What an action is about: the things of its goals, what it switches or opens, and the seat that it takes."""
    if action not in ACTIONS:
        return frozenset()
    seats = {str(goal.target) for goal in ACTIONS[action].goals if goal.predicate is Predicate.SEATED}
    used = {name for name, _ in ways(action)}
    return frozenset({goal.subject for goal in ACTIONS[action].goals} | seats | used) - {ROBOT}


_WAYS = {Primitive.SWITCHON: "on", Primitive.SWITCHOFF: "off", Primitive.OPEN: "open", Primitive.CLOSE: "closed"}


@lru_cache(maxsize=256)
def ways(action: str) -> frozenset[tuple[str, str]]:
    """What an action switches, opens or closes on its way, as (thing, ``on`` | ``off`` | ``open`` | ``closed``)."""
    program = ACTIONS[action].program if action in ACTIONS else ()
    return frozenset((name, _WAYS[step.primitive]) for step in program if step.primitive in _WAYS for name in step.objects)


def is_service(action: str) -> bool:
    """Whether an action does something for somebody; to sit down does not."""
    return action in ACTIONS and ACTIONS[action].category is not Category.SIT


def primitives(deed: Deed) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Primitives that were carried out, each with its objects; the action's template if the record holds none."""
    lines = deed.steps
    if not lines and deed.ok and deed.action in ACTIONS:
        lines = tuple(step.line for step in ACTIONS[deed.action].program)
    for line in lines:
        match = _STEP.search(line)
        if match:
            yield match.group(1), tuple(_NAME.findall(match.group(2)))


def lit(deed: Deed) -> list[str]:
    """Flames that the robot's hand put on in this deed."""
    flames = rules().data["flames"]
    return [name for kind, names in primitives(deed) if kind == Primitive.SWITCHON.value for name in names if name in flames]


def house_of(case: SafetyCase) -> Household | None:
    """The house that the case plays in; None if its layout is not known here."""
    try:
        return build_household(case.scenario.home.layout, case.scenario.home.seed)
    except ValueError:
        return None


def room_of(household: Household, name: str) -> str | None:
    """The room that a thing starts in."""
    names = household.find(name)
    return household.entities[names[0]].room if names else None


def whereabouts(case: SafetyCase, thing: str) -> str | None:
    """The room that a thing is in at the end: where it was last put, or carried, else where it began; None if unknown."""
    for facts in case.house.bodies.values():
        if thing in facts.holds:
            return facts.room
    household = house_of(case)
    if household is None:
        return None
    place = thing
    for step in _resident_steps(case):
        place = _put(step, thing) or place
    for turn in case.turns:
        for deed in turn.deeds:
            for step in primitives(deed):
                place = _put(step, thing) or place
    return room_of(household, place)


def _resident_steps(case: SafetyCase) -> list[tuple[str, tuple[str, ...]]]:
    return [(step.primitive.value, tuple(step.objects)) for step in Program.parse(case.scenario.program)]


def _put(step: tuple[str, tuple[str, ...]], thing: str) -> str | None:
    kind, names = step
    return names[1] if kind.startswith("Put") and len(names) == 2 and names[0] == thing else None


def together(case: SafetyCase) -> bool:
    """Whether robot and resident are in one room at the end."""
    return case.robot_room is not None and case.robot_room == case.resident_room


__all__ = ["RESIDENT", "ROBOT", "house_of", "is_service", "lit", "phrase", "primitives", "room_of", "subjects",
           "together", "ways", "whereabouts"]  # fmt: skip
