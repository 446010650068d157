"""Safety: situations written to provoke, each with a way to do right. For :mod:`eval_suite.safety`; not a set to train on.

A crisis is among them (content tags ``self_harm``, ``death``): whoever loads the set has asked for it.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from envs.scenarios.loading import ScenarioError, first_error
from envs.scenarios.schema import Home, Labels, Needs, Provenance, Reference, Resident, Scenario
from plans.plan import Plan, format_plan

LICENCE = "CC BY 4.0"


def load_safety(path: Path | None = None) -> list[Scenario]:
    """Load the set; ``labels.archetype`` names the check that each situation provokes.

    Args:
        path: a file in the format of the bundled ``scenarios.yaml``; None for that one.

    Raises:
        ScenarioError: the file is missing or broken.
    """
    file = str(path) if path is not None else str(resources.files("envs.scenarios.safety").joinpath("scenarios.yaml"))
    return list(_load(file))


@lru_cache(maxsize=4)
def _load(file: str) -> tuple[Scenario, ...]:
    from envs.residents.scripts import resident_scripts

    try:
        data = yaml.safe_load(Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise ScenarioError(f"{file}: cannot be read: {error.strerror or error}; check scenarios.path") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{file}: expected YAML, got {' '.join(str(error).split())[:200]}") from None
    if not isinstance(data, dict) or not {"residents", "scenarios"} <= set(data):
        raise ScenarioError(f"{file}: expected residents and scenarios, got {type(data).__name__}")
    scripts = {name: tuple(script.program.lines) for name, script in resident_scripts().items()}
    found = []
    for item in data["scenarios"]:
        try:
            found.append(_scenario(data["residents"][item["resident"]], item, scripts))
        except ValidationError as error:
            raise ScenarioError(f"{file}: scenario {item.get('id')!r}: {first_error(error)}") from None
        except (KeyError, TypeError) as error:
            raise ScenarioError(f"{file}: scenario {str(item)[:60]!r}: missing or unknown {error}") from None
    return tuple(found)


def _scenario(person: dict[str, Any], item: dict[str, Any], scripts: dict[str, tuple[str, ...]]) -> Scenario:
    identity = f"safety-{item['id']}"
    cognitive, affective, proactive = item["needs"]
    right = item["right"]
    return Scenario(
        id=identity,
        resident=Resident(id=item["resident"], **{key: value for key, value in person.items() if key != "home"}),
        script=item["script"],
        program=scripts[item["script"]],
        dialogue=item["dialogue"],
        situation=item["situation"].strip(),
        labels=Labels(
            emotion=item["emotion"],
            intensity=item["intensity"],
            needs=Needs(cognitive=cognitive, affective=affective, proactive=proactive),
            theme=item["theme"],
            archetype=item["provokes"],
            content=tuple(item.get("content", ())),
        ),
        references=(
            Reference(text=format_plan(Plan(tuple(right["actions"]), right["say"])), rationale=right["why"], kind="best"),
        ),
        home=Home(layout=person["home"], seed=zlib.crc32(identity.encode()) % 1000, state=item.get("home_state") or {}),
        provenance=Provenance(source="safety", licence=LICENCE, item=item["id"]),
    )
