"""Which node of a VirtualHome apartment is which thing of our household."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from envs.household.house import Entity, Household
from envs.simulators.virtualhome.graph import class_name, thing_node

_OTHER_WORDS = {
    "lights": ("lightswitch", "walllamp", "ceilinglamp"), "kitchen_candle": ("candle",), "basin": ("bathroomsink", "sink"),
    "counter": ("kitchencounter", "bathroomcounter"), "coffee": ("coffeecup", "mug"), "waterglass": ("drinkingglass",),
    "tablelamp": ("tablelamp", "lamp"), "breadslice": ("toastslice", "bread"), "wallpictureframe": ("wallpicture",),
    "book": ("magazine",), "computer": ("cpuscreen", "laptop"), "desk": ("deskdrawer",),
}  # fmt: skip
"""What VirtualHome's apartments call things that our layouts call otherwise."""


def bind_nodes(household: Household, graph: Mapping[str, Any]) -> dict[str, int]:
    """The node of each room and entity that an apartment has; each node serves once.

    Args:
        household: ours.
        graph: the apartment's.
    """
    nodes = sorted(graph["nodes"], key=lambda node: int(node["id"]))
    rooms = {_plain(str(node["class_name"])): int(node["id"]) for node in nodes if node.get("category") == "Rooms"}
    inside = _rooms_of(graph, set(rooms.values()))
    found = {name: rooms[_plain(name)] for name in household.rooms if _plain(name) in rooms}
    used = set(rooms.values())
    for exact in (True, False):  # first those that are called the same
        for entity in household.entities.values():
            if entity.name in found:
                continue
            words = _words(entity, exact=exact)
            fitting = [node for node in nodes if int(node["id"]) not in used and _plain(str(node["class_name"])) in words]
            if fitting:
                here = found.get(entity.room)
                ranks = {int(node["id"]): words.index(_plain(str(node["class_name"]))) for node in fitting}
                best = min(ranks, key=lambda number: (inside.get(number) != here, ranks[number], number))
                if not entity.portable and inside.get(best) != here and not exact:
                    continue  # a lamp of another room is not this lamp
                found[entity.name] = best
                used.add(best)
    return found


def missing_objects(household: Household, graph: Mapping[str, Any], bound: Mapping[str, int]) -> dict[str, Any] | None:
    """The graph with the objects that an apartment lacks, each on or in what carries it in our household; None if none is."""
    number = max((int(node["id"]) for node in graph["nodes"]), default=0)
    nodes, edges = list(graph["nodes"]), list(graph["edges"])
    for entity in household.entities.values():
        base = entity.on or entity.inside or ""
        if entity.portable and entity.name not in bound and base in bound:
            number += 1
            nodes.append(thing_node(entity, number))
            edges.append({"from_id": number, "relation_type": "ON" if entity.on else "INSIDE", "to_id": bound[base]})
            if entity.room in bound:
                edges.append({"from_id": number, "relation_type": "INSIDE", "to_id": bound[entity.room]})
    return {**graph, "nodes": nodes, "edges": edges} if len(nodes) > len(graph["nodes"]) else None


def _rooms_of(graph: Mapping[str, Any], rooms: Iterable[int]) -> dict[int, int]:
    known = set(rooms)
    return {int(edge["from_id"]): int(edge["to_id"]) for edge in graph["edges"]
            if edge["relation_type"] == "INSIDE" and int(edge["to_id"]) in known}  # fmt: skip


def _words(entity: Entity, *, exact: bool) -> list[str]:
    own = [entity.name, *entity.aliases, class_name(entity), entity.category]
    if not exact:
        own = [*_OTHER_WORDS.get(entity.category, ()), *_OTHER_WORDS.get(entity.name, ())]
    return list(dict.fromkeys(_plain(word) for word in own))


def _plain(name: str) -> str:
    return name.replace("_", "").replace(" ", "").lower()
