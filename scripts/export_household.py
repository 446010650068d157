"""``empathy-gym export-household``: a layout as a Habitat scene dataset, and as one glTF file for any viewer."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from scripts.errors import UsageError


def main(arguments: Sequence[str]) -> None:
    """Parse arguments and write."""
    parser = argparse.ArgumentParser(
        prog="empathy-gym export-household",
        description="Write a layout as a Habitat scene dataset: glTF stage and objects, URDF furniture, JSON configs, semantic "
        "ids. DIR/LAYOUT.glb opens in any glTF viewer.",
    )
    parser.add_argument("--layout", required=True, help="a bundled layout; see empathy-gym list layouts")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder to write to")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], metavar="N", help="start places: one scene for each (0)")
    parser.add_argument("--navmesh", action="store_true", help="also compute the navmesh; needs Habitat-Sim")
    chosen = parser.parse_args(arguments)
    from envs.household import build_household, layout_names
    from envs.simulators.habitat.dataset import write_dataset

    if chosen.layout not in layout_names():
        raise UsageError(f"expected --layout among {', '.join(layout_names())}; got {chosen.layout!r}")
    households = [build_household(chosen.layout, seed) for seed in dict.fromkeys(chosen.seeds)]
    try:
        write_dataset(households, chosen.out, navmesh=chosen.navmesh)
    except OSError as error:
        raise UsageError(f"{chosen.out}: cannot write here: {error.strerror}; set --out to a folder you can write") from None
    files = [path for path in chosen.out.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    print(f"{len(files)} files, {size:.1f} MB in {chosen.out}; open {chosen.layout}.glb, or in Habitat the scene "
          f"{chosen.layout}_{households[0].seed} of {chosen.layout}.scene_dataset_config.json")  # fmt: skip
