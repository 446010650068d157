"""From judgements to numbers: per episode and item the mean over judges and repeats, with how far these disagree.

:func:`judgement_scores` reads a run folder; everything is recomputed from ``judgements.jsonl`` and the episodes.
"""

from __future__ import annotations

import json
import logging
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from envs.companion.record import CompanionEpisode
from eval_suite.episode import Episode
from eval_suite.judges.case import RESPONSE
from eval_suite.judges.judgement import JUDGEMENTS, JudgeError, Judgement, read_records
from eval_suite.judges.verdicts import Mark, mark_of, read_verdicts
from eval_suite.rubrics import CHALLENGES, Challenge, Rubric
from eval_suite.statistics import CONFIDENCE, Estimate, cluster_mean

log = logging.getLogger(__name__)

RUBRICS = "rubrics"
"""Folder in a run with the rubrics that it was graded by, to the letter."""
JUDGE_RESAMPLES = 500
GAP = "_gap"
"""Ending of the squared gap to the nearest reference."""

Grid = NDArray[np.float64]
"""Ratings of one item of one case, float, (judges, repeats); NaN is unscored."""
_Place = tuple[str, str, Challenge]
"""Case, subject, challenge."""


@dataclass(frozen=True)
class ScoreSet:
    """What a panel of judges gave the episodes of a run, by one rubric in one setting.

    Args:
        rubric: what was graded by.
        sees_situation: the paper's setting, or blinded.
        judges: key to label.
        mark: what the judges' validity tests say.
        grids: case to item (``empathetic_action.coherence``) to ratings.
        values: case to item or aggregate to its mean; NaN is unscored.
        residents: case to resident.
        asked: how many gradings were wanted of the judges, repeats included.
        problems: kind of failed grading to how often.
    """

    rubric: Rubric
    sees_situation: bool
    judges: Mapping[str, str]
    mark: Mark
    grids: Mapping[str, Mapping[str, Grid]]
    values: Mapping[str, Mapping[str, float]]
    residents: Mapping[str, str]
    asked: int
    problems: Mapping[str, int] = field(default_factory=dict)

    @property
    def setting(self) -> str:
        """``full`` (the paper's) or ``blinded``."""
        return "full" if self.sees_situation else "blinded"

    @cached_property
    def names(self) -> list[str]:
        """Every item and aggregate that was graded, by challenge, in the rubric's order."""
        present = {name for values in self.values.values() for name in values}
        ordered = [f"{challenge}.{name}" for challenge in CHALLENGES for name in _all_names(self.rubric, challenge)]
        return [name for name in ordered if name in present]

    def metric_name(self, name: str) -> str:
        """The name under which a value joins an episode's other scores."""
        return f"{self.rubric.name}.{name}" if self.sees_situation else f"{self.rubric.name}.blinded.{name}"

    def title(self, name: str) -> str:
        """Column heading, with the mark of the judges."""
        challenge, _, item = name.partition(".")
        base = item.removesuffix(GAP)
        text = self.rubric.title_of(base) + (" (gap)" if item.endswith(GAP) else "")
        return f"{text} {self.mark.symbol}".strip()

    def scores(self, case: str) -> dict[str, float]:
        """The values of one episode under their metric names."""
        return {self.metric_name(name): value for name, value in self.values.get(case, {}).items()}

    def summary(self, name: str, *, seed: int = 0) -> Summary:
        """Mean of an item or aggregate over the episodes, with both kinds of error bar."""
        cases = [case for case in self.values if name in self.values[case]]
        means = [self.values[case][name] for case in cases]
        estimate = cluster_mean(means, [self.residents[case] for case in cases], seed=seed)
        grids = [self.grids[case][name] for case in cases if name in self.grids[case]]
        low, high = judge_interval(grids, seed=seed)
        unscored = sum(math.isnan(value) for value in means)
        return Summary(name, estimate, low, high, judge_sd(grids), repeat_sd(grids), unscored)

    @property
    def unscored(self) -> int:
        """How many gradings gave nothing, or not all that was asked."""
        return sum(self.problems.values())


