"""Binding: which thing of the scene plays which role, and why a role goes without."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np

from envs.household.house import Entity
from envs.household.model import Container, Joint, Light, Material, Model, Part, Pose
from envs.simulators.habitat.homes.mapping import HomeMapping, RoleChoice
from envs.simulators.habitat.homes.roles import Role
from envs.simulators.habitat.homes.rooms import Rooms, matches
from envs.simulators.habitat.homes.shapes import back_of_seat, front_face, insides_of, largest_level, seats_of, top_of, turned
from envs.simulators.habitat.homes.survey import Door, HeightMap, Thing

HULL = "hull"
"""The visual state, which never holds, of parts that stand for a thing's own mesh where only its size counts."""
_RESTS = 0.08  # metres between a thing's bottom and the top that it stands on
_FRONTS = {"+x": 0, "-z": 1, "-x": 2, "+z": 3}
_FREE_BEFORE = 1.2  # how far before a thing one looks for floor, metres

Heights = Callable[[Thing, float | None], HeightMap]


class BindFailure(Enum):
    """Why a role goes without a thing of the scene."""

    NOT_MAPPED = "not_mapped"
    NO_MATCH = "no_match"
    TAKEN = "taken"
    NO_TOP = "no_top"
    NO_SEAT = "no_seat"
    NO_INSIDE = "no_inside"
    NO_DOOR = "no_door"
    NO_SUPPORT = "no_support"
    NO_SPACE = "no_space"
    OUT_OF_REACH = "out_of_reach"
    REPLACED = "replaced"


@dataclass(frozen=True)
class Bound:
    """What became of a role.

    Args:
        role: its name.
        how: ``theirs``, ``ours`` or ``none``.
        thing: the scene's thing, or what it was replaced for.
        reason: why it is not theirs; None if it is.
        sentence: all of this in words.
    """

    role: str
    how: str
    thing: str | None = None
    reason: BindFailure | None = None
    sentence: str = ""


@dataclass
class Cast:
    """Who plays what.

    Args:
        entities: their things in roles of ours, by role; then all others of theirs.
        things: entity -> the thing that it is.
        roles: role -> entity that plays it.
        bound: what became of each role.
        removed: things that ours are put in the place of, by role.
    """

    entities: dict[str, Entity] = field(default_factory=dict)
    things: dict[str, Thing] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    bound: dict[str, Bound] = field(default_factory=dict)
    removed: dict[str, Thing] = field(default_factory=dict)


class _Refused(Exception):
    """A thing does not offer what a role needs."""

    def __init__(self, reason: BindFailure, words: str) -> None:
        super().__init__(words)
        self.reason = reason


def cast_roles(
    mapping: HomeMapping, roles: dict[str, Role], needed: Sequence[str], rooms: Rooms, things: Sequence[Thing], heights: Heights
) -> Cast:
    """Let things of the scene play the roles that the mapping gives them.

    Args:
        mapping: whose things are whose.
        roles: all roles.
        needed: those that are reported if nobody plays them.
        rooms: of the home.
        things: of the scene.
        heights: what of a thing is seen from above.
    """
    cast = Cast()
    order = sorted(roles, key=lambda name: (_waits(mapping, name), list(roles).index(name)))
    for name in order:
        choice = mapping.roles.get(name)
        if choice is None:
            if name in needed:
                cast.bound[name] = Bound(name, "none", None, BindFailure.NOT_MAPPED, "the mapping names nothing for it")
            continue
        _cast_one(cast, roles[name], choice, rooms, things, heights)
    _add_others(cast, rooms, things)
    _set_supports(cast)
    return cast


def _waits(mapping: HomeMapping, name: str) -> int:
    """How many others must be cast first."""
    seen = 0
    choice = mapping.roles.get(name)
    while choice is not None and choice.near is not None and seen < 8:
        seen += 1
        choice = mapping.roles.get(choice.near)
    return seen


