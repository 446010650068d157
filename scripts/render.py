"""``empathy-gym render``: films of residents and robots, a folder for each scenario, or a whole set published as a data set."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from scripts.configuration import run
from scripts.errors import UsageError
from scripts.households import SCENARIO, moved
from scripts.settings import checked, simulator_of


def main(arguments: Sequence[str]) -> None:
    """Render with Hydra overrides."""
    run(render, "render", arguments)


def render(config: DictConfig) -> None:
    """Film the chosen scenarios, or publish them."""
    dataset = {"dataset.size": 16, "dataset.fps": 1, "dataset.frames": 2}
    settings = checked(
        config,
        whole={"size": 16, "fps": 1, "seed": 0, "workers": 1, **dataset},
        flags=("robot", "dataset.enabled", "dataset.media"),
        texts=("out", "agent.name", "simulator.name", "scenarios.source", "dataset.film"),
        groups=("agent", "agent.config", "simulator", "simulator.options", "household", "scenarios", "dataset"),
    )
    drawn = not settings["dataset"]["enabled"] or settings["dataset"]["media"]
    if drawn and settings["simulator"]["name"] == "symbolic":
        _check_ids(settings)
        raise UsageError("expected a simulator that makes pictures, got symbolic; set simulator=mujoco")
    if settings["dataset"]["enabled"]:
        _publish(settings)
    else:
        _film(settings)


def _chosen(settings: dict[str, Any]) -> list[Any]:
    from envs.scenarios import load_scenarios

    if not isinstance(settings["ids"], list):
        raise UsageError(f"expected ids to be a list, got {settings['ids']!r}; set ids=[FIRST,SECOND]")
    chosen = settings["scenarios"]
    scenarios = load_scenarios(chosen["source"], path=chosen["path"], split=chosen["split"], limit=chosen["limit"])
    if not settings["ids"]:
        return scenarios
    known = {scenario.id: scenario for scenario in scenarios}
    missing = [name for name in settings["ids"] if name not in known]
    if missing:
        raise UsageError(f"expected ids of {chosen['source']} ({chosen['split']}), got {missing[0]!r}")
    return [known[name] for name in settings["ids"]]


def _check_ids(settings: dict[str, Any]) -> None:
    """Tell of a wrong id before what else is wrong."""
    if settings["ids"]:
        _chosen(settings)


def _film(settings: dict[str, Any]) -> None:
    from agents import make_agent
    from envs.session import View
    from eval_suite.filming import Crew, film, film_in_processes
    from eval_suite.progress import progress_bar

    if settings["household"]["name"] != SCENARIO and settings["workers"] > 1:
        raise UsageError(
            f"expected workers=1 for household={settings['household']['name']}, got {settings['workers']}; set workers=1"
        )
    scenarios = moved(_chosen(settings), settings["household"], settings["simulator"])
    agent, simulator, out = settings["agent"], settings["simulator"], Path(settings["out"])
    view = View(settings["size"], settings["size"], fps=settings["fps"])
    with progress_bar("rendering") as progress:
        if settings["workers"] > 1 and len(scenarios) > 1:
            name = agent["name"] if settings["robot"] else None
            crew = Crew(simulator["name"], simulator["options"], name, agent["config"], view, settings["seed"])
            film_in_processes(scenarios, crew, out, workers=settings["workers"], progress=progress)
        else:
            actor = make_agent(agent["name"], **agent["config"]) if settings["robot"] else None
            made = simulator_of(simulator)
            try:
                film(scenarios, made, actor, out, view, seed=settings["seed"], progress=progress)
            finally:
                made.close()
    print(f"{len(scenarios)} scenarios in {out}")


def _publish(settings: dict[str, Any]) -> None:
    from hydra.core.hydra_config import HydraConfig
    from rich.console import Console

    from eval_suite.progress import progress_bar
    from eval_suite.publishing.films import Filming
    from eval_suite.publishing.folder import publish

    if settings["household"]["name"] != SCENARIO:
        raise UsageError(
            "expected household=scenario where a set is published, got another; its scenarios play in their own homes"
        )
    if settings["ids"]:
        raise UsageError("expected no ids where a set is published; set scenarios.limit=NUMBER for a part of it")
    chosen, dataset, simulator = settings["scenarios"], settings["dataset"], settings["simulator"]
    if dataset["film"] not in ("pair", "scenario"):
        raise UsageError(f"expected dataset.film to be pair or scenario, got {dataset['film']!r}")
    execute = dataset["execute"]
    if execute is not None and not (isinstance(execute, int) and execute >= 0):
        raise UsageError(f"expected dataset.execute to be a whole number of at least 0, or null; got {execute!r}")
    # A data set is the whole set; the other use of this command films its test part.
    split_given = any(word.startswith("scenarios.split=") for word in HydraConfig.get().overrides.task)
    filming = Filming(
        dataset["film"], dataset["size"], dataset["fps"], dataset["frames"], simulator["name"], simulator["options"]
    )
    console = Console(stderr=True)
    with progress_bar("filming residents") if dataset["media"] else nullcontext() as progress:
        done = publish(
            chosen["source"],
            Path(settings["out"]),
            path=chosen["path"],
            split=chosen["split"] if split_given else "all",
            limit=chosen["limit"],
            filming=filming if dataset["media"] else None,
            workers=settings["workers"],
            execute=execute,
            date=dataset["date"],
            progress=progress,
            tick=lambda section: console.print(f"measuring: {section}", style="dim", highlight=False),
        )
    for failure in done.failures:
        console.print(f"no film: {failure}", markup=False)
    films = "" if done.films is None else f", {done.films:,} films ({done.made:,} made now)"
    targets = "all targets of the audit met" if done.passed else "not all targets of the audit met, see README.md"
    print(f"{done.samples:,} samples{films}; {targets}; load_dataset({str(done.folder)!r})")