@dataclass(frozen=True)
class Summary:
    """One item over all episodes.

    Args:
        name: challenge and item.
        estimate: mean and its interval over scenarios, resampled by resident.
        judge_low, judge_high: interval of the mean if other judges and repeats of the same kind had graded; NaN with one
            rating a case.
        judge_sd: standard deviation between the judges' means; NaN with one judge.
        repeat_sd: standard deviation of one judge's repeats on the same case; NaN with one repeat.
        unscored: cases without a value.
    """

    name: str
    estimate: Estimate
    judge_low: float
    judge_high: float
    judge_sd: float
    repeat_sd: float
    unscored: int


def judgement_scores(
    folder: str | Path, *, judges: Iterable[str] | None = None, validations: Iterable[str | Path] = ()
) -> list[ScoreSet]:
    """What was graded in a run: one set for each rubric and setting, in the order in which they were first used.

    Args:
        folder: the run.
        judges: keys of those whose grades count; None for all that have graded all answers, as one panel.
        validations: folders with verdicts of validity tests, besides those that the run itself carries.

    Raises:
        StoreError: broken files.
    """
    from eval_suite.protocol.conversation import episodes_of

    root = Path(folder)
    records = list(read_records(root / JUDGEMENTS, Judgement))
    if not records:
        return []
    episodes = {episode.id: episode for episode in episodes_of(root)}
    verdicts = read_verdicts([*map(Path, validations), root])
    chosen = None if judges is None else set(judges)
    groups: dict[tuple[str, bool], list[Judgement]] = defaultdict(list)
    for record in records:
        if chosen is not None and record.judge_key not in chosen and record.status != "no_answer":
            continue
        if record.subject != RESPONSE or record.case in episodes:
            groups[record.rubric_digest, record.sees_situation].append(record)
    sets = []
    for (digest, sees_situation), group in groups.items():
        rubric = read_rubric(root, digest)
        panel = _panel(group)
        mark = mark_of(verdicts, panel, digest, sees_situation)
        sets.append(score_set(rubric, group, panel, episodes, mark))
    return sets


def score_set(
    rubric: Rubric,
    judgements: Sequence[Judgement],
    judges: Mapping[str, str],
    episodes: Mapping[str, Episode | CompanionEpisode] | None = None,
    mark: Mark | None = None,
) -> ScoreSet:
    """Values out of judgements by one rubric in one setting.

    Args:
        rubric: what was graded by.
        judgements: of the panel's judges; others are passed over.
        judges: key to label.
        episodes: by id, for items that are computed from them.
        mark: of the judges.
    """
    latest = {(record.case, record.subject, record.challenge, record.judge_key, record.repeat): record for record in judgements}
    kept = [record for record in latest.values() if record.judge_key in judges or record.status == "no_answer"]
    grids = _grids(rubric, kept, list(judges))
    values: dict[str, dict[str, float]] = defaultdict(dict)
    ratings: dict[str, dict[str, Grid]] = defaultdict(dict)
    ages = {record.case: record.age for record in kept}
    scenarios = {record.case: record.scenario for record in kept}
    references = _references(grids)
    for (case, subject, challenge), items in grids.items():
        if subject != RESPONSE:
            continue
        computed = _computed(rubric, challenge, (episodes or {}).get(case), next(iter(items.values())).shape)
        found, spread = _values(rubric, challenge, items | computed, ages[case])
        if rubric.reference_gap:
            found |= _gaps(rubric, challenge, items, references.get((scenarios[case], challenge), []))
        values[case] |= {f"{challenge}.{name}": value for name, value in found.items()}
        ratings[case] |= {f"{challenge}.{name}": grid for name, grid in spread.items()}
    residents = {record.case: record.resident for record in kept if record.subject == RESPONSE}
    asked = [record for record in kept if record.status != "no_answer"]
    problems = Counter(_kind(record) for record in asked if record.status != "scored")
    sees_situation = kept[0].sees_situation if kept else True
    return ScoreSet(rubric, sees_situation, dict(judges), mark or Mark("unvalidated"), dict(ratings), dict(values), residents,
                    len(asked), dict(problems))  # fmt: skip


