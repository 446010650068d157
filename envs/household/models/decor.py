"""What makes a house a home: plants, rugs, curtains, pictures, a clock, a front door."""

from __future__ import annotations

import math

from envs.household.model import Material, Model, Part, Surface
from envs.household.models.materials import ceramic, darker, fabric, metal, paint, rgb, wood
from envs.household.models.shapes import (
    Mesh,
    box,
    cushion,
    cylinder,
    disc,
    dome,
    ellipsoid,
    lathe,
    leaf,
    part,
    rectangle,
    rounded,
    tube,
    upright,
)


def _pot(radius: float, height: float) -> Mesh:
    return lathe(
        [
            (0.0, 0.0),
            (radius * 0.72, 0.0),
            (radius, height),
            (radius * 0.88, height),
            (radius * 0.86, height - 0.03),
            (0.0, height - 0.03),
        ],
        sides=12,
    )


def _soil(radius: float, height: float) -> Part:
    return part(paint("soil"), cylinder(radius, 0.02, (0, 0, height), 10))


def plant(colour: str = "terracotta", foliage: str = "leaf", height: float = 1.1, leaves: int = 11) -> Model:
    """A tall pot plant with broad, upright leaves."""
    pot_height = 0.3
    blades, stems = [], []
    for k in range(leaves):
        around = 137.5 * k  # the golden angle, as leaves do
        share = k / max(1, leaves - 1)
        length = 0.31 - 0.07 * share
        z = pot_height + (height - pot_height - 0.3) * (0.2 + 0.8 * share)
        out = 0.05 * (1 - 0.5 * share)
        x, y = out * math.cos(math.radians(around)), out * math.sin(math.radians(around))
        blades.append(leaf(length, 0.17, (x, y, z), (0, -(56 + 16 * share), around), 0.4))
        stems.append(
            tube([(x * 0.4, y * 0.4, pot_height - 0.05), (x * 0.6, y * 0.6, (z + pot_height) / 2), (x, y, z + 0.01)], 0.008, 4)
        )
    parts = (
        part(ceramic(colour), _pot(0.18, pot_height)),
        part(paint(foliage), *blades),
        part(paint("moss"), *stems),
        _soil(0.15, pot_height - 0.02),
    )
    return Model("plant", parts, (0.4, 0.4), height, reach=0.5)


def small_plant(colour: str = "cream", foliage: str = "leaf") -> Model:
    """A small pot plant for a shelf or a table."""
    blades = [leaf(0.14, 0.055, (0, 0, 0.09), (0, -(35 + 25 * (k % 2)), 360.0 * k / 7), 0.6) for k in range(7)]
    return Model(
        "small_plant", (part(ceramic(colour), _pot(0.06, 0.1)), part(paint(foliage), *blades)), (0.2, 0.2), 0.22, reach=0.1
    )


def cactus(colour: str = "terracotta") -> Model:
    """A tall cactus in a pot."""
    body = [cylinder(0.09, 0.7, (0, 0, 0.6), 10, bevel=0.05)]
    for sy, z in ((1, 0.55), (-1, 0.68)):
        body += [
            cylinder(0.045, 0.16, (0, sy * 0.13, z), 8, (90, 0, 0)),
            cylinder(0.045, 0.26, (0, sy * 0.19, z + 0.1), 8, bevel=0.03),
        ]
    bloom = ellipsoid((0.04, 0.04, 0.03), (0, 0, 0.96), 8, 4)
    return Model(
        "cactus",
        (part(ceramic(colour), _pot(0.16, 0.28)), part(paint("forest"), *body), part(paint("coral"), bloom), _soil(0.13, 0.26)),
        (0.34, 0.5),
        0.98,
        reach=0.5,
    )


