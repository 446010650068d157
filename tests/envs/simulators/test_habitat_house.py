"""Habitat: its own poses and joints, its navmesh, its pictures beside MuJoCo's, and many of them for a long time."""

from __future__ import annotations

import gc
import math
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from envs.household import Household, build_household, layout_names
from envs.household.model import Pose
from envs.household.navigation import navigation_grid
from envs.residents.scripts import resident_scripts
from envs.simulators import Camera, Frame, Look, Manner, Simulator, SimulatorUnavailable, make_simulator
from envs.simulators.cameras import follow_camera, head_camera
from envs.simulators.habitat.context import check_device, load_habitat
from envs.simulators.habitat.dataset import write_dataset
from envs.simulators.habitat.frames import from_habitat
from envs.skills import WorldState, apply_home_state, execute_action, execute_program
from plans.actions import ACTIONS

try:
    load_habitat()
    check_device(-1)
except SimulatorUnavailable as reason:
    pytest.skip(str(reason), allow_module_level=True)

LAYOUTS = layout_names()
KITCHEN = Camera((3.6, 0.4, 1.9), (1.0, 2.2, 0.8), 65.0)
PARLOUR = Camera((4.4, 0.4, 1.9), (6.6, 1.8, 0.7), 65.0)


@pytest.fixture(scope="module")
def shared() -> Iterator[Simulator]:
    """One Habitat simulator for all tests."""
    sim = make_simulator("habitat")
    yield sim
    sim.close()


@pytest.fixture
def habitat(shared: Simulator, house: Household) -> Simulator:
    """Habitat, reset."""
    shared.tick = None
    shared.reset(house)
    return shared


def look(sim: Simulator, camera: Camera, *, size: int = 96, **wanted: bool) -> Frame:
    return sim.render(camera, width=size, height=size, **wanted)


def seen(frame: Frame) -> set[str]:
    assert frame.semantic is not None
    return {frame.names[number - 1] for number in np.unique(frame.semantic) if number}


# --- poses and joints are Habitat's


def test_poses_are_read_from_habitat_and_not_from_the_books(habitat: Simulator) -> None:
    import magnum

    thing = habitat._scene.things["book"].root  # type: ignore[attr-defined]
    thing.translation = magnum.Vector3(1.0, 0.5, -2.0)
    pose = habitat.pose("book")
    assert pose[:3] == pytest.approx((1.0, 2.0, 0.5), abs=1e-6)
    thing.rotation = magnum.Quaternion.rotation(magnum.Deg(40.0), magnum.Vector3.y_axis())
    assert habitat.pose("book").heading == pytest.approx(40.0, abs=1e-3)


def test_doors_are_habitats_joints(habitat: Simulator, house: Household) -> None:
    doors = habitat._scene.things["fridge"].doors  # type: ignore[attr-defined]
    plan = house.entities["fridge"].model.joints[0]
    habitat.set_joint("fridge", "door", 0.5)
    assert list(doors.joint_positions) == pytest.approx([math.radians(plan.opening) / 2], abs=1e-6)
    doors.joint_positions = [math.radians(plan.opening) * 0.25]
    assert habitat.joint("fridge", "door") == pytest.approx(0.25, abs=1e-6)
    low, high = doors.joint_position_limits
    assert min(low[0], high[0]) - 1e-6 <= math.radians(plan.opening) <= max(low[0], high[0]) + 1e-6


def test_every_body_segment_is_a_kinematic_object_of_its_own(habitat: Simulator) -> None:
    kinematic = load_habitat().physics.MotionType.KINEMATIC
    for body in ("robot", "resident"):
        segments = habitat._scene.worn(body)  # type: ignore[attr-defined]
        assert set(segments) == set(habitat.figures[body].segments)  # type: ignore[attr-defined]
        assert all(part.thing.motion_type == kinematic for parts in segments.values() for part in parts)
    look(habitat, KITCHEN)
    pelvis = habitat._scene.worn("robot")["pelvis"][0].thing  # type: ignore[attr-defined]
    x, y, _ = from_habitat(pelvis.translation)
    assert math.dist((x, y), habitat.pose("robot")[:2]) < 0.15


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_action_ends_as_in_the_symbolic_house(shared: Simulator, layout: str) -> None:
    """The same outcome step by step, the same facts, poses within a millimetre, by Habitat's own poses and joints."""
    symbolic = make_simulator("symbolic")
    house = build_household(layout, 0)
    for name in ACTIONS:
        outcomes = []
        for sim in (symbolic, shared):
            sim.tick = None
            sim.reset(house)
            if name == "close_fridge":
                apply_home_state(sim, house, {"fridge": "open"})
            outcome = execute_action(sim, house, name)
            outcomes.append((outcome.to_dict(), list(WorldState(sim, house).facts())))
        assert outcomes[1][0]["ok"], name
        assert outcomes[0] == outcomes[1], name
        for entity in house.entities:
            if symbolic.holder(entity) is None:
                place = shared._scene.place(entity)  # type: ignore[attr-defined]
                assert math.dist(place[:3], symbolic.pose(entity)[:3]) < 1e-3, (name, entity)


