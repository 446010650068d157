"""The evaluation loop: scenarios x one agent, into a run store. It goes on where it stopped."""

from __future__ import annotations

import json
import logging
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any

from agents.base import Agent, failure
from envs.companion.house import house_facts
from envs.exchange import Observation, Response
from envs.scenarios.schema import Scenario
from envs.session import Session, View
from envs.simulators.base import Simulator, SimulatorFailure
from envs.skills import ActionOutcome, GoalResult, StepOutcome
from eval_suite.episode import ActionRecord, Episode, GoalRecord, ResponseRecord, StepRecord, identity
from eval_suite.filming import keep_film, media_folder
from eval_suite.metrics import score_episode
from eval_suite.plain_text import plain
from eval_suite.store import RunStore, read_episodes, write_manifest
from plans.actions import ACTIONS
from plans.plan import Plan

log = logging.getLogger(__name__)

ENVIRONMENT_VERSION = "household-1"
"""Changes when the same scenario, agent and seed may give other episodes: resuming then starts afresh."""
LONGEST_TEXT = 20_000
"""Characters of an agent's text that an episode keeps."""
LONGEST_DETAILS = 1_000_000
"""Characters of an agent's details, written as JSON, that an episode keeps."""
DEEPEST_DETAILS = 64
"""Levels of an agent's details that an episode keeps; readers of JSON give up at a few hundred."""


@dataclass(frozen=True)
class Evaluation:
    """What to evaluate.

    Args:
        agent_name: registry name or ``module:Class``.
        agent_config: its constructor's arguments, part of an episode's identity.
        simulator_name: registry name.
        simulator_config: its options.
        view: pictures.
        seed: of the agent.
        pictures: whether agents get frames (False is the text-only setting; needed in ``symbolic``).
        videos: for how many scenarios videos and pictures are kept.
        video_size: their width and height, pixels.
        batch_size: how many observations an agent answers at once.
        retry_errors: play episodes again whose agent gave no answer; otherwise they stay as they are.
    """

    agent_name: str
    agent_config: dict[str, Any] = field(default_factory=dict)
    simulator_name: str = "symbolic"
    simulator_config: dict[str, Any] = field(default_factory=dict)
    view: View = View()
    seed: int = 0
    pictures: bool = False
    videos: int = 0
    video_size: int = 320
    batch_size: int = 1
    retry_errors: bool = False

    def episode_id(self, scenario: Scenario) -> str:
        """The identity of the episode with this scenario."""
        return identity(
            scenario=scenario.model_dump(mode="json"),
            agent=self.agent_name,
            agent_config=self.agent_config,
            seed=self.seed,
            simulator=self.simulator_name,
            simulator_config=self.simulator_config,
            view=asdict(self.view),
            pictures=self.pictures,
            environment=ENVIRONMENT_VERSION,
        )


Progress = Callable[[int, int], None]
"""Called with how many episodes are done, and how many there are."""