def hanging_plant(colour: str = "cream", foliage: str = "leaf") -> Model:
    """A trailing plant in a pot under the ceiling; its place is where its cord is fixed."""
    cords = [cylinder(0.003, 0.5, (0.05 * math.cos(a), 0.05 * math.sin(a), -0.25), 4) for a in (0.0, 2.1, 4.2)]
    pot = lathe([(0.0, -0.66), (0.07, -0.66), (0.11, -0.5), (0.095, -0.5), (0.0, -0.53)], sides=10)
    blades = []
    for k in range(12):
        around = 137.5 * k
        blades.append(
            leaf(
                0.26 + 0.05 * (k % 3),
                0.08,
                (0.08 * math.cos(math.radians(around)), 0.08 * math.sin(math.radians(around)), -0.5),
                (0, 30 - 40 * (k % 3 == 0), around),
                0.55,
            )
        )
    return Model(
        "hanging_plant",
        (part(ceramic(colour), pot), part(paint("stone"), *cords), part(paint(foliage), *blades)),
        (0.5, 0.5),
        0.0,
        walkable=True,
    )


def rug(colour: str = "sage", accent: str = "cream", length: float = 1.6, width: float = 2.2, pattern: str = "frame") -> Model:
    """A flat rug: ``frame``, ``stripes`` or ``round``."""
    if pattern == "round":
        discs = [
            cylinder(width / 2 * share, 0.008 + 0.002 * k, (0, 0, 0.004 + 0.001 * k), 24)
            for k, share in enumerate((1.0, 0.82, 0.7, 0.36))
        ]
        parts = (part(fabric(colour), discs[0], discs[2]), part(fabric(accent), discs[1], discs[3]))
        return Model("rug", parts, (width, width), 0.015, walkable=True)
    base = rounded((length, width, 0.01), (0, 0, 0.005), 0.004)
    if pattern == "stripes":
        count = 7
        lines = [
            box((length - 0.02, width / (2.6 * count), 0.004), (0, width * ((k + 0.5) / count - 0.5), 0.0105))
            for k in range(count)
        ]
    else:
        lines = []
        for inset, thick in ((0.1, 0.04), (0.2, 0.015)):
            lines += [box((thick, width - 2 * inset, 0.004), (sx * (length / 2 - inset), 0, 0.0105)) for sx in (-1, 1)]
            lines += [box((length - 2 * inset + thick, thick, 0.004), (0, sy * (width / 2 - inset), 0.0105)) for sy in (-1, 1)]
        lines += [box((0.26, 0.26, 0.004), (0, y, 0.0105), (0, 0, 45)) for y in (-width / 4, 0, width / 4)]
    return Model("rug", (part(fabric(colour), base), part(fabric(accent), *lines)), (length, width), 0.015, walkable=True)


def bath_mat(colour: str = "terracotta", accent: str = "cream") -> Model:
    """A fluffy mat with a border and fringes."""
    base = rounded((0.5, 0.8, 0.025), (0, 0, 0.0125), 0.012)
    bands = [box((0.44, 0.03, 0.004), (0, sy * y, 0.0255)) for sy in (-1, 1) for y in (0.27, 0.33)]
    fringe = [box((0.012, 0.05, 0.008), (-0.22 + 0.0489 * k, sy * 0.42, 0.006)) for k in range(10) for sy in (-1, 1)]
    return Model(
        "bath_mat", (part(fabric(colour), base), part(fabric(accent), *bands, *fringe)), (0.5, 0.9), 0.028, walkable=True
    )


def curtains(colour: str = "linen", trim: str = "brass", width: float = 1.5, drop: float = 1.5) -> Model:
    """A pair of curtains on a rod; its place is the middle of the rod on the wall."""
    rod = [cylinder(0.014, width + 0.7, (0.08, 0, 0), 7, (90, 0, 0))] + [
        ellipsoid((0.03, 0.03, 0.03), (0.08, sy * (width / 2 + 0.36), 0), 7, 5) for sy in (-1, 1)
    ]
    folds = []
    for sy in (-1, 1):
        for k in range(4):
            y = sy * (width / 2 + 0.3 - 0.1 * k)
            folds.append(cylinder(0.06, drop, (0.08 - 0.012 * (k % 2), y, -drop / 2 + 0.02), 6, top=0.05))
    ties = [rounded((0.14, 0.2, 0.05), (0.08, sy * (width / 2 + 0.15), -drop * 0.62), 0.02) for sy in (-1, 1)]
    return Model(
        "curtains",
        (part(metal(trim), *rod), part(fabric(colour), *folds), part(fabric(darker(colour, 0.82)), *ties)),
        (0.16, width + 0.7),
        0.05,
        walkable=True,
    )


