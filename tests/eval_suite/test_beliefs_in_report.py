"""What a strategy believed is kept in the episode and told in the report."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))  # so that tests' helpers are found however pytest was started

from agents.language import LanguageAgent  # noqa: E402
from agents.strategies import strategy_names  # noqa: E402
from envs.scenarios import load_scenarios  # noqa: E402
from envs.session import View  # noqa: E402
from envs.simulators import make_simulator  # noqa: E402
from eval_suite.comparison import compare_runs  # noqa: E402
from eval_suite.report import write_report  # noqa: E402
from eval_suite.runner import Evaluation, evaluate  # noqa: E402
from tests.agents.strategies.scripted import Scripted  # noqa: E402


@pytest.mark.parametrize("strategy", sorted(set(strategy_names()) - {"direct"}))
def test_a_belief_is_in_episode_and_report(strategy: str, tmp_path: Path) -> None:
    agent = LanguageAgent(Scripted(), strategy)
    evaluation = Evaluation("language", agent_config=agent.identity, view=View(script=True), batch_size=2)
    (episode, _) = evaluate(
        evaluation, agent, make_simulator("symbolic"), load_scenarios("hearth", split="test", limit=2), tmp_path / "run"
    )
    belief = episode.response.details["belief"]
    assert belief
    page = write_report(tmp_path, compare_runs(tmp_path)).read_text(encoding="utf-8")
    data = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert data is not None
    runs = [run for scenario in json.loads(data.group(1))["scenarios"] for run in scenario["runs"]]
    told = [rows for run in runs if (rows := run["belief"])]
    assert len(told) == 2
    leaf = belief
    while isinstance(leaf, dict | list):
        leaf = next(iter(leaf.values() if isinstance(leaf, dict) else leaf))
    assert any(str(leaf) in text for rows in told for _, text in rows)
