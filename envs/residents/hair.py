"""Hair, beards and headdresses, in shares of the head's height (see :mod:`envs.residents.head` for the frame)."""

from __future__ import annotations

import math
from collections.abc import Callable

from envs.household.model import Material, Part, Vector
from envs.residents.head import scaled_ball, surface
from envs.residents.solids import Ring, colour, loft, merge, shaded, tube

HAIRS = ("bald", "short", "bob", "long", "bun", "curly", "afro", "ponytail", "headscarf", "turban")


def hairstyle(style: str, size: float, material: Material) -> tuple[Part, ...]:
    """Hair or headdress.

    Raises:
        ValueError: unknown style.
    """
    if style not in _STYLES:
        raise ValueError(f"expected hair among {', '.join(HAIRS)}; got {style!r}")
    return _STYLES[style](size, material)


def beard(size: float, material: Material) -> tuple[Part, ...]:
    """A full beard that leaves the mouth free, and a moustache."""
    rings: list[Ring] = []
    for x, z, depth, width in (
        (0.18, -0.12, 0.0, 0.0),
        (0.17, -0.09, 0.13, 0.12),
        (0.12, 0.0, 0.24, 0.24),
        (0.075, 0.11, 0.325, 0.30),
        (-0.03, 0.22, 0.30, 0.345),
        (-0.06, 0.36, 0.24, 0.385),
        (-0.08, 0.40, 0.1, 0.2),
    ):
        rings.append(((x * size, 0.0, z * size), depth * size, width * size))
    points = [(-0.15, 0.225), (-0.09, 0.262), (0.0, 0.268), (0.09, 0.262), (0.15, 0.225)]
    bar = tube(
        [((surface(y, z) + 0.015) * size, y * size, z * size) for y, z in points],
        [0.02 * size, 0.03 * size, 0.028 * size, 0.03 * size, 0.02 * size],
        material,
    )
    return (loft(rings, material, sides=12), bar)


def _rings(size: float, rows: tuple[tuple[float, float, float, float], ...]) -> list[Ring]:
    return [((x * size, 0.0, z * size), depth * size, width * size) for x, z, depth, width in rows]


_CROWN = ((-0.02, 0.75, 0.465, 0.43), (-0.03, 0.86, 0.40, 0.37), (-0.04, 0.97, 0.26, 0.25), (-0.04, 1.03, 0.0, 0.0))


def _cap(size: float, material: Material, below: tuple[tuple[float, float, float, float], ...]) -> Part:
    rows = (*below, *_CROWN)
    return loft(_rings(size, rows), material, sides=12 if len(rows) < 9 else 10)


def _bald(size: float, material: Material) -> tuple[Part, ...]:
    return ()


def _short(size: float, material: Material) -> tuple[Part, ...]:
    return (
        _cap(
            size,
            material,
            ((-0.22, 0.14, 0.12, 0.16), (-0.18, 0.22, 0.24, 0.32), (-0.17, 0.42, 0.30, 0.40), (-0.10, 0.60, 0.37, 0.425)),
        ),
    )


def _bob(size: float, material: Material) -> tuple[Part, ...]:
    below = (
        (-0.14, -0.10, 0.18, 0.3),
        (-0.15, -0.06, 0.30, 0.44),
        (-0.14, 0.20, 0.36, 0.475),
        (-0.12, 0.45, 0.38, 0.46),
        (-0.07, 0.62, 0.40, 0.44),
    )
    return (_cap(size, material, below), _fringe(size, material))


def _fringe(size: float, material: Material) -> Part:
    line = [(-0.36, 0.62), (-0.26, 0.70), (-0.05, 0.745), (0.18, 0.735), (0.36, 0.64)]
    points = [((surface(y, min(z, 0.9)) + 0.02) * size, y * size, z * size) for y, z in line]
    return tube(points, [0.05 * size, 0.065 * size, 0.07 * size, 0.06 * size, 0.05 * size], material)


def _long(size: float, material: Material) -> tuple[Part, ...]:
    below = (
        (-0.26, -0.52, 0.08, 0.2),
        (-0.27, -0.46, 0.15, 0.34),
        (-0.24, -0.15, 0.22, 0.43),
        (-0.18, 0.12, 0.32, 0.46),
        (-0.13, 0.42, 0.37, 0.45),
        (-0.07, 0.62, 0.40, 0.435),
    )
    return (_cap(size, material, below), _fringe(size, material))


def _bun(size: float, material: Material) -> tuple[Part, ...]:
    return (*_short(size, material), scaled_ball((-0.36, 0.0, 0.93), (0.19, 0.2, 0.19), material, size))


