"""Weights & Biases: a finished run as one W&B run, offline unless asked otherwise.

Logged after the evaluation, from disk: what W&B does or fails to do cannot touch the results.
"""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from eval_suite.comparison import Comparison, Row, compare, read_run
from eval_suite.episode import Episode
from eval_suite.metrics import METRICS
from eval_suite.plain_text import plain
from eval_suite.redaction import redacted
from eval_suite.report.content import script_words
from eval_suite.store import StoreError

log = logging.getLogger(__name__)

MODES = ("offline", "online", "disabled")
TEXT = 4000
"""Characters kept of a text in the table."""


class WandbError(StoreError):
    """W&B could not take the run; the message is one line. The results on disk are not affected."""


def log_run(
    folder: str | Path,
    settings: Mapping[str, Any],
    *,
    episodes: Sequence[Episode] | None = None,
    comparison: Comparison | None = None,
) -> Path | None:
    """Log one run: a table with a row per episode, means with intervals, the configuration without secrets.

    Args:
        folder: the run's folder; W&B's own files go to ``wandb`` and ``wandb-data`` in it.
        settings: ``mode`` (``offline`` by default), ``project``, ``entity``, ``group``.
        episodes: what to log; read from the folder if not given.
        comparison: whose row of this run gives the means, with values corrected for chance; computed without if not given.

    Returns:
        The folder that W&B wrote, for ``wandb sync``; None if the mode is ``disabled``.

    Raises:
        WandbError: unknown mode, no login, no connection.
        StoreError: no episodes in the folder.
    """
    mode = str(settings.get("mode") or "offline")
    if mode not in MODES:
        raise WandbError(f"expected wandb.mode among {', '.join(MODES)}; got {mode!r}")
    if mode == "disabled":
        return None
    place = Path(folder).resolve()
    runs = read_run(place)
    comparison = comparison if comparison is not None else compare(runs)
    row = next((row for row in comparison.rows if row.folder is not None and row.folder.resolve() == place), comparison.rows[0])
    shown = list(episodes) if episodes is not None else list(comparison.episodes[row.label])
    with environment_of(place):
        return _send(place, mode, settings, row, shown)


@contextmanager
def environment_of(folder: Path) -> Iterator[None]:
    """W&B's files beside the run, unless the user says where; what tables hold is kept under absolute paths there."""
    data = str(folder / "wandb-data")
    wanted = {"WANDB_DIR": str(folder), "WANDB_DATA_DIR": data, "WANDB_CACHE_DIR": data, "WANDB_DISABLE_WEAVE": "1"}
    mine = {name: value for name, value in wanted.items() if name not in os.environ}
    os.environ.update(mine)
    try:
        yield
    finally:
        for name in mine:
            os.environ.pop(name, None)


def _send(folder: Path, mode: str, settings: Mapping[str, Any], row: Row, episodes: Sequence[Episode]) -> Path:
    try:
        import wandb
    except ImportError:
        raise WandbError(
            "expected the package wandb, which is not installed; pip install wandb, or set wandb.enabled=false"
        ) from None

    try:
        run = wandb.init(
            project=settings.get("project") or "empathy-gym",
            entity=settings.get("entity") or None,
            group=settings.get("group") or None,
            name=plain(row.label, 100),
            mode="offline" if mode == "offline" else "online",
            dir=os.environ["WANDB_DIR"],
            config=_config(row, episodes),
            reinit="create_new",
            # The command line and the console may hold keys; the configuration says what is needed.
            settings=wandb.Settings(
                console="off",
                disable_git=True,
                disable_code=True,
                x_disable_meta=True,
                x_disable_stats=True,
                silent=True,
                init_timeout=30,  # seconds: without a network, say so soon
            ),
        )
        try:
            run.log({"episodes": _table(wandb, folder, episodes)})
            run.summary.update(_summary(row))
        finally:
            written = Path(run.settings.sync_dir)
            run.finish()
    except (wandb.errors.Error, OSError) as error:
        reason = " ".join(str(error).split())[:300]
        raise WandbError(f"W&B: {reason}; the results are safe in {folder}; set wandb.mode=offline and sync later") from None
    log.info("W&B run written to %s; upload it with: wandb sync %s", written, written)
    return written


