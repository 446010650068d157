"""Diaries of residents: fourteen days of notes, a caregiver's nine ratings, and the truth that both are noisy views of.

Made up from a seed. A fortnight has nine true items; each day a few signs are noted, at the item's level or, on an untypical
day, one beside it, among notes that say nothing. The caregiver has rated the nine with errors, and not all of them. Neither
view has all: the diary misses signs that were not noted, the caregiver those that were not asked about.

Only adults are told of: the instrument behind the signs was made for them.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

import yaml

from eval_suite.wellbeing.scale import BANDS, HARM, HIGHEST, LEVELS, SIGNS, severity

if TYPE_CHECKING:
    from envs.scenarios.hearth10k.residents import Dweller

DAYS = 14
_CHOICE = re.compile(r"\(([^()]*)\)")


@dataclass(frozen=True)
class Noise:
    """How much the two views hide.

    Args:
        noted: signs noted a day.
        untypical: chance that a day shows a sign one level beside the fortnight's.
        idle: chance of a note that says nothing, each day.
        misread: chance that the caregiver's rating is one off.
        unasked: chance that the caregiver did not rate a sign.
    """

    noted: int = 1
    untypical: float = 0.35
    idle: float = 0.5
    misread: float = 0.3
    unasked: float = 0.3


@dataclass(frozen=True)
class Fortnight:
    """One sample.

    Args:
        resident: whose; folds go by it.
        days: the notes of each day.
        caregiver: nine ratings 0 to 3, None where there is none.
        items: the true nine.
    """

    resident: str
    days: tuple[str, ...]
    caregiver: tuple[int | None, ...]
    items: tuple[int, ...]

    @property
    def level(self) -> int:
        """The severity level, 0 to 6."""
        return severity(self.items)

    @property
    def text(self) -> str:
        """The whole diary."""
        return "\n".join(f"Day {number}. {notes}" for number, notes in enumerate(self.days, start=1))


@dataclass(frozen=True)
class Person:
    """What diaries take from a resident.

    Args:
        id: unique.
        doing: hobbies, -ing.
        dishes: what they eat.
    """

    id: str
    doing: tuple[str, ...]
    dishes: tuple[str, ...]


def person_of(dweller: Dweller) -> Person:
    """Read it off a resident of Hearth-10k."""
    return Person(dweller.id, tuple(hobby.doing for hobby in dweller.life.hobbies), tuple(dweller.life.dishes))


def adults() -> list[Person]:
    """The grown-up residents of Hearth-10k, by id."""
    from importlib.resources import files
    from pathlib import Path

    from envs.scenarios.hearth10k.residents import read_resident

    folder = Path(str(files("envs.scenarios.hearth10k"))) / "residents"
    return [person_of(found) for file in sorted(folder.glob("*.yaml")) if "adult" in (found := read_resident(file)).tags]


@lru_cache(maxsize=1)
def phrases() -> tuple[Mapping[str, Mapping[int, Sequence[str]]], Sequence[str]]:
    """Notes by sign and level, and notes that say nothing.

    Raises:
        ValueError: a sign or a level without notes.
    """
    text = resources.files("eval_suite.wellbeing").joinpath("signs.yaml").read_text(encoding="utf-8")
    data = yaml.safe_load(text)
    idle = data.pop("weather")
    if tuple(data) != SIGNS or any(sorted(levels) != [0, 1, 2, 3] or not all(levels.values()) for levels in data.values()):
        raise ValueError(f"signs.yaml: expected notes for levels 0 to 3 of {', '.join(SIGNS)}")
    return data, idle


def make_diaries(people: Sequence[Person], *, each: int = 14, noise: Noise | None = None, seed: int = 0) -> list[Fortnight]:
    """Make fortnights, levels evenly spread; the same seed gives the same diaries.

    Args:
        people: whose diaries.
        each: fortnights of each person; a multiple of seven gives every level as often.
        noise: how much the views hide.
        seed: of everything.
    """
    chosen = noise or Noise()
    found = []
    for person in people:
        rng = random.Random(f"{seed}/{person.id}")  # a person's diaries do not depend on who else is there
        first = rng.randrange(LEVELS)
        found += [_fortnight(person, (first + number) % LEVELS, chosen, rng) for number in range(each)]
    return found


def _fortnight(person: Person, level: int, noise: Noise, rng: random.Random) -> Fortnight:
    items = _items(level, rng)
    notes, idle = phrases()
    days = []
    for _ in range(DAYS):
        lines = [_said(rng.choice(idle), person, rng)] if rng.random() < noise.idle else []
        for sign in rng.sample(range(len(SIGNS)), noise.noted):
            shown = _beside(items[sign], rng) if rng.random() < noise.untypical else items[sign]
            if sign == HARM:
                shown = min(shown, items[sign])  # nobody notes what was not said
            lines.append(_said(rng.choice(list(notes[SIGNS[sign]][shown])), person, rng))
        rng.shuffle(lines)
        days.append(" ".join(lines))
    ratings = tuple(
        None if rng.random() < noise.unasked else _beside(item, rng) if rng.random() < noise.misread else item for item in items
    )
    return Fortnight(person.id, tuple(days), ratings, items)


def _items(level: int, rng: random.Random) -> tuple[int, ...]:
    """Nine items whose sum lies in a level's band; the ninth is rarer than the others, as it is among people."""
    total = rng.randint(*BANDS[level])
    items = [0] * len(SIGNS)
    # Which signs somebody shows is their own: weights make profiles differ at one and the same sum.
    weights = [math.exp(rng.gauss(0.0, 0.8)) * (0.25 if sign == HARM else 1.0) for sign in range(len(SIGNS))]
    for _ in range(total):
        free = [sign for sign, item in enumerate(items) if item < HIGHEST]
        items[rng.choices(free, [weights[sign] for sign in free])[0]] += 1
    return tuple(items)


def _beside(item: int, rng: random.Random) -> int:
    return min(HIGHEST, max(0, item + rng.choice((-1, 1))))


def _said(template: str, person: Person, rng: random.Random) -> str:
    text = _CHOICE.sub(lambda found: rng.choice(found.group(1).split("|")), template)
    text = text.replace("{doing}", rng.choice(person.doing)).replace("{dish}", rng.choice(person.dishes))
    return text[:1].upper() + text[1:]
