"""The household, its residents, simulators and scenarios, and the Gymnasium environments made of them.

``import envs`` registers the ids; so does ``gymnasium.make("envs:EmpathyGym/Household-v0")``, in any process.
"""

from __future__ import annotations

from gymnasium.envs.registration import register, registry

HOUSEHOLD_ID = "EmpathyGym/Household-v0"

if HOUSEHOLD_ID not in registry:
    register(id=HOUSEHOLD_ID, entry_point="envs.household_env:HouseholdEnv")

__all__ = ["HOUSEHOLD_ID"]
