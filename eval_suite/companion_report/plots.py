"""Trajectories as pictures: each axis over the turns, and the way through the space of the three (matplotlib, SVG)."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from envs.companion.evidence import AXES
from eval_suite.companion import CompanionComparison, CompanionRun

COLOURS = ("#b0261d", "#c2703a", "#8a949b", "#0a6a66", "#1c7039", "#5a4a9c", "#9a3359", "#7c5200")
"""One for each run, worst first; legible on light and dark."""
_TITLES = {"cognitive": "to be understood", "affective": "to be comforted", "proactive": "to be helped to act"}
_GREY = "#7d878c"


def mean_way(run: CompanionRun, turns: int) -> NDArray[np.float64]:
    """The mean place after each turn as a share of ``||P_0||``, (turns + 1, 3); a session that ended stays where it ended."""
    ways = []
    for episode in run.episodes:
        start = np.array(episode.start, float)
        reach = float(np.linalg.norm(start)) or 1.0
        places = [start, *(np.array(turn.place, float) for turn in episode.turns[:turns])]
        places += [places[-1]] * (turns + 1 - len(places))
        ways.append(np.stack(places) / reach)
    return np.asarray(np.mean(ways, axis=0), np.float64)


def axes_figure(comparison: CompanionComparison) -> str:
    """One panel for each axis: the mean deficit over the turns, 0 at the top, as SVG."""
    from matplotlib.figure import Figure

    turns = _turns(comparison)
    figure = Figure(figsize=(10.5, 3.3), layout="constrained")
    panels = figure.subplots(1, 3, sharey=True)
    for axis, panel in enumerate(panels):
        panel.axhline(0.0, color=_GREY, linewidth=0.8, linestyle=(0, (4, 3)))
        for number, run in enumerate(comparison.runs):
            way = mean_way(run, turns)[:, axis]
            panel.plot(range(turns + 1), way, color=COLOURS[number % len(COLOURS)], linewidth=2.0, label=run.label[:30])
        panel.set_title(f"{AXES[axis]}: {_TITLES[AXES[axis]]}", fontsize=10, loc="left", color=_GREY)
        panel.xaxis.get_major_locator().set_params(integer=True)
        panel.set_xlabel("turn", fontsize=9, color=_GREY)
        _quiet(panel)
    panels[0].set_ylabel("deficit, share of the start", fontsize=9, color=_GREY)
    low = min(float(mean_way(run, turns).min()) for run in comparison.runs)
    panels[0].set_ylim(max(low * 1.05, -4.0), 0.35)
    return _svg(figure, "Mean deficit of each axis over the turns, one line an agent; dashed: nothing is missing.")


def space_figure(comparison: CompanionComparison) -> str:
    """The mean way through the three axes, start to end, and where nothing is missing, as SVG."""
    from matplotlib.figure import Figure

    turns = _turns(comparison)
    figure = Figure(figsize=(7.0, 5.6))
    space: Any = figure.add_subplot(projection="3d", computed_zorder=False)
    figure.subplots_adjust(left=0.0, right=0.9, bottom=0.04, top=1.0)
    for number, run in enumerate(comparison.runs):
        # A collapse runs off far beyond the others; what is outside of the frame is told by the axes' own panels.
        way = np.clip(mean_way(run, turns), -2.0, 1.0)
        colour = COLOURS[number % len(COLOURS)]
        space.plot(way[:, 0], way[:, 1], way[:, 2], color=colour, linewidth=2.2, zorder=3)
        space.scatter(*way[-1], color=colour, s=34, depthshade=False, zorder=4)
        space.text(*(way[-1] + (0.04, 0.04, 0.05)), run.label[:24], color=colour, fontsize=9, zorder=5)
    start = mean_way(comparison.runs[0], 0)[0]
    space.scatter(*start, color=_GREY, s=40, marker="s", depthshade=False, zorder=4)
    space.text(*(start + (0.04, 0.04, -0.14)), "start", color=_GREY, fontsize=9, zorder=5)
    space.scatter(0, 0, 0, color="#1c7039", s=90, marker="*", depthshade=False, zorder=4)
    space.text(0.05, 0.05, 0.07, "nothing missing", color="#1c7039", fontsize=9, zorder=5)
    for name, axis in zip(AXES, (space.xaxis, space.yaxis, space.zaxis), strict=True):
        axis.set_label_text(name, fontsize=9, color=_GREY)
        axis.set_pane_color((0.5, 0.55, 0.57, 0.06))
        axis._axinfo["grid"].update(color=(0.5, 0.55, 0.57, 0.25), linewidth=0.6)
        axis.set_tick_params(labelsize=7, labelcolor=_GREY, colors=_GREY)
    space.view_init(elev=20, azim=-58)
    return _svg(figure, "The mean way of each agent's residents through the space of the three deficits.")


def _turns(comparison: CompanionComparison) -> int:
    return max((len(episode.turns) for run in comparison.runs for episode in run.episodes), default=1)


def _quiet(panel: Any) -> None:
    for side in ("top", "right"):
        panel.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        panel.spines[side].set_color(_GREY)
    panel.tick_params(labelsize=8, colors=_GREY, labelcolor=_GREY)
    panel.patch.set_alpha(0.0)


def _svg(figure: Any, told: str) -> str:
    """The figure as an SVG element that can stand in a page, the same bytes each time."""
    import matplotlib

    figure.patch.set_alpha(0.0)
    with matplotlib.rc_context({"svg.hashsalt": "companion", "svg.fonttype": "none"}):
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r'(<svg[^>]*?) width="[^"]+"', r"\1", re.sub(r'(<svg[^>]*?) height="[^"]+"', r"\1", text, count=1), count=1)
    return re.sub(r"<svg ", f'<svg role="img" aria-label="{told}" ', text, count=1)


def legend(runs: Sequence[CompanionRun]) -> list[tuple[str, str]]:
    """(label, colour) of each run, best first."""
    return [(run.label, COLOURS[number % len(COLOURS)]) for number, run in reversed(list(enumerate(runs)))]
