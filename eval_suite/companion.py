"""Companion evaluations: scenarios x one agent x one resident, many turns each, into a run folder that can be gone on with.

``companion.jsonl`` holds one :class:`~envs.companion.record.CompanionEpisode` a line; tables and the report
(:mod:`eval_suite.companion_report`) are made from it.
"""

from __future__ import annotations

import contextlib
import logging
import math
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any

from agents.base import Agent
from agents.models.interface import Constraint, Message, Model, Sampling
from envs.companion.process import preset_named
from envs.companion.record import CompanionEpisode, CompanionTurn
from envs.companion.reports import SELF_ESTIMATE, reports_of
from envs.companion.residents.base import TextModel
from envs.companion.residents.registry import make_resident
from envs.companion.residents.replay import Recordings
from envs.companion.session import DEFAULT_TURNS, CompanionSession, TurnPlayed
from envs.exchange import Response
from envs.scenarios.schema import Preference, Scenario
from envs.session import View
from envs.simulators.base import Simulator
from eval_suite.episode import identity
from eval_suite.filming import keep_film, media_folder
from eval_suite.metrics.process import PROCESS_METRICS, score_companion
from eval_suite.plain_text import plain
from eval_suite.runner import storable_response
from eval_suite.significance import Difference, paired_difference
from eval_suite.statistics import Estimate, cluster_mean
from eval_suite.store import RunStore, StoreError, read_records, write_manifest
from plans.actions import ACTIONS
from plans.plan import Plan, parse_plan

log = logging.getLogger(__name__)

COMPANION = "companion.jsonl"
COMPANION_VERSION = "companion-1"
"""Changes when the same scenario, agent and seed may give other episodes: resuming then starts afresh."""


class ModelText(TextModel):
    """Any registered model as the little that a resident needs.

    Args:
        model: who is asked.
        max_tokens: of an answer.
    """

    def __init__(self, model: Model, *, max_tokens: int = 900) -> None:
        self.model = model
        self.max_tokens = max_tokens

    @property
    def identity(self) -> Mapping[str, Any]:
        """The model's own."""
        return self.model.identity

    def write(self, system: str, user: str, *, schema: Mapping[str, Any] | None = None, seed: int = 0, repeat: int = 0) -> str:
        """Ask once."""
        constraint = None if schema is None else Constraint(json_schema=schema, name="answer")
        completion = self.model.complete(
            (Message.system(system), Message.user(user)), Sampling(max_tokens=self.max_tokens), constraint, repeat=repeat
        )
        return completion.require()


@dataclass(frozen=True)
class CompanionEvaluation:
    """What to evaluate.

    Args:
        agent_name: registry name or ``module:Class``.
        agent_config: its constructor's arguments, part of an episode's identity.
        simulator_name, simulator_config: where.
        resident: ``scripted``, ``llm`` or ``replay``.
        model: what an ``llm`` resident asks.
        rules: an ``llm`` resident speaks and the rules judge.
        recordings: what a ``replay`` resident repeats.
        preset: constants of the process.
        turns: most turns.
        view: pictures.
        seed: of agent and resident.
        pictures: whether agents get frames.
        films: for how many scenarios pictures of every turn are kept.
        film_size: their width and height, pixels.
    """

    agent_name: str
    agent_config: dict[str, Any] = field(default_factory=dict)
    simulator_name: str = "symbolic"
    simulator_config: dict[str, Any] = field(default_factory=dict)
    resident: str = "scripted"
    model: TextModel | None = None
    rules: bool = False
    recordings: Recordings | None = None
    preset: str = "repo"
    turns: int = DEFAULT_TURNS
    view: View = View()
    seed: int = 0
    pictures: bool = False
    films: int = 0
    film_size: int = 320

    @property
    def resident_config(self) -> dict[str, Any]:
        """What the resident's answers depend on."""
        if self.recordings is not None:
            return {"recordings": self.recordings.digest}
        return {"rules": self.rules, **(self.model.identity if self.model else {})} if self.resident != "scripted" else {}

    def episode_id(self, scenario: Scenario) -> str:
        """The identity of the episode with this scenario."""
        return identity(
            scenario=scenario.model_dump(mode="json"),
            agent=self.agent_name,
            agent_config=self.agent_config,
            seed=self.seed,
            simulator=self.simulator_name,
            simulator_config=self.simulator_config,
            resident=self.resident,
            resident_config=self.resident_config,
            preset=self.preset,
            turns=self.turns,
            view=asdict(self.view),
            pictures=self.pictures,
            environment=COMPANION_VERSION,
        )


