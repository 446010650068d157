"""Tables, desks, cabinets and shelves: what things stand on and lie in."""

from __future__ import annotations

from envs.household.model import Container, Model, Surface
from envs.household.models.materials import darker, metal, paint, wood
from envs.household.models.shapes import Mesh, box, cylinder, part, rounded

_SPINES = ("terracotta", "navy", "mustard", "sage", "plum", "teal", "cream", "coral")


def _legs(x: float, y: float, height: float, radius: float = 0.03, splay: float = 4.0) -> list[Mesh]:
    return [
        cylinder(radius * 0.6, height, (sx * x, sy * y, height / 2), 7, (sy * splay, -sx * splay, 0), top=radius)
        for sx in (-1, 1)
        for sy in (-1, 1)
    ]


def _table(name: str, length: float, width: float, height: float, tone: str, frame: str) -> Model:
    top = rounded((length, width, 0.045), (0, 0, height - 0.0225), 0.018)
    rail = rounded((length - 0.22, width - 0.2, 0.06), (0, 0, height - 0.07), 0.01)
    legs = _legs(length / 2 - 0.11, width / 2 - 0.1, height - 0.04)
    parts = (part(wood(tone), top), part(wood(frame), rail, *legs))
    surface = Surface("top", (0.0, 0.0), (length - 0.08, width - 0.08), height)
    return Model(name, parts, (length, width), height, surfaces=(surface,), reach=height)


def coffee_table(tone: str = "oak", frame: str = "walnut", length: float = 0.7, width: float = 1.2) -> Model:
    """A roomy low table for the bedroom; its long sides are front and back."""
    return _table("coffee_table", length, width, 0.46, tone, frame)


def dining_table(tone: str = "oak", frame: str = "oak", length: float = 0.9, width: float = 1.6) -> Model:
    """A kitchen table; its long sides are front and back."""
    return _table("dining_table", length, width, 0.75, tone, frame)


def desk(tone: str = "oak", colour: str = "white", width: float = 1.4) -> Model:
    """A desk with a drawer block on its left; the sitter's side is the front."""
    depth, height = 0.68, 0.74
    block_y = width / 2 - 0.23
    top = rounded((depth, width, 0.04), (0, 0, height - 0.02), 0.015)
    legs = [
        cylinder(0.016, height - 0.04, (sx * (depth / 2 - 0.07), -(width / 2 - 0.08), height / 2 - 0.02), 7, top=0.026)
        for sx in (-1, 1)
    ]
    block = rounded((depth - 0.1, 0.4, 0.56), (-0.01, block_y, 0.42), 0.015)
    fronts = [rounded((0.02, 0.36, 0.15), (depth / 2 - 0.06, block_y, 0.24 + 0.18 * k), 0.008) for k in range(3)]
    knobs = [cylinder(0.014, 0.02, (depth / 2 - 0.04, block_y, 0.24 + 0.18 * k), 7, (0, 90, 0)) for k in range(3)]
    feet = [cylinder(0.02, 0.14, (sx * 0.22, block_y + sy * 0.14, 0.07), 6) for sx in (-1, 1) for sy in (-1, 1)]
    parts = (part(wood(tone), top, *legs, *feet), part(paint(colour), block, *fronts), part(metal("brass"), *knobs))
    surface = Surface("top", (0.0, 0.0), (depth - 0.08, width - 0.06), height)
    return Model("desk", parts, (depth, width), height, surfaces=(surface,), reach=height)


def nightstand(tone: str = "oak", colour: str = "white") -> Model:
    """A bedside cabinet with one drawer and an open shelf."""
    body = [
        rounded((0.44, 0.58, 0.03), (0, 0, 0.535), 0.012),
        rounded((0.41, 0.025, 0.38), (0, 0.275, 0.34), 0.008),
        rounded((0.41, 0.025, 0.38), (0, -0.275, 0.34), 0.008),
        rounded((0.41, 0.56, 0.025), (0, 0, 0.165), 0.008),
        box((0.02, 0.54, 0.36), (-0.195, 0, 0.34)),
        *_legs(0.16, 0.23, 0.16, 0.02),
    ]
    drawer = rounded((0.39, 0.52, 0.18), (0.012, 0, 0.425), 0.012)
    knob = cylinder(0.016, 0.025, (0.218, 0, 0.425), 8, (0, 90, 0))
    magazines = [
        box((0.24, 0.18, 0.02), (0.02, 0.05, 0.188), (0, 0, 6)),
        box((0.22, 0.17, 0.016), (0.03, 0.05, 0.206), (0, 0, -8)),
    ]
    parts = (part(wood(tone), *body), part(paint(colour), drawer), part(metal("brass"), knob), part(paint("coral"), *magazines))
    surface = Surface("top", (0.0, 0.0), (0.4, 0.54), 0.55)
    return Model("nightstand", parts, (0.44, 0.58), 0.55, surfaces=(surface,), reach=0.55)


