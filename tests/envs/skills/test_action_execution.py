"""The 50 legal actions: each succeeds from a fresh house, and what counts is what the simulator then says."""

from __future__ import annotations

import pytest

from envs.household import build_household, layout_names
from envs.household.navigation import navigation_grid
from envs.skills import FailureReason, WorldState, apply_home_state, check_goals, execute_action, execute_plan, execute_program
from plans.actions import ACTIONS, Goal, Predicate
from plans.program import Primitive, Program
from tests.envs.simulators.conftest import NAMES

LAYOUTS = layout_names()
HOUSES = [(simulator, layout) for simulator in NAMES for layout in LAYOUTS]
"""Everything runs in every layout, in every simulator that is here: the skills are the same."""
SEEDS = {"symbolic": range(8)}
"""How many start places are tried; the others are slower, and one is enough to tell whether they agree."""


def fresh(sim, layout, seed, action):
    """A fresh house in which the action makes sense: only an open fridge can be closed."""
    house = build_household(layout, seed)
    sim.reset(house)
    if action == "close_fridge":
        apply_home_state(sim, house, {"fridge": "open"})
    return house


@pytest.mark.parametrize(("sim", "layout"), HOUSES, indirect=["sim"])
@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_succeeds_from_a_fresh_house(sim, layout, action):
    for seed in SEEDS.get(sim.name, range(1)):
        house = fresh(sim, layout, seed, action)
        nothing = check_goals(sim, house, ACTIONS[action].goals)
        assert not all(result.satisfied for result in nothing), f"seed {seed}: doing nothing would do"

        outcome = execute_action(sim, house, action)

        failed = [f"{step.step.line}: {step.detail}" for step in outcome.steps if not step.ok]
        assert outcome.ok, f"seed {seed}: {failed} {[goal.sentence for goal in outcome.goals]}"
        assert not failed
        assert outcome.reason is None
        assert outcome.completion == 1.0
        assert outcome.duration == pytest.approx(sim.time)
        # The judgement is the simulator's, whoever asks.
        assert all(result.satisfied for result in check_goals(sim, house, ACTIONS[action].goals))


def test_a_fresh_house_has_the_fridge_closed(sim):
    """The one action whose goal the fresh house already meets, which is why it takes a home state."""
    house = build_household(LAYOUTS[0], 0)
    sim.reset(house)
    assert check_goals(sim, house, ACTIONS["close_fridge"].goals)[0].satisfied
    apply_home_state(sim, house, {"fridge": "open"})
    result = check_goals(sim, house, ACTIONS["close_fridge"].goals)[0]
    assert not result.satisfied
    assert result.sentence == "The fridge is not closed."


@pytest.mark.parametrize(("sim", "layout"), HOUSES, indirect=["sim"])
def test_executed_steps_replay_to_the_same_world(sim, layout):
    for seed, action in enumerate(ACTIONS):
        house = fresh(sim, layout, seed % 5, action)
        outcome = execute_action(sim, house, action)
        facts, time = list(WorldState(sim, house).facts()), sim.time

        fresh(sim, layout, seed % 5, action)
        again = execute_program(sim, house, Program.parse(outcome.program.lines), "robot", numbered=True)

        assert again.ok
        assert list(WorldState(sim, house).facts()) == facts
        assert sim.time == pytest.approx(time)


def test_the_same_house_and_action_give_the_same_outcome(sim):
    outcomes = []
    for _ in range(2):
        house = fresh(sim, LAYOUTS[0], 3, "")
        outcomes.append([execute_action(sim, house, name).to_dict() for name in ("cook_chicken_puton_bedroomtable", "sit_bed")])
    assert outcomes[0] == outcomes[1]


def inserted(outcome):
    return [step.step.primitive for step in outcome.steps if step.inserted]


def test_a_closed_fridge_is_opened_and_closed_again(sim):
    house = fresh(sim, LAYOUTS[0], 0, "")
    outcome = execute_action(sim, house, "get_chicken_puton_kitchentable")
    assert outcome.ok
    assert inserted(outcome) == [Primitive.OPEN, Primitive.CLOSE]
    assert sim.joint("fridge", "door") <= 0.05


def test_a_fridge_that_somebody_left_open_stays_open(sim):
    house = fresh(sim, LAYOUTS[0], 0, "close_fridge")
    outcome = execute_action(sim, house, "get_chicken_puton_kitchentable")
    assert outcome.ok
    assert inserted(outcome) == []
    assert sim.joint("fridge", "door") >= 0.6


def test_who_sits_rises_first(sim):
    house = fresh(sim, LAYOUTS[0], 0, "")
    assert execute_action(sim, house, "sit_bed").ok
    outcome = execute_action(sim, house, "switchon_tv")
    assert outcome.ok
    assert inserted(outcome)[0] is Primitive.STANDUP
    assert sim.seat("robot") is None


def test_what_is_in_the_hand_is_not_fetched_twice(sim):
    house = fresh(sim, LAYOUTS[0], 0, "")
    assert execute_program(sim, house, Program.parse(["[Walk] <radio>", "[Grab] <radio>"]), "robot").ok
    outcome = execute_action(sim, house, "get_radio_puton_bedroomtable")
    assert outcome.ok
    assert Primitive.GRAB not in [step.step.primitive for step in outcome.steps]


def test_full_hands_are_freed_at_a_surface(sim):
    house = fresh(sim, LAYOUTS[0], 0, "")
    lines = ["[Walk] <radio>", "[Grab] <radio>", "[Walk] <cellphone>", "[Grab] <cellphone>"]
    assert execute_program(sim, house, Program.parse(lines), "robot").ok
    outcome = execute_action(sim, house, "get_apple_puton_bedroomtable")
    assert outcome.ok
    assert Primitive.PUT in inserted(outcome)
    assert len(WorldState(sim, house).held("robot")) == 1


