"""Comparisons: runs beside each other, on the scenarios that all of them answered, between a floor and a ceiling.

:func:`compare_runs` reads run folders and adds the yardsticks that they lack; :func:`compare` does the arithmetic.
Everything is recomputed from episodes, failures stay in the denominator, unscored values stay unscored.
"""

from __future__ import annotations

import json
import logging
import math
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from envs.scenarios import ScenarioError
from envs.scenarios.schema import Scenario
from eval_suite.episode import Episode, identity
from eval_suite.metrics import METRICS
from eval_suite.redaction import redacted
from eval_suite.statistics import Estimate, chance_corrected, cluster_mean
from eval_suite.store import EPISODES, StoreError, find_runs, read_episodes

log = logging.getLogger(__name__)

Role = Literal["floor", "agent", "ceiling"]

FLOOR = ("nothing", "constant", "frequent", "shuffled", "random")
CEILING = ("runner_up", "oracle")
YARDSTICKS = FLOOR + CEILING
"""Agents that every comparison shows, by registry name."""
CHANCE = ("constant", "frequent")
"""Blind agents; the better of the two is what chance-corrected values are measured against."""
RANKING = "mended_overlap"
"""Metric that rows are sorted by within floor, agents and ceiling: it is also the environment's reward."""
GOALS_UNMET = "goals_unmet"
"""Stands for the failure reason of an action whose steps all worked and whose goals did not hold afterwards."""
CACHE = ".yardsticks"


class ComparisonError(StoreError):
    """Runs that cannot be compared; the message is one line."""


@dataclass(frozen=True)
class Run:
    """Episodes of one agent, and where they lie.

    Args:
        label: what tables call it.
        episodes: one for each scenario.
        folder: the run's folder; None if it lies nowhere.
        manifest: what its ``run.json`` says.
        added: whether the comparison made it, as a yardstick.
    """

    label: str
    episodes: tuple[Episode, ...]
    folder: Path | None = None
    manifest: Mapping[str, Any] = field(default_factory=dict)
    added: bool = False


@dataclass(frozen=True)
class Row:
    """One line of a table.

    Args:
        label: unique within the comparison.
        agent: registry name or ``module:Class``.
        role: ``floor`` (does not look), ``ceiling`` (was shown the references), or ``agent``.
        simulator: where its plans were carried out.
        seed: of the agent.
        added: whether the comparison made it in ``symbolic``; tables mark it with a dagger.
        estimates: metric name to mean and interval, in raw units.
        corrected: the same after correction for chance, for metrics that have it.
        errors: kind of missing answer to count of episodes.
        reasons: failure reason to count of actions.
        issues: kind of plan issue to count of episodes that have it.
        actions: how many legal actions were answered.
        folder: where its episodes and media lie.
        manifest: what its ``run.json`` says.
    """

    label: str
    agent: str
    role: Role
    simulator: str
    seed: int
    added: bool
    estimates: Mapping[str, Estimate]
    corrected: Mapping[str, Estimate]
    errors: Mapping[str, int]
    reasons: Mapping[str, int]
    issues: Mapping[str, int]
    actions: int
    folder: Path | None
    manifest: Mapping[str, Any]


@dataclass(frozen=True)
class Comparison:
    """Rows over the same scenarios, floor first, ceiling last.

    Args:
        rows: sorted floor, agents, ceiling; within each by :data:`RANKING`, worst first.
        episodes: row label to its episodes, all in the same order of scenarios.
        left_out: how many scenarios some row has and another has not.
        residents: how many different people the scenarios are about.
        chance: metric name to the blind agent that its corrected values are measured against.
    """

    rows: tuple[Row, ...]
    episodes: Mapping[str, tuple[Episode, ...]]
    left_out: int
    residents: int
    chance: Mapping[str, str]

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """The scenarios that are compared."""
        return tuple(episode.scenario for episode in next(iter(self.episodes.values())))

    def row(self, label: str) -> Row:
        """The row of this label."""
        return next(row for row in self.rows if row.label == label)


def compare_runs(folder: str | Path, *, yardsticks: bool = True) -> Comparison:
    """Compare every run in a folder.

    Args:
        folder: with runs in it, or one run.
        yardsticks: add the floor and ceiling rows that the runs lack, evaluated in ``symbolic`` and kept in
            ``.yardsticks`` of the folder.

    Raises:
        StoreError: no runs there, a broken file, or no scenario that all runs have.
    """
    root = Path(folder)
    found = [path for path in find_runs(root) if not _hidden(path, root)]
    runs = [run for path in found for run in read_run(path)]
    if yardsticks:
        runs += add_yardsticks(runs, root / CACHE)
    return compare(runs)


def _hidden(path: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(root).parts)


