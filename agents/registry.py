"""Agents by name: ours, those of other installed packages, and ``module:Class``.

Another package adds an agent by an entry point, without touching this repository::

    [project.entry-points."empathy_gym.agents"]
    my_agent = "my_package.agents:MyAgent"
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import traceback
from importlib.metadata import entry_points
from typing import Any

from agents.base import Agent

GROUP = "empathy_gym.agents"

_BUILT_IN = {
    "nothing": "agents.baselines.blind:Nothing",
    "constant": "agents.baselines.blind:Constant",
    "frequent": "agents.baselines.blind:Frequent",
    "random": "agents.baselines.blind:Random",
    "shuffled": "agents.baselines.blind:Shuffled",
    "sycophant": "agents.baselines.manners:Sycophant",
    "cold": "agents.baselines.manners:Cold",
    "retrieval": "agents.baselines.retrieval:Retrieval",
    "policy": "agents.policies.policy:Policy",
    "runner_up": "agents.baselines.reference:RunnerUp",
    "oracle": "agents.baselines.reference:Oracle",
    "language": "agents.language:LanguageAgent",
}


class AgentError(ValueError):
    """An agent that cannot be found or made; the message is one line."""


def agent_names() -> dict[str, str]:
    """Every known agent: name to ``module:Class``; ours first, then those of other packages by name."""
    found = dict(_BUILT_IN)
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        found.setdefault(entry.name, entry.value)
    return found


def agent_class(name: str) -> type[Agent]:
    """The class behind a registry name or ``module:Class``.

    Raises:
        AgentError: unknown name (with the nearest known), a module that does not import, or something not an Agent.
    """
    if not isinstance(name, str):
        raise AgentError(f"expected the name of an agent, or module:Class; got {name!r}")
    known = agent_names()
    target = known.get(name, name)
    if ":" not in target:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise AgentError(f"expected an agent among {', '.join(known)}, or module:Class; got {name[:80]!r}{hint}")
    module_name, _, class_name = target.partition(":")
    try:
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:  # anything can go wrong in someone else's module
        raise AgentError(f"agent {name[:80]!r}: cannot import {module_name[:80]!r}: {_told(error)}") from error
    found = getattr(module, class_name, None)
    if not (inspect.isclass(found) and issubclass(found, Agent)):
        raise AgentError(f"agent {name!r}: expected a subclass of agents.Agent, got {target} = {found!r}")
    return found


def make_agent(name: str, **arguments: Any) -> Agent:
    """Make an agent.

    Args:
        name: registry name or ``module:Class``.
        **arguments: what its constructor takes; unknown ones are refused by name.

    Raises:
        AgentError: unknown agent, arguments that its constructor does not take, or a constructor that raises.
    """
    from agents.models.errors import ModelError
    from envs.scenarios import ScenarioError

    found = agent_class(name)
    try:
        inspect.signature(found).bind(**arguments)
    except TypeError as error:
        takes = ", ".join(inspect.signature(found).parameters) or "no arguments"
        raise AgentError(f"agent {name!r}: {error}; it takes {takes}") from None
    try:
        return found(**arguments)
    except (AgentError, ScenarioError, ModelError):  # these say themselves what to do
        raise
    except (Exception, SystemExit) as error:
        raise AgentError(f"agent {name[:80]!r}: cannot be made: {_told(error)}") from error


def _told(error: BaseException) -> str:
    """An error in one line, with the place in the agent's code where it was raised."""
    text = f"{type(error).__name__}: {error}" if not isinstance(error, ImportError) else str(error)
    frames = traceback.extract_tb(error.__traceback__)
    place = frames[-1] if frames else None
    if place is None or place.filename == __file__ or place.filename.startswith("<frozen"):
        return text[:400]
    return f"{text[:400]} ({place.filename}:{place.lineno})"
