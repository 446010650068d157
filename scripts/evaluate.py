"""``empathy-gym evaluate``: an agent, a scenario set, a simulator; a table, a report, and a run that can go on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.core.hydra_config import HydraConfig
from hydra.experimental.callback import Callback
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from scripts.configuration import run
from scripts.errors import UsageError

if TYPE_CHECKING:
    from agents import Agent


def main(arguments: Sequence[str]) -> None:
    """Evaluate with Hydra overrides."""
    run(evaluate, "evaluate", arguments)


def evaluate(config: DictConfig) -> None:
    """Run one evaluation as configured."""
    from agents import make_agent
    from envs.scenarios import load_scenarios
    from envs.session import View
    from envs.simulators import make_simulator
    from eval_suite.progress import progress_bar
    from eval_suite.redaction import redacted
    from eval_suite.runner import Evaluation
    from eval_suite.runner import evaluate as run_evaluation

    settings = _settings(config)
    choice, simulator_choice, observation = settings["agent"], settings["simulator"], settings["observation"]
    scenarios = load_scenarios(
        settings["scenarios"]["source"], **{key: settings["scenarios"][key] for key in ("path", "split", "limit")}
    )
    agent = make_agent(choice["name"], **choice["config"])
    simulator = make_simulator(simulator_choice["name"], **simulator_choice["options"])
    draws = simulator_choice["name"] != "symbolic"
    size = int(observation["size"])
    view = View(size, size, int(observation["frames"]), int(observation["fps"]), bool(observation["script"]))
    evaluation = Evaluation(
        agent_name=choice["name"],
        agent_config=redacted(choice["config"]),
        simulator_name=simulator_choice["name"],
        simulator_config=simulator_choice["options"],
        view=view,
        seed=settings["seed"],
        pictures=draws and agent.pictures,
        videos=settings["videos"] if draws else 0,
        video_size=settings["video_size"],
        batch_size=settings["batch_size"],
    )
    label = _label(choice["name"], agent, script=view.script)
    folder = Path(settings["out"]) / re.sub(r"[^A-Za-z0-9_.=+-]+", "-", label).strip("-.")
    manifest: dict[str, object] = redacted({"label": label, "config": settings, "overrides": list(HydraConfig.get().overrides.task)})
    try:
        with progress_bar(label) as progress:
            run_evaluation(evaluation, agent, simulator, scenarios, folder, manifest=manifest, progress=progress)
    finally:
        agent.close()
        simulator.close()
    if settings["wandb"]["enabled"]:
        _log_to_wandb(folder, settings["wandb"])
    if HydraConfig.get().mode is RunMode.RUN:
        compare(Path(settings["out"]), report=settings["report"])


def compare(out: Path, *, report: bool) -> None:
    """Print the comparison of every run in a folder, and write its report."""
    from scripts.report import show

    show(out, report=report)


def _settings(config: DictConfig) -> dict[str, Any]:
    from omegaconf.errors import OmegaConfBaseException

    try:
        settings = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
    except OmegaConfBaseException as error:
        key = getattr(error, "full_key", "") or "a setting"
        raise UsageError(f"expected a value for {key}, got none; set {key}=VALUE") from None
    assert isinstance(settings, dict)
    for key, low in (("videos", 0), ("video_size", 16), ("batch_size", 1), ("seed", 0)):
        _at_least(settings, key, low)
    for key, low in (("size", 16), ("frames", 1), ("fps", 1)):
        _at_least(settings["observation"], key, low, "observation.")
    return {str(key): value for key, value in settings.items()}


def _at_least(settings: dict[Any, Any], key: str, low: int, prefix: str = "") -> None:
    value = settings[key]
    if not isinstance(value, int) or isinstance(value, bool) or value < low:
        raise UsageError(f"expected {prefix}{key} to be a whole number of at least {low}, got {value!r}")


def _label(name: str, agent: Agent, *, script: bool) -> str:
    """The agent's name, with what makes this run of it another one, so that a sweep over settings gives one run each."""
    from agents.baselines.blind import Blind
    from eval_suite.redaction import redacted

    # Only agents that look answer differently when they are shown the script.
    shown = "+script" if script and not isinstance(agent, Blind) and not agent.reference else ""
    overrides = (override.lstrip("+") for override in redacted(list(HydraConfig.get().overrides.task)))
    told = [override.removeprefix("agent.config.") for override in overrides if override.startswith(("agent.config.", "seed="))]
    return ",".join([name + shown, *sorted(told)])


def _log_to_wandb(folder: Path, settings: dict[str, Any]) -> None:
    from eval_suite.wandb_log import log_run

    log_run(folder, settings)


class CompareAfterSweep(Callback):
    """Hydra callback: after a sweep, compares all runs of the folders that it wrote to."""

    def __init__(self) -> None:
        self.folders: dict[str, bool] = {}

    def on_job_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Remember where a job writes."""
        if config.hydra.mode is RunMode.MULTIRUN:
            self.folders[str(config.out)] = bool(config.report)

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        """Compare."""
        # Launchers with processes of their own start jobs elsewhere: then the sweep's own folder is what is known.
        for folder, report in (self.folders or {str(config.out): bool(config.report)}).items():
            compare(Path(folder), report=report)
