"""Weights & Biases: a finished companion run as one W&B run, a row a turn, with its trajectories; offline by default."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eval_suite.companion import CompanionRun, compare_companion, read_companion_runs
from eval_suite.companion_report.plots import axes_figure, space_figure
from eval_suite.metrics.process import PROCESS_METRICS
from eval_suite.plain_text import plain
from eval_suite.redaction import redacted
from eval_suite.wandb_log import MODES, TEXT, WandbError, environment_of

_TURN = ("scenario", "turn", "heard", "actions", "said", "reaction", "answered", "cognitive", "affective", "proactive", "dE",
         "energy", "evidence")  # fmt: skip


def log_companion(folder: str | Path, settings: Mapping[str, Any]) -> Path | None:
    """Log one companion run: means with intervals, a table of turns, trajectories as pictures.

    Args:
        folder: the run's folder; W&B's own files go to ``wandb`` and ``wandb-data`` in it.
        settings: ``mode`` (``offline`` by default), ``project``, ``entity``, ``group``.

    Returns:
        The folder that W&B wrote, for ``wandb sync``; None if the mode is ``disabled``.

    Raises:
        WandbError: unknown mode, no login, no connection, no wandb.
        StoreError: no episodes in the folder.
    """
    mode = str(settings.get("mode") or "offline")
    if mode not in MODES:
        raise WandbError(f"expected wandb.mode among {', '.join(MODES)}; got {mode!r}")
    if mode == "disabled":
        return None
    place = Path(folder).resolve()
    (run,) = read_companion_runs(place)[:1]
    with environment_of(place):
        try:
            import wandb
        except ImportError:
            raise WandbError(
                "expected the package wandb, which is not installed; pip install wandb, or set wandb.enabled=false"
            ) from None
        try:
            return _send(wandb, place, mode, settings, run)
        except (wandb.errors.Error, OSError) as error:
            reason = " ".join(str(error).split())[:300]
            raise WandbError(f"W&B: {reason}; the results are safe in {place}; set wandb.mode=offline, sync later") from None


def _send(wandb: Any, place: Path, mode: str, settings: Mapping[str, Any], run: CompanionRun) -> Path:
    import os

    comparison = compare_companion([run])
    logged = wandb.init(
        project=settings.get("project") or "empathy-gym",
        entity=settings.get("entity") or None,
        group=settings.get("group") or None,
        name=plain(run.label, 100),
        mode="offline" if mode == "offline" else "online",
        dir=os.environ.get("WANDB_DIR", str(place)),
        config=redacted(run.manifest.get("config") or {}),
        reinit="create_new",
        settings=wandb.Settings(
            console="off", disable_git=True, disable_code=True, x_disable_meta=True, x_disable_stats=True, silent=True,
            init_timeout=30,
        ),
    )  # fmt: skip
    try:
        logged.log(
            {
                "turns": _table(wandb, run),
                "trajectory/axes": wandb.Html(axes_figure(comparison)),
                "trajectory/space": wandb.Html(space_figure(comparison)),
            }
        )
        logged.summary.update(_summary(comparison.estimates[run.label]))
    finally:
        written = Path(logged.settings.sync_dir)
        logged.finish()
    return written


def _summary(estimates: Mapping[str, Any]) -> dict[str, float]:
    return {
        f"{name}/{part}": getattr(estimates[name], part)
        for name in PROCESS_METRICS
        for part in ("mean", "low", "high")
        if math.isfinite(getattr(estimates[name], part))
    }


def _table(wandb: Any, run: CompanionRun) -> Any:
    table = wandb.Table(columns=list(_TURN), allow_mixed_types=True)
    for episode in run.episodes:
        for turn in episode.turns:
            found = "; ".join(f"{note.axis} {note.level:+d} {note.kind}" for note in turn.findings if note.level)
            acts = ", ".join(act.action + ("" if act.ok else " (failed)") for act in turn.actions)
            words = (episode.scenario.id, turn.turn, turn.heard, acts, turn.said, turn.reaction.told, turn.reaction.said)
            shown = [plain(word, TEXT) if isinstance(word, str) else word for word in words]
            table.add_data(*shown, *turn.place, turn.work, turn.energy, plain(found, TEXT))
    return table
