"""The Gymnasium environment ``EmpathyGym/Companion-v0``: many turns with a resident who reacts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from envs.companion.process import preset_named
from envs.companion.record import CompanionTurn
from envs.companion.residents.base import Resident, TextModel
from envs.companion.residents.registry import make_resident, resident_names
from envs.companion.session import DEFAULT_TURNS, CompanionSession, TurnPlayed
from envs.exchange import Observation
from envs.household_env import (
    LONGEST_DIALOGUE,
    LONGEST_PLAN,
    LONGEST_PROFILE,
    LONGEST_SCRIPT,
    LONGEST_UTTERANCE,
    NO_ACTION,
    chosen_scenario,
    picture_spaces,
)
from envs.scenarios import load_scenarios
from envs.session import View
from envs.simulators import make_simulator
from envs.text import fit, text_space
from plans.actions import ACTIONS, get_action
from plans.plan import Plan, parse_plan

LONGEST_HISTORY = 8000
"""Characters of earlier turns that an observation holds; the oldest are left out first."""

ActionLike = dict[str, Any] | int | str


class CompanionEnv(gym.Env[dict[str, Any], ActionLike]):
    r"""A robot keeps a resident company; the resident has a state, shows it, and answers.

    ## Description
    The resident starts in deficit on three axes: to be understood (cognitive), to be comforted (affective), to be helped to
    act (proactive). Every turn the robot acts in the simulated house and speaks; what it did becomes evidence, axis by axis,
    and moves the resident through that space. The resident shows it: comes near, sits down, takes what was brought, sighs,
    turns away, refuses, leaves, and says something. Help that nobody wants costs, and so do lines that would fit anybody.
    After EMPA (arXiv 2603.00552).

    ## Observation Space
    A ``Dict``:

    * ``profile``: text, who the resident is;
    * ``dialogue``: text, what the resident said last (empty: silence);
    * ``history``: text, earlier turns, oldest first;
    * ``script``: text, what the resident did at the start as script lines; only with ``script=True``;
    * ``frames``: uint8, (frames, size, size, 3), the resident acting or reacting; only in simulators with pictures;
    * ``camera``: uint8, (size, size, 3), what the robot sees now; only in simulators with pictures.

    ## Action Space
    A ``Dict`` of ``action`` (``Discrete(51)``: the legal actions in the order of ``plans.ACTIONS``, 50 for none) and
    ``utterance`` (text; empty for saying nothing); with ``plans=True`` the text of a plan in the paper's format instead.
    ``step`` takes either at any time, and an action's index or name alone. One step is one turn.

    ## Rewards
    ``reward="dense"``: the work ``dE`` of the turn, toward where the resident lacks nothing; 0 for a turn that could not be
    scored. ``reward="sparse"``: 1 when the resident has what they need, else 0.

    ## Starting State
    ``reset`` chooses a scenario (by the seed, or ``options={"scenario": id}``), plays the resident's script, and sets the
    state to the deficit of the scenario's need levels.

    ## Episode End
    Terminated on success (not before turn 12) and on failure (collapse; stagnation together with regression); truncated after
    ``turns`` turns.

    ## Arguments
    * ``scenarios``, ``path``, ``split``: which scenario set, where, and which part of it;
    * ``simulator``: ``symbolic``, ``mujoco`` ...;
    * ``resident``: ``scripted``; or ``llm``, with ``model`` (any :class:`~envs.companion.residents.base.TextModel`);
    * ``preset``: ``paper``, ``repo``, ``repo_runs``: the constants of the process;
    * ``reward``: ``dense`` or ``sparse``;
    * ``turns``: turn limit;
    * ``size``, ``frames``: of pictures;
    * ``script``: show the resident's script as text;
    * ``plans``: actions are plans in text;
    * ``reveal``: ``info["hidden"]`` holds the hidden state; also per reset by ``options={"reveal": True}``;
    * ``model``: what the ``llm`` resident asks; the one argument that JSON cannot hold.

    ## Version History
    * v0: first version.

    Example:
        >>> import gymnasium as gym
        >>> env = gym.make("envs:EmpathyGym/Companion-v0")
        >>> observation, info = env.reset(seed=1)
        >>> observation, reward, terminated, truncated, info = env.step('<None>, <dialogue>:"Pull yourself together."')
        >>> reward < 0, info["turn"], terminated
        (True, 1, False)
        >>> env.close()
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": 8}

    def __init__(
        self,
        scenarios: str = "hearth",
        path: str | None = None,
        split: str = "train",
        simulator: str = "symbolic",
        resident: str = "scripted",
        preset: str = "repo",
        reward: str = "dense",
        turns: int = DEFAULT_TURNS,
        size: int = 256,
        frames: int = 16,
        script: bool = False,
        plans: bool = False,
        reveal: bool = False,
        model: TextModel | None = None,
        render_mode: str | None = None,
    ) -> None:
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ValueError(f"render_mode: expected None or one of {self.metadata['render_modes']}, actually {render_mode!r}")
        if reward not in ("dense", "sparse"):
            raise ValueError(f"reward: expected 'dense' or 'sparse', actually {reward!r}")
        if turns < 1:
            raise ValueError(f"turns: expected at least 1, actually {turns}")
        if resident not in resident_names():
            raise ValueError(f"resident: expected one of {', '.join(resident_names())}, actually {resident!r}")
        if render_mode and simulator == "symbolic":
            raise ValueError(
                "render_mode: expected None with simulator='symbolic', which makes no pictures; use simulator='mujoco'"
            )
        self.render_mode = render_mode
        self.preset = preset_named(preset)
        self.reward = reward
        self.turns = turns
        self.reveal = reveal
        self.plans = plans
        self.simulator = make_simulator(simulator)
        self.pictures = simulator != "symbolic"
        self.view = View(width=size, height=size, frames=frames, script=script)
        self.session: CompanionSession | None = None
        self.last: TurnPlayed | None = None
        self._resident: Resident
        self._resident, self._make_appraiser = make_resident(resident, model)
        self._scenarios = load_scenarios(scenarios, path=Path(path) if path else None, split=split)
        self._words: dict[str, str] = {}
        self._revealing = reveal
        self.observation_space = self._observation_space()
        self.action_space: spaces.Space[Any] = (
            text_space(LONGEST_PLAN)
            if plans
            else spaces.Dict({"action": spaces.Discrete(NO_ACTION + 1), "utterance": text_space(LONGEST_UTTERANCE)})
        )

    def _observation_space(self) -> spaces.Dict:
        parts: dict[str, spaces.Space[Any]] = {
            "profile": text_space(LONGEST_PROFILE),
            "dialogue": text_space(LONGEST_DIALOGUE),
            "history": text_space(LONGEST_HISTORY),
        }
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
        chosen = options or {}
        scenario = chosen_scenario(self._scenarios, chosen, self.np_random)
        self._revealing = bool(chosen.get("reveal", self.reveal))
        self.session = CompanionSession(
            self.simulator,
            scenario,
            resident=self._resident,
            appraiser=self._make_appraiser,
            preset=self.preset,
            turns=self.turns,
            view=self.view,
            seed=int(self.np_random.integers(2**31)),
        )
        observed = self.session.observe(pictures=self.pictures)
        self.last = None
        self._words = {"profile": fit(observed.profile, LONGEST_PROFILE)}
        if self.view.script:
            self._words["script"] = fit(observed.script or "", LONGEST_SCRIPT)
        return self._observation(observed), self._info()

    def step(self, action: ActionLike) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        """One turn: carry out what is asked, speak, and let the resident react.

        Args:
            action: the dict of the action space, the text of a plan, or an action's index or name alone.
        """
        if self.session is None:
            raise gym.error.ResetNeeded("expected reset() before step(), actually no scenario is being played")
        plan = parse_plan(action) if self.plans and isinstance(action, str) else read_action(action)
        if self.session.outcome is not None:
            raise gym.error.ResetNeeded(f"expected reset(), actually the episode ended with {self.session.outcome!r}")
        self.last = turn = self.session.play(plan, pictures=self.pictures)
        outcome = self.session.outcome
        dense = turn.point.work
        reward = dense if self.reward == "dense" else float(outcome == "success")
        truncated = outcome == "most_turns"
        return (
            self._observation(self.session.observation),
            reward,
            outcome is not None and not truncated,
            truncated,
            self._info(),
        )

    def record(self, **fields: Any) -> CompanionTurn:
        """The last turn as it is kept; see :meth:`~envs.companion.session.CompanionSession.record`."""
        if self.session is None or self.last is None:
            raise gym.error.ResetNeeded("expected step() before record(), actually no turn was played")
        return self.session.record(self.last, **fields)

    def _info(self) -> dict[str, Any]:
        assert self.session is not None
        info: dict[str, Any] = {"scenario": self.session.scenario.id, "turn": self.session.trajectory.turns}
        if self.last is not None:
            info["actions"] = [
                {"action": outcome.action, "ok": outcome.ok, "reason": outcome.reason.value if outcome.reason else ""}
                for outcome in self.last.outcomes
            ]
            info["issues"] = [str(issue) for issue in self.last.plan.issues]
            info["gestures"] = list(self.last.reaction.gestures)
            info["scored"] = self.last.point.scored
        if self.session.outcome is not None:
            info["outcome"] = self.session.outcome
            info["success"] = self.session.outcome == "success"
        if self._revealing:
            info["hidden"] = dict(self.session.hidden)
            if self.last is not None:
                evidence = self.last.appraisal.evidence
                info["hidden"]["evidence"] = None if evidence is None else evidence.model_dump()
        return info

    def _observation(self, observed: Observation) -> dict[str, Any]:
        earlier = "\n\n".join(turn.text for turn in observed.history)
        observation: dict[str, Any] = {
            **self._words,
            "dialogue": fit(observed.dialogue, LONGEST_DIALOGUE),
            "history": fit(earlier[-LONGEST_HISTORY:], LONGEST_HISTORY),
        }
        if self.pictures:
            observation["frames"] = observed.frames.copy()
            observation["camera"] = observed.camera.copy()
        return observation

    def render(self) -> Any:
        """What the robot's head camera sees: uint8, (size, size, 3)."""
        return self.session.session.look() if self.session is not None and self.render_mode else None

    def close(self) -> None:
        """Close the simulator."""
        self.simulator.close()


