"""The evaluation loop: scenarios x one agent, into a run store. It goes on where it stopped."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from agents.base import Agent
from envs.exchange import Observation, Response
from envs.scenarios.schema import Scenario
from envs.session import Session, View
from envs.simulators.base import Simulator
from envs.skills import ActionOutcome, GoalResult, StepOutcome
from eval_suite.episode import ActionRecord, Episode, GoalRecord, ResponseRecord, StepRecord, identity
from eval_suite.filming import keep_film, media_folder
from eval_suite.metrics import score_episode
from eval_suite.store import RunStore, read_episodes, write_manifest
from plans.plan import Plan

log = logging.getLogger(__name__)

ENVIRONMENT_VERSION = "household-1"
"""Changes when the same scenario, agent and seed may give other episodes: resuming then starts afresh."""
LONGEST_TEXT = 20_000
"""Characters of an agent's text that an episode keeps."""


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
    """
    with RunStore(folder) as store:
        done = {episode.id: episode for episode in read_episodes(folder)}
        wanted = [evaluation.episode_id(scenario) for scenario in scenarios]
        pending = [i for i, key in enumerate(wanted) if key not in done]
        write_manifest(folder, {**(manifest or {}), "episodes": wanted})
        finished = len(wanted) - len(pending)
        if progress:
            progress(finished, len(wanted))
        for batch in _batches(pending, evaluation.batch_size):
            sessions = [Session(simulator, scenarios[i], evaluation.view) for i in batch]
            answers = _answers(evaluation, agent, sessions)
            for i, session, (response, error) in zip(batch, sessions, answers, strict=True):
                film = folder if i < evaluation.videos else None
                episode = _play(evaluation, agent, session, response, error, wanted[i], film, replay=len(batch) > 1)
                store.add(episode)
                done[episode.id] = episode
                finished += 1
                if progress:
                    progress(finished, len(wanted))
    return [done[key] for key in wanted]


def _batches(pending: list[int], size: int) -> Iterator[list[int]]:
    for start in range(0, len(pending), max(1, size)):
        yield pending[start : start + max(1, size)]


Answer = tuple[Response | None, str | None]


def _answers(evaluation: Evaluation, agent: Agent, sessions: Sequence[Session]) -> list[Answer]:
    """Responses, each with why there is none; an agent that breaks on a batch is asked one by one."""
    observations = [session.observe(pictures=evaluation.pictures) for session in sessions]
    seeds = [zlib.crc32(f"{evaluation.seed}:{session.scenario.id}".encode()) for session in sessions]
    if len(sessions) > 1 and not agent.reference:
        try:
            return [(_checked(response), None) for response in agent.respond_batch(observations, seeds)]
        except Exception:  # a broken agent must not end the evaluation
            log.warning("%s failed on a batch of %d; asking one by one", evaluation.agent_name, len(sessions), exc_info=True)
    return [_answer(evaluation, agent, *asked) for asked in zip(sessions, observations, seeds, strict=True)]


def _answer(evaluation: Evaluation, agent: Agent, session: Session, observation: Observation, seed: int) -> Answer:
    try:
        if agent.reference:
            agent.reveal(session.scenario)
        return _checked(agent.respond(observation, seed=seed)), None
    except Exception as error:  # a broken agent must not end the evaluation: the failure is its result
        log.warning("%s failed on %s: %s: %s", evaluation.agent_name, session.scenario.id, type(error).__name__, error)
        return None, f"agent_error: {type(error).__name__}: {error}"[:500]


def _checked(response: object) -> Response:
    if not isinstance(response, Response):
        raise TypeError(f"expected a Response, got {type(response).__name__}")
    return response


def _play(
    evaluation: Evaluation,
    agent: Agent,
    session: Session,
    response: Response | None,
    error: str | None,
    key: str,
    film: Path | None,
    *,
    replay: bool,
) -> Episode:
    """Carry the plan out, check the goals, score, and film if asked."""
    plan = response.plan if response else Plan()
    if film is not None:
        size = evaluation.video_size
        session = Session(session.simulator, session.scenario, replace(evaluation.view, width=size, height=size))
        session.prepare(pictures=True)
    elif replay:
        session.prepare()
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
        response=_response_record(response),
        issues=[str(issue) for issue in plan.issues],
        actions=[_action_record(outcome) for outcome in played.outcomes],
        goals=[_goal_record(result, before) for result, before in zip(session.check(), played.before, strict=True)],
        error=error,
        versions={name: str(value) for name, value in session.simulator.versions().items()},
    )
    if film is not None:
        episode.media = _keep_media(film, session)
    episode.scores = score_episode(episode)
    return episode


def _response_record(response: Response | None) -> ResponseRecord:
    if response is None:
        return ResponseRecord()
    texts = (response.empathetic_action, response.scenario_understanding, response.empathetic_planning)
    action, understanding, planning = (_storable(text) for text in texts)
    return ResponseRecord(
        empathetic_action=action or "",
        scenario_understanding=understanding,
        empathetic_planning=planning,
        details=response.details,
    )


def _storable(text: str | None) -> str | None:
    # Lone surrogates cannot be written as UTF-8; megabytes help nobody.
    return None if text is None else text[:LONGEST_TEXT].encode("utf-8", "replace").decode("utf-8")


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
