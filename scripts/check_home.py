"""``empathy-gym check-home``: what of a user's home is bound to which role, what is not, and whether our actions run there."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from scripts.errors import UsageError


def main(arguments: Sequence[str]) -> None:
    """Parse arguments, open the home, and tell."""
    parser = argparse.ArgumentParser(
        prog="empathy-gym check-home",
        description="Open a home of your own (a Habitat scene dataset and a mapping file): a line for each role, whose thing "
        "plays it, and why none does; then each action that fails, and why.",
    )
    parser.add_argument("mapping", type=Path, help="the mapping file; docs/habitat.md says what is in it")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], metavar="N", help="start places to try actions in (0)")
    parser.add_argument(
        "--things", action="store_true", help="also list the regions and things of the scene, to write a mapping by"
    )
    parser.add_argument("--picture", type=Path, metavar="PNG", help="write a picture of the home from above")
    parser.add_argument("--gpu-device-id", type=int, default=-1, metavar="N", help="GPU that draws; -1 for none (-1)")
    chosen = parser.parse_args(arguments)
    from envs.simulators import make_simulator
    from envs.simulators.habitat.homes.home import open_home

    if chosen.things:
        _list_things(chosen.mapping, chosen.gpu_device_id)
    home = open_home(chosen.mapping, gpu_device_id=chosen.gpu_device_id)
    print("\n".join(home.report()))
    simulator = make_simulator("habitat", gpu_device_id=chosen.gpu_device_id, samples=4)
    try:
        for seed in dict.fromkeys(chosen.seeds):
            failed = home.try_actions(simulator, seed)
            print(f"\nseed {seed}: {50 - len(failed)} of 50 actions succeed")
            for action, why in failed.items():
                print(f"  {action}: {why}")
        if chosen.picture is not None:
            _draw(simulator, home, chosen.picture)
    finally:
        simulator.close()


def _list_things(path: Path, gpu_device_id: int) -> None:
    from envs.simulators.habitat.context import open_context
    from envs.simulators.habitat.homes.mapping import load_mapping
    from envs.simulators.habitat.homes.survey import survey

    with survey(load_mapping(path), open_context(gpu_device_id)) as scene:
        for region in scene.regions:
            print(f"region {region.name}: {region.label or 'no label'}")
        for thing in sorted(scene.things, key=lambda item: (item.region or "", item.category or "", item.name)):
            doors = ", ".join(door.joint.name for door in thing.doors)
            size = " x ".join(f"{side:.2f}" for side in thing.size)
            print(f"{thing.region or 'no region'}: {thing.category or 'no category'}, template {thing.template}, {thing.name}, "
                  f"{size} m{f', opens at {doors}' if doors else ''}")  # fmt: skip
    print()


def _draw(simulator: object, home: object, path: Path) -> None:
    from PIL import Image

    from envs.simulators.base import Simulator
    from envs.simulators.cameras import dollhouse_camera
    from envs.simulators.habitat.homes.home import Home

    assert isinstance(simulator, Simulator) and isinstance(home, Home)
    household = home.household(0)
    simulator.reset(household)
    frame = simulator.render(dollhouse_camera(household), width=960, height=720)
    try:
        Image.fromarray(frame.rgb).save(path)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: cannot write a picture here: {error}; set --picture to a .png that you can write") from None
    print(f"\npicture: {path}")
