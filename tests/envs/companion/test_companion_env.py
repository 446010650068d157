"""The Gymnasium environment: one list of properties, the hidden side kept hidden, and the same bytes for the same seed."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from envs import COMPANION_ID
from envs.companion.companion_env import CompanionEnv, make_vec, read_action
from envs.companion.process import norm
from envs.scenarios import load_scenarios
from plans import ACTIONS

ROOT = Path(__file__).parents[3]
SIZE: dict[str, Any] = {"size": 32, "frames": 2}
PLANS = (
    "switchon_radio",
    '<sit_bed>, <dialogue>:"No wonder. I can stay, if you like."',
    {"action": 50, "utterance": "It is just a game."},
)


@pytest.fixture(params=["symbolic", "mujoco"])
def env(request: pytest.FixtureRequest) -> Iterator[gym.Env[Any, Any]]:
    env = gym.make(COMPANION_ID, simulator=request.param, **SIZE)
    yield env
    env.close()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"plans": True},
        {"reward": "sparse", "reveal": True, "script": True, "preset": "paper"},
        {"simulator": "mujoco", "render_mode": "rgb_array", "turns": 4},
    ],
)
def test_passes_check_env_without_a_warning(options: dict[str, Any]) -> None:
    env = gym.make(COMPANION_ID, **SIZE, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env.unwrapped, skip_render_check="render_mode" not in options)
    env.close()


def test_a_turn_is_a_step_and_pays_its_work() -> None:
    env = gym.make(COMPANION_ID)
    observation, info = env.reset(seed=3, options={"reveal": True})
    assert observation["history"] == "" and info["turn"] == 0
    start = info["hidden"]["place"]
    after, reward, terminated, truncated, info = env.step(PLANS[1])
    assert info["turn"] == 1 and not terminated and not truncated
    assert (
        reward
        == info["hidden"]["work"]
        == pytest.approx(-sum(s * (b - a) for s, a, b in zip(start, start, info["hidden"]["place"], strict=True)) / norm(start))
    )
    assert "No wonder" in after["history"] and after["dialogue"] != observation["dialogue"]


def test_the_hidden_side_is_told_only_on_request() -> None:
    env = gym.make(COMPANION_ID, split="test")
    observation, info = env.reset(seed=0)
    for action in PLANS:
        stepped, _, _, _, after = env.step(action)
        assert "hidden" not in info and "hidden" not in after
        scenario = env.unwrapped.session.scenario  # type: ignore[attr-defined]
        assert scenario.situation not in json.dumps({**observation, **stepped, **after}, default=str)


def test_sparse_reward_is_success_alone() -> None:
    env = gym.make(COMPANION_ID, reward="sparse", turns=3)
    env.reset(seed=0)
    paid = [env.step(action)[1:4] for action in PLANS]
    assert [pay[0] for pay in paid] == [0.0, 0.0, 0.0] and paid[-1][2] is True


def test_harm_ends_it() -> None:
    env = gym.make(COMPANION_ID)
    env.reset(seed=0)
    words = ["Pull yourself together.", "Your own fault.", "I have no time for this.", "Stop crying.", "You always exaggerate."]
    for number, word in enumerate(words, start=1):
        _, reward, terminated, _, info = env.step({"action": 50, "utterance": word})
        assert reward < 0 and terminated is (number == 5)
    assert info["outcome"] == "collapse" and info["success"] is False
    with pytest.raises(gym.error.ResetNeeded, match="ended with 'collapse'"):
        env.unwrapped.step(0)


@pytest.mark.parametrize(
    ("action", "error"),
    [("fly", KeyError), (51, ValueError), (-1, ValueError), (3.5, TypeError), ({"actoin": 1}, ValueError)],
)
def test_wrong_actions_are_refused(action: Any, error: type[Exception]) -> None:
    env = CompanionEnv()
    env.reset(seed=0)
    with pytest.raises(error, match="expected"):
        env.step(action)
    assert env.session is not None and env.session.trajectory.turns == 0


def test_wrong_arguments_are_refused() -> None:
    for arguments, message in (
        ({"turns": 0}, "at least 1, actually 0"),
        ({"reward": "lots"}, "'dense' or 'sparse'"),
        ({"preset": "mine"}, "paper, repo, repo_runs"),
        ({"resident": "ghost"}, "scripted, llm"),
        ({"resident": "llm"}, "expected a model"),
        ({"render_mode": "rgb_array"}, "makes no pictures"),
    ):
        with pytest.raises(ValueError, match=message):
            CompanionEnv(**arguments)  # type: ignore[arg-type]
    with pytest.raises(gym.error.ResetNeeded):
        CompanionEnv().step(0)
    with pytest.raises(KeyError, match="expected an id of this set"):
        CompanionEnv().reset(options={"scenario": "nobody"})


def test_actions_in_every_spelling() -> None:
    index = ACTIONS["switchon_tv"].index
    for action in (index, np.int64(index), "switchon_tv", "<switchon_tv>", {"action": index, "utterance": ""}):
        assert read_action(action).actions == ("switchon_tv",)
    assert read_action("None").actions == () and read_action("").utterance is None


def rollout(env: gym.Env[Any, Any], seed: int) -> list[Any]:
    seen: list[Any] = list(env.reset(seed=seed))
    for action in PLANS:
        seen.extend(env.step(action))
    return seen


def digest(seen: list[Any]) -> str:
    def plain(value: Any) -> Any:
        return hashlib.sha256(value.tobytes()).hexdigest() if isinstance(value, np.ndarray) else str(value)

    return hashlib.sha256(json.dumps(seen, default=plain, sort_keys=True).encode()).hexdigest()


def test_the_same_seed_gives_the_same_bytes(env: gym.Env[Any, Any]) -> None:
    assert digest(rollout(env, 5)) == digest(rollout(env, 5)) != digest(rollout(env, 6))


def test_and_in_other_processes_under_other_hash_seeds() -> None:
    code = (
        "import gymnasium as gym, envs\n"
        "from tests.envs.companion.test_companion_env import rollout, digest\n"
        "env = gym.make(envs.COMPANION_ID, reveal=True)\n"
        "print(digest([rollout(env, seed) for seed in range(8)]))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            check=True,
            capture_output=True,
            text=True,
        ).stdout  # fmt: skip
        for seed in ("0", "1", "77")
    }
    assert len(told) == 1 and len(told.pop().strip()) == 64


def test_observations_share_no_memory(env: gym.Env[Any, Any]) -> None:
    before, _ = env.reset(seed=2)
    kept = {key: value.copy() for key, value in before.items() if isinstance(value, np.ndarray)}
    after, *_ = env.step("switchon_tv")
    for key, value in kept.items():
        assert not np.shares_memory(before[key], after[key]) and np.array_equal(before[key], value)


def test_a_vector_of_three_equals_three_alone() -> None:
    vector = make_vec(3, split="test")
    try:
        together, _ = vector.reset(seed=11)
        index = ACTIONS["switchon_radio"].index
        stepped, rewards, *_ = vector.step({"action": np.array([index] * 3), "utterance": ("", "No wonder.", "Stop crying.")})
    finally:
        vector.close()
    assert all(text and set(text) != {"0"} for text in together["dialogue"])
    for i, words in enumerate(("", "No wonder.", "Stop crying.")):
        env = gym.make(COMPANION_ID, split="test")
        alone, _ = env.reset(seed=11 + i)
        assert together["dialogue"][i] == alone["dialogue"]
        after, reward, *_ = env.step({"action": index, "utterance": words})
        assert (stepped["history"][i], rewards[i]) == (after["history"], reward)


def test_the_scenario_is_chosen_by_id() -> None:
    env = gym.make(COMPANION_ID, split="train")
    wanted = load_scenarios("hearth", split="train", limit=4)[2].id
    assert env.reset(options={"scenario": wanted})[1]["scenario"] == wanted
