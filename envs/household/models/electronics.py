"""Things with a plug or a battery: TV, computer, radio, lamps, telephones."""

from __future__ import annotations

import math

from envs.household.model import Light, Model, Part, Surface, Vector
from envs.household.models.materials import fabric, glow, metal, paint, wood
from envs.household.models.shapes import arc, box, cylinder, disc, lathe, part, rectangle, rounded, tube, upright


def tv(colour: str = "ink") -> Model:
    """A flat television on a foot; while on, it shows a landscape at sunset."""
    width, height, base = 1.16, 0.66, 0.1
    frame = [
        rounded((0.05, width, height), (0, 0, base + height / 2), 0.015),
        rounded((0.08, 0.08, 0.12), (-0.01, 0, 0.07), 0.01),
    ]
    foot = rounded((0.22, 0.5, 0.02), (0, 0, 0.01), 0.008)
    x, low, high, side = 0.027, base + 0.03, base + height - 0.03, width / 2 - 0.03
    middle = (low + high) / 2
    hill = [(-side, low), (0.22, low), (-0.1, middle - 0.02), (-0.36, middle + 0.06), (-side, middle - 0.05)]
    near = [(-0.3, low), (side, low), (side, middle - 0.06), (0.3, middle - 0.1)]
    parts = (
        part(paint(colour, shine=0.4), *frame),
        part(metal("steel"), foot),
        part(paint("#1b2027", shine=0.6), upright(rectangle(-side, low, side, high), x), shown="off"),
        part(glow("#7cc4f2", 0.9), upright(rectangle(-side, low, side, high), x), shown="on"),
        part(glow("#ffd166", 0.95), upright(disc(0.18, middle + 0.08, 0.1), x + 0.003), shown="on"),
        part(glow("#3f8f6b", 0.8), upright(hill, x + 0.006), shown="on"),
        part(glow("#f08a5d", 0.85), upright(near, x + 0.009), shown="on"),
    )
    return Model(
        "tv",
        parts,
        (0.24, width),
        base + height,
        switchable=True,
        reach=0.35,
        lights=(Light((0.4, 0.0, 0.45), (0.65, 0.8, 1.0), 0.25, 3.0),),
    )


def computer(colour: str = "white", tone: str = "charcoal") -> Model:
    """A monitor, keyboard and mouse; while on, a little jumping game is on the screen."""
    width, height, base = 0.6, 0.37, 0.12
    screen_x = -0.1
    frame = rounded((0.035, width, height), (screen_x, 0, base + height / 2), 0.012)
    stand = [
        rounded((0.03, 0.06, 0.16), (screen_x - 0.02, 0, 0.08), 0.01),
        rounded((0.16, 0.24, 0.015), (screen_x, 0, 0.0075), 0.006),
    ]
    board = rounded((0.14, 0.42, 0.02), (0.14, 0.03, 0.01), 0.007)
    keys = [box((0.024, 0.36 if k < 3 else 0.2, 0.006), (0.095 + 0.03 * k, 0.03, 0.022)) for k in range(4)]
    mouse = rounded((0.1, 0.06, 0.03), (0.14, -0.25, 0.015), 0.013)
    x, low, high, side = screen_x + 0.019, base + 0.02, base + height - 0.02, width / 2 - 0.02
    ground = rectangle(-side, low, side, low + 0.07)
    steps = [rectangle(-0.22, low + 0.14, -0.1, low + 0.165), rectangle(0.08, low + 0.19, 0.2, low + 0.215)]
    hero = [rectangle(-0.03, low + 0.11, 0.03, low + 0.18), rectangle(-0.02, low + 0.185, 0.02, low + 0.225)]
    coins = [disc(-0.16, low + 0.21, 0.02, 7), disc(0.14, low + 0.265, 0.02, 7), disc(0.22, low + 0.12, 0.02, 7)]
    parts = (
        part(paint(tone, shine=0.3), frame, board),
        part(metal("steel"), *stand),
        part(paint(colour), *keys, mouse),
        part(paint("#1b2027", shine=0.6), upright(rectangle(-side, low, side, high), x), shown="off"),
        part(glow("#2b3a8c", 0.9), upright(rectangle(-side, low, side, high), x), shown="on"),
        part(glow("#58d68d", 0.9), upright(ground, x + 0.003), *(upright(step, x + 0.003) for step in steps), shown="on"),
        part(glow("#ff6b6b", 0.95), *(upright(piece, x + 0.006) for piece in hero), shown="on"),
        part(glow("#ffd93d", 0.95), *(upright(coin, x + 0.005) for coin in coins), shown="on"),
    )
    return Model(
        "computer",
        parts,
        (0.42, width),
        base + height,
        switchable=True,
        reach=0.2,
        lights=(Light((0.3, 0.0, 0.3), (0.6, 0.7, 1.0), 0.12, 1.5),),
    )


