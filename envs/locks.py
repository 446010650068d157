"""One writer at a time: a lock on an open file, held by this process."""

from __future__ import annotations

from typing import Any


def lock(handle: Any) -> None:
    """Lock a file for this process; the lock goes when the process does, however it ends.

    Args:
        handle: the open file.

    Raises:
        BlockingIOError: another process has it.
    """
    try:
        import fcntl
    except ImportError:  # not on Windows; there two writers are the user's to avoid
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:  # some network file systems know no locks
        return
