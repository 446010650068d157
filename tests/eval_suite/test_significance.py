"""Tests, corrections, intervals: against libraries, hand-worked examples, and simulated truth."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from eval_suite.significance import (
    clustered_rate,
    detectable_with,
    holm,
    minimum_detectable_difference,
    paired_difference,
    pairwise,
    reproduction,
    smallest_p,
    wilson,
)
from eval_suite.statistics import Estimate

PEOPLE = [str(i // 3) for i in range(30)]


def test_the_p_value_equals_counting_every_sign_flip_by_hand() -> None:
    first, second = [1, 2, 3, 4, 9, 0], [0, 0, 0, 0, 0, 1]
    people = ["a", "a", "b", "b", "c", "d"]
    totals = [3, 7, 9, -1]
    flips = [abs(sum(s * t for s, t in zip(signs, totals, strict=True))) for signs in itertools.product((1, -1), repeat=4)]
    by_hand = sum(value >= sum(totals) for value in flips) / len(flips)
    assert paired_difference(first, second, people).p == pytest.approx(by_hand)


def test_identity_and_antisymmetry() -> None:
    rng = np.random.default_rng(0)
    one, two = rng.random(30), rng.random(30)
    same = paired_difference(one, one, PEOPLE)
    assert (same.mean, same.p, same.low, same.high) == (0, 1, 0, 0)
    forth, back = paired_difference(one, two, PEOPLE), paired_difference(two, one, PEOPLE)
    assert forth.mean == pytest.approx(-back.mean) and forth.p == back.p and forth.detectable == pytest.approx(back.detectable)


def test_order_of_scenarios_does_not_matter_and_the_seed_does_what_it_says() -> None:
    rng = np.random.default_rng(1)
    one, two, people = rng.random(60), rng.random(60), [str(i // 3) for i in range(60)]
    order = rng.permutation(60)
    forth = paired_difference(one, two, people, seed=5)
    mixed = paired_difference(one[order], two[order], [people[i] for i in order], seed=5)
    assert forth.mean == pytest.approx(mixed.mean) and forth.p == mixed.p
    assert forth == paired_difference(one, two, people, seed=5)


def test_unscored_values_leave_their_pair_out() -> None:
    assert paired_difference([1, math.nan, 3], [0, 5, math.nan], ["a", "b", "c"]).count == 1
    nothing = paired_difference([math.nan], [1.0], ["a"])
    assert math.isnan(nothing.mean) and math.isnan(nothing.p) and nothing.count == 0
    with pytest.raises(ValueError, match="same scenarios"):
        paired_difference([1.0], [1.0, 2.0], ["a"])


def test_false_alarms_come_as_often_as_promised_with_clusters() -> None:
    rng = np.random.default_rng(2)
    people = [str(i // 5) for i in range(60)]
    alarms = 0
    for trial in range(120):
        person = rng.normal(0, 1, 12)  # moments of one person resemble each other
        differences = [person[i // 5] + rng.normal(0, 0.3) for i in range(60)]
        alarms += paired_difference(differences, [0.0] * 60, people, seed=trial).p < 0.05
    assert alarms / 120 <= 0.09  # one scenario at a time it would be about half


def test_what_is_called_detectable_is_detected_four_times_in_five() -> None:
    rng = np.random.default_rng(3)
    people = [str(i // 4) for i in range(80)]
    truth = minimum_detectable_difference(math.hypot(1.0, 0.5 / 2), 20)
    found = 0
    for trial in range(80):
        person = rng.normal(truth, 1.0, 20)
        values = [person[i // 4] + rng.normal(0, 0.5) for i in range(80)]
        found += paired_difference(values, [0.0] * 80, people, seed=trial).p < 0.05
    assert 0.68 <= found / 80 <= 0.92


def test_holm_on_a_worked_example() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []
    corrected = holm([0.01, math.nan, 0.6])
    assert corrected[0] == pytest.approx(0.02) and math.isnan(corrected[1]) and corrected[2] == pytest.approx(0.6)


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_never_lowers_a_p_value_and_keeps_their_order(values: list[float]) -> None:
    corrected = holm(values)
    assert all(p <= q <= 1 for p, q in zip(values, corrected, strict=True))
    ranked = sorted(zip(values, corrected, strict=True))
    assert [q for _, q in ranked] == sorted(corrected)


@given(st.integers(0, 60), st.integers(1, 60))
def test_wilson_equals_scipy(successes: int, count: int) -> None:
    successes = min(successes, count)
    ours = wilson(successes, count)
    theirs = binomtest(successes, count).proportion_ci(method="wilson")
    assert (ours.mean, ours.low, ours.high) == pytest.approx((successes / count, theirs.low, theirs.high), abs=1e-9)


def test_clustered_rates() -> None:
    apart = [float(i % 2) for i in range(60)]
    alike = [float(i // 6 % 2) for i in range(60)]
    people = [str(i // 6) for i in range(60)]
    narrow, wide = clustered_rate(apart, people), clustered_rate(alike, people)
    assert narrow.mean == wide.mean == 0.5 and wide.high - wide.low > 1.5 * (narrow.high - narrow.low)
    all_well = clustered_rate([1.0] * 60, people)
    assert all_well.high == pytest.approx(1) and all_well.low == pytest.approx(wilson(10, 10).low)
    assert math.isnan(clustered_rate([math.nan], ["a"]).mean) and math.isnan(wilson(0, 0).mean)
    with pytest.raises(ValueError, match="successes"):
        wilson(3, 2)


def test_more_residents_show_more_and_more_moments_of_the_same_ones_hardly_do() -> None:
    rng = np.random.default_rng(4)
    person = rng.normal(0, 1, 10)
    differences = [person[i // 6] + rng.normal(0, 0.2) for i in range(60)]
    people = [str(i // 6) for i in range(60)]
    here = detectable_with(differences, people, 60)
    assert here == pytest.approx(paired_difference(differences, [0.0] * 60, people).detectable, rel=0.02)
    more_people = detectable_with(differences, people, 240)
    more_moments = detectable_with(differences, people, 240, per_resident=24)
    assert more_people < 0.55 * here < 0.9 * here < more_moments
    assert math.isnan(detectable_with([1.0], ["a"], 10)) and math.isnan(minimum_detectable_difference(1.0, 1))


@pytest.mark.parametrize(
    ("estimate", "margin", "verdict"),
    [
        (Estimate(35, 34, 36), 2, "reproduced"),
        (Estimate(35, 30, 40), 2, "compatible"),
        (Estimate(36.5, 36, 38), 2, "close"),
        (Estimate(50, 45, 55), 2, "different"),
        (Estimate(math.nan), 2, "unscored"),
        (Estimate(35), 2, "close"),  # without an interval nothing is reproduced
    ],
)
def test_reproduction_verdicts(estimate: Estimate, margin: float, verdict: str) -> None:
    result = reproduction(estimate, 35.2, margin)
    assert result.verdict == verdict and "35.2" in result.sentence
    with pytest.raises(ValueError, match="margin"):
        reproduction(estimate, 35.2, 0)


def test_pairs_are_corrected_within_each_metric() -> None:
    rng = np.random.default_rng(5)
    runs = {name: list(rng.random(30) + shift) for name, shift in (("a", 0.0), ("b", 0.5), ("c", 0.0))}
    pairs = pairwise({"x": runs, "y": runs}, PEOPLE)
    assert len(pairs) == 6 and [p.adjusted_p for p in pairs[:3]] == [p.adjusted_p for p in pairs[3:]]
    assert {(p.first, p.second) for p in pairs if p.adjusted_p < 0.05} == {("a", "b"), ("b", "c")}
    facing = pairwise({"x": runs}, PEOPLE, against="b")
    assert [(p.first, p.second) for p in facing] == [("a", "b"), ("c", "b")] and all(p.difference.mean < 0 for p in facing)
    assert smallest_p(4) == 1 / 8 and math.isnan(smallest_p(1))


def test_the_command_prints_differences_and_refuses_nonsense_in_one_line(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from scripts.compare import main
    from scripts.errors import UsageError

    main([str(runs / "model"), str(runs / "random"), "--metrics", "mended_overlap", "--published", "overlap=35.2"])
    out = capsys.readouterr().out
    assert "model − random" in out and "20 scenarios of 5 residents" in out and "no p can fall below" in out and "35.2" in out
    main([str(runs / "model"), str(runs / "constant"), str(runs / "oracle"), "--against", "constant", "--markdown"])
    out = capsys.readouterr().out
    assert "| model − constant |" in out and "model − oracle" not in out
    for arguments in ([], ["--metrics", "nonsense"], ["--published", "overlap"], ["--against", "nobody"], ["--margin", "0"]):
        with pytest.raises(UsageError) as caught:
            main([str(runs / "model"), *arguments])
        assert "\n" not in str(caught.value) and "expected" in str(caught.value)
