"""``empathy-gym predict-empathy``: how much empathy a resident will feel for a story, and which stories match an episode."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from scripts.configuration import run
from scripts.errors import UsageError
from scripts.settings import checked


def main(arguments: Sequence[str]) -> None:
    """Predict with Hydra overrides."""
    run(predict_empathy, "predict_empathy", list(arguments))


def predict_empathy(config: DictConfig) -> None:
    """Deal stories, cross-validate the models of task A, match stories for task B, print both tables."""
    from rich.console import Console

    from envs.scenarios import load_scenarios
    from eval_suite.empathy_prediction.matching import match_stories
    from eval_suite.empathy_prediction.memories import lives, with_own_words
    from eval_suite.empathy_prediction.prediction import estimates, predict
    from eval_suite.empathy_prediction.ratings import hearings
    from eval_suite.empathy_prediction.similarity import chosen

    settings = checked(
        config,
        whole={"seed": 0, "folds": 2, "history": 1, "stories": 1, "k": 1, "queries": 1, "candidates": 1},
        texts=("texts", "scenarios"),
    )
    seed = settings["seed"]
    path = Path(settings["path"]) if settings["path"] else None
    try:
        kind = chosen(settings["texts"])
        labelled = lives(load_scenarios(settings["scenarios"], path=path))
        heard = hearings(
            with_own_words(labelled),
            folds=settings["folds"],
            history=settings["history"],
            stories=settings["stories"],
            seed=seed,
        )
    except ValueError as error:
        raise UsageError(str(error)) from None
    with Console(stderr=True).status("predicting") as status:
        predicted = predict(heard, texts=kind, tick=status.update)
        rows = {name: estimates(values, seed=seed) for name, values in predicted.items()}
        # Written worries and joys carry no theme that other residents' episodes could share.
        drawn = [random.Random(f"{seed}/{life.id}").sample(life.memories, len(life.memories)) for life in labelled]
        first = settings["queries"]
        queries = [memory for told in drawn for memory in told[:first]]
        stories = [memory for told in drawn for memory in told[first : first + settings["candidates"]]]
        status.update("matching")
        matched = match_stories(queries, stories, k=settings["k"], texts=kind, seed=seed)
    console = Console(soft_wrap=True)
    listeners = len({hearing.resident for hearing in heard})
    console.print(_ratings_table(f"{len(heard)} ratings of {listeners} listeners, {settings['folds']} parts, {kind}", rows))
    console.print(_match_table(f"{len(queries)} episodes, {len(stories)} stories, {kind}", matched, settings["k"]))


def _told(found: Any) -> str:
    return f"{found.mean:.3f} ({found.low:.3f} to {found.high:.3f})"


def _ratings_table(title: str, rows: Mapping[str, Mapping[str, Any]]) -> Any:
    from rich.table import Table

    from eval_suite.empathy_prediction.prediction import MEASURES, TITLES

    table = Table(title=title)
    table.add_column("", no_wrap=True)
    for name in MEASURES:
        table.add_column(TITLES[name], justify="right", no_wrap=True)
    for label, found in rows.items():
        table.add_row(label, *(_told(found[name]) for name in MEASURES))
    return table


def _match_table(title: str, matched: Mapping[str, Mapping[str, Any]], k: int) -> Any:
    from rich.table import Table

    table = Table(title=title)
    for heading in ("shares", "method", f"P@{k}", "MRR", "queries"):
        table.add_column(heading, justify="left" if heading in ("shares", "method") else "right", no_wrap=True)
    for aspect in next(iter(matched.values())):
        for method, found in matched.items():
            match = found[aspect]
            table.add_row(aspect, method, _told(match.precision), _told(match.reciprocal), str(match.queries))
    return table
