"""What residents do: the bundled action scripts, by name.

* :func:`resident_scripts`: all of them;
* :func:`get_script`: one of them, or an error that names the nearest.

The scripts are ours, written in the names of our own households; the official ones of EmpathyAgent are loaded from the
user's copy of its files (:mod:`envs.scenarios`) and run through the same :func:`envs.skills.execute_program`.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from types import MappingProxyType

import yaml

from plans.program import Program


@dataclass(frozen=True, slots=True)
class ResidentScript:
    """One thing that a resident does.

    Args:
        name: identifier, as scenarios name it.
        description: what an onlooker sees, one sentence.
        program: the VirtualHome script lines.
    """

    name: str
    description: str
    program: Program


@lru_cache(maxsize=1)
def _load() -> MappingProxyType[str, ResidentScript]:
    text = (resources.files("envs.residents") / "scripts.yaml").read_text(encoding="utf-8")
    scripts = {}
    for name, entry in yaml.safe_load(text).items():
        if set(entry) != {"description", "program"}:
            raise ValueError(f"scripts.yaml, {name}: expected description and program, got {', '.join(entry)}")
        scripts[name] = ResidentScript(name, entry["description"], Program.parse(entry["program"]))
    return MappingProxyType(scripts)


def resident_scripts() -> dict[str, ResidentScript]:
    """All bundled scripts by name, in the order of the file."""
    return dict(_load())


def get_script(name: str) -> ResidentScript:
    """A bundled script by its name.

    Raises:
        KeyError: no script has this name; the message suggests the nearest.
    """
    scripts = _load()
    if name not in scripts:
        near = difflib.get_close_matches(name, scripts, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(scripts)}"
        raise KeyError(f"expected the name of a resident script, got {name[:80]!r}{hint}")
    return scripts[name]
