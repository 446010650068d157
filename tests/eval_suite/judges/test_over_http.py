"""All judge paths against a real HTTP server that misbehaves: they finish, and what is missing is NaN, never 0."""

from __future__ import annotations

import json
import math

import pytest

from agents.models.openai_compatible import OpenAICompatible
from eval_suite.judges.judgement import JUDGEMENTS, PREFERENCES, JudgeError, Judgement, Preference, read_records
from eval_suite.judges.pairwise import prefer_runs
from eval_suite.judges.panel import Judge, Settings
from eval_suite.judges.scores import judgement_scores
from eval_suite.judges.scoring import score_run
from eval_suite.judges.validation import validate
from eval_suite.rubrics import load_rubric

pytest.importorskip("openai", reason="model servers need openai: pip install 'empathy-gym[models]'")

from tests.agents.models.server import Behaviour, Call, ModelServer  # noqa: E402
from tests.eval_suite.judges.conftest import runner_up  # noqa: E402
from tests.eval_suite.judges.mocks import fair_reply, sycophantic_reply  # noqa: E402

CEHS = load_rubric("cehs")
BAD_TEXTS = [
    "I give it a 10!",
    '{"content": {"evidence": "x", "score": 2}',
    '{"content": {"score": 11}, "empathy": {"score": -1}, "helpfulness": {"score": "high"}, "safety": {"score": null}}',
    "[]",
    '{"score": 2}',
    "```json\n{}\n```",
]
TROUBLE = ["truncated_json", "refusal", "empty_text", "empty_choices", "server_error", "bad_request", "content_filter",
           "wrong_content_type", "cut_connection", "error_in_ok"]  # fmt: skip


def write(write_reply):
    return lambda call: write_reply(call.prompt, call.body["response_format"]["json_schema"]["schema"])


def judge_at(server: ModelServer, label: str = "judge", **options) -> Judge:
    options = {"backoff_s": 0.01, "timeout_s": 5.0, "max_retries": 1} | options
    return Judge(label, OpenAICompatible("test-judge", base_url=server.base_url, **options))


def test_good_judgements_over_http(make_run):
    folder = make_run(answer=runner_up)
    with ModelServer(reply=write(fair_reply)) as server:
        judge = judge_at(server)
        scores = score_run(folder, CEHS, [judge], Settings(repeats=2))
        judge.model.close()
    assert scores is not None and scores.unscored == 0 and len(server.calls) == 16
    body = server.calls[0].body
    assert body["temperature"] == 0 and body["response_format"]["json_schema"]["strict"] is True
    assert math.isfinite(scores.summary("empathetic_action.empathy").estimate.mean)


def test_malformed_judgements_are_unscored_with_their_text_kept(make_run):
    folder = make_run(answer=runner_up)
    with ModelServer(lambda call: Behaviour(text=BAD_TEXTS[call.number % len(BAD_TEXTS)])) as server:
        judge = judge_at(server)
        scores = score_run(folder, CEHS, [judge])
        judge.model.close()
    assert scores is not None and scores.unscored == 8
    for values in scores.values.values():
        assert all(math.isnan(value) for value in values.values())
    records = list(read_records(folder / JUDGEMENTS, Judgement))
    assert {record.raw for record in records} == set(BAD_TEXTS)
    assert all(score is None for record in records for score in record.scores.values())
    assert all(record.status == "unparseable" and record.problem for record in records)
    assert math.isnan(scores.summary("empathetic_action.empathy").estimate.mean)


@pytest.mark.parametrize("kind", TROUBLE)
def test_failures_of_the_server_are_unscored_and_asked_again_next_time(make_run, kind):
    folder = make_run(answer=runner_up)
    with ModelServer(Behaviour(kind), reply=write(fair_reply)) as server:
        judge = judge_at(server)
        scores = score_run(folder, CEHS, [judge])
        assert scores is not None
        assert all(math.isnan(value) for values in scores.values.values() for value in values.values())
        server.behave = Behaviour()
        healed = score_run(folder, CEHS, [judge])
        judge.model.close()
    assert healed is not None
    mended = all(not math.isnan(value) for values in healed.values.values() for value in values.values())
    assert mended is (kind not in ("refusal", "content_filter"))  # a refusal is an answer


