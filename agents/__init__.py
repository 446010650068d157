"""What decides: the :class:`Agent` class, the registry, baselines."""

from __future__ import annotations

from agents.base import Agent
from agents.registry import AgentError, agent_class, agent_names, make_agent

__all__ = ["Agent", "AgentError", "agent_class", "agent_names", "make_agent"]
