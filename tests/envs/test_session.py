"""Sessions: the robot sees whom it is to help, turns to them to speak, and a film ends with both in the picture."""

from __future__ import annotations

import math

import numpy as np
import pytest

from envs.scenarios import load_scenarios
from envs.session import Session, View
from envs.simulators import make_simulator
from envs.simulators.base import RESIDENT, ROBOT
from envs.simulators.cameras import head_camera, pair_camera

SCENARIOS = load_scenarios("hearth")


@pytest.fixture(scope="module")
def drawing():
    sim = make_simulator("mujoco")
    yield sim
    sim.close()


@pytest.mark.parametrize("number", range(0, len(SCENARIOS), 24))
def test_the_robots_own_camera_shows_the_resident(drawing, number):
    session = Session(drawing, SCENARIOS[number], View(96, 96, 4, 2))
    session.prepare()
    frame = drawing.render(head_camera(drawing, ROBOT), width=96, height=96, semantic=True)
    mask = frame.semantic == frame.names.index(RESIDENT) + 1
    assert mask.mean() > 0.02
    rows = np.flatnonzero(mask.any(axis=1))
    assert 2 < rows[0] < 48, "the head is in the upper half"


def test_speaking_turns_to_the_resident():
    sim = make_simulator("symbolic")
    session = Session(sim, SCENARIOS[0])
    session.prepare()
    sim.face(ROBOT, 10.0)
    session.say("Hello.")
    robot, resident = sim.pose(ROBOT), sim.pose(RESIDENT)
    toward = math.degrees(math.atan2(resident.y - robot.y, resident.x - robot.x)) % 360.0
    assert robot.heading == pytest.approx(toward)


def test_pictures_change_nothing_but_pictures(drawing):
    ends = []
    for pictures in (False, True):
        session = Session(drawing, SCENARIOS[1], View(32, 32, 4, 2))
        session.prepare(pictures=pictures)
        session.perform(SCENARIOS[1].oracle, pictures=pictures)
        ends.append((drawing.time, drawing.pose(ROBOT), drawing.pose(RESIDENT), session.check()))
    assert ends[0] == ends[1]


def test_a_film_ends_with_both_where_both_are_in_one_room(drawing):
    scenario = next(item for item in SCENARIOS if item.script == "sit_on_sofa" and "sit_bedroom_sofa" in item.oracle.actions)
    session = Session(drawing, scenario, View(64, 64, 4, 2))
    session.observe()
    session.perform(scenario.oracle, pictures=True)
    camera = pair_camera(session.household, drawing)
    assert camera is not None
    assert np.array_equal(session.robot_video[-1], drawing.render(camera, width=64, height=64).rgb)
