"""The report of a judge validation, as Markdown and as one HTML file that asks the network for nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval_suite.judges.agreement import Agreement
from eval_suite.judges.judgement import JudgeError
from eval_suite.judges.perturbations import TESTS, Expected
from eval_suite.judges.validation import TestResult, Validation
from eval_suite.plain_text import plain
from eval_suite.redaction import redacted

EXPECTED: dict[Expected, str] = {"lower": "lower", "not_higher": "not higher", "same": "the same"}
HEADINGS = {"passed": "passed", "failed": "FAILED", "undecided": "undecided"}
_DASH = "–"


@dataclass(frozen=True)
class Agreements:
    """A table of agreements under a title."""

    title: str
    rows: Sequence[Agreement]


def to_markdown(validations: Sequence[Validation], agreements: Sequence[Agreements] = ()) -> str:
    """The report as Markdown."""
    lines = ["# Judge validation", ""]
    for validation in validations:
        lines += _judge(validation)
    for table in agreements:
        lines += [f"## {table.title}", "", "| what | raters | units | Krippendorff's α | ICC(2,1) | Kendall's τ |"]
        lines += ["|:--|:--|--:|--:|--:|--:|"]
        lines += [
            f"| {_cell(row.name)} | {_cell(', '.join(row.raters))} | {row.units} | {_number(row.alpha)} | {_number(row.icc)} | "
            f"{_number(row.tau)} |"
            for row in table.rows
        ]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _judge(validation: Validation) -> list[str]:
    lines = [f"## {_cell(validation.judge)}: {HEADINGS[validation.state]}", "", f"{_cell(subtitle(validation), 400)}.", ""]
    lines.append("| test | expected | verdict | mean Δ | 95% interval | median Δ | P(Δ<0) | ties | pairs | why |")
    lines.append("|:--|:--|:--|--:|:-:|--:|--:|--:|--:|:--|")
    for test in validation.tests:
        cells = [
            TESTS[test.name].title,
            EXPECTED[test.expected],
            f"**{HEADINGS[test.state]}**" if test.state != "passed" else "passed",
            _number(test.mean),
            f"[{_number(test.low)}, {_number(test.high)}]",
            _number(test.median),
            _percent(test.share_below),
            _percent(test.ties),
            f"{test.scored}/{test.asked}",
            _cell(test.reason, 400),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    lines.append("")
    for test in validation.tests:
        if test.state != "passed":
            lines += _why(validation, test)
    return lines


def _why(validation: Validation, test: TestResult) -> list[str]:
    lines = [f"### Why: {TESTS[test.name].title}", "", TESTS[test.name].meaning, ""]
    if test.items:
        parts = (f"{_cell(validation.rubric.title_of(name))} {_number(value)}" for name, value in test.items.items())
        lines += [f"By item: {'; '.join(parts)}.", ""]
    if test.styles:
        lines += [f"By kind: {'; '.join(f'{kind} {_number(value)}' for kind, value in test.styles.items())}.", ""]
    for example in test.examples:
        lines += [f"* `{plain(example.scenario, 80)}`: {_points(example.original)} → {_points(example.perturbed)}"]
        lines += [f"  * before: {_cell(example.before, 700)}", f"  * after: {_cell(example.after, 1200)}"]
        if example.said_after:
            lines.append(f"  * the judge on the second: {_cell(example.said_after, 400)}")
        if example.raw:
            lines.append(f"  * the judge wrote: {_cell(example.raw, 400)}")
    return [*lines, ""]


def subtitle(validation: Validation) -> str:
    """What was tested, in a line."""
    setting = (
        "the judge is told the hidden situation"
        if validation.sees_situation
        else "the judge is blinded to the hidden situation"
    )
    unreadable = ", ".join(f"{kind} {count}" for kind, count in validation.unreadable.items())
    parts = [
        f"Rubric {validation.rubric.name} v{validation.rubric.version}",
        f"{validation.challenge.replace('_', ' ')}, score: {validation.rubric.title_of(validation.headline)}",
        f"{validation.scenarios} scenarios of {validation.residents} residents",
        setting,
    ]
    return "; ".join([*parts, f"gradings without a usable grade: {unreadable}"] if unreadable else parts)


def _cell(text: str, longest: int = 120) -> str:
    escaped = re.sub(r"([\\`*_{}\[\]()<>#|!&~$@])", r"\\\1", plain(text, longest))
    return escaped.replace("\\<", "&lt;").replace("\\>", "&gt;").replace("\\&", "&amp;")


def _number(value: float) -> str:
    return _DASH if not math.isfinite(value) else f"{value:+.2f}" if value else "0.00"


def _points(value: float) -> str:
    return _DASH if not math.isfinite(value) else f"{value:.2f}"


def _percent(value: float) -> str:
    return _DASH if not math.isfinite(value) else f"{value:.0%}"


@dataclass(frozen=True)
class _Bar:
    """A test's interval on an axis; positions are percent of its width."""

    low: float
    high: float
    mean: float
    zero: float
    good: tuple[float, float]


def _bar(test: TestResult, widest: float) -> _Bar | None:
    if not math.isfinite(test.mean):
        return None

    def place(value: float) -> float:
        return round(50 + 50 * min(1.0, max(-1.0, value / widest)), 2)

    good = {"lower": (0.0, 50.0), "not_higher": (0.0, place(test.margin)), "same": (place(-test.margin), place(test.margin))}
    low, high = (test.low, test.high) if math.isfinite(test.low) else (test.mean, test.mean)
    return _Bar(place(low), place(high), place(test.mean), 50.0, good[test.expected])


def to_html(validations: Sequence[Validation], agreements: Sequence[Agreements] = ()) -> str:
    """The report as one HTML page."""
    from importlib import resources

    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"signed": _number, "points": _points, "share": _percent, "plain": _shown}
    template = (resources.files("eval_suite.judges") / "validation.html").read_text(encoding="utf-8")
    views = [_view(validation) for validation in validations]
    return environment.from_string(template).render(
        views=views, agreements=agreements, tests=TESTS, expected=EXPECTED, headings=HEADINGS
    )


def _shown(text: str, longest: int = 1200) -> str:
    return plain(text, longest, lines=True)


def _view(validation: Validation) -> dict[str, Any]:
    reach = [
        abs(v) for test in validation.tests if test.name != "order_swap" for v in (test.low, test.high, test.mean, test.margin)
    ]
    widest = max([v for v in reach if math.isfinite(v)] or [1.0]) * 1.1
    bars = {test.name: _bar(test, 1.1 if test.name == "order_swap" else widest) for test in validation.tests}
    return {
        "validation": validation,
        "subtitle": subtitle(validation),
        "bars": bars,
        "identity": redacted(dict(validation.judge_identity)),
        "reasons": [test for test in validation.tests if test.state != "passed"],
    }


def write_reports(folder: Path, validations: Sequence[Validation], agreements: Sequence[Agreements] = ()) -> tuple[Path, Path]:
    """Write ``validation.md`` and ``validation.html``; returns their paths.

    Raises:
        JudgeError: the files cannot be written.
    """
    paths = folder / "validation.md", folder / "validation.html"
    texts = to_markdown(validations, agreements), to_html(validations, agreements)
    for path, text in zip(paths, texts, strict=True):
        try:
            path.write_text(text, encoding="utf-8", errors="replace", newline="\n")
        except OSError as error:
            raise JudgeError(f"{path}: cannot write: {error.strerror}") from None
    return paths
