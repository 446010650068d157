"""Agreement, against published examples."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval_suite.judges.agreement import agreement, icc_2_1, kendall_tau, krippendorff_alpha, read_human_ratings, with_humans
from eval_suite.judges.judgement import JudgeError

N = math.nan
# Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section C: four observers, twelve units.
KRIPPENDORFF = np.array([
    [1, 2, 3, 3, 2, 1, 4, 1, 2, N, N, N],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, N, 3],
    [N, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, N],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, N],
])  # fmt: skip
# Shrout and Fleiss (1979), table 2: six targets, four judges.
SHROUT = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)


@pytest.mark.parametrize(
    ("level", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_alpha_of_the_published_example(level, published):
    assert krippendorff_alpha(KRIPPENDORFF, level) == pytest.approx(published, abs=5e-4)


def test_icc_of_the_published_example():
    assert icc_2_1(SHROUT) == pytest.approx(0.29, abs=5e-3)


def test_perfect_reversed_and_constant_raters():
    row = np.array([1.0, 2, 3, 4])
    assert krippendorff_alpha(np.stack([row, row])) == 1.0
    assert icc_2_1(np.stack([row, row]).T) == 1.0
    assert krippendorff_alpha(np.stack([row, row[::-1]])) < 0
    assert kendall_tau(row, row[::-1]) == pytest.approx(-1)
    same = np.ones((2, 4))
    assert all(math.isnan(value) for value in (krippendorff_alpha(same), icc_2_1(same.T), kendall_tau(same[0], same[1])))
    assert math.isnan(krippendorff_alpha(np.empty((0, 0)))) and math.isnan(icc_2_1(np.empty((0, 0))))


@settings(deadline=None, max_examples=30)
@given(st.permutations(range(12)), st.permutations(range(4)))
def test_alpha_does_not_depend_on_the_order_of_units_or_raters(units, raters):
    assert krippendorff_alpha(KRIPPENDORFF[np.ix_(raters, units)]) == pytest.approx(krippendorff_alpha(KRIPPENDORFF))


def test_a_lenient_rater_agrees_in_order_but_not_absolutely():
    strict = {str(i): float(i) for i in range(10)}
    lenient = {unit: value + 5 for unit, value in strict.items()}
    row = agreement("x", {"strict": strict, "lenient": lenient})
    assert row.tau == pytest.approx(1) and row.icc < 0.5 and row.units == 10


def write(tmp_path, text: str):
    path = tmp_path / "people.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_human_ratings_are_compared_with_judges(tmp_path):
    lines = [
        "scenario,item,rater,score",
        *(f"s{i},empathy,{who},{i % 3}" for i in range(6) for who in ("ann", "bo")),
        "s9,empathy,ann,",
    ]
    human = read_human_ratings(write(tmp_path, "\n".join(lines)))
    assert len(human) == 12 and human[0].item == "empathetic_action.empathy"
    machine = {"empathetic_action.empathy": {"judge": {f"s{i}": float(i % 3) for i in range(6)} | {"else": 1.0}}}
    people, mixed = with_humans(human, machine)
    assert people.alpha == 1.0 and mixed.alpha == 1.0 and mixed.units == 6 and mixed.tau == pytest.approx(1)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "columns"),
        ("scenario,item,score\na,b,1", "rater is missing"),
        ("scenario,item,rater,score\na,empathy,ann,good", ":2: expected a number"),
        ("scenario,item,rater,score\na,empathy,ann,nan", ":2: expected a number"),
        ("scenario,item,rater,score\na,,ann,1", ":2: expected a value for item"),
        ("scenario,item,rater,score,challenge\na,empathy,ann,1,cooking", "challenge among"),
        ("scenario,item,rater,score\n", "at least one rating"),
    ],
)
def test_broken_csv_says_where(tmp_path, text, complaint):
    with pytest.raises(JudgeError, match=complaint):
        read_human_ratings(write(tmp_path, text))
