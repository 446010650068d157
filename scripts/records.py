"""``empathy-gym finetune records``: supervised records of a scenario set as JSON Lines, to look at or to train on elsewhere."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str]) -> None:
    """Parse arguments, build, write, say what is in the file."""
    parser = argparse.ArgumentParser(
        prog="empathy-gym finetune records", description="Supervised records of a scenario set, with provenance."
    )
    parser.add_argument("out", type=Path, help="the file to write")
    parser.add_argument("--scenarios", default="hearth", help="scenario set (default: hearth)")
    parser.add_argument("--path", help="the user's files, for sets that need them")
    parser.add_argument("--split", default="train", help="train, validation or test (default: train)")
    parser.add_argument("--limit", type=int, help="at most this many scenarios")
    parser.add_argument("--references", type=int, default=1, help="how many ranked references answer (default: 1)")
    parser.add_argument("--multi-turn", type=float, default=0.0, help="share of conversations over several moments")
    parser.add_argument("--turns", type=int, default=4, help="moments in such a conversation")
    parser.add_argument(
        "--frames",
        type=int,
        default=0,
        metavar="N",
        help="show N pictures of the resident instead of the script, for models that see",
    )
    parser.add_argument("--simulator", default="mujoco", help="what takes the pictures (default: mujoco)")
    parser.add_argument("--seed", type=int, default=0)
    _build(parser.parse_args(arguments))


def _build(options: argparse.Namespace) -> None:
    from agents.finetuning.records import counted, write_records
    from agents.finetuning.supervised import SupervisedData, build_records
    from envs.scenarios import load_scenarios
    from scripts.errors import UsageError

    if options.frames < 0 or (options.frames and options.multi_turn):
        raise UsageError("expected --frames from 0, and 0 with --multi-turn: conversations over several moments have no films")
    scenarios = load_scenarios(options.scenarios, path=options.path, split=options.split, limit=options.limit)
    data = SupervisedData(references=options.references, multi_turn=options.multi_turn, turns=options.turns, seed=options.seed)
    if options.frames:
        from agents.finetuning.watched import watched_records
        from envs.simulators import make_simulator
        from eval_suite.progress import progress_bar

        simulator = make_simulator(options.simulator)
        try:
            with progress_bar("filming") as progress:
                records = watched_records(
                    scenarios, simulator, options.out.parent, data, frames=options.frames, progress=progress
                )
        finally:
            simulator.close()
    else:
        records = build_records(scenarios, data)
    write_records(records, options.out)
    for name, value in counted(records).items():
        print(f"{name.replace('_', ' ')}: {value}")
    print(f"records: {options.out}")
