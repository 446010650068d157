"""How a model is asked, independent of which model: questions, chains of questions, and the Strategy that makes them.

A strategy is a generator. It yields questions and is sent completions, so that whoever drives it may put the questions of
many observations into one batch; see :class:`agents.language.LanguageAgent`. Inside of a strategy that is hidden: ::

    belief = yield from inquiry.ask(question)
    first, second = yield from together(inquiry.ask(one), inquiry.ask(other))
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar, overload

from pydantic import BaseModel

from agents.models.interface import Completion, Constraint
from agents.models.messages import Message
from agents.strategies.fencing import echo
from agents.strategies.perception import Perception

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")


@dataclass(frozen=True, slots=True)
class Question:
    """One request of a chain, before it is known which model answers it.

    Args:
        stage: what the chain is at, for logs and episodes.
        messages: the conversation.
        max_tokens: most tokens of the answer.
        constraint: what answers are legal.
        repeat: which of several answers to the same question is wanted.
        temperature: of the draw; None for the agent's.
    """

    stage: str
    messages: tuple[Message, ...]
    max_tokens: int = 300
    constraint: Constraint | None = None
    repeat: int = 0
    temperature: float | None = None


Thinking: TypeAlias = Generator[tuple[Question, ...], tuple[Completion, ...], T]
"""A chain: yields waves of questions, is sent their completions, returns a T."""


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """What was made of an answer.

    Args:
        value: the answer, read; something usable even if nothing could be read.
        complaint: what to tell the model if it is to try again; empty if all is well.
        problems: how many things were wrong; of two readings the one with fewer is kept.
        unreadable: whether nothing could be read (a parse error), unlike an answer that can be read and is bad.
        issues: the problems by name, for the episode.
    """

    value: T
    complaint: str = ""
    problems: int = 0
    unreadable: bool = False
    issues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ask(Generic[T]):
    """A question together with how its answer is read."""

    question: Question
    read: Callable[[str], Reading[T]]


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for every question of an agent.

    Args:
        constrained: plans are legal by construction where the model can see to it.
        structured: beliefs are constrained to their JSON schema where the model can see to it.
        repair: one further try for an answer that cannot be read or is not legal.
        look_again: show the pictures in every stage, not only in those that form a belief.
        max_actions: most actions of a plan.
        max_tokens: of answers to the three challenges.
        belief_tokens: of answers that form a belief.
    """

    constrained: bool = True
    structured: bool = True
    repair: bool = True
    look_again: bool = False
    max_actions: int = 4
    max_tokens: int = 300
    belief_tokens: int = 800


@dataclass
class Inquiry:
    """One observation being thought about: asks, reads, lets the model try again once, and keeps count.

    Args:
        settings: of the agent.

    Attributes:
        parse_errors: answers that could not be read.
        repairs: second tries.
        first_issues: what was wrong with first answers, ``stage: issue``.
        stages: the stages asked, in order.
    """

    settings: Settings = field(default_factory=Settings)
    parse_errors: int = 0
    repairs: int = 0
    first_issues: list[str] = field(default_factory=list)
    stages: list[str] = field(default_factory=list)

    def ask(self, ask: Ask[T]) -> Thinking[T]:
        """Ask one question and read its answer; an answer with problems gets one second try if the settings say so."""
        question = ask.question
        self.stages.append(question.stage)
        (completion,) = yield (question,)
        reading = self._read(ask, completion)
        if not reading.complaint or not self.settings.repair or completion.finish == "dry_run":
            return reading.value
        self.repairs += 1
        self.first_issues += [f"{question.stage}: {issue}" for issue in reading.issues]
        complaint = reading.complaint
        if completion.finish == "length":
            complaint += " Your answer was cut off for its length: be brief."
        turn = (Message.assistant(echo(completion.text)), Message.user(complaint))
        (completion,) = yield (_with_turn(question, turn),)
        second = self._read(ask, completion)
        return second.value if second.problems < reading.problems else reading.value

    def _read(self, ask: Ask[T], completion: Completion) -> Reading[T]:
        reading = ask.read(completion.text)
        self.parse_errors += reading.unreadable and completion.finish != "dry_run"
        return reading


def _with_turn(question: Question, turn: tuple[Message, Message]) -> Question:
    return Question(question.stage + "/repair", question.messages + turn, question.max_tokens, question.constraint,
                    question.repeat, question.temperature)  # fmt: skip


@overload
def together(first: Thinking[A], second: Thinking[B], /) -> Thinking[tuple[A, B]]: ...
@overload
def together(*chains: Thinking[T]) -> Thinking[tuple[T, ...]]: ...
def together(*chains: Thinking[Any]) -> Thinking[tuple[Any, ...]]:
    """Run chains side by side: each wave holds the questions of all that still have some."""
    results: list[Any] = [None] * len(chains)
    waves: dict[int, tuple[Question, ...]] = {}

    def advance(place: int, completions: tuple[Completion, ...] | None) -> None:
        try:
            waves[place] = next(chains[place]) if completions is None else chains[place].send(completions)
        except StopIteration as stop:
            waves.pop(place, None)
            results[place] = stop.value

    for place in range(len(chains)):
        advance(place, None)
    while waves:
        asked = dict(waves)
        completions = yield tuple(question for wave in asked.values() for question in wave)
        start = 0
        for place, wave in asked.items():
            advance(place, completions[start : start + len(wave)])
            start += len(wave)
    return tuple(results)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a strategy comes to.

    Args:
        scenario_understanding, empathetic_planning, empathetic_action: the three challenges of the paper.
        belief: what it came to believe on the way; None if it forms no belief.
    """

    scenario_understanding: str
    empathetic_planning: str
    empathetic_action: str
    belief: BaseModel | None = None


class Strategy(ABC):
    """A way of asking. Subclass it as a frozen dataclass whose fields are its ablation flags, and implement :meth:`think`.

    Example:
        >>> from agents.strategies import make_strategy
        >>> make_strategy("commonsense", without_affection=True)
        Commonsense(without_affection=True, without_cognition=False)
    """

    name: ClassVar[str] = ""
    """Its registry name."""

    @abstractmethod
    def think(self, perception: Perception, inquiry: Inquiry) -> Thinking[Answer]:
        """Ask until the three challenges are answered.

        Args:
            perception: what the robot perceived.
            inquiry: asks, reads, counts.
        """

    @property
    def config(self) -> dict[str, Any]:
        """Name and flags, as JSON."""
        flags: dict[str, Any] = {item.name: getattr(self, item.name) for item in fields(self)} if is_dataclass(self) else {}
        return {"name": self.name} | {
            key: value.config if isinstance(value, Strategy) else value for key, value in flags.items()
        }
