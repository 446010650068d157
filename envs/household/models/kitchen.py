"""The kitchen: counters, sink, stove, fridge, microwave, coffee maker, faucet."""

from __future__ import annotations

from envs.household.model import Container, Joint, Model, Surface, Vector
from envs.household.models.materials import ceramic, darker, glass, glow, metal, paint, wood
from envs.household.models.shapes import Mesh, box, cylinder, ellipsoid, lathe, part, rounded, tube

DEPTH, HEIGHT = 0.62, 0.9


def _fronts(width: float, doors: int) -> tuple[list[Mesh], list[Mesh]]:
    """Cabinet doors under a worktop, and their handles."""
    step = (width - 0.02) / doors
    middles = [step * (k - (doors - 1) / 2) for k in range(doors)]
    panels = [rounded((0.022, step - 0.025, 0.66), (DEPTH / 2 - 0.03, y, 0.46), 0.008) for y in middles]
    handles = [rounded((0.02, min(0.16, step - 0.1), 0.016), (DEPTH / 2 - 0.01, y, 0.73), 0.006) for y in middles]
    return panels, handles


def counter(colour: str = "sage", top: str = "birch", width: float = 1.2, doors: int = 2, trim: str = "brass") -> Model:
    """A kitchen counter with cupboard doors."""
    panels, handles = _fronts(width, doors)
    body = [rounded((DEPTH - 0.06, width, 0.76), (-0.02, 0, 0.47), 0.01)]
    plinth = box((DEPTH - 0.12, width, 0.09), (-0.04, 0, 0.045))
    slab = rounded((DEPTH, width, 0.04), (0, 0, HEIGHT - 0.02), 0.012)
    parts = (
        part(paint(darker(colour, 0.9)), *body, plinth),
        part(paint(colour), *panels),
        part(wood(top), slab),
        part(metal(trim), *handles),
    )
    surface = Surface("top", (0.0, 0.0), (DEPTH - 0.08, width - 0.04), HEIGHT)
    return Model("counter", parts, (DEPTH, width), HEIGHT, surfaces=(surface,), reach=HEIGHT)


def sink_counter(colour: str = "sage", top: str = "birch", width: float = 1.2, trim: str = "brass") -> Model:
    """A kitchen counter with a sink; a faucet stands behind the bowl, a free strip of worktop is on the left."""
    panels, handles = _fronts(width, 2)
    bowl_x, bowl_y, bowl_w, bowl_d = 0.09, -width / 2 + 0.4, 0.52, 0.32
    x0, x1 = bowl_x - bowl_d / 2, bowl_x + bowl_d / 2
    body = [rounded((DEPTH - 0.06, width, 0.64), (-0.02, 0, 0.41), 0.01), box((DEPTH - 0.12, width, 0.09), (-0.04, 0, 0.045))]
    left = width / 2 - (bowl_y + bowl_w / 2)
    right = width - bowl_w - left
    slab = [
        rounded((DEPTH, left, 0.04), (0, width / 2 - left / 2, HEIGHT - 0.02), 0.01),
        rounded((DEPTH, right, 0.04), (0, -width / 2 + right / 2, HEIGHT - 0.02), 0.01),
        box((x0 + DEPTH / 2, bowl_w, 0.04), ((x0 - DEPTH / 2) / 2, bowl_y, HEIGHT - 0.02)),
        box((DEPTH / 2 - x1, bowl_w, 0.04), ((x1 + DEPTH / 2) / 2, bowl_y, HEIGHT - 0.02)),
    ]
    apron = [box((0.02, width, 0.16), (DEPTH / 2 - 0.05, 0, 0.79))]
    apron += [box((DEPTH - 0.06, 0.02, 0.16), (-0.02, sy * (width / 2 - 0.01), 0.79)) for sy in (-1, 1)]
    bowl = [
        box((bowl_d, bowl_w, 0.012), (bowl_x, bowl_y, 0.74)),
        box((0.012, bowl_w, 0.155), (x0, bowl_y, 0.815)),
        box((0.012, bowl_w, 0.155), (x1, bowl_y, 0.815)),
        box((bowl_d, 0.012, 0.155), (bowl_x, bowl_y + bowl_w / 2, 0.815)),
        box((bowl_d, 0.012, 0.155), (bowl_x, bowl_y - bowl_w / 2, 0.815)),
    ]
    parts = (
        part(paint(darker(colour, 0.9)), *body, *apron),
        part(paint(colour), *panels),
        part(wood(top), *slab),
        part(metal(trim), *handles),
        part(metal("steel"), *bowl),
    )
    ledge = Surface("ledge", (x0 - 0.05, bowl_y), (0.1, 0.3), HEIGHT)
    free = Surface("top", (0.0, width / 2 - left / 2), (DEPTH - 0.08, left - 0.04), HEIGHT)
    basin = Surface("bowl", (bowl_x, bowl_y), (bowl_d - 0.06, bowl_w - 0.06), 0.747)
    return Model("sink_counter", parts, (DEPTH, width), HEIGHT, surfaces=(ledge, free, basin), reach=HEIGHT)


