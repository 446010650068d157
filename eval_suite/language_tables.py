"""Language metrics of a comparison: a table for each challenge, a line for each metric, a column for each agent."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from eval_suite.comparison import Comparison
from eval_suite.metrics.language import CONTROLLED, LANGUAGE_METRICS, OFFLINE, Challenge, LanguageModels, score_language
from eval_suite.statistics import Estimate, cluster_mean
from eval_suite.tables import escaped

CHALLENGES: tuple[Challenge, ...] = ("scenario_understanding", "empathetic_planning")
_TITLES = {
    "scenario_understanding": "Scenario understanding, against the hidden situation",
    "empathetic_planning": "Empathetic planning, against the references' plans",
}


@dataclass(frozen=True)
class LanguageTable:
    """One challenge.

    Args:
        title: heading.
        labels: agents, in the comparison's order.
        lines: title of a metric to one estimate for each agent. The mean is the library's own corpus value; the interval, of
            metrics that score each text, is of their mean, resampled by resident.
        notes: what is missing and why, a line each.
    """

    title: str
    labels: tuple[str, ...]
    lines: dict[str, tuple[Estimate, ...]]
    notes: tuple[str, ...]


def language_tables(
    comparison: Comparison,
    metrics: Sequence[str] = OFFLINE,
    *,
    models: LanguageModels | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[LanguageTable]:
    """Score every row's answers to both challenges, each metric as it is and length-controlled."""
    done, total = 0, len(CHALLENGES) * len(comparison.rows)
    tables = []
    for challenge in CHALLENGES:
        columns: list[dict[str, Estimate]] = []
        notes: dict[str, str] = {}
        for row in comparison.rows:
            episodes = comparison.episodes[row.label]
            residents = [episode.scenario.resident.id for episode in episodes]
            scores = score_language(episodes, challenge, metrics, models=models or LanguageModels())
            notes |= scores.skipped
            column: dict[str, Estimate] = {}
            for name in metrics:
                metric = LANGUAGE_METRICS[name]
                for key, title in ((name, metric.title), (name + CONTROLLED, f"{metric.title}, cut")):
                    if key not in scores.values:
                        continue
                    spread = cluster_mean(
                        [value * metric.scale for value in scores.per_text(key)], residents[: len(scores.per_text(key))]
                    )
                    column[title] = Estimate(scores.corpus(key) * metric.scale, spread.low, spread.high, scores.count)
            columns.append(column)
            done += 1
            if progress:
                progress(done, total)
        titles = dict.fromkeys(title for column in columns for title in column)
        lines = {title: tuple(column.get(title, Estimate(math.nan)) for column in columns) for title in titles}
        missing = (f"{LANGUAGE_METRICS[name].title} left out: {why}" for name, why in notes.items())
        told = ("cut: length-controlled, answers cut to the length of their longest reference", *missing)
        tables.append(LanguageTable(_TITLES[challenge], tuple(row.label for row in comparison.rows), lines, told))
    return tables


def to_markdown(table: LanguageTable) -> str:
    """The table as Markdown."""
    head = ["", f"**{table.title}**", "", "| metric | " + " | ".join(map(escaped, table.labels)) + " |"]
    head.append("|:--|" + "--:|" * len(table.labels))
    body = [f"| {escaped(title)} | " + " | ".join(map(cell, estimates)) + " |" for title, estimates in table.lines.items()]
    return "\n".join(head + body + [f"\n{escaped(note)}." for note in table.notes])


def cell(estimate: Estimate) -> str:
    """``12.3 ±1.4``, the half width of the interval left out where there is none."""
    if math.isnan(estimate.mean):
        return "–"
    if math.isnan(estimate.low):
        return f"{estimate.mean:.1f}"
    return f"{estimate.mean:.1f} ±{(estimate.high - estimate.low) / 2:.1f}"
