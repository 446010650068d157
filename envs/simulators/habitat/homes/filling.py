"""Filling in: our furniture where theirs is missing, and our objects on and in all of it.

Furniture goes with its back to a wall, where it leaves room before it and blocks no way; what stands on furniture goes on
the top of whatever plays that part; what hangs goes on a wall that one can get to.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from envs.household.blueprint import Blueprint, ObjectPlan, PlacePlan
from envs.household.house import Entity, FloorPlan, Household, index_names
from envs.household.model import Model, Pose, Surface
from envs.household.navigation import BODY_RADIUS, navigation_grid
from envs.household.state import WorldState
from envs.simulators.habitat.homes.binding import BindFailure, Bound, Cast, open_side
from envs.simulators.habitat.homes.roles import Role
from envs.simulators.habitat.homes.rooms import Rooms
from envs.simulators.habitat.homes.survey import Thing
from envs.skills.placement import spot_in, spot_on

_BEFORE = 0.65
"""Floor that is kept free before furniture, metres."""
_BEHIND = 0.15
"""How far behind its back a wall may be, metres."""
_LOST = 0.03
"""Share of the floor that a piece may cut off beyond what it stands on."""
_STRIDE = 2  # cells between places that are tried
_BEFORE_DESK = {"bedroom_chair": ("desk", 0.12), "kitchen_bench": ("kitchen_table", 0.05)}
"""Seats that belong before a table: which, and how far from its edge, metres."""
_NOWHERE = -50.0  # height of what has not found its place yet

Mask = NDArray[np.bool_]


@dataclass
class _Ground:
    """The floor as it fills up: which cells are free, and which must stay so."""

    plan: FloorPlan
    free: Mask
    kept: Mask

    @classmethod
    def of(cls, plan: FloorPlan) -> _Ground:
        free = plan.rooms >= 0
        return cls(plan, free, np.zeros_like(free))

    def points(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The middles of all cells."""
        columns, rows = self.free.shape
        x = self.plan.west + (np.arange(columns) + 0.5) * self.plan.resolution
        y = self.plan.south + (np.arange(rows) + 0.5) * self.plan.resolution
        columns_x, rows_y = np.meshgrid(x, y, indexing="ij")
        return columns_x, rows_y

    def covered(self, pose: Pose, low: tuple[float, float], high: tuple[float, float]) -> Mask:
        """The cells in a rectangle of a pose's frame."""
        x, y = self.points()
        angle = math.radians(pose.heading)
        along = math.cos(angle) * (x - pose.x) + math.sin(angle) * (y - pose.y)
        across = -math.sin(angle) * (x - pose.x) + math.cos(angle) * (y - pose.y)
        return np.asarray((along >= low[0]) & (along <= high[0]) & (across >= low[1]) & (across <= high[1]))

    def take(self, pose: Pose, model: Model) -> None:
        """Put something down."""
        half = (model.footprint[0] / 2, model.footprint[1] / 2)
        self.free &= ~self.covered(pose, (-half[0], -half[1]), half)
        self.kept |= self.covered(pose, (half[0], -half[1]), (half[0] + _BEFORE, half[1])) & self.free

    def still_one(self, taken: Mask) -> bool:
        """Whether one can still go everywhere on the floor if these cells are taken."""
        before, after = self._reachable(self.free), self._reachable(self.free & ~taken)
        from scipy import ndimage

        away: NDArray[np.float64] = ndimage.distance_transform_edt(~taken)
        near = away * self.plan.resolution <= BODY_RADIUS + 0.08
        lost = np.count_nonzero(before & ~after & ~near)
        return bool(lost <= _LOST * max(1, int(np.count_nonzero(before))))

    def _reachable(self, free: Mask) -> Mask:
        from scipy import ndimage

        room = ndimage.distance_transform_edt(np.pad(free, 1))[1:-1, 1:-1] * self.plan.resolution >= BODY_RADIUS
        parts, count = ndimage.label(room)
        sizes = np.bincount(parts.ravel(), minlength=count + 1)
        sizes[0] = 0
        return np.asarray(parts == int(np.argmax(sizes))) & room