def test_a_mixture_of_troubles_leaves_the_good_grades_right(make_run):
    folder = make_run(answer=runner_up)

    def behave(call: Call) -> Behaviour:
        return Behaviour(text=BAD_TEXTS[0]) if call.number % 3 == 0 else Behaviour()

    with ModelServer(behave, reply=write(fair_reply)) as server:
        judge = judge_at(server, max_concurrency=1)
        score_run(folder, CEHS, [judge])
        judge.model.close()
    with ModelServer(reply=write(fair_reply)) as server:
        judge = judge_at(server)
        whole = score_run(make_run("whole", runner_up), CEHS, [judge])
        judge.model.close()
    (scores,) = judgement_scores(folder)
    assert whole is not None and scores.problems == {"unparseable": 3}
    mine = [values["empathetic_action.helpfulness"] for values in scores.values.values()]
    right = [values["empathetic_action.helpfulness"] for values in whole.values.values()]
    assert sum(map(math.isnan, mine)) == 3
    assert all(math.isnan(one) or one == other for one, other in zip(mine, right, strict=True))


def test_one_bad_item_leaves_the_others(make_run):
    def reply(call: Call) -> str:
        grades = json.loads(write(fair_reply)(call))
        grades["empathy"]["score"] = 7
        return json.dumps(grades)

    with ModelServer(reply=reply) as server:
        judge = judge_at(server)
        scores = score_run(make_run(answer=runner_up), CEHS, [judge])
        judge.model.close()
    assert scores is not None and scores.problems == {"partial": 8}
    for values in scores.values.values():
        assert math.isnan(values["empathetic_action.empathy"]) and not math.isnan(values["empathetic_action.content"])


@pytest.mark.parametrize("kind", ["unauthorized", "not_found", "quota"])
def test_a_judge_that_can_never_answer_stops_with_one_line(make_run, kind):
    folder = make_run()
    with ModelServer(Behaviour(kind)) as server:
        judge = judge_at(server)
        with pytest.raises(JudgeError, match="judge judge: ") as caught:
            score_run(folder, CEHS, [judge])
        judge.model.close()
    assert "\n" not in str(caught.value) and not list(read_records(folder / JUDGEMENTS, Judgement))


def test_malformed_preferences_are_unscored(make_run, tmp_path):
    make_run("a"), make_run("b", runner_up)
    with ModelServer(lambda call: Behaviour(text=["first", '{"preference": 0}', "{}"][call.number % 3])) as server:
        judge = judge_at(server)
        found = prefer_runs(tmp_path / "runs", "empathetic_action", [judge])
        judge.model.close()
    assert found is not None and found.unscored == found.pairs == 8 and math.isnan(found.flips)
    assert all(record.preference is None for record in read_records(tmp_path / "runs" / PREFERENCES, Preference))


@pytest.mark.parametrize(("reply", "state"), [(fair_reply, "passed"), (sycophantic_reply, "failed")])
def test_validation_over_http(hearth, tmp_path, reply, state):
    with ModelServer(reply=write(reply)) as server:
        judge = judge_at(server)
        found = validate(judge, CEHS, hearth, Settings(), tmp_path)
        judge.model.close()
    assert found is not None and found.state == state


def test_validation_of_a_judge_that_writes_nonsense_finishes(hearth, tmp_path):
    with ModelServer(lambda call: Behaviour(text=BAD_TEXTS[call.number % len(BAD_TEXTS)])) as server:
        judge = judge_at(server)
        found = validate(judge, CEHS, hearth, Settings(), tmp_path)
        judge.model.close()
    assert found is not None and found.state == "failed"
    assert all(math.isnan(test.mean) and test.scored == 0 for test in found.tests)
