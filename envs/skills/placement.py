"""Placement: where on a surface, or in a container, there is room for one more thing.

Spots are tried in a fixed order from the side where the body stands, so that the same house and the same acts always
give the same arrangement. A thing stands square to what carries it, with all of its footprint on the top if it fits.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

from envs.household.model import Container, Pose, Surface
from envs.household.navigation import Point
from envs.household.state import HAND_REACH, OPEN_ABOVE, WorldState

SPACING = 0.05
"""Distance between the spots that are tried, metres."""
GAP = 0.01
"""Air between neighbours, metres."""
HIGHEST = 1.5
"""Nobody puts things on tops higher than this, metres."""
OVERHANG = 0.4
"""Share of its half length by which a thing too large for a top may stick out over the edge."""
DEPTH = 0.2
"""How much further a hand reaches into an open container than over a top (the arm leans in), metres."""


class Spot(NamedTuple):
    """A free place: the pose in the world, and the surface or container it belongs to."""

    pose: Pose
    part: str


LARGE = 0.3
"""Things at least this long are large: on a small table two of them only fit side by side, metres."""
FLAT = 0.012
"""Things no thicker than this (a sheet of paper, a phone laid flat is more) may be stood upon if nothing else is free."""

Box = tuple[float, float, float, float]
"""A footprint in the frame of what carries it: least x, greatest x, least y, greatest y."""
Neighbour = tuple[Box, float]
"""What stands on a top: its footprint, and how thick it is, metres."""


def spot_on(world: WorldState, thing: str, target: str, here: Point) -> Spot | None:
    """A free spot for ``thing`` on a top of ``target`` that a body at ``here`` reaches, or None."""
    base = world.sim.pose(target)
    local = base.local(here[0], here[1])
    model = world.entities[thing].model
    for surface in world.entities[target].model.surfaces:
        if base.z + surface.height <= HIGHEST:
            neighbours = _neighbours(world, thing, target, base, surface)
            spots = _surface_spots(surface, model.footprint, round(local[0], 3), round(local[1], 3))
            taken = [box for box, _ in neighbours]
            for x, y, turn in spots:
                if _fits(x, y, turn, model.footprint, taken):
                    return Spot(base.compose(Pose(x, y, surface.height, turn)), surface.name)
            flat = max((thickness for _, thickness in neighbours if thickness <= FLAT), default=0.0)
            if flat:
                taken = [box for box, thickness in neighbours if thickness > FLAT]
                for x, y, turn in spots:
                    if _fits(x, y, turn, model.footprint, taken):
                        return Spot(base.compose(Pose(x, y, surface.height + flat, turn)), surface.name)
    return None


def spot_in(world: WorldState, thing: str, target: str, here: Point) -> Spot | None:
    """A free spot for ``thing`` in an open container of ``target`` that a body at ``here`` reaches, or None."""
    entity = world.entities[target]
    base = world.sim.pose(target)
    local = base.local(here[0], here[1])
    model = world.entities[thing].model
    for container in entity.model.containers:
        if container.joint is not None and world.sim.joint(target, container.joint) < OPEN_ABOVE:
            continue
        cx, cy, floor = world.container_position(target, container)
        if model.height > container.size[2] + 0.02:
            continue
        inside = _contents(world, thing, target, container, base)
        taken = [box for box, _ in inside]
        for x, y, turn in _container_spots(container, (cx, cy), model.footprint, round(local[0], 3), round(local[1], 3)):
            if _fits(x, y, turn, model.footprint, taken):
                return Spot(base.compose(Pose(x, y, floor, turn)), container.name)
            if entity.portable:
                # In a box or folder things lie on top of each other.
                box = _box(x, y, turn, model.footprint)
                top = max((height for other, height in inside if _overlap(box, other)), default=floor)
                if top + model.height <= floor + container.size[2] + 1e-9:
                    return Spot(base.compose(Pose(x, y, top, turn)), container.name)
    return None


def _neighbours(world: WorldState, thing: str, target: str, base: Pose, surface: Surface) -> list[Neighbour]:
    """What already stands on a top, or reaches down to it, in the frame of ``target``."""
    taken = [(box, 1.0) for box in _fixtures(world, target)]
    height = base.z + surface.height
    radius = max(surface.size) + 0.6
    pose_of, holder = world.sim.pose, world.sim.holder
    for name in world.portables:
        if name == thing or name == target:
            continue
        pose = pose_of(name)
        if -0.02 <= pose.z - height <= 0.3 and abs(pose.x - base.x) < radius and abs(pose.y - base.y) < radius:
            if holder(name) is None:
                x, y, _ = base.local(pose.x, pose.y)
                model = world.entities[name].model
                taken.append((_box(x, y, pose.heading - base.heading, model.footprint), model.height))
    return taken


_FIXTURES: dict[tuple[int, str], tuple[object, tuple[Box, ...]]] = {}


def _fixtures(world: WorldState, target: str) -> tuple[Box, ...]:
    """Furniture that stands on furniture (a lamp on a table) never moves: computed once per blueprint."""
    blueprint = world.household.blueprint
    key = (id(blueprint), target)
    known = _FIXTURES.get(key)
    if known is not None and known[0] is blueprint:
        return known[1]
    base = world.entities[target].pose
    boxes = []
    for entity in world.entities.values():
        if entity.on == target and not entity.portable:
            x, y, _ = base.local(entity.pose.x, entity.pose.y)
            boxes.append(_box(x, y, entity.pose.heading - base.heading, entity.model.footprint))
    if len(_FIXTURES) > 4096:
        _FIXTURES.clear()
    _FIXTURES[key] = (blueprint, tuple(boxes))
    return tuple(boxes)


def _contents(world: WorldState, thing: str, target: str, container: Container, base: Pose) -> list[tuple[Box, float]]:
    """What lies in a container: footprints in its thing's frame, and the heights of their tops in it."""
    found = []
    for name in world.portables:
        if name != thing and name != target and world.sim.holder(name) is None:
            pose = world.sim.pose(name)
            if abs(pose.x - base.x) < 1.5 and abs(pose.y - base.y) < 1.5 and world.in_container(target, container, pose, base):
                x, y, z = base.local(pose.x, pose.y, pose.z)
                model = world.entities[name].model
                found.append((_box(x, y, pose.heading - base.heading, model.footprint), z + model.height))
    return found


