"""``empathy-gym companion``: many turns with residents who react; a table, a report in which sessions are replayed."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from scripts.configuration import run
from scripts.errors import UsageError
from scripts.evaluate import folder_name
from scripts.settings import checked, simulator_of
from scripts.sweeps import AfterSweep


def main(arguments: Sequence[str]) -> None:
    """Play with Hydra overrides."""
    run(companion, "companion", list(arguments))


def companion(config: DictConfig) -> None:
    """Run one companion evaluation as configured."""
    from agents import make_agent
    from envs.companion.process import PRESETS
    from envs.companion.residents.registry import resident_names
    from envs.scenarios import load_scenarios
    from envs.session import View
    from eval_suite.companion import CompanionEvaluation, evaluate_companion
    from eval_suite.progress import progress_bar
    from eval_suite.redaction import redacted

    settings = _settings(config)
    resident = settings["resident"]["name"]
    for key, value, known in (("preset", settings["preset"], tuple(PRESETS)), ("resident", resident, resident_names())):
        if value not in known:
            raise UsageError(f"expected {key} among {', '.join(known)}; got {value!r}")
    choice, simulator_choice, observation = settings["agent"], settings["simulator"], settings["observation"]
    scenarios = load_scenarios(
        settings["scenarios"]["source"], **{key: settings["scenarios"][key] for key in ("path", "split", "limit")}
    )
    recordings = _recordings(settings)
    if recordings is not None:
        recorded = [scenario for scenario in scenarios if scenario in recordings]
        if not recorded:
            raise UsageError("expected scenarios that resident.episodes recorded, got none; set scenarios as it had them")
        _say(f"{len(recorded)} of {len(scenarios)} scenarios were recorded in {settings['resident']['episodes']}")
        scenarios = recorded
    agent = make_agent(choice["name"], **deepcopy(choice["config"]))
    simulator = simulator_of(simulator_choice)
    draws = simulator_choice["name"] != "symbolic"
    size = int(observation["size"])
    evaluation = CompanionEvaluation(
        agent_name=choice["name"],
        agent_config=agent.identity or redacted(choice["config"]),
        simulator_name=simulator_choice["name"],
        simulator_config=simulator_choice["options"],
        resident=resident,
        model=_model(settings),
        rules=settings["rules"],
        recordings=recordings,
        preset=settings["preset"],
        turns=settings["turns"],
        view=View(size, size, int(observation["frames"]), int(observation["fps"]), bool(observation["script"])),
        seed=settings["seed"],
        pictures=draws and agent.pictures,
        films=settings["films"] if draws else 0,
        film_size=settings["film_size"],
    )
    label = _label(choice["name"])
    folder = Path(settings["out"]) / folder_name(label)
    manifest: dict[str, object] = redacted(
        {"label": label, "config": settings, "overrides": list(HydraConfig.get().overrides.task)}
    )
    try:
        with progress_bar(label) as progress:
            evaluate_companion(evaluation, agent, simulator, scenarios, folder, manifest=manifest, progress=progress)
        if settings["flip"]:
            _flip(replace(evaluation, films=0), simulator, folder)
    finally:
        simulator.close()
        agent.close()
    if settings["wandb"]["enabled"]:
        from eval_suite.companion_wandb import log_companion

        log_companion(folder, settings["wandb"])
    if HydraConfig.get().mode is RunMode.RUN:
        show(Path(settings["out"]), report=settings["report"])


def show(out: Path, *, report: bool) -> None:
    """Print the comparison of every companion run in a folder, and write its report."""
    from rich.console import Console

    from eval_suite.companion import compare_companion, read_companion_runs
    from eval_suite.companion_tables import terminal_tables
    from eval_suite.protocol.measures import protocol_table
    from eval_suite.protocol.pairing import replay_tables

    comparison = compare_companion(read_companion_runs(out))
    console = Console()
    tables = (*terminal_tables(comparison, console.width), protocol_table(comparison), *replay_tables(comparison))
    for table in tables:
        console.print(table)
    if report:
        from eval_suite.companion_report import write_companion_report

        path = write_companion_report(out, comparison)
        Console(soft_wrap=True).print(f"report: {path}", highlight=False, markup=False)


def _flip(evaluation: Any, simulator: Any, folder: Path) -> None:
    from eval_suite.companion import flip_test, read_companion

    _say(flip_test(evaluation, simulator, list(read_companion(folder))).sentence)


def _settings(config: DictConfig) -> dict[str, Any]:
    whole = {"seed": 0, "turns": 1, "films": 0, "film_size": 16, "observation.size": 16, "observation.frames": 1,
             "observation.fps": 1}  # fmt: skip
    return checked(
        config,
        whole=whole,
        flags=("report", "rules", "flip", "observation.script", "wandb.enabled"),
        texts=("out", "agent.name", "simulator.name", "scenarios.source", "preset", "resident.name"),
        groups=(
            "agent",
            "agent.config",
            "simulator",
            "simulator.options",
            "scenarios",
            "observation",
            "wandb",
            "resident",
            "resident_model",
            "resident_model.config",
        ),  # fmt: skip
    )


def _model(settings: dict[str, Any]) -> Any:
    if settings["resident"]["name"] != "llm":
        return None
    from agents.models.registry import make_model
    from eval_suite.companion import ModelText

    name = settings["resident_model"]["name"]
    if not isinstance(name, str):
        raise UsageError("expected a model for resident=llm, got none; set resident_model.name=NAME")
    return ModelText(make_model(name, **deepcopy(settings["resident_model"]["config"])))


def _recordings(settings: dict[str, Any]) -> Any:
    if settings["resident"]["name"] != "replay":
        return None
    from envs.companion.residents.replay import Recordings
    from eval_suite.companion import read_companion_runs

    folder = settings["resident"].get("episodes")
    if not isinstance(folder, str):
        raise UsageError(f"expected a run to replay, got {folder!r}; set resident.episodes=RUN")
    runs = read_companion_runs(folder)
    if len(runs) > 1:
        labels = ", ".join(run.label for run in runs)
        raise UsageError(f"{folder}: expected one run to replay, got {labels}; set resident.episodes to one of their folders")
    return Recordings(runs[0].episodes)


def _say(text: str) -> None:
    from rich.console import Console

    Console(soft_wrap=True).print(text, highlight=False, markup=False)


def _label(name: str) -> str:
    """The agent's name, with what makes this run of it another one."""
    from eval_suite.redaction import redacted

    overrides = (override.lstrip("+") for override in redacted(list(HydraConfig.get().overrides.task)))
    told = ("agent.config.", "model.config.", "strategy.config.", "model=", "strategy=", "seed=", "preset=", "resident=")
    settings = [item.replace(".config.", ".").removeprefix("agent.") for item in overrides if item.startswith(told)]
    return ",".join([name, *sorted(settings)])


class CompareAfterSweep(AfterSweep):
    """Compares all runs of the folders that a sweep wrote to."""

    setting = "report"

    def show(self, folder: Path, setting: Any) -> None:
        """Show."""
        show(folder, report=bool(setting))
