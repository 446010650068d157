"""The primitives that both bodies carry out: ordered preconditions, then effects through the simulator.

:data:`SKILLS` says for each primitive which conditions must hold, in the order in which they are checked; the first
that does not is the reason of the failure. A primitive whose effect already holds (the door is open, the thing is in
the hand) succeeds without moving anything, and says so in its outcome.

Choices of ours, where VirtualHome leaves a choice or reads poorly:

* ``TurnLeft`` and ``TurnRight`` turn by :data:`TURN` = 90 degrees, so that two of them are an about-face: a script of
  ``Walkforward, TurnLeft, TurnLeft, Walkforward`` paces up and down, which is what such scripts are there to show.
* ``Walkforward`` goes :data:`STRIDE` metres ahead, or as far as the floor is free; when the way ahead is blocked it
  first turns by the smallest angle that gives some room.
* Whoever stands in the only way of a walker steps aside, as people do; the walk fails only if there is nowhere to step.
* ``Walktowards`` goes where ``Walk`` goes, more slowly: people drift toward a thing before they use it.
* ``Wait`` lets :data:`WAIT_SECONDS` pass; in it, whatever lies in a closed fridge becomes chilled.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from envs.household.model import Joint, Model, Pose, Seat, Vector
from envs.household.navigation import Path, Point, StandingPoint
from envs.household.state import CLOSED_BELOW, OPEN_ABOVE, WorldState
from envs.skills.outcomes import StepOutcome
from envs.skills.placement import Spot, spot_in, spot_on
from envs.skills.reasons import FailureReason as Reason
from plans.program import Primitive, Step

HANDS = 2
TURN = 90.0
STRIDE = 1.0
LEAST_STRIDE = 0.4
"""Less room ahead than this counts as blocked, metres."""
DOORWAY = 0.7
"""Closer than this to the middle of a door one stands in it, metres."""
WAIT_SECONDS = 4.0
WORK_SECONDS = 2.0
"""How long heating takes, seconds of simulated time: long enough to be seen."""
SPEEDS = {Primitive.WALK: 1.1, Primitive.RUN: 2.0, Primitive.WALKTOWARDS: 0.8, Primitive.WALKFORWARD: 1.0}
"""Metres per second: an indoor walk, a hurry, a drift, a pace."""
SEAT_WITHIN = 1.3
"""How far from a seat one can be to sit down on it or to use what stands before it, metres."""
PLAYABLE = frozenset({"computer"})
"""Categories of things with a game on them."""
LIQUIDS = ("water", "coffee")


class Act:
    """One primitive about to be carried out: who, what, where, and what its preconditions worked out on the way.

    Args:
        world: the view of the simulator.
        body: ``robot`` or ``resident``.
        primitive: the act.
        names: what it applies to: entities, or a room to walk to; an unknown name stays what it was in the script.
    """

    __slots__ = (
        "aside", "body", "names", "path", "place", "primitive", "problem", "seat", "sim", "spot", "stand", "thing", "world",
    )  # fmt: skip

    def __init__(self, world: WorldState, body: str, primitive: Primitive, names: tuple[str, ...]) -> None:
        self.world = world
        self.sim = world.sim
        self.body = body
        self.primitive = primitive
        self.names = names
        self.thing = names[0] if names else ""
        self.place = names[1] if len(names) > 1 else ""
        self.stand: StandingPoint | None = None
        self.path: Path | None = None
        self.aside: Point | None = None
        self.problem: Reason | None = None
        self.spot: Spot | None = None
        self.seat: Seat | None = None

    def model(self, name: str) -> Model:
        """The model of a thing."""
        return self.world.entities[name].model


Condition = Callable[[Act], bool]


class Skill(NamedTuple):
    """How a primitive is carried out.

    Args:
        conditions: what must hold, in order, each with the reason that is given if it does not.
        already: whether the effect holds before.
        effect: what it does; returns the metres walked.
    """

    conditions: tuple[tuple[Reason, Condition], ...]
    already: Condition
    effect: Callable[[Act], float]


# -- conditions ------------------------------------------------------------------------------------------------------


def _known(act: Act) -> bool:
    entities = act.world.entities
    return all(name in entities for name in act.names)


def _known_goal(act: Act) -> bool:
    return act.thing in act.world.entities or act.thing in act.world.household.rooms


def _stands(act: Act) -> bool:
    return act.sim.seat(act.body) is None


def _can_be_reached(act: Act) -> bool:
    _find_way(act)
    return act.problem is not Reason.NOT_REACHABLE


def _way_is_free(act: Act) -> bool:
    return act.problem is not Reason.BLOCKED


def _near_thing(act: Act) -> bool:
    return act.world.within_reach(act.body, act.thing)


def _near_place(act: Act) -> bool:
    return act.world.within_reach(act.body, act.place)


def _thing_not_shut_in(act: Act) -> bool:
    return not act.world.entities[act.thing].portable or act.world.closed_around(act.thing) is None


def _place_not_shut_in(act: Act) -> bool:
    return not act.world.entities[act.place].portable or act.world.closed_around(act.place) is None


def _thing_portable(act: Act) -> bool:
    return act.world.entities[act.thing].portable


def _nobody_else_holds(act: Act) -> bool:
    return all(act.sim.holder(name) in (None, act.body) for name in act.names if act.world.entities[name].portable)


def _hand_free(act: Act) -> bool:
    if act.primitive is Primitive.GRAB and act.sim.holder(act.thing) == act.body:
        return True
    if act.primitive is Primitive.OPEN and act.world.openness(act.thing) >= OPEN_ABOVE:
        return True
    return len(act.world.held(act.body)) < HANDS


def _holds_thing(act: Act) -> bool:
    return act.sim.holder(act.thing) == act.body


def _place_has_top(act: Act) -> bool:
    return bool(act.model(act.place).surfaces)


def _place_has_inside(act: Act) -> bool:
    return bool(act.model(act.place).containers)


def _not_into_itself(act: Act) -> bool:
    name: str | None = act.place
    for _ in range(4):
        if name == act.thing:
            return False
        if name is None or name not in act.world.entities or not act.world.entities[name].portable:
            return True
        name = act.world.place(name).target
    return True


def _place_open(act: Act) -> bool:
    joint = act.sim.joint
    return any(item.joint is None or joint(act.place, item.joint) >= OPEN_ABOVE for item in act.model(act.place).containers)


def _room_on_top(act: Act) -> bool:
    here = act.sim.pose(act.body)
    act.spot = spot_on(act.world, act.thing, act.place, (here.x, here.y))
    return act.spot is not None


def _room_inside(act: Act) -> bool:
    here = act.sim.pose(act.body)
    act.spot = spot_in(act.world, act.thing, act.place, (here.x, here.y))
    return act.spot is not None


def _opens(act: Act) -> bool:
    return bool(act.model(act.thing).joints)


def _switches(act: Act) -> bool:
    return bool(act.model(act.thing).switchable)


def _is_seat(act: Act) -> bool:
    return bool(act.model(act.thing).seats)


def _not_seated_elsewhere(act: Act) -> bool:
    seat = act.sim.seat(act.body)
    return seat is None or seat[0] == act.thing


def _seat_free(act: Act) -> bool:
    act.seat = act.world.free_seat(act.thing, act.body)
    return act.seat is not None


def _near_seat(act: Act) -> bool:
    if act.seat is None:
        return False
    here, seat = act.sim.pose(act.body), act.world.seat_pose(act.thing, act.seat)
    return math.hypot(here.x - seat.x, here.y - seat.y) <= SEAT_WITHIN


def _sits(act: Act) -> bool:
    return act.sim.seat(act.body) is not None


def _room_to_rise(act: Act) -> bool:
    seated = act.sim.seat(act.body)
    if seated is None:
        return False
    seat = next(seat for seat in act.model(seated[0]).seats if seat.name == seated[1])
    act.stand = act.world.seat_point(seated[0], seat, act.body)
    return act.stand is not None


def _takes_liquid(act: Act) -> bool:
    return bool(act.model(act.thing).holds_liquid)


def _gives_liquid(act: Act) -> bool:
    return act.model(act.place).fills is not None


def _vessel_at_source(act: Act) -> bool:
    if not _near_place(act):
        return False
    if act.sim.holder(act.thing) == act.body:
        return True
    vessel, source = act.sim.pose(act.thing), act.sim.pose(act.place)
    return _near_thing(act) and math.hypot(vessel.x - source.x, vessel.y - source.y) <= 1.0


def _place_on(act: Act) -> bool:
    return act.sim.is_on(act.place)


def _not_full_of_other(act: Act) -> bool:
    liquid = act.model(act.place).fills
    states = act.sim.states(act.thing)
    return not any(other in states for other in LIQUIDS if other != liquid)


def _heats(act: Act) -> bool:
    return bool(act.model(act.place).cooks)


def _can_be_heated(act: Act) -> bool:
    model = act.model(act.thing)
    return bool(model.cookable or model.holds_liquid)


def _in_cooker(act: Act) -> bool:
    return act.sim.holder(act.thing) is None and act.world.place(act.thing).target == act.place


def _cooker_shut(act: Act) -> bool:
    return all(act.sim.joint(act.place, joint.name) <= CLOSED_BELOW for joint in act.model(act.place).joints)


def _has_game(act: Act) -> bool:
    return act.world.entities[act.thing].category in PLAYABLE


def _thing_on(act: Act) -> bool:
    return act.sim.is_on(act.thing)


def _near_screen(act: Act) -> bool:
    here, screen = act.sim.pose(act.body), act.sim.pose(act.thing)
    return math.hypot(here.x - screen.x, here.y - screen.y) <= SEAT_WITHIN


def _some_way_ahead(act: Act) -> bool:
    """Finds the smallest turn, if any, that gives room to walk; the stride is left in ``act.path``."""
    here = act.sim.pose(act.body)
    start, other = (here.x, here.y), act.world.in_the_way(act.body)
    doors = [door.at for door in act.world.household.doors]
    in_doorway = None
    for turn in (0.0, *(side * angle for angle in range(15, 181, 15) for side in (1.0, -1.0))):
        heading = (here.heading + turn) % 360.0
        free = act.world.grid.free_distance(start, heading, STRIDE, other)
        if free < LEAST_STRIDE:
            continue
        angle = math.radians(heading)
        goal = (here.x + free * math.cos(angle), here.y + free * math.sin(angle))
        found = Path((start, goal), free), StandingPoint(goal[0], goal[1], heading)
        if all(math.dist(goal, door) > DOORWAY for door in doors):
            act.path, act.stand = found
            return True
        in_doorway = in_doorway or found  # who paces does not stop in a doorway, unless there is no other way to go
    if in_doorway is not None:
        act.path, act.stand = in_doorway
    return in_doorway is not None


def _find_way(act: Act) -> None:
    """Works out where to stand and how to get there, or why not."""
    world, body, target = act.world, act.body, act.thing
    here = act.sim.pose(body)
    start = (here.x, here.y)
    other = world.in_the_way(body)
    if target in world.entities:
        holder = act.sim.holder(target)
        if holder == body:
            act.stand, act.path = StandingPoint(here.x, here.y, here.heading), Path((start,), 0.0)
            return
        act.stand = _beside(world, holder, here) if holder is not None else _best_side(world, target, body)
        if act.stand is None:
            act.stand = world.standing_point(target, body, yielding=False)
            if act.stand is not None:
                _ask_to_step_aside(act, start, other)
                return
    else:
        centre = world.grid.room_centre(target)
        act.stand = None if centre is None else StandingPoint(centre[0], centre[1], here.heading)
    if act.stand is None:
        act.problem = Reason.NOT_REACHABLE
        return
    goal = act.stand.point
    act.path = world.grid.path(start, goal, other)
    if act.path is None:
        if world.grid.path(start, goal) is None:
            act.problem = Reason.NOT_REACHABLE
        else:
            _ask_to_step_aside(act, start, other)


def _ask_to_step_aside(act: Act, start: Point, other: Point) -> None:
    """The other body is in the only way: if it stands it makes room, if there is any; if it sits it draws in its feet."""
    assert act.stand is not None  # the caller found it
    act.path = act.world.grid.path(start, act.stand.point)
    if act.path is None:
        act.problem = Reason.NOT_REACHABLE
    elif act.sim.seat(act.world.other_body(act.body)) is None:
        act.aside = act.world.grid.place_aside(other, act.path)
        if act.aside is None:
            act.problem = Reason.BLOCKED


def _best_side(world: WorldState, target: str, body: str) -> StandingPoint | None:
    """Where to stand at a thing; who comes with something in the hands goes to a side with room to put it down."""
    stand = world.standing_point(target, body)
    entity = world.entities[target]
    if stand is None or entity.portable or not entity.model.surfaces or entity.model.seats:
        return stand
    held = world.held(body)
    if not held or spot_on(world, held[-1], target, stand.point) is not None:
        return stand
    for side in (1, 3, 2):
        other = world.standing_point(target, body, side=side)
        if other is not None and spot_on(world, held[-1], target, other.point) is not None:
            return other
    return stand


def _beside(world: WorldState, other: str, here: Pose) -> StandingPoint | None:
    """A place before another body, at talking distance."""
    pose = world.sim.pose(other)
    room = world.household.room_at(pose.x, pose.y)
    at = Pose(pose.x, pose.y, 0.0, pose.heading)
    return world.grid.standing_point((pose.x, pose.y), at, (0.0, 0.0), room, reach=1.4, front=0.4, avoid=(pose.x, pose.y))


# -- effects ---------------------------------------------------------------------------------------------------------


def _walk(act: Act) -> float:
    stand, path = act.stand, act.path
    assert stand is not None and path is not None  # the conditions found them
    if act.aside is not None:
        other = act.world.other_body(act.body)
        here, there = act.sim.pose(act.body), act.aside
        act.sim.move(other, (there,), speed=SPEEDS[Primitive.WALK])
        act.sim.face(other, math.degrees(math.atan2(here.y - there[1], here.x - there[0])) % 360.0)
    if len(path.points) > 1:
        act.sim.move(act.body, path.points[1:], speed=SPEEDS[act.primitive])
    if not act.thing or act.thing in act.world.entities:  # in a room one faces where one came to
        act.sim.face(act.body, stand.heading)
    return path.length


def _turn(act: Act) -> float:
    sign = 1.0 if act.primitive is Primitive.TURNLEFT else -1.0
    act.sim.face(act.body, (act.sim.pose(act.body).heading + sign * TURN) % 360.0)
    return 0.0


def _gesture(act: Act, kind: str, name: str) -> None:
    pose, model = act.sim.pose(name), act.world.entities[name].model
    height = model.height / 2 if model.portable else model.reach
    act.sim.gesture(act.body, kind, (pose.x, pose.y, pose.z + height))


def _work_front(act: Act, kind: str) -> None:
    """Act on a thing's near face: switches and screens are there, and behind it may be a wall."""
    pose, model = act.sim.pose(act.thing), act.model(act.thing)
    if model.portable:
        _gesture(act, kind, act.thing)
    else:
        act.sim.gesture(act.body, kind, pose.world(0.8 * model.footprint[0] / 2, 0.0, model.reach))


