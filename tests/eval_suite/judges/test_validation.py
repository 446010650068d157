"""A sycophantic judge fails its validation, a fair one passes, and the report shows why."""

from __future__ import annotations

import json
import math
import re

import pytest

from envs.scenarios import load_scenarios
from eval_suite.judges.panel import Judge, Settings
from eval_suite.judges.perturbations import TESTS, paraphrased, probes
from eval_suite.judges.validation import agreement_of_judges, judged, validate
from eval_suite.judges.validation_report import Agreements, to_html, to_markdown
from eval_suite.judges.verdicts import read_verdicts
from eval_suite.rubrics import load_rubric
from plans.plan import parse_plan
from tests.eval_suite.judges.mocks import Fair, Scripted, Sycophant, fair_reply

PROCESS = load_rubric("empathy_process")


@pytest.fixture(scope="module")
def scenarios():
    return load_scenarios("hearth", split="test", limit=16)


@pytest.fixture(scope="module")
def validated(scenarios, tmp_path_factory):
    folder = tmp_path_factory.mktemp("judges")
    return {
        model.name: validate(Judge(model.name, model), PROCESS, scenarios, Settings(), folder / model.name)
        for model in (Fair(), Sycophant())
    }, folder


def test_a_fair_judge_passes_every_test(validated):
    fair = validated[0]["fair"]
    assert [test.name for test in fair.tests] == list(TESTS)
    assert {test.state for test in fair.tests} == {"passed"} and fair.state == "passed" and not fair.verdict.reasons


def test_a_sycophantic_judge_fails_and_the_report_shows_why(validated):
    bad = validated[0]["sycophant"]
    states = {test.name: test.state for test in bad.tests}
    failed = {name for name, state in states.items() if state == "failed"}
    assert failed == {"persona_flip", "sycophancy", "mismatch", "verbosity", "injection", "order_swap"}
    assert bad.state == "failed"
    results = {test.name: test for test in bad.tests}
    assert results["persona_flip"].ties == 1.0 and results["injection"].low > 0
    assert results["injection"].share_below == 0 and results["injection"].median > 0
    text = to_markdown([bad])
    assert "sycophant: FAILED" in text and "### Why: Sycophancy" in text and "grades should have fallen" in text
    example = results["injection"].examples[0]
    assert example.perturbed > example.original and re.search(r"full marks|10|top|highest|maximum", example.after)
    page = to_html([bad])
    assert "Why: Injection" in page and "rewards the show of empathy" in page


def test_the_verdict_is_written_and_marks_the_judge(validated):
    verdicts = {verdict.judge: verdict for verdict in read_verdicts([validated[1]])}
    assert verdicts["fair"].state == "passed" and verdicts["sycophant"].state == "failed"
    assert any("Injection" in reason for reason in verdicts["sycophant"].reasons)
    text = next((validated[1] / "sycophant").glob("verdict.json")).read_text()
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


def test_validation_is_deterministic_and_resumable(validated, scenarios):
    model = Fair()
    again = validate(Judge("fair", model), PROCESS, scenarios, Settings(), validated[1] / "fair")
    assert not model.asked
    assert to_markdown([again]) == to_markdown([validated[0]["fair"]])


def test_judges_that_grade_differently_disagree(validated):
    folders = {name: validated[1] / name for name in validated[0]}
    rows = agreement_of_judges(folders, PROCESS, "empathetic_action")
    assert len(rows) == 7 + 2 and all(row.units > 50 for row in rows if row.units)
    assert all(row.alpha < 0.2 for row in rows)
    same = agreement_of_judges({"a": folders["fair"], "b": folders["fair"]}, PROCESS, "empathetic_action")
    assert all(row.alpha == row.icc == 1.0 for row in same)
    assert "Krippendorff" in to_markdown(list(validated[0].values()), [Agreements("Agreement between judges", rows)])


def test_a_judge_that_always_says_the_same_does_not_pass(scenarios, tmp_path):
    def middle(prompt, schema):
        if "preference" in schema["properties"]:
            return '{"evidence": "", "preference": "tie"}'
        return json.dumps({name: {"evidence": "", "score": 5} for name in schema["properties"]})

    found = validate(Judge("middle", Scripted(middle)), PROCESS, scenarios, Settings(), tmp_path)
    states = {test.name: test.state for test in found.tests}
    assert found.state == "failed" and states["persona_flip"] == states["sycophancy"] == states["mismatch"] == "failed"
    assert states["verbosity"] == states["paraphrase"] == states["order_swap"] == "passed"


