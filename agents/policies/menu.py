"""What a small policy may choose from: a way of speaking, what to speak of, and a deed.

A choice is three whole numbers. What it means depends on nothing but the observation: the phrasing is the next one that was
not said yet, the topic the next words that were not taken up yet.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from typing import Any

import yaml

from envs.exchange import Observation
from envs.needs import declared
from envs.speech.acts import content
from envs.speech.lexicon import lexicon
from plans.actions import ACTIONS, Category
from plans.plan import Plan

Choice = tuple[int, int, int]
"""Way of speaking, topic, deed: places in :attr:`Menu.ways`, :attr:`Menu.topics`, :attr:`Menu.deeds`."""
MOST_WORDS = 9
"""Words of a topic that are taken up at once."""
_CLAUSE = re.compile(r"[^.!?;:…]+")
_HANGING = frozenset({"a", "an", "of", "to", "in", "on", "at", "by", "is", "it", "he", "or", "as", "so", "i", "if", "no", "my"})
"""Words too small for the lexicon's list on which no quotation should end."""
_PROFILE = {
    "life": ("Life Experiences",),
    "relationships": ("Social Relationships",),
    "pastimes": ("Hobbies", "Profession"),
}


@dataclass(frozen=True)
class Menu:
    """Everything that can be chosen.

    Args:
        ways: name to phrasings; a feeling is named in a way of its own for each feeling (``feeling:sad``).
        topics: where the words that are taken up come from.
        deeds: ``none``, ``heed``, or a legal action.
    """

    ways: Mapping[str, tuple[str, ...]]
    topics: tuple[str, ...]
    deeds: tuple[str, ...]

    @property
    def sizes(self) -> tuple[int, int, int]:
        """How many there are of each."""
        return len(self.ways), len(self.topics), len(self.deeds)

    @cached_property
    def digest(self) -> str:
        """A short hash: a policy is one of the menu that it was trained with."""
        text = json.dumps([dict(self.ways), self.topics, self.deeds], sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def plan(self, choice: Sequence[int], observation: Observation) -> Plan:
        """What a choice means now.

        Example:
            >>> menu = load_menu()
            >>> names = list(menu.ways)
            >>> menu.plan((names.index("ask"), 0, 0), Observation("Name: Ada", "The boiler went out again.")).utterance
            '“The boiler went out again” How did that come about?'

        Raises:
            ValueError: not three numbers within the menu.
        """
        if len(choice) != 3 or not all(0 <= int(value) < size for value, size in zip(choice, self.sizes, strict=True)):
            raise ValueError(f"choice: expected three numbers below {self.sizes}, actually {list(choice)!r}")
        way, topic, deed = (int(value) for value in choice)
        words = self._words(list(self.ways)[way], self.topics[topic], observation)
        action = self.action(self.deeds[deed], observation)
        return Plan((action,) if action else (), words or None)

    def action(self, deed: str, observation: Observation) -> str | None:
        """The action of a deed, as things are; None if there is nothing to do."""
        if deed == "none":
            return None
        return heeding(observation) if deed == "heed" else deed

    def way_of(self, said: str) -> str | None:
        """The way in which something was said, if it is one of the menu's."""
        return self._frames.get(_frame(said)) if said else "silence"

    @cached_property
    def _frames(self) -> dict[str, str]:
        return {_frame(text): name for name, phrasings in self.ways.items() for text in phrasings}

    def _words(self, way: str, topic: str, observation: Observation) -> str:
        phrasings = self.ways[way]
        if not phrasings:
            return ""
        said = [turn.said for turn in observation.history]
        used = [sum(_frame(phrasing) == _frame(line) for line in said) for phrasing in phrasings]
        template = phrasings[used.index(min(used))]
        if "{topic}" not in template:
            return template
        about = next((found for name in (topic, *self.topics) if (found := next_topic(name, observation))), "")
        return template.replace("{topic}", f"“{about}”" if about else "").strip()


@lru_cache(maxsize=1)
def load_menu() -> Menu:
    """The menu that comes with the package.

    Raises:
        ValueError: it names an action or a topic that there is not.
    """
    data: dict[str, Any] = yaml.safe_load(resources.files("agents.policies").joinpath("menu.yaml").read_text(encoding="utf-8"))
    ways: dict[str, tuple[str, ...]] = {}
    for name, phrasings in data["ways"].items():
        if name == "feeling":
            ways |= {
                f"feeling:{label}": tuple(text.replace("{feeling}", label) for text in phrasings) for label in data["feelings"]
            }
        else:
            ways[name] = tuple(phrasings)
    unknown = [deed for deed in data["deeds"] if deed not in ("none", "heed", *ACTIONS)]
    unknown += [topic for topic in data["topics"] if topic not in ("latest", "opening", *_PROFILE)]
    if unknown:
        raise ValueError(f"menu.yaml: expected legal actions and known topics, actually {unknown[0]!r}")
    return Menu(ways, tuple(data["topics"]), tuple(data["deeds"]))


@lru_cache(maxsize=8192)
def _frame(text: str) -> str:
    """A phrasing, or what was said in it, without its topic."""
    return re.sub(r"^(\{topic\}|“[^”]*”)\s*", "", text).strip()


# -- topics --------------------------------------------------------------------------------------------------------------


def next_topic(source: str, observation: Observation) -> str:
    """The next words of a source that were not taken up yet; empty if there are none left."""
    said = " ".join(turn.said for turn in observation.history)
    return next((clause for clause in reversed(topics_of(source, observation)) if clause not in said), "")


def topics_left(source: str, observation: Observation) -> int:
    """How many topics of a source were not taken up yet."""
    said = " ".join(turn.said for turn in observation.history)
    return sum(clause not in said for clause in topics_of(source, observation))


def topics_of(source: str, observation: Observation) -> tuple[str, ...]:
    """Everything that a source offers, the best last."""
    history = observation.history
    if source == "latest":
        return tuple(clause for turn in history[1:] for clause in clauses(turn.heard)) + clauses(observation.dialogue)
    if source == "opening":
        return clauses(history[0].heard if history else observation.dialogue)
    lines = profile_lines(observation.profile)
    return tuple(clause for heading in _PROFILE[source] for clause in reversed(clauses(lines.get(heading, ""))))


@lru_cache(maxsize=8192)
def clauses(text: str) -> tuple[str, ...]:
    """The clauses of a text that say something of a person, shortened to a few words; the longest last."""
    found = []
    for clause in _CLAUSE.findall(re.sub(r"[“”\"]", "", text)):
        words = _shortened(clause.strip(" ,–—-"))
        if " " in words and content(words):
            found.append(words)
    return tuple(sorted(dict.fromkeys(found), key=lambda clause: len(content(clause))))


def _shortened(clause: str) -> str:
    """As many whole parts of a clause as are short enough; of a long first part its beginning."""
    parts = clause.split(",")
    while len(parts) > 1 and len(" ".join(parts).split()) > MOST_WORDS:
        parts.pop()
    words = ",".join(parts).split()[:MOST_WORDS]
    while len(words) > 1 and len(clause.split()) > len(words) and words[-1].lower() in lexicon().stop | _HANGING:
        words.pop()
    return " ".join(words).strip(",")


@lru_cache(maxsize=2048)
def profile_lines(profile: str) -> Mapping[str, str]:
    """A profile's lines by their headings."""
    return {head.strip(): told.strip() for line in profile.splitlines() if ":" in line for head, told in [line.split(":", 1)]}


# -- deeds ---------------------------------------------------------------------------------------------------------------


def heeding(observation: Observation) -> str | None:
    """The action that does most for what the resident's words so far ask for; None if nothing was asked for or left.

    Example:
        >>> heeding(Observation("", "My throat is dry."))
        'get_glass_of_water_from_bathroom_puton_bedroomtable'
    """
    history = observation.history
    tried = {action for turn in history for action in (*turn.actions, *turn.failed)}
    heard = (*(turn.heard for turn in history), observation.dialogue)
    wanted = asked_for(heard)
    if not wanted:
        return None
    done = {need for action in tried for need in declared().offers[action]}
    open_needs = [need for need in wanted if need not in done]
    kitchen = bool(re.search(r"\b(kitchen|stove|fridge|oven|cook\w*|sink|bench)\b", " ".join(heard), re.IGNORECASE))
    return _best_for(tuple(open_needs), kitchen, frozenset(tried))


@lru_cache(maxsize=4096)
def _best_for(needs: tuple[str, ...], kitchen: bool, tried: frozenset[str]) -> str | None:
    room = "kitchen" if kitchen else "bedroom"
    best, most = None, 0.0
    for name, action in ACTIONS.items():
        offer = declared().offers[name]
        worth = sum(offer.get(need, 0.0) for need in needs)
        worth += 0.1 * (room in name or action.category is Category.FURNITURE) - 0.05 * (
            action.category is Category.COMBINATION
        )
        if name not in tried and any(need in offer for need in needs) and worth > most:
            best, most = name, worth
    return best


def asked_for(heard: Sequence[str]) -> tuple[str, ...]:
    """The needs that words name, by their cues, in the order of their declaration."""
    found = frozenset(need for text in heard for need in _cues_in(text))
    return tuple(need for need in declared().cues if need in found)


@lru_cache(maxsize=8192)
def _cues_in(text: str) -> frozenset[str]:
    return frozenset(need for need, cue in declared().cues.items() if cue.search(text))
