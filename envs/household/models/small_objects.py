"""What a hand can carry: dishes, food, paper, books, boxes, pillows, candles.

Objects are a little larger and brighter than life, so that they can be told apart in a small picture.
"""

from __future__ import annotations

from envs.household.model import Container, Light, Material, Model, Part
from envs.household.models.materials import ceramic, darker, fabric, glass, glow, metal, paint, wood
from envs.household.models.shapes import Mesh, arc, box, cushion, cylinder, ellipsoid, lathe, part, prism, rounded, tube

_STEAM = glow("white", 0.5, 0.55)
_FROST = glow("#d8f1fb", 0.3, 0.75)


def _steam(height: float, spread: float = 0.03) -> Part:
    """Wisps that rise from something hot."""
    wisps = []
    for k in (-1, 0, 1):
        path = [
            (0.008 * (i % 2) * (1 if k else -1), spread * k + 0.012 * (-1) ** i, height + 0.03 * i + 0.01 * (k == 0))
            for i in range(5)
        ]
        wisps.append(tube(path, [0.003, 0.008, 0.009, 0.007, 0.002], 5))
    return part(_STEAM, *wisps, shown="hot")


def _snowflake(at: tuple[float, float, float], size: float) -> list[Mesh]:
    """Three crossed bars, upright, facing the front."""
    return [box((0.008, 2 * size, 0.012), at, (60.0 * k, 0, 0)) for k in range(3)]


def _frost(radius: float, height: float) -> Part:
    """A band of frost with a snowflake above it, on something chilled."""
    band = lathe(
        [(radius, 0.15 * height), (radius + 0.008, 0.3 * height), (radius + 0.008, 0.6 * height), (radius, 0.75 * height)],
        sides=12,
    )
    return part(_FROST, band, *_snowflake((0, 0, height + 0.07), 0.032), shown="chilled")


def _vessel(radius: float, height: float, foot: float, wall: float = 0.006, sides: int = 12) -> Mesh:
    """An open vessel."""
    profile = [
        (0.0, 0.0),
        (foot, 0.0),
        (radius, height * 0.35),
        (radius, height),
        (radius - wall, height),
        (radius - wall, 0.012),
        (0.0, 0.012),
    ]
    return lathe(profile, sides=sides)


def mug(colour: str = "mustard") -> Model:
    """A mug with a handle and a stripe; shows water, steam and frost."""
    radius, height = 0.05, 0.115
    body = _vessel(radius, height, 0.042)
    handle = arc((0, radius - 0.004, 0.06), 0.032, -80, 80, 0.009, "yz", 5)
    stripe = lathe([(radius + 0.001, 0.068), (radius + 0.002, 0.07), (radius + 0.002, 0.09), (radius + 0.001, 0.092)], sides=12)
    parts = (
        part(ceramic(colour), body, handle),
        part(ceramic("cream"), stripe),
        part(glow("water", 0.25), cylinder(radius - 0.006, 0.008, (0, 0, height - 0.014), 10), shown="water"),
        part(paint("coffee"), cylinder(radius - 0.006, 0.008, (0, 0, height - 0.014), 10), shown="coffee"),
        _steam(height),
        _frost(radius, height),
    )
    return Model("mug", parts, (0.11, 0.15), height, portable=True, holds_liquid=True, reach=0.06)


def waterglass(colour: str = "sky") -> Model:
    """A drinking glass; shows the water in it."""
    radius, height = 0.044, 0.14
    body = lathe([(0.0, 0.0), (0.034, 0.0), (radius, height), (radius - 0.004, height), (0.03, 0.012), (0.0, 0.012)], sides=12)
    water = cylinder(0.033, 0.1, (0, 0, 0.063), 10, top=0.039)
    parts = (
        part(glow("#3fa7e0", 0.4, 0.85), water, shown="water"),
        part(glass(colour, 0.4), body),
        _steam(height),
        _frost(radius, height),
    )
    return Model("waterglass", parts, (0.1, 0.1), height, portable=True, holds_liquid=True, reach=0.07)


def coffee_cup(colour: str = "white", saucer: str = "teal") -> Model:
    """A coffee cup on its saucer; shows the coffee in it."""
    height = 0.085
    plate = lathe([(0.0, 0.0), (0.045, 0.0), (0.075, 0.014), (0.072, 0.017), (0.0, 0.008)], sides=14)
    bowl = lathe([(0.0, 0.01), (0.028, 0.01), (0.05, 0.045), (0.052, height), (0.046, height), (0.0, 0.04)], sides=12)
    handle = arc((0, 0.046, 0.055), 0.02, -85, 85, 0.006, "yz", 5)
    liquid = cylinder(0.046, 0.006, (0, 0, height - 0.011), 10)
    parts = (
        part(ceramic(saucer), plate),
        part(ceramic(colour), bowl, handle),
        part(paint("coffee"), liquid, shown="coffee"),
        part(glow("water", 0.25), liquid, shown="water"),
        _steam(height, 0.022),
        _frost(0.052, height),
    )
    return Model("coffee_cup", parts, (0.15, 0.15), height, portable=True, holds_liquid=True, reach=0.05)


