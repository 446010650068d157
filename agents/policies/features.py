"""What a small policy sees of an observation: a vector of what anybody could see and hear. Nothing of the hidden state.

Words: feelings that are named, needs that are hinted at, questions, refusals. The person: age, temper as the profile tells it.
Gestures: what the resident did last and so far. History: what the policy itself said and did, and what is left to say.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from agents.policies.menu import Menu, asked_for, heeding, load_menu, profile_lines, topics_left
from envs.exchange import Observation, PastTurn
from envs.needs import declared
from envs.scenarios.emotions import EMOTIONS
from envs.speech.lexicon import emotions_in, pattern

FEATURES_VERSION = 1
"""Changes when the same observation gives another vector: policies of another version are refused."""
MOST_TURNS = 20.0

_GESTURES = {
    "near": r"comes closer|walks over",
    "turned": r"nod|leans a little|meets the robot|looks up",
    "shrug": r"shrugs|stays as|looks at (her|his|their) hands|glances over",
    "sit": r"sits down|finds a seat",
    "use": r"\btakes\b|reaches for",
    "sigh": r"long breath|sighs",
    "away": r"turns away|looks at the wall",
    "refuse": r"raises a hand|holds up a hand|hand: no",
    "undo": r"off again|turns the .* off",
    "leave": r"leaves for|goes into the",
}
_VISIBLE = {name: re.compile(words, re.IGNORECASE) for name, words in _GESTURES.items()}
_REFUSES = pattern(["no,? thank you", "no", "don't", "leave (that|it)", "enough", "take it back", "put it back", "not that"])
_TEARS = pattern(
    ["cry(ing)?", "cried", "tears?", "miss(ing|ed)?", "gone", "lost", "dead", "died", "alone", "never", "nobody", "last"]
)
_CHEER = pattern(["won", "yes", "finally", "at last", "first", "look", "love", "best", "thank", "ha", "champion", "passed"])


def names(menu: Menu | None = None) -> list[str]:
    """What each place of the vector stands for."""
    menu = menu or load_menu()
    found = [f"feeling {label}" for label in EMOTIONS]
    found += [f"hinted {need}" for need in declared().cues] + [f"just hinted {need}" for need in declared().cues]
    found += [f"temper {temper}" for temper in _tempers()]
    found += ["age", "age known", "child", "old"]
    found += ["sad words", "glad words", "exclaims", "asks", "length", "silent", "refuses"]
    found += [f"just {gesture}" for gesture in _VISIBLE] + [f"often {gesture}" for gesture in _VISIBLE]
    found += ["turn", "first turn", "heed", "deeds done", "deeds failed", "seated"]
    found += [f"left {topic}" for topic in menu.topics]
    found += [f"last way {way}" for way in menu.ways] + [f"often way {way}" for way in menu.ways]
    return found


def features(observation: Observation, menu: Menu | None = None) -> NDArray[np.float32]:
    """The vector, float32 in [-1, 1], in the order of :func:`names`."""
    menu = menu or load_menu()
    history = observation.history
    opening = history[0].heard if history else observation.dialogue
    heard = (*(turn.heard for turn in history), observation.dialogue)
    felt = {label for text in heard for label in _felt(text)}
    values = [float(label in felt) for label in EMOTIONS]
    hinted, now = set(asked_for(heard)), set(asked_for((observation.dialogue,)))
    values += [float(need in hinted) for need in declared().cues] + [float(need in now) for need in declared().cues]
    values += _person(observation.profile)
    values += _sound(opening) + [float(not observation.dialogue), float(bool(_REFUSES.search(observation.dialogue)))]
    values += _gestures(history)
    done = [action for turn in history for action in turn.actions]
    failed = sum(len(turn.failed) for turn in history)
    seated = bool(done) and done[-1].startswith("sit_")
    values += [min(1.0, len(history) / MOST_TURNS), float(not history), float(heeding(observation) is not None)]
    values += [min(1.0, len(done) / 5.0), min(1.0, failed / 3.0), float(seated)]
    values += [min(1.0, topics_left(topic, observation) / 4.0) for topic in menu.topics]
    ways = [menu.way_of(turn.said) for turn in history]
    last = ways[-1] if ways else None
    values += [float(way == last) for way in menu.ways] + [min(1.0, ways.count(way) / 5.0) for way in menu.ways]
    return np.asarray(values, np.float32)


@lru_cache(maxsize=8192)
def _felt(text: str) -> frozenset[str]:
    return frozenset(emotions_in(text))


@lru_cache(maxsize=8192)
def _sound(text: str) -> list[float]:
    found = (len(_TEARS.findall(text)), len(_CHEER.findall(text)), text.count("!"), text.count("?"))
    return [min(1.0, count / 3.0) for count in found] + [min(1.0, len(text.split()) / 30.0)]


@lru_cache(maxsize=1)
def _tempers() -> dict[str, re.Pattern[str]]:
    """How a temper is told in a profile, for all to read."""
    data: dict[str, Any] = yaml.safe_load(resources.files("envs.companion").joinpath("tempers.yaml").read_text("utf-8"))
    return {name: pattern(words) for name, words in data.items()}


@lru_cache(maxsize=2048)
def _person(profile: str) -> list[float]:
    lines = profile_lines(profile)
    told = lines.get("Personality", profile)
    age = re.search(r"\d+", lines.get("Age", ""))
    years = float(age.group()) if age else 0.0
    values = [float(bool(words.search(told))) for words in _tempers().values()]
    return [*values, min(1.0, years / 100.0), float(age is not None), float(0 < years < 12), float(years >= 65)]


def _gestures(history: tuple[PastTurn, ...]) -> list[float]:
    seen = [_seen(turn.did) for turn in history]
    last = seen[-1] if seen else ()
    often = [min(1.0, sum(name in found for found in seen) / 5.0) for name in _VISIBLE]
    return [float(name in last) for name in _VISIBLE] + often


@lru_cache(maxsize=8192)
def _seen(did: str) -> tuple[str, ...]:
    return tuple(name for name, words in _VISIBLE.items() if words.search(did))
