"""Pictures: the same every time, true to the house, and lit by its lamps."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from envs.household.house import Household
from envs.household.model import Pose
from envs.simulators import Camera, Frame, Look, Manner, Simulator, SimulatorUnavailable, make_simulator

ROOT = Path(__file__).parents[3]
KITCHEN = Camera((3.6, 0.4, 1.9), (1.0, 2.2, 0.8), 65.0)
PARLOUR = Camera((4.4, 0.4, 1.9), (6.6, 1.8, 0.7), 65.0)


def look(sim: Simulator, camera: Camera, *, size: int = 96, **wanted: bool) -> Frame:
    """A small square picture."""
    return sim.render(camera, width=size, height=size, **wanted)


def seen(frame: Frame) -> set[str]:
    """Names of what is in a semantic picture."""
    assert frame.semantic is not None
    return {frame.names[number - 1] for number in np.unique(frame.semantic) if number}


def test_same_calls_same_bytes_in_one_process_and_in_another(drawing: Simulator, house: Household, tmp_path: Path) -> None:
    other = make_simulator("mujoco")
    other.reset(house, look=Look(), manner=Manner(-0.8, -0.5))
    drawing.reset(house, look=Look(), manner=Manner(-0.8, -0.5))
    for sim in (drawing, other):
        sim.move("resident", [(5.2, 1.4)], speed=1.0)
    frames = [look(sim, PARLOUR, depth=True, semantic=True) for sim in (drawing, other, drawing)]
    other.close()
    digests = {hashlib.sha256(f.rgb.tobytes() + f.depth.tobytes() + f.semantic.tobytes()).hexdigest() for f in frames}  # type: ignore[union-attr]
    assert len(digests) == 1
    blueprint = tmp_path / "house.json"
    blueprint.write_text(house.blueprint.model_dump_json())
    script = f"""