def faucet(trim: str = "chrome", height: float = 0.3, spread: float = 0.17, drop: float = 0.15) -> Model:
    """A curved tap; while it is on, water runs from its spout to ``drop`` metres below its foot."""
    bend = height - spread / 2
    path: list[Vector] = [(0, 0, 0), (0, 0, bend * 0.6), (0, 0, bend)]
    path += [(spread / 2 * (1 - c), 0, bend + spread / 2 * s) for c, s in ((0.7, 0.7), (0.0, 1.0), (-0.7, 0.7), (-1.0, 0.0))]
    path += [(spread, 0, bend - 0.05)]
    neck = tube(path, 0.014, 7)
    base = cylinder(0.03, 0.03, (0, 0, 0.015), 9, bevel=0.008)
    lever = [
        cylinder(0.016, 0.05, (0, -0.03, 0.06), 7, (90, 0, 0)),
        rounded((0.018, 0.014, 0.09), (0.0, -0.055, 0.1), 0.006, (14, 0, 0)),
    ]
    top, bottom = bend - 0.055, -drop
    stream = cylinder(0.014, top - bottom, (spread, 0, (top + bottom) / 2), 7)
    splash = lathe([(0.0, 0.0), (0.07, 0.004), (0.045, 0.016), (0.0, 0.02)], (spread, 0, bottom), 9)
    parts = (part(metal(trim), neck, base, *lever), part(glow("water", 0.35, 0.8), stream, splash, shown="on"))
    return Model("faucet", parts, (0.08, 0.14), height, switchable=True, fills="water", reach=0.1)


def stove(colour: str = "white", trim: str = "steel", accent: str = "terracotta") -> Model:
    """A stove with oven and a pan on the front left ring; the ring glows while the stove is on."""
    width = 0.62
    body = rounded((DEPTH - 0.02, width, 0.87), (-0.01, 0, 0.445), 0.015)
    top = rounded((DEPTH, width, 0.03), (0, 0, 0.885), 0.012)
    panel = rounded((0.03, width - 0.04, 0.12), (DEPTH / 2 - 0.015, 0, 0.8), 0.01)
    window = rounded((0.02, 0.42, 0.28), (DEPTH / 2 - 0.012, 0, 0.43), 0.01)
    door = rounded((0.02, width - 0.06, 0.5), (DEPTH / 2 - 0.018, 0, 0.43), 0.01)
    handle = [rounded((0.025, 0.44, 0.025), (DEPTH / 2 + 0.022, 0, 0.645), 0.01)]
    handle += [box((0.03, 0.02, 0.02), (DEPTH / 2 + 0.005, sy * 0.18, 0.645)) for sy in (-1, 1)]
    knobs = [cylinder(0.022, 0.03, (DEPTH / 2 + 0.012, 0.21 - 0.14 * k, 0.8), 9, (0, 90, 0)) for k in range(4)]
    spots = [(0.14, 0.15, 0.105), (0.14, -0.15, 0.08), (-0.15, 0.15, 0.08), (-0.15, -0.15, 0.105)]
    rings = [cylinder(radius, 0.008, (x, y, 0.903), 12) for x, y, radius in spots]
    hot = [
        lathe(
            [(radius - 0.022, 0.0), (radius + 0.008, 0.0), (radius + 0.008, 0.008), (radius - 0.022, 0.008)], (x, y, 0.902), 14
        )
        for x, y, radius in spots[:1] + spots[3:]
    ]
    lamp = cylinder(0.008, 0.006, (DEPTH / 2 + 0.001, 0.268, 0.8), 7, (0, 90, 0))
    pan = lathe([(0.0, 0.0), (0.105, 0.0), (0.125, 0.045), (0.118, 0.045), (0.1, 0.008), (0.0, 0.008)], (0.14, 0.15, 0.91), 14)
    grip = rounded((0.2, 0.026, 0.018), (0.32, 0.2, 0.952), 0.008, (0, 0, 18))
    pot = lathe([(0.0, 0.0), (0.1, 0.0), (0.105, 0.01), (0.105, 0.13), (0.03, 0.15), (0.0, 0.15)], (-0.15, -0.15, 0.91), 12)
    knob = cylinder(0.018, 0.03, (-0.15, -0.15, 1.07), 8, bevel=0.006)
    parts = (
        part(ceramic(colour), body, door),
        part(metal(trim), panel, *handle),
        part(paint("ink", shine=0.3), top, window, *knobs, knob, grip),
        part(paint("charcoal"), *rings),
        part(metal("steel"), pan),
        part(ceramic(accent), pot),
        part(glow("#ff5a2a", 0.9), *hot, lamp, shown="on"),
    )
    # What is put on the stove goes into the pan.
    surfaces = (Surface("pan", (0.14, 0.15), (0.18, 0.18), 0.918), Surface("top", (0.0, 0.0), (0.5, 0.5), 0.907))
    return Model("stove", parts, (DEPTH, width), 0.91, surfaces=surfaces, switchable=True, cooks=True, reach=0.9)