def _kind(record: Judgement) -> str:
    return record.problem.split(":", 1)[0] if record.status == "error" else record.status


def _panel(records: Sequence[Judgement]) -> dict[str, str]:
    """The judges that were asked about every answer: others would be averaged over other episodes."""
    cases: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    labels: dict[str, str] = {}
    for record in records:
        if record.status != "no_answer":
            cases[record.judge_key].add((record.case, record.subject, record.challenge))
            labels[record.judge_key] = record.judge
    if not cases:
        return {}
    everything = set().union(*cases.values())
    complete = {key: labels[key] for key in labels if cases[key] == everything}
    if not complete:  # interrupted in the middle: the judge that came farthest
        key = max(cases, key=lambda key: len(cases[key]))
        return {key: labels[key]}
    for key in labels.keys() - complete.keys():
        log.warning("judge %s has not graded all answers and is left out; score the run again with it", labels[key])
    return complete


def _grids(rubric: Rubric, records: Sequence[Judgement], keys: list[str]) -> dict[_Place, dict[str, Grid]]:
    repeats = 1 + max((record.repeat for record in records), default=0)
    grids: dict[_Place, dict[str, Grid]] = {}
    for record in records:
        place = record.case, record.subject, record.challenge
        if place not in grids:
            names = [item.name for item in rubric.asked(record.challenge)]
            grids[place] = {name: np.full((max(1, len(keys)), repeats), np.nan) for name in names}
        for name, score in record.scores.items():
            if name in grids[place] and score is not None:
                if record.status == "no_answer":
                    grids[place][name][:, :] = score
                else:
                    grids[place][name][keys.index(record.judge_key), record.repeat] = score
    return grids


def _computed(
    rubric: Rubric, challenge: Challenge, episode: Episode | CompanionEpisode | None, shape: tuple[int, ...]
) -> dict[str, Grid]:
    from eval_suite.metrics import METRICS

    found: dict[str, Grid] = {}
    for item in rubric.items_for(challenge):
        if item.computed is None:
            continue
        if item.computed not in METRICS:
            raise JudgeError(f"rubric {rubric.name}: {item.name}: expected a metric, got {item.computed!r}")
        found[item.name] = np.full(shape, np.nan if not isinstance(episode, Episode) else METRICS[item.computed].score(episode))
    return found


def _values(
    rubric: Rubric, challenge: Challenge, items: Mapping[str, Grid], age: int | None
) -> tuple[dict[str, float], dict[str, Grid]]:
    """Means and ratings of items and aggregates. An aggregate's mean is that of its items' means."""
    means = {name: panel_mean(grid) for name, grid in items.items()}
    grids = dict(items)
    values = dict(means)
    for aggregate in rubric.aggregates_for(challenge):
        values[aggregate.name] = aggregate.value(means, age=age)
        shape = next(iter(items.values())).shape
        cells = [aggregate.value({name: float(grid[at]) for name, grid in items.items()}, age=age) for at in np.ndindex(*shape)]
        grids[aggregate.name] = np.asarray(cells).reshape(shape)
    return values, grids


def _references(grids: Mapping[_Place, dict[str, Grid]]) -> dict[tuple[str, Challenge], list[dict[str, Grid]]]:
    """Grades of references by scenario (which is what their case is called) and challenge."""
    found: dict[tuple[str, Challenge], list[dict[str, Grid]]] = defaultdict(list)
    for (scenario, subject, challenge), items in grids.items():
        if subject != RESPONSE:
            found[scenario, challenge].append(items)
    return found


def _gaps(
    rubric: Rubric, challenge: Challenge, items: Mapping[str, Grid], references: Sequence[Mapping[str, Grid]]
) -> dict[str, float]:
    """diff-EPITOME: squared gap of each level to the nearest reference's, and their mean."""
    gaps: dict[str, float] = {}
    for item in rubric.asked(challenge):
        mine = panel_mean(items[item.name])
        distances = [(mine - panel_mean(reference[item.name])) ** 2 for reference in references]
        known = [distance for distance in distances if not math.isnan(distance)]
        gaps[item.name + GAP] = min(known) if known else math.nan
    gaps["mean" + GAP] = math.fsum(gaps.values()) / len(gaps)
    return gaps


