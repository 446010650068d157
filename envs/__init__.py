"""The household, its residents, simulators and scenarios, and the Gymnasium environments made of them.

``import envs`` registers the ids; so does ``gymnasium.make("envs:EmpathyGym/Household-v0")``, in any process.
"""

from __future__ import annotations

from gymnasium.envs.registration import register, registry

HOUSEHOLD_ID = "EmpathyGym/Household-v0"
COMPANION_ID = "EmpathyGym/Companion-v0"

if HOUSEHOLD_ID not in registry:
    register(id=HOUSEHOLD_ID, entry_point="envs.household_env:HouseholdEnv")
if COMPANION_ID not in registry:
    register(id=COMPANION_ID, entry_point="envs.companion.companion_env:CompanionEnv")

__all__ = ["COMPANION_ID", "HOUSEHOLD_ID"]
