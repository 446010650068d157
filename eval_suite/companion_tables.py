"""Tables of companion runs: for the terminal, and as Markdown for READMEs."""

from __future__ import annotations

import math
from collections.abc import Iterator

from rich.table import Table

from eval_suite.companion import REPORT_COLUMNS, CompanionComparison, triangulate
from eval_suite.metrics.process import PROCESS_METRICS
from eval_suite.plain_text import plain
from eval_suite.statistics import Estimate
from eval_suite.tables import escaped, half_width, interval, number

SHOWN = ("epm_q", "mean_work", "raw_rdi", "outcome", "efficiency", "stability", "raw_pen", "success", "failure", "turns")
"""Columns of the table."""
NARROW = ("epm_q", "mean_work", "raw_rdi", "success", "failure")
"""Columns where there is little room."""
WIDE = 130
"""Columns of a terminal from which everything fits."""


def scaled(estimate: Estimate, scale: float) -> Estimate:
    """An estimate in the units of a table."""
    return Estimate(estimate.mean * scale, estimate.low * scale, estimate.high * scale, estimate.count, estimate.clusters)


def terminal_tables(comparison: CompanionComparison, width: int = WIDE) -> Iterator[Table]:
    """Process metrics, differences between neighbours, and the four reports.

    Args:
        comparison: what to show.
        width: of the terminal, in columns.
    """
    shown = SHOWN if width >= WIDE else NARROW
    count, people = len(comparison.runs[0].episodes), comparison.residents
    table = Table(title=f"Companion: {count} scenarios of {people} residents; ± 95% interval by resident", box=None)
    table.add_column("agent", no_wrap=True)
    for name in shown:
        table.add_column(PROCESS_METRICS[name].title, justify="right")
    for run in comparison.runs:
        cells = []
        for name in shown:
            estimate = scaled(comparison.estimates[run.label][name], PROCESS_METRICS[name].scale)
            cells.append(f"{number(estimate.mean)} {half_width(estimate)}".strip())
        table.add_row(plain(run.label, 40), *cells)
    yield table
    if comparison.steps:
        steps = Table(title="Each agent less the one below it, paired by scenario", box=None)
        for column in ("metric", "agent", "less", "difference", "95% interval", "p"):
            steps.add_column(column)
        for name, upper, lower, difference in comparison.steps:
            steps.add_row(
                PROCESS_METRICS[name].title,
                plain(upper, 30),
                plain(lower, 30),
                number(difference.mean),
                f"[{number(difference.low)}, {number(difference.high)}]",
                number(difference.p, 4),
            )
        yield steps
    found = triangulate(comparison)
    reports = Table(title="The same episodes, from four places (1 to 7); gap: resident on robot less robot on itself", box=None)
    reports.add_column("agent", no_wrap=True)
    for column in (*REPORT_COLUMNS, "perception gap"):
        reports.add_column(column, justify="right")
    for run in comparison.runs:
        cells = [number(found.means[column][run.label].mean) for column in REPORT_COLUMNS]
        reports.add_row(plain(run.label, 40), *cells, number(found.gaps[run.label].mean))
    yield reports
    correlations = Table(title="How the four agree (Pearson's r over episodes)", box=None)
    correlations.add_column("")
    for column in REPORT_COLUMNS:
        correlations.add_column(column, justify="right")
    for one in REPORT_COLUMNS:
        correlations.add_row(one, *(number(found.correlations[(one, other)]) for other in REPORT_COLUMNS))
    yield correlations


def to_markdown(comparison: CompanionComparison) -> str:
    """Process metrics as a Markdown table with full intervals."""
    count, people = len(comparison.runs[0].episodes), comparison.residents
    lines = [f"{count} scenarios of {people} residents; brackets: 95% interval by resident.", ""]
    lines.append("| agent | " + " | ".join(PROCESS_METRICS[name].title for name in SHOWN) + " |")
    lines.append("|:--|" + "--:|" * len(SHOWN))
    for run in reversed(comparison.runs):
        cells = []
        for name in SHOWN:
            estimate = scaled(comparison.estimates[run.label][name], PROCESS_METRICS[name].scale)
            known = math.isfinite(estimate.low)
            cells.append(f"{number(estimate.mean)} {interval(estimate)}" if known else number(estimate.mean))
        lines.append(f"| {escaped(run.label)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)