def apple(colour: str = "red") -> Model:
    """An apple with stalk and leaf; frosts over when chilled."""
    body = lathe(
        [(0.0, 0.008), (0.022, 0.0), (0.046, 0.022), (0.054, 0.052), (0.042, 0.082), (0.018, 0.09), (0.0, 0.078)],
        sides=10,
        sharp=180,
    )
    stalk = cylinder(0.005, 0.03, (0, 0, 0.094), 5, (10, 0, 0))
    leaf = prism([(0, 0), (0.022, -0.012), (0.044, 0.0), (0.022, 0.012)], 0.004, (0, 0, 0.1), (0, -18, 40))
    parts = (
        part(paint(colour, shine=0.4), body),
        part(paint("walnut"), stalk),
        part(paint("leaf"), leaf),
        _steam(0.1),
        _frost(0.052, 0.1),
    )
    return Model("apple", parts, (0.11, 0.11), 0.11, portable=True, reach=0.05)


def chicken(plate: str = "white") -> Model:
    """A chicken on a plate: pale while raw, golden brown when cooked."""
    dish = lathe([(0.0, 0.0), (0.06, 0.0), (0.115, 0.016), (0.112, 0.02), (0.0, 0.01)], sides=14)
    z = 0.06
    bird = [ellipsoid((0.085, 0.062, 0.052), (0, 0, z), 10, 6), ellipsoid((0.05, 0.05, 0.036), (0.035, 0, z + 0.022), 8, 5)]
    bird += [ellipsoid((0.045, 0.024, 0.024), (-0.055, sy * 0.05, z - 0.005), 8, 5, (0, 0, sy * 24)) for sy in (-1, 1)]
    bird += [ellipsoid((0.034, 0.012, 0.02), (0.03, sy * 0.064, z + 0.002), 6, 4, (0, 0, sy * 14)) for sy in (-1, 1)]
    bones = [cylinder(0.007, 0.04, (-0.105, sy * 0.068, z), 6, (0, 90, sy * 20)) for sy in (-1, 1)]
    bones += [ellipsoid((0.011, 0.011, 0.011), (-0.126, sy * 0.073, z), 6, 4) for sy in (-1, 1)]
    herbs = [
        prism([(0, 0), (0.02, -0.01), (0.045, 0.0), (0.02, 0.01)], 0.004, (0.07, 0.03 * k, 0.03), (0, -30, 40 * k))
        for k in (-1, 0, 1)
    ]
    parts = (
        part(ceramic(plate), dish),
        part(paint("#f0b9a6"), *bird, shown="raw"),
        part(Material((0.72, 0.38, 0.13, 1.0), shininess=0.5, specular=0.35), *bird, shown="cooked"),
        part(paint("cream"), *bones),
        part(paint("leaf"), *herbs, shown="cooked"),
        _steam(0.12),
        _frost(0.1, 0.08),
    )
    return Model("chicken", parts, (0.24, 0.23), 0.12, portable=True, cookable=True, reach=0.06)


def breadslice(colour: str = "#e9c48a", crust: str = "#a8652c") -> Model:
    """A thick slice of bread, lying flat."""
    outline = [
        (-0.06, -0.062),
        (0.04, -0.062),
        (0.06, -0.052),
        (0.066, -0.02),
        (0.058, 0.0),
        (0.066, 0.02),
        (0.06, 0.052),
        (0.04, 0.062),
        (-0.06, 0.062),
    ]
    rim = prism(outline, 0.028, (0, 0, 0.014))
    crumb = prism([(0.86 * x, 0.86 * y) for x, y in outline], 0.006, (0, 0, 0.028))
    return Model(
        "breadslice",
        (part(paint(crust), rim), part(paint(colour), crumb), _steam(0.04)),
        (0.14, 0.13),
        0.032,
        portable=True,
        reach=0.02,
    )