def read_action(action: Any) -> Plan:
    """The plan that any spelling of an action means.

    Example:
        >>> read_action("switchon_radio").actions, read_action({"action": 50, "utterance": "Hello."}).utterance
        (('switchon_radio',), 'Hello.')
        >>> read_action('<sit_bed>, <switchon_tv>, <dialogue>:"Shall we?"').actions
        ('sit_bed', 'switchon_tv')

    Raises:
        KeyError, ValueError, TypeError: it means nothing.
    """
    if isinstance(action, dict):
        unknown = set(action) - {"action", "utterance"}
        if unknown:
            raise ValueError(f"action: expected keys 'action' and 'utterance', actually also {sorted(unknown)}")
        name = _name(action.get("action", NO_ACTION))
        return Plan((name,) if name else (), str(action.get("utterance") or "") or None)
    if isinstance(action, str) and ("<" in action or " " in action.strip()):
        return parse_plan(action)
    if isinstance(action, str) and not action.strip():
        return Plan()
    name = _name(action)
    return Plan((name,) if name else ())


def _name(action: Any) -> str | None:
    if action is None or action == "None":
        return None
    if isinstance(action, str):
        return get_action(action).name
    if isinstance(action, (int, np.integer)) or (isinstance(action, np.ndarray) and action.ndim == 0):
        index = int(action)
        if not 0 <= index <= NO_ACTION:
            raise ValueError(f"action: expected an index from 0 to {NO_ACTION}, actually {index}")
        return None if index == NO_ACTION else list(ACTIONS)[index]
    raise TypeError(f"action: expected a dict, an index, a name or a plan, actually {type(action).__name__}")


def make_vec(count: int, *, asynchronous: bool = True, **arguments: Any) -> gym.vector.VectorEnv[Any, Any, Any]:
    """``count`` copies of the environment as one vector environment; see :func:`envs.household_env.make_vec`.

    Args:
        count: number of copies.
        asynchronous: processes of their own, else one after the other in this process.
        **arguments: of :class:`CompanionEnv`.
    """
    from functools import partial

    makers = [partial(gym.make, "envs:EmpathyGym/Companion-v0", **arguments) for _ in range(count)]
    if asynchronous:
        return gym.vector.AsyncVectorEnv(makers, shared_memory=False, context="spawn")
    return gym.vector.SyncVectorEnv(makers)
