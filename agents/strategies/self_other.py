"""Self and other: what the resident is about and what the robot is about, kept apart, then weighed.

After EmpSOA (Zhao et al., Findings of ACL 2023, arXiv 2210.03884): differentiation into states of self and other,
modulation by a weight between them, generation from both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field

from agents.strategies.base import Answer, Inquiry, Strategy, Thinking, together
from agents.strategies.beliefs import EMOTION_LIST, Belief, Emotion, Line, Lines, Share, belief_ask, notes_of
from agents.strategies.challenges import answer
from agents.strategies.perception import Perception
from agents.strategies.roles import action_list


class Other(Belief):
    """What is the resident's."""

    emotion: Emotion = Field(description="the one emotion of the list that fits the resident best")
    about: Line = Field(description="what the feeling is about")
    needs: Lines = Field(description="what the resident needs now")
    boundaries: Lines = Field(description="what the resident would not want from anyone now")


class Self(Belief):
    """What is the robot's own."""

    capabilities: Lines = Field(description="something you are able to do here that could matter now")
    commitments: Lines = Field(description="something you owe this resident, whatever they feel")
    uncertainty: Lines = Field(description="something you do not know and should not presume")


class Balance(Belief):
    """How the two are weighed."""

    weight_of_other: Share = Field(
        description="from 0 (go by your own view: what is safe, possible, honest) to 1 (go by theirs: what they feel and wish)"
    )
    because: Line = Field(description="why, in one sentence")


class SelfOtherBelief(Belief):
    """Both sides and the weight between them."""

    other: Other | None
    self: Self | None
    weight_of_other: float | None
    """What the answer was asked to follow: 1 is the resident alone, 0 the robot alone; None if it could not be read."""
    because: str | None


_OTHER = f"""\
Take the resident's place, and leave yourself out of it. What is it like to be this person right now? Say only what belongs to
them; do not lend them what you would feel or what people usually feel.
{EMOTION_LIST}"""

_SELF = """\
Now look at yourself alone, not at the resident's feelings: a robot in this home, at this moment. What could you do here,
what do you owe the resident, and what do you not know? You can do these things:

{actions}"""

_BALANCE = """\
Your notes hold the resident's side and your own. How much should your answer follow theirs? High where what they feel and wish
can simply be met; low where that would harm them, is beyond you, or rests on a guess."""

_WEIGHED = (
    "You weighed the resident's side at {other:.0%} and your own at {own:.0%}. Let that show: the first in whose terms you "
    "speak and act, the second in how much you presume, promise, or hold back. Keep the two apart: what they feel is theirs."
)
_ONLY_OTHER = "Let your answer follow the resident's side throughout."
_ONLY_SELF = "Let your answer follow from your own view of what you can do, owe, and do not know."


@dataclass(frozen=True)
class SelfOther(Strategy):
    """Keeps beliefs about the resident apart from beliefs about itself, and logs how it weighed them.

    Args:
        only_other: leave out the robot's side.
        only_self: leave out the resident's side.
    """

    name: ClassVar[str] = "self_other"

    only_other: bool = False
    only_self: bool = False

    def __post_init__(self) -> None:
        if self.only_other and self.only_self:
            raise ValueError("expected at most one of only_other and only_self, got both; use strategy=direct")

    def think(self, perception: Perception, inquiry: Inquiry) -> Thinking[Answer]:
        """Differentiate, modulate, answer."""
        settings = inquiry.settings
        theirs = belief_ask("other", Other, _OTHER, perception, settings)
        mine = belief_ask("self", Self, _SELF.format(actions=action_list(identifiers=False)), perception, settings)
        other: Other | None = None
        own: Self | None = None
        weight: float | None = None
        because: str | None = None
        guidance = ""
        if self.only_other:
            other = yield from inquiry.ask(theirs)
            weight, guidance = 1.0, _ONLY_OTHER
        elif self.only_self:
            own = yield from inquiry.ask(mine)
            weight, guidance = 0.0, _ONLY_SELF
        else:
            other, own = yield from together(inquiry.ask(theirs), inquiry.ask(mine))
        notes = notes_of("RESIDENT", other) + notes_of("YOURSELF", own)
        if not (self.only_other or self.only_self):
            ask = belief_ask("balance", Balance, _BALANCE, perception, settings, notes=notes, look=False)
            balance = yield from inquiry.ask(ask)
            if balance is not None:
                weight, because = balance.weight_of_other, balance.because
                guidance = _WEIGHED.format(other=weight, own=1 - weight)
        belief = SelfOtherBelief(other=other, self=own, weight_of_other=weight, because=because)
        return (yield from answer(perception, inquiry, notes, guidance, belief=belief))