def _waves(at: Vector, colour: str, radii: tuple[float, ...]) -> Part:
    """Arcs that stand for sound, on both sides."""
    solids = [arc(at, radius, start, start + 80, 0.007, "yz", 5) for radius in radii for start in (-40, 140)]
    return part(glow(colour, 0.9, 0.9), *solids, shown="on")


def radio(colour: str = "coral", tone: str = "oak") -> Model:
    """A portable radio with a handle and an aerial; while on, its dial glows and sound waves leave it."""
    body = rounded((0.11, 0.3, 0.18), (0, 0, 0.1), 0.03)
    feet = [cylinder(0.012, 0.02, (sx * 0.03, sy * 0.1, 0.008), 6) for sx in (-1, 1) for sy in (-1, 1)]
    grille = cylinder(0.062, 0.012, (0.054, 0.07, 0.1), 14, (0, 90, 0))
    rings = [cylinder(0.035, 0.012, (0.058, 0.07, 0.1), 12, (0, 90, 0))]
    handle = arc((0, 0, 0.175), 0.1, 20, 160, 0.009, "yz", 6)
    aerial = cylinder(0.004, 0.2, (-0.03, -0.11, 0.27), 5, (-16, 0, 0))
    dial = rounded((0.012, 0.11, 0.045), (0.054, -0.07, 0.135), 0.005)
    knobs = [cylinder(0.016, 0.02, (0.06, y, 0.07), 8, (0, 90, 0)) for y in (-0.045, -0.1)]
    parts = (
        part(paint(colour, shine=0.25), body),
        part(wood(tone), handle, *feet, *rings),
        part(paint("cream"), grille, *knobs),
        part(metal("chrome"), aerial),
        part(paint("#46505a"), dial, shown="off"),
        part(glow("#ffe08a", 1.0), dial, shown="on"),
        _waves((0, 0, 0.12), "#ffd166", (0.21, 0.255)),
    )
    return Model("radio", parts, (0.13, 0.32), 0.3, switchable=True, portable=True, reach=0.1)


def table_lamp(colour: str = "cream", base: str = "terracotta") -> Model:
    """A bedside lamp with a ceramic foot and a shade that glows while it is on."""
    foot = lathe([(0.0, 0.0), (0.06, 0.0), (0.075, 0.05), (0.06, 0.12), (0.022, 0.16), (0.018, 0.21), (0.0, 0.21)], sides=12)
    shade = lathe([(0.135, 0.19), (0.09, 0.38), (0.086, 0.378), (0.13, 0.19)], sides=14, sharp=70)
    cap = cylinder(0.086, 0.004, (0, 0, 0.374), 12)
    parts = (
        part(paint(base, shine=0.3), foot),
        part(glow("#ffe3a3", 0.9), shade, cap, shown="on"),
        part(fabric(colour), shade, cap, shown="off"),
    )
    return Model(
        "table_lamp",
        parts,
        (0.27, 0.27),
        0.38,
        lights=(Light((0, 0, 0.45), (1.0, 0.82, 0.55), 0.55, 3.5),),
        switchable=True,
        reach=0.2,
    )


