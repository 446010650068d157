"""The process: published constants, and trajectories worked by hand, to 1e-9 under every preset."""

from __future__ import annotations

import math

import pytest

from envs.companion.evidence import AxisEvidence, Evidence, Vector
from envs.companion.process import (
    PAPER,
    PRESETS,
    REPO,
    REPO_RUNS,
    Failure,
    Trajectory,
    initial_deficit,
    items_of,
    preset_named,
    rescored,
    step_of,
)
from envs.scenarios import load_scenarios
from envs.scenarios.schema import EmpaItems

EXACT = 1e-9


def evidence(*levels: tuple[int, int]) -> Evidence:
    return Evidence(**{
        axis: AxisEvidence(progress=forward, negative=backward)
        for axis, (forward, backward) in zip(("cognitive", "affective", "proactive"), levels, strict=True)
    })  # fmt: skip


GOOD, BAD, NOTHING = evidence((1, 0), (1, 0), (1, 0)), evidence((0, -1), (0, -1), (0, -1)), evidence((0, 0), (0, 0), (0, 0))


def test_the_nine_items_weigh_what_was_published() -> None:
    worst = EmpaItems(cognitive=(3, 3, 3), affective=(3, 3, 3), proactive=(3, 3, 3))
    assert initial_deficit(worst) == (-21.0, -27.0, -27.0)
    # One level of each item alone.
    for place, (axis, deficits) in enumerate((("cognitive", (2, 2, 3)), ("affective", (2, 4, 3)), ("proactive", (2, 4, 3)))):
        for item, deficit in enumerate(deficits):
            levels = {name: (0, 0, 0) for name in ("cognitive", "affective", "proactive")}
            levels[axis] = tuple(1 if i == item else 0 for i in range(3))  # type: ignore[assignment]
            assert initial_deficit(EmpaItems(**levels))[place] == -deficit  # type: ignore[arg-type]


def test_need_levels_stand_for_items_that_are_not_labelled() -> None:
    scenario = load_scenarios("hearth", limit=1)[0]
    assert scenario.labels is not None and scenario.labels.empa is None
    items, needs = items_of(scenario.labels), scenario.labels.needs
    assert items.cognitive == (needs.cognitive,) * 3 and items.affective[0] == scenario.labels.intensity
    assert items_of(None) == EmpaItems(cognitive=(1, 1, 1), affective=(1, 1, 1), proactive=(1, 1, 1))


@pytest.mark.parametrize(
    ("levels", "stepped", "linear"),
    [
        ((1, 0), (1, 1, 1), (1, 1, 1)),
        ((2, 0), (3, 3, 3), (2, 2, 2)),
        ((0, -1), (-2, -2, -2), (-1, -1, -1)),
        ((0, -2), (-4, -5, -5), (-2, -2, -2)),
        ((2, -2), (-1, -2, -2), (0, 0, 0)),
    ],
)
def test_what_levels_are_worth(levels: tuple[int, int], stepped: tuple[int, ...], linear: tuple[int, ...]) -> None:
    assert step_of(evidence(levels, levels, levels), REPO) == stepped
    assert step_of(evidence(levels, levels, levels), PAPER) == linear


def test_presets_carry_the_published_constants() -> None:
    assert (REPO.density_scale, REPO.net_scale, REPO.energy_scale) == (2.5, 1.5, 1.2)
    assert (PAPER.density_scale, PAPER.net_scale, PAPER.energy_scale) == (3.464, 1.2, 1.0)
    assert (REPO.tolerance, REPO_RUNS.tolerance) == (0.05, 0.10)
    assert all(preset.earliest_success == 12 and preset.most_turns == 45 for preset in PRESETS.values())
    with pytest.raises(ValueError, match="expected one of paper, repo, repo_runs"):
        preset_named("mine")


def test_a_trajectory_by_hand_with_the_first_direction_kept() -> None:
    # P0 = (-3, -4, 0), v* = (0.6, 0.8, 0).
    way = rescored((-3, -4, 0), [evidence((2, 0), (1, 0), (0, 0)), evidence((0, 0), (0, -1), (1, 0)), NOTHING], REPO)
    first, second, third = way.points[1:]
    assert first.place == (0, -3, 0) and first.work == pytest.approx(3 * 0.6 + 0.8, abs=EXACT)
    assert first.alignment == pytest.approx(2.6 / math.sqrt(10), abs=EXACT)
    assert second.place == (0, -5, 1) and second.work == pytest.approx(-1.6, abs=EXACT)
    assert second.alignment == pytest.approx(-1.6 / math.sqrt(5), abs=EXACT)
    assert (third.work, third.alignment, third.place) == (0.0, 0.0, (0, -5, 1))
    assert way.energy == pytest.approx(1.0, abs=EXACT)


