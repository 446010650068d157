"""Process metrics: nine indices and EPM-Q by hand, under every preset."""

from __future__ import annotations

import math

import pytest

from envs.companion.evidence import AxisEvidence, Evidence
from envs.companion.process import PAPER, REPO, rescored
from eval_suite.metrics.process import GROUPS, aggregate, epm_q, indices, raw_indices, zone_distance

EXACT = 1e-9


def turn(*levels: tuple[int, int]) -> Evidence:
    cognitive, affective, proactive = (AxisEvidence(progress=p, negative=n) for p, n in levels)
    return Evidence(cognitive=cognitive, affective=affective, proactive=proactive)


TURNS = [turn((2, 0), (1, 0), (0, 0)), turn((0, 0), (1, -1), (0, 0)), turn((0, 0), (0, 0), (0, 0))]
START = (-3.0, -4.0, 0.0)


def test_by_hand_under_the_codes_constants() -> None:
    # v* = (.6, .8, 0). v1 = (3, 1, 0): P1 = (0, -3, 0), dE 2.6. v2 = (0, -1, 0): P2 = (0, -4, 0), dE -.8. v3 = 0.
    way = rescored(START, TURNS, REPO)
    raw = raw_indices(way)
    d0, d3 = math.hypot(2, 3), 3.0
    assert zone_distance(way.start) == pytest.approx(d0, abs=EXACT)
    assert raw.rdi == pytest.approx(100 * (d0 - d3) / d0, abs=EXACT)
    assert raw.e_tot == pytest.approx(1.8, abs=EXACT)
    assert raw.s_net == 2 + 1 + 1 - 1
    assert raw.rho == pytest.approx(0.6, abs=EXACT)
    assert raw.s_proj == pytest.approx(0.45, abs=EXACT)  # the start is a point too
    assert raw.tau == pytest.approx((math.sqrt(10) + 1) / 3, abs=EXACT)
    assert raw.r_pos == 25.0
    assert raw.align == pytest.approx((2.6 / math.sqrt(10) - 0.8) / 4, abs=EXACT)
    assert raw.pen == 0.25
    found = indices(way)
    assert found["rdi"] == pytest.approx((raw.rdi + 100) / 2, abs=EXACT)
    assert found["e_tot"] == pytest.approx(100 * 1.8 / (1.2 * 5), abs=EXACT)
    assert found["s_net"] == pytest.approx(100 * 3 / (1.5 * 5), abs=EXACT)
    assert found["rho"] == pytest.approx(24.0, abs=EXACT)
    assert found["s_proj"] == pytest.approx(18.0, abs=EXACT)
    assert found["tau"] == pytest.approx(100 * (3 - raw.tau) / 2, abs=EXACT)
    assert found["align"] == pytest.approx(50 * (raw.align + 1), abs=EXACT)
    assert found["pen"] == pytest.approx(100 * 2.75 / 3, abs=EXACT)
    outcome, efficiency, stability = (sum(found[name] for name in GROUPS[group]) / 3 for group in GROUPS)
    assert found["epm_q"] == pytest.approx(0.4 * outcome + 0.2 * efficiency + 0.4 * stability, abs=EXACT)


def test_by_hand_under_the_articles_constants() -> None:
    # Linear: v1 = (2, 1, 0) -> (-1, -3, 0); v2 = (0, 0, 0); v3 = 0. v*_1 = (1, 3, 0) / sqrt(10).
    way = rescored(START, TURNS, PAPER)
    work = 5 / math.sqrt(10)
    found = indices(way)
    assert found["e_tot"] == pytest.approx(100 * work / 5, abs=EXACT)
    assert found["s_net"] == pytest.approx(100 * 3 / (1.2 * 5), abs=EXACT)
    assert found["rho"] == pytest.approx(100 * work / 3 / 3.464, abs=EXACT)
    assert found["s_proj"] == pytest.approx(100 * work / 4 / 3.464, abs=EXACT)
    assert found["tau"] == pytest.approx(100.0, abs=EXACT)  # a straight way: length equals displacement


def test_the_published_aggregate_holds() -> None:
    # claude-3.5-sonnet, 30 cases, code constants: 101.17 / 59.74 / 81.75 -> 85.12 on the leaderboard.
    published = {"outcome": 101.17, "efficiency": 59.74, "stability": 81.75}
    assert epm_q(published) == pytest.approx(85.12, abs=0.005)
    same = {name: published[group] for group, names in GROUPS.items() for name in names}
    assert aggregate(same)["epm_q"] == pytest.approx(epm_q(published), abs=EXACT)


def test_the_ends_of_the_scales() -> None:
    harm = indices(rescored(START, [turn((0, -2), (0, -2), (0, -2))] * 5, REPO))
    assert harm["rdi"] == harm["e_tot"] == harm["s_net"] == harm["rho"] == harm["pen"] == harm["r_pos"] == 0.0
    unmoved = indices(rescored(START, [turn((0, 0), (0, 0), (0, 0))], REPO))
    assert unmoved["tau"] == 0.0 and unmoved["rdi"] == 50.0 and unmoved["pen"] == 100.0
    beyond = indices(rescored(START, [turn((2, 0), (2, 0), (2, 0))] * 6, REPO))
    assert beyond["e_tot"] > 100 and beyond["rdi"] == 100.0


def test_unscored_turns_stay_out_of_every_mean() -> None:
    with_gap = indices(rescored(START, [TURNS[0], None, TURNS[1], TURNS[2]], REPO))
    assert with_gap == indices(rescored(START, TURNS, REPO))


def test_nobody_is_measured_by_a_deficit_they_do_not_have() -> None:
    assert all(math.isnan(value) for value in indices(rescored((0, 0, 0), TURNS, REPO)).values())
