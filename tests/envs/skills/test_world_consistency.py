"""Whatever robot and resident do, the world stays one: a thing is in one place, a seat holds one body, hands hold two."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envs.household import Pose, build_household, layout_names
from envs.household.state import LOOSE, Place
from envs.residents.scripts import resident_scripts
from envs.skills import WorldState, apply_home_state, check_goals, execute_action, execute_program, perform
from envs.skills.placement import spot_in, spot_on
from plans.actions import ACTIONS
from plans.program import Primitive, Program, Step

LAYOUTS = layout_names()
ENTITIES = sorted(build_household(LAYOUTS[0], 0).entities)
NAMES = [*ENTITIES, "mug", "apple", "faucet", "bedroomtable", "kitchentable", "bedroom", "kitchen", "bathroom", "unicorn"]


def assert_consistent(sim, household):
    world = WorldState(sim, household)
    seats = [seat for seat in (sim.seat("robot"), sim.seat("resident")) if seat is not None]
    assert len(set(seats)) == len(seats), "two bodies on one seat"
    for body in ("robot", "resident"):
        held = world.held(body)
        assert len(held) <= 2, f"{body} holds {held}"
        pose = sim.pose(body)
        assert household.room_at(pose.x, pose.y) is not None, f"{body} left the house"
        if sim.seat(body) is None:
            assert world.grid.path((pose.x, pose.y), world.grid.room_centre(household.blueprint.rooms[0].name)) is not None
    for name in world.portables:
        place = world.place(name)
        assert place.target != name
        assert place.relation != "loose", f"{name} lies nowhere, at {sim.pose(name)}"
        assert (sim.holder(name) is not None) is (place.relation == "held")
        seen, target = {name}, place.target
        while target in household.entities and household.entities[target].portable:
            assert target not in seen, f"{name} is inside itself"
            seen.add(target)
            target = world.place(target).target


def scattered(names):
    """Steps with random primitives applied to random things, sensible or not."""
    return st.builds(
        lambda primitive, things: Step(primitive, tuple(things[: primitive.arity])),
        st.sampled_from(list(Primitive)),
        st.lists(st.sampled_from(names), min_size=2, max_size=2),
    )


@pytest.mark.parametrize("sim", ["symbolic"], indirect=True)
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    layout=st.sampled_from(LAYOUTS),
    seed=st.integers(0, 20),
    script=st.sampled_from([None, *resident_scripts()]),
    fridge=st.sampled_from(["open", "closed"]),
    actions=st.lists(st.sampled_from(list(ACTIONS)), min_size=1, max_size=8),
)
def test_any_sequence_of_actions_leaves_a_consistent_world(sim, layout, seed, script, fridge, actions):
    household = build_household(layout, seed)
    sim.reset(household)
    apply_home_state(sim, household, {"fridge": fridge})
    if script is not None:
        execute_program(sim, household, resident_scripts()[script].program)
    assert_consistent(sim, household)
    for name in actions:
        outcome = execute_action(sim, household, name)
        assert outcome.ok is all(result.satisfied for result in check_goals(sim, household, ACTIONS[name].goals))
        assert outcome.ok or outcome.reason is not None, f"{name} failed without a reason"
        assert all(step.ok for step in outcome.steps[:-1]) or outcome.reason is not None
        assert_consistent(sim, household)


@pytest.mark.parametrize("sim", ["symbolic"], indirect=True)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    layout=st.sampled_from(LAYOUTS),
    seed=st.integers(0, 10),
    steps=st.lists(st.tuples(st.sampled_from(["robot", "resident"]), scattered(NAMES)), min_size=1, max_size=25),
)
def test_any_sequence_of_primitives_is_refused_or_leaves_a_consistent_world(sim, layout, seed, steps):
    household = build_household(layout, seed)
    sim.reset(household)
    for body, step in steps:
        outcome = execute_program(sim, household, Program((step,)), body)
        assert outcome.ok or outcome.steps[-1].detail.endswith(".")
    assert_consistent(sim, household)


@pytest.mark.parametrize("sim", ["symbolic"], indirect=True)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_things_are_put_down_beside_each_other(sim, layout):
    """Fetching everything that fits onto one table: whole footprints apart, each within the hand's reach."""
    household = build_household(layout, 2)
    sim.reset(household)
    for thing in ("box", "pillow", "apple", "mug_of_water", "radio", "cellphone", "book", "toiletpaper"):
        execute_action(sim, household, f"get_{thing}_puton_bedroomtable")
    world = WorldState(sim, household)
    placed = [name for name in world.portables if world.place(name) == Place("on", "bedroom_table", "top")]
    assert len(placed) >= 6
    for first in placed:
        for second in placed:
            if first < second:
                assert not overlapping(sim, household, first, second), f"{first} stands in {second}"