def test_switching_on_what_is_on_succeeds_and_says_so(sim):
    house = fresh(sim, LAYOUTS[0], 0, "")
    apply_home_state(sim, house, {"tv": "on"})
    outcome = execute_action(sim, house, "switchon_tv")
    assert outcome.ok
    assert outcome.steps[-1].detail == "already so"


def test_the_instance_nobody_holds_is_chosen(sim):
    house = fresh(sim, LAYOUTS[0], 0, "")
    world = WorldState(sim, house)
    mugs = house.find("mug")
    assert len(mugs) > 1
    for held in mugs:
        sim.reset(house)
        sim.grasp("resident", held)
        outcome = execute_action(sim, house, "get_mug_of_water_puton_bedroomtable")
        assert outcome.ok
        assert held not in outcome.subjects
        assert world.sim.holder(held) == "resident"


def test_a_plan_does_not_undo_what_it_did(sim):
    house = fresh(sim, LAYOUTS[0], 0, "")
    plan = ["get_mug_of_water_puton_bedroomtable", "get_mug_of_water_puton_kitchentable"]
    outcomes = execute_plan(sim, house, plan)
    assert all(outcome.ok for outcome in outcomes)
    for name in plan:
        assert all(result.satisfied for result in check_goals(sim, house, ACTIONS[name].goals))


def test_a_failed_action_does_not_stop_the_plan(sim):
    house = fresh(sim, LAYOUTS[0], 0, "")
    sim.grasp("resident", "coffee")
    first, second = execute_plan(sim, house, ["get_coffee_puton_kitchentable", "switchon_tv"])
    assert (first.ok, first.reason) == (False, FailureReason.HELD_BY_OTHER)
    assert second.ok


def test_playing_ends_when_the_player_rises(sim):
    house = fresh(sim, LAYOUTS[0], 0, "")
    assert execute_action(sim, house, "play_computer").ok
    assert execute_action(sim, house, "open_fridge").ok
    playing = check_goals(sim, house, ACTIONS["play_computer"].goals)
    assert [result.satisfied for result in playing] == [True, False, False]


@pytest.mark.parametrize("sim", ["symbolic"], indirect=True)
def test_somebody_in_the_only_way_steps_aside(sim, make_house):
    house = make_house(door=0.7, resident=(4.0, 2.0), perch=("perch", 7.0, 1.0))
    sim.reset(house)
    outcome = execute_program(sim, house, Program.parse(["[Walk] <perch>"]), "robot")
    assert outcome.ok
    resident = sim.pose("resident")
    assert (resident.x, resident.y) != (4.0, 2.0)
    assert navigation_grid(house).is_free((resident.x, resident.y))


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"dragon": "open"}, "expected a thing"),
        ({"fridge": "ajar"}, "expected one of open, closed, on, off"),
        ({"tv": "open"}, "it has no door"),
        ({"fridge": "on"}, "it has no switch"),
    ],
)
def test_home_states_that_make_no_sense_are_refused(sim, state, message):
    house = fresh(sim, LAYOUTS[0], 0, "")
    with pytest.raises(ValueError, match=message):
        apply_home_state(sim, house, state)


def test_goals_of_one_subject_hold_for_one_instance(sim):
    """Water in one mug and another mug on the table is not a mug of water on the table."""
    house = fresh(sim, LAYOUTS[0], 0, "")
    table, (first, second) = house.entities["bedroom_table"], house.find("mug")[:2]
    top = table.model.surfaces[0]
    on_table = table.pose.world(*top.centre, top.height)
    goals = ACTIONS["get_mug_of_water_puton_bedroomtable"].goals
    sim.set_state(first, "water", True)
    sim.grasp("robot", second)
    sim.release("robot", second, table.pose._replace(x=on_table[0], y=on_table[1], z=on_table[2]))
    assert sum(result.satisfied for result in check_goals(sim, house, goals)) == 1
    sim.set_state(second, "water", True)
    assert [result.entity for result in check_goals(sim, house, goals)] == [second, second]
    assert all(result.satisfied for result in check_goals(sim, house, goals))


@pytest.mark.parametrize(
    ("dx", "dy", "dz", "expected"),
    [(0, 0, 0, True), (0, 0, 0.04, True), (0, 0, 0.08, False), (0, 0, -0.2, False), (2, 0, 0, False), (0, 2, 0, False)],
)
def test_on_means_within_the_top_and_at_its_height(sim, dx, dy, dz, expected):
    house = fresh(sim, LAYOUTS[0], 0, "")
    table = house.entities["bedroom_table"]
    top = table.model.surfaces[0]
    x, y, z = table.pose.world(*top.centre, top.height)
    sim.grasp("robot", "apple_1")
    goal = Goal(Predicate.ON, "apple", "bedroomtable")
    assert not check_goals(sim, house, [goal])[0].satisfied
    sim.release("robot", "apple_1", table.pose._replace(x=x + dx, y=y + dy, z=z + dz))
    result = check_goals(sim, house, [goal])[0]
    assert result.satisfied is expected
    wanted = "The apple stands on the bedroom table." if expected else "The apple does not stand on the bedroom table."
    assert result.sentence == wanted


def test_the_folder_on_the_table_must_be_the_one_with_the_paper(sim):
    house = fresh(sim, LAYOUTS[0], 0, "")
    goals = ACTIONS["put_paper_into_folder_puton_bedroomtable"].goals
    assert execute_action(sim, house, "get_folder_puton_bedroomtable").ok
    assert [result.satisfied for result in check_goals(sim, house, goals)] == [False, True]
    assert execute_action(sim, house, "put_paper_into_folder_puton_bedroomtable").ok
