"""Reading users' files: tables and JSON, one record at a time, with the line of each for error messages."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from envs.scenarios.json_files import items_of, pairs_of, text_of, told
from envs.scenarios.loading import ScenarioError

LARGEST_RECORD = 4_000_000
"""Characters of one line or record; longer ones are a file of another kind."""


class DialogueError(ScenarioError):
    """A dialogue file that cannot be used; the message is one line: file, line, what was expected, what came."""


def lines_of(path: Path) -> Iterator[tuple[int, str]]:
    """Lines with their numbers, decoded one by one so that a stray byte is found where it stands."""
    with told(path, DialogueError):
        with path.open("rb") as file:
            for number, raw in enumerate(iter(lambda: file.readline(4 * LARGEST_RECORD + 2), b""), start=1):
                if len(raw) > 4 * LARGEST_RECORD:
                    raise DialogueError(
                        f"{path}:{number}: expected a line of at most {LARGEST_RECORD} characters, got a longer one"
                    )
                try:
                    text = raw.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError as error:
                    raise DialogueError(
                        f"{path}:{number}: expected UTF-8, got byte 0x{raw[error.start]:02x} at column {error.start + 1}; "
                        "convert the file, e.g. iconv -f LATIN1 -t UTF-8"
                    ) from None
                yield number, text


def table(path: Path, needed: Sequence[Sequence[str]]) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows of a comma- or tab-separated table, each with the line it begins on.

    Args:
        path: the file; the first line names the columns.
        needed: for each needed column the names it may have.
    """
    first = ""

    def watched() -> Iterator[str]:
        nonlocal first
        for number, text in lines_of(path):
            if number == 1:
                first = text
            yield text

    stream = watched()
    head = next(stream, "")
    delimiter = "\t" if head.count("\t") > head.count(",") else ","
    names = [name.strip() for name in next(csv.reader([head], delimiter=delimiter), [])]
    missing = [" or ".join(options) for options in needed if not set(options) & set(names)]
    if missing:
        raise DialogueError(
            f"{path}:1: expected the columns {', '.join(missing)}; got {', '.join(names)[:160] or 'an empty file'}"
        )
    csv.field_size_limit(LARGEST_RECORD)
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    start = 2
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise DialogueError(f"{path}:{start}: expected a row of a table, got {error}") from None
        line, start = start, reader.line_num + 2
        if not row or not any(cell.strip() for cell in row):
            continue
        if len(row) != len(names):
            raise DialogueError(f"{path}:{line}: expected {len(names)} columns as in the first line, got {len(row)}")
        yield line, dict(zip(names, row, strict=True))


def records(path: Path) -> Iterator[tuple[int, Any]]:
    """Records of a JSON Lines file, or of a JSON file that holds a list or one record, each with the line it begins on."""
    opening = _opening(path)
    if not opening.strip():
        raise DialogueError(f"{path}:1: expected JSON, got an empty file")
    if opening.lstrip().startswith("["):
        yield from items_of(text_of(path, error=DialogueError), path, error=DialogueError)
        return
    first = opening.lstrip().split("\n", 1)[0].rstrip()
    if first == "{" or (first.startswith("{") and "\n" in opening and not first.endswith("}")):
        # One record over several lines.
        text = text_of(path, error=DialogueError)
        yield 1, {key: value for _, key, value in pairs_of(text, path, error=DialogueError)}
        return
    for number, text in lines_of(path):
        if text.strip():
            yield number, _parsed(text, path, number)


def _opening(path: Path) -> str:
    """The beginning of a file, enough to tell what kind it is."""
    with told(path, DialogueError):
        with path.open("rb") as file:
            return file.read(65_536).decode("utf-8-sig", errors="replace")


def _parsed(text: str, path: Path, number: int) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise DialogueError(f"{path}:{number}: expected JSON, got {error.msg.lower()} at column {error.colno}") from None
    except RecursionError:
        raise DialogueError(f"{path}:{number}: expected JSON of a sane depth") from None
    except ValueError:  # a number of more digits than Python turns into one
        raise DialogueError(f"{path}:{number}: expected numbers of a sane size, got one too long to read") from None


def column(row: Mapping[str, str], *names: str) -> str | None:
    """The first of these columns that the row has and that says something."""
    for name in names:
        value = row.get(name)
        if value is not None and value.strip() and value.strip().lower() not in ("nan", "none", "unknown", "na"):
            return value.strip()
    return None


def number(text: str, what: str, where: str) -> float:
    """A number, or say in one line where none stands."""
    try:
        return float(text)
    except ValueError:
        raise DialogueError(f"{where}: expected a number for {what}, got {text[:40]!r}") from None


def field(record: Any, name: str, kind: type, where: str) -> Any:
    """A field of a JSON record, or say in one line that it is missing or of another kind."""
    if not isinstance(record, dict):
        raise DialogueError(f"{where}: expected an object, got {type(record).__name__}")
    if name not in record:
        raise DialogueError(f"{where}: expected the field {name!r}; got {', '.join(map(str, record))[:120]}")
    if not isinstance(record[name], kind):
        raise DialogueError(f"{where}: {name}: expected {kind.__name__}, got {type(record[name]).__name__}")
    return record[name]
