"""Scenario sets: reading, writing, and the registry of sources.

A source turns something on disk into a list of :class:`~envs.scenarios.schema.Scenario`. ``hearth`` comes with the
package; ``empathyagent`` and ``jsonl`` read files that the user has.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from pydantic import ValidationError

from envs.scenarios.schema import Scenario


class ScenarioError(ValueError):
    """Scenario files that cannot be used; the message is one line: where, what was expected, what came."""


SPLITS = ("train", "validation", "test")
_LARGEST_LINE = 4_000_000


def scenario_sources() -> dict[str, Callable[[Path | None], list[Scenario]]]:
    """The known scenario sets: name to loader of an optional path."""
    from envs.scenarios.empathyagent import load_empathyagent
    from envs.scenarios.hearth import load_hearth

    return {"hearth": load_hearth, "empathyagent": load_empathyagent, "jsonl": read_jsonl}


def load_scenarios(
    source: str = "hearth", *, path: str | Path | None = None, split: str | None = None, limit: int | None = None
) -> list[Scenario]:
    """Load a scenario set.

    Args:
        source: ``hearth``, ``empathyagent`` or ``jsonl``.
        path: the user's files, for sources that need them.
        split: keep one of ``train``, ``validation``, ``test``; None or ``all`` keeps everything.
        limit: keep this many, spread evenly over the set so that every resident is met; None keeps all.

    Raises:
        ScenarioError: unknown source or split, missing or broken files, nothing left.
    """
    sources = scenario_sources()
    if source not in sources:
        near = difflib.get_close_matches(source, sources, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ScenarioError(f"expected a scenario set among {', '.join(sources)}; got {source!r}{hint}")
    if split not in (None, "all", *SPLITS):
        raise ScenarioError(f"expected split among {', '.join(SPLITS)}, all; got {split!r}")
    scenarios = sources[source](Path(path) if path is not None else None)
    if split not in (None, "all"):
        kept = [scenario for scenario in scenarios if scenario.split == split]
        if not kept:
            present = sorted({scenario.split for scenario in scenarios})
            raise ScenarioError(f"{source} has no scenario in split {split!r}; it has {', '.join(present)}")
        scenarios = kept
    if limit is not None:
        if limit < 1:
            raise ScenarioError(f"expected scenarios.limit of at least 1, got {limit}")
        scenarios = spread(scenarios, limit)
    return scenarios


def spread(items: Sequence[Scenario], count: int) -> list[Scenario]:
    """``count`` items at even distances, in order (all of them if there are not more)."""
    if count >= len(items):
        return list(items)
    return [items[(2 * i + 1) * len(items) // (2 * count)] for i in range(count)]


def write_jsonl(scenarios: Iterable[Scenario], path: Path) -> None:
    """Write scenarios, one JSON object a line, UTF-8."""
    path.write_text("".join(scenario.to_json() + "\n" for scenario in scenarios), encoding="utf-8")


def read_jsonl(path: Path | None) -> list[Scenario]:
    """Read a JSON Lines file of scenarios.

    Raises:
        ScenarioError: no such file, not UTF-8, a broken line (with its number), or an id that comes twice.
    """
    if path is None:
        raise ScenarioError("expected a JSON Lines file; set scenarios.path=FILE")
    lines = read_text(path, "utf-8").splitlines()
    scenarios: list[Scenario] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        if len(line) > _LARGEST_LINE:
            raise ScenarioError(f"{where}: expected a line of at most {_LARGEST_LINE} characters, got {len(line)}")
        try:
            scenario = Scenario.model_validate_json(line)
        except ValidationError as error:
            raise ScenarioError(f"{where}: {first_error(error)}") from None
        if scenario.id in seen:
            raise ScenarioError(
                f"{where}: expected unique ids, got {scenario.id[:80]!r} again (first on line {seen[scenario.id]})"
            )
        seen[scenario.id] = number
        scenarios.append(scenario)
    if not scenarios:
        raise ScenarioError(f"{path}: expected at least one scenario, got an empty file")
    return scenarios


def read_text(path: Path, encoding: str) -> str:
    """Read a text file, or say in one line why not."""
    try:
        return path.read_text(encoding=encoding)
    except FileNotFoundError:
        raise ScenarioError(f"{path}: no such file; check scenarios.path") from None
    except IsADirectoryError:
        raise ScenarioError(f"{path}: expected a file, got a folder") from None
    except UnicodeDecodeError as error:
        raise ScenarioError(
            f"{path}: expected {encoding} text, got byte 0x{error.object[error.start]:02x} at offset {error.start}; "
            f"convert it, e.g. iconv -t UTF-8"
        ) from None
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from None


def read_json(path: Path, encoding: str) -> object:
    """Read a JSON file, or say in one line where it breaks."""
    try:
        return json.loads(read_text(path, encoding))
    except json.JSONDecodeError as error:
        raise ScenarioError(f"{path}:{error.lineno}: expected JSON, got {error.msg.lower()} at column {error.colno}") from None
    except RecursionError:
        raise ScenarioError(f"{path}: expected JSON of a sane depth, got nesting too deep to read") from None


def first_error(error: ValidationError) -> str:
    """The first problem of a validation, in one line."""
    problem = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in problem["loc"]) or "line"
    got = repr(problem.get("input"))
    if problem["type"] == "json_invalid":
        return f"expected JSON, got {got[:60]} ({problem['ctx']['error']})"
    if problem["type"] == "extra_forbidden":
        return f"unknown key {where!r}; remove it or check its spelling"
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{where}: {problem['msg'][0].lower()}{problem['msg'][1:]}, got {got[:60]}{more}"
