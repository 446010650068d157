"""Goals: whether what an action was for holds, judged only from what the simulator answers.

Poses, joints, switches, states and seats are looked at, never what a script meant to do. Goals of one action that
name the same subject must hold for one and the same instance: water in one mug and another mug on the table is not a
mug of water on the table. The same goes for a subject that is the target of another goal (the folder with the paper
in it is the folder on the table).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from functools import lru_cache

from envs.household.house import Household
from envs.household.state import CLOSED_BELOW, OPEN_ABOVE, SEATED_WITHIN, WorldState
from envs.simulators.base import ROBOT, Simulator
from envs.skills.outcomes import GoalResult
from plans.actions import Goal, Predicate

MOST_COMBINATIONS = 512
"""Bindings of linked subjects that are tried; no household of ours has more than a few dozen."""


def check_goals(sim: Simulator, household: Household, goals: Sequence[Goal], body: str = ROBOT) -> tuple[GoalResult, ...]:
    """Judge goals in the simulator as it is now.

    Args:
        sim: the simulator.
        household: what it was reset with.
        goals: the goals of *one* action.
        body: whom the subject ``robot`` means.

    Returns:
        One result per goal, in order.
    """
    world = WorldState(sim, household)
    order, linked = _subjects(tuple(goals))
    if not linked:
        # Subjects that have nothing to do with each other are judged one by one.
        bound: dict[str, str | None] = {}
        held: dict[Goal, bool] = {}
        for subject, own in order:
            bound[subject], best = None, -1
            for entity in _instances(household, subject, body):
                answers = [_HOLDS[goal.predicate](world, entity, _targets(household, goal, {})) for goal in own]
                if sum(answers) > best:
                    bound[subject], best = entity, sum(answers)
                    held.update(zip(own, answers, strict=True))
                    if best == len(own):
                        break
        return tuple(_result(goal, held.get(goal, False), bound.get(goal.subject)) for goal in goals)
    return _check_linked(world, household, goals, [subject for subject, _ in order], body)


def _check_linked(
    world: WorldState, household: Household, goals: Sequence[Goal], subjects: Sequence[str], body: str
) -> tuple[GoalResult, ...]:
    choices: list[Sequence[str | None]] = [_instances(household, subject, body) or (None,) for subject in subjects]
    best: list[bool] = []
    binding: dict[str, str | None] = {}
    for combination in itertools.islice(itertools.product(*choices), MOST_COMBINATIONS):
        trial = dict(zip(subjects, combination, strict=True))
        answers = []
        for goal in goals:
            entity = trial[goal.subject]
            targets = _targets(household, goal, trial)
            answers.append(entity is not None and _HOLDS[goal.predicate](world, entity, targets))
        if not best or sum(answers) > sum(best):
            best, binding = answers, trial
        if all(best):
            break
    return tuple(_result(goal, holds, binding[goal.subject]) for goal, holds in zip(goals, best, strict=True))


@lru_cache(maxsize=1024)
def _subjects(goals: tuple[Goal, ...]) -> tuple[tuple[tuple[str, tuple[Goal, ...]], ...], bool]:
    """The subjects with their goals, and whether any subject is also the target of another's goal."""
    order = tuple(dict.fromkeys(goal.subject for goal in goals))
    grouped = tuple((subject, tuple(goal for goal in goals if goal.subject == subject)) for subject in order)
    return grouped, any(goal.target in order for goal in goals)


def _instances(household: Household, subject: str, body: str) -> tuple[str, ...]:
    return (body,) if subject == ROBOT else household.find(subject)


def _targets(household: Household, goal: Goal, binding: dict[str, str | None]) -> tuple[str, ...]:
    target = goal.target
    if target is None:
        return ()
    if goal.predicate is Predicate.CONTAINS:
        return (target,)
    chosen = binding.get(target)
    return (chosen,) if chosen is not None else household.find(target)


# -- predicates ------------------------------------------------------------------------------------------------------


def _on(world: WorldState, entity: str, targets: tuple[str, ...]) -> bool:
    sim = world.sim
    if sim.holder(entity) is not None:
        return False
    pose = sim.pose(entity)
    for target in targets:
        if target != entity and sim.holder(target) is None:
            base = sim.pose(target)
            for surface in world.entities[target].model.surfaces:
                if world.on_surface(surface, pose, base):
                    return True
    return False


def _inside(world: WorldState, entity: str, targets: tuple[str, ...]) -> bool:
    if world.sim.holder(entity) is not None:
        return False
    pose = world.sim.pose(entity)
    return any(
        world.in_container(target, container, pose)
        for target in targets
        if target != entity
        for container in world.entities[target].model.containers
    )


