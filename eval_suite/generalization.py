"""Whether a memory of training scenarios helps with the test scenarios, for each way of keeping the two apart.

An agent that looks up similar training scenarios should beat agents that do not look. By how much, and how much less where
residents, archetypes or scripts of the test were never met, tells what each split asks for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

from agents.baselines.retrieval import Retrieval
from envs.exchange import Observation
from envs.scenarios.loading import load_scenarios
from envs.scenarios.schema import Scenario
from eval_suite.blind_scores import CONSTANT, frequent_plan
from eval_suite.metrics.published import action_metrics
from eval_suite.statistics import Estimate, cluster_mean
from plans.plan import Plan

METRICS = ("overlap", "tf_idf", "lcs")
BLIND = ("constant", "frequent", "somebody else's")
"""Answers that do not look at the scenario; the last is another test resident's best response."""
_TITLES = {"overlap": "Overlap", "tf_idf": "TF-IDF", "lcs": "LCS"}
_HEARTH = {"random": "hearth10k", **{way: f"hearth10k_by_{way}" for way in ("resident", "archetype", "script")}}


@dataclass(frozen=True)
class Way:
    """One way of splitting.

    Args:
        name: of the split: random, resident, archetype, script; ``given`` for a set's own.
        train, test: how many scenarios.
        scores: by agent and metric, 0 to 1, with intervals from resampling residents.
    """

    name: str
    train: int
    test: int
    scores: Mapping[str, Mapping[str, Estimate]]

    def gain(self, metric: str = "overlap") -> float:
        """By how much retrieval beats the best blind agent."""
        blind = max(self.scores[name][metric].mean for name in BLIND)
        return self.scores["retrieval"][metric].mean - blind


def ways_of(source: str, scenarios: Sequence[Scenario], path: str | None = None) -> dict[str, list[Scenario]]:
    """The same scenarios under every way of splitting that their source has.

    Args:
        source: a scenario set; only Hearth-10k has several ways.
        scenarios: those to keep.
        path: the user's files, for sets that need them.
    """
    if source != "hearth10k":
        return {"given": list(scenarios)}
    wanted = {scenario.id for scenario in scenarios}
    return {
        way: [scenario for scenario in load_scenarios(name, path=path) if scenario.id in wanted]
        for way, name in _HEARTH.items()
    }


def generalization(
    ways: Mapping[str, Sequence[Scenario]], *, seed: int = 0, tick: Callable[[str], None] = lambda way: None
) -> list[Way]:
    """Score retrieval and blind agents on the test part of each way, with the train part to learn from.

    Args:
        ways: name to scenarios; those without a train or a test part are left out.
        seed: of the intervals.
        tick: told of each way as it begins.
    """
    found = []
    for name, scenarios in ways.items():
        train = [scenario for scenario in scenarios if scenario.split == "train"]
        test = [scenario for scenario in scenarios if scenario.split == "test"]
        if not train or not test:
            continue
        tick(name)
        residents = [scenario.resident.id for scenario in test]
        scores = {}
        for agent, answers in _answers(train, test).items():
            values = [
                action_metrics(answer, scenario.references[0].text) for answer, scenario in zip(answers, test, strict=True)
            ]
            scores[agent] = {
                metric: cluster_mean([value[metric] for value in values], residents, seed=seed) for metric in METRICS
            }
        found.append(Way(name, len(train), len(test), scores))
    return found


def _answers(train: Sequence[Scenario], test: Sequence[Scenario]) -> dict[str, list[str]]:
    memory = Retrieval.remembering(train)
    answers = {
        "constant": [Plan(CONSTANT, "I am here.").text] * len(test),
        "frequent": [Plan(frequent_plan(train), "I am here.").text] * len(test),
        "somebody else's": [_stranger(test, place).references[0].text for place in range(len(test))],
    }
    for agent, script in (("retrieval", False), ("retrieval, script shown", True)):
        answers[agent] = [_respond(memory, scenario, script=script) for scenario in test]
    if all(len(scenario.references) > 1 for scenario in test):
        answers["runner-up reference"] = [scenario.references[1].text for scenario in test]
    return answers


def _stranger(test: Sequence[Scenario], place: int) -> Scenario:
    """A scenario half the set away, of another resident where there is one."""
    away = [test[(place + len(test) // 2 + step) % len(test)] for step in range(1, len(test))] or [test[place]]
    return next((other for other in away if other.resident.id != test[place].resident.id), away[0])


def _respond(agent: Retrieval, scenario: Scenario, *, script: bool) -> str:
    shown = ", ".join(scenario.program) if script else None
    observation = Observation(profile=scenario.resident.profile, dialogue=scenario.dialogue, script=shown)
    return agent.respond(observation, seed=0).empathetic_action


def to_json(ways: Sequence[Way]) -> str:
    """The table as JSON."""
    return json.dumps([asdict(way) for way in ways], indent=1)


def of_json(text: str) -> list[Way]:
    """The table that :func:`to_json` wrote."""
    return [
        Way(
            way["name"],
            way["train"],
            way["test"],
            {agent: {metric: Estimate(**estimate) for metric, estimate in row.items()} for agent, row in way["scores"].items()},
        )
        for way in json.loads(text)
    ]


def to_markdown(ways: Sequence[Way], metrics: Sequence[str] = METRICS) -> str:
    """One table for each metric: agents down, ways of splitting across, in per cent with 95 % intervals."""
    if not ways:
        return "No split of this set has both a train and a test part.\n"
    parts = []
    for metric in metrics:
        lines = [
            f"| {_TITLES[metric]} | " + " | ".join(way.name for way in ways) + " |",
            "|:--|" + "--:|" * len(ways),
            "| *scenarios, train / test* | " + " | ".join(f"{way.train:,} / {way.test:,}" for way in ways) + " |",
        ]
        for agent in ways[0].scores:
            if all(agent in way.scores for way in ways):
                cells = " | ".join(_cell(way.scores[agent][metric]) for way in ways)
                lines.append(f"| {agent} | {cells} |")
        gains = " | ".join(f"**{100 * way.gain(metric):+.1f}**" for way in ways)
        lines.append(f"| **retrieval above the best blind** | {gains} |")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _cell(estimate: Estimate) -> str:
    if estimate.low != estimate.low:  # one resident: no interval
        return f"{100 * estimate.mean:.1f}"
    return f"{100 * estimate.mean:.1f} [{100 * estimate.low:.1f}, {100 * estimate.high:.1f}]"