import hashlib
from envs.household import Blueprint, instantiate
from envs.simulators import Camera, Look, Manner, make_simulator
sim = make_simulator("mujoco")
plan = Blueprint.model_validate_json(open({str(blueprint)!r}).read())
sim.reset(instantiate(plan, 0), look=Look(), manner=Manner(-0.8, -0.5))
sim.move("resident", [(5.2, 1.4)], speed=1.0)
frame = sim.render(Camera({PARLOUR.position}, {PARLOUR.target}, 65.0), width=96, height=96)
print(hashlib.sha256(frame.rgb.tobytes()).hexdigest())
"""
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env={**os.environ, "LP_NUM_THREADS": "0"},
                         capture_output=True, text=True, check=True)  # fmt: skip
    assert run.stdout.strip() == hashlib.sha256(frames[0].rgb.tobytes()).hexdigest()


def test_shapes_and_kinds(drawing: Simulator) -> None:
    frame = drawing.render(KITCHEN, width=80, height=48, depth=True, semantic=True)
    assert frame.rgb.shape == (48, 80, 3)
    assert frame.rgb.dtype == np.uint8
    assert frame.depth is not None
    assert frame.depth.shape == (48, 80)
    assert frame.depth.dtype == np.float32
    assert frame.semantic is not None
    assert frame.semantic.dtype == np.int32
    assert frame.semantic.max() <= len(frame.names)
    plain = drawing.render(KITCHEN, width=80, height=48)
    assert plain.depth is None
    assert plain.semantic is None
    np.testing.assert_array_equal(plain.rgb, frame.rgb)


def test_pictures_are_not_shared(drawing: Simulator) -> None:
    first = look(drawing, KITCHEN)
    copy = first.rgb.copy()
    drawing.set_joint("fridge", "door", 1.0)
    look(drawing, KITCHEN)
    np.testing.assert_array_equal(first.rgb, copy)


def test_depth_is_metres(drawing: Simulator) -> None:
    # Straight at the parlour's east wall (x = 8) from 2.5 m, above the lamp.
    frame = look(drawing, Camera((5.5, 1.0, 1.9), (8.0, 1.0, 1.9), 30.0), depth=True)
    assert frame.depth is not None
    assert frame.depth[48, 48] == pytest.approx(2.5, abs=0.01)


def test_semantic_names_what_is_there(drawing: Simulator) -> None:
    names = seen(look(drawing, KITCHEN, semantic=True))
    assert {"fridge", "table", "mug", "book", "box", "robot", "kitchen/floor", "kitchen/wall"} <= names
    frame = look(drawing, Camera((1.4, 0.8, 2.4), (1.4, 0.81, 0.0), 60.0), semantic=True)
    assert frame.semantic is not None
    assert frame.names[frame.semantic[48, 48] - 1] == "robot"


def test_soft_shadow_is_not_part_of_the_body(drawing: Simulator) -> None:
    frame = look(drawing, Camera((1.4, 0.8, 2.4), (1.4, 0.81, 0.0), 60.0), semantic=True)
    assert frame.semantic is not None
    share = (frame.semantic == frame.names.index("robot") + 1).mean()
    assert 0.01 < share < 0.15


def test_walls_hide_other_rooms_and_doors_show_them(drawing: Simulator) -> None:
    away_from_door = seen(look(drawing, Camera((3.5, 0.5, 1.6), (1.0, 0.5, 1.0), 60.0), semantic=True))
    assert not any(name.startswith("parlour") for name in away_from_door)
    assert "resident" not in away_from_door
    through_door = seen(look(drawing, Camera((1.0, 1.5, 1.4), (4.0, 1.5, 1.0), 60.0), semantic=True))
    assert {"parlour/floor", "kitchen/parlour/doorway"} <= through_door


def test_camera_behind_a_wall_looks_through_it(drawing: Simulator) -> None:
    inside = seen(look(drawing, Camera((6.0, -1.5, 1.6), (6.0, 2.0, 0.8), 60.0, room="parlour"), semantic=True))
    assert {"sofa", "parlour/floor", "resident"} <= inside
    assert "parlour/window" not in inside
    # From the kitchen through the back of the wall: the kitchen itself is not in the way.
    through = seen(look(drawing, Camera((2.6, 0.8, 1.6), (6.0, 1.6, 0.8), 60.0, room="parlour"), semantic=True))
    assert {"sofa", "parlour/floor"} <= through
    assert not any(name.startswith("kitchen") for name in through)


def test_eyes_do_not_see_their_own_body(drawing: Simulator) -> None:
    camera = Camera((1.4, 0.8, 1.2), (1.4, 2.0, 0.4), 80.0)
    assert "robot" in seen(look(drawing, camera, semantic=True))
    hidden = Camera(camera.position, camera.target, camera.fovy, hide=("robot",))
    assert "robot" not in seen(look(drawing, hidden, semantic=True))


def test_lamp_lights_its_room_and_no_other(drawing: Simulator) -> None:
    dark, kitchen = look(drawing, PARLOUR).rgb.astype(int), look(drawing, KITCHEN).rgb.astype(int)
    drawing.set_switch("lamp", True)
    lit = look(drawing, PARLOUR).rgb.astype(int)
    assert (lit - dark).mean() > 2.0
    assert (lit - dark)[:, :, 0].mean() > (lit - dark)[:, :, 2].mean()  # warm
    # The kitchen's own surfaces keep their brightness (its door shows a bit of the parlour).
    assert abs(look(drawing, KITCHEN).rgb.astype(int) - kitchen).mean() < 0.5
    drawing.set_switch("lamp", False)
    again = look(drawing, PARLOUR).rgb.astype(int)
    assert (again != dark).any(axis=2).mean() < 0.05  # people breathe; the room is as it was


@pytest.mark.parametrize("state", ["water", "coffee"])
def test_what_is_in_a_mug_can_be_seen(drawing: Simulator, state: str) -> None:
    mug = drawing.pose("mug")
    camera = Camera((mug.x - 0.15, mug.y - 0.15, mug.z + 0.4), mug[:3], 35.0)
    empty = look(drawing, camera).rgb
    drawing.set_state("mug", state, True)
    full = look(drawing, camera).rgb
    assert (np.abs(full.astype(int) - empty).max(axis=2) > 20).sum() > 20
    drawing.set_state("mug", state, False)
    np.testing.assert_array_equal(look(drawing, camera).rgb, empty)


def test_open_door_shows_what_is_inside(drawing: Simulator) -> None:
    front = Camera((2.0, 2.2, 1.4), (0.4, 2.4, 1.0), 50.0)
    assert "apple" not in seen(look(drawing, front, semantic=True))
    drawing.set_joint("fridge", "door", 1.0)
    assert "apple" in seen(look(drawing, front, semantic=True, size=192))


def test_everything_moves_in_the_picture_as_it_does_in_the_books(drawing: Simulator) -> None:
    drawing.grasp("robot", "book")
    drawing.move("robot", [(1.4, 1.2), (3.0, 1.2), (5.0, 1.5), (6.0, 1.4)], speed=1.0)
    drawing.release("robot", "book", Pose(7.0, 1.2, 0.0, 0.0))
    names = seen(look(drawing, PARLOUR, semantic=True, size=192))
    assert {"robot", "book"} <= names
    assert "robot" not in seen(look(drawing, KITCHEN, semantic=True))


def test_looks_and_moods_show(drawing: Simulator, house: Household) -> None:
    camera = Camera((5.2, 1.2, 1.4), (6.5, 1.2, 1.0), 60.0)
    pictures = []
    for dress, mood in ((Look(), Manner()), (Look(top="#d62828"), Manner()), (Look(top="#d62828"), Manner(-0.9, -0.6))):
        drawing.reset(house, look=dress, manner=mood)
        pictures.append(look(drawing, camera).rgb.astype(int))
    assert abs(pictures[0] - pictures[1]).mean() > 1.0
    assert abs(pictures[1] - pictures[2]).mean() > 1.0


def test_sizes_can_change_and_have_a_limit(drawing: Simulator) -> None:
    small = look(drawing, KITCHEN, size=64).rgb
    assert look(drawing, KITCHEN, size=200).rgb.shape == (200, 200, 3)
    np.testing.assert_array_equal(look(drawing, KITCHEN, size=64).rgb, small)
    with pytest.raises(ValueError, match="1920"):
        look(drawing, KITCHEN, size=2000)


def test_versions_say_what_drew(drawing: Simulator) -> None:
    versions = drawing.versions()
    assert versions["simulator"] == "mujoco"
    assert versions["renderer"] in ("egl", "osmesa")
    assert versions["gl"]["renderer"]


def test_without_opengl_one_line_says_what_to_install(house: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUJOCO_GL", "off")
    sim = make_simulator("mujoco")
    sim.reset(house)
    sim.move("robot", [(1.4, 1.2)], speed=1.0)
    with pytest.raises(SimulatorUnavailable, match="libegl1 and libgl1-mesa-dri, or libosmesa6") as caught:
        sim.render(KITCHEN)
    assert "\n" not in str(caught.value)
    assert sim.pose("robot").y == pytest.approx(1.2)
    sim.close()


def test_missing_libraries_are_named(house: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    from envs.simulators.mujoco import headless

    monkeypatch.delenv("MUJOCO_GL", raising=False)
    monkeypatch.setattr(headless, "_LIBRARIES", {"egl": "libEGL.missing", "osmesa": "libOSMesa.missing"})
    sim = make_simulator("mujoco")
    sim.reset(house)
    with pytest.raises(SimulatorUnavailable, match="libEGL.missing.*libOSMesa.missing"):
        sim.render(KITCHEN)
    assert "MUJOCO_GL" not in os.environ
    sim.close()


def test_symbolic_simulator_makes_no_pictures(house: Household) -> None:
    sim = make_simulator("symbolic")
    sim.reset(house)
    with pytest.raises(SimulatorUnavailable, match="simulator=mujoco"):
        sim.render(KITCHEN)