def fill_in(cast: Cast, roles: dict[str, Role], needed: Sequence[str], rooms: Rooms, *, fill: bool) -> None:
    """Let ours play the roles that nobody of theirs plays; ``cast`` is completed."""
    ground = _Ground.of(rooms.floor)
    for name, entity in cast.entities.items():
        if cast.things[name].kind == "articulated" and entity.pose.z < 1.0:  # Habitat's navmesh knows nothing of these
            ground.free &= ~ground.covered(entity.pose, _corner(entity.model, -1), _corner(entity.model, 1))
        if not entity.name.startswith("their_") and entity.on is None:
            ground.take(entity.pose, entity.model)
    waiting = [name for name in needed if name not in cast.roles]
    if not fill:
        return
    # What others stand on or before comes first, then the large pieces: they fit in the fewest places.
    area = {name: math.prod(roles[name].model.footprint) for name in waiting}
    waiting.sort(key=lambda name: (roles[name].plan.on is not None, name in _BEFORE_DESK, roles[name].hangs, -area[name]))
    for name in waiting:
        role, before = roles[name], cast.bound[name]
        refused: tuple[BindFailure, str] | None = None
        played: Entity | None
        if role.plan.on is not None:
            played, refused = _on_top(cast, role)
        elif role.hangs:
            played = _on_wall(role, rooms, ground)
        else:
            played = _on_floor(cast, role, rooms, ground)
        why = before.sentence
        if played is None:
            reason, words = refused or (BindFailure.NO_SPACE, "ours finds no room either")
            cast.bound[name] = Bound(name, "none", before.thing, reason, f"{why}, and {words}")
            continue
        cast.entities[name], cast.roles[name] = played, name
        cast.bound[name] = Bound(name, "ours", before.thing, before.reason, why)


def _corner(model: Model, sign: int) -> tuple[float, float]:
    return (sign * model.footprint[0] / 2, sign * model.footprint[1] / 2)


def _entity(role: Role, pose: Pose, room: str, on: str | None = None) -> Entity:
    plan = role.plan
    return Entity(plan.name, plan.category, plan.aliases, role.model, pose, room, False, plan.switched_on, on)


# --- furniture


def _on_floor(cast: Cast, role: Role, rooms: Rooms, ground: _Ground) -> Entity | None:
    from scipy import ndimage

    replaced = cast.removed.get(role.name)
    candidates = _in_place_of(replaced, rooms) if replaced is not None else iter(())
    for pose in (*candidates, *_before_table(cast, role), *_along_walls(role, rooms, ground)):
        half = _corner(role.model, 1)
        taken = ground.covered(pose, (-half[0], -half[1]), half)
        if not taken.any() or not ground.still_one(taken):
            continue
        room = rooms.at(pose.x, pose.y)
        if room is None:
            continue
        close = ndimage.binary_dilation(taken, iterations=2)
        if replaced is None and (ground.kept & close).sum() > 0.5 * close.sum():
            continue
        ground.take(pose, role.model)
        return _entity(role, pose, room)
    return None


def _in_place_of(thing: Thing, rooms: Rooms) -> Iterator[Pose]:
    """Where theirs stood, its front to the side with most floor."""
    yield Pose(thing.pose.x, thing.pose.y, 0.0, (thing.pose.heading + 90.0 * open_side(thing, rooms)) % 360.0)


def _before_table(cast: Cast, role: Role) -> Iterator[Pose]:
    """Before the table that a seat belongs to, turned to it, on any side with floor."""
    table, gap = _BEFORE_DESK.get(role.name, (None, 0.0))
    if table is None or table not in cast.roles:
        return
    entity = cast.entities[cast.roles[table]]
    length, width = entity.model.footprint
    away = role.model.footprint[0] / 2 + gap
    for quarter, half in ((0, length / 2), (2, length / 2), (1, width / 2), (3, width / 2)):
        frame = entity.pose._replace(heading=(entity.pose.heading + 90.0 * quarter) % 360.0)
        x, y, _ = frame.world(half + away, 0.0)
        yield Pose(x, y, 0.0, (frame.heading + 180.0) % 360.0)


def _rooms_for(role: Role, rooms: Rooms) -> list[str]:
    if role.plan.room in rooms.missing:
        return [plan.name for plan in rooms.plans]
    return [role.plan.room]