def _ponytail(size: float, material: Material) -> tuple[Part, ...]:
    rows = (
        (-0.56, -0.30, 0.0, 0.0),
        (-0.57, -0.18, 0.07, 0.08),
        (-0.60, 0.10, 0.12, 0.13),
        (-0.58, 0.45, 0.12, 0.13),
        (-0.48, 0.66, 0.12, 0.11),
        (-0.40, 0.74, 0.05, 0.06),
    )
    tie = scaled_ball((-0.46, 0.0, 0.68), (0.08, 0.1, 0.08), colour("#d9466f"), size, sides=6)
    return (*_short(size, material), loft(_rings(size, rows), material, sides=8), tie)


def _curls(size: float, material: Material, spots: tuple[Vector, ...], radius: float) -> Part:
    return merge([scaled_ball(spot, (radius,) * 3, material, size, sides=6, levels=3) for spot in spots])


def _curly(size: float, material: Material) -> tuple[Part, ...]:
    front = tuple((0.27 * math.cos(a), 0.36 * math.sin(a), 0.82) for a in (-1.9, -1.2, -0.4, 0.4, 1.2, 1.9))
    back = tuple((-0.12 + 0.34 * math.cos(a), 0.38 * math.sin(a), 0.54) for a in (2.0, 2.8, 3.5, 4.3))
    crown = ((0.12, 0.16, 0.96), (0.12, -0.16, 0.97), (-0.2, 0.0, 0.99), (-0.36, 0.2, 0.78), (-0.36, -0.2, 0.78))
    return (
        *_short(size, material),
        _curls(size, material, front, 0.17),
        _curls(size, material, back + crown[3:], 0.17),
        _curls(size, material, crown[:3], 0.18),
    )


def _afro(size: float, material: Material) -> tuple[Part, ...]:
    rows = (
        (-0.16, 0.02, 0.2, 0.3),
        (-0.18, 0.14, 0.38, 0.50),
        (-0.16, 0.40, 0.46, 0.60),
        (-0.10, 0.62, 0.50, 0.63),
        (-0.03, 0.76, 0.56, 0.62),
        (-0.03, 0.98, 0.52, 0.55),
        (-0.04, 1.17, 0.34, 0.36),
        (-0.04, 1.24, 0.0, 0.0),
    )
    return (loft(_rings(size, rows), material, sides=12),)


def _headscarf(size: float, material: Material) -> tuple[Part, ...]:
    below = (
        (-0.04, -0.44, 0.37, 0.53),
        (-0.02, -0.16, 0.33, 0.36),
        (0.00, -0.05, 0.33, 0.35),
        (-0.09, 0.06, 0.36, 0.41),
        (-0.13, 0.25, 0.39, 0.45),
        (-0.12, 0.50, 0.42, 0.455),
        (-0.06, 0.64, 0.43, 0.45),
    )
    hood = _cap(size, material, below)
    fold = shaded(material, 0.86)
    line = []
    for k in range(9):  # the rolled edge that frames the face
        angle = math.radians(-205.0 + 230.0 * k / 8.0)
        y, z = 0.335 * math.cos(angle), 0.40 - 0.355 * math.sin(angle)
        line.append(((0.2 + 0.26 * (1.0 - abs(y) / 0.36)) * size, y * size, z * size))
    return (hood, tube(line, [0.045 * size] * len(line), fold))


def _turban(size: float, material: Material) -> tuple[Part, ...]:
    rows = (
        (-0.12, 0.30, 0.2, 0.3),
        (-0.13, 0.40, 0.33, 0.41),
        (-0.06, 0.60, 0.42, 0.46),
        (-0.02, 0.70, 0.50, 0.48),
        (-0.03, 0.86, 0.50, 0.48),
        (-0.05, 1.00, 0.40, 0.40),
        (-0.06, 1.10, 0.20, 0.22),
        (-0.06, 1.13, 0.0, 0.0),
    )
    fold = shaded(material, 0.8)
    bands = []
    for sign in (-1.0, 1.0):
        points = [
            (0.44, sign * -0.06, 1.0),
            (0.475, sign * 0.02, 0.90),
            (0.43, sign * 0.22, 0.80),
            (0.25, sign * 0.43, 0.70),
            (-0.1, sign * 0.49, 0.62),
        ]
        line = [(x * size, y * size, z * size) for x, y, z in points]
        bands.append(tube(line, [0.045 * size] * len(line), fold))
    return (loft(_rings(size, rows), material, sides=12), merge(bands))


_STYLES: dict[str, Callable[[float, Material], tuple[Part, ...]]] = {
    "bald": _bald,
    "short": _short,
    "bob": _bob,
    "long": _long,
    "bun": _bun,
    "curly": _curly,
    "afro": _afro,
    "ponytail": _ponytail,
    "headscarf": _headscarf,
    "turban": _turban,
}
