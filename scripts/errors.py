"""Which errors are the user's to mend: those are shown as one line, everything else is a defect and keeps its traceback."""

from __future__ import annotations


class UsageError(ValueError):
    """Arguments that cannot be used; the message says what was expected, what came, and what to do."""


def is_users(error: BaseException) -> bool:
    """Whether a message alone tells the user what to do."""
    # Imported here: this module is only needed once something went wrong.
    from agents.registry import AgentError
    from envs.scenarios import ScenarioError
    from envs.simulators.base import SimulatorUnavailable
    from eval_suite.store import StoreError

    return isinstance(error, (UsageError, AgentError, ScenarioError, SimulatorUnavailable, StoreError))
