"""Heads: skull, glasses, and the features of a face that move, in shares of the head's height.

The head's frame starts at the joint on which it nods, at chin height; x is to the front. Features (brows, lids, mouths,
tears) are segments of their own: motion slopes, droops and swaps them, so a mood shows in the face.
"""

from __future__ import annotations

import math

from envs.household.model import Material, Part, Vector
from envs.residents.solids import Face, Ring, ball, colour, loft, merge, mesh, shaded, tube

_SKULL = (
    (0.16, -0.03, 0.0, 0.0),
    (0.15, 0.0, 0.13, 0.13),
    (0.08, 0.12, 0.285, 0.26),
    (0.04, 0.28, 0.37, 0.335),
    (0.02, 0.46, 0.42, 0.375),
    (0.0, 0.64, 0.43, 0.385),
    (-0.01, 0.80, 0.37, 0.34),
    (-0.02, 0.93, 0.22, 0.21),
    (-0.02, 0.98, 0.0, 0.0),
)


_EYE = (0.335, 0.155, 0.46)


_EYE_RADIUS = 0.086


_BROW = (0.425, 0.155, 0.605)


_MOUTH = 0.185


SKINS = {
    "porcelain": "#f6d7c3",
    "light": "#eec1a0",
    "olive": "#d6a27a",
    "tan": "#c0855a",
    "brown": "#93603f",
    "deep": "#64402c",
}


def surface(y: float, z: float) -> float:
    """How far to the front the face reaches at ``(y, z)``."""
    for (x0, z0, depth0, width0), (x1, z1, depth1, width1) in zip(_SKULL[:-1], _SKULL[1:], strict=True):
        if z0 <= z <= z1:
            t = (z - z0) / (z1 - z0)
            centre, depth, width = x0 + t * (x1 - x0), depth0 + t * (depth1 - depth0), width0 + t * (width1 - width0)
            return centre + depth * math.sqrt(max(1.0 - (y / max(width, 1e-6)) ** 2, 0.0))
    raise ValueError(f"expected a height on the face, from {_SKULL[0][1]} to {_SKULL[-1][1]}; got {z}")


def skull(size: float, skin: Material, *, ears: bool) -> tuple[Part, ...]:
    """Skull, nose and ears; ``size`` is the head's height in metres."""
    rings: list[Ring] = [((x * size, 0.0, z * size), depth * size, width * size) for x, z, depth, width in _SKULL]
    flush = shaded(skin, 1.0, 0.95, 0.93)
    parts = [scaled_ball((0.435, 0.0, 0.33), (0.055, 0.045, 0.06), flush, size, sides=6, levels=4)]
    if ears:
        both = [scaled_ball((-0.02, side * 0.385, 0.40), (0.06, 0.035, 0.095), flush, size, sides=6) for side in (-1.0, 1.0)]
        parts.append(merge(both))
    return (loft(rings, skin, sides=12), *parts)


def eyes(size: float) -> tuple[Part, ...]:
    """Whites, irises and the glint that makes them look alive."""
    white, dark = colour("#fbfaf7", emission=0.12), colour("#2a1a12", shininess=0.6)
    glint = colour("#ffffff", emission=0.6)
    x, y, z = _EYE
    whites = [scaled_ball((x, side * y, z), (_EYE_RADIUS,) * 3, white, size, sides=8, levels=5) for side in (-1.0, 1.0)]
    irises = [scaled_ball((x + 0.052, side * (y - 0.012), z), (0.04, 0.05, 0.056), dark, size, sides=8) for side in (-1.0, 1.0)]
    glints = [
        scaled_ball((x + 0.088, side * (y - 0.012) - 0.016, z + 0.022), (0.008, 0.013, 0.013), glint, size, sides=4, levels=3)
        for side in (-1.0, 1.0)
    ]
    return (merge(whites), merge(irises), merge(glints))


