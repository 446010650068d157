"""``empathy-gym render``: films of residents and robots, a folder for each scenario, resumable."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig

from scripts.configuration import run
from scripts.errors import UsageError
from scripts.settings import checked, simulator_of


def main(arguments: Sequence[str]) -> None:
    """Render with Hydra overrides."""
    run(render, "render", arguments)


def render(config: DictConfig) -> None:
    """Film the chosen scenarios."""
    from agents import make_agent
    from envs.scenarios import load_scenarios
    from envs.session import View
    from eval_suite.filming import film
    from eval_suite.progress import progress_bar

    settings = checked(
        config,
        whole={"size": 16, "fps": 1, "seed": 0},
        flags=("robot",),
        texts=("out", "agent.name", "simulator.name", "scenarios.source"),
        groups=("agent", "agent.config", "simulator", "simulator.options", "scenarios"),
    )
    if not isinstance(settings["ids"], list):
        raise UsageError(f"expected ids to be a list, got {settings['ids']!r}; set ids=[FIRST,SECOND]")
    chosen = settings["scenarios"]
    scenarios = load_scenarios(chosen["source"], path=chosen["path"], split=chosen["split"], limit=chosen["limit"])
    if settings["ids"]:
        known = {scenario.id: scenario for scenario in scenarios}
        missing = [name for name in settings["ids"] if name not in known]
        if missing:
            raise UsageError(f"expected ids of {chosen['source']} ({chosen['split']}), got {missing[0]!r}")
        scenarios = [known[name] for name in settings["ids"]]
    if settings["simulator"]["name"] == "symbolic":
        raise UsageError("expected a simulator that makes pictures, got symbolic; set simulator=mujoco")
    agent = make_agent(settings["agent"]["name"], **settings["agent"]["config"]) if settings["robot"] else None
    simulator = simulator_of(settings["simulator"])
    view = View(settings["size"], settings["size"], fps=settings["fps"])
    try:
        with progress_bar("rendering") as progress:
            film(scenarios, simulator, agent, Path(settings["out"]), view, seed=settings["seed"], progress=progress)
    finally:
        simulator.close()
    print(f"{len(scenarios)} scenarios in {settings['out']}")
