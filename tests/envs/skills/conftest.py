"""Simulators and small houses for the tests of skills.

Every test that takes ``sim`` runs in each simulator that works here: ``symbolic`` always, ``mujoco`` where it can be
made (it needs its package and, on some machines, an OpenGL driver), ``habitat`` where it is installed.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import pytest

from envs.household import Blueprint, Container, Entity, Household, Joint, Model, Pose, Seat, Surface, build_household
from envs.simulators import Simulator, make_simulator
from envs.skills import StepOutcome, execute_program
from plans.program import Program
from tests.envs.simulators.conftest import NAMES


@functools.lru_cache(maxsize=4)
def _simulator(name: str) -> Simulator:
    try:
        simulator = make_simulator(name)
        simulator.reset(build_household("maple", 0))
    except Exception as error:  # noqa: BLE001 - whatever keeps it from running here
        if name == "symbolic":
            raise
        pytest.skip(f"{name} does not run here: {error}")
    return simulator


@pytest.fixture(params=NAMES)
def sim(request: pytest.FixtureRequest) -> Iterator[Simulator]:
    """A simulator; what it was reset with last is left over from another test."""
    yield _simulator(request.param)


@pytest.fixture
def house() -> Household:
    """A fresh household of the first layout."""
    return build_household("maple", 0)


@pytest.fixture
def do() -> Callable[..., StepOutcome]:
    """Carries out script lines literally and returns the outcome of the last one; those before it must succeed."""

    def run(sim: Simulator, household: Household, body: str, *lines: str) -> StepOutcome:
        outcome = execute_program(sim, household, Program.parse(lines), body)
        assert len(outcome.steps) == len(lines), outcome.steps[-1].detail
        return outcome.steps[-1]

    return run


def _block(name: str, length: float, width: float, height: float, **fields: object) -> Model:
    return Model(name, (), (length, width), height, **fields)  # type: ignore[arg-type]


MODELS = {
    "table": _block("table", 0.6, 1.0, 0.75, surfaces=(Surface("top", (0.0, 0.0), (0.5, 0.9), 0.75),)),
    "perch": _block("perch", 0.3, 0.3, 0.75, surfaces=(Surface("top", (0.0, 0.0), (0.1, 0.1), 0.75),)),
    "cupboard": _block(
        "cupboard", 0.5, 0.6, 1.0,
        containers=(Container("shelf", (0.0, 0.0, 0.6), (0.4, 0.5, 0.3), "door"),),
        joints=(Joint("door", "hinge", (0.25, 0.3, 0.0), (0.0, 0.0, 1.0), 100.0),),
    ),
    "chest": _block(
        "chest", 0.5, 0.6, 0.8,
        containers=(Container("drawer", (0.0, 0.0, 0.5), (0.3, 0.5, 0.2), "slide"),),
        joints=(Joint("slide", "slide", (0.0, 0.0, 0.6), (1.0, 0.0, 0.0), 0.3),),
    ),
    "stool": _block("stool", 0.4, 0.4, 0.45, seats=(Seat("seat", (0.0, 0.0, 0.45)),)),
    "rug": _block("rug", 2.0, 2.0, 0.01, walkable=True),
    "ball": _block("ball", 0.1, 0.1, 0.1, portable=True),
    "tray": _block("tray", 0.5, 0.4, 0.05, portable=True),
    "case": _block(
        "case", 0.4, 0.3, 0.2, portable=True, containers=(Container("inside", (0.0, 0.0, 0.01), (0.38, 0.28, 0.18)),)
    ),
}  # fmt: skip


@pytest.fixture
def make_house() -> Callable[..., Household]:
    """Builds a house of two rooms, 4 by 4 metres each, side by side, from ``name=(model, x, y[, heading[, z]])``.

    ``door`` is the width of the opening between them at (4, 2), 0 for none.
    """

    def build(door: float = 0.9, robot: tuple[float, float] = (1.0, 1.0), resident: tuple[float, float] = (3.0, 3.0),
              **things: tuple[object, ...]) -> Household:  # fmt: skip
        rooms = [{"name": "west", "bounds": (0, 0, 4, 4)}, {"name": "east", "bounds": (4, 0, 8, 4)}]
        doors = [{"rooms": ("west", "east"), "at": (4.0, 2.0), "width": door}] if door else []
        start = {"robot": (*robot, 0.0), "resident": (*resident, 0.0)}
        empty = {"name": "test", "description": "", "furniture": (), "objects": ()}
        blueprint = Blueprint.model_validate({**empty, "rooms": rooms, "doors": doors, "starts": [start]})
        entities = {}
        for name, (kind, x, y, *more) in things.items():
            heading, height = (*more, 0.0, 0.0)[:2]
            model = MODELS[str(kind)]
            room = "west" if float(x) < 4 else "east"  # type: ignore[arg-type]
            pose = Pose(float(x), float(y), float(height), float(heading))  # type: ignore[arg-type]
            entities[name] = Entity(name, model.name, (), model, pose, room, model.portable)
        names: dict[str, tuple[str, ...]] = {}
        for entity in entities.values():
            for key in {entity.name, entity.category}:
                names[key] = (*names.get(key, ()), entity.name)
        starts = {"robot": Pose(*robot), "resident": Pose(*resident)}
        return Household("test", 0, blueprint, entities, starts, names)

    return build
