"""Every reason for a failure has a case that provokes it, and a failed primitive leaves the world as it was."""

from __future__ import annotations

import pytest

from envs.household import Pose, build_household
from envs.skills import SKILLS, FailureReason, WorldState, perform
from plans.program import Primitive
from tests.envs.simulators.conftest import NAMES

R = FailureReason
LEFT_CHAIR = ("[Walk] <bedroom_chair>", "[Sit] <bedroom_chair>")
MUG = ("[Walk] <mug_1>", "[Grab] <mug_1>")

# Who does what before, and the last line, which must fail for the reason.
IN_THE_APARTMENT = {
    R.UNKNOWN_OBJECT: [("robot", "[Walk] <unicorn>")],
    R.SITTING: [("robot", *LEFT_CHAIR, "[Walk] <fridge>")],
    R.TOO_FAR: [("robot", "[Walk] <bed>", "[SwitchOn] <stove>")],
    R.INSIDE_CLOSED: [("robot", "[Walk] <chicken>", "[Grab] <chicken>")],
    R.NOT_PORTABLE: [("robot", "[Walk] <bedroom_sofa>", "[Grab] <bedroom_sofa>")],
    R.HELD_BY_OTHER: [("resident", "[Walk] <radio>", "[Grab] <radio>"), ("robot", "[Walk] <radio>", "[Grab] <radio>")],
    R.HANDS_FULL: [("robot", *MUG, "[Walk] <radio>", "[Grab] <radio>", "[Walk] <cellphone>", "[Grab] <cellphone>")],
    R.NOT_HOLDING: [("robot", "[Walk] <bedroomtable>", "[Put] <mug_1> <bedroomtable>")],
    R.NOT_A_SURFACE: [("robot", *MUG, "[Walk] <tv>", "[Put] <mug_1> <tv>")],
    R.NOT_A_CONTAINER: [("robot", *MUG, "[Walk] <bedroomtable>", "[PutIn] <mug_1> <bedroomtable>")],
    R.INTO_ITSELF: [("robot", "[Walk] <box>", "[Grab] <box>", "[PutIn] <box> <box>")],
    R.CONTAINER_CLOSED: [("robot", *MUG, "[Walk] <fridge>", "[PutIn] <mug_1> <fridge>")],
    R.NOT_OPENABLE: [("robot", "[Walk] <bedroomtable>", "[Open] <bedroomtable>")],
    R.NOT_SWITCHABLE: [("robot", "[Walk] <bed>", "[SwitchOn] <bed>")],
    R.NOT_A_SEAT: [("robot", "[Walk] <stove>", "[Sit] <stove>")],
    R.ALREADY_SEATED: [("robot", *LEFT_CHAIR, "[Sit] <bed>")],
    R.SEAT_OCCUPIED: [("resident", *LEFT_CHAIR), ("robot", *LEFT_CHAIR)],
    R.NOT_SEATED: [("robot", "[StandUp]")],
    R.NOT_A_SOURCE: [("robot", *MUG, "[Walk] <stove>", "[Fill] <mug_1> <stove>")],
    R.SOURCE_OFF: [("robot", *MUG, "[Walk] <kitchen_faucet>", "[Fill] <mug_1> <kitchen_faucet>")],
    R.NOT_FILLABLE: [("robot", "[Walk] <radio>", "[Grab] <radio>", "[Walk] <kitchen_faucet>", "[SwitchOn] <kitchen_faucet>",
                      "[Fill] <radio> <kitchen_faucet>")],
    R.ALREADY_FULL: [("robot", *MUG, "[Walk] <coffeemaker>", "[SwitchOn] <coffeemaker>", "[Fill] <mug_1> <coffeemaker>",
                      "[Walk] <kitchen_faucet>", "[SwitchOn] <kitchen_faucet>", "[Fill] <mug_1> <kitchen_faucet>")],
    R.NOT_A_COOKER: [("robot", *MUG, "[Cook] <mug_1> <bedroomtable>")],
    R.NOT_COOKABLE: [("robot", "[Walk] <radio>", "[Grab] <radio>", "[Walk] <stove>", "[Cook] <radio> <stove>")],
    R.NOT_IN_COOKER: [("robot", *MUG, "[Walk] <microwave>", "[Cook] <mug_1> <microwave>")],
    R.COOKER_OPEN: [("robot", *MUG, "[Walk] <microwave>", "[Open] <microwave>", "[PutIn] <mug_1> <microwave>",
                     "[Cook] <mug_1> <microwave>")],
    R.COOKER_OFF: [("robot", *MUG, "[Walk] <microwave>", "[Open] <microwave>", "[PutIn] <mug_1> <microwave>",
                    "[Close] <microwave>", "[Cook] <mug_1> <microwave>")],
    R.NOTHING_TO_PLAY: [("robot", "[Walk] <tv>", "[SwitchOn] <tv>", "[Play] <tv>")],
    R.POWER_OFF: [("robot", *LEFT_CHAIR, "[Play] <computer>")],
}  # fmt: skip


def _beyond_a_wall(make_house):
    return make_house(door=0.0, perch=("perch", 7.0, 1.0)), "robot", ["[Walk] <perch>"]


