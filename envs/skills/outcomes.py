"""What came of it: the outcomes of steps, goals, actions and programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from envs.skills.reasons import FailureReason
from plans.actions import Goal
from plans.program import Program, Step


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """What came of one primitive.

    Args:
        step: the grounded step: categories and the numbers of the instances it was applied to.
        ok: whether it was carried out.
        reason: the first precondition that was not met; None if ok.
        detail: the reason as a sentence; ``already so`` if the effect held before; else empty.
        start, end: simulated seconds since reset.
        distance: metres walked.
        entities: names of the things that the step was applied to.
        inserted: whether the grounding added it (a door to open, a hand to free).
    """

    step: Step
    ok: bool
    reason: FailureReason | None = None
    detail: str = ""
    start: float = 0.0
    end: float = 0.0
    distance: float = 0.0
    entities: tuple[str, ...] = ()
    inserted: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The outcome as JSON values."""
        return {
            "step": self.step.line,
            "ok": self.ok,
            "reason": self.reason.value if self.reason else None,
            "detail": self.detail,
            "start": round(self.start, 3),
            "end": round(self.end, 3),
            "distance": round(self.distance, 3),
            "entities": list(self.entities),
            "inserted": self.inserted,
        }


@dataclass(frozen=True, slots=True)
class GoalResult:
    """Whether one goal holds, in a word and in a sentence.

    Args:
        goal: the proposition.
        satisfied: whether it holds in the simulator.
        sentence: the same for people.
        entity: the instance that the subject was taken to mean; None if there is none.
    """

    goal: Goal
    satisfied: bool
    sentence: str
    entity: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON values."""
        return {"goal": str(self.goal), "satisfied": self.satisfied, "sentence": self.sentence, "entity": self.entity}


@dataclass(frozen=True, slots=True)
class ProgramOutcome:
    """What came of a script: its steps up to the first that failed.

    Args:
        ok: whether every step was carried out.
        steps: outcomes in order.
        reason: why the last step failed; None if ok.
        distance: metres walked.
        duration: simulated seconds.
    """

    ok: bool
    steps: tuple[StepOutcome, ...]
    reason: FailureReason | None
    distance: float
    duration: float

    @property
    def program(self) -> Program:
        """The steps that were carried out, as VirtualHome script lines with instance numbers."""
        return Program(tuple(outcome.step for outcome in self.steps if outcome.ok))

    def to_dict(self) -> dict[str, Any]:
        """The outcome as JSON values."""
        return {
            "ok": self.ok,
            "reason": self.reason.value if self.reason else None,
            "steps": [step.to_dict() for step in self.steps],
            "distance": round(self.distance, 3),
            "duration": round(self.duration, 3),
        }


@dataclass(frozen=True, slots=True)
class ActionOutcome:
    """What came of one legal action.

    Args:
        action: its identifier.
        ok: whether every goal holds in the simulator; carrying out the steps is not enough.
        steps: outcomes of the primitives, in order.
        reason: why the last step failed; None if none did.
        goals: the goals, judged after the last step.
        distance: metres walked.
        duration: simulated seconds.
        subjects: the instances that the action was about (the mug it fetched).
    """

    action: str
    ok: bool
    steps: tuple[StepOutcome, ...]
    reason: FailureReason | None
    goals: tuple[GoalResult, ...]
    distance: float
    duration: float
    subjects: tuple[str, ...] = ()

    @property
    def program(self) -> Program:
        """The steps that were carried out, as VirtualHome script lines with instance numbers."""
        return Program(tuple(outcome.step for outcome in self.steps if outcome.ok))

    @property
    def completion(self) -> float:
        """The share of goals that hold (PARTNR's percent complete), 0 to 1."""
        return sum(result.satisfied for result in self.goals) / len(self.goals) if self.goals else 1.0

    def to_dict(self) -> dict[str, Any]:
        """The outcome as JSON values."""
        return {
            "action": self.action,
            "ok": self.ok,
            "reason": self.reason.value if self.reason else None,
            "steps": [step.to_dict() for step in self.steps],
            "goals": [goal.to_dict() for goal in self.goals],
            "distance": round(self.distance, 3),
            "duration": round(self.duration, 3),
            "subjects": list(self.subjects),
        }
