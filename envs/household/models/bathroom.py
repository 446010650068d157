"""The bathroom: basin with mirror, toilet, tub, shower, towels, and its light."""

from __future__ import annotations

from envs.household.model import Light, Model, Surface
from envs.household.models.materials import ceramic, darker, fabric, glass, glow, metal, paint, wood
from envs.household.models.shapes import box, cylinder, ellipsoid, lathe, part, rounded


def basin(colour: str = "sage", tone: str = "oak", trim: str = "brass", width: float = 0.9) -> Model:
    """A washstand with a bowl and a ledge for a faucet and a glass; the mirror above belongs to it."""
    depth, height = 0.5, 0.82
    cabinet = rounded((depth - 0.06, width - 0.04, 0.42), (-0.02, 0, 0.5), 0.015)
    legs = [cylinder(0.018, 0.3, (sx * 0.17 - 0.02, sy * (width / 2 - 0.09), 0.15), 7) for sx in (-1, 1) for sy in (-1, 1)]
    doors = [
        rounded((0.022, width / 2 - 0.05, 0.36), (depth / 2 - 0.045, sy * (width / 4 - 0.01), 0.5), 0.008) for sy in (-1, 1)
    ]
    knobs = [cylinder(0.013, 0.024, (depth / 2 - 0.025, sy * 0.06, 0.58), 7, (0, 90, 0)) for sy in (-1, 1)]
    top = rounded((depth, width, 0.04), (0, 0, height - 0.09), 0.012)
    z = height - 0.07
    profile = [(0.0, 0.0), (0.1, 0.0), (0.2, 0.075), (0.205, 0.085), (0.19, 0.085), (0.09, 0.022), (0.0, 0.02)]
    bowl = lathe(profile, (0.04, -0.1, z), 16)
    mirror_z, mirror_r = 1.52, 0.36
    rim = cylinder(mirror_r, 0.03, (-depth / 2 + 0.02, 0, mirror_z), 20, (0, 90, 0))
    pane = cylinder(mirror_r - 0.03, 0.006, (-depth / 2 + 0.037, 0, mirror_z), 20, (0, 90, 0))
    gleam = [
        box((0.002, 0.05, 0.44), (-depth / 2 + 0.042, -0.04, mirror_z), (24, 0, 0)),
        box((0.002, 0.02, 0.4), (-depth / 2 + 0.042, 0.06, mirror_z), (24, 0, 0)),
    ]
    soap = [cylinder(0.032, 0.11, (-0.14, -0.36, z + 0.055), 9, bevel=0.008), cylinder(0.01, 0.05, (-0.14, -0.36, z + 0.13), 6)]
    parts = (
        part(paint(colour), cabinet, *doors),
        part(wood(tone), *legs, top),
        part(ceramic(), bowl),
        part(metal(trim), rim, *knobs),
        part(glass("mist", 1.0), pane),
        part(paint("white"), *gleam),
        part(ceramic(darker(colour, 1.3)), *soap),
    )
    # The first surface carries the faucet; its spout reaches over the bowl.
    ledge = Surface("ledge", (-0.19, -0.1), (0.1, 0.3), z)
    side = Surface("side", (-0.02, 0.31), (0.34, 0.22), z)
    return Model("basin", parts, (depth, width), 1.9, surfaces=(ledge, side), reach=height)


def toilet(colour: str = "porcelain", trim: str = "chrome") -> Model:
    """A toilet with its cistern at the back."""
    foot = lathe([(0.0, 0.0), (0.15, 0.0), (0.13, 0.1), (0.19, 0.34), (0.21, 0.38), (0.0, 0.39)], (0.1, 0, 0), 14)
    foot.vertices[:, 0] = (foot.vertices[:, 0] - 0.1) * 1.25 + 0.1
    lid = lathe([(0.0, 0.0), (0.215, 0.0), (0.215, 0.03), (0.19, 0.045), (0.0, 0.05)], (0.1, 0, 0.39), 14)
    lid.vertices[:, 0] = (lid.vertices[:, 0] - 0.1) * 1.22 + 0.1
    tank = rounded((0.2, 0.42, 0.42), (-0.24, 0, 0.62), 0.035)
    cover = rounded((0.22, 0.44, 0.04), (-0.24, 0, 0.84), 0.015)
    bridge = rounded((0.24, 0.26, 0.36), (-0.14, 0, 0.2), 0.04)
    button = cylinder(0.035, 0.016, (-0.24, 0, 0.866), 10)
    parts = (
        part(ceramic(colour), foot, tank, bridge),
        part(ceramic(darker(colour, 0.94)), lid, cover),
        part(metal(trim), button),
    )
    surface = Surface("cistern", (-0.24, 0.0), (0.16, 0.38), 0.86)
    return Model("toilet", parts, (0.72, 0.46), 0.87, surfaces=(surface,), reach=0.7)


