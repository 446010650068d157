"""Rehearsals: whether a plan can be carried out in its scenario, and what it was for holds at the end."""

from __future__ import annotations

from envs.scenarios.schema import Scenario
from envs.session import Session
from envs.simulators.base import Simulator
from envs.skills import check_goals
from plans.actions import ACTIONS
from plans.plan import Plan


def rehearse(simulator: Simulator, scenario: Scenario, plan: Plan) -> str:
    """Play a scenario with a plan, without pictures.

    Args:
        simulator: where; it is reset.
        scenario: what.
        plan: what the robot does.

    Returns:
        Why it did not work out; empty if it did.
    """
    session = Session(simulator, scenario)
    played = session.prepare()
    if not played.resident.ok:
        return f"the resident's script failed: {played.resident.reason}"
    for action in plan.actions:
        outcome = session.act(action)
        if not outcome.ok:
            return f"{action}: {outcome.reason}"
    for action in plan.actions:
        for result in check_goals(session.simulator, session.household, ACTIONS[action].goals):
            if not result.satisfied:
                return f"{action}: in the end not {result.goal}"
    return ""
