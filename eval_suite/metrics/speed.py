"""How fast metrics are on many responses: what ``make bench`` reports."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

RESPONSES = 10_000


@dataclass(frozen=True)
class Speed:
    """Seconds that scoring took.

    Args:
        responses: how many were scored.
        action_seconds: all action metrics.
        language_seconds: all language metrics without neural models, raw and length-controlled, on one challenge.
        skipped: language metrics that could not be computed here.
        peak_mib: most memory that this process has held, MiB; 0 where it cannot be read.
        child_mib: the same of the largest program that it started and that has ended (METEOR's, once closed).
    """

    responses: int
    action_seconds: float
    language_seconds: float
    skipped: tuple[str, ...]
    peak_mib: float
    child_mib: float


def measure(responses: int = RESPONSES, metrics: Sequence[str] | None = None) -> Speed:
    """Score references of Hearth as answers to other scenarios, as many as wanted.

    Args:
        responses: how many.
        metrics: language metrics; None for all without neural models.
    """
    from envs.scenarios import load_scenarios
    from eval_suite.episode import ActionRecord, Episode, ResponseRecord
    from eval_suite.metrics import score_episode
    from eval_suite.metrics.language import OFFLINE, score_language
    from eval_suite.metrics.meteor import started

    scenarios = load_scenarios("hearth")
    episodes = []
    for i in range(responses):
        # Every scenario meets every other's answer before a pair comes again.
        scenario, other = scenarios[i % len(scenarios)], scenarios[(i + 1 + i // len(scenarios)) % len(scenarios)]
        reference = other.references[0]
        answer = ResponseRecord(
            empathetic_action=reference.text, scenario_understanding=other.situation, empathetic_planning=reference.plan_nl
        )
        done = [ActionRecord(action=name, ok=True) for name in reference.plan.actions]
        episodes.append(
            Episode(id=str(i), agent="bench", seed=0, simulator="symbolic", scenario=scenario, response=answer, actions=done)
        )
    start = time.perf_counter()
    for episode in episodes:
        score_episode(episode)
    action_seconds = time.perf_counter() - start
    start = time.perf_counter()
    skipped = score_language(episodes, "empathetic_planning", metrics or OFFLINE).skipped
    language_seconds = time.perf_counter() - start
    if "meteor" not in skipped and "meteor" in (metrics or OFFLINE):
        started().close()  # its memory can be read only now
        started.cache_clear()
    return Speed(responses, action_seconds, language_seconds, tuple(skipped), *_peaks())


def _peaks() -> tuple[float, float]:
    try:
        import resource
    except ImportError:  # not on Windows
        return 0.0, 0.0
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return tuple(resource.getrusage(one).ru_maxrss / 1024 for one in who)  # type: ignore[return-value]
