"""What an answer is worth to GRPO: it is parsed, carried out in the simulated home, and judged by what holds afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.finetuning.errors import FinetuneError
from envs.reward import reference_match
from envs.scenarios.schema import Scenario
from envs.session import Session
from envs.simulators import make_simulator
from envs.simulators.base import Simulator
from plans.plan import Plan, parse_plan


@dataclass(frozen=True)
class Executed:
    """An answer after it was carried out.

    Args:
        scenario: the moment that it answers.
        text: the answer.
        plan: what was read out of it.
        carried_out: actions whose own goals held right afterwards, in order.
        goals: for each goal of the scenario: whether it held before the robot did anything, and at the end.
    """

    scenario: Scenario
    text: str
    plan: Plan
    carried_out: tuple[str, ...]
    goals: tuple[tuple[bool, bool], ...]


Measure = Callable[[Executed], float]
"""A reward, preferably 0 to 1."""


def goal_success(executed: Executed) -> float:
    """1 if every goal of the scenario holds in the simulator at the end."""
    return float(bool(executed.goals) and all(after for _, after in executed.goals))


def goal_completion(executed: Executed) -> float:
    """The share of goals that were open and hold at the end."""
    still_open = [after for before, after in executed.goals if not before]
    return sum(still_open) / len(still_open) if still_open else 0.0


def executability(executed: Executed) -> float:
    """The share of answered actions that were carried out with their own goals met."""
    answered = len(executed.plan.actions) + executed.plan.illegal_count
    return len(executed.carried_out) / answered if answered else 0.0


def legality(executed: Executed) -> float:
    """1 for a plan without an issue: legal actions, none twice, words last."""
    return float(not executed.plan.issues and bool((executed.plan.utterance or "").strip()))


def reference_overlap(executed: Executed) -> float:
    """How well the actions that succeeded match the ranked references (the environment's own reward)."""
    failed = len(executed.plan.actions) - len(executed.carried_out) + executed.plan.illegal_count
    return reference_match(executed.carried_out, executed.scenario.references, failed)


BUILT_IN: dict[str, Measure] = {
    "goal_success": goal_success,
    "goal_completion": goal_completion,
    "executability": executability,
    "legality": legality,
    "reference_overlap": reference_overlap,
}
"""Rewards that need nothing but the environment."""


class Rewards:
    """Rewards over a set of scenarios; each answer is carried out once, however many rewards look at it.

    Args:
        scenarios: those that prompts are made of.
        simulator: registry name of where answers are carried out.
        measures: more rewards by name (metrics of the evaluation, a judge, a reward model); whoever trains passes them in,
            since grading lies above the agents.
        remembered: how many executed answers are kept.
    """

    def __init__(
        self,
        scenarios: Sequence[Scenario],
        *,
        simulator: str = "symbolic",
        measures: Mapping[str, Measure] | None = None,
        remembered: int = 4096,
    ) -> None:
        self.scenarios = {scenario.id: scenario for scenario in scenarios}
        self.measures: dict[str, Measure] = {**BUILT_IN, **(measures or {})}
        self._simulator_name = simulator
        self._simulator: Simulator | None = None
        self._executed: dict[tuple[str, str], Executed] = {}
        self._remembered = remembered

    def execute(self, scenario: str, text: str) -> Executed:
        """Carry an answer out."""
        key = (scenario, text)
        if key not in self._executed:
            if len(self._executed) >= self._remembered:
                self._executed.clear()
            self._executed[key] = self._carry_out(self.scenarios[scenario], text)
        return self._executed[key]

    def _carry_out(self, scenario: Scenario, text: str) -> Executed:
        if self._simulator is None:
            self._simulator = make_simulator(self._simulator_name)
        session = Session(self._simulator, scenario)
        before = session.prepare().before
        plan = parse_plan(text)
        played = session.perform(plan)
        done = tuple(outcome.action for outcome in played.outcomes if outcome.ok)
        after = tuple(result.satisfied for result in session.check())
        return Executed(scenario, text, plan, done, tuple(zip(before, after, strict=True)))

    def functions(self, weights: Mapping[str, float]) -> tuple[list[Any], list[float]]:
        """Reward functions as TRL wants them, with their weights.

        Raises:
            FinetuneError: a reward that there is none of.
        """
        unknown = [name for name in weights if name not in self.measures]
        if unknown:
            raise FinetuneError(f"method.rewards: expected some of {', '.join(self.measures)}; got {unknown[0]!r}")
        return [self._function(name) for name in weights], [float(weight) for weight in weights.values()]

    def _function(self, name: str) -> Any:
        measure = self.measures[name]

        def reward(prompts: Sequence[Any], completions: Sequence[Any], scenario: Sequence[str], **_: Any) -> list[float]:
            texts = [completion if isinstance(completion, str) else completion[-1]["content"] for completion in completions]
            return [float(measure(self.execute(key, text))) for key, text in zip(scenario, texts, strict=True)]

        reward.__name__ = name
        return reward
