"""Tops, seats and insides of things, from heights seen from above; all in a model's frame, whose x axis is its front."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from envs.household.model import Container, Seat, Surface
from envs.simulators.habitat.homes.survey import HeightMap

LEVEL = 0.03
"""Heights that differ by no more belong to one top, metres."""
LEAST_TOP = 0.18
"""Shortest side of a top that things are put on, metres."""
LEAST_SEAT = 0.3
SEAT_HEIGHTS = (0.28, 0.75)
"""How high people sit, metres."""
TOP_HEIGHTS = (0.2, 1.5)
_SEAT_WIDTH = 0.62
_WIDE_SEAT = 1.15  # deeper seats are beds: one sits on their edges
_FROM_EDGE = 0.26  # how far in from the edge of a bed one sits, metres
_CLEAR = 0.18  # least height of an inside, metres
_STEP = 0.05


@dataclass(frozen=True)
class Rectangle:
    """A level rectangle: centre and size in the model's frame, and its height, metres."""

    centre: tuple[float, float]
    size: tuple[float, float]
    height: float

    @property
    def area(self) -> float:
        """Square metres."""
        return self.size[0] * self.size[1]


def turned(heights: HeightMap, quarters: int) -> HeightMap:
    """The same heights in a frame that is turned by so many quarters counter-clockwise."""
    grid, west, south = heights.height, heights.west, heights.south
    for _ in range(quarters % 4):
        grid = grid.T[:, ::-1]
        west, south = south, -(west + heights.height.shape[0] * heights.resolution)
        heights = HeightMap(west, south, heights.resolution, grid)
    return HeightMap(west, south, heights.resolution, grid)


def largest_level(heights: HeightMap, low: float, high: float) -> Rectangle | None:
    """The largest level rectangle between two heights; None if there is none."""
    grid = heights.height
    inside = grid[np.isfinite(grid) & (grid >= low) & (grid <= high)]
    best: Rectangle | None = None
    for level in np.unique(np.round(inside / LEVEL)) * LEVEL:
        near = np.abs(grid - level) <= LEVEL
        if np.count_nonzero(near) * heights.resolution**2 <= (best.area if best else 0.0):
            continue
        exact = float(np.median(grid[near]))
        found = _largest_rectangle(np.abs(grid - exact) <= LEVEL)
        if found is None:
            continue
        first, last, left, right = found
        size = ((last - first) * heights.resolution, (right - left) * heights.resolution)
        if best is None or size[0] * size[1] > best.area + 1e-9:
            centre = (
                heights.west + (first + last) / 2 * heights.resolution,
                heights.south + (left + right) / 2 * heights.resolution,
            )
            best = Rectangle(centre, size, round(exact, 4))
    return best


def _largest_rectangle(mask: NDArray[np.bool_]) -> tuple[int, int, int, int] | None:
    """First row, row after the last, first column, column after the last of the largest rectangle of true cells."""
    best, found = 0, None
    columns = mask.shape[1]
    tall = np.zeros(columns, dtype=int)
    for row in range(mask.shape[0]):
        tall = np.where(mask[row], tall + 1, 0)
        stack: list[int] = []
        for column in range(columns + 1):
            height = int(tall[column]) if column < columns else 0
            while stack and int(tall[stack[-1]]) >= height:
                top = int(tall[stack.pop()])
                left = stack[-1] + 1 if stack else 0
                if top * (column - left) > best:
                    best, found = top * (column - left), (row - top + 1, row + 1, left, column)
            stack.append(column)
    return found


def top_of(heights: HeightMap, *, base: float = 0.0, highest: float | None = None) -> Surface | None:
    """The top that things are put on; a finger's breadth is kept from its edges.

    Args:
        heights: over the thing's bottom.
        base: how high that lies over the floor, metres.
        highest: how high the top may be over the bottom, metres.
    """
    found = largest_level(heights, TOP_HEIGHTS[0] - base, TOP_HEIGHTS[1] - base if highest is None else highest)
    if found is None or min(found.size) < LEAST_TOP:
        return None
    size = (max(LEAST_TOP / 2, found.size[0] - 0.04), max(LEAST_TOP / 2, found.size[1] - 0.04))
    return Surface("top", found.centre, size, found.height)


