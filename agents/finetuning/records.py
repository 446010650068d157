"""Training records: conversations whose robot turns are to be learned, with where they come from, as JSON Lines.

One line is one conversation. Loss falls on the turns of role ``assistant`` and on nothing else
(:mod:`agents.finetuning.tokens`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from agents.finetuning.errors import FinetuneError
from agents.models.messages import Message
from envs.scenarios.loading import first_error
from envs.scenarios.schema import Split

Challenge = Literal["scenario_understanding", "empathetic_planning", "empathetic_action"]
CHALLENGES: tuple[Challenge, ...] = ("scenario_understanding", "empathetic_planning", "empathetic_action")
_LARGEST_LINE = 4_000_000


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Turn(_Strict):
    """One message of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str
    frames: tuple[str, ...] = ()
    """Picture files shown before the text, relative to the file that holds the record; for vision models."""
    actions: tuple[str, ...] = ()
    """What a robot turn does, for people and filters who do not want to parse plans."""
    learned: Literal["all", "deeds"] = "all"
    """What of a robot turn is learned: all of it, or its actions up to where the words begin; the rest is not even read."""


class Origin(_Strict):
    """Where a record comes from: enough to make it again, and to give credit."""

    source: str
    """Scenario set."""
    licence: str = ""
    scenarios: tuple[str, ...]
    """Ids of the scenarios that it was made of."""
    resident: str
    split: Split
    reference: int = 0
    """Which ranked reference the answer is (0: best)."""
    variation: str = ""
    """How the input differs from the scenario's own; empty if it does not."""
    prompt: str = ""
    """Hash of the prompt without the scenario, which tells prompts of different versions apart."""


class TrainingRecord(_Strict):
    """One conversation to learn from."""

    schema_version: Literal[1] = 1
    id: str = Field(min_length=1)
    challenge: Challenge
    messages: tuple[Turn, ...] = Field(min_length=2)
    origin: Origin

    @model_validator(mode="after")
    def _ends_with_the_robot(self) -> TrainingRecord:
        if self.messages[-1].role != "assistant":
            raise ValueError(f"messages: expected the last turn to be the robot's (assistant), got {self.messages[-1].role!r}")
        return self

    @property
    def robot_turns(self) -> int:
        """How many turns are learned."""
        return sum(turn.role == "assistant" for turn in self.messages)

    @property
    def multi_turn(self) -> bool:
        """Whether there is more than one."""
        return self.robot_turns > 1


def turns_of(messages: Iterable[Message]) -> tuple[Turn, ...]:
    """A strategy's messages as turns; pictures are added by whoever saved them."""
    return tuple(Turn(role=message.role, content=message.text) for message in messages)


def short_hash(*parts: object) -> str:
    """A short stable name for things that JSON can hold."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:12]


RecordT = TypeVar("RecordT", bound=BaseModel)


def write_lines(items: Iterable[BaseModel], path: Path) -> None:
    """Write one JSON object a line; the file is there whole or not at all."""
    partial = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text("".join(item.model_dump_json() + "\n" for item in items), encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise FinetuneError(f"{path}: cannot write here: {error.strerror}; choose a place that you can write") from None


def read_lines(path: str | Path, kind: type[RecordT], wanted: str) -> Iterator[RecordT]:
    """Read a JSON Lines file.

    Args:
        path: the file.
        kind: what each line holds.
        wanted: the same in words, for messages.

    Raises:
        FinetuneError: no such file, not UTF-8, or a line that is not one (with its number).
    """
    file = Path(path)
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        raise FinetuneError(f"{file}: no such file; expected JSON Lines of {wanted}") from None
    except UnicodeDecodeError as error:
        raise FinetuneError(f"{file}: expected UTF-8 text, got a stray byte at offset {error.start}") from None
    except OSError as error:
        raise FinetuneError(f"{file}: cannot be read: {error.strerror}") from None
    found = 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        if len(line) > _LARGEST_LINE:
            raise FinetuneError(f"{file}:{number}: expected a line of at most {_LARGEST_LINE} characters, got {len(line)}")
        try:
            yield kind.model_validate_json(line)
        except ValidationError as error:
            fields = ", ".join(kind.model_fields)
            raise FinetuneError(f"{file}:{number}: expected {wanted} ({fields}); {first_error(error)}") from None
        found += 1
    if not found:
        raise FinetuneError(f"{file}: expected {wanted}, got an empty file")


def write_records(records: Iterable[TrainingRecord], path: Path) -> None:
    """Write training records."""
    write_lines(records, path)


def read_records(path: str | Path) -> list[TrainingRecord]:
    """Read training records.

    Raises:
        FinetuneError: see :func:`read_lines`.
    """
    return list(read_lines(path, TrainingRecord, "training records"))


def counted(records: Iterable[TrainingRecord]) -> dict[str, Any]:
    """What a set of records holds, for cards and logs."""
    kept = list(records)
    return {
        "records": len(kept),
        "multi_turn": sum(record.multi_turn for record in kept),
        "robot_turns": sum(record.robot_turns for record in kept),
        "by_challenge": {name: sum(record.challenge == name for record in kept) for name in CHALLENGES},
        "varied": sum(bool(record.origin.variation) for record in kept),
        "residents": len({record.origin.resident for record in kept}),
        "scenarios": len({name for record in kept for name in record.origin.scenarios}),
    }
