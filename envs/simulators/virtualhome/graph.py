"""A household as VirtualHome's environment graph: rooms, things, characters, and what is on, in, beside what.

Node ids are what ``(number)`` means in a script that is run on this graph. The resident is VirtualHome's character 0 and
the robot its character 1.
"""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any

from envs.household.house import Entity, Household
from envs.simulators.base import RESIDENT, ROBOT
from envs.simulators.habitat.frames import to_habitat

Graph = dict[str, list[dict[str, Any]]]

CHARACTERS = (RESIDENT, ROBOT)
"""Bodies in the order of VirtualHome's characters."""

CLOSE_WITHIN = 1.3
"""Pieces of furniture of one room no farther apart than this are close to each other, metres: a chair to its desk."""

_DRINKS = frozenset({"mug", "waterglass", "coffee", "cup"})
_ROOMS = {"living_room": "livingroom"}


def node_ids(household: Household) -> dict[str, int]:
    """The node of each body, room and entity."""
    names = [*CHARACTERS, *household.rooms, *household.entities]
    return {name: number for number, name in enumerate(names, 1)}


def class_name(entity: Entity) -> str:
    """What VirtualHome calls a thing of this kind."""
    return entity.category.lower().replace(" ", "_")


def household_graph(household: Household) -> Graph:
    """The household as it is before anybody moved: doors closed, switches as declared, bodies at their starts."""
    ids = node_ids(household)
    nodes = [_character(name, ids[name], household) for name in CHARACTERS]
    nodes += [_room(name, ids[name], household) for name in household.rooms]
    nodes += [thing_node(entity, ids[entity.name]) for entity in household.entities.values()]
    edges: list[dict[str, Any]] = []

    def edge(start: str, relation: str, end: str) -> None:
        edges.append({"from_id": ids[start], "relation_type": relation, "to_id": ids[end]})

    for body in CHARACTERS:
        pose = household.starts[body]
        edge(body, "INSIDE", household.room_at(pose.x, pose.y) or next(iter(household.rooms)))
    for name, entity in household.entities.items():
        edge(name, "INSIDE", entity.room)
        base = entity.on or entity.inside
        if base is not None:
            edge(name, "ON" if entity.on else "INSIDE", base)
            edge(name, "CLOSE", base)
            edge(base, "CLOSE", name)
    furniture = [entity for entity in household.entities.values() if not entity.portable]
    for one, other in combinations(furniture, 2):
        if one.room == other.room and math.dist(one.pose[:2], other.pose[:2]) <= CLOSE_WITHIN:
            edge(one.name, "CLOSE", other.name)
            edge(other.name, "CLOSE", one.name)
    for door in household.doors:
        name = f"doorjamb:{door.rooms[0]}:{door.rooms[1]}"
        ids[name] = len(ids) + 1
        x, y, z = to_habitat((*door.at, 0.0))
        nodes.append(_node(ids[name], "doorjamb", "Doors", [], [], [x, y + 1.0, z], [door.width, 2.0, 0.2]))
        for room in door.rooms:
            edge(name, "BETWEEN", room)
        edge(name, "INSIDE", door.rooms[0])
    return {"nodes": nodes, "edges": edges}


def _node(
    number: int, kind: str, category: str, properties: list[str], states: list[str], centre: Any, size: Any
) -> dict[str, Any]:
    return {"id": number, "class_name": kind, "category": category, "properties": properties, "states": states,
            "prefab_name": None, "bounding_box": {"center": list(centre), "size": list(size)}}  # fmt: skip


def _character(name: str, number: int, household: Household) -> dict[str, Any]:
    x, y, z = to_habitat(household.starts[name][:3])
    return _node(number, "character", "Characters", [], [], [x, y + 0.8, z], [0.5, 1.6, 0.5])


def _room(name: str, number: int, household: Household) -> dict[str, Any]:
    west, south, east, north = household.rooms[name].bounds
    height = household.blueprint.wall_height
    centre = to_habitat(((west + east) / 2, (south + north) / 2, height / 2))
    return _node(number, _ROOMS.get(name, name), "Rooms", [], [], centre, [east - west, height, north - south])


def thing_node(entity: Entity, number: int) -> dict[str, Any]:
    """An entity as a node: what can be done with it, and how it is at the start."""
    model = entity.model
    properties, states = [], []
    if entity.portable:
        properties += ["GRABBABLE", "MOVABLE"]
    if model.surfaces:
        properties.append("SURFACES")
    if model.containers:
        properties.append("CONTAINERS")
    if model.seats:
        properties.append("SITTABLE")
    if model.joints:
        properties.append("CAN_OPEN")
        states.append("CLOSED")
    if model.switchable:
        properties.append("HAS_SWITCH")
        states.append("ON" if entity.switched_on else "OFF")
    if model.holds_liquid:
        properties.append("RECIPIENT")
    if entity.category in _DRINKS:
        properties.append("DRINKABLE")
    if model.cookable:
        properties.append("EATABLE")
    x, y, z = to_habitat(entity.pose[:3])
    size = [model.footprint[0], model.height, model.footprint[1]]
    return _node(number, class_name(entity), "Props" if entity.portable else "Furniture", properties, states,
                 [x, y + model.height / 2, z], size)  # fmt: skip
