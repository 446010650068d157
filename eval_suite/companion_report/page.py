"""Writing the companion page: template, style and script into one file that asks the network for nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from envs.companion.evidence import AXES
from envs.companion.record import CompanionEpisode, CompanionTurn
from eval_suite.companion import REPORT_COLUMNS, CompanionComparison, triangulate
from eval_suite.companion_report.plots import axes_figure, legend, space_figure
from eval_suite.companion_tables import scaled
from eval_suite.metrics.process import PROCESS_METRICS
from eval_suite.plain_text import plain
from eval_suite.report.content import embedded_json
from eval_suite.report.media import BUDGET, MediaShelf
from eval_suite.report.page import policy_for
from eval_suite.store import StoreError
from eval_suite.tables import half_width, interval, number
from plans.actions import ACTIONS

NAME = "companion.html"
SESSIONS = 40
"""Scenarios whose sessions are in the page; more would make it slow to open."""


def write_companion_report(
    folder: str | Path, comparison: CompanionComparison, path: str | Path | None = None, *, media_budget: int = BUDGET
) -> Path:
    """Write the report of a comparison.

    Args:
        folder: of the runs; the page goes there unless ``path`` says otherwise.
        comparison: what to show.
        path: where to.
        media_budget: bytes of pictures and films in the page.

    Raises:
        StoreError: it cannot be written.
    """
    target = Path(path) if path is not None else Path(folder) / NAME
    text = render_companion_report(comparison, media_budget=media_budget)
    unfinished = target.with_name(f".{target.name}.part")
    try:
        unfinished.write_text(text, encoding="utf-8", errors="replace", newline="\n")
        os.replace(unfinished, target)
    except OSError as error:
        raise StoreError(f"{target}: cannot write the report: {error.strerror}; give a path that you can write") from None
    return target


def render_companion_report(comparison: CompanionComparison, *, media_budget: int = BUDGET) -> str:
    """The page as text."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    shelf = MediaShelf(media_budget)
    data = session_data(comparison, shelf)
    here = resources.files("eval_suite.companion_report")
    base = (resources.files("eval_suite.report") / "report.css").read_text(encoding="utf-8")
    style, script = ((here / name).read_text(encoding="utf-8") for name in ("companion.css", "companion.js"))
    environment = Environment(
        loader=PackageLoader("eval_suite", "companion_report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    count = len(comparison.runs[0].episodes)
    return environment.get_template("companion.html").render(
        style=Markup(base + style),
        script=Markup(script),
        policy=policy_for(script),
        data=Markup(embedded_json(data)),
        media=[(key, kind, Markup(text)) for key, (kind, text) in shelf.items.items()],
        media_left_out=shelf.left_out,
        comparison=comparison,
        count=count,
        shown=len(data["sessions"]),
        resident=", ".join(sorted({episode.resident for run in comparison.runs for episode in run.episodes})),
        preset=", ".join(sorted({episode.preset for run in comparison.runs for episode in run.episodes})),
        simulator=", ".join(sorted({episode.simulator for run in comparison.runs for episode in run.episodes})),
        metrics=list(PROCESS_METRICS.values()),
        table=[_row(run.label, comparison) for run in reversed(comparison.runs)],
        steps=[
            (PROCESS_METRICS[name].title, plain(upper, 60), plain(lower, 60), number(difference.mean),
             f"[{number(difference.low)}, {number(difference.high)}]", number(difference.p, 4))
            for name, upper, lower, difference in comparison.steps
        ],
        reports=_reports(comparison),
        legend=[(plain(label, 60), colour) for label, colour in legend(comparison.runs)],
        axes=Markup(axes_figure(comparison)),
        space=Markup(space_figure(comparison)),
    )  # fmt: skip


def _row(label: str, comparison: CompanionComparison) -> dict[str, Any]:
    cells = []
    for name, metric in PROCESS_METRICS.items():
        estimate = scaled(comparison.estimates[label][name], metric.scale)
        cells.append({"value": number(estimate.mean), "half": half_width(estimate), "interval": interval(estimate)})
    return {"label": plain(label, 60), "cells": cells}


def _reports(comparison: CompanionComparison) -> dict[str, Any]:
    found = triangulate(comparison)
    columns = list(REPORT_COLUMNS)
    return {
        "columns": columns,
        "rows": [
            {
                "label": plain(run.label, 60),
                "cells": [number(found.means[column][run.label].mean) for column in columns],
                "gap": number(found.gaps[run.label].mean),
                "gap_interval": interval(found.gaps[run.label]),
            }
            for run in reversed(comparison.runs)
        ],
        "correlations": [(one, [number(found.correlations[(one, other)]) for other in columns]) for one in columns],
    }


# -- sessions --------------------------------------------------------------------------------------------------------


def session_data(comparison: CompanionComparison, shelf: MediaShelf) -> dict[str, Any]:
    """Everything that the player shows; films go to ``shelf`` and are referred to by key."""
    runs = list(reversed(comparison.runs))
    count = len(runs[0].episodes)
    filmed = [i for i in range(count) if any(run.episodes[i].media for run in runs)]
    spread = [(2 * k + 1) * count // (2 * min(SESSIONS, count)) for k in range(min(SESSIONS, count))]
    chosen = list(dict.fromkeys([*filmed, *spread]))[:SESSIONS]
    sessions = []
    homes: dict[str, Any] = {}
    for i in chosen:
        scenario = runs[0].episodes[i].scenario
        homes.setdefault(scenario.home.layout, _home(scenario.home.layout))
        labels = scenario.labels
        sessions.append(
            {
                "name": plain(scenario.resident.name or scenario.resident.id, 80),
                "age": scenario.resident.age,
                "profile": plain(scenario.resident.profile, 1600, lines=True),
                "dialogue": plain(scenario.dialogue, 800),
                "situation": plain(scenario.situation, 800),
                "feeling": labels.emotion if labels else "",
                "home": scenario.home.layout,
                "plays": [_play(run.episodes[i], run.folder, shelf) for run in runs],
            }
        )
    return {"agents": [plain(run.label, 60) for run in runs], "axes": list(AXES), "homes": homes, "sessions": sessions}


def _home(layout: str) -> list[dict[str, Any]]:
    from envs.household.blueprint import load_blueprint

    try:
        rooms = load_blueprint(layout).rooms
    except (ValueError, OSError):  # a home of the user's own, which is not here any more
        return []
    return [
        {"name": plain(room.name.replace("_", " "), 40), "bounds": [round(value, 2) for value in room.bounds]} for room in rooms
    ]


def _play(episode: CompanionEpisode, folder: Path | None, shelf: MediaShelf) -> dict[str, Any]:
    def film(name: str) -> list[str | None]:
        found = [episode.media.get(f"{name}_{kind}") for kind in ("video", "picture")]
        return [shelf.add(folder, path) if path else None for path in found]

    return {
        "outcome": episode.outcome,
        "start": [round(value, 2) for value in episode.start],
        "opening": {"bodies": _bodies(episode.opening), "on": episode.opening.on[:12], "film": film("opening")},
        "epm": number(episode.scores.get("epm_q", float("nan")), 1),
        "turns": [_turn(turn, film(f"turn_{turn.turn}")) for turn in episode.turns[:60]],
        "reports": {
            "resident on themselves": episode.reports.resident_self.items,
            "resident on the robot": episode.reports.resident_of_robot.items,
            "robot on itself": episode.reports.robot_self.items,
        },
        "bystander": episode.reports.third_party[:60],
    }


def _turn(turn: CompanionTurn, film: Sequence[str | None]) -> dict[str, Any]:
    evidence = turn.evidence
    return {
        "heard": plain(turn.heard, 800),
        "error": plain(turn.error, 400) if turn.error else None,
        "acts": [
            [ACTIONS[act.action].phrase if act.action in ACTIONS else plain(act.action, 80), act.ok, plain(act.detail, 160)]
            for act in turn.actions[:12]
        ],
        "said": plain(turn.said, 1200),
        "told": plain(turn.reaction.told, 300),
        "answered": plain(turn.reaction.said, 800),
        "refused": [ACTIONS[name].phrase for name in turn.reaction.refused if name in ACTIONS],
        "steps": [[plain(step.line, 80), step.ok] for step in turn.reaction.steps[:12]],
        "place": [round(value, 2) for value in turn.place],
        "step": [round(value, 2) for value in turn.step],
        "work": round(turn.work, 2),
        "energy": round(turn.energy, 2),
        "unscored": plain(turn.unscored, 200) if evidence is None else "",
        "evidence": []
        if evidence is None
        else [
            [
                [item.progress, plain(item.progress_reason, 200), plain(item.progress_quote, 160)],
                [item.negative, plain(item.negative_reason, 200), plain(item.negative_quote, 160)],
            ]
            for item in evidence.axes
        ],
        "bodies": _bodies(turn.house),
        "on": turn.house.on[:12],
        "film": list(film),
    }


def _bodies(house: Any) -> dict[str, list[float]]:
    return {name: [body.x, body.y, body.heading, float(body.seat is not None)] for name, body in house.bodies.items()}
