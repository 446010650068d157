"""Every agent answers the three challenges, legally, and the same way for the same seed."""

from __future__ import annotations

import pytest

from agents import Agent, agent_names, make_agent
from envs.exchange import Observation
from envs.scenarios import Scenario, load_scenarios
from plans import ACTIONS, Plan

ODD = ["", "<script>alert(1)</script>", "\x00\x1b[31m", "a" * 100_000, "\u202eevil", "日本語 🙂"]


@pytest.fixture(
    scope="module", params=sorted(set(agent_names()) - {"language", "policy"})
)  # needs a model: tests/agents/test_language.py
def agent(request: pytest.FixtureRequest) -> Agent:
    return make_agent(request.param)


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenarios("hearth", split="test", limit=1)[0]


def observe(scenario: Scenario, *, script: bool = True) -> Observation:
    return Observation(scenario.resident.profile, scenario.dialogue, script=", ".join(scenario.program) if script else None)


@pytest.mark.parametrize("script", [False, True])
def test_answers_three_challenges_legally(agent: Agent, scenario: Scenario, script: bool) -> None:
    if agent.reference:
        agent.reveal(scenario)
    response = agent.respond(observe(scenario, script=script), seed=3)
    assert response.plan.illegal_count == 0
    assert isinstance(response.scenario_understanding, str) and isinstance(response.empathetic_planning, str)


def test_same_seed_same_response_and_batch_equals_single(agent: Agent, scenario: Scenario) -> None:
    if agent.reference:
        agent.reveal(scenario)
    observation = observe(scenario)
    once = [agent.respond(observation, seed=seed) for seed in range(4)]
    assert once == [agent.respond(observation, seed=seed) for seed in range(4)]
    assert once == agent.respond_batch([observation] * 4, list(range(4)))


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_odd_input_does_no_harm(agent: Agent, scenario: Scenario, text: str) -> None:
    if agent.reference:
        agent.reveal(scenario)
    plan = agent.respond(Observation(text, text, script=text), seed=0).plan
    assert set(plan.actions) <= set(ACTIONS)


def test_random_depends_on_the_seed_alone() -> None:
    agent = make_agent("random")
    plans = {agent.respond(Observation("", ""), seed=seed).plan.actions for seed in range(50)}
    assert len(plans) > 40


def test_frequent_counts_the_train_split() -> None:
    train = load_scenarios("hearth", split="train")
    plan = make_agent("frequent").respond(Observation("", ""), seed=0).plan
    counts = {action: sum(action in s.oracle.actions for s in train) for action in ACTIONS}
    best = sorted(counts.values(), reverse=True)[: len(plan.actions)]
    assert sorted((counts[action] for action in plan.actions), reverse=True) == best


def test_retrieval_finds_a_scenario_that_it_remembers() -> None:
    agent = make_agent("retrieval", neighbours=1)
    for scenario in load_scenarios("hearth", split="train", limit=10):
        response = agent.respond(observe(scenario), seed=0)
        assert response.details["nearest"] == [scenario.id]
        assert response.plan.utterance == scenario.oracle.utterance


def test_yardsticks_answer_the_references(scenario: Scenario) -> None:
    for name, place in (("oracle", 0), ("runner_up", 1)):
        agent = make_agent(name)
        with pytest.raises(RuntimeError, match="reveal"):
            agent.respond(observe(scenario), seed=0)
        agent.reveal(scenario)
        assert agent.respond(observe(scenario), seed=0).plan == scenario.references[place].plan
    assert make_agent("nothing").respond(observe(scenario), seed=0).plan == Plan()
    shuffled = make_agent("shuffled").respond(observe(scenario), seed=1).plan
    others = [s for s in load_scenarios("hearth", split="test") if s.id != scenario.id]
    assert shuffled in [other.oracle for other in others]
