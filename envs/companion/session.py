"""A companion session: one scenario played turn after turn, until the resident has what they need, or it is over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from envs.companion.appraiser import Appraisal, Appraiser, RuleAppraiser, TurnFacts
from envs.companion.house import house_facts
from envs.companion.persona import Persona, persona_of
from envs.companion.process import Failure, Point, Preset, Trajectory, preset_named
from envs.companion.record import (
    ActTaken,
    CompanionTurn,
    Finding,
    HouseFacts,
    Outcome,
    ReactionTaken,
    StepTaken,
)
from envs.companion.residents.base import Moment, Reaction, Resident
from envs.companion.residents.scripted import ScriptedResident
from envs.exchange import Observation, PastTurn
from envs.household.state import WorldState
from envs.scenarios.schema import Scenario
from envs.session import LONGEST_FILM, Session, View, thin
from envs.simulators.base import RESIDENT, ROBOT, Simulator
from envs.skills import ActionOutcome, StepOutcome
from plans.plan import Plan

DEFAULT_TURNS = 20
"""Turns of an episode unless asked otherwise; the published limit is 45."""

AppraiserMaker = Callable[[Scenario, Persona], Appraiser]


@dataclass(frozen=True)
class TurnPlayed:
    """One turn, played.

    Args:
        turn: 1 for the first.
        heard, seen: what the resident had said and done before.
        plan: what the robot answered.
        outcomes: how its actions went, with the simulated times at which each began and ended in ``times``.
        times: see there.
        appraisal: how it was taken.
        point: where that led.
        reaction: what the resident did and said.
        frames: the resident reacting, if pictures were asked for.
    """

    turn: int
    heard: str
    seen: str
    plan: Plan
    outcomes: tuple[ActionOutcome, ...]
    times: tuple[tuple[float, float], ...]
    appraisal: Appraisal
    point: Point
    reaction: Reaction
    frames: NDArray[np.uint8]


class CompanionSession:
    """Plays one scenario with a resident who reacts.

    Call :meth:`observe` first, then :meth:`play` until :attr:`outcome` is not None.

    Args:
        simulator: where; reset by :meth:`observe` and not closed.
        scenario: what.
        resident: who answers; scripted if not given.
        appraiser: makes what finds the evidence of turns; the rules if not given.
        preset: constants of the process, or their name.
        turns: most turns.
        view: which pictures.
        seed: of the resident.

    Example:
        >>> from envs.scenarios import load_scenarios
        >>> from envs.simulators import make_simulator
        >>> from plans.plan import parse_plan
        >>> session = CompanionSession(make_simulator("symbolic"), load_scenarios("hearth", limit=1)[0])
        >>> _ = session.observe(pictures=False)
        >>> turn = session.play(parse_plan('<None>, <dialogue>:"Pull yourself together."'))
        >>> turn.point.work < 0, session.outcome
        (True, None)
    """

    def __init__(
        self,
        simulator: Simulator,
        scenario: Scenario,
        *,
        resident: Resident | None = None,
        appraiser: AppraiserMaker | None = None,
        preset: Preset | str = "repo",
        turns: int = DEFAULT_TURNS,
        view: View = View(),  # noqa: B008 (frozen)
        seed: int = 0,
    ) -> None:
        if turns < 1:
            raise ValueError(f"turns: expected at least 1, actually {turns}")
        self.session = Session(simulator, scenario, view)
        self.scenario = scenario
        self.simulator = simulator
        self.resident: Resident = resident or ScriptedResident()
        self.preset = preset if isinstance(preset, Preset) else preset_named(preset)
        self.most_turns = turns
        self.view = view
        self.seed = seed
        self._make_appraiser: AppraiserMaker = appraiser or RuleAppraiser
        self.persona = _persona(scenario.to_json()) if appraiser is None else persona_of(scenario)
        self.appraiser: Appraiser = self._make_appraiser(scenario, self.persona)
        self.trajectory = Trajectory(self.persona.start, self.preset)
        self.played: list[TurnPlayed] = []
        self.outcome: Outcome | None = None
        self._observation: Observation | None = None
        self._heard, self._seen = scenario.dialogue, ""

    def observe(self, *, pictures: bool = True) -> Observation:
        """Let the resident act, and tell what the robot knows; starts anew."""
        self.appraiser = self._make_appraiser(self.scenario, self.persona)
        self.trajectory = Trajectory(self.persona.start, self.preset)
        self.played, self.outcome = [], None
        self._heard, self._seen = self.scenario.dialogue, ""
        self.resident.begin(self.scenario, self.persona, self.seed)
        self._observation = self.session.observe(pictures=pictures)
        self._world = WorldState(self.simulator, self.session.household)
        return self._observation

    @property
    def observation(self) -> Observation:
        """What the robot knows now."""
        if self._observation is None:
            raise RuntimeError("expected observe() first, actually no scenario is being played")
        return self._observation

    def play(self, plan: Plan, *, pictures: bool = False, film: bool = False) -> TurnPlayed:
        """One turn: the robot acts and speaks, the resident takes it in some way, and shows it.

        Args:
            plan: what the robot does and says.
            pictures: take frames of the resident's reaction, and of what the robot sees then.
            film: film the robot too, into ``session.robot_video``.

        Raises:
            RuntimeError: nothing is being played, or it is over.
        """
        observation = self.observation
        if self.outcome is not None:
            raise RuntimeError(f"expected a session that goes on, actually it ended with {self.outcome}; call observe() again")
        outcomes, times = self._robot_acts(plan, film)
        said = plan.utterance or ""
        if said:
            self.session.say(said)
        appraisal = self._appraise(outcomes, said)
        point = self.trajectory.add(appraisal.evidence)
        self.outcome = self._ended()
        reaction, frames = self._resident_reacts(appraisal, point, outcomes, said, pictures)
        if reaction.revealed:
            reveal = getattr(self.appraiser, "reveal", None)
            if reveal is not None:
                reveal(reaction.revealed)
        turn = TurnPlayed(point.turn, self._heard, self._seen, plan, outcomes, times, appraisal, point, reaction, frames)
        self.played.append(turn)
        past = PastTurn(
            heard=self._heard,
            actions=tuple(outcome.action for outcome in outcomes if outcome.ok),
            failed=tuple(outcome.action for outcome in outcomes if not outcome.ok),
            said=said,
            did=reaction.told,
            answered=reaction.said,
        )
        self._heard, self._seen = reaction.said, reaction.told
        shown: dict[str, Any] = {"dialogue": reaction.said, "history": (*observation.history, past)}
        if pictures:
            shown |= {"frames": frames, "camera": self.session.look()}
        self._observation = replace(observation, **shown)
        return turn

    def _robot_acts(self, plan: Plan, film: bool) -> tuple[tuple[ActionOutcome, ...], tuple[tuple[float, float], ...]]:
        outcomes, times = [], []
        if film:
            self.session.robot_video = []
        for action in plan.actions:
            start = self.simulator.time
            filmed = film and len(self.session.robot_video) < LONGEST_FILM * self.view.fps
            outcomes.append(self.session.act(action, pictures=filmed))
            times.append((start, self.simulator.time))
        return tuple(outcomes), tuple(times)

    def _appraise(self, outcomes: tuple[ActionOutcome, ...], said: str) -> Appraisal:
        robot, resident = self.simulator.pose(ROBOT), self.simulator.pose(RESIDENT)
        room_at = self.session.household.room_at
        together = room_at(robot.x, robot.y) == room_at(resident.x, resident.y)
        return self.appraiser.appraise(TurnFacts(outcomes, said, self._heard, together, self.simulator.seat(ROBOT) is not None))

    def _ended(self) -> Outcome | None:
        if self.trajectory.succeeded():
            return "success"
        failure = self.trajectory.failure()
        if failure is not None:
            return "collapse" if failure is Failure.COLLAPSE else "stagnation_and_regression"
        # A resident who repeats recorded turns has no more than those.
        most = min(self.most_turns, getattr(self.resident, "most_turns", self.most_turns))
        return "most_turns" if self.trajectory.turns >= most else None

    def _resident_reacts(
        self, appraisal: Appraisal, point: Point, outcomes: tuple[ActionOutcome, ...], said: str, pictures: bool
    ) -> tuple[Reaction, NDArray[np.uint8]]:
        moment = Moment(
            scenario=self.scenario,
            persona=self.persona,
            trajectory=self.trajectory,
            point=point,
            appraisal=appraisal,
            outcomes=outcomes,
            said=said,
            heard=self._heard,
            history=self.observation.history,
            world=self._world,
            seed=self.seed,
            ends=self.outcome is not None,
        )
        if not pictures:
            return self.resident.react(moment), self.observation.frames
        with self.session.record(RESIDENT) as recorder:
            reaction = self.resident.react(moment)
            self.simulator.wait(1.0)
        self.session.resident_video = recorder.frames
        return reaction, thin(recorder.frames, self.view.frames)

    # -- what is so

    @property
    def hidden(self) -> Mapping[str, Any]:
        """The hidden state, for rewards, debugging, and agents that may see it; fresh JSON values."""
        point = self.trajectory.points[-1]
        return {
            "turn": point.turn,
            "place": list(point.place),
            "start": list(self.trajectory.start),
            "work": point.work,
            "energy": point.energy,
            "alignment": point.alignment,
            "priorities": list(self.persona.priorities),
            "refused": sorted({action for turn in self.played for action in turn.reaction.refused}),
        }

    def house_facts(self) -> HouseFacts:
        """Switches, open doors, who is where: as the simulator has them now."""
        return house_facts(self.simulator, self.session.household)

    def record(self, turn: TurnPlayed, **fields: Any) -> CompanionTurn:
        """The turn as it is kept, with the house as it is now; call it right after :meth:`play`.

        Args:
            turn: what was played.
            **fields: what the agent left besides its plan (``response``, ``understanding``, ``details`` ...).
        """
        reaction, point = turn.reaction, turn.point
        return CompanionTurn(
            turn=turn.turn,
            heard=turn.heard,
            seen=turn.seen,
            issues=[str(issue) for issue in turn.plan.issues],
            actions=[_act(outcome, times) for outcome, times in zip(turn.outcomes, turn.times, strict=True)],
            said=turn.plan.utterance or "",
            reaction=ReactionTaken(
                gestures=list(reaction.gestures),
                steps=[_step(step) for step in reaction.steps],
                told=reaction.told,
                said=reaction.said,
                refused=list(reaction.refused),
                revealed=reaction.revealed,
                director=reaction.director,
            ),
            evidence=turn.appraisal.evidence,
            unscored=turn.appraisal.unscored,
            findings=[Finding(**note._asdict()) for note in turn.appraisal.notes],
            place=list(point.place),
            step=list(point.step),
            work=point.work,
            energy=point.energy,
            alignment=point.alignment,
            house=self.house_facts(),
            **fields,
        )


@lru_cache(maxsize=512)
def _persona(scenario: str) -> Persona:
    return persona_of(Scenario.model_validate_json(scenario))


def _step(step: StepOutcome) -> StepTaken:
    return StepTaken(line=step.step.line, ok=step.ok, reason=step.reason.value if step.reason else None, detail=step.detail)


def _act(outcome: ActionOutcome, times: tuple[float, float]) -> ActTaken:
    failed = next((step for step in reversed(outcome.steps) if not step.ok), None)
    return ActTaken(
        action=outcome.action,
        ok=outcome.ok,
        reason=outcome.reason.value if outcome.reason else None,
        detail=failed.detail if failed else "",
        steps=[_step(step) for step in outcome.steps],
        goals=[goal.sentence for goal in outcome.goals],
        subjects=list(outcome.subjects),
        distance=round(outcome.distance, 3),
        start=round(times[0], 3),
        end=round(times[1], 3),
    )