def features(size: float, skin: Material, brow: Material) -> dict[str, tuple[Vector, tuple[Part, ...]]]:
    """Moving features by segment name: where they sit in the head's frame, metres, and what they are made of."""
    lid = shaded(skin, 0.86, 0.8, 0.78)
    found: dict[str, tuple[Vector, tuple[Part, ...]]] = {}
    for side, sign in (("right", -1.0), ("left", 1.0)):
        x, y, z = _BROW
        found[f"brow_{side}"] = ((x * size, sign * y * size, z * size), (_brow(size, sign, brow),))
        x, y, z = _EYE
        found[f"lid_{side}"] = ((x * size, sign * y * size, z * size), (_lid(size * (_EYE_RADIUS + 0.008), lid),))
    for name, parts in _mouths(size).items():
        found[f"mouth_{name}"] = ((0.0, 0.0, 0.0), parts)
    found["tears"] = ((0.0, 0.0, 0.0), (_tears(size),))
    return found


def glasses(size: float) -> tuple[Part, ...]:
    """Round spectacles."""
    frame = colour("#1f2328", shininess=0.5)
    x, y, z = _EYE
    front = x + 0.125
    rims = [
        _rim((front * size, side * y * size, z * size), 0.125 * size, 0.1 * size, 0.022 * size, frame) for side in (-1.0, 1.0)
    ]
    bridge = tube([(front * size, a * size, (z + 0.03) * size) for a in (-0.06, -0.03, 0.03, 0.06)], [0.014 * size] * 4, frame)
    temples = [
        tube(
            [(a * size, side * b * size, z * size) for a, b in ((front, 0.265), (0.36, 0.30), (0.1, 0.405), (-0.06, 0.40))],
            [0.014 * size] * 4,
            frame,
        )
        for side in (-1.0, 1.0)
    ]
    return (merge(rims), merge([bridge, *temples]))


def scaled_ball(centre: Vector, radii: Vector, material: Material, size: float, *, sides: int = 8, levels: int = 4) -> Part:
    """A ball whose centre and radii are shares of ``size``."""
    return ball(
        (centre[0] * size, centre[1] * size, centre[2] * size),
        (radii[0] * size, radii[1] * size, radii[2] * size),
        material,
        sides=sides,
        levels=levels,
    )


def _brow(size: float, sign: float, material: Material) -> Part:
    points = [(-0.012, -0.098), (0.0, -0.06), (0.002, 0.0), (-0.022, 0.065), (-0.05, 0.098)]
    arch = (0.0, 0.006, 0.014, 0.006, -0.008)
    line = [(x * size, sign * y * size, z * size) for (x, y), z in zip(points, arch, strict=True)]
    if sign < 0.0:
        line.reverse()
    return tube(line, [0.02 * size, 0.026 * size, 0.028 * size, 0.024 * size, 0.02 * size], material)


def _lid(radius: float, material: Material) -> Part:
    """A slice of a ball that covers the eye when not turned, its axis along y."""
    rows, columns = 6, 6
    vertices: list[Vector] = [(0.0, -radius, 0.0), (0.0, radius, 0.0)]
    faces: list[Face] = []
    for i in range(rows):
        turn = math.radians(-52.0 + 150.0 * i / (rows - 1))
        for j in range(1, columns):
            across = math.pi * (j / columns - 0.5)
            out = radius * math.cos(across)
            vertices.append((out * math.cos(turn), radius * math.sin(across), out * math.sin(turn)))
    width = columns - 1
    for i in range(rows):
        row = 2 + i * width
        if i < rows - 1:
            above = row + width
            faces += [(0, row, above), (1, above + width - 1, row + width - 1)]
            for j in range(width - 1):
                faces += [(row + j, row + j + 1, above + j + 1), (row + j, above + j + 1, above + j)]
    bottom, top = 2, 2 + (rows - 1) * width
    for j in range(width - 1):
        faces += [(0, bottom + j + 1, bottom + j), (0, top + j, top + j + 1)]
    faces += [(0, 1, bottom + width - 1), (0, top + width - 1, 1)]
    return mesh(vertices, faces, material)


def _arc(size: float, line: list[tuple[float, float]], thick: float, material: Material) -> Part:
    points = [((surface(y, z) + 0.008) * size, y * size, z * size) for y, z in line]
    radii = [thick * size] * len(points)
    return tube(points, radii, material)


def _curve(half: float, rise: float, count: int = 7) -> list[tuple[float, float]]:
    """A bow whose ends stand ``rise`` above its middle, around the mouth."""
    line = []
    for k in range(count):
        t = 2.0 * k / (count - 1) - 1.0
        line.append((half * t, _MOUTH + rise * (t * t - 0.5)))
    return line


