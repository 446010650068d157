"""The run store: a folder that evaluations add episodes to, and never lose one from.

``episodes.jsonl`` is append-only; each line is written, flushed and synced before the next scenario starts, so a killed
run loses at most the scenario in flight. A half-written last line is cut off when the run goes on.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from eval_suite.episode import Episode

EPISODES = "episodes.jsonl"


class StoreError(RuntimeError):
    """A run folder that cannot be read or written; the message is one line."""


class RunStore:
    """Episodes of one run, in one folder.

    Args:
        folder: made if it does not exist.

    Raises:
        StoreError: the folder cannot be made or written.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.file = self.folder / EPISODES
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._cut_half_line()
            self._handle = self.file.open("a", encoding="utf-8", newline="\n")
        except OSError as error:
            raise StoreError(
                f"{self.folder}: cannot write here: {error.strerror}; set out=FOLDER to one you can write"
            ) from None

    def add(self, episode: Episode) -> None:
        """Append one episode, and make sure that it is on disk.

        Raises:
            StoreError: disk full or folder gone; what was written before stays.
        """
        try:
            self._handle.write(episode.model_dump_json() + "\n")
            self._handle.flush()
            os.fsync(self._handle.fileno())
        except OSError as error:
            raise StoreError(f"{self.file}: cannot write: {error.strerror}; earlier episodes are kept") from None

    def close(self) -> None:
        """Close the file."""
        self._handle.close()

    def __enter__(self) -> RunStore:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _cut_half_line(self) -> None:
        if not self.file.exists():
            return
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
            if keep != size:
                handle.truncate(keep)


def read_episodes(folder: str | Path) -> Iterator[Episode]:
    """Episodes of a run folder, in the order they were made; of several with one identity the last.

    Raises:
        StoreError: no episodes there, or a line that is not an episode (a half-written last line is passed over).
    """
    file = Path(folder) / EPISODES
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        raise StoreError(f"{folder}: expected a run folder with {EPISODES}, found none") from None
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"{file}: cannot be read: {error}") from None
    found: dict[str, Episode] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            episode = Episode.model_validate_json(line)
        except ValidationError as error:
            if number == len(lines):
                break
            problem = error.errors(include_url=False)[0]
            raise StoreError(f"{file}:{number}: expected an episode, got {problem['msg'].lower()[:120]}") from None
        found[episode.id] = episode
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
    """Write ``run.json``: the configuration that the run was made with."""
    (folder / "run.json").write_text(json.dumps(manifest, indent=2, sort_keys=True, default=str) + "\n", encoding="utf-8")
