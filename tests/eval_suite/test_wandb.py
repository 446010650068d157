"""W&B: an offline run is written beside the results, can be read back, and holds no secret."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("wandb", reason="the package wandb is not installed")

from eval_suite.comparison import compare_runs  # noqa: E402
from eval_suite.store import StoreError  # noqa: E402
from eval_suite.wandb_log import WandbError, log_run  # noqa: E402


@pytest.fixture(autouse=True)
def no_places(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WANDB_DIR", "WANDB_DATA_DIR", "WANDB_CACHE_DIR", "WANDB_MODE"):
        monkeypatch.delenv(name, raising=False)


def read_back(written: Path) -> dict[str, Any]:
    """What W&B's own reader finds in an offline run."""
    command = [sys.executable, "-m", "wandb", "leet", "inspect", "--summary", "--json", str(written)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=60, env={**os.environ, "WANDB_ERROR_REPORTING": "false"}
    )
    return dict(json.loads(done.stdout))


def table(folder: Path) -> dict[str, Any]:
    staged = (path.read_bytes() for path in (folder / "wandb-data" / "artifacts").rglob("*") if path.is_file())
    return next(dict(json.loads(data)) for data in staged if data.startswith(b'{"_type": "table"'))


def test_offline_run_is_written_and_read_back(
    runs: Path, film: Callable[[Path, int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = runs / "model"
    film(folder, 2)
    manifest = json.loads((folder / "run.json").read_text())
    manifest["config"]["agent"]["config"] = {
        "model": "tiny",
        "api_key": "hunter2-in-config",
        "url": "http://me:hunter2-in-url@host/v1",
    }
    (folder / "run.json").write_text(json.dumps(manifest))
    monkeypatch.setattr(sys, "argv", ["empathy-gym", "agent.config.api_key=hunter2-in-argv"])
    comparison = compare_runs(runs)

    written = log_run(folder, {"project": "kitchen", "group": "tests"}, comparison=comparison)

    assert written is not None and written.is_relative_to(folder.resolve() / "wandb") and list(written.glob("*.wandb"))
    assert "WANDB_DIR" not in os.environ and "WANDB_DATA_DIR" not in os.environ
    found = read_back(written)
    assert (found["state"], found["project"], found["name"]) == ("finished", "kitchen", "model")
    row = comparison.row("model")
    estimate, corrected = row.estimates["mended_overlap"], row.corrected["mended_overlap"]
    summary = found["summary"]
    assert [summary[f"mended_overlap/{part}"] for part in ("mean", "low", "high")] == pytest.approx(
        [estimate.mean, estimate.low, estimate.high]
    )
    assert summary["mended_overlap_above_chance/mean"] == pytest.approx(corrected.mean)
    assert summary["episodes"]["nrows"] == 20
    assert found["config"]["agent"]["config"]["model"] == "tiny" and found["config"]["run"]["simulator"] == "mujoco"

    rows = table(folder)
    assert len(rows["data"]) == 20
    first = dict(zip(rows["columns"], rows["data"][0], strict=True))
    episode = comparison.episodes["model"][0]
    assert first["dialogue"] == episode.scenario.dialogue and first["mended_overlap"] == pytest.approx(
        episode.scores["mended_overlap"]
    )
    assert first["plan"] == ", ".join(episode.plan.actions) and first["utterance"] == episode.plan.utterance
    assert first["robot_video"]["_type"] == "video-file" and first["resident_video"]["path"].endswith(".mp4")
    assert rows["data"][5][rows["columns"].index("robot_video")] is None

    for path in folder.rglob("*"):
        if path.is_file() and path.name != "run.json":
            assert b"hunter2" not in path.read_bytes(), path


def test_means_without_a_comparison(runs: Path) -> None:
    written = log_run(runs / "oracle", {})
    assert written is not None
    summary = read_back(written)["summary"]
    assert summary["goal_success/mean"] == 1.0 and summary["errors"] == 0


def test_disabled_writes_nothing(runs: Path) -> None:
    assert log_run(runs / "model", {"mode": "disabled"}) is None
    assert not (runs / "model" / "wandb").exists()


def test_unknown_mode_and_missing_run_are_one_line(runs: Path, tmp_path: Path) -> None:
    with pytest.raises(WandbError, match="expected wandb.mode among offline, online, disabled; got 'sometimes'"):
        log_run(runs / "model", {"mode": "sometimes"})
    with pytest.raises(StoreError, match="expected a run folder"):
        log_run(tmp_path / "nowhere", {})


def test_importing_does_not_import_wandb() -> None:
    code = "import sys, eval_suite.wandb_log, eval_suite.report, eval_suite.tables; assert 'wandb' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
