"""What a resident is like, as far as it decides how a deed or a word is taken: priorities, temper, tastes.

Read off a scenario's hidden side once; the robot never sees it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from envs.companion.evidence import Vector
from envs.companion.process import initial_deficit, items_of
from envs.needs import circumstances, declared
from envs.scenarios.emotions import EMOTIONS
from envs.scenarios.schema import Scenario
from envs.speech.acts import content, household_words, tastes_in
from envs.speech.lexicon import pattern

VOICES = ("plain", "dry", "tender", "playful", "anxious", "fierce")
"""How residents speak; hearth10k labels them, of others they are read off the profile."""


@dataclass(frozen=True)
class Taste:
    """Something that this resident likes or dislikes now.

    Args:
        text: as the scenario puts it.
        why: the reason that it gives.
        kinds: what acts and deeds it speaks of (:func:`envs.speech.acts.tastes_in`).
        about: what it is about.
    """

    text: str
    why: str
    kinds: frozenset[str]
    about: frozenset[str]


@dataclass(frozen=True)
class Persona:
    """One resident in one moment.

    Args:
        start: ``P_0``.
        priorities: how much this person wants to be understood, comforted, helped to act; 0 to 3.
        emotion: what they feel, of the 32; None if unknown.
        valence: how that feels, -1 to 1.
        hidden_feeling: 0 (plain to see) to 3 (deep down): item A.2.
        voice: how they speak, of :data:`VOICES`.
        resists_help: rather does things alone.
        keeps_distance: rather has people not too near.
        child: is under twelve.
        needs: what would help, with weights (:func:`envs.needs.circumstances`).
        spoken: needs that the opening words name.
        helps, annoys: tastes.
        heard: what the opening words are about.
        known: what the profile is about.
        hidden: what only the hidden side tells.
    """

    start: Vector
    priorities: tuple[int, int, int]
    emotion: str | None
    valence: float
    hidden_feeling: int
    voice: str
    resists_help: bool
    keeps_distance: bool
    child: bool
    needs: Mapping[str, float]
    spoken: frozenset[str]
    helps: tuple[Taste, ...]
    annoys: tuple[Taste, ...]
    heard: frozenset[str]
    known: frozenset[str]
    hidden: frozenset[str]

    @property
    def wants_no_feelings(self) -> bool:
        """Whether having feelings touched is embarrassing to them now."""
        return self.priorities[1] == 0

    @property
    def wants_no_help(self) -> bool:
        """Whether they want nothing done for them now."""
        return self.priorities[2] == 0


@lru_cache(maxsize=1)
def _tempers() -> dict[str, re.Pattern[str]]:
    text = resources.files("envs.companion").joinpath("tempers.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    return {name: pattern(words) for name, words in data.items()}


def persona_of(scenario: Scenario) -> Persona:
    """The resident of a scenario."""
    labels = scenario.labels
    items = items_of(labels)
    groups = set(scenario.resident.groups)
    told = " ".join((scenario.resident.personality, scenario.resident.profile_text))
    tempers = _tempers()
    voice = next((name for name in VOICES if name in groups), None) or next(
        (name for name in VOICES if name in tempers and tempers[name].search(told)), "plain"
    )
    marked = bool(groups & {"resists_help", "welcomes_help"})
    apart = bool(groups & {"keeps_distance", "likes_company"})
    names = content(scenario.resident.name)
    heard = content(scenario.dialogue)
    known = content(scenario.resident.profile) - names - household_words()
    cues = declared().cues
    needs = circumstances(scenario).needs
    age = scenario.resident.age
    return Persona(
        start=initial_deficit(items),
        priorities=(items.cognitive[2], items.affective[2], items.proactive[2]),
        emotion=labels.emotion if labels else None,
        valence=EMOTIONS[labels.emotion][0] if labels else 0.0,
        hidden_feeling=items.affective[1],
        voice=voice,
        resists_help="resists_help" in groups if marked else bool(tempers["resists_help"].search(told)),
        keeps_distance="keeps_distance" in groups if apart else bool(tempers["keeps_distance"].search(told)),
        child=age is not None and age < 12,
        needs=needs,
        spoken=frozenset(need for need in needs if need in cues and cues[need].search(scenario.dialogue)),
        helps=tuple(_taste(item.text, item.why) for item in labels.helps) if labels else (),
        annoys=tuple(_taste(item.text, item.why) for item in labels.annoys) if labels else (),
        heard=heard,
        known=known,
        hidden=content(scenario.situation) - heard - known - names - household_words(),
    )


@lru_cache(maxsize=4096)
def _taste(text: str, why: str) -> Taste:
    return Taste(text, why, tastes_in(text), content(text))