def wall_clock(colour: str = "cream", rim: str = "walnut") -> Model:
    """A round clock showing ten past ten."""
    ring = cylinder(0.17, 0.03, (0.015, 0, 0), 18, (0, 90, 0))
    face = cylinder(0.148, 0.006, (0.032, 0, 0), 16, (0, 90, 0))
    marks = [
        box((0.004, 0.012, 0.03), (0.036, 0.122 * math.sin(a), 0.122 * math.cos(a)), (-math.degrees(a), 0, 0))
        for a in (0, math.pi / 2, math.pi, 1.5 * math.pi)
    ]
    hands = [
        box((0.004, 0.012, 0.08), (0.038, 0.036, 0.02), (-60, 0, 0)),
        box((0.004, 0.01, 0.11), (0.039, -0.047, 0.028), (60, 0, 0)),
    ]
    return Model(
        "wall_clock",
        (part(wood(rim), ring), part(paint(colour), face), part(paint("ink"), *marks, *hands)),
        (0.05, 0.34),
        0.17,
        walkable=True,
    )


def painting(style: str = "hills", frame: str = "oak", width: float = 0.7, height: float = 0.9) -> Model:
    """A picture on the wall: ``hills``, ``sea``, ``shapes`` or ``flower``."""
    rim = rounded((0.03, width, height), (0.015, 0, 0), 0.008)
    sheet = box((0.004, width - 0.08, height - 0.08), (0.031, 0, 0))
    w, h = width / 2 - 0.08, height / 2 - 0.08

    # In the picture's plane: to the viewer's right, and up; ``lift`` keeps figures from lying in the same plane.
    def figure(outline: list[tuple[float, float]], lift: float) -> Mesh:
        return upright(outline, 0.034 + lift)

    petals = [(0.3, 0.1), (1.56, 0.1), (2.8, 0.1), (4.1, 0.1), (5.3, 0.1)]
    sets: dict[str, list[tuple[str, list[Mesh]]]] = {
        "hills": [
            ("mustard", [figure(disc(0.1, 0.16, 0.1, 14), 0)]),
            ("sage", [figure(dome(-0.12, -h, 0.3, 0.36, -w, w), 0.002)]),
            ("forest", [figure(dome(0.2, -h, 0.26, 0.24, -w, w), 0.004)]),
        ],
        "sea": [
            ("coral", [figure(disc(0.05, 0.04, 0.11, 14), 0)]),
            ("navy", [figure(rectangle(-w, -h, w, 0.02), 0.002)]),
            (
                "white",
                [
                    figure(rectangle(-0.17 + x, z, 0.05 + x, z + 0.02), 0.004)
                    for x, z in ((0, -0.06), (0.1, -0.15), (0.2, -0.24))
                ],
            ),
        ],
        "shapes": [
            ("terracotta", [figure(disc(-0.08, 0.14, 0.13, 14), 0)]),
            ("teal", [figure(rectangle(0.04, -0.24, 0.2, 0.12), 0.002)]),
            ("mustard", [figure(disc(0.06, -0.2, 0.1, 14), 0.004)]),
        ],
        "flower": [
            (
                "moss",
                [
                    figure(rectangle(-0.012, -h, 0.012, 0.0), 0),
                    figure([(0.0, -0.2), (0.1, -0.14), (0.16, -0.04), (0.06, -0.1)], 0.001),
                ],
            ),
            (
                "coral",
                [
                    figure(disc(0.085 * math.cos(a), z + 0.085 * math.sin(a), 0.06, 10), 0.002 + 0.001 * k)
                    for k, (a, z) in enumerate(petals)
                ],
            ),
            ("honey", [figure(disc(0.0, 0.1, 0.05, 12), 0.008)]),
        ],
    }
    if style not in sets:
        raise ValueError(f"expected a painting among {', '.join(sets)}; got {style!r}")
    parts = [part(wood(frame), rim), part(paint("cream"), sheet)] + [
        part(paint(colour), *solids) for colour, solids in sets[style]
    ]
    return Model("painting", tuple(parts), (0.04, width), height / 2, walkable=True)


