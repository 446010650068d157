"""``empathy-gym leaderboard DIR``: ``index.html`` and ``leaderboard.md`` over a folder of runs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str]) -> None:
    """Parse arguments and write."""
    parser = argparse.ArgumentParser(
        prog="empathy-gym leaderboard",
        description="A static leaderboard over a folder of runs, each row linked to its raw "
        "episodes; floor and ceiling are always shown.",
    )
    parser.add_argument("folder", type=Path, help="a folder with runs in it; index.html and leaderboard.md are written there")
    parser.add_argument("--title", default="EmpathyGym leaderboard", help="of the page")
    parser.add_argument("--seed", type=int, default=0, help="of the intervals' resampling")
    options = parser.parse_args(arguments)
    from rich.console import Console

    from eval_suite.leaderboard import write_leaderboard

    page = write_leaderboard(options.folder, seed=options.seed, title=options.title)
    console = Console(soft_wrap=True)
    console.print(f"leaderboard: {page}", highlight=False, markup=False)
    console.print(f"markdown:    {page.with_name('leaderboard.md')}", highlight=False, markup=False)