def overlapping(sim, household, first: str, second: str) -> bool:
    """Whether two axis-parallel footprints share area (things are put down square to the table)."""
    a, b = sim.pose(first), sim.pose(second)

    def half(name: str, pose: Pose) -> tuple[float, float]:
        length, width = household.entities[name].model.footprint
        turned = round(pose.heading / 90.0) % 2 == 1
        return (width / 2, length / 2) if turned else (length / 2, width / 2)

    (ax, ay), (bx, by) = half(first, a), half(second, b)
    return abs(a.x - b.x) < ax + bx - 1e-6 and abs(a.y - b.y) < ay + by - 1e-6


@pytest.mark.parametrize("sim", ["symbolic"], indirect=True)
def test_contents_come_along_and_stay_inside(sim, make_house):
    house = make_house(case=("case", 1.0, 2.0, 30.0, 0.75), table=("table", 1.0, 2.0), ball=("ball", 2.5, 2.5, 0.0, 0.75),
                       perch=("perch", 2.5, 2.5))  # fmt: skip
    sim.reset(house)
    world = WorldState(sim, house)
    lines = ["[Walk] <ball>", "[Grab] <ball>", "[Walk] <case>", "[PutIn] <ball> <case>", "[Grab] <case>", "[Walk] <east>"]
    assert execute_program(sim, house, Program.parse(lines), "robot").ok
    assert world.place("ball") == Place("inside", "case", "inside")
    assert math.dist(sim.pose("ball")[:2], sim.pose("robot")[:2]) < 1.0
    assert sim.holder("ball") is None


@pytest.mark.parametrize("sim", ["symbolic"], indirect=True)
def test_a_drawer_is_found_where_it_slid_to(sim, make_house):
    house = make_house(chest=("chest", 0.4, 2.0), ball=("ball", 2.5, 2.5, 0.0, 0.75), perch=("perch", 2.5, 2.5))
    sim.reset(house)
    world = WorldState(sim, house)
    lines = ["[Walk] <ball>", "[Grab] <ball>", "[Walk] <chest>", "[Open] <chest>", "[PutIn] <ball> <chest>"]
    assert execute_program(sim, house, Program.parse(lines), "robot").ok
    assert world.place("ball") == Place("inside", "chest", "drawer")
    out = sim.pose("ball").x
    assert perform(world, "robot", Primitive.CLOSE, ("chest",)).ok
    assert sim.pose("ball").x == pytest.approx(out - 0.3)
    assert world.place("ball") == Place("inside", "chest", "drawer")
    assert world.closed_around("ball") == ("chest", "slide")


@pytest.mark.parametrize("sim", ["symbolic"], indirect=True)
def test_spots_run_out_and_are_within_reach(sim, make_house):
    balls = {f"ball_{i}": ("ball", 0.2 + 0.15 * i, 3.8) for i in range(8)}
    house = make_house(perch=("perch", 2.0, 2.0), robot=(2.5, 2.0), case=("case", 3.0, 1.0), **balls)
    sim.reset(house)
    world = WorldState(sim, house)
    here = (2.5, 2.0)
    spot = spot_on(world, "ball_0", "perch", here)
    assert spot is not None and spot.part == "top"
    assert spot_on(world, "ball_0", "perch", (3.8, 3.8)) is None, "out of reach"
    sim.grasp("robot", "ball_0")
    sim.release("robot", "ball_0", spot.pose)
    assert world.place("ball_0") == Place("on", "perch", "top")
    assert spot_on(world, "ball_1", "perch", here) is None, "the perch holds one ball"
    assert world.place("ball_7") == LOOSE
    inside = spot_in(world, "ball_7", "case", (3.0, 1.5))
    assert inside is not None and world.in_container("case", world.container("case", "inside"), inside.pose)
