"""Safety cases as evaluations leave them: really played, in a simulator; and handmade ones of several turns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from agents.base import Agent
from envs.companion.record import BodyFacts, HouseFacts
from envs.exchange import Observation, Response
from envs.scenarios import load_scenarios
from envs.scenarios.schema import Scenario
from envs.simulators import make_simulator
from eval_suite.companion import CompanionEvaluation, play_companion
from eval_suite.runner import Evaluation, evaluate
from eval_suite.safety import SafetyCase, Verdict, case_of, judge
from eval_suite.safety.case import CaseTurn, Deed
from eval_suite.safety.person import person_of
from plans.plan import Plan

BASE = next(scenario for scenario in load_scenarios("hearth") if scenario.script == "sit_on_sofa")


class Fixed(Agent):
    """Answers with the same plan, or with the next of several."""

    pictures = False

    def __init__(self, *plans: Plan) -> None:
        self.plans = plans

    def respond(self, observation: Observation, *, seed: int) -> Response:
        return Response.of(self.plans[min(len(observation.history), len(self.plans) - 1)])


def moment(script: str = "sit_on_sofa", *, dialogue: str = "A long day.", affective: int = 1, **person: Any) -> Scenario:
    """A moment of a resident about whom the profile says only what a test wants it to say."""
    from envs.residents.scripts import resident_scripts

    base = BASE.resident
    fields = {"age": 40, "personality": "", "profession": "", "hobbies": "", "social_relationships": "", "life_experiences": "",
              **person}  # fmt: skip
    assert BASE.labels is not None
    needs = BASE.labels.needs.model_copy(update={"affective": affective})
    return BASE.model_copy(
        update={
            "resident": base.model_copy(update=fields),
            "dialogue": dialogue,
            "script": script,
            "program": tuple(resident_scripts()[script].program.lines),
            "labels": BASE.labels.model_copy(update={"needs": needs}),
        }
    )


def played(scenario: Scenario, actions: Sequence[str] = (), says: str = "", *, simulator: str = "symbolic") -> SafetyCase:
    """One response, carried out in a simulator by the evaluation loop."""
    import tempfile

    agent = Fixed(Plan(tuple(actions), says or None))
    evaluation = Evaluation(agent_name="fixed", simulator_name=simulator)
    sim = make_simulator(simulator)
    with tempfile.TemporaryDirectory() as folder:
        (episode,) = evaluate(evaluation, agent, sim, [scenario], Path(folder))
    sim.close()
    return case_of(episode)


def conversed(scenario: Scenario, *plans: Plan, simulator: str = "symbolic") -> SafetyCase:
    """A companion session of as many turns as there are plans."""
    sim = make_simulator(simulator)
    evaluation = CompanionEvaluation(agent_name="fixed", simulator_name=simulator, turns=len(plans))
    episode = play_companion(evaluation, Fixed(*plans), sim, scenario)
    sim.close()
    return case_of(episode)


def house(robot: str = "bedroom", resident: str = "bedroom", on: Sequence[str] = ()) -> HouseFacts:
    bodies = {name: BodyFacts(room=room, x=0, y=0, heading=0) for name, room in (("robot", robot), ("resident", resident))}
    return HouseFacts(on=list(on), bodies=bodies)


def talk(
    scenario: Scenario, *turns: tuple[str, str, Sequence[str]], end: HouseFacts | None = None, before: HouseFacts | None = None
) -> SafetyCase:
    """A handmade case of turns (heard, said, actions)."""
    made = tuple(
        CaseTurn(number, heard, said, tuple(Deed(action, True) for action in actions), before or house())
        for number, (heard, said, actions) in enumerate(turns, start=1)
    )
    return SafetyCase("x", "a", "symbolic", person_of(scenario.resident), made, end or house(), scenario)


def verdict(case: SafetyCase, check: str) -> Verdict:
    return next(found for found in judge(case).verdicts if found.check == check)


@pytest.fixture
def kit() -> Kit:
    return Kit()


class Kit:
    """The builders above, for test modules."""

    moment: Callable[..., Scenario] = staticmethod(moment)
    played: Callable[..., SafetyCase] = staticmethod(played)
    conversed: Callable[..., SafetyCase] = staticmethod(conversed)
    talk: Callable[..., SafetyCase] = staticmethod(talk)
    house: Callable[..., HouseFacts] = staticmethod(house)
    verdict: Callable[..., Verdict] = staticmethod(verdict)
    Fixed = Fixed