def fridge(colour: str = "white", trim: str = "steel", hinge: str = "left") -> Model:
    """A tall fridge with food on its shelves; the door is hinged on its ``left`` or ``right``, as it sees itself."""
    side = 1 if hinge == "left" else -1
    depth, width, height = 0.66, 0.7, 1.76
    x0 = -depth / 2
    shell = [
        rounded((depth - 0.06, 0.04, height), (-0.03, width / 2 - 0.02, height / 2), 0.015),
        rounded((depth - 0.06, 0.04, height), (-0.03, -width / 2 + 0.02, height / 2), 0.015),
        rounded((depth - 0.06, width, 0.05), (-0.03, 0, height - 0.025), 0.015),
        rounded((depth - 0.06, width, 0.16), (-0.03, 0, 0.08), 0.015),
        box((0.03, width - 0.04, height - 0.1), (x0 + 0.02, 0, height / 2)),
    ]
    inner = [
        box((0.01, width - 0.08, height - 0.22), (x0 + 0.04, 0, height / 2 + 0.06)),
        box((depth - 0.12, 0.008, height - 0.22), (-0.03, width / 2 - 0.045, height / 2 + 0.06)),
        box((depth - 0.12, 0.008, height - 0.22), (-0.03, -width / 2 + 0.045, height / 2 + 0.06)),
        box((depth - 0.12, width - 0.08, 0.01), (-0.03, 0, 0.166)),
    ]
    levels = (0.5, 0.86, 1.24)
    shelves = [box((depth - 0.16, width - 0.1, 0.014), (-0.04, 0, z - 0.007)) for z in levels]
    drawer = rounded((depth - 0.18, width - 0.14, 0.24), (-0.03, 0, 0.3), 0.02)
    milk = [
        rounded((0.09, 0.09, 0.2), (-0.12, 0.2, levels[2] + 0.1), 0.012),
        rounded((0.09, 0.09, 0.2), (-0.2, 0.09, levels[2] + 0.1), 0.012),
    ]
    greens = [
        ellipsoid((0.08, 0.08, 0.075), (-0.2, -0.2, levels[0] + 0.075), 8, 5),
        ellipsoid((0.06, 0.06, 0.06), (-0.22, -0.04, levels[0] + 0.06), 8, 5),
    ]
    tomatoes = [
        ellipsoid((0.038, 0.038, 0.034), (-0.2 + 0.07 * i, 0.12 + 0.075 * j, levels[0] + 0.034), 8, 4)
        for i in (0, 1)
        for j in (0, 1)
    ]
    jam = [cylinder(0.04, 0.12, (-0.2, -0.08, levels[2] + 0.06), 9), cylinder(0.04, 0.1, (-0.2, -0.19, levels[2] + 0.05), 9)]
    cheese = rounded((0.14, 0.12, 0.07), (-0.2, -0.18, levels[1] + 0.035), 0.015)
    # The door is modelled closed.
    axis = (depth / 2 - 0.03, side * (width / 2 - 0.01), 0.0)
    panel = rounded((0.06, width, height - 0.06), (depth / 2 - 0.03, 0, height / 2 + 0.02), 0.022)
    liner = rounded((0.02, width - 0.1, height - 0.24), (depth / 2 - 0.065, 0, height / 2 + 0.04), 0.01)
    racks = [rounded((0.07, width - 0.16, 0.09), (depth / 2 - 0.1, 0, z), 0.012) for z in (0.6, 1.0)]
    bottles = [cylinder(0.034, 0.24, (depth / 2 - 0.1, y, 0.72), 8, top=0.026) for y in (-0.18, -0.08)]
    grip = [rounded((0.03, 0.025, 0.5), (depth / 2 + 0.035, side * (-width / 2 + 0.075), 1.06), 0.012)]
    grip += [box((0.04, 0.018, 0.02), (depth / 2 + 0.012, side * (-width / 2 + 0.075), z)) for z in (0.86, 1.26)]
    parts = (
        part(ceramic(colour), *shell),
        part(glow("white", 0.25), *inner),
        part(glass("sky", 0.55), *shelves, drawer),
        part(paint("denim"), *milk),
        part(paint("leaf"), *greens),
        part(paint("red"), *tomatoes, *jam),
        part(paint("honey"), cheese),
        part(ceramic(colour), panel, joint="door"),
        part(paint("white"), liner, *racks, joint="door"),
        part(paint("mustard"), *bottles, joint="door"),
        part(metal(trim), *grip, joint="door"),
    )
    containers = (
        Container("middle", (-0.02, 0.03, levels[1]), (0.36, 0.46, 0.32), "door"),
        Container("upper", (0.06, 0.0, levels[2]), (0.2, 0.5, 0.3), "door"),
    )
    return Model(
        "fridge",
        parts,
        (depth, width),
        height,
        containers=containers,
        joints=(Joint("door", "hinge", axis, (0, 0, 1), side * 90.0),),
        chills=True,
        reach=1.05,
    )


