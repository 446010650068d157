"""Whole evaluations of language agents, as a user starts them, against a real server that misbehaves and a tiny local model."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))  # so that tests' helpers are found however pytest was started

from agents.models import ErrorKind  # noqa: E402
from eval_suite.store import read_episodes  # noqa: E402
from plans import IssueKind  # noqa: E402
from tests.agents.models.server import Behaviour, Call, ModelServer  # noqa: E402
from tests.scripts.test_cli import COMMAND, command, environment  # noqa: E402

KEY = "sk-test-0123456789abcdefghij"
WORDS = ["evaluate", "agent=language", "model=vllm", "simulator=symbolic", "observation.script=true", "report=false"]


def words(server: ModelServer, out: str, *more: str) -> list[str]:
    at = [f"model.config.base_url={server.base_url}", "model.config.model=stand-in", "model.config.constraints=none"]
    return [*WORDS, *at, "model.config.max_retries=0", "model.config.timeout_s=2", "model.cache=cache", f"out={out}", *more]


def only_run(out: Path) -> Path:
    (file,) = out.glob("language*/episodes.jsonl")
    return file.parent


def moody(call: Call) -> Behaviour:
    """Every call has its fate, whatever its place in time: one in four fails for good, in all the ways there are."""
    fates = (
        "server_error",
        "truncated_json",
        "refusal",
        "empty_choices",
        "wrong_content_type",
        "cut_connection",
        "rate_limited",
    )
    draw = hashlib.sha256(json.dumps(call.body, sort_keys=True).encode()).digest()
    kind = fates[draw[1] % len(fates)] if draw[0] % 4 == 0 else "ok"
    return Behaviour(kind, latency=(draw[2] + 7 * call.number) % 20 / 1000, retry_after="0")


def test_two_hundred_scenarios_on_a_moody_server(tmp_path: Path) -> None:
    with ModelServer(moody) as server:
        more = ("scenarios.split=all", "scenarios.limit=200", "agent.config.repair=false")
        done = command(*words(server, "first", "batch_size=50", *more), cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        again = command(*words(server, "second", "batch_size=7", "model.cache=false", *more), cwd=tmp_path)
        assert again.returncode == 0, again.stderr
    first, second = (list(read_episodes(only_run(tmp_path / out))) for out in ("first", "second"))
    assert len(first) == 200
    kinds = {kind.value for kind in ErrorKind}
    failed = [episode for episode in first if episode.error]
    assert 30 < len(failed) < 170
    assert {(episode.error or "").split(":")[0] for episode in failed} <= kinds - {"internal"}
    assert len({(episode.error or "").split(":")[0] for episode in failed}) >= 4
    assert all(episode.scores["mended_overlap"] == 0 for episode in failed), "failures stay in the denominator"
    # Neither batches nor timing change what comes out, nor in which order.
    assert [episode.scenario.id for episode in first] == [episode.scenario.id for episode in second]
    assert [episode.response for episode in first] == [episode.response for episode in second]


def test_killed_and_resumed_asks_nothing_twice(tmp_path: Path) -> None:
    with ModelServer(latency=0.05) as server:
        line = words(server, "run", "batch_size=4", "scenarios.limit=40")
        running = subprocess.Popen([*COMMAND, *line], cwd=tmp_path, env=environment(), stderr=subprocess.DEVNULL)
        deadline = time.time() + 120
        while time.time() < deadline and len(server.calls) < 60:
            time.sleep(0.005)
        running.send_signal(signal.SIGKILL)
        running.wait()
        time.sleep(0.3)
        before = len(server.calls)
        done = command(*line, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        asked = [json.dumps(call.body, sort_keys=True) for call in server.calls]
        # What was under way when the process died cannot be known to it: at most one wave of questions.
        assert 60 <= before and len(asked) - len(set(asked)) <= 4 * 3
        assert len(set(asked)) == 40 * 3
        total = len(server.calls)
        assert command(*line, cwd=tmp_path).returncode == 0
        assert command(*words(server, "other", "batch_size=4", "scenarios.limit=40"), cwd=tmp_path).returncode == 0
        assert len(server.calls) == total, "a re-run makes no call"
    listed = command("cache", "--folder", "cache", "list", cwd=tmp_path).stdout
    assert "stand-in" in listed and "120" in listed
    assert "forgot 120 answers" in command("cache", "--folder", "cache", "prune", "--model", "stand-in", cwd=tmp_path).stdout
    assert command("cache", "--folder", "cache", "prune", cwd=tmp_path).returncode == 2


def test_the_cost_cap_stops_the_run_and_keeps_what_is_done(tmp_path: Path) -> None:
    prices = ["model.config.prices.prompt_usd_per_million=10000", "model.config.prices.completion_usd_per_million=0"]
    with ModelServer(latency=0.02) as server:  # 100 prompt tokens a call: one dollar
        line = words(server, "run", "batch_size=1", "model.config.max_concurrency=2", "model.config.max_usd=12", *prices)
        done = command(*line, cwd=tmp_path)
        assert done.returncode != 0 and "Traceback" not in done.stderr
        assert "max_usd" in done.stderr
        assert len(server.calls) <= 12 + 2
        kept = list(read_episodes(only_run(tmp_path / "run")))
        assert 1 <= len(kept) <= 4 and not any(episode.error for episode in kept)


def test_a_wrong_key_is_one_line_and_the_key_is_nowhere(tmp_path: Path) -> None:
    with ModelServer(api_key="another") as server:
        line = words(server, "run", "model.config.api_key_env=MY_KEY", "scenarios.limit=2")
        done = command(*line, cwd=tmp_path, MY_KEY=KEY)
        told = [text for text in done.stderr.splitlines() if text.startswith("empathy-gym:")]
        assert done.returncode != 0 and len(told) == 1 and "Traceback" not in done.stderr
        server.api_key = KEY
        good = words(server, "run", "model.config.api_key_env=MY_KEY", "scenarios.limit=2", "wandb.enabled=true", "report=true")
        assert command(*good, cwd=tmp_path, MY_KEY=KEY).returncode == 0
        assert any(call.headers["authorization"] == f"Bearer {KEY}" for call in server.calls)
    assert KEY not in done.stdout + done.stderr
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.suffix == ".wandb" for path in files) and any(path.name == "report.html" for path in files)
    leaks = [path for path in files if KEY.encode() in path.read_bytes()]
    assert not leaks, leaks


def test_a_dry_run_asks_nothing_and_tells_what_it_would_take(tmp_path: Path) -> None:
    with ModelServer() as server:
        done = command(*words(server, "run", "scenarios.limit=5", "--dry-run"), cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "5 scenarios would take 15 calls" in done.stdout
        assert not server.calls and not list((tmp_path / "run").rglob("episodes.jsonl"))


def _tiny(kind: str, folder: Path) -> Path:
    for package in ("torch", "transformers", "llguidance"):
        pytest.importorskip(package, reason=f"local models need {package}: pip install 'empathy-gym[vlm]'")
    from tests.agents.models import tiny

    saved: Path = getattr(tiny, f"save_{kind}")(folder)
    config = json.loads((saved / "config.json").read_text())
    # Its tokens are little more than bytes, so the prompts need more room than the tiny model has by itself.
    config.get("text_config", config)["max_position_embeddings"] = 16384
    (saved / "config.json").write_text(json.dumps(config))
    return saved


@pytest.mark.parametrize(
    ("kind", "model", "view"),
    [
        ("llama", "llama3_8b_instruct", ["simulator=symbolic", "observation.script=true"]),
        ("llava", "llava", ["simulator=mujoco", "observation.size=64", "observation.frames=2", "videos=0"]),
    ],
)
def test_tiny_local_models_are_legal_by_construction(kind: str, model: str, view: list[str], tmp_path: Path) -> None:
    folder = _tiny(kind, tmp_path / kind)
    line = ["evaluate", "agent=language", f"model={model}", f"model.config.model={folder}", "model.config.device=cpu", *view]
    line += ["agent.config.max_tokens=40", "scenarios.limit=2", "report=false", "model.cache=false"]
    for batch in (1, 2):
        done = command(*line, f"batch_size={batch}", f"out=run{batch}", cwd=tmp_path, HF_HUB_OFFLINE="1")
        assert done.returncode == 0, done.stderr
    single, together = (list(read_episodes(only_run(tmp_path / f"run{batch}"))) for batch in (1, 2))
    assert [episode.response for episode in single] == [episode.response for episode in together]
    for episode in single:
        assert episode.error is None
        assert episode.response.details["usage"]["images"] > 0 or kind == "llama"
        assert episode.scores["legality"] == 10
        assert episode.plan.illegal_count == 0 and {issue.kind for issue in episode.plan.issues} <= {IssueKind.REPEATED}