def bathtub(colour: str = "porcelain", skirt: str = "sage", length: float = 1.7, trim: str = "chrome") -> Model:
    """A bathtub with water in it and a rubber duck; one long side is its front."""
    width, height = 0.76, 0.56
    wall = 0.07
    shell = [
        rounded((wall, length, height), (width / 2 - wall / 2, 0, height / 2), 0.025),
        rounded((wall, length, height), (-width / 2 + wall / 2, 0, height / 2), 0.025),
        rounded((width, wall + 0.03, height), (0, length / 2 - wall / 2, height / 2), 0.025),
        rounded((width, wall + 0.03, height), (0, -length / 2 + wall / 2, height / 2), 0.025),
    ]
    panel = rounded((0.02, length - 0.1, height - 0.14), (width / 2 - 0.001, 0, height / 2 - 0.03), 0.008)
    water = box((width - 2 * wall, length - 2 * wall, 0.3), (0, 0, 0.2))
    foam = [
        ellipsoid((0.13 - 0.02 * k, 0.15 - 0.015 * k, 0.05), (-0.08 + 0.06 * (k % 2), -0.6 + 0.16 * k, 0.35), 8, 4)
        for k in range(4)
    ]
    duck = [
        ellipsoid((0.05, 0.065, 0.04), (0.05, 0.3, 0.37), 8, 5),
        ellipsoid((0.034, 0.034, 0.034), (0.05, 0.34, 0.425), 8, 5),
    ]
    beak = ellipsoid((0.014, 0.02, 0.009), (0.05, 0.378, 0.42), 6, 4)
    tap = [
        cylinder(0.018, 0.16, (-width / 2 + 0.06, -0.1, height + 0.08), 7),
        rounded((0.16, 0.03, 0.03), (-width / 2 + 0.12, -0.1, height + 0.15), 0.01),
    ]
    parts = (
        part(ceramic(colour), *shell),
        part(paint(skirt), panel),
        part(ceramic("water"), water),
        part(paint("white"), *foam),
        part(paint("honey"), *duck),
        part(paint("coral"), beak),
        part(metal(trim), *tap),
    )
    return Model("bathtub", parts, (width, length), height + 0.17, reach=0.56)


def shower(trim: str = "chrome", tile: str = "mist", size: float = 0.9) -> Model:
    """A corner shower: flat tray, glass screen at one side, rain head."""
    tray = rounded((size, size, 0.06), (0, 0, 0.03), 0.02)
    drain = cylinder(0.05, 0.006, (0, 0, 0.063), 10)
    screen = box((size - 0.04, 0.012, 1.85), (0, -size / 2 + 0.02, 0.99))
    front = box((0.012, size * 0.45, 1.85), (size / 2 - 0.02, -size * 0.26, 0.99))
    posts = [
        cylinder(0.014, 1.9, (size / 2 - 0.02, -size / 2 + 0.02, 0.99), 6),
        cylinder(0.014, 1.9, (size / 2 - 0.02, -size * 0.035, 0.99), 6),
    ]
    pipe = [
        cylinder(0.012, 1.1, (-size / 2 + 0.06, 0, 1.55), 7),
        cylinder(0.012, 0.3, (-size / 2 + 0.2, 0, 2.1), 7, (0, 90, 0)),
        cylinder(0.12, 0.025, (-size / 2 + 0.34, 0, 2.07), 12, bevel=0.008),
        rounded((0.05, 0.2, 0.05), (-size / 2 + 0.06, 0, 1.05), 0.015),
    ]
    wall = [box((0.02, size, 2.1), (-size / 2 + 0.01, 0, 1.05)), box((size, 0.02, 2.1), (0, size / 2 - 0.01, 1.05))]
    parts = (
        part(ceramic(), tray),
        part(ceramic(tile), *wall),
        part(metal(trim), drain, *pipe, *posts),
        part(glass("sky", 0.22), screen, front),
    )
    return Model("shower", parts, (size, size), 2.15, reach=1.05)


