"""``empathy-gym cache``: what models answered before, and how to forget it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from scripts.errors import UsageError


def main(arguments: Sequence[str]) -> None:
    """Parse arguments; list or prune."""
    parser = argparse.ArgumentParser(
        prog="empathy-gym cache", description="Answers of models, kept so that a re-run makes no calls."
    )
    parser.add_argument("--folder", type=Path, help="the cache folder; $EMPATHY_GYM_CACHE or the user's cache folder otherwise")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="answers, tokens and cost by model")
    prune = commands.add_parser("prune", help="forget answers")
    prune.add_argument("--model", help="only those of this model")
    prune.add_argument("--older-than-days", type=float, help="only those written longer ago than this")
    prune.add_argument("--all", action="store_true", help="all of them")
    options = parser.parse_args(arguments)
    if options.command == "list":
        _list(options.folder)
    else:
        _prune(options)


def _list(folder: Path | None) -> None:
    from rich.console import Console
    from rich.table import Table

    from agents.models.cache import cache_folder, list_cache
    from eval_suite.plain_text import plain

    table = Table()
    for column in ("model", "answers", "prompt tokens", "completion tokens", "US dollars", "first", "last"):
        table.add_column(column)
    for row in list_cache(folder):
        dates = (f"{row.oldest:%Y-%m-%d}", f"{row.newest:%Y-%m-%d}")
        numbers = (f"{row.answers:,}", f"{row.prompt_tokens:,}", f"{row.completion_tokens:,}", f"{row.cost_usd:.4f}")
        table.add_row(plain(row.model, 80), *numbers, *dates)
    console = Console(soft_wrap=True)
    console.print(f"cache: {folder or cache_folder()}", highlight=False, markup=False)
    if table.row_count:
        Console().print(table)
    else:
        console.print("no answers yet")


def _prune(options: argparse.Namespace) -> None:
    from agents.models.cache import prune_cache

    if not options.all and options.model is None and options.older_than_days is None:
        raise UsageError("expected --model, --older-than-days or --all, got none of them")
    forgotten = prune_cache(options.folder, model=options.model, older_than_days=options.older_than_days)
    print(f"forgot {forgotten} answers")
