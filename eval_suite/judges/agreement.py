"""Agreement between raters: Krippendorff's alpha, ICC(2,1), Kendall's tau; and human ratings from a CSV file."""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from eval_suite.judges.judgement import JudgeError
from eval_suite.rubrics import CHALLENGES

Level = Literal["nominal", "ordinal", "interval", "ratio"]
Table = NDArray[np.float64]
"""Ratings, float, (raters, units); NaN where a rater did not rate a unit."""


@dataclass(frozen=True)
class Agreement:
    """How far raters agree on one thing.

    Args:
        name: what was rated.
        raters: who.
        units: how many units two or more of them rated.
        alpha: Krippendorff's alpha at the interval level: 1 perfect, 0 chance.
        icc: ICC(2,1): absolute agreement of single raters, two-way random effects.
        tau: Kendall's tau-b, mean over pairs of raters.
    """

    name: str
    raters: tuple[str, ...]
    units: int
    alpha: float
    icc: float
    tau: float


def agreement(name: str, ratings: Mapping[str, Mapping[str, float]]) -> Agreement:
    """Agreement of raters (label to unit to rating) on one thing."""
    raters = tuple(ratings)
    units = sorted({unit for row in ratings.values() for unit in row})
    table = np.asarray([[ratings[rater].get(unit, math.nan) for unit in units] for rater in raters], float)
    table = table.reshape(len(raters), len(units))
    shared = int(((~np.isnan(table)).sum(axis=0) >= 2).sum())
    taus = [kendall_tau(table[i], table[j]) for i, j in combinations(range(len(raters)), 2)]
    known = [tau for tau in taus if not math.isnan(tau)]
    tau = sum(known) / len(known) if known else math.nan
    return Agreement(name, raters, shared, krippendorff_alpha(table), icc_2_1(table.T), tau)


def krippendorff_alpha(table: Table, level: Level = "interval") -> float:
    """Krippendorff's alpha: one minus observed over expected disagreement, from the coincidences of values within units.

    Krippendorff, Computing Krippendorff's Alpha-Reliability (2011); any number of raters, any missing ratings.

    Args:
        table: float, (raters, units); NaN is missing.
        level: of measurement.

    Returns:
        1 for perfect agreement, 0 for chance, below 0 for less; NaN if no unit has two ratings or all ratings are the same.
    """
    if level not in get_args(Level):
        raise ValueError(f"level: expected one of {', '.join(get_args(Level))}, got {level!r}")
    table = np.asarray(table, float)
    values = np.unique(table[~np.isnan(table)])
    coincidences = np.zeros((len(values), len(values)))
    for unit in table.T:
        rated = unit[~np.isnan(unit)]
        if len(rated) < 2:
            continue
        counts = np.bincount(np.searchsorted(values, rated), minlength=len(values)).astype(float)
        coincidences += (np.outer(counts, counts) - np.diag(counts)) / (len(rated) - 1)
    totals = coincidences.sum(axis=1)
    count = float(totals.sum())
    if count < 2:
        return math.nan
    distance = _distance(values, totals, level)
    observed = float((coincidences * distance).sum()) / count
    expected = float((np.outer(totals, totals) * distance).sum()) / (count * (count - 1))
    return 1 - observed / expected if expected > 0 else math.nan


def _distance(values: Table, totals: Table, level: Level) -> Table:
    """Squared distance between every two values."""
    one, other = np.meshgrid(values, values, indexing="ij")
    if level == "nominal":
        return np.asarray(one != other, float)
    if level == "interval":
        return np.asarray((one - other) ** 2, float)
    if level == "ratio":
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where(one == other, 0.0, ((one - other) / (one + other)) ** 2), float)
    ranks = np.cumsum(totals) - totals / 2
    return np.asarray((ranks[:, None] - ranks[None, :]) ** 2, float)


def icc_2_1(table: Table) -> float:
    """ICC(2,1) of Shrout and Fleiss (Psychological Bulletin, 1979): two-way random effects, absolute agreement, single rater.

    Args:
        table: float, (targets, raters); targets that not every rater rated are left out.

    Returns:
        NaN with fewer than two targets or raters, or without any variance.
    """
    table = np.asarray(table, float)
    table = table[~np.isnan(table).any(axis=1)] if table.size else table.reshape(0, 0)
    targets, raters = table.shape
    if targets < 2 or raters < 2:
        return math.nan
    mean = table.mean()
    between = raters * ((table.mean(axis=1) - mean) ** 2).sum() / (targets - 1)
    judges = targets * ((table.mean(axis=0) - mean) ** 2).sum() / (raters - 1)
    residual = ((table - table.mean(axis=1, keepdims=True) - table.mean(axis=0) + mean) ** 2).sum()
    error = residual / ((targets - 1) * (raters - 1))
    denominator = between + (raters - 1) * error + raters * (judges - error) / targets
    return float((between - error) / denominator) if denominator > 0 else math.nan


