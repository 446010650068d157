"""The light of each room, in the terms of Habitat's Phong shader.

Habitat gives each object one set of lights: each room gets its own set, so that a lamp lights its room and no other.
Habitat's materials know no ambient light; what a room throws back and forth comes as four lights from the corners of a
tetrahedron, whose sum is nearly the same on every side of a thing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from envs.household.model import Vector

_AMBIENT = 0.61
"""How bright a room in full daylight is from all sides."""
_EVEN = 1.06
"""What the four even lights of strength 1 give on average over all directions."""

_T = 1.0 / math.sqrt(3.0)
_EVENLY: tuple[Vector, ...] = ((_T, _T, -_T), (-_T, -_T, -_T), (_T, -_T, _T), (-_T, _T, _T))
_DIRECTED: tuple[tuple[Vector, float], ...] = (((-0.45, -0.62, -0.9), 0.32), ((0.75, 0.5, -0.45), 0.15))
"""Daylight from two sides gives every solid a light, a middle and a dark side."""

DAYLIGHT: tuple[tuple[Vector, float], ...] = (*((d, _AMBIENT / _EVEN) for d in _EVENLY), *_DIRECTED)
"""Directions (of ours) in which light falls, and strengths: a room in full daylight without lamps."""


def room_lights(
    level: NDArray[np.float64], indoors: float, lamps: Sequence[tuple[Vector, NDArray[np.float64]]]
) -> list[tuple[tuple[float, float, float, float], tuple[float, float, float]]]:
    """The lights of one room.

    Args:
        level: brightness of red, green, blue; 1 for full daylight.
        indoors: further brightness from all sides, for walls and ceilings: they pass on what the room throws back and forth.
        lamps: where lamps are, metres, and their colour times strength.

    Returns:
        For each light its vector in our frame (a direction with w = 0, a place with w = 1) and its colour.
    """
    found = []
    even = level * (_AMBIENT + indoors) / _EVEN
    for direction in _EVENLY:
        found.append(((*direction, 0.0), _colour(even)))
    for direction, strength in _DIRECTED:
        found.append(((*_unit(direction), 0.0), _colour(strength * level)))
    for place, colour in lamps:
        found.append(((*place, 1.0), _colour(colour)))
    return found


def _unit(vector: Vector) -> Vector:
    size = math.sqrt(sum(value * value for value in vector))
    return (vector[0] / size, vector[1] / size, vector[2] / size)


def _colour(values: Any) -> tuple[float, float, float]:
    return (float(values[0]), float(values[1]), float(values[2]))