def _box(x: float, y: float, turn: float, footprint: tuple[float, float]) -> Box:
    angle = math.radians(turn)
    cos, sin = abs(math.cos(angle)), abs(math.sin(angle))
    half_x = (cos * footprint[0] + sin * footprint[1]) / 2
    half_y = (sin * footprint[0] + cos * footprint[1]) / 2
    return (x - half_x, x + half_x, y - half_y, y + half_y)


def _overlap(box: Box, other: Box) -> bool:
    return box[0] < other[1] and other[0] < box[1] and box[2] < other[3] and other[2] < box[3]


def _fits(x: float, y: float, turn: float, footprint: tuple[float, float], taken: list[Box]) -> bool:
    long, wide = footprint if turn == 0.0 else (footprint[1], footprint[0])
    x0, x1, y0, y1 = x - long / 2 - GAP, x + long / 2 + GAP, y - wide / 2 - GAP, y + wide / 2 + GAP
    for other in taken:
        if x0 < other[1] and other[0] < x1 and y0 < other[3] and other[2] < y1:
            return False
    return True


@lru_cache(maxsize=4096)
def _surface_spots(
    surface: Surface, footprint: tuple[float, float], x: float, y: float
) -> tuple[tuple[float, float, float], ...]:
    """Spots on a top, best first: whole on it, then turned a quarter, then over the edge; nearest to the body first."""
    spots: list[tuple[float, float, float]] = []
    for share in (1.0, 1.0 - OVERHANG):
        for turn in (0.0, 90.0):
            spots += _spots(surface.centre, surface.size, footprint, share, turn, (x, y), HAND_REACH)
        if spots:
            break
    return tuple(spots)


@lru_cache(maxsize=4096)
def _container_spots(
    container: Container, centre: tuple[float, float], footprint: tuple[float, float], x: float, y: float
) -> tuple[tuple[float, float, float], ...]:
    size = (container.size[0] + 0.02, container.size[1] + 0.02)
    spots: list[tuple[float, float, float]] = []
    for turn in (0.0, 90.0):
        spots += _spots(centre, size, footprint, 1.0, turn, (x, y), HAND_REACH + DEPTH)
    return tuple(spots)


def _spots(
    centre: tuple[float, float],
    size: tuple[float, float],
    footprint: tuple[float, float],
    share: float,
    turn: float,
    body: tuple[float, float],
    reach: float,
) -> list[tuple[float, float, float]]:
    long, wide = footprint if turn == 0.0 else (footprint[1], footprint[0])
    play = (size[0] / 2 - long / 2 * share, size[1] / 2 - wide / 2 * share)
    if play[0] < 0.0 or play[1] < 0.0:
        return []
    away = math.hypot(centre[0] - body[0], centre[1] - body[1]) or 1.0
    toward = ((centre[0] - body[0]) / away, (centre[1] - body[1]) / away)
    large = max(footprint) >= LARGE
    rows, columns = int(2 * play[0] / SPACING + 1e-9), int(2 * play[1] / SPACING + 1e-9)
    found = []
    for row in range(rows + 1):
        for column in range(columns + 1):
            x = centre[0] + (-play[0] + 2 * play[0] * row / rows if rows else 0.0)
            y = centre[1] + (-play[1] + 2 * play[1] * column / columns if columns else 0.0)
            distance = math.hypot(x - body[0], y - body[1])
            if distance <= reach:
                # Large things go to the side, or a pillow in the middle leaves no room for a box on either hand.
                aside = abs((x - body[0]) * toward[1] - (y - body[1]) * toward[0]) if large else 0.0
                # A finger's breadth in from the edge looks placed, not dropped.
                rim = max(0.0, 0.03 - min(play[0] - abs(x - centre[0]), play[1] - abs(y - centre[1])))
                found.append((round(distance + 3.0 * rim - 2.0 * aside, 6), x, y))
    return [(x, y, turn) for _, x, y in sorted(found)]
