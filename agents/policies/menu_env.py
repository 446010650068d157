"""Companion for trainers: the menu as actions, the vector of visible features as observations."""

from __future__ import annotations

from typing import Any, cast

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from agents.policies.features import features, names
from agents.policies.menu import Menu, load_menu
from envs.companion.companion_env import CompanionEnv
from envs.household_env import NO_ACTION
from plans.actions import ACTIONS

_INDEX = {name: index for index, name in enumerate(ACTIONS)}


class MenuEnv(gym.Wrapper[NDArray[np.float32], NDArray[np.int64], dict[str, Any], Any], gym.utils.RecordConstructorArgs):
    """:class:`~envs.companion.companion_env.CompanionEnv` for policies that choose from a menu and see a vector.

    Actions are ``MultiDiscrete``: way of speaking, topic, deed; observations a ``Box`` in [-1, 1]. Rewards are those of the
    environment times ``scale``: dE runs from about -9 to 5, and networks learn better from numbers near one.

    Args:
        env: what is wrapped.
        menu: what can be chosen.
        scale: of rewards.

    Example:
        >>> env = make_menu_env(turns=3)
        >>> observation, info = env.reset(seed=0)
        >>> observation.shape == env.observation_space.shape, env.action_space.shape
        (True, (3,))
        >>> env.close()
    """

    def __init__(self, env: gym.Env[Any, Any], menu: Menu | None = None, scale: float = 1.0) -> None:
        gym.utils.RecordConstructorArgs.__init__(self, menu=menu, scale=scale)
        gym.Wrapper.__init__(self, env)
        self.menu = menu or load_menu()
        self.scale = scale
        self.companion = cast(CompanionEnv, env.unwrapped)
        self.observation_space = spaces.Box(-1.0, 1.0, (len(names(self.menu)),), np.float32)
        self.action_space = spaces.MultiDiscrete(np.asarray(self.menu.sizes))

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Start an episode."""
        _, info = self.env.reset(seed=seed, options=options)
        return self._vector(), info

    def step(self, action: NDArray[np.int64]) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """One turn as chosen."""
        assert self.companion.session is not None, "expected reset() before step()"
        plan = self.menu.plan([int(value) for value in action], self.companion.session.observation)
        index = _INDEX[plan.actions[0]] if plan.actions else NO_ACTION
        asked: Any = {"action": index, "utterance": plan.utterance or ""}
        _, reward, terminated, truncated, info = self.env.step(asked)
        return self._vector(), float(reward) * self.scale, terminated, truncated, info

    def _vector(self) -> NDArray[np.float32]:
        assert self.companion.session is not None
        return features(self.companion.session.observation, self.menu)


def make_menu_env(scale: float = 1.0, **arguments: Any) -> MenuEnv:
    """Companion with the menu.

    Args:
        scale: of rewards.
        **arguments: of :class:`~envs.companion.companion_env.CompanionEnv`.
    """
    return MenuEnv(gym.make("envs:EmpathyGym/Companion-v0", **arguments), scale=scale)
