"""Blueprints: apartments as YAML, checked on load.

A blueprint says which rooms there are, where the doors are, what stands where, and in which places each object may
start. It names models of :mod:`envs.household.models`; it holds no geometry of its own.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RoomPlan(_Strict):
    """One room. ``bounds`` is west, south, east, north, in metres.

    Our own rooms are rectangles. A user's may have any ``outline`` (corners in order, metres); ``bounds`` then holds it.
    """

    name: str
    bounds: tuple[float, float, float, float]
    floor: str = "oak"
    wall: str = "cream"
    outline: tuple[tuple[float, float], ...] = ()

    def holds(self, x: float, y: float) -> bool:
        """Whether a point of the floor lies in the room, or on its edge."""
        west, south, east, north = self.bounds
        if not (west <= x <= east and south <= y <= north):
            return False
        if not self.outline:
            return True
        inside = False
        for (ax, ay), (bx, by) in zip(self.outline, (*self.outline[1:], self.outline[0]), strict=True):
            if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
                inside = not inside
        return inside


class DoorPlan(_Strict):
    """An opening in the wall between two rooms: centre of the opening and its width, metres."""

    rooms: tuple[str, str]
    at: tuple[float, float]
    width: float = 0.95


class WindowPlan(_Strict):
    """A window in an outer wall: centre on the wall line, width, sill and height, metres."""

    room: str
    at: tuple[float, float]
    width: float = 1.4
    sill: float = 0.9
    height: float = 1.2


class FurniturePlan(_Strict):
    """One thing with a fixed place.

    ``category`` is what scripts call it; ``aliases`` are further names (``bedroomtable``, ``faucet``). ``on`` stands it
    on a surface of another piece; ``at`` is then relative to that surface's centre.
    """

    name: str
    category: str
    model: str
    room: str
    at: tuple[float, float]
    height: float = 0.0
    heading: float = 0.0
    on: str | None = None
    aliases: tuple[str, ...] = ()
    options: dict[str, str | float | int | bool] = Field(default_factory=dict)
    switched_on: bool = False


class PlacePlan(_Strict):
    """One place where an object may start: on a surface (``on``) or in a container (``inside``) of furniture.

    ``at`` is relative to the centre of the surface or of the container's floor, metres, in the furniture's frame.
    """

    on: str | None = None
    inside: str | None = None
    part: str | None = None
    at: tuple[float, float] = (0.0, 0.0)
    heading: float = 0.0


class ObjectPlan(_Strict):
    """One thing that can be carried, and the places among which the seed chooses."""

    name: str
    category: str
    model: str
    places: Annotated[tuple[PlacePlan, ...], Field(min_length=1)]
    aliases: tuple[str, ...] = ()
    options: dict[str, str | float | int | bool] = Field(default_factory=dict)


class BodyPlan(_Strict):
    """Where the robot and the resident may start: x, y, heading; the seed chooses one pair."""

    robot: tuple[float, float, float]
    resident: tuple[float, float, float]


class Blueprint(_Strict):
    """A whole apartment."""

    schema_version: Literal[1] = 1
    name: str
    description: str
    wall_height: float = 2.6
    rooms: tuple[RoomPlan, ...]
    doors: tuple[DoorPlan, ...]
    windows: tuple[WindowPlan, ...] = ()
    furniture: tuple[FurniturePlan, ...]
    objects: tuple[ObjectPlan, ...]
    starts: Annotated[tuple[BodyPlan, ...], Field(min_length=1)]


def layout_names() -> list[str]:
    """Names of the bundled layouts, sorted."""
    folder = resources.files("envs.household") / "layouts"
    return sorted(item.name.removesuffix(".yaml") for item in folder.iterdir() if item.name.endswith(".yaml"))


@lru_cache(maxsize=16)
def load_blueprint(layout: str) -> Blueprint:
    """Load a bundled layout by name.

    Raises:
        ValueError: no layout has this name; the message lists those that exist.
    """
    names = layout_names()
    if layout not in names:
        raise ValueError(f"expected a layout among {', '.join(names)}; got {layout!r}")
    text = (resources.files("envs.household") / "layouts" / f"{layout}.yaml").read_text(encoding="utf-8")
    return Blueprint.model_validate(yaml.safe_load(text))
