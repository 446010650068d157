"""Grounding: from names in a program to acts in a particular house.

* :func:`execute_action` carries out a legal action *adaptively*: it chooses the instances (the nearest mug that nobody
  holds), keeps them through the action, and inserts what the house asks for (a fridge to be opened first and closed
  again afterwards, a hand to be freed, a seat to rise from). Inserted steps are marked as such in the outcome.
* :func:`execute_plan` carries out several actions one after the other and leaves alone what earlier ones delivered.
* :func:`execute_program` carries out a script *literally*: names are resolved in the same way, nothing is inserted,
  and it stops at the first step that fails.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable
from functools import lru_cache

from envs.household.house import Household
from envs.household.state import WorldState
from envs.simulators.base import RESIDENT, ROBOT, Simulator
from envs.skills.goals import check_goals
from envs.skills.outcomes import ActionOutcome, ProgramOutcome, StepOutcome
from envs.skills.placement import spot_on
from envs.skills.primitives import HANDS, LIQUIDS, SEAT_WITHIN, perform
from plans.actions import Action, Category, Goal, Predicate, get_action
from plans.program import Primitive, Program, Step

WALKS = frozenset({Primitive.WALK, Primitive.RUN, Primitive.WALKTOWARDS})
OnStep = Callable[[StepOutcome], None]

# What makes an instance a worse choice, in metres of detour that one would take to avoid it.
_HELD_BY_OTHER = 1000.0
_KEPT = 500.0
_WRONG_CONTENT = 200.0
_NO_SEAT = 300.0
_UNREACHABLE = 5000.0
_SHUT_IN_LITERAL = 100.0
_SHUT_IN_ADAPTIVE = 2.0
_SATISFIED = -3.0
_ALL_SATISFIED = -1000.0
_IN_HAND = -100.0


def execute_action(
    sim: Simulator,
    household: Household,
    action: Action | str,
    body: str = ROBOT,
    *,
    keep: Collection[str] = (),
    on_step: OnStep | None = None,
) -> ActionOutcome:
    """Carry out one legal action in the house as it is, and judge its goals.

    Args:
        sim: the simulator, already reset with ``household``.
        household: the house.
        action: a legal action or its identifier.
        body: who does it.
        keep: instances to leave alone if there are others (what was delivered before).
        on_step: called after every primitive.

    Returns:
        The outcome; it is ok if and only if every goal holds in the simulator afterwards.
    """
    if isinstance(action, str):
        action = get_action(action)
    world = WorldState(sim, household)
    start = sim.time
    run = _Adaptive(world, body, action, keep, on_step)
    run.carry_out()
    goals = check_goals(sim, household, action.goals, body)
    steps = tuple(run.steps)
    reason = steps[-1].reason if steps else None
    subjects = tuple(dict.fromkeys(goal.entity for goal in goals if goal.entity is not None and goal.entity != body))
    return ActionOutcome(action.name, all([goal.satisfied for goal in goals]), steps, reason, goals,
                         sum([step.distance for step in steps]), sim.time - start, subjects)  # fmt: skip


def execute_plan(
    sim: Simulator,
    household: Household,
    actions: Iterable[Action | str],
    body: str = ROBOT,
    *,
    on_step: OnStep | None = None,
) -> tuple[ActionOutcome, ...]:
    """Carry out actions in order; one that fails does not stop those after it."""
    outcomes = []
    keep: set[str] = set()
    for action in actions:
        outcome = execute_action(sim, household, action, body, keep=keep, on_step=on_step)
        outcomes.append(outcome)
        if outcome.ok:
            keep.update(outcome.subjects)
    return tuple(outcomes)


def execute_program(
    sim: Simulator,
    household: Household,
    program: Program,
    body: str = RESIDENT,
    *,
    numbered: bool = False,
    on_step: OnStep | None = None,
) -> ProgramOutcome:
    """Carry out a script step by step, up to the first that fails.

    Args:
        sim: the simulator, already reset with ``household``.
        household: the house.
        program: the script.
        body: who does it.
        numbered: take instance numbers literally (a grounded program to be replayed). By default a number only tells
            instances of the same script apart, as in VirtualHome: ``<mug> (1)`` is some mug, the same one throughout.
        on_step: called after every primitive.
    """
    world = WorldState(sim, household)
    start = sim.time
    chooser = _Chooser(world, body, (), program, (), literal=True)
    steps: list[StepOutcome] = []
    for step in program.steps:
        names = tuple(
            _numbered(world, name, number) if numbered else chooser.choose(name, number)
            for name, number in zip(step.objects, step.instances, strict=True)
        )
        steps.append(perform(world, body, step.primitive, names))
        if on_step is not None:
            on_step(steps[-1])
        if not steps[-1].ok:
            break
    return ProgramOutcome(all(step.ok for step in steps), tuple(steps), steps[-1].reason if steps else None,
                          sum(step.distance for step in steps), sim.time - start)  # fmt: skip


def _numbered(world: WorldState, name: str, number: int) -> str:
    """The instance that a grounded program means; a name that fits nothing stays, and fails as unknown."""
    found = world.categories.get(name) or world.household.find(name)
    if found and number <= len(found):
        return found[number - 1]
    return name if number == 1 else f"{name} ({number})"


@lru_cache(maxsize=512)
def _uses(steps: tuple[Step, ...]) -> dict[str, frozenset[tuple[Primitive, int]]]:
    """For each name in a program, what is done with it: primitives and the position of the name in their lines."""
    uses: dict[str, set[tuple[Primitive, int]]] = {}
    for step in steps:
        for position, name in enumerate(step.objects):
            uses.setdefault(name, set()).add((step.primitive, position))
    return {name: frozenset(found) for name, found in uses.items()}


_ACTION_USES: dict[str, dict[str, frozenset[tuple[Primitive, int]]]] = {}


class _Chooser:
    """Decides which instance a name means, once, and sticks to it.

    Args:
        world, body: who chooses, in what world.
        goals: what the instance should end up satisfying; one that already does is preferred.
        program: what will be done with it.
        keep: instances to leave alone if there are others.
        literal: nobody will open a door to get at it.
    """

    def __init__(
        self,
        world: WorldState,
        body: str,
        goals: tuple[Goal, ...],
        program: Program,
        keep: Collection[str],
        *,
        literal: bool,
        uses: dict[str, frozenset[tuple[Primitive, int]]] | None = None,
    ) -> None:
        self.world = world
        self.body = body
        self.goals = goals
        self.keep = keep
        self.literal = literal
        self.bound: dict[tuple[str, int], str] = {}
        self._uses = _uses(program.steps) if uses is None else uses

    def choose(self, name: str, number: int = 1) -> str:
        """The entity or room that a name means; an unknown name is returned as it is."""
        known = self.bound.get((name, number))
        if known is not None:
            return known
        found = self.world.household.find(name) or self.world.household.find(name.strip().lower().replace(" ", "_"))
        if len(found) > 1:
            taken = {entity for (other, index), entity in self.bound.items() if other == name and index != number}
            free = [entity for entity in found if entity not in taken] or list(found)
            costs = [self._cost(entity, name) for entity in free]
            chosen = free[costs.index(min(costs))]
        else:
            chosen = found[0] if found else name.strip().lower()
        self.bound[(name, number)] = chosen
        return chosen

    def _cost(self, entity: str, name: str) -> float:
        world, sim = self.world, self.world.sim
        holder = sim.holder(entity)
        cost = 0.0
        if holder == self.body:
            cost += _IN_HAND
        elif holder is not None:
            cost += _HELD_BY_OTHER
        else:
            stand = world.standing_point(entity, self.body)
            here = sim.pose(self.body)
            distance = math.inf if stand is None else world.grid.distance((here.x, here.y), (stand.x, stand.y))
            cost += distance if distance < _UNREACHABLE else _UNREACHABLE
            if world.entities[entity].portable and world.closed_around(entity) is not None:
                cost += _SHUT_IN_LITERAL if self.literal else _SHUT_IN_ADAPTIVE
        if entity in self.keep:
            cost += _KEPT
        uses = self._uses.get(name, frozenset())
        if (Primitive.FILL, 0) in uses and any(liquid in sim.states(entity) for liquid in self._other_liquids()):
            cost += _WRONG_CONTENT
        if (Primitive.SIT, 0) in uses and world.free_seat(entity, self.body) is None:
            cost += _NO_SEAT
        own = tuple(goal for goal in self.goals if goal.subject == name)
        if own:
            holds = [result.satisfied for result in check_goals(sim, world.household, _for_instance(own, entity), self.body)]
            cost += _ALL_SATISFIED if all(holds) else _SATISFIED * sum(holds)
        return cost

    def _other_liquids(self) -> tuple[str, ...]:
        wanted = {goal.target for goal in self.goals if goal.predicate is Predicate.CONTAINS}
        return tuple(liquid for liquid in LIQUIDS if liquid not in wanted) if wanted else ()


@lru_cache(maxsize=4096)
def _for_instance(goals: tuple[Goal, ...], entity: str) -> tuple[Goal, ...]:
    return tuple(Goal(goal.predicate, entity, goal.target) for goal in goals)


class _Adaptive:
    """One action being carried out."""

    def __init__(self, world: WorldState, body: str, action: Action, keep: Collection[str], on_step: OnStep | None) -> None:
        self.world = world
        self.sim = world.sim
        self.body = body
        self.action = action
        self.on_step = on_step
        uses = _ACTION_USES.get(action.name)
        if uses is None:
            uses = _ACTION_USES[action.name] = _uses(action.program.steps)
        self.chooser = _Chooser(world, body, action.goals, action.program, keep, literal=False, uses=uses)
        self.steps: list[StepOutcome] = []
        self.opened: list[str] = []
        self.position = 0

    def carry_out(self) -> None:
        """Go through the action's program, inserting what is needed, until it is done or something fails."""
        program = self.action.program.steps
        if self.action.category in (Category.FETCH, Category.COMBINATION) and self._already_done():
            # Somebody did it before: go and see, change nothing.
            self._do(Primitive.WALK, self.chooser.choose(program[-1].objects[-1])) if program[-1].objects else None
            return
        for self.position, step in enumerate(program):
            names = [self.chooser.choose(name) for name in step.objects]
            if not self._adapt(step.primitive, names):
                self._close_again()
                return

    def _already_done(self) -> bool:
        goals = self.action.goals
        if self.action.name == "play_computer":
            return False
        return all(result.satisfied for result in check_goals(self.sim, self.world.household, goals, self.body))

    # -- steps of the template -----------------------------------------------------------------------------------

    def _adapt(self, primitive: Primitive, names: list[str]) -> bool:
        if primitive in WALKS:
            return self._walk(primitive, names[0])
        if any(name not in self.world.entities for name in names):
            return self._do(primitive, *names)
        if primitive is Primitive.GRAB:
            return self._fetch(names[0], inserted=False)
        if primitive in (Primitive.PUT, Primitive.PUTIN):
            return self._place(primitive, names[0], names[1])
        if primitive is Primitive.SIT:
            return self._sit(names[0])
        if primitive is Primitive.FILL:
            return self._fill(names[0], names[1])
        if primitive is Primitive.COOK:
            return self._reach(names[1]) and self._do(primitive, *names)
        if primitive is Primitive.OPEN:
            if self.world.openness(names[0]) < 0.5 and not self._free_hand():
                return False
            return self._reach(names[0]) and self._do(primitive, *names)
        if primitive in (Primitive.CLOSE, Primitive.SWITCHON, Primitive.SWITCHOFF, Primitive.TOUCH):
            return self._expose(names[0]) and self._reach(names[0]) and self._do(primitive, *names) and self._close_again()
        return self._do(primitive, *names)

    def _walk(self, primitive: Primitive, name: str) -> bool:
        if name in self.world.entities:
            if self.sim.holder(name) == self.body:
                return True
            seat = self.sim.seat(self.body)
            if seat is not None and seat[0] == name:
                return True
        return self._rise() and self._do(primitive, name)

    def _fetch(self, name: str, *, inserted: bool = True) -> bool:
        """Have a thing in the hand."""
        if self.sim.holder(name) == self.body:
            return True
        if not (self._free_hand(name) and self._expose(name) and self._reach(name)):
            return False
        return self._do(Primitive.GRAB, name, inserted=inserted) and self._close_again()

    def _place(self, primitive: Primitive, name: str, target: str) -> bool:
        if not (self._fetch(name) and self._expose(target)):
            return False
        if primitive is Primitive.PUTIN and not self._unlock(target, name):
            return False
        return self._reach(target) and self._do(primitive, name, target) and self._close_again()

    def _sit(self, name: str) -> bool:
        seat = self.sim.seat(self.body)
        if seat is not None and seat[0] == name:
            return self._do(Primitive.SIT, name)
        if not self._rise():
            return False
        free = self.world.free_seat(name, self.body)
        if free is not None:
            here, there = self.sim.pose(self.body), self.world.seat_pose(name, free)
            far = math.hypot(here.x - there.x, here.y - there.y) > SEAT_WITHIN
            if far and not self._do(Primitive.WALK, name, inserted=True):
                return False
        return self._do(Primitive.SIT, name)

    def _fill(self, vessel: str, source: str) -> bool:
        if self.sim.holder(vessel) != self.body:
            pose, tap = self.sim.pose(vessel), self.sim.pose(source)
            near = math.hypot(pose.x - tap.x, pose.y - tap.y) <= 1.0 and self.world.within_reach(self.body, vessel)
            if not near and not self._fetch(vessel):
                return False
        return self._reach(source) and self._do(Primitive.FILL, vessel, source)

    # -- what the house asks for ---------------------------------------------------------------------------------

    def _do(self, primitive: Primitive, *names: str, inserted: bool = False) -> bool:
        outcome = perform(self.world, self.body, primitive, names, inserted=inserted)
        self.steps.append(outcome)
        if self.on_step is not None:
            self.on_step(outcome)
        return outcome.ok

    def _rise(self) -> bool:
        return self.sim.seat(self.body) is None or self._do(Primitive.STANDUP, inserted=True)

    def _reach(self, name: str) -> bool:
        """Stand where the hand reaches a thing."""
        if self.world.within_reach(self.body, name):
            return True
        return self._rise() and self._do(Primitive.WALK, name, inserted=True)

    def _expose(self, name: str) -> bool:
        """Open whatever shuts a thing in."""
        if not self.world.entities[name].portable:
            return True
        for _ in range(3):
            around = self.world.closed_around(name)
            if around is None:
                return True
            if not self._open(around[0], name):
                return False
        return True

    def _unlock(self, target: str, name: str) -> bool:
        """Open a container that a thing shall go into."""
        joints = self.world.entities[target].model.joints
        if not joints or self.world.openness(target) >= 0.6:
            return True
        return self._open(target, name)

    def _open(self, name: str, wanted: str) -> bool:
        if not (self._free_hand(wanted) and self._reach(name) and self._do(Primitive.OPEN, name, inserted=True)):
            return False
        self.opened.append(name)
        return True

    def _close_again(self) -> bool:
        """Close what was opened along the way."""
        while self.opened:
            name = self.opened.pop()
            if not (self._reach(name) and self._do(Primitive.CLOSE, name, inserted=True)):
                return False
        return True

    def _free_hand(self, wanted: str | None = None) -> bool:
        """Put something down at the nearest surface if both hands are full."""
        held = self.world.held(self.body)
        if len(held) < HANDS:
            return True
        later = {
            self.chooser.bound.get((name, 1)) for step in self.action.program.steps[self.position :] for name in step.objects
        }
        spare = [name for name in held if name not in later] or held
        if wanted in spare and len(spare) > 1:
            spare.remove(wanted)
        for surface in self._surfaces_by_distance():
            if not self._rise() or not self._do(Primitive.WALK, surface, inserted=True):
                return False
            here = self.sim.pose(self.body)
            if spot_on(self.world, spare[0], surface, (here.x, here.y)) is not None:
                return self._do(Primitive.PUT, spare[0], surface, inserted=True)
        return True  # nowhere to put it: the next step says that the hands are full

    def _surfaces_by_distance(self) -> list[str]:
        here = self.sim.pose(self.body)
        found = []
        for name, entity in self.world.entities.items():
            model = entity.model
            tops = [surface for surface in model.surfaces if surface.height + entity.pose.z < 1.3]
            if not entity.portable and tops and not model.cooks and not model.seats and not model.walkable:
                stand = self.world.standing_point(name, self.body)
                if stand is not None:
                    distance = self.world.grid.distance((here.x, here.y), stand.point)
                    if math.isfinite(distance):
                        found.append((distance, name))
        return [name for _, name in sorted(found)[:4]]
