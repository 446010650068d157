"""EmpatheticDialogues (Rashkin et al. 2019; CC BY-NC 4.0): ``train.csv``, ``valid.csv``, ``test.csv`` as published."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from envs.scenarios.dialogues.reading import DialogueError, lines_of
from envs.scenarios.dialogues.schema import Dialogue, Speaker, Turn

LICENCE = "CC BY-NC 4.0"
_COLUMNS = ("conv_id", "utterance_idx", "context", "prompt", "speaker_idx", "utterance", "selfeval", "tags")
_SPLITS = {"train": "train", "valid": "validation", "test": "test"}


def load_empathetic_dialogues(path: Path) -> Iterator[Dialogue]:
    """Read one file, or the three of a folder. The files quote nothing: commas in texts are written ``_comma_``."""
    files = [path] if not path.is_dir() else [file for name in _SPLITS if (file := path / f"{name}.csv").is_file()]
    if not files:
        raise DialogueError(f"{path}: expected train.csv, valid.csv or test.csv in this folder, got none")
    for file in files:
        yield from _file(file)


def _file(path: Path) -> Iterator[Dialogue]:
    names: list[str] = []
    rows: list[dict[str, str]] = []
    begun = 0
    for number, text in lines_of(path):
        cells = text.rstrip("\r\n").split(",")
        if number == 1:
            names = cells
            if tuple(names[: len(_COLUMNS)]) != _COLUMNS:
                raise DialogueError(f"{path}:1: expected the columns {','.join(_COLUMNS)}; got {' '.join(text.split())[:120]}")
            continue
        if not text.strip():
            continue
        if len(cells) < len(_COLUMNS) - 1:
            raise DialogueError(f"{path}:{number}: expected {len(_COLUMNS)} columns, got {len(cells)}")
        row = dict(zip(_COLUMNS, [*cells, ""], strict=False))
        if row["speaker_idx"].strip() and not row["speaker_idx"].strip().isdigit():
            raise DialogueError(f"{path}:{number}: expected a number in speaker_idx, got {row['speaker_idx'][:40]!r}")
        if rows and rows[0]["conv_id"] != row["conv_id"]:
            yield _dialogue(path, begun, rows)
            rows = []
        if not rows:
            begun = number
        rows.append(row)
    if rows:
        yield _dialogue(path, begun, rows)


def _dialogue(path: Path, line: int, rows: list[dict[str, str]]) -> Dialogue:
    # Who speaks first describes the situation; who answers listens.
    first = rows[0]["speaker_idx"]
    names = list(dict.fromkeys(row["speaker_idx"] for row in rows))
    return Dialogue(
        id=f"empathetic_dialogues-{rows[0]['conv_id']}",
        source="empathetic_dialogues",
        split=_SPLITS.get(path.stem, ""),
        emotion=rows[0]["context"],
        situation=_plain(rows[0]["prompt"]),
        speakers=tuple(Speaker(id=name, role="seeker" if name == first else "supporter") for name in names),
        turns=tuple(Turn(speaker=row["speaker_idx"], text=_plain(row["utterance"])) for row in rows),
        licence=LICENCE,
        item=f"{path.name}:{line}",
    )


def _plain(text: str) -> str:
    return text.replace("_comma_", ",").strip()
