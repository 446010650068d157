"""Checkpoints that a killed run goes on from. A half-written one is never used."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

STATE = "finetune.json"
"""What a run is and how far it is, in the run's folder."""
# Written last by transformers' trainer, so that a checkpoint which holds it is whole.
_LAST = "trainer_state.json"


def last_checkpoint(folder: Path) -> Path | None:
    """The newest whole checkpoint; half-written ones are removed.

    Args:
        folder: where a trainer keeps ``checkpoint-N`` folders.
    """
    found: dict[int, Path] = {}
    for path in folder.glob("checkpoint-*"):
        match = re.fullmatch(r"checkpoint-(\d+)", path.name)
        if match is None or not path.is_dir():
            continue
        if _whole(path):
            found[int(match[1])] = path
        else:
            shutil.rmtree(path)
    return found[max(found)] if found else None


def _whole(path: Path) -> bool:
    try:
        json.loads((path / _LAST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True
