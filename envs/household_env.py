"""The Gymnasium environment ``EmpathyGym/Household-v0`` and its wrapper for whole plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from envs.reward import reference_match
from envs.scenarios import Scenario, load_scenarios
from envs.session import Session, View
from envs.simulators import make_simulator
from envs.text import fit, text_space
from plans.actions import ACTIONS, get_action
from plans.plan import Plan, parse_plan

LONGEST_PROFILE, LONGEST_DIALOGUE, LONGEST_SCRIPT, LONGEST_UTTERANCE, LONGEST_PLAN = 4000, 500, 2000, 1000, 4000
NO_ACTION = len(ACTIONS)
"""The index that does nothing."""

ActionLike = dict[str, Any] | int | str


def picture_spaces(view: View) -> dict[str, spaces.Space[Any]]:
    """The spaces of what is seen: frames of the resident acting, and the robot's camera; uint8."""
    shape = (view.height, view.width, 3)
    return {"frames": spaces.Box(0, 255, (view.frames, *shape), np.uint8), "camera": spaces.Box(0, 255, shape, np.uint8)}


def chosen_scenario(scenarios: Sequence[Scenario], options: Mapping[str, Any], random: np.random.Generator) -> Scenario:
    """The scenario that ``options["scenario"]`` names, else one drawn at random.

    Raises:
        KeyError: it names none of the set.
    """
    wanted = options.get("scenario")
    if wanted is None:
        return scenarios[int(random.integers(len(scenarios)))]
    for scenario in scenarios:
        if scenario.id == wanted:
            return scenario
    raise KeyError(f"options['scenario']: expected an id of this set, actually {str(wanted)[:80]!r}")