def _all_names(rubric: Rubric, challenge: Challenge) -> list[str]:
    names = [item.name for item in rubric.items_for(challenge)]
    names += [aggregate.name for aggregate in rubric.aggregates_for(challenge)]
    return names + [item.name + GAP for item in rubric.asked(challenge)] + ["mean" + GAP]


def panel_mean(grid: Grid) -> float:
    """Mean over judges of their means over repeats, so that no judge counts more for having been read more often."""
    means = [row[~np.isnan(row)].mean() for row in grid if not np.isnan(row).all()]
    return float(np.mean(means)) if means else math.nan


def judge_interval(grids: Sequence[Grid], *, seed: int = 0) -> tuple[float, float]:
    """Where the mean over the cases would fall had others of the same kind graded: judges, and repeats, are resampled.

    Scenarios stay as they are; the interval over scenarios is another one. NaN if no case has two ratings.
    """
    cells = [grid for grid in grids if not np.isnan(grid).all()]
    if not cells or cells[0].size < 2:
        return math.nan, math.nan
    stack = np.stack(cells)  # (cases, judges, repeats)
    count, judges, repeats = stack.shape
    rng = np.random.default_rng(seed)
    rows = np.arange(count)[:, None]
    means = np.empty(JUDGE_RESAMPLES)
    with np.errstate(invalid="ignore"):
        for i in range(JUDGE_RESAMPLES):
            chosen: NDArray[np.int64] = rng.integers(judges, size=(judges,))
            drawn = [_row_means(stack[rows, judge, rng.integers(repeats, size=(count, repeats))]) for judge in chosen]
            means[i] = np.nanmean(_row_means(np.stack(drawn, axis=1)))
    tail = (1 - CONFIDENCE) / 2 * 100
    return float(np.nanpercentile(means, tail)), float(np.nanpercentile(means, 100 - tail))


def _row_means(values: Grid) -> Grid:
    scored = ~np.isnan(values)
    count = scored.sum(axis=1)
    total = np.where(scored, values, 0).sum(axis=1)
    return np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0)


def judge_sd(grids: Sequence[Grid]) -> float:
    """Standard deviation between the judges' means over the cases that all of them scored."""
    if not grids or grids[0].shape[0] < 2:
        return math.nan
    means = np.asarray([[_mean(row) for row in grid] for grid in grids])
    common = means[~np.isnan(means).any(axis=1)]
    return float(common.mean(axis=0).std(ddof=1)) if len(common) else math.nan


def repeat_sd(grids: Sequence[Grid]) -> float:
    """Pooled standard deviation of a judge's repeats on the same case."""
    rows = [row[~np.isnan(row)] for grid in grids for row in grid]
    variances = [row.var(ddof=1) for row in rows if len(row) > 1]
    return float(np.sqrt(np.mean(variances))) if variances else math.nan


def _mean(row: Grid) -> float:
    scored = row[~np.isnan(row)]
    return float(scored.mean()) if len(scored) else math.nan


def write_rubric(folder: Path, rubric: Rubric) -> None:
    """Keep the rubric beside the judgements, to the letter: files change, judgements do not.

    Raises:
        JudgeError: the file cannot be written.
    """
    path = folder / RUBRICS / f"{rubric.name}-{rubric.digest}.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(rubric.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise JudgeError(f"{path}: cannot write: {error.strerror}") from None


def read_rubric(folder: Path, digest: str) -> Rubric:
    """A rubric that judgements in this folder were made by.

    Raises:
        JudgeError: it is not there any more, or was changed.
    """
    for path in sorted((folder / RUBRICS).glob(f"*-{digest}.json")):
        try:
            rubric = Rubric.model_validate_json(path.read_text(encoding="utf-8"))
        except (OSError, ValidationError) as error:
            raise JudgeError(f"{path}: expected a rubric, got {type(error).__name__}; score the run again") from None
        if rubric.digest == digest:
            return rubric
    raise JudgeError(f"{folder / RUBRICS}: expected the rubric {digest} that judgements name, found none; score the run again")
