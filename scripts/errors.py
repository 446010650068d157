"""Which errors are the user's to mend: those are shown as one line, everything else is a defect and keeps its traceback."""

from __future__ import annotations

import errno


# A full disk and the like can strike anywhere: the system's own words, with the file's name, say enough.
_MACHINES = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.EMFILE, errno.ENAMETOOLONG}


class UsageError(ValueError):
    """Arguments that cannot be used; the message says what was expected, what came, and what to do."""


def is_users(error: BaseException) -> bool:
    """Whether a message alone tells the user what to do."""
    # Imported here: this module is only needed once something went wrong.
    from agents.models.errors import ModelError
    from agents.registry import AgentError
    from envs.scenarios import ScenarioError
    from envs.simulators.base import SimulatorUnavailable
    from eval_suite.store import StoreError

    if isinstance(error, OSError) and error.errno in _MACHINES:
        return True
    return isinstance(error, (UsageError, AgentError, ModelError, ScenarioError, SimulatorUnavailable, StoreError))
