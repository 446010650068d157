"""Scenario sets: reading, writing, and the registry of sources.

A source turns something on disk into a list of :class:`~envs.scenarios.schema.Scenario`. ``hearth`` comes with the
package, ``hearth10k`` is composed from texts that do; ``empathyagent`` and ``jsonl`` read files that the user has.
"""

from __future__ import annotations

import difflib
import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from envs.scenarios.schema import Home, Scenario


class ScenarioError(ValueError):
    """Scenario files that cannot be used; the message is one line: where, what was expected, what came."""


SPLITS = ("train", "validation", "test")
_LARGEST_LINE = 4_000_000


def scenario_sources() -> dict[str, Callable[[Path | None], list[Scenario]]]:
    """The known scenario sets: name to loader of an optional path."""
    from envs.scenarios.empathyagent import load_empathyagent
    from envs.scenarios.hearth import load_hearth
    from envs.scenarios.hearth10k import hearth10k_sources
    from envs.scenarios.safety import load_safety

    ours = {"hearth": load_hearth, **hearth10k_sources(), "safety": load_safety}
    return {**ours, "empathyagent": load_empathyagent, "jsonl": read_jsonl}


def load_scenarios(
    source: str = "hearth", *, path: str | Path | None = None, split: str | None = None, limit: int | None = None
) -> list[Scenario]:
    """Load a scenario set.

    Args:
        source: ``hearth``, ``hearth10k`` (and its other splits, ``hearth10k_by_resident`` ...), ``safety``, ``empathyagent`` or
            ``jsonl``.
        path: the user's files, for sources that need them.
        split: keep one of ``train``, ``validation``, ``test``; None or ``all`` keeps everything.
        limit: keep this many, spread evenly over the set so that every resident is met; None keeps all.

    Raises:
        ScenarioError: unknown source or split, missing or broken files, nothing left.
    """
    sources = scenario_sources()
    if source not in sources:
        near = difflib.get_close_matches(str(source), sources, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ScenarioError(f"expected a scenario set among {', '.join(sources)}; got {source!r}{hint}")
    if limit is not None and (not isinstance(limit, int) or isinstance(limit, bool) or limit < 1):
        raise ScenarioError(f"expected scenarios.limit of at least 1, got {limit!r}")
    if split not in (None, "all", *SPLITS):
        raise ScenarioError(f"expected split among {', '.join(SPLITS)}, all; got {split!r}")
    if not isinstance(path, str | Path | None):
        raise ScenarioError(f"expected scenarios.path to be a file or a folder, got {path!r}")
    scenarios = sources[source](Path(path) if path is not None else None)
    if split not in (None, "all"):
        kept = [scenario for scenario in scenarios if scenario.split == split]
        if not kept:
            present = sorted({scenario.split for scenario in scenarios})
            raise ScenarioError(f"{source} has no scenario in split {split!r}; it has {', '.join(present)}")
        scenarios = kept
    return scenarios if limit is None else spread(scenarios, limit)


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
    # Many small objects are made and none becomes garbage: the collector would take half of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _read_jsonl(path)
    finally:
        if collecting:
            gc.enable()


def _read_jsonl(path: Path) -> list[Scenario]:
    scenarios: list[Scenario] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            scenario = Scenario.model_validate_json(line)
            _check_home(scenario.home)
        except ValidationError as error:
            raise ScenarioError(f"{where}: {first_error(error)}") from None
        except ValueError as error:
            raise ScenarioError(f"{where}: {error}") from None
        if scenario.id in seen:
            raise ScenarioError(
                f"{where}: expected unique ids, got {scenario.id[:80]!r} again (first on line {seen[scenario.id]})"
            )
        seen[scenario.id] = number
        scenarios.append(scenario)
    if not scenarios:
        raise ScenarioError(f"{path}: expected at least one scenario, got an empty file")
    return scenarios


def _lines(path: Path) -> Iterator[str]:
    """The lines of a UTF-8 file, a byte order mark left out, none of them too long to hold."""
    number = 0
    with _one_line_errors(path), path.open("rb") as file:
        # Only a line feed ends a line: JSON strings may hold U+2028, U+0085 and their like as they are.
        while line := file.readline(_LARGEST_LINE + 1):
            number += 1
            if len(line) > _LARGEST_LINE:
                raise ScenarioError(f"{path}:{number}: expected a line of at most {_LARGEST_LINE:,} bytes, got a longer one")
            with _one_line_errors(f"{path}:{number}"):
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")


def _check_home(home: Home) -> None:
    """Refuse a home that cannot be built, before hours were spent on the scenarios in front of it.

    Raises:
        ValueError: unknown layout, unknown thing in ``state``, or a state that the thing cannot be in.
    """
    if home.layout not in _layouts():
        raise ValueError(f"home.layout: expected one of {', '.join(_layouts())}, got {home.layout[:60]!r}")
    if home.state:
        _try_state(home.layout, tuple(sorted(home.state.items())))


@lru_cache(maxsize=1)
def _layouts() -> tuple[str, ...]:
    from envs.household.blueprint import layout_names

    return tuple(layout_names())


@lru_cache(maxsize=1024)
def _try_state(layout: str, state: tuple[tuple[str, str], ...]) -> None:
    from envs.household import build_household
    from envs.household.state import apply_home_state
    from envs.simulators import make_simulator

    household = build_household(layout)
    simulator = make_simulator("symbolic")
    simulator.reset(household)
    apply_home_state(simulator, household, dict(state))


@contextmanager
def _one_line_errors(path: Path | str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise ScenarioError(f"{path}: no such file; check scenarios.path") from None
    except IsADirectoryError:
        raise ScenarioError(f"{path}: expected a file, got a folder") from None
    except UnicodeDecodeError as error:
        raise ScenarioError(
            f"{path}: expected {error.encoding} text, got byte 0x{error.object[error.start]:02x} at offset {error.start}; "
            f"convert it, e.g. iconv -t UTF-8"
        ) from None
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror or error}; check scenarios.path") from None


def first_error(error: ValidationError) -> str:
    """The first problem of a validation, in one line."""
    problem = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in problem["loc"])[:80] or "scenario"
    got = repr(problem.get("input"))
    if problem["type"] == "json_invalid":
        return f"expected JSON, got {got[:60]} ({problem['ctx']['error']})"
    if problem["type"] == "extra_forbidden":
        return f"unknown key {where!r}; remove it or check its spelling"
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    message = problem["msg"].removeprefix("Value error, ")[:400]
    if problem["type"] == "value_error":  # ours, and it says what came
        return f"{where}: {message}{more}"
    return f"{where}: {message[0].lower()}{message[1:]}, got {got[:60]}{more}"
