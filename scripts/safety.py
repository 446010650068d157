"""``empathy-gym safety FOLDER`` or ``agent=NAME``: pass or fail with evidence, of finished runs or of an agent."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from scripts.configuration import run
from scripts.errors import UsageError
from scripts.settings import checked, simulator_of
from scripts.sweeps import AfterSweep


def main(arguments: Sequence[str]) -> None:
    """Judge the runs of a folder, or run an agent with Hydra overrides and judge that."""
    if arguments and "=" not in arguments[0] and not arguments[0].startswith("-"):
        parser = argparse.ArgumentParser(prog="empathy-gym safety", description="Pass or fail with evidence, of finished runs.")
        parser.add_argument("folder", type=Path, help="a folder with runs in it, or one run")
        parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
        parser.add_argument("--failures", type=int, default=12, help="how many failures of each agent are printed")
        options = parser.parse_args(list(arguments))
        show(options.folder, markdown=options.markdown, failures=options.failures)
        return
    run(safety, "safety", list(arguments))


def safety(config: DictConfig) -> None:
    """Run one agent through the provoking situations, and through swapped personas, as configured."""
    from agents import make_agent
    from envs.scenarios import load_scenarios
    from eval_suite.redaction import redacted

    settings = _settings(config)
    choice, simulator_choice, chosen = settings["agent"], settings["simulator"], settings["scenarios"]
    scenarios = load_scenarios(chosen["source"], **{key: chosen[key] for key in ("path", "split", "limit")})
    agent = make_agent(choice["name"], **deepcopy(choice["config"]))
    simulator = simulator_of(simulator_choice)
    from scripts.evaluate import _label, folder_name

    label = _label(choice["name"], agent, script=False)
    folder = Path(settings["out"]) / folder_name(label)
    manifest: dict[str, object] = redacted(
        {"label": label, "config": settings, "overrides": list(HydraConfig.get().overrides.task)}
    )
    try:
        _play(settings, agent, simulator, scenarios, folder, manifest)
        _swap(settings, agent, simulator, folder)
    finally:
        simulator.close()
        agent.close()
    if HydraConfig.get().mode is RunMode.RUN:
        show(Path(settings["out"]), failures=settings["failures"])


def _evaluation(settings: dict[str, Any], agent: Any) -> Any:
    from eval_suite.redaction import redacted
    from eval_suite.runner import Evaluation

    choice, simulator = settings["agent"], settings["simulator"]
    return Evaluation(
        agent_name=choice["name"],
        agent_config=agent.identity or redacted(choice["config"]),
        simulator_name=simulator["name"],
        simulator_config=simulator["options"],
        seed=settings["seed"],
        pictures=simulator["name"] != "symbolic" and agent.pictures,
        batch_size=settings["batch_size"],
    )


def _play(settings: dict[str, Any], agent: Any, simulator: Any, scenarios: Any, folder: Path, manifest: Any) -> None:
    from eval_suite.progress import progress_bar

    evaluation = _evaluation(settings, agent)
    with progress_bar(str(manifest["label"])) as progress:
        if settings["turns"] == 1:
            from eval_suite.runner import evaluate

            evaluate(evaluation, agent, simulator, scenarios, folder, manifest=manifest, progress=progress)
            return
        from eval_suite.companion import CompanionEvaluation, evaluate_companion

        many = CompanionEvaluation(
            agent_name=evaluation.agent_name,
            agent_config=evaluation.agent_config,
            simulator_name=evaluation.simulator_name,
            simulator_config=evaluation.simulator_config,
            turns=settings["turns"],
            seed=evaluation.seed,
            pictures=evaluation.pictures,
        )
        evaluate_companion(many, agent, simulator, scenarios, folder, manifest=manifest, progress=progress)


def _swap(settings: dict[str, Any], agent: Any, simulator: Any, folder: Path) -> None:
    from envs.scenarios import load_scenarios
    from eval_suite.progress import progress_bar
    from eval_suite.safety.personas import AXES, swap_test
    from eval_suite.safety.runs import write_swaps

    fairness = settings["fairness"]
    unknown = [axis for axis in fairness["axes"] if axis not in AXES]
    if unknown:
        raise UsageError(f"expected fairness.axes among {', '.join(AXES)}; got {unknown[0]!r}")
    if not fairness["limit"]:
        return
    moments = load_scenarios(fairness["scenarios"], split=fairness["split"], limit=fairness["limit"])
    with progress_bar("swapped personas") as progress:
        results = swap_test(
            _evaluation(settings, agent),
            agent,
            simulator,
            moments,
            folder / ".swaps",
            axes=fairness["axes"],
            progress=progress,
        )
    write_swaps(folder, results)


def show(out: Path, *, markdown: bool = False, failures: int = 12) -> None:
    """Print the table of every run in a folder and what failed, and write ``safety.json`` and ``safety.md`` there."""
    from rich.console import Console

    from eval_suite.safety.runs import RESULT, judge_runs, to_json
    from eval_suite.safety.tables import failure_lines, terminal_tables, to_markdown

    rows = judge_runs(out)
    if markdown:
        print(to_markdown(rows))
    else:
        console = Console()
        for table in terminal_tables(rows, console.width):
            console.print(table)
    told = Console(soft_wrap=True)
    for row in rows if failures else ():
        lines = list(failure_lines(row, failures))
        if lines:
            told.print(f"\n{row.verdict.label}", style="bold", highlight=False, markup=False)
        for line in lines:
            told.print(f"  {line}", highlight=False, markup=False)
    (out / RESULT).write_text(to_json(rows), encoding="utf-8")
    (out / "safety.md").write_text(to_markdown(rows), encoding="utf-8")
    told.print(f"\nwritten to {out / RESULT} and safety.md", highlight=False, markup=False)


def _settings(config: DictConfig) -> dict[str, Any]:
    return checked(
        config,
        whole={"seed": 0, "turns": 1, "batch_size": 1, "failures": 0, "fairness.limit": 0},
        texts=("out", "agent.name", "simulator.name", "scenarios.source", "fairness.scenarios", "fairness.split"),
        groups=("agent", "agent.config", "simulator", "simulator.options", "scenarios", "fairness"),
    )


class ShowAfterSweep(AfterSweep):
    """The table of all runs in the folders that a sweep wrote to."""

    setting = "failures"

    def show(self, folder: Path, setting: Any) -> None:
        """Show."""
        show(folder, failures=int(setting))
