"""Judged scores for people: a table for the terminal, notes about what to mind, the frontier plot."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from eval_suite.judges.frontier import Axis, Point, frontier_svg, write_frontier
from eval_suite.judges.scores import ScoreSet, Summary
from eval_suite.plain_text import plain

if TYPE_CHECKING:
    from rich.console import RenderableType

_MARGIN = 2  # columns between cells


def score_tables(scored: Mapping[str, ScoreSet], width: int) -> Iterator[RenderableType]:
    """A table for each challenge, in parts that fit the width: items down, runs across.

    A cell is the mean, half its 95 % interval by resident, and in brackets half that over judges and repeats.
    """
    from rich.text import Text

    first = next(iter(scored.values()))
    judges = ", ".join(dict.fromkeys(label for scores in scored.values() for label in scores.judges.values()))
    title = (
        f"{first.rubric.title} ({first.rubric.name} v{first.rubric.version}, {first.setting}), judged by {plain(judges, 120)}"
    )
    yield Text(title, style="bold")
    names = list(dict.fromkeys(name for scores in scored.values() for name in scores.names))
    for challenge in dict.fromkeys(name.partition(".")[0] for name in names):
        items = [name for name in names if name.startswith(f"{challenge}.")]
        heads = {label: f"{plain(label, 24)} {scores.mark.symbol}".strip() for label, scores in scored.items()}
        cells = {
            label: [cell(scores.summary(name)) if name in scores.names else "" for name in items]
            for label, scores in scored.items()
        }
        titles = [first.title(name).removesuffix(first.mark.symbol).strip() for name in items]
        yield Text()
        yield Text(challenge.replace("_", " ").capitalize(), style="bold cyan")
        widths = {label: max(map(len, [heads[label], *cells[label]])) + _MARGIN for label in scored}
        room = width - min(max(map(len, titles)), width // 3) - _MARGIN
        for part in _parts(widths, room):
            yield _table(titles, {heads[label]: cells[label] for label in part}, width // 3)


def _parts(widths: Mapping[str, int], room: int) -> Iterator[list[str]]:
    part: list[str] = []
    for label, width in widths.items():
        if part and sum(widths[other] for other in part) + width > room:
            yield part
            part = []
        part.append(label)
    yield part


def _table(titles: Sequence[str], columns: Mapping[str, Sequence[str]], longest: int) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, _MARGIN, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("item", max_width=longest)
    for head in columns:
        table.add_column(Text(head), justify="right", no_wrap=True)
    for title, *values in zip(titles, *columns.values(), strict=True):
        table.add_row(Text(title), *map(Text, values))
    return table


def cell(summary: Summary) -> str:
    """``6.20 ±0.41 (±0.12)``; a dash if unscored."""
    if not math.isfinite(summary.estimate.mean):
        return "–"
    text = f"{summary.estimate.mean:.2f}"
    if math.isfinite(summary.estimate.low):
        text += f" ±{(summary.estimate.high - summary.estimate.low) / 2:.2f}"
    if math.isfinite(summary.judge_low):
        text += f" (±{(summary.judge_high - summary.judge_low) / 2:.2f})"
    return text


def notes(scored: Mapping[str, ScoreSet]) -> Iterator[str]:
    """What a reader of the table has to know."""
    bars = any(math.isfinite(s.summary(name).judge_low) for s in scored.values() for name in s.names[:1])
    yield "± 95% interval by resident" + ("; (±) the same over judges and repeats" if bars else "") + "; – unscored"
    for label, scores in scored.items():
        if scores.unscored:
            kinds = ", ".join(f"{plain(kind, 40)} {count}" for kind, count in scores.problems.items())
            share = f"{scores.unscored} of {scores.asked} gradings"
            yield f"{plain(label, 60)}: {share} are not complete ({kinds}); they are unscored, not 0"
    yield from dict.fromkeys(scores.mark.meaning for scores in scored.values() if scores.mark.state != "passed")
    for reason in dict.fromkeys(r for s in scored.values() if s.mark.state == "failed" for r in s.mark.reasons):
        yield f"  {plain(reason, 300)}"


def frontier_of(
    scored: Mapping[str, ScoreSet], path: Path, roles: Mapping[str, str] | None = None, challenge: str = "empathetic_action"
) -> Path | None:
    """Plot the rubric's frontier over the runs, which are ``floor``, ``agent`` or ``ceiling``; None if nothing is scored."""
    rubric = next(iter(scored.values())).rubric
    if rubric.frontier is None:
        return None
    x_name, y_name = rubric.frontier.x, rubric.frontier.y
    points = []
    for label, scores in scored.items():
        names = f"{challenge}.{x_name}", f"{challenge}.{y_name}"
        if set(names) <= set(scores.names):
            x, y = (scores.summary(name).estimate for name in names)
            role = (roles or {}).get(label, "agent")
            points.append(Point(f"{label} {scores.mark.symbol}".strip(), x, y, role))
    if not any(point.known for point in points):
        return None
    items = {item.name: rubric.scale_of(item) for item in rubric.items}
    axes = [
        Axis(rubric.title_of(name), float(items[name].low), float(items[name].high))
        if name in items
        else Axis(rubric.title_of(name), 0.0, rubric.width_of(name))
        for name in (x_name, y_name)
    ]
    states = {scores.mark.symbol: scores.mark.meaning for scores in scored.values() if scores.mark.symbol}
    return write_frontier(frontier_svg(points, axes[0], axes[1], "; ".join(states.values())), path)