def towel_rail(colour: str = "terracotta", second: str = "cream", trim: str = "brass") -> Model:
    """A rail on the wall with two towels."""
    bar = [cylinder(0.012, 0.72, (0.05, 0, 0), 7, (90, 0, 0))]
    bar += [cylinder(0.012, 0.05, (0.025, sy * 0.34, 0), 6, (0, 90, 0)) for sy in (-1, 1)]
    towels = [rounded((0.05, 0.3, 0.5), (0.055, y, -0.23), 0.02) for y in (0.17, -0.17)]
    stripes = [rounded((0.056, 0.302, 0.05), (0.055, y, -0.4), 0.01) for y in (0.17, -0.17)]
    parts = (
        part(metal(trim), *bar),
        part(fabric(colour), towels[0], stripes[1]),
        part(fabric(second), towels[1], stripes[0]),
    )
    return Model("towel_rail", parts, (0.12, 0.76), 0.05, walkable=True)


def roll_stand(tone: str = "oak", colour: str = "sage") -> Model:
    """A low bathroom cabinet beside the toilet, for rolls of paper and small things."""
    case = [
        rounded((0.34, 0.4, 0.03), (0, 0, 0.705), 0.01),
        *(rounded((0.32, 0.025, 0.68), (0, sy * 0.185, 0.35), 0.008) for sy in (-1, 1)),
        *(rounded((0.32, 0.36, 0.022), (0, 0, z), 0.006) for z in (0.1, 0.4)),
        box((0.012, 0.36, 0.66), (-0.155, 0, 0.36)),
    ]
    rolled = [cylinder(0.055, 0.26, (0.0, -0.1 + 0.1 * k, 0.168), 9, (0, 90, 0)) for k in (0, 2)]
    spare = [
        cylinder(0.055, 0.26, (0.0, 0.0, 0.168), 9, (0, 90, 0)),
        rounded((0.2, 0.26, 0.05), (0.02, 0, 0.436), 0.02),
        rounded((0.2, 0.26, 0.05), (0.02, 0, 0.49), 0.02),
    ]
    parts = (part(wood(tone), *case), part(fabric("cream"), *rolled), part(fabric(colour), *spare))
    return Model(
        "roll_stand", parts, (0.36, 0.42), 0.72, surfaces=(Surface("top", (0.0, 0.0), (0.28, 0.34), 0.72),), reach=0.72
    )


def bathroom_light(trim: str = "brass") -> Model:
    """A wall light with three globes."""
    plate = [rounded((0.03, 0.62, 0.07), (0.015, 0, 0), 0.012)]
    plate += [cylinder(0.018, 0.07, (0.06, y, 0), 7, (0, 90, 0)) for y in (-0.22, 0.0, 0.22)]
    globes = [ellipsoid((0.07, 0.07, 0.07), (0.12, y, 0.0), 10, 6) for y in (-0.22, 0.0, 0.22)]
    parts = (
        part(metal(trim), *plate),
        part(glow("#fff3c8", 1.0), *globes, shown="on"),
        part(glass("stone", 1.0), *globes, shown="off"),
    )
    return Model(
        "bathroom_light",
        parts,
        (0.2, 0.62),
        0.14,
        lights=(Light((0.3, 0.0, 0.1), (1.0, 0.95, 0.82), 0.55, 4.0),),
        switchable=True,
        walkable=True,
        reach=0.0,
    )


MODELS = {
    "basin": basin,
    "toilet": toilet,
    "bathtub": bathtub,
    "shower": shower,
    "towel_rail": towel_rail,
    "roll_stand": roll_stand,
    "bathroom_light": bathroom_light,
}
