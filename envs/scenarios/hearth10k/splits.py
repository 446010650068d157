"""Splits: by chance, by resident, by archetype, by script; and the hundred samples of ``testmini``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

from envs.scenarios.hearth10k.chance import number
from envs.scenarios.schema import Scenario, Split

By = Literal["random", "resident", "archetype", "script"]
WAYS: tuple[By, ...] = ("random", "resident", "archetype", "script")
_PARTS: tuple[Split, ...] = ("train", "validation", "test")
_HELD_OUT: tuple[Split, ...] = ("test", "validation")
_SHARES: dict[Split, int] = {"train": 80, "validation": 10, "test": 10}
TESTMINI = 100


def split_of(scenarios: Sequence[Scenario], by: By, fixed: Mapping[str, Split] | None = None) -> dict[str, Split]:
    """Scenario id to split, about 80, 10 and 10 per cent.

    ``random`` deals every resident's scenarios, so that all splits know all residents. The others keep whole residents,
    archetypes or scripts apart; of archetypes with one theme at least one stays in training, so that what is tested is new
    combinations of known needs.

    Args:
        scenarios: the set.
        by: what is kept apart.
        fixed: residents whose split is given (those of the hand-written set keep theirs).
    """
    if by == "random":
        return _random(scenarios)
    key: Callable[[Scenario], str] = {
        "resident": lambda scenario: scenario.resident.id,
        "archetype": lambda scenario: scenario.labels.archetype if scenario.labels else "",
        "script": lambda scenario: scenario.script,
    }[by]
    sizes: dict[str, int] = defaultdict(int)
    families: dict[str, str] = {}
    for scenario in scenarios:
        sizes[key(scenario)] += 1
        families[key(scenario)] = scenario.labels.theme if by == "archetype" and scenario.labels else key(scenario)
    parts = _deal(sizes, families, dict(fixed or {}) if by == "resident" else {}, keep_one=by == "archetype", by=by)
    return {scenario.id: parts[key(scenario)] for scenario in scenarios}


def _random(scenarios: Sequence[Scenario]) -> dict[str, Split]:
    by_resident: dict[str, list[Scenario]] = defaultdict(list)
    for scenario in scenarios:
        by_resident[scenario.resident.id].append(scenario)
    parts: dict[str, Split] = {}
    for resident in sorted(by_resident):
        dealt = sorted(by_resident[resident], key=lambda scenario: number("random split", scenario.id))
        tenth = len(dealt) // 10
        for place, scenario in enumerate(dealt):
            parts[scenario.id] = "test" if place < tenth else "validation" if place < 2 * tenth else "train"
    return parts


def _deal(
    sizes: Mapping[str, int], families: Mapping[str, str], fixed: dict[str, Split], *, keep_one: bool, by: str
) -> dict[str, Split]:
    """Give every group to the split that is furthest from its share."""
    total = sum(sizes.values())
    parts: dict[str, Split] = {name: part for name, part in fixed.items() if name in sizes}
    filled: dict[Split, int] = {part: sum(sizes[name] for name in parts if parts[name] == part) for part in _PARTS}
    left: dict[str, int] = defaultdict(int)
    for name in sizes:
        left[families[name]] += 1
    for name in sorted((name for name in sizes if name not in parts), key=lambda name: number("split", by, name)):
        room = {part: _SHARES[part] * total / 100 - filled[part] for part in _PARTS}
        # Held-out parts first: they are small, and each needs a group before training takes everything.
        part: Split = next((part for part in _HELD_OUT if room[part] >= sizes[name] / 2), "train")
        if keep_one and part != "train" and left[families[name]] < 2:
            part = "train"
        if part != "train":
            left[families[name]] -= 1
        parts[name] = part
        filled[part] += sizes[name]
    return parts


def testmini(scenarios: Iterable[Scenario], count: int = TESTMINI) -> list[Scenario]:
    """A small sample of the test scenarios that is spread over residents, scripts, themes and emotions.

    Each next one is the scenario whose resident, script, theme and emotion have been taken least.
    """
    left = sorted(scenarios, key=lambda scenario: number("testmini", scenario.id))
    taken: dict[tuple[str, str], int] = defaultdict(int)
    chosen: list[Scenario] = []
    while left and len(chosen) < count:
        best = min(range(len(left)), key=lambda i: (sum(taken[mark] for mark in _marks(left[i])), i))
        scenario = left.pop(best)
        for mark in _marks(scenario):
            taken[mark] += 1
        chosen.append(scenario)
    return sorted(chosen, key=lambda scenario: scenario.id)


def _marks(scenario: Scenario) -> tuple[tuple[str, str], ...]:
    labels = scenario.labels
    marks = [("resident", scenario.resident.id), ("resident", scenario.resident.id), ("script", scenario.script)]
    marks.append(("place", str(scenario.presentation)))
    if labels is not None:
        marks += [("theme", labels.theme), ("emotion", labels.emotion), ("archetype", labels.archetype)]
    return tuple(marks)


def presentations(scenarios: Sequence[Scenario], parts: Mapping[str, Split]) -> dict[str, tuple[int, int]]:
    """The order in which each scenario's two references are shown: half and half within every split and resident."""
    orders: dict[str, tuple[int, int]] = {}
    ranked = sorted(scenarios, key=lambda scenario: (parts[scenario.id], scenario.resident.id, number("shown", scenario.id)))
    for place, scenario in enumerate(ranked):
        orders[scenario.id] = (0, 1) if place % 2 == 0 else (1, 0)
    return orders
