"""Self-consistency: ask several times, keep what the answers agree on (Wang et al., ICLR 2023, arXiv 2203.11171)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from pydantic import BaseModel, Field, SerializeAsAny

from agents.strategies.base import Answer, Inquiry, Question, Strategy, Thinking, together
from agents.strategies.direct import Direct
from agents.strategies.perception import Perception
from plans.plan import Plan, format_plan, parse_plan


class SelfConsistencyBelief(BaseModel):
    """How the vote went."""

    votes: dict[str, int]
    """Action to the number of samples that chose it, most votes first."""
    agreement: float
    """Mean Jaccard similarity of the samples' actions, each with every other, 0 to 1."""
    medoid: int
    """The sample whose words were kept, from 0: the one most like the others."""
    plans: list[str]
    """What each sample answered."""
    beliefs: list[SerializeAsAny[BaseModel] | None] = Field(default_factory=list)
    """What each sample believed."""


@dataclass(frozen=True)
class SelfConsistency(Strategy):
    """Runs another strategy ``n`` times, votes on the actions, and keeps the words of the medoid.

    An action is kept if more than half of the samples chose it, in the order in which they did it; without any such action
    the medoid's plan stands, unless doing nothing has the majority.

    Args:
        n: samples.
        inner: the strategy, as a Strategy, a name, or a mapping with ``name`` and its flags.
        temperature: of the samples; above 0, or all would be alike.
    """

    name: ClassVar[str] = "self_consistency"

    n: int = 5
    inner: Strategy | str | Mapping[str, Any] = Direct()
    temperature: float = 0.7

    def __post_init__(self) -> None:
        from agents.strategies.registry import strategy_of

        if self.n < 1:
            raise ValueError(f"n: expected at least 1, got {self.n}")
        if not self.temperature > 0:
            raise ValueError(f"temperature: expected a number above 0 (equal samples cannot vote), got {self.temperature}")
        object.__setattr__(self, "inner", strategy_of(self.inner))

    def think(self, perception: Perception, inquiry: Inquiry) -> Thinking[Answer]:
        """Sample side by side, then vote."""
        inner = self.inner
        assert isinstance(inner, Strategy)
        chains = [_sample(inner.think(perception, inquiry), place, self.n, self.temperature) for place in range(self.n)]
        answers = yield from together(*chains)
        return vote(answers)


def _sample(chain: Thinking[Answer], place: int, n: int, temperature: float) -> Thinking[Answer]:
    """A chain whose every question is drawn anew: sample i of n repeats question r as r * n + i, so that samples may nest."""
    try:
        wave = next(chain)
        while True:
            wave = chain.send((yield tuple(_drawn(question, place, n, temperature) for question in wave)))
    except StopIteration as stop:
        answer: Answer = stop.value
        return answer


def _drawn(question: Question, place: int, n: int, temperature: float) -> Question:
    own = temperature if question.temperature is None else question.temperature
    return replace(question, repeat=question.repeat * n + place, temperature=own)


def vote(answers: Sequence[Answer]) -> Answer:
    """Majority of actions, words of the medoid."""
    plans = [parse_plan(answer.empathetic_action) for answer in answers]
    sets = [frozenset(plan.actions) for plan in plans]
    likeness = [sum(_jaccard(one, other) for other in sets) - 1 for one in sets]
    # Among equals one that speaks is preferred, then the first.
    medoid = min(range(len(answers)), key=lambda i: (-round(likeness[i], 9), not plans[i].utterance, i))
    counts = Counter(action for actions in sets for action in sorted(actions))
    votes = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
    kept = [action for action, count in votes.items() if 2 * count > len(answers)]
    nothing = 2 * sum(not actions for actions in sets) > len(answers)
    kept.sort(key=lambda action: _mean_place(action, plans))
    actions = tuple(kept) if kept or nothing else plans[medoid].actions
    best = answers[medoid]
    pairs = len(sets) * (len(sets) - 1)
    belief = SelfConsistencyBelief(
        votes=votes,
        agreement=round(sum(likeness) / pairs, 4) if pairs else 1.0,
        medoid=medoid,
        plans=[answer.empathetic_action for answer in answers],
        beliefs=[answer.belief for answer in answers],
    )
    # The medoid's own text stays if the vote changes nothing, so that what was wrong with it can still be seen.
    same = actions == plans[medoid].actions
    text = best.empathetic_action if same else format_plan(Plan(actions, plans[medoid].utterance))
    return Answer(best.scenario_understanding, best.empathetic_planning, text, belief)


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one | other else 1.0


def _mean_place(action: str, plans: Sequence[Plan]) -> tuple[float, str]:
    # Relative places: second of two and third of three are both last.
    places = [plan.actions.index(action) / max(1, len(plan.actions) - 1) for plan in plans if action in plan.actions]
    return sum(places) / len(places), action
