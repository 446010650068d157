"""Heads: skull, face features that move, and hair, in shares of the head's height.

The head's frame starts at the joint on which it nods, at chin height; x is to the front. Features (brows, lids, mouths,
tears) are segments of their own: motion slopes, droops and swaps them, so a mood shows in the face.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from envs.household.model import Material, Part, Vector
from envs.residents.solids import Face, Ring, ball, colour, loft, merge, mesh, moved, tube

# Centre to the front, height, half depth, half width.
_SKULL = (
    (0.16, -0.03, 0.0, 0.0), (0.15, 0.0, 0.13, 0.13), (0.08, 0.12, 0.285, 0.26), (0.04, 0.28, 0.37, 0.335),
    (0.02, 0.46, 0.42, 0.375), (0.0, 0.64, 0.43, 0.385), (-0.01, 0.80, 0.37, 0.34), (-0.02, 0.93, 0.22, 0.21),
    (-0.02, 0.98, 0.0, 0.0),
)  # fmt: skip
_EYE = (0.335, 0.155, 0.46)
_EYE_RADIUS = 0.086
_BROW = (0.425, 0.155, 0.605)
_MOUTH = (0.0, 0.0, 0.185)

SKINS = {
    "porcelain": "#f6d7c3",
    "light": "#eec1a0",
    "olive": "#d6a27a",
    "tan": "#c0855a",
    "brown": "#93603f",
    "deep": "#64402c",
}
HAIRS = ("bald", "short", "bob", "long", "bun", "curly", "afro", "ponytail", "headscarf", "turban")


def surface(y: float, z: float) -> float:
    """How far to the front the face reaches at ``(y, z)``."""
    for (x0, z0, depth0, width0), (x1, z1, depth1, width1) in zip(_SKULL[:-1], _SKULL[1:], strict=True):
        if z0 <= z <= z1:
            t = (z - z0) / (z1 - z0)
            centre, depth, width = x0 + t * (x1 - x0), depth0 + t * (depth1 - depth0), width0 + t * (width1 - width0)
            return centre + depth * math.sqrt(max(1.0 - (y / max(width, 1e-6)) ** 2, 0.0))
    raise ValueError(f"expected a height on the face, from {_SKULL[0][1]} to {_SKULL[-1][1]}, got {z}")


def skull(size: float, skin: Material, *, ears: bool) -> tuple[Part, ...]:
    """Skull, nose and ears; ``size`` is the head's height in metres."""
    rings: list[Ring] = [((x * size, 0.0, z * size), depth * size, width * size) for x, z, depth, width in _SKULL]
    flush = Material((min(skin.colour[0] * 1.0, 1.0), skin.colour[1] * 0.95, skin.colour[2] * 0.93, 1.0), shininess=0.1, specular=0.05)
    parts = [_scaled_ball((0.435, 0.0, 0.33), (0.055, 0.045, 0.06), flush, size, sides=6, levels=4)]
    if ears:
        both = [_scaled_ball((-0.02, side * 0.385, 0.40), (0.06, 0.035, 0.095), flush, size, sides=6) for side in (-1.0, 1.0)]
        parts.append(merge(both))
    return (loft(rings, skin, sides=12), *parts)


def eyes(size: float) -> tuple[Part, ...]:
    """Whites, irises and the glint that makes them look alive."""
    white, dark = colour("#fbfaf7", emission=0.12), colour("#2a1a12", shininess=0.6)
    glint = colour("#ffffff", emission=0.6)
    x, y, z = _EYE
    whites = [_scaled_ball((x, side * y, z), (_EYE_RADIUS,) * 3, white, size, sides=8, levels=5) for side in (-1.0, 1.0)]
    irises = [_scaled_ball((x + 0.052, side * (y - 0.012), z), (0.04, 0.05, 0.056), dark, size, sides=8) for side in (-1.0, 1.0)]
    glints = [_scaled_ball((x + 0.088, side * (y - 0.012) - 0.016, z + 0.022), (0.008, 0.013, 0.013), glint, size, sides=4, levels=3)
              for side in (-1.0, 1.0)]  # fmt: skip
    return (merge(whites), merge(irises), merge(glints))


