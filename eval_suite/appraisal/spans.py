"""Appraisal spans: pieces of what somebody said, each with the one judgement that it carries.

The eight labels are those that the models of Modeling Empathetic Alignment in Conversation use (Yang and Jurgens, NAACL 2024,
arXiv 2405.00948). A scenario carries the gold spans of its resident's murmur; what a robot says is cut into pieces here and
labelled by a detector.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

from envs.scenarios.hearth10k.template import SPAN_LABELS
from envs.scenarios.schema import Scenario
from envs.speech.acts import content

Label = Literal[
    "Pleasantness",
    "Anticipated Effort",
    "Certainty",
    "Objective Experience",
    "Self-Other Agency",
    "Situational Control",
    "Advice",
    "Trope",
]
LABELS: tuple[Label, ...] = get_args(Label)
LONGEST = 2000
"""Characters of a reply that are read."""
_MARK = re.compile(r"\[([a-z]+): ([^\]]*)\]")
# A piece ends with its sentence or at a semicolon.
_PIECE = re.compile(r"[^.!?…;]+[.!?…;]*[\"”']?")


@dataclass(frozen=True)
class Span:
    """Words with one appraisal.

    Args:
        text: the words.
        label: the appraisal.
    """

    text: str
    label: Label

    @property
    def topic(self) -> frozenset[str]:
        """Stems of what the words are about."""
        return content(self.text)


def gold_spans(scenario: Scenario) -> tuple[Span, ...]:
    """The spans of the resident's murmur as they are labelled; none for scenarios without such labels."""
    if scenario.labels is None:
        return ()
    return tuple(
        Span(scenario.dialogue[span.start : span.end], label)
        for span in scenario.labels.appraisals
        if (label := next((known for known in LABELS if known == span.label), None))
    )


def pieces(text: str) -> tuple[str, ...]:
    """A reply cut into what may carry an appraisal: its sentences, and the parts that a semicolon parts.

    Example:
        >>> pieces("The tap's running; go right in. Who looked?")
        ("The tap's running;", 'go right in.', 'Who looked?')
    """
    found = (piece.strip() for piece in _PIECE.findall(text[:LONGEST].replace("’", "'").replace("\n", " ")))
    return tuple(piece for piece in found if any(letter.isalpha() for letter in piece))


def marked(text: str) -> tuple[Span, ...]:
    """Read spans that are marked by hand, ``[agency: She looked right at me.]``, as in Hearth-10k's templates.

    Raises:
        ValueError: an unknown mark, or none at all.

    Example:
        >>> marked("[fact: It rains.] [pleasant: How nice.]")[1]
        Span(text='How nice.', label='Pleasantness')
    """
    found = _MARK.findall(text)
    unknown = [name for name, _ in found if name not in SPAN_LABELS]
    if unknown or not found:
        raise ValueError(f"expected spans marked {', '.join(SPAN_LABELS)}, got {unknown[0] if unknown else text[:60]!r}")
    return tuple(Span(words, label_named(SPAN_LABELS[name])) for name, words in found)


def label_named(name: str) -> Label:
    """The label of this name.

    Raises:
        ValueError: there is none.
    """
    found = next((label for label in LABELS if label == name), None)
    if found is None:
        raise ValueError(f"expected an appraisal among {', '.join(LABELS)}; got {name[:60]!r}")
    return found
