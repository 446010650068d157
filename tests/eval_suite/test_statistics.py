"""Intervals: seeded, clustered, NaN left out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from eval_suite.statistics import chance_corrected, cluster_mean


def test_mean_interval_and_counts() -> None:
    estimate = cluster_mean([0, 1, 0, 1, math.nan], ["a", "a", "b", "b", "c"])
    assert (estimate.mean, estimate.count, estimate.clusters) == (0.5, 4, 2)
    assert estimate.low <= 0.5 <= estimate.high


def test_the_same_seed_gives_the_same_interval() -> None:
    values, residents = list(np.linspace(0, 1, 40)), [str(i // 5) for i in range(40)]
    assert cluster_mean(values, residents, seed=3) == cluster_mean(values, residents, seed=3)
    assert cluster_mean(values, residents, seed=3) != cluster_mean(values, residents, seed=4)


def test_clusters_widen_the_interval() -> None:
    values = [float(i // 10 % 2) for i in range(100)]
    by_resident = cluster_mean(values, [str(i // 10) for i in range(100)])
    by_item = cluster_mean(values, [str(i) for i in range(100)])
    assert by_resident.high - by_resident.low > 2 * (by_item.high - by_item.low)


def test_coverage_is_near_nominal() -> None:
    rng = np.random.default_rng(0)
    hits = 0
    for trial in range(150):
        resident = rng.normal(0, 1, 30)
        values = [resident[i // 4] + rng.normal() for i in range(120)]
        estimate = cluster_mean(values, [str(i // 4) for i in range(120)], seed=trial)
        hits += estimate.low <= 0 <= estimate.high
    assert 0.86 <= hits / 150 <= 0.99


def test_nothing_to_average() -> None:
    assert math.isnan(cluster_mean([], []).mean)
    assert math.isnan(cluster_mean([math.nan], ["a"]).mean)
    assert math.isnan(cluster_mean([1.0], ["a"]).low)


def test_chance_correction() -> None:
    residents = ["a", "b", "c"]
    blind = [[0.2, 0.2, 0.2], [0.1, 0.5, 0.0]]
    assert chance_corrected([0.2, 0.2, 0.2], blind, residents).mean == pytest.approx(0)
    assert chance_corrected([1, 1, 1], blind, residents).mean == pytest.approx(1)
    assert chance_corrected([0, 0, 0], blind, residents).mean == pytest.approx(-0.25)