def seats_of(heights: HeightMap, *, base: float = 0.0) -> tuple[Seat, ...]:
    """Where one sits: side by side facing the front, or on the edges of something as deep as a bed."""
    found = largest_level(heights, SEAT_HEIGHTS[0] - base, SEAT_HEIGHTS[1] - base)
    if found is None or min(found.size) < LEAST_SEAT:
        return ()
    (x, y), (length, width), z = found.centre, found.size, found.height
    if min(length, width) >= _WIDE_SEAT:
        edge = _FROM_EDGE
        return (
            Seat("front", (x + length / 2 - edge, y, z), 0.0),
            Seat("left", (x + 0.1 * length, y + width / 2 - edge, z), 90.0),
            Seat("right", (x + 0.1 * length, y - width / 2 + edge, z), -90.0),
            Seat("back", (x - length / 2 + edge, y, z), 180.0),
        )
    count = max(1, int(width / _SEAT_WIDTH + 1e-6))
    ahead = x + max(0.0, length / 2 - 0.35)  # nobody sits with the knees on the cushion
    step = width / count
    return tuple(Seat(f"seat_{number + 1}", (ahead, y - width / 2 + (number + 0.5) * step, z), 0.0) for number in range(count))


def back_of_seat(heights: HeightMap, *, base: float = 0.0) -> tuple[float, float] | None:
    """Which way the back of a seat lies from its middle, as shares of its half size; None if it has no back."""
    seat = largest_level(heights, SEAT_HEIGHTS[0] - base, SEAT_HEIGHTS[1] - base)
    if seat is None:
        return None
    high = np.argwhere(np.nan_to_num(heights.height, nan=-1.0) > seat.height + 0.15)
    if len(high) == 0:
        return None
    columns, rows = heights.height.shape
    x, y = (high.mean(axis=0) + 0.5) / (columns, rows) * 2.0 - 1.0
    return (float(x), float(y)) if math.hypot(x, y) > 0.1 else None


def insides_of(cut: Callable[[float | None], HeightMap], tall: float, joint: str | None) -> tuple[Container, ...]:
    """What of a thing has a floor within and room above it: shelves, the inside of a fridge.

    Args:
        cut: heights in the model's frame with everything cut off above a height over its base; None for nothing.
        tall: height of the thing, metres.
        joint: the door that must be open to reach in.
    """
    open_top = largest_level(cut(None), 0.02, tall + 0.05)
    levels: list[tuple[Rectangle, float]] = []  # with the height from which each is seen
    for height in _cuts(tall):
        found = largest_level(cut(height), 0.03, height)
        if (
            found is None
            or min(found.size) < LEAST_TOP
            or (open_top is not None and abs(found.height - open_top.height) < LEVEL)
        ):
            continue
        if not any(abs(found.height - known.height) < 2 * LEVEL for known, _ in levels):
            levels.append((found, height))
    # What is at the height of the hands is used first.
    levels = [(level, seen) for level, seen in levels if seen - level.height >= _CLEAR and level.height <= TOP_HEIGHTS[1]]
    levels.sort(key=lambda item: abs(item[0].height - 0.95))
    return tuple(
        Container(f"shelf_{number}", (*level.centre, level.height + 0.003), (*_inset(level.size), seen - level.height), joint)
        for number, (level, seen) in enumerate(levels[:4], 1)
    )


def _cuts(tall: float) -> Iterator[float]:
    height = tall - _STEP
    while height > _CLEAR:
        yield height
        height -= _STEP


def _inset(size: tuple[float, float]) -> tuple[float, float]:
    return (size[0] - 0.03, size[1] - 0.03)


def front_face(heights: HeightMap, share: float, tall: float) -> float:
    """How far the upper part of a thing reaches to the front, metres: where the picture of a screen is."""
    columns = np.flatnonzero(np.any(np.nan_to_num(heights.height, nan=-1.0) > share * tall, axis=1))
    if len(columns) == 0:
        return heights.west + heights.height.shape[0] * heights.resolution
    return float(heights.west + (columns[-1] + 1) * heights.resolution)
