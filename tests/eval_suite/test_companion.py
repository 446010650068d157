"""Companion evaluations: agents in their order, runs that go on, four reports side by side, a page that plays sessions."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import pytest

from agents import make_agent
from agents.base import Agent
from envs.companion.record import CompanionEpisode
from envs.exchange import Observation, Response
from envs.scenarios import load_scenarios
from envs.simulators import make_simulator
from eval_suite.companion import (
    COMPANION,
    REPORT_COLUMNS,
    CompanionEvaluation,
    CompanionRun,
    compare_companion,
    evaluate_companion,
    find_companion_runs,
    flip_test,
    play_companion,
    read_companion,
    read_companion_runs,
    triangulate,
)
from eval_suite.companion_report import write_companion_report
from eval_suite.companion_tables import terminal_tables, to_markdown
from eval_suite.companion_wandb import log_companion
from eval_suite.metrics.process import score_companion
from eval_suite.store import StoreError
from tests.eval_suite.judges.mocks import _charm

ORDER = ("oracle", "retrieval", "constant", "sycophant", "cold")
SCENARIOS = load_scenarios("hearth", limit=32)


def run_of(name: str, count: int = len(SCENARIOS), **options: object) -> CompanionRun:
    agent, simulator = make_agent(name), make_simulator("symbolic")
    evaluation = CompanionEvaluation(agent_name=name, turns=14, **options)  # type: ignore[arg-type]
    return CompanionRun(name, tuple(play_companion(evaluation, agent, simulator, item) for item in SCENARIOS[:count]))


@pytest.fixture(scope="module")
def runs() -> list[CompanionRun]:
    return [run_of(name) for name in ORDER]


def test_agents_stand_in_their_order_on_epm_q_and_work(runs: list[CompanionRun]) -> None:
    comparison = compare_companion(runs)
    assert [run.label for run in reversed(comparison.runs)] == list(ORDER)
    for name, upper, lower, difference in comparison.steps:
        assert difference.mean > 0, (name, upper, lower)
        assert difference.low > 0 or (upper, lower) == ("constant", "sycophant"), (name, upper, lower, difference)


def test_the_same_turns_are_worth_less_to_somebody_who_wants_the_opposite(runs: list[CompanionRun]) -> None:
    evaluation = CompanionEvaluation(agent_name="oracle", turns=14)
    for run in runs[:2]:
        flip = flip_test(evaluation, make_simulator("symbolic"), run.episodes[:12])
        assert flip.difference.high < 0 and flip.lower >= 0.9
        assert "persona flip" in flip.sentence


def test_the_sycophant_fools_a_naive_judge_and_not_the_residents(runs: list[CompanionRun]) -> None:
    by_name = {run.label: run.episodes for run in runs}
    naive = {
        name: fmean(_charm("", turn.said) for episode in by_name[name] for turn in episode.turns)
        for name in ("sycophant", "retrieval", "constant")
    }
    assert naive["sycophant"] > max(naive["retrieval"], naive["constant"])
    work = {name: fmean(episode.scores["mean_work"] for episode in by_name[name]) for name in naive}
    assert work["sycophant"] < min(work["retrieval"], work["constant"])


def test_four_reports_stay_four_columns(runs: list[CompanionRun]) -> None:
    found = triangulate(compare_companion(runs))
    assert set(found.means) == set(REPORT_COLUMNS) and len(found.correlations) == len(REPORT_COLUMNS) ** 2
    # It thinks best of itself where the resident thinks worst of it.
    gap = found.gaps["sycophant"]
    assert gap.mean < -4 and math.isnan(found.gaps["constant"].mean)
    resident, bystander = "resident on the robot: empathy", "bystander: empathy"
    assert found.means[resident]["oracle"].mean > found.means[resident]["sycophant"].mean
    assert abs(found.correlations[(resident, bystander)]) < 0.95
    assert all(len(episode.reports.third_party) == len(episode.turns) for run in runs for episode in run.episodes)


def test_a_record_holds_everything_that_is_measured_of_it(runs: list[CompanionRun]) -> None:
    episode = runs[0].episodes[0]
    again = CompanionEpisode.model_validate_json(episode.model_dump_json())
    assert again.model_dump_json() == episode.model_dump_json()
    assert score_companion(again) == pytest.approx(episode.scores, nan_ok=True)
    assert again.trajectory().place == tuple(again.turns[-1].place)
    assert again.final_house.bodies["resident"].room and again.scenario.resident.profile
    acts = [act for turn in again.turns for act in turn.actions]
    assert acts and all(act.steps and act.goals and act.end > act.start for act in acts)


def test_scores_under_other_constants_come_from_the_same_record(runs: list[CompanionRun]) -> None:
    for episode in runs[0].episodes[:4]:
        assert episode.scores["epm_q"] == episode.scores["epm_q_repo"]
        assert episode.scores["epm_q_paper"] != episode.scores["epm_q_repo"]


def test_runs_go_on_where_they_stopped(tmp_path: Path) -> None:
    evaluation = CompanionEvaluation(agent_name="constant", turns=4)
    agent, simulator = make_agent("constant"), make_simulator("symbolic")
    evaluate_companion(evaluation, agent, simulator, SCENARIOS[:2], tmp_path)
    kept = (tmp_path / COMPANION).read_bytes()
    (tmp_path / COMPANION).write_bytes(kept + kept[: len(kept) // 3].split(b"\n")[0][:200])  # killed while writing
    episodes = evaluate_companion(evaluation, agent, simulator, SCENARIOS[:4], tmp_path)
    assert (tmp_path / COMPANION).read_bytes().startswith(kept)
    assert [episode.scenario.id for episode in episodes] == [item.id for item in SCENARIOS[:4]]
    assert len(list(read_companion(tmp_path))) == 4
    other = replace(evaluation, seed=1)
    assert other.episode_id(SCENARIOS[0]) != evaluation.episode_id(SCENARIOS[0])


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    evaluation = CompanionEvaluation(agent_name="sycophant", turns=6)
    for folder in ("one", "two"):
        agent, simulator = make_agent("sycophant"), make_simulator("symbolic")
        evaluate_companion(evaluation, agent, simulator, SCENARIOS[:6], tmp_path / folder)
    assert (tmp_path / "one" / COMPANION).read_bytes() == (tmp_path / "two" / COMPANION).read_bytes()


class Broken(Agent):
    """Answers the first turn, breaks in the second, then answers nonsense."""

    pictures = False

    def respond(self, observation: Observation, *, seed: int) -> Response:
        if len(observation.history) == 1:
            raise RuntimeError("no battery")
        return Response("I would rather not." if observation.history else '<None>, <dialogue>:"No wonder it stings."')


def test_a_broken_agent_costs_its_turns_and_not_the_run() -> None:
    episode = play_companion(
        CompanionEvaluation(agent_name="broken", turns=4), Broken(), make_simulator("symbolic"), SCENARIOS[0]
    )
    assert episode.turns[1].error == "agent_error: RuntimeError: no battery" and episode.turns[1].said == ""
    assert episode.turns[2].issues and len(episode.turns) == 4 and episode.outcome != "error"
    assert episode.reports.third_party[1] is None


def page(folder: Path, runs: Sequence[CompanionRun]) -> str:
    return write_companion_report(folder, compare_companion(runs)).read_text(encoding="utf-8")


def test_the_page_plays_sessions_and_asks_the_network_for_nothing(tmp_path: Path, runs: list[CompanionRun]) -> None:
    text = page(tmp_path, runs)
    assert not re.search(r'(src|href)="(https?:)?//', text)
    data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1])  # type: ignore[index]
    assert data["agents"] == list(ORDER) and len(data["sessions"]) == len(SCENARIOS)
    turn = data["sessions"][0]["plays"][0]["turns"][0]
    assert turn["said"] and turn["evidence"] and turn["bodies"]["robot"] and len(turn["place"]) == 3
    assert text.count("<svg role=") == 2 and "perception gap" in text
    assert page(tmp_path, runs) == text


def test_hostile_words_stay_words(tmp_path: Path) -> None:
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"

    class Hostile(Agent):
        pictures = False

        def respond(self, observation: Observation, *, seed: int) -> Response:
            return Response(f'<None>, <dialogue>:"{evil}"')

    episode = play_companion(CompanionEvaluation(agent_name=evil, turns=2), Hostile(), make_simulator("symbolic"), SCENARIOS[0])
    text = page(tmp_path, [CompanionRun(evil, (episode,))])
    assert "<script>alert" not in text and "<img src=x" not in text


def test_tables_name_every_agent(runs: list[CompanionRun]) -> None:
    comparison = compare_companion(runs)
    assert len(list(terminal_tables(comparison))) == 4
    markdown = to_markdown(comparison)
    assert [line.split("|")[1].strip() for line in markdown.splitlines()[4:]] == list(ORDER)


def test_films_of_every_turn_are_kept(tmp_path: Path) -> None:
    simulator = make_simulator("mujoco")
    evaluation = CompanionEvaluation(agent_name="constant", simulator_name="mujoco", turns=2, films=1, film_size=48)
    (episode,) = evaluate_companion(evaluation, make_agent("constant"), simulator, SCENARIOS[:1], tmp_path / "constant")
    simulator.close()
    assert set(episode.media) == {f"{name}_{kind}" for name in ("opening", "turn_1", "turn_2") for kind in ("video", "picture")}
    (run,) = read_companion_runs(tmp_path)
    assert 'data-kind="video/mp4"' in page(tmp_path, [run])


def test_wandb_offline_keeps_turns_and_trajectories(tmp_path: Path) -> None:
    pytest.importorskip("wandb")
    evaluation = CompanionEvaluation(agent_name="cold", turns=3)
    evaluate_companion(evaluation, make_agent("cold"), make_simulator("symbolic"), SCENARIOS[:2], tmp_path)
    written = log_companion(tmp_path, {"mode": "offline"})
    assert written is not None and list(written.glob("*.wandb"))
    assert log_companion(tmp_path, {"mode": "disabled"}) is None


def test_what_cannot_be_compared_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="run empathy-gym companion first"):
        find_companion_runs(tmp_path)
    with pytest.raises(StoreError, match="share, got none"):
        first = play_companion(CompanionEvaluation(agent_name="cold", turns=1), make_agent("cold"), make_simulator("symbolic"),
                               SCENARIOS[0])  # fmt: skip
        other = first.model_copy(update={"scenario": SCENARIOS[1]})
        compare_companion([CompanionRun("a", (first,)), CompanionRun("b", (other,))])
