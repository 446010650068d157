"""Need levels from EMPA's nine items."""

from __future__ import annotations

from collections.abc import Collection

from envs.scenarios.hearth10k.archetype import Items
from envs.scenarios.schema import EmpaItems, Needs

# Deficit of each item's levels 0 to 3, as published (arXiv 2603.00552, section 1c of the reference notes).
_DEFICIT = {"C": (2, 2, 3), "A": (2, 4, 3), "P": (2, 4, 3)}


def shifted(items: Items, tags: Collection[str], intensity: int) -> Items:
    """The items for this resident: people who keep their distance or joke hide more, strong feelings score higher.

    Ours: a step of one on accessibility (A.2) for a guarded temper, one down for a plain one, and on intensity (A.1) for the
    emotion's strength.
    """
    strength, hidden, priority = items.A
    if "keeps_distance" in tags or "dry" in tags:
        hidden += 1
    elif "plain" in tags or "playful" in tags:
        hidden -= 1
    strength += {1: -1, 2: 0, 3: 1}[intensity]
    return Items(C=items.C, A=(_clip(strength), _clip(hidden), priority), P=items.P)


def levels(items: Items) -> Needs:
    """Need of each axis on 0 to 3: the mean of its priority and of its deficit as a share of the largest.

    Ours. The deficit alone says how hard a need is to meet, and is low for what is plainly wanted and simple to do; the
    priority alone forgets how deep it goes.
    """

    def level(axis: str, values: tuple[int, int, int]) -> int:
        weights = _DEFICIT[axis]
        deficit = sum(weight * value for weight, value in zip(weights, values, strict=True))
        most = 3 * sum(weights)
        # (priority + 3 deficit / most) / 2, rounded half up, in integers.
        return (values[2] * most + 3 * deficit + most) // (2 * most)

    return Needs(cognitive=level("C", items.C), affective=level("A", items.A), proactive=level("P", items.P))


def published(items: Items) -> EmpaItems:
    """The items as scenarios carry them."""
    return EmpaItems(cognitive=items.C, affective=items.A, proactive=items.P)


def _clip(value: int) -> int:
    return max(0, min(3, value))