def side_table(tone: str = "oak", colour: str = "white") -> Model:
    """A small round table on one foot."""
    top = cylinder(0.24, 0.03, (0, 0, 0.505), 14, bevel=0.01)
    foot = [cylinder(0.025, 0.48, (0, 0, 0.25), 8), cylinder(0.15, 0.03, (0, 0, 0.015), 12, top=0.12)]
    surface = Surface("top", (0.0, 0.0), (0.34, 0.34), 0.52)
    return Model(
        "side_table", (part(wood(tone), top), part(paint(colour), *foot)), (0.48, 0.48), 0.52, surfaces=(surface,), reach=0.55
    )


def sideboard(tone: str = "oak", colour: str = "sage", width: float = 1.5, height: float = 0.62) -> Model:
    """A low cabinet with three doors (TV stand, sideboard)."""
    body = [
        rounded((0.46, width, 0.03), (0, 0, height - 0.015), 0.012),
        rounded((0.43, width - 0.02, height - 0.2), (-0.01, 0, height / 2 + 0.05), 0.012),
        *_legs(0.15, width / 2 - 0.12, 0.17, 0.022),
    ]
    step = (width - 0.08) / 3
    doors = [rounded((0.022, step - 0.02, height - 0.26), (0.2, step * k, height / 2 + 0.05), 0.008) for k in (-1, 0, 1)]
    knobs = [
        cylinder(0.013, 0.025, (0.22, step * k + 0.16 * (1 if k <= 0 else -1), height / 2 + 0.1), 7, (0, 90, 0))
        for k in (-1, 0, 1)
    ]
    parts = (part(wood(tone), *body), part(paint(colour), *doors), part(metal("brass"), *knobs))
    surface = Surface("top", (0.0, 0.0), (0.42, width - 0.06), height)
    return Model("sideboard", parts, (0.46, width), height, surfaces=(surface,), reach=height)


def console(tone: str = "oak", colour: str = "sage", width: float = 1.2) -> Model:
    """A slim hall table with two drawers."""
    depth, height = 0.38, 0.8
    top = rounded((depth, width, 0.035), (0, 0, height - 0.0175), 0.014)
    frame = [
        rounded((depth - 0.04, width - 0.08, 0.13), (-0.01, 0, height - 0.1), 0.012),
        *_legs(0.14, width / 2 - 0.08, height - 0.1, 0.024, 2),
    ]
    drawers = [
        rounded((0.02, width / 2 - 0.08, 0.1), (depth / 2 - 0.03, sy * (width / 4 - 0.01), height - 0.1), 0.008)
        for sy in (-1, 1)
    ]
    knobs = [
        cylinder(0.013, 0.025, (depth / 2 - 0.012, sy * (width / 4 - 0.01), height - 0.1), 7, (0, 90, 0)) for sy in (-1, 1)
    ]
    shelf = rounded((depth - 0.1, width - 0.16, 0.025), (0, 0, 0.2), 0.01)
    parts = (part(wood(tone), top, *frame, shelf), part(paint(colour), *drawers), part(metal("brass"), *knobs))
    surface = Surface("top", (0.0, 0.0), (depth - 0.04, width - 0.06), height)
    return Model("console", parts, (depth, width), height, surfaces=(surface,), reach=height)


def wardrobe(tone: str = "oak", colour: str = "cream", width: float = 1.5) -> Model:
    """A tall two-door wardrobe (its doors stay shut)."""
    body = [rounded((0.56, width, 1.96), (-0.01, 0, 1.06), 0.02), *_legs(0.2, width / 2 - 0.12, 0.1, 0.03, 0)]
    doors = [rounded((0.025, width / 2 - 0.04, 1.84), (0.275, sy * width / 4, 1.06), 0.01) for sy in (-1, 1)]
    panels = [
        rounded((0.012, width / 2 - 0.16, z1 - z0), (0.289, sy * width / 4, (z0 + z1) / 2), 0.006)
        for sy in (-1, 1)
        for z0, z1 in ((0.24, 0.86), (0.96, 1.88))
    ]
    handles = [cylinder(0.011, 0.24, (0.305, sy * 0.06, 1.06), 7) for sy in (-1, 1)]
    parts = (
        part(wood(tone), *body),
        part(paint(colour), *doors),
        part(paint(darker(colour, 0.93)), *panels),
        part(metal("brass"), *handles),
    )
    return Model("wardrobe", parts, (0.6, width), 2.05, reach=1.0)


