"""The ladder: score against parameters, before and after fine-tuning, with intervals, and the ceiling that references set.

TIDE (arXiv 2505.15065) asks how small an empathetic model may be; each rung is one finished run's ``gain.json``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.finetuning.errors import FinetuneError

GAIN = "gain.json"
"""What a proof of gain leaves in a run's folder."""


@dataclass(frozen=True)
class Rung:
    """One model size.

    Args:
        label: the model.
        parameters: its weights, adapters not counted.
        before, after: (mean, low, high) in table units.
        ceiling: what the runner-up reference reaches on the same scenarios; NaN if unknown.
    """

    label: str
    parameters: int
    before: tuple[float, float, float]
    after: tuple[float, float, float]
    ceiling: float


def read_rungs(folder: str | Path, metric: str) -> list[Rung]:
    """Every finished proof below a folder, smallest model first.

    Raises:
        FinetuneError: none there, or none with this metric.
    """
    found: list[Rung] = []
    known: set[str] = set()
    for file in sorted(Path(folder).rglob(GAIN)):
        try:
            gain: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
            known |= set(gain["metrics"])
            if metric not in gain["metrics"]:
                continue
            row = gain["metrics"][metric]
            before, after = (tuple(float(value) for value in row[side]) for side in ("before", "after"))
            found.append(Rung(gain["model"], int(gain["parameters"]), before, after, float(row.get("ceiling") or "nan")))  # type: ignore[arg-type]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise FinetuneError(f"{file}: expected what finetune wrote, got {type(error).__name__}: {error}") from None
    if not found:
        hint = f" with metric {metric!r} (there are {', '.join(sorted(known))})" if known else ""
        raise FinetuneError(
            f"{folder}: expected finished runs with {GAIN}{hint}, found none; run empathy-gym finetune gain=true"
        )
    return sorted(found, key=lambda rung: (rung.parameters, rung.label))


def draw(rungs: Sequence[Rung], file: Path, *, title: str) -> None:
    """Draw the ladder as SVG or PNG, by the file's ending."""
    import math

    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7.2, 4.4), layout="constrained")
    sizes = [rung.parameters for rung in rungs]
    for label, side, colour, marker in (("before", "before", "#8a94a6", "o"), ("after fine-tuning", "after", "#0f766e", "s")):
        values = [getattr(rung, side) for rung in rungs]
        means = [value[0] for value in values]
        low = [max(0.0, value[0] - value[1]) for value in values]
        high = [max(0.0, value[2] - value[0]) for value in values]
        axes.errorbar(sizes, means, yerr=[low, high], label=label, color=colour, marker=marker, capsize=4, linewidth=1.6)
    ceilings = [rung.ceiling for rung in rungs if math.isfinite(rung.ceiling)]
    if ceilings:
        top = sum(ceilings) / len(ceilings)
        axes.axhline(top, color="#b45309", linestyle="--", linewidth=1.2)
        axes.annotate(
            "runner-up reference", (min(sizes), top), xytext=(0, 4), textcoords="offset points", color="#b45309", fontsize=9
        )
    axes.set_xscale("log")
    if len(set(sizes)) == 1:
        axes.set_xlim(sizes[0] / 3, sizes[0] * 3)
    axes.set_xticks(sizes, [_short(size) for size in sizes])
    axes.minorticks_off()
    axes.set_xlabel("parameters")
    axes.set_ylabel(title)
    axes.set_ylim(bottom=0)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.grid(axis="y", color="#e5e7eb")
    axes.set_axisbelow(True)
    axes.legend(frameon=False, loc="best")
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=150, metadata={"Date": None} if file.suffix == ".svg" else None)
    pyplot.close(figure)


def _short(count: int) -> str:
    for size, letter in ((10**9, "B"), (10**6, "M"), (10**3, "k")):
        if count >= size:
            return f"{count / size:.3g}{letter}"
    return str(count)
