"""What primitives do, beyond succeeding: turns, strides, heat and cold, and what must not change."""

from __future__ import annotations

import math

import pytest

from envs.household import Pose, build_household
from envs.skills import FailureReason, WorldState, check_goals, perform
from plans.actions import Goal, Predicate
from plans.program import Primitive as P


@pytest.fixture
def world(sim, house):
    sim.reset(house)
    return WorldState(sim, house)


def act(world, primitive, *names, body="robot"):
    outcome = perform(world, body, primitive, names)
    assert outcome.ok, outcome.detail
    return outcome


def stand_at(world, name, body="robot"):
    stand = world.standing_point(name, body)
    world.sim.move(body, [stand.point], speed=1.0)
    world.sim.face(body, stand.heading)


def test_two_turns_are_an_about_face_and_opposite_turns_cancel(world):
    heading = world.sim.pose("robot").heading
    act(world, P.TURNLEFT)
    assert world.sim.pose("robot").heading == pytest.approx((heading + 90.0) % 360.0)
    act(world, P.TURNLEFT)
    assert world.sim.pose("robot").heading == pytest.approx((heading + 180.0) % 360.0)
    act(world, P.TURNRIGHT)
    act(world, P.TURNRIGHT)
    assert world.sim.pose("robot").heading == pytest.approx(heading % 360.0)


@pytest.mark.parametrize("sim", ["symbolic"], indirect=True)
def test_a_stride_is_a_metre_ahead_where_there_is_room(sim, make_house):
    house = make_house()
    sim.reset(house)
    outcome = act(WorldState(sim, house), P.WALKFORWARD)
    assert outcome.distance == pytest.approx(1.0)
    assert sim.pose("robot")[:2] == pytest.approx((2.0, 1.0))


@pytest.mark.parametrize("sim", ["symbolic"], indirect=True)
def test_a_stride_against_a_wall_turns_by_the_smallest_angle(sim, make_house):
    house = make_house(robot=(1.0, 0.4))
    sim.reset(house)
    sim.face("robot", 280.0)  # the wall is a step to the south
    outcome = act(WorldState(sim, house), P.WALKFORWARD)
    assert outcome.distance >= 0.4
    turned = (sim.pose("robot").heading - 280.0 + 180.0) % 360.0 - 180.0
    assert 0.0 < turned <= 90.0, "east is nearer than west"


def test_things_in_the_fridge_become_cold_only_behind_a_closed_door(world):
    sim = world.sim
    stand_at(world, "fridge")
    act(world, P.OPEN, "fridge")
    act(world, P.WAIT)
    assert "chilled" not in sim.states("chicken")
    act(world, P.CLOSE, "fridge")
    act(world, P.WAIT)
    assert "chilled" in sim.states("chicken")
    assert "chilled" not in sim.states("radio")


def test_hot_and_chilled_exclude_each_other(world):
    sim = world.sim
    sim.set_state("chicken", "chilled", True)
    sim.grasp("robot", "chicken")
    stand_at(world, "stove")
    act(world, P.PUT, "chicken", "stove")
    act(world, P.SWITCHON, "stove")
    act(world, P.COOK, "chicken", "stove")
    assert sim.states("chicken") == {"cooked", "hot"}
    act(world, P.GRAB, "chicken")
    stand_at(world, "fridge")
    act(world, P.OPEN, "fridge")
    act(world, P.PUTIN, "chicken", "fridge")
    act(world, P.CLOSE, "fridge")
    act(world, P.WAIT)
    assert sim.states("chicken") == {"cooked", "chilled"}


def test_heating_water_does_not_cook_the_mug(world):
    sim = world.sim
    sim.grasp("robot", "mug_1")
    sim.set_state("mug_1", "water", True)
    stand_at(world, "microwave")
    act(world, P.OPEN, "microwave")
    act(world, P.PUTIN, "mug_1", "microwave")
    act(world, P.CLOSE, "microwave")
    act(world, P.SWITCHON, "microwave")
    act(world, P.COOK, "mug_1", "microwave")
    assert sim.states("mug_1") == {"water", "hot"}


def test_touching_changes_nothing_but_time(world):
    stand_at(world, "stove")
    facts, time = list(world.facts()), world.sim.time
    act(world, P.TOUCH, "stove")
    assert list(world.facts()) == facts
    assert world.sim.time > time


@pytest.mark.parametrize(
    ("before", "primitive", "name"),
    [
        ((), P.CLOSE, "fridge"),
        ((P.OPEN,), P.OPEN, "fridge"),
        ((), P.SWITCHOFF, "stove"),
        ((P.SWITCHON,), P.SWITCHON, "stove"),
        ((P.GRAB,), P.GRAB, "mug_1"),
        ((P.SIT,), P.SIT, "bedroom_chair"),
    ],
)
def test_what_is_already_so_succeeds_at_once_and_says_so(world, before, primitive, name):
    stand_at(world, name)
    for first in before:
        act(world, first, name)
    facts, time = list(world.facts()), world.sim.time
    outcome = act(world, primitive, name)
    assert outcome.detail == "already so"
    assert (list(world.facts()), world.sim.time) == (facts, time)


