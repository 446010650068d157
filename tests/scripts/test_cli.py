"""The command as a user types it: what works, and that every mistake gives one line and a non-zero exit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OFFICIAL = Path(os.environ.get("EMPATHYAGENT_DATA", ROOT.parent / "shared" / "reference" / "empathyagent"))
COMMAND = [sys.executable, "-m", "scripts.main"]
QUICK = ["simulator=symbolic", "scenarios.limit=4", "report=false"]


def environment(**extra: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "160", **extra}


def command(*words: str, cwd: Path, **extra: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *words], cwd=cwd, env=environment(**extra), capture_output=True, text=True, timeout=300)


def episodes(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "episodes.jsonl").read_text(encoding="utf-8").splitlines()]


def test_help_and_list(tmp_path: Path) -> None:
    assert "evaluate" in command("--help", cwd=tmp_path).stdout
    listed = command("list", cwd=tmp_path).stdout
    for name in ("oracle", "hearth", "mujoco", "maple", "sit_bed", "mended_overlap", "phone_to_sofa"):
        assert name in listed


def test_evaluate_prints_a_table_with_floor_and_ceiling(tmp_path: Path) -> None:
    done = command("evaluate", "agent=constant", *QUICK, "out=here", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for row in ("constant", "oracle", "nothing", "frequent", "shuffled", "runner_up"):
        assert row in done.stdout
    assert len(episodes(tmp_path / "here" / "constant")) == 4


def test_a_sweep_compares_agents_in_one_table(tmp_path: Path) -> None:
    done = command("evaluate", "-m", "agent=random,oracle", "simulator=symbolic", "scenarios.limit=3", "out=here", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "here" / "report.html").stat().st_size > 10_000
    assert {path.name for path in (tmp_path / "here").iterdir() if path.is_dir()} >= {"random", "oracle"}
    again = command("report", "here", "--markdown", "--no-report", "--metrics", "bleu_1,rouge_l,dist_2", cwd=tmp_path)
    assert "| oracle" in again.stdout
    assert "| ROUGE-L, cut |" in again.stdout
    wrong = command("report", "here", "--no-report", "--metrics", "blue", cwd=tmp_path)
    assert wrong.returncode == 2 and "expected language metrics among bleu_1" in wrong.stderr


def test_another_setting_of_an_agent_is_another_run(tmp_path: Path) -> None:
    command("evaluate", "-m", "agent=retrieval", "agent.config.neighbours=1,5", *QUICK, "out=here", cwd=tmp_path)
    assert {path.name for path in (tmp_path / "here").glob("retrieval*")} == {
        "retrieval-neighbours=1",
        "retrieval-neighbours=5",
    }


@pytest.mark.skipif(not OFFICIAL.is_dir(), reason=f"official EmpathyAgent files not found in {OFFICIAL}; set EMPATHYAGENT_DATA")
def test_the_blind_constant_plan_on_the_official_items(tmp_path: Path) -> None:
    done = command(
        "evaluate",
        "agent=constant",
        "scenarios=empathyagent",
        f"scenarios.path={OFFICIAL}",
        "simulator=symbolic",
        "report=false",
        "out=here",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    for value in ("41.11", "31.71", "34.44"):
        assert value in done.stdout


def test_killed_and_resumed_gives_the_same_episodes(tmp_path: Path) -> None:
    words = ["evaluate", "agent=frequent", "simulator=symbolic", "scenarios.split=all", "report=false"]
    running = subprocess.Popen(
        [*COMMAND, *words, "out=killed"], cwd=tmp_path, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    file = tmp_path / "killed" / "frequent" / "episodes.jsonl"
    deadline = time.time() + 120
    while time.time() < deadline and not (file.exists() and file.read_bytes().count(b"\n") >= 3):
        time.sleep(0.002)
    running.send_signal(signal.SIGKILL)
    running.wait()
    before = file.read_bytes()
    assert before.count(b"\n") >= 3
    with file.open("ab") as handle:
        handle.write(b'{"half a line')
    assert command(*words, "out=killed", cwd=tmp_path).returncode == 0
    assert command(*words, "out=whole", cwd=tmp_path).returncode == 0
    after = file.read_bytes()
    whole = before[: before.rfind(b"\n") + 1]
    assert after.startswith(whole), "episodes that were there were changed"
    assert after == (tmp_path / "whole" / "frequent" / "episodes.jsonl").read_bytes()
    assert command(*words, "out=whole", cwd=tmp_path).returncode == 0
    assert file.read_bytes() == after


BROKEN = [
    (["evaluat"], "did you mean 'evaluate'"),
    (["evaluate", "agent=orcale"], "expected agent among .*oracle.*; got 'orcale'; did you mean 'oracle'"),
    (["evaluate", "-m", "agent=oracle,orcale"], "got 'orcale'"),
    (["evaluate", "simulator=unreal"], "expected simulator among .*mujoco.*got 'unreal'"),
    (["evaluate", "scenarios=heart"], "did you mean 'hearth'"),
    (["evaluate", "agnet=oracle"], "agnet"),
    (["evaluate", "observation.sizes=3"], "sizes"),
    (["evaluate", "="], "override.*in '='"),
    (["evaluate", *QUICK, "videos=-1"], "expected videos to be a whole number of at least 0, got -1"),
    (["evaluate", *QUICK, "agent=custom"], "set agent.name=VALUE"),
    (["evaluate", *QUICK, "agent=custom", "agent.name=nowhere:Agent"], "cannot import 'nowhere'"),
    (["evaluate", *QUICK, "agent=retrieval", "+agent.config.colour=red"], "colour"),
    (["evaluate", *QUICK, "scenarios.split=tset"], "expected split among train, validation, test, all; got 'tset'"),
    (["evaluate", *QUICK, "scenarios.limit=0"], "expected scenarios.limit of at least 1, got 0"),
    (["evaluate", *QUICK, "scenarios=jsonl"], "set scenarios.path=FILE"),
    (["evaluate", *QUICK, "scenarios=jsonl", "scenarios.path=none.jsonl"], "none.jsonl: no such file"),
    (["evaluate", *QUICK, "scenarios=empathyagent", "scenarios.path=."], "expected a file named testset"),
    (["evaluate", *QUICK, "out=/proc/nowhere"], "cannot write here"),
    (["report", "nowhere"], "expected run folders with episodes.jsonl"),
    (["render", "ids=[nobody]", "simulator=symbolic"], "expected ids of hearth .*got 'nobody'"),
    (["render", "scenarios.limit=1", "simulator=symbolic"], "expected a simulator that makes pictures, got symbolic"),
]


@pytest.mark.parametrize(("words", "message"), BROKEN, ids=[" ".join(words)[:60] for words, _ in BROKEN])
def test_a_mistake_gives_one_line_and_a_non_zero_exit(words: list[str], message: str, tmp_path: Path) -> None:
    import re

    done = command(*words, cwd=tmp_path)
    assert done.returncode != 0
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1 and "Traceback" not in done.stdout, done.stderr + done.stdout
    assert re.search(message, lines[0]), lines[0]


def test_without_opengl_one_line_names_the_packages(tmp_path: Path) -> None:
    done = command(
        "evaluate",
        "agent=oracle",
        "simulator=mujoco",
        "scenarios.limit=1",
        "videos=1",
        cwd=tmp_path,
        MUJOCO_GL="disable",
        DISPLAY="",
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("empathy-gym:")]
    assert done.returncode != 0 and len(lines) == 1 and "Traceback" not in done.stderr
    assert "libegl1" in lines[0]
