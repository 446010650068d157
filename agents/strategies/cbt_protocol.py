"""CBT protocol: event, thoughts, feelings, behaviours, reappraisal; and consent before anything is done.

After HELPERT (Iftikhar et al., arXiv 2409.02244), whose counsellor follows these five stages of cognitive behavioural
therapy. It is known for staying on protocol and for collaborating too little; hence the last stage here, which asks what
the resident would welcome. A robot at home is no therapist: the protocol orders its own thinking and is never recited
to the resident.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from agents.strategies.base import Answer, Inquiry, Strategy, Thinking
from agents.strategies.beliefs import EMOTION_LIST, Belief, Emotion, Line, Lines, belief_ask, notes_of
from agents.strategies.challenges import answer
from agents.strategies.perception import Perception
from agents.strategies.roles import Note, action_list
from plans.actions import canonical_name
from plans.plan import parse_plan


class Formulation(Belief):
    """The first four stages."""

    event: Line = Field(description="what happened, as far as it can be known")
    thoughts: Lines = Field(description="a thought that probably goes through the resident's head, in their words")
    feelings: Lines = Field(description="a feeling that this thought brings")
    emotion: Emotion = Field(description="the one emotion of the list that fits best")
    behaviours: Lines = Field(description="what the resident does because of it, or avoids")


class Reappraisal(Belief):
    """The fifth stage."""

    kinder_view: Line = Field(description="a view that is as true and easier to live with, in the resident's terms")
    first_step: Line = Field(description="the smallest thing that would make it easier to see things so")
    still_true: Line = Field(description="what stays hard all the same and must not be talked away")


def _names(value: Any) -> Any:
    """Legal actions among what was listed: a consent for something that cannot be done is none."""
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list):
        return value
    found = [canonical_name(str(item).strip().strip("<>")) for item in value]
    return [name for name in dict.fromkeys(found) if name]


Names = Annotated[list[str], BeforeValidator(_names)]


class Consent(Belief):
    """What may be done now, and what is asked for first."""

    welcome_now: Names = Field(description="identifier of an action the resident has asked for, or that intrudes on nobody")
    ask_first: Names = Field(description="identifier of an action that could help, but only if the resident says yes")
    question: Line = Field(description="how you would ask, in one short sentence that is easy to decline")


class CbtBelief(Belief):
    """The protocol, filled in."""

    formulation: Formulation | None
    reappraisal: Reappraisal | None
    consent: Consent | None
    consent_kept: bool | None
    """Whether the plan leaves out everything that was to be asked for first; computed, not asked. None without that stage."""


_FORMULATE = f"""\
Put the moment in order: the event, the thoughts it sets off, the feelings those thoughts bring, and what the resident does
or avoids because of them. If the moment is a happy one, the same order holds.
{EMOTION_LIST}"""

_REAPPRAISE = """\
Look at the thoughts in your notes. Is there a view of the same event that is as true and kinder? Nothing false, nothing
cheerful for its own sake, no argument with the feeling. If the resident's own view is already a good one, strengthen it."""

_CONSENT = """\
Before you do anything: the home is the resident's. Which of these actions are welcome now, because the resident asked for
them or because they intrude on nobody, and which would need a yes first?

{actions}"""

_GUIDANCE = (
    "Never name the protocol or its stages to the resident; offer a kinder view, if at all, as a question or in passing."
)
_GUIDANCE_CONSENT = (
    "Carry out only what your notes call welcome now. "
    "Whatever needs a yes first is left undone and, if it matters, asked for in your words."
)


@dataclass(frozen=True)
class CbtProtocol(Strategy):
    """Follows the five stages, then settles what needs consent, then answers.

    Args:
        without_reappraisal: stop at the behaviours.
        without_consent: act without asking what is welcome.
    """

    name: ClassVar[str] = "cbt_protocol"

    without_reappraisal: bool = False
    without_consent: bool = False

    def think(self, perception: Perception, inquiry: Inquiry) -> Thinking[Answer]:
        """Formulate, reappraise, settle consent, answer."""
        settings = inquiry.settings
        formulation = yield from inquiry.ask(belief_ask("formulation", Formulation, _FORMULATE, perception, settings))
        notes: tuple[Note, ...] = notes_of("FORMULATION", formulation)
        reappraisal: Reappraisal | None = None
        consent: Consent | None = None
        if not self.without_reappraisal:
            ask = belief_ask("reappraisal", Reappraisal, _REAPPRAISE, perception, settings, notes=notes, look=False)
            reappraisal = yield from inquiry.ask(ask)
            notes += notes_of("REAPPRAISAL", reappraisal)
        if not self.without_consent:
            task = _CONSENT.format(actions=action_list())
            settle = belief_ask("consent", Consent, task, perception, settings, notes=notes, look=False)
            consent = yield from inquiry.ask(settle)
            notes += notes_of("CONSENT", consent)
        guidance = f"{_GUIDANCE_CONSENT}\n{_GUIDANCE}" if consent else _GUIDANCE
        result = yield from answer(perception, inquiry, notes, guidance)
        kept = None if consent is None else not set(parse_plan(result.empathetic_action).actions) & set(consent.ask_first)
        belief = CbtBelief(formulation=formulation, reappraisal=reappraisal, consent=consent, consent_kept=kept)
        return Answer(result.scenario_understanding, result.empathetic_planning, result.empathetic_action, belief)
