"""Is a difference real? Paired tests, corrections, intervals of rates, what a set can show, reproduction verdicts.

Everything is paired (two agents on the same scenarios) and clustered by resident: ten moments of one person are one
person. Everything is seeded. An unscored value leaves its pair out; a missing answer that counts as 0 stays.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from eval_suite.statistics import CONFIDENCE, Estimate, cluster_mean

PERMUTATIONS = 9999
"""Random sign flips; all of them are tried where there are fewer (at most 13 residents)."""
ALPHA = 0.05
POWER = 0.8


@dataclass(frozen=True, slots=True)
class Difference:
    """One agent's mean less another's, on the scenarios that both have a score for.

    Args:
        mean: of the differences, scenario by scenario.
        low, high: 95 % interval, bootstrap over residents.
        p: two-sided, sign-flip permutation test over residents; NaN with fewer than two.
        detectable: the smallest true difference that this many residents would show with 80 % power; NaN if unknown.
        count: scenarios.
        clusters: residents.
    """

    mean: float
    low: float = math.nan
    high: float = math.nan
    p: float = math.nan
    detectable: float = math.nan
    count: int = 0
    clusters: int = 0


def paired_difference(first: Sequence[float], second: Sequence[float], clusters: Sequence[str], *, seed: int = 0) -> Difference:
    """Compare two agents' scores on the same scenarios.

    Under the null hypothesis the agents are exchangeable for each resident: the resident's summed difference could as well
    have the other sign. The test statistic is the mean difference over scenarios (Dror et al. 2018, with clusters as units).

    Args:
        first: scores of one agent; NaN is unscored.
        second: scores of the other, in the same order of scenarios.
        clusters: the resident of each scenario.
        seed: of permutations and resamples.

    Raises:
        ValueError: sequences of different lengths.
    """
    if not len(first) == len(second) == len(clusters):
        raise ValueError(
            f"expected scores of the same scenarios, got {len(first)}, {len(second)} and {len(clusters)} residents"
        )
    differences = np.asarray(first, float) - np.asarray(second, float)
    estimate = cluster_mean(list(differences), clusters, seed=seed)
    totals, sizes = _cluster_totals(differences, clusters)
    p = _sign_flip(totals, seed) if len(totals) > 1 else math.nan
    detectable = minimum_detectable_difference(_spread_of_mean(totals, sizes), len(totals))
    return Difference(estimate.mean, estimate.low, estimate.high, p, detectable, estimate.count, estimate.clusters)


def _cluster_totals(values: NDArray[np.float64], clusters: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    scored = ~np.isnan(values)
    names, index = np.unique(np.asarray(clusters, dtype=object)[scored].astype(str), return_inverse=True)
    totals = np.bincount(index, weights=values[scored], minlength=len(names))
    return totals.astype(np.float64), np.bincount(index, minlength=len(names)).astype(np.float64)


def _sign_flip(totals: NDArray[np.float64], seed: int) -> float:
    if not np.any(totals):
        return 1.0
    from scipy.stats import permutation_test

    # Swapping the two agents for a resident flips the sign of that resident's total. Tiny rounding must not break ties.
    scaled = np.round(totals / np.abs(totals).max(), 12)
    result = permutation_test(
        (scaled, np.zeros_like(scaled)),
        lambda x, y, axis: np.round((x - y).sum(axis=axis), 9),
        permutation_type="samples",
        vectorized=True,
        n_resamples=PERMUTATIONS,
        alternative="two-sided",
        rng=np.random.default_rng(seed),
    )
    return float(min(1.0, result.pvalue))


def _spread_of_mean(totals: NDArray[np.float64], sizes: NDArray[np.float64]) -> float:
    """Standard deviation between clusters of what each adds to the mean, scaled so that it is divided by sqrt(clusters)."""
    count = len(totals)
    if count < 2:
        return math.nan
    mean = totals.sum() / sizes.sum()
    influence = (totals - sizes * mean) / sizes.mean()  # of a ratio of sums, linearised
    return float(math.sqrt((influence**2).sum() / (count - 1)))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction (1979): the chance of any false alarm among them stays below alpha. NaN stays NaN."""
    known = sorted((p, i) for i, p in enumerate(p_values) if not math.isnan(p))
    adjusted = [math.nan] * len(p_values)
    highest = 0.0
    for rank, (p, i) in enumerate(known):
        highest = max(highest, min(1.0, (len(known) - rank) * p))
        adjusted[i] = highest
    return adjusted


