"""JSON files of users: read whole, record by record, with the line on which each record begins."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from envs.scenarios.loading import ScenarioError

LARGEST = 2_000_000_000
"""Bytes of a file that is one JSON value, which has to be read whole."""
_BLANK = " \t\r\n"


@contextmanager
def told(path: Path, error: type[ScenarioError]) -> Iterator[None]:
    """Tell in one line why a file cannot be read.

    Args:
        path: the file that is read inside.
        error: what is raised.
    """
    try:
        yield
    except FileNotFoundError:
        raise error(f"{path}: no such file; check the path") from None
    except IsADirectoryError:
        raise error(f"{path}: expected a file, got a folder") from None
    except OSError as problem:
        raise error(f"{path}: cannot be read: {problem.strerror or problem}") from None


def text_of(path: Path, *, latin: bool = False, error: type[ScenarioError] = ScenarioError) -> str:
    """The text of a file.

    Args:
        path: the file.
        latin: lines that are not UTF-8 are Latin-1, as in the official files; else they are refused.
        error: what is raised.

    Raises:
        ScenarioError: no such file, too large, or in another encoding; one line with file and line number.
    """
    with told(path, error):
        size = path.stat().st_size
        if size > LARGEST:
            raise error(
                f"{path}:1: expected at most {LARGEST / 1e9:g} GB in one JSON value, got {size / 1e9:.1f} GB; "
                "convert it to JSON Lines, or split it"
            )
        data = path.read_bytes()
    data = data.removeprefix(b"\xef\xbb\xbf")
    zero = data.find(b"\0")
    if zero >= 0:
        line = data.count(b"\n", 0, zero) + 1
        raise error(
            f"{path}:{line}: expected text, got a zero byte; if the file is UTF-16, convert it: iconv -f UTF-16 -t UTF-8"
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as problem:
        if latin:
            return "".join(map(_either, data.splitlines(keepends=True)))
        line = data.count(b"\n", 0, problem.start) + 1
        column = problem.start - data.rfind(b"\n", 0, problem.start)
        raise error(
            f"{path}:{line}: expected UTF-8, got byte 0x{data[problem.start]:02x} at column {column}; "
            "convert the file, e.g. iconv -f LATIN1 -t UTF-8"
        ) from None


def _either(line: bytes) -> str:
    """A line of a file in which UTF-8 and Latin-1 are mixed, as happens where files were joined."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1")


def items_of(text: str, path: Path, *, error: type[ScenarioError] = ScenarioError) -> Iterator[tuple[int, Any]]:
    """The items of a JSON list, each with its line.

    Raises:
        ScenarioError: no list, or broken JSON; one line with file and line number.
    """
    for line, _, value in _walk(text, path, "[", "]", "a list", error):
        yield line, value


def pairs_of(text: str, path: Path, *, error: type[ScenarioError] = ScenarioError) -> Iterator[tuple[int, str, Any]]:
    """The keys and values of a JSON object, each with its line.

    Raises:
        ScenarioError: no object, or broken JSON; one line with file and line number.
    """
    yield from _walk(text, path, "{", "}", "an object", error)


def _walk(
    text: str, path: Path, opening: str, closing: str, what: str, error: type[ScenarioError]
) -> Iterator[tuple[int, str, Any]]:
    decoder = json.JSONDecoder()
    at = _skip(text, 0)
    line, counted = text.count("\n", 0, at) + 1, at
    if text[at : at + 1] != opening:
        got = repr(text[at : at + 40]) if at < len(text) else "an empty file"
        raise error(f"{path}:{line}: expected {what}, got {got}")
    at += 1
    first = True
    while True:
        at = _skip(text, at)
        if text[at : at + 1] == closing:
            end = _skip(text, at + 1)
            if end < len(text):
                line = text.count("\n", 0, end) + 1
                raise error(f"{path}:{line}: expected the end of the file after {what}, got {text[end : end + 40]!r}")
            return
        if not first:
            if at < len(text) and text[at] != ",":
                line = text.count("\n", 0, at) + 1
                raise error(f"{path}:{line}: expected a comma or {closing!r}, got {text[at : at + 40]!r}")
            at = _skip(text, at + 1)
        line += text.count("\n", counted, at)
        counted = at
        if at >= len(text):
            raise error(
                f"{path}:{line}: expected {what} closed by {closing!r}, got the end of the file; it seems to be cut short"
            )
        first = False
        key = ""
        if opening == "{":
            key, at = _value(decoder, text, at, path, line, error)
            at = _skip(text, at)
            if not isinstance(key, str) or text[at : at + 1] != ":":
                raise error(f"{path}:{line}: expected a key and a colon, got {text[counted : counted + 40]!r}")
            at = _skip(text, at + 1)
        value, at = _value(decoder, text, at, path, line, error)
        yield line, key, value


def _value(decoder: json.JSONDecoder, text: str, at: int, path: Path, line: int, error: type[ScenarioError]) -> tuple[Any, int]:
    try:
        return decoder.raw_decode(text, at)
    except json.JSONDecodeError as problem:
        raise error(f"{path}:{problem.lineno}: expected JSON, got {problem.msg.lower()} at column {problem.colno}") from None
    except RecursionError:
        raise error(f"{path}:{line}: expected JSON of a sane depth, got nesting too deep to read") from None
    except ValueError:  # a number of more digits than Python turns into one
        raise error(f"{path}:{line}: expected numbers of a sane size, got one too long to read") from None


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANK:
        at += 1
    return at
