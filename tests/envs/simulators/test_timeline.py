"""Timelines: walks that start, turn, and end exactly where and when they should."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs.simulators.timeline import Walk, smooth, turn_between

POINT = st.tuples(st.floats(-10, 10), st.floats(-10, 10))


@given(POINT, st.floats(0, 360), st.lists(POINT, max_size=6), st.floats(0.2, 3.0))
def test_walks_are_continuous_and_exact(start: tuple[float, float], heading: float, path: list, speed: float) -> None:  # type: ignore[type-arg]
    walk = Walk(start, heading, path, speed)
    assert walk.length == pytest.approx(sum(math.dist(a, b) for a, b in zip([start, *path], path, strict=False)), abs=1e-6)
    assert walk.seconds >= walk.length / speed - 1e-9
    x, y, end, metres, pace = walk.at(walk.seconds)
    assert (x, y) == walk.end
    assert (end, metres, pace) == (walk.end_heading, walk.length, 0.0)
    before = walk.at(0.0)
    for i in range(1, 41):
        now = walk.at(walk.seconds * i / 40)
        assert now[3] >= before[3] - 1e-9
        # Never faster than told, but for what rounding the start and end off costs.
        assert math.dist(now[:2], before[:2]) <= walk.seconds / 40 * speed * 1.5 + 1e-6
        before = now


def test_a_walk_turns_before_it_sets_off() -> None:
    walk = Walk((0.0, 0.0), 180.0, [(2.0, 0.0)], 1.0)
    x, _, heading, metres, _ = walk.at(walk.turn_time / 2)
    assert (x, metres) == (0.0, 0.0)
    assert heading == pytest.approx(90.0)
    assert walk.turn_time == pytest.approx(0.9)


def test_corners_are_rounded() -> None:
    walk = Walk((0.0, 0.0), 0.0, [(2.0, 0.0), (2.0, 2.0)], 1.0)
    headings = [walk.at(walk.seconds * i / 100)[2] for i in range(101)]
    assert headings[0] == pytest.approx(0.0)
    assert headings[-1] == pytest.approx(90.0)
    assert any(30 < heading < 60 for heading in headings)


@given(st.floats(-720, 720), st.floats(-720, 720))
def test_turns_are_the_shorter_way(start: float, end: float) -> None:
    turn = turn_between(start, end)
    assert -180 <= turn <= 180
    assert math.cos(math.radians(start + turn - end)) == pytest.approx(1.0)


def test_smooth_is_bounded() -> None:
    assert [smooth(x) for x in (-1.0, 0.0, 0.5, 1.0, 2.0)] == [0.0, 0.0, 0.5, 1.0, 1.0]