def wilson(successes: float, count: float, *, confidence: float = CONFIDENCE) -> Estimate:
    """A rate with its Wilson score interval (1927), which stays inside 0..1 and has a width at 0 and 1.

    Args:
        successes: how many; may be fractional after :func:`clustered_rate`'s shrinking.
        count: of how many.
        confidence: of the interval.

    Raises:
        ValueError: more successes than there can be.
    """
    if not 0 <= successes <= count:
        raise ValueError(f"expected 0 <= successes <= count, got {successes} of {count}")
    if not count:
        return Estimate(math.nan)
    from scipy.stats import norm

    z = float(norm.ppf(0.5 + confidence / 2))
    rate = successes / count
    middle = (rate + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(rate * (1 - rate) / count + z * z / (4 * count * count))
    return Estimate(rate, max(0.0, middle - half), min(1.0, middle + half), int(round(count)), int(round(count)))


def clustered_rate(outcomes: Sequence[float], clusters: Sequence[str], *, confidence: float = CONFIDENCE) -> Estimate:
    """A rate with a Wilson interval for as many independent outcomes as the clustered ones are worth.

    The count is divided by the design effect (variance of the rate with clusters over without, at least 1; Kish 1965). Where
    all outcomes are alike the effect cannot be seen, and clusters are counted instead of outcomes, to be safe.

    Args:
        outcomes: 0 or 1; NaN is left out.
        clusters: the resident of each.
        confidence: of the interval.
    """
    values = np.asarray(outcomes, float)
    totals, sizes = _cluster_totals(values, clusters)
    count = float(sizes.sum())
    if not count:
        return Estimate(math.nan)
    rate = float(totals.sum() / count)
    if 0 < rate < 1 and len(totals) > 1:
        effect = max(1.0, _spread_of_mean(totals, sizes) ** 2 / len(totals) / (rate * (1 - rate) / count))
        worth = min(count, max(1.0, count / effect))
    else:
        worth = float(len(totals))
    interval = wilson(rate * worth, worth, confidence=confidence)
    return Estimate(rate, interval.low, interval.high, int(count), len(totals))


def minimum_detectable_difference(cluster_sd: float, clusters: int, *, power: float = POWER, alpha: float = ALPHA) -> float:
    """The smallest true difference that a two-sided paired test shows with this power.

    ``(z_{1-alpha/2} + z_power) sd / sqrt(clusters)`` with Student's quantiles.

    Args:
        cluster_sd: standard deviation between residents of the mean paired difference.
        clusters: residents.
        power: chance of seeing it.
        alpha: chance of a false alarm.

    Returns:
        NaN with fewer than two residents.
    """
    if clusters < 2 or math.isnan(cluster_sd):
        return math.nan
    from scipy.stats import t

    return float((t.ppf(1 - alpha / 2, clusters - 1) + t.ppf(power, clusters - 1)) * cluster_sd / math.sqrt(clusters))


def detectable_with(
    differences: Sequence[float],
    clusters: Sequence[str],
    scenarios: int,
    per_resident: float | None = None,
    *,
    power: float = POWER,
    alpha: float = ALPHA,
) -> float:
    """What a set of another size would show, judged by the paired differences of this one.

    Variance is split between residents and within them (one-way analysis of variance), so that more residents and more
    moments of the same residents are not mistaken for each other.

    Args:
        differences: paired, one a scenario.
        clusters: the resident of each.
        scenarios: how many the other set would have.
        per_resident: scenarios of each resident there; None for as many as here.
        power: chance of seeing it.
        alpha: chance of a false alarm.
    """
    values = np.asarray(differences, float)
    totals, sizes = _cluster_totals(values, clusters)
    groups, count = len(totals), float(sizes.sum())
    if groups < 2:
        return math.nan
    scored = values[~np.isnan(values)]
    grand = scored.mean()
    between = float((sizes * (totals / sizes - grand) ** 2).sum())
    within = max(0.0, float(((scored - grand) ** 2).sum()) - between)
    within_variance = within / (count - groups) if count > groups else 0.0
    typical = (count - float((sizes**2).sum()) / count) / (groups - 1)
    between_variance = max(0.0, (between / (groups - 1) - within_variance) / typical)
    each = per_resident if per_resident is not None else count / groups
    residents = max(2, round(scenarios / each))
    return minimum_detectable_difference(
        math.sqrt(between_variance + within_variance / each), residents, power=power, alpha=alpha
    )


Verdict = Literal["reproduced", "compatible", "close", "different", "unscored"]


@dataclass(frozen=True, slots=True)
class Reproduction:
    """Whether a measured value agrees with a published one.

    Args:
        verdict: ``reproduced`` (the whole interval lies within the margin: equivalent), ``compatible`` (the published value
            lies in the interval, which is too wide to say more), ``close`` (outside of the interval, yet the measured value
            lies within the margin), ``different``, or ``unscored``.
        sentence: the same for people.
    """

    verdict: Verdict
    sentence: str


def reproduction(measured: Estimate, published: float, margin: float) -> Reproduction:
    """Compare a measured value with a published number.

    Args:
        measured: with its interval, in the units of the published number.
        published: the number.
        margin: how far off still counts as the same; set before looking.

    Raises:
        ValueError: a margin that is not positive.
    """
    if not margin > 0:
        raise ValueError(f"expected a margin above 0, got {margin}")
    if not math.isfinite(measured.mean):
        return Reproduction("unscored", f"Nothing was measured to compare with {published:g}.")
    known = math.isfinite(measured.low) and math.isfinite(measured.high)
    low, high = (measured.low, measured.high) if known else (measured.mean, measured.mean)
    told = f"{measured.mean:.2f}" + (f" [{low:.2f}, {high:.2f}]" if known else " (no interval)")
    if known and published - margin <= low and high <= published + margin:
        return Reproduction("reproduced", f"Reproduced: {told} lies within {margin:g} of the published {published:g}.")
    if known and low <= published <= high:
        return Reproduction(
            "compatible", f"Compatible: the published {published:g} lies in {told}, which is too wide to call it equal."
        )
    if abs(measured.mean - published) <= margin:
        return Reproduction("close", f"Close: {told} is within {margin:g} of the published {published:g}, its interval is not.")
    return Reproduction("different", f"Different: {told} is off the published {published:g} by more than {margin:g}.")


@dataclass(frozen=True, slots=True)
class Pair:
    """One line of a pairwise comparison.

    Args:
        metric: its name.
        first, second: labels of the runs.
        means: of each, on the scenarios that both have a score for.
        difference: first less second.
        adjusted_p: after Holm's correction over all pairs on this metric.
    """

    metric: str
    first: str
    second: str
    means: tuple[float, float]
    difference: Difference
    adjusted_p: float


def pairwise(
    scores: Mapping[str, Mapping[str, Sequence[float]]], clusters: Sequence[str], *, against: str | None = None, seed: int = 0
) -> list[Pair]:
    """Every pair of runs on every metric, corrected over the pairs of each metric: every metric is a question of its own.

    Args:
        scores: metric to run to its scores, in one order of scenarios.
        clusters: the resident of each scenario.
        against: only pairs with this run, which comes second; None for all pairs.
        seed: of permutations and resamples.
    """
    found: list[Pair] = []
    for metric, runs in scores.items():
        if against is None:
            wanted = list(combinations(runs, 2))
        else:
            wanted = [(label, against) for label in runs if label != against]
        differences = [paired_difference(runs[first], runs[second], clusters, seed=seed) for first, second in wanted]
        adjusted = holm([difference.p for difference in differences])
        found += [
            Pair(metric, first, second, _common_means(runs[first], runs[second]), difference, p)
            for (first, second), difference, p in zip(wanted, differences, adjusted, strict=True)
        ]
    return found


def smallest_p(clusters: int) -> float:
    """The smallest p-value that a sign-flip test over so many residents can give, however large the difference."""
    return max(2.0 ** (1 - clusters), 1 / (PERMUTATIONS + 1)) if clusters > 1 else math.nan


def _common_means(first: Sequence[float], second: Sequence[float]) -> tuple[float, float]:
    both = [(a, b) for a, b in zip(first, second, strict=True) if not (math.isnan(a) or math.isnan(b))]
    if not both:
        return math.nan, math.nan
    return sum(a for a, _ in both) / len(both), sum(b for _, b in both) / len(both)
