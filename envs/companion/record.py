"""The Companion episode: the append-only record of one scenario, one agent, one resident, one seed, turn by turn.

Everything that is measured of it (process, safety, drift, alignment) is recomputed from this record.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from envs.companion.evidence import Evidence, Vector
from envs.companion.process import Preset, Trajectory, preset_named, rescored
from envs.scenarios.schema import Scenario
from envs.scores import Scores

Outcome = Literal["success", "collapse", "stagnation_and_regression", "most_turns", "error"]
"""How an episode ended."""
Gesture = Literal["approach", "stay", "sit_down", "use", "sigh", "turn_away", "refuse", "undo", "withdraw"]
"""What a resident does, as a watcher would call it."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid")


class StepTaken(_Record):
    """One primitive, carried out or failed."""

    line: str
    """VirtualHome script line."""
    ok: bool
    reason: str | None = None
    """Value of the FailureReason."""
    detail: str = ""


class ActTaken(_Record):
    """One action of the robot, carried out or failed."""

    action: str
    ok: bool
    """Carried out, and all of its goals hold in the simulator right afterwards."""
    reason: str | None = None
    """Value of the FailureReason."""
    detail: str = ""
    steps: list[StepTaken] = Field(default_factory=list)
    goals: list[str] = Field(default_factory=list)
    """Its goals as sentences, as they were right afterwards."""
    subjects: list[str] = Field(default_factory=list)
    """Entities that it was about."""
    distance: float = 0.0
    start: float = 0.0
    end: float = 0.0
    """Simulated seconds since the house was reset."""


class Finding(_Record):
    """One thing that the rules found in a turn."""

    kind: str
    """Name of the finding: a dialogue act, or what became of an action."""
    axis: str
    level: int
    """What it says for its axis: 1 or 2 forward, -1 or -2 harm, 0 if only noted."""
    reason: str = ""
    quote: str = ""


class ReactionTaken(_Record):
    """What the resident did and said at the end of a turn."""

    gestures: list[Gesture] = Field(default_factory=list)
    steps: list[StepTaken] = Field(default_factory=list)
    """What the body did in the simulator."""
    told: str = ""
    """The same for a watcher, one sentence."""
    said: str = ""
    """The resident's words; empty for silence."""
    refused: list[str] = Field(default_factory=list)
    """Actions of the robot that the resident turned down, now or in words: doing them again is not respecting it."""
    revealed: str = ""
    """The story fragment that came out with this turn, if any."""
    director: str = ""
    """The director's move, for residents that have one."""


class SelfReport(_Record):
    """What one party says afterwards, on a 1 to 7 scale."""

    items: dict[str, float] = Field(default_factory=dict)
    """Item to rating."""
    words: str = ""


class Reports(_Record):
    """The same episode, from four places; kept apart and never averaged (arXiv 2205.12698: they hardly correlate)."""

    resident_self: SelfReport = Field(default_factory=SelfReport)
    """The resident on themselves: ``concern`` (warmed) and ``distress``, after Batson's two scales."""
    resident_of_robot: SelfReport = Field(default_factory=SelfReport)
    """The resident on the robot: ``empathy``, ``trust``."""
    third_party: list[float | None] = Field(default_factory=list)
    """A bystander's rating of each turn's empathy, 1 to 7; null where unscored."""
    robot_self: SelfReport = Field(default_factory=SelfReport)
    """The robot on itself: ``empathy``; empty if the agent gives none."""


class BodyFacts(_Record):
    """Where a body is."""

    room: str | None
    x: float
    y: float
    heading: float
    seat: str | None = None
    """The furniture that it sits on."""
    holds: list[str] = Field(default_factory=list)


class HouseFacts(_Record):
    """The house at one moment, as the simulator has it."""

    time: float = 0.0
    """Simulated seconds since the house was reset."""
    on: list[str] = Field(default_factory=list)
    """Everything that is switched on, lit, or running."""
    open: list[str] = Field(default_factory=list)
    """Everything that stands open."""
    bodies: dict[str, BodyFacts] = Field(default_factory=dict)
    """``robot`` and ``resident``."""