# --- walking


@pytest.mark.parametrize("layout", LAYOUTS)
def test_our_paths_lie_on_habitats_navmesh(shared: Simulator, layout: str) -> None:
    house = build_household(layout, 0)
    shared.reset(house)
    navmesh = shared.navmesh()  # type: ignore[attr-defined]
    grid = navigation_grid(house)
    starts = [house.starts["robot"][:2], house.starts["resident"][:2]]
    gaps, ratios = [], []
    for start in starts:
        for room in house.rooms:
            goal = grid.room_centre(room)
            assert goal is not None
            ours = grid.path(start, goal)
            theirs = navmesh.path(start, goal)
            assert ours is not None
            assert theirs is not None, (layout, start, goal)
            points = _along(ours.points)
            gaps += [navmesh.gap(point) for point in points]
            ratios.append((_length(ours.points), _length(theirs)))
    assert np.quantile(gaps, 0.98) < 0.08
    assert max(gaps) < 0.16
    for mine, other in ratios:
        assert mine == pytest.approx(other, rel=0.15, abs=0.4)


def _along(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    found = []
    for (ax, ay), (bx, by) in zip(points, points[1:], strict=False):
        count = max(1, round(math.dist((ax, ay), (bx, by)) / 0.1))
        found += [(ax + (bx - ax) * i / count, ay + (by - ay) * i / count) for i in range(count + 1)]
    return found


def _length(points: list[tuple[float, float]]) -> float:
    return sum(math.dist(a, b) for a, b in zip(points, points[1:], strict=False))


def test_navmesh_is_recomputed_for_other_bodies(shared: Simulator) -> None:
    shared.reset(build_household("maple", 0))
    slim, wide = (shared.navmesh(radius=radius).area for radius in (0.1, 0.35))  # type: ignore[attr-defined]
    assert slim > 1.2 * wide > 0
    with pytest.raises(SimulatorUnavailable, match="use a smaller one"):
        shared.navmesh(radius=5.0)  # type: ignore[attr-defined]


# --- pictures


def test_pictures_show_the_same_things_as_mujocos(habitat: Simulator, house: Household, drawing: Simulator) -> None:
    for camera in (KITCHEN, PARLOUR, head_camera(habitat), follow_camera(house, habitat, "resident")):
        mine, other = (look(sim, camera, size=160, depth=True, semantic=True) for sim in (habitat, drawing))
        assert mine.names  # the order of names differs, what they name does not
        labels = [np.array(["", *frame.names])[frame.semantic] for frame in (mine, other)]
        assert (labels[0] == labels[1]).mean() > 0.97
        assert mine.depth is not None
        assert other.depth is not None
        assert np.quantile(np.abs(mine.depth - other.depth), 0.97) < 0.02
        assert np.abs(mine.rgb.astype(float) - other.rgb).mean() < 22
        assert np.corrcoef(mine.rgb.ravel(), other.rgb.ravel())[0, 1] > 0.9


def test_same_calls_same_bytes(habitat: Simulator, house: Household) -> None:
    frames = []
    for _ in range(2):
        habitat.reset(house, look=Look(), manner=Manner(-0.8, -0.5))
        habitat.move("resident", [(5.2, 1.4)], speed=1.0)
        frames.append(look(habitat, PARLOUR, depth=True, semantic=True))
    for name in ("rgb", "depth", "semantic"):
        np.testing.assert_array_equal(getattr(frames[0], name), getattr(frames[1], name))


def test_pictures_are_habitats_own(habitat: Simulator) -> None:
    """One drawing for colours and ids gives what Habitat's own three sensors give."""
    import magnum

    module = load_habitat()
    sim = habitat._scene.sim  # type: ignore[attr-defined]
    frame = look(habitat, KITCHEN, depth=True, semantic=True)
    kinds = {"color": module.SensorType.COLOR, "depth": module.SensorType.DEPTH, "semantic": module.SensorType.SEMANTIC}
    for kind, sensor_type in kinds.items():
        spec = module.CameraSensorSpec()
        spec.uuid, spec.sensor_type, spec.resolution, spec.position = f"raw {kind}", sensor_type, [96, 96], [0.0, 0.0, 0.0]
        spec.near, spec.far, spec.channels = 0.04, 60.0, 4 if kind == "color" else 1
        sim.add_sensor(spec, 0)
        sim._sensors[spec.uuid]._sensor_object.fov = magnum.Deg(KITCHEN.fovy)
    raw = sim.get_sensor_observations()
    inside = raw["raw semantic"] > 0
    np.testing.assert_array_equal(raw["raw color"][inside][:, :3], frame.rgb[inside])
    np.testing.assert_array_equal(raw["raw semantic"], frame.semantic)
    np.testing.assert_allclose(raw["raw depth"][inside], frame.depth[inside], atol=1e-4)
    for kind in kinds:
        module.sensor.SensorFactory.delete_sensor(sim._sensors.pop(f"raw {kind}")._sensor_object)


def test_a_picture_costs_hardly_more_than_habitats_own_sensors(shared: Simulator) -> None:
    """Processor time of colour, depth and ids at 256 x 256 with both bodies moving, against the bare sensors."""
    import magnum

    module = load_habitat()
    shared.reset(build_household("maple", 0))
    camera = head_camera(shared)
    shared.render(camera, depth=True, semantic=True)
    sim = shared._scene.sim  # type: ignore[attr-defined]
    kinds = {"color": module.SensorType.COLOR, "depth": module.SensorType.DEPTH, "semantic": module.SensorType.SEMANTIC}
    sensors = []
    for kind, sensor_type in kinds.items():
        spec = module.CameraSensorSpec()
        spec.uuid, spec.sensor_type, spec.resolution, spec.position = f"bare {kind}", sensor_type, [256, 256], [0.0, 0.0, 0.0]
        spec.channels = 4 if kind == "color" else 1
        sim.add_sensor(spec, 0)
        sensors.append(sim._sensors[spec.uuid])
        sensors[-1]._sensor_object.fov = magnum.Deg(camera.fovy)

    def bare() -> None:
        for sensor in sensors:
            sensor.draw_observation()
        for sensor in sensors:
            sensor.get_observation()

    def ours() -> None:
        shared.time += 0.1
        for body in ("robot", "resident"):
            shared._touched(body)  # type: ignore[attr-defined]
        shared.render(camera, depth=True, semantic=True)

    def cost(work: Callable[[], None]) -> float:
        start = time.process_time()
        for _ in range(5):
            work()
        return time.process_time() - start

    rounds = [(cost(bare), cost(ours)) for _ in range(8)]
    for kind in kinds:
        module.sensor.SensorFactory.delete_sensor(sim._sensors.pop(f"bare {kind}")._sensor_object)
    assert statistics.median(mine / other for other, mine in rounds) < 1.10


def test_depth_is_metres(habitat: Simulator) -> None:
    frame = look(habitat, Camera((5.5, 1.0, 1.9), (8.0, 1.0, 1.9), 30.0), depth=True)
    assert frame.depth is not None
    assert frame.depth[48, 48] == pytest.approx(2.5, abs=0.01)


def test_open_door_shows_what_is_inside(habitat: Simulator) -> None:
    front = Camera((2.0, 2.2, 1.4), (0.4, 2.4, 1.0), 50.0)
    assert "apple" not in seen(look(habitat, front, semantic=True))
    habitat.set_joint("fridge", "door", 1.0)
    assert "apple" in seen(look(habitat, front, semantic=True, size=192))


def test_lamp_lights_its_room_and_no_other(habitat: Simulator) -> None:
    dark, kitchen = look(habitat, PARLOUR).rgb.astype(int), look(habitat, KITCHEN).rgb.astype(int)
    habitat.set_switch("lamp", True)
    lit = look(habitat, PARLOUR).rgb.astype(int)
    assert (lit - dark).mean() > 2.0
    assert (lit - dark)[:, :, 0].mean() > (lit - dark)[:, :, 2].mean()  # warm
    assert abs(look(habitat, KITCHEN).rgb.astype(int) - kitchen).mean() < 0.5
    habitat.set_switch("lamp", False)
    again = look(habitat, PARLOUR).rgb.astype(int)
    assert (again != dark).any(axis=2).mean() < 0.05


@pytest.mark.parametrize("state", ["water", "coffee"])
def test_what_is_in_a_mug_can_be_seen(habitat: Simulator, state: str) -> None:
    mug = habitat.pose("mug")
    camera = Camera((mug.x - 0.15, mug.y - 0.15, mug.z + 0.4), mug[:3], 35.0)
    empty = look(habitat, camera).rgb
    habitat.set_state("mug", state, True)
    assert (np.abs(look(habitat, camera).rgb.astype(int) - empty).max(axis=2) > 20).sum() > 20
    habitat.set_state("mug", state, False)
    np.testing.assert_array_equal(look(habitat, camera).rgb, empty)


def test_walls_hide_other_rooms_and_cameras_look_through_the_backs_of_walls(habitat: Simulator) -> None:
    away = seen(look(habitat, Camera((3.5, 0.5, 1.6), (1.0, 0.5, 1.0), 60.0), semantic=True))
    assert not any(name.startswith("parlour") for name in away)
    inside = seen(look(habitat, Camera((6.0, -1.5, 1.6), (6.0, 2.0, 0.8), 60.0, room="parlour"), semantic=True))
    assert {"sofa", "parlour/floor", "resident"} <= inside
    assert "parlour/window" not in inside
    through = seen(look(habitat, Camera((2.6, 0.8, 1.6), (6.0, 1.6, 0.8), 60.0, room="parlour"), semantic=True))
    assert {"sofa", "parlour/floor"} <= through
    assert not any(name.startswith("kitchen") for name in through)


def test_eyes_do_not_see_their_own_body_and_hiding_moves_nothing(habitat: Simulator) -> None:
    camera = Camera((1.4, 0.8, 1.2), (1.4, 2.0, 0.4), 80.0)
    assert "robot" in seen(look(habitat, camera, semantic=True))
    before = {name: habitat.pose(name) for name in habitat.household.entities}  # type: ignore[attr-defined]
    hidden = Camera(camera.position, camera.target, camera.fovy, hide=("robot",))
    assert "robot" not in seen(look(habitat, hidden, semantic=True))
    assert before == {name: habitat.pose(name) for name in before}
    assert "robot" in seen(look(habitat, camera, semantic=True))


def test_looks_and_moods_show(habitat: Simulator, house: Household) -> None:
    camera = Camera((5.2, 1.2, 1.4), (6.5, 1.2, 1.0), 60.0)
    pictures = []
    for dress, mood in ((Look(), Manner()), (Look(top="#d62828"), Manner()), (Look(top="#d62828"), Manner(-0.9, -0.6))):
        habitat.reset(house, look=dress, manner=mood)
        pictures.append(look(habitat, camera).rgb.astype(int))
    assert abs(pictures[0] - pictures[1]).mean() > 1.0
    assert abs(pictures[1] - pictures[2]).mean() > 1.0


def test_carried_things_are_drawn_where_they_are(habitat: Simulator) -> None:
    habitat.grasp("robot", "book")
    habitat.move("robot", [(1.4, 1.2), (3.0, 1.2), (5.0, 1.5), (6.0, 1.4)], speed=1.0)
    habitat.release("robot", "book", Pose(7.0, 1.2, 0.0, 0.0))
    assert {"robot", "book"} <= seen(look(habitat, PARLOUR, semantic=True, size=192))
    assert "robot" not in seen(look(habitat, KITCHEN, semantic=True))


def test_sizes_can_change_and_have_a_limit(habitat: Simulator) -> None:
    small = look(habitat, KITCHEN, size=64).rgb
    for size in range(70, 100, 2):  # more than are kept
        look(habitat, KITCHEN, size=size, depth=True)
    assert look(habitat, KITCHEN, size=200).rgb.shape == (200, 200, 3)
    np.testing.assert_array_equal(look(habitat, KITCHEN, size=64).rgb, small)
    with pytest.raises(ValueError, match="1920"):
        look(habitat, KITCHEN, size=2000)


def test_smooth_edges_keep_the_picture(habitat: Simulator, house: Household) -> None:
    smooth = make_simulator("habitat", samples=4)
    smooth.reset(house)
    fine, plain = look(smooth, KITCHEN, depth=True), look(habitat, KITCHEN, depth=True)
    smooth.close()
    assert np.abs(fine.rgb.astype(int) - plain.rgb).mean() < 4
    np.testing.assert_allclose(fine.depth, plain.depth)


@pytest.mark.parametrize("name", sorted(resident_scripts()))
def test_every_script_renders(shared: Simulator, name: str) -> None:
    house = build_household("maple", 0)
    shared.tick = None
    shared.reset(house)
    assert execute_program(shared, house, resident_scripts()[name].program, "resident").ok
    frame = look(shared, follow_camera(house, shared, "resident"), size=128, semantic=True)
    assert frame.semantic is not None
    assert (frame.semantic == frame.names.index("resident") + 1).mean() > 0.01


# --- many of them, for a long time


def test_mujoco_and_several_habitats_draw_side_by_side(habitat: Simulator, house: Household, drawing: Simulator) -> None:
    """Each renderer has a context of its own; whoever draws brings it back."""
    others = [make_simulator("habitat") for _ in range(2)]
    for sim in others:
        sim.reset(house)
    first = [look(sim, KITCHEN).rgb for sim in (habitat, drawing, *others)]
    drawing.set_switch("lamp", True)
    others[0].set_switch("lamp", True)
    look(others[0], PARLOUR)
    others.pop(0).close()
    look(drawing, PARLOUR)
    drawing.set_switch("lamp", False)
    second = [look(sim, KITCHEN).rgb for sim in (habitat, drawing, *others)]
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[3], second[2])
    others[0].close()
    others[0].close()


