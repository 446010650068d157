"""What a resident's body does in the house: comes near, turns away, sits down, takes what was brought, leaves.

Everything goes through the primitives that robot and resident share, so it is real in every simulator: it takes time, needs
room, can fail, and can be seen.
"""

from __future__ import annotations

import math

from envs.household.model import Pose
from envs.household.state import WorldState
from envs.simulators.base import RESIDENT, ROBOT, Manner
from envs.skills import StepOutcome, perform
from envs.skills.primitives import SPEEDS
from plans.program import Primitive, Step

NEAR = 1.3
"""This near one has come near enough to talk, metres: the far end of personal space (Hall 1966)."""
TALKING_DISTANCE = 1.0
"""How near a resident comes who comes near, metres."""


class Body:
    """A resident's body for one reaction; what it does is kept in :attr:`steps`.

    Args:
        world: the house.
    """

    def __init__(self, world: WorldState) -> None:
        self.world = world
        self.sim = world.sim
        self.steps: list[StepOutcome] = []

    # -- reading

    def room(self, body: str = RESIDENT) -> str | None:
        """The room of a body."""
        pose = self.sim.pose(body)
        return self.world.household.room_at(pose.x, pose.y)

    @property
    def together(self) -> bool:
        """Whether robot and resident are in one room."""
        return self.room() == self.room(ROBOT)

    @property
    def sits(self) -> bool:
        """Whether the resident sits."""
        return self.sim.seat(RESIDENT) is not None

    def distance(self) -> float:
        """Metres between the two."""
        here, there = self.sim.pose(RESIDENT), self.sim.pose(ROBOT)
        return math.hypot(there.x - here.x, there.y - here.y)

    # -- acting

    def do(self, primitive: Primitive, *names: str) -> bool:
        """Carry out one primitive."""
        outcome = perform(self.world, RESIDENT, primitive, names)
        self.steps.append(outcome)
        return outcome.ok

    def carry_itself(self, manner: Manner) -> None:
        """Let the mood be seen, in simulators whose bodies show it."""
        manners = getattr(self.sim, "manner", None)
        if isinstance(manners, dict):
            manners[RESIDENT] = manner

    def turn_to(self, body: str = ROBOT) -> None:
        """Turn the whole body to the other, unless seated."""
        if not self.sits:
            here, there = self.sim.pose(RESIDENT), self.sim.pose(body)
            self.sim.face(RESIDENT, math.degrees(math.atan2(there.y - here.y, there.x - here.x)) % 360.0)

    def turn_away(self) -> bool:
        """Turn the back to the robot; False if seated."""
        if self.sits:
            return False
        here, there = self.sim.pose(RESIDENT), self.sim.pose(ROBOT)
        away = (math.degrees(math.atan2(there.y - here.y, there.x - here.x)) + 180.0) % 360.0
        turn = (away - here.heading + 180.0) % 360.0 - 180.0
        if abs(turn) < 45.0:
            return True
        for _ in range(2 if abs(turn) > 135.0 else 1):
            self.do(Primitive.TURNLEFT if turn > 0 else Primitive.TURNRIGHT)
        return True

    def approach(self) -> bool:
        """Come near the robot, within the room."""
        if self.sits or not self.together or self.distance() <= NEAR:
            return False
        robot, here = self.sim.pose(ROBOT), self.sim.pose(RESIDENT)
        grid = self.world.grid
        place = grid.standing_point((robot.x, robot.y), Pose(robot.x, robot.y, 0.0, robot.heading), (0.0, 0.0), self.room(),
                                    reach=TALKING_DISTANCE + 0.3, front=0.4, avoid=(robot.x, robot.y))  # fmt: skip
        path = None if place is None else grid.path((here.x, here.y), place.point, avoid=(robot.x, robot.y))
        if place is None or path is None or path.length > 8.0:
            return False
        start = self.sim.time
        if len(path.points) > 1:
            self.sim.move(RESIDENT, path.points[1:], speed=SPEEDS[Primitive.WALKTOWARDS])
        self.turn_to()
        step = Step(Primitive.WALKTOWARDS, (ROBOT,), (1,))
        self.steps.append(StepOutcome(step, True, None, "", start, self.sim.time, path.length, (ROBOT,)))
        return True

    def withdraw(self) -> str | None:
        """Leave for another room; the room's name, or None if there is no way."""
        if self.sits and not self.do(Primitive.STANDUP):
            return None
        here, mine = self.sim.pose(RESIDENT), self.room()
        robot = self.room(ROBOT)
        rooms = [room for room in self.world.household.rooms if room not in (mine, robot)]
        centres = {room: self.world.grid.room_centre(room) for room in rooms}
        reachable = [(math.dist((here.x, here.y), centre), room) for room, centre in centres.items() if centre is not None]
        for _, room in sorted(reachable):
            if self.do(Primitive.WALK, room):
                return room
        return None

    def do_walk_to(self, body: str) -> bool:
        """Come into the other's room."""
        room = self.room(body)
        if room is None or (self.sits and not self.do(Primitive.STANDUP)):
            return False
        if not self.do(Primitive.WALK, room):
            return False
        self.turn_to(body)
        return True

    def sit_down(self, beside: str | None = None) -> str | None:
        """Sit down on a seat of this room, ``beside`` first; the furniture's name, or None."""
        if self.sits:
            return None
        mine = self.room()
        seats = [
            name
            for name, entity in self.world.entities.items()
            if entity.model.seats and entity.room == mine and self.world.free_seat(name, RESIDENT) is not None
        ]
        here = self.sim.pose(RESIDENT)
        away = {name: math.hypot(self.sim.pose(name).x - here.x, self.sim.pose(name).y - here.y) for name in seats}
        seats.sort(key=lambda name: (name != beside, away[name]))
        for seat in seats[:2]:
            if self.do(Primitive.WALK, seat) and self.do(Primitive.SIT, seat):
                return seat
        return None

    def take(self, thing: str) -> bool:
        """Go to a thing in this room, take it, and put it back in reach when done with it."""
        entity = self.world.entities.get(thing)
        if entity is None or not entity.portable or self.sim.holder(thing) is not None:
            return False
        place = self.world.place(thing)
        pose = self.sim.pose(thing)
        if place.relation != "on" or place.target is None or self.world.household.room_at(pose.x, pose.y) != self.room():
            return False
        if not self.world.within_reach(RESIDENT, thing):
            if self.sits and not self.do(Primitive.STANDUP):
                return False
            if not self.do(Primitive.WALK, thing):
                return False
        if not self.do(Primitive.GRAB, thing):
            return False
        self.sim.wait(1.0)
        return self.do(Primitive.PUT, thing, place.target)

    def switch_off(self, thing: str) -> bool:
        """Switch off in this room what somebody switched on."""
        for name in self.world.household.find(thing):
            pose = self.sim.pose(name)
            if self.sim.is_on(name) and self.world.household.room_at(pose.x, pose.y) == self.room():
                if self.sits and not self.do(Primitive.STANDUP):
                    return False
                return self.do(Primitive.WALK, name) and self.do(Primitive.SWITCHOFF, name)
        return False

    def raise_hand(self) -> None:
        """Hold up a hand toward the robot: no, thank you."""
        here, there = self.sim.pose(RESIDENT), self.sim.pose(ROBOT)
        length = max(math.hypot(there.x - here.x, there.y - here.y), 1e-6)
        x, y = here.x + 0.6 * (there.x - here.x) / length, here.y + 0.6 * (there.y - here.y) / length
        self.sim.gesture(RESIDENT, "touch", (x, y, 1.25 if not self.sits else 0.95))

    def sigh(self) -> None:
        """Let a breath out, which takes a while."""
        self.sim.wait(1.5)