class HouseholdEnv(gym.Env[dict[str, Any], ActionLike]):
    r"""A robot watches a resident at home, acts, and says something.

    ## Description
    A resident plays a short script (walks to the phone, picks it up, paces ...) and murmurs a line. The robot works out
    what this person feels and needs, carries out any of 50 legal actions in the simulated house, and speaks. Speaking
    ends the episode. After EmpathyAgent (arXiv 2503.16545); here plans are really executed.

    ## Observation Space
    A ``Dict``:

    * ``profile``: text, who the resident is;
    * ``dialogue``: text, what the resident murmurs;
    * ``script``: text, what the resident did as script lines; only with ``script=True``;
    * ``frames``: uint8, (frames, size, size, 3), the resident acting; only in simulators with pictures;
    * ``camera``: uint8, (size, size, 3), what the robot sees now; only in simulators with pictures.

    ## Action Space
    A ``Dict`` of ``action`` (``Discrete(51)``: the legal actions in the order of ``plans.ACTIONS``, 50 for none) and
    ``utterance`` (text; empty for saying nothing). ``step`` also takes an action's index or name alone.

    ## Rewards
    0 until the end; then how well the actions that *succeeded* match the scenario's ranked references: the best
    rank-weighted Dice overlap, 0 to 1 (``envs.reward.reference_match``), failed actions counted as answered.

    ## Starting State
    ``reset`` chooses a scenario (by the seed, or ``options={"scenario": id}``) and plays the resident's script.

    ## Episode End
    Terminated when the robot speaks; truncated after ``max_steps`` steps.

    ## Arguments
    * ``scenarios``: a scenario set's name (``hearth``, ``empathyagent``, ``jsonl``);
    * ``path``: the user's files, for sets that need them;
    * ``split``: ``train``, ``validation``, ``test`` or ``all``;
    * ``simulator``: ``symbolic``, ``mujoco`` ...;
    * ``size``: width and height of pictures, pixels;
    * ``frames``: how many frames of the resident acting;
    * ``script``: show the resident's script as text;
    * ``max_steps``: step limit.

    ## Version History
    * v0: first version.

    Example:
        >>> import gymnasium as gym
        >>> env = gym.make("envs:EmpathyGym/Household-v0", simulator="symbolic")
        >>> observation, info = env.reset(seed=1)
        >>> observation, reward, terminated, truncated, info = env.step("switchon_radio")
        >>> terminated
        False
        >>> env.close()
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": 8}

    def __init__(
        self,
        scenarios: str = "hearth",
        path: str | None = None,
        split: str = "train",
        simulator: str = "symbolic",
        size: int = 256,
        frames: int = 16,
        script: bool = False,
        max_steps: int = 8,
        render_mode: str | None = None,
    ) -> None:
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ValueError(f"render_mode: expected None or one of {self.metadata['render_modes']}, actually {render_mode!r}")
        if max_steps < 1:
            raise ValueError(f"max_steps: expected at least 1, actually {max_steps}")
        self.render_mode = render_mode
        self.max_steps = max_steps
        self.simulator = make_simulator(simulator)
        self.pictures = simulator != "symbolic"
        if render_mode and not self.pictures:
            raise ValueError(
                "render_mode: expected None with simulator='symbolic', which makes no pictures; use simulator='mujoco'"
            )
        self.view = View(width=size, height=size, frames=frames, script=script)
        self._scenarios = load_scenarios(scenarios, path=Path(path) if path else None, split=split)
        self.session: Session | None = None
        self._words: dict[str, str] = {}
        self._frames = np.zeros((0, 0, 0, 3), np.uint8)
        self._steps = 0
        self.observation_space = self._observation_space()
        self.action_space = spaces.Dict({"action": spaces.Discrete(NO_ACTION + 1), "utterance": text_space(LONGEST_UTTERANCE)})

    def _observation_space(self) -> spaces.Dict:
        parts: dict[str, spaces.Space[Any]] = {"profile": text_space(LONGEST_PROFILE), "dialogue": text_space(LONGEST_DIALOGUE)}
        if self.view.script:
            parts["script"] = text_space(LONGEST_SCRIPT)
        if self.pictures:
            parts.update(picture_spaces(self.view))
        return spaces.Dict(parts)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
        """Choose a scenario, let the resident act, and return what the robot knows.

        Raises:
            KeyError: ``options["scenario"]`` names no scenario of the set.
        """
        super().reset(seed=seed)
        scenario = chosen_scenario(self._scenarios, options or {}, self.np_random)
        self.session = Session(self.simulator, scenario, self.view)
        observed = self.session.observe(pictures=self.pictures)
        self._words = {"profile": fit(observed.profile, LONGEST_PROFILE), "dialogue": fit(observed.dialogue, LONGEST_DIALOGUE)}
        if self.view.script:
            self._words["script"] = fit(observed.script or "", LONGEST_SCRIPT)
        self._frames = observed.frames
        self._steps = 0
        return self._observation(), {"scenario": scenario.id}

    def step(self, action: ActionLike) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        """Carry out one action, say something, or both.

        Args:
            action: the dict of the action space, or an action's index or name alone.
        """
        if self.session is None:
            raise gym.error.ResetNeeded("expected reset() before step(), actually no scenario is being played")
        name, utterance = self._read(action)
        self._steps += 1
        info: dict[str, Any] = {"scenario": self.session.scenario.id}
        if name is not None:
            outcome = self.session.act(name)
            info.update(action=name, ok=outcome.ok, reason=outcome.reason.value if outcome.reason else "")
        terminated = bool(utterance)
        truncated = not terminated and self._steps >= self.max_steps
        if terminated:
            self.session.say(utterance)
        reward = 0.0
        if terminated or truncated:
            reward = self._reward()
            results = self.session.check()
            info["goal_success"] = all(result.satisfied for result in results)
            info["unmet"] = [result.sentence for result in results if not result.satisfied]
        return self._observation(), reward, terminated, truncated, info

    def _read(self, action: ActionLike) -> tuple[str | None, str]:
        if isinstance(action, dict):
            unknown = set(action) - {"action", "utterance"}
            if unknown:
                raise ValueError(f"action: expected keys 'action' and 'utterance', actually also {sorted(unknown)}")
            return self._name(action.get("action", NO_ACTION)), str(action.get("utterance") or "")
        return self._name(action), ""

    def _name(self, action: Any) -> str | None:
        if action is None or action == "None":
            return None
        if isinstance(action, str):
            return get_action(action).name
        if isinstance(action, (int, np.integer)) or (isinstance(action, np.ndarray) and action.ndim == 0):
            index = int(action)
            if not 0 <= index <= NO_ACTION:
                raise ValueError(f"action: expected an index from 0 to {NO_ACTION}, actually {index}")
            return None if index == NO_ACTION else list(ACTIONS)[index]
        raise TypeError(f"action: expected a dict, an index or a name, actually {type(action).__name__}")

    def _reward(self) -> float:
        assert self.session is not None and self.session.played is not None
        outcomes = self.session.played.outcomes
        succeeded = [outcome.action for outcome in outcomes if outcome.ok]
        return reference_match(succeeded, self.session.scenario.references, len(outcomes) - len(succeeded))

    def _observation(self) -> dict[str, Any]:
        observation: dict[str, Any] = dict(self._words)
        if self.pictures:
            assert self.session is not None
            observation["frames"] = self._frames.copy()
            observation["camera"] = self.session.look()
        return observation

    def render(self) -> Any:
        """What the robot's head camera sees: uint8, (size, size, 3)."""
        return self.session.look() if self.session is not None and self.render_mode else None

    def close(self) -> None:
        """Close the simulator."""
        self.simulator.close()