def test_the_same_by_hand_with_the_direction_of_each_state() -> None:
    # Linear steps: v1 = (2, 1, 0) -> P1 = (-1, -3, 0), v* = (1, 3, 0) / sqrt(10); v2 = (0, -1, 1) -> P2 = (-1, -4, 1).
    way = rescored((-3, -4, 0), [evidence((2, 0), (1, 0), (0, 0)), evidence((0, 0), (0, -1), (1, 0))], PAPER)
    first, second = way.points[1:]
    assert first.place == (-1, -3, 0) and first.work == pytest.approx(5 / math.sqrt(10), abs=EXACT)
    assert first.alignment == pytest.approx(1 / math.sqrt(2), abs=EXACT)
    # v* = (1, 4, -1) / sqrt(18); v2 . v* = (-4 - 1) / sqrt(18).
    assert second.place == (-1, -4, 1) and second.work == pytest.approx(-5 / math.sqrt(18), abs=EXACT)


def test_at_the_origin_the_direction_that_led_there_counts() -> None:
    way = rescored((-1, -1, -1), [GOOD], PAPER)
    assert way.place == (0, 0, 0) and way.points[-1].work == pytest.approx(math.sqrt(3), abs=EXACT)


def test_a_turn_without_evidence_moves_nothing() -> None:
    way = rescored((-3, -4, 0), [None, GOOD], REPO)
    assert not way.points[1].scored and way.points[1].place == (-3, -4, 0)
    assert way.energy == pytest.approx(1.4, abs=EXACT)


def test_success_needs_twelve_turns_and_energy_and_nearness() -> None:
    start = (-4.0, -4.0, -4.0)
    early = rescored(start, [GOOD] * 4, REPO)
    assert early.place == (0, 0, 0) and not early.succeeded()
    assert rescored(start, [GOOD] * 4 + [NOTHING] * 8, REPO).succeeded()
    assert not rescored(start, [GOOD] * 3 + [NOTHING] * 9, REPO).succeeded()
    # Beyond zero along the first direction: far away, yet crossed; the code's rule lets it pass.
    assert rescored(start, [GOOD] * 12, REPO).succeeded()
    # The article's rule wants more energy than ||P_0||, not as much; where it is met, mean alignment may stand in for nearness.
    assert not rescored(start, [GOOD] * 3 + [NOTHING] * 9, PAPER).succeeded()
    assert rescored((-12.0, -12.0, -12.0), [evidence((2, 0), (2, 0), (2, 0))] * 5 + [GOOD] * 1 + [GOOD] * 6, PAPER).energy > 0
    aligned = rescored((-13.0, -13.0, -13.0), [GOOD] * 12 + [evidence((2, 0), (2, 0), (0, 0))], PAPER)
    assert aligned.energy == pytest.approx(12 * math.sqrt(3) + aligned.points[-1].work, abs=EXACT)


def test_the_tolerance_is_the_presets() -> None:
    # ||P|| = 2 of 4 sqrt(3) * ... : between 5 % and 10 % of the start.
    start = (-10.0, -10.0, -10.0)
    nearly = [evidence((2, 0), (2, 0), (2, 0))] * 3 + [NOTHING] * 8 + [evidence((1, 0), (0, 0), (0, 0))]
    assert Trajectory(Vector(*start), REPO_RUNS).preset.tolerance == 2 * REPO.tolerance
    for preset in (REPO, REPO_RUNS):
        way = rescored(start, nearly, preset)
        assert way.place == (0, -1, -1)
        assert way.energy == pytest.approx(28 / math.sqrt(3), abs=EXACT)
        assert not way.succeeded()  # energy 16.17 of 17.32


def test_collapse_is_five_harmful_turns_running() -> None:
    assert rescored((-9, -9, -9), [BAD] * 4, REPO).failure() is None
    assert rescored((-9, -9, -9), [BAD] * 5, REPO).failure() is Failure.COLLAPSE
    assert rescored((-9, -9, -9), [BAD] * 4 + [GOOD] + [BAD], REPO).failure() is None
    assert rescored((-9, -9, -9), [BAD, BAD, None, BAD, BAD, BAD], REPO).failure() is Failure.COLLAPSE


def test_stagnation_fails_only_together_with_regression() -> None:
    slight, back = evidence((1, 0), (0, 0), (0, 0)), evidence((1, -1), (0, 0), (0, 0))  # +1 and -1 on one axis
    still = rescored((0, -90, -90), [NOTHING] * 8, REPO)
    assert still.stagnated() and not still.regressed() and still.failure() is None
    # Six of eight harm a little, never five running; the distance stays within half a unit of itself.
    slipping = rescored((-1, -90, -90), [back, back, slight, back, back, slight, back, back], REPO)
    assert slipping.stagnated()
    work = [point.work for point in slipping.points[1:]]
    assert sum(value < 0 for value in work) == 6
    assert slipping.regressed() is (sum(work) < -1.0)
    harder = rescored((-60, -60, -60), [BAD, BAD, BAD, evidence((2, 0), (2, 0), (2, 0)), BAD, BAD, BAD, GOOD], REPO)
    assert harder.regressed() and not harder.stagnated() and harder.failure() is None
