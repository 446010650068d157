"""Staging: where a script leaves the resident, and what an authored plan comes to there."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import lru_cache

from plans.actions import ACTIONS

ROOM_OF_SCRIPT = {
    "touch_stove_and_leave": "kitchen", "fridge_back_and_forth": "kitchen", "bread_to_bench": "kitchen",
    "coffee_to_bench": "kitchen", "apple_into_fridge": "kitchen", "bread_into_fridge": "kitchen",
    "touch_wallphone_and_pace": "kitchen", "phone_down_then_apple": "kitchen", "stand_at_basin": "bathroom",
}  # fmt: skip
"""Scripts that do not end in the bedroom. (The apple bowl stands in the open part of the kitchen.)"""

_NEAR = {
    "sit_on_bed": "bed", "take_picture_down": "chair", "pacing_with_phone": "chair", "stand_at_basin": "chair",
}  # fmt: skip
_APART = {"sit_at_desk": "bed", "take_picture_down": "bed", "pacing_with_phone": "bed", "touch_tv_and_pace": "bed",
          "bread_to_bench": "sofa", "coffee_to_bench": "sofa", "stand_at_basin": "sofa"}  # fmt: skip
SEATS = {"sofa": "sit_bedroom_sofa", "bed": "sit_bed", "chair": "sit_bedroom_chair", "bench": "sit_kitchen_bench"}
_WHERE = {
    "sit_bedroom_sofa": "on the sofa", "sit_bed": "on the bed", "sit_bedroom_chair": "in the desk chair",
    "sit_kitchen_bench": "on the bench", "play_computer": "at the computer",
}  # fmt: skip
_RADIO = frozenset({"switchon_radio", "get_radio_puton_bedroomtable", "get_radio_puton_kitchentable"})
_CELLPHONE = frozenset({"get_cellphone_puton_bedroomtable", "get_cellphone_puton_kitchentable"})
_COFFEE = frozenset({"get_coffee_puton_bedroomtable", "get_coffee_puton_kitchentable"})
_TISSUES = frozenset({"get_toiletpaper_puton_bedroomtable", "get_toiletpaper_puton_kitchentable"})
_DONE = {
    "radio_then_sofa": _RADIO, "pacing_with_phone": _CELLPHONE, "phone_to_sofa": _CELLPHONE,
    "phone_down_then_apple": _CELLPHONE, "tissues_to_sofa": _TISSUES,
    "sit_at_desk": frozenset({"sit_bedroom_chair", "play_computer"}), "coffee_to_bench": _COFFEE,
}  # fmt: skip
"""What the resident holds, occupies or has done already."""
_NOT_FOR = {
    "child": _COFFEE | {"switchon_stove", "switchon_kitchen_candle"},
    "deaf": _RADIO | {"get_wallphone_puton_bedroomtable", "get_wallphone_puton_kitchentable"},
    "blind": frozenset({"get_book_puton_bedroomtable", "get_paper_puton_bedroomtable"}),
}
LIMITING_TAGS = frozenset(_NOT_FOR)
_NEEDS_FRIDGE = frozenset({
    "get_chicken_puton_bedroomtable", "get_chicken_puton_kitchentable", "cook_chicken_puton_bedroomtable",
    "put_apple_into_fridge_puton_bedroomtable", "put_mug_of_water_into_fridge_puton_bedroomtable",
})  # fmt: skip
_ONE_THING = {
    "mug": frozenset({
        "get_mug_of_water_puton_bedroomtable", "get_mug_of_water_puton_kitchentable", "cook_hot_water_puton_bedroomtable",
        "put_mug_of_water_into_fridge_puton_bedroomtable",
    }),
    "chicken": frozenset({
        "get_chicken_puton_bedroomtable", "get_chicken_puton_kitchentable", "cook_chicken_puton_bedroomtable",
    }),
    "stove": frozenset({"switchon_stove", "cook_chicken_puton_bedroomtable"}),
    "apple": frozenset({
        "get_apple_puton_bedroomtable", "get_apple_puton_kitchentable", "put_apple_into_fridge_puton_bedroomtable",
    }),
    "book": frozenset({
        "get_book_puton_bedroomtable", "put_book_into_bookshelf", "put_book_into_box_puton_bedroomtable",
    }),
    "box": frozenset({
        "get_box_puton_bedroomtable", "get_box_puton_kitchentable", "put_book_into_box_puton_bedroomtable",
    }),
    "folder": frozenset({"get_folder_puton_bedroomtable", "put_paper_into_folder_puton_bedroomtable"}),
}  # fmt: skip
"""Pairs that undo one another, found by carrying out every pair of actions in every layout."""
_FRIDGE_SCRIPTS = frozenset({"fridge_back_and_forth", "apple_into_fridge", "bread_into_fridge"})
_SITTING = frozenset({*SEATS.values(), "play_computer"})


def room_of(script: str) -> str:
    """``bedroom``, ``kitchen`` or ``bathroom``: where the script ends."""
    return ROOM_OF_SCRIPT.get(script, "bedroom")


def fits(conditions: Iterable[str], tags: Collection[str]) -> bool:
    """Whether every condition holds: ``tag``, ``-tag``, or several with ``|`` between them."""
    return all(
        any(part[1:] not in tags if part.startswith("-") else part in tags for part in condition.split("|"))
        for condition in conditions
    )


@lru_cache(maxsize=65536)
def resolve(do: tuple[str, ...], script: str) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """The legal actions that an authored plan means after a script, and the words for where they happen.

    Raises:
        ValueError: something that is no action.
    """
    room = room_of(script)
    actions: list[str] = []
    brought: list[str] = []
    table = "kitchen" if room == "kitchen" else "bedroom"
    for entry in do:
        verb, _, rest = entry.partition(" ")
        if verb == "bring":
            name = f"get_{rest}_puton_{table}table"
            if name not in ACTIONS:
                name = f"get_{rest}_puton_bedroomtable"
            brought.append(name)
        elif verb == "sit":
            name = SEATS.get(_seat(rest, script, room), entry)
        else:
            name = entry
        if name not in ACTIONS:
            raise ValueError(f"expected a legal action, 'bring THING', or 'sit near|apart|sofa|bed|chair|bench'; got {entry!r}")
        actions.append(name)
    # What "bring" brought goes before what is put somewhere by name.
    at_kitchen = any(name.endswith("kitchentable") for name in brought or actions)
    stage = {"table": f"the {'kitchen' if at_kitchen else 'side'} table"}
    for name in actions:
        if name in _WHERE:
            stage["near"] = _WHERE[name]
    return tuple(actions), tuple(stage.items())


def _seat(which: str, script: str, room: str) -> str:
    if which == "near":
        return _NEAR.get(script, "bench" if room == "kitchen" else "sofa")
    if which == "apart":
        return _APART.get(script, "bench" if room == "kitchen" else "chair")
    return which


@lru_cache(maxsize=65536)
def objection(actions: tuple[str, ...], script: str, tags: frozenset[str], home_state: tuple[tuple[str, str], ...]) -> str:
    """Why a plan cannot be had after this script with this resident; empty if it can.

    Args:
        actions: the resolved plan.
        script: what the resident did.
        tags: those of :data:`LIMITING_TAGS` that the resident has.
        home_state: how the home starts, as (entity, state).
    """
    if len(set(actions)) < len(actions):
        return "an action comes twice"
    seats = [i for i, name in enumerate(actions) if name in _SITTING]
    if len(seats) > 1 or (seats and seats[0] != len(actions) - 1):
        return "sitting must come once, and last"
    things = [match.group(1) for name in actions if (match := re.match(r"get_(.*)_puton", name))]
    if len(set(things)) < len(things):
        return "one thing goes to two tables"
    for thing, users in _ONE_THING.items():
        if sum(name in users for name in actions) > 1:
            return f"two actions want the same {thing}"
    glass = [i for i, name in enumerate(actions) if name.startswith("get_glass_of_water")]
    if glass and "switchon_bathroom_faucet" in actions[: glass[0]]:
        return "fetching the glass turns the faucet off again"
    open_before = ("fridge", "open") in home_state
    if "open_fridge" in actions:
        after = actions[actions.index("open_fridge") :]
        if open_before or "close_fridge" in actions or any(name in _NEEDS_FRIDGE for name in after):
            return "the fridge is opened and then used or closed"
    if "close_fridge" in actions and (not open_before or script in _FRIDGE_SCRIPTS):
        return "close_fridge needs a fridge left open"
    done = _DONE.get(script, frozenset())
    if any(name in done for name in actions):
        return "the resident has done, holds or occupies that already"
    for tag, unfit in _NOT_FOR.items():
        if tag in tags and any(name in unfit for name in actions):
            return f"not for this resident ({tag})"
    return ""
