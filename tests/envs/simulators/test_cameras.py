"""Cameras: they see what they are for, do not flicker, and know which rooms are in view."""

from __future__ import annotations

import math

import numpy as np
import pytest

from envs.household import build_household, layout_names
from envs.household.house import Household
from envs.household.model import Pose
from envs.household.navigation import navigation_grid
from envs.simulators import Camera, Simulator, make_simulator
from envs.simulators.cameras import Cinematographer, dollhouse_camera, follow_camera, head_camera, pair_camera
from envs.simulators.visibility import view_axes, visible_rooms


def share(sim: Simulator, camera: Camera, body: str) -> tuple[float, float]:
    """How much of the picture's area and of its height a body takes up."""
    frame = sim.render(camera, width=96, height=96, semantic=True)
    assert frame.semantic is not None
    mask = frame.semantic == frame.names.index(body) + 1
    rows = np.flatnonzero(mask.any(axis=1))
    return float(mask.mean()), (rows[-1] - rows[0] + 1) / 96 if len(rows) else 0.0


@pytest.mark.parametrize("heading", range(0, 360, 45))
@pytest.mark.parametrize("at", [(1.4, 0.8), (3.4, 2.6), (6.0, 1.5), (7.6, 2.6), (4.3, 0.4)])
def test_follow_camera_shows_the_whole_body(
    drawing: Simulator, house: Household, at: tuple[float, float], heading: int
) -> None:
    drawing.move("robot", [at], speed=1.0)
    drawing.face("robot", float(heading))
    area, height = share(drawing, follow_camera(house, drawing, "robot"), "robot")
    assert area > 0.025
    assert 0.25 < height < 0.85


@pytest.mark.parametrize("layout", layout_names())
def test_nothing_in_a_home_hides_the_resident(layout: str) -> None:
    """Cabinets, hoods, lampshades and curtains hang where tripods stand; wherever one stands, one is seen whole."""
    household = build_household(layout, 0)
    grid = navigation_grid(household)
    sim = make_simulator("mujoco")
    shown = []
    try:
        for number, room in enumerate(sorted(household.rooms)):
            centre = grid.room_centre(room)
            assert centre is not None
            for turn in range(0, 360, 90):
                sim.reset(household)
                free = grid.free_distance(centre, turn, 3.0)
                angle = math.radians(turn)
                sim.move("resident", [(centre[0] + free * math.cos(angle), centre[1] + free * math.sin(angle))], speed=1.0)
                sim.face("resident", 37.0 * number + turn)
                shown.append(share(sim, follow_camera(household, sim, "resident"), "resident"))
    finally:
        sim.close()
    assert min(area for area, _ in shown) > 0.03, shown
    assert min(height for _, height in shown) > 0.3, shown
    assert max(height for _, height in shown) < 0.95, shown  # heads and feet are in the picture


def test_both_are_in_the_picture_of_both(drawing: Simulator, house: Household) -> None:
    drawing.move("resident", [(6.2, 1.6)], speed=1.0)
    drawing.move("robot", [(4.9, 1.4)], speed=1.0)
    camera = pair_camera(house, drawing)
    assert camera is not None
    frame = drawing.render(camera, width=96, height=96, semantic=True)
    assert frame.semantic is not None
    for body in ("robot", "resident"):
        mask = frame.semantic == frame.names.index(body) + 1
        assert mask.mean() > 0.015, body
        assert not (mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any()), f"{body} is cut by the edge"


def test_no_picture_of_both_across_rooms(drawing: Simulator, house: Household) -> None:
    drawing.move("resident", [(6.2, 1.6)], speed=1.0)
    drawing.move("robot", [(1.4, 1.2)], speed=1.0)
    assert pair_camera(house, drawing) is None


def test_follow_camera_prefers_faces(drawing: Simulator, house: Household) -> None:
    for heading in (0.0, 90.0, 180.0, 270.0):
        drawing.face("resident", heading)
        camera = follow_camera(house, drawing, "resident")
        body = drawing.pose("resident")
        ahead, aside, _ = body.local(*camera.position[:2])
        assert abs(math.degrees(math.atan2(aside, ahead))) < 100


