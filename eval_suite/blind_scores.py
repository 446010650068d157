"""How far one gets on a scenario set without looking: the floor that its metrics must have."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from envs.scenarios.schema import Scenario
from eval_suite.metrics.published import lcs, overlap, tf_idf

# The paper's own blind spot: see agents.baselines.blind.Constant.
CONSTANT = ("get_mug_of_water_puton_bedroomtable", "switchon_radio", "sit_bedroom_sofa")


@dataclass(frozen=True)
class Score:
    """Means over a set, 0 to 1, and the plan that made them."""

    overlap: float
    tf_idf: float
    lcs: float
    plan: tuple[str, ...] = ()


def entropy(counts: Mapping[str, int]) -> float:
    """Shannon entropy in bits."""
    total = sum(counts.values())
    return -sum(count / total * math.log2(count / total) for count in counts.values() if count) if total else 0.0


def evenness(counts: Mapping[str, int], kinds: int) -> float:
    """Entropy as a share of what ``kinds`` equally frequent kinds would have."""
    return entropy(counts) / math.log2(kinds) if kinds > 1 else 1.0


def blind_scores(scenarios: Sequence[Scenario], train: Sequence[Scenario]) -> dict[str, Score]:
    """Scores of plans that are the same for everyone, and of somebody else's plan.

    ``constant`` is the paper's water, radio, sofa; ``frequent`` the commonest actions of ``train``, as many as its plans
    have; ``strongest`` the constant plan that scores best on the audited set itself, found greedily: no blind plan of the
    kind does much better; ``somebody else's`` the next scenario's gold plan in an order of another resident.
    """
    golds = [scenario.oracle.actions for scenario in scenarios]
    found = {"constant": _score(CONSTANT, golds), "frequent": _score(frequent_plan(train), golds)}
    found["strongest"] = _strongest(golds)
    step = max(1, len(golds) // 2 + 1)
    pairs = [(golds[(i + step) % len(golds)], gold) for i, gold in enumerate(golds)]
    means = [sum(metric(mine, gold) for mine, gold in pairs) / len(pairs) for metric in (overlap, tf_idf, lcs)]
    found["somebody else's"] = Score(means[0], means[1], means[2])
    return found


def frequent_plan(train: Sequence[Scenario]) -> tuple[str, ...]:
    """The commonest actions of the best references, as many as those have on average."""
    plans = [scenario.oracle.actions for scenario in train]
    counts = Counter(action for plan in plans for action in plan)
    size = max(1, round(sum(counts.values()) / max(len(plans), 1)))
    return tuple(sorted(sorted(counts, key=lambda action: (-counts[action], action))[:size]))


def _strongest(golds: Sequence[tuple[str, ...]]) -> Score:
    plan: tuple[str, ...] = ()
    best = 0.0
    common = [action for action, _ in Counter(action for gold in golds for action in gold).most_common(12)]
    while len(plan) < 5:
        tried = {action: _mean_overlap((*plan, action), golds) for action in common if action not in plan}
        action = max(tried, key=lambda name: (tried[name], name), default="")
        if not action or tried[action] <= best:
            break
        best, plan = tried[action], (*plan, action)
    return _score(plan, golds)


def _mean_overlap(plan: Sequence[str], golds: Sequence[Sequence[str]]) -> float:
    return sum(overlap(plan, gold) for gold in golds) / max(len(golds), 1)


def _score(plan: tuple[str, ...], golds: Sequence[tuple[str, ...]]) -> Score:
    counts = Counter(golds)
    total = max(len(golds), 1)
    means = [sum(times * metric(plan, gold) for gold, times in counts.items()) / total for metric in (overlap, tf_idf, lcs)]
    return Score(means[0], means[1], means[2], plan)
