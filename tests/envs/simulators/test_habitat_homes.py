"""Users' own homes: a stranger's flat, with other names, scales and room shapes than ours, in which our actions run."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from envs.household.navigation import navigation_grid
from envs.residents.scripts import resident_scripts
from envs.scenarios import load_scenarios
from envs.simulators import RESIDENT, Simulator, SimulatorUnavailable, make_simulator
from envs.simulators.cameras import dollhouse_camera, follow_camera
from envs.simulators.habitat.homes.binding import BindFailure
from envs.skills import FailureReason, apply_home_state, execute_action, execute_program
from tests.envs.simulators.conftest import habitat_missing
from tests.envs.simulators.strangers_flat import CLASSES, FLOOR, FRIDGE, REGIONS, SCAN, SCENE, write_flat, write_scan

MISSING = habitat_missing()
if MISSING:
    pytest.skip(MISSING, allow_module_level=True)

ROLES: dict[str, Any] = {
    "bed": "cot", "bedroom_sofa": "couch", "bedroom_table": "LOW_TABLE", "desk": ["writing desk", "bureau"],
    "bedroom_chair": {"category": "*chair", "near": "desk"}, "tv_stand": "media unit", "tv": "screen",
    "bookshelf": "shelving", "fridge": "cold store", "stove": "range", "sink_counter": "worktop",
    "kitchen_counter": {"template": "0013"}, "kitchen_table": "board table", "basin": "washstand", "kitchen_bench": "bench",
}  # fmt: skip
ROOMS = {"bedroom": "sleeping*", "kitchen": ["galley", "cucina"], "bathroom": "r2"}


@dataclass
class Flat:
    """A dataset and the mappings of it that tests write."""

    folder: Path

    def mapping(self, **changed: Any) -> Path:
        """A mapping file with some of its entries changed; None takes one out."""
        data = {"dataset": "strange.scene_dataset_config.json", "scene": SCENE, "categories": "semantics/lexicon.json",
                "rooms": ROOMS, "roles": ROLES, **changed}  # fmt: skip
        path = self.folder / f"home_{abs(hash(str(changed)))}.yaml"
        path.write_text(yaml.safe_dump({key: value for key, value in data.items() if value is not None}), encoding="utf-8")
        return path

    def open(self, **changed: Any) -> Any:
        """The home of such a mapping."""
        from envs.simulators.habitat.homes.home import open_home

        return open_home(self.mapping(**changed))


@pytest.fixture(scope="module")
def flat(tmp_path_factory: pytest.TempPathFactory) -> Flat:
    """The stranger's flat on disk."""
    folder = tmp_path_factory.mktemp("flat")
    write_flat(folder)
    return Flat(folder)


@pytest.fixture(scope="module")
def home(flat: Flat) -> Any:
    """The flat with all roles cast."""
    return flat.open()


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    """Habitat."""
    simulator = make_simulator("habitat")
    yield simulator
    simulator.close()


# --- who plays what


def test_their_things_play_our_roles(home: Any) -> None:
    theirs = {role: home.cast.things[home.cast.roles[role]].category for role, bound in home.cast.bound.items()
              if bound.how == "theirs"}  # fmt: skip
    assert theirs == {"bed": "cot", "bedroom_sofa": "couch", "bedroom_table": "low table", "desk": "bureau",
                      "bedroom_chair": "swivel chair", "tv_stand": "media unit", "tv": "screen", "bookshelf": "shelving",
                      "fridge": "cold store", "stove": "range", "sink_counter": "worktop", "kitchen_counter": "worktop",
                      "kitchen_table": "board table", "basin": "washstand"}  # fmt: skip
    assert home.cast.roles["kitchen_counter"] == "sink_counter"  # one worktop is two counters
    house = home.household(0)
    assert house.find("kitchencounter") == house.find("kitchen_counter") == ("sink_counter",)
    assert {house.entities[name].room for name in ("bed", "tv", "desk")} == {"bedroom"}


