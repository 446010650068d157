"""``empathy-gym compare RUN RUN ...``: pairwise differences between runs, with intervals and corrected p-values."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.errors import UsageError

if TYPE_CHECKING:
    from eval_suite.significance import Pair, Reproduction

METRICS = ("mended_overlap", "need_satisfaction", "goal_success")
"""What is compared unless told otherwise: one of each kind."""
ALPHA = 0.05


def main(arguments: Sequence[str]) -> None:
    """Parse arguments, compare, print."""
    parser = argparse.ArgumentParser(
        prog="empathy-gym compare",
        description="Differences between runs on the scenarios that all answered: 95 % intervals and permutation tests "
        "over residents, p-values corrected (Holm) for the pairs on each metric.",
    )
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="run folders, or folders with runs in them")
    parser.add_argument("--metrics", default="", help=f"metric names, comma-separated (default: {','.join(METRICS)})")
    parser.add_argument("--against", metavar="LABEL", help="compare every run with this one only, instead of all pairs")
    parser.add_argument(
        "--published",
        action="append",
        default=[],
        metavar="METRIC=VALUE",
        help="a published number, in table units: is it reproduced? may be repeated",
    )
    parser.add_argument(
        "--margin", type=float, default=2.0, help="how far from the published number counts as equal (default: 2)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of permutations and resamples")
    parser.add_argument("--markdown", action="store_true", help="print Markdown")
    options = parser.parse_args(arguments)
    show(
        options.runs,
        metrics=[name for name in options.metrics.split(",") if name],
        against=options.against,
        published=[_published(text) for text in options.published],
        margin=options.margin,
        seed=options.seed,
        markdown=options.markdown,
    )


def _published(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name.strip(), float(value)
    except ValueError:
        raise UsageError(f"expected --published METRIC=NUMBER, got {text!r}") from None


def show(
    runs: Sequence[Path],
    *,
    metrics: Sequence[str] = (),
    against: str | None = None,
    published: Sequence[tuple[str, float]] = (),
    margin: float = 2.0,
    seed: int = 0,
    markdown: bool = False,
) -> None:
    """Compare runs and print the table."""
    from eval_suite.comparison import compare, read_run
    from eval_suite.metrics import METRICS as KNOWN
    from eval_suite.significance import pairwise, reproduction
    from eval_suite.statistics import Estimate, cluster_mean
    from eval_suite.store import find_runs

    if not margin > 0:
        raise UsageError(f"expected --margin above 0, got {margin:g}")
    names = list(dict.fromkeys(metrics)) or [name for name in METRICS if name in KNOWN]
    for name in (*names, *(name for name, _ in published)):
        if name not in KNOWN:
            raise UsageError(f"expected metrics among {', '.join(KNOWN)}; got {name!r}")
    comparison = compare([run for folder in runs for path in find_runs(folder) for run in read_run(path)], seed=seed)
    labels = [row.label for row in comparison.rows]
    if against is not None and against not in labels:
        raise UsageError(f"expected --against among {', '.join(labels)}; got {against!r}")
    if len(labels) < 2 and not published:
        raise UsageError(f"expected at least two runs to compare, got {len(labels)} ({', '.join(labels)})")
    residents = [scenario.resident.id for scenario in comparison.scenarios]

    def scores(name: str, label: str) -> list[float]:
        scale = KNOWN[name].scale
        return [scale * episode.scores.get(name, KNOWN[name].score(episode)) for episode in comparison.episodes[label]]

    table = {name: {label: scores(name, label) for label in reversed(labels)} for name in names}
    pairs = pairwise(table, residents, against=against, seed=seed)
    verdicts = []
    for name, value in published:
        for label in labels:
            measured: Estimate = cluster_mean(scores(name, label), residents, seed=seed)
            verdicts.append((name, label, reproduction(measured, value, margin)))
    heading = f"{len(residents)} scenarios of {comparison.residents} residents"
    (_print_markdown if markdown else _print_terminal)(heading, pairs, verdicts)


def _cells(pair: Pair) -> tuple[str, ...]:
    from eval_suite.plain_text import plain
    from eval_suite.tables import number

    d = pair.difference
    interval = f" [{number(d.low, 1)}, {number(d.high, 1)}]" if math.isfinite(d.low) else ""
    sign = "+" if d.mean > 0 else ""
    return (
        f"{plain(pair.first, 40)} − {plain(pair.second, 40)}",
        f"{number(pair.means[0], 1)} − {number(pair.means[1], 1)}",
        sign + number(d.mean, 1) + interval,
        _p(d.p),
        _p(pair.adjusted_p) + ("*" if pair.adjusted_p < ALPHA else ""),
        number(d.detectable, 1),
    )


def _p(value: float) -> str:
    if math.isnan(value):
        return "–"
    return "<0.001" if value < 0.001 else f"{value:.3f}"


HEADER = ("runs", "means", "difference [95 %]", "p", "p (Holm)", "detectable")


def _legend(pairs: Sequence[Pair]) -> str:
    from eval_suite.significance import smallest_p

    tests = max(sum(pair.metric == other.metric for other in pairs) for pair in pairs)
    clusters = min(pair.difference.clusters for pair in pairs)
    parts = [
        f"* significant at 5 % after Holm's correction over the {tests} test{'s' if tests != 1 else ''} on each metric",
        "detectable: the smallest true difference that a set of this size shows with 80 % power",
    ]
    if smallest_p(clusters) * tests > ALPHA:
        parts.append(
            f"with {clusters} residents no p can fall below {smallest_p(clusters):.2g}, so none of {tests} tests can be "
            "significant: compare fewer runs (--against), or use a set of more residents"
        )
    return "; ".join(parts) + "."


def _by_metric(pairs: Sequence[Pair]) -> dict[str, list[Pair]]:
    from eval_suite.metrics import METRICS as KNOWN

    groups: dict[str, list[Pair]] = {}
    for pair in pairs:
        groups.setdefault(f"{KNOWN[pair.metric].title}: {KNOWN[pair.metric].meaning}", []).append(pair)
    return groups


def _print_terminal(heading: str, pairs: Sequence[Pair], verdicts: Sequence[tuple[str, str, Reproduction]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from eval_suite.plain_text import plain

    console = Console()
    console.print(Text(heading, style="bold"))
    for title, group in _by_metric(pairs).items():
        table: Any = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
        for place, name in enumerate(HEADER):
            table.add_column(name, justify="right" if place else "left", overflow="fold", no_wrap=bool(place))
        for pair in group:
            table.add_row(*map(Text, _cells(pair)), style="bold" if pair.adjusted_p < ALPHA else "")
        console.print()
        console.print(Text(title, style="bold cyan"))
        console.print(table)
    if pairs:
        console.print()
        console.print(Text(_legend(pairs), style="dim"))
    for name, label, result in verdicts:
        console.print(Text(f"{name}, {plain(label, 40)}: {result.sentence}"))


def _print_markdown(heading: str, pairs: Sequence[Pair], verdicts: Sequence[tuple[str, str, Reproduction]]) -> None:
    from eval_suite.tables import escaped

    print(f"{heading}.")
    for title, group in _by_metric(pairs).items():
        print(f"\n**{title}**\n")
        print("| " + " | ".join(HEADER) + " |")
        print("|:--|" + "--:|" * (len(HEADER) - 1))
        for pair in group:
            print("| " + " | ".join(escaped(cell) for cell in _cells(pair)) + " |")
    if pairs:
        print("\n\\" + _legend(pairs))
    for name, label, result in verdicts:
        print(f"\n{escaped(name)}, {escaped(label)}: {result.sentence}")