def carton(colour: str = "cardboard", tape: str = "teal") -> Model:
    """An open cardboard box with its flaps turned out."""
    length, width, height, wall = 0.28, 0.34, 0.21, 0.012
    sides = [box((wall, width, height), (sx * (length - wall) / 2, 0, height / 2)) for sx in (-1, 1)] + [
        box((length, wall, height), (0, sy * (width - wall) / 2, height / 2)) for sy in (-1, 1)
    ]
    floor = box((length - 0.01, width - 0.01, wall), (0, 0, wall / 2))
    flaps = [
        box((0.07, width - 0.02, 0.007), (sx * (length / 2 + 0.022), 0, height - 0.024), (0, sx * 48, 0)) for sx in (-1, 1)
    ]
    flaps += [
        box((length - 0.03, 0.07, 0.007), (0, sy * (width / 2 + 0.022), height - 0.024), (-sy * 48, 0, 0)) for sy in (-1, 1)
    ]
    strip = [box((0.004, 0.06, 0.12), (length / 2 + 0.001, 0, 0.09))]
    label = box((0.004, 0.1, 0.06), (-length / 2 - 0.001, 0.08, 0.12))
    parts = (part(paint(colour), *sides), part(paint(darker(colour, 0.82)), floor, *flaps), part(paint(tape), *strip, label))
    inside = Container("inside", (0.0, 0.0, wall), (length - 0.04, width - 0.04, height - 0.02))
    return Model("carton", parts, (0.38, 0.44), height, containers=(inside,), portable=True, reach=0.2)


def folder(colour: str = "honey", tab: str = "coral") -> Model:
    """A document folder with a raised tab, gaping a little; sheets of paper go inside."""
    back = rounded((0.25, 0.34, 0.008), (0, 0, 0.004), 0.003)
    ear = rounded((0.05, 0.13, 0.007), (-0.135, -0.08, 0.006), 0.003)
    label = box((0.022, 0.1, 0.002), (-0.144, -0.08, 0.0105))
    fold = rounded((0.02, 0.34, 0.02), (0.118, 0, 0.01), 0.007)
    # The cover is shorter than the back and stands open toward the tab.
    cover = box((0.21, 0.34, 0.005), (0.018, 0, 0.03), (0, 7, 0))
    stripe = box((0.03, 0.34, 0.002), (-0.02, 0, 0.0385), (0, 7, 0))
    parts = (part(paint(colour), back, ear, fold), part(paint(darker(colour, 1.2)), cover), part(paint(tab), label, stripe))
    inside = Container("inside", (-0.01, 0.0, 0.009), (0.29, 0.33, 0.02))
    return Model("folder", parts, (0.3, 0.34), 0.045, containers=(inside,), portable=True, reach=0.02)


def paper(colour: str = "white", ink: str = "slate") -> Model:
    """A sheet of paper with a few lines written on it."""
    sheet = box((0.28, 0.2, 0.004), (0, 0, 0.002))
    lines = [box((0.008, 0.15 - 0.03 * (k % 3 == 2), 0.001), (-0.1 + 0.033 * k, 0.01 * (k % 3 == 2), 0.0045)) for k in range(6)]
    head = box((0.018, 0.08, 0.001), (0.112, 0.03, 0.0045))
    return Model(
        "paper",
        (part(paint(colour), sheet), part(paint(ink), *lines), part(paint("coral"), head)),
        (0.28, 0.2),
        0.005,
        portable=True,
        reach=0.0,
    )


def book(colour: str = "teal", accent: str = "butter") -> Model:
    """A hardcover book lying flat, with a title block and a picture on its cover."""
    boards = [rounded((0.23, 0.17, 0.008), (0, 0, z), 0.003) for z in (0.004, 0.042)]
    spine = rounded((0.23, 0.012, 0.046), (0, 0.082, 0.023), 0.005)
    pages = box((0.215, 0.155, 0.032), (0, -0.002, 0.023))
    title = [box((0.026, 0.1, 0.002), (0.062, 0, 0.0468)), box((0.012, 0.07, 0.002), (0.03, 0, 0.0468))]
    picture = cylinder(0.038, 0.002, (-0.045, 0, 0.0468), 10)
    mark = box((0.05, 0.012, 0.002), (-0.125, -0.04, 0.03))
    parts = (
        part(paint(colour), *boards, spine),
        part(paint("cream"), pages),
        part(paint(accent), *title, picture),
        part(paint("red"), mark),
    )
    return Model("book", parts, (0.24, 0.18), 0.047, portable=True, reach=0.02)


def pillow(colour: str = "cream", accent: str = "terracotta") -> Model:
    """A soft pillow with two stripes woven into it."""
    body = cushion((0.36, 0.5, 0.16), (0, 0, 0.078), steps=6)
    middles = body.vertices[body.faces].mean(axis=1)[:, 1]
    striped = (abs(middles) > 0.09) & (abs(middles) < 0.165)
    parts = (
        part(fabric(colour), Mesh(body.vertices, body.faces[~striped])),
        part(fabric(accent), Mesh(body.vertices, body.faces[striped])),
    )
    return Model("pillow", parts, (0.36, 0.5), 0.155, portable=True, reach=0.08)


