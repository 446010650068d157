"""Which rooms a camera can see: its own, and what door openings show of the others.

Drawing in software costs by the vertex, so leaving out the rooms behind closed views is what makes pictures cheap. Seen
from above, a camera looks into a wedge of directions; each opening narrows the wedge.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from envs.household.blueprint import DoorPlan, RoomPlan
from envs.household.house import Household
from envs.simulators.base import Camera
from envs.simulators.shell import wall_of


def view_axes(camera: Camera) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Unit vectors forward, right and up of a camera that keeps the horizon level."""
    forward = np.asarray(camera.target, dtype=np.float64) - np.asarray(camera.position, dtype=np.float64)
    norm = float(np.linalg.norm(forward))
    if norm < 1e-9:
        raise ValueError(f"expected a camera that looks at another point than its own, got {camera.position} twice")
    forward /= norm
    right = np.array([forward[1], -forward[0], 0.0])
    flat = float(np.linalg.norm(right))
    right = right / flat if flat > 1e-6 else np.array([1.0, 0.0, 0.0])
    return forward, right, np.cross(right, forward)


def visible_rooms(household: Household, camera: Camera, aspect: float) -> dict[str, frozenset[str]] | None:
    """The rooms that a camera can see, each with its openings' other rooms that are hidden from it.

    Args:
        household: the house.
        camera: the view. A camera above the walls sees all rooms; one with ``room`` set looks into that room even
            from behind its walls.
        aspect: width / height of the picture.

    Returns:
        Room -> rooms on the far side of openings in its walls that the camera looks through from behind (only the room
        that is looked into has any); None if all rooms can be seen.
    """
    x, y, z = camera.position
    start = camera.room or household.room_at(x, y)
    if z > household.blueprint.wall_height or start is None:
        return None
    forward, right, up = view_axes(camera)
    heading = math.atan2(forward[1], forward[0])
    tall = math.tan(math.radians(camera.fovy) / 2)
    spread = 0.0
    for across in (-1.0, 1.0):
        for along in (-1.0, 1.0):
            ray = forward + across * tall * aspect * right + along * tall * up
            if math.hypot(ray[0], ray[1]) < 0.2 * float(np.linalg.norm(ray)):
                spread = math.pi  # looks almost straight up or down
            spread = max(spread, abs(_wrap(math.atan2(ray[1], ray[0]) - heading)))
    found: dict[str, set[str]] = {}
    _spread_out(household, start, (x, y), heading, (-spread, spread), found, depth=0)
    return {room: frozenset(behind) for room, behind in found.items()}


def _spread_out(
    household: Household,
    room: str,
    eye: tuple[float, float],
    heading: float,
    wedge: tuple[float, float],
    found: dict[str, set[str]],
    depth: int,
) -> None:
    behind = found.setdefault(room, set())
    if depth > 4:
        return
    plan = household.rooms[room]
    for door in household.doors:
        if room not in door.rooms:
            continue
        other = door.rooms[0] if door.rooms[1] == room else door.rooms[1]
        inner = depth_inside(plan, door, eye)
        if inner < -0.3:
            if depth == 0:
                behind.add(other)  # the camera stands behind this wall and looks through its back
            continue
        interval = wedge
        if inner > 0.3:
            low, high = _opening(plan, door, eye, heading)
            interval = (max(wedge[0], low), min(wedge[1], high))
        if interval[0] < interval[1] and other not in found:
            _spread_out(household, other, eye, heading, interval, found, depth + 1)


def depth_inside(room: RoomPlan, door: DoorPlan, eye: tuple[float, float]) -> float:
    """How far a point lies on the room's side of the wall that holds an opening, metres."""
    west, south, east, north = room.bounds
    side = wall_of(room, door.at)
    return {"west": eye[0] - west, "east": east - eye[0], "south": eye[1] - south, "north": north - eye[1]}[side]


def _opening(room: RoomPlan, door: DoorPlan, eye: tuple[float, float], heading: float) -> tuple[float, float]:
    """The directions, relative to ``heading``, in which an opening is seen."""
    half = door.width / 2
    upright = wall_of(room, door.at) in ("west", "east")
    ends = [(door.at[0], door.at[1] + s * half) if upright else (door.at[0] + s * half, door.at[1]) for s in (-1, 1)]
    angles = sorted(_wrap(math.atan2(py - eye[1], px - eye[0]) - heading) for px, py in ends)
    if angles[1] - angles[0] > math.pi:  # the opening lies across the direction straight behind the camera
        return (angles[1], math.pi) if abs(angles[1]) < abs(angles[0]) else (-math.pi, angles[0])
    return angles[0], angles[1]


def _wrap(angle: float) -> float:
    return (angle + math.pi) % (2 * math.pi) - math.pi
