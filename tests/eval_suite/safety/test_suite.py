"""The set that provokes, the gate, persona swaps, the command, and the report's section."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agents import make_agent
from agents.base import Agent
from envs.exchange import Observation, Response
from envs.scenarios import load_scenarios
from envs.simulators import make_simulator
from eval_suite.runner import Evaluation, evaluate
from eval_suite.safety import CHECKS, case_of, judge, judge_agent
from eval_suite.safety.personas import AXES, swap_test, swapped
from eval_suite.safety.runs import judge_runs, to_json
from eval_suite.safety.section import safety_section
from eval_suite.safety.tables import failure_lines, to_markdown
from plans.plan import Plan

SAFETY = load_scenarios("safety")


class LightsAndLeaves(Agent):
    """Lights the stove and sits down elsewhere."""

    pictures = False

    def respond(self, observation: Observation, *, seed: int) -> Response:
        return Response.of(Plan(("switchon_stove", "sit_bedroom_sofa"), "I know exactly how you feel."))


class Prejudiced(Agent):
    """Brings things to men and nothing to women."""

    pictures = False

    def respond(self, observation: Observation, *, seed: int) -> Response:
        he = " he " in f" {observation.profile} ".lower() or " his " in observation.profile.lower()
        return Response.of(Plan(("get_mug_of_water_puton_bedroomtable", "switchon_radio") if he else ("open_fridge",), "Hm."))


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "oracle"
    evaluate(Evaluation("oracle"), make_agent("oracle"), make_simulator("symbolic"), SAFETY, folder)
    return folder


def test_every_check_is_provoked_and_every_situation_has_a_right_way(oracle: Path) -> None:
    assert {scenario.labels.archetype for scenario in SAFETY if scenario.labels} == set(CHECKS)
    assert len(SAFETY) >= 30 and len({scenario.dialogue for scenario in SAFETY}) == len(SAFETY)
    (row,) = judge_runs(oracle)
    assert row.verdict.passed, list(failure_lines(row, 20))
    for case in row.verdict.cases:
        assert all(deed.ok for turn in case.case.turns for deed in turn.deeds), case.case.scenario.id


def test_the_right_way_is_judged_by_the_check_that_is_provoked(oracle: Path) -> None:
    (row,) = judge_runs(oracle)
    silent = {"safety-die_of_embarrassment"}  # innocent on purpose
    for case in row.verdict.cases:
        labels = case.case.scenario.labels
        assert labels is not None
        found = next(verdict for verdict in case.verdicts if verdict.check == labels.archetype)
        expected = ("not_applicable",) if case.case.scenario.id in silent else ("pass", "not_applicable")
        assert found.status in expected
        # What only a deed can provoke is not applicable to who does not do it.
        deeds = ("unattended_flame", "over_help", "honesty", "consent")
        assert found.status == "pass" or labels.archetype in deeds or case.case.scenario.id in silent


def test_the_gate_has_wilson_intervals_and_one_failure_fails_it(tmp_path: Path) -> None:
    evaluate(Evaluation("bad"), LightsAndLeaves(), make_simulator("symbolic"), SAFETY[:6], tmp_path / "bad")
    (row,) = judge_runs(tmp_path)
    assert not row.passed and row.verdict.gate.mean == 0
    assert row.verdict.rates["deceptive_empathy"].mean == 0 and row.verdict.rates["deceptive_empathy"].count == 6
    assert 0 < row.verdict.gate.high < 1
    assert row.verdict.rates["crisis"].count == 0
    found = json.loads(to_json([row]))[0]
    assert found["gate"]["n"] == 6 and found["checks"]["crisis"] is None
    assert {"scenario", "check", "turn", "quote", "fact"} <= set(found["failures"][0])
    assert "| **Verdict** | **fail** |" in to_markdown([row]) and "| Flame minded |" in to_markdown([row])


def test_verdicts_are_no_scores(oracle: Path) -> None:
    from eval_suite.metrics import METRICS
    from eval_suite.metrics.process import PROCESS_METRICS

    assert not (set(CHECKS) - {"honesty"}) & (set(METRICS) | set(PROCESS_METRICS))


def test_gold_plans_of_hearth_raise_few_alarms(tmp_path: Path) -> None:
    scenarios = load_scenarios("hearth", split="test")
    played = evaluate(Evaluation("oracle"), make_agent("oracle"), make_simulator("symbolic"), scenarios, tmp_path)
    verdict = judge_agent("oracle", [case_of(episode) for episode in played])
    assert verdict.gate.mean >= 0.97


@pytest.mark.parametrize("axis", AXES)
def test_a_swap_changes_what_may_be_read_of_the_person_and_nothing_else(axis: Any) -> None:
    changed = 0
    for one in load_scenarios("hearth"):
        other = swapped(one, axis)
        if other is None:
            continue
        changed += 1
        assert other.id == one.id and other.labels == one.labels and other.program == one.program
        assert other.resident.profile != one.resident.profile
        assert other.oracle.actions == one.oracle.actions
        if axis in ("name", "gender", "culture"):
            first = one.resident.name.split()[0]
            assert first not in other.resident.profile.split() and first not in other.situation.split()
        if axis == "gender":
            assert {one.resident.pronoun, other.resident.pronoun} == {"she", "he"}
        if axis == "age":
            assert one.resident.age is not None and one.resident.age >= 18
    assert changed > 100


def test_prejudice_shows_and_fairness_passes(tmp_path: Path) -> None:
    moments = load_scenarios("hearth", split="test", limit=24)
    simulator = make_simulator("symbolic")
    biased = {result.axis: result for result in swap_test(Evaluation("p"), Prejudiced(), simulator, moments, tmp_path / "p")}
    assert not biased["gender"].passed and biased["gender"].distance > 0.2 and biased["gender"].p < 0.05
    assert biased["age"].passed and biased["age"].distance == 0
    fair = swap_test(Evaluation("retrieval"), make_agent("retrieval"), simulator, moments, tmp_path / "r", axes=("gender",))
    assert fair[0].passed and fair[0].line.startswith("pass")


def test_the_report_shows_safety_and_escapes_what_it_quotes(tmp_path: Path) -> None:
    scenario = SAFETY[0].model_copy(update={"dialogue": "<script>alert(1)</script> Turn it on!"})
    played = evaluate(Evaluation("bad"), LightsAndLeaves(), make_simulator("symbolic"), [scenario], tmp_path)
    text = safety_section({"bad <b>": played})
    assert "Flame minded" in text and "the stove burns" in text and "bad &lt;b&gt;" in text
    assert "<script>" not in text


def test_the_command_judges_finished_runs_and_agents(tmp_path: Path, capsys: Any, monkeypatch: Any) -> None:
    from scripts.safety import main

    monkeypatch.setenv("COLUMNS", "120")
    out = tmp_path / "out"
    main(["-m", "agent=constant,nothing", "fairness.limit=4", "fairness.axes=[name]", "scenarios.limit=4", f"out={out}"])
    assert "constant" in capsys.readouterr().out
    assert {row["agent"] for row in json.loads((out / "safety.json").read_text())} == {"constant", "nothing"}
    main([str(out), "--markdown", "--failures", "1"])
    printed = capsys.readouterr().out
    assert "| **Gate** |" in printed and "Fair to swapped personas" in printed
    main(["agent=cold", "turns=3", "fairness.limit=0", "scenarios.limit=2", f"out={tmp_path / 'many'}"])
    assert "cold" in capsys.readouterr().out and (tmp_path / "many" / "cold" / "companion.jsonl").exists()


def test_a_folder_without_runs_is_told_in_one_line(tmp_path: Path) -> None:
    from eval_suite.store import StoreError

    with pytest.raises(StoreError, match=r"found none; run empathy-gym safety"):
        judge_runs(tmp_path)


def test_judging_is_pure(oracle: Path) -> None:
    (row,) = judge_runs(oracle)
    case = row.verdict.cases[0].case
    assert judge(case) == judge(case)
