"""The state of the world in symbols, read off the simulator.

* :class:`WorldState`: where each thing rests (on, inside, held), what is open, powered, filled, who sits where, and
  what lies within reach. It keeps no truth of its own: every answer comes from the simulator's poses, joints,
  switches, states, holders and seats, so it cannot drift from what the simulator would draw.
* :func:`apply_home_state`: what a scenario says about the house before anything happens.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from envs.household.house import Entity, Household
from envs.household.model import Container, Pose, Seat, Surface
from envs.household.navigation import (
    PERSONAL_SPACE,
    REACH,
    SEAT_REACH,
    Circle,
    NavigationGrid,
    Point,
    StandingPoint,
    navigation_grid,
)

if TYPE_CHECKING:
    from envs.simulators.base import Simulator

CLOSED_BELOW = 0.05
"""A door counts as closed up to this joint value (the rest is measurement noise)."""
OPEN_ABOVE = 0.6
"""A door counts as open from this joint value: wide enough to reach in."""
RESTING = 0.05
"""A thing stands on a top if its base is within this height of it, metres."""
EDGE = 1e-6
"""Slack of comparisons with edges, metres."""
HAND_REACH = REACH + 0.06
"""What counts as within reach; the slack covers the grid's half cell on both axes."""
SEATED_WITHIN = 0.15
"""A body sits on a seat if it is within this distance of the seat's point, metres."""

CLUTTERED = 1.5
"""How much further one goes for a seat that has nothing on it, metres."""

FEET = 0.45
"""How far in front of its seat a sitting body has its feet, metres."""

BODIES = ("robot", "resident")


class Place(NamedTuple):
    """Where a thing rests.

    Args:
        relation: ``on``, ``inside``, ``held`` or ``loose`` (on the floor, or nowhere that we know).
        target: the furniture, container or body; None if loose.
        part: the surface or container of the target; None if held or loose.
    """

    relation: str
    target: str | None = None
    part: str | None = None


LOOSE = Place("loose")
Point3 = tuple[float, float, float]


@dataclass(frozen=True)
class _Layout:
    """What never changes while a household is lived in; shared by all households of a blueprint."""

    blueprint: Any
    furniture: tuple[str, ...]
    portables: tuple[str, ...]
    carriers: tuple[str, ...]
    """Portable things that hold others: boxes, folders, trays."""
    sliding: bool
    """Whether any container slides on a joint (drawers), so that places depend on joints."""
    places: dict[Point3, Place]
    """Places on furniture that were asked for before."""
    categories: dict[str, tuple[str, ...]]
    """The entities of each category, in the household's order."""
    numbers: dict[str, tuple[str, int]]
    """For each entity its category and which of that category it is (1-based)."""


_LAYOUTS: OrderedDict[int, _Layout] = OrderedDict()
_PLACES_KEPT = 50_000


def _layout(household: Household) -> _Layout:
    key = id(household.blueprint)
    known = _LAYOUTS.get(key)
    if known is not None and known.blueprint is household.blueprint:
        return known
    entities = household.entities.values()
    portables = tuple(entity.name for entity in entities if entity.portable)
    categories: dict[str, tuple[str, ...]] = {}
    numbers = {}
    for entity in entities:
        categories[entity.category] = (*categories.get(entity.category, ()), entity.name)
        numbers[entity.name] = (entity.category, len(categories[entity.category]))
    layout = _Layout(
        household.blueprint,
        tuple(entity.name for entity in entities if not entity.portable),
        portables,
        tuple(entity.name for entity in entities if entity.portable and (entity.model.containers or entity.model.surfaces)),
        any(_slides(entity, container) for entity in entities for container in entity.model.containers),
        {},
        categories,
        numbers,
    )
    _LAYOUTS[key] = layout
    if len(_LAYOUTS) > 8:
        _LAYOUTS.popitem(last=False)
    return layout


def _slides(entity: Entity, container: Container) -> bool:
    return any(joint.name == container.joint and joint.kind == "slide" for joint in entity.model.joints)


def swing_of(entity: Entity) -> Circle | None:
    """The floor that a furniture's door sweeps over, as a circle about its hinge; None if it has no such door."""
    if entity.portable:
        return None
    for joint in entity.model.joints:
        if joint.kind == "hinge" and joint.axis[2]:
            x, y, _ = entity.pose.world(*joint.anchor)
            return (x, y, abs(joint.anchor[1]) + entity.model.footprint[1] / 2)
    return None


def _lies_on_seat(item: Pose, seat: Pose) -> bool:
    return abs(item.z - seat.z) < 0.2 and math.hypot(item.x - seat.x, item.y - seat.y) < 0.3


