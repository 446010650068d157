"""A small two-room house for the simulators' tests, and the simulators themselves."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator

import pytest

from envs.household.blueprint import (
    Blueprint,
    BodyPlan,
    DoorPlan,
    FurniturePlan,
    ObjectPlan,
    PlacePlan,
    RoomPlan,
    WindowPlan,
)
from envs.household.house import Household, instantiate
from envs.simulators import Camera, Simulator, SimulatorUnavailable, make_simulator


def habitat_missing() -> str | None:
    """Why Habitat does not run here, in one line; None if it does."""
    from envs.simulators.habitat.context import check_device, load_habitat

    try:
        load_habitat()
        check_device(-1)
    except SimulatorUnavailable as error:
        return str(error)
    return None


NAMES = ("symbolic", "mujoco") if habitat_missing() else ("symbolic", "mujoco", "habitat")
"""The simulators that run here; test_habitat_house.py says in one line what Habitat lacks where it does not."""

if "habitat" in NAMES and "EMPATHY_GYM_CACHE" not in os.environ:
    _CACHE = tempfile.TemporaryDirectory(prefix="empathy-gym-tests-")  # goes away with the tests
    os.environ["EMPATHY_GYM_CACHE"] = _CACHE.name


def tiny_blueprint() -> Blueprint:
    """Two rooms side by side, a door between them, and one thing of each kind that simulators treat differently."""
    return Blueprint(
        name="tiny",
        description="for tests",
        rooms=(RoomPlan(name="kitchen", bounds=(0.0, 0.0, 4.0, 3.0), floor="tiles", wall="cream"),
               RoomPlan(name="parlour", bounds=(4.0, 0.0, 8.0, 3.0), floor="oak", wall="sage")),
        doors=(DoorPlan(rooms=("kitchen", "parlour"), at=(4.0, 1.5)),),
        windows=(WindowPlan(room="parlour", at=(6.0, 0.0)),),
        furniture=(
            FurniturePlan(name="fridge", category="fridge", model="fridge", room="kitchen", at=(0.45, 2.4), heading=0.0),
            FurniturePlan(name="table", category="table", model="coffee_table", room="kitchen", at=(2.2, 1.9)),
            FurniturePlan(name="sofa", category="sofa", model="sofa", room="parlour", at=(6.0, 2.5), heading=270.0),
            FurniturePlan(name="lamp", category="lamp", model="table_lamp", room="parlour", at=(7.5, 0.5), height=0.6),
        ),
        objects=(
            ObjectPlan(name="mug", category="mug", model="mug",
                       places=(PlacePlan(on="table", at=(-0.2, 0.1)), PlacePlan(on="table", at=(0.2, 0.1)))),
            ObjectPlan(name="book", category="book", model="book", places=(PlacePlan(on="table", at=(0.0, -0.15)),)),
            ObjectPlan(name="box", category="box", model="carton", places=(PlacePlan(on="table", at=(0.3, -0.1)),)),
            ObjectPlan(name="apple", category="apple", model="apple", places=(PlacePlan(inside="fridge"),)),
        ),
        starts=(BodyPlan(robot=(1.4, 0.8, 90.0), resident=(6.5, 1.2, 180.0)),),
    )  # fmt: skip


MakeHouse = Callable[[int], Household]


@pytest.fixture(scope="session")
def make_house() -> MakeHouse:
    """The small house by seed."""
    blueprint = tiny_blueprint()
    return lambda seed: instantiate(blueprint, seed)


@pytest.fixture(scope="session")
def house(make_house: MakeHouse) -> Household:
    """The small house, first seed."""
    return make_house(0)


@pytest.fixture(scope="session")
def names() -> tuple[str, ...]:
    """Registry names of the simulators that run here."""
    return NAMES


@pytest.fixture(params=NAMES)
def simulator(request: pytest.FixtureRequest, house: Household) -> Iterator[Simulator]:
    """Each simulator, reset."""
    sim = make_simulator(request.param)
    sim.reset(house)
    yield sim
    sim.close()


@pytest.fixture(scope="session")
def canvas() -> Iterator[Simulator]:
    """One MuJoCo simulator for all pictures: its canvas is what takes time to make."""
    sim = make_simulator("mujoco")
    yield sim
    sim.close()


@pytest.fixture
def drawing(canvas: Simulator, house: Household) -> Simulator:
    """A simulator that makes pictures, reset; without OpenGL there is nothing to test."""
    canvas.tick = None
    canvas.reset(house)
    try:
        canvas.render(Camera((1.0, 1.0, 1.5), (2.0, 2.0, 1.0)), width=16, height=16)
    except SimulatorUnavailable as error:
        pytest.skip(str(error))
    return canvas
