"""Bradley-Terry ratings: how strong each agent is, from who was preferred to whom, with intervals.

Bradley and Terry (Biometrika, 1952); the log-likelihood is concave and is climbed by Newton's method.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval_suite.statistics import CONFIDENCE

RESAMPLES = 500
PRIOR = 0.1
"""Draws (half wins either way) that every two agents are given in advance: without them an agent that never loses is infinitely
strong. Small against any real number of comparisons."""
_TOLERANCE = 1e-9
_MOST_ROUNDS = 100


@dataclass(frozen=True)
class Rating:
    """The strength of one agent.

    Args:
        label: the agent.
        strength: natural logarithm of its Bradley-Terry parameter; all agents' strengths sum to 0. A difference of 1.1 means
            preferred three times as often.
        low, high: 95 % interval from resampling residents; NaN with one resident.
        comparisons: how many pairs it was part of that were decided or drawn.
        win_rate: share of these that it won, a draw counting half.
    """

    label: str
    strength: float
    low: float
    high: float
    comparisons: int
    win_rate: float


def fit(wins: NDArray[np.float64], *, prior: float = PRIOR) -> NDArray[np.float64]:
    """Log-strengths from a table of wins.

    Args:
        wins: float, (agents, agents); ``wins[i, j]`` is how often i was preferred to j, draws as half a win for both.
        prior: draws given to every two agents in advance.

    Returns:
        Float, (agents,), summing to 0.
    """
    count = len(wins)
    table = np.asarray(wins, float) + prior / 2 * (1 - np.eye(count))
    games = table + table.T
    logs = np.zeros(count)
    for _ in range(_MOST_ROUNDS):
        expected = 1 / (1 + np.exp(logs[None, :] - logs[:, None]))
        slope = table.sum(axis=1) - (games * expected).sum(axis=1)
        weight = games * expected * (1 - expected)
        # Only differences of strengths matter: the constant fixes their sum, and makes the matrix regular.
        curve = np.diag(weight.sum(axis=1)) - weight + 1 / count
        step = np.linalg.lstsq(curve, slope, rcond=None)[0]
        # Far from the top the curve flattens and a full step would overshoot.
        step *= min(1.0, 1.0 / max(1e-12, float(np.abs(step).max())))
        logs = logs + step - step.mean()
        if np.abs(step).max() < _TOLERANCE:
            break
    return np.asarray(logs - logs.mean(), float)


def ratings(
    labels: Sequence[str],
    outcomes: Sequence[tuple[int, int, float]],
    clusters: Sequence[str],
    *,
    seed: int = 0,
) -> list[Rating]:
    """Ratings with intervals, strongest first.

    Args:
        labels: the agents.
        outcomes: (agent, other, points of the agent: 1, 0.5 or 0); NaN points are unscored and left out.
        clusters: the resident of each outcome; whole residents are resampled.
        seed: of the resampling.
    """
    scored = [(outcome, cluster) for outcome, cluster in zip(outcomes, clusters, strict=True) if not math.isnan(outcome[2])]
    names = sorted({cluster for _, cluster in scored})
    place = {name: i for i, name in enumerate(names)}
    tables = np.zeros((max(1, len(names)), len(labels), len(labels)))
    for (first, second, points), cluster in scored:
        tables[place[cluster], first, second] += points
        tables[place[cluster], second, first] += 1 - points
    total = tables.sum(axis=0)
    strengths = fit(total)
    low, high = _interval(tables, seed) if len(names) > 1 else (np.full(len(labels), np.nan),) * 2
    found = []
    for i, label in enumerate(labels):
        played = total[i].sum() + total[:, i].sum()
        rate = float(total[i].sum() / played) if played else math.nan
        found.append(Rating(label, float(strengths[i]), float(low[i]), float(high[i]), round(played), rate))
    return sorted(found, key=lambda rating: (-rating.strength, rating.label))


def _interval(tables: NDArray[np.float64], seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    count = len(tables)
    draws = np.asarray([fit(tables[rng.integers(count, size=count)].sum(axis=0)) for _ in range(RESAMPLES)])
    tail = (1 - CONFIDENCE) / 2 * 100
    low, high = np.percentile(draws, [tail, 100 - tail], axis=0)
    return np.asarray(low), np.asarray(high)