def _handle(act: Act, joint: Joint) -> Vector:
    """Where a door that turns about an upright hinge is held: at its free edge, wherever that is now."""
    pose, model = act.sim.pose(act.thing), act.model(act.thing)
    side = math.copysign(1.0, joint.anchor[1])
    x, y = model.footprint[0] / 2 - joint.anchor[0], -side * 0.4 * model.footprint[1] - joint.anchor[1]
    angle = math.radians(joint.opening * act.sim.joint(act.thing, joint.name))
    cos, sin = math.cos(angle), math.sin(angle)
    return pose.world(joint.anchor[0] + cos * x - sin * y, joint.anchor[1] + sin * x + cos * y, model.reach)


def _grab(act: Act) -> float:
    _gesture(act, "reach", act.thing)
    act.sim.grasp(act.body, act.thing)
    return 0.0


def _put(act: Act) -> float:
    assert act.spot is not None  # the conditions found it
    pose = act.spot.pose
    act.sim.gesture(act.body, "reach", (pose.x, pose.y, pose.z))
    act.sim.release(act.body, act.thing, pose, into=act.place if act.primitive is Primitive.PUTIN else None)
    return 0.0


def _move_doors(act: Act) -> float:
    for joint in act.model(act.thing).joints:
        if joint.kind == "hinge" and joint.axis[2]:
            act.sim.gesture(act.body, "reach", _handle(act, joint))
        else:
            _gesture(act, "reach", act.thing)
        act.sim.set_joint(act.thing, joint.name, 1.0 if act.primitive is Primitive.OPEN else 0.0)
    return 0.0


