"""Yardsticks that are shown the references: the ceiling of every table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from agents.base import Agent
from agents.baselines.companionship import next_plan
from envs.companion.evidence import Vector
from envs.companion.process import norm
from envs.companion.reports import SELF_ESTIMATE
from envs.exchange import Observation, Response
from envs.scenarios.schema import Scenario


class _Revealed(Agent):
    reference: ClassVar[bool] = True
    pictures: ClassVar[bool] = False
    place: ClassVar[int] = 0

    def __init__(self) -> None:
        self._scenario: Scenario | None = None

    def reveal(self, scenario: Scenario) -> None:
        """Remember the scenario behind the next observation."""
        self._scenario = scenario

    def respond(self, observation: Observation, *, seed: int) -> Response:
        """Answer with a reference response."""
        if self._scenario is None:
            raise RuntimeError(f"{type(self).__name__} is a yardstick: call reveal(scenario) before respond()")
        references = self._scenario.references
        reference = references[min(self.place, len(references) - 1)]
        return Response(
            reference.text,
            scenario_understanding=self._scenario.situation,
            empathetic_planning=reference.plan_nl or reference.plan.utterance,
        )


class Oracle(_Revealed):
    """The best reference: what a perfect agent answers. In a conversation it goes on from there, knowing story and state."""

    place = 0

    def __init__(self) -> None:
        super().__init__()
        self._state: Mapping[str, Any] = {}

    def reveal_state(self, state: Mapping[str, Any]) -> None:
        """Remember the hidden state behind the next observation."""
        self._state = state

    def respond(self, observation: Observation, *, seed: int) -> Response:
        """Answer with the best reference, later with what the hidden state calls for."""
        if self._scenario is None or not observation.history:
            return super().respond(observation, seed=seed)
        plan = next_plan(self._scenario, observation, self._state, seed)
        # It has seen the hidden state: what it thinks of itself follows from how far the resident has come.
        start, now = self._state.get("start"), self._state.get("place")
        eased = 1.0 - norm(Vector(*now)) / (norm(Vector(*start)) or 1.0) if start and now else 0.5
        return Response.of(
            plan,
            scenario_understanding=self._scenario.situation,
            empathetic_planning=plan.utterance,
            details={SELF_ESTIMATE: round(min(7.0, max(1.0, 4.0 + 3.0 * eased)), 3)},
        )


class RunnerUp(_Revealed):
    """The second reference: how high a decent other answer scores."""

    place = 1
