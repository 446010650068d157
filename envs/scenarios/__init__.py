"""Scenarios: what is asked of an agent. The schema, the bundled set ``hearth``, and loaders for users' own files."""

from __future__ import annotations

from envs.scenarios.loading import ScenarioError, load_scenarios, read_jsonl, scenario_sources, write_jsonl
from envs.scenarios.schema import Scenario

__all__ = ["Scenario", "ScenarioError", "load_scenarios", "read_jsonl", "scenario_sources", "write_jsonl"]