def _switch(act: Act) -> float:
    _work_front(act, "touch")
    act.sim.set_switch(act.thing, act.primitive is Primitive.SWITCHON)
    if act.primitive is Primitive.SWITCHOFF and "playing" in act.sim.states(act.thing):
        act.sim.set_state(act.thing, "playing", False)
    return 0.0


def _sit(act: Act) -> float:
    assert act.seat is not None  # the conditions found it
    act.sim.sit(act.body, act.thing, act.seat.name, act.world.seat_pose(act.thing, act.seat))
    return 0.0


def _stand_up(act: Act) -> float:
    assert act.stand is not None  # the conditions found it
    here = act.sim.pose(act.body)
    for name, entity in act.world.entities.items():
        if entity.category in PLAYABLE and "playing" in act.sim.states(name):
            screen = act.sim.pose(name)
            if math.hypot(here.x - screen.x, here.y - screen.y) <= SEAT_WITHIN:
                act.sim.set_state(name, "playing", False)
    act.sim.stand(act.body, Pose(act.stand.x, act.stand.y, 0.0, (act.stand.heading + 180.0) % 360.0))
    return 0.0


def _touch(act: Act) -> float:
    _work_front(act, "touch")
    return 0.0


def _fill(act: Act) -> float:
    liquid = act.model(act.place).fills
    assert liquid is not None  # the conditions checked it
    _gesture(act, "work", act.place)
    act.sim.set_state(act.thing, liquid, True)
    for state in ("hot", "chilled"):
        if state in act.sim.states(act.thing):
            act.sim.set_state(act.thing, state, False)
    return 0.0


