"""Coarse to fine: the whole moment, then each event in it, then whether the two agree.

After CASE (Zhou et al., ACL 2023, arXiv 2208.08845), which aligns cognition and affection at two grains: the
situation as a whole with the overall emotion, and every event with the reaction to it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field

from agents.strategies.base import Answer, Inquiry, Strategy, Thinking, together
from agents.strategies.beliefs import EMOTION_LIST, Belief, Emotion, Line, Lines, Share, belief_ask, notes_of
from agents.strategies.challenges import answer
from agents.strategies.perception import Perception
from envs.scenarios.emotions import EMOTIONS


class Coarse(Belief):
    """The moment as a whole."""

    situation: Line = Field(description="what has most likely happened, in one sentence")
    emotion: Emotion = Field(description="the one emotion of the list that fits the resident best")
    because: Line = Field(description="what in the situation the emotion is about")


class Event(Belief):
    """One thing that the resident did or said."""

    event: Line = Field(description="one thing the resident did or said")
    reaction: Emotion = Field(description="the emotion of the list that shows in it")
    because: Line = Field(description="what shows it")


class Fine(Belief):
    """The events of the moment."""

    events: list[Event]


class Check(Belief):
    """Whether the two readings agree, and what remains."""

    agreement: Share = Field(description="0 if the two readings contradict each other, 1 if they agree in full")
    conflicts: Lines = Field(description="a point in which they differ")
    situation: Line = Field(description="the situation as you see it now, in one sentence")
    emotion: Emotion = Field(description="the emotion of the list as you see it now")


class CoarseToFineBelief(Belief):
    """What both grains and their comparison came to."""

    coarse: Coarse | None
    fine: Fine | None
    check: Check | None
    alignment: float | None
    """How near the events' reactions lie to the overall emotion on the circumplex, 0 to 1; computed, not asked."""


_COARSE = f"""\
Look at the moment as a whole. What has happened to the resident, and which one emotion does it amount to?
{EMOTION_LIST}"""

_FINE = f"""\
Go through the moment event by event: each thing the resident did and each thing they said, in order, two to five in all.
For each, name the emotion that shows in that event alone, even if it does not fit the others.
{EMOTION_LIST}"""

_CHECK = f"""\
You made two readings of this moment, one of the whole and one of its parts, without comparing them. Compare them now. Where
they differ, decide by the evidence which one to believe: a part may give the whole away, or a feeling may be mixed.
{EMOTION_LIST}"""

_GUIDANCE = """\
Act on the situation as a whole. Let what you say touch the one event that gives the feeling away most clearly."""


@dataclass(frozen=True)
class CoarseToFine(Strategy):
    """Reads the moment at two grains, independently, and lets the answer rest on what both support.

    Args:
        without_coarse: leave out the reading of the whole.
        without_fine: leave out the reading of the events.
        without_check: do not compare the two.
    """

    name: ClassVar[str] = "coarse_to_fine"

    without_coarse: bool = False
    without_fine: bool = False
    without_check: bool = False

    def __post_init__(self) -> None:
        if self.without_coarse and self.without_fine:
            raise ValueError("expected at most one of without_coarse and without_fine, got both; use strategy=direct")

    def think(self, perception: Perception, inquiry: Inquiry) -> Thinking[Answer]:
        """Read both grains side by side (neither sees the other, or a check would mean nothing), compare, answer."""
        settings = inquiry.settings
        whole = belief_ask("coarse", Coarse, _COARSE, perception, settings)
        parts = belief_ask("fine", Fine, _FINE, perception, settings)
        coarse: Coarse | None = None
        fine: Fine | None = None
        check: Check | None = None
        if self.without_fine:
            coarse = yield from inquiry.ask(whole)
        elif self.without_coarse:
            fine = yield from inquiry.ask(parts)
        else:
            coarse, fine = yield from together(inquiry.ask(whole), inquiry.ask(parts))
        notes = notes_of("WHOLE", coarse) + notes_of("EVENTS", fine)
        if coarse and fine and not self.without_check:
            ask = belief_ask("check", Check, _CHECK, perception, settings, notes=notes, look=False)
            check = yield from inquiry.ask(ask)
            notes += notes_of("CONCLUSION", check)
        belief = CoarseToFineBelief(coarse=coarse, fine=fine, check=check, alignment=alignment(coarse, fine))
        return (yield from answer(perception, inquiry, notes, _GUIDANCE, belief=belief))


def alignment(coarse: Coarse | None, fine: Fine | None) -> float | None:
    """Mean nearness of each event's reaction to the overall emotion, on valence and arousal; None without both."""
    if coarse is None or fine is None or not fine.events:
        return None
    here = EMOTIONS[coarse.emotion]
    distances = [math.dist(here, EMOTIONS[event.reaction]) for event in fine.events]
    # Both coordinates run from -1 to 1, so that no two emotions are further apart than the diagonal.
    return round(1 - sum(distances) / len(distances) / math.dist((-1, -1), (1, 1)), 4)
