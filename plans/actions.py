"""The 50 legal actions of the benchmark, and how each is carried out and checked.

Identifiers are those of EmpathyAgent (arXiv 2503.16545): 28 fetches, 10 switches and doors, 4 seats, 8 combinations.
``None`` (do nothing but speak) is not one of them: it is the plan without actions.

A program template names categories (``mug``) or roles of the household (``bedroomtable``); which mug it will be,
and whether a door must be opened on the way, is decided when it is grounded in a house (:mod:`envs.skills`).
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from enum import Enum

from plans.program import Program

NONE_ACTION = "None"


class Category(Enum):
    """The paper's four families of actions."""

    FETCH = "fetch"
    FURNITURE = "furniture"
    SIT = "sit"
    COMBINATION = "combination"


class Predicate(Enum):
    """What a goal says about the house. Every one is read off the simulator, never off the script."""

    ON = "on"  # subject stands on the surface of target
    INSIDE = "inside"  # subject lies in the container target
    POWERED = "powered"  # subject is switched on (lit, running)
    UNPOWERED = "unpowered"
    OPEN = "open"
    CLOSED = "closed"
    CONTAINS = "contains"  # subject holds the liquid target
    COOKED = "cooked"
    HOT = "hot"
    CHILLED = "chilled"
    SEATED = "seated"  # the robot sits on target
    PLAYING = "playing"  # the robot plays at subject


@dataclass(frozen=True, slots=True)
class Goal:
    """One proposition about the house after an action.

    Goals of one action that share a subject speak of the same thing: *a* mug that stands on the table and holds water.

    Args:
        predicate: what is claimed.
        subject: a category, entity or role of the household; ``robot`` for the robot's own body.
        target: the second thing of ON, INSIDE, SEATED, or the liquid of CONTAINS.
    """

    predicate: Predicate
    subject: str
    target: str | None = None

    def __str__(self) -> str:
        return f"{self.predicate.value}({self.subject}{', ' + self.target if self.target else ''})"


@dataclass(frozen=True, slots=True)
class Action:
    """One legal action.

    Args:
        name: the identifier, as it stands between angle brackets in a plan.
        category: the paper's family.
        phrase: the action in plain English, imperative.
        program: the template of primitives that carries it out.
        goals: what must hold in the simulator afterwards, all of it.
    """

    name: str
    category: Category
    phrase: str
    program: Program
    goals: tuple[Goal, ...]

    @property
    def index(self) -> int:
        """Position in :data:`ACTIONS` (0 to 49)."""
        return _INDEX[self.name]


_BEDROOM_FETCHES = (
    "toiletpaper glass_of_water_from_bathroom mug_of_water apple chicken radio box paper folder pillow wallphone "
    "cellphone kitchen_candle coffee breadslice book"
).split()
_KITCHEN_FETCHES = (
    "toiletpaper glass_of_water_from_bathroom mug_of_water apple chicken radio box wallphone cellphone kitchen_candle "
    "coffee breadslice"
).split()
_TABLES = {"bedroomtable": "the bedroom table", "kitchentable": "the kitchen table"}
# Plain English for what a fetch brings, and the household's category for it where the names differ.
_NOUNS = {
    "toiletpaper": "a roll of toilet paper",
    "glass_of_water_from_bathroom": "a glass of water from the bathroom",
    "mug_of_water": "a mug of water",
    "apple": "an apple",
    "chicken": "the chicken",
    "radio": "the radio",
    "box": "the box",
    "paper": "a sheet of paper",
    "folder": "the folder",
    "pillow": "a pillow",
    "wallphone": "the wall phone",
    "cellphone": "the cell phone",
    "kitchen_candle": "the kitchen candle",
    "coffee": "a cup of coffee",
    "breadslice": "a slice of bread",
    "book": "a book",
}
_FILL_MUG = (
    "[Walk] <mug>",
    "[Grab] <mug>",
    "[Walk] <kitchen_faucet>",
    "[SwitchOn] <kitchen_faucet>",
    "[Fill] <mug> <kitchen_faucet>",
    "[SwitchOff] <kitchen_faucet>",
)


def _put(thing: str, table: str) -> tuple[str, ...]:
    return (f"[Walk] <{table}>", f"[Put] <{thing}> <{table}>")