def _in_a_dead_end(make_house):
    # An aisle half a metre wide leads to the perch; who stands deep in it cannot step aside.
    rows, columns = (0.81, 1.42, 2.58, 3.19), (5.8, 6.8, 7.5)
    blocks = {f"block_{x}_{y}": ("table", x, y, 90.0) for x in columns for y in rows}
    house = make_house(resident=(7.0, 2.0), perch=("perch", 7.8, 2.0, 180.0), **blocks)
    return house, "robot", ["[Walk] <perch>"]


def _too_large(make_house):
    house = make_house(tray=("tray", 1.6, 1.0, 0.0, 0.0), perch=("perch", 2.0, 2.5))
    return house, "robot", ["[Walk] <tray>", "[Grab] <tray>", "[Walk] <perch>", "[Put] <tray> <perch>"]


IN_A_TEST_HOUSE = {R.NOT_REACHABLE: _beyond_a_wall, R.BLOCKED: _in_a_dead_end, R.NO_SPACE: _too_large}


@pytest.fixture
def provoke(sim, house, do, make_house):
    def run(reason):
        """Do what comes before the failure, and return a way to do the failing line."""
        if reason in IN_A_TEST_HOUSE:
            home, body, lines = IN_A_TEST_HOUSE[reason](make_house)
            sim.reset(home)
            *before, last = [(body, *lines)]
        else:
            home = house
            sim.reset(home)
            *before, last = IN_THE_APARTMENT[reason]
        for body, *lines in before:
            assert do(sim, home, body, *lines).ok
        body, *lines = last
        if lines[:-1]:
            assert do(sim, home, body, *lines[:-1]).ok
        return home, body, lines

    return run


PROVOKED = [("symbolic", reason) for reason in FailureReason]
# What happens in a test house has nothing to draw.
PROVOKED += [(name, reason) for name in NAMES[1:] for reason in FailureReason if reason not in IN_A_TEST_HOUSE]


@pytest.mark.parametrize(("sim", "reason"), PROVOKED, indirect=["sim"])
def test_every_reason_is_provoked_and_changes_nothing(reason, provoke, sim, do):
    home, body, lines = provoke(reason)
    world = WorldState(sim, home)
    before, time = list(world.facts()), sim.time
    poses = {name: sim.pose(name) for name in (*home.entities, "robot", "resident")}

    outcome = do(sim, home, body, lines[-1])

    assert not outcome.ok
    assert outcome.reason is reason
    assert outcome.detail.endswith(".") and "{" not in outcome.detail
    assert list(world.facts()) == before
    assert sim.time == time
    assert {name: sim.pose(name) for name in poses} == poses


def test_sentences_are_distinct_and_deterministic():
    sentences = [reason.sentence("robot", "mug", "fridge") for reason in FailureReason]
    assert len(set(sentences)) == len(sentences)
    assert sentences == [reason.sentence("robot", "mug", "fridge") for reason in FailureReason]
    assert FailureReason.HELD_BY_OTHER.sentence("robot", "cell phone") == "Somebody else holds the cell phone."


def test_every_primitive_has_a_skill_and_every_reason_a_primitive():
    assert set(SKILLS) == set(Primitive)
    used = {reason for skill in SKILLS.values() for reason, _ in skill.conditions}
    assert used == set(FailureReason)


@pytest.mark.parametrize(
    ("primitive", "expected"),
    [
        (Primitive.WALK, [R.UNKNOWN_OBJECT, R.SITTING, R.NOT_REACHABLE, R.BLOCKED]),
        (Primitive.GRAB, [R.UNKNOWN_OBJECT, R.NOT_PORTABLE, R.HELD_BY_OTHER, R.INSIDE_CLOSED, R.TOO_FAR, R.HANDS_FULL]),
        (Primitive.SIT, [R.UNKNOWN_OBJECT, R.NOT_A_SEAT, R.ALREADY_SEATED, R.SEAT_OCCUPIED, R.TOO_FAR]),
        (Primitive.WAIT, []),
    ],
)
def test_conditions_are_checked_in_the_documented_order(primitive, expected):
    assert [reason for reason, _ in SKILLS[primitive].conditions] == expected


def test_the_first_unmet_condition_is_reported(sim, house):
    # The chicken is shut in the fridge, far away, and both hands are full: being shut in comes first.
    sim.reset(house)
    world = WorldState(sim, house)
    for name in ("apple_1", "radio"):
        sim.grasp("robot", name)
    assert perform(world, "robot", Primitive.GRAB, ("chicken",)).reason is R.INSIDE_CLOSED
    sim.set_joint("fridge", "door", 1.0)
    assert perform(world, "robot", Primitive.GRAB, ("chicken",)).reason is R.TOO_FAR
    stand = world.standing_point("chicken", "robot")
    sim.move("robot", [stand.point], speed=1.0)
    assert perform(world, "robot", Primitive.GRAB, ("chicken",)).reason is R.HANDS_FULL
    sim.release("robot", "radio", Pose(stand.x, stand.y, 0.0))
    assert perform(world, "robot", Primitive.GRAB, ("chicken",)).ok


def test_the_robot_never_takes_things_out_of_peoples_hands(sim):
    from envs.skills import execute_action, execute_program
    from plans.program import Program

    house = build_household("maple", 1)
    sim.reset(house)
    assert execute_program(sim, house, Program.parse(["[Walk] <cellphone>", "[Grab] <cellphone>"])).ok
    outcome = execute_action(sim, house, "get_cellphone_puton_bedroomtable")
    assert not outcome.ok
    assert outcome.reason is R.HELD_BY_OTHER
    assert sim.holder("cellphone") == "resident"