def test_missing_ones_are_filled_in_and_told(home: Any) -> None:
    ours = {role: bound for role, bound in home.cast.bound.items() if bound.how == "ours"}
    assert ours["kitchen_bench"].reason is BindFailure.NO_MATCH
    assert ours["computer"].reason is BindFailure.NOT_MAPPED
    assert set(ours) == {"kitchen_bench", "computer", "nightstand", "bedroom_tablelamp", "kitchen_faucet", "microwave",
                         "coffeemaker", "phone_bracket", "bathroom_faucet", "bathroom_lights", "bathroom_cabinet",
                         "picture_ledge"}  # fmt: skip
    report = home.report()
    assert any(line.startswith("kitchen_bench ") and "ours: no bench in the kitchen" in line for line in report)
    assert any(line.startswith("living_room ") and "NOT BOUND: no such room" in line for line in report)
    assert not home.unbound and not home.lost


def test_shapes_are_read_off_the_things_themselves(home: Any) -> None:
    models = {name: entity.model for name, entity in home.household(0).entities.items()}
    table = models["kitchen_table"]  # 1.0 x 1.0 x 0.74, stretched to 1.6 x 0.9 and a little higher
    assert sorted(table.footprint) == pytest.approx([0.9, 1.6], abs=0.01)
    assert table.surfaces[0].height == pytest.approx(0.74 * 1.04, abs=0.005)
    assert models["bed"].surfaces[0].height == pytest.approx(0.45, abs=0.005)  # 45 of its own centimetres
    assert models["bed"].footprint[0] == pytest.approx(2.03, abs=0.01)
    shelves = sorted(box.position[2] for box in models["bookshelf"].containers)
    assert shelves == pytest.approx([0.118, 0.518, 0.918, 1.318], abs=0.01)
    assert [box.joint for box in models["fridge"].containers] == ["flap"] * 3
    hinge = models["fridge"].joints[0]
    assert (hinge.kind, hinge.axis) == ("hinge", (0.0, 0.0, 1.0))
    assert abs(hinge.opening) == pytest.approx(math.degrees(1.9), abs=0.1)
    assert len(models["bedroom_sofa"].seats) == 2
    stove = models["stove"].surfaces[0]
    assert stove.height == pytest.approx(0.9, abs=0.005)  # not the panel at its back


def test_fronts_are_where_a_person_comes(home: Any) -> None:
    house = home.household(0)
    # Habitat's z is our south: the sofa's back is against the wall in the south of its corner.
    headings = {"fridge": 90.0, "bedroom_sofa": 90.0, "bed": 0.0, "desk": 0.0, "bedroom_chair": 180.0, "basin": 0.0,
                "sink_counter": 270.0, "bookshelf": 180.0, "tv": 270.0}  # fmt: skip
    for name, heading in headings.items():
        assert house.entities[name].pose.heading == pytest.approx(heading, abs=0.1), name


def test_rooms_keep_their_shapes(home: Any) -> None:
    house = home.household(0)
    assert house.room_at(1.0, -4.0) == "bedroom" and house.room_at(6.0, -1.0) == "bedroom"
    assert house.room_at(5.0, -4.0) == "kitchen"  # within the bounds of the L, but not in it
    grid = navigation_grid(house)
    assert grid.room_at((5.2, -4.4)) == "kitchen"
    assert grid.path((2.5, -2.0), (8.0, -5.0)) is not None  # through the doorways
    assert not grid.is_free((7.5, -7.0))  # beyond the outer wall the stage has floor too


def test_all_of_our_furniture_stands_on_free_floor(home: Any) -> None:
    house = home.household(0)
    placed = [house.entities[role] for role, bound in home.cast.bound.items()
              if bound.how == "ours" and house.entities[role].on is None and house.entities[role].pose.z == 0.0]  # fmt: skip
    others = [entity for entity in house.entities.values() if not entity.portable and entity.on is None]
    assert placed
    for entity in placed:
        assert house.room_at(*entity.pose[:2]) == entity.room
        for other in others:
            if other is not entity:
                assert _apart(entity, other), f"{entity.name} in {other.name}"