def bookshelf(tone: str = "oak", colour: str = "white", width: float = 1.0, seed: int = 0) -> Model:
    """A tall open bookshelf: books and ornaments on most boards, two boards with room for more."""
    depth, height, boards = 0.32, 1.86, 5
    gap = (height - 0.06) / boards
    case = [rounded((depth, 0.03, height), (0, sy * (width / 2 - 0.015), height / 2), 0.01) for sy in (-1, 1)]
    levels = [0.06 + gap * k for k in range(boards)] + [height - 0.015]
    case += [rounded((depth - 0.01, width - 0.05, 0.028), (0, 0, z - 0.014), 0.008) for z in levels]
    back = box((0.014, width - 0.04, height - 0.06), (-depth / 2 + 0.012, 0, height / 2 + 0.02))
    books: dict[str, list[Mesh]] = {}
    # A tiny fixed recurrence: the same shelf always holds the same books.
    state = seed * 7919 + 12345
    for level in (0, 1, 2, 3, 4):
        y = -(width / 2 - 0.06)
        # Boards 1 and 2 are free on the left: there a hand can put a book.
        end = -0.06 if level in (1, 2) else (0.12 if level % 2 else 0.3)
        while y < min(end, width / 2 - 0.1):
            state = (state * 1103515245 + 12345) % 2**31
            thick = 0.032 + 0.028 * ((state >> 8) % 100) / 100
            tall = gap * (0.6 + 0.22 * ((state >> 16) % 100) / 100)
            tone_of_spine = _SPINES[(state >> 11) % 5]
            solid = box((0.19, thick - 0.004, tall), (0.02, y + thick / 2, levels[level] + tall / 2))
            books.setdefault(tone_of_spine, []).append(solid)
            y += thick
    vase = cylinder(0.05, 0.2, (0.02, width / 2 - 0.16, levels[3] + 0.1), 10, top=0.03, bevel=0.012)
    pot = cylinder(0.055, 0.1, (0.02, width / 2 - 0.18, levels[4] + 0.05), 9, top=0.07)
    parts = [part(wood(tone), *case), part(paint(colour), back), part(paint("cream"), vase, pot)]
    parts += [part(paint(name), *solids) for name, solids in books.items()]
    free = (width / 2 - 0.06) + 0.04
    shelves = tuple(
        Container(name, (0.03, width / 4 - 0.03, levels[level]), (0.24, free, gap - 0.04))
        for name, level in (("middle", 2), ("lower", 1))
    )
    top = Surface("top", (0.0, 0.0), (0.26, width - 0.1), height)
    return Model("bookshelf", tuple(parts), (depth, width), height, containers=shelves, surfaces=(top,), reach=1.0)


def wall_shelf(tone: str = "oak", width: float = 0.9, board: float = 0.24, depth: float = 0.2) -> Model:
    """A shelf board on two brackets; hangs at any height."""
    plank = rounded((depth, width, 0.03), (0, 0, 0.0), 0.01)
    brackets = [box((depth - 0.06, 0.02, 0.02), (-0.02, sy * (width / 2 - 0.12), -0.025)) for sy in (-1, 1)]
    brackets += [box((0.02, 0.02, 0.12), (-depth / 2 + 0.01, sy * (width / 2 - 0.12), -0.07)) for sy in (-1, 1)]
    surface = Surface("top", (0.0, 0.0), (depth - 0.03, width - 0.06), 0.015)
    return Model(
        "wall_shelf",
        (part(wood(tone), plank), part(metal("iron"), *brackets)),
        (depth, width),
        0.03,
        surfaces=(surface,),
        walkable=True,
        reach=0.1,
    )


MODELS = {
    "coffee_table": coffee_table,
    "dining_table": dining_table,
    "desk": desk,
    "nightstand": nightstand,
    "side_table": side_table,
    "sideboard": sideboard,
    "console": console,
    "wardrobe": wardrobe,
    "bookshelf": bookshelf,
    "wall_shelf": wall_shelf,
}
