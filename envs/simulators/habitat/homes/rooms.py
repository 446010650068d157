"""Rooms of a user's home: which region is which of ours, and whose floor is whose."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from envs.household.blueprint import RoomPlan
from envs.household.house import FloorPlan
from envs.simulators.habitat.homes.mapping import HomeMapping, MappingError
from envs.simulators.habitat.homes.survey import RESOLUTION, SLIM, Floor, Region, bounds

ELSEWHERE = "elsewhere"
"""What of the floor lies in no region."""
_DOORWAY = 1.5  # floor this near to a room's counts as the room's, metres: regions often stop short of doorways


@dataclass(frozen=True)
class Rooms:
    """The rooms of a home.

    Args:
        plans: ours by our names first, then regions that none of ours is mapped to.
        missing: rooms of ours that the home does not have.
        floor: whose floor is whose.
    """

    plans: tuple[RoomPlan, ...]
    missing: tuple[str, ...]
    floor: FloorPlan

    def at(self, x: float, y: float) -> str | None:
        """The room that holds a point."""
        return next((plan.name for plan in self.plans if plan.holds(x, y)), None)

    def number(self, name: str) -> int:
        """A room's number in the floor plan."""
        return [plan.name for plan in self.plans].index(name)


def matches(patterns: Sequence[str], *names: str | None) -> bool:
    """Whether one of the patterns fits one of the names; case, blanks and underscores do not matter."""
    plain = [_plain(name) for name in names if name]
    return any(fnmatchcase(name, _plain(pattern)) for pattern in patterns for name in plain)


def _plain(text: str) -> str:
    return re.sub(r"[\s_\-/]+", " ", text).strip().lower()


def find_rooms(mapping: HomeMapping, ours: Sequence[str], regions: Sequence[Region], floor: Floor) -> Rooms:
    """Name the rooms of a home.

    Args:
        mapping: says which region, or which part of the floor, each room of ours is; by default the one of its name.
        ours: names of our rooms.
        regions: the scene's.
        floor: where one can stand.

    Raises:
        MappingError: the mapping names a region that is not there.
    """
    plans: list[RoomPlan] = []
    taken: set[str] = set()
    missing: list[str] = []
    for name in ours:
        choice = mapping.rooms.get(name)
        if choice is not None and choice.outline:
            # Habitat's z is our south.
            outline = tuple((x, -z) for x, z in choice.outline)
            plans.append(RoomPlan(name=name, bounds=bounds(outline), outline=outline))
            continue
        patterns = choice.region if choice is not None else (name, f"{name}*")
        fitting = [region for region in regions if matches(patterns, region.name, region.label)]
        if choice is not None and not fitting:
            known = ", ".join(f"{region.name} ({region.label})" for region in regions[:8]) or "none; give an outline"
            raise MappingError(f"rooms.{name}: expected a region of {mapping.scene}, got {patterns[0]!r}; it has {known}")
        free = [region for region in fitting if region.name not in taken]
        if not free:
            missing.append(name)
            continue
        taken.add(free[0].name)
        plans.append(RoomPlan(name=name, bounds=bounds(free[0].outline), outline=free[0].outline))
    names = {plan.name for plan in plans} | set(ours)
    for region in regions:
        if region.name not in taken:
            plain = re.sub(r"\W+", "_", region.label or region.name).strip("_").lower() or "room"
            name, number = plain, 2
            while name in names:
                name, number = f"{plain}_{number}", number + 1
            names.add(name)
            plans.append(RoomPlan(name=name, bounds=bounds(region.outline), outline=region.outline))
    labels = _label(plans, floor)
    if (labels == len(plans)).any():
        west, south = floor.west, floor.south
        columns, rows = floor.walkable.shape
        whole = (west, south, west + columns * RESOLUTION, south + rows * RESOLUTION)
        plans.append(RoomPlan(name=ELSEWHERE, bounds=whole))
    return Rooms(tuple(plans), tuple(missing), FloorPlan(floor.west, floor.south, RESOLUTION, labels))


def _label(plans: Sequence[RoomPlan], floor: Floor) -> NDArray[np.int16]:
    """The room of each cell of the floor, -1 where there is none; what belongs to no room has the number after the last."""
    from scipy import ndimage

    parts, count = ndimage.label(floor.walkable)
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    sizes[0] = 0
    main = parts == int(np.argmax(sizes))
    # The slim walker's middle keeps off the walls; the floor does not.
    ground = ndimage.distance_transform_edt(~main) * RESOLUTION <= SLIM
    columns, rows = ground.shape
    x = floor.west + (np.arange(columns) + 0.5) * RESOLUTION
    y = floor.south + (np.arange(rows) + 0.5) * RESOLUTION
    labels = np.full(ground.shape, -1, dtype=np.int16)
    for number, plan in reversed(list(enumerate(plans))):
        for column in range(columns):
            if plan.bounds[0] <= x[column] <= plan.bounds[2]:
                inside = [plan.holds(float(x[column]), float(value)) for value in y]
                labels[column, inside] = number
    away, (near_x, near_y) = ndimage.distance_transform_edt(labels < 0, return_indices=True)
    nearest = labels[near_x, near_y] if plans else labels
    beyond = np.where((away * RESOLUTION <= _DOORWAY) & (nearest >= 0), nearest, len(plans))
    labels = np.where(labels >= 0, labels, beyond)
    result: NDArray[np.int16] = np.where(ground, labels, -1).astype(np.int16)
    return result
