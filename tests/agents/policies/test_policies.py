"""A small policy on Companion: what it may see and choose, that training helps, that it plays as any agent."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from agents import make_agent
from agents.base import Agent
from agents.conformance import check_agent
from agents.policies.features import features, names
from agents.policies.menu import clauses, heeding, load_menu, next_topic
from agents.policies.menu_env import make_menu_env
from agents.policies.policy import Policy
from agents.policies.training import MODEL, TRAINING, TrainingSettings, train
from agents.registry import AgentError
from envs.exchange import Observation, PastTurn
from envs.scenarios import load_scenarios
from envs.simulators import make_simulator
from eval_suite.companion import CompanionEvaluation, play_companion
from plans.actions import ACTIONS
from scripts.companion import main as companion
from scripts.train_companion import main as train_companion

MENU = load_menu()
TINY = TrainingSettings(steps=2048, copies=2, rollout=128, batch=64, turns=6, hidden=(32,), learning_rate=3e-3)
PROFILE = (
    "Name: Ada\nAge: 80\nPersonality: proud, dry\nProfession: clockmaker\nHobbies: old dance bands\n"
    "Life Experiences: Lost the shop."
)


def test_everything_on_the_menu_is_a_plan_that_can_be_said() -> None:
    seen = Observation(PROFILE, "The boiler went out again. Nobody came.")
    for way in range(MENU.sizes[0]):
        for topic in range(MENU.sizes[1]):
            plan = MENU.plan((way, topic, 0), seen)
            assert not plan.actions and "{" not in (plan.utterance or "")
    assert all(deed in ("none", "heed", *ACTIONS) for deed in MENU.deeds)
    with pytest.raises(ValueError, match="three numbers"):
        MENU.plan((0, 0, 99), seen)


def test_neither_phrasings_nor_topics_come_twice_in_a_row() -> None:
    ask, history, said = list(MENU.ways).index("ask"), [], []
    for _ in range(4):
        seen = Observation(PROFILE, "Nobody came on Sunday.", history=tuple(history))
        words = MENU.plan((ask, 0, 0), seen).utterance or ""
        assert words not in said and MENU.way_of(words) == "ask"
        said.append(words)
        history.append(PastTurn("Nobody came on Sunday.", said=words, answered="Nobody came on Sunday."))
    assert "“Nobody came on Sunday”" in said[0] and "“Nobody came on Sunday”" not in said[1]
    assert next_topic("pastimes", Observation(PROFILE, "")) == "old dance bands"
    assert clauses("Yes. I don't know how to thank them, that's the thing.") == ("I don't know how to thank",)


def test_what_was_asked_for_is_heeded_once() -> None:
    thirsty = Observation(PROFILE, "My throat is dry.")
    first = heeding(thirsty)
    assert first is not None and "water" in first
    assert heeding(replace(thirsty, history=(PastTurn("My throat is dry.", actions=(first,)),))) is None
    assert heeding(Observation(PROFILE, "Well.")) is None


def test_the_vector_holds_what_anybody_could_see_and_nothing_hidden() -> None:
    before = Observation(PROFILE, "I'm so sad.")
    assert len(names()) == len(features(before)) and dict(zip(names(), features(before), strict=True))["feeling sad"] == 1
    turned = replace(before, history=(PastTurn("I'm so sad.", said="Cheer up!", did="Ada turns away."),))
    found = dict(zip(names(), features(turned), strict=True))
    assert found["just away"] == 1 and found["turn"] > 0 and np.abs(features(turned)).max() <= 1
    env = make_menu_env(turns=3)
    vectors = []
    for flip in (False, True):
        scenario = load_scenarios("hearth", split="train")[0]
        if flip and scenario.labels:  # another hidden side, the same to look at
            needs = scenario.labels.needs.model_copy(update={"cognitive": 0, "affective": 3, "proactive": 0})
            scenario = scenario.model_copy(
                update={"situation": "?", "labels": scenario.labels.model_copy(update={"needs": needs})}
            )
        env.companion._scenarios = [scenario]
        vectors.append(env.reset(seed=0, options={"scenario": scenario.id})[0])
    env.close()
    assert np.array_equal(*vectors)


@pytest.mark.filterwarnings("ignore:.*different from the unwrapped version")
def test_the_environment_keeps_gymnasiums_rules() -> None:
    env = make_menu_env(turns=4)
    check_env(env, skip_render_check=True)
    env.close()


def mean_work(agent: Agent, split: str, count: int) -> float:
    simulator = make_simulator("symbolic")
    evaluation = CompanionEvaluation(agent_name="policy", turns=6)
    scenarios = load_scenarios("hearth", split=split, limit=count)
    return fmean(play_companion(evaluation, agent, simulator, item).scores["mean_work"] for item in scenarios)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("stable_baselines3")
    folder = tmp_path_factory.mktemp("policy")
    train(TINY, folder)
    return folder


def test_training_helps_with_residents_it_never_met(trained: Path, tmp_path: Path) -> None:
    train(replace(TINY, steps=0), tmp_path)
    before, after = (mean_work(make_agent("policy", path=str(folder)), "test", 16) for folder in (tmp_path, trained))
    assert after > before + 0.5
    curve = json.loads((trained / TRAINING).read_text())["curve"]
    assert curve[-1][0] >= TINY.steps and curve[-1][1] > curve[0][1]


def test_the_saved_policy_is_the_trained_network(trained: Path) -> None:
    from stable_baselines3 import PPO

    policy, model = Policy(str(trained)), PPO.load(trained / MODEL, device="cpu")
    env = make_menu_env(turns=6)
    vector, _ = env.reset(seed=3)
    for _ in range(5):
        assert env.companion.session is not None
        choice, _state = model.predict(vector, deterministic=True)
        assert tuple(choice) == policy.choose(env.companion.session.observation)
        vector, *_ = env.step(choice)
    env.close()


def test_it_is_an_agent_like_any_other(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    agent = make_agent("policy", path=str(trained))
    assert check_agent(lambda: make_agent("policy", path=str(trained))).passed
    copy = tmp_path / "elsewhere.npz"
    copy.write_bytes((trained / "policy.npz").read_bytes())
    assert make_agent("policy", path=str(copy)).identity == agent.identity  # the weights count, not where they lie
    companion(["agent=policy", f"agent.path={trained}", "scenarios.limit=2", "turns=2", "report=false", f"out={tmp_path}"])
    assert "policy" in capsys.readouterr().out


def test_the_same_training_is_not_done_twice_and_gives_the_same_bytes(tmp_path: Path) -> None:
    pytest.importorskip("stable_baselines3")
    quick = replace(TINY, steps=256)
    first = train(quick, tmp_path / "one").policy.read_bytes()
    kept = (tmp_path / "one" / "policy.npz").stat().st_mtime_ns
    assert train(quick, tmp_path / "one").policy.stat().st_mtime_ns == kept
    assert train(quick, tmp_path / "two").policy.read_bytes() == first
    assert train(replace(quick, seed=1), tmp_path / "one").policy.read_bytes() != first


def test_the_command_trains(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("stable_baselines3")
    train_companion(["steps=128", "rollout=64", "copies=2", "turns=4", f"out={tmp_path}"])
    told = capsys.readouterr().out
    assert "dE a turn while training" in told and "agent=policy" in told and (tmp_path / "policy.npz").is_file()
    for override, message in (
        ("gamma=2", "gamma to be a number"),
        ("hidden=8", "layer sizes"),
        ("preset=mine", "expected preset"),
    ):
        with pytest.raises(SystemExit):
            train_companion([override, f"out={tmp_path}"])
        assert message in capsys.readouterr().err


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04broken", b"\x80\x04pickle"])
def test_what_is_no_policy_is_told_in_one_line(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "policy.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(AgentError, match="train-companion") as told:
        make_agent("policy", path=str(path))
    assert "\n" not in str(told.value)


def test_a_policy_of_another_menu_is_refused(trained: Path, tmp_path: Path) -> None:
    with np.load(trained / "policy.npz") as saved:
        arrays = {name: saved[name] for name in saved.files if name != "about"}
        about = json.loads(str(saved["about"]))
    np.savez(tmp_path / "policy.npz", about=np.array(json.dumps({**about, "menu": "other"})), **arrays)
    with pytest.raises(AgentError, match="of menu other"):
        make_agent("policy", path=str(tmp_path))