def _apart(one: Any, other: Any) -> bool:
    """Whether two upright boxes do not overlap, by the axes of both."""

    def corners(entity: Any) -> np.ndarray:
        length, width = entity.model.footprint
        return np.array([entity.pose.world(x * length / 2, y * width / 2)[:2] for x in (-1, 1) for y in (-1, 1)])

    if one.pose.z > other.pose.z + other.model.height or other.pose.z > one.pose.z + one.model.height:
        return True
    for angle in (math.radians(one.pose.heading + turn) for turn in (0, 90)):
        axis = np.array([math.cos(angle), math.sin(angle)])
        first, second = corners(one) @ axis, corners(other) @ axis
        if first.max() < second.min() + 0.03 or second.max() < first.min() + 0.03:
            return True
    for angle in (math.radians(other.pose.heading + turn) for turn in (0, 90)):
        axis = np.array([math.cos(angle), math.sin(angle)])
        first, second = corners(one) @ axis, corners(other) @ axis
        if first.max() < second.min() + 0.03 or second.max() < first.min() + 0.03:
            return True
    return False


# --- what one can do there


@pytest.mark.parametrize("seed", [0, 1])
def test_all_actions_succeed_by_habitats_own_poses(home: Any, sim: Simulator, seed: int) -> None:
    assert home.try_actions(sim, seed) == {}


def test_resident_scripts_run_there(home: Any, sim: Simulator) -> None:
    for name, script in resident_scripts().items():
        house = home.household(0)
        sim.reset(house)
        outcome = execute_program(sim, house, script.program, RESIDENT)
        assert outcome.ok, f"{name}: {outcome.steps[-1].detail}"


def test_their_door_is_habitats_joint(home: Any, sim: Simulator) -> None:
    house = home.household(0)
    sim.reset(house)
    scene = sim._scene  # type: ignore[attr-defined]
    fridge = scene.sim.get_articulated_object_manager().get_object_by_handle(home.cast.things["fridge"].name)
    assert fridge.joint_positions == [0.0]
    sim.set_joint("fridge", "flap", 0.5)
    assert fridge.joint_positions[0] == pytest.approx(-0.95, abs=1e-4)
    fridge.joint_positions = [-1.9]
    assert sim.joint("fridge", "flap") == pytest.approx(1.0, abs=1e-4)
    sim.reset(house)
    assert sim.joint("fridge", "flap") == 0.0


def test_their_things_are_where_habitat_has_them(home: Any, sim: Simulator) -> None:
    house = home.household(0)
    sim.reset(house)
    item = sim._scene.sim.get_articulated_object_manager().get_object_by_handle(home.cast.things["fridge"].name)  # type: ignore[attr-defined]
    assert tuple(item.translation) == pytest.approx((FRIDGE[0], FLOOR, FRIDGE[2]), abs=1e-4)
    for name, entity in house.entities.items():
        assert math.dist(sim.pose(name)[:3], entity.pose[:3]) < 1e-3, name
    item.translation = item.translation + type(item.translation)(0.3, 0.0, 0.0)
    assert sim.pose("fridge").x == pytest.approx(house.entities["fridge"].pose.x + 0.3, abs=1e-3)


def test_what_stands_on_their_table_is_in_the_way(home: Any) -> None:
    house = home.household(0)
    vase = house.entities["their_vase_1"]
    assert vase.on == "kitchen_table"
    for seed in range(4):
        for entity in home.household(seed).entities.values():
            if entity.portable and entity.on == "kitchen_table":
                assert math.dist(entity.pose[:2], vase.pose[:2]) > 0.1, entity.name