def _fetch(thing: str, table: str) -> Action:
    goals: tuple[Goal, ...]
    lines: tuple[str, ...]
    if thing == "mug_of_water":
        subject, lines = "mug", _FILL_MUG
        goals = (Goal(Predicate.CONTAINS, "mug", "water"),)
    elif thing == "glass_of_water_from_bathroom":
        subject = "waterglass"
        lines = (
            "[Walk] <waterglass>",
            "[Grab] <waterglass>",
            "[Walk] <bathroom_faucet>",
            "[SwitchOn] <bathroom_faucet>",
            "[Fill] <waterglass> <bathroom_faucet>",
            "[SwitchOff] <bathroom_faucet>",
        )
        goals = (Goal(Predicate.CONTAINS, "waterglass", "water"),)
    elif thing == "coffee":
        subject = "coffee"
        lines = (
            "[Walk] <coffeemaker>",
            "[SwitchOn] <coffeemaker>",
            "[Fill] <coffee> <coffeemaker>",
            "[SwitchOff] <coffeemaker>",
            "[Grab] <coffee>",
        )
        goals = (Goal(Predicate.CONTAINS, "coffee", "coffee"),)
    else:
        subject, lines, goals = thing, (f"[Walk] <{thing}>", f"[Grab] <{thing}>"), ()
    return Action(
        name=f"get_{thing}_puton_{table}",
        category=Category.FETCH,
        phrase=f"bring {_NOUNS[thing]} to {_TABLES[table]}",
        program=Program.parse(lines + _put(subject, table)),
        goals=(Goal(Predicate.ON, subject, table), *goals),
    )


def _switch(name: str, thing: str, phrase: str, *, on: bool) -> Action:
    verb = "SwitchOn" if on else "SwitchOff"
    goal = Goal(Predicate.POWERED if on else Predicate.UNPOWERED, thing)
    return Action(name, Category.FURNITURE, phrase, Program.parse([f"[Walk] <{thing}>", f"[{verb}] <{thing}>"]), (goal,))


def _door(name: str, thing: str, phrase: str, *, opened: bool) -> Action:
    verb = "Open" if opened else "Close"
    goal = Goal(Predicate.OPEN if opened else Predicate.CLOSED, thing)
    return Action(name, Category.FURNITURE, phrase, Program.parse([f"[Walk] <{thing}>", f"[{verb}] <{thing}>"]), (goal,))


def _sit(name: str, seat: str, phrase: str) -> Action:
    program = Program.parse([f"[Walk] <{seat}>", f"[Sit] <{seat}>"])
    return Action(name, Category.SIT, phrase, program, (Goal(Predicate.SEATED, "robot", seat),))


def _combine(name: str, phrase: str, lines: tuple[str, ...], *goals: Goal) -> Action:
    return Action(name, Category.COMBINATION, phrase, Program.parse(lines), goals)


def _chill(thing: str, prepare: tuple[str, ...]) -> tuple[str, ...]:
    return (
        *prepare,
        "[Walk] <fridge>",
        "[Open] <fridge>",
        f"[PutIn] <{thing}> <fridge>",
        "[Close] <fridge>",
        "[Wait]",
        "[Open] <fridge>",
        f"[Grab] <{thing}>",
        "[Close] <fridge>",
        *_put(thing, "bedroomtable"),
    )


def _combinations() -> tuple[Action, ...]:
    on, inside = Predicate.ON, Predicate.INSIDE
    return (
        _combine(
            "cook_chicken_puton_bedroomtable",
            "cook the chicken and serve it on the bedroom table",
            (
                "[Walk] <chicken>",
                "[Grab] <chicken>",
                "[Walk] <stove>",
                "[Put] <chicken> <stove>",
                "[SwitchOn] <stove>",
                "[Cook] <chicken> <stove>",
                "[SwitchOff] <stove>",
                "[Grab] <chicken>",
                *_put("chicken", "bedroomtable"),
            ),
            Goal(on, "chicken", "bedroomtable"),
            Goal(Predicate.COOKED, "chicken"),
            Goal(Predicate.UNPOWERED, "stove"),
        ),
        _combine(
            "cook_hot_water_puton_bedroomtable",
            "heat a mug of water and serve it on the bedroom table",
            (
                *_FILL_MUG,
                "[Walk] <microwave>",
                "[Open] <microwave>",
                "[PutIn] <mug> <microwave>",
                "[Close] <microwave>",
                "[SwitchOn] <microwave>",
                "[Cook] <mug> <microwave>",
                "[SwitchOff] <microwave>",
                "[Open] <microwave>",
                "[Grab] <mug>",
                "[Close] <microwave>",
                *_put("mug", "bedroomtable"),
            ),
            Goal(on, "mug", "bedroomtable"),
            Goal(Predicate.CONTAINS, "mug", "water"),
            Goal(Predicate.HOT, "mug"),
        ),
        _combine(
            "play_computer",
            "sit down at the computer and play a game",
            ("[Walk] <computer>", "[SwitchOn] <computer>", "[Sit] <bedroom_chair>", "[Play] <computer>"),
            Goal(Predicate.POWERED, "computer"),
            Goal(Predicate.SEATED, "robot", "bedroom_chair"),
            Goal(Predicate.PLAYING, "computer"),
        ),
        _combine(
            "put_paper_into_folder_puton_bedroomtable",
            "put a sheet of paper into the folder and lay it on the bedroom table",
            (
                "[Walk] <paper>",
                "[Grab] <paper>",
                "[Walk] <folder>",
                "[PutIn] <paper> <folder>",
                "[Grab] <folder>",
                *_put("folder", "bedroomtable"),
            ),
            Goal(inside, "paper", "folder"),
            Goal(on, "folder", "bedroomtable"),
        ),
        _combine(
            "put_book_into_bookshelf",
            "put a book back on the bookshelf",
            ("[Walk] <book>", "[Grab] <book>", "[Walk] <bookshelf>", "[PutIn] <book> <bookshelf>"),
            Goal(inside, "book", "bookshelf"),
        ),
        _combine(
            "put_book_into_box_puton_bedroomtable",
            "pack a book into the box and set it on the bedroom table",
            (
                "[Walk] <book>",
                "[Grab] <book>",
                "[Walk] <box>",
                "[PutIn] <book> <box>",
                "[Grab] <box>",
                *_put("box", "bedroomtable"),
            ),
            Goal(inside, "book", "box"),
            Goal(on, "box", "bedroomtable"),
        ),
        _combine(
            "put_apple_into_fridge_puton_bedroomtable",
            "chill an apple in the fridge and bring it to the bedroom table",
            _chill("apple", ("[Walk] <apple>", "[Grab] <apple>")),
            Goal(on, "apple", "bedroomtable"),
            Goal(Predicate.CHILLED, "apple"),
        ),
        _combine(
            "put_mug_of_water_into_fridge_puton_bedroomtable",
            "chill a mug of water in the fridge and bring it to the bedroom table",
            _chill("mug", _FILL_MUG),
            Goal(on, "mug", "bedroomtable"),
            Goal(Predicate.CONTAINS, "mug", "water"),
            Goal(Predicate.CHILLED, "mug"),
        ),
    )