def read_run(folder: Path) -> list[Run]:
    """The current selection of a run folder; usually one run, several if agents or seeds were mixed in it.

    ``run.json`` names the episodes of the last evaluation; older ones in the folder are left alone.
    """
    manifest = _read_manifest(folder)
    wanted = manifest.get("episodes")
    selection = set(map(str, wanted)) if isinstance(wanted, list) else None
    groups: dict[str, list[Episode]] = {}
    for episode in read_episodes(folder):
        if selection is None or episode.id in selection:
            key = identity(agent=episode.agent, config=episode.agent_config, seed=episode.seed, simulator=episode.simulator,
                           script=episode.script_shown)  # fmt: skip
            groups.setdefault(key, []).append(episode)
    # A label may spell out settings of the agent, and tables are made to be shared.
    name = ",".join(redacted(str(manifest.get("label") or folder.name).split(",")))
    if len(groups) == 1:
        return [Run(name, tuple(episodes), folder, manifest) for episodes in groups.values()]
    return [Run(_described(episodes[0]), tuple(episodes), folder, manifest) for episodes in groups.values()]


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise ComparisonError(
            f"{folder / 'run.json'}: expected JSON, got {type(error).__name__}; run the evaluation again"
        ) from None
    return manifest if isinstance(manifest, dict) else {}


def _described(episode: Episode) -> str:
    settings = ",".join(f"{key}={value}" for key, value in sorted(redacted(episode.agent_config).items()))
    return ",".join(part for part in (episode.agent, settings, f"seed={episode.seed}", episode.simulator) if part)


def add_yardsticks(runs: Sequence[Run], cache: Path) -> list[Run]:
    """Evaluate the yardsticks that ``runs`` lack on the scenarios that all of them have, in ``symbolic``.

    Args:
        runs: what is compared.
        cache: a folder that keeps the episodes, so that the next comparison is quick.
    """
    present = {episode.agent for run in runs for episode in run.episodes[:1]}
    missing = [name for name in YARDSTICKS if name not in present]
    scenarios = _common(runs)[0]
    if not missing or not scenarios:
        return []
    try:
        return _evaluated(missing, scenarios, cache)
    except ScenarioError as error:  # a home of the user's own, which is not open in this process
        log.warning("%s; the comparison goes without floor and ceiling", error)
        return []
    except StoreError as error:  # a folder of someone else's, perhaps: yardsticks are needed all the same
        log.warning("%s; yardsticks are computed anew each time", error)
        with tempfile.TemporaryDirectory() as folder:
            return [replace(run, folder=None) for run in _evaluated(missing, scenarios, Path(folder))]


def _evaluated(names: Sequence[str], scenarios: Sequence[Scenario], cache: Path) -> list[Run]:
    from eval_suite.progress import progress_bar

    if all((cache / name / EPISODES).exists() for name in names):  # a second or less: not worth a bar
        return [_yardstick(name, scenarios, cache / name, lambda done, total: None) for name in names]
    total = len(names) * len(scenarios)
    runs: list[Run] = []
    with progress_bar("floor and ceiling") as advance:
        for name in names:
            before = len(runs) * len(scenarios)
            runs.append(_yardstick(name, scenarios, cache / name, partial(_advance, advance, before, total)))
    return runs


def _advance(advance: Callable[[int, int], None], before: int, total: int, done: int, _of: int) -> None:
    advance(before + done, total)


def _yardstick(name: str, scenarios: Sequence[Scenario], folder: Path, progress: Callable[[int, int], None]) -> Run:
    from envs.simulators import make_simulator
    from eval_suite.runner import Evaluation, evaluate

    agent, config = _yardstick_agent(name, scenarios)
    simulator = make_simulator("symbolic")
    try:
        evaluation = Evaluation(agent_name=name, agent_config=config)
        episodes = evaluate(evaluation, agent, simulator, scenarios, folder, progress=progress)
    finally:
        agent.close()
        simulator.close()
    return Run(name, tuple(episodes), folder, added=True)


def _yardstick_agent(name: str, scenarios: Sequence[Scenario]) -> tuple[Any, dict[str, Any]]:
    """The agent, and what makes its episodes what they are: a cached one must not outlive the data it was made from."""
    from agents import make_agent
    from agents.baselines.blind import Frequent, Shuffled

    if name == "shuffled":
        shuffled = Shuffled.__new__(Shuffled)  # draws from the compared scenarios, whatever set they come from
        shuffled._scenarios = list(scenarios)
        return shuffled, {"among": identity(scenarios=[_key(scenario) for scenario in scenarios])}
    agent = make_agent(name)
    return agent, {"plan": agent.plan.text} if isinstance(agent, Frequent) else {}


def _key(scenario: Scenario) -> str:
    return identity(scenario=scenario.model_dump(mode="json"))


def _common(runs: Sequence[Run]) -> tuple[list[Scenario], list[dict[str, Episode]], int]:
    """Scenarios that all runs have, each run's episodes by scenario, and how many scenarios are left out.

    Scenarios are the same if all of their content is: an edited one is another one.
    """
    if not runs:
        return [], [], 0
    keyed = [{_key(episode.scenario): episode for episode in run.episodes} for run in runs]
    everything = {key: episode.scenario for episodes in keyed for key, episode in episodes.items()}
    shared = [key for key in everything if all(key in episodes for episodes in keyed)]
    kept = [{key: episodes[key] for key in shared} for episodes in keyed]
    return [everything[key] for key in shared], kept, len(everything) - len(shared)