def _cast_one(cast: Cast, role: Role, choice: RoleChoice, rooms: Rooms, things: Sequence[Thing], heights: Heights) -> None:
    name = role.name
    wanted = choice.room or role.plan.room
    anywhere = wanted == "any" or wanted in rooms.missing
    fitting = [thing for thing in things if _fits(choice, thing)]
    fitting = [thing for thing in fitting if anywhere or rooms.at(thing.pose.x, thing.pose.y) == wanted]
    asked = " or ".join(choice.category or choice.template)
    where = "the home" if anywhere else f"the {wanted.replace('_', ' ')}"
    if not fitting:
        cast.bound[name] = Bound(name, "none", None, BindFailure.NO_MATCH, f"no {asked} in {where}")
        return
    used = {thing.name: entity for entity, thing in (*cast.things.items(), *cast.removed.items())}
    ordered = _preferred(cast, choice, fitting)
    free = [thing for thing in ordered if thing.name not in used]
    if choice.replace and free:
        cast.removed[name] = free[0]
        cast.bound[name] = Bound(
            name, "none", free[0].name, BindFailure.REPLACED, f"ours stands in the place of {free[0].name}"
        )
        return
    refused: _Refused | None = None
    for thing in free:
        try:
            model, quarters = _model(role, thing, choice, rooms, heights)
        except _Refused as error:
            refused = refused or error
            continue
        pose = Pose(thing.pose.x, thing.pose.y, thing.pose.z, (thing.pose.heading + 90.0 * quarters) % 360.0)
        room = rooms.at(pose.x, pose.y) or rooms.plans[-1].name
        plan = role.plan
        cast.entities[name] = Entity(name, plan.category, plan.aliases, model, pose, room, False, plan.switched_on)
        cast.things[name], cast.roles[name] = thing, name
        cast.bound[name] = Bound(name, "theirs", thing.name, None, _called(thing))
        return
    if refused is not None:
        cast.bound[name] = Bound(name, "none", free[0].name, refused.reason, f"{free[0].name}: {refused}")
        return
    # One worktop may serve as two counters; one chair is not two.
    shared = next((used[thing.name] for thing in ordered if thing.name in used), None)
    if shared in cast.entities and role.needs_top and cast.entities[shared].model.surfaces:
        entity = cast.entities[shared]
        cast.entities[shared] = replace(entity, aliases=(*entity.aliases, name, *role.plan.aliases))
        cast.roles[name] = shared
        cast.bound[name] = Bound(
            name, "theirs", cast.things[shared].name, None, f"shares {cast.things[shared].name} with {shared}"
        )
        return
    cast.bound[name] = Bound(name, "none", None, BindFailure.TAKEN, f"every {asked} in {where} plays another role")


def _called(thing: Thing) -> str:
    word = thing.category or thing.template
    return thing.name if thing.name.startswith(word) else f"{word} {thing.name}"


def _fits(choice: RoleChoice, thing: Thing) -> bool:
    if choice.category and not matches(choice.category, thing.category):
        return False
    return not choice.template or matches(choice.template, thing.template, thing.name)


def _preferred(cast: Cast, choice: RoleChoice, fitting: Sequence[Thing]) -> list[Thing]:
    """The nearest to where it should be near to, else the largest first."""
    anchor = cast.entities.get(cast.roles.get(choice.near or "", ""))
    if anchor is not None:
        place = anchor.pose
        return sorted(fitting, key=lambda thing: (math.dist(thing.pose[:2], place[:2]), thing.name))
    return sorted(fitting, key=lambda thing: (-thing.size[0] * thing.size[1], thing.name))


# --- what a thing offers


