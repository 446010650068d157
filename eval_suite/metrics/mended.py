"""The paper's action metrics, mended.

What changes against :mod:`eval_suite.metrics.published`: plans are read tolerantly; repeats earn nothing; illegal tokens
lengthen the answer; every ranked reference counts, at its rank's weight; TF-IDF is fitted on a corpus; legality has no
free points. Chance correction happens when scores are averaged (:func:`eval_suite.statistics.chance_corrected`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from envs.reward import rank_weight, reference_match
from envs.scenarios.schema import Reference
from eval_suite.metrics.published import lcs
from plans.actions import ACTIONS
from plans.plan import Plan


@dataclass(frozen=True)
class Rarity:
    """Inverse document frequencies of the legal actions over a corpus of plans: ``1 + ln((1 + n) / (1 + df))``."""

    idf: dict[str, float]

    @classmethod
    def fit(cls, plans: Iterable[Sequence[str]]) -> Rarity:
        """Count in how many plans each action occurs."""
        corpus = [set(plan) for plan in plans]
        counts = Counter(action for plan in corpus for action in plan)
        return cls({action: 1 + math.log((1 + len(corpus)) / (1 + counts[action])) for action in ACTIONS})

    def cosine(self, answered: Sequence[str], reference: Sequence[str], illegal: int = 0) -> float:
        """Cosine of the two plans' TF-IDF vectors; each illegal token is a dimension of its own at the rarest weight."""
        left, right = Counter(answered), Counter(reference)
        dot = sum(count * right[action] * self.idf[action] ** 2 for action, count in left.items() if action in right)
        if not dot:
            return 0.0
        rarest = max(self.idf.values())
        mine = sum((count * self.idf[action]) ** 2 for action, count in left.items()) + illegal * rarest**2
        theirs = sum((count * self.idf[action]) ** 2 for action, count in right.items())
        return dot / math.sqrt(mine * theirs)


def mended_overlap(plan: Plan, references: Sequence[Reference]) -> float:
    """Best rank-weighted multiset Dice over the references, 0 to 1."""
    return reference_match(plan.actions, references, plan.illegal_count)


def mended_lcs(plan: Plan, references: Sequence[Reference]) -> float:
    """Best rank-weighted LCS over the longer length, 0 to 1."""
    answered = [*plan.actions, *["<illegal>"] * plan.illegal_count]
    return max(rank_weight(place) * lcs(answered, reference.plan.actions) for place, reference in enumerate(references))


def mended_tf_idf(plan: Plan, references: Sequence[Reference], rarity: Rarity) -> float:
    """Best rank-weighted cosine of corpus-fitted TF-IDF vectors, 0 to 1."""
    return max(
        rank_weight(place) * rarity.cosine(plan.actions, reference.plan.actions, plan.illegal_count)
        for place, reference in enumerate(references)
    )


def strict_legality(plan: Plan) -> float:
    """``10 * legal / all`` over action tokens alone; NaN for a plan that answers with none, 0 for unreadable text."""
    total = len(plan.actions) + plan.illegal_count
    if total:
        return 10 * len(plan.actions) / total
    unreadable = any(issue.kind.value == "unparseable" for issue in plan.issues)
    return 0.0 if unreadable else math.nan