def compare(runs: Sequence[Run], *, seed: int = 0) -> Comparison:
    """Compare runs on the scenarios that all of them have.

    Args:
        runs: at least one.
        seed: of the intervals' resampling.

    Raises:
        ComparisonError: no runs, or no scenario that all of them have.
    """
    if not runs:
        raise ComparisonError("expected at least one run with episodes, got none; run empathy-gym evaluate first")
    scenarios, keyed, left_out = _common(runs)
    if not scenarios:
        sizes = ", ".join(f"{run.label[:40]} {len(run.episodes)}" for run in runs[:8])
        raise ComparisonError(
            f"expected scenarios that all runs share, got none ({sizes}); compare runs of one scenario set, or finish them"
        )
    residents = [scenario.resident.id for scenario in scenarios]
    values = [{name: _values(episodes.values(), name) for name in METRICS} for episodes in keyed]
    blind = [
        (run.episodes[0].agent, scores) for run, scores in zip(runs, values, strict=True) if run.episodes[0].agent in CHANCE
    ]
    labels = _unique_labels(runs)
    rows = []
    for run, label, episodes, scores in zip(runs, labels, keyed, values, strict=True):
        estimates = {name: cluster_mean(scores[name], residents, seed=seed) for name in METRICS}
        corrected = {
            name: chance_corrected(scores[name], [other[name] for _, other in blind], residents, seed=seed)
            for name, metric in METRICS.items()
            if metric.corrected and blind
        }
        rows.append(_row(run, label, list(episodes.values()), estimates, corrected))
    kept = {label: tuple(episodes.values()) for label, episodes in zip(labels, keyed, strict=True)}
    rows.sort(key=_rank)
    chance = {
        name: max(blind, key=lambda row: _mean(row[1][name]))[0]
        for name, metric in METRICS.items()
        if metric.corrected and blind
    }
    return Comparison(tuple(rows), {row.label: kept[row.label] for row in rows}, left_out, len(set(residents)), chance)


def _values(episodes: Iterable[Episode], name: str) -> list[float]:
    # Runs of an older version may lack a metric that is read off the episode all the same.
    return [episode.scores[name] if name in episode.scores else METRICS[name].score(episode) for episode in episodes]


def _mean(values: Sequence[float]) -> float:
    scored = [value for value in values if not math.isnan(value)]
    return sum(scored) / len(scored) if scored else -math.inf


def _unique_labels(runs: Sequence[Run]) -> list[str]:
    """Labels, told apart by folder and then by number where two runs bear the same."""
    counts = Counter(run.label for run in runs)
    labels: list[str] = []
    for run in runs:
        label = run.label
        if counts[label] > 1 and run.folder is not None and run.folder.name != label and not run.added:
            label = f"{label} ({run.folder.name})"
        number, candidate = 1, label
        while candidate in labels:
            number += 1
            candidate = f"{label} #{number}"
        labels.append(candidate)
    return labels


def _row(run: Run, label: str, episodes: Sequence[Episode], estimates: dict[str, Estimate],
         corrected: dict[str, Estimate]) -> Row:  # fmt: skip
    first = episodes[0]
    role: Role = "ceiling" if first.reference_agent else "floor" if first.agent in FLOOR else "agent"
    return Row(
        label=label,
        agent=first.agent,
        role=role,
        simulator=first.simulator,
        seed=first.seed,
        added=run.added,
        estimates=estimates,
        corrected=corrected,
        errors=_counted(error_kind(episode.error) for episode in episodes if episode.error),
        reasons=_counted(action.reason or GOALS_UNMET for episode in episodes for action in episode.actions if not action.ok),
        issues=_counted(kind for episode in episodes for kind in {issue_kind(issue) for issue in episode.issues}),
        actions=sum(len(episode.actions) for episode in episodes),
        folder=run.folder,
        manifest=run.manifest,
    )


def _counted(things: Iterable[str]) -> dict[str, int]:
    """Counts, most frequent first, ties by name."""
    return dict(sorted(Counter(things).items(), key=lambda item: (-item[1], item[0])))


def error_kind(error: str) -> str:
    """``agent_error: ValueError: no``: what comes first."""
    return error.split(":", 1)[0].strip()[:60] or "error"


def issue_kind(issue: str) -> str:
    """The kind at the head of a written :class:`~plans.plan.PlanIssue`."""
    return issue.split(" ", 1)[0][:60]


def _rank(row: Row) -> tuple[int, float, str]:
    mean = row.estimates[RANKING].mean
    # What was not scored comes first: nothing may hide at the top.
    return ("floor", "agent", "ceiling").index(row.role), -math.inf if math.isnan(mean) else mean, row.label
