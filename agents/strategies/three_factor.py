"""Three factors: recognise the feeling, make sense of it, reflect it and support.

After The Pursuit of Empathy (TIDE, EMNLP 2025, arXiv 2505.15065): emotion recognition, distress normalisation, supportive
reflection. The order matters there (older adults want to be validated before they are supported), so the words keep it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field

from agents.strategies.base import Answer, Inquiry, Strategy, Thinking
from agents.strategies.beliefs import EMOTION_LIST, Belief, Emotion, Line, Lines, belief_ask, notes_of
from agents.strategies.challenges import answer
from agents.strategies.perception import Perception
from agents.strategies.roles import Note


class Recognition(Belief):
    """What is felt."""

    emotion: Emotion = Field(description="the one emotion of the list that fits the resident best")
    in_their_words: Line = Field(description="the feeling as the resident might put it")
    signs: Lines = Field(description="what shows it")


class Normalisation(Belief):
    """Why it makes sense."""

    makes_sense_because: Line = Field(description="why anyone in this person's place might feel so")
    not_to_say: Line = Field(description="a phrase that would make it small, to be avoided")


class Reflection(Belief):
    """What is given back."""

    reflection: Line = Field(description="what you understood, said back in other words")
    support: Lines = Field(description="one concrete thing that would help now")


class ThreeFactorBelief(Belief):
    """The three factors."""

    recognition: Recognition | None
    normalisation: Normalisation | None
    reflection: Reflection | None


_RECOGNISE = f"""\
What does the resident feel? Name it, in the list's terms and in theirs, and say what shows it. A quiet voice can hold a strong
feeling.
{EMOTION_LIST}"""

_NORMALISE = """\
Why does this feeling make sense, in this person's life and place? Make it understandable without making it small: no "everyone
goes through that", no "it could be worse". A pleasant feeling may be given its due in the same way."""

_REFLECT = """\
What have you understood, and what would help? Put the heart of it in other words than the resident's, so that they could say
"yes, that is it"; then one or two concrete things that would support them now."""

_ORDER = {
    "recognition": "show that you see the feeling",
    "normalisation": "let it make sense without making it small",
    "reflection": "give back what you understood, and offer support",
}


@dataclass(frozen=True)
class ThreeFactor(Strategy):
    """Goes through the three factors one after the other, each resting on those before it.

    Args:
        without_recognition, without_normalisation, without_reflection: leave one out.
    """

    name: ClassVar[str] = "three_factor"

    without_recognition: bool = False
    without_normalisation: bool = False
    without_reflection: bool = False

    def __post_init__(self) -> None:
        if self.without_recognition and self.without_normalisation and self.without_reflection:
            raise ValueError("expected at least one of the three factors, got none; use strategy=direct")

    def think(self, perception: Perception, inquiry: Inquiry) -> Thinking[Answer]:
        """Recognise, normalise, reflect and support, answer."""
        settings = inquiry.settings
        notes: tuple[Note, ...] = ()
        recognition: Recognition | None = None
        normalisation: Normalisation | None = None
        reflection: Reflection | None = None
        if not self.without_recognition:
            recognition = yield from inquiry.ask(belief_ask("recognition", Recognition, _RECOGNISE, perception, settings))
            notes += notes_of("RECOGNITION", recognition)
        if not self.without_normalisation:
            # The first stage that is asked looks; later ones go by what was noted.
            ask = belief_ask("normalisation", Normalisation, _NORMALISE, perception, settings, notes=notes, look=not notes)
            normalisation = yield from inquiry.ask(ask)
            notes += notes_of("NORMALISATION", normalisation)
        if not self.without_reflection:
            last = belief_ask("reflection", Reflection, _REFLECT, perception, settings, notes=notes, look=not notes)
            reflection = yield from inquiry.ask(last)
            notes += notes_of("REFLECTION", reflection)
        belief = ThreeFactorBelief(recognition=recognition, normalisation=normalisation, reflection=reflection)
        held = [told for name, told in _ORDER.items() if getattr(belief, name) is not None]
        guidance = "When you speak, " + "; then ".join(held) + ". Act so that the words are borne out." if held else ""
        return (yield from answer(perception, inquiry, notes, guidance, belief=belief))
