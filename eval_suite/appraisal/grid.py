"""The T x O grid: which spans of a target (the resident) the spans of an observer (the robot) answer.

In ALOE (arXiv 2405.00948) a fine-tuned sentence encoder fills the grid. Ours is filled by rules that can be read, so that a
score can be explained span by span: a judgement is answered by one of its own kind, or, if both speak of the same thing, by
a kind that bears on it. A plain fact or a wish is answered only by words about the same thing. Advice answers nothing but
wishes, effort and control; a stock phrase, which would fit anybody, answers nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eval_suite.appraisal.spans import Label, Span

Pair = tuple[int, int]

JUDGEMENTS: frozenset[Label] = frozenset(
    {"Pleasantness", "Anticipated Effort", "Certainty", "Self-Other Agency", "Situational Control"}
)
"""Kinds that answer their own kind without naming the same thing: "That hurts" needs no noun."""
BEARS_ON: dict[Label, frozenset[Label]] = {
    "Pleasantness": frozenset({"Self-Other Agency"}),
    "Anticipated Effort": frozenset({"Situational Control", "Objective Experience", "Advice"}),
    "Certainty": frozenset({"Objective Experience"}),
    "Objective Experience": frozenset({"Certainty", "Pleasantness", "Anticipated Effort"}),
    "Self-Other Agency": frozenset({"Pleasantness"}),
    "Situational Control": frozenset({"Anticipated Effort", "Objective Experience", "Advice"}),
    "Advice": frozenset({"Objective Experience", "Situational Control"}),
    "Trope": frozenset(),
}
"""Target's kind to the observer's kinds that answer it when both speak of the same thing (ours)."""
STANDS_FOR: frozenset[Label] = frozenset({"Pleasantness", "Anticipated Effort", "Certainty", "Self-Other Agency"})
"""What answers a resident's stock phrase: a judgement of what it stands in for (ours)."""


@dataclass(frozen=True)
class Grid:
    """Spans of both sides and the pairs that are aligned.

    Args:
        targets: the resident's spans.
        observers: the robot's.
        pairs: (place in targets, place in observers).
    """

    targets: tuple[Span, ...]
    observers: tuple[Span, ...]
    pairs: frozenset[Pair]

    @property
    def diagonal(self) -> frozenset[Pair]:
        """Pairs of one kind."""
        return frozenset((t, o) for t, o in self.pairs if self.targets[t].label == self.observers[o].label)


def answers(target: Span, observer: Span) -> bool:
    """Whether an observer's span answers a target's.

    Example:
        >>> answers(Span("They cut my solo.", "Self-Other Agency"), Span("They had no right to.", "Self-Other Agency"))
        True
        >>> answers(Span("They cut my solo.", "Self-Other Agency"), Span("Ask for the solo back.", "Advice"))
        False
    """
    if observer.label == "Trope":
        return False
    if target.label == "Trope":
        return observer.label in STANDS_FOR
    if observer.label == target.label and target.label in JUDGEMENTS:
        return True
    if observer.label == target.label or observer.label in BEARS_ON[target.label]:
        return bool(target.topic & observer.topic)
    return False


def align(targets: Sequence[Span], observers: Sequence[Span]) -> Grid:
    """Fill the grid by the rules above."""
    pairs = frozenset(
        (t, o) for t, target in enumerate(targets) for o, observer in enumerate(observers) if answers(target, observer)
    )
    return Grid(tuple(targets), tuple(observers), pairs)


@dataclass(frozen=True)
class Agreement:
    """Binary precision, recall and F1 of pairs, pooled over grids.

    Args:
        precision: share of the found pairs that are gold.
        recall: share of the gold pairs that were found.
        f1: their harmonic mean; 1 where neither side has a pair.
    """

    precision: float
    recall: float
    f1: float


def agreement(found: Sequence[frozenset[Pair]], gold: Sequence[frozenset[Pair]]) -> Agreement:
    """F1 on the grid, as ALOE scores alignment: every cell of every grid is one decision.

    Raises:
        ValueError: not as many grids on either side.
    """
    if len(found) != len(gold):
        raise ValueError(f"expected as many grids found as gold, got {len(found)} and {len(gold)}")
    hits = sum(len(a & b) for a, b in zip(found, gold, strict=True))
    claimed, wanted = sum(map(len, found)), sum(map(len, gold))
    if not claimed and not wanted:
        return Agreement(1.0, 1.0, 1.0)
    precision = hits / claimed if claimed else 0.0
    recall = hits / wanted if wanted else 0.0
    return Agreement(precision, recall, 2 * hits / (claimed + wanted))