def _config(row: Row, episodes: Sequence[Episode]) -> dict[str, Any]:
    config = redacted(row.manifest.get("config") or {})
    versions = {name: value for episode in episodes for name, value in episode.versions.items()}
    return {
        **(config if isinstance(config, dict) else {}),
        "run": {"agent": row.agent, "role": row.role, "simulator": row.simulator, "seed": row.seed, "scenarios": len(episodes)},
        "versions": versions,
    }


def _summary(row: Row) -> dict[str, float | int]:
    """``overlap/mean``, ``overlap/low``, ``overlap/high`` ... in raw units; what was not scored is left out."""
    found: dict[str, float | int] = {}
    for suffix, estimates in (("", row.estimates), ("_above_chance", row.corrected)):
        for name, estimate in estimates.items():
            for part in ("mean", "low", "high"):
                value = getattr(estimate, part)
                if math.isfinite(value):
                    found[f"{name}{suffix}/{part}"] = value
            found[f"{name}{suffix}/count"] = estimate.count
    return {**found, "errors": sum(row.errors.values()), "actions_failed": sum(row.reasons.values()), "actions": row.actions}


_WORDS = (
    "scenario",
    "resident",
    "profile",
    "seen",
    "dialogue",
    "situation",
    "emotion",
    "resident_video",
    "robot_video",
    "answer",
    "plan",
    "utterance",
    "understanding",
    "planning",
    "failures",
    "issues",
    "goals_unmet",
    "error",
)


def _table(wandb: Any, folder: Path, episodes: Sequence[Episode]) -> Any:
    table = wandb.Table(columns=[*_WORDS, *METRICS], allow_mixed_types=True)
    for episode in episodes:
        words = _words(episode)
        videos = {name: _video(wandb, folder, episode.media.get(name)) for name in ("resident_video", "robot_video")}
        scores = (episode.scores.get(name, math.nan) for name in METRICS)
        table.add_data(
            *({**words, **videos}[name] for name in _WORDS), *(None if math.isnan(score) else score for score in scores)
        )
    return table


def _words(episode: Episode) -> dict[str, str]:
    scenario, response = episode.scenario, episode.response
    failures = [
        f"{action.action}: {action.detail or action.reason or 'its goals did not hold'}"
        for action in episode.actions
        if not action.ok
    ]
    unmet = [goal.sentence for goal in episode.goals if not goal.satisfied]
    texts = {
        "scenario": scenario.id,
        "resident": scenario.resident.name or scenario.resident.id,
        "profile": scenario.resident.profile,
        "seen": script_words(scenario),
        "dialogue": scenario.dialogue,
        "situation": scenario.situation,
        "emotion": scenario.labels.emotion if scenario.labels else "",
        "answer": response.empathetic_action,
        "plan": ", ".join(episode.plan.actions),
        "utterance": episode.plan.utterance or "",
        "understanding": response.scenario_understanding or "",
        "planning": response.empathetic_planning or "",
        "failures": "\n".join(failures),
        "issues": "\n".join(episode.issues),
        "goals_unmet": "\n".join(unmet),
        "error": redacted(episode.error or ""),
    }
    return {name: plain(text, TEXT, lines=True) for name, text in texts.items()}


def _video(wandb: Any, folder: Path, path: str | None) -> Any:
    """The video of an episode; only mp4 files inside of the run's folder, for an episode's paths are data."""
    if not path:
        return None
    try:
        file = (folder / path).resolve()
        inside = file.is_relative_to(folder.resolve()) and file.suffix == ".mp4" and file.is_file()
    except (OSError, ValueError):
        inside = False
    return wandb.Video(str(file), format="mp4") if inside else None