def front_door(colour: str = "forest", trim: str = "brass") -> Model:
    """The closed door to the outside, in its frame, on an outer wall."""
    frame = [rounded((0.05, 0.07, 2.12), (0.02, sy * 0.485, 1.06), 0.01) for sy in (-1, 1)] + [
        rounded((0.05, 1.04, 0.07), (0.02, 0, 2.1), 0.01)
    ]
    slab = rounded((0.04, 0.9, 2.06), (0.02, 0, 1.03), 0.01)
    panels = [
        rounded((0.014, 0.32, tall), (0.042, sy * 0.2, z), 0.006) for sy in (-1, 1) for tall, z in ((0.66, 0.48), (0.8, 1.44))
    ]
    handle = [
        ellipsoid((0.032, 0.032, 0.032), (0.08, -0.38, 1.0), 8, 5),
        cylinder(0.014, 0.05, (0.055, -0.38, 1.0), 6, (0, 90, 0)),
    ]
    parts = (
        part(paint("white"), *frame),
        part(paint(colour), slab),
        part(paint(darker(colour, 1.15)), *panels),
        part(metal(trim), *handle),
    )
    return Model("front_door", parts, (0.08, 1.04), 2.14, walkable=True)


def coat_rack(tone: str = "oak", first: str = "mustard", second: str = "navy") -> Model:
    """Pegs on the wall with a coat, a scarf and a bag."""
    board = rounded((0.025, 0.8, 0.1), (0.0125, 0, 0), 0.008)
    pegs = [cylinder(0.014, 0.08, (0.06, y, 0), 6, (0, 90, 0)) for y in (-0.28, -0.1, 0.1, 0.28)]
    coat = [rounded((0.1, 0.3, 0.66), (0.08, 0.2, -0.36), 0.04, (180, 0, 0), 0.7)]
    bag = [
        rounded((0.1, 0.26, 0.26), (0.07, -0.22, -0.44), 0.04),
        box((0.01, 0.02, 0.32), (0.06, -0.14, -0.18), (14, 0, 0)),
        box((0.01, 0.02, 0.32), (0.06, -0.3, -0.18), (-14, 0, 0)),
    ]
    return Model(
        "coat_rack",
        (part(wood(tone), board, *pegs), part(fabric(first), *coat), part(fabric(second), *bag)),
        (0.16, 0.8),
        0.05,
        walkable=True,
    )


def pendant(colour: str = "mustard", cord: float = 0.7) -> Model:
    """A lamp shade that hangs from the ceiling; its place is where its cord is fixed."""
    line = cylinder(0.006, cord, (0, 0, -cord / 2), 4)
    shade = lathe([(0.2, -cord - 0.16), (0.17, -cord - 0.06), (0.05, -cord), (0.0, -cord)], sides=14, sharp=80)
    inner = lathe([(0.0, -cord - 0.02), (0.16, -cord - 0.08), (0.195, -cord - 0.16)], sides=10)
    inner = Mesh(inner.vertices, inner.faces[:, ::-1])
    bulb = ellipsoid((0.05, 0.05, 0.05), (0, 0, -cord - 0.1), 8, 5)
    return Model(
        "pendant",
        (part(paint("charcoal"), line), part(paint(colour), shade), part(paint("white"), inner, bulb)),
        (0.4, 0.4),
        0.0,
        walkable=True,
    )


def record_cabinet(tone: str = "walnut", colour: str = "cream") -> Model:
    """A low cabinet full of records with a record player on it (decoration; its front has a free end)."""
    body = [rounded((0.42, 1.1, 0.03), (0, 0, 0.575), 0.01), rounded((0.42, 1.1, 0.03), (0, 0, 0.165), 0.01)]
    body += [rounded((0.42, 0.03, 0.42), (0, y, 0.37), 0.01) for y in (-0.535, 0.0, 0.535)] + [
        box((0.02, 1.08, 0.4), (-0.195, 0, 0.37))
    ]
    body += [cylinder(0.014, 0.16, (sx * 0.16, sy * 0.46, 0.08), 7, top=0.022) for sx in (-1, 1) for sy in (-1, 1)]
    sleeves: list[Mesh] = [box((0.32, 0.03, 0.32), (-0.01, -0.49 + 0.075 * k, 0.34)) for k in range(6)]
    others = [box((0.32, 0.036, 0.32), (-0.01, -0.452 + 0.075 * k, 0.34)) for k in range(6)]
    player = rounded((0.34, 0.42, 0.08), (0, -0.26, 0.63), 0.015)
    record = [cylinder(0.15, 0.012, (0, -0.28, 0.676), 16), cylinder(0.006, 0.2, (-0.02, -0.1, 0.7), 5, (90, 0, 20))]
    label = cylinder(0.05, 0.014, (0, -0.28, 0.677), 10)
    parts = (
        part(wood(tone), *body, player),
        part(paint("terracotta"), *sleeves, label),
        part(paint("teal"), *others),
        part(paint("ink", shine=0.4), *record),
    )
    return Model(
        "record_cabinet", parts, (0.44, 1.1), 0.59, surfaces=(Surface("top", (0.0, 0.27), (0.38, 0.48), 0.59),), reach=0.6
    )


