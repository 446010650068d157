"""Commonsense: what the moment says by five relations, then act on needs and speak to feelings.

After CEM (Sabour et al., AAAI 2022, arXiv 2109.05739), which draws the relations xReact (affection) and xIntent, xNeed,
xWant, xEffect (cognition) from COMET and refines its context by the two apart. Here the model is the source of both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field

from agents.strategies.base import Answer, Inquiry, Strategy, Thinking, together
from agents.strategies.beliefs import Belief, Lines, belief_ask, notes_of
from agents.strategies.challenges import answer
from agents.strategies.perception import Perception


class Affection(Belief):
    """The affective relation."""

    react: Lines = Field(description="a feeling the resident has now, and what about")
    """xReact."""


class Cognition(Belief):
    """The four cognitive relations."""

    intent: Lines = Field(description="why the resident did what they did")
    """xIntent."""
    need: Lines = Field(description="what had to happen before this moment, or what is missing")
    """xNeed."""
    want: Lines = Field(description="what the resident wants next")
    """xWant."""
    effect: Lines = Field(description="what follows for the resident if nobody does anything")
    """xEffect."""


class CommonsenseBelief(Belief):
    """What the relations came to."""

    affection: Affection | None
    """None if it was left out or could not be read."""
    cognition: Cognition | None
    """None if it was left out or could not be read."""


_AFFECTION = """\
Think only about feeling. From what you noticed and heard, infer how the resident feels now, as one would who knows people
and knows this one: the open feeling first, then any that it covers. Give one to three, likeliest first, each in a few words."""

_COGNITION = """\
Think only about reasons and consequences, not about feelings. From what you noticed and heard, infer four things about the
resident. Give one to three entries for each, likeliest first, each in a few words and as specific to this person as the
evidence allows."""

_ACT_ON = (
    "Choose what you do from your notes on the resident's reasons: act on what is needed and wanted, and spare them the effect."
)
_SPEAK_TO = "Choose what you say from your notes on the resident's feelings: speak to the feeling and what it is about."


@dataclass(frozen=True)
class Commonsense(Strategy):
    """Plans from what is needed and wanted, speaks from how the resident feels.

    Args:
        without_affection: leave out xReact.
        without_cognition: leave out xIntent, xNeed, xWant, xEffect.
    """

    name: ClassVar[str] = "commonsense"

    without_affection: bool = False
    without_cognition: bool = False

    def __post_init__(self) -> None:
        if self.without_affection and self.without_cognition:
            raise ValueError("expected at most one of without_affection and without_cognition, got both; use strategy=direct")

    def think(self, perception: Perception, inquiry: Inquiry) -> Thinking[Answer]:
        """Infer the relations, then answer from them."""
        settings = inquiry.settings
        feel = belief_ask("affection", Affection, _AFFECTION, perception, settings)
        know = belief_ask("cognition", Cognition, _COGNITION, perception, settings)
        affection: Affection | None = None
        cognition: Cognition | None = None
        if self.without_cognition:
            affection = yield from inquiry.ask(feel)
        elif self.without_affection:
            cognition = yield from inquiry.ask(know)
        else:
            affection, cognition = yield from together(inquiry.ask(feel), inquiry.ask(know))
        notes = notes_of("REASONS", cognition) + notes_of("FEELINGS", affection)
        guidance = "\n".join(([_ACT_ON] if cognition else []) + ([_SPEAK_TO] if affection else []))
        belief = CommonsenseBelief(affection=affection, cognition=cognition)
        return (yield from answer(perception, inquiry, notes, guidance, belief=belief))
