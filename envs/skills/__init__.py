"""Skills: how plans and scripts become acts in a house, and how to tell whether they worked.

* :func:`execute_action`, :func:`execute_plan`: legal actions, carried out adaptively, judged by their goals;
* :func:`execute_program`: scripts, carried out literally;
* :func:`check_goals`: what holds, by the simulator's own poses, joints and states;
* :class:`FailureReason`: which precondition was not met, in one fixed sentence.
"""

from __future__ import annotations

from envs.household.state import WorldState, apply_home_state
from envs.skills.goals import check_goals
from envs.skills.grounding import execute_action, execute_plan, execute_program
from envs.skills.outcomes import ActionOutcome, GoalResult, ProgramOutcome, StepOutcome
from envs.skills.primitives import SKILLS, perform
from envs.skills.reasons import FailureReason

__all__ = [
    "SKILLS",
    "ActionOutcome",
    "FailureReason",
    "GoalResult",
    "ProgramOutcome",
    "StepOutcome",
    "WorldState",
    "apply_home_state",
    "check_goals",
    "execute_action",
    "execute_plan",
    "execute_program",
    "perform",
]
