"""Reading what a judge wrote. What cannot be read with certainty is unscored: never guessed, never 0."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eval_suite.rubrics import Item, Rubric

LONGEST_EVIDENCE = 600
"""Characters of evidence that are kept for each item; the raw text is kept as well."""
_FENCED = re.compile(r"```(?:json)?\s*(.*?)```", re.DOTALL | re.IGNORECASE)
_THOUGHT = re.compile(r"<think>.*?</think>", re.DOTALL | re.IGNORECASE)
_WHOLE = re.compile(r"-?\d{1,4}(?:\.0+)?")
_MOST_STARTS = 50


@dataclass(frozen=True)
class Grades:
    """What was read.

    Args:
        scores: item to grade; NaN where it could not be read.
        evidence: item to what the judge wrote about it.
        problems: one line for each thing that was wrong.
    """

    scores: dict[str, float]
    evidence: dict[str, str]
    problems: tuple[str, ...] = ()


class Unreadable(ValueError):
    """Text in which there is no single JSON object with the wanted keys."""


def read_grades(text: str, rubric: Rubric, items: Sequence[Item]) -> Grades:
    """Read the grades of the items; items that cannot be read are NaN, and the others stand."""
    names = {item.name for item in items}
    try:
        found = read_object(text, names)
    except Unreadable as error:
        return Grades({item.name: math.nan for item in items}, {}, (str(error),))
    scores, evidence, problems = {}, {}, []
    for item in items:
        entry = found.get(item.name)
        grade: Any = entry.get("score") if isinstance(entry, dict) else entry
        if isinstance(entry, dict) and isinstance(entry.get("evidence"), str):
            evidence[item.name] = _storable(entry["evidence"])
        try:
            scores[item.name] = _grade(grade, rubric, item, present=item.name in found)
        except Unreadable as error:
            scores[item.name] = math.nan
            problems.append(str(error))
    return Grades(scores, evidence, tuple(problems))


def _grade(grade: Any, rubric: Rubric, item: Item, *, present: bool) -> float:
    scale = rubric.scale_of(item)
    wanted = f"{item.name}: expected a whole number from {scale.low} to {scale.high}"
    if not present:
        raise Unreadable(f"{wanted}, got nothing")
    if grade is None:
        if item.optional:
            return math.nan
        raise Unreadable(f"{wanted}, got null")
    if isinstance(grade, str) and _WHOLE.fullmatch(grade.strip()):
        grade = float(grade)
    if isinstance(grade, bool) or not isinstance(grade, int | float):
        raise Unreadable(f"{wanted}, got {json.dumps(grade)[:60]}")
    if not scale.low <= grade <= scale.high or grade != int(grade):
        raise Unreadable(f"{wanted}, got {str(grade)[:60]}")
    return float(grade)


def read_preference(text: str) -> tuple[float, str, str | None]:
    """Read a preference: 1 for the first answer, -1 for the second, 0 for neither, NaN if it cannot be read.

    Returns:
        Value, evidence, and what was wrong (None if nothing).
    """
    try:
        found = read_object(text, {"preference"})
    except Unreadable as error:
        return math.nan, "", str(error)
    said = found["preference"]
    value = {"first": 1.0, "second": -1.0, "tie": 0.0}.get(said.strip().lower()) if isinstance(said, str) else None
    evidence = found.get("evidence")
    kept = _storable(evidence) if isinstance(evidence, str) else ""
    if value is None:
        return math.nan, kept, f"expected first, second or tie, got {json.dumps(said)[:60]}"
    return value, kept, None


def read_object(text: str, names: set[str]) -> dict[str, Any]:
    """The one JSON object in a text that has some of the keys.

    Words around it, Markdown fences and a leading thought are passed over. Two such objects contradict each other.

    Raises:
        Unreadable: there is none, or more than one.
    """
    text = _THOUGHT.sub("", text).strip()
    candidates: list[dict[str, Any]] = []
    for part in [text, *(match.group(1) for match in _FENCED.finditer(text))]:
        value = _json(part)
        if isinstance(value, dict):
            candidates = [value]
            break
    candidates = candidates or _embedded(text)
    fitting = [value for value in candidates if names & set(value)]
    if not fitting:
        raise Unreadable("expected a JSON object with grades, got none")
    if len(fitting) > 1 and any(value != fitting[0] for value in fitting[1:]):
        raise Unreadable(f"expected one JSON object with grades, got {len(fitting)} different ones")
    return fitting[0]


def _json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None


def _embedded(text: str) -> list[dict[str, Any]]:
    decoder = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)
    found: list[dict[str, Any]] = []
    position = tries = 0
    while tries < _MOST_STARTS and (position := text.find("{", position)) >= 0:
        tries += 1
        try:
            value, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            position += 1
            continue
        if isinstance(value, dict):
            found.append(value)
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a key twice")  # which of the two grades is meant, nobody can say
    return dict(pairs)


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _storable(text: str) -> str:
    return text[:LONGEST_EVIDENCE].encode("utf-8", "replace").decode("utf-8")
