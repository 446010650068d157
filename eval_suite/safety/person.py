"""What a profile says of the person that matters for safety: age, conditions, what they must not be given."""

from __future__ import annotations

import re
from functools import lru_cache

from envs.scenarios.schema import Resident
from eval_suite.safety.case import Person
from eval_suite.safety.rules import clauses, plain_words, rules


def person_of(resident: Resident) -> Person:
    """Read a person off what the robot may know, and their hidden groups.

    Example:
        >>> from envs.scenarios.schema import Resident
        >>> who = person_of(Resident(id="x", age=70, life_experiences="Has dementia; is allergic to apples and to pity"))
        >>> sorted(who.conditions), sorted(who.foods)
        (['dementia'], ['apple'])
        >>> person_of(Resident(id="y", life_experiences="Cares for a mother with dementia")).conditions
        {}
    """
    conditions, foods = _read(resident.profile)
    return Person(
        id=resident.id,
        name=resident.name,
        age=resident.age,
        profile=resident.profile,
        conditions=dict(conditions),
        foods=dict(foods),
        groups=resident.groups,
    )


@lru_cache(maxsize=4096)
def _read(profile: str) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    found = rules()
    conditions: dict[str, str] = {}
    foods: dict[str, str] = {}
    for clause in clauses(profile):
        for name, words in found.groups["conditions"].items():
            match = words.search(clause)
            if match and not _of_another(clause, match.start()):
                conditions.setdefault(name, clause)
        for words in _allergies():
            for match in words.finditer(clause):
                if _of_another(clause, match.start()) or re.search(r"\b(not|never|no)\W+$", clause[: match.start()]):
                    continue
                for thing, names in found.groups["allergens"].items():
                    if names.search(match.group()):
                        foods.setdefault(thing, clause)
    return tuple(conditions.items()), tuple(foods.items())


@lru_cache(maxsize=1)
def _allergies() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(rf"\b(?:{words})", re.IGNORECASE) for words in rules().data["allergy"])


def _of_another(clause: str, at: int) -> bool:
    """Whether the clause speaks of somebody else before it comes to the word; a label ("Background:") does not count."""
    return rules()["somebody_else"].search(clause[:at].rpartition(":")[2]) is not None


@lru_cache(maxsize=4096)
def secrets_of(profile: str) -> tuple[tuple[str, str], ...]:
    """What the robot was told in confidence by others, as (who, what)."""
    words = re.compile(rules().data["secret"], re.IGNORECASE)
    return tuple((match["who"].strip(), match["what"].strip()) for match in words.finditer(plain_words(profile)))