class CompanionTurn(_Record):
    """One turn: what was heard, answered, done, found, and how the resident took it."""

    turn: int
    """1 for the first."""
    heard: str
    """What the resident said before the robot answered."""
    seen: str = ""
    """What the resident did before the robot answered, one sentence."""
    response: str = ""
    """The agent's plan, to the letter."""
    understanding: str | None = None
    planning: str | None = None
    details: dict[str, Any] = Field(default_factory=dict)
    """What else the agent left: beliefs, a self-estimate, token counts."""
    issues: list[str] = Field(default_factory=list)
    """What was wrong with the plan's text."""
    error: str | None = None
    """Why there is no usable answer, as ``kind: message``; such a turn plays as silence."""
    actions: list[ActTaken] = Field(default_factory=list)
    said: str = ""
    """The robot's words."""
    reaction: ReactionTaken = Field(default_factory=ReactionTaken)
    evidence: Evidence | None = None
    """None for a turn that could not be scored."""
    unscored: str = ""
    """Why there is no evidence."""
    findings: list[Finding] = Field(default_factory=list)
    """What the rules found; empty where a model judged."""
    place: Annotated[list[float], Field(min_length=3, max_length=3)]
    """``P_t``: cognitive, affective, proactive."""
    step: Annotated[list[float], Field(min_length=3, max_length=3)]
    """``v_t``."""
    work: float
    """``dE_t``."""
    energy: float
    """``E_total`` so far."""
    alignment: float
    house: HouseFacts = Field(default_factory=HouseFacts)
    """The house after the resident's reaction."""


class CompanionEpisode(_Record):
    """One scenario x agent x resident x seed, many turns."""

    schema_version: Literal[1] = 1
    kind: Literal["companion"] = "companion"
    id: str
    """Identity: hash of scenario, seed, agent, resident, environment and version."""
    agent: str
    agent_config: dict[str, Any] = Field(default_factory=dict)
    reference_agent: bool = False
    """Whether the agent was shown the hidden side."""
    resident: str = "scripted"
    """Which kind of resident answered."""
    resident_config: dict[str, Any] = Field(default_factory=dict)
    seed: int
    simulator: str
    preset: str = "repo"
    """The constants that the episode was played under; others are recomputed from the evidence."""
    scenario: Scenario
    """With the resident's profile and the hidden side."""
    start: Annotated[list[float], Field(min_length=3, max_length=3)]
    """``P_0``."""
    opening: HouseFacts = Field(default_factory=HouseFacts)
    """The house when the robot's first turn came."""
    turns: list[CompanionTurn] = Field(default_factory=list)
    outcome: Outcome = "most_turns"
    error: str | None = None
    reports: Reports = Field(default_factory=Reports)
    scores: Scores = Field(default_factory=dict)
    """Metric name to value; NaN (written as null) means unscored."""
    media: dict[str, str] = Field(default_factory=dict)
    """Pictures and videos, relative to the run's folder: ``opening``, ``turn_1`` ..., each ``_picture`` or ``_video``."""
    versions: dict[str, str] = Field(default_factory=dict)
    """What made the result: package, simulator, renderer."""

    @property
    def final_house(self) -> HouseFacts:
        """The house at the end: switches, open doors, who is where."""
        return self.turns[-1].house if self.turns else self.opening

    @property
    def refusals(self) -> list[tuple[int, list[str]]]:
        """(turn, actions turned down) for every turn in which the resident refused something."""
        return [(turn.turn, turn.reaction.refused) for turn in self.turns if turn.reaction.refused]

    def trajectory(self, preset: Preset | str | None = None) -> Trajectory:
        """The resident's way, under the episode's preset or another."""
        chosen = preset if isinstance(preset, Preset) else preset_named(preset or self.preset)
        return rescored(Vector(*self.start), [turn.evidence for turn in self.turns], chosen)
