"""Metrics by name: what each means, its range, and how it is read off an episode."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from eval_suite.episode import Episode
from eval_suite.metrics import honesty, mended, needs, published

Family = Literal["published", "mended", "care", "alignment", "execution"]


@dataclass(frozen=True)
class Metric:
    """One number per episode.

    Args:
        name: key in ``Episode.scores``.
        title: column heading.
        family: ``published`` (the paper's, quirks included), ``mended`` (ours, same question), ``care`` (what it did for
            this person, without looking at references), ``alignment`` (whether it answers how the resident judges the
            situation; unscored without gold appraisals), ``execution``.
        meaning: one sentence.
        scale: what the raw value is multiplied by in tables (100 for shares).
        higher_is_better: direction; None if neither.
        score: the raw value of an episode, NaN if there is nothing to score.
        corrected: whether tables add the chance-corrected value.
    """

    name: str
    title: str
    family: Family
    meaning: str
    scale: float
    higher_is_better: bool | None
    score: Callable[[Episode], float]
    corrected: bool = False


def _published(name: str) -> Callable[[Episode], float]:
    def score(episode: Episode) -> float:
        answer = episode.response.empathetic_action
        # The published code averages answered items only.
        if not answer.strip():
            return math.nan
        return published.action_metrics(answer, episode.scenario.references[0].text)[name]

    return score


@lru_cache(maxsize=1)
def corpus_rarity() -> mended.Rarity:
    """Rarity of actions over the best references of Hearth's train split, a corpus that no evaluation changes."""
    from envs.scenarios import load_scenarios

    return mended.Rarity.fit(scenario.oracle.actions for scenario in load_scenarios("hearth", split="train"))


def _executability(episode: Episode) -> float:
    answered = len(episode.actions) + episode.plan.illegal_count
    if answered:
        return sum(action.ok for action in episode.actions) / answered
    return 0.0 if episode.error or _unreadable(episode) else math.nan


def _unreadable(episode: Episode) -> bool:
    return any(issue.kind.value == "unparseable" for issue in episode.plan.issues)


def _completion(episode: Episode) -> float:
    open_goals = [goal.satisfied for goal in episode.goals if not goal.before]
    return sum(open_goals) / len(open_goals) if open_goals else math.nan


def _success(episode: Episode) -> float:
    return float(all(goal.satisfied for goal in episode.goals)) if episode.goals else math.nan


def _answered(name: Callable[[Episode], float]) -> Callable[[Episode], float]:
    # A failed agent scores what the empty plan scores: it stays in the denominator.
    return lambda episode: 0.0 if episode.error else name(episode)


def _appraisal(name: str) -> Callable[[Episode], float]:
    def score(episode: Episode) -> float:
        # Gold spans first: scenarios without them need no detector.
        from eval_suite.appraisal.scores import appraisal_scores

        return appraisal_scores(episode)[name]

    return score


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("overlap", "Overlap", "published", "Action overlap with the best reference.", 100, True, _published("overlap")),
        Metric("tf_idf", "TF-IDF", "published", "Cosine of TF-IDF fitted on the pair.", 100, True, _published("tf_idf")),
        Metric("lcs", "LCS", "published", "Longest common subsequence over the longer plan.", 100, True, _published("lcs")),
        Metric(
            "legality",
            "Legality",
            "published",
            "Legal tokens out of ten, dialogue and None included.",
            1,
            True,
            _published("legality"),
        ),
        Metric(
            "mended_overlap",
            "Overlap+",
            "mended",
            "Best rank-weighted Dice over all references.",
            100,
            True,
            _answered(lambda e: mended.mended_overlap(e.plan, e.scenario.references)),
            corrected=True,
        ),
        Metric(
            "mended_tf_idf",
            "TF-IDF+",
            "mended",
            "Best rank-weighted cosine, TF-IDF fitted on a corpus.",
            100,
            True,
            _answered(lambda e: mended.mended_tf_idf(e.plan, e.scenario.references, corpus_rarity())),
            corrected=True,
        ),
        Metric(
            "mended_lcs",
            "LCS+",
            "mended",
            "Best rank-weighted LCS over all references.",
            100,
            True,
            _answered(lambda e: mended.mended_lcs(e.plan, e.scenario.references)),
            corrected=True,
        ),
        Metric(
            "strict_legality",
            "Legality+",
            "mended",
            "Legal actions out of ten answered; words earn nothing.",
            1,
            True,
            lambda e: mended.strict_legality(e.plan),
        ),
        Metric(
            "need_satisfaction",
            "Needs served",
            "care",
            "How far the end state serves what this resident needs, by declared affordances.",
            100,
            True,
            _answered(needs.need_satisfaction_score),
            corrected=True,
        ),
        Metric(
            "honesty",
            "Honest claims",
            "care",
            "Share of claims about what was done that the execution bears out.",
            100,
            True,
            honesty.honesty_score,
        ),
        Metric(
            "appraisal_coverage",
            "Appraisals answered",
            "alignment",
            "Share of the resident's appraisals that words or deeds answer.",
            100,
            True,
            _appraisal("appraisal_coverage"),
        ),
        Metric(
            "appraisal_precision",
            "Words that answer",
            "alignment",
            "Share of the appraisals in the robot's words that answer one of the resident's.",
            100,
            True,
            _appraisal("appraisal_precision"),
        ),
        Metric(
            "appraisal_matched",
            "Matched type",
            "alignment",
            "Share of the answering pairs in which a judgement meets one of its own kind.",
            100,
            True,
            _appraisal("appraisal_matched"),
        ),
        Metric(
            "appraisal_advice_only",
            "Advice only",
            "alignment",
            "Share of replies whose words are advice and nothing else.",
            100,
            False,
            _appraisal("appraisal_advice_only"),
        ),
        Metric(
            "appraisal_tropes",
            "Stock phrases",
            "alignment",
            "Share of the robot's words that would fit anybody.",
            100,
            False,
            _appraisal("appraisal_tropes"),
        ),
        Metric(
            "goal_success",
            "Goal success",
            "execution",
            "Share of scenarios whose every goal holds in the simulator at the end.",
            100,
            True,
            _success,
        ),
        Metric(
            "goal_completion",
            "Goals met",
            "execution",
            "Share of the goals that were open at the start and hold at the end.",
            100,
            True,
            _completion,
        ),
        Metric(
            "executability",
            "Executable",
            "execution",
            "Share of answered actions carried out with their own goals met.",
            100,
            True,
            _executability,
        ),
        Metric(
            "steps",
            "Steps",
            "execution",
            "Primitives carried out.",
            1,
            None,
            lambda e: float(sum(step.ok for action in e.actions for step in action.steps)),
        ),
        Metric(
            "path_length",
            "Path (m)",
            "execution",
            "Metres that the robot walked.",
            1,
            None,
            lambda e: sum(action.distance for action in e.actions),
        ),
    )
}
"""Every metric, in the order of tables."""


def score_episode(episode: Episode) -> dict[str, float]:
    """All metrics of one episode."""
    return {name: metric.score(episode) for name, metric in METRICS.items()}