def test_seeds_put_objects_elsewhere_and_are_repeatable(home: Any, flat: Flat) -> None:
    again = flat.open()
    places = []
    for seed in range(3):
        house = home.household(seed)
        assert {name: entity.pose for name, entity in house.entities.items()} == {
            name: entity.pose for name, entity in again.household(seed).entities.items()
        }
        places.append(tuple(entity.pose for entity in house.entities.values() if entity.portable))
    assert len(set(places)) == 3


def test_pictures_show_their_home_with_our_things_in_it(home: Any, sim: Simulator) -> None:
    house = home.household(0)
    sim.reset(house)
    above = sim.render(dollhouse_camera(house), width=320, height=240, semantic=True)
    assert above.semantic is not None
    seen = {above.names[number - 1] for number in np.unique(above.semantic) if number}
    assert {"bed", "fridge", "desk", "kitchen_table", "robot", "resident", "microwave"} <= seen
    apply_home_state(sim, house, {"tv": "on"})
    lit = sim.render(dollhouse_camera(house), width=320, height=240)
    screen = above.semantic == above.names.index("tv") + 1
    assert lit.rgb[screen].mean() > above.rgb[screen].mean() + 20
    near = follow_camera(house, sim, RESIDENT)
    assert house.room_at(*near.position[:2]) == house.room_at(*sim.pose(RESIDENT)[:2])  # their walls are not looked through
    view = sim.render(near, width=160, height=160, semantic=True)
    assert (view.semantic == view.names.index("resident") + 1).mean() > 0.02


def test_a_lamp_lights_their_walls(home: Any, sim: Simulator) -> None:
    house = home.household(0)
    sim.reset(house)
    camera = dollhouse_camera(house)
    before = sim.render(camera, width=160, height=120).rgb.astype(int)
    apply_home_state(sim, house, {"bedroom_tablelamp": "off", "bathroom_lights": "off"})
    after = sim.render(camera, width=160, height=120).rgb.astype(int)
    assert (before - after).max() > 40
    assert before.mean() > after.mean()


# --- what is not there, or not usable


def test_what_lacks_is_bound_to_nothing_without_filling(flat: Flat, sim: Simulator) -> None:
    home = flat.open(fill=False)
    unbound = {bound.role: bound.reason for bound in home.unbound}
    assert unbound["kitchen_bench"] is BindFailure.NO_MATCH
    assert unbound["microwave"] is BindFailure.NOT_MAPPED
    failed = home.try_actions(sim)
    assert "sit_kitchen_bench" in failed and "cook_hot_water_puton_bedroomtable" in failed
    assert {"open_fridge", "sit_bed", "switchon_tv", "get_apple_puton_kitchentable"}.isdisjoint(failed)
    house = home.household(0)
    sim.reset(house)
    outcome = execute_action(sim, house, "sit_kitchen_bench")
    assert outcome.reason is FailureReason.UNKNOWN_OBJECT


def test_what_offers_too_little_is_refused_with_a_reason(flat: Flat) -> None:
    roles = {**ROLES, "fridge": {"category": "fern", "room": "kitchen"}, "bedroom_sofa": {"category": "shelving"},
             "bedroom_table": {"category": "screen"}, "bookshelf": {"category": "media unit"}}  # fmt: skip
    bound = flat.open(roles=roles, fill=False).cast.bound
    assert bound["fridge"].reason is BindFailure.NO_DOOR
    assert bound["bedroom_sofa"].reason is BindFailure.NO_SEAT
    assert bound["bedroom_table"].reason is BindFailure.NO_TOP
    assert bound["bookshelf"].reason in (BindFailure.TAKEN, BindFailure.NO_INSIDE)
    assert all("\n" not in item.sentence for item in bound.values())