def basket(colour: str = "sand", cloth: str = "sage") -> Model:
    """A woven basket with a blanket hanging over its rim."""
    body = lathe([(0.0, 0.0), (0.15, 0.0), (0.2, 0.14), (0.205, 0.28), (0.185, 0.28), (0.17, 0.2), (0.0, 0.2)], sides=14)
    rims = [
        lathe([(0.19, 0.255), (0.215, 0.262), (0.215, 0.288), (0.185, 0.292)], sides=14),
        lathe([(0.205, 0.12), (0.212, 0.13), (0.212, 0.15), (0.203, 0.16)], sides=14),
    ]
    blanket = [cushion((0.3, 0.32, 0.16), (0, 0, 0.27)), rounded((0.03, 0.2, 0.18), (0.212, 0.02, 0.22), 0.012, (0, 6, 0))]
    parts = (part(paint(colour), body), part(paint(darker(colour, 0.8)), *rims), part(fabric(cloth), *blanket))
    return Model("basket", parts, (0.46, 0.44), 0.36, reach=0.4)


def display_shelf(tone: str = "oak", accent: str = "terracotta", foliage: str = "leaf") -> Model:
    """A wall shelf with a few books, a vase and a trailing plant (decoration; nothing else fits on it)."""
    board = rounded((0.2, 0.9, 0.03), (0.1, 0, 0), 0.01)
    books = [
        box((0.15, 0.035, height), (0.1, 0.4 - 0.04 * k, 0.015 + height / 2), (0, 0, 0))
        for k, height in enumerate((0.22, 0.2, 0.24, 0.18))
    ]
    vase = lathe([(0.0, 0.0), (0.035, 0.0), (0.055, 0.06), (0.02, 0.13), (0.028, 0.16), (0.0, 0.15)], (0.1, 0.06, 0.015), 10)
    pot = lathe([(0.0, 0.0), (0.045, 0.0), (0.06, 0.09), (0.0, 0.08)], (0.1, -0.28, 0.015), 9)
    blades = [leaf(0.2, 0.06, (0.1, -0.28, 0.09), (0, -(15 + 30 * (k % 2)), -75.0 + 25 * k), 0.9) for k in range(7)]
    parts = (
        part(wood(tone), board),
        part(paint("navy"), books[0], books[3]),
        part(paint(accent), books[1], vase),
        part(paint("cream"), books[2], pot),
        part(paint(foliage), *blades),
    )
    return Model("display_shelf", parts, (0.22, 0.9), 0.26, walkable=True)


def splashback(colour: str = "white", width: float = 1.2, height: float = 0.55) -> Model:
    """Tiles on the wall above a worktop or around a tub."""
    sheet = box((0.012, width, height), (0.006, 0, height / 2))
    tiles = Material((*rgb(colour), 1.0), texture="tiles", repeat=1.4, shininess=0.5, specular=0.2)
    return Model("splashback", (part(tiles, sheet),), (0.012, width), height, walkable=True)


MODELS = {
    "plant": plant,
    "small_plant": small_plant,
    "cactus": cactus,
    "hanging_plant": hanging_plant,
    "rug": rug,
    "bath_mat": bath_mat,
    "curtains": curtains,
    "wall_clock": wall_clock,
    "painting": painting,
    "front_door": front_door,
    "coat_rack": coat_rack,
    "pendant": pendant,
    "record_cabinet": record_cabinet,
    "basket": basket,
    "display_shelf": display_shelf,
    "splashback": splashback,
}
