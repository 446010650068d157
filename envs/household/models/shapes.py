"""Procedural low-poly solids, merged into mesh parts.

Rendering in software costs by the vertex and by the number of parts, so a model is written as many small solids that
:func:`part` merges into one mesh for each material. Sizes are full extents, positions are centres, metres.

All meshes are meant for smooth shading: solids share vertices where a surface is round and have vertices of their own
where an edge is hard. With normals averaged by area, a single row of bevel triangles then looks like a rounded edge.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from envs.household.model import Material, Part, Vector

Point = tuple[float, float]


class Mesh(NamedTuple):
    """Vertices (n, 3) in metres and triangles (m, 3), counter-clockwise seen from outside."""

    vertices: NDArray[np.float64]
    faces: NDArray[np.int64]


def part(material: Material, *meshes: Mesh, joint: str | None = None, shown: str | None = None) -> Part:
    """Merge solids of one material into one part."""
    vertices, faces, count = [], [], 0
    for mesh in meshes:
        vertices.append(mesh.vertices)
        faces.append(mesh.faces + count)
        count += len(mesh.vertices)
    # A tenth of a millimetre is finer than any picture shows and keeps models identical across platforms.
    points = np.round(np.concatenate(vertices), 4) + 0.0
    return Part(
        "mesh",
        material=material,
        joint=joint,
        shown=shown,
        vertices=tuple((float(x), float(y), float(z)) for x, y, z in points),
        faces=tuple((int(a), int(b), int(c)) for a, b, c in np.concatenate(faces)),
        smooth=True,
    )


def rotation(turn: Vector) -> NDArray[np.float64]:
    """Matrix of degrees about x, then y, then z (fixed axes)."""
    a, b, c = (math.radians(angle) for angle in turn)
    about_x = np.array([[1, 0, 0], [0, math.cos(a), -math.sin(a)], [0, math.sin(a), math.cos(a)]])
    about_y = np.array([[math.cos(b), 0, math.sin(b)], [0, 1, 0], [-math.sin(b), 0, math.cos(b)]])
    about_z = np.array([[math.cos(c), -math.sin(c), 0], [math.sin(c), math.cos(c), 0], [0, 0, 1]])
    product: NDArray[np.float64] = about_z @ about_y @ about_x
    return product


def moved(mesh: Mesh, at: Vector = (0.0, 0.0, 0.0), turn: Vector = (0.0, 0.0, 0.0)) -> Mesh:
    """The mesh turned about its origin, then shifted to ``at``."""
    vertices = mesh.vertices @ rotation(turn).T if any(turn) else mesh.vertices
    return Mesh(vertices + np.asarray(at, dtype=float), mesh.faces)


def _outward(vertices: NDArray[np.float64], faces: NDArray[np.int64]) -> NDArray[np.int64]:
    """Turn the triangles of a convex solid so that they all face away from its middle."""
    corners = vertices[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    inward = np.einsum("ij,ij->i", normals, corners.mean(axis=1) - vertices.mean(axis=0)) < 0
    faces[inward] = faces[inward][:, ::-1]
    return faces


def box(size: Vector, at: Vector = (0.0, 0.0, 0.0), turn: Vector = (0.0, 0.0, 0.0)) -> Mesh:
    """A box with hard edges (12 triangles)."""
    half = np.asarray(size, dtype=float) / 2
    vertices: list[NDArray[np.float64]] = []
    faces: list[tuple[int, int, int]] = []
    for axis in range(3):
        one, two = (axis + 1) % 3, (axis + 2) % 3
        for sign in (-1.0, 1.0):
            start = len(vertices)
            for u, v in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
                corner = np.zeros(3)
                corner[axis], corner[one], corner[two] = sign * half[axis], u * half[one], v * half[two]
                vertices.append(corner)
            faces += [(start, start + 1, start + 2), (start, start + 2, start + 3)]
    points = np.array(vertices)
    return moved(Mesh(points, _outward(points, np.array(faces))), at, turn)


def rounded(
    size: Vector,
    at: Vector = (0.0, 0.0, 0.0),
    radius: float = 0.02,
    turn: Vector = (0.0, 0.0, 0.0),
    taper: float = 1.0,
) -> Mesh:
    """A box with bevelled edges (44 triangles); ``taper`` scales its bottom against its top."""
    half = np.asarray(size, dtype=float) / 2
    radius = min(radius, *(0.98 * half))
    vertices: list[NDArray[np.float64]] = []
    index: dict[tuple[int, tuple[int, int, int]], int] = {}
    signs = [(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]
    for axis in range(3):
        for corner in signs:
            inset = half - radius
            inset[axis] = half[axis]
            index[axis, corner] = len(vertices)
            vertices.append(inset * np.array(corner))
    faces: list[tuple[int, int, int]] = []

    def quad(a: int, b: int, c: int, d: int) -> None:
        faces.extend(((a, b, c), (a, c, d)))

    def corner_of(axis: int, along: int, u: int, v: int) -> tuple[int, int, int]:
        """Signs of a corner, given those along ``axis`` and along the two axes that follow it."""
        given = (along, u, v)
        return (given[-axis % 3], given[(1 - axis) % 3], given[(2 - axis) % 3])

    for axis in range(3):
        one, two = (axis + 1) % 3, (axis + 2) % 3
        for sign in (-1, 1):
            around = [index[axis, corner_of(axis, sign, u, v)] for u, v in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
            quad(around[0], around[1], around[2], around[3])
        for u in (-1, 1):  # the bevels along the edges that run in the direction of ``axis``
            for v in (-1, 1):
                near, far = corner_of(axis, -1, u, v), corner_of(axis, 1, u, v)
                quad(index[one, near], index[two, near], index[two, far], index[one, far])
    for corner in signs:
        faces.append((index[0, corner], index[1, corner], index[2, corner]))
    points = np.array(vertices)
    triangles = _outward(points, np.array(faces))
    if taper != 1.0:
        share = (points[:, 2:3] + half[2]) / (2 * half[2])
        points[:, :2] *= taper + (1 - taper) * share
    return moved(Mesh(points, triangles), at, turn)


def cushion(size: Vector, at: Vector = (0.0, 0.0, 0.0), turn: Vector = (0.0, 0.0, 0.0), steps: int = 4) -> Mesh:
    """A pillow: two domes over a rectangle with drawn-in sides, sewn together at the rim."""
    length, width, height = size
    grid = np.linspace(-1, 1, steps + 1)
    vertices: list[tuple[float, float, float]] = []
    faces: list[tuple[int, int, int]] = []
    for side in (1, -1):
        start = len(vertices)
        for u in grid:
            for v in grid:
                # Sides are drawn in at the middle, as the filling pulls them.
                x = u * (1 - 0.06 * (1 - v * v)) * length / 2
                y = v * (1 - 0.06 * (1 - u * u)) * width / 2
                dome = ((1 - u**4) * (1 - v**4)) ** 0.5
                vertices.append((x, y, side * height / 2 * dome))
        for i in range(steps):
            for j in range(steps):
                a, b = start + i * (steps + 1) + j, start + (i + 1) * (steps + 1) + j
                # Diagonals run toward the corners, which keeps the silhouette round.
                split = (
                    ((a, b, b + 1), (a, b + 1, a + 1))
                    if (i < steps / 2) == (j < steps / 2)
                    else ((a, b, a + 1), (b, b + 1, a + 1))
                )
                faces += [(p, q, r) if side > 0 else (r, q, p) for p, q, r in split]
    return moved(Mesh(np.array(vertices), np.array(faces)), at, turn)


def lathe(
    profile: Sequence[Point],
    at: Vector = (0.0, 0.0, 0.0),
    sides: int = 12,
    turn: Vector = (0.0, 0.0, 0.0),
    sharp: float = 50.0,
) -> Mesh:
    """Turn a profile of (radius, height) points, from the bottom up, about the z axis.

    Bends of more than ``sharp`` degrees become hard edges. An end that lies on the axis closes the solid; a profile
    that comes back down on the inside makes a vessel.
    """
    rows: list[list[int]] = []  # for each segment of the profile: indices of its two rings
    vertices: list[tuple[float, float, float]] = []
    angles = [2 * math.pi * k / sides for k in range(sides)]

    def ring(radius: float, z: float) -> list[int]:
        start = len(vertices)
        if radius < 1e-6:
            vertices.append((0.0, 0.0, z))
            return [start] * sides
        vertices.extend((radius * math.cos(t), radius * math.sin(t), z) for t in angles)
        return list(range(start, start + sides))

    faces: list[tuple[int, int, int]] = []
    last_angle, last_ring = None, None
    for (r0, z0), (r1, z1) in zip(profile[:-1], profile[1:], strict=True):
        angle = math.degrees(math.atan2(z1 - z0, r1 - r0))
        bend = 180.0 if last_angle is None else abs((angle - last_angle + 180) % 360 - 180)
        low = last_ring if last_ring is not None and bend <= sharp else ring(r0, z0)
        high = ring(r1, z1)
        for k in range(sides):
            a, b, c, d = low[k], low[(k + 1) % sides], high[(k + 1) % sides], high[k]
            if a != b:
                faces.append((a, b, c))
            if c != d:
                faces.append((a, c, d))
        last_angle, last_ring = angle, high
        rows.append(low)
    return moved(Mesh(np.array(vertices), np.array(faces)), at, turn)


def cylinder(
    radius: float,
    height: float,
    at: Vector = (0.0, 0.0, 0.0),
    sides: int = 12,
    turn: Vector = (0.0, 0.0, 0.0),
    top: float | None = None,
    bevel: float = 0.0,
) -> Mesh:
    """A cylinder about z, or a cone frustum if ``top`` gives another radius; ``bevel`` rounds its rims."""
    top = radius if top is None else top
    low, high = -height / 2, height / 2
    if bevel > 0:
        profile = [
            (0.0, low),
            (radius - bevel, low),
            (radius, low + bevel),
            (top, high - bevel),
            (top - bevel, high),
            (0.0, high),
        ]
    else:
        profile = [(0.0, low), (radius, low), (top, high), (0.0, high)]
    return lathe(profile, at, sides, turn)


def ellipsoid(
    radii: Vector, at: Vector = (0.0, 0.0, 0.0), sides: int = 10, rings: int = 6, turn: Vector = (0.0, 0.0, 0.0)
) -> Mesh:
    """An ellipsoid with ``rings`` bands."""
    heights = [math.pi * (k / rings - 0.5) for k in range(rings + 1)]
    profile = [(max(0.0, math.cos(t)) if 0 < k < rings else 0.0, math.sin(t)) for k, t in enumerate(heights)]
    ball = lathe(profile, sides=sides, sharp=180)
    return moved(Mesh(ball.vertices * np.asarray(radii), ball.faces), at, turn)


def prism(outline: Sequence[Point], depth: float, at: Vector = (0.0, 0.0, 0.0), turn: Vector = (0.0, 0.0, 0.0)) -> Mesh:
    """A convex outline in the xy plane, counter-clockwise, given a thickness along z; hard edges."""
    count = len(outline)
    flat = np.array(outline, dtype=float)
    low = np.column_stack([flat, np.full(count, -depth / 2)])
    high = np.column_stack([flat, np.full(count, depth / 2)])
    vertices = [*low, *high]
    faces = [(0, k + 1, k) for k in range(1, count - 1)] + [(count, count + k, count + k + 1) for k in range(1, count - 1)]
    for k in range(count):
        start, after = len(vertices), (k + 1) % count
        vertices += [low[k], low[after], high[after], high[k]]
        faces += [(start, start + 1, start + 2), (start, start + 2, start + 3)]
    return moved(Mesh(np.array(vertices), np.array(faces)), at, turn)


def upright(outline: Sequence[Point], x: float, thick: float = 0.004) -> Mesh:
    """A flat figure that faces +x; its outline is given as (to the viewer's right, up), counter-clockwise."""
    return prism(outline, thick, (x, 0.0, 0.0), (90.0, 0.0, 90.0))


def rectangle(left: float, bottom: float, right: float, top: float) -> list[Point]:
    """Outline of a rectangle."""
    return [(left, bottom), (right, bottom), (right, top), (left, top)]


def disc(x: float, y: float, radius: float, sides: int = 10) -> list[Point]:
    """Outline of a round figure."""
    angles = [2 * math.pi * k / sides for k in range(sides)]
    return [(x + radius * math.cos(t), y + radius * math.sin(t)) for t in angles]


def dome(x: float, base: float, radius: float, height: float, low: float, high: float, sides: int = 12) -> list[Point]:
    """Outline of a half ellipse that stands on ``base``, cut off at ``low`` and ``high`` (a hill in a picture)."""
    first = math.acos((high - x) / radius) if high < x + radius else 0.0
    last = math.acos((low - x) / radius) if low > x - radius else math.pi
    angles = [first + (last - first) * k / sides for k in range(sides + 1)]
    points = [(x + radius * math.cos(t), base + height * math.sin(t)) for t in angles]
    right = [(high, base)] if first > 0 else []
    left = [(low, base)] if last < math.pi else []
    return [*right, *points, *left]


def tube(path: Sequence[Vector], radius: float | Sequence[float], sides: int = 6, closed_ends: bool = True) -> Mesh:
    """A round pipe along a path; ``radius`` may differ from point to point."""
    points = np.array(path, dtype=float)
    radii = [radius] * len(points) if isinstance(radius, int | float) else list(radius)
    ahead = np.gradient(points, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True) + 1e-12
    # Carrying one frame along the path keeps the pipe from twisting.
    start = np.array([0.0, 0.0, 1.0]) if abs(ahead[0][2]) < 0.9 else np.array([1.0, 0.0, 0.0])
    vertices: list[NDArray[np.float64]] = []
    faces: list[tuple[int, int, int]] = []
    normal = start
    for point, direction, size in zip(points, ahead, radii, strict=True):
        normal = normal - direction * float(normal @ direction)
        normal /= np.linalg.norm(normal) + 1e-12
        other = np.cross(direction, normal)
        for k in range(sides):
            angle = 2 * math.pi * k / sides
            vertices.append(point + size * (math.cos(angle) * normal + math.sin(angle) * other))
    for row in range(len(points) - 1):
        for k in range(sides):
            a, b = row * sides + k, row * sides + (k + 1) % sides
            faces += [(a, b, b + sides), (a, b + sides, a + sides)]
    if closed_ends:
        last = (len(points) - 1) * sides
        faces += [(0, k + 1, k) for k in range(1, sides - 1)]
        faces += [(last, last + k, last + k + 1) for k in range(1, sides - 1)]
    return Mesh(np.array(vertices), np.array(faces))


def arc(centre: Vector, radius: float, start: float, end: float, thick: float, plane: str = "yz", steps: int = 6) -> Mesh:
    """A bent rod: part of a circle in the given plane, from ``start`` to ``end`` degrees (handles, sound waves)."""
    first, second = ("xyz".index(letter) for letter in plane)
    path = []
    for k in range(steps + 1):
        angle = math.radians(start + (end - start) * k / steps)
        point = list(centre)
        point[first] += radius * math.cos(angle)
        point[second] += radius * math.sin(angle)
        path.append((point[0], point[1], point[2]))
    return tube(path, thick, sides=5)


def leaf(length: float, width: float, at: Vector, turn: Vector, bend: float = 0.3) -> Mesh:
    """A leaf: two-sided, pointed, growing from ``at`` along its own x axis and bending down at the tip."""
    xs = (0.0, 0.35, 0.7, 1.0)
    widths = (0.12, 1.0, 0.75, 0.0)
    points: list[tuple[float, float, float]] = []
    for x, w in zip(xs, widths, strict=True):
        drop = -bend * length * x * x
        points += [
            (x * length, w * width / 2, drop),
            (x * length, 0.0, drop - 0.12 * width * (w > 0)),
            (x * length, -w * width / 2, drop),
        ]
    upper: list[tuple[int, int, int]] = []
    for row in range(len(xs) - 1):
        for side in (0, 1):
            a, b = row * 3 + side, row * 3 + side + 1
            upper += [(a, b, b + 3), (a, b + 3, a + 3)] if row < len(xs) - 2 else [(a, b, b + 3)]
    count = len(points)
    lower = [(c + count, b + count, a + count) for a, b, c in upper]
    # The underside gets its own vertices, a millimetre lower, so that both sides are lit properly.
    below = [(x, y, z - 0.001) for x, y, z in points]
    return moved(Mesh(np.array(points + below), np.array(upper + lower)), at, turn)