def evaluate(
    evaluation: Evaluation,
    agent: Agent,
    simulator: Simulator,
    scenarios: Sequence[Scenario],
    folder: Path,
    *,
    manifest: dict[str, object] | None = None,
    progress: Progress | None = None,
) -> list[Episode]:
    """Evaluate an agent, adding to the run in ``folder`` what is not there yet.

    Returns:
        One episode for each scenario, in order, old and new.

    Raises:
        StoreError: the folder cannot be written.
        SimulatorUnavailable: pictures were asked for where none can be made.
        Exception: the agent's own, if its ``kind.fatal`` says that no further call can succeed; what is done is kept.
    """
    with RunStore(folder) as store:
        done = {episode.id: episode for episode in read_episodes(folder)}
        wanted = [evaluation.episode_id(scenario) for scenario in scenarios]
        retried = {key for key, episode in done.items() if evaluation.retry_errors and episode.error}
        pending = [i for i, key in enumerate(wanted) if key not in done or key in retried]
        write_manifest(folder, {**(manifest or {}), "episodes": wanted})
        # Spread over the set, so that films show different residents.
        films = min(evaluation.videos, len(wanted))
        filmed = {(2 * k + 1) * len(wanted) // (2 * films) for k in range(films)}
        finished = len(wanted) - len(pending)
        if progress:
            progress(finished, len(wanted))
        for batch in _batches(pending, evaluation.batch_size):
            sessions = [Session(simulator, scenarios[i], evaluation.view) for i in batch]
            answers = _answers(evaluation, agent, sessions)
            for i, session, answer in zip(batch, sessions, answers, strict=True):
                if answer.fatal is not None:
                    continue
                film = folder if i in filmed else None
                try:
                    if answer.broken:
                        episode = _lost(evaluation, agent, session, answer, wanted[i])
                    else:
                        episode = _play(evaluation, agent, session, answer, wanted[i], film, replay=len(batch) > 1)
                except SimulatorFailure as error:
                    lost = replace(answer, error=_simulator_failed(session, error))
                    episode = _lost(evaluation, agent, session, lost, wanted[i])
                store.add(episode)
                done[episode.id] = episode
                finished += 1
                if progress:
                    progress(finished, len(wanted))
            # No further call can succeed (key refused, money spent): stop, and leave these scenarios to the next run.
            fatal = next((answer.fatal for answer in answers if answer.fatal is not None), None)
            if fatal is not None:
                raise fatal
    return [done[key] for key in wanted]


def _batches(pending: list[int], size: int) -> Iterator[list[int]]:
    for start in range(0, len(pending), max(1, size)):
        yield pending[start : start + max(1, size)]


@dataclass(frozen=True)
class _Answer:
    """What came of asking: a response, or why there is none and what was used up meanwhile.

    ``broken`` means that the simulator broke off before the agent was asked.
    """

    response: Response | None = None
    error: str | None = None
    details: dict[str, Any] = field(default_factory=dict)
    fatal: Exception | None = None
    broken: bool = False


def _answers(evaluation: Evaluation, agent: Agent, sessions: Sequence[Session]) -> list[_Answer]:
    observed: dict[int, Observation] = {}
    answers: dict[int, _Answer] = {}
    for i, session in enumerate(sessions):
        try:
            observed[i] = session.observe(pictures=evaluation.pictures)
        except SimulatorFailure as error:  # this episode is lost; the agent answers the others
            answers[i] = _Answer(error=_simulator_failed(session, error), broken=True)
    asked = _asked(evaluation, agent, [sessions[i] for i in observed], list(observed.values())) if observed else []
    answers.update(zip(observed, asked, strict=True))
    return [answers[i] for i in range(len(sessions))]


def _simulator_failed(session: Session, error: SimulatorFailure) -> str:
    told = plain(" ".join(f"simulator_failed: {error}".split()), 480)
    log.warning("%s: %s", plain(session.scenario.id, 100), told)
    return told


def _asked(evaluation: Evaluation, agent: Agent, sessions: Sequence[Session], observations: list[Observation]) -> list[_Answer]:
    seeds = [zlib.crc32(f"{evaluation.seed}:{session.scenario.id}".encode()) for session in sessions]
    if not agent.reference:
        outcomes = agent.attempt_batch(observations, seeds)
        if len(outcomes) != len(sessions):
            raise TypeError(f"{evaluation.agent_name}: expected {len(sessions)} answers to a batch, got {len(outcomes)}")
        return [_answer(evaluation, session, outcome) for session, outcome in zip(sessions, outcomes, strict=True)]
    answers = []
    for session, observation, seed in zip(sessions, observations, seeds, strict=True):
        try:
            agent.reveal(session.scenario.model_copy(deep=True))
        except BaseException as error:
            answers.append(_answer(evaluation, session, failure(error)))
        else:
            answers.append(_answer(evaluation, session, agent.attempt_batch([observation], [seed])[0]))
    return answers


def _answer(evaluation: Evaluation, session: Session, outcome: object) -> _Answer:
    error = outcome if isinstance(outcome, Exception) else TypeError(f"expected a Response, got {type(outcome).__name__}")
    if isinstance(outcome, Response):
        try:
            return _Answer(storable_response(outcome))
        except Exception as unusable:  # it was changed after it was made, or is of a class that defends itself
            error = unusable
    # A model's failures carry their kind; whatever else an agent raises is a defect of the agent.
    kind = getattr(error, "kind", None)
    head = str(kind.value) if isinstance(kind, Enum) else f"agent_error: {type(error).__name__}"
    told = plain(" ".join(f"{head}: {_message(error)}".split()), 480)
    fatal = bool(getattr(kind, "fatal", False))
    if not fatal:  # a fatal one ends the run with its own line
        log.warning("%s failed on %s: %s", evaluation.agent_name, plain(session.scenario.id, 100), told)
    details = getattr(error, "details", None)
    return _Answer(
        error=told, details=_storable_details(details) if isinstance(details, dict) else {}, fatal=error if fatal else None
    )


def _message(error: Exception) -> str:
    try:
        return str(error)[:2000]
    except Exception:
        return "(its message cannot be read)"


def _play(
    evaluation: Evaluation,
    agent: Agent,
    session: Session,
    answer: _Answer,
    key: str,
    film: Path | None,
    *,
    replay: bool,
) -> Episode:
    """Carry the plan out, check the goals, score, and film if asked."""
    plan = answer.response.plan if answer.response else Plan()
    if film is not None:
        size = evaluation.video_size
        session = Session(session.simulator, session.scenario, replace(evaluation.view, width=size, height=size))
        session.prepare(pictures=True)
    elif replay:
        session.prepare()
    opening = house_facts(session.simulator, session.household)
    played = session.perform(plan, pictures=film is not None)
    episode = Episode(
        id=key,
        agent=evaluation.agent_name,
        agent_config=evaluation.agent_config,
        reference_agent=agent.reference,
        seed=evaluation.seed,
        simulator=evaluation.simulator_name,
        scenario=session.scenario,
        script_shown=evaluation.view.script,
        resident_steps=[_step_record(step) for step in played.resident.steps],
        response=_response_record(answer),
        issues=[str(issue) for issue in plan.issues],
        actions=[_action_record(outcome) for outcome in played.outcomes],
        goals=[_goal_record(result, before) for result, before in zip(session.check(), played.before, strict=True)],
        opening=opening,
        house=house_facts(session.simulator, session.household),
        error=answer.error,
        versions={name: str(value) for name, value in session.simulator.versions().items()},
    )
    if film is not None:
        episode.media = _keep_media(film, session)
    episode.scores = score_episode(episode)
    return episode


def _lost(evaluation: Evaluation, agent: Agent, session: Session, answer: _Answer, key: str) -> Episode:
    """The episode of a simulator that broke off: it stays in the denominator, with nothing achieved."""
    goals = dict.fromkeys(goal for action in session.scenario.oracle.actions for goal in ACTIONS[action].goals)
    episode = Episode(
        id=key,
        agent=evaluation.agent_name,
        agent_config=evaluation.agent_config,
        reference_agent=agent.reference,
        seed=evaluation.seed,
        simulator=evaluation.simulator_name,
        scenario=session.scenario,
        script_shown=evaluation.view.script,
        response=_response_record(answer),
        goals=[GoalRecord(goal=str(goal), satisfied=False, sentence="The simulator broke off.") for goal in goals],
        error=answer.error,
        versions={name: str(value) for name, value in session.simulator.versions().items()},
    )
    episode.scores = score_episode(episode)
    return episode


def _response_record(answer: _Answer) -> ResponseRecord:
    response = answer.response
    if response is None:
        return ResponseRecord(details=answer.details)
    return ResponseRecord(
        empathetic_action=response.empathetic_action,
        scenario_understanding=response.scenario_understanding,
        empathetic_planning=response.empathetic_planning,
        details=response.details,
    )


def storable_response(response: Response) -> Response:
    """The response as an episode can hold it: cut to length, and nothing in it that cannot be written."""
    texts = (response.scenario_understanding, response.empathetic_planning)
    understanding, planning = (None if text is None else _storable(text) for text in texts)
    return Response(_storable(response.empathetic_action), understanding, planning, _storable_details(response.details))


def _storable_details(details: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(details, dict):
        raise TypeError(f"details: expected a dictionary, got {type(details).__name__}")
    written = json.dumps(details)
    if len(written) > LONGEST_DETAILS:
        return {"left_out": f"{len(written):,} characters of details; at most {LONGEST_DETAILS:,} are kept"}
    kept: dict[str, Any] = _storable_json(json.loads(written))
    return kept


def _storable_json(value: Any, depth: int = 0) -> Any:
    if isinstance(value, str):
        return _storable(value, LONGEST_DETAILS)
    if isinstance(value, (dict, list)) and depth > DEEPEST_DETAILS:
        return "(deeper levels are left out)"
    if isinstance(value, dict):
        return {_storable(key, LONGEST_DETAILS): _storable_json(item, depth + 1) for key, item in value.items()}
    return [_storable_json(item, depth + 1) for item in value] if isinstance(value, list) else value


def _storable(text: str, longest: int = LONGEST_TEXT) -> str:
    # Lone surrogates cannot be written as UTF-8; megabytes help nobody.
    return text[:longest].encode("utf-8", "replace").decode("utf-8")


def _step_record(step: StepOutcome) -> StepRecord:
    return StepRecord(
        line=step.step.line,
        ok=step.ok,
        reason=step.reason.value if step.reason else None,
        detail=step.detail,
        inserted=step.inserted,
        start=round(step.start, 3),
        end=round(step.end, 3),
        distance=round(step.distance, 4),
    )


def _action_record(outcome: ActionOutcome) -> ActionRecord:
    goals = [_goal_record(result) for result in outcome.goals]
    failed = [step.detail for step in outcome.steps if not step.ok] or [goal.sentence for goal in goals if not goal.satisfied]
    return ActionRecord(
        action=outcome.action,
        ok=outcome.ok,
        reason=outcome.reason.value if outcome.reason else (None if outcome.ok else "goal_unmet"),
        detail="" if outcome.ok else failed[0],
        steps=[_step_record(step) for step in outcome.steps],
        goals=goals,
        distance=round(outcome.distance, 4),
        duration=round(outcome.duration, 3),
    )


def _goal_record(result: GoalResult, before: bool = False) -> GoalRecord:
    return GoalRecord(goal=str(result.goal), satisfied=result.satisfied, sentence=result.sentence, before=before)


def _keep_media(folder: Path, session: Session) -> dict[str, str]:
    place = Path("media") / media_folder(session.scenario)
    media: dict[str, str] = {}
    for name, frames in (("resident", session.resident_video), ("robot", session.robot_video)):
        for kind in keep_film(folder / place, name, frames, session.view.fps):
            media[f"{name}_{kind}"] = (place / f"{name}.{'mp4' if kind == 'video' else 'jpg'}").as_posix()
    return media
