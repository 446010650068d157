"""Direct: the paper's three challenges, each asked by itself, with no belief in between (EmpathyAgent, arXiv 2503.16545)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from agents.strategies.base import Answer, Inquiry, Strategy, Thinking, together
from agents.strategies.challenges import action_ask, answer, planning_ask, understanding_ask
from agents.strategies.perception import Perception


@dataclass(frozen=True)
class Direct(Strategy):
    """Asks the three challenges side by side; none sees the others' answers, as in the paper.

    Args:
        chained: show the plan in words to the question for the action, so that the two agree.
    """

    name: ClassVar[str] = "direct"

    chained: bool = False

    def think(self, perception: Perception, inquiry: Inquiry) -> Thinking[Answer]:
        """Ask the three challenges."""
        if self.chained:
            return (yield from answer(perception, inquiry, look=True))
        settings = inquiry.settings
        understood, planned, act = yield from together(
            inquiry.ask(understanding_ask(perception, settings, look=True)),
            inquiry.ask(planning_ask(perception, settings, look=True)),
            inquiry.ask(action_ask(perception, settings, look=True)),
        )
        return Answer(understood, planned, act)
