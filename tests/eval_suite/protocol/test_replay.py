"""Fixed resident turns: the same words and gestures for every agent; agents compared in pairs; judges read conversations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agents import make_agent
from agents.base import Agent
from envs.companion.residents.registry import make_resident
from envs.companion.residents.replay import Recordings
from envs.exchange import Observation, Response
from envs.scenarios import load_scenarios
from envs.simulators import make_simulator
from eval_suite.companion import CompanionEvaluation, CompanionRun, evaluate_companion, play_companion, read_companion
from eval_suite.judges.judgement import JudgeError
from eval_suite.judges.panel import Judge
from eval_suite.judges.scores import judgement_scores
from eval_suite.judges.scoring import score_run
from eval_suite.protocol.conversation import find_graded, transcript
from eval_suite.protocol.measures import PROTOCOL_METRICS, protocol_scores
from eval_suite.protocol.pairing import paired_on_replay, resident_turns
from eval_suite.rubrics import load_rubric
from eval_suite.store import StoreError
from scripts import score
from scripts.companion import main
from tests.eval_suite.judges.mocks import Scripted

SCENARIOS = load_scenarios("hearth", limit=6)


class Asker(Agent):
    """Follows the protocol."""

    pictures = False

    def respond(self, observation: Observation, *, seed: int) -> Response:
        lines = ("What happened?", "What did you think then?", "How did that make you feel?", "What did you do then?",
                 "What would you say to a friend in your place?")  # fmt: skip
        return Response(f'<None>, <dialogue>:"{lines[min(len(observation.history), 4)]}"')


class Adviser(Agent):
    """Does things and gives advice."""

    pictures = False

    def respond(self, observation: Observation, *, seed: int) -> Response:
        return Response('<switchon_radio>, <dialogue>:"You should get some rest."')


def run_of(label: str, agent: Agent, recordings: Recordings | None = None, turns: int = 5) -> CompanionRun:
    resident = "replay" if recordings else "scripted"
    evaluation = CompanionEvaluation(agent_name=label, turns=turns, resident=resident, recordings=recordings)
    simulator = make_simulator("symbolic")
    return CompanionRun(label, tuple(play_companion(evaluation, agent, simulator, item) for item in SCENARIOS))


@pytest.fixture(scope="module")
def recorded() -> CompanionRun:
    return run_of("oracle", make_agent("retrieval"))


@pytest.fixture(scope="module")
def replays(recorded: CompanionRun) -> tuple[CompanionRun, CompanionRun]:
    recordings = Recordings(recorded.episodes)
    return run_of("asker", Asker(), recordings), run_of("adviser", Adviser(), recordings)


def test_two_agents_get_the_same_resident_byte_for_byte(
    recorded: CompanionRun, replays: tuple[CompanionRun, CompanionRun]
) -> None:
    reacting = run_of("adviser", Adviser())
    for source, one, two, free in zip(recorded.episodes, *(run.episodes for run in replays), reacting.episodes, strict=True):
        for replay in (one, two):
            count = len(replay.turns)
            assert count and resident_turns(replay) == resident_turns(source)[: count + 1]
            assert [turn.heard for turn in replay.turns] == [turn.heard for turn in source.turns[:count]]
        assert resident_turns(free) != resident_turns(source)  # a resident who reacts would have shown something else


def test_the_state_still_follows_what_the_robot_did(replays: tuple[CompanionRun, CompanionRun]) -> None:
    differences = paired_on_replay(*replays)
    assert set(differences) == {"mean_work", *PROTOCOL_METRICS}
    assert differences["mean_work"].low > 0
    assert differences["drift"].high < 0 and differences["drift"].clusters == len({s.resident.id for s in SCENARIOS})
    asker, adviser = (protocol_scores(run.episodes[0].turns) for run in replays)
    assert asker["drift"] == 0.0 and asker["stages_reached"] == 5 and asker["advice"] == 0.0
    assert adviser["drift"] == 1.0 == adviser["premature_advice"] == adviser["off_plan_actions"]


def test_only_what_was_turned_down_then_and_done_now_is_turned_down(recorded: CompanionRun) -> None:
    source = recorded.episodes[0].model_copy(deep=True)
    source.turns[0].reaction.refused = ["switchon_radio"]
    (one,) = [
        play_companion(
            CompanionEvaluation(agent_name=name, resident="replay", recordings=Recordings([source])),
            agent, make_simulator("symbolic"), SCENARIOS[0],
        )
        for name, agent in (("adviser", Adviser()),)
    ]  # fmt: skip
    other = play_companion(
        CompanionEvaluation(agent_name="asker", resident="replay", recordings=Recordings([source])),
        Asker(), make_simulator("symbolic"), SCENARIOS[0],
    )  # fmt: skip
    assert one.turns[0].reaction.refused == ["switchon_radio"] and other.turns[0].reaction.refused == []


def test_a_replay_ends_with_its_recording_and_never_resumes_another(recorded: CompanionRun) -> None:
    recordings = Recordings(recorded.episodes)
    evaluation = CompanionEvaluation(agent_name="a", turns=20, resident="replay", recordings=recordings)
    episode = play_companion(evaluation, Asker(), make_simulator("symbolic"), SCENARIOS[0])
    assert len(episode.turns) <= 5
    shorter = Recordings(recorded.episodes[:1])
    assert shorter.digest != recordings.digest and SCENARIOS[1] not in shorter
    other = CompanionEvaluation(agent_name="a", turns=20, resident="replay", recordings=shorter)
    assert other.episode_id(SCENARIOS[0]) != evaluation.episode_id(SCENARIOS[0])
    with pytest.raises(KeyError, match="expected a recorded episode"):
        play_companion(other, Asker(), make_simulator("symbolic"), SCENARIOS[1])
    with pytest.raises(ValueError, match="expected recordings"):
        make_resident("replay")


def test_runs_with_different_residents_are_not_paired(recorded: CompanionRun) -> None:
    with pytest.raises(StoreError, match="resident=replay"):
        paired_on_replay(recorded, run_of("adviser", Adviser()))


def test_the_command_replays_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    out = [f"out={tmp_path}", "scenarios.limit=3", "turns=4", "report=false"]
    main(["agent=retrieval", *out])
    replay = ["resident=replay", f"resident.episodes={tmp_path / 'retrieval'}", *out]
    main(["agent=constant", *replay])
    main(["agent=cold", *replay])
    told = capsys.readouterr().out
    assert "3 of 3 scenarios were recorded" in told and "Drift" in told and "The same resident's turns for both agents" in told
    shown = [
        {episode.scenario.id: resident_turns(episode) for episode in read_companion(folder)}
        for folder in sorted(tmp_path.glob("*replay*"))
    ]
    assert len(shown) == 2 and shown[0].keys() == shown[1].keys() and len(shown[0]) == 3
    for scenario, turns in shown[0].items():
        count = min(len(turns), len(shown[1][scenario]))
        assert turns[:count] == shown[1][scenario][:count]
    for wrong, message in (([f"resident.episodes={tmp_path}"], "expected one run to replay"), ([], "resident.episodes")):
        with pytest.raises(SystemExit):
            main(["resident=replay", *wrong, *out])
        assert message in capsys.readouterr().err


def test_judges_grade_companion_runs_by_ctrs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evaluation = CompanionEvaluation(agent_name="adviser", turns=5)
    episodes = evaluate_companion(evaluation, Adviser(), make_simulator("symbolic"), SCENARIOS[:2], tmp_path / "adviser")
    lines = transcript(episodes[0])
    assert [speaker for speaker, _ in lines] == ["resident", "robot"] * len(episodes[0].turns) + ["resident"]
    assert lines[0][1] == SCENARIOS[0].dialogue and "You should get some rest." in lines[1][1] and lines[1][1].startswith("[")
    model = Scripted(
        lambda prompt, schema: json.dumps({name: {"evidence": "e", "score": 4} for name in schema["properties"]}), "j"
    )
    scores = score_run(tmp_path / "adviser", load_rubric("ctrs"), [Judge("j", model)])
    assert scores is not None and len(scores.values) == 2
    assert scores.summary("empathetic_action.total").estimate.mean == 44
    assert scores.summary("empathetic_action.competent").estimate.mean == 1
    assert "You should get some rest." in model.asked[0].messages[1].text
    assert len(judgement_scores(tmp_path / "adviser")) == 1
    with pytest.raises(JudgeError, match="expected answers that rubric cehs grades"):
        score_run(tmp_path / "adviser", load_rubric("cehs"), [Judge("j", model)])
    assert find_graded(tmp_path) == [tmp_path / "adviser"]
    mock = "tests.eval_suite.judges.mocks:Sycophant"
    score.main([str(tmp_path), "judge=custom", f"judge.models.custom.name='{mock}'", "judge.models.custom.cache=false",
                "rubric=ctrs"])  # fmt: skip
    assert "CTRS" in capsys.readouterr().out
