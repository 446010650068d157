"""From our frame (x east, y north, z up) to that of glTF and Habitat (x right, y up, z to the viewer), and back.

North becomes -z: both frames are right-handed, so triangles keep their winding and a heading stays a turn about up.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from envs.household.model import Pose

Array = NDArray[np.float64]

TO_HABITAT: Array = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""Turns a point of ours into one of Habitat's."""


def to_habitat(point: Sequence[float]) -> tuple[float, float, float]:
    """A point or direction of ours in Habitat's frame."""
    return (float(point[0]), float(point[2]), -float(point[1]))


def from_habitat(point: Sequence[float]) -> tuple[float, float, float]:
    """A point or direction of Habitat's in our frame."""
    return (float(point[0]), -float(point[2]), float(point[1]))


def turn_to_habitat(turn: Sequence[float]) -> tuple[float, float, float, float]:
    """A quaternion (w, x, y, z) of ours in Habitat's frame."""
    return (float(turn[0]), float(turn[1]), float(turn[3]), -float(turn[2]))


def heading_turn(heading: float) -> tuple[float, float, float, float]:
    """The quaternion (w, x, y, z), in Habitat's frame, of a heading in degrees."""
    half = math.radians(heading) / 2
    return (math.cos(half), 0.0, math.sin(half), 0.0)


def pose_from(translation: Sequence[float], w: float, y: float) -> Pose:
    """The pose of what stands upright at ``translation``, turned by the quaternion (w, 0, y, 0)."""
    return Pose(*from_habitat(translation), math.degrees(2.0 * math.atan2(y, w)) % 360.0)
