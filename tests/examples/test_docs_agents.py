"""The code of docs/agents.md runs, and its tables name what there is."""

from __future__ import annotations

import re
import sys
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from agents.conformance import CHECKS, check_agent  # noqa: E402
from agents.language import LanguageAgent  # noqa: E402
from agents.strategies import make_strategy, strategy_names  # noqa: E402
from envs.exchange import Observation  # noqa: E402
from envs.scenarios import load_scenarios  # noqa: E402
from tests.agents.strategies.scripted import Scripted  # noqa: E402

PAGE = (ROOT / "docs" / "agents.md").read_text(encoding="utf-8")


def module(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The code block that begins with ``# name.py``, as a module."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    code = next(block for block in blocks if block.startswith(f"# {name}.py"))
    made = ModuleType(name)
    monkeypatch.setitem(sys.modules, name, made)  # dataclasses look their module up
    exec(compile(code, f"docs/agents.md:{name}", "exec"), made.__dict__)
    return made


def test_the_agent_of_the_page_conforms(monkeypatch: pytest.MonkeyPatch) -> None:
    made = module("my_agent", monkeypatch)
    assert check_agent(made.Lamp, load_scenarios("hearth", limit=1), longest=1000).passed


def test_the_strategy_of_the_page_works(monkeypatch: pytest.MonkeyPatch) -> None:
    made = module("my_strategy", monkeypatch)
    model = Scripted()
    response = LanguageAgent(model, made.WishFirst()).respond(Observation("A baker.", "My head."), seed=0)
    assert response.details["belief"]["wish"] in model.texts[-1]


def test_the_tables_are_complete() -> None:
    for name in strategy_names():
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |"))
        assert {item.name for item in fields(make_strategy(name))} <= set(re.findall(r"`(\w+)`", row)), name  # type: ignore[arg-type]
    for check in CHECKS:
        assert f"\n| {check} |" in PAGE
    import inspect

    for parameter in list(inspect.signature(LanguageAgent).parameters.values())[2:]:
        assert f"\n| `{parameter.name}` | `{str(parameter.default).lower()}` |" in PAGE, parameter


def test_the_configuration_has_the_defaults_of_the_classes() -> None:
    import inspect

    import yaml

    config = yaml.safe_load((ROOT / "conf/agent/language.yaml").read_text(encoding="utf-8"))["agent"]["config"]
    parameters = inspect.signature(LanguageAgent).parameters
    assert set(config) == set(parameters)
    assert all(config[name] == parameters[name].default for name in config if name not in ("model", "strategy"))
    for name in strategy_names():
        strategy = yaml.safe_load((ROOT / "conf/strategy" / f"{name}.yaml").read_text(encoding="utf-8"))
        made = make_strategy(strategy["name"], **strategy["config"])
        assert made == make_strategy(name) and set(strategy["config"]) == {item.name for item in fields(made)}  # type: ignore[arg-type]