def test_theirs_can_be_replaced_by_ours(flat: Flat, sim: Simulator) -> None:
    home = flat.open(roles={**ROLES, "stove": {"category": "range", "replace": True}})
    assert home.cast.bound["stove"].how == "ours" and home.cast.bound["stove"].reason is BindFailure.REPLACED
    house = home.household(0)
    assert math.dist(house.entities["stove"].pose[:2], (9.9, -0.4)) < 0.05
    sim.reset(house)
    handles = sim._scene.sim.get_rigid_object_manager().get_object_handles()  # type: ignore[attr-defined]
    assert not any(handle.startswith("0012") for handle in handles)
    assert execute_action(sim, house, "switchon_stove").ok


def test_a_room_may_be_an_outline_and_fronts_may_be_given(flat: Flat) -> None:
    corner = [[0.0, 0.0], [3.6, 0.0], [3.6, 5.2], [0.0, 5.2]]
    home = flat.open(
        rooms={**ROOMS, "bedroom": {"outline": corner}}, roles={**ROLES, "bed": {"category": "cot", "front": "+z"}}
    )
    house = home.household(0)
    assert house.room_at(2.0, -2.0) == "bedroom" and house.room_at(6.0, -1.0) != "bedroom"
    assert house.entities["bed"].pose.heading == pytest.approx(270.0)
    assert home.cast.bound["bedroom_sofa"].how != "theirs"  # it stands outside of the outline


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"dataset": "nowhere.scene_dataset_config.json"}, "no such file"),
        ({"dataset": "semantics/lexicon.json"}, "named NAME.scene_dataset_config.json"),
        ({"scene": "flat_8"}, "flat_8.*did you mean flat_7"),
        ({"categories": "objects.csv"}, "expected categories"),
        ({"rooms": {"bedroom": "attic"}}, "rooms.bedroom.*attic.*sleeping quarters"),
        ({"rooms": {"bed_room": "r0"}}, "did you mean 'bedroom'"),
        ({"roles": {"fridges": "cold store"}}, "did you mean 'fridge'"),
        ({"roles": {"fridge": {"colour": "white"}}}, "roles.fridge"),
        ({"rooms": {"bedroom": {"outline": [[0, 0], [1, 1]]}}}, "3 corners"),
        ({"layout": "castle"}, "layout among harbour"),
        ({"floor": 40.0}, "floor at height 40.0 m"),
    ],
)
def test_a_home_that_cannot_be_opened_says_why_in_one_line(flat: Flat, changed: dict[str, Any], told: str) -> None:
    with pytest.raises(SimulatorUnavailable, match=told) as caught:
        flat.open(**changed)
    assert "\n" not in str(caught.value)


def test_a_missing_or_broken_mapping_says_so(tmp_path: Path) -> None:
    from envs.simulators.habitat.homes.home import open_home

    for text in (None, "just words", "{", "scene: x"):
        path = tmp_path / "home.yaml"
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_text(text)
        with pytest.raises(SimulatorUnavailable, match="home.yaml") as caught:
            open_home(path)
        assert "\n" not in str(caught.value)


def test_categories_may_come_from_a_table(flat: Flat) -> None:
    table = flat.folder / "objects.csv"
    rows = [f"{number:04x},{name}" for number, name in CLASSES.items()]
    table.write_text("id,main_category\n" + "\n".join([*rows, "cold,cold store"]) + "\n", encoding="utf-8")
    try:
        assert flat.open(categories="objects.csv").cast.bound["bed"].how == "theirs"
    finally:
        table.unlink()


# --- through the harness


def test_scenarios_are_moved_there_and_their_goals_are_met(home: Any, sim: Simulator, tmp_path: Path) -> None:
    from agents import make_agent
    from envs.simulators.habitat.homes.scenarios import move_scenarios
    from eval_suite.runner import Evaluation, evaluate

    chosen = load_scenarios("hearth", split="all")
    opened = next(item for item in chosen if item.home.state)
    scenarios, lines = move_scenarios([opened, *chosen[:4]], home)
    assert lines == [] and scenarios[0].home.state == {"fridge": "open"}
    assert {item.home.layout for item in scenarios} == {home.layout}
    episodes = evaluate(Evaluation("oracle", simulator_name="habitat"), make_agent("oracle"), sim, scenarios, tmp_path)
    assert [episode.scores["goal_success"] for episode in episodes] == [1.0] * 5
    bare, lines = move_scenarios([opened], _without_fridge(home))
    assert bare[0].home.state == {} and "fridge" in lines[0]


