"""How well a set of actions matches a scenario's ranked references: the environment's reward."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from envs.scenarios.schema import Reference


def rank_weight(place: int) -> float:
    """What matching the reference at ``place`` (0: best) is worth at most: 1, 4/5, 2/3, 4/7 ...

    Ours: a decent second answer is worth most of the best one, since people rank the paper's two answers close together.
    """
    return 1.0 / (1.0 + 0.25 * place)


def dice(answered: Sequence[str], reference: Sequence[str], illegal: int = 0) -> float:
    """``2 |A and R| / (|A| + |R|)`` on multisets, illegal answers counted in ``|A|``; 1 if both are empty."""
    total = len(answered) + illegal + len(reference)
    if not total:
        return 1.0
    common = Counter(answered) & Counter(reference)
    return 2 * sum(common.values()) / total


def reference_match(answered: Sequence[str], references: Sequence[Reference], illegal: int = 0) -> float:
    """The best rank-weighted :func:`dice` over the references, 0 to 1."""
    return max(rank_weight(place) * dice(answered, ref.plan.actions, illegal) for place, ref in enumerate(references))