def _model(role: Role, thing: Thing, choice: RoleChoice, rooms: Rooms, heights: Heights) -> tuple[Model, int]:
    """A thing as a model of ours, and by how many quarters its front is turned from its own x axis.

    Raises:
        _Refused: it does not offer what the role needs.
    """
    ours = role.model
    whole = heights(thing, None)
    quarters = _FRONTS[choice.front] if choice.front else _front(role, thing, whole, rooms)
    seen = turned(whole, quarters)
    length, width = thing.size[:2] if quarters % 2 == 0 else thing.size[1::-1]
    tall = thing.size[2]
    top = top_of(seen, base=thing.pose.z) if ours.surfaces or role.needs_top else None
    if role.needs_top and top is None:
        raise _Refused(BindFailure.NO_TOP, "it has no level top to put things on")
    seats = seats_of(seen, base=thing.pose.z) if role.needs_seat else ()
    if role.needs_seat and not seats:
        raise _Refused(BindFailure.NO_SEAT, "it has nothing to sit on at the height of a seat")
    if role.needs_seat:
        top = top_of(seen, base=thing.pose.z, highest=seats[0].position[2] + 0.05) if ours.surfaces else None
    door = _main_door(thing)
    if role.needs_door and door is None:
        raise _Refused(BindFailure.NO_DOOR, "it has no door that opens; replace: true puts ours in its place")
    containers: tuple[Container, ...] = ()
    if role.needs_inside:
        name = door.joint.name if door is not None and role.needs_door else None
        containers = insides_of(lambda below: turned(heights(thing, below), quarters), tall, name)
        if not containers:
            raise _Refused(BindFailure.NO_INSIDE, "it has no shelf or floor within; replace: true puts ours in its place")
    joints = (_turned_joint(door.joint, quarters),) if door is not None and role.needs_door else ()
    # Screens shine before themselves, lamps from within.
    ahead = length / 2 + 0.25 if role.plan.category in ("tv", "computer") else 0.0
    lights = tuple(Light((ahead, 0.0, 0.8 * tall), light.colour, light.strength, light.reach) for light in ours.lights)
    hull = Part("box", (length / 2, width / 2, tall / 2), (0.0, 0.0, tall / 2), shown=HULL)
    model = replace(
        ours, name=f"their_{ours.name}", parts=(hull, *_signs(role, seen, (length, width, tall))), footprint=(length, width),
        height=tall, surfaces=(top,) if top is not None else (), containers=containers, seats=seats, joints=joints,
        lights=lights, walkable=thing.pose.z > 1.2, reach=min(ours.reach, 0.9 * tall) if tall > 0.1 else ours.reach,
    )  # fmt: skip
    return model, quarters


def _main_door(thing: Thing) -> Door | None:
    """The largest hinged door, else the largest drawer."""
    return max(thing.doors, key=lambda door: (door.joint.kind == "hinge", door.size, door.joint.name), default=None)


def _turned_joint(joint: Joint, quarters: int) -> Joint:
    frame = Pose(0.0, 0.0, 0.0, 90.0 * quarters)
    x, y, z = (round(value, 6) + 0.0 for value in frame.local(*joint.anchor))
    ax, ay, az = (round(value, 6) + 0.0 for value in frame.local(*joint.axis))
    return Joint(joint.name, joint.kind, (x, y, z), (ax, ay, az), joint.opening)


def open_side(thing: Thing, rooms: Rooms) -> int:
    """By how many quarters the side with most floor before it is turned from a thing's own x axis."""
    return max(range(4), key=lambda quarters: (round(_floor_before(thing, quarters, rooms), 3), -quarters))


def _front(role: Role, thing: Thing, whole: HeightMap, rooms: Rooms) -> int:
    """By how many quarters the front is turned: where its doors are, away from its back, where there is floor."""
    door = _main_door(thing)
    if door is not None:
        shares = (door.middle[0] / thing.size[0], door.middle[1] / thing.size[1])
        if max(abs(share) for share in shares) > 0.15:
            return _quarter(*shares)
    if role.needs_seat:
        back = back_of_seat(whole, base=thing.pose.z)
        if back is not None:
            return _quarter(-back[0], -back[1])
    return open_side(thing, rooms)


def _quarter(x: float, y: float) -> int:
    return (0 if x > 0 else 2) if abs(x) >= abs(y) else (1 if y > 0 else 3)


def _floor_before(thing: Thing, quarters: int, rooms: Rooms) -> float:
    """The share of the floor before a side that is free, a long side counting a little more."""
    length, width = thing.size[:2] if quarters % 2 == 0 else thing.size[1::-1]
    frame = Pose(thing.pose.x, thing.pose.y, 0.0, thing.pose.heading + 90.0 * quarters)
    floor, free, count = rooms.floor, 0, 0
    room = rooms.at(thing.pose.x, thing.pose.y)
    for ahead in np.arange(0.1, _FREE_BEFORE, 0.1):
        for aside in np.linspace(-0.4, 0.4, 5):
            x, y, _ = frame.world(length / 2 + float(ahead), float(aside) * width)
            column, row = int((x - floor.west) / floor.resolution), int((y - floor.south) / floor.resolution)
            inside = 0 <= column < floor.rooms.shape[0] and 0 <= row < floor.rooms.shape[1]
            number = int(floor.rooms[column, row]) if inside and x >= floor.west and y >= floor.south else -1
            free += number >= 0 and (room is None or rooms.plans[number].name == room)
            count += 1
    return free / count + (0.1 if width >= length else 0.0)