def test_what_hands_are_at_is_in_the_picture(drawing: Simulator, house: Household) -> None:
    drawing.move("robot", [(1.4, 2.0)], speed=1.0)
    drawing.face("robot", 0.0)
    drawing.gesture("robot", "work", drawing.pose("mug")[:3])
    drawing.gesture("robot", "reach", drawing.pose("mug")[:3])
    frame = drawing.render(follow_camera(house, drawing, "robot"), width=192, height=192, semantic=True)
    assert frame.semantic is not None
    assert (frame.semantic == frame.names.index("mug") + 1).any()


def test_cuts_are_rare(drawing: Simulator, house: Household) -> None:
    director = Cinematographer(house)
    shots: list[tuple[float, ...]] = []
    drawing.tick = lambda _: shots.append(director.view(drawing, "robot").position)
    drawing.move("robot", [(1.4, 1.2), (3.2, 1.2), (4.6, 1.5), (6.4, 1.6), (7.0, 1.0)], speed=1.0)
    drawing.wait(3.0)
    cuts = sum(a != b for a, b in zip(shots, shots[1:], strict=False))
    assert 1 <= cuts <= 6
    assert len(set(shots[-25:])) == 1


def test_a_new_episode_starts_a_new_view(drawing: Simulator, house: Household) -> None:
    director = Cinematographer(house)
    drawing.wait(5.0)
    director.view(drawing, "robot")
    drawing.move("robot", [(1.4, 1.2), (4.6, 1.5), (6.4, 1.6)], speed=1.0)
    director.view(drawing, "robot")
    drawing.reset(house)
    assert director.view(drawing, "robot") == follow_camera(house, drawing, "robot")


def test_eyes_look_ahead_and_hide_their_body(simulator: Simulator) -> None:
    camera = head_camera(simulator)
    body = simulator.pose("robot")
    assert camera.hide == ("robot",)
    assert math.dist(camera.position[:2], body[:2]) < 0.35
    assert 0.9 < camera.position[2] < 1.4
    ahead, aside, _ = body.local(*camera.target)
    assert ahead > 0.4
    assert abs(aside) < 0.3


def test_dollhouse_shows_every_room(drawing: Simulator, house: Household) -> None:
    frame = drawing.render(dollhouse_camera(house), width=160, height=120, semantic=True)
    assert frame.semantic is not None
    seen = {frame.names[number - 1] for number in np.unique(frame.semantic) if number}
    assert {"kitchen/floor", "parlour/floor", "robot", "resident", "fridge", "sofa"} <= seen
    assert "kitchen/ceiling" not in seen
    border = np.concatenate([frame.semantic[0], frame.semantic[-1], frame.semantic[:, 0], frame.semantic[:, -1]])
    assert (border == 0).all()


def test_rooms_in_view(house: Household) -> None:
    door, away = (4.0, 1.5, 1.0), (0.5, 0.3, 1.0)
    assert set(visible_rooms(house, Camera((1.0, 1.5, 1.5), door), 1.0) or ()) == {"kitchen", "parlour"}
    assert set(visible_rooms(house, Camera((3.5, 0.4, 1.5), away, 50.0), 1.0) or ()) == {"kitchen"}
    assert set(visible_rooms(house, Camera((3.9, 1.5, 1.5), away, 50.0), 1.0) or ()) == {"kitchen", "parlour"}  # in the door
    assert visible_rooms(house, Camera((4.0, -5.0, 6.0), door), 1.0) is None
    behind = visible_rooms(house, Camera((2.0, 1.5, 1.5), (6.0, 1.5, 1.0), room="parlour"), 1.0)
    assert behind == {"parlour": frozenset({"kitchen"})}


@pytest.mark.parametrize("target", [(1.0, 0.0, 0.0), (0.3, -0.4, 2.0), (0.0, 0.0, -1.0)])
def test_view_axes_are_a_frame(target: tuple[float, float, float]) -> None:
    axes = np.array(view_axes(Camera((0.0, 0.0, 0.0), target)))
    assert np.allclose(axes @ axes.T, np.eye(3))
    assert axes[1][2] == 0.0
    assert axes[2][2] >= 0.0


def test_camera_must_look_somewhere() -> None:
    with pytest.raises(ValueError, match="looks at another point"):
        view_axes(Camera((1.0, 1.0, 1.0), (1.0, 1.0, 1.0)))


def test_follow_camera_needs_no_figures(house: Household) -> None:
    sim = make_simulator("symbolic")
    sim.reset(house)
    camera = follow_camera(house, sim, "resident")
    assert math.dist(camera.position, sim.pose("resident")[:3]) < 5.0
    assert Pose(*camera.position).z < house.blueprint.wall_height
