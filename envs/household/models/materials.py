"""The palette: named colours, and finishes made from them.

One palette for all layouts is what holds the look together; a layout chooses from it by name.
"""

from __future__ import annotations

import difflib
import re

from envs.household.model import Material

PALETTE: dict[str, str] = {
    # neutrals
    "white": "#f7f4ee",
    "cream": "#f1e7d3",
    "linen": "#e3d6c0",
    "sand": "#d8c3a0",
    "stone": "#b9b2a7",
    "slate": "#5d6873",
    "charcoal": "#353b43",
    "ink": "#22272e",
    # woods
    "maple": "#d9ac72",
    "oak": "#c08f57",
    "birch": "#e6cda4",
    "walnut": "#7d5436",
    "teak": "#a86a3c",
    # accents
    "sage": "#8fa98a",
    "moss": "#5f7d5a",
    "leaf": "#5fa052",
    "forest": "#3f6b4a",
    "navy": "#2f4a73",
    "denim": "#4f7cab",
    "sky": "#9fcbe0",
    "mist": "#cfdfe4",
    "teal": "#2f8f8b",
    "terracotta": "#c9683f",
    "clay": "#b0532f",
    "brick": "#a4492f",
    "coral": "#ec7d61",
    "red": "#d8403a",
    "rose": "#dc9a92",
    "blush": "#efc9bb",
    "plum": "#7d4a66",
    "mustard": "#e0a72e",
    "honey": "#f0bf57",
    "butter": "#f6dc93",
    # metals and others
    "brass": "#c9a14f",
    "steel": "#b8c0c6",
    "chrome": "#d5dce0",
    "iron": "#4a4e53",
    "porcelain": "#fbfaf7",
    "cardboard": "#c79a63",
    "soil": "#5b4030",
    "water": "#7fc6ea",
    "coffee": "#4a2c1a",
}


def rgb(colour: str) -> tuple[float, float, float]:
    """Red, green, blue (0 to 1) of a palette name or ``#rrggbb``.

    Raises:
        ValueError: neither; the message names the nearest palette name.
    """
    code = PALETTE.get(colour, colour)
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", code):
        near = difflib.get_close_matches(colour, PALETTE, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"expected a palette name or #rrggbb, got {colour!r}{hint}")
    return (int(code[1:3], 16) / 255, int(code[3:5], 16) / 255, int(code[5:7], 16) / 255)


def paint(colour: str, alpha: float = 1.0, shine: float = 0.1) -> Material:
    """A matt coat: painted wood, plastic, paper."""
    return Material((*rgb(colour), alpha), shininess=0.2, specular=shine)


def fabric(colour: str) -> Material:
    """Cloth: no highlights at all."""
    return Material((*rgb(colour), 1.0), shininess=0.0, specular=0.0)


def wood(tone: str = "oak") -> Material:
    """Oiled wood."""
    return Material((*rgb(tone), 1.0), shininess=0.2, specular=0.08)


def metal(tone: str = "steel") -> Material:
    """Polished metal."""
    return Material((*rgb(tone), 1.0), shininess=0.7, specular=0.5)


def ceramic(colour: str = "porcelain") -> Material:
    """Glazed ceramic or enamel."""
    return Material((*rgb(colour), 1.0), shininess=0.6, specular=0.35)


def glass(colour: str = "sky", alpha: float = 0.35) -> Material:
    """Clear glass or plastic."""
    return Material((*rgb(colour), alpha), shininess=0.8, specular=0.5)


def glow(colour: str, strength: float = 0.8, alpha: float = 1.0) -> Material:
    """Something that gives light by itself."""
    return Material((*rgb(colour), alpha), shininess=0.0, specular=0.0, emission=strength)


def darker(colour: str, share: float = 0.75) -> str:
    """The colour with its brightness scaled, as ``#rrggbb``; ``share`` above 1 lightens toward white."""
    channels = rgb(colour)
    if share <= 1:
        mixed = [channel * share for channel in channels]
    else:
        mixed = [channel + (1 - channel) * min(1.0, share - 1) for channel in channels]
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in mixed)
