"""The headline chart: dots with intervals between a shaded floor and ceiling, as numbers that a template draws."""

from __future__ import annotations

import math
from dataclasses import dataclass

from eval_suite.comparison import Comparison, Row
from eval_suite.metrics import METRICS
from eval_suite.plain_text import plain
from eval_suite.tables import Column, interval, marks, number

HEADLINE = ("overlap", "mended_overlap", "goal_success", "executability")
"""One panel each; side by side, never averaged: they mean different things."""


@dataclass(frozen=True)
class Dot:
    """One row of a panel; positions are percent of the axis."""

    label: str
    mark: str
    role: str
    value: str
    interval: str
    x: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Panel:
    """One metric; positions are percent of the axis.

    Args:
        floor: right end of the band that blind plans reach; None if unknown.
        ceiling: the band from the second-best to the best reference; None if there is none worth showing.
        summary: the same in one sentence, for people who do not see it.
    """

    title: str
    meaning: str
    highest: str
    dots: tuple[Dot, ...]
    floor: float | None
    ceiling: tuple[float, float] | None
    summary: str


def panels(comparison: Comparison) -> list[Panel]:
    """One panel for each headline metric."""
    return [_panel(Column(METRICS[name]), comparison) for name in HEADLINE]


def _panel(column: Column, comparison: Comparison) -> Panel:
    # Shares have their natural end; other metrics end at their largest value.
    estimates = {row.label: column.estimate(row) for row in comparison.rows}
    known = [value for e in estimates.values() for value in (e.mean, e.high) if math.isfinite(value)]
    top = max([column.metric.scale, *known]) or 1.0

    def place(value: float) -> float | None:
        return round(min(100.0, max(0.0, 100 * value / top)), 2) if math.isfinite(value) else None

    dots = tuple(
        Dot(
            plain(row.label, 48),
            marks(row),
            row.role,
            number(e.mean, 1),
            interval(e),
            place(e.mean),
            place(e.low),
            place(e.high),
        )
        for row in comparison.rows
        for e in (estimates[row.label],)
    )
    floor = _extreme(comparison, column, "floor")
    ceiling = _ceiling(comparison, column, floor)
    shown = [f"{dot.label} {dot.value} {dot.interval}".strip() for dot in dots if dot.x is not None]
    return Panel(
        title=column.title,
        meaning=column.metric.meaning,
        highest=number(top, 0),
        dots=dots,
        floor=None if floor is None else place(floor),
        ceiling=None if ceiling is None else (place(ceiling[0]) or 0.0, place(ceiling[1]) or 0.0),
        summary=f"{column.title}: " + "; ".join(shown),
    )


def _extreme(comparison: Comparison, column: Column, role: str) -> float | None:
    means = [column.estimate(row).mean for row in comparison.rows if row.role == role]
    return max((mean for mean in means if math.isfinite(mean)), default=None)


def _ceiling(comparison: Comparison, column: Column, floor: float | None) -> tuple[float, float] | None:
    """From the second-best to the best reference; a band that dips into the floor would say nothing."""
    means = sorted(column.estimate(row).mean for row in comparison.rows if row.role == "ceiling")
    means = [mean for mean in means if math.isfinite(mean)]
    if not means:
        return None
    low = means[0] if floor is None or means[0] > floor else means[-1]
    return low, means[-1]


def findings(comparison: Comparison, limit: int = 4) -> list[dict[str, str]]:
    """What the page says first: each agent's place between floor and ceiling, with its interval, in words."""
    agents = [row for row in comparison.rows if row.role == "agent"]
    return [_finding(row, comparison) for row in reversed(agents)][:limit]


def _finding(row: Row, comparison: Comparison) -> dict[str, str]:
    name = "mended_overlap"
    chance = Column(METRICS[name], corrected=True).estimate(row) if name in comparison.chance else None
    goals = Column(METRICS["goal_success"]).estimate(row)
    blind = plain(comparison.chance.get(name, "blind"), 40)
    if chance is None or not math.isfinite(chance.mean):
        verdict, level = "not measured against chance", "unknown"
    elif math.isfinite(chance.low) and chance.low > 0:
        verdict, level = f"beats the blind “{blind}” plan", "above"
    elif math.isfinite(chance.high) and chance.high < 0:
        verdict, level = f"falls short of the blind “{blind}” plan", "below"
    else:
        verdict, level = f"cannot be told from the blind “{blind}” plan", "even"
    detail = []
    if chance is not None and math.isfinite(chance.mean):
        detail.append(
            f"{number(chance.mean, 1)} {interval(chance)} on Overlap+ above chance (0 is blind, 100 perfect)".replace("  ", " ")
        )
    if math.isfinite(goals.mean):
        detail.append(f"all goals met in {number(goals.mean, 1)} % of scenarios {interval(goals)}".rstrip())
    return {"label": plain(row.label, 60), "verdict": verdict, "level": level, "detail": "; ".join(detail)}
