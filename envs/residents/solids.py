"""Low-poly solids that figures are made of: lofts (stacked rings), arcs and shells, as closed triangle meshes.

Software renderers pay per vertex, so every maker takes the number of sides, and the defaults are frugal.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from envs.household.model import Material, Part, Vector

Face = tuple[int, int, int]
Ring = tuple[Vector, float, float]
"""Centre, half size along x, half size along y."""


def colour(code: str, *, shade: float = 1.0, **looks: float) -> Material:
    """A material from ``#rrggbb``; ``shade`` darkens (< 1) or brightens (> 1).

    Raises:
        ValueError: the code is not ``#`` and six hexadecimal digits.
    """
    digits = code.removeprefix("#")
    if len(digits) != 6 or any(digit not in "0123456789abcdefABCDEF" for digit in digits):
        raise ValueError(f"expected a colour such as '#3b82f6', got {code!r}; write # and six hexadecimal digits")
    red, green, blue = (min(int(digits[i : i + 2], 16) / 255.0 * shade, 1.0) for i in (0, 2, 4))
    return Material(
        (red, green, blue, 1.0),
        shininess=looks.get("shininess", 0.1),
        specular=looks.get("specular", 0.05),
        emission=looks.get("emission", 0.0),
    )


def shaded(material: Material, red: float, green: float | None = None, blue: float | None = None) -> Material:
    """The same material with its colour multiplied: alike if only ``red`` is given."""
    r, g, b, alpha = material.colour
    green, blue = red if green is None else green, red if blue is None else blue
    return replace(material, colour=(min(r * red, 1.0), min(g * green, 1.0), min(b * blue, 1.0), alpha))


def mesh(vertices: Sequence[Vector], faces: Sequence[Face], material: Material, *, smooth: bool = True) -> Part:
    """A mesh part."""
    return Part("mesh", material=material, vertices=tuple(vertices), faces=tuple(faces), smooth=smooth)


def loft(rings: Sequence[Ring], material: Material, *, sides: int = 10, square: float = 0.0, smooth: bool = True) -> Part:
    """A solid through stacked rings, closed by a fan at both ends.

    Args:
        rings: from one end to the other along any direction near z; a half size of 0 ends in a point.
        material: looks.
        sides: corners of each ring.
        square: 0 for elliptic rings, towards 1 for boxy ones (superellipse).
        smooth: shaded smoothly.
    """
    vertices: list[Vector] = []
    faces: list[Face] = []
    power = 1.0 - 0.5 * square
    if rings[0][0][2] > rings[-1][0][2]:
        rings = list(rings)[::-1]  # from below to above, so that faces look outwards
    starts: list[tuple[int, int]] = []
    for (x, y, z), across_x, across_y in rings:
        starts.append((len(vertices), 1 if across_x <= 0.0 else sides))
        if across_x <= 0.0:
            vertices.append((x, y, z))
            continue
        for k in range(sides):
            angle = 2.0 * math.pi * (k + 0.5) / sides
            cos, sin = math.cos(angle), math.sin(angle)
            cos = math.copysign(abs(cos) ** power, cos)
            sin = math.copysign(abs(sin) ** power, sin)
            vertices.append((x + across_x * cos, y + across_y * sin, z))
    for (low, low_count), (high, high_count) in zip(starts[:-1], starts[1:], strict=True):
        for k in range(sides):
            n = (k + 1) % sides
            if low_count == sides:
                faces.append((low + k, low + n, high + (n if high_count == sides else 0)))
            if high_count == sides:
                faces.append((low + (k if low_count == sides else 0), high + n, high + k))
    for (start, count), top in ((starts[0], False), (starts[-1], True)):
        if count == sides:
            for k in range(1, sides - 1):
                faces.append((start, start + k, start + k + 1) if top else (start, start + k + 1, start + k))
    return mesh(vertices, faces, material, smooth=smooth)


def ball(centre: Vector, radii: Vector, material: Material, *, sides: int = 8, levels: int = 4) -> Part:
    """A low-poly ellipsoid."""
    rings: list[Ring] = []
    for k in range(levels + 1):
        angle = math.pi * k / levels - math.pi / 2.0
        across = math.cos(angle) if 0 < k < levels else 0.0
        rings.append(((centre[0], centre[1], centre[2] + radii[2] * math.sin(angle)), radii[0] * across, radii[1] * across))
    return loft(rings, material, sides=sides)


def limb(
    length: float, radii: Sequence[float], material: Material, *, sides: int = 8, start: float = 0.0, dome: float = 0.95
) -> Part:
    """A tapered, round-ended limb hanging from the origin along -z.

    Args:
        length: of the bone.
        radii: at equal steps from the upper to the lower joint.
        material: looks.
        sides: corners of each ring.
        start: where along the bone (metres) the surface begins, for sleeves that end or skin below them.
        dome: how far the upper end bulges over the joint, in radii.
    """
    first, last = radii[0], radii[-1]
    rings: list[Ring] = [
        ((0.0, 0.0, -start + first * dome), 0.0, 0.0),
        ((0.0, 0.0, -start + first * dome * 0.63), first * 0.75, first * 0.75),
    ]
    for k, radius in enumerate(radii):
        at = start + (length - start) * k / (len(radii) - 1)
        rings.append(((0.0, 0.0, -at), radius, radius))
    rings.append(((0.0, 0.0, -length - last * 0.6), last * 0.75, last * 0.75))
    rings.append(((0.0, 0.0, -length - last * 0.95), 0.0, 0.0))
    return loft(rings, material, sides=sides)


def tube(points: Sequence[Vector], radii: Sequence[float], material: Material, *, sides: int = 5) -> Part:
    """A bent round bar through points (a mouth, a brow, a spectacle frame), pointed at both ends."""
    vertices: list[Vector] = [points[0]]
    faces: list[Face] = []
    last = len(points) - 1
    for i in range(1, last):
        before, after = points[i - 1], points[i + 1]
        ahead = tuple(after[k] - before[k] for k in range(3))
        size = math.sqrt(sum(value * value for value in ahead))
        tx, ty, tz = (value / size for value in ahead)
        # Any vector off the bar's direction starts the frame; x serves face lines, z the rest.
        ux, uy, uz = (1.0, 0.0, 0.0) if abs(tx) < 0.8 else (0.0, 0.0, 1.0)
        vx, vy, vz = ty * uz - tz * uy, tz * ux - tx * uz, tx * uy - ty * ux
        size = math.sqrt(vx * vx + vy * vy + vz * vz)
        vx, vy, vz = vx / size, vy / size, vz / size
        wx, wy, wz = ty * vz - tz * vy, tz * vx - tx * vz, tx * vy - ty * vx
        for k in range(sides):
            angle = 2.0 * math.pi * k / sides
            a, b = radii[i] * math.cos(angle), radii[i] * math.sin(angle)
            x, y, z = points[i]
            vertices.append((x + a * vx + b * wx, y + a * vy + b * wy, z + a * vz + b * wz))
    vertices.append(points[-1])
    end = len(vertices) - 1
    for k in range(sides):
        n = (k + 1) % sides
        faces.append((0, 1 + n, 1 + k))
        for i in range(last - 2):
            a, b = 1 + i * sides, 1 + (i + 1) * sides
            faces += [(a + k, a + n, b + n), (a + k, b + n, b + k)]
        tail = 1 + (last - 2) * sides
        faces.append((end, tail + k, tail + n))
    return mesh(vertices, faces, material)


def slab(outline: Sequence[tuple[float, float]], front: float, back: float, material: Material) -> Part:
    """A flat plate facing x: ``outline`` are (y, z) corners, counter-clockwise seen from the front."""
    count = len(outline)
    vertices: list[Vector] = [(front, y, z) for y, z in outline] + [(back, y, z) for y, z in outline]
    faces: list[Face] = []
    for k in range(1, count - 1):
        faces.append((0, k, k + 1))
        faces.append((count, count + k + 1, count + k))
    for k in range(count):
        n = (k + 1) % count
        faces += [(k, count + k, count + n), (k, count + n, n)]
    return mesh(vertices, faces, material, smooth=False)


def merge(parts: Sequence[Part]) -> Part:
    """Several meshes of one material as one part: fewer things to draw and to name."""
    vertices: list[Vector] = []
    faces: list[Face] = []
    for part in parts:
        offset = len(vertices)
        vertices.extend(part.vertices)
        faces.extend((a + offset, b + offset, c + offset) for a, b, c in part.faces)
    return mesh(vertices, faces, parts[0].material, smooth=parts[0].smooth)
