"""Navigation: the ways are free, short, and lead to where a hand reaches."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envs.household import build_household, layout_names
from envs.household.navigation import (
    BODY_RADIUS,
    REACH,
    NavigationGrid,
    blocks_the_way,
    navigation_grid,
    wall_segments,
)

LAYOUTS = layout_names()


def footprint_distance(entity, x: float, y: float) -> float:
    """Distance of a point from a rotated footprint, worked out the other way round than the grid does."""
    local_x, local_y, _ = entity.pose.local(x, y)
    half_x, half_y = entity.model.footprint[0] / 2, entity.model.footprint[1] / 2
    return math.hypot(max(abs(local_x) - half_x, 0.0), max(abs(local_y) - half_y, 0.0))


def along(points, step: float = 0.05):
    for (x0, y0), (x1, y1) in zip(points, points[1:], strict=False):
        count = max(1, int(math.hypot(x1 - x0, y1 - y0) / step))
        for i in range(count + 1):
            yield x0 + (x1 - x0) * i / count, y0 + (y1 - y0) * i / count


@pytest.fixture(params=LAYOUTS)
def household(request):
    return build_household(request.param, 0)


def test_every_start_and_every_room_can_be_reached_from_every_other(household):
    grid = navigation_grid(household)
    places = [(start.x, start.y) for start in household.starts.values()]
    places += [grid.room_centre(room.name) for room in household.blueprint.rooms]
    for plan in household.blueprint.starts:
        for x, y, _ in (plan.robot, plan.resident):
            assert grid.is_free((x, y)), f"start {x, y} is not on free floor"
            places.append((x, y))
    for goal in places:
        path = grid.path(places[0], goal)
        assert path is not None
        assert path.points[0] == places[0]
        assert path.points[-1] == goal


def test_paths_keep_clear_of_furniture_and_walls(household):
    grid = navigation_grid(household)
    obstacles = [entity for entity in household.entities.values() if blocks_the_way(entity)]
    centres = [grid.room_centre(room.name) for room in household.blueprint.rooms]
    slack = grid.resolution  # a body may cut a corner by less than a cell
    for start in centres:
        for goal in centres:
            for x, y in along(grid.path(start, goal).points):
                for entity in obstacles:
                    assert footprint_distance(entity, x, y) >= BODY_RADIUS - slack, entity.name
                for (x0, y0), (x1, y1) in wall_segments(household):
                    squared = (x1 - x0) ** 2 + (y1 - y0) ** 2
                    t = min(1.0, max(0.0, ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / squared))
                    assert math.hypot(x - x0 - t * (x1 - x0), y - y0 - t * (y1 - y0)) >= BODY_RADIUS - slack


def test_paths_are_close_to_the_shortest_and_have_few_corners(household):
    grid = navigation_grid(household)
    centres = [grid.room_centre(room.name) for room in household.blueprint.rooms]
    for start in centres:
        for goal in centres:
            path = grid.path(start, goal)
            assert math.dist(start, goal) - 1e-9 <= path.length
            # Straightening may only shorten the grid's own way, which is at most 8.3% longer than the true one.
            assert path.length <= grid.distance(start, goal) + 2 * grid.resolution
            assert len(path.points) <= 14


def test_a_straight_way_is_straight(household):
    grid = navigation_grid(household)
    centre = grid.room_centre(household.blueprint.rooms[0].name)
    near = (centre[0] + 0.05, centre[1])
    if grid.sees(centre, near):
        assert grid.path(centre, near).points == (centre, near)
    assert grid.path(centre, centre).length == 0.0


def test_walls_and_closed_rooms_cannot_be_crossed(household):
    from dataclasses import replace

    closed = replace(household, blueprint=household.blueprint.model_copy(update={"doors": ()}))
    grid = NavigationGrid(closed)
    rooms = [room.name for room in closed.blueprint.rooms]
    reached = [name for name in rooms if grid.room_centre(name) is not None]
    assert len(reached) == 1, "without doors only one room remains"


def test_outside_is_unreachable(household):
    grid = navigation_grid(household)
    start = grid.room_centre(household.blueprint.rooms[0].name)
    assert grid.path(start, (1e6, 1e6)) is None
    assert grid.path(start, (math.inf, 0.0)) is None
    assert grid.distance(start, (-50.0, -50.0)) == math.inf


def test_the_grid_is_shared_by_seeds_and_not_by_layouts():
    first = navigation_grid(build_household(LAYOUTS[0], 0))
    assert navigation_grid(build_household(LAYOUTS[0], 7)) is first
    for other in LAYOUTS[1:]:
        assert navigation_grid(build_household(other, 0)) is not first


def test_a_standing_body_is_walked_around(household):
    grid = navigation_grid(household)
    for room in household.blueprint.rooms:
        centre = grid.room_centre(room.name)
        for heading in range(0, 360, 30):
            reach = grid.free_distance(centre, heading, 1.4)
            back = grid.free_distance(centre, heading + 180.0, 1.4)
            if reach >= 1.3 and back >= 1.3:
                angle = math.radians(heading)
                a = (centre[0] + 1.2 * math.cos(angle), centre[1] + 1.2 * math.sin(angle))
                b = (centre[0] - 1.2 * math.cos(angle), centre[1] - 1.2 * math.sin(angle))
                path = grid.path(a, b, avoid=centre)
                assert path is not None
                assert all(math.dist(point, centre) > 0.29 for point in along(path.points))
                assert path.length > grid.path(a, b).length
                return
    pytest.fail("no layout room offers 2.4 m of free floor")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(LAYOUTS), st.floats(-2, 12), st.floats(-2, 12), st.floats(-2, 12), st.floats(-2, 12))
def test_any_two_points_give_a_free_path_or_none(layout, x0, y0, x1, y1):
    grid = navigation_grid(build_household(layout, 0))
    path = grid.path((x0, y0), (x1, y1))
    if path is None:
        return
    assert path.points[0] == (x0, y0)
    inner = path.points[1:]
    assert all(grid.is_free(point) for point in inner)
    assert path.length == pytest.approx(sum(math.dist(a, b) for a, b in zip(path.points, path.points[1:], strict=False)))
    again = NavigationGrid.path(grid, (x0, y0), (x1, y1))
    assert again == path


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("seed", range(6))
def test_everything_that_can_be_used_can_be_reached(layout, seed):
    """From the standing point of a thing the hand reaches it, facing it, from the free floor of its own room."""
    from envs.household.state import WorldState
    from envs.simulators import make_simulator

    household = build_household(layout, seed)
    sim = make_simulator("symbolic")
    sim.reset(household)
    world = WorldState(sim, household)
    for name, entity in household.entities.items():
        model = entity.model
        if not (entity.portable or model.switchable or model.seats or model.joints or model.fills or model.cooks):
            continue
        stand = world.standing_point(name, "robot")
        assert stand is not None, f"{name} cannot be reached in {layout}, seed {seed}"
        assert world.grid.is_free(stand.point)
        pose = sim.pose(name)
        if entity.portable:
            assert math.dist(stand.point, (pose.x, pose.y)) <= REACH + 1e-6
        room = household.room_at(*stand.point)
        assert room == entity.room, f"{name} is reached from the {room}"
        if not model.seats:
            facing = math.degrees(math.atan2(pose.y - stand.y, pose.x - stand.x))
            assert abs((facing - stand.heading + 180) % 360 - 180) <= 50, name


@pytest.mark.parametrize("layout", LAYOUTS)
def test_who_opens_the_fridge_stands_out_of_its_doors_way(layout):
    from envs.household.state import WorldState, swing_of
    from envs.simulators import make_simulator

    household = build_household(layout, 0)
    sim = make_simulator("symbolic")
    sim.reset(household)
    world = WorldState(sim, household)
    x, y, radius = swing_of(household.entities["fridge"])
    assert 0.6 < radius < 0.8
    for name in ("fridge", "chicken"):
        stand = world.standing_point(name, "robot")
        assert math.dist(stand.point, (x, y)) > radius + 0.1, f"the door hits who stands at {stand.point} for the {name}"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_hands_do_not_go_into_the_wall_at_a_light_switch(layout):
    from envs.household.state import WorldState
    from envs.simulators import make_simulator

    household = build_household(layout, 0)
    sim = make_simulator("symbolic")
    sim.reset(household)
    world = WorldState(sim, household)
    stand = world.standing_point("bathroom_lights", "robot")
    for first, last in wall_segments(household):
        (x0, y0), (x1, y1) = first, last
        share = ((stand.x - x0) * (x1 - x0) + (stand.y - y0) * (y1 - y0)) / math.dist(first, last) ** 2
        share = min(1.0, max(0.0, share))
        assert math.dist(stand.point, (x0 + share * (x1 - x0), y0 + share * (y1 - y0))) > 0.35
