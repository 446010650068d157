"""What can go wrong while fine-tuning and is the user's to mend, in one line."""

from __future__ import annotations

from agents.registry import AgentError


class FinetuneError(AgentError):
    """Data, settings or a machine that cannot be used; the message says what was expected, what came, what to do.

    It is an :class:`~agents.registry.AgentError`, so that commands show it as one line.
    """
