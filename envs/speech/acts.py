"""Dialogue acts: what an utterance does to the person who hears it, by how it is put.

Rules over turns of phrase (``acts.yaml``), sentence by sentence: advice in a question that offers help is no advice, a stock
phrase is one in any company. They do not know the person; what an act means to them is for
:mod:`envs.companion.appraiser` to say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from envs.speech.lexicon import emotions_in, lexicon, pattern, stems

LONGEST = 2000
"""Characters of an utterance that are read."""
SHOW = ("canned", "flatters", "slogans", "jargon")
"""Acts that show empathy off: they would fit anybody."""
HARM = ("minimises", "judges", "dismisses", "denies")
"""Acts that hurt."""
_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"")
_SENTENCE = re.compile(r"[^.!?…]+[.!?…]*")
_PLAIN = ("validates", "affirms", "presence", "offers", "choice", "asks", "reframes", *SHOW, "preaches", *HARM, "bright",
          "consoling")  # fmt: skip


@dataclass(frozen=True)
class Speech:
    """One utterance, by what it does.

    Args:
        text: the words.
        acts: act to the words that do it, in the order in which acts are declared.
        shows: how many different stock phrases it is made of.
        feelings: emotions that it names, of the 32.
        stems: what it is about; words that say nothing of a person are left out.
        exclaims: exclamation marks.
        words: how many words it has.
    """

    text: str
    acts: Mapping[str, str]
    shows: int
    feelings: tuple[str, ...]
    stems: frozenset[str]
    exclaims: int
    words: int


@lru_cache(maxsize=1)
def _lists() -> tuple[frozenset[str], frozenset[str], re.Pattern[str]]:
    data = _data()
    return frozenset(data["hollow"]), frozenset(data["household"]), pattern(data["particles"], r"(?:{})")


def content(text: str) -> frozenset[str]:
    """What a text is about, without words that would be in any."""
    return stems(text) - _lists()[0]


def household_words() -> frozenset[str]:
    """Stems of things that stand in every home: to name them is no insight."""
    return _lists()[1]


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    text = resources.files("envs.speech").joinpath("acts.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


@lru_cache(maxsize=1)
def _declared() -> tuple[dict[str, re.Pattern[str]], dict[str, re.Pattern[str]]]:
    data = _data()
    return {name: pattern(data[name]) for name in _PLAIN}, {name: pattern(words) for name, words in data["tastes"].items()}


def tastes_in(text: str) -> frozenset[str]:
    """What kinds of acts and deeds a text about somebody's likes or dislikes speaks of."""
    return frozenset(name for name, words in _declared()[1].items() if words.search(text))


@lru_cache(maxsize=8192)
def read_speech(utterance: str) -> Speech:
    """What an utterance does.

    Example:
        >>> sorted(read_speech("No wonder it still stings. Shall I sit with you? Only if you like.").acts)
        ['choice', 'offers', 'presence', 'validates']
        >>> read_speech("You are stronger than you think! Believe in yourself!").shows
        2
    """
    text = utterance[:LONGEST].replace("’", "'").replace("\n", " ").strip()
    acts: dict[str, str] = {}
    shows = 0
    own = _QUOTED.sub(" ", text)  # words between quotation marks are somebody else's
    for name, words in _declared()[0].items():
        if name in SHOW:
            found = [match.group().strip() for match in words.finditer(own) if not _taken_back(name, own, match.start())]
            shows += len(found)
            if found:
                acts[name] = found[0]
        elif match := next((found for found in words.finditer(own) if not _taken_back(name, own, found.start())), None):
            acts[name] = match.group().strip()
    advice = _advice(own)
    if advice:
        acts["advises"] = advice
    human = lexicon().human.search(own)
    if human:
        acts["claims_a_life"] = human.group()
    return Speech(text, acts, shows, _feelings(own), content(text), text.count("!"), len(text.split()))


_OF_THEM = re.compile(
    r"\byou(?:'re| are| must be| must feel| feel| felt| look| sound| seem|'ve been| were)(?: \w+){0,2} $", re.IGNORECASE
)


def _feelings(text: str) -> tuple[str, ...]:
    """Emotions that are named; words that are more often something else (``sat down``) only if they are said of the person."""
    found = []
    particles = _lists()[2]
    for label in emotions_in(text):
        for match in lexicon().feelings[label].finditer(text):
            if not particles.fullmatch(match.group().lower()) or _OF_THEM.search(text[: match.start()]):
                found.append(label)
                break
    return tuple(found)


_NEGATED = re.compile(r"\b(?:\w+n't|not|never|nobody|without|i'll|i will)\b[^.!?,;]{0,30}$", re.IGNORECASE)


def _taken_back(act: str, text: str, start: int) -> bool:
    """Whether a hurtful or empty phrase is one that the speaker says they will not say, or says of themselves."""
    return act in _MAY_BE_TAKEN_BACK and _NEGATED.search(text, max(0, start - 50), start) is not None


_MAY_BE_TAKEN_BACK = frozenset({*SHOW, *HARM, "preaches"})


def _advice(text: str) -> str:
    """The first words that tell the person what to do; a question, an offer or a way out is none."""
    words = lexicon()
    offers, choice = _declared()[0]["offers"], _declared()[0]["choice"]
    for sentence in _SENTENCE.findall(text):
        found = words.imperative.match(sentence.strip()) or words.advice.search(sentence)
        if found and not offers.search(sentence) and not choice.search(sentence):
            return found.group().strip()
    return ""
