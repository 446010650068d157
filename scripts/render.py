"""``empathy-gym render``: films of residents and robots, a folder for each scenario, resumable."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from scripts.configuration import run
from scripts.errors import UsageError


def main(arguments: Sequence[str]) -> None:
    """Render with Hydra overrides."""
    run(render, "render", arguments)


def render(config: DictConfig) -> None:
    """Film the chosen scenarios."""
    from agents import make_agent
    from envs.scenarios import load_scenarios
    from envs.session import View
    from envs.simulators import make_simulator
    from eval_suite.filming import film
    from eval_suite.progress import progress_bar

    settings = OmegaConf.to_container(config, resolve=True)
    assert isinstance(settings, dict)
    chosen = settings["scenarios"]
    scenarios = load_scenarios(chosen["source"], path=chosen["path"], split=chosen["split"], limit=chosen["limit"])
    if settings["ids"]:
        known = {scenario.id: scenario for scenario in scenarios}
        missing = [name for name in settings["ids"] if name not in known]
        if missing:
            raise UsageError(f"expected ids of {chosen['source']} ({chosen['split']}), got {missing[0]!r}")
        scenarios = [known[name] for name in settings["ids"]]
    agent = make_agent(settings["agent"]["name"], **settings["agent"]["config"]) if settings["robot"] else None
    simulator = make_simulator(settings["simulator"]["name"], **settings["simulator"]["options"])
    view = View(settings["size"], settings["size"], fps=settings["fps"])
    try:
        with progress_bar("rendering") as progress:
            film(scenarios, simulator, agent, Path(settings["out"]), view, seed=settings["seed"], progress=progress)
    finally:
        simulator.close()
    print(f"{len(scenarios)} scenarios in {settings['out']}")
