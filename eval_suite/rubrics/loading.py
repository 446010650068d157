"""Rubrics by name or by file."""

from __future__ import annotations

import difflib
from importlib import resources
from pathlib import Path

import yaml
from pydantic import ValidationError

from eval_suite.rubrics.schema import Rubric
from eval_suite.store import StoreError


class RubricError(StoreError):
    """A rubric that cannot be used; the message is one line."""


def rubric_names() -> list[str]:
    """The bundled rubrics."""
    folder = resources.files("eval_suite.rubrics")
    return sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml"))


def load_rubric(name: str | Path) -> Rubric:
    """Load a rubric.

    Args:
        name: a bundled one's name, or the path of a YAML file.

    Raises:
        RubricError: no such rubric, or a file that is not one.
    """
    text, where = _read(name)
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise RubricError(f"{where}: expected YAML, got {' '.join(str(error).split())[:160]}") from None
    except RecursionError:
        raise RubricError(f"{where}: expected YAML of a sane depth, got nesting too deep to read") from None
    try:
        return Rubric.model_validate(data)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in problem["loc"]) or "rubric"
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise RubricError(f"{where}: {place}: {problem['msg']}{more}") from None


def _read(name: str | Path) -> tuple[str, str]:
    bundled = rubric_names()
    if str(name) in bundled:
        return (resources.files("eval_suite.rubrics") / f"{name}.yaml").read_text(encoding="utf-8"), f"rubric {name}"
    path = Path(name)
    if path.suffix not in (".yaml", ".yml"):
        near = difflib.get_close_matches(str(name), bundled, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise RubricError(f"expected a rubric among {', '.join(bundled)}, or a .yaml file; got {str(name)[:80]!r}{hint}")
    try:
        return path.read_text(encoding="utf-8"), str(path)
    except FileNotFoundError:
        raise RubricError(f"{path}: no such rubric file; check rubric=") from None
    except (OSError, UnicodeDecodeError) as error:
        raise RubricError(f"{path}: cannot be read as UTF-8 text: {error}") from None