def _all_actions() -> dict[str, Action]:
    fetches = [_fetch(thing, "bedroomtable") for thing in _BEDROOM_FETCHES]
    fetches += [_fetch(thing, "kitchentable") for thing in _KITCHEN_FETCHES]
    furniture = [
        _switch("switchon_bathroom_faucet", "bathroom_faucet", "turn on the bathroom faucet", on=True),
        _switch("switchon_radio", "radio", "turn on the radio", on=True),
        _switch("switchoff_bedroom_tablelamp", "bedroom_tablelamp", "turn off the bedroom table lamp", on=False),
        _switch("switchoff_bathroom_lights", "bathroom_lights", "turn off the bathroom lights", on=False),
        _switch("switchon_kitchen_candle", "kitchen_candle", "light the kitchen candle", on=True),
        _switch("switchon_stove", "stove", "turn on the stove", on=True),
        _switch("switchon_computer", "computer", "turn on the computer", on=True),
        _switch("switchon_tv", "tv", "turn on the TV", on=True),
        _door("open_fridge", "fridge", "open the fridge", opened=True),
        _door("close_fridge", "fridge", "close the fridge", opened=False),
    ]
    seats = [
        _sit("sit_bed", "bed", "sit down on the bed"),
        _sit("sit_bedroom_chair", "bedroom_chair", "sit down on the bedroom chair"),
        _sit("sit_bedroom_sofa", "bedroom_sofa", "sit down on the bedroom sofa"),
        _sit("sit_kitchen_bench", "kitchen_bench", "sit down on the kitchen bench"),
    ]
    return {action.name: action for action in (*fetches, *furniture, *seats, *_combinations())}


ACTIONS: dict[str, Action] = _all_actions()
"""Every legal action by its identifier, in the paper's order of families."""

_INDEX = {name: index for index, name in enumerate(ACTIONS)}
_LOWER = {name.lower(): name for name in ACTIONS}


def canonical_name(text: str) -> str | None:
    """The legal identifier that ``text`` spells (any case, spaces or hyphens for underscores), or None."""
    return _LOWER.get("_".join(text.strip().lower().replace("-", " ").replace("_", " ").split()))


def nearest_name(text: str) -> str | None:
    """The legal identifier closest to ``text`` in spelling, or None if nothing is close."""
    found = difflib.get_close_matches(text.strip().lower().replace(" ", "_")[:120], _LOWER, n=1, cutoff=0.5)
    return _LOWER[found[0]] if found else None


def get_action(name: str) -> Action:
    """Look an action up by its identifier.

    Raises:
        KeyError: with the nearest legal name in its message.
    """
    action = ACTIONS.get(name)
    if action is None:
        near = nearest_name(name)
        hint = f"; did you mean {near!r}?" if near else ""
        raise KeyError(f"expected one of the {len(ACTIONS)} legal actions, got {name[:80]!r}{hint}")
    return action