def kendall_tau(one: Table, other: Table) -> float:
    """Kendall's tau-b of the units that both rated; NaN if there are fewer than two, or one of them has no variance."""
    from scipy.stats import kendalltau

    both = ~(np.isnan(one) | np.isnan(other))
    if both.sum() < 2 or np.ptp(one[both]) == 0 or np.ptp(other[both]) == 0:
        return math.nan
    return float(kendalltau(one[both], other[both]).statistic)


@dataclass(frozen=True)
class HumanRating:
    """One person's rating of one item.

    Args:
        unit: id of the episode or of its scenario.
        item: challenge and item, such as ``empathetic_action.coherence``.
        rater: the person.
        score: in the rubric's units.
    """

    unit: str
    item: str
    rater: str
    score: float


_REQUIRED = ("item", "rater", "score")


def read_human_ratings(path: str | Path) -> list[HumanRating]:
    """Read ratings by people.

    Args:
        path: UTF-8 CSV with the columns ``scenario`` (or ``episode``), ``item``, ``rater``, ``score``, and perhaps
            ``challenge`` (``empathetic_action`` if not given). Empty scores are missing ratings.

    Raises:
        JudgeError: a file that cannot be read, columns that are missing, or a line that is broken (with its number).
    """
    path = Path(path)
    found: list[HumanRating] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.DictReader(handle)
            columns = [name.strip().lower() for name in reader.fieldnames or []]
            reader.fieldnames = columns
            unit = next((name for name in ("episode", "scenario") if name in columns), None)
            missing = [name for name in _REQUIRED if name not in columns] + ([] if unit else ["scenario"])
            if missing:
                wanted = "scenario (or episode), item, rater, score"
                raise JudgeError(f"{path}: expected the columns {wanted}; {missing[0]} is missing")
            for row in reader:
                rating = _human_rating(row, str(unit), f"{path}:{reader.line_num}")
                if rating is not None:
                    found.append(rating)
    except FileNotFoundError:
        raise JudgeError(f"{path}: no such file of human ratings; check human.ratings") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise JudgeError(f"{path}: expected UTF-8 CSV, got {type(error).__name__}: {error}") from None
    if not found:
        raise JudgeError(f"{path}: expected at least one rating, got none")
    return found


def _human_rating(row: Mapping[str | None, str | None], unit: str, where: str) -> HumanRating | None:
    cells = {name: (row.get(name) or "").strip() for name in (unit, *_REQUIRED, "challenge")}
    if not cells["score"]:
        return None
    for name in (unit, "item", "rater"):
        if not cells[name]:
            raise JudgeError(f"{where}: expected a value for {name}, got none")
    challenge = cells["challenge"] or "empathetic_action"
    if challenge not in CHALLENGES:
        raise JudgeError(f"{where}: expected challenge among {', '.join(CHALLENGES)}; got {challenge[:60]!r}")
    try:
        score = float(cells["score"])
    except ValueError:
        score = math.nan
    if not math.isfinite(score):
        raise JudgeError(f"{where}: expected a number as score, got {cells['score'][:60]!r}")
    return HumanRating(cells[unit], f"{challenge}.{cells['item']}", cells["rater"], score)


def with_humans(human: Sequence[HumanRating], machine: Mapping[str, Mapping[str, Mapping[str, float]]]) -> list[Agreement]:
    """Agreement of people with each other and with a panel.

    Args:
        human: ratings by people.
        machine: item to judge's label to unit to value.

    Returns:
        For each item that both rated: the people among themselves (if there are two or more), and their mean with each judge.
    """
    by_item: dict[str, dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for rating in human:
        by_item[rating.item][rating.rater][rating.unit] = rating.score
    found = []
    for item, people in by_item.items():
        panels = machine.get(item, {})
        if not panels:
            continue
        if len(people) > 1:
            found.append(agreement(f"{item}: people", people))
        pooled: dict[str, list[float]] = defaultdict(list)
        for row in people.values():
            for unit, score in row.items():
                pooled[unit].append(score)
        means = {unit: sum(scores) / len(scores) for unit, scores in pooled.items()}
        for label, values in panels.items():
            rated = {unit: value for unit, value in values.items() if unit in means}
            found.append(agreement(f"{item}: people's mean and {label}", {"people": means, label: rated}))
    return found
