"""``household=``: whether scenarios play in their own homes, or all in one of the user's."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from scripts.errors import UsageError

if TYPE_CHECKING:
    from envs.scenarios.schema import Scenario

log = logging.getLogger(__name__)

SCENARIO, DATASET = "scenario", "habitat_dataset"


def moved(scenarios: list[Scenario], choice: Mapping[str, Any], simulator: Mapping[str, Any]) -> list[Scenario]:
    """The scenarios in the homes that the configuration chooses; what could not be bound is logged, a line each.

    Args:
        scenarios: as they were loaded.
        choice: the group ``household``.
        simulator: the group ``simulator``.

    Raises:
        UsageError: no such household, or a simulator that cannot load it.
        SimulatorUnavailable: Habitat cannot run here, or the home cannot be opened.
    """
    name = choice.get("name")
    if name == SCENARIO:
        return scenarios
    if name != DATASET:
        raise UsageError(f"expected household among {SCENARIO}, {DATASET}; got {str(name)[:80]!r}")
    if simulator["name"] not in ("habitat", "symbolic"):
        raise UsageError(f"expected simulator=habitat for household={DATASET}, got {simulator['name']}; set simulator=habitat")
    mapping = choice.get("mapping")
    if not isinstance(mapping, str):
        raise UsageError(
            f"expected household.mapping to be a file, got {str(mapping)[:80]!r}; set household.mapping=my_home.yaml"
        )
    from envs.simulators.habitat.homes.home import open_home
    from envs.simulators.habitat.homes.scenarios import move_scenarios

    home = open_home(mapping, gpu_device_id=int(simulator["options"].get("gpu_device_id", -1)))
    for bound in home.unbound:
        reason = bound.reason.value if bound.reason is not None else "unknown"
        log.warning("%s: %s is not bound (%s): %s", home.mapping.scene, bound.role, reason, bound.sentence)
    for room in home.rooms.missing:
        log.warning("%s: %s is not bound: no such room", home.mapping.scene, room)
    for thing in home.lost:
        log.warning("%s: %s is not placed: no top within reach has room for it", home.mapping.scene, thing)
    found, lines = move_scenarios(scenarios, home)
    for line in lines:
        log.warning("%s", line)
    return found
