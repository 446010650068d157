"""Hearth: our own scenarios, written by hand, one YAML file per resident.

Residents are split, never their scenarios, so that a test resident is a stranger to whatever was trained.
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


def load_hearth(path: Path | None = None) -> list[Scenario]:
    """Load Hearth.

    Args:
        path: a folder with ``splits.yaml`` and ``residents/*.yaml`` in Hearth's format; None for the bundled one.

    Raises:
        ScenarioError: a file is missing or broken.
    """
    folder = str(path) if path is not None else str(resources.files("envs.scenarios.hearth"))
    return list(_load(folder))


@lru_cache(maxsize=4)
def _load(folder: str) -> tuple[Scenario, ...]:
    from envs.residents.scripts import resident_scripts

    splits = _read_yaml(Path(folder) / "splits.yaml")
    scripts = {name: tuple(script.program.lines) for name, script in resident_scripts().items()}
    scenarios: list[Scenario] = []
    for split, residents in splits.items():
        for resident in residents:
            file = Path(folder) / "residents" / f"{resident}.yaml"
            data = _read_yaml(file)
            for item in data["scenarios"]:
                try:
                    scenarios.append(_scenario(data["resident"], item, split, scripts))
                except ValidationError as error:
                    raise ScenarioError(f"{file}: scenario {item.get('id')!r}: {first_error(error)}") from None
                except KeyError as error:
                    raise ScenarioError(f"{file}: scenario {item.get('id')!r}: missing or unknown {error}") from None
    return tuple(scenarios)


def _read_yaml(file: Path) -> Any:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(file.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 (a safe loader)
    except FileNotFoundError:
        raise ScenarioError(f"{file}: no such file; expected splits.yaml and residents/*.yaml") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{file}: expected YAML, got {' '.join(str(error).split())[:200]}") from None


def _scenario(resident: dict[str, Any], item: dict[str, Any], split: Any, scripts: dict[str, tuple[str, ...]]) -> Scenario:
    identity = f"hearth-{resident['id']}-{item['id']}"
    references = tuple(
        Reference(
            text=format_plan(Plan(tuple(reference["actions"]), reference["utterance"])),
            rationale=reference["rationale"],
            plan_nl=item["plan"].strip() if place == 0 else "",
        )
        for place, reference in enumerate(item["references"])
    )
    return Scenario(
        id=identity,
        split=split,
        resident=Resident(**{key: value for key, value in resident.items() if key != "home"}),
        script=item["script"],
        program=scripts[item["script"]],
        dialogue=item["dialogue"],
        situation=item["situation"].strip(),
        labels=Labels(emotion=item["emotion"], intensity=item["intensity"], needs=Needs(**item["needs"]), theme=item["theme"]),
        references=references,
        home=Home(layout=resident["home"], seed=zlib.crc32(identity.encode()) % 1000, state=item.get("home_state") or {}),
        provenance=Provenance(source="hearth", licence=LICENCE, item=f"{resident['id']}/{item['id']}"),
    )
