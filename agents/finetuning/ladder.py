"""The ladder: score against parameters, before and after fine-tuning, with intervals, and the ceiling that references set.

TIDE (arXiv 2505.15065) asks how small an empathetic model may be; each rung is one finished run's ``gain.json``.
"""

from __future__ import annotations

import json
import math
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
        floor: what the better of the blind agents reaches there; NaN if unknown.
        method: how it was fine-tuned.
        scenarios: how many it was evaluated on.
    """

    label: str
    parameters: int
    before: tuple[float, float, float]
    after: tuple[float, float, float]
    ceiling: float
    floor: float = math.nan
    method: str = ""
    scenarios: int = 0


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
            floor = max((float(rows[metric]["before"][0]) for rows in gain.get("floor", {}).values()), default=math.nan)
            sizes = {"parameters": int(gain["parameters"]), "scenarios": int(gain["scenarios"])}
            ceiling = float(row.get("ceiling") or "nan")
            rung = Rung(gain["model"], **sizes, before=before, after=after, ceiling=ceiling, floor=floor, method=gain["method"])  # type: ignore[arg-type]
            found.append(rung)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise FinetuneError(f"{file}: expected what finetune wrote, got {type(error).__name__}: {error}") from None
    if not found:
        hint = f" with metric {metric!r} (there are {', '.join(sorted(known))})" if known else ""
        raise FinetuneError(
            f"{folder}: expected finished runs with {GAIN}{hint}, found none; run empathy-gym finetune with gain.enabled=true"
        )
    return sorted(found, key=lambda rung: (rung.parameters, rung.label))


def draw(rungs: Sequence[Rung], file: Path, *, title: str) -> None:
    """Draw the ladder as SVG or PNG, by the file's ending.

    Args:
        rungs: smallest first.
        file: where to.
        title: of the metric.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7.2, 4.4), layout="constrained")
    sizes = [rung.parameters for rung in rungs]
    apart = _apart(sizes)
    for label, side, colour, marker, shift in (
        ("before", "before", "#8a94a6", "o", 1 / apart),
        ("after fine-tuning", "after", "#0f766e", "s", apart),
    ):
        values = [getattr(rung, side) for rung in rungs]
        means = [value[0] for value in values]
        low = [max(0.0, value[0] - value[1]) for value in values]
        high = [max(0.0, value[2] - value[0]) for value in values]
        places = [size * shift for size in sizes]
        axes.errorbar(places, means, yerr=[low, high], label=label, color=colour, marker=marker, capsize=4, linewidth=1.6)
    for name, key, colour in (("ceiling", "runner-up reference", "#b45309"), ("floor", "best blind agent", "#6b7280")):
        values = [getattr(rung, name) for rung in rungs if math.isfinite(getattr(rung, name))]
        if values:
            axes.axhline(sum(values) / len(values), color=colour, linestyle="--", linewidth=1.2, label=key)
    axes.set_xscale("log")
    span = 3 if len(set(sizes)) == 1 else 1.4
    axes.set_xlim(min(sizes) / span, max(sizes) * span)
    ticks = {rung.parameters: f"{rung.label}\n{_short(rung.parameters)}" for rung in rungs}
    axes.set_xticks(list(ticks), list(ticks.values()))
    axes.minorticks_off()
    axes.set_xlabel("parameters (log scale)")
    axes.set_ylabel(title)
    axes.set_ylim(bottom=min(0.0, *(value for rung in rungs for value in (rung.before[1], rung.after[1]))))
    methods = ", ".join(dict.fromkeys(rung.method for rung in rungs if rung.method)) or "fine-tuning"
    count = max(rung.scenarios for rung in rungs)
    axes.set_title(
        f"{title} against size, before and after {methods}\n{count} test scenarios, bars: 95 % intervals by resident",
        fontsize=10,
        loc="left",
    )
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.grid(axis="y", color="#e5e7eb")
    axes.set_axisbelow(True)
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=4, fontsize=9)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=150, metadata={"Date": None} if file.suffix == ".svg" else None)
    pyplot.close(figure)


def _apart(sizes: Sequence[int]) -> float:
    """How far before and after stand from their size, so that their bars do not hide each other."""
    return float((max(sizes) / min(sizes)) ** 0.006) if len(set(sizes)) > 1 else 1.03


def _short(count: int) -> str:
    for size, letter in ((10**9, "B"), (10**6, "M"), (10**3, "k")):
        if count >= size:
            return f"{count / size:.3g}{letter}"
    return str(count)