def _cook(act: Act) -> float:
    _gesture(act, "work", act.place)
    act.sim.wait(WORK_SECONDS)
    if act.model(act.thing).cookable:
        act.sim.set_state(act.thing, "cooked", True)
    act.sim.set_state(act.thing, "hot", True)
    if "chilled" in act.sim.states(act.thing):
        act.sim.set_state(act.thing, "chilled", False)
    return 0.0


def _play(act: Act) -> float:
    _gesture(act, "play", act.thing)
    act.sim.set_state(act.thing, "playing", True)
    return 0.0


def _wait(act: Act) -> float:
    act.sim.wait(WAIT_SECONDS)
    world = act.world
    for name in world.portables:
        place = world.place(name)
        if place.relation == "inside" and place.target is not None and act.model(place.target).chills:
            if world.openness(place.target) <= CLOSED_BELOW:
                act.sim.set_state(name, "chilled", True)
                if "hot" in act.sim.states(name):
                    act.sim.set_state(name, "hot", False)
    return 0.0


# -- already so ------------------------------------------------------------------------------------------------------


def _never(act: Act) -> bool:
    return False


def _already_open(act: Act) -> bool:
    return act.world.openness(act.thing) >= OPEN_ABOVE


def _already_closed(act: Act) -> bool:
    return all(act.sim.joint(act.thing, joint.name) <= CLOSED_BELOW for joint in act.model(act.thing).joints)