class PlanText(gym.Wrapper[dict[str, Any], Any, dict[str, Any], Any]):
    """Takes a whole plan as text in one step, in the paper's format; parsing issues come in ``info["issues"]``.

    Example:
        >>> import gymnasium as gym
        >>> env = PlanText(gym.make("envs:EmpathyGym/Household-v0"))
        >>> _ = env.reset(seed=0)
        >>> _, _, terminated, _, info = env.step('<switchon_radio>, <dialogue>:"Shall we listen?"')
        >>> terminated, info["issues"]
        (True, [])
        >>> env.close()
    """

    def __init__(self, env: gym.Env[dict[str, Any], Any]) -> None:
        super().__init__(env)
        self.action_space = text_space(LONGEST_PLAN)

    def step(self, action: str) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        """Carry out the plan and end the episode."""
        if not isinstance(action, str):
            raise TypeError(f"action: expected the text of a plan, actually {type(action).__name__}")
        base = self.unwrapped
        assert isinstance(base, HouseholdEnv)
        plan: Plan = parse_plan(action)
        if base.session is None:
            raise gym.error.ResetNeeded("expected reset() before step(), actually no scenario is being played")
        outcomes = [base.session.act(name) for name in plan.actions]
        # A silent plan still ends the episode: a space is not shown, but it is speech.
        observation, reward, terminated, truncated, info = self.env.step(
            {"action": NO_ACTION, "utterance": plan.utterance or " "}
        )
        info["issues"] = [str(issue) for issue in plan.issues]
        info["outcomes"] = [{"action": o.action, "ok": o.ok, "reason": o.reason.value if o.reason else ""} for o in outcomes]
        return observation, float(reward), terminated, truncated, info


def make_vec(count: int, *, asynchronous: bool = True, **arguments: Any) -> gym.vector.VectorEnv[Any, Any, Any]:
    """``count`` copies of the environment as one vector environment.

    Asynchronous copies run in spawned processes (a process that has rendered must not be forked) and without shared
    memory, which Gymnasium 1.4.0 fills with zeros for text.

    Args:
        count: number of copies.
        asynchronous: processes of their own, else one after the other in this process.
        **arguments: of :class:`HouseholdEnv`.
    """
    from functools import partial

    makers = [partial(gym.make, "envs:EmpathyGym/Household-v0", **arguments) for _ in range(count)]
    if asynchronous:
        return gym.vector.AsyncVectorEnv(makers, shared_memory=False, context="spawn")
    return gym.vector.SyncVectorEnv(makers)
