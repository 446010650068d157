"""``empathy-gym list``: what there is to choose from."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

KINDS = ("agents", "strategies", "models", "scenarios", "simulators", "layouts", "actions", "metrics", "scripts")


def main(arguments: Sequence[str]) -> None:
    """Parse arguments and print."""
    parser = argparse.ArgumentParser(prog="empathy-gym list", description="What there is to choose from.")
    parser.add_argument("kind", nargs="?", choices=KINDS, help="one kind only")
    kind = parser.parse_args(arguments).kind
    for name in [kind] if kind else KINDS:
        rows = list(_rows(name))
        width = max(len(row[0]) for row in rows)
        print(f"{name}:" if kind is None else "", end="\n" if kind is None else "")
        for key, text in rows:
            print(f"  {key:<{width}}  {text}".rstrip())


def _rows(kind: str) -> Iterator[tuple[str, str]]:
    if kind == "agents":
        from agents.registry import agent_names

        yield from agent_names().items()
    elif kind == "strategies":
        from agents.strategies.registry import strategy_names

        yield from strategy_names().items()
    elif kind == "models":
        from agents.models.registry import model_names

        yield from model_names().items()
    elif kind == "scenarios":
        from envs.scenarios import scenario_sources

        for name, loader in scenario_sources().items():
            yield name, (loader.__doc__ or "").splitlines()[0]
    elif kind == "simulators":
        from envs.simulators import SIMULATORS

        yield from SIMULATORS.items()
    elif kind == "layouts":
        from envs.household import layout_names, load_blueprint

        for name in layout_names():
            yield name, load_blueprint(name).description
    elif kind == "actions":
        from plans import ACTIONS

        for name, action in ACTIONS.items():
            yield name, action.phrase
    elif kind == "metrics":
        from eval_suite.metrics import METRICS

        for name, metric in METRICS.items():
            yield name, f"{metric.title} ({metric.family}): {metric.meaning}"
    else:
        from envs.residents.scripts import resident_scripts

        for name, script in resident_scripts().items():
            yield name, script.description
