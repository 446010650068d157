"""``empathy-gym report DIR``: the comparison table and ``report.html`` of runs that are there."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from scripts.errors import UsageError


def main(arguments: Sequence[str]) -> None:
    """Parse arguments and show."""
    parser = argparse.ArgumentParser(
        prog="empathy-gym report", description="Comparison table and report.html of finished runs."
    )
    parser.add_argument("folder", type=Path, help="a folder with runs in it, or one run")
    parser.add_argument("--markdown", action="store_true", help="print tables as Markdown")
    parser.add_argument("--no-report", action="store_true", help="print tables only")
    parser.add_argument("--language", action="store_true", help="add language metrics of understanding and planning")
    parser.add_argument("--metrics", help="which language metrics, by comma; those without a neural model otherwise")
    parser.add_argument("--bert-model", help="hub name or folder for BERTScore")
    parser.add_argument("--embedding-model", help="hub name or folder for sentence embeddings")
    parser.add_argument("--perplexity-model", help="hub name or folder of a causal language model")
    options = parser.parse_args(arguments)
    show(options.folder, report=not options.no_report, markdown=options.markdown)
    if options.language or options.metrics:
        show_language(options)


def show(folder: Path, *, report: bool = True, markdown: bool = False) -> None:
    """Print the comparison of every run in ``folder``; with ``report``, write ``report.html`` there."""
    from rich.console import Console

    from eval_suite.comparison import compare_runs
    from eval_suite.report import write_report
    from eval_suite.tables import terminal_table, to_markdown

    comparison = compare_runs(folder)
    if markdown:
        print(to_markdown(comparison))
    else:
        Console().print(terminal_table(comparison))
    if report:
        path = write_report(folder, comparison)
        Console(soft_wrap=True).print(f"report: {path}", highlight=False, markup=False)


def show_language(options: argparse.Namespace) -> None:
    """Print the language metrics of every run in a folder."""
    from dataclasses import replace

    from rich.console import Console
    from rich.table import Table

    from eval_suite.comparison import compare_runs
    from eval_suite.language_tables import cell, language_tables, to_markdown
    from eval_suite.metrics.language import LANGUAGE_METRICS, OFFLINE, LanguageModels
    from eval_suite.plain_text import plain
    from eval_suite.progress import progress_bar

    metrics = tuple(options.metrics.split(",")) if options.metrics else OFFLINE
    unknown = [name for name in metrics if name not in LANGUAGE_METRICS]
    if unknown:
        raise UsageError(f"expected language metrics among {', '.join(LANGUAGE_METRICS)}; got {unknown[0]!r}")
    chosen = {"bert_score": options.bert_model, "embedding": options.embedding_model, "perplexity": options.perplexity_model}
    models = replace(LanguageModels(), **{name: value for name, value in chosen.items() if value})
    with progress_bar("language metrics") as progress:
        tables = language_tables(compare_runs(options.folder), metrics, models=models, progress=progress)
    for table in tables:
        if options.markdown:
            print(to_markdown(table))
            continue
        drawn = Table("metric", *(plain(label, 40) for label in table.labels), title=table.title)
        for title, estimates in table.lines.items():
            drawn.add_row(title, *map(cell, estimates))
        Console().print(drawn)
        for note in table.notes:
            Console(soft_wrap=True).print(note, highlight=False, markup=False)
