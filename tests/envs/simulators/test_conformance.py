"""What every simulator must do, and that they agree: one suite for all of them."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from envs.household.house import Household
from envs.household.model import Container, Joint, Material, Model, Part, Pose
from envs.simulators import Manner, Simulator, make_simulator

PATH = [(1.4, 1.2), (3.2, 1.2), (4.6, 1.5), (5.5, 1.6)]
PUT = Pose(2.3, 1.8, 0.42, 30.0)


def act(sim: Simulator) -> None:
    """A bit of everything: walk, fetch, pack, carry over, sit, open, switch."""
    sim.move("robot", [(1.4, 1.2)], speed=1.0)
    mug = sim.pose("mug")
    sim.gesture("robot", "reach", mug[:3])
    sim.grasp("robot", "mug")
    sim.set_state("mug", "water", True)
    sim.gesture("robot", "reach", sim.pose("box")[:3])
    sim.release("robot", "mug", sim.pose("box").compose(Pose(0.02, 0.01, 0.01)), into="box")
    sim.grasp("robot", "box")
    sim.set_joint("fridge", "door", 1.0)
    sim.set_joint("fridge", "door", 0.25)
    sim.move("robot", PATH[1:], speed=1.1)
    sim.face("robot", 10.0)
    sim.release("robot", "box", Pose(5.6, 0.9, 0.0, 45.0))
    sim.gesture("robot", "touch", (7.5, 0.5, 1.2))
    sim.set_switch("lamp", True)
    sim.sit("resident", "sofa", "left", Pose(6.0, 2.4, 0.44, 270.0))
    sim.wait(1.5)
    sim.stand("resident", Pose(6.0, 1.4, 0.0, 90.0))
    sim.grasp("resident", "book")
    sim.gesture("resident", "work", (6.0, 1.9, 0.9))


def snapshot(sim: Simulator, house: Household) -> dict[str, object]:
    """Everything that a simulator answers."""
    names = [*house.entities, "robot", "resident"]
    return {
        "poses": {name: sim.pose(name) for name in names},
        "door": sim.joint("fridge", "door"),
        "on": [name for name in house.entities if sim.is_on(name)],
        "states": {name: sim.states(name) for name in house.entities},
        "holders": {name: sim.holder(name) for name in house.entities},
        "seats": [sim.seat(body) for body in ("robot", "resident")],
        "time": sim.time,
    }


def apart(a: Pose, b: Pose) -> float:
    """Metres between two poses, counting ten degrees as a centimetre."""
    return math.dist(a[:3], b[:3]) + abs((a.heading - b.heading + 180) % 360 - 180) / 1000


def test_follows_the_protocol(simulator: Simulator) -> None:
    assert isinstance(simulator, Simulator)
    for name, method in inspect.getmembers(Simulator, inspect.isfunction):
        if not name.startswith("_"):
            wanted = list(inspect.signature(method).parameters.values())
            found = list(inspect.signature(getattr(type(simulator), name)).parameters.values())
            assert [(p.name, p.kind, p.default) for p in found] == [(p.name, p.kind, p.default) for p in wanted], name


def test_reset_puts_everything_where_the_household_says(simulator: Simulator, house: Household) -> None:
    act(simulator)
    simulator.reset(house)
    assert simulator.time == 0.0
    for name, entity in house.entities.items():
        assert apart(simulator.pose(name), entity.pose) < 1e-9, name
        assert simulator.is_on(name) is entity.switched_on
        assert simulator.states(name) == frozenset()
        assert simulator.holder(name) is None
    for body, pose in house.starts.items():
        assert apart(simulator.pose(body), pose) < 1e-9
        assert simulator.seat(body) is None
    assert simulator.joint("fridge", "door") == 0.0


def test_other_seeds_start_elsewhere(simulator: Simulator, make_house: Callable[[int], Household]) -> None:
    starts = set()
    for seed in range(6):
        simulator.reset(make_house(seed))
        starts.add(round(simulator.pose("mug").x, 3))
    assert len(starts) == 2


def test_simulators_agree_within_a_millimetre(house: Household, names: tuple[str, ...]) -> None:
    taken = []
    for name in names:
        sim = make_simulator(name)
        sim.reset(house)
        act(sim)
        taken.append(snapshot(sim, house))
        sim.close()
    first = taken[0]
    for second in taken[1:]:
        for name, pose in first["poses"].items():  # type: ignore[attr-defined]
            if first["holders"][name] is None if name in house.entities else True:  # type: ignore[index]
                assert apart(pose, second["poses"][name]) < 1e-3, name  # type: ignore[index]
        for key in ("on", "states", "holders", "seats"):
            assert first[key] == second[key]
        assert first["door"] == pytest.approx(second["door"])
        assert first["time"] == pytest.approx(second["time"], abs=1e-9)


def test_played_motion_ends_where_and_when_a_jump_does(simulator: Simulator, house: Household) -> None:
    act(simulator)
    jumped = snapshot(simulator, house)
    simulator.reset(house)
    ticks: list[float] = []
    simulator.tick = ticks.append
    act(simulator)
    simulator.tick = None
    assert snapshot(simulator, house) == jumped
    assert len(ticks) > 100
    assert ticks == sorted(ticks)
    assert max(b - a for a, b in zip(ticks, ticks[1:], strict=False)) <= 0.1 + 1e-9


def test_walk_moves_steadily_and_ends_along_the_last_leg(simulator: Simulator) -> None:
    seen: list[Pose] = []
    simulator.tick = lambda _: seen.append(simulator.pose("robot"))
    simulator.move("robot", PATH, speed=1.0)
    steps = [math.dist(a[:2], b[:2]) for a, b in zip(seen, seen[1:], strict=False)]
    turns = [abs((b.heading - a.heading + 180) % 360 - 180) for a, b in zip(seen, seen[1:], strict=False)]
    assert max(steps) < 0.13
    assert max(turns) < 45
    end = simulator.pose("robot")
    assert (end.x, end.y) == pytest.approx(PATH[-1])
    assert end.heading == pytest.approx(math.degrees(math.atan2(0.1, 0.9)))


def test_contents_move_along_through_hands_and_boxes(simulator: Simulator) -> None:
    box = simulator.pose("box")
    simulator.grasp("robot", "mug")
    simulator.release("robot", "mug", box.compose(Pose(0.05, 0.0, 0.01, 0.0)), into="box")
    simulator.grasp("robot", "box")
    assert simulator.holder("mug") is None
    assert math.dist(simulator.pose("mug")[:3], simulator.pose("box").compose(Pose(0.05, 0.0, 0.01))[:3]) < 1e-6
    simulator.move("robot", PATH, speed=1.0)
    assert math.dist(simulator.pose("mug")[:2], simulator.pose("robot")[:2]) < 0.8
    there = Pose(5.0, 1.0, 0.0, 90.0)
    simulator.release("robot", "box", there)
    assert apart(simulator.pose("mug"), there.compose(Pose(0.05, 0.0, 0.01, 0.0))) < 1e-6
    simulator.grasp("robot", "mug")
    simulator.release("robot", "mug", PUT)
    simulator.grasp("robot", "box")
    assert apart(simulator.pose("mug"), PUT) < 1e-6


def test_held_things_stay_near_the_hands(simulator: Simulator) -> None:
    simulator.grasp("robot", "book")
    simulator.grasp("robot", "mug")
    simulator.move("robot", PATH, speed=1.0)
    body = simulator.pose("robot")
    for name in ("book", "mug"):
        x, y, z = body.local(*simulator.pose(name)[:3])
        assert 0.0 < x < 0.7
        assert abs(y) < 0.5
        assert 0.4 < z < 1.4
    assert math.dist(simulator.pose("book")[:3], simulator.pose("mug")[:3]) > 0.1


def test_drawer_takes_along_what_lies_in_it(house: Household, names: tuple[str, ...]) -> None:
    front = Part("box", (0.2, 0.2, 0.05), (0.0, 0.0, 0.3), material=Material(), joint="drawer")
    chest = Model("chest", (Part("box", (0.22, 0.22, 0.2), (0.0, 0.0, 0.2)), front), (0.44, 0.44), 0.4,
                  containers=(Container("drawer", (0.0, 0.0, 0.26), (0.4, 0.4, 0.1), "drawer"),),
                  joints=(Joint("drawer", "slide", (0.0, 0.0, 0.0), (1.0, 0.0, 0.0), 0.3),))  # fmt: skip
    table = house.entities["table"]
    home = replace(house, entities={**house.entities, "table": replace(table, model=chest)},
                   blueprint=house.blueprint.model_copy())  # fmt: skip
    for name in names:
        sim = make_simulator(name)
        sim.reset(home)
        sim.set_joint("table", "drawer", 1.0)
        sim.grasp("robot", "mug")
        inside = table.pose.compose(Pose(0.35, 0.05, 0.27, 0.0))
        sim.release("robot", "mug", inside, into="table")
        sim.set_joint("table", "drawer", 0.0)
        assert apart(sim.pose("mug"), table.pose.compose(Pose(0.05, 0.05, 0.27, 0.0))) < 1e-6, name
        sim.close()


def test_seats_are_taken_and_left(simulator: Simulator) -> None:
    seat = Pose(6.0, 2.4, 0.44, 270.0)
    simulator.sit("resident", "sofa", "left", seat)
    assert simulator.seat("resident") == ("sofa", "left")
    assert apart(simulator.pose("resident"), seat) < 1e-6
    simulator.stand("resident", Pose(6.0, 1.5, 0.0, 270.0))
    assert simulator.seat("resident") is None
    assert simulator.pose("resident").z == 0.0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda sim: sim.pose("unicorn"), "got 'unicorn'"),
        (lambda sim: sim.grasp("robot", "sofa"), "furniture"),
        (lambda sim: sim.release("robot", "mug", PUT), "it holds nothing"),
        (lambda sim: (sim.grasp("robot", "mug"), sim.grasp("resident", "mug")), "which robot holds"),
        (lambda sim: (sim.grasp("robot", "mug"), sim.grasp("robot", "book"), sim.grasp("robot", "box")), "free hand"),
        (lambda sim: (sim.grasp("robot", "box"), sim.release("robot", "box", PUT, into="box")), "a container other than"),
        (lambda sim: sim.set_joint("fridge", "lid", 1.0), r"among \['door'\]"),
        (lambda sim: sim.set_joint("fridge", "door", 2.0), "0 .closed. to 1 .open."),
        (lambda sim: sim.gesture("robot", "juggle", (0.0, 0.0, 1.0)), "reach, touch, work, play"),
        (lambda sim: sim.move("cat", PATH, speed=1.0), "robot, resident"),
        (lambda sim: sim.move("robot", PATH, speed=0.0), "above 0"),
        (lambda sim: sim.wait(-1.0), "0 or more"),
    ],
)
def test_mistakes_are_answered_in_one_line(simulator: Simulator, call, words: str) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    with pytest.raises(ValueError, match=words) as caught:
        call(simulator)
    assert "\n" not in str(caught.value)


def test_use_before_reset_says_so(names: tuple[str, ...]) -> None:
    for name in names:
        sim = make_simulator(name)
        with pytest.raises(RuntimeError, match="reset"):
            sim.move("robot", PATH, speed=1.0)
        sim.close()


def test_several_simulators_do_not_disturb_each_other(house: Household, names: tuple[str, ...]) -> None:
    sims = [make_simulator(name) for name in (*names, *names)]
    for sim in sims:
        sim.reset(house, manner=Manner(0.5, 0.5))
    for number, sim in enumerate(sims):
        sim.move("robot", [(1.0 + 0.3 * number, 1.0)], speed=1.0)
        sim.set_joint("fridge", "door", 0.2 * number)
    for number, sim in enumerate(sims):
        assert sim.pose("robot").x == pytest.approx(1.0 + 0.3 * number)
        assert sim.joint("fridge", "door") == pytest.approx(0.2 * number)
        sim.close()
        sim.close()


def test_unknown_simulator_lists_what_exists() -> None:
    with pytest.raises(ValueError, match="symbolic, mujoco.*did you mean 'mujoco'"):
        make_simulator("mujocco")
