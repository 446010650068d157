"""The Agent: what decides. Everything that a robot thinks goes on behind this one small class."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, ClassVar

from envs.exchange import Observation, Response
from envs.scenarios.schema import Scenario

log = logging.getLogger(__name__)


def failure(error: BaseException) -> Exception:
    """An agent's failure, ``sys.exit`` and cancelled tasks included; the user's own Ctrl-C is passed on."""
    if isinstance(error, KeyboardInterrupt):
        raise error
    return error if isinstance(error, Exception) else RuntimeError(f"{type(error).__name__}: {error}")


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

    def attempt_batch(self, observations: Sequence[Observation], seeds: Sequence[int]) -> list[Response | Exception]:
        """Answer several for an evaluation: what goes wrong with one stands in its place and leaves the others alone."""
        if len(observations) > 1:
            wanted = len(observations)
            try:
                # One more than wanted is enough to see that there are too many, even of an endless generator.
                answers = list(islice(iter(self.respond_batch(observations, seeds)), wanted + 1))
                if len(answers) == wanted:
                    return list(answers)
                problem = f"{len(answers)}{' or more' if len(answers) > wanted else ''} responses"
            except BaseException as error:  # which of them failed is found out by asking one by one
                problem = type(failure(error)).__name__
            log.warning("%s failed on a batch of %d (%s); asking one by one", type(self).__name__, wanted, problem)
        outcomes: list[Response | Exception] = []
        for observation, seed in zip(observations, seeds, strict=True):
            try:
                outcomes.append(self.respond(observation, seed=seed))
            except BaseException as error:  # a broken agent must not end an evaluation: the failure is its result
                outcomes.append(failure(error))
        return outcomes

    @property
    def identity(self) -> dict[str, Any] | None:
        """What its responses depend on, as JSON values, if that is not just its constructor's arguments."""
        return None

    def reveal(self, scenario: Scenario) -> None:
        """Show the scenario behind the next observation; called only where :attr:`reference` is true."""

    def reveal_state(self, state: Mapping[str, Any]) -> None:
        """Show the hidden state of a resident in a conversation; called each turn where :attr:`reference` is true."""

    def close(self) -> None:
        """Free what the agent holds."""
