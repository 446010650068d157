"""Comparison tables: for the terminal, fitted to its width, and as Markdown for READMEs.

One table a family of metrics; rows run from the blind floor (dim) to the ceiling (marked); no value stands without its
interval unless the terminal is too narrow for it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from eval_suite.comparison import Comparison, Row
from eval_suite.metrics import METRICS, Metric
from eval_suite.plain_text import plain
from eval_suite.statistics import Estimate

UNSCORED = "–"
TITLES = {
    "published": "Published: EmpathyAgent's action metrics, quirks included",
    "mended": "Mended: the same questions, without the quirks",
    "care": "Care: what the end state does for this person, and whether the words are true",
    "alignment": "Alignment: whether words and deeds answer how the resident judges the situation",
    "execution": "Execution: what held in the simulator",
}
_MARGIN = 2  # columns between cells


@dataclass(frozen=True)
class Column:
    """One column: a metric, raw or corrected for chance."""

    metric: Metric
    corrected: bool = False

    @property
    def title(self) -> str:
        """Column heading."""
        return f"{self.metric.title} above chance" if self.corrected else self.metric.title

    def estimate(self, row: Row) -> Estimate:
        """The row's value, in the units of the table."""
        raw = (row.corrected if self.corrected else row.estimates).get(self.metric.name, Estimate(math.nan))
        scale = self.metric.scale
        return Estimate(raw.mean * scale, raw.low * scale, raw.high * scale, raw.count, raw.clusters)


def columns(comparison: Comparison) -> dict[str, list[Column]]:
    """Columns by family, in the order of :data:`~eval_suite.metrics.METRICS`; corrected values follow the raw ones.

    Appraisals are shown only where a scenario has gold ones: five columns of dashes tell nobody anything.
    """
    found: dict[str, list[Column]] = {}
    appraised = any(not math.isnan(row.estimates["appraisal_coverage"].mean) for row in comparison.rows)
    for metric in METRICS.values():
        if metric.family != "alignment" or appraised:
            found.setdefault(metric.family, []).append(Column(metric))
    for name in comparison.chance:
        found[METRICS[name].family].append(Column(METRICS[name], corrected=True))
    return found


def number(value: float, digits: int = 2) -> str:
    """A number for people; a dash if there is none."""
    if not math.isfinite(value):
        return UNSCORED
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if float(text) == 0 else text


def half_width(estimate: Estimate) -> str:
    """Half of the interval, as ``±3.2``; empty if there is none."""
    width = (estimate.high - estimate.low) / 2
    if not math.isfinite(width):
        return ""
    return f"±{width:.1f}" if width >= 0.05 or width == 0 else f"±{width:.2f}"


def interval(estimate: Estimate) -> str:
    """The interval, as ``[37.9, 44.2]``; empty if there is none."""
    if not (math.isfinite(estimate.low) and math.isfinite(estimate.high)):
        return ""
    return f"[{number(estimate.low, 1)}, {number(estimate.high, 1)}]"


def marks(row: Row) -> str:
    """What a row's label is marked with."""
    return ("▲" if row.role == "ceiling" else "") + ("†" if row.added else "")


def terminal_table(comparison: Comparison) -> RenderableType:
    """The comparison for a terminal; it fits itself to the width that it is printed at."""
    return _TerminalTable(comparison)