def candle(colour: str = "cream", holder: str = "brass") -> Model:
    """A candle in a holder with a finger ring; flame and light while it burns."""
    dish = lathe([(0.0, 0.0), (0.055, 0.0), (0.07, 0.016), (0.066, 0.018), (0.03, 0.008), (0.03, 0.03), (0.0, 0.03)], sides=12)
    ring = arc((0, 0.07, 0.022), 0.022, -180, 180, 0.006, "yz", 8)
    wax = lathe([(0.0, 0.02), (0.026, 0.02), (0.026, 0.13), (0.02, 0.137), (0.0, 0.132)], sides=9)
    wick = cylinder(0.003, 0.02, (0, 0, 0.143), 5)
    flame = lathe([(0.0, 0.145), (0.014, 0.16), (0.013, 0.175), (0.0, 0.215)], sides=7, sharp=180)
    halo = ellipsoid((0.034, 0.034, 0.05), (0, 0, 0.178), 9, 6)
    parts = (
        part(metal(holder), dish, ring),
        part(paint(colour), wax),
        part(paint("ink"), wick),
        part(glow("#ffb52e", 1.0), flame, shown="on"),
        part(glow("#ffe9a8", 0.8, 0.35), halo, shown="on"),
    )
    return Model(
        "candle",
        parts,
        (0.14, 0.16),
        0.15,
        switchable=True,
        portable=True,
        reach=0.1,
        lights=(Light((0, 0, 0.26), (1.0, 0.75, 0.4), 0.3, 2.2),),
    )


def toilet_roll(colour: str = "white") -> Model:
    """A roll of toilet paper, standing, with a loose end."""
    roll = lathe([(0.022, 0.0), (0.062, 0.0), (0.062, 0.11), (0.022, 0.11)], sides=14)
    core = lathe([(0.022, 0.11), (0.018, 0.111), (0.018, 0.002)], sides=8)
    sheet = [rounded((0.006, 0.1, 0.1), (0.064, -0.045, 0.055), 0.002, (0, 0, 8))]
    dots = [
        box((0.003, 0.012, 0.012), (0.069 - 0.006 * (k == 1), -0.075 + 0.03 * k, 0.03 + 0.03 * (k % 2)), (0, 0, 8))
        for k in range(3)
    ]
    parts = (part(fabric(colour), roll, *sheet), part(paint("cardboard"), core), part(paint("sky"), *dots))
    return Model("toilet_roll", parts, (0.14, 0.13), 0.11, portable=True, reach=0.06)


def picture_frame(tone: str = "walnut", sky: str = "butter") -> Model:
    """A framed family picture that leans back on its own stay."""
    tilt = (0.0, -8.0, 0.0)
    width, height = 0.34, 0.28
    rim = [
        rounded((0.022, width, 0.03), (0.0, 0, 0.015), 0.006),
        rounded((0.022, width, 0.03), (-0.036, 0, height - 0.015), 0.006),
        *(rounded((0.022, 0.03, height), (-0.018, sy * (width - 0.03) / 2, height / 2), 0.006, tilt) for sy in (-1, 1)),
    ]
    stay = box((0.012, 0.05, 0.2), (-0.07, 0, 0.095), (0, 16, 0))
    mat = box((0.006, width - 0.05, height - 0.05), (-0.018, 0, height / 2), tilt)
    scene = box((0.006, width - 0.1, height - 0.1), (-0.015, 0, height / 2), tilt)
    people = [ellipsoid((0.004, 0.026, 0.028), (-0.022 + 0.009, y, 0.165), 8, 4) for y in (-0.05, 0.05)]
    bodies = [ellipsoid((0.004, 0.036, 0.05), (-0.008 + 0.006, y, 0.095), 8, 4, tilt) for y in (-0.05, 0.05)]
    parts = (
        part(wood(tone), *rim, stay),
        part(paint("white"), mat),
        part(paint(sky), scene),
        part(paint("#c98a5e"), *people),
        part(paint("terracotta"), bodies[0]),
        part(paint("navy"), bodies[1]),
    )
    return Model("picture_frame", parts, (0.16, 0.34), height, portable=True, reach=0.14)


MODELS = {
    "mug": mug,
    "waterglass": waterglass,
    "coffee_cup": coffee_cup,
    "apple": apple,
    "chicken": chicken,
    "breadslice": breadslice,
    "carton": carton,
    "folder": folder,
    "paper": paper,
    "book": book,
    "pillow": pillow,
    "candle": candle,
    "toilet_roll": toilet_roll,
    "picture_frame": picture_frame,
}
