"""How far a robot's words and deeds answer a resident's appraisals: coverage, precision, matched type, advice-only, tropes.

After Modeling Empathetic Alignment in Conversation (arXiv 2405.00948). The resident's spans are gold, from the scenario; those
of the robot's words come from a detector. Nothing is averaged over the five: a reply of stock phrases and one of good advice
fail differently.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from envs.scenarios.schema import Scenario
from eval_suite.appraisal.deeds import changed
from eval_suite.appraisal.detector import Detector, trained_detector
from eval_suite.appraisal.grid import Grid, align
from eval_suite.appraisal.spans import Span, gold_spans
from eval_suite.episode import Episode

NAMES = ("appraisal_coverage", "appraisal_precision", "appraisal_matched", "appraisal_advice_only", "appraisal_tropes")


@dataclass(frozen=True)
class Alignment:
    """What of a resident's appraisals was answered, and by what.

    Args:
        grid: spans of both sides and the pairs that align by words.
        deeds: place of a target span to the actions that change it.
    """

    grid: Grid
    deeds: Mapping[int, tuple[str, ...]]

    @property
    def answered(self) -> frozenset[int]:
        """Places of the target spans that words or deeds answer."""
        return frozenset({target for target, _ in self.grid.pairs} | set(self.deeds))

    @property
    def coverage(self) -> float:
        """Aligned target spans over target spans."""
        return len(self.answered) / len(self.grid.targets) if self.grid.targets else math.nan

    @property
    def precision(self) -> float:
        """Observer spans that answer something over observer spans; NaN without words."""
        used = {observer for _, observer in self.grid.pairs}
        return len(used) / len(self.grid.observers) if self.grid.targets and self.grid.observers else math.nan

    @property
    def matched(self) -> float:
        """Share of the aligned pairs that lie on the diagonal: a judgement answered by one of its own kind."""
        return len(self.grid.diagonal) / len(self.grid.pairs) if self.grid.pairs else math.nan

    @property
    def advice_only(self) -> float:
        """Whether the words are advice and nothing else, 0 or 1; stock phrases beside it do not save them."""
        kinds = {span.label for span in self.grid.observers} - {"Trope"}
        return float(kinds == {"Advice"}) if self.grid.targets and self.grid.observers else math.nan

    @property
    def tropes(self) -> float:
        """Share of the observer's spans that are stock phrases."""
        spans = self.grid.observers
        return sum(span.label == "Trope" for span in spans) / len(spans) if self.grid.targets and spans else math.nan

    @property
    def scores(self) -> dict[str, float]:
        """The five, by the names of the metrics."""
        values = (self.coverage, self.precision, self.matched, self.advice_only, self.tropes)
        return dict(zip(NAMES, values, strict=True))

    def reasons(self) -> tuple[str, ...]:
        """One sentence for each of the resident's spans: what answered it."""
        told = []
        for place, target in enumerate(self.grid.targets):
            words = [f"“{self.grid.observers[o].text}”" for t, o in sorted(self.grid.pairs) if t == place]
            by = ", ".join([*words, *self.deeds.get(place, ())]) or "nothing"
            told.append(f"{target.label} “{target.text}”: answered by {by}.")
        return tuple(told)


def alignment_of(scenario: Scenario, observers: Sequence[Span], carried_out: Sequence[str] = ()) -> Alignment:
    """Align spans of a robot's words, and what it did, with the resident's gold spans."""
    targets = gold_spans(scenario)
    return Alignment(align(targets, observers), changed(scenario, targets, carried_out))


def reply_alignment(
    scenario: Scenario, utterance: str, carried_out: Sequence[str] = (), detector: Detector | None = None
) -> Alignment | None:
    """Align a free reply; None if the detector could not read it.

    Args:
        scenario: with gold spans; without them every score is NaN.
        utterance: what the robot said.
        carried_out: actions that the simulator confirmed, in order.
        detector: the trained one if not given.
    """
    if not gold_spans(scenario):
        return Alignment(Grid((), (), frozenset()), {})
    spans = _detected(utterance) if detector is None else detector.detect([utterance])[0]
    return None if spans is None else alignment_of(scenario, spans, carried_out)


@lru_cache(maxsize=8192)
def _detected(utterance: str) -> tuple[Span, ...] | None:
    return trained_detector().detect([utterance])[0] if utterance.strip() else ()


def episode_alignment(episode: Episode, detector: Detector | None = None) -> Alignment | None:
    """Align what an episode's robot said and did; an answer that never came aligns nothing."""
    if episode.error:
        return alignment_of(episode.scenario, ())
    done = [record.action for record in episode.actions if record.ok]
    return reply_alignment(episode.scenario, episode.plan.utterance or "", done, detector)


def appraisal_scores(episode: Episode, detector: Detector | None = None) -> dict[str, float]:
    """The five scores of an episode; NaN without gold spans, or where the detector could not read the reply."""
    found = episode_alignment(episode, detector)
    return dict.fromkeys(NAMES, math.nan) if found is None else found.scores
