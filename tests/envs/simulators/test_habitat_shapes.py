"""What homes are made of, without Habitat: level rectangles in heights, rooms of any shape, floors without walls."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from envs.household import FloorPlan, Household, Pose
from envs.household.blueprint import Blueprint, RoomPlan
from envs.household.navigation import NavigationGrid
from envs.simulators.base import SimulatorUnavailable
from envs.simulators.habitat.homes.mapping import HomeMapping, load_mapping
from envs.simulators.habitat.homes.rooms import find_rooms, matches
from envs.simulators.habitat.homes.shapes import _largest_rectangle, insides_of, seats_of, top_of, turned
from envs.simulators.habitat.homes.survey import Floor, HeightMap, Region

MASKS = arrays.arrays(np.bool_, st.tuples(st.integers(1, 6), st.integers(1, 6)))


@given(MASKS)
def test_the_largest_rectangle_is_the_largest(mask: np.ndarray) -> None:
    best = 0
    for first, left in itertools.product(range(mask.shape[0]), range(mask.shape[1])):
        for last, right in itertools.product(range(first + 1, mask.shape[0] + 1), range(left + 1, mask.shape[1] + 1)):
            if mask[first:last, left:right].all():
                best = max(best, (last - first) * (right - left))
    found = _largest_rectangle(mask)
    if found is None:
        assert best == 0
    else:
        first, last, left, right = found
        assert mask[first:last, left:right].all()
        assert (last - first) * (right - left) == best


@given(st.integers(0, 3), st.integers(0, 3), st.integers(0, 2))
def test_turned_heights_are_the_same_heights(quarters: int, column: int, row: int) -> None:
    heights = HeightMap(-0.2, -0.15, 0.1, np.arange(12.0).reshape(4, 3))
    view = turned(heights, quarters)
    x, y = -0.2 + (column + 0.5) * 0.1, -0.15 + (row + 0.5) * 0.1
    u, v, _ = Pose(0.0, 0.0, 0.0, 90.0 * quarters).local(x, y)
    i, j = int((u - view.west) / 0.1 + 1e-6), int((v - view.south) / 0.1 + 1e-6)
    assert view.height[i, j] == heights.height[column, row]


def table(height: float = 0.7) -> HeightMap:
    grid = np.full((40, 60), height)
    grid[:4, :] = 1.1  # a panel at its back
    grid[20:24, 28:32] = height + 0.3  # something on it
    grid[:, :2] = np.nan
    return HeightMap(-0.5, -0.75, 0.025, grid)


def test_a_top_leaves_out_what_stands_on_it_and_behind_it() -> None:
    top = top_of(table())
    assert top is not None and top.height == pytest.approx(0.7)
    low, high = (top.centre[0] + sign * top.size[0] / 2 for sign in (-1, 1))
    assert low >= -0.4
    assert high <= 0.5
    assert top.size[0] * top.size[1] > 0.3
    assert top_of(table(1.8)) is None  # nobody puts things that high
    assert top_of(table(0.05), base=0.65) is not None  # a scan's table may be its top alone


def test_seats_are_side_by_side_or_around_a_bed() -> None:
    sofa = HeightMap(-0.4, -0.95, 0.05, np.full((16, 38), 0.43))
    assert [round(seat.position[1], 2) for seat in seats_of(sofa)] == [-0.63, 0.0, 0.63]
    bed = HeightMap(-1.0, -0.8, 0.05, np.full((40, 32), 0.45))
    assert {seat.heading for seat in seats_of(bed)} == {0.0, 90.0, -90.0, 180.0}
    assert seats_of(HeightMap(-0.4, -0.4, 0.05, np.full((16, 16), 1.2))) == ()


def test_shelves_are_found_by_cutting() -> None:
    boards = (0.1, 0.5, 0.9, 1.3)

    def cut(below: float | None) -> HeightMap:
        seen = [board for board in boards if below is None or board <= below]
        return HeightMap(-0.2, -0.4, 0.05, np.full((8, 16), max(seen, default=np.nan)))

    found = insides_of(cut, 1.3, "door")
    assert sorted(round(box.position[2], 2) for box in found) == [0.1, 0.5, 0.9]  # on the highest things stand in the open
    assert {box.joint for box in found} == {"door"}
    assert all(0.3 <= box.size[2] <= 0.4 for box in found)


L_SHAPE = ((0.0, 0.0), (4.0, 0.0), (4.0, 2.0), (2.0, 2.0), (2.0, 4.0), (0.0, 4.0))


def test_a_room_of_any_shape_holds_what_lies_in_it() -> None:
    room = RoomPlan(name="l", bounds=(0, 0, 4, 4), outline=L_SHAPE)
    assert room.holds(3.0, 1.0) and room.holds(1.0, 3.0)
    assert not room.holds(3.0, 3.0) and not room.holds(5.0, 1.0)


def _floor() -> Floor:
    walkable = np.zeros((90, 90), dtype=bool)
    walkable[2:78, 2:78] = True
    walkable[40:80, 40:80] = False  # the corner that the L lacks
    walkable[85:88, 85:88] = True  # a ledge that one cannot get to
    return Floor(0.0, 0.0, walkable, 0.0)


def test_regions_become_rooms_and_floor_without_a_region_is_elsewhere() -> None:
    mapping = HomeMapping(dataset="x", scene="y", rooms={"bedroom": "Sleeping_*"})
    upper = Region("r7", "sleeping quarters", ((0.0, 2.0), (2.0, 2.0), (2.0, 4.0), (0.0, 4.0)))
    rooms = find_rooms(mapping, ("bedroom", "kitchen"), [upper], _floor())
    assert [plan.name for plan in rooms.plans] == ["bedroom", "elsewhere"]
    assert rooms.missing == ("kitchen",)
    assert rooms.at(1.0, 3.0) == "bedroom" and rooms.at(3.9, 0.5) == "elsewhere"
    labels = rooms.floor.rooms
    assert labels[20, 60] == 0 and labels[86, 86] == -1 and labels[75, 5] == 1
    with pytest.raises(SimulatorUnavailable, match="rooms.kitchen.*r7 .sleeping quarters"):
        find_rooms(mapping.model_copy(update={"rooms": {"kitchen": mapping.rooms["bedroom"].model_copy(
            update={"region": ("galley",)})}}), ("kitchen",), [upper], _floor())  # fmt: skip
    assert matches(("*chair",), "Office_Chair") and not matches(("chair",), "armchair")


def test_ways_follow_a_floor_that_has_no_walls() -> None:
    rooms = (RoomPlan(name="l", bounds=(0, 0, 4, 4), outline=L_SHAPE),)
    start = {"robot": (0.5, 0.5, 0.0), "resident": (0.5, 3.0, 0.0)}
    empty = {"name": "l", "description": "", "doors": (), "furniture": (), "objects": ()}
    blueprint = Blueprint.model_validate({**empty, "rooms": [room.model_dump() for room in rooms], "starts": [start]})
    labels = np.where(_floor().walkable, 0, -1).astype(np.int16)
    house = Household("l", 0, blueprint, {}, {}, {}, FloorPlan(0.0, 0.0, 0.05, labels))
    grid = NavigationGrid(house)
    assert grid.is_free((1.0, 3.0)) and grid.is_free((3.0, 1.0)) and not grid.is_free((3.0, 3.0))
    assert not grid.is_free((4.3, 4.3))
    way = grid.path((1.0, 3.5), (3.5, 1.0))
    assert way is not None and len(way.points) > 2  # around the corner
    assert all(min(point) < 2.0 for point in way.points)
    assert grid.clearance[grid.shape[0] // 4, grid.shape[1] // 4] == pytest.approx(0.9, abs=0.15)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "No such file"),
        ("dataset: [", "YAML"),
        ("- a", "dataset, scene, rooms and roles"),
        ("{dataset: x, scene: y, roles: {bed: {front: up}}}", "roles.bed.front"),
        ("{dataset: x, scene: y, roles: {sofa: couch}}", "bedroom_sofa"),
        ("{dataset: x, scene: y, rooms: {attic: r0}}", "rooms among"),
        ("{dataset: x, scene: y, rooms: {kitchen: {outline: [[0, 0], [1, 0]]}}}", "3 corners"),
        ("{dataset: x, scene: y, roles: {bed: {near: desk}}}", "category or a template"),
        ("{dataset: x}", "scene"),
    ],
)
def test_a_mapping_with_a_mistake_is_told_in_one_line(tmp_path: Path, text: str | None, told: str) -> None:
    path = tmp_path / "home.yaml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(SimulatorUnavailable, match=told) as caught:
        load_mapping(path)
    assert "\n" not in str(caught.value) and "home.yaml" in str(caught.value)