def _along_walls(role: Role, rooms: Rooms, ground: _Ground) -> Iterator[Pose]:
    """Places in the role's room, best first: the back to a wall, floor before it, far from what must stay free."""
    length, width = role.model.footprint
    resolution = ground.plan.resolution
    found: list[tuple[float, Pose]] = []
    for room in _rooms_for(role, rooms):
        inside = (ground.plan.rooms == rooms.number(room)) & ground.free
        solid = ground.plan.rooms < 0
        for heading in (0.0, 90.0, 180.0, 270.0):
            along, across = _cells(length, resolution), _cells(width, resolution)
            before = _cells(_BEFORE, resolution)
            body = _block(inside, 0, along, across, heading)
            front = _block(inside, along, before, across, heading)
            back = _share(solid, -2, 3, across, heading)
            places = np.argwhere(body & front)
            for column, row in places[::_STRIDE]:
                kept = float(ground.kept[column, row])
                score = 2.0 * float(back[column, row]) - 0.6 * kept
                x, y = _middle(ground.plan, int(column), int(row), along, across, heading)
                pose = Pose(x, y, 0.0, heading)
                found.append((score, pose))
    found.sort(key=lambda item: (-round(item[0], 3), item[1].x, item[1].y, item[1].heading))
    seen: list[Pose] = []
    for _, pose in found:
        # A few cells aside makes no difference to whether ways stay open.
        if all(math.dist(pose[:2], other[:2]) > 0.25 or pose.heading != other.heading for other in seen):
            seen.append(pose)
            yield pose
        if len(seen) >= 60:
            return


def _cells(metres: float, resolution: float) -> int:
    return max(1, math.ceil(metres / resolution - 1e-6))


