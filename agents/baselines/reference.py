"""Yardsticks that are shown the references: the ceiling of every table."""

from __future__ import annotations

from typing import ClassVar

from agents.base import Agent
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
    """The best reference: what a perfect agent answers."""

    place = 0


class RunnerUp(_Revealed):
    """The second reference: how high a decent other answer scores."""

    place = 1
