"""``empathy-gym create``: new scenarios, made with a model and checked before they are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig

from scripts.configuration import run
from scripts.errors import UsageError
from scripts.settings import checked

if TYPE_CHECKING:
    from agents.creation import Created
    from agents.creation.pipeline import Progress


def main(arguments: Sequence[str]) -> None:
    """Create with Hydra overrides."""
    run(create, "create", arguments)


def create(config: DictConfig) -> None:
    """Make one set as configured."""
    from agents.creation import create as make
    from agents.creation.inspirations import read_exchanges, read_seeds
    from agents.models import make_model

    settings = checked(
        config,
        whole={
            "residents": 1,
            "per_pair": 1,
            "responses": 2,
            "orders": 1,
            "repairs": 0,
            "max_tokens": 1,
            "batch_size": 1,
            "seed": 0,
        },
        texts=("out", "name", "licence", "model.name", "inspirations.source"),
        groups=("model", "model.config", "seeds", "inspirations"),
    )
    if settings["model"]["dry_run"]:
        raise UsageError(
            "expected model.dry_run=false: what is asked depends on what was answered; set max_usd=DOLLARS to bound the cost"
        )
    creation = _creation(settings)
    seeds = read_seeds(settings["seeds"]["source"], settings["seeds"]["path"])
    exchanges, preferred = read_exchanges(settings["inspirations"]["source"], settings["inspirations"]["path"])
    choice = settings["model"]
    out = Path(settings["out"])
    with make_model(choice["name"], cache=choice["cache"], **choice["config"]) as model:
        if creation.max_usd is not None and model.prices.free:
            raise UsageError(
                "max_usd: a cost cap needs prices; set model.config.prices.prompt_usd_per_million=DOLLARS and so on"
            )
        with _progress() as progress:
            created = make(creation, model, out, seeds=seeds, exchanges=exchanges, preferred=preferred, progress=progress)
    _tell(created, out)
    if created.stopped is not None:
        raise created.stopped


def _creation(settings: Mapping[str, Any]) -> Any:
    from agents.creation import Creation

    scripts = settings["scripts"]
    if scripts is not None and not (isinstance(scripts, list) and all(isinstance(name, str) for name in scripts)):
        raise UsageError(
            f"expected scripts to be a list of names or null, got {scripts!r}; set scripts=[sit_on_sofa,sit_on_bed]"
        )
    for key in ("temperature", "max_usd"):
        value = settings[key]
        fits = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
        if not (fits or (key == "max_usd" and value is None)):
            raise UsageError(f"expected {key} to be a number from 0, got {value!r}")
    taken = ("name", "residents", "per_pair", "responses", "orders", "repairs", "max_tokens", "batch_size", "licence", "seed")
    return Creation(
        **{name: settings[name] for name in taken},
        scripts=tuple(scripts or ()),
        temperature=float(settings["temperature"]),
        max_usd=settings["max_usd"],
    )


@contextmanager
def _progress() -> Iterator[Progress]:
    """A progress bar that shows what was paid and how much went wrong."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("creating"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[sums]}"), TimeElapsedColumn(),
        TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("creating", total=None, sums="")

        def update(done: int, total: int, created: Created) -> None:
            failed = f", {len(created.failures)} failed" if created.failures else ""
            sums = f"${created.paid_usd:.4f}, {created.calls.total()} answers, {created.repairs.total()} repairs{failed}"
            bar.update(task, completed=done, total=total, sums=sums)

        yield update


def _tell(created: Created, out: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    from agents.creation.pipeline import FAILURES, SCENARIOS

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for place, heading in enumerate(("stage", "answers", "of them repairs", "items that failed there")):
        table.add_column(heading, justify="right" if place else "left")
    failed = [failure for failure in created.failures if failure.attempts]
    for stage in ("profile", "moment", "response", "ranking", "plans"):
        lost = sum(failure.stage == stage for failure in failed)
        table.add_row(stage, str(created.calls[stage]), str(created.repairs[stage]), str(lost))
    console = Console()
    console.print(table)
    for failure in failed[:5]:
        console.print(f"failed: {failure.item} at {failure.stage}: {failure.kind.value}: {failure.problems[0]}", markup=False)
    if len(failed) > 5:
        console.print(f"... and {len(failed) - 5} more", markup=False)
    unfinished = f", {created.unfinished} not reached" if created.unfinished else ""
    swayed = f", {created.swayed} rankings swayed by order" if created.swayed else ""
    print(
        f"{len(created.scenarios)} scenarios in {out / SCENARIOS}, {len(created.failures)} failures in {out / FAILURES}"
        f"{unfinished}; ${created.paid_usd:.4f} paid, {created.asked} answers asked for now{swayed}"
    )
