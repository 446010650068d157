"""Writing the page: template, style and script into one file that asks the network for nothing."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

from envs.skills.reasons import FailureReason
from eval_suite.comparison import GOALS_UNMET, Comparison, Row
from eval_suite.episode import Episode
from eval_suite.plain_text import plain
from eval_suite.redaction import redacted
from eval_suite.report.chart import findings, panels
from eval_suite.report.content import browser_data, embedded_json
from eval_suite.report.media import BUDGET, MediaShelf
from eval_suite.safety.section import safety_section
from eval_suite.store import StoreError
from eval_suite.tables import TITLES, UNSCORED, Column, columns, half_width, interval, marks, number

_ISSUES = {
    "unknown_action": "Named an action that does not exist",
    "repeated": "Repeated an action",
    "dialogue_not_last": "Went on after its words",
    "dialogue_missing": "Said nothing",
    "none_mixed": "Mixed None with actions",
    "unparseable": "Could not be read as a plan",
    "too_long": "Answered at excessive length",
}


def write_report(folder: str | Path, comparison: Comparison, episodes_by_agent: Mapping[str, Sequence[Episode]] | None = None,
                 path: str | Path | None = None, *, media_budget: int = BUDGET) -> Path:  # fmt: skip
    """Write the report of a comparison.

    Args:
        folder: the runs that were compared.
        comparison: of them.
        episodes_by_agent: row label to episodes, if others than the comparison's own are to be shown; all rows, same scenarios.
        path: where to; ``report.html`` in the folder if not given.
        media_budget: bytes of videos and pictures that the page may hold.

    Returns:
        The file.

    Raises:
        StoreError: the file cannot be written.
    """
    if episodes_by_agent is not None:
        comparison = replace(comparison, episodes={row.label: tuple(episodes_by_agent[row.label]) for row in comparison.rows})
    target = Path(path) if path is not None else Path(folder) / "report.html"
    text = render_report(comparison, media_budget=media_budget)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        unfinished.write_text(text, encoding="utf-8", errors="replace", newline="\n")
        unfinished.replace(target)  # a reader never sees half a page
    except OSError as error:
        raise StoreError(f"{target}: cannot write the report: {error.strerror}; give a path that you can write") from None
    return target


def render_report(comparison: Comparison, *, media_budget: int = BUDGET) -> str:
    """The page as text."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    shelf = MediaShelf(media_budget)
    data = browser_data(comparison, shelf)
    here = resources.files("eval_suite.report")
    style, script = ((here / name).read_text(encoding="utf-8") for name in ("report.css", "report.js"))
    environment = Environment(
        loader=PackageLoader("eval_suite", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html").render(
        style=Markup(style),
        script=Markup(script),
        policy=policy_for(script),
        data=Markup(embedded_json(data)),
        media=[(key, kind, Markup(text)) for key, (kind, text) in shelf.items.items()],
        media_left_out=shelf.left_out,
        headline=_headline(comparison),
        facts=_facts(comparison, data),
        findings=findings(comparison),
        panels=panels(comparison),
        families=_families(comparison),
        table=[_table_row(row, comparison) for row in comparison.rows],
        comparison=comparison,
        failures=_failures(comparison),
        safety=Markup(safety_section(comparison.episodes)),
        runs=[_run(row, comparison) for row in comparison.rows if not row.added],
        emotions=sorted({scenario.labels.emotion for scenario in comparison.scenarios if scenario.labels}),
        agents=data["agents"],
    )


def policy_for(script: str) -> str:
    """A content security policy under which only our script runs and nothing is fetched, should an escape ever fail."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data: blob:; "
        "media-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def _headline(comparison: Comparison) -> str:
    agents = [plain(row.label, 40) for row in comparison.rows if row.role == "agent"]
    count = len(comparison.scenarios)
    moments = f"{count:,} moment{'s' if count != 1 else ''} at home"
    if not agents:
        return f"Floor and ceiling of {moments}"
    if len(agents) <= 2:
        return f"{' and '.join(agents)} in {moments}"
    return f"{len(agents)} agents in {moments}"


def _facts(comparison: Comparison, data: dict[str, Any]) -> list[tuple[str, str]]:
    runs = [row for row in comparison.rows if not row.added] or list(comparison.rows)
    scenarios = comparison.scenarios
    sources = sorted({plain(scenario.provenance.source, 40) for scenario in scenarios})
    splits = sorted({scenario.split for scenario in scenarios})
    films = sum(bool(run["video"]) for scenario in data["scenarios"] for run in scenario["runs"])
    found = [
        ("scenarios", f"{len(scenarios):,}"),
        ("residents", f"{comparison.residents:,}"),
        ("set", f"{', '.join(sources[:3])} / {', '.join(splits)}"),
        ("simulator", ", ".join(sorted({plain(row.simulator, 40) for row in runs}))),
        ("seed", ", ".join(sorted({str(row.seed) for row in runs}))),
    ]
    return [*found, ("films", str(films))] if films else found


def _families(comparison: Comparison) -> list[dict[str, Any]]:
    return [
        {
            "name": family,
            "title": TITLES.get(family, family.capitalize()),
            "columns": [
                {"title": column.title.replace("TF-IDF", "TF\u2011IDF"), "meaning": _meaning(column), "first": place == 0}
                for place, column in enumerate(found)
            ],
        }
        for family, found in columns(comparison).items()
    ]


def _meaning(column: Column) -> str:
    if column.corrected:
        return f"{column.metric.title} as (s − c) / (1 − c), c being the better of the blind plans constant and frequent."
    return column.metric.meaning


def _table_row(row: Row, comparison: Comparison) -> dict[str, Any]:
    cells = []
    for found in columns(comparison).values():
        for place, column in enumerate(found):
            estimate = column.estimate(row)
            value = number(estimate.mean)
            cells.append(
                {"value": value, "interval": interval(estimate), "half": half_width(estimate), "first": place == 0,
                 "sort": "" if value == UNSCORED else value}
            )  # fmt: skip
    return {"label": plain(row.label, 60), "marks": marks(row), "role": row.role, "cells": cells}


def _failures(comparison: Comparison) -> list[dict[str, Any]]:
    """Tables of what went wrong: rows are kinds, columns agents; only kinds that occurred."""
    rows = comparison.rows
    sentences = {reason.value: reason.sentence("robot", "thing", "place") for reason in FailureReason}
    sentences[GOALS_UNMET] = "Every step was carried out, yet the action's goals did not hold."
    total = len(comparison.scenarios)
    parts: list[tuple[str, str, dict[str, str], list[Mapping[str, int]], list[int]]] = [
        ("Actions that failed", "Actions, by the first precondition that was not met.", sentences,
         [row.reasons for row in rows], [row.actions for row in rows]),
        ("Plans with something wrong", "Episodes; what could be read was carried out all the same.", _ISSUES,
         [row.issues for row in rows], [total] * len(rows)),
        ("No usable answer", "Episodes; they stay in every mean and score what doing nothing scores.", {},
         [row.errors for row in rows], [total] * len(rows)),
    ]  # fmt: skip
    return [table for part in parts if (table := _failure_table(*part)) is not None]


def _failure_table(title: str, unit: str, sentences: Mapping[str, str], counts: Sequence[Mapping[str, int]],
                   totals: Sequence[int]) -> dict[str, Any] | None:  # fmt: skip
    kinds: dict[str, int] = {}
    for row in counts:
        for kind, count in row.items():
            kinds[kind] = kinds.get(kind, 0) + count
    if not kinds:
        return None
    ranked = sorted(kinds, key=lambda kind: (-kinds[kind], kind))
    lines = []
    for kind in ranked[:20]:
        cells = [
            {"count": row.get(kind, 0), "total": total, "heat": _heat(row.get(kind, 0), total)}
            for row, total in zip(counts, totals, strict=True)
        ]
        words = plain(kind, 60).replace("_", " ")
        lines.append({"kind": words, "sentence": sentences.get(kind, ""), "cells": cells})
    return {"title": title, "unit": unit, "rows": lines, "left_out": len(ranked) - len(lines)}


def _heat(count: int, total: int) -> int:
    """How strongly a cell is tinted, 0 to 4."""
    share = count / total if total else 0.0
    return 0 if not count else 1 + sum(share >= bound for bound in (0.05, 0.15, 0.35))


def _run(row: Row, comparison: Comparison) -> dict[str, str]:
    overrides = row.manifest.get("overrides")
    words = [plain(word, 400) for word in redacted(overrides)] if isinstance(overrides, list) else []
    config = redacted(row.manifest.get("config") or {"agent": {"name": row.agent}})
    versions: dict[str, set[str]] = {}
    for episode in comparison.episodes[row.label]:
        for name, value in episode.versions.items():
            if value and value != "None":  # symbolic has no renderer
                versions.setdefault(plain(name, 60), set()).add(plain(value, 200))
    return {
        "label": plain(row.label, 60),
        "command": "empathy-gym evaluate " + " ".join(words) if words else "",
        "config": plain(json.dumps(config, indent=2, sort_keys=True, ensure_ascii=False, default=str), 6000, lines=True),
        "versions": "; ".join(f"{name} {', '.join(sorted(values)[:3])}" for name, values in sorted(versions.items())),
    }
