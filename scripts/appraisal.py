"""``empathy-gym appraisal``: how far the finding and aligning of appraisals can be trusted, on what was held out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from omegaconf import DictConfig

from scripts.configuration import run
from scripts.settings import checked


def main(arguments: Sequence[str]) -> None:
    """Measure with Hydra overrides."""
    run(appraisal, "appraisal", list(arguments))


def appraisal(config: DictConfig) -> None:
    """Print the figures of the trained detector, of the aligner, and of a model as detector if one is named."""
    from pathlib import Path

    from rich.console import Console

    from eval_suite.appraisal.detector import ModelDetector, resident_examples, robot_examples, trained_detector
    from eval_suite.appraisal.validation import gold_replies, grid_f1, held_out, held_out_answers, random_grid_f1

    settings = checked(config, whole={"folds": 2}, groups=("model", "model.config"))
    path = Path(settings["path"]) if settings["path"] else None
    examples, answers = resident_examples(path), robot_examples()
    console = Console(soft_wrap=True)
    moments = held_out(examples, answers, folds=settings["folds"])
    console.print(_table(f"residents' spans, {settings['folds']} folds by kind of moment", moments))
    console.print(_table("robots' sentences, every other one held out", held_out_answers(examples, answers)))
    replies = gold_replies()
    rows = [("rules, gold spans", grid_f1(replies)), ("trained detector and rules", grid_f1(replies, trained_detector(path)))]
    if settings["model"]["name"]:
        from agents.models.registry import make_model

        model = make_model(settings["model"]["name"], **settings["model"]["config"])
        rows.append((f"{model.name} and rules", grid_f1(replies, ModelDetector(model))))
    console.print(_grid_table(len(replies), rows, random_grid_f1(replies)))


def _table(title: str, found: Any) -> Any:
    from rich.table import Table

    table = Table(title=title)
    for heading in ("appraisal", "precision", "recall", "F1", "spans"):
        table.add_column(heading, justify="left" if heading == "appraisal" else "right")
    for label, row in found.labels.items():
        table.add_row(label, f"{row.precision:.2f}", f"{row.recall:.2f}", f"{row.f1:.2f}", str(row.count))
    table.add_section()
    table.add_row("macro", "", "", f"{found.macro_f1:.3f}", str(found.count))
    table.add_row("guessing alike", "", "", f"{found.random_macro_f1:.3f}", "")
    table.add_row("guessing by frequency", "", "", f"{found.prior_macro_f1:.3f}", "")
    return table


def _grid_table(count: int, rows: Sequence[tuple[str, Any]], chance: float) -> Any:
    from rich.table import Table

    table = Table(title=f"pairs on {count} grids drawn by hand")
    for heading in ("", "precision", "recall", "F1"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, found in rows:
        table.add_row(name, f"{found.precision:.2f}", f"{found.recall:.2f}", f"{found.f1:.3f}")
    table.add_row("at random", "", "", f"{chance:.3f}")
    return table