def microwave(colour: str = "white", trim: str = "charcoal") -> Model:
    """A microwave oven: door hinged on its left, turntable inside, lit while it runs."""
    depth, width, height = 0.38, 0.52, 0.3
    shell = [
        rounded((depth - 0.03, width, 0.03), (-0.015, 0, height - 0.015), 0.01),
        rounded((depth - 0.03, width, 0.035), (-0.015, 0, 0.0275), 0.01),
        rounded((depth - 0.03, 0.03, height - 0.01), (-0.015, width / 2 - 0.015, height / 2 + 0.005), 0.01),
        rounded((depth - 0.02, 0.13, height - 0.01), (-0.01, -width / 2 + 0.065, height / 2 + 0.005), 0.01),
        box((0.02, width - 0.04, height - 0.04), (-depth / 2 + 0.012, 0, height / 2)),
    ]
    plate = cylinder(0.145, 0.008, (-0.005, 0.05, 0.05), 14)
    buttons = [cylinder(0.022, 0.02, (depth / 2 - 0.01, -width / 2 + 0.065, 0.09), 9, (0, 90, 0))]
    display = box((0.006, 0.085, 0.04), (depth / 2 - 0.018, -width / 2 + 0.065, 0.24))
    door_w = width - 0.15
    door_y = width / 2 - 0.02 - door_w / 2
    window = rounded((0.026, door_w - 0.08, height - 0.12), (depth / 2 - 0.014, door_y, height / 2 + 0.005), 0.008)
    rim = rounded((0.024, door_w, height - 0.03), (depth / 2 - 0.018, door_y, height / 2 + 0.005), 0.01)
    grip = rounded((0.022, 0.018, 0.2), (depth / 2 + 0.012, door_y - door_w / 2 + 0.03, height / 2), 0.008)
    shine = box((0.004, door_w - 0.1, height - 0.14), (depth / 2 + 0.001, door_y, height / 2 + 0.005))
    parts = (
        part(paint(colour, shine=0.3), *shell),
        part(glass("white", 0.6), plate),
        part(paint(trim, shine=0.3), *buttons),
        part(paint("ink"), display, shown="off"),
        part(glow("#7CFFB2", 0.9), display, shown="on"),
        part(paint(colour, shine=0.3), rim, joint="door"),
        part(paint("ink", shine=0.5), window, joint="door"),
        part(metal("steel"), grip, joint="door"),
        part(glow("#ffcf70", 0.8), shine, joint="door", shown="on"),
    )
    hinge = (depth / 2 - 0.03, width / 2 - 0.02, 0.0)
    return Model(
        "microwave",
        parts,
        (depth, width),
        height,
        surfaces=(Surface("lid", (0.0, 0.0), (0.26, 0.4), height),),
        containers=(Container("plate", (-0.005, 0.05, 0.055), (0.24, 0.26, 0.2), "door"),),
        joints=(Joint("door", "hinge", hinge, (0, 0, 1), 110.0),),
        switchable=True,
        cooks=True,
        reach=0.15,
    )