def features(size: float, skin: Material, brow: Material) -> dict[str, tuple[Vector, tuple[Part, ...]]]:
    """Moving features by segment name: where they sit in the head's frame, metres, and what they are made of."""
    lid = Material((skin.colour[0] * 0.86, skin.colour[1] * 0.8, skin.colour[2] * 0.78, 1.0), shininess=0.1, specular=0.0)
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


def beard(size: float, hair: Material) -> tuple[Part, ...]:
    """A full beard that leaves the mouth free, and a moustache."""
    rings: list[Ring] = []
    for x, z, depth, width in ((0.18, -0.12, 0.0, 0.0), (0.17, -0.09, 0.13, 0.12), (0.12, 0.0, 0.24, 0.24), (0.075, 0.11, 0.325, 0.30),
                               (-0.03, 0.22, 0.30, 0.345), (-0.06, 0.36, 0.24, 0.385), (-0.08, 0.40, 0.1, 0.2)):  # fmt: skip
        rings.append(((x * size, 0.0, z * size), depth * size, width * size))
    points = [(-0.15, 0.225), (-0.09, 0.262), (0.0, 0.268), (0.09, 0.262), (0.15, 0.225)]
    bar = tube([((surface(y, z) + 0.015) * size, y * size, z * size) for y, z in points],
               [0.02 * size, 0.03 * size, 0.028 * size, 0.03 * size, 0.02 * size], hair)  # fmt: skip
    return (loft(rings, hair, sides=12), bar)


def glasses(size: float) -> tuple[Part, ...]:
    """Round spectacles."""
    frame = colour("#1f2328", shininess=0.5)
    x, y, z = _EYE
    front = x + 0.125
    rims = [_rim((front * size, side * y * size, z * size), 0.125 * size, 0.1 * size, 0.022 * size, frame) for side in (-1.0, 1.0)]
    bridge = tube([(front * size, a * size, (z + 0.03) * size) for a in (-0.06, -0.03, 0.03, 0.06)], [0.014 * size] * 4, frame)
    temples = [tube([(a * size, side * b * size, z * size) for a, b in ((front, 0.265), (0.36, 0.30), (0.1, 0.405), (-0.06, 0.40))],
                    [0.014 * size] * 4, frame) for side in (-1.0, 1.0)]  # fmt: skip
    return (merge(rims), merge([bridge, *temples]))


def hair(style: str, size: float, material: Material) -> tuple[Part, ...]:
    """Hair or headdress.

    Raises:
        ValueError: unknown style.
    """
    if style not in _STYLES:
        raise ValueError(f"expected hair among {', '.join(HAIRS)}; got {style!r}")
    return _STYLES[style](size, material)


# ---------------------------------------------------------------- features


def _scaled_ball(centre: Vector, radii: Vector, material: Material, size: float, *, sides: int = 8, levels: int = 4) -> Part:
    return ball((centre[0] * size, centre[1] * size, centre[2] * size), (radii[0] * size, radii[1] * size, radii[2] * size),
                material, sides=sides, levels=levels)  # fmt: skip


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
        line.append((half * t, _MOUTH[2] + rise * (t * t - 0.5)))
    return line


def _patch(size: float, upper: list[tuple[float, float]], lower: list[tuple[float, float]], out: float, material: Material) -> Part:
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
        "grin": (_patch(size, top, bottom, 0.012, hollow), _patch(size, [(y * 0.9, z - 0.004) for y, z in top], tooth, 0.02, teeth)),
        "neutral": (_arc(size, _curve(0.085, 0.006), rim, lip),),
        "frown": (_arc(size, _curve(0.12, -0.08), rim, lip),),
        "grimace": (_patch(size, over, under, 0.012, hollow), _patch(size, edge, bite, 0.02, teeth)),
    }


