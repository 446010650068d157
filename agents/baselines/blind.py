"""Agents that do not look: the floor of every table."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

from agents.base import Agent
from envs.exchange import Observation, Response
from plans.actions import ACTIONS, Category
from plans.plan import Plan


class Blind(Agent):
    """An agent that does not look."""

    pictures: ClassVar[bool] = False


class Nothing(Blind):
    """Does nothing and says nothing."""

    def respond(self, observation: Observation, *, seed: int) -> Response:
        """Answer with the empty plan."""
        return Response.of(Plan(), scenario_understanding="", empathetic_planning="")


class Constant(Blind):
    """The same plan for everyone.

    The default is the blind plan that beats the best published zero-shot model on EmpathyAgent's own action metrics:
    water, radio, sofa.

    Args:
        actions: legal actions, in order.
        utterance: what it says.
    """

    def __init__(
        self,
        actions: Sequence[str] = ("get_mug_of_water_puton_bedroomtable", "switchon_radio", "sit_bedroom_sofa"),
        utterance: str = "I am here.",
    ) -> None:
        self.plan = Plan(tuple(actions), utterance)

    def respond(self, observation: Observation, *, seed: int) -> Response:
        """Answer with the constant plan."""
        return Response.of(self.plan, scenario_understanding="Someone is at home.", empathetic_planning=_in_words(self.plan))


class Frequent(Blind):
    """The actions most frequent in the training references, as many as a reference has on average.

    Args:
        scenarios: scenario set to count on.
        split: its split.
    """

    def __init__(self, scenarios: str = "hearth", split: str = "train") -> None:
        from envs.scenarios import load_scenarios

        plans = [scenario.oracle for scenario in load_scenarios(scenarios, split=split)]
        counts = Counter(action for plan in plans for action in plan.actions)
        size = round(sum(counts.values()) / len(plans))
        # Ties go to the paper's order; seats last, since a robot that walks on stands up again.
        ranked = sorted(counts, key=lambda action: (-counts[action], ACTIONS[action].index))
        chosen = sorted(ranked[:size], key=lambda action: ACTIONS[action].category is Category.SIT)
        self.plan = Plan(tuple(chosen), "I am here if you need me.")

    def respond(self, observation: Observation, *, seed: int) -> Response:
        """Answer with the most frequent actions."""
        return Response.of(self.plan, scenario_understanding="Someone is at home.", empathetic_planning=_in_words(self.plan))


class Random(Blind):
    """One to three different legal actions, drawn evenly."""

    def respond(self, observation: Observation, *, seed: int) -> Response:
        """Answer with a random legal plan."""
        rng = random.Random(seed)
        actions = rng.sample(list(ACTIONS), rng.randint(1, 3))
        plan = Plan(tuple(actions), "Here you are.")
        return Response.of(plan, scenario_understanding="Someone is at home.", empathetic_planning=_in_words(plan))


def _in_words(plan: Plan) -> str:
    phrases = [ACTIONS[action].phrase for action in plan.actions]
    return (", ".join(phrases) + ".").capitalize() if phrases else ""


class Shuffled(Blind):
    """The best reference of some other scenario, drawn by the seed: sensible plans that ignore the resident.

    Args:
        scenarios: scenario set to draw from.
        path: the user's files, for sets that need them.
        split: its split.
    """

    def __init__(self, scenarios: str = "hearth", path: str | None = None, split: str = "test") -> None:
        from envs.scenarios import load_scenarios

        self._scenarios = load_scenarios(scenarios, path=path, split=split)

    def respond(self, observation: Observation, *, seed: int) -> Response:
        """Answer with what was right for someone else."""
        others = [scenario for scenario in self._scenarios if scenario.dialogue != observation.dialogue] or self._scenarios
        other = random.Random(seed).choice(others)
        return Response(
            other.references[0].text,
            scenario_understanding=other.situation,
            empathetic_planning=other.references[0].plan_nl,
        )
