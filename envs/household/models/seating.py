"""Things to sit and lie on: sofas, armchairs, chairs, benches, stools and beds."""

from __future__ import annotations

from envs.household.model import Model, Seat, Surface
from envs.household.models.materials import darker, fabric, wood
from envs.household.models.shapes import Mesh, cushion, cylinder, part, rounded


def _legs(x: float, y: float, height: float, radius: float = 0.022, splay: float = 6.0) -> list[Mesh]:
    """Four tapered legs, slightly splayed, under the corners of a rectangle."""
    return [
        cylinder(radius * 0.6, height, (sx * x, sy * y, height / 2), 7, (sy * splay, -sx * splay, 0), top=radius)
        for sx in (-1, 1)
        for sy in (-1, 1)
    ]


def sofa(colour: str = "sage", tone: str = "oak", accent: str = "mustard", seats: int = 3) -> Model:
    """A sofa with loose cushions on tapered legs; sitters face its front."""
    place = 0.62
    width = place * seats + 0.32
    middles = [place * (k - (seats - 1) / 2) for k in range(seats)]
    frame = [
        rounded((0.84, width - 0.04, 0.17), (0, 0, 0.215), 0.03),
        rounded((0.2, width - 0.2, 0.5), (-0.34, 0, 0.5), 0.06, (0, -7, 0)),
        *(rounded((0.86, 0.17, 0.46), (0, sy * (width / 2 - 0.085), 0.36), 0.06) for sy in (-1, 1)),
    ]
    cushions = [rounded((0.66, place - 0.015, 0.16), (0.09, y, 0.37), 0.05) for y in middles]
    cushions += [rounded((0.17, place - 0.02, 0.4), (-0.2, y, 0.62), 0.065, (0, -12, 0)) for y in middles]
    throw = cushion((0.36, 0.36, 0.16), (-0.07, -(width / 2 - 0.31), 0.62), (0, 70, 16))
    parts = (
        part(fabric(colour), *frame),
        part(fabric(darker(colour, 1.14)), *cushions),
        part(fabric(accent), throw),
        part(wood(tone), *_legs(0.34, width / 2 - 0.1, 0.14)),
    )
    return Model(
        "sofa",
        parts,
        (0.9, width),
        0.84,
        surfaces=(Surface("seat", (0.12, 0.0), (0.5, width - 0.4), 0.45),),
        seats=tuple(Seat(f"seat_{k + 1}", (0.14, y, 0.45)) for k, y in enumerate(middles)),
        reach=0.5,
    )


def armchair(colour: str = "terracotta", tone: str = "walnut") -> Model:
    """A lounge chair with a wooden frame and two thick cushions."""
    frame = [
        *_legs(0.3, 0.32, 0.3, 0.026, 8),
        *(rounded((0.7, 0.055, 0.045), (0.0, sy * 0.345, 0.56), 0.015) for sy in (-1, 1)),
        *(cylinder(0.02, 0.28, (sx * 0.29, sy * 0.345, 0.42), 7) for sx in (-1, 1) for sy in (-1, 1)),
        rounded((0.64, 0.7, 0.05), (0, 0, 0.29), 0.015),
    ]
    pads = [
        rounded((0.62, 0.6, 0.16), (0.04, 0, 0.385), 0.06),
        rounded((0.18, 0.6, 0.56), (-0.29, 0, 0.66), 0.07, (0, -14, 0)),
    ]
    return Model(
        "armchair",
        (part(wood(tone), *frame), part(fabric(colour), *pads)),
        (0.82, 0.78),
        0.94,
        surfaces=(Surface("seat", (0.06, 0.0), (0.42, 0.52), 0.465),),
        seats=(Seat("seat", (0.08, 0.0, 0.465)),),
        reach=0.5,
    )


def chair(colour: str = "mustard", tone: str = "oak") -> Model:
    """A desk chair with a curved back; the sitter faces its front."""
    frame = [
        *_legs(0.18, 0.18, 0.43, 0.02, 5),
        *(cylinder(0.015, 0.44, (-0.2, sy * 0.17, 0.64), 6, (0, -8, 0)) for sy in (-1, 1)),
    ]
    pads = [
        rounded((0.45, 0.45, 0.065), (0, 0, 0.445), 0.03),
        rounded((0.05, 0.2, 0.24), (-0.235, 0, 0.76), 0.024, (0, -8, 0)),
        *(rounded((0.05, 0.16, 0.23), (-0.212, sy * 0.15, 0.76), 0.024, (0, -8, -sy * 18)) for sy in (-1, 1)),
    ]
    return Model(
        "chair",
        (part(wood(tone), *frame), part(fabric(colour), *pads)),
        (0.5, 0.48),
        0.89,
        seats=(Seat("seat", (0.03, 0.0, 0.478)),),
        reach=0.5,
    )