def _patch(
    size: float, upper: list[tuple[float, float]], lower: list[tuple[float, float]], out: float, material: Material
) -> Part:
    """A patch on the face between two lines of (y, z) from right to left, ``out`` proud of the skin."""
    count = len(upper)
    vertices: list[Vector] = []
    for proud in (out, -0.05):
        for line in (upper, lower):
            vertices += [((surface(y, z) + proud) * size, y * size, z * size) for y, z in line]
    faces: list[Face] = []
    for k in range(count - 1):
        a, b = k, k + count
        faces += [(b, b + 1, a + 1), (b, a + 1, a)]
        a, b = a + 2 * count, b + 2 * count
        faces += [(b, a + 1, b + 1), (b, a, a + 1)]
        faces += [(k, k + 1, k + 1 + 2 * count), (k, k + 1 + 2 * count, k + 2 * count)]
        low = k + count
        faces += [(low, low + 1 + 2 * count, low + 1), (low, low + 2 * count, low + 1 + 2 * count)]
    for k, inward in ((0, True), (count - 1, False)):
        a, b, c, d = k, k + count, k + 3 * count, k + 2 * count
        faces += [(a, c, b), (a, d, c)] if inward else [(a, b, c), (a, c, d)]
    return mesh(vertices, faces, material, smooth=False)


def _mouths(size: float) -> dict[str, tuple[Part, ...]]:
    lip, hollow, teeth = colour("#8a2f35"), colour("#4a1218"), colour("#fdfcf8", emission=0.15)
    rim = 0.020
    top = [(-0.15, 0.245), (-0.09, 0.222), (0.0, 0.212), (0.09, 0.222), (0.15, 0.245)]
    bottom = [(-0.15, 0.235), (-0.10, 0.155), (0.0, 0.10), (0.10, 0.155), (0.15, 0.235)]
    tooth = [(-0.125, 0.218), (-0.085, 0.19), (0.0, 0.176), (0.085, 0.19), (0.125, 0.218)]
    over = [(-0.135, 0.125), (-0.09, 0.205), (0.0, 0.238), (0.09, 0.205), (0.135, 0.125)]
    under = [(-0.125, 0.105), (-0.08, 0.125), (0.0, 0.145), (0.08, 0.125), (0.125, 0.105)]
    edge = [(-0.07, 0.205), (-0.04, 0.22), (0.0, 0.225), (0.04, 0.22), (0.07, 0.205)]
    bite = [(-0.07, 0.19), (-0.04, 0.197), (0.0, 0.2), (0.04, 0.197), (0.07, 0.19)]
    return {
        "smile": (_arc(size, _curve(0.14, 0.085), rim, lip),),
        "grin": (
            _patch(size, top, bottom, 0.012, hollow),
            _patch(size, [(y * 0.9, z - 0.004) for y, z in top], tooth, 0.02, teeth),
        ),
        "neutral": (_arc(size, _curve(0.085, 0.006), rim, lip),),
        "frown": (_arc(size, _curve(0.12, -0.08), rim, lip),),
        "grimace": (_patch(size, over, under, 0.012, hollow), _patch(size, edge, bite, 0.02, teeth)),
    }


def _tears(size: float) -> Part:
    wet = colour("#7cc6f2", shininess=0.9, specular=0.6, emission=0.25)
    drops = []
    for side, y, z in ((-1.0, 0.185, 0.315), (1.0, 0.175, 0.255)):
        drops.append(scaled_ball((surface(y, z) + 0.005, side * y, z), (0.022, 0.03, 0.058), wet, size, sides=6))
    return merge(drops)


def _rim(centre: Vector, outer: float, inner: float, thick: float, material: Material) -> Part:
    count = 10
    vertices: list[Vector] = []
    faces: list[Face] = []
    for radius, x in ((outer, 0.0), (inner, 0.0), (inner, -thick), (outer, -thick)):
        for k in range(count):
            angle = 2.0 * math.pi * k / count
            vertices.append((centre[0] + x, centre[1] + radius * math.cos(angle), centre[2] + radius * math.sin(angle)))
    for ring in range(4):
        a, b = ring * count, (ring + 1) % 4 * count
        for k in range(count):
            n = (k + 1) % count
            faces += [(a + k, a + n, b + n), (a + k, b + n, b + k)]
    return mesh(vertices, faces, material, smooth=False)
