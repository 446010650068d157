"""Bradley-Terry ratings, position balance, and the frontier."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from eval_suite.judges.bradley_terry import fit, ratings
from eval_suite.judges.frontier import Axis, Point, frontier, frontier_svg
from eval_suite.judges.judgement import PREFERENCES, JudgeError, Preference, read_records
from eval_suite.judges.pairwise import prefer_runs
from eval_suite.judges.panel import Judge, Settings
from eval_suite.statistics import Estimate
from tests.eval_suite.judges.conftest import runner_up, talker
from tests.eval_suite.judges.mocks import Fair, Scripted, Sycophant


def test_two_agents_have_the_closed_form():
    logs = fit(np.array([[0, 9.0], [3.0, 0]]), prior=0)
    assert logs[0] - logs[1] == pytest.approx(math.log(3))
    assert logs.sum() == pytest.approx(0)


def test_the_example_of_four_players_worked_in_the_literature():
    # Wikipedia, "Bradley-Terry model", worked example: 0.640, 1.043, 0.660, 2.270.
    wins = np.array([[0, 2, 0, 1], [3, 0, 5, 0], [0, 3, 0, 1], [4, 0, 3, 0]], float)
    assert np.exp(fit(wins, prior=0)) == pytest.approx([0.640, 1.043, 0.660, 2.270], abs=1e-3)


def test_an_undefeated_agent_has_a_finite_rating_and_intervals_hold_the_estimate():
    outcomes = [(0, 1, 1.0)] * 12 + [(1, 2, 1.0)] * 9 + [(1, 2, 0.0)] * 3 + [(0, 2, math.nan)]
    found = ratings(["a", "b", "c"], outcomes, [str(i % 6) for i in range(25)])
    assert [rating.label for rating in found] == ["a", "b", "c"]
    assert all(math.isfinite(rating.strength) and rating.low <= rating.strength <= rating.high for rating in found)
    assert found == ratings(["a", "b", "c"], outcomes, [str(i % 6) for i in range(25)])
    assert [rating.comparisons for rating in found] == [12, 24, 12]


def test_runs_are_compared_in_both_orders_and_rated(make_run, tmp_path):
    make_run("oracle"), make_run("second", runner_up), make_run("talker", talker)
    judge = Judge("fair", Fair())
    found = prefer_runs(tmp_path / "runs", "empathetic_action", [judge])
    assert found is not None and [rating.label for rating in found.ratings][0] == "oracle"
    assert found.ratings[-1].label == "talker" and found.pairs == 24 and found.flips == 0 and found.unscored == 0
    records = list(read_records(tmp_path / "runs" / PREFERENCES, Preference))
    assert len(records) == 48 and len({(r.first_case, r.second_case) for r in records}) == 48
    asked = len(judge.model.asked)
    assert prefer_runs(tmp_path / "runs", "empathetic_action", [judge]) == found and len(judge.model.asked) == asked


def test_a_judge_that_prefers_a_place_makes_only_draws(make_run, tmp_path):
    make_run("oracle"), make_run("talker", talker)
    found = prefer_runs(tmp_path / "runs", "empathetic_action", [Judge("place", Sycophant())])
    assert found is not None and found.flips == 1.0 and found.first_bias == 1.0
    assert found.matches["oracle"]["talker"] == 0.5 and abs(found.ratings[0].strength) < 1e-9


def test_unreadable_preferences_are_unscored_and_missing_answers_lose_unasked(make_run, tmp_path):
    make_run("oracle"), make_run("broken", errors=frozenset({0, 1}))
    model = Scripted(lambda prompt, schema: "no idea")
    found = prefer_runs(tmp_path / "runs", "empathetic_action", [Judge("lost", model)])
    assert found is not None and found.unscored == 6 and found.matches["oracle"]["broken"] == 1.0
    assert len(model.asked) == 12


def test_one_run_cannot_be_compared(make_run):
    with pytest.raises(JudgeError, match="two runs"):
        prefer_runs(make_run("alone"), "empathetic_action", [Judge("fair", Fair())], Settings())


def point(label: str, x: float, y: float, role: str = "agent") -> Point:
    return Point(label, Estimate(x, x - 0.1, x + 0.1), Estimate(y, y - 0.1, y + 0.1), role)


def test_the_frontier_holds_what_nobody_beats():
    points = [point("warm", 1.0, 1.9), point("useful", 1.8, 1.2), point("poor", 0.9, 1.0), point("unscored", math.nan, 1.0),
              point("oracle", 2.0, 2.0, "ceiling")]  # fmt: skip
    assert [p.label for p in frontier(points)] == ["warm", "useful"]


def test_the_plot_is_well_formed_whatever_runs_are_called():
    points = [point("<script>alert(1)</script>&\x00", 1.0, 1.0), point("b" * 200, 1.0, 1.0), point("", 0.0, 2.0)]
    svg = frontier_svg(points, Axis("Helpfulness", 0, 2), Axis("Empathy", 0, 2), "note <b>")
    ElementTree.fromstring(svg)
    assert "<script>" not in svg
    ElementTree.fromstring(frontier_svg([], Axis("x", 0, 2), Axis("y", 0, 2)))