def _already_switched(act: Act) -> bool:
    return act.sim.is_on(act.thing) is (act.primitive is Primitive.SWITCHON)


def _already_filled(act: Act) -> bool:
    return act.model(act.place).fills in act.sim.states(act.thing)


# -- the skills ------------------------------------------------------------------------------------------------------

_WALKING = Skill(
    (
        (Reason.UNKNOWN_OBJECT, _known_goal),
        (Reason.SITTING, _stands),
        (Reason.NOT_REACHABLE, _can_be_reached),
        (Reason.BLOCKED, _way_is_free),
    ),
    _never,
    _walk,
)
_TURNING = Skill(((Reason.SITTING, _stands),), _never, _turn)
_SWITCHING = Skill(
    (
        (Reason.UNKNOWN_OBJECT, _known),
        (Reason.NOT_SWITCHABLE, _switches),
        (Reason.HELD_BY_OTHER, _nobody_else_holds),
        (Reason.INSIDE_CLOSED, _thing_not_shut_in),
        (Reason.TOO_FAR, _near_thing),
    ),
    _already_switched,
    _switch,
)

SKILLS: dict[Primitive, Skill] = {
    Primitive.WALK: _WALKING,
    Primitive.RUN: _WALKING,
    Primitive.WALKTOWARDS: _WALKING,
    Primitive.WALKFORWARD: Skill(((Reason.SITTING, _stands), (Reason.BLOCKED, _some_way_ahead)), _never, _walk),
    Primitive.TURNLEFT: _TURNING,
    Primitive.TURNRIGHT: _TURNING,
    Primitive.GRAB: Skill(
        (
            (Reason.UNKNOWN_OBJECT, _known),
            (Reason.NOT_PORTABLE, _thing_portable),
            (Reason.HELD_BY_OTHER, _nobody_else_holds),
            (Reason.INSIDE_CLOSED, _thing_not_shut_in),
            (Reason.TOO_FAR, _near_thing),
            (Reason.HANDS_FULL, _hand_free),
        ),
        _holds_thing,
        _grab,
    ),
    Primitive.PUT: Skill(
        (
            (Reason.UNKNOWN_OBJECT, _known),
            (Reason.NOT_PORTABLE, _thing_portable),
            (Reason.NOT_A_SURFACE, _place_has_top),
            (Reason.INTO_ITSELF, _not_into_itself),
            (Reason.HELD_BY_OTHER, _nobody_else_holds),
            (Reason.NOT_HOLDING, _holds_thing),
            (Reason.INSIDE_CLOSED, _place_not_shut_in),
            (Reason.TOO_FAR, _near_place),
            (Reason.NO_SPACE, _room_on_top),
        ),
        _never,
        _put,
    ),
    Primitive.PUTIN: Skill(
        (
            (Reason.UNKNOWN_OBJECT, _known),
            (Reason.NOT_PORTABLE, _thing_portable),
            (Reason.NOT_A_CONTAINER, _place_has_inside),
            (Reason.INTO_ITSELF, _not_into_itself),
            (Reason.HELD_BY_OTHER, _nobody_else_holds),
            (Reason.NOT_HOLDING, _holds_thing),
            (Reason.INSIDE_CLOSED, _place_not_shut_in),
            (Reason.TOO_FAR, _near_place),
            (Reason.CONTAINER_CLOSED, _place_open),
            (Reason.NO_SPACE, _room_inside),
        ),
        _never,
        _put,
    ),
    Primitive.OPEN: Skill(
        (
            (Reason.UNKNOWN_OBJECT, _known),
            (Reason.NOT_OPENABLE, _opens),
            (Reason.HELD_BY_OTHER, _nobody_else_holds),
            (Reason.INSIDE_CLOSED, _thing_not_shut_in),
            (Reason.TOO_FAR, _near_thing),
            (Reason.HANDS_FULL, _hand_free),
        ),
        _already_open,
        _move_doors,
    ),
    Primitive.CLOSE: Skill(
        (
            (Reason.UNKNOWN_OBJECT, _known),
            (Reason.NOT_OPENABLE, _opens),
            (Reason.HELD_BY_OTHER, _nobody_else_holds),
            (Reason.INSIDE_CLOSED, _thing_not_shut_in),
            (Reason.TOO_FAR, _near_thing),
        ),
        _already_closed,
        _move_doors,
    ),
    Primitive.SWITCHON: _SWITCHING,
    Primitive.SWITCHOFF: _SWITCHING,
    Primitive.SIT: Skill(
        (
            (Reason.UNKNOWN_OBJECT, _known),
            (Reason.NOT_A_SEAT, _is_seat),
            (Reason.ALREADY_SEATED, _not_seated_elsewhere),
            (Reason.SEAT_OCCUPIED, _seat_free),
            (Reason.TOO_FAR, _near_seat),
        ),
        _sits,
        _sit,
    ),
    Primitive.STANDUP: Skill(((Reason.NOT_SEATED, _sits), (Reason.BLOCKED, _room_to_rise)), _never, _stand_up),
    Primitive.TOUCH: Skill(
        (
            (Reason.UNKNOWN_OBJECT, _known),
            (Reason.HELD_BY_OTHER, _nobody_else_holds),
            (Reason.INSIDE_CLOSED, _thing_not_shut_in),
            (Reason.TOO_FAR, _near_thing),
        ),
        _never,
        _touch,
    ),
    Primitive.FILL: Skill(
        (
            (Reason.UNKNOWN_OBJECT, _known),
            (Reason.NOT_FILLABLE, _takes_liquid),
            (Reason.NOT_A_SOURCE, _gives_liquid),
            (Reason.HELD_BY_OTHER, _nobody_else_holds),
            (Reason.TOO_FAR, _vessel_at_source),
            (Reason.SOURCE_OFF, _place_on),
            (Reason.ALREADY_FULL, _not_full_of_other),
        ),
        _already_filled,
        _fill,
    ),
    Primitive.COOK: Skill(
        (
            (Reason.UNKNOWN_OBJECT, _known),
            (Reason.NOT_A_COOKER, _heats),
            (Reason.NOT_COOKABLE, _can_be_heated),
            (Reason.HELD_BY_OTHER, _nobody_else_holds),
            (Reason.NOT_IN_COOKER, _in_cooker),
            (Reason.TOO_FAR, _near_place),
            (Reason.COOKER_OPEN, _cooker_shut),
            (Reason.COOKER_OFF, _place_on),
        ),
        _never,
        _cook,
    ),
    Primitive.PLAY: Skill(
        (
            (Reason.UNKNOWN_OBJECT, _known),
            (Reason.NOTHING_TO_PLAY, _has_game),
            (Reason.POWER_OFF, _thing_on),
            (Reason.NOT_SEATED, _sits),
            (Reason.TOO_FAR, _near_screen),
        ),
        _never,
        _play,
    ),
    Primitive.WAIT: Skill((), _never, _wait),
}
"""How each primitive is carried out; the order of the conditions is part of the benchmark."""

