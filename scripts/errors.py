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
    from envs.simulators.base import SimulatorFailure, SimulatorUnavailable
    from eval_suite.store import StoreError

    if _hydras(error) or (isinstance(error, OSError) and error.errno in _MACHINES):
        return True
    ours = (UsageError, AgentError, ModelError, ScenarioError, SimulatorFailure, SimulatorUnavailable, StoreError)
    return isinstance(error, ours)


def told(error: BaseException) -> str:
    """The message of a user's error, in few words."""
    if isinstance(error, OSError):
        return f"{error.filename or 'standard output'}: {error.strerror or error}; mend that, and run the command again"
    if _hydras(error):  # the lines below the first tell of Hydra's own insides
        return f"{str(error).splitlines()[0] if str(error) else type(error).__name__}; see empathy-gym COMMAND --cfg job"
    return str(error)


def _hydras(error: BaseException) -> bool:
    """Whether Hydra or OmegaConf raised it: what they refuse is what the user configured."""
    return type(error).__module__.partition(".")[0] in ("hydra", "omegaconf")
