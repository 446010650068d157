"""How the composed set is kept: residents and programs once, scenarios without them; quick to read back."""

from __future__ import annotations

import gc
import json
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from envs.scenarios.schema import Home, Labels, Provenance, Reference, Resident, Scenario, Split


class _Kept(BaseModel):
    """A scenario, with its resident by id and its program by script."""

    model_config = ConfigDict(extra="forbid")

    id: str
    split: Split
    resident: str
    script: str
    dialogue: str
    situation: str
    labels: Labels | None
    references: tuple[Reference, ...]
    contrasts: tuple[Reference, ...]
    presentation: tuple[int, ...]
    home: Home
    provenance: Provenance


class _Set(BaseModel):
    residents: dict[str, Resident]
    programs: dict[str, tuple[str, ...]]
    scenarios: list[_Kept]


def pack(scenarios: Sequence[Scenario]) -> bytes:
    """The set as JSON; the same scenarios give the same bytes."""
    residents: dict[str, Any] = {}
    programs: dict[str, Any] = {}
    kept = []
    for scenario in scenarios:
        data = scenario.model_dump(mode="json")
        residents[scenario.resident.id] = data.pop("resident")
        programs[scenario.script] = data.pop("program")
        del data["schema_version"]
        kept.append({**data, "resident": scenario.resident.id})
    whole = {"residents": residents, "programs": programs, "scenarios": kept}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def unpack(data: bytes) -> tuple[Scenario, ...]:
    """The scenarios again.

    Raises:
        ValueError: not what :func:`pack` made.
    """
    # Half a million small objects are made and none becomes garbage: the collector would take four fifths of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _unpack(data)
    finally:
        if collecting:
            gc.enable()


def _unpack(data: bytes) -> tuple[Scenario, ...]:
    whole = _Set.model_validate_json(data)
    found = []
    for kept in whole.scenarios:
        fields = {name: getattr(kept, name) for name in _FIELDS}
        # The parts were validated just now, and programs and residents when they were packed: build without doing it again.
        found.append(
            Scenario.model_construct(
                _fields_set=None, **fields, resident=whole.residents[kept.resident], program=whole.programs[kept.script]
            )
        )
    return tuple(found)


_FIELDS = tuple(name for name in _Kept.model_fields if name != "resident")