def _tears(size: float) -> Part:
    wet = colour("#7cc6f2", shininess=0.9, specular=0.6, emission=0.25)
    drops = []
    for side, y, z in ((-1.0, 0.185, 0.315), (1.0, 0.175, 0.255)):
        drops.append(_scaled_ball((surface(y, z) + 0.005, side * y, z), (0.022, 0.03, 0.058), wet, size, sides=6))
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


# ---------------------------------------------------------------- hair


def _rings(size: float, rows: tuple[tuple[float, float, float, float], ...]) -> list[Ring]:
    return [((x * size, 0.0, z * size), depth * size, width * size) for x, z, depth, width in rows]


_CROWN = ((-0.02, 0.75, 0.465, 0.43), (-0.03, 0.86, 0.40, 0.37), (-0.04, 0.97, 0.26, 0.25), (-0.04, 1.03, 0.0, 0.0))


def _cap(size: float, material: Material, below: tuple[tuple[float, float, float, float], ...]) -> Part:
    return loft(_rings(size, (*below, *_CROWN)), material, sides=12)


def _bald(size: float, material: Material) -> tuple[Part, ...]:
    return ()


def _short(size: float, material: Material) -> tuple[Part, ...]:
    return (_cap(size, material, ((-0.22, 0.14, 0.12, 0.16), (-0.18, 0.22, 0.24, 0.32), (-0.17, 0.42, 0.30, 0.40), (-0.10, 0.60, 0.37, 0.425))),)


def _bob(size: float, material: Material) -> tuple[Part, ...]:
    below = ((-0.14, -0.10, 0.18, 0.3), (-0.15, -0.06, 0.30, 0.44), (-0.14, 0.20, 0.36, 0.475), (-0.12, 0.45, 0.38, 0.46), (-0.07, 0.62, 0.40, 0.44))
    return (_cap(size, material, below), _fringe(size, material))


def _fringe(size: float, material: Material) -> Part:
    line = [(-0.36, 0.62), (-0.26, 0.70), (-0.05, 0.745), (0.18, 0.735), (0.36, 0.64)]
    points = [((surface(y, min(z, 0.9)) + 0.02) * size, y * size, z * size) for y, z in line]
    return tube(points, [0.05 * size, 0.065 * size, 0.07 * size, 0.06 * size, 0.05 * size], material)


def _long(size: float, material: Material) -> tuple[Part, ...]:
    below = ((-0.26, -0.52, 0.08, 0.2), (-0.27, -0.46, 0.15, 0.34), (-0.24, -0.15, 0.22, 0.43), (-0.18, 0.12, 0.32, 0.46),
             (-0.13, 0.42, 0.37, 0.45), (-0.07, 0.62, 0.40, 0.435))  # fmt: skip
    return (_cap(size, material, below), _fringe(size, material))


def _bun(size: float, material: Material) -> tuple[Part, ...]:
    return (*_short(size, material), _scaled_ball((-0.36, 0.0, 0.93), (0.19, 0.2, 0.19), material, size))


def _ponytail(size: float, material: Material) -> tuple[Part, ...]:
    rows = ((-0.56, -0.30, 0.0, 0.0), (-0.57, -0.18, 0.07, 0.08), (-0.60, 0.10, 0.12, 0.13), (-0.58, 0.45, 0.12, 0.13), (-0.48, 0.66, 0.12, 0.11),
            (-0.40, 0.74, 0.05, 0.06))  # fmt: skip
    tie = _scaled_ball((-0.46, 0.0, 0.68), (0.08, 0.1, 0.08), colour("#d9466f"), size, sides=6)
    return (*_short(size, material), loft(_rings(size, rows), material, sides=8), tie)


def _curls(size: float, material: Material, spots: tuple[Vector, ...], radius: float) -> Part:
    return merge([_scaled_ball(spot, (radius,) * 3, material, size, sides=6, levels=3) for spot in spots])


