"""Appraisal: find how the resident judges their situation, and answer each judgement.

After Modeling Empathetic Alignment in Conversation (Yang and Jurgens, NAACL 2024, arXiv 2405.00948), where a reply aligns
with a speaker as far as it answers the speaker's appraisals, span by span. The eight labels are those of its ALOE data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from agents.strategies.base import Answer, Inquiry, Strategy, Thinking
from agents.strategies.beliefs import Belief, Line, belief_ask, nearest_label, notes_of
from agents.strategies.challenges import answer
from agents.strategies.perception import Perception
from agents.strategies.roles import action_list

APPRAISALS: dict[str, str] = {
    "Pleasantness": "how good or bad it is for them",
    "Anticipated Effort": "how much it will take out of them",
    "Certainty": "how sure they are of what is or will be",
    "Objective Experience": "plain fact of what happened, without judgement",
    "Self-Other Agency": "who they hold responsible, themselves or others",
    "Situational Control": "how far it is in their hands, or in nobody's",
    "Advice": "what they ask, or tell themselves, to do",
    "Trope": "a stock phrase that stands in for a feeling",
}
"""Label to its meaning."""

Label = Literal["Pleasantness", "Anticipated Effort", "Certainty", "Objective Experience", "Self-Other Agency",
                "Situational Control", "Advice", "Trope"]  # fmt: skip
Means = Literal["act", "words", "both", "leave"]


def _label(value: Any) -> Any:
    return nearest_label(value, tuple(APPRAISALS))


def _means(value: Any) -> Any:
    return nearest_label(value, ("act", "words", "both", "leave"))


class Appraisal(Belief):
    """One judgement of the resident."""

    evidence: Line = Field(description="the words or the act that show it")
    label: Annotated[Label, BeforeValidator(_label)] = Field(description="one of the eight labels")
    meaning: Line = Field(description="what the resident judges, in their terms")


class Appraisals(Belief):
    """The judgements of the resident."""

    appraisals: list[Appraisal]


class Span(Belief):
    """One telling detail, without a label."""

    evidence: Line = Field(description="the words or the act")
    meaning: Line = Field(description="what it says about how the resident sees things")


class Spans(Belief):
    """Telling details."""

    spans: list[Span]


class Reply(Belief):
    """How one judgement is answered."""

    to: Line = Field(description="which judgement")
    means: Annotated[Means, BeforeValidator(_means)] = Field(description="act, words, both, or leave")
    how: Line = Field(description="the act or the gist of the words; for leave, why it is better left alone")


class Replies(Belief):
    """How the judgements are answered."""

    replies: list[Reply]


class AppraisalBelief(Belief):
    """The judgements, and how each is answered."""

    appraisals: Appraisals | Spans | None
    replies: Replies | None


_FIND = (
    "How does the resident judge the situation? Find two to five appraisals in what they did and murmured, and label each:\n"
    + "\n".join(f"- {label}: {meaning}" for label, meaning in APPRAISALS.items())
)

_FIND_UNLABELLED = (
    "Which details of what the resident did and murmured tell most about how they see the situation? Find two to five."
)

_REPLY = """\
Answer each entry in your notes by itself. An act can answer effort and control; words answer most of the rest; a stock phrase
is answered by what it stands in for; advice they give themselves is better helped along than repeated. Some are best left
alone. The acts you have are:

{actions}"""

_GUIDANCE = """\
Let each appraisal in your notes be met by what you do or by what you say, the weightiest first. Advice alone is not enough."""


@dataclass(frozen=True)
class AppraisalAlignment(Strategy):
    """Names the resident's appraisals and answers each.

    Args:
        without_labels: look for telling details, but do not name appraisals.
        without_replies: go from the appraisals to the answer without answering each.
    """

    name: ClassVar[str] = "appraisal"

    without_labels: bool = False
    without_replies: bool = False

    def think(self, perception: Perception, inquiry: Inquiry) -> Thinking[Answer]:
        """Find, answer each, answer."""
        settings = inquiry.settings
        found: Appraisals | Spans | None
        if self.without_labels:
            found = yield from inquiry.ask(belief_ask("spans", Spans, _FIND_UNLABELLED, perception, settings))
        else:
            found = yield from inquiry.ask(belief_ask("appraisals", Appraisals, _FIND, perception, settings))
        notes = notes_of("APPRAISALS", found)
        replies: Replies | None = None
        if found is not None and not self.without_replies:
            task = _REPLY.format(actions=action_list(identifiers=False))
            replies = yield from inquiry.ask(
                belief_ask("replies", Replies, task, perception, settings, notes=notes, look=False)
            )
            notes += notes_of("REPLIES", replies)
        belief = AppraisalBelief(appraisals=found, replies=replies)
        return (yield from answer(perception, inquiry, notes, _GUIDANCE, belief=belief))
