"""The Agent: what decides. Everything that a robot thinks goes on behind this one small class."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from envs.exchange import Observation, Response
from envs.scenarios.schema import Scenario


class Agent(ABC):
    """Answers observations with responses.

    Subclass it, implement :meth:`respond`, register it (see :mod:`agents.registry`), done. An agent is a function of
    the observation and the seed: the same two give the same response.

    Example:
        >>> class Lamp(Agent):
        ...     '''Always dims the lamp.'''
        ...     def respond(self, observation, *, seed):
        ...         return Response('<switchoff_bedroom_tablelamp>, <dialogue>:"I dimmed the light."')
        >>> Lamp().respond(Observation("a baker", "My head..."), seed=0).plan.actions
        ('switchoff_bedroom_tablelamp',)
    """

    reference: ClassVar[bool] = False
    """True for yardsticks that are shown the references through :meth:`reveal` (oracle, runner-up). Tables mark them."""

    pictures: ClassVar[bool] = True
    """Whether it looks at frames; evaluations spare the rendering for agents that do not."""

    @abstractmethod
    def respond(self, observation: Observation, *, seed: int) -> Response:
        """Answer one observation.

        Args:
            observation: what the robot may know.
            seed: the only source of randomness that may be used.
        """

    def respond_batch(self, observations: Sequence[Observation], seeds: Sequence[int]) -> list[Response]:
        """Answer several; must equal answering each alone. Override it where batches are faster."""
        return [self.respond(observation, seed=seed) for observation, seed in zip(observations, seeds, strict=True)]

    def reveal(self, scenario: Scenario) -> None:
        """Show the scenario behind the next observation; called only where :attr:`reference` is true."""

    def close(self) -> None:
        """Free what the agent holds."""