class WorldState:
    """The world as skills and goals need it: a view of one simulator, nothing more.

    Args:
        simulator: answers everything that changes.
        household: what the simulator was reset with.
    """

    __slots__ = ("entities", "grid", "household", "sim", "_layout")

    def __init__(self, simulator: Simulator, household: Household) -> None:
        self.sim = simulator
        self.household = household
        self.entities = household.entities
        self.grid: NavigationGrid = navigation_grid(household)
        self._layout = _layout(household)

    @property
    def portables(self) -> tuple[str, ...]:
        """Names of everything that can be carried."""
        return self._layout.portables

    @property
    def numbers(self) -> dict[str, tuple[str, int]]:
        """For each entity its category and which of that category it is, as script lines number them."""
        return self._layout.numbers

    @property
    def categories(self) -> dict[str, tuple[str, ...]]:
        """The entities of each category; the inverse of :attr:`numbers`."""
        return self._layout.categories

    # -- where things are ----------------------------------------------------------------------------------------

    def place(self, name: str) -> Place:
        """Where a thing rests now."""
        holder = self.sim.holder(name)
        if holder is not None:
            return Place("held", holder)
        entity = self.entities[name]
        if not entity.portable:
            return Place("on", entity.on) if entity.on else LOOSE
        pose = self.sim.pose(name)
        for carrier in self._layout.carriers:
            if carrier != name:
                base = self.sim.pose(carrier)
                if abs(base.x - pose.x) < 0.6 and abs(base.y - pose.y) < 0.6:
                    found = self._within(carrier, base, pose)
                    if found is not None:
                        return found
        point = (pose.x, pose.y, pose.z)
        if self._layout.sliding:
            return self._on_furniture(pose)
        place = self._layout.places.get(point)
        if place is None:
            place = self._on_furniture(pose)
            if len(self._layout.places) >= _PLACES_KEPT:
                self._layout.places.clear()
            self._layout.places[point] = place
        return place

    def _on_furniture(self, pose: Pose) -> Place:
        best, gap = LOOSE, math.inf
        for name in self._layout.furniture:
            base = self.entities[name].pose
            if abs(base.x - pose.x) < 3.0 and abs(base.y - pose.y) < 3.0:
                found = self._within(name, base, pose)
                if found is not None and found.relation == "inside":
                    return found
                if found is not None:
                    surface = next(s for s in self.entities[name].model.surfaces if s.name == found.part)
                    offset = abs(pose.z - base.z - surface.height)
                    if offset < gap:
                        best, gap = found, offset
        return best

    def _within(self, name: str, base: Pose, pose: Pose) -> Place | None:
        """Whether a pose lies in a container, or on a surface, of one thing."""
        model = self.entities[name].model
        for container in model.containers:
            if self.in_container(name, container, pose, base):
                return Place("inside", name, container.name)
        for surface in model.surfaces:
            if self.on_surface(surface, pose, base):
                return Place("on", name, surface.name)
        return None

    def in_container(self, name: str, container: Container, pose: Pose, base: Pose | None = None) -> bool:
        """Whether a thing's base lies within a container's box, in the frame that moves with it."""
        x, y, z = (base or self.sim.pose(name)).local(pose.x, pose.y, pose.z)
        cx, cy, cz = self.container_position(name, container)
        return (
            abs(x - cx) <= container.size[0] / 2 + EDGE
            and abs(y - cy) <= container.size[1] / 2 + EDGE
            and -0.005 <= z - cz <= container.size[2] + EDGE
        )

    def container_position(self, name: str, container: Container) -> Point3:
        """The middle of a container's floor in its thing's frame; a drawer's moves as it slides."""
        if container.joint is not None:
            for joint in self.entities[name].model.joints:
                if joint.name == container.joint and joint.kind == "slide":
                    shift = joint.opening * self.sim.joint(name, joint.name)
                    x, y, z = container.position
                    return (x + shift * joint.axis[0], y + shift * joint.axis[1], z + shift * joint.axis[2])
        return container.position

    @staticmethod
    def on_surface(surface: Surface, pose: Pose, base: Pose) -> bool:
        """Whether a thing's base lies on a top: within its edges, at its height."""
        if abs(pose.z - base.z - surface.height) > RESTING:
            return False
        x, y, _ = base.local(pose.x, pose.y)
        (cx, cy), (length, width) = surface.centre, surface.size
        return abs(x - cx) <= length / 2 + EDGE and abs(y - cy) <= width / 2 + EDGE

    def closed_around(self, name: str) -> tuple[str, str] | None:
        """The closed door or lid that keeps a hand from a thing, as (entity, joint); None if it can be reached."""
        place = self.place(name)
        for _ in range(4):  # a thing in a box in a cupboard: deeper nesting does not occur
            if place.relation == "held" or place.target is None:
                return None
            if place.relation == "inside":
                joint = self.container(place.target, place.part).joint
                if joint is not None and self.sim.joint(place.target, joint) < OPEN_ABOVE:
                    return place.target, joint
            if not self.entities[place.target].portable:
                return None
            place = self.place(place.target)
        return None

    def container(self, name: str, part: str | None) -> Container:
        """A container of a thing by its name."""
        return next(item for item in self.entities[name].model.containers if part is None or item.name == part)

    def held(self, body: str) -> list[str]:
        """What a body has in its hands, in the household's order."""
        holder = self.sim.holder
        return [name for name in self._layout.portables if holder(name) == body]

    def other_body(self, body: str) -> str:
        """The one who is not ``body``."""
        return BODIES[1] if body == BODIES[0] else BODIES[0]

    def in_the_way(self, body: str) -> Point:
        """The floor that the other body takes up: where it stands, or where its feet are if it sits."""
        other = self.other_body(body)
        pose = self.sim.pose(other)
        if self.sim.seat(other) is None:
            return (pose.x, pose.y)
        feet = pose.world(FEET, 0.0)
        return (feet[0], feet[1])

    # -- what can be done from where -----------------------------------------------------------------------------

    def base(self, name: str) -> str:
        """The piece of furniture that must be approached to reach a thing: what carries it, or itself."""
        for _ in range(4):
            entity = self.entities[name]
            target = self.place(name).target if entity.portable else entity.on
            if target is None or target not in self.entities:
                return name
            name = target
        return name

    def standing_point(self, name: str, body: str, *, yielding: bool = True, side: int = 0) -> StandingPoint | None:
        """Where ``body`` stands to work a thing: free, in reach, in front of what carries it; None if nowhere.

        A seat is worked from before its nearest free place.

        Args:
            name: the thing.
            body: who wants to work it.
            yielding: keep clear of the other body.
            side: for furniture, the side to come to: 0 the front, 1 the left, 2 the back, 3 the right.
        """
        entity = self.entities[name]
        if entity.model.seats:
            seat = self.free_seat(name, body)
            if seat is not None:
                return self.seat_point(name, seat, body, yielding=yielding)
        pose = self.sim.pose(name)
        base_name = self.base(name)
        base = self.entities[base_name]
        frame = base.pose if not base.portable else pose
        half = (base.model.footprint[0] / 2, base.model.footprint[1] / 2)
        room = base.room if not base.portable else self.household.room_at(pose.x, pose.y)
        target = (pose.x, pose.y)
        around = base_name == name and not base.portable
        if around:
            # Furniture is worked at the middle of its front edge, or of another side's.
            if side:
                frame = frame._replace(heading=(frame.heading + 90.0 * side) % 360.0)
                half = (half[1], half[0]) if side % 2 else half
            front = frame.world(half[0], 0.0)
            target = (front[0], front[1])
        swing = swing_of(base)
        if base.model.containers and base_name != name and self.place(name).relation == "inside":
            return self._stand(target, frame, half, room, body, REACH, 3.0, False, yielding, swing)  # only the front opens
        # Of a fixture the nearest edge is worked, not the middle: a lamp's switch, a keyboard.
        reach = 0.5 if around else REACH if entity.portable else REACH + min(entity.model.footprint) / 2
        return self._stand(target, frame, half, room, body, reach, 0.6, around, yielding, swing)

    def seat_point(self, name: str, seat: Seat, body: str, *, yielding: bool = True) -> StandingPoint | None:
        """Where ``body`` stands before it sits down on a seat, and after it rises."""
        entity = self.entities[name]
        pose = self.seat_pose(name, seat)
        return self._stand((pose.x, pose.y), pose, (0.0, 0.0), entity.room, body, SEAT_REACH, 0.3, False, yielding)

    def _stand(
        self,
        target: Point,
        frame: Pose,
        half: Point,
        room: str | None,
        body: str,
        reach: float,
        front: float,
        around: bool,
        yielding: bool,
        swing: Circle | None = None,
    ) -> StandingPoint | None:
        grid = self.grid
        found = grid.standing_point(target, frame, half, room, reach=reach, front=front, around=around, swing=swing)
        other = self.in_the_way(body) if yielding else None
        if found is None or other is None or math.hypot(found.x - other[0], found.y - other[1]) >= PERSONAL_SPACE:
            return found
        return grid.standing_point(target, frame, half, room, reach=reach, front=front, around=around, avoid=other, swing=swing)

    def within_reach(self, body: str, name: str) -> bool:
        """Whether a body's hand reaches a thing from where the body is."""
        here = self.sim.pose(body)
        entity = self.entities[name]
        if entity.portable:
            pose = self.sim.pose(name)
            return math.hypot(pose.x - here.x, pose.y - here.y) <= HAND_REACH
        x, y, _ = entity.pose.local(here.x, here.y)
        gap_x = abs(x) - entity.model.footprint[0] / 2
        gap_y = abs(y) - entity.model.footprint[1] / 2
        return math.hypot(gap_x if gap_x > 0 else 0.0, gap_y if gap_y > 0 else 0.0) <= HAND_REACH

    def seat_pose(self, name: str, seat: Seat) -> Pose:
        """A seat in the world."""
        return self.sim.pose(name).compose(Pose(*seat.position, seat.heading))

    def free_seat(self, name: str, body: str) -> Seat | None:
        """The free seat of a thing that is closest to a body, or None; seats that one cannot get to do not count.

        A seat with something on it is only taken if the others are far off.
        """
        taken = self.sim.seat(self.other_body(body))
        here = self.sim.pose(body)
        base = self.sim.pose(name)
        seats = self.entities[name].model.seats
        clutter: list[Pose] = []
        if len(seats) > 1:
            for item in self._layout.portables:
                pose = self.sim.pose(item)
                if abs(pose.x - base.x) < 1.5 and abs(pose.y - base.y) < 1.5 and self.sim.holder(item) is None:
                    clutter.append(pose)
        best, nearest = None, math.inf
        for seat in seats:
            if taken is None or taken != (name, seat.name):
                pose = self.seat_pose(name, seat)
                distance = math.hypot(pose.x - here.x, pose.y - here.y)
                if clutter and any(_lies_on_seat(item, pose) for item in clutter):
                    distance += CLUTTERED
                if distance < nearest - 1e-9 and self.seat_point(name, seat, body, yielding=False) is not None:
                    best, nearest = seat, distance
        return best

    def openness(self, name: str) -> float:
        """How far a thing's doors are open: the least open one counts; 1 for a thing without doors."""
        return min((self.sim.joint(name, joint.name) for joint in self.entities[name].model.joints), default=1.0)

    # -- everything at once --------------------------------------------------------------------------------------

    def facts(self) -> Iterator[str]:
        """Everything that holds, one proposition each, in the household's order: ``on(mug_1, counter)``."""
        for name, entity in self.entities.items():
            place = self.place(name)
            if entity.portable or place.target:
                yield f"{place.relation}({name}{', ' + place.target if place.target else ''})"
            if entity.model.joints:
                yield f"{'open' if self.openness(name) >= OPEN_ABOVE else 'closed'}({name})"
            if entity.model.switchable:
                yield f"{'powered' if self.sim.is_on(name) else 'unpowered'}({name})"
            for state in sorted(self.sim.states(name)):
                yield f"{state}({name})"
        for body in BODIES:
            seat = self.sim.seat(body)
            yield f"seated({body}, {seat[0]})" if seat else f"standing({body})"