def test_walking_to_what_somebody_holds_leads_to_them(world):
    world.sim.grasp("resident", "radio")
    act(world, P.WALK, "radio")
    robot, resident = world.sim.pose("robot"), world.sim.pose("resident")
    assert 0.44 <= math.dist(robot[:2], resident[:2]) <= 1.4
    assert perform(world, "robot", P.GRAB, ("radio",)).reason is FailureReason.HELD_BY_OTHER


def test_two_bodies_never_stand_in_the_same_place(world):
    for name in ("fridge", "stove", "tv", "basin", "bedroom_table"):
        act(world, P.WALK, name, body="resident")
        act(world, P.WALK, name)
        robot, resident = world.sim.pose("robot"), world.sim.pose("resident")
        assert math.dist(robot[:2], resident[:2]) >= 0.29, name


def test_two_bodies_share_a_sofa_but_not_a_place_on_it(world):
    for body in ("resident", "robot"):
        act(world, P.WALK, "bedroom_sofa", body=body)
        act(world, P.SIT, "bedroom_sofa", body=body)
    seats = {world.sim.seat(body) for body in ("resident", "robot")}
    assert len(seats) == 2
    assert {seat[0] for seat in seats} == {"bedroom_sofa"}
    a, b = world.sim.pose("resident"), world.sim.pose("robot")
    assert math.dist(a[:2], b[:2]) > 0.4


def test_rising_leads_back_to_free_floor(world):
    for seat in ("bed", "bedroom_sofa", "bedroom_chair", "kitchen_bench"):
        act(world, P.WALK, seat)
        act(world, P.SIT, seat)
        goal = Goal(Predicate.SEATED, "robot", seat)
        assert check_goals(world.sim, world.household, [goal])[0].satisfied
        act(world, P.STANDUP)
        here = world.sim.pose("robot")
        assert world.grid.is_free((here.x, here.y))
        assert here.z == 0.0
        assert not check_goals(world.sim, world.household, [goal])[0].satisfied


def test_a_body_is_only_seated_where_its_pose_says_so(world):
    """The books alone do not count: who is booked on a seat but stands elsewhere does not sit there."""
    goal = Goal(Predicate.SEATED, "robot", "bedroom_chair")
    world.sim.sit("robot", "bedroom_chair", "seat", Pose(6.5, 5.0, 0.45))
    assert not check_goals(world.sim, world.household, [goal])[0].satisfied


@pytest.mark.parametrize("sim", ["symbolic"], indirect=True)
def test_goals_that_share_a_container_mean_the_same_one(sim, make_house):
    house = make_house(case_1=("case", 1.0, 2.0, 0.0, 0.75), table=("table", 1.0, 2.0), case_2=("case", 2.5, 2.5),
                       ball=("ball", 2.5, 2.5, 0.0, 0.01))  # fmt: skip
    sim.reset(house)
    goals = (Goal(Predicate.INSIDE, "ball", "case"), Goal(Predicate.ON, "case", "table"))
    assert sum(result.satisfied for result in check_goals(sim, house, goals)) == 1
    for single in goals:
        assert check_goals(sim, house, [single])[0].satisfied
    sim.grasp("robot", "ball")
    sim.release("robot", "ball", Pose(1.0, 2.0, 0.76), into="case_1")
    results = check_goals(sim, house, goals)
    assert all(result.satisfied for result in results)
    assert results[1].entity == "case_1"


def test_facts_are_the_same_for_every_simulator(sim):
    from envs.simulators import make_simulator

    house = build_household("maple", 2)
    symbolic = make_simulator("symbolic")
    facts = []
    for simulator in (sim, symbolic):
        simulator.reset(house)
        world = WorldState(simulator, house)
        for primitive, *names in ((P.WALK, "mug_1"), (P.GRAB, "mug_1"), (P.WALK, "bed"), (P.SIT, "bed")):
            act(world, primitive, *names)
        facts.append(list(world.facts()))
    assert facts[0] == facts[1]


def test_the_feet_of_who_sits_are_not_walked_over(world):
    act(world, P.WALK, "bedroom_sofa", body="resident")
    act(world, P.SIT, "bedroom_sofa", body="resident")
    feet = world.in_the_way("robot")
    seat = world.sim.pose("resident")
    assert math.dist(feet, seat[:2]) > 0.3
    act(world, P.WALK, "bedroom_table")
    robot = world.sim.pose("robot")
    assert math.dist(robot[:2], feet) >= 0.29
