"""Vectors and rotations in plain tuples: at the size of a figure they are many times faster than arrays.

Vectors are ``(x, y, z)``, quaternions ``(w, x, y, z)`` of unit length. A figure's own frame has x to the front,
y to its left and z up; a positive pitch leans or nods to the front.
"""

from __future__ import annotations

import math

Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]

IDENTITY: Quaternion = (1.0, 0.0, 0.0, 0.0)


def add(a: Vector, b: Vector, scale: float = 1.0) -> Vector:
    """``a + scale * b``."""
    return (a[0] + scale * b[0], a[1] + scale * b[1], a[2] + scale * b[2])


def subtract(a: Vector, b: Vector) -> Vector:
    """``a - b``."""
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])


def mix(a: Vector, b: Vector, share: float) -> Vector:
    """``a`` at share 0, ``b`` at share 1, straight between."""
    keep = 1.0 - share
    return (keep * a[0] + share * b[0], keep * a[1] + share * b[1], keep * a[2] + share * b[2])


def dot(a: Vector, b: Vector) -> float:
    """Inner product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Vector, b: Vector) -> Vector:
    """Outer product."""
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def length(a: Vector) -> float:
    """Euclidean length."""
    return math.sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2])


def unit(a: Vector, fallback: Vector = (1.0, 0.0, 0.0)) -> Vector:
    """``a`` at length 1, or ``fallback`` where ``a`` has no direction."""
    size = length(a)
    return (a[0] / size, a[1] / size, a[2] / size) if size > 1e-9 else fallback


def multiply(a: Quaternion, b: Quaternion) -> Quaternion:
    """The rotation ``b`` followed by ``a``."""
    aw, ax, ay, az = a
    bw, bx, by, bz = b
    return (
        aw * bw - ax * bx - ay * by - az * bz,
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
    )


def rotate(q: Quaternion, v: Vector) -> Vector:
    """``v`` turned by ``q``."""
    w, x, y, z = q
    vx, vy, vz = v
    tx, ty, tz = 2.0 * (y * vz - z * vy), 2.0 * (z * vx - x * vz), 2.0 * (x * vy - y * vx)
    return (vx + w * tx + y * tz - z * ty, vy + w * ty + z * tx - x * tz, vz + w * tz + x * ty - y * tx)


def about_x(degrees: float) -> Quaternion:
    """A rotation about x: the head tilts to the right shoulder."""
    half = math.radians(degrees) / 2.0
    return (math.cos(half), math.sin(half), 0.0, 0.0)


def about_y(degrees: float) -> Quaternion:
    """A rotation about y: positive leans to the front."""
    half = math.radians(degrees) / 2.0
    return (math.cos(half), 0.0, math.sin(half), 0.0)


def about_z(degrees: float) -> Quaternion:
    """A rotation about z: positive turns to the left."""
    half = math.radians(degrees) / 2.0
    return (math.cos(half), 0.0, 0.0, math.sin(half))


def from_axes(x: Vector, y: Vector, z: Vector) -> Quaternion:
    """The rotation that takes the unit axes to ``x``, ``y``, ``z`` (orthonormal, right-handed)."""
    trace = x[0] + y[1] + z[2]
    if trace > 0.0:
        s = 2.0 * math.sqrt(1.0 + trace)
        return (0.25 * s, (y[2] - z[1]) / s, (z[0] - x[2]) / s, (x[1] - y[0]) / s)
    if x[0] > y[1] and x[0] > z[2]:
        s = 2.0 * math.sqrt(1.0 + x[0] - y[1] - z[2])
        return ((y[2] - z[1]) / s, 0.25 * s, (y[0] + x[1]) / s, (z[0] + x[2]) / s)
    if y[1] > z[2]:
        s = 2.0 * math.sqrt(1.0 + y[1] - x[0] - z[2])
        return ((z[0] - x[2]) / s, (y[0] + x[1]) / s, 0.25 * s, (z[1] + y[2]) / s)
    s = 2.0 * math.sqrt(1.0 + z[2] - x[0] - y[1])
    return ((x[1] - y[0]) / s, (z[0] + x[2]) / s, (z[1] + y[2]) / s, 0.25 * s)


def hanging(direction: Vector, front: Vector) -> Quaternion:
    """The orientation of a limb whose bone (its -z) runs along ``direction`` and whose x is nearest to ``front``."""
    z = (-direction[0], -direction[1], -direction[2])
    share = dot(front, z)
    x = (front[0] - share * z[0], front[1] - share * z[1], front[2] - share * z[2])
    size = length(x)
    if size < 1e-6:  # the front runs along the bone: any side will do, as long as it is always the same
        x = cross((0.0, 1.0, 0.0), z)
        size = length(x)
        if size < 1e-6:
            x, size = (1.0, 0.0, 0.0), 1.0
    x = (x[0] / size, x[1] / size, x[2] / size)
    return from_axes(x, cross(z, x), z)


def bend(root: Vector, goal: Vector, upper: float, lower: float, pole: Vector) -> tuple[Vector, Vector]:
    """Two-bone inverse kinematics: where the middle joint and the end of a limb lie.

    Args:
        root: the fixed joint.
        goal: where the end should be.
        upper: length of the bone at the root.
        lower: length of the other bone.
        pole: the direction in which the middle joint bends out.

    Returns:
        Middle joint and end. The end is ``goal`` where it can be reached, else the nearest point on the line to it.
    """
    line = subtract(goal, root)
    distance = length(line)
    axis = unit(line, (0.0, 0.0, -1.0))
    distance = min(max(distance, abs(upper - lower) + 1e-4), (upper + lower) * 0.99995)
    along = (upper * upper - lower * lower + distance * distance) / (2.0 * distance)
    out = math.sqrt(max(upper * upper - along * along, 0.0))
    share = dot(pole, axis)
    side = unit((pole[0] - share * axis[0], pole[1] - share * axis[1], pole[2] - share * axis[2]), (0.0, 0.0, 0.0))
    if side == (0.0, 0.0, 0.0):
        side = unit(cross(axis, (0.0, 1.0, 0.0)), (1.0, 0.0, 0.0))
    middle = add(add(root, axis, along), side, out)
    return middle, add(root, axis, distance)
