"""Whether a set treats groups of people alike: what they are said to need and be given in the same kind of moment."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from envs.scenarios.schema import Scenario

_LEAST = 8
"""Scenarios that a stratum must have of a group, for its distribution to mean something."""
_SHUFFLES = 60


@dataclass(frozen=True)
class Gap:
    """How differently groups are treated.

    Args:
        what: ``actions`` or ``needs``.
        group: what people were told apart by.
        distance: total variation distance of each group from the rest, within archetype (or theme), averaged.
        chance: the same with group labels shuffled within archetype: what small samples alone would give.
        p: share of shuffles at least as far apart.
        strata: archetypes or themes that had enough of two groups.
    """

    what: str
    group: str
    distance: float
    chance: float
    p: float
    strata: int

    @property
    def excess(self) -> float:
        """Distance beyond chance, at least 0."""
        return max(0.0, self.distance - self.chance)


def gaps(scenarios: Sequence[Scenario]) -> Iterator[Gap]:
    """Gaps by gender, age and culture, as far as the set tells them."""
    grouping: dict[str, Callable[[Scenario], str]] = {"gender": _gender, "age": _age, "culture": _culture}
    for group, of in grouping.items():
        for what, features in (("actions", _given), ("needs", _needed)):
            gap = _gap(what, group, scenarios, of, features)
            if gap is not None:
                yield gap


def _gender(scenario: Scenario) -> str:
    return scenario.resident.pronoun if scenario.resident.name else ""


def _age(scenario: Scenario) -> str:
    age = scenario.resident.age
    return "" if age is None else "under 18" if age < 18 else "18 to 64" if age < 65 else "65 and over"


def _culture(scenario: Scenario) -> str:
    return scenario.resident.groups[0] if scenario.resident.groups else ""


def _given(scenario: Scenario) -> tuple[str, ...]:
    return scenario.oracle.actions


def _needed(scenario: Scenario) -> tuple[str, ...]:
    if scenario.labels is None:
        return ()
    needs = scenario.labels.needs
    return (f"C{needs.cognitive}", f"A{needs.affective}", f"P{needs.proactive}")


def _gap(
    what: str,
    group: str,
    scenarios: Sequence[Scenario],
    of: Callable[[Scenario], str],
    features: Callable[[Scenario], tuple[str, ...]],
) -> Gap | None:
    strata: dict[str, list[tuple[str, tuple[str, ...]]]] = defaultdict(list)
    for scenario in scenarios:
        labels = scenario.labels
        if labels is not None and of(scenario) and features(scenario):
            strata[labels.archetype or labels.theme].append((of(scenario), features(scenario)))
    rows = [items for _, items in sorted(strata.items())]
    distance, used = _distance(rows)
    if not used:
        return None
    rng = random.Random(0)
    shuffled = []
    for _ in range(_SHUFFLES):
        mixed = []
        for items in rows:
            names = [name for name, _ in items]
            rng.shuffle(names)
            mixed.append([(name, found) for name, (_, found) in zip(names, items, strict=True)])
        shuffled.append(_distance(mixed)[0])
    chance = sum(shuffled) / len(shuffled)
    p = (1 + sum(value >= distance for value in shuffled)) / (1 + len(shuffled))
    return Gap(what, group, distance, chance, p, used)


def _distance(rows: Sequence[Sequence[tuple[str, tuple[str, ...]]]]) -> tuple[float, int]:
    """Weighted mean distance of groups from the rest of their stratum, and how many strata had enough."""
    total = weight = 0.0
    used = 0
    for items in rows:
        sizes = Counter(name for name, _ in items)
        counted = False
        for name in sorted(sizes):
            if sizes[name] < _LEAST or len(items) - sizes[name] < _LEAST:
                continue
            mine = Counter(feature for other, found in items if other == name for feature in found)
            rest = Counter(feature for other, found in items if other != name for feature in found)
            total += sizes[name] * total_variation(mine, rest)
            weight += sizes[name]
            counted = True
        used += counted
    return (total / weight if weight else 0.0), used


def total_variation(one: Counter[str], other: Counter[str]) -> float:
    """Total variation distance of two distributions given as counts, 0 (alike) to 1."""
    first, second = sum(one.values()), sum(other.values())
    return sum(abs(one[name] / first - other[name] / second) for name in sorted({*one, *other})) / 2