def coffeemaker(colour: str = "red", trim: str = "charcoal") -> Model:
    """A coffee machine with a tray for one cup; brews while it is on."""
    body = [
        rounded((0.16, 0.24, 0.36), (-0.08, 0, 0.18), 0.03),
        rounded((0.28, 0.24, 0.11), (0.0, 0, 0.325), 0.03),
    ]
    base = [rounded((0.32, 0.24, 0.035), (0.0, 0, 0.0175), 0.012), cylinder(0.026, 0.05, (0.055, 0, 0.25), 8, top=0.04)]
    grille = rounded((0.13, 0.17, 0.008), (0.06, 0, 0.038), 0.003)
    dial = cylinder(0.028, 0.02, (0.145, 0.05, 0.33), 10, (0, 90, 0))
    tank = rounded((0.1, 0.18, 0.06), (-0.08, 0, 0.39), 0.02)
    lamp = [cylinder(0.014, 0.014, (0.143, -0.05, 0.33), 8, (0, 90, 0)), cylinder(0.005, 0.14, (0.055, 0, 0.16), 5)]
    parts = (
        part(ceramic(colour), *body),
        part(paint(trim, shine=0.3), *base),
        part(metal("chrome"), grille, dial),
        part(glass("water", 0.6), tank),
        part(glow("#ff9a3c", 0.9), lamp[0], shown="on"),
        part(paint("coffee"), lamp[1], shown="on"),
    )
    return Model(
        "coffeemaker",
        parts,
        (0.32, 0.26),
        0.42,
        surfaces=(Surface("tray", (0.06, 0.0), (0.17, 0.17), 0.042),),
        switchable=True,
        fills="coffee",
        reach=0.2,
    )


def upper_cabinets(colour: str = "sage", width: float = 1.2, doors: int = 3, trim: str = "brass") -> Model:
    """Cupboards on the wall above a counter."""
    step = (width - 0.02) / doors
    middles = [step * (k - (doors - 1) / 2) for k in range(doors)]
    body = rounded((0.32, width, 0.66), (-0.01, 0, 0.33), 0.012)
    panels = [rounded((0.022, step - 0.02, 0.62), (0.155, y, 0.33), 0.008) for y in middles]
    handles = [
        rounded((0.016, 0.012, 0.12), (0.176, y + (step / 2 - 0.05) * (1 if k % 2 == 0 else -1), 0.14), 0.005)
        for k, y in enumerate(middles)
    ]
    parts = (part(paint(darker(colour, 0.9)), body), part(paint(colour), *panels), part(metal(trim), *handles))
    return Model("upper_cabinets", parts, (0.34, width), 0.66, walkable=True, reach=0.2)


def hood(trim: str = "steel") -> Model:
    """An extractor hood over the stove."""
    skirt = rounded((0.44, 0.6, 0.16), (0.0, 0, 0.1), 0.02, (180, 0, 0), 0.6)
    flue = rounded((0.22, 0.24, 0.7), (-0.11, 0, 0.5), 0.015)
    return Model("hood", (part(metal(trim), skirt, flue),), (0.44, 0.6), 0.85, walkable=True)


def kitchenware(colour: str = "terracotta", tone: str = "oak") -> Model:
    """Worktop decoration: a jar of spoons, a chopping board, a plant pot of herbs."""
    jar = lathe([(0.0, 0.0), (0.05, 0.0), (0.055, 0.13), (0.047, 0.13), (0.045, 0.02), (0.0, 0.02)], (-0.04, 0.16, 0), 10)
    spoons = [cylinder(0.007, 0.2, (-0.04 + 0.015 * k, 0.15 + 0.018 * k, 0.17), 5, (8 * k - 8, 6 * k, 0)) for k in range(3)]
    spoons += [
        ellipsoid((0.012, 0.02, 0.028), (-0.04 + 0.02 * k, 0.15 + 0.018 * k - 0.02 * (k - 1), 0.28), 6, 4) for k in range(3)
    ]
    board = rounded((0.022, 0.24, 0.34), (-0.1, -0.07, 0.17), 0.01, (0, -10, 0))
    return Model("kitchenware", (part(ceramic(colour), jar), part(wood(tone), *spoons, board)), (0.24, 0.42), 0.34, reach=0.1)


MODELS = {
    "counter": counter,
    "sink_counter": sink_counter,
    "faucet": faucet,
    "stove": stove,
    "fridge": fridge,
    "microwave": microwave,
    "coffeemaker": coffeemaker,
    "upper_cabinets": upper_cabinets,
    "hood": hood,
    "kitchenware": kitchenware,
}
