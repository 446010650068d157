"""The house at one moment, read off a simulator: what is on, what stands open, who is where."""

from __future__ import annotations

from envs.companion.record import BodyFacts, HouseFacts
from envs.household import Household
from envs.household.state import OPEN_ABOVE, WorldState
from envs.simulators.base import RESIDENT, ROBOT, Simulator


def house_facts(simulator: Simulator, household: Household) -> HouseFacts:
    """What is so now, in the simulator.

    Example:
        >>> from envs.scenarios import load_scenarios
        >>> from envs.session import Session
        >>> from envs.simulators import make_simulator
        >>> session = Session(make_simulator("symbolic"), load_scenarios("hearth", limit=1)[0])
        >>> _ = session.prepare()
        >>> _ = session.act("switchon_stove")
        >>> facts = house_facts(session.simulator, session.household)
        >>> "stove" in facts.on, facts.bodies["robot"].room
        (True, 'kitchen')
    """
    world = WorldState(simulator, household)
    bodies = {}
    for body in (ROBOT, RESIDENT):
        pose, seat = simulator.pose(body), simulator.seat(body)
        bodies[body] = BodyFacts.model_construct(
            room=household.room_at(pose.x, pose.y),
            x=round(pose.x, 3),
            y=round(pose.y, 3),
            heading=round(pose.heading, 1),
            seat=seat[0] if seat else None,
            holds=world.held(body),
        )
    return HouseFacts.model_construct(
        time=round(simulator.time, 3),
        on=[name for name, entity in household.entities.items() if entity.model.switchable and simulator.is_on(name)],
        open=[
            name for name, entity in household.entities.items() if entity.model.joints and world.openness(name) >= OPEN_ABOVE
        ],
        bodies=bodies,
    )
