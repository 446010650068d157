"""Do metrics order yardsticks as they should? The table that shows it, for any scenario set, with intervals.

    python -m eval_suite.ordering
    python -m eval_suite.ordering --official FOLDER

A metric that puts a blind plan beside the second-best reference measures how common a plan is, not how fitting.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from envs.scenarios.schema import Scenario
from eval_suite.episode import Episode
from eval_suite.statistics import Estimate, cluster_mean

YARDSTICKS = ("oracle", "runner_up", "retrieval", "constant", "shuffled", "random")
"""Agents from the best that can be had to none at all."""
COLUMNS = ("overlap", "tf_idf", "lcs", "mended_overlap", "need_satisfaction", "honesty")
"""What is put beside each other: the published three, then the mended ones."""


def play(scenarios: Sequence[Scenario], names: Sequence[str] = YARDSTICKS) -> dict[str, list[Episode]]:
    """Evaluate yardsticks in ``symbolic``, in the text-input setting, leaving no files behind."""
    from agents import make_agent
    from agents.baselines.blind import Shuffled
    from envs.session import View
    from envs.simulators import make_simulator
    from eval_suite.runner import Evaluation, evaluate

    simulator = make_simulator("symbolic")
    played: dict[str, list[Episode]] = {}
    for name in names:
        agent = make_agent(name)
        if isinstance(agent, Shuffled):
            agent._scenarios = list(scenarios)  # of this set, whatever it is
        with tempfile.TemporaryDirectory() as folder:
            played[name] = evaluate(Evaluation(name, view=View(script=True)), agent, simulator, scenarios, Path(folder))
        agent.close()
    simulator.close()
    return played


def scorers() -> dict[str, Callable[[Episode], float]]:
    """The metrics of :data:`COLUMNS`."""
    from eval_suite.metrics import METRICS
    from eval_suite.metrics.honesty import honesty_score
    from eval_suite.metrics.needs import need_satisfaction_score

    ours = {"need_satisfaction": need_satisfaction_score, "honesty": honesty_score}
    return {name: ours[name] if name in ours else METRICS[name].score for name in COLUMNS}


def order(scenarios: Sequence[Scenario], names: Sequence[str] = YARDSTICKS) -> dict[str, dict[str, Estimate]]:
    """Yardstick to metric to mean with interval, 0 to 1."""
    people = [scenario.resident.id for scenario in scenarios]
    found = scorers()
    return {
        name: {metric: cluster_mean([score(episode) for episode in episodes], people) for metric, score in found.items()}
        for name, episodes in play(scenarios, names).items()
    }


def to_markdown(table: dict[str, dict[str, Estimate]]) -> str:
    """The table, in percent."""
    lines = ["| yardstick | " + " | ".join(COLUMNS) + " |", "|:--|" + "--:|" * len(COLUMNS)]
    for name, row in table.items():
        cells = [f"{100 * e.mean:.1f} [{100 * e.low:.1f}, {100 * e.high:.1f}]" if e.count else "–" for e in row.values()]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table for Hearth's unseen residents and, if given, for the official files."""
    from envs.scenarios import load_scenarios

    parser = argparse.ArgumentParser(prog="python -m eval_suite.ordering", description="How metrics order yardsticks.")
    parser.add_argument("--official", type=Path, help="folder with the official EmpathyAgent files")
    options = parser.parse_args(arguments)
    sets = {"hearth, validation and test": [s for s in load_scenarios("hearth") if s.split != "train"]}
    if options.official:
        sets["empathyagent"] = load_scenarios("empathyagent", path=options.official)
    for title, scenarios in sets.items():
        print(f"\n**{title}** ({len(scenarios)} scenarios of {len({s.resident.id for s in scenarios})} residents)\n")
        print(to_markdown(order(scenarios)))


if __name__ == "__main__":
    main()
