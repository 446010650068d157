"""``empathy-gym wellbeing``: text, caregiver's vector, and both: how well each tells the severity of made-up diaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from omegaconf import DictConfig

from scripts.configuration import run
from scripts.errors import UsageError
from scripts.settings import checked


def main(arguments: Sequence[str]) -> None:
    """Estimate with Hydra overrides."""
    run(wellbeing, "wellbeing", list(arguments))


def wellbeing(config: DictConfig) -> None:
    """Make diaries, cross-validate the estimators, print their table."""
    from rich.console import Console

    from eval_suite.wellbeing.diaries import Noise, adults, make_diaries
    from eval_suite.wellbeing.estimation import Schedule, cross_validate
    from eval_suite.wellbeing.figures import difference, estimates

    settings = checked(config, whole={"seed": 0, "each": 1, "folds": 2, "threads": 1}, groups=("noise", "schedule"))
    noise, schedule = _made(Noise, settings["noise"], "noise"), _made(Schedule, settings["schedule"], "schedule")
    people = adults()
    samples = make_diaries(people, each=settings["each"], noise=noise, seed=settings["seed"])
    _limit_threads(settings["threads"])
    with Console(stderr=True).status("training") as status:
        found = cross_validate(samples, folds=settings["folds"], schedule=schedule, seed=settings["seed"], tick=status.update)
    console = Console(soft_wrap=True)
    title = f"{len(samples)} fortnights of {len(people)} residents, 7 levels, {settings['folds']} folds by resident"
    rows = {name: estimates(guesses, seed=settings["seed"]) for name, guesses in found.items()}
    for other in ("text", "vector"):
        rows[f"fused less {other}"] = difference(found["fused"], found[other], seed=settings["seed"])
    console.print(_table(title, rows))
    console.print("Made-up diaries, for comparing estimators; no instrument for people, and nothing for a robot to say.")


def _limit_threads(count: int) -> None:
    try:
        import torch
    except ImportError:
        return  # told by whoever needs it
    torch.set_num_threads(count)


def _made(kind: Any, options: Mapping[str, Any], name: str) -> Any:
    try:
        return kind(**options)
    except TypeError as error:
        raise UsageError(f"{name}: {error}") from None


def _table(title: str, rows: Mapping[str, Mapping[str, Any]]) -> Any:
    from rich.table import Table

    from eval_suite.wellbeing.figures import MEASURES, TITLES

    table = Table(title=title)
    table.add_column("", no_wrap=True)
    for name in MEASURES:
        table.add_column(TITLES[name], justify="right", no_wrap=True)
    for label, found in rows.items():
        if label == "fused less text":
            table.add_section()
        cells = [f"{found[name].mean:.3f} ({found[name].low:.3f} to {found[name].high:.3f})" for name in MEASURES]
        table.add_row(label, *cells)
    return table
