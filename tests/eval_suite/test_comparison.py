"""Comparisons: what is compared, between which floor and ceiling, and what is told about failures."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from envs.scenarios import load_scenarios
from eval_suite.comparison import GOALS_UNMET, YARDSTICKS, ComparisonError, Run, add_yardsticks, compare, compare_runs, read_run
from eval_suite.store import StoreError


def test_rows_run_from_floor_to_ceiling(runs: Path) -> None:
    comparison = compare_runs(runs)
    roles = [row.role for row in comparison.rows]
    assert roles == sorted(roles, key=("floor", "agent", "ceiling").index)
    assert comparison.rows[0].label == "nothing" and comparison.rows[-1].label == "oracle"
    assert {row.label for row in comparison.rows} == {*YARDSTICKS, "model"}
    assert len(comparison.scenarios) == 20 and comparison.residents == 5 and comparison.left_out == 0
    assert not any(row.added for row in comparison.rows)


def test_means_are_recomputed_from_disk(runs: Path) -> None:
    """Editing an episode on disk changes the table; nothing else remembers a mean."""
    file = runs / "model" / "episodes.jsonl"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    before = compare_runs(runs).row("model").estimates["mended_overlap"].mean
    assert before == pytest.approx(sum(line["scores"]["mended_overlap"] for line in lines) / 20)
    for line in lines:
        line["scores"]["mended_overlap"] = 1.0
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert compare_runs(runs).row("model").estimates["mended_overlap"].mean == 1.0


def test_chance_corrected_against_the_better_blind_plan(runs: Path) -> None:
    comparison = compare_runs(runs)
    raw = {row.label: row.estimates["mended_overlap"].mean for row in comparison.rows}
    chance = max(raw["constant"], raw["frequent"])
    assert raw[comparison.chance["mended_overlap"]] == chance
    corrected = {row.label: row.corrected["mended_overlap"].mean for row in comparison.rows}
    assert corrected["oracle"] == pytest.approx(1.0)
    assert corrected["model"] == pytest.approx((raw["model"] - chance) / (1 - chance))
    assert corrected[comparison.chance["mended_overlap"]] == 0.0
    assert "overlap" not in comparison.chance  # published values stay as published


@pytest.mark.parametrize("better", ["constant", "frequent"])
def test_either_blind_plan_can_be_the_chance_level(scenarios: list[Any], factory: Any, better: str) -> None:
    def blind(agent: str) -> Run:
        return Run(agent, tuple(factory.play(agent, s, s.references[0].text if agent == better and i < 5 else "<None>")
                                for i, s in enumerate(scenarios)))  # fmt: skip

    comparison = compare([blind("constant"), blind("frequent")])
    assert set(comparison.chance.values()) == {better}
    other = next(row for row in comparison.rows if row.agent != better)
    assert other.corrected["mended_overlap"].mean == pytest.approx((0 - 0.25) / (1 - 0.25))


def test_only_scenarios_that_every_run_has(tmp_path: Path, scenarios: list[Any], factory: Any) -> None:
    factory.run(tmp_path, "model", scenarios[:15])
    factory.run(tmp_path, "constant", scenarios[5:])
    comparison = compare_runs(tmp_path, yardsticks=False)
    assert [scenario.id for scenario in comparison.scenarios] == [scenario.id for scenario in scenarios[5:15]]
    assert comparison.left_out == 10
    for row in comparison.rows:
        assert [episode.scenario.id for episode in comparison.episodes[row.label]] == [s.id for s in scenarios[5:15]]
        assert row.estimates["goal_completion"].count == 10


def test_an_edited_scenario_is_another_one(tmp_path: Path, scenarios: list[Any], factory: Any) -> None:
    factory.run(tmp_path, "model", scenarios[:3])
    edited = [scenarios[0].model_copy(update={"situation": "Something else."}), *scenarios[1:3]]
    factory.run(tmp_path, "constant", edited)
    comparison = compare_runs(tmp_path, yardsticks=False)
    assert len(comparison.scenarios) == 2 and comparison.left_out == 2


def test_nothing_in_common_is_one_line(tmp_path: Path, scenarios: list[Any], factory: Any) -> None:
    factory.run(tmp_path, "model", scenarios[:3])
    factory.run(tmp_path, "constant", scenarios[3:6])
    with pytest.raises(ComparisonError, match="expected scenarios that all runs share, got none") as caught:
        compare_runs(tmp_path)
    assert "\n" not in str(caught.value)


def test_empty_folder_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="expected run folders"):
        compare_runs(tmp_path)
    with pytest.raises(ComparisonError, match="at least one run"):
        compare([])


def test_selection_of_the_last_evaluation(tmp_path: Path, scenarios: list[Any], factory: Any) -> None:
    """A folder may hold more episodes than its last command asked for."""
    folder = factory.run(tmp_path, "model", scenarios)
    manifest = json.loads((folder / "run.json").read_text())
    manifest["episodes"] = manifest["episodes"][:4]
    (folder / "run.json").write_text(json.dumps(manifest))
    assert len(read_run(folder)[0].episodes) == 4
    (folder / "run.json").unlink()
    assert len(read_run(folder)[0].episodes) == 20


def test_two_seeds_in_one_folder_are_two_rows(tmp_path: Path, scenarios: list[Any], factory: Any) -> None:
    folder = factory.run(tmp_path, "model", scenarios[:4])
    factory.run(tmp_path, "model", scenarios[:4], seed=1)
    (folder / "run.json").unlink()
    comparison = compare_runs(tmp_path, yardsticks=False)
    assert sorted(row.seed for row in comparison.rows) == [0, 1]
    assert len({row.label for row in comparison.rows}) == 2


def test_same_label_is_told_apart(scenarios: list[Any], factory: Any) -> None:
    episodes = tuple(factory.play("model", scenario, "<sit_bed>") for scenario in scenarios[:3])
    runs = [Run("model", episodes, Path("a")), Run("model", episodes, Path("b")), Run("model", episodes)]
    assert {row.label for row in compare(runs).rows} == {"model (a)", "model (b)", "model"}


def test_a_label_does_not_tell_a_key(tmp_path: Path, scenarios: list[Any], factory: Any) -> None:
    factory.run(tmp_path, "model", scenarios[:3], label="model,api_key=hunter2,temperature=0")
    (row,) = compare_runs(tmp_path, yardsticks=False).rows
    assert "hunter2" not in row.label and "temperature=0" in row.label


def test_failures_stay_in_the_denominator(tmp_path: Path, scenarios: list[Any], factory: Any) -> None:
    def episodes(broken: int) -> tuple[Any, ...]:
        return tuple(
            factory.play("model", s, s.references[0].text, error="agent_error: ValueError: no" if i < broken else None)
            if i >= broken else factory.play("model", s, "", error="agent_error: ValueError: no")
            for i, s in enumerate(scenarios)
        )  # fmt: skip

    row = compare([Run("model", episodes(5))]).rows[0]
    assert row.errors == {"agent_error": 5}
    assert row.estimates["mended_overlap"].mean == pytest.approx(0.75)
    assert row.estimates["mended_overlap"].count == 20
    assert row.estimates["goal_success"].mean == pytest.approx(0.75)


def test_failures_are_counted_by_kind(scenarios: list[Any], factory: Any) -> None:
    episodes = [factory.play("model", scenarios[0], '<sit_bed>, <fly>, <jump>, <dialogue>:"Hi"', fail=1.0),
                factory.play("model", scenarios[1], "<switchon_tv>")]  # fmt: skip
    silent = episodes[1].actions[0]
    episodes[1].actions = [silent.model_copy(update={"ok": False, "reason": None})]
    row = compare([Run("model", tuple(episodes))]).rows[0]
    assert sum(row.reasons.values()) == 2 and row.reasons[GOALS_UNMET] == 1
    assert row.issues == {"dialogue_missing": 1, "unknown_action": 1}  # by episode, however often in it
    assert row.actions == 2


def test_an_unscored_metric_stays_unscored(scenarios: list[Any], factory: Any) -> None:
    row = compare([Run("nothing", tuple(factory.play("nothing", s, "<None>") for s in scenarios))]).rows[0]
    assert math.isnan(row.estimates["strict_legality"].mean) and row.estimates["strict_legality"].count == 0


def test_yardsticks_are_added_in_symbolic_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, factory: Any) -> None:
    scenarios = load_scenarios("hearth", split="test", limit=3)
    factory.run(tmp_path, "model", scenarios)
    comparison = compare_runs(tmp_path)
    added = {row.label: row for row in comparison.rows if row.added}
    assert set(added) == set(YARDSTICKS) and {row.simulator for row in added.values()} == {"symbolic"}
    assert added["oracle"].estimates["mended_overlap"].mean == 1.0
    assert added["oracle"].estimates["goal_success"].mean == 1.0
    assert added["nothing"].estimates["goal_success"].mean == 0.0
    assert added["runner_up"].role == "ceiling" and added["shuffled"].role == "floor"
    own = {scenario.references[0].text for scenario in scenarios}
    assert {e.response.empathetic_action for e in comparison.episodes["shuffled"]} <= own  # drawn among the compared
    # The second time nothing is played again, and yardsticks are not taken for runs.
    monkeypatch.setattr("eval_suite.runner._play", lambda *a, **k: pytest.fail("played again"))
    again = compare_runs(tmp_path)
    assert [row.label for row in again.rows] == [row.label for row in comparison.rows]
    assert [row.estimates["overlap"] for row in again.rows] == [row.estimates["overlap"] for row in comparison.rows]


def test_yardsticks_that_runs_have_are_not_added(runs: Path) -> None:
    assert add_yardsticks([run for path in runs.iterdir() for run in read_run(path)], runs / "cache") == []
    assert not (runs / "cache").exists()


def test_yardsticks_without_a_place_to_keep_them(tmp_path: Path, factory: Any) -> None:
    factory.run(tmp_path, "model", load_scenarios("hearth", split="test", limit=1))
    (tmp_path / ".yardsticks").write_text("a file where the folder would be")
    comparison = compare_runs(tmp_path)
    assert {row.label for row in comparison.rows} == {*YARDSTICKS, "model"}


def test_broken_manifest_is_one_line(tmp_path: Path, scenarios: list[Any], factory: Any) -> None:
    folder = factory.run(tmp_path, "model", scenarios[:1])
    (folder / "run.json").write_text("{")
    with pytest.raises(StoreError, match="expected JSON"):
        compare_runs(tmp_path)
