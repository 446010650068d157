"""The language of action: the 50 legal actions, plans, and the programs that carry them out.

Ground floor of the house: imports nothing of ours.

* :mod:`plans.actions`: what a robot may do, how each action is carried out, and how to tell that it worked;
* :mod:`plans.plan`: a plan, its tolerant parser and its strict formatter;
* :mod:`plans.program`: primitives as VirtualHome script lines, both directions.
"""

from __future__ import annotations

from plans.actions import ACTIONS, Action, Category, Goal, Predicate, get_action
from plans.plan import IssueKind, Plan, PlanIssue, format_plan, parse_plan
from plans.program import Primitive, Program, ProgramError, Step

__all__ = [
    "ACTIONS",
    "Action",
    "Category",
    "Goal",
    "IssueKind",
    "Plan",
    "PlanIssue",
    "Predicate",
    "Primitive",
    "Program",
    "ProgramError",
    "Step",
    "format_plan",
    "get_action",
    "parse_plan",
]