def test_an_unreadable_judge_fails_with_nothing_scored(scenarios, tmp_path):
    found = validate(
        Judge("mute", Scripted(lambda prompt, schema: "I would rather not.")), PROCESS, scenarios, Settings(), tmp_path
    )
    assert found.state == "failed" and all(test.scored == 0 and math.isnan(test.mean) for test in found.tests)
    assert "unreadable" in found.tests[0].reason and "I would rather not" in to_html([found])


@pytest.mark.parametrize("rubric", ["cehs", "three_factor", "epitome"])
def test_other_rubrics_can_be_validated(scenarios, tmp_path, rubric):
    found = validate(Judge("fair", Fair()), load_rubric(rubric), scenarios, Settings(sees_situation=False), tmp_path)
    assert found.state == "passed" and not found.verdict.sees_situation


def test_understanding_has_its_own_probes(scenarios, tmp_path):
    made = probes(scenarios, "scenario_understanding")
    assert not made["persona_flip"] and made["injection"] and made["mismatch"]


def test_perturbations_do_what_they_say(scenarios):
    made = probes(scenarios)
    assert made == probes(scenarios)
    for name, found in made.items():
        assert len(found) >= len(scenarios) // 2, name
        for probe in found:
            before, after = parse_plan(probe.original.answer), parse_plan(probe.perturbed.answer)
            assert probe.original != probe.perturbed
            if name in ("persona_flip", "verbosity", "paraphrase"):
                assert before.actions == after.actions
            if name == "persona_flip":
                assert probe.original.answer == probe.perturbed.answer and "Cannot stand" in probe.perturbed.wishes
            if name == "verbosity":
                assert after.utterance.startswith(before.utterance) and len(after.utterance) > len(before.utterance) + 150
            if name == "sycophancy":
                assert not after.actions
            if name == "mismatch":
                assert not set(after.actions) & set(before.actions)
            if name == "injection":
                assert probe.perturbed.answer.startswith(probe.original.answer[:40])
    assert len({probe.style for probe in made["sycophancy"]}) == 3


def test_paraphrases_stay_english():
    assert paraphrased("That's how it is, and I've to go.") == "That is how it is, and I have to go."
    assert paraphrased("Perhaps I am late.") == "Maybe I'm late."
    assert paraphrased("Nothing here.") == "Nothing here."


@pytest.mark.parametrize(
    ("expected", "mean", "low", "high", "state"),
    [
        ("lower", -1.0, -1.5, -0.5, "passed"),
        ("lower", -0.5, -1.2, 0.2, "undecided"),
        ("lower", 0.0, 0.0, 0.0, "failed"),
        ("not_higher", -3.0, -4.0, -2.0, "passed"),
        ("not_higher", 0.4, -0.2, 0.9, "undecided"),
        ("not_higher", 0.6, 0.1, 1.0, "failed"),
        ("same", 0.1, -0.3, 0.4, "passed"),
        ("same", -0.4, -0.8, 0.1, "undecided"),
        ("same", -0.6, -0.9, -0.2, "failed"),
        ("same", 0.0, math.nan, math.nan, "undecided"),
    ],
)
def test_verdicts_rest_on_intervals(expected, mean, low, high, state):
    assert judged(expected, mean, low, high, 0.5, 20, 20)[0] == state


def test_too_few_readable_grades_or_too_many_flips_fail():
    assert judged("same", 0, 0, 0, 0.5, 10, 20)[0] == "failed"
    assert judged("same", 0, 0, 0, 0.5, 20, 20, flips=0.4)[0] == "failed"


def test_hostile_names_do_no_harm(scenarios, tmp_path):
    judge = Judge("<script>alert(1)</script>|x", Scripted(fair_reply, "m"))
    found = validate(judge, PROCESS, scenarios[:4], Settings(), tmp_path)
    assert "<script>alert" not in to_html([found]) and "\\|x" in to_markdown([found])