def _without_fridge(home: Any) -> Any:
    from dataclasses import replace

    class Bare:
        layout, mapping = home.layout, home.mapping

        @staticmethod
        def household(seed: int) -> Any:
            house = home.household(seed)
            names = {key: value for key, value in house._by_name.items() if key != "fridge"}
            return replace(house, _by_name=names)

    return Bare()


def test_the_command_evaluates_and_checks_a_home(flat: Flat, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from scripts.check_home import main as check
    from scripts.main import main

    path = flat.mapping()
    words = ["simulator=habitat", "household=habitat_dataset", f"household.mapping={path}", "scenarios.limit=2", "videos=0",
             "agent=oracle", "report=false", f"out={tmp_path / 'run'}"]  # fmt: skip
    main(["evaluate", *words])
    assert "oracle" in capsys.readouterr().out
    assert (tmp_path / "run" / "oracle" / "episodes.jsonl").read_text().count("flat_7@") >= 2
    for wrong, told in ((["simulator=mujoco"], "simulator=habitat"), (["household.mapping=/nowhere.yaml"], "nowhere.yaml")):
        with pytest.raises(SystemExit):
            main(["evaluate", *words, *wrong] if "simulator" not in wrong[0] else ["evaluate", *words[1:], *wrong])
        error = capsys.readouterr().err.strip()
        assert told in error.splitlines()[-1]
    check([str(path), "--things", "--picture", str(tmp_path / "home.png")])
    out = capsys.readouterr().out
    assert "region r0: sleeping quarters" in out and "opens at flap" in out and "50 of 50 actions succeed" in out
    assert (tmp_path / "home.png").stat().st_size > 10_000


def test_another_dataset_of_the_same_name_is_another_layout(flat: Flat, home: Any, tmp_path: Path) -> None:
    shutil.copytree(flat.folder, tmp_path / "flat")
    write_flat(tmp_path / "flat", without=(12,))
    other = Flat(tmp_path / "flat").open()
    assert other.layout != home.layout
    assert other.cast.bound["bedroom_sofa"].reason is BindFailure.NO_MATCH


def test_a_scan_is_a_home_too(sim: Simulator, tmp_path: Path) -> None:
    write_scan(tmp_path)
    roles = {name: choice for name, choice in ROLES.items() if name not in ("kitchen_bench", "kitchen_counter")}
    rooms = {"bedroom": {"outline": REGIONS["r0"][1]}, "kitchen": {"outline": REGIONS["r1"][1]}, "bathroom": "2"}
    home = Flat(tmp_path).open(dataset="scans.scene_dataset_config.json", scene=SCAN, categories=None, rooms=rooms,
                               roles={**roles, "kitchen_counter": "worktop"})  # fmt: skip
    theirs = {role for role, bound in home.cast.bound.items() if bound.how == "theirs"}
    assert {"bed", "bedroom_sofa", "desk", "kitchen_table", "stove", "basin", "bookshelf", "tv", "bedroom_table"} <= theirs
    assert {thing.kind for thing in home.cast.things.values()} == {"scanned"}
    assert home.cast.bound["fridge"].how == "ours"  # a scan has no doors that open
    assert home.household(0).entities["kitchen_table"].model.surfaces[0].size[1] == pytest.approx(1.5, abs=0.1)
    assert home.try_actions(sim) == {}
    frame = sim.render(dollhouse_camera(home.household(0)), width=160, height=120, semantic=True)
    assert frame.semantic is not None
    assert {"fridge", "robot"} <= {frame.names[number - 1] for number in np.unique(frame.semantic) if number}
