"""Writing leaderboards: ``index.html`` (offline, sortable) and ``leaderboard.md``."""

from __future__ import annotations

import base64
import hashlib
import os
from importlib import resources
from pathlib import Path
from typing import Any

from eval_suite.comparison import CHANCE, Row
from eval_suite.leaderboard.board import Board, build_boards
from eval_suite.plain_text import plain
from eval_suite.store import StoreError
from eval_suite.tables import TITLES, UNSCORED, columns, interval, marks, number

ROLES = {"ceiling": "ceiling: saw the references", "agent": "agents", "floor": "floor: blind"}


def write_leaderboard(folder: str | Path, *, seed: int = 0, title: str = "EmpathyGym leaderboard") -> Path:
    """Write ``index.html`` and ``leaderboard.md`` into a folder of runs.

    Args:
        folder: with runs in it; links are relative to it, so that it can be published as it is.
        seed: of the intervals' resampling.
        title: of the page.

    Returns:
        The page.

    Raises:
        StoreError: no runs there, or a file that cannot be read or written.
    """
    root = Path(folder)
    boards = build_boards(root, seed=seed)
    _write(root / "leaderboard.md", to_markdown(boards, title))
    _write(root / "index.html", to_html(boards, title, report=(root / "report.html").is_file()))
    return root / "index.html"


def _write(path: Path, text: str) -> None:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_text(text, encoding="utf-8", errors="replace", newline="\n")
        unfinished.replace(path)  # a reader never sees half a page
    except OSError as error:
        raise StoreError(f"{path}: cannot write the leaderboard: {error.strerror}; give a folder that you can write") from None


def to_html(boards: list[Board], title: str, *, report: bool = False) -> str:
    """The page as text: it asks the network for nothing, and whatever agents are called cannot act in it."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    here = resources.files("eval_suite.leaderboard")
    style, script = ((here / name).read_text(encoding="utf-8") for name in ("leaderboard.css", "leaderboard.js"))
    environment = Environment(
        loader=PackageLoader("eval_suite", "leaderboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template("leaderboard.html").render(
        title=plain(title, 120),
        style=Markup(style),
        script=Markup(script),
        policy=f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; base-uri 'none'; "
        "form-action 'none'",
        boards=[_board(board) for board in boards],
        report=report,
    )


def _board(board: Board) -> dict[str, Any]:
    comparison = board.comparison
    families = [
        {
            "title": TITLES.get(family, family.capitalize()),
            "columns": [{"title": c.title, "meaning": _meaning(c), "better": c.metric.higher_is_better} for c in found],
            "groups": [
                {"role": role, "title": ROLES[role], "rows": rows} for role in ROLES if (rows := _rows(board, role, found))
            ],
        }
        for family, found in columns(comparison).items()
    ]
    return {
        "name": plain(board.name, 120),
        "scenarios": len(comparison.scenarios),
        "residents": comparison.residents,
        "left_out": comparison.left_out,
        "families": families,
        "added": any(row.added for row in comparison.rows),
    }


def _meaning(column: Any) -> str:
    if column.corrected:
        return f"(s − c) / (1 − c), c being the better of the blind plans {' and '.join(CHANCE)}."
    return str(column.metric.meaning)


def _rows(board: Board, role: str, found: list[Any]) -> list[dict[str, Any]]:
    lines = []
    for rank, row in board.ranked:
        if row.role != role:
            continue
        cells = []
        for column in found:
            estimate = column.estimate(row)
            value = number(estimate.mean)
            cells.append(
                {"value": value, "interval": interval(estimate), "sort": "" if value == UNSCORED else f"{estimate.mean:.6f}"}
            )
        lines.append(
            {
                "rank": rank,
                "label": plain(row.label, 80),
                "marks": marks(row),
                "link": board.links[row.label],
                "cells": cells,
                "note": _note(row, len(board.comparison.scenarios)),
            }
        )
    return lines


def _note(row: Row, scenarios: int) -> str:
    parts = [plain(row.simulator, 30), f"seed {row.seed}"]
    if row.errors:
        parts.append(f"no usable answer in {sum(row.errors.values())} of {scenarios}")
    return ", ".join(parts)


def to_markdown(boards: list[Board], title: str) -> str:
    """The same as Markdown tables."""
    from eval_suite.tables import escaped

    lines = [f"# {escaped(title)}"]
    for board in boards:
        comparison = board.comparison
        left = f"; {comparison.left_out} left out, not in every run" if comparison.left_out else ""
        lines += [
            "",
            f"## {escaped(board.name)}",
            "",
            f"{len(comparison.scenarios)} scenarios of {comparison.residents} residents{left}.",
        ]
        for family, found in columns(comparison).items():
            lines += ["", f"### {escaped(TITLES.get(family, family.capitalize()))}", ""]
            lines.append("| # | agent | " + " | ".join(escaped(column.title) for column in found) + " | episodes |")
            lines.append("|--:|:--|" + "--:|" * len(found) + ":--|")
            for rank, row in board.ranked:
                cells = [f"{number(e.mean)} {interval(e)}".strip() for e in (column.estimate(row) for column in found)]
                link = board.links[row.label]
                name = f"{escaped(row.label)} {marks(row)}".strip()
                raw = f"[raw]({link})" if link else "not kept here"
                lines.append(
                    f"| {rank or ''} | {f'*{name}*' if row.role == 'floor' else name} | " + " | ".join(cells) + f" | {raw} |"
                )
    lines += [
        "",
        "▲ saw the references (ceiling); italics: blind (floor); † computed in symbolic by this command; "
        f"brackets: 95 % intervals by resident; {UNSCORED} unscored. Missing answers count.",
    ]
    return "\n".join(lines) + "\n"