def _powered(world: WorldState, entity: str, targets: tuple[str, ...]) -> bool:
    return world.sim.is_on(entity)


def _unpowered(world: WorldState, entity: str, targets: tuple[str, ...]) -> bool:
    return not world.sim.is_on(entity)


def _open(world: WorldState, entity: str, targets: tuple[str, ...]) -> bool:
    return bool(world.entities[entity].model.joints) and world.openness(entity) >= OPEN_ABOVE


def _closed(world: WorldState, entity: str, targets: tuple[str, ...]) -> bool:
    joints = world.entities[entity].model.joints
    return bool(joints) and all(world.sim.joint(entity, joint.name) <= CLOSED_BELOW for joint in joints)


def _contains(world: WorldState, entity: str, targets: tuple[str, ...]) -> bool:
    return targets[0] in world.sim.states(entity)


def _state(state: str) -> Callable[[WorldState, str, tuple[str, ...]], bool]:
    def holds(world: WorldState, entity: str, targets: tuple[str, ...]) -> bool:
        return state in world.sim.states(entity)

    return holds


def _seated(world: WorldState, entity: str, targets: tuple[str, ...]) -> bool:
    seated = world.sim.seat(entity)
    if seated is None or seated[0] not in targets:
        return False
    here = world.sim.pose(entity)
    for seat in world.entities[seated[0]].model.seats:
        if seat.name == seated[1]:
            pose = world.seat_pose(seated[0], seat)
            return math.hypot(pose.x - here.x, pose.y - here.y) <= SEATED_WITHIN
    return False


def _playing(world: WorldState, entity: str, targets: tuple[str, ...]) -> bool:
    return world.sim.is_on(entity) and "playing" in world.sim.states(entity)


_HOLDS: dict[Predicate, Callable[[WorldState, str, tuple[str, ...]], bool]] = {
    Predicate.ON: _on,
    Predicate.INSIDE: _inside,
    Predicate.POWERED: _powered,
    Predicate.UNPOWERED: _unpowered,
    Predicate.OPEN: _open,
    Predicate.CLOSED: _closed,
    Predicate.CONTAINS: _contains,
    Predicate.COOKED: _state("cooked"),
    Predicate.HOT: _state("hot"),
    Predicate.CHILLED: _state("chilled"),
    Predicate.SEATED: _seated,
    Predicate.PLAYING: _playing,
}

# -- sentences -------------------------------------------------------------------------------------------------------

_SENTENCES: dict[Predicate, tuple[str, str]] = {
    Predicate.ON: ("The {s} stands on the {t}.", "The {s} does not stand on the {t}."),
    Predicate.INSIDE: ("The {s} is in the {t}.", "The {s} is not in the {t}."),
    Predicate.POWERED: ("The {s} is on.", "The {s} is not on."),
    Predicate.UNPOWERED: ("The {s} is off.", "The {s} is still on."),
    Predicate.OPEN: ("The {s} is open.", "The {s} is not open."),
    Predicate.CLOSED: ("The {s} is closed.", "The {s} is not closed."),
    Predicate.CONTAINS: ("The {s} holds {t}.", "The {s} holds no {t}."),
    Predicate.COOKED: ("The {s} is cooked.", "The {s} is not cooked."),
    Predicate.HOT: ("The {s} is hot.", "The {s} is not hot."),
    Predicate.CHILLED: ("The {s} is chilled.", "The {s} is not chilled."),
    Predicate.SEATED: ("The {s} sits on the {t}.", "The {s} does not sit on the {t}."),
    Predicate.PLAYING: ("A game is running on the {s}.", "No game is running on the {s}."),
}
_WORDS = {"bedroomtable": "bedroom table", "kitchentable": "kitchen table", "breadslice": "slice of bread",
          "toiletpaper": "toilet paper", "waterglass": "water glass", "wallphone": "wall phone", "cellphone": "cell phone",
          "tv": "TV"}  # fmt: skip


@lru_cache(maxsize=4096)
def _result(goal: Goal, satisfied: bool, entity: str | None) -> GoalResult:
    positive, negative = _SENTENCES[goal.predicate]
    words = {"s": _word(goal.subject), "t": _word(goal.target or "")}
    return GoalResult(goal, satisfied, (positive if satisfied else negative).format(**words), entity)


def _word(name: str) -> str:
    return _WORDS.get(name, name.replace("_", " "))
