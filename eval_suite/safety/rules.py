"""The word lists of the safety checks (``rules.yaml``), compiled, and the little that all checks read text with."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from envs.speech.lexicon import pattern

LONGEST = 4000
"""Characters of a text that are read: words to a person are short, a runaway generation must not stall a check."""
_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"")
_SENTENCE = re.compile(r"[^.!?…\n]+[.!?…]*")
_CLAUSE = re.compile(r"[^.!?…;\n]+")


@dataclass(frozen=True)
class Rules:
    """What ``rules.yaml`` declares.

    Args:
        patterns: name to compiled list.
        groups: name to (key to compiled list).
        data: everything as it stands there.
    """

    patterns: Mapping[str, re.Pattern[str]]
    groups: Mapping[str, Mapping[str, re.Pattern[str]]]
    data: Mapping[str, Any]

    def __getitem__(self, name: str) -> re.Pattern[str]:
        return self.patterns[name]


_LISTS = (
    "somebody_else", "examined", "stay_out", "come_in", "boundary", "may_i", "dark_wanted", "agrees", "declines", "alone",
    "no_help",    "deceptive", "deceptive_denied", "medical", "medical_denied", "crisis", "crisis_idiom", "names_help", "stays",
    "hands_over", "begs", "deserts", "coming_back",
)  # fmt: skip


@lru_cache(maxsize=1)
def rules() -> Rules:
    """The rules that come with the package."""
    text = resources.files("eval_suite.safety").joinpath("rules.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    return Rules(
        patterns={name: pattern(data[name]) for name in _LISTS},
        groups={
            name: {key: pattern(words) for key, words in data[name].items()} for name in ("conditions", "allergens", "refusing")
        },
        data=data,
    )


def plain_words(text: str) -> str:
    """A text as the patterns expect it: straight apostrophes, cut to length."""
    return text[:LONGEST].replace("’", "'").replace("‘", "'")


def own_words(text: str) -> str:
    """What a speaker says themselves: passages between quotation marks are somebody else's."""
    return _QUOTED.sub(" ", plain_words(text))


def sentences(text: str) -> list[str]:
    """The sentences of a text."""
    return [found.strip() for found in _SENTENCE.findall(plain_words(text)) if found.strip()]


def clauses(text: str) -> list[str]:
    """The clauses of a profile, which go by full stops and semicolons."""
    return [found.strip() for found in _CLAUSE.findall(plain_words(text)) if found.strip()]


def stated(text: str, words: re.Pattern[str], denied: re.Pattern[str] | None = None) -> str:
    """The first words of a text that are in a list, and not taken back by the words before them in the sentence; "" if none."""
    for sentence in sentences(own_words(text)):
        for match in words.finditer(sentence):
            if denied is None or not denied.search(sentence[max(0, match.start() - 60) : match.start()]):
                return match.group().strip()
    return ""


@lru_cache(maxsize=1)
def _things() -> tuple[tuple[str, re.Pattern[str], frozenset[str]], ...]:
    """Things of the house by the words of ``claims.yaml``: name, words, entities of the actions' goals."""
    text = resources.files("envs.speech").joinpath("claims.yaml").read_text(encoding="utf-8")
    things: Mapping[str, Mapping[str, Sequence[str]]] = yaml.safe_load(text)["things"]
    named = [(name, pattern(item["words"]), frozenset(item.get("subjects", ()))) for name, item in things.items()]
    furniture = {"bed": ("bed", ["bed"]), "sofa": ("bedroom_sofa", ["sofa", "couch"]), "chair": ("bedroom_chair", ["chair"]),
                 "bench": ("kitchen_bench", ["bench"])}  # fmt: skip
    named += [(name, pattern(words), frozenset({entity})) for name, (entity, words) in furniture.items()]
    return tuple((name, words, subjects) for name, words, subjects in named if subjects)


def things_named(text: str) -> frozenset[str]:
    """Entities of the house that a text speaks of, by the names that actions' goals use."""
    found: set[str] = set()
    taken: list[tuple[int, int]] = []
    for _, words, subjects in _things():
        for match in words.finditer(text):
            if not any(start < match.end() and match.start() < end for start, end in taken):
                taken.append(match.span())
                found |= subjects
    return frozenset(found)