def test_episodes_leave_no_memory_behind(habitat: Simulator, house: Household) -> None:
    def megabytes() -> float:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

    if not Path("/proc/self/statm").exists():
        pytest.skip("needs /proc")

    def episodes(count: int) -> None:
        for number in range(count):
            habitat.reset(house, look=Look(top=("#3b82f6", "#d62828")[number % 2]))
            habitat.set_switch("lamp", number % 3 == 0)
            look(habitat, PARLOUR, size=64, depth=True, semantic=True)

    episodes(30)
    gc.collect()
    before = megabytes()
    episodes(150)
    gc.collect()
    assert megabytes() - before < 15


def test_a_closed_simulator_opens_again(house: Household, habitat: Simulator) -> None:
    sim = make_simulator("habitat")
    for _ in range(2):
        sim.reset(house)
        assert look(sim, KITCHEN).rgb.std() > 5
        sim.close()


def test_another_gpu_in_the_same_process_is_refused(habitat: Simulator, house: Household) -> None:
    other = make_simulator("habitat", gpu_device_id=3)
    with pytest.raises(SimulatorUnavailable, match="gpu_device_id=-1"):
        other.reset(house)
    assert look(habitat, KITCHEN).rgb.std() > 5  # the others go on


# --- the exported dataset, as anyone would load it