def _span(start: int, count: int, across: int, heading: float) -> tuple[range, range]:
    """Cells from ``start`` on along a heading, and to either side of it, as columns and rows from the middle of the back."""
    ahead = range(start, start + count)
    aside = range(-(across // 2), across - across // 2)
    back = range(-(start + count - 1), -start + 1)
    return {0.0: (ahead, aside), 180.0: (back, aside), 90.0: (aside, ahead), 270.0: (aside, back)}[heading]


def _block(mask: Mask, start: int, count: int, across: int, heading: float) -> Mask:
    """For each cell as the middle of a back: whether all cells of a rectangle before it are in the mask."""
    return _share(mask, start, count, across, heading) > 1.0 - 1e-6


def _share(mask: Mask, start: int, count: int, across: int, heading: float) -> NDArray[np.float64]:
    columns, rows = _span(start, count, across, heading)
    total = np.zeros((mask.shape[0] + 1, mask.shape[1] + 1))
    total[1:, 1:] = mask.cumsum(axis=0).cumsum(axis=1)
    i, j = np.arange(mask.shape[0])[:, None], np.arange(mask.shape[1])[None, :]
    a, b = np.clip(i + columns[0], 0, mask.shape[0]), np.clip(i + columns[-1] + 1, 0, mask.shape[0])
    c, d = np.clip(j + rows[0], 0, mask.shape[1]), np.clip(j + rows[-1] + 1, 0, mask.shape[1])
    inside = total[b, d] - total[a, d] - total[b, c] + total[a, c]
    return np.asarray(inside / (len(columns) * len(rows)))


def _middle(plan: FloorPlan, column: int, row: int, along: int, across: int, heading: float) -> tuple[float, float]:
    columns, rows = _span(0, along, across, heading)
    x = plan.west + (column + (columns[0] + columns[-1] + 1) / 2) * plan.resolution
    y = plan.south + (row + (rows[0] + rows[-1] + 1) / 2) * plan.resolution
    return round(x, 4), round(y, 4)


def _on_wall(role: Role, rooms: Rooms, ground: _Ground) -> Entity | None:
    """Against a wall that one can stand before; what belongs high need not be reached."""
    width = role.model.footprint[1]
    for room in _rooms_for(role, rooms):
        plan = next(plan for plan in rooms.plans if plan.name == room)
        west, south, east, north = plan.bounds
        outline = plan.outline or ((west, south), (east, south), (east, north), (west, north))
        best: tuple[float, Pose] | None = None
        for (ax, ay), (bx, by) in zip(outline, (*outline[1:], outline[0]), strict=True):
            side = math.dist((ax, ay), (bx, by))
            if side < width + 0.2:
                continue
            inward = math.degrees(math.atan2(by - ay, bx - ax)) + 90.0
            middle = Pose((ax + bx) / 2, (ay + by) / 2, 0.0, inward)
            if not plan.holds(*middle.world(0.3, 0.0)[:2]):
                middle = middle._replace(heading=inward + 180.0)
            for share in np.linspace(0.5 * width + 0.1, side - 0.5 * width - 0.1, 9):
                x, y = ax + (bx - ax) * share / side, ay + (by - ay) * share / side
                wall = _wall_at(ground, Pose(x, y, 0.0, middle.heading % 360.0), width)
                if wall is None:
                    continue
                pose, free = wall
                if best is None or free > best[0] + 1e-6:
                    best = (free, pose)
        if best is not None and best[0] > 0.6:
            half = _corner(role.model, 1)
            before = ground.covered(best[1], (0.0, -half[1]), (half[0] + 0.5, half[1]))
            ground.kept |= before & ground.free
            return _entity(role, best[1]._replace(z=role.plan.height), room)
    return None


def _wall_at(ground: _Ground, edge: Pose, width: float) -> tuple[Pose, float] | None:
    """The face of the wall at a region's edge, and how much of the floor before it is free and not yet claimed."""
    for offset in np.arange(-0.3, 0.46, 0.05):  # regions end in the middle of walls, or short of them
        x, y, _ = edge.world(float(offset), 0.0)
        strip = ground.covered(Pose(x, y, 0.0, edge.heading), (0.0, -width / 2), (0.1, width / 2))
        if strip.any() and (ground.plan.rooms[strip] >= 0).all():
            behind = ground.covered(Pose(x, y, 0.0, edge.heading), (-0.12, -width / 2), (-0.02, width / 2))
            if behind.any() and (ground.plan.rooms[behind] >= 0).mean() > 0.3:
                return None  # a doorway
            before = ground.covered(Pose(x, y, 0.0, edge.heading), (0.02, -width / 2), (0.6, width / 2))
            free = (ground.free & ~ground.kept)[before].mean() + 0.3 * ground.free[before].mean()
            return Pose(round(x, 4), round(y, 4), 0.0, edge.heading), float(free)
    return None


def _on_top(cast: Cast, role: Role) -> tuple[Entity | None, tuple[BindFailure, str] | None]:
    """On the top of what plays its support, as near as possible to where ours has it, beside what is there already."""
    support = role.plan.on or ""
    if support not in cast.roles:
        return None, (BindFailure.NO_SUPPORT, f"there is no {support.replace('_', ' ')} to put ours on")
    base = cast.entities[cast.roles[support]]
    taken = [_box_on(base, other) for other in cast.entities.values() if other.on == base.name]
    length, width = role.model.footprint
    for surface in base.model.surfaces:
        wanted = _wished(role, surface)
        for x, y in _spots(surface, length, width, wanted):
            box = (x - length / 2, x + length / 2, y - width / 2, y + width / 2)
            if not any(box[0] < other[1] and other[0] < box[1] and box[2] < other[3] and other[2] < box[3] for other in taken):
                pose = base.pose.compose(Pose(x, y, surface.height, 0.0))
                return _entity(role, pose, base.room, base.name), None
    return None, (BindFailure.NO_SPACE, f"there is no room for ours on {base.name.replace('_', ' ')}")


def _wished(role: Role, surface: Surface) -> tuple[float, float]:
    """Ours stands at the back of counters, and away from their middle where its layout says so."""
    x, y = role.plan.at
    back = surface.centre[0] - surface.size[0] / 2
    if role.model.fills:  # a faucet
        return back + role.model.footprint[0] / 2 + 0.02, surface.centre[1]
    return surface.centre[0] + x, surface.centre[1] + math.copysign(min(abs(y) * 1.2, surface.size[1] / 2), y)


def _spots(surface: Surface, length: float, width: float, wanted: tuple[float, float]) -> list[tuple[float, float]]:
    (cx, cy), (sx, sy) = surface.centre, surface.size
    # A little may stand over the edge: feet are smaller than footprints.
    play = (max(0.0, (sx - length) / 2), max(0.0, (sy - width) / 2))
    if length > sx + 0.12 or width > sy + 0.12:
        return []
    xs = np.linspace(cx - play[0], cx + play[0], 1 + int(2 * play[0] / 0.04))
    ys = np.linspace(cy - play[1], cy + play[1], 1 + int(2 * play[1] / 0.04))
    spots = [(float(x), float(y)) for x in xs for y in ys]
    return sorted(spots, key=lambda spot: (round(math.dist(spot, wanted), 4), spot))


def _box_on(base: Entity, other: Entity) -> tuple[float, float, float, float]:
    x, y, _ = base.pose.local(other.pose.x, other.pose.y)
    angle = math.radians(other.pose.heading - base.pose.heading)
    cos, sin = abs(math.cos(angle)), abs(math.sin(angle))
    length, width = other.model.footprint
    half_x, half_y = (cos * length + sin * width) / 2, (sin * length + cos * width) / 2
    return (x - half_x, x + half_x, y - half_y, y + half_y)


# --- objects and bodies


def furnish(household: Household, base: Blueprint, roles: dict[str, str], rng: random.Random) -> tuple[Household, list[str]]:
    """Put our objects on the furniture, in places that the robot reaches.

    Args:
        household: furniture, and where bodies start.
        base: the layout of ours whose objects these are.
        roles: role -> entity that plays it.
        rng: chooses among places.

    Returns:
        The household with its objects, and the names of those that found no place.
    """
    from envs.household.models import build_model
    from envs.simulators.symbolic import SymbolicSimulator

    entities = dict(household.entities)
    for item in base.objects:
        model = build_model(item.model, **item.options)
        nowhere, room = Pose(0.0, 0.0, _NOWHERE), household.blueprint.rooms[0].name
        entities[item.name] = Entity(item.name, item.category, item.aliases, model, nowhere, room, True)
    simulator, lost = SymbolicSimulator(), []
    # Large things find room while there is some.
    order = sorted(base.objects, key=lambda item: -max(entities[item.name].model.footprint))
    for item in order:
        current = replace(household, entities=entities, _by_name=index_names(entities))
        simulator.reset(current)
        world = WorldState(simulator, current)
        found = _place(world, simulator, item, roles, rng)
        if found is None:
            lost.append(item.name)
        else:
            entities = {**entities, item.name: found}
    entities = {name: entity for name, entity in entities.items() if name not in lost}
    return replace(household, entities=entities, _by_name=index_names(entities)), lost


def _place(world: WorldState, simulator: object, item: ObjectPlan, roles: dict[str, str], rng: random.Random) -> Entity | None:
    own = [place for place in item.places if (place.on or place.inside) in roles]
    rng.shuffle(own)
    others = [PlacePlan(on=role) for role, name in sorted(roles.items())
              if world.entities[name].model.surfaces and not world.entities[name].model.cooks]  # fmt: skip
    rng.shuffle(others)
    for place in (*own, *others):
        name = roles[place.on or place.inside or ""]
        entity = world.entities[name]
        stand = world.standing_point(name, "robot", yielding=False)
        if stand is None:
            continue
        if place.inside is not None:
            for joint in entity.model.joints:
                simulator.set_joint(name, joint.name, 1.0)  # type: ignore[attr-defined]
            spot = spot_in(world, item.name, name, stand.point)
        else:
            spot = spot_on(world, item.name, name, stand.point)
        for joint in entity.model.joints:
            simulator.set_joint(name, joint.name, 0.0)  # type: ignore[attr-defined]
        if spot is not None:
            inside = name if place.inside is not None else None
            return replace(
                world.entities[item.name], pose=spot.pose, room=entity.room, on=None if inside else name, inside=inside
            )
    return None


def starts_in(household: Household, rng: random.Random) -> dict[str, Pose]:
    """Where the bodies begin: apart from each other, on floor with room around, facing the middle of their room."""
    grid = navigation_grid(household)
    roomy = np.argwhere(grid.free & (grid.clearance > 0.4))
    if len(roomy) < 2:
        roomy = np.argwhere(grid.free)
    places = [grid.point(int(column), int(row)) for column, row in roomy]
    found: dict[str, Pose] = {}
    for body in ("resident", "robot"):
        others = [pose[:2] for pose in found.values()]
        fitting = [place for place in places if all(math.dist(place, other) > 1.2 for other in others)] or places
        x, y = fitting[rng.randrange(len(fitting))]
        found[body] = Pose(x, y, 0.0, float(rng.randrange(0, 360, 15)))
    return {body: found[body] for body in ("robot", "resident")}
