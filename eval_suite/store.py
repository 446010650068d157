"""The run store: a folder that evaluations add episodes to, and never lose one from.

``episodes.jsonl`` is append-only; each line is written and synced before the next scenario starts, so a killed run loses
at most the scenario in flight. A half-written last line is cut off when the run goes on. One process writes at a time.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from envs.locks import lock
from eval_suite.episode import Episode

EPISODES = "episodes.jsonl"


class StoreError(RuntimeError):
    """A run folder that cannot be read or written; the message is one line."""


class RunStore:
    """Episodes of one run, in one folder.

    Args:
        folder: made if it does not exist.
        kind: the model of an episode.
        name: of the file.

    Raises:
        StoreError: the folder cannot be made or written, or another process is writing there.
    """

    def __init__(self, folder: str | Path, kind: type[BaseModel] = Episode, name: str = EPISODES) -> None:
        self.folder = Path(folder)
        self.kind = kind
        self.file = self.folder / name
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            # Unbuffered: what could not be written must not come back when the file is closed.
            self._handle = self.file.open("ab", buffering=0)
        except (OSError, ValueError) as error:  # ValueError: a name that no file can have
            raise _cannot_write(self.folder, error) from None
        try:
            # The lock is the file's own, and goes when the process does, however it ends.
            lock(self._handle)
            self._mend_last_line()
        except BlockingIOError:
            self._handle.close()
            raise StoreError(
                f"{self.folder}: another process is writing here; wait until it has ended, or set out=FOLDER to another one"
            ) from None
        except OSError as error:
            self._handle.close()
            raise _cannot_write(self.folder, error) from None

    def add(self, episode: BaseModel) -> None:
        """Append one episode, and make sure that it is on disk.

        Raises:
            StoreError: disk full or folder gone; what was written before stays.
        """
        line = memoryview(episode.model_dump_json().encode() + b"\n")
        before = self._handle.seek(0, os.SEEK_END)
        try:
            while line:
                line = line[self._handle.write(line) :]
            os.fsync(self._handle.fileno())
        except OSError as error:
            with contextlib.suppress(OSError):
                self._handle.truncate(before)
            raise StoreError(
                f"{self.file}: cannot write: {error.strerror}; earlier episodes are kept, the same command goes on from there"
            ) from None

    def close(self) -> None:
        """Close the file."""
        self._handle.close()

    def __enter__(self) -> RunStore:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _mend_last_line(self) -> None:
        """End the last line if only its end is missing, else cut it off."""
        with self.file.open("rb+") as handle:
            size = handle.seek(0, os.SEEK_END)
            keep = size
            while keep:
                start = max(0, keep - 65536)
                handle.seek(start)
                block = handle.read(keep - start)
                newline = block.rfind(b"\n")
                if newline >= 0:
                    keep = start + newline + 1
                    break
                keep = start
            if keep == size:
                return
            handle.seek(keep)
            try:
                self.kind.model_validate_json(handle.read())
            except ValidationError:
                handle.truncate(keep)
            else:
                handle.write(b"\n")


def _cannot_write(folder: Path, error: Exception) -> StoreError:
    reason = getattr(error, "strerror", None) or error
    return StoreError(f"{folder}: cannot write here: {reason}; set out=FOLDER to one you can write")


def read_episodes(folder: str | Path) -> Iterator[Episode]:
    """Episodes of a run folder, in the order they were made; of several with one identity the last.

    Raises:
        StoreError: no episodes there, or a line that is not an episode (a half-written last line is passed over).
    """
    yield from read_records(folder, Episode, EPISODES)


Record = TypeVar("Record", bound=BaseModel)


def read_records(folder: str | Path, kind: type[Record], name: str) -> Iterator[Record]:
    """Records of a run folder's file, in the order they were made; of several with one ``id`` the last.

    Args:
        folder: the run's folder.
        kind: the model of a record; it has an ``id``.
        name: of the file.

    Raises:
        StoreError: no such file, or a line that is no record (a half-written last line is passed over).
    """
    file = Path(folder) / name
    try:
        lines = file.read_bytes().split(b"\n")
    except FileNotFoundError:
        raise StoreError(f"{folder}: expected a run folder with {name}, found none") from None
    except OSError as error:
        raise StoreError(f"{file}: cannot be read: {error.strerror}") from None
    found: dict[str, Record] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = kind.model_validate_json(line)
        except ValidationError as error:
            if number == len(lines):
                break
            problem = error.errors(include_url=False)[0]
            where = ".".join(map(str, problem["loc"]))[:80]
            raise StoreError(
                f"{file}:{number}: expected an episode, got {f'{where}: ' if where else ''}{problem['msg'].lower()[:120]}; "
                "delete this line, and the same command makes its episode again"
            ) from None
        found[getattr(record, "id", str(number))] = record
    yield from found.values()


def find_runs(folder: str | Path) -> list[Path]:
    """Every run folder at or below ``folder``, sorted."""
    root = Path(folder)
    if (root / EPISODES).exists():
        return [root]
    runs = sorted(path.parent for path in root.glob(f"*/{EPISODES}")) or sorted(p.parent for p in root.rglob(EPISODES))
    if not runs:
        raise StoreError(f"{folder}: expected run folders with {EPISODES}, found none")
    return runs


def write_manifest(folder: Path, manifest: dict[str, object]) -> None:
    """Write ``run.json``: the configuration that the run was made with.

    Raises:
        StoreError: it cannot be written; one that was there stays.
    """
    unfinished = folder / ".run.json.part"
    try:
        unfinished.write_text(json.dumps(manifest, indent=2, sort_keys=True, default=str) + "\n", encoding="utf-8")
        unfinished.replace(folder / "run.json")
    except OSError as error:
        raise _cannot_write(folder, error) from None
