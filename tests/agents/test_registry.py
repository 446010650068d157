"""Agents are found by name, by module:Class, and in other packages."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints
from typing import Any

import pytest

from agents import Agent, AgentError, agent_names, make_agent
from agents import registry as registry_module
from envs.exchange import Observation, Response


class Echo(Agent):
    def __init__(self, words: str = "hm") -> None:
        self.words = words

    def respond(self, observation: Observation, *, seed: int) -> Response:
        return Response(f'<None>, <dialogue>:"{self.words}"')


def test_unknown_names_say_what_exists() -> None:
    with pytest.raises(AgentError, match="expected an agent among nothing, constant.*did you mean 'oracle'"):
        make_agent("orcale")
    with pytest.raises(AgentError, match="cannot import 'no_such_module'"):
        make_agent("no_such_module:Agent")
    with pytest.raises(AgentError, match="expected a subclass of agents.Agent"):
        make_agent("pathlib:Path")
    with pytest.raises(AgentError, match="unexpected keyword argument 'colour'.*it takes"):
        make_agent("constant", colour="red")


def test_another_package_adds_an_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("echo", f"{__name__}:Echo", registry_module.GROUP)

    def entry_points(**selection: Any) -> EntryPoints:
        assert selection == {"group": "empathy_gym.agents"}
        return EntryPoints([entry])

    monkeypatch.setattr(registry_module, "entry_points", entry_points)
    monkeypatch.setitem(__import__("sys").modules, __name__, __import__("sys").modules[Echo.__module__])
    assert "echo" in agent_names()
    assert make_agent("echo", words="aha").respond(Observation("", ""), seed=0).plan.utterance == "aha"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"empathetic_action": None}, "empathetic_action: expected str"),
        ({"empathetic_action": "", "scenario_understanding": 3}, "scenario_understanding: expected str or None"),
        ({"empathetic_action": "", "details": {"frames": object()}}, "details: expected values that JSON can hold"),
    ],
)
def test_a_response_checks_its_types(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        Response(**arguments)
