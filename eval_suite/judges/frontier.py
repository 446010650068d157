"""The frontier of two qualities that pull apart, such as empathy and helpfulness (SoulChat, arXiv 2311.00273), as one SVG.

A run is on the frontier if no other run is better in one quality and at least as good in the other. The two are never averaged.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from eval_suite.judges.judgement import JudgeError
from eval_suite.plain_text import plain
from eval_suite.statistics import Estimate

_WIDTH, _HEIGHT = 760, 520
_LEFT, _RIGHT, _TOP, _BOTTOM = 74, 24, 82, 62
_FONT = "ui-sans-serif, system-ui, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"
_CHARACTER = 6.7  # mean width of a letter at 12.5 pixels


@dataclass(frozen=True)
class Point:
    """One run.

    Args:
        label: the run.
        x, y: means with intervals.
        role: ``floor``, ``agent`` or ``ceiling``.
    """

    label: str
    x: Estimate
    y: Estimate
    role: str = "agent"

    @property
    def known(self) -> bool:
        """Whether both values are scored."""
        return math.isfinite(self.x.mean) and math.isfinite(self.y.mean)


def frontier(points: Sequence[Point]) -> list[Point]:
    """The points that no other dominates, from the lowest ``x`` to the highest; floor and ceiling are not in the race."""
    known = [point for point in points if point.known and point.role == "agent"]
    best = [point for point in known if not any(_dominates(other, point) for other in known)]
    return sorted(best, key=lambda point: (point.x.mean, -point.y.mean, point.label))


def _dominates(one: Point, other: Point) -> bool:
    ahead = one.x.mean >= other.x.mean and one.y.mean >= other.y.mean
    return ahead and (one.x.mean > other.x.mean or one.y.mean > other.y.mean)


@dataclass(frozen=True)
class Axis:
    """One quality: its title, and the ends of its scale. The plot zooms in where all runs are close together."""

    title: str
    low: float
    high: float


def frontier_svg(points: Sequence[Point], x: Axis, y: Axis, note: str = "") -> str:
    """The plot.

    Args:
        points: one for each run; unscored ones are named below the title.
        x: the horizontal quality.
        y: the vertical quality.
        note: what is added below the title, such as the judges' mark.
    """
    x_title, y_title, x_range, y_range = x.title, y.title, (x.low, x.high), (y.low, y.high)
    known = [point for point in points if point.known]
    x_low, x_high = _window([point.x for point in known], x_range)
    y_low, y_high = _window([point.y for point in known], y_range)

    def px(value: float) -> float:
        return _LEFT + (min(max(value, x_low), x_high) - x_low) / (x_high - x_low) * (_WIDTH - _LEFT - _RIGHT)

    def py(value: float) -> float:
        return _HEIGHT - _BOTTOM - (min(max(value, y_low), y_high) - y_low) / (y_high - y_low) * (_HEIGHT - _TOP - _BOTTOM)

    best = frontier(points)
    title = f"{y_title} against {x_title.lower()}"
    described = "; ".join(f"{p.label}: {x_title} {p.x.mean:.2f}, {y_title} {p.y.mean:.2f}" for p in known)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" '
        f'role="img" font-family="{_FONT}" font-size="12.5">',
        f"<title>{_text(title)}</title><desc>{_text(described, 4000)}</desc>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="28" font-size="17" font-weight="650" fill="#1b2226">{_text(title)}</text>',
        f'<text x="{_LEFT}" y="48" fill="#56616a">{_text(_subtitle(points))}</text>',
        f'<text x="{_LEFT}" y="66" fill="#b0261d">{_text(_notes(points, note))}</text>',
    ]
    for value in _ticks(x_low, x_high):
        parts.append(_line(px(value), py(y_low), px(value), py(y_high), "#e7ebe9"))
        parts.append(f'<text x="{px(value):.1f}" y="{py(y_low) + 18:.1f}" text-anchor="middle" fill="#56616a">{value:g}</text>')
    for value in _ticks(y_low, y_high):
        parts.append(_line(px(x_low), py(value), px(x_high), py(value), "#e7ebe9"))
        parts.append(f'<text x="{px(x_low) - 9:.1f}" y="{py(value) + 4:.1f}" text-anchor="end" fill="#56616a">{value:g}</text>')
    middle = (py(y_low) + py(y_high)) / 2
    parts.append(f'<text x="{(px(x_low) + px(x_high)) / 2:.1f}" y="{_HEIGHT - 16}" text-anchor="middle" fill="#1b2226">'
                 f"{_text(x_title)} →</text>")  # fmt: skip
    parts.append(f'<text transform="translate(22 {middle:.1f}) rotate(-90)" text-anchor="middle" fill="#1b2226">'
                 f"{_text(y_title)} →</text>")  # fmt: skip
    if best:
        # Steps: between two runs of the frontier nothing better has been shown to exist.
        path = [f"M{px(x_low):.1f} {py(best[0].y.mean):.1f}"]
        for point, following in zip(best, [*best[1:], None], strict=True):
            path.append(f"H{px(point.x.mean):.1f}V{py(following.y.mean if following else y_low):.1f}")
        parts.append(f'<path d="{" ".join(path)}" fill="none" stroke="#0a6a66" stroke-width="1.6" stroke-dasharray="5 4"/>')
    on_it = {point.label for point in best}
    taken: list[tuple[float, float, float, float]] = []
    for point in sorted(known, key=lambda point: point.y.mean, reverse=True):
        parts += _drawn(point, px, py, point.label in on_it)
        left, top = px(point.x.mean), py(point.y.mean)
        taken.append((left - 7, top - 7, left + 7, top + 7))
    for point in sorted(known, key=lambda point: point.y.mean, reverse=True):
        parts.append(_label(point, px(point.x.mean), py(point.y.mean), taken, point.label in on_it))
    return "".join(parts) + "</svg>\n"


def _subtitle(points: Sequence[Point]) -> str:
    roles = {point.role for point in points}
    said = ["dashed: the agents' frontier", "bars: 95% intervals by resident"]
    said += [text for role, text in (("floor", "grey: blind"), ("ceiling", "green: saw the references")) if role in roles]
    return "; ".join(said)


def _notes(points: Sequence[Point], note: str) -> str:
    unscored = [point.label for point in points if not point.known]
    return "; ".join(part for part in (note, f"unscored: {', '.join(unscored)}" if unscored else "") if part)


def _window(estimates: Sequence[Estimate], ends: tuple[float, float]) -> tuple[float, float]:
    values = [v for e in estimates for v in (e.mean, e.low, e.high) if math.isfinite(v)]
    low, high = ends
    if not values or max(values) - min(values) > (high - low) / 2:
        return low, high
    margin = max((max(values) - min(values)) * 0.35, (high - low) * 0.05)
    return max(low, min(values) - margin), min(high, max(values) + margin)


def _ticks(low: float, high: float) -> list[float]:
    raw = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= raw)
    return [round(step * i, 10) for i in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1.0) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}"/>'


def _drawn(point: Point, px: object, py: object, on_frontier: bool) -> list[str]:
    assert callable(px) and callable(py)
    colour = {"floor": "#8a949b", "ceiling": "#1c7039"}.get(point.role, "#0a6a66" if on_frontier else "#9a3359")
    x, y = px(point.x.mean), py(point.y.mean)
    parts = []
    if math.isfinite(point.x.low) and math.isfinite(point.x.high):
        parts.append(_line(px(point.x.low), y, px(point.x.high), y, colour, 1.4))
    if math.isfinite(point.y.low) and math.isfinite(point.y.high):
        parts.append(_line(x, py(point.y.low), x, py(point.y.high), colour, 1.4))
    fill = colour if on_frontier else "#ffffff"
    return [*parts, f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5.5" fill="{fill}" stroke="{colour}" stroke-width="2"/>']


def _label(point: Point, x: float, y: float, taken: list[tuple[float, float, float, float]], on_frontier: bool) -> str:
    """The label in the first of a few places that is free; the last of them if none is."""
    words = point.label if len(point.label) <= 34 else f"{point.label[:33]}…"
    words = plain(words, 40)
    width = len(words) * _CHARACTER
    box = (0.0, 0.0, 0.0, 0.0)
    for dx, dy in ((dx, dy) for dy in (-8, 17, -22, 31) for dx in (10, -10 - width)):
        box = (x + dx, y + dy - 11, x + dx + width, y + dy + 3)
        inside = box[0] >= _LEFT and box[2] <= _WIDTH - 4 and box[1] >= _TOP - 12 and box[3] <= _HEIGHT - _BOTTOM
        if inside and not any(_overlap(box, other) for other in taken):
            break
    taken.append(box)
    weight = ' font-weight="650"' if on_frontier else ""
    # A white edge keeps letters legible on bars and grid.
    return (f'<text x="{box[0]:.1f}" y="{box[3] - 3:.1f}" fill="#1b2226"{weight} stroke="#ffffff" stroke-width="3" '
            f'paint-order="stroke" stroke-linejoin="round">{escape(words)}</text>')  # fmt: skip


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _text(text: str, longest: int = 110) -> str:
    return escape(plain(text, longest))


def write_frontier(svg: str, path: Path) -> Path:
    """Write the plot.

    Raises:
        JudgeError: the file cannot be written.
    """
    try:
        path.write_text(svg, encoding="utf-8")
    except OSError as error:
        raise JudgeError(f"{path}: cannot write: {error.strerror}") from None
    return path