def bench(colour: str = "mustard", tone: str = "oak", length: float = 1.5, seats: int = 3) -> Model:
    """A kitchen bench with a seat pad; sitters face its front, where the table stands."""
    frame = [
        rounded((0.38, length, 0.05), (0, 0, 0.405), 0.018),
        *(rounded((0.3, 0.06, 0.39), (0, sy * (length / 2 - 0.16), 0.195), 0.02, (sy * 4, 0, 0)) for sy in (-1, 1)),
        rounded((0.06, length - 0.34, 0.05), (0, 0, 0.16), 0.015),
    ]
    pad = rounded((0.35, length - 0.05, 0.05), (0, 0, 0.445), 0.022)
    step = (length - 0.1) / seats
    middles = [step * (k - (seats - 1) / 2) for k in range(seats)]
    return Model(
        "bench",
        (part(wood(tone), *frame), part(fabric(colour), pad)),
        (0.4, length),
        0.47,
        surfaces=(Surface("seat", (0.0, 0.0), (0.3, length - 0.1), 0.47),),
        seats=tuple(Seat(f"seat_{k + 1}", (0.02, y, 0.47)) for k, y in enumerate(middles)),
        reach=0.5,
    )


def stool(colour: str = "terracotta", tone: str = "oak") -> Model:
    """A round kitchen stool."""
    pad = cylinder(0.18, 0.06, (0, 0, 0.44), 12, bevel=0.02)
    return Model(
        "stool",
        (part(wood(tone), *_legs(0.12, 0.12, 0.42, 0.02, 8)), part(fabric(colour), pad)),
        (0.38, 0.38),
        0.47,
        surfaces=(Surface("top", (0.0, 0.0), (0.26, 0.26), 0.47),),
        seats=(Seat("seat", (0.0, 0.0, 0.47)),),
        reach=0.5,
    )


def pouf(colour: str = "mustard") -> Model:
    """A soft round footstool."""
    body = cylinder(0.27, 0.36, (0, 0, 0.18), 12, bevel=0.09)
    band = cylinder(0.274, 0.03, (0, 0, 0.18), 12)
    return Model(
        "pouf",
        (part(fabric(colour), body), part(fabric(darker(colour, 0.8)), band)),
        (0.55, 0.55),
        0.36,
        surfaces=(Surface("top", (0.0, 0.0), (0.26, 0.26), 0.36),),
        seats=(Seat("seat", (0.0, 0.0, 0.36)),),
        reach=0.4,
    )


def bed(
    colour: str = "sage", tone: str = "oak", accent: str = "mustard", sheet: str = "white", width: float = 1.6, wall: str = ""
) -> Model:
    """A double bed, headboard at the back, foot at the front; people sit on its long edges or its foot.

    ``wall`` names a side (``left`` or ``right``) that stands against a wall, where nobody can sit.
    """
    half = width / 2
    frame = [
        rounded((2.04, width, 0.16), (0.02, 0, 0.22), 0.03),
        rounded((0.07, width + 0.08, 0.98), (-1.02, 0, 0.49), 0.03),
        *(cylinder(0.03, 0.15, (x, sy * (half - 0.08), 0.075), 7) for x in (-0.9, 0.95) for sy in (-1, 1)),
    ]
    headboard = [rounded((0.07, width / 2 - 0.05, 0.5), (-0.965, sy * (width / 4 + 0.01), 0.7), 0.03) for sy in (-1, 1)]
    mattress = rounded((1.98, width - 0.06, 0.2), (0.03, 0, 0.39), 0.06)
    duvet = [rounded((1.36, width + 0.03, 0.2), (0.355, 0, 0.43), 0.06)]
    fold = rounded((0.22, width + 0.035, 0.06), (-0.28, 0, 0.525), 0.025)
    blanket = rounded((0.52, width + 0.06, 0.17), (0.62, 0, 0.46), 0.05)
    parts = (
        part(wood(tone), *frame),
        part(fabric(sheet), mattress, fold),
        part(fabric(colour), *duvet, *headboard),
        part(fabric(accent), blanket),
    )
    edge = half - 0.16
    seats = (
        Seat("left", (0.15, edge, 0.54), 90.0),
        Seat("right", (0.15, -edge, 0.54), -90.0),
        Seat("foot_left", (0.88, 0.32, 0.53), 0.0),
        Seat("foot_right", (0.88, -0.32, 0.53), 0.0),
    )
    return Model(
        "bed",
        parts,
        (2.12, width + 0.08),
        0.98,
        surfaces=(Surface("mattress", (-0.55, 0.0), (0.6, width - 0.3), 0.49),),
        seats=tuple(seat for seat in seats if seat.name != wall),
        reach=0.55,
    )


MODELS = {
    "sofa": sofa,
    "armchair": armchair,
    "chair": chair,
    "bench": bench,
    "stool": stool,
    "pouf": pouf,
    "bed": bed,
}
