"""EmpathicStories++ (arXiv 2405.15708): stories shared at home, and how much empathy people said they felt.

The data come on request from their authors and cannot be passed on; we read a table with one row for each passage:
``participant_id, session, context`` (Story Share or Reflection), ``text``, ``empathy`` (self-reported, 1 to 5), and
optionally ``story_id``, ``story`` (what was read), ``speaker``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from envs.scenarios.dialogues.reading import DialogueError, column, number, table
from envs.scenarios.dialogues.schema import Dialogue, Rating, Speaker, Turn

LICENCE = "by agreement with its authors: user's own copy"
_PERSON = ("participant_id", "participant", "pid")


def load_empathic_stories(path: Path) -> Iterator[Dialogue]:
    """Read the table; rows of one participant, session and context make one dialogue."""
    key: tuple[str, str, str] | None = None
    rows: list[tuple[int, dict[str, str]]] = []
    for line, row in table(path, (_PERSON, ("session", "session_id"), ("text", "transcript"))):
        now = (column(row, *_PERSON) or "", column(row, "session", "session_id") or "", column(row, "context") or "")
        if not now[0]:
            raise DialogueError(f"{path}:{line}: expected a participant, got an empty cell")
        if rows and now != key:
            yield _dialogue(path, key or now, rows)
            rows = []
        key = now
        rows.append((line, row))
    if rows and key is not None:
        yield _dialogue(path, key, rows)


def _dialogue(path: Path, key: tuple[str, str, str], rows: list[tuple[int, dict[str, str]]]) -> Dialogue:
    person, session, context = key
    turns, ratings = [], []
    for line, row in rows:
        speaker = column(row, "speaker") or person
        turns.append(Turn(speaker=speaker, text=column(row, "text", "transcript") or ""))
        given = column(row, "empathy", "empathy_rating")
        if given is not None:
            value = number(given, "empathy", f"{path}:{line}")
            if not 1 <= value <= 5:
                raise DialogueError(f"{path}:{line}: empathy: expected 1 to 5, got {value:g}")
            ratings.append(Rating(reporter="self", measure="empathy", value=value, low=1, high=5, about=person))
    names = dict.fromkeys(turn.speaker for turn in turns)
    return Dialogue(
        id="-".join(("empathic_stories", person, session, *([context.replace(" ", "_").lower()] if context else []))),
        source="empathic_stories",
        topic=context,
        situation=next((story for _, row in rows if (story := column(row, "story"))), ""),
        speakers=tuple(Speaker(id=name, role="seeker" if name == person else "supporter") for name in names),
        turns=tuple(turns),
        ratings=tuple(ratings),
        licence=LICENCE,
        item=f"{path.name}:{rows[0][0]}",
    )
