"""Loader for the official EmpathyAgent files (arXiv 2503.16545), which users bring themselves.

Three JSON files in one folder, in Latin-1 or UTF-8: a test set (``testset_*.json`` or ``empathyrobot_10k.json``),
``character.json`` (profiles by id) and ``action_list.json`` (resident scripts by id). Nothing of them is bundled here.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from envs.scenarios.json_files import items_of, pairs_of, text_of
from envs.scenarios.loading import ScenarioError, first_error
from envs.scenarios.schema import Home, Provenance, Reference, Resident, ResidentLook, Scenario

_RECORD_FILES = ("testset_*.json", "empathyrobot_*.json", "trainset_*.json")
_REQUIRED = ("character_id", "action_id", "scenario_id", "scenario", "dialogue", "empathy_goal", "rank")


def load_empathyagent(path: Path | None) -> list[Scenario]:
    """Read the official files.

    Args:
        path: the folder that holds them, or the record file itself with the other two beside it.

    Raises:
        ScenarioError: a file is missing or broken, or a record lacks a field.
    """
    if path is None:
        raise ScenarioError(
            "empathyagent needs the official files; set scenarios.path=FOLDER (with testset_*.json, "
            "character.json and action_list.json)"
        )
    records_file = _record_file(path)
    folder = records_file.parent
    records = list(items_of(text_of(records_file, latin=True), records_file))
    profiles = _mapping(folder / "character.json", "a profile as text", _is_text)
    scripts = _mapping(folder / "action_list.json", "script lines as a list of texts", _is_lines)
    return [_scenario(record, index, line, profiles, scripts, records_file) for index, (line, record) in enumerate(records)]


def _record_file(path: Path) -> Path:
    if path.is_dir():
        for pattern in _RECORD_FILES:
            found = sorted(path.glob(pattern))
            if found:
                return found[0]
        raise ScenarioError(f"{path}: expected a file named {' or '.join(_RECORD_FILES)}, got none in this folder")
    if not path.exists():
        raise ScenarioError(f"{path}: no such file or folder; check scenarios.path")
    return path


def _mapping(path: Path, what: str, fits: Callable[[Any], bool]) -> dict[str, Any]:
    found = {}
    for line, key, value in pairs_of(text_of(path, latin=True), path):
        if not fits(value):
            raise ScenarioError(f"{path}:{line}: expected {what} under {key[:40]!r}, got {str(value)[:60]}")
        found[key] = value
    return found


def _is_text(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, dict) and bool(value))


def _is_lines(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(line, str) for line in value)


def _scenario(record: Any, index: int, line: int, profiles: dict[str, Any], scripts: dict[str, Any], file: Path) -> Scenario:
    where = f"{file}:{line}: record {index}"
    if not isinstance(record, dict):
        raise ScenarioError(f"{where}: expected an object, got {type(record).__name__}")
    missing = [key for key in _REQUIRED if key not in record]
    if missing:
        raise ScenarioError(f"{where}: expected the fields {', '.join(_REQUIRED)}; missing {', '.join(missing)}")
    character, action = str(record["character_id"]), str(record["action_id"])
    if character not in profiles:
        raise ScenarioError(f"{where}: character_id {character} is not in {file.parent / 'character.json'}")
    if action not in scripts:
        raise ScenarioError(f"{where}: action_id {action} is not in {file.parent / 'action_list.json'}")
    try:
        return Scenario(
            id=f"empathyagent-{character}-{action}-{record['scenario_id']}-{index}",
            split="test",
            resident=Resident(
                id=f"character-{character}", profile_text=str(profiles[character]).strip(), look=_look(character)
            ),
            script=f"official_{action}",
            program=tuple(scripts[action]),
            dialogue=str(record["dialogue"]),
            situation=str(record["scenario"]),
            references=_references(record),
            presentation=tuple(_best_first(record).index(i) for i in range(len(record["empathy_goal"]))),
            home=_home(character, index),
            provenance=Provenance(source="empathyagent", item=str(index), licence="not redistributable: user's own copy"),
        )
    except ValidationError as error:
        raise ScenarioError(f"{where}: {first_error(error)}") from None
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ScenarioError(
            f"{where}: expected empathy_goal with responses '0' and '1' and rank [+-1, +-1]; got {error!r}"
        ) from None


def _best_first(record: dict[str, Any]) -> list[int]:
    """Places of the record's responses, higher ranked first."""
    return sorted(range(len(record["empathy_goal"])), key=lambda i: -record["rank"][i])


def _references(record: dict[str, Any]) -> tuple[Reference, ...]:
    goals = record["empathy_goal"]
    explanation = " ".join(str(record.get("explanation", "")).split())
    references = []
    for place, i in enumerate(_best_first(record)):
        plan_nl = str(record.get("high_level_plan", {}).get(str(i), ""))
        references.append(Reference(text=goals[str(i)], plan_nl=plan_nl, rationale=explanation if place == 0 else ""))
    return tuple(references)


def _home(character: str, index: int) -> Home:
    # The official items name no house: spread the residents over ours, the same one each time.
    from envs.household.blueprint import layout_names

    layouts = layout_names()
    return Home(layout=layouts[zlib.crc32(character.encode()) % len(layouts)], seed=index)


def _look(character: str) -> ResidentLook:
    # Nor do they say how people look; vary it by id so that pictures tell residents apart.
    pick = zlib.crc32(f"look:{character}".encode())
    skins = ("porcelain", "light", "olive", "tan", "brown", "deep")
    hairs = ("short", "bob", "long", "bun", "curly", "afro", "ponytail")
    tops = ("#3b82f6", "#c2410c", "#15803d", "#7c3aed", "#be123c", "#0f766e", "#ca8a04")
    colours = ("#1b1512", "#3b2a20", "#6b4423", "#b08d57", "#8a8a8a")
    look = {
        "skin": skins[pick % 6],
        "hair": hairs[pick // 6 % 7],
        "top": tops[pick // 42 % 7],
        "hair_colour": colours[pick // 294 % 5],
    }
    return ResidentLook.model_validate({**look, "height": 1.58 + pick // 1470 % 8 * 0.04})
