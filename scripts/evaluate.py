"""``empathy-gym evaluate``: an agent, a scenario set, a simulator; a table, a report, and a run that can go on."""

from __future__ import annotations

import hashlib
import logging
import re
import tempfile
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from scripts.configuration import run
from scripts.households import moved
from scripts.settings import checked, simulator_of
from scripts.sweeps import AfterSweep

if TYPE_CHECKING:
    from agents import Agent

log = logging.getLogger(__name__)

LONGEST_NAME = 120
"""Characters of a run's folder name."""


def main(arguments: Sequence[str]) -> None:
    """Evaluate with Hydra overrides; ``--dry-run`` stands for ``model.dry_run=true``."""
    run(evaluate, "evaluate", ["model.dry_run=true" if word == "--dry-run" else word for word in arguments])


def evaluate(config: DictConfig) -> None:
    """Run one evaluation as configured."""
    from agents import make_agent
    from envs.scenarios import load_scenarios
    from envs.session import View
    from eval_suite.progress import progress_bar
    from eval_suite.redaction import redacted
    from eval_suite.runner import Evaluation
    from eval_suite.runner import evaluate as run_evaluation

    settings = _settings(config)
    choice, simulator_choice, observation = settings["agent"], settings["simulator"], settings["observation"]
    scenarios = load_scenarios(
        settings["scenarios"]["source"], **{key: settings["scenarios"][key] for key in ("path", "split", "limit")}
    )
    scenarios = moved(scenarios, settings["household"], simulator_choice)
    # A copy: an agent may change what it is given, and the episodes' identity must not change with it.
    agent = make_agent(choice["name"], **deepcopy(choice["config"]))
    simulator = simulator_of(simulator_choice)
    draws = simulator_choice["name"] != "symbolic"
    size = int(observation["size"])
    view = View(size, size, int(observation["frames"]), int(observation["fps"]), bool(observation["script"]))
    evaluation = Evaluation(
        agent_name=choice["name"],
        agent_config=agent.identity or redacted(choice["config"]),
        simulator_name=simulator_choice["name"],
        simulator_config=simulator_choice["options"],
        view=view,
        seed=settings["seed"],
        pictures=draws and agent.pictures,
        videos=settings["videos"] if draws else 0,
        video_size=settings["video_size"],
        batch_size=settings["batch_size"],
        retry_errors=bool(settings["retry_errors"]),
    )
    model = choice["config"].get("model")
    if isinstance(model, dict) and model.get("dry_run"):
        # Nothing is answered, so nothing is kept: only what it would take is told.
        evaluation = replace(evaluation, videos=0)
        with tempfile.TemporaryDirectory() as scratch, progress_bar("dry run") as progress:
            run_evaluation(evaluation, agent, simulator, scenarios, Path(scratch), progress=progress)
        simulator.close()
        print(f"dry run, nothing was asked: {len(scenarios)} scenarios would take {agent.model.usage}")  # type: ignore[attr-defined]
        return
    label = _label(choice["name"], agent, script=view.script)
    folder = Path(settings["out"]) / folder_name(label)
    manifest: dict[str, object] = redacted(
        {"label": label, "config": settings, "overrides": list(HydraConfig.get().overrides.task)}
    )
    try:
        with progress_bar(label) as progress:
            run_evaluation(evaluation, agent, simulator, scenarios, folder, manifest=manifest, progress=progress)
    finally:
        simulator.close()
        _close(agent)
    if settings["wandb"]["enabled"]:
        _log_to_wandb(folder, settings["wandb"])
    if HydraConfig.get().mode is RunMode.RUN:
        compare(Path(settings["out"]), report=settings["report"])


def compare(out: Path, *, report: bool) -> None:
    """Print the comparison of every run in a folder, and write its report."""
    from scripts.report import show

    show(out, report=report)


def _settings(config: DictConfig) -> dict[str, Any]:
    whole = {"videos": 0, "video_size": 16, "batch_size": 1, "seed": 0}
    return checked(
        config,
        whole={**whole, "observation.size": 16, "observation.frames": 1, "observation.fps": 1},
        flags=("report", "retry_errors", "observation.script", "wandb.enabled"),
        texts=("out", "agent.name", "simulator.name", "scenarios.source"),
        groups=("agent", "agent.config", "simulator", "simulator.options", "household", "scenarios", "observation", "wandb"),
    )


def folder_name(label: str) -> str:
    """A folder name for a label: readable, short enough for any file system, different for different labels."""
    readable = re.sub(r"[^A-Za-z0-9_.=+-]+", "-", label).strip("-.")
    if 0 < len(readable) <= LONGEST_NAME and not re.search(r"[^A-Za-z0-9_.=+,:-]", label):
        return readable
    return f"{readable[:LONGEST_NAME].strip('-.') or 'run'}-{hashlib.sha256(label.encode('utf-8', 'replace')).hexdigest()[:8]}"


def _close(agent: Agent) -> None:
    try:
        agent.close()
    except Exception as error:  # all that it had to do is done
        log.warning("%s: close() failed: %s: %s", type(agent).__name__, type(error).__name__, error)


def _label(name: str, agent: Agent, *, script: bool) -> str:
    """The agent's name, with what makes this run of it another one, so that a sweep over settings gives one run each."""
    from agents.baselines.blind import Blind
    from eval_suite.redaction import redacted

    # Only agents that look answer differently when they are shown the script.
    shown = "+script" if script and not isinstance(agent, Blind) and not agent.reference else ""
    overrides = (override.lstrip("+") for override in redacted(list(HydraConfig.get().overrides.task)))
    settings = ("agent.config.", "model.config.", "strategy.config.", "model=", "strategy=", "seed=")
    told = [override.replace(".config.", ".").removeprefix("agent.") for override in overrides if override.startswith(settings)]
    return ",".join([name + shown, *sorted(told)])


def _log_to_wandb(folder: Path, settings: dict[str, Any]) -> None:
    from eval_suite.wandb_log import log_run

    log_run(folder, settings)


class CompareAfterSweep(AfterSweep):
    """Compares all runs of the folders that a sweep wrote to."""

    setting = "report"

    def show(self, folder: Path, setting: Any) -> None:
        """Show."""
        compare(folder, report=bool(setting))
