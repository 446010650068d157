"""The Judgement: one judge's grades of one case, once; and the append-only file that holds them beside the episodes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from eval_suite.rubrics import Challenge
from eval_suite.store import StoreError

JUDGEMENTS = "judgements.jsonl"
PREFERENCES = "preferences.jsonl"
LONGEST_RAW = 20_000
"""Characters of a judge's text that are kept."""

Status = Literal["scored", "partial", "unparseable", "no_answer", "error"]


class JudgeError(StoreError):
    """Judging that cannot start or go on; the message is one line."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid")

    schema_version: Literal[1] = 1
    id: str
    """Identity: hash of judge, prompt, rubric and repeat."""
    judge: str
    """The judge's label."""
    judge_key: str
    """Hash of the judge's identity: the same judge under another label has the same."""
    judge_identity: dict[str, Any] = Field(default_factory=dict)
    """What the judge's answers depend on; never a key."""
    repeat: int = 0
    sees_situation: bool = True
    """Whether the judge was told what the robot could not know (the paper's setting), or was blinded to it."""
    status: Status
    problem: str = ""
    """Why something is unscored."""
    retry: bool = False
    """Whether the failure may be gone next time, so that scoring again asks again."""
    raw: str = ""
    """What the judge wrote, to the letter."""
    prompt_hash: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0


class Judgement(_Record):
    """Grades of one case by one judge, once."""

    case: str
    """The episode, or whatever else the answer comes from."""
    scenario: str
    resident: str
    age: int | None = None
    challenge: Challenge
    subject: str
    """``response``, or ``reference:0`` and so on."""
    rubric: str
    rubric_version: int
    rubric_digest: str
    order: list[str] = Field(default_factory=list)
    """The items in the order in which they were asked."""
    scores: dict[str, float | None] = Field(default_factory=dict)
    """Item to grade; null is unscored."""
    evidence: dict[str, str] = Field(default_factory=dict)


class Preference(_Record):
    """Which of two answers one judge prefers, in one order."""

    scenario: str
    resident: str
    challenge: Challenge
    question: str
    first: str
    """Label of the agent whose answer stood first."""
    second: str
    first_case: str
    second_case: str
    preference: float | None = None
    """1 for the first, -1 for the second, 0 for neither, null if unscored."""
    evidence: str = ""


Record = TypeVar("Record", Judgement, Preference)


class RecordFile:
    """An append-only file of records; each is flushed and synced, and a half-written last line is cut off on opening.

    Raises:
        JudgeError: the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _cut_half_line(path)
            self._handle = path.open("a", encoding="utf-8", newline="\n")
        except OSError as error:
            raise JudgeError(f"{path}: cannot write here: {error.strerror}; choose a folder that you can write to") from None

    def add(self, *records: _Record) -> None:
        """Append records, and make sure that they are on disk."""
        try:
            self._handle.write("".join(record.model_dump_json() + "\n" for record in records))
            self._handle.flush()
            os.fsync(self._handle.fileno())
        except OSError as error:
            raise JudgeError(f"{self.path}: cannot write: {error.strerror}; earlier judgements are kept") from None

    def close(self) -> None:
        """Close the file."""
        self._handle.close()

    def __enter__(self) -> RecordFile:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _cut_half_line(path: Path) -> None:
    if not path.exists():
        return
    with path.open("rb+") as handle:
        keep = size = handle.seek(0, os.SEEK_END)
        while keep:
            start = max(0, keep - 65536)
            handle.seek(start)
            newline = handle.read(keep - start).rfind(b"\n")
            if newline >= 0:
                keep = start + newline + 1
                break
            keep = start
        if keep != size:
            handle.truncate(keep)


def read_records(path: Path, kind: type[Record]) -> Iterator[Record]:
    """Records of a file in the order in which they were first made, of several with one identity the last.

    Raises:
        JudgeError: a line that is not a record (a half-written last line is passed over).
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError) as error:
        raise JudgeError(f"{path}: cannot be read: {error}") from None
    found: dict[str, Record] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = kind.model_validate_json(line)
        except ValidationError as error:
            if number == len(lines):
                break
            problem = error.errors(include_url=False)[0]["msg"].lower()[:120]
            raise JudgeError(f"{path}:{number}: expected a {kind.__name__.lower()}, got {problem}") from None
        found[record.id] = record
    yield from found.values()
