"""Where the simulator keeps the datasets that it loads: written once for each house and look, found again afterwards.

The folder is ``$EMPATHY_GYM_CACHE``, else ``~/.cache/empathy-gym``; where neither can be written, a folder of the process
that goes away with it. A folder's name holds a hash of everything that its content is made from, so nothing in it is ever
out of date.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import pickle
import shutil
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

_READY = "complete"


def stored(kind: str, content: Any, write: Callable[[Path], object]) -> Path:
    """The folder of ``content``, written by ``write`` if it is not there yet.

    Args:
        kind: what it is, for the folder's name.
        content: everything that decides what is written; picklable.
        write: fills an empty folder.
    """
    digest = hashlib.sha256(_sources() + pickle.dumps(content, protocol=5)).hexdigest()[:24]
    folder = _root() / f"{kind}-{digest}"
    if not (folder / _READY).is_file():
        folder.parent.mkdir(parents=True, exist_ok=True)
        # Written aside and moved into place: several processes may do this at once.
        draft = Path(tempfile.mkdtemp(prefix=f".{kind}-", dir=folder.parent))
        try:
            write(draft)
            (draft / _READY).touch()
            draft.rename(folder)
        except OSError:
            if not (folder / _READY).is_file():
                raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return folder


@lru_cache(maxsize=1)
def _sources() -> bytes:
    """A digest of the code that decides what files look like."""
    import trimesh

    from envs.simulators import habitat

    here = Path(habitat.__file__).parent
    digest = hashlib.sha256(trimesh.__version__.encode())
    for path in sorted([*here.rglob("*.py"), *here.parent.glob("*.py"), *here.parents[1].glob("household/models/*.py")]):
        digest.update(path.read_bytes())
    return digest.digest()


@lru_cache(maxsize=1)
def _root() -> Path:
    home = os.environ.get("EMPATHY_GYM_CACHE") or "~/.cache/empathy-gym"
    root = Path(home).expanduser() / "habitat"
    try:
        root.mkdir(parents=True, exist_ok=True)
        probe = root / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError:
        root = Path(tempfile.mkdtemp(prefix="empathy-gym-"))
        atexit.register(shutil.rmtree, root, ignore_errors=True)
    return root
