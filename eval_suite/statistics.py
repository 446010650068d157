"""Means with intervals: seeded bootstrap, clustered by resident, so that ten moments of one person are not ten people."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean, its percentile-bootstrap interval, and how many values and clusters it rests on; NaN where unknown."""

    mean: float
    low: float = math.nan
    high: float = math.nan
    count: int = 0
    clusters: int = 0


def cluster_mean(values: Sequence[float], clusters: Sequence[str], *, seed: int = 0) -> Estimate:
    """Mean of the scored values with a 95 % interval from resampling whole clusters.

    Args:
        values: one a scenario; NaN is unscored and left out.
        clusters: the resident of each.
        seed: of the resampling.
    """
    totals = _totals(clusters, np.asarray(values, float), np.ones(len(values)))
    return _bootstrap(totals, lambda total, count: total / count, seed)


def chance_corrected(
    values: Sequence[float], chance: Sequence[Sequence[float]], clusters: Sequence[str], *, seed: int = 0
) -> Estimate:
    """``(s - c) / (1 - c)`` of mean scores, where ``c`` is the best blind baseline's mean on the same scenarios.

    Args:
        values: the agent's scores, 0 to 1.
        chance: for each blind baseline its scores on the same scenarios, in the same order.
        clusters: the resident of each scenario.
        seed: of the resampling; baselines are resampled together with the agent.
    """
    scores = np.asarray(values, float)
    best = max((np.asarray(row, float) for row in chance), key=lambda row: float(np.nanmean(row)))
    totals = _totals(clusters, scores, best, np.ones(len(scores)))
    return _bootstrap(totals, lambda total, blind, count: (total - blind) / (count - blind), seed)


def _totals(clusters: Sequence[str], *columns: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    scored = ~np.isnan(np.vstack(columns)).any(axis=0) if len(clusters) else np.zeros(0, bool)
    names, index = np.unique(np.asarray(clusters)[scored], return_inverse=True)
    return [np.asarray(np.bincount(index, weights=column[scored], minlength=len(names)), float) for column in columns]


def _bootstrap(totals: list[NDArray[np.float64]], statistic: Callable[..., NDArray[np.float64]], seed: int) -> Estimate:
    from scipy.stats import bootstrap

    clusters, count = len(totals[0]), int(totals[-1].sum())
    if not clusters:
        return Estimate(math.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = float(statistic(*(column.sum() for column in totals)))
        if clusters == 1:
            return Estimate(mean, count=count, clusters=1)
        result = bootstrap(
            totals,
            lambda *columns, axis: statistic(*(column.sum(axis=axis) for column in columns)),
            paired=True,
            vectorized=True,
            n_resamples=RESAMPLES,
            confidence_level=CONFIDENCE,
            method="percentile",
            rng=np.random.default_rng(seed),
        )
    interval = result.confidence_interval
    return Estimate(mean, float(interval.low), float(interval.high), count, clusters)