def evaluate_companion(
    evaluation: CompanionEvaluation,
    agent: Agent,
    simulator: Simulator,
    scenarios: Sequence[Scenario],
    folder: Path,
    *,
    manifest: dict[str, object] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[CompanionEpisode]:
    """Evaluate an agent, adding to the run in ``folder`` what is not there yet.

    Returns:
        One episode for each scenario, in order, old and new.

    Raises:
        StoreError: the folder cannot be written.
        Exception: the agent's or the resident's model's own, if its ``kind.fatal`` says that no further call can succeed.
    """
    with RunStore(folder, CompanionEpisode, COMPANION) as store:
        done = {episode.id: episode for episode in read_companion(folder)}
        wanted = [evaluation.episode_id(scenario) for scenario in scenarios]
        write_manifest(folder, {**(manifest or {}), "episodes": wanted})
        films = min(evaluation.films, len(wanted))
        filmed = {(2 * k + 1) * len(wanted) // (2 * films) for k in range(films)}
        finished = sum(key in done for key in wanted)
        if progress:
            progress(finished, len(wanted))
        for i, (key, scenario) in enumerate(zip(wanted, scenarios, strict=True)):
            if key in done:
                continue
            episode = play_companion(evaluation, agent, simulator, scenario, folder if i in filmed else None)
            store.add(episode)
            done[key] = episode
            finished += 1
            if progress:
                progress(finished, len(wanted))
    return [done[key] for key in wanted]


def read_companion(folder: str | Path) -> Iterator[CompanionEpisode]:
    """Companion episodes of a run folder.

    Raises:
        StoreError: no episodes there, or a broken line.
    """
    yield from read_records(folder, CompanionEpisode, COMPANION)


def find_companion_runs(folder: str | Path) -> list[Path]:
    """Every companion run at or below a folder, sorted.

    Raises:
        StoreError: there is none.
    """
    root = Path(folder)
    runs = [root] if (root / COMPANION).exists() else sorted(path.parent for path in root.rglob(COMPANION))
    if not runs:
        raise StoreError(f"{folder}: expected run folders with {COMPANION}, found none; run empathy-gym companion first")
    return runs


def play_companion(
    evaluation: CompanionEvaluation, agent: Agent, simulator: Simulator, scenario: Scenario, film: Path | None = None
) -> CompanionEpisode:
    """Play one episode to its end."""
    resident, appraiser = make_resident(
        evaluation.resident, evaluation.model, rules=evaluation.rules, recordings=evaluation.recordings
    )
    size = evaluation.film_size
    view = replace(evaluation.view, width=size, height=size) if film else evaluation.view
    session = CompanionSession(
        simulator,
        scenario,
        resident=resident,
        appraiser=appraiser,
        preset=preset_named(evaluation.preset),
        turns=evaluation.turns,
        view=view,
        seed=evaluation.seed,
    )
    pictures = evaluation.pictures or film is not None
    session.observe(pictures=pictures)
    reel = _Reel(film, scenario, session) if film is not None else None
    episode = CompanionEpisode(
        id=evaluation.episode_id(scenario),
        agent=evaluation.agent_name,
        agent_config=evaluation.agent_config,
        reference_agent=agent.reference,
        resident=evaluation.resident,
        resident_config=evaluation.resident_config,
        seed=evaluation.seed,
        simulator=evaluation.simulator_name,
        preset=evaluation.preset,
        scenario=scenario,
        start=list(session.trajectory.start),
        opening=session.house_facts(),
        versions={name: str(value) for name, value in simulator.versions().items()},
    )
    if reel:
        reel.opening()
    while session.outcome is None:
        turn, fields = _turn(evaluation, agent, session, pictures, film is not None)
        episode.turns.append(session.record(turn, **fields))
        if reel:
            reel.turn(turn)
    errors = sum(turn.error is not None for turn in episode.turns)
    episode.outcome = session.outcome if errors < len(episode.turns) else "error"
    episode.error = episode.turns[0].error if episode.turns and errors == len(episode.turns) else None
    describe = getattr(resident, "reports", None)
    episode.reports = reports_of(scenario, session.persona, session.trajectory, episode.turns)
    if describe is not None:
        own, robot = describe(session)
        if own is not None and robot is not None:
            episode.reports.resident_self, episode.reports.resident_of_robot = own, robot
    episode.media = reel.media if reel else {}
    episode.scores = score_companion(episode)
    return episode


def _turn(
    evaluation: CompanionEvaluation, agent: Agent, session: CompanionSession, pictures: bool, film: bool
) -> tuple[TurnPlayed, dict[str, Any]]:
    """Ask the agent, and play what it answers; no usable answer plays as silence."""
    number = session.trajectory.turns + 1
    seed = zlib.crc32(f"{evaluation.seed}:{session.scenario.id}:{number}".encode())
    observation = session.observation
    if agent.reference:
        agent.reveal(session.scenario.model_copy(deep=True))
        agent.reveal_state(session.hidden)
    answer = agent.attempt_batch([observation], [seed])[0]
    response, error = None, None
    if isinstance(answer, Response):
        try:
            response = storable_response(answer)
        except Exception as unusable:
            error = unusable
    else:
        error = answer
    if error is not None and bool(getattr(getattr(error, "kind", None), "fatal", False)):
        raise error
    plan = response.plan if response else Plan()
    turn = session.play(plan, pictures=pictures, film=film)
    if response is None:
        kind = getattr(error, "kind", None)
        head = str(kind.value) if isinstance(kind, Enum) else f"agent_error: {type(error).__name__}"
        told = plain(" ".join(f"{head}: {error}".split()), 480)
        log.warning("%s failed on %s, turn %d: %s", evaluation.agent_name, plain(session.scenario.id, 100), number, told)
        return turn, {"error": told}
    return turn, {
        "response": response.empathetic_action,
        "understanding": response.scenario_understanding,
        "planning": response.empathetic_planning,
        "details": response.details,
    }


class _Reel:
    """Keeps the pictures of one episode."""

    def __init__(self, folder: Path, scenario: Scenario, session: CompanionSession) -> None:
        self.root = folder
        self.folder = folder / "media" / media_folder(scenario)
        self.session = session
        self.media: dict[str, str] = {}

    def opening(self) -> None:
        """The resident's script."""
        self._keep("opening", self.session.session.resident_video)

    def turn(self, turn: TurnPlayed) -> None:
        """The robot acting, then the resident taking it."""
        session = self.session.session
        frames = [*session.robot_video, *session.resident_video]
        self._keep(f"turn_{turn.turn}", [*frames, session.closing_picture()])

    def _keep(self, name: str, frames: Sequence[Any]) -> None:
        for kind, path in keep_film(self.folder, name, list(frames), self.session.view.fps).items():
            self.media[f"{name}_{kind}"] = path.relative_to(self.root).as_posix()


# -- perturbations ---------------------------------------------------------------------------------------------------


def persona_flipped(scenario: Scenario, plans: Sequence[Plan] = ()) -> Scenario:
    """The same moment of somebody who wants the opposite (EMPA's persona flip).

    Need levels and priorities are inverted, what helped now annoys and the other way round, tempers turn; and what ``plans``
    did is among the things this person cannot bear (the same texts that judges are tested with).
    """
    from eval_suite.judges.perturbations import phrases

    labels = scenario.labels
    if labels is None:
        return scenario
    kinds = dict.fromkeys(ACTIONS[name].category.value for plan in plans for name in plan.actions)
    texts: Mapping[str, str] = phrases()["dislikes"]
    wanted = [texts[kind] for kind in kinds] + ([texts["words"]] if any(plan.utterance for plan in plans) else [])
    needs = {name: 3 - level for name, level in labels.needs.model_dump().items()}
    empa = labels.empa
    if empa is not None:
        empa = empa.model_copy(
            update={name: (*getattr(empa, name)[:2], 3 - getattr(empa, name)[2]) for name in type(empa).model_fields}
        )
    turned = {"resists_help": "welcomes_help", "welcomes_help": "resists_help", "keeps_distance": "likes_company",
              "likes_company": "keeps_distance"}  # fmt: skip
    flipped = labels.model_copy(
        update={
            "needs": labels.needs.model_copy(update=needs),
            "empa": empa,
            "helps": labels.annoys,
            "annoys": (*labels.helps, *(Preference(text=text, why="") for text in wanted)),
        }
    )
    person = scenario.resident.model_copy(update={"groups": tuple(turned.get(tag, tag) for tag in scenario.resident.groups)})
    return scenario.model_copy(update={"labels": flipped, "resident": person})


class Replay(Agent):
    """Says and does again what an episode holds, turn by turn: for asking what the same would be to somebody else.

    Args:
        turns: of the episode.
    """

    pictures = False

    def __init__(self, turns: Sequence[CompanionTurn]) -> None:
        self._turns = list(turns)

    def respond(self, observation: Any, *, seed: int) -> Response:
        """Answer with the turn of this number; nothing after the last."""
        place = len(observation.history)
        return Response(self._turns[place].response if place < len(self._turns) else "<None>")


@dataclass(frozen=True)
class Flip:
    """What the same turns are worth to somebody who wants the opposite.

    Args:
        difference: work per turn to the flipped persona less that to the original, scenario by scenario.
        lower: share of scenarios in which it is lower.
        sentence: the same for people.
    """

    difference: Difference
    lower: float
    sentence: str


def flip_test(evaluation: CompanionEvaluation, simulator: Simulator, episodes: Sequence[CompanionEpisode]) -> Flip:
    """Play every episode's turns again, to the persona flipped; on the turns that both have."""
    before, after, residents = [], [], []
    for episode in episodes:
        plans = [parse_plan(turn.response) for turn in episode.turns]
        flipped = play_companion(evaluation, Replay(episode.turns), simulator, persona_flipped(episode.scenario, plans))
        shared = min(len(episode.turns), len(flipped.turns))
        before.append(_mean([turn.work for turn in episode.turns[:shared]]))
        after.append(_mean([turn.work for turn in flipped.turns[:shared]]))
        residents.append(episode.scenario.resident.id)
    difference = paired_difference(after, before, residents)
    lower = _mean([float(b < a) for a, b in zip(before, after, strict=True)])
    told = f"{difference.mean:+.2f} [{difference.low:+.2f}, {difference.high:+.2f}]"
    sentence = f"persona flip: dE a turn {told}, lower in {lower:.0%} of {len(before)} episodes"
    return Flip(difference, lower, sentence)


# -- comparison ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CompanionRun:
    """Episodes of one agent.

    Args:
        label: what tables call it.
        episodes: one for each scenario.
        folder: where they lie.
        manifest: what its ``run.json`` says.
    """

    label: str
    episodes: tuple[CompanionEpisode, ...]
    folder: Path | None = None
    manifest: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CompanionComparison:
    """Runs over the same scenarios, worst first.

    Args:
        runs: with their episodes in one order of scenarios.
        estimates: label to metric to mean with interval, clustered by resident.
        residents: how many different people.
        left_out: scenarios that some run lacks.
        steps: each neighbour in the order, less the one below it, on EPM-Q and on work per turn.
    """

    runs: tuple[CompanionRun, ...]
    estimates: Mapping[str, Mapping[str, Estimate]]
    residents: int
    left_out: int
    steps: tuple[tuple[str, str, str, Difference], ...]


def read_companion_runs(folder: str | Path) -> list[CompanionRun]:
    """Every companion run in a folder; the current selection of each."""
    import json

    runs = []
    for path in find_companion_runs(folder):
        manifest: Any = {}
        with contextlib.suppress(FileNotFoundError, ValueError):
            manifest = json.loads((path / "run.json").read_text(encoding="utf-8"))
        wanted = manifest.get("episodes") if isinstance(manifest, dict) else None
        chosen = set(map(str, wanted)) if isinstance(wanted, list) else None
        episodes = tuple(episode for episode in read_companion(path) if chosen is None or episode.id in chosen)
        if episodes:
            label = str(manifest.get("label") or path.name) if isinstance(manifest, dict) else path.name
            runs.append(CompanionRun(label, episodes, path, manifest if isinstance(manifest, dict) else {}))
    return runs


def compare_companion(runs: Sequence[CompanionRun], *, seed: int = 0) -> CompanionComparison:
    """Compare runs on the scenarios that all of them have.

    Raises:
        StoreError: no runs, or no scenario that all have.
    """
    if not runs:
        raise StoreError("expected at least one companion run, got none; run empathy-gym companion first")
    keyed = [{episode.scenario.id: episode for episode in run.episodes} for run in runs]
    everything = list(dict.fromkeys(key for episodes in keyed for key in episodes))
    shared = [key for key in everything if all(key in episodes for episodes in keyed)]
    if not shared:
        raise StoreError("expected scenarios that all companion runs share, got none; compare runs of one scenario set")
    kept = [replace(run, episodes=tuple(episodes[key] for key in shared)) for run, episodes in zip(runs, keyed, strict=True)]
    residents = [episode.scenario.resident.id for episode in kept[0].episodes]
    estimates = {
        run.label: {name: cluster_mean(_values(run, name), residents, seed=seed) for name in PROCESS_METRICS} for run in kept
    }
    kept.sort(key=lambda run: (_finite(estimates[run.label]["epm_q"].mean), run.label))
    steps = [
        (name, upper.label, lower.label, paired_difference(_values(upper, name), _values(lower, name), residents, seed=seed))
        for name in ("epm_q", "mean_work")
        for lower, upper in zip(kept, kept[1:], strict=False)
    ]
    return CompanionComparison(tuple(kept), estimates, len(set(residents)), len(everything) - len(shared), tuple(steps))


def _values(run: CompanionRun, name: str) -> list[float]:
    return [episode.scores.get(name, math.nan) for episode in run.episodes]


def _finite(value: float) -> float:
    return value if math.isfinite(value) else -math.inf


REPORT_COLUMNS = {
    "resident on themselves: warmed": lambda reports: reports.resident_self.items.get("concern", math.nan),
    "resident on themselves: distressed": lambda reports: reports.resident_self.items.get("distress", math.nan),
    "resident on the robot: empathy": lambda reports: reports.resident_of_robot.items.get("empathy", math.nan),
    "bystander: empathy": lambda reports: _mean([value for value in reports.third_party if value is not None]),
    "robot on itself: empathy": lambda reports: reports.robot_self.items.get("empathy", math.nan),
}
"""The columns of the triangulated reports, from the four places."""


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else math.nan


@dataclass(frozen=True)
class Triangulation:
    """How four reports of the same episodes agree.

    Args:
        means: column to run to its mean with interval.
        correlations: (column, column) to Pearson's r over all episodes; NaN where one does not vary or is missing.
        gaps: run to perception gap: what the resident says of the robot less what it says of itself.
    """

    means: Mapping[str, Mapping[str, Estimate]]
    correlations: Mapping[tuple[str, str], float]
    gaps: Mapping[str, Estimate]


def triangulate(comparison: CompanionComparison, *, seed: int = 0) -> Triangulation:
    """Means, correlations and perception gaps of the four reports."""
    import numpy as np

    values = {
        column: {run.label: [read(episode.reports) for episode in run.episodes] for run in comparison.runs}
        for column, read in REPORT_COLUMNS.items()
    }
    residents = [episode.scenario.resident.id for episode in comparison.runs[0].episodes]
    means = {
        column: {label: cluster_mean(scores, residents, seed=seed) for label, scores in by_run.items()}
        for column, by_run in values.items()
    }
    flat = {column: np.array([value for scores in by_run.values() for value in scores]) for column, by_run in values.items()}
    correlations = {}
    for one in flat:
        for other in flat:
            both = ~(np.isnan(flat[one]) | np.isnan(flat[other]))
            x, y = flat[one][both], flat[other][both]
            varies = len(x) > 2 and x.std() > 0 and y.std() > 0
            correlations[(one, other)] = float(np.corrcoef(x, y)[0, 1]) if varies else math.nan
    robot, own = "resident on the robot: empathy", "robot on itself: empathy"
    gaps = {
        run.label: cluster_mean(
            [a - b for a, b in zip(values[robot][run.label], values[own][run.label], strict=True)], residents, seed=seed
        )
        for run in comparison.runs
    }
    return Triangulation(means, correlations, gaps)


__all__ = [
    "COMPANION",
    "REPORT_COLUMNS",
    "SELF_ESTIMATE",
    "CompanionComparison",
    "CompanionEvaluation",
    "CompanionRun",
    "Flip",
    "ModelText",
    "Replay",
    "Triangulation",
    "compare_companion",
    "evaluate_companion",
    "find_companion_runs",
    "flip_test",
    "persona_flipped",
    "play_companion",
    "read_companion",
    "read_companion_runs",
    "triangulate",
]
