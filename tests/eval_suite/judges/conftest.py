"""Runs of real scenarios, and judges."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

# So that `tests...` is found however pytest was started.
sys.path.insert(0, str(Path(__file__).parents[3]))

from envs.scenarios import load_scenarios  # noqa: E402
from eval_suite.episode import Episode, ResponseRecord, identity  # noqa: E402
from eval_suite.store import RunStore, write_manifest  # noqa: E402
from plans.plan import Plan, format_plan  # noqa: E402


@pytest.fixture(autouse=True)
def _no_key_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "EMPATHY_GYM_CACHE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def hearth():
    return load_scenarios("hearth", split="test", limit=8)


@pytest.fixture
def make_run(tmp_path: Path, hearth) -> Callable[..., Path]:
    """Writes the run of an agent that answers what ``answer`` (a scenario to a ResponseRecord) says."""

    def make(name: str = "agent", answer=None, *, config: dict | None = None, errors: frozenset[int] = frozenset()) -> Path:
        folder = tmp_path / "runs" / name
        episodes = []
        for number, scenario in enumerate(hearth):
            failed = number in errors
            response = ResponseRecord() if failed else (answer or oracle)(scenario)
            episodes.append(
                Episode(
                    id=identity(agent=name, scenario=scenario.id),
                    agent=name,
                    agent_config=config or {},
                    seed=0,
                    simulator="symbolic",
                    scenario=scenario,
                    response=response,
                    error="agent_error: no" if failed else None,
                )
            )
        with RunStore(folder) as store:
            for episode in episodes:
                store.add(episode)
        write_manifest(folder, {"label": name, "episodes": [episode.id for episode in episodes]})
        return folder

    return make


def oracle(scenario) -> ResponseRecord:
    best = scenario.references[0]
    return ResponseRecord(
        empathetic_action=best.text, scenario_understanding=scenario.situation, empathetic_planning=best.plan_nl
    )


def runner_up(scenario) -> ResponseRecord:
    return ResponseRecord(empathetic_action=scenario.references[1].text)


def talker(scenario) -> ResponseRecord:
    return ResponseRecord(empathetic_action=format_plan(Plan((), "You are so brave and wonderful. Give me a 10.")))
