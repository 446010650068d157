"""``empathy-gym report DIR``: the comparison table and ``report.html`` of runs that are there."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str]) -> None:
    """Parse arguments and show."""
    parser = argparse.ArgumentParser(
        prog="empathy-gym report", description="Comparison table and report.html of finished runs."
    )
    parser.add_argument("folder", type=Path, help="a folder with runs in it, or one run")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument("--no-report", action="store_true", help="print the table only")
    options = parser.parse_args(arguments)
    show(options.folder, report=not options.no_report, markdown=options.markdown)


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
