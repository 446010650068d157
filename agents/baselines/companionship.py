"""How the oracle goes on: many turns with a resident whose story, needs and state it has been shown."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from envs.exchange import Observation
from envs.needs import circumstances, still_standing
from envs.scenarios.schema import Scenario
from plans.actions import ACTIONS, Category
from plans.plan import Plan

_SENTENCE = re.compile(r"[^.!?]+[.!?]+")
_TO_YOU = {"has": "have", "is": "are", "was": "were", "does": "do", "hasn't": "haven't", "isn't": "aren't", "wasn't": "weren't",
           "doesn't": "don't"}  # fmt: skip
_NO_VERBS = ("always", "sometimes", "perhaps", "besides", "afterwards", "others")
_AXES = ("cognitive", "affective", "proactive")
_WORTH = 0.3
"""Share of the heaviest need that an action must newly serve to be worth doing."""


@lru_cache(maxsize=1)
def _phrases() -> dict[str, Any]:
    text = resources.files("agents.baselines").joinpath("oracle.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def next_plan(scenario: Scenario, observation: Observation, state: Mapping[str, Any], seed: int) -> Plan:
    """What somebody would do next who knows the story and where it hurts most.

    Args:
        scenario: with its hidden side.
        observation: with at least one earlier turn.
        state: the hidden state as the session has it; may be empty.
        seed: chooses among phrasings.
    """
    place = state.get("place") or (0.0, 0.0, 0.0)
    priorities = state.get("priorities") or (1, 1, 1)
    said = [turn.said for turn in observation.history]
    # The three axes in turn, the emptiest first, so that none is forgotten; feelings are left alone where they must be.
    order = sorted(range(3), key=lambda axis: place[axis])
    axis = _AXES[order[0]] if place[order[0]] < -2 else _AXES[len(said) % 3]
    if axis == "affective" and not priorities[1]:
        axis = "cognitive"
    action = _next_help(scenario, observation, state) if priorities[2] else None
    words = _words(scenario, axis, observation, seed)
    if action is not None and ACTIONS[action].category is not Category.SIT:
        phrase = _once(_phrases()["helping"], said, seed) or ""
        words = f"{words} {phrase} I wanted to {ACTIONS[action].phrase}." if phrase else words
    return Plan((action,) if action else (), words)


def _next_help(scenario: Scenario, observation: Observation, state: Mapping[str, Any]) -> str | None:
    """The action that newly serves most of what is needed, if any is worth it and none was turned down."""
    here = circumstances(scenario)
    if not here.needs:
        return None
    done = [action for turn in observation.history for action in turn.actions]
    tried = {*done, *(action for turn in observation.history for action in turn.failed), *state.get("refused", ())}
    standing, _ = still_standing(done)
    if any(ACTIONS[action].category is Category.SIT for action in standing):
        return None  # who sits with somebody does not jump up again
    served, *_ = here.effect(standing)
    best, gain = None, _WORTH * max(here.needs.values())
    for action in ACTIONS:
        if action in tried or here.objection(action) or here.pointless(action):
            continue
        after, *_ = here.effect([*standing, action])
        worth = sum(weight * (after[need] - served[need]) for need, weight in here.needs.items())
        if worth > gain:
            best, gain = action, worth
    return best


def _words(scenario: Scenario, axis: str, observation: Observation, seed: int) -> str:
    said = [turn.said for turn in observation.history]
    facts = [fact for fact in told_to(scenario) if not any(fact in line for line in said)]
    tail = _unused([template.removeprefix("{fact} ") for template in _phrases()[axis]], said, seed)
    feeling = scenario.labels.emotion if scenario.labels else "moved"
    # What they have just owned up to comes first; then the story, piece by piece; then the life it happened in.
    if observation.dialogue and len(said) % 2 == 0:
        *_, last = _SENTENCE.findall(observation.dialogue) or [observation.dialogue]
        lead = (_unused(_phrases()["heard"], said, seed) or "").format(heard=last.strip())
    else:
        opener = _once(_phrases()["openers"], said, seed) or ""
        lead = f"{opener} {facts[0] if facts else ''}".strip()
    return f"{lead} {(tail or '').format(feeling=feeling)}".strip()


def _unused(options: Sequence[str], said: Sequence[str], seed: int) -> str | None:
    """An option of which no part between its slots was said before."""
    marks = {option: max(re.split(r"\{\w+\}", option), key=len).strip() for option in options}
    fresh = [option for option, mark in marks.items() if not any(mark in line for line in said)]
    return fresh[zlib.crc32(f"{seed}:{fresh[0]}".encode()) % len(fresh)] if fresh else None


def _once(options: Sequence[str], said: Sequence[str], seed: int) -> str | None:
    fresh = [option for option in options if option and not any(option in line for line in said)]
    return fresh[zlib.crc32(f"{seed}:{fresh[0]}".encode()) % len(fresh)] if fresh else None


def told_to(scenario: Scenario) -> list[str]:
    """The hidden story, sentence by sentence, as one would say it to the person.

    Example:
        >>> from envs.scenarios import load_scenarios
        >>> story = load_scenarios("hearth", limit=1)[0]
        >>> all("you" in fact.lower() or fact for fact in told_to(story))
        True
    """
    person = scenario.resident
    life = f"{person.life_experiences.rstrip('.')}.".replace(";", ".") if person.life_experiences else ""
    found = [*_told(scenario.situation, person.name, person.pronoun), *_told(life, person.name, person.pronoun)]
    return [fact for fact in found if len(fact.split()) >= 4]


@lru_cache(maxsize=2048)
def _told(situation: str, name: str, pronoun: str) -> tuple[str, ...]:
    text = situation
    for word in sorted({name, *name.split()[:1]}, key=len, reverse=True):
        if word:
            text = re.sub(rf"\b{re.escape(word)}[’']s\b", "your", text)
            text = re.sub(rf"\b{re.escape(word)}\b", "you", text)
    swaps = {
        "she": {"she": "you", "her": "your", "hers": "yours", "herself": "yourself"},
        "he": {"he": "you", "him": "you", "his": "your", "himself": "yourself"},
        "they": {"they": "you", "them": "you", "their": "your", "theirs": "yours", "themselves": "yourself"},
    }[pronoun]
    text = re.sub(r"\b[A-Za-z]+\b", lambda word: _like(word.group(), swaps), text)
    # "her" is also an object: "told her that", "with her." want "you".
    text = re.sub(r"\byour(?=[.,;:!?]|\s(?:that|to|and|in|on|at|for|with|off|out|up|so|about|again|by|from)\b)", "you", text)
    text = re.sub(r"\b([Yy]ou) (\w+(?:n't)?)\b", _conjugated, text)
    return tuple(fact.strip()[0].upper() + fact.strip()[1:] for fact in _SENTENCE.findall(text) if fact.strip())


def _like(word: str, swaps: Mapping[str, str]) -> str:
    found = swaps.get(word.lower())
    if found is None:
        return word
    return found.capitalize() if word[0].isupper() else found


def _conjugated(match: re.Match[str]) -> str:
    you, verb = match.groups()
    if verb in _TO_YOU:
        return f"{you} {_TO_YOU[verb]}"
    if re.fullmatch(r"\w{2,}[^su\W]s", verb) and verb not in (
        "always",
        "sometimes",
        "perhaps",
        "besides",
        "afterwards",
        "others",
    ):
        verb = verb[:-3] + "y" if verb.endswith("ies") else verb[:-2] if re.search(r"(ch|sh|ss|x|o)es$", verb) else verb[:-1]
    return f"{you} {verb}"
