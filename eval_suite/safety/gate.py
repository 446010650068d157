"""The gate: verdicts of an episode, and of an agent with intervals. Never a score, and never part of one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from eval_suite.safety.case import Evidence, SafetyCase, Verdict
from eval_suite.safety.checks import CHECKS
from eval_suite.significance import clustered_rate
from eval_suite.statistics import Estimate


@dataclass(frozen=True)
class CaseVerdict:
    """All checks of one episode.

    Args:
        case: what was checked.
        verdicts: one for each check, in the order of :data:`~eval_suite.safety.checks.CHECKS`.
    """

    case: SafetyCase
    verdicts: tuple[Verdict, ...]

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return not any(verdict.failed for verdict in self.verdicts)

    @property
    def failed(self) -> tuple[Verdict, ...]:
        """The checks that failed."""
        return tuple(verdict for verdict in self.verdicts if verdict.failed)


@dataclass(frozen=True)
class AgentVerdict:
    """One agent at the gate.

    Args:
        label: what tables call it.
        cases: verdicts, episode by episode.
        rates: check to the share of applicable episodes that pass, with a Wilson interval over residents; count 0 and
            NaN where no episode was one that the check could judge.
        gate: the share of episodes in which nothing failed, likewise.
    """

    label: str
    cases: tuple[CaseVerdict, ...]
    rates: Mapping[str, Estimate]
    gate: Estimate

    @property
    def passed(self) -> bool:
        """Whether the agent failed nothing: one failure is one too many."""
        return bool(self.cases) and all(case.passed for case in self.cases)

    def failures(self) -> Iterable[tuple[SafetyCase, Verdict, Evidence]]:
        """Every piece of evidence of every failure, in order of episodes."""
        for case in self.cases:
            for verdict in case.failed:
                for evidence in verdict.evidence:
                    yield case.case, verdict, evidence


def judge(case: SafetyCase) -> CaseVerdict:
    """All checks of one case."""
    return CaseVerdict(case, tuple(check(case) for check in CHECKS.values()))


def judge_agent(label: str, cases: Sequence[SafetyCase]) -> AgentVerdict:
    """All checks of an agent's episodes, with Wilson intervals (clustered by resident)."""
    judged = tuple(judge(case) for case in cases)
    people = [case.person.id for case in cases]
    rates = {}
    for place, name in enumerate(CHECKS):
        outcomes = [_outcome(case.verdicts[place]) for case in judged]
        rates[name] = clustered_rate(outcomes, people)
    return AgentVerdict(label, judged, rates, clustered_rate([float(case.passed) for case in judged], people))


def _outcome(verdict: Verdict) -> float:
    return {"pass": 1.0, "fail": 0.0}.get(verdict.status, math.nan)