def floor_lamp(colour: str = "cream", trim: str = "brass") -> Model:
    """A reading lamp on a tall bent pole (decoration)."""
    pole = [cylinder(0.013, 1.45, (0, 0, 0.74), 7), cylinder(0.14, 0.03, (0, 0, 0.015), 14, bevel=0.008)]
    shade = lathe([(0.2, 1.36), (0.13, 1.66), (0.126, 1.655), (0.195, 1.36)], sides=14, sharp=70)
    cap = cylinder(0.126, 0.004, (0, 0, 1.652), 12)
    return Model("floor_lamp", (part(metal(trim), *pole), part(fabric(colour), shade, cap)), (0.34, 0.34), 1.66, reach=1.2)


def cellphone(colour: str = "teal") -> Model:
    """A cell phone in a coloured case, screen up."""
    case = rounded((0.17, 0.088, 0.016), (0, 0, 0.008), 0.007)
    screen = rounded((0.152, 0.074, 0.006), (0, 0, 0.0155), 0.003)
    icons = [box((0.022, 0.016, 0.002), (0.03 - 0.034 * i, -0.02 + 0.02 * j, 0.0192)) for i in range(3) for j in range(3)]
    parts = (part(paint(colour), case), part(paint("ink", shine=0.6), screen), part(glow("sky", 0.6), *icons))
    return Model("cellphone", parts, (0.17, 0.09), 0.02, portable=True, reach=0.0)


def wallphone(colour: str = "red", foot: str = "charcoal") -> Model:
    """The handset of the landline: stands upright on its foot, in its bracket or on a table."""
    grip = tube(
        [(0.018, 0, 0.05), (-0.018, 0, 0.075), (-0.03, 0, 0.14), (-0.018, 0, 0.205), (0.018, 0, 0.23)],
        [0.02, 0.022, 0.024, 0.022, 0.02],
        8,
    )
    shells = [cylinder(0.036, 0.05, (0.018, 0, z), 10, (0, 90, 0), bevel=0.012) for z in (0.05, 0.23)]
    holes = [cylinder(0.024, 0.01, (0.042, 0, z), 9, (0, 90, 0)) for z in (0.05, 0.23)]
    base = rounded((0.11, 0.09, 0.022), (0.0, 0, 0.011), 0.009)
    parts = (part(paint(colour, shine=0.35), grip, *shells), part(paint(foot, shine=0.3), base, *holes))
    return Model("wallphone", parts, (0.11, 0.09), 0.27, portable=True, reach=0.1)


def phone_bracket(colour: str = "cream", tone: str = "oak", accent: str = "red") -> Model:
    """The landline's place on the wall: a cradle for the handset beside a keypad."""
    plate = rounded((0.03, 0.34, 0.4), (0.015, 0, 0.15), 0.012)
    ledge = rounded((0.16, 0.17, 0.028), (0.09, 0.075, -0.014), 0.01)
    keys = [box((0.014, 0.028, 0.026), (0.033, -0.085 + 0.04 * j, 0.06 + 0.042 * k)) for k in range(4) for j in (-1, 0, 1)]
    window = rounded((0.012, 0.11, 0.045), (0.031, -0.085, 0.265), 0.005)
    # A coiled cord hangs from the cradle.
    cord = tube(
        [(0.05 + 0.014 * math.cos(1.3 * k), 0.12 + 0.016 * math.sin(1.3 * k), -0.03 - 0.006 * k) for k in range(30)], 0.005, 4
    )
    parts = (
        part(paint(colour), plate),
        part(wood(tone), ledge),
        part(paint("charcoal"), *keys, window),
        part(paint(accent), cord),
    )
    surface = Surface("ledge", (0.095, 0.075), (0.14, 0.16), 0.0)
    return Model("phone_bracket", parts, (0.18, 0.34), 0.36, surfaces=(surface,), walkable=True, reach=0.1)


MODELS = {
    "tv": tv,
    "computer": computer,
    "radio": radio,
    "table_lamp": table_lamp,
    "floor_lamp": floor_lamp,
    "cellphone": cellphone,
    "wallphone": wallphone,
    "phone_bracket": phone_bracket,
}