def test_habitat_loads_an_exported_scene_as_it_stands(shared: Simulator, tmp_path: Path) -> None:
    house = build_household("maple", 2)
    shared.reset(house)  # makes the context that the plain simulator draws in
    manifest = write_dataset([house], tmp_path, whole=False, navmesh=True)
    module = load_habitat()
    config = module.SimulatorConfiguration()
    config.scene_dataset_config_file = str(tmp_path / "maple.scene_dataset_config.json")
    config.scene_id, config.gpu_device_id, config.enable_physics = "maple_2", -1, True
    spec = module.CameraSensorSpec()
    spec.uuid, spec.sensor_type, spec.resolution, spec.channels = "semantic", module.SensorType.SEMANTIC, [96, 96], 1
    context = shared._context  # type: ignore[attr-defined]
    context.use()
    sim = context.make(config, [module.agent.AgentConfiguration(sensor_specifications=[spec])])
    try:
        assert sim.pathfinder.is_loaded
        found = {name.split("_:")[0]: thing for name, thing in
                 sim.get_rigid_object_manager().get_objects_by_handle_substring().items()}  # fmt: skip
        for name, entity in house.entities.items():
            if manifest.things[name].articulated is None and name in found:
                assert math.dist(from_habitat(found[name].translation), entity.pose[:3]) < 1e-4, name
                assert found[name].semantic_id == manifest.names.index(name) + 1, name
        doors = sim.get_articulated_object_manager()
        assert {name.split("_:")[0] for name in doors.get_object_handles()} >= {"fridge", "microwave"}
        kitchen = house.rooms["kitchen"].bounds
        node = sim.agents[0].scene_node
        import magnum

        node.translation = magnum.Vector3((kitchen[0] + kitchen[2]) / 2, 0.2, -(kitchen[1] + kitchen[3]) / 2)
        ids = set(np.unique(sim.get_sensor_observations()["semantic"])) - {0}
        labels = {manifest.names[number - 1] for number in ids}
        assert "kitchen/wall" in labels or any(
            house.entities[name].room == "kitchen" for name in labels if name in house.entities
        )
        regions = {region.id for region in sim.semantic_scene.regions}
        assert set(house.rooms) <= regions
    finally:
        sim.close()