@dataclass(frozen=True)
class _TerminalTable:
    comparison: Comparison

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = options.max_width
        yield Text(_heading(self.comparison), style="bold")
        for family, family_columns in columns(self.comparison).items():
            yield Text()
            yield from self._family(family, family_columns, width)
        yield Text()
        yield Text(" · ".join(_legend(self.comparison)), style="dim")
        for note in _notes(self.comparison):
            yield Text(note, style="yellow")

    def _family(self, family: str, family_columns: Sequence[Column], width: int) -> Iterator[RenderableType]:
        yield Text(TITLES.get(family, family.capitalize()), style="bold cyan")
        label_width = max(
            8, min(max(len(plain(row.label, 60)) + len(marks(row)) for row in self.comparison.rows) + 1, width // 4)
        )
        widths = [self._width(column, True) for column in family_columns]
        # A terminal that cannot hold even two columns with intervals gets means alone.
        intervals = label_width + 2 * (max(widths) + _MARGIN) <= width
        if not intervals:
            widths = [self._width(column, False) for column in family_columns]
        for place, part in enumerate(_split(family_columns, widths, width - label_width)):
            if place:
                yield Text()
            yield self._table(part, label_width, intervals)

    def _width(self, column: Column, intervals: bool) -> int:
        cells = [_cell(column.estimate(row), intervals).cell_len for row in self.comparison.rows]
        return max(*cells, *(len(word) for word in _head(column).split("\n")))

    def _table(self, part: Sequence[Column], label_width: int, intervals: bool) -> Table:
        table = Table(box=None, padding=(0, _MARGIN, 0, 0), pad_edge=False, header_style="dim")
        table.add_column("agent", width=label_width, no_wrap=True, overflow="ellipsis", vertical="bottom")
        for column in part:
            table.add_column(Text(_head(column)), justify="right", no_wrap=True, vertical="bottom")
        best = {id(column): _best(column, self.comparison) for column in part}
        for row in self.comparison.rows:
            style = {"floor": "dim", "agent": "", "ceiling": "green"}[row.role]
            cells = []
            for column in part:
                cell = _cell(column.estimate(row), intervals)
                if row.label == best[id(column)]:
                    cell.stylize("bold")
                cells.append(cell)
            table.add_row(_label(row, label_width), *cells, style=style)
        return table


def _label(row: Row, width: int) -> Text:
    mark = marks(row)
    text = Text(plain(row.label, 60))
    text.truncate(width - len(mark) - bool(mark), overflow="ellipsis")
    return text.append(f" {mark}" if mark else "")


def _head(column: Column) -> str:
    return f"{column.metric.title}\nabove chance" if column.corrected else column.metric.title


def _cell(estimate: Estimate, intervals: bool) -> Text:
    text = Text(number(estimate.mean))
    if intervals and (width := half_width(estimate)):
        text.append(f" {width:<5}", style="dim")
    return text


def _best(column: Column, comparison: Comparison) -> str | None:
    """The best of several agents; floor and ceiling are not in the race."""
    direction = column.metric.higher_is_better
    means = {row.label: column.estimate(row).mean for row in comparison.rows if row.role == "agent"}
    means = {label: mean for label, mean in means.items() if math.isfinite(mean)}
    if direction is None or len(means) < 2:
        return None
    return max(means, key=lambda label: means[label] if direction else -means[label])


def _split(family_columns: Sequence[Column], widths: Sequence[int], room: int) -> Iterator[list[Column]]:
    """Columns in parts that fit side by side; raw and corrected values are not mixed in a part if there are several."""
    if sum(width + _MARGIN for width in widths) <= room:
        yield list(family_columns)
        return
    part: list[Column] = []
    used = 0
    for column, width in zip(family_columns, widths, strict=True):
        if part and (used + width + _MARGIN > room or column.corrected != part[-1].corrected):
            yield part
            part, used = [], 0
        part.append(column)
        used += width + _MARGIN
    yield part


def _heading(comparison: Comparison) -> str:
    count = len(comparison.scenarios)
    left = f" ({comparison.left_out} left out: not in every run)" if comparison.left_out else ""
    people = "resident" if comparison.residents == 1 else "residents"
    return f"{count} scenario{'s' if count != 1 else ''} of {comparison.residents} {people}{left}"


def _legend(comparison: Comparison) -> list[str]:
    parts = ["dim: blind floor", "▲ saw the references"]
    if any(row.added for row in comparison.rows):
        parts.append("† computed in symbolic")
    if any(math.isfinite(estimate.low) for row in comparison.rows for estimate in row.estimates.values()):
        parts.append("± 95% interval by resident")
    return [*parts, f"{UNSCORED} unscored"]


def _notes(comparison: Comparison) -> Iterator[str]:
    for row in comparison.rows:
        if row.errors:
            kinds = ", ".join(f"{plain(kind, 40)} {count}" for kind, count in row.errors.items())
            share = f"{sum(row.errors.values())} of {len(comparison.scenarios)} scenarios"
            yield f"{plain(row.label, 60)}: no usable answer in {share} ({kinds}); they count"


def to_markdown(comparison: Comparison) -> str:
    """The comparison as Markdown tables, one a family, with full intervals."""
    lines = [f"{_heading(comparison)}."]
    for family, family_columns in columns(comparison).items():
        lines += ["", f"**{TITLES.get(family, family.capitalize())}**", ""]
        lines.append("| agent | " + " | ".join(escaped(column.title) for column in family_columns) + " |")
        lines.append("|:--|" + "--:|" * len(family_columns))
        for row in comparison.rows:
            cells = [_markdown_cell(column.estimate(row)) for column in family_columns]
            mark = marks(row)
            name = escaped(row.label) + (f" {mark}" if mark else "")
            lines.append(f"| {f'*{name}*' if row.role == 'floor' else name} | " + " | ".join(cells) + " |")
    legend = ["italics: blind floor", *_legend(comparison)[1:]]
    lines += ["", "; ".join(legend).replace("± 95%", "brackets: 95%") + "."]
    lines += [f"{escaped(note)}." for note in _notes(comparison)]
    return "\n".join(lines)


def _markdown_cell(estimate: Estimate) -> str:
    between = interval(estimate)
    return f"{number(estimate.mean)} {between}" if between else number(estimate.mean)


def escaped(text: str) -> str:
    """Text that Markdown and the HTML inside of it leave alone."""
    return re.sub(r"([\\`*_{}\[\]()<>#|!&~$@])", r"\\\1", plain(text, 80)).replace("\\<", "&lt;").replace("\\&", "&amp;")
