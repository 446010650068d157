"""A small two-room house for the simulators' tests, and the simulators themselves."""

from __future__ import annotations

import os
from collections.abc import Iterator

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
from envs.simulators import Simulator, SimulatorUnavailable, make_simulator

NAMES = ("symbolic", "mujoco")


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
            FurniturePlan(name="lamp", category="lamp", model="floor_lamp", room="parlour", at=(7.5, 0.5)),
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


@pytest.fixture(scope="session")
def house() -> Household:
    """The small house, first seed."""
    return instantiate(tiny_blueprint(), 0)


@pytest.fixture(params=NAMES)
def simulator(request: pytest.FixtureRequest, house: Household) -> Iterator[Simulator]:
    """Each simulator, reset."""
    sim = make_simulator(request.param)
    sim.reset(house)
    yield sim
    sim.close()


@pytest.fixture
def drawing(house: Household) -> Iterator[Simulator]:
    """A simulator that makes pictures, reset."""
    os.environ.setdefault("MUJOCO_GL", "egl")
    sim = make_simulator("mujoco")
    sim.reset(house)
    try:
        from envs.simulators.base import Camera

        sim.render(Camera((1.0, 1.0, 1.5), (2.0, 2.0, 1.0)), width=16, height=16)
    except SimulatorUnavailable as error:
        pytest.skip(str(error))
    yield sim
    sim.close()
