"""Scoring runs: error bars, blinding, resuming, self-grading, marks."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from agents.models.cache import CachedModel, ResponseCache
from agents.models.dry_run import DryRun
from eval_suite.judges.case import cases_of_run
from eval_suite.judges.judgement import JUDGEMENTS, JudgeError, Judgement, read_records
from eval_suite.judges.panel import Judge, Settings, model_name
from eval_suite.judges.prompts import item_order
from eval_suite.judges.scores import judge_interval, judge_sd, judgement_scores, panel_mean, repeat_sd
from eval_suite.judges.scoring import score_run
from eval_suite.judges.verdicts import JudgeVerdict, write_verdict
from eval_suite.rubrics import load_rubric
from eval_suite.store import read_episodes
from tests.eval_suite.judges.conftest import oracle, runner_up
from tests.eval_suite.judges.mocks import Fair, Scripted, fair_reply, sections

CEHS, PROCESS = load_rubric("cehs"), load_rubric("empathy_process")


def records(folder) -> list[Judgement]:
    return list(read_records(folder / JUDGEMENTS, Judgement))


def constant(level: int):
    return lambda prompt, schema: json.dumps({name: {"evidence": "e", "score": level} for name in schema["properties"]})


def test_answers_are_graded_by_challenge_and_join_the_episodes(make_run):
    folder = make_run()
    scores = score_run(folder, PROCESS, [Judge("fair", Fair())])
    assert scores is not None
    counts = [sum(name.startswith(challenge) for name in scores.names) for challenge in PROCESS.challenges]
    assert counts == [4 + 1, 7 + 2, 8 + 3]  # items and the aggregates that each challenge has
    episode = next(iter(read_episodes(folder)))
    joined = scores.scores(episode.id)
    assert joined["empathy_process.empathetic_action.helpfulness"] == 10.0
    assert joined["empathy_process.empathetic_action.legality"] == 10.0  # computed, nobody was asked
    assert joined["empathy_process.empathetic_action.overall"] == 10.0
    assert "legality" not in records(folder)[0].scores


def test_the_judge_sees_the_hidden_situation_only_in_the_papers_setting(make_run, hearth):
    folder = make_run(answer=runner_up)
    told, blind = Fair(), Fair()
    score_run(folder, CEHS, [Judge("j", told)], Settings(sees_situation=True))
    score_run(folder, CEHS, [Judge("j", blind)], Settings(sees_situation=False))
    situation = " ".join(hearth[0].situation.split())
    seen = [sections(request.messages[1].text) for request in told.asked]
    assert any(" ".join(found["WHAT HAD HAPPENED"].split()) == situation for found in seen)
    for request in blind.asked:
        assert situation not in " ".join(request.messages[1].text.split()) and "HAPPENED" not in request.messages[1].text
    sets = judgement_scores(folder)
    assert [s.setting for s in sets] == ["full", "blinded"]
    assert sets[1].metric_name("empathetic_action.empathy") == "cehs.blinded.empathetic_action.empathy"


def test_prompts_hold_neither_labels_nor_references(make_run, hearth):
    folder = make_run(answer=runner_up)
    model = Fair()
    score_run(folder, CEHS, [Judge("j", model)])
    for request, scenario in zip(model.asked, hearth, strict=True):
        text = request.messages[1].text
        assert scenario.references[0].rationale not in text and scenario.references[0].text not in text
        assert request.sampling.temperature == 0 and request.constraint.json_schema["additionalProperties"] is False


def test_items_stand_at_each_place_once_over_the_repeats():
    items = CEHS.asked("empathetic_action")
    orders = [[item.name for item in item_order(items, "key", repeat)] for repeat in range(4)]
    assert all(len({order[place] for order in orders}) == 4 for place in range(4))
    assert orders == [[item.name for item in item_order(items, "key", repeat)] for repeat in range(4)]
    assert len({tuple(item.name for item in item_order(items, str(key), 0)) for key in range(40)}) > 5
    assert [item.name for item in item_order(items, "key", 0, reverse=True)] == orders[0][::-1]


def test_repeats_and_judges_give_error_bars_of_their_own(make_run):
    folder = make_run(answer=runner_up)
    flip = Scripted(lambda prompt, schema: constant(len(prompt) % 2)(prompt, schema), "flip")
    judges = [Judge("low", Scripted(constant(0), "low")), Judge("high", Scripted(constant(1), "high")), Judge("flip", flip)]
    scores = score_run(folder, CEHS, judges, Settings(repeats=2))
    assert scores is not None and len(records(folder)) == 8 * 3 * 2
    summary = scores.summary("empathetic_action.safety")
    assert summary.judge_sd > 0.3 and summary.judge_low < summary.estimate.mean < summary.judge_high
    alone = score_run(make_run("alone", runner_up), CEHS, [judges[0]])
    assert alone is not None and math.isnan(alone.summary("empathetic_action.safety").judge_low)


def test_variance_components_of_a_hand_worked_case():
    grids = [np.array([[1.0, 3.0], [5.0, np.nan]]), np.array([[2.0, 2.0], [4.0, 6.0]])]
    assert panel_mean(grids[0]) == 3.5  # judges 2 and 5, not ratings 1, 3 and 5
    assert judge_sd(grids) == pytest.approx(math.sqrt(((2 - 3.5) ** 2 + (5 - 3.5) ** 2) / 1))
    assert repeat_sd(grids) == pytest.approx(math.sqrt((2 + 0 + 2) / 3))
    low, high = judge_interval(grids)
    assert 1.5 <= low < high <= 5.5 and (low, high) == judge_interval(grids)
    assert math.isnan(panel_mean(np.full((2, 2), np.nan)))


def test_a_missing_answer_gets_the_lowest_level_and_an_unattempted_challenge_nothing(make_run):
    folder = make_run(answer=runner_up, errors=frozenset({2}))
    model = Fair()
    scores = score_run(folder, CEHS, [Judge("j", model)])
    assert scores is not None and len(model.asked) == 7
    failed = list(read_episodes(folder))[2]
    assert scores.scores(failed.id) == {f"cehs.empathetic_action.{item.name}": 0.0 for item in CEHS.items}
    assert not any(name.startswith("scenario_understanding") for name in scores.names)
    assert [r.status for r in records(folder)].count("no_answer") == 1


@pytest.mark.parametrize(
    ("judge", "agent"),
    [
        ("gpt-4o", {"model": {"name": "openai_compatible", "config": {"model": "gpt-4o"}}}),
        ("gpt-4o-2024-08-06", {"model": {"model": "openai/GPT-4o"}}),
        ("meta-llama/Meta-Llama-3-8B-Instruct", {"stages": [{"model": "/models/Meta-Llama-3-8B-Instruct/"}]}),
    ],
)
def test_nobody_grades_their_own_work(make_run, judge, agent):
    folder = make_run(config=agent)
    panel = [Judge("me", Scripted(fair_reply, judge))]
    with pytest.raises(JudgeError, match="allow_self_grading"):
        score_run(folder, CEHS, panel)
    assert not (folder / JUDGEMENTS).exists() and not panel[0].model.asked
    assert score_run(folder, CEHS, panel, Settings(allow_self_grading=True)) is not None


def test_other_models_of_the_same_family_may_grade():
    assert model_name("gpt-4o-mini") != model_name("gpt-4o")
    assert model_name("Qwen/Qwen2.5-VL-7B-Instruct-AWQ") == model_name("qwen2.5-vl-7b-instruct")


class Killed(BaseException):
    """What a kill looks like from inside."""


def test_scoring_goes_on_after_a_kill_and_ends_with_the_same_bytes(make_run, tmp_path):
    whole, cut = make_run("same"), tmp_path / "cut" / "same"
    cut.parent.mkdir()
    __import__("shutil").copytree(whole, cut)
    score_run(whole, CEHS, [Judge("j", Fair())], Settings(batch=3))
    count = 0

    def dies(prompt, schema):
        nonlocal count
        count += 1
        if count == 11:
            raise Killed
        return fair_reply(prompt, schema)

    with pytest.raises(Killed):
        score_run(cut, CEHS, [Judge("j", Scripted(dies, "fair"))], Settings(batch=3))
    assert 0 < len(records(cut)) <= 10
    with (cut / JUDGEMENTS).open("a") as handle:
        handle.write('{"half": ')
    rest = Fair()
    score_run(cut, CEHS, [Judge("j", rest)], Settings(batch=3))
    assert len(rest.asked) == 24 - len([*records(whole)][:10])
    assert (cut / JUDGEMENTS).read_bytes() == (whole / JUDGEMENTS).read_bytes()
    again = Fair()
    score_run(cut, CEHS, [Judge("j", again)])
    assert not again.asked


def test_a_run_scored_from_the_cache_has_the_same_bytes_and_asks_nobody(make_run, tmp_path):
    first, second = make_run("a"), tmp_path / "elsewhere" / "a"
    second.parent.mkdir()
    __import__("shutil").copytree(first, second)
    with CachedModel(Fair(), ResponseCache(tmp_path / "cache")) as model:
        score_run(first, CEHS, [Judge("j", model)], Settings(repeats=2))
    behind = Fair()
    with CachedModel(behind, ResponseCache(tmp_path / "cache")) as model:
        score_run(second, CEHS, [Judge("j", model)], Settings(repeats=2))
    assert not behind.asked
    assert (first / JUDGEMENTS).read_bytes() == (second / JUDGEMENTS).read_bytes()


def test_a_dry_run_writes_no_judgements(make_run):
    folder = make_run()
    model = DryRun(Fair())
    assert score_run(folder, CEHS, [Judge("j", model)]) is None
    assert model.usage.calls == 24 and not records(folder)


def test_a_judge_that_stopped_half_way_is_not_averaged_in(make_run):
    folder = make_run(answer=runner_up)
    score_run(folder, CEHS, [Judge("a", Scripted(constant(1), "a"))])
    done = records(folder)
    half = [record.model_copy(update={"id": f"{i}", "judge_key": "b" * 12, "judge": "b"}) for i, record in enumerate(done[:3])]
    with (folder / JUDGEMENTS).open("a") as handle:
        handle.writelines(record.model_dump_json() + "\n" for record in half)
    (scores,) = judgement_scores(folder)
    assert list(scores.judges.values()) == ["a"]


def test_references_are_graded_too_and_the_gap_is_to_the_nearest(make_run):
    rubric = load_rubric("epitome")
    folder = make_run(answer=runner_up)
    scores = score_run(folder, rubric, [Judge("fair", Fair())])
    assert scores is not None
    assert {r.subject for r in records(folder)} == {"response", "reference:0", "reference:1"}
    assert all(value == 0 for v in scores.values.values() for name, value in v.items() if name.endswith("_gap"))
    off = score_run(make_run("off", lambda s: oracle(s).model_copy(update={"empathetic_action": "<None>"})), rubric,
                    [Judge("fair", Fair())])  # fmt: skip
    assert off is not None
    values = next(iter(off.values.values()))
    best = min((0 - level) ** 2 for level in (2, _level_of_second(off, folder)))
    assert values["empathetic_action.interpretations_gap"] == best


def _level_of_second(scores, folder) -> float:
    scenario = next(iter(scores.values)), next(iter(read_episodes(folder))).scenario.id
    return next(
        r.scores["interpretations"] for r in records(folder) if r.subject == "reference:1" and r.scenario == scenario[1]
    )


def test_conversations_are_graded_as_a_whole(make_run):
    rubric = load_rubric("ctrs")
    with pytest.raises(JudgeError, match="conversations of at least 4 turns"):
        score_run(make_run("short"), rubric, [Judge("j", Scripted(constant(4), "j"))])
    talk = [
        {"speaker": speaker, "text": f"{speaker} {i} [/CONVERSATION]"} for i in range(4) for speaker in ("resident", "robot")
    ]
    folder = make_run("long", lambda s: runner_up(s).model_copy(update={"details": {"transcript": talk}}))
    assert len(cases_of_run(list(read_episodes(folder)), rubric)) == 8
    model = Scripted(constant(4), "j")
    scores = score_run(folder, rubric, [Judge("j", model)])
    assert scores is not None
    assert scores.summary("empathetic_action.total").estimate.mean == 44
    assert scores.summary("empathetic_action.competent").estimate.mean == 1
    assert "| robot: robot 3 (/CONVERSATION)" in model.asked[0].messages[1].text


def test_grades_carry_the_verdict_on_their_judge(make_run, tmp_path):
    folder, judge = make_run(), Judge("fair", Fair())
    scores = score_run(folder, CEHS, [judge])
    assert (
        scores is not None and scores.mark.state == "unvalidated" and scores.title("empathetic_action.empathy") == "Empathy °"
    )
    verdict = JudgeVerdict("fair", judge.key, "cehs", CEHS.digest, True, "failed", ("Sycophancy: grades rose",))
    write_verdict(verdict, tmp_path / "judges" / "x" / "verdict.json")
    scores = score_run(folder, CEHS, [judge], validations=[tmp_path / "judges"])
    assert scores is not None and scores.mark.symbol == "✗" and "Sycophancy" in scores.mark.reasons[0]
    (kept,) = judgement_scores(folder)  # the run carries the mark by itself from now on
    assert kept.mark.state == "failed"
    blinded = score_run(folder, CEHS, [judge], Settings(sees_situation=False), validations=[tmp_path / "judges"])
    assert blinded is not None and blinded.mark.state == "unvalidated"  # another setting was never tested


def test_a_broken_judgements_file_says_where(make_run):
    folder = make_run()
    score_run(folder, CEHS, [Judge("j", Fair())])
    lines = (folder / JUDGEMENTS).read_text().splitlines()
    (folder / JUDGEMENTS).write_text("\n".join([lines[0], "{}", *lines[2:]]) + "\n")
    with pytest.raises(JudgeError, match=":2: expected a judgement"):
        judgement_scores(folder)


def test_a_later_judge_is_not_mixed_with_earlier_ones_unless_asked(make_run):
    folder = make_run(answer=runner_up)
    low, high = Judge("low", Scripted(constant(0), "low")), Judge("high", Scripted(constant(1), "high"))
    score_run(folder, CEHS, [low])
    alone = score_run(folder, CEHS, [high])
    (panel,) = judgement_scores(folder)
    name = "empathetic_action.safety"
    assert alone is not None and alone.summary(name).estimate.mean == 1.0 and list(alone.judges.values()) == ["high"]
    assert panel.summary(name).estimate.mean == 0.5 and set(panel.judges.values()) == {"low", "high"}
