"""A household: one blueprint with the places that a seed chose, and names resolved.

This is what everything downstream shares: navigation, skills and simulators read it, none of them changes it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from envs.household.blueprint import Blueprint, DoorPlan, RoomPlan, load_blueprint
from envs.household.model import Container, Model, Pose, Surface

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Entity:
    """One thing in the house.

    Args:
        name: unique (``mug_1``).
        category: what scripts call it (``mug``).
        aliases: further names (``bedroomtable``).
        model: what it is made of.
        pose: where it stands at the start, in the world.
        room: the room it stands in at the start.
        portable: whether it is an object (may be carried) rather than furniture.
        switched_on: whether it is on at the start.
        on, inside: for objects, the furniture it starts on or in.
    """

    name: str
    category: str
    aliases: tuple[str, ...]
    model: Model
    pose: Pose
    room: str
    portable: bool
    switched_on: bool = False
    on: str | None = None
    inside: str | None = None


@dataclass(frozen=True)
class FloorPlan:
    """The floor of a home whose walls nobody drew up: a grid of where there is floor.

    Args:
        west, south: corner of the first cell, metres.
        resolution: edge of a cell, metres.
        rooms: int16, (columns east, rows north): the number of the room that a cell is free floor of, -1 for none.
        standing: furniture that ``rooms`` already leaves out.
    """

    west: float
    south: float
    resolution: float
    rooms: NDArray[np.int16]
    standing: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Household:
    """A blueprint made definite.

    Args:
        layout: name of the blueprint.
        seed: chose the start places.
        blueprint: rooms, doors, windows.
        entities: every thing by name, furniture first.
        starts: start poses of ``robot`` and ``resident``.
        floor: where there is floor, if the blueprint's rooms and doors do not say it.
    """

    layout: str
    seed: int
    blueprint: Blueprint
    entities: dict[str, Entity]
    starts: dict[str, Pose]
    _by_name: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False, compare=False)
    floor: FloorPlan | None = field(default=None, repr=False, compare=False)

    @property
    def rooms(self) -> dict[str, RoomPlan]:
        """Rooms by name."""
        return {room.name: room for room in self.blueprint.rooms}

    @property
    def doors(self) -> tuple[DoorPlan, ...]:
        """Openings between rooms."""
        return self.blueprint.doors

    def find(self, name: str) -> tuple[str, ...]:
        """Names of all entities that ``name`` may mean: an entity itself, an alias, or a category; () if none."""
        return self._by_name.get(name, ())

    def room_at(self, x: float, y: float) -> str | None:
        """The room that holds the point, or None outside of all rooms."""
        for room in self.blueprint.rooms:
            if room.holds(x, y):
                return room.name
        return None


def _surface(model: Model, part: str | None) -> Surface:
    for surface in model.surfaces:
        if part is None or surface.name == part:
            return surface
    raise ValueError(f"model {model.name!r} has no surface {part!r}; it has {[s.name for s in model.surfaces]}")


def _container(model: Model, part: str | None) -> Container:
    for container in model.containers:
        if part is None or container.name == part:
            return container
    raise ValueError(f"model {model.name!r} has no container {part!r}; it has {[c.name for c in model.containers]}")


_REGISTERED: dict[str, Callable[[int], Household]] = {}


def register_layout(layout: str, build: Callable[[int], Household]) -> None:
    """Make a layout of another origin known to :func:`build_household` in this process.

    Args:
        layout: its name, of which nothing else may be called.
        build: makes it definite by seed.
    """
    _REGISTERED[layout] = build


@lru_cache(maxsize=256)
def build_household(layout: str, seed: int = 0) -> Household:
    """Make a bundled or registered layout definite: choose the objects' and bodies' start places by ``seed``.

    Raises:
        ValueError: unknown layout, model, surface or container; the message names it.
    """
    if layout in _REGISTERED:
        return _REGISTERED[layout](seed)
    return instantiate(load_blueprint(layout), seed)


def instantiate(blueprint: Blueprint, seed: int = 0) -> Household:
    """Make any blueprint definite; see :func:`build_household`."""
    from envs.household.models import build_model

    rng = random.Random(f"household:{blueprint.name}:{seed}")
    entities: dict[str, Entity] = {}
    for plan in blueprint.furniture:
        model = build_model(plan.model, **plan.options)
        pose = Pose(plan.at[0], plan.at[1], plan.height, plan.heading)
        if plan.on is not None:
            base = entities[plan.on]
            surface = _surface(base.model, None)
            inner = Pose(surface.centre[0] + plan.at[0], surface.centre[1] + plan.at[1], surface.height, plan.heading)
            pose = base.pose.compose(inner)
        entities[plan.name] = Entity(
            plan.name, plan.category, plan.aliases, model, pose, plan.room, False, plan.switched_on, plan.on
        )
    taken: set[tuple[str | None, str | None, str | None, tuple[float, float]]] = set()
    for item in blueprint.objects:
        model = build_model(item.model, **item.options)
        free = [place for place in item.places if (place.on, place.inside, place.part, place.at) not in taken]
        place = rng.choice(free or list(item.places))
        taken.add((place.on, place.inside, place.part, place.at))
        base = entities[place.on or place.inside or ""]
        if place.on is not None:
            surface = _surface(base.model, place.part)
            inner = Pose(surface.centre[0] + place.at[0], surface.centre[1] + place.at[1], surface.height, place.heading)
        else:
            inside = _container(base.model, place.part)
            x, y, z = inside.position
            inner = Pose(x + place.at[0], y + place.at[1], z, place.heading)
        entities[item.name] = Entity(
            item.name,
            item.category,
            item.aliases,
            model,
            base.pose.compose(inner),
            base.room,
            True,
            False,
            place.on,
            place.inside,
        )
    start = rng.choice(blueprint.starts)
    starts = {
        "robot": Pose(start.robot[0], start.robot[1], 0.0, start.robot[2]),
        "resident": Pose(start.resident[0], start.resident[1], 0.0, start.resident[2]),
    }
    return Household(blueprint.name, seed, blueprint, entities, starts, index_names(entities))


def index_names(entities: Mapping[str, Entity]) -> dict[str, tuple[str, ...]]:
    """What each name, category and alias may mean."""
    names: dict[str, list[str]] = {}
    for entity in entities.values():
        for key in dict.fromkeys((entity.name, entity.category, *entity.aliases)):
            names.setdefault(key, []).append(entity.name)
    # An entity's own name is never ambiguous, even where it is a category too (``box``).
    return {key: ((key,) if key in entities else tuple(found)) for key, found in names.items()}
