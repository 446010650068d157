"""Drift, off-plan shares and premature advice, computed from the record of a Companion episode. All of them are ours."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from rich.table import Table

from envs.companion.record import CompanionEpisode, CompanionTurn
from envs.speech.acts import read_speech
from eval_suite.companion import CompanionComparison
from eval_suite.companion_tables import scaled
from eval_suite.metrics.process import ProcessMetric
from eval_suite.plain_text import plain
from eval_suite.protocol.stages import Stage, longest_course, stages_of
from eval_suite.statistics import Estimate, cluster_mean
from eval_suite.tables import escaped, half_width, interval, number

_SENTENCE = re.compile(r"[^.!?…]+[.!?…]*")

PROTOCOL_METRICS: dict[str, ProcessMetric] = {
    metric.name: metric
    for metric in (
        ProcessMetric("drift", "Drift", "1 - longest course through the stages / turns; 0 keeps to the protocol.", 100, False),
        ProcessMetric("stages_reached", "Stages", "How many of the five stages were worked on at all."),
        ProcessMetric("off_plan", "Off-plan turns %", "Share of turns that work on no stage.", 100, False),
        ProcessMetric(
            "off_plan_actions", "Off-plan actions %", "Share of actions in such turns; unscored without actions.", 100, None
        ),  # fmt: skip
        ProcessMetric("advice", "Advice %", "Share of turns that advise.", 100, None),
        ProcessMetric(
            "premature_advice",
            "Premature %",
            "Share of advising turns before the robot had asked anything or named a feeling; unscored without advice.",
            100,
            False,
        ),  # fmt: skip
    )
}
"""What is measured, in the order of tables."""


def drift_index(turns: Sequence[frozenset[Stage]], *, strict: bool = False) -> float:
    """1 - (longest increasing subsequence of protocol stages) / turns; NaN without turns.

    Staying at a stage is no drift, unless ``strict``: a listener may need three turns for what happened.

    Example:
        >>> on = [frozenset({stage}) for stage in Stage]
        >>> drift_index(on), drift_index([*on[:2], frozenset(), *on[2:]]) > 0
        (0.0, True)
    """
    return 1.0 - longest_course(turns, strict=strict) / len(turns) if turns else math.nan


def premature_advice(utterances: Sequence[str]) -> tuple[int, int]:
    """(turns that advise too early, turns that advise).

    Advice is too early while the robot has neither named a feeling nor asked anything, sentence by sentence; an offer in the
    form of a question ("Shall I ...?") asks for leave and is no interest in the person.

    Example:
        >>> premature_advice(["You should rest.", "How did it go?", "You should call her."])
        (1, 2)
    """
    listened, early, advising = False, 0, 0
    for utterance in utterances:
        advises = too_early = False
        for sentence in _SENTENCE.findall(utterance):
            speech = read_speech(sentence.strip())
            if "advises" in speech.acts:
                advises, too_early = True, too_early or not listened
            listened = listened or bool(speech.feelings) or ("asks" in speech.acts and "offers" not in speech.acts)
        advising += advises
        early += too_early
    return early, advising


def protocol_scores(turns: Sequence[CompanionTurn]) -> dict[str, float]:
    """Every protocol measure of the turns of an episode."""
    stages = [stages_of(turn.said) for turn in turns]
    off = [not found for found in stages]
    acts = [(len(turn.actions), away) for turn, away in zip(turns, off, strict=True)]
    actions = sum(count for count, _ in acts)
    early, advising = premature_advice([turn.said for turn in turns])
    count = len(turns)
    return {
        "drift": drift_index(stages),
        "stages_reached": float(len(frozenset().union(*stages))) if turns else math.nan,
        "off_plan": sum(off) / count if count else math.nan,
        "off_plan_actions": sum(done for done, away in acts if away) / actions if actions else math.nan,
        "advice": advising / count if count else math.nan,
        "premature_advice": early / advising if advising else math.nan,
    }


def protocol_estimates(episodes: Sequence[CompanionEpisode], *, seed: int = 0) -> dict[str, Estimate]:
    """Means over episodes with intervals, clustered by resident."""
    found = [protocol_scores(episode.turns) for episode in episodes]
    residents = [episode.scenario.resident.id for episode in episodes]
    return {name: cluster_mean([scores[name] for scores in found], residents, seed=seed) for name in PROTOCOL_METRICS}


def protocol_table(comparison: CompanionComparison) -> Table:
    """The measures of every run, for the terminal."""
    table = Table(title="Protocol: event, thoughts, feelings, behaviours, reappraisal (our reader); ± 95% interval", box=None)
    table.add_column("agent", no_wrap=True)
    for metric in PROTOCOL_METRICS.values():
        table.add_column(metric.title, justify="right")
    for run in comparison.runs:
        found = protocol_estimates(run.episodes)
        shown = [scaled(found[name], metric.scale) for name, metric in PROTOCOL_METRICS.items()]
        table.add_row(plain(run.label, 40), *(f"{number(value.mean)} {half_width(value)}".strip() for value in shown))
    return table


def protocol_markdown(comparison: CompanionComparison) -> str:
    """The measures of every run as a Markdown table with full intervals, best run of the comparison first."""
    lines = ["| agent | " + " | ".join(metric.title for metric in PROTOCOL_METRICS.values()) + " |"]
    lines.append("|:--|" + "--:|" * len(PROTOCOL_METRICS))
    for run in reversed(comparison.runs):
        found = protocol_estimates(run.episodes)
        shown = [scaled(found[name], metric.scale) for name, metric in PROTOCOL_METRICS.items()]
        cells = [
            f"{number(value.mean)} {interval(value)}" if math.isfinite(value.low) else number(value.mean) for value in shown
        ]
        lines.append(f"| {escaped(run.label)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)
