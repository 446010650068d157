"""The conformance suite finds what is wrong with an agent, and lets good ones pass."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from agents import Agent, make_agent
from agents.conformance import CHECKS, Conformance, Verdict, check_agent, odd_observations
from envs.exchange import Observation, Response
from envs.scenarios import Scenario, load_scenarios

GOOD = '<sit_bed>, <dialogue>:"I am here."'


class Good(Agent):
    def respond(self, observation: Observation, *, seed: int) -> Response:
        return Response(GOOD, "Someone.", "Sit.", {"seed": seed})


class Mute(Good):
    def respond(self, observation: Observation, *, seed: int) -> Response:
        return Response(GOOD)


class Prose(Good):
    def respond(self, observation: Observation, *, seed: int) -> Response:
        return Response("I would sit down.", "", "")


class Illegal(Good):
    def respond(self, observation: Observation, *, seed: int) -> Response:
        return Response('<dance>, <dialogue>:"Hey."', "", "")


class Moody(Good):
    def respond(self, observation: Observation, *, seed: int) -> Response:
        return Response(GOOD, str(random.random()), "")


class Counting(Good):
    """Deterministic for one instance's lifetime only."""

    def __init__(self) -> None:
        self.asked = 0

    def respond(self, observation: Observation, *, seed: int) -> Response:
        self.asked += 1
        return Response(GOOD, str(self.asked), "")


class Remembering(Good):
    """Repeats itself, but every instance is another."""

    def __init__(self) -> None:
        self.mood = str(id(self))

    def respond(self, observation: Observation, *, seed: int) -> Response:
        return Response(GOOD, self.mood, "")


class HastyBatch(Good):
    def respond_batch(self, observations: Sequence[Observation], seeds: Sequence[int]) -> list[Response]:
        return [self.respond(observation, seed=seeds[0]) for observation in observations]


class ShortBatch(Good):
    def respond_batch(self, observations: Sequence[Observation], seeds: Sequence[int]) -> list[Response]:
        return super().respond_batch(observations, seeds)[:3]


class Fragile(Good):
    def respond(self, observation: Observation, *, seed: int) -> Response:
        return Response(GOOD, observation.profile.splitlines()[0], "")


class NeedsFrames(Good):
    def respond(self, observation: Observation, *, seed: int) -> Response:
        return Response(GOOD, str(observation.frames[0].mean()), "")


class Scribbling(Good):
    def respond(self, observation: Observation, *, seed: int) -> Response:
        observation.frames[:] = 0
        return Response(GOOD, "", "")


class NotANumber(Good):
    def respond(self, observation: Observation, *, seed: int) -> Response:
        return Response(GOOD, "", "", {"score": float("nan")})


class NumberKeys(Good):
    def respond(self, observation: Observation, *, seed: int) -> Response:
        return Response(GOOD, "", "", {"votes": {1: "a"}})


class WrongType(Good):
    def respond(self, observation: Observation, *, seed: int) -> Response:
        return GOOD  # type: ignore[return-value]


class Unmakeable(Good):
    def __init__(self) -> None:
        raise FileNotFoundError("weights.bin")


@pytest.fixture(scope="module")
def scenarios() -> list[Scenario]:
    return load_scenarios("hearth", limit=2)


def found(report: Conformance, verdict: Verdict) -> set[str]:
    return {finding.check for finding in report.findings if finding.verdict is verdict}


def test_a_good_agent_passes_every_check(scenarios: list[Scenario]) -> None:
    seen: list[str] = []
    report = check_agent(Good, scenarios, longest=10_000, on_finding=lambda finding: seen.append(finding.check))
    assert report.passed and found(report, Verdict.PASSED) == set(CHECKS) == set(seen)
    assert len(report.times) > 15 and "answers, median" in str(report)


BAD = [
    (Mute, "three challenges", "scenario_understanding is None"),
    (Prose, "three challenges", "expected a plan such as"),
    (Moody, "deterministic", "scenario_understanding differs when asked again"),
    (Counting, "deterministic", "differs when asked again"),
    (Remembering, "deterministic", "differs when asked of a fresh agent"),
    (HastyBatch, "batch equals single", "details differs when answered in a batch"),
    (ShortBatch, "batch equals single", "got 3"),
    (Fragile, "odd input", "empty text: IndexError"),
    (NeedsFrames, "three challenges", "IndexError"),
    (Scribbling, "observation untouched", "were changed"),
    (NotANumber, "details", "leave out what is not a finite number"),
    (NumberKeys, "details", "expected keys that are texts"),
    (WrongType, "three challenges", "expected an envs.exchange.Response, got str"),
    (Unmakeable, "makes", "FileNotFoundError: weights.bin"),
]


@pytest.mark.parametrize(("agent", "check", "message"), BAD, ids=[agent.__name__ for agent, _, _ in BAD])
def test_what_is_wrong_is_found(agent: type[Agent], check: str, message: str, scenarios: list[Scenario]) -> None:
    report = check_agent(agent, scenarios, longest=10_000)
    assert not report.passed and check in found(report, Verdict.FAILED)
    finding = next(finding for finding in report.findings if finding.check == check)
    assert message in finding.detail and "\n" not in finding.detail


def test_illegal_actions_are_a_warning(scenarios: list[Scenario]) -> None:
    report = check_agent(Illegal, scenarios, longest=10_000)
    assert report.passed and found(report, Verdict.WARNED) == {"legal plans"}
    assert "unknown_action 'dance'" in str(report)


def test_the_global_random_state_is_left_as_it_was(scenarios: list[Scenario]) -> None:
    random.seed(5)
    before = random.getstate()
    check_agent(Good, scenarios, longest=100)
    assert random.getstate() == before


def test_reference_agents_are_shown_their_scenarios(scenarios: list[Scenario]) -> None:
    assert check_agent(lambda: make_agent("oracle"), scenarios, longest=10_000).passed


def test_odd_observations_are_as_long_as_asked(scenarios: list[Scenario]) -> None:
    assert max(len(observation.dialogue) for _, observation in odd_observations(scenarios[0])) == 1_000_000