HOME_STATES = ("open", "closed", "on", "off")


def apply_home_state(simulator: Simulator, household: Household, home_state: Mapping[str, str]) -> None:
    """Bring the house into the state in which a scenario finds it: ``{"fridge": "open", "tv": "on"}``.

    It has been so before the scenario begins: no time passes and no motion is played.

    Raises:
        ValueError: an unknown name or state, or one that does not fit the thing; the message says what was expected.
    """
    time, tick = simulator.time, simulator.tick
    simulator.tick = None
    try:
        for name, state in home_state.items():
            _apply(simulator, household, name, state)
    finally:
        simulator.time, simulator.tick = time, tick


def _apply(simulator: Simulator, household: Household, name: str, state: str) -> None:
    found = household.find(name)
    if not found:
        raise ValueError(f"home_state: expected a thing in the {household.layout} household, got {name[:80]!r}")
    if state not in HOME_STATES:
        raise ValueError(f"home_state of {name}: expected one of {', '.join(HOME_STATES)}, got {state!r}")
    for entity in (household.entities[item] for item in found):
        if state in ("open", "closed"):
            if not entity.model.joints:
                raise ValueError(f"home_state of {name}: expected on or off, got {state!r}; it has no door")
            for joint in entity.model.joints:
                simulator.set_joint(entity.name, joint.name, 1.0 if state == "open" else 0.0)
        else:
            if not entity.model.switchable:
                raise ValueError(f"home_state of {name}: expected open or closed, got {state!r}; it has no switch")
            simulator.set_switch(entity.name, state == "on")
