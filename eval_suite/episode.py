"""The Episode: the append-only record of one scenario, one agent, one seed. Everything downstream is recomputed from it."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from envs.companion.record import HouseFacts
from envs.scenarios.schema import Scenario
from envs.scores import Scores
from plans.plan import Plan, parse_plan


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid")


class StepRecord(_Record):
    """One primitive that was carried out or failed."""

    line: str
    """VirtualHome script line."""
    ok: bool
    reason: str | None = None
    """Name of the FailureReason."""
    detail: str = ""
    """The reason as a sentence."""
    inserted: bool = False
    """Whether the world demanded it (opening a door, standing up) rather than the action's template."""
    start: float = 0.0
    end: float = 0.0
    """Simulated seconds."""
    distance: float = 0.0
    """Metres walked."""


class GoalRecord(_Record):
    """One goal condition, as the simulator has it."""

    goal: str
    satisfied: bool
    sentence: str
    before: bool = False
    """Whether it held before the robot did anything; such a goal is no achievement, only something not to undo."""


class ActionRecord(_Record):
    """One action of the plan, carried out."""

    action: str
    ok: bool
    """Carried out, and all of its goals hold in the simulator right afterwards."""
    reason: str | None = None
    detail: str = ""
    steps: list[StepRecord] = Field(default_factory=list)
    goals: list[GoalRecord] = Field(default_factory=list)
    distance: float = 0.0
    duration: float = 0.0


class ResponseRecord(_Record):
    """What the agent answered, to the letter."""

    empathetic_action: str = ""
    scenario_understanding: str | None = None
    empathetic_planning: str | None = None
    details: dict[str, Any] = Field(default_factory=dict)


class Episode(_Record):
    """One scenario x agent x seed."""

    schema_version: Literal[1] = 1
    id: str
    """Identity: hash of scenario, seed, agent configuration, environment configuration and version."""
    agent: str
    agent_config: dict[str, Any] = Field(default_factory=dict)
    reference_agent: bool = False
    """Whether the agent was shown the references."""
    seed: int
    simulator: str
    scenario: Scenario
    script_shown: bool = False
    resident_steps: list[StepRecord] = Field(default_factory=list)
    """What the resident did; a step that failed ended the resident's script."""
    response: ResponseRecord = ResponseRecord()
    issues: list[str] = Field(default_factory=list)
    actions: list[ActionRecord] = Field(default_factory=list)
    goals: list[GoalRecord] = Field(default_factory=list)
    """The scenario's goals (those of the best reference's actions) in the final state."""
    opening: HouseFacts | None = None
    """The house when the robot's turn came; None in records from before it was kept."""
    house: HouseFacts | None = None
    """The house at the end: switches, open doors, who is where."""
    error: str | None = None
    """Why there is no usable answer, as ``kind: message``; such an episode scores what the empty plan scores."""
    scores: Scores = Field(default_factory=dict)
    """Metric name to value; NaN (written as null) means unscored."""
    media: dict[str, str] = Field(default_factory=dict)
    """Pictures and videos, relative to the run's folder."""
    versions: dict[str, str] = Field(default_factory=dict)
    """What made the result: package, simulator, renderer."""

    @cached_property
    def plan(self) -> Plan:
        """The plan that was read out of the response."""
        return parse_plan(self.response.empathetic_action) if self.response.empathetic_action else Plan()


def identity(**parts: Any) -> str:
    """A short hash of everything that makes an episode what it is."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:20]
