"""Triangles of a model's parts, for every simulator that draws: bevelled boxes, round things, texture coordinates.

Drawing all parts as triangles of our own (instead of a simulator's primitives) gives every backend the same shapes, lets
small chamfers catch the light, and lets parts that share a material be drawn in one go.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from envs.household.model import Part

Array = NDArray[np.float64]

_BEVEL = 0.010  # metres; a chamfer that reads as a soft edge at two metres' distance
_BEVEL_FROM = 0.007  # thinner boxes (sheets, trims) stay sharp: their chamfer would be less than a pixel


@dataclass(frozen=True, slots=True)
class TriangleMesh:
    """Triangles with a normal and a texture coordinate for each vertex.

    Args:
        vertices: (n, 3), metres.
        normals: (n, 3), unit length.
        uvs: (n, 2), texture coordinates.
        faces: (m, 3), indices, counter-clockwise seen from outside.
    """

    vertices: Array
    normals: Array
    uvs: Array
    faces: NDArray[np.int32]

    def moved(self, rotation: Array, position: Sequence[float]) -> TriangleMesh:
        """The same triangles turned by a 3 x 3 rotation, then shifted."""
        return TriangleMesh(self.vertices @ rotation.T + np.asarray(position), self.normals @ rotation.T, self.uvs, self.faces)

    def painted(self, uv: tuple[float, float]) -> TriangleMesh:
        """The same triangles, all of them coloured by one point of the texture."""
        return TriangleMesh(self.vertices, self.normals, np.tile(np.asarray(uv), (len(self.vertices), 1)), self.faces)


def merge(meshes: Sequence[TriangleMesh]) -> TriangleMesh:
    """All triangles of ``meshes`` as one mesh."""
    offsets = np.cumsum([0] + [len(mesh.vertices) for mesh in meshes[:-1]])
    return TriangleMesh(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate([mesh.normals for mesh in meshes]),
        np.concatenate([mesh.uvs for mesh in meshes]),
        np.concatenate([mesh.faces + offset for mesh, offset in zip(meshes, offsets, strict=True)]).astype(np.int32),
    )


def rotation_matrix(rotation: Sequence[float]) -> Array:
    """The matrix of turns about the fixed axes x, then y, then z, in degrees (a part's ``rotation``)."""
    (sx, cx), (sy, cy), (sz, cz) = ((math.sin(math.radians(a)), math.cos(math.radians(a))) for a in rotation)
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return np.asarray(about_z @ about_y @ about_x, dtype=np.float64)


def part_mesh(part: Part) -> TriangleMesh:
    """The triangles of one part, in its model's frame."""
    repeat = part.material.repeat
    if part.shape == "box":
        mesh = box(part.size, repeat=repeat)
    elif part.shape == "cylinder":
        mesh = cylinder(part.size[0], part.size[1], repeat=repeat)
    elif part.shape == "capsule":
        mesh = capsule(part.size[0], part.size[1], repeat=repeat)
    elif part.shape == "ellipsoid":
        mesh = ellipsoid(part.size, repeat=repeat)
    else:
        mesh = _free_form(part)
    return mesh.moved(rotation_matrix(part.rotation), part.position)


def box(half: Sequence[float], *, repeat: float = 1.0, bevel: float | None = None) -> TriangleMesh:
    """A box with chamfered edges; the texture's grain (u) runs along its longest side."""
    extent = np.asarray(half, dtype=np.float64)
    if bevel is None:
        bevel = min(_BEVEL, 0.3 * float(extent.min())) if extent.min() >= _BEVEL_FROM and extent.max() >= 0.03 else 0.0
    vertices: list[Array] = []
    normals: list[Array] = []
    uvs: list[tuple[float, float]] = []
    faces: list[tuple[int, int, int]] = []
    index: dict[tuple[int, int, int, int], int] = {}  # (signs of the corner, axis of the face) -> vertex
    order = list(np.argsort(-extent, kind="stable"))
    for axis in range(3):
        grain, across = [a for a in order if a != axis]
        for sign in (-1, 1):
            quad = []
            b, c = (axis + 1) % 3, (axis + 2) % 3
            for sb, sc in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
                signs = [0, 0, 0]
                signs[axis], signs[b], signs[c] = sign, sb, sc
                point = np.array(signs) * (extent - bevel)
                point[axis] = sign * extent[axis]
                normal = np.zeros(3)
                normal[axis] = sign
                index[(signs[0], signs[1], signs[2], axis)] = len(vertices)
                quad.append(len(vertices))
                vertices.append(point)
                normals.append(normal)
                uvs.append((0.5 + point[grain] * repeat, 0.5 + point[across] * repeat))
            quad = quad if sign > 0 else quad[::-1]
            faces += [(quad[0], quad[1], quad[2]), (quad[0], quad[2], quad[3])]
    if bevel > 0:
        faces += _chamfers(index)
    return TriangleMesh(np.array(vertices), np.array(normals), np.array(uvs), np.array(faces, dtype=np.int32))


def _chamfers(index: dict[tuple[int, int, int, int], int]) -> list[tuple[int, int, int]]:
    """The strips along the edges and the triangles at the corners between the six faces of a box."""
    faces: list[tuple[int, int, int]] = []
    for along in range(3):
        first, second = (along + 1) % 3, (along + 2) % 3
        for sf in (-1, 1):
            for ss in (-1, 1):
                low, high = [0, 0, 0], [0, 0, 0]
                low[first] = high[first] = sf
                low[second] = high[second] = ss
                low[along], high[along] = -1, 1
                a, b = index[(*low, first)], index[(*low, second)]  # type: ignore[index]
                c, d = index[(*high, second)], index[(*high, first)]  # type: ignore[index]
                strip = [(a, b, c), (a, c, d)]
                faces += strip if sf * ss > 0 else [(i, k, j) for i, j, k in strip]
    for sx in (-1, 1):
        for sy in (-1, 1):
            for sz in (-1, 1):
                a, b, c = (index[(sx, sy, sz, axis)] for axis in range(3))
                faces.append((a, b, c) if sx * sy * sz > 0 else (a, c, b))
    return faces


def _slices(radius: float) -> int:
    return 8 if radius < 0.015 else 12 if radius < 0.06 else 16 if radius < 0.25 else 24


def cylinder(radius: float, half: float, *, repeat: float = 1.0) -> TriangleMesh:
    """An upright cylinder; thick ones have a chamfered rim."""
    rim = min(0.006, 0.3 * half, 0.3 * radius) if radius >= 0.02 and half >= 0.004 else 0.0
    profile = [(radius - rim, -half, 0.0, -1.0), (radius, -half + rim, 1.0, 0.0), (radius, half - rim, 1.0, 0.0),
               (radius - rim, half, 0.0, 1.0)]  # fmt: skip
    if rim == 0.0:
        profile = [(radius, -half, 1.0, 0.0), (radius, half, 1.0, 0.0)]
    side = _revolve(profile, _slices(radius), repeat)
    caps = [_disc(radius - rim, half, 1.0, _slices(radius), repeat), _disc(radius - rim, -half, -1.0, _slices(radius), repeat)]
    return merge([side, *caps])


def capsule(radius: float, half: float, *, repeat: float = 1.0) -> TriangleMesh:
    """An upright capsule: a cylinder of ``half`` length with round ends."""
    rings = 3 if radius < 0.04 else 4
    profile = []
    for end in (-1, 1):
        for i in range(rings + 1):
            angle = math.pi / 2 * (i / rings if end > 0 else 1 - i / rings)
            r, h = math.cos(angle), math.sin(angle)
            profile.append((radius * r, end * (half + radius * h), r, end * h))
    return _revolve(profile, _slices(radius), repeat)


def ellipsoid(radii: Sequence[float], *, repeat: float = 1.0) -> TriangleMesh:
    """An ellipsoid with semi-axes ``radii``."""
    scale = np.asarray(radii, dtype=np.float64)
    largest = float(scale.max())
    rings = 6 if largest < 0.03 else 8 if largest < 0.12 else 10
    angles = [math.pi * (i / rings - 0.5) for i in range(rings + 1)]
    profile = [(math.cos(a), math.sin(a), math.cos(a), math.sin(a)) for a in angles]
    unit = _revolve(profile, _slices(largest), repeat)
    normals = unit.normals / scale
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return TriangleMesh(unit.vertices * scale, normals, unit.uvs * [2 * largest, largest], unit.faces)


def _revolve(profile: Sequence[tuple[float, float, float, float]], slices: int, repeat: float) -> TriangleMesh:
    """Turn a profile of (radius, height, outward normal, upward normal) from bottom to top about the z axis."""
    vertices, normals, uvs = [], [], []
    faces: list[tuple[int, int, int]] = []
    girth = 2 * math.pi * max(radius for radius, *_ in profile)
    for i in range(slices + 1):
        angle = 2 * math.pi * i / slices
        cos, sin = math.cos(angle), math.sin(angle)
        for radius, height, out, up in profile:
            vertices.append((radius * cos, radius * sin, height))
            normals.append((out * cos, out * sin, up))
            uvs.append((girth * i / slices * repeat, height * repeat))
    count = len(profile)
    for i in range(slices):
        for j in range(count - 1):
            a, b = i * count + j, (i + 1) * count + j
            if profile[j][0] > 1e-9:
                faces.append((a, b, b + 1))
            if profile[j + 1][0] > 1e-9:
                faces.append((a, b + 1, a + 1))
    return TriangleMesh(np.array(vertices), np.array(normals), np.array(uvs), np.array(faces, dtype=np.int32))


def _disc(radius: float, height: float, up: float, slices: int, repeat: float) -> TriangleMesh:
    angles = 2 * math.pi * np.arange(slices) / slices
    rim = np.stack([radius * np.cos(angles), radius * np.sin(angles)], axis=1)
    vertices = np.concatenate([rim, np.full((slices, 1), height)], axis=1)
    faces = [(0, i, i + 1) if up > 0 else (0, i + 1, i) for i in range(1, slices - 1)]
    normals = np.tile([0.0, 0.0, up], (slices, 1))
    return TriangleMesh(vertices, normals, 0.5 + rim * repeat, np.array(faces, dtype=np.int32))


def _free_form(part: Part) -> TriangleMesh:
    """A part's own vertices and faces; smooth ones share normals, textured ones are mapped from the side they face."""
    points = np.asarray(part.vertices, dtype=np.float64)
    triangles = np.asarray(part.faces, dtype=np.int32)
    corners = points[triangles]
    flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    if part.smooth:
        shared = np.zeros_like(points)
        for corner in range(3):
            np.add.at(shared, triangles[:, corner], flat)
        normals = shared[triangles].reshape(-1, 3)
    else:
        normals = np.repeat(flat, 3, axis=0)
    normals = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    vertices = corners.reshape(-1, 3)
    # Map each triangle along the axis that it faces most: no seams across flat sides, no unwrapping needed.
    facing = np.repeat(np.abs(flat).argmax(axis=1), 3)
    first = np.where(facing == 0, 1, 0)
    second = np.where(facing == 2, 1, 2)
    rows = np.arange(len(vertices))
    uvs = 0.5 + np.stack([vertices[rows, first], vertices[rows, second]], axis=1) * part.material.repeat
    if part.smooth and part.material.texture is None:
        return TriangleMesh(points, _unit(shared), np.zeros((len(points), 2)), triangles)
    return TriangleMesh(vertices, normals, uvs, np.arange(len(vertices), dtype=np.int32).reshape(-1, 3))


def _unit(vectors: Array) -> Array:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12))
