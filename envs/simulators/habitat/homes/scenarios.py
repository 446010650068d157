"""Scenarios moved into a user's home."""

from __future__ import annotations

from collections.abc import Iterable

from envs.household.house import Household
from envs.scenarios.schema import Scenario
from envs.simulators.habitat.homes.home import Home


def move_scenarios(scenarios: Iterable[Scenario], home: Home) -> tuple[list[Scenario], list[str]]:
    """Let scenarios play in a home; nothing else of them changes.

    Args:
        scenarios: of any layout.
        home: where they play from now on.

    Returns:
        The scenarios, and a line for each thing that one of them finds in a state that nothing in the home can be in; it is
        left as it is.
    """
    household = home.household(0)
    moved, lines = [], []
    for scenario in scenarios:
        state = {}
        for name, value in scenario.home.state.items():
            if _can_be(household, name, value):
                state[name] = value
            else:
                lines.append(
                    f"{scenario.id}: expected a {name} that can be {value}, got none in {home.mapping.scene}; left out"
                )
        place = scenario.home.model_copy(update={"layout": home.layout, "state": state})
        moved.append(scenario.model_copy(update={"home": place}))
    return moved, lines


def _can_be(household: Household, name: str, value: str) -> bool:
    found = [household.entities[entity].model for entity in household.find(name)]
    return bool(found) and all(bool(model.joints) if value in ("open", "closed") else model.switchable for model in found)
