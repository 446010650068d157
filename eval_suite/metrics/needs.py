"""Need satisfaction of an episode: does what the robot left behind serve what the resident needs, and spare what would annoy?

What needs are and which actions serve them is declared once, in :mod:`envs.needs`; residents of Companion go by the same.
"""

from __future__ import annotations

from envs.needs import (
    IDLE_COST,
    UNWELCOME_COST,
    NeedSatisfaction,
    declared,
    need_satisfaction,
    scenario_needs,
    still_standing,
)
from eval_suite.episode import Episode

__all__ = [
    "IDLE_COST",
    "UNWELCOME_COST",
    "NeedSatisfaction",
    "declared",
    "need_satisfaction",
    "need_satisfaction_score",
    "scenario_needs",
    "still_standing",
]


def need_satisfaction_score(episode: Episode) -> float:
    """:func:`need_satisfaction` of an episode, 0 to 1; an answer that never came serves nothing."""
    carried_out = [] if episode.error else [record.action for record in episode.actions if record.ok]
    return need_satisfaction(episode.scenario, carried_out).score