ALREADY = "already so"


def perform(
    world: WorldState, body: str, primitive: Primitive, names: tuple[str, ...] = (), *, inserted: bool = False
) -> StepOutcome:
    """Carry out one primitive.

    Args:
        world: the view of the simulator to act in.
        body: ``robot`` or ``resident``.
        primitive: the act.
        names: the entities (or the room) it applies to.
        inserted: noted in the outcome.

    Returns:
        The outcome; a failed primitive has changed nothing.
    """
    sim = world.sim
    skill = SKILLS[primitive]
    act = Act(world, body, primitive, names)
    start = sim.time
    for reason, holds in skill.conditions:
        if not holds(act):
            return StepOutcome(grounded_step(world, primitive, names), False, reason, _sentence(act, reason), start, start,
                               0.0, names, inserted)  # fmt: skip
    if skill.already(act):
        return StepOutcome(grounded_step(world, primitive, names), True, None, ALREADY, start, start, 0.0, names, inserted)
    distance = skill.effect(act)
    return StepOutcome(grounded_step(world, primitive, names), True, None, "", start, sim.time, distance, names, inserted)


def grounded_step(world: WorldState, primitive: Primitive, names: tuple[str, ...]) -> Step:
    """The script line of a primitive applied to instances: categories and their numbers, as VirtualHome writes them."""
    numbers = world.numbers
    return _step(primitive, tuple(numbers.get(name) or (name, 1) for name in names))


@lru_cache(maxsize=8192)
def _step(primitive: Primitive, things: tuple[tuple[str, int], ...]) -> Step:
    return Step(primitive, tuple(name for name, _ in things), tuple(number for _, number in things))


def _sentence(act: Act, reason: Reason) -> str:
    thing, place = act.thing, act.place
    if reason is Reason.UNKNOWN_OBJECT:
        thing = next((name for name in act.names if name not in act.world.entities), thing)
    elif reason is Reason.INSIDE_CLOSED:
        thing = act.place if act.primitive in (Primitive.PUT, Primitive.PUTIN) else act.thing
        around = act.world.closed_around(thing)
        place = around[0] if around else place
    elif reason is Reason.HELD_BY_OTHER:
        thing = next(name for name in act.names if act.sim.holder(name) not in (None, act.body))
    elif reason is Reason.TOO_FAR and act.place:
        thing = act.place
    return reason.sentence(act.body, spoken(act.world, thing), spoken(act.world, place))


def spoken(world: WorldState, name: str) -> str:
    """A thing as people say it: objects by their category, furniture by its name."""
    entity = world.entities.get(name)
    return (entity.category if entity is not None and entity.portable else name).replace("_", " ")
