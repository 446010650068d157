"""Dialogues: users' own copies of six data sets, read into one typed form.

Nothing of them is bundled. Training and dialogue-only evaluation read :class:`Dialogue` and nothing else.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from pydantic import ValidationError

from envs.scenarios.dialogues.reading import DialogueError
from envs.scenarios.dialogues.schema import Alignment, Dialogue, Rating, Speaker, Turn

__all__ = [
    "Alignment", "Dialogue", "DialogueError", "Rating", "Speaker", "Turn", "dialogue_sources", "iterate_dialogues",
    "load_dialogues",
]  # fmt: skip


def dialogue_sources() -> dict[str, Callable[[Path], Iterator[Dialogue]]]:
    """The known data sets: name to reader."""
    from envs.scenarios.dialogues.aloe import load_aloe
    from envs.scenarios.dialogues.conversations import load_empathic_conversations
    from envs.scenarios.dialogues.counselling import load_soulchat, load_tide
    from envs.scenarios.dialogues.empathetic_dialogues import load_empathetic_dialogues
    from envs.scenarios.dialogues.stories import load_empathic_stories

    return {
        "empathetic_dialogues": load_empathetic_dialogues,
        "empathic_conversations": load_empathic_conversations,
        "soulchat": load_soulchat,
        "tide": load_tide,
        "aloe": load_aloe,
        "empathic_stories": load_empathic_stories,
    }


def iterate_dialogues(source: str, path: str | Path) -> Iterator[Dialogue]:
    """Read dialogues one by one; large files never have to fit in memory, JSON lists excepted.

    Raises:
        DialogueError: unknown source, or a file that cannot be used; one line with file and line number.
    """
    sources = dialogue_sources()
    if source not in sources:
        near = difflib.get_close_matches(source, sources, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise DialogueError(f"expected dialogues among {', '.join(sources)}; got {source!r}{hint}")
    path = Path(path)
    if not path.exists():
        raise DialogueError(f"{path}: no such file or folder")
    empty = True
    try:
        for dialogue in sources[source](path):
            empty = False
            yield dialogue
    except ValidationError as error:
        from envs.scenarios.loading import first_error

        raise DialogueError(f"{path}: {first_error(error)}") from None
    if empty:
        raise DialogueError(f"{path}: expected at least one dialogue of {source}, got none")


def load_dialogues(source: str, path: str | Path, *, split: str | None = None, limit: int | None = None) -> list[Dialogue]:
    """Read dialogues into a list.

    Args:
        source: one of :func:`dialogue_sources`.
        path: the user's file or folder.
        split: keep one split, for sources that have them.
        limit: keep the first so many.

    Raises:
        DialogueError: as :func:`iterate_dialogues`, or nothing left.
    """
    chosen = (dialogue for dialogue in iterate_dialogues(source, path) if split in (None, "all", dialogue.split))
    found = list(islice(chosen, limit))
    if not found:
        raise DialogueError(f"{path}: {source} has no dialogue in split {split!r}")
    return found