def _curly(size: float, material: Material) -> tuple[Part, ...]:
    front = tuple((0.27 * math.cos(a), 0.36 * math.sin(a), 0.82) for a in (-1.9, -1.2, -0.4, 0.4, 1.2, 1.9))
    back = tuple((-0.12 + 0.34 * math.cos(a), 0.38 * math.sin(a), 0.54) for a in (2.0, 2.8, 3.5, 4.3))
    crown = ((0.12, 0.16, 0.96), (0.12, -0.16, 0.97), (-0.2, 0.0, 0.99), (-0.36, 0.2, 0.78), (-0.36, -0.2, 0.78))
    return (*_short(size, material), _curls(size, material, front, 0.17), _curls(size, material, back + crown[3:], 0.17),
            _curls(size, material, crown[:3], 0.18))  # fmt: skip


def _afro(size: float, material: Material) -> tuple[Part, ...]:
    rows = ((-0.16, 0.02, 0.2, 0.3), (-0.18, 0.14, 0.38, 0.50), (-0.16, 0.40, 0.46, 0.60), (-0.10, 0.62, 0.50, 0.63), (-0.03, 0.76, 0.56, 0.62),
            (-0.03, 0.98, 0.52, 0.55), (-0.04, 1.17, 0.34, 0.36), (-0.04, 1.24, 0.0, 0.0))  # fmt: skip
    return (loft(_rings(size, rows), material, sides=12),)


def _headscarf(size: float, material: Material) -> tuple[Part, ...]:
    below = ((-0.04, -0.46, 0.34, 0.52), (-0.04, -0.36, 0.37, 0.50), (-0.02, -0.16, 0.33, 0.36), (0.00, -0.05, 0.33, 0.35),
             (-0.09, 0.06, 0.36, 0.41), (-0.13, 0.25, 0.39, 0.45), (-0.12, 0.50, 0.42, 0.455), (-0.06, 0.64, 0.43, 0.45))  # fmt: skip
    hood = loft(_rings(size, (*below, *_CROWN)), material, sides=12)
    fold = Material(tuple(min(1.0, c * 0.86) for c in material.colour[:3]) + (1.0,), shininess=0.1, specular=0.05)  # type: ignore[arg-type]
    line = []
    for k in range(9):  # the rolled edge that frames the face
        angle = math.radians(-205.0 + 230.0 * k / 8.0)
        y, z = 0.335 * math.cos(angle), 0.40 - 0.355 * math.sin(angle)
        line.append(((0.2 + 0.26 * (1.0 - abs(y) / 0.36)) * size, y * size, z * size))
    return (hood, tube(line, [0.045 * size] * len(line), fold))


def _turban(size: float, material: Material) -> tuple[Part, ...]:
    rows = ((-0.12, 0.30, 0.2, 0.3), (-0.13, 0.40, 0.33, 0.41), (-0.06, 0.60, 0.42, 0.46), (-0.02, 0.70, 0.50, 0.48), (-0.03, 0.86, 0.50, 0.48),
            (-0.05, 1.00, 0.40, 0.40), (-0.06, 1.10, 0.20, 0.22), (-0.06, 1.13, 0.0, 0.0))  # fmt: skip
    fold = Material((material.colour[0] * 0.8, material.colour[1] * 0.8, material.colour[2] * 0.8, 1.0), shininess=0.1, specular=0.05)
    bands = []
    for sign in (-1.0, 1.0):
        points = [(0.44, sign * -0.06, 1.0), (0.475, sign * 0.02, 0.90), (0.43, sign * 0.22, 0.80), (0.25, sign * 0.43, 0.70), (-0.1, sign * 0.49, 0.62)]
        line = [(x * size, y * size, z * size) for x, y, z in points]
        bands.append(tube(line, [0.045 * size] * len(line), fold))
    return (loft(_rings(size, rows), material, sides=12), merge(bands))


_STYLES: dict[str, Callable[[float, Material], tuple[Part, ...]]] = {
    "bald": _bald, "short": _short, "bob": _bob, "long": _long, "bun": _bun, "curly": _curly, "afro": _afro,
    "ponytail": _ponytail, "headscarf": _headscarf, "turban": _turban,
}  # fmt: skip
__all__ = ["HAIRS", "SKINS", "beard", "eyes", "features", "glasses", "hair", "moved", "skull", "surface"]