# --- by what one sees that it is on


def _signs(role: Role, seen: HeightMap, extent: tuple[float, float, float]) -> tuple[Part, ...]:
    """What is drawn on a thing while it is on: a picture on a screen, a glow on a stove, water under a faucet."""
    ours, (length, width, tall) = role.model, extent
    if not ours.switchable:
        return ()
    if ours.fills == "water":
        stream = Part("cylinder", (0.008, 0.35 * tall, 0.0), (0.3 * length, 0.0, 0.35 * tall),
                      material=Material((0.72, 0.86, 0.95, 1.0), emission=0.4), shown="on")  # fmt: skip
        return (stream,)
    if role.plan.category in ("tv", "computer"):
        face = front_face(seen, 0.6, tall)
        picture = Part("box", (0.002, 0.42 * width, 0.34 * tall), (face + 0.004, 0.0, 0.56 * tall),
                       material=Material((0.55, 0.75, 0.98, 1.0), emission=0.9), shown="on")  # fmt: skip
        return (picture,)
    if ours.cooks and not ours.containers:
        top = largest_level(seen, 0.3, 1.2)
        if top is not None:
            (x, y), (long, wide) = top.centre, top.size
            glow = Material((0.95, 0.32, 0.12, 1.0), emission=0.9)
            size = (0.17 * min(long, wide), 0.003, 0.0)
            places = [(x + sx * long / 4, y + sy * wide / 4, top.height + 0.004) for sx in (-1, 1) for sy in (-1, 1)]
            return tuple(Part("cylinder", size, place, material=glow, shown="on") for place in places)
    if ours.lights:
        bulb = Part("ellipsoid", (0.05, 0.05, 0.05), (0.0, 0.0, 0.8 * tall),
                    material=Material((1.0, 0.9, 0.65, 1.0), emission=1.0), shown="on")  # fmt: skip
        return (bulb,)
    lamp = Part("box", (0.004, 0.012, 0.012), (length / 2 + 0.004, 0.0, 0.6 * tall),
                material=Material((0.3, 0.95, 0.4, 1.0), emission=0.9), shown="on")  # fmt: skip
    return (lamp,)


# --- everything else that stands there


def _add_others(cast: Cast, rooms: Rooms, things: Sequence[Thing]) -> None:
    """What plays no role is there all the same: it takes up room on tops, and stands before cameras."""
    used = {thing.name for thing in (*cast.things.values(), *cast.removed.values())}
    counts: dict[str, int] = {}
    for thing in things:
        if thing.name in used:
            continue
        word = re.sub(r"\W+", "_", thing.category or thing.template).strip("_").lower() or "thing"
        counts[word] = counts.get(word, 0) + 1
        name = f"their_{word}_{counts[word]}"
        length, width, tall = thing.size
        model = Model(f"their_{word}", (Part("box", (length / 2, width / 2, tall / 2), (0.0, 0.0, tall / 2), shown=HULL),),
                      (length, width), tall, walkable=tall < 0.05 or thing.pose.z > 1.2)  # fmt: skip
        room = rooms.at(thing.pose.x, thing.pose.y) or rooms.plans[-1].name
        cast.entities[name] = Entity(name, f"their_{word}", (), model, thing.pose, room, False)
        cast.things[name] = thing


def _set_supports(cast: Cast) -> None:
    """Which of their things stands on which."""
    tops = [(name, entity, surface) for name, entity in cast.entities.items() for surface in entity.model.surfaces]
    for name, entity in list(cast.entities.items()):
        pose = entity.pose
        for other, base, surface in tops:
            if other != name and abs(pose.z - base.pose.z - surface.height) <= _RESTS:
                x, y, _ = base.pose.local(pose.x, pose.y)
                if abs(x) <= base.model.footprint[0] / 2 and abs(y) <= base.model.footprint[1] / 2:
                    cast.entities[name] = replace(entity, on=other)
                    break
