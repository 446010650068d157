"""Words for feelings, advice and understanding, and what a text is about once small words are left out.

The one lexicon (``lexicon.yaml``) that belief metrics, the rules of Companion and its residents go by. English only.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from envs.scenarios.emotions import EMOTIONS

_DIAGONAL = math.dist((-1, -1), (1, 1))


@dataclass(frozen=True)
class Lexicon:
    """What ``lexicon.yaml`` declares, compiled.

    Args:
        feelings: emotion label to the words that name it.
        stop: small words that say nothing of what a text is about.
        human: claims to a human's life.
        advice: what tells a person what to do, anywhere in a sentence.
        imperative: the same at the head of a sentence.
        validation: what shows that the speaker has taken in what it saw or heard.
    """

    feelings: Mapping[str, re.Pattern[str]]
    stop: frozenset[str]
    human: re.Pattern[str]
    advice: re.Pattern[str]
    imperative: re.Pattern[str]
    validation: re.Pattern[str]


def pattern(words: Sequence[str], form: str = r"\b(?:{})(?!\w)") -> re.Pattern[str]:
    """One pattern, any case, of several that stand as whole words."""
    return re.compile(form.format("|".join(words)), re.IGNORECASE)


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The lexicon that comes with the package."""
    text = resources.files("envs.speech").joinpath("lexicon.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    return Lexicon(
        feelings={label: pattern([label, *data["feelings"].get(label, ())]) for label in EMOTIONS},
        stop=frozenset(data["stop"]),
        human=pattern(data["human"]),
        advice=pattern(data["advice"]),
        imperative=pattern(data["imperatives"], r"^\W*(?:now |then |so |and |just |please |first )*(?:{})\b"),
        validation=pattern(data["validation"]),
    )


@lru_cache(maxsize=1)
def _any_feeling() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{words.pattern})" for words in lexicon().feelings.values()), re.IGNORECASE)


def emotions_in(text: str) -> list[str]:
    """The emotions that a text names, by label or common synonym, in the order of their mention."""
    if not _any_feeling().search(text):
        return []
    found = [(match.start(), label) for label, words in lexicon().feelings.items() if (match := words.search(text))]
    return [label for _, label in sorted(found)]


def nearness(one: str, other: str) -> float:
    """How near two emotions lie on the circumplex, 0 to 1; 1 for the same, at most 0.9 for others.

    Fury and terror share a place, and are not the same.
    """
    return 1.0 if one == other else min(0.9, 1 - math.dist(EMOTIONS[one], EMOTIONS[other]) / _DIAGONAL)


@lru_cache(maxsize=16384)
def stems(text: str) -> frozenset[str]:
    """Content words without their commonest endings: enough to tell whether two texts speak of the same things."""
    small = lexicon().stop
    words = re.findall(r"[^\W\d_]{3,}", text.lower())
    return frozenset(re.sub(r"(ies|ing|ed|es|s|ly)$", "", word) for word in words if word not in small)
