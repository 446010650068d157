"""``empathy-gym pairs build|show``: preference pairs of a scenario set, made and looked at."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.errors import UsageError

if TYPE_CHECKING:
    from agents.finetuning.pairs import PreferencePair


def main(arguments: Sequence[str]) -> None:
    """Parse arguments; build or show."""
    parser = argparse.ArgumentParser(
        prog="empathy-gym pairs", description="Preference pairs: a better and a worse answer to one moment."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="make pairs of a scenario set's train split, as JSON Lines with provenance")
    build.add_argument("out", type=Path, help="the file to write")
    build.add_argument("--scenarios", default="hearth", help="scenario set (default: hearth)")
    build.add_argument("--path", help="the user's files, for sets that need them")
    build.add_argument("--split", default="train", help="train, validation or test; pairs never mix splits (default: train)")
    build.add_argument(
        "--strategy",
        action="append",
        default=[],
        metavar="NAME[=SHARE]",
        help="what makes the worse answer; may be repeated (default: a mix of all)",
    )
    build.add_argument("--count", type=int, help="how many (default: three for each scenario)")
    build.add_argument(
        "--length-balance", type=float, default=0.05, help="most that the mean log length ratio may differ from 0"
    )
    build.add_argument("--seed", type=int, default=0)
    show = commands.add_parser("show", help="read pairs, check them, print what is in them")
    show.add_argument("file", type=Path)
    show.add_argument("--strategy", help="only pairs of this one")
    show.add_argument("--limit", type=int, default=5, help="how many to print (default: 5)")
    options = parser.parse_args(arguments)
    if options.command == "build":
        _build(options)
    else:
        _show(options)


def _build(options: argparse.Namespace) -> None:
    from agents.finetuning.pairs import PairMix, build_pairs, described, write_pairs
    from envs.scenarios import load_scenarios

    chosen = {"count": options.count, "length_balance": options.length_balance, "seed": options.seed}
    if options.strategy:
        chosen["shares"] = dict(_share(text) for text in options.strategy)
    mix = PairMix.of(chosen)
    pairs = build_pairs(load_scenarios(options.scenarios, path=options.path, split=options.split), mix)
    write_pairs(pairs, options.out)
    print(f"{options.out}: {len(pairs)} pairs")
    _summarise(described(pairs))


def _share(text: str) -> tuple[str, float]:
    name, _, share = text.partition("=")
    try:
        return name, float(share or 1)
    except ValueError:
        raise UsageError(f"expected --strategy NAME or NAME=SHARE, got {text!r}") from None


def _show(options: argparse.Namespace) -> None:
    from agents.finetuning.pairs import described, read_pairs

    pairs = read_pairs(options.file)
    print(f"{options.file}: {len(pairs)} pairs")
    _summarise(described(pairs))
    shown = [pair for pair in pairs if options.strategy in (None, pair.strategy)]
    if not shown:
        names = ", ".join(sorted({pair.strategy for pair in pairs}))
        raise UsageError(f"expected --strategy among those of the file ({names}), got {options.strategy!r}")
    for pair in shown[: max(0, options.limit)]:
        _print(pair)


def _summarise(told: dict[str, object]) -> None:
    for name, value in told.items():
        text = ", ".join(f"{key} {share:.0%}" for key, share in value.items()) if isinstance(value, dict) else value
        print(f"  {name.replace('_', ' ')}: {text}")


def _print(pair: PreferencePair) -> None:
    from rich.console import Console
    from rich.text import Text

    from eval_suite.plain_text import plain

    console = Console(soft_wrap=True)
    console.print()
    console.print(Text(f"{pair.id}", style="bold"))
    heard = pair.prompt[-1].content.partition("[HEARD")[2].partition("]\n")[2].partition("\n[/")[0]
    for label, text, style in (
        ("heard", heard, ""),
        ("chosen", pair.chosen, "green"),
        ("rejected", pair.rejected, "red"),
        ("why", pair.why, "dim"),
        ("from", pair.rejected_from, "dim"),
    ):
        if text:
            console.print(Text(f"  {label:<9}", style="dim").append(plain(text, 2000), style=style))
