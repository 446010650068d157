"""Kinematic bookkeeping that every simulator shares: who holds, sits, contains what; how long acts take; how they look.

Without ``tick`` an act is a few dictionary writes and its duration is added to ``time``; with it the same act is played
in steps. Both end in the same state at the same time. A backend that draws overrides the hooks at the end of
:class:`KinematicSimulator`; one that does not draw needs none of them.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from envs.household.house import Entity, Household
from envs.household.model import Joint, Pose, Vector
from envs.simulators import timeline
from envs.simulators.base import RESIDENT, ROBOT, Camera, Frame, Look, Manner, Tick
from envs.simulators.timeline import Walk, smooth, turn_between, turn_seconds

BODIES = (ROBOT, RESIDENT)
GESTURES = ("reach", "touch", "work", "play")
STATES = ("water", "coffee", "cooked", "hot", "chilled")
"""States that can be seen; ``set_state`` takes others too (``playing``), which merely hold or do not."""
WIDE = 0.24
"""Things wider than this are carried with both hands, metres."""

_HANDS = 2
_CARRY = ((0.34, -0.13, 0.98), (0.34, 0.13, 0.98))  # right, left: where undrawn bodies hold things, in the body's frame
_NEUTRAL = Manner()


_ARM = 0.7
"""How far from where a body stands its hand goes along with a door, metres."""


@dataclass(slots=True)
class _Gesture:
    """An arm's act; it lasts until ``until`` is set, then the arm returns.

    ``origin`` and ``strength`` are where the hand was, and how far out, when the act began.
    """

    kind: str
    target: Vector
    hand: str
    since: float
    origin: Vector
    strength: float = 0.0
    until: float | None = None

    def at(self, time: float) -> tuple[Vector, float]:
        """The point that the hand goes for, and how far it has got (0 to 1)."""
        share = smooth((time - self.since) / timeline.REACH_SECONDS)
        point = tuple(a + share * (b - a) for a, b in zip(self.origin, self.target, strict=True))
        out = self.strength + (1.0 - self.strength) * share
        if self.until is not None:
            out *= 1.0 - smooth((time - self.until) / timeline.RETURN_SECONDS)
        return (point[0], point[1], point[2]), out


@dataclass(slots=True)
class _Carried:
    """A thing in a hand: which, and where it was relative to the hand when it was taken."""

    body: str
    slot: int
    taken_at: float
    offset: Vector
    turn: float


@dataclass(slots=True)
class _Motion:
    """What a body is doing beyond standing still; only while it is played."""

    gait_phase: float | None = None
    speed: float = 0.0
    posture: str = "stand"
    sit_blend: float = 0.0


@dataclass(frozen=True)
class _Start:
    """Everything that a reset copies: the state of a household before anybody moved."""

    household: Household
    poses: dict[str, Pose]
    joints: dict[tuple[str, str], float]
    joint_plans: dict[tuple[str, str], Joint]
    switches: dict[str, bool]
    parents: dict[str, tuple[str, Pose, str | None]] = field(default_factory=dict)


class KinematicSimulator:
    """A house in which things move exactly as they are told.

    Args:
        rate: steps per simulated second in which motion is played.
    """

    name = "kinematic"
    draws = False
    """Whether figures are placed; what is not drawn costs nothing."""

    def __init__(self, *, rate: float = 10.0) -> None:
        if not rate > 0:
            raise ValueError(f"expected a rate above 0 steps per second, got {rate!r}")
        self.rate = rate
        self.time = 0.0
        self.tick: Tick | None = None
        self.household: Household | None = None
        self.manner: dict[str, Manner] = {ROBOT: _NEUTRAL, RESIDENT: _NEUTRAL}
        self._starts: OrderedDict[int, _Start] = OrderedDict()
        self._poses: dict[str, Pose] = {}
        self._joints: dict[tuple[str, str], float] = {}
        self._joint_plans: dict[tuple[str, str], Joint] = {}
        self._switches: dict[str, bool] = {}
        self._states: dict[str, set[str]] = {}
        self._parents: dict[str, tuple[str, Pose, str | None]] = {}
        self._carried: dict[str, _Carried] = {}
        self._hands: dict[str, list[str | None]] = {}
        self._seats: dict[str, tuple[str, str]] = {}
        self._gestures: dict[str, _Gesture] = {}
        self._motions: dict[str, _Motion] = {}

    # --- the protocol: changing things

    def reset(self, household: Household, *, look: Look | None = None, manner: Manner | None = None) -> None:
        """Put everything where ``household`` says: bodies at their starts, doors closed, switches as declared."""
        start = self._start(household)
        self.household = household
        self.time = 0.0
        self.manner = {ROBOT: _NEUTRAL, RESIDENT: manner or _NEUTRAL}
        self._poses = start.poses.copy()
        self._joints = start.joints.copy()
        self._joint_plans = start.joint_plans
        self._switches = start.switches.copy()
        self._parents = start.parents.copy()
        self._states = {}
        self._carried = {}
        self._hands = {body: [None] * _HANDS for body in BODIES}
        self._seats = {}
        self._gestures = {}
        self._motions = {}
        self._on_reset(household, look)

    def move(self, body: str, path: Sequence[tuple[float, float]], *, speed: float) -> None:
        """Walk along ``path`` (world points, metres) at ``speed`` m/s; ends facing along the last leg."""
        if not speed > 0:
            raise ValueError(f"expected a speed above 0 m/s, got {speed!r}")
        here = self._body(body)
        self._lower_arm(body)
        walk = Walk((here.x, here.y), here.heading, path, speed)
        if self.tick is not None and walk.seconds > 0:
            phase = self._motion(body)
            stride = self._stride(body, speed)

            def step(seconds: float) -> None:
                x, y, heading, metres, pace = walk.at(seconds)
                # Turning on the spot is done with small steps too.
                phase.gait_phase, phase.speed = (metres / stride, pace) if pace > 0 else (None, 0.0)
                self._set_pose(body, Pose(x, y, here.z, heading % 360.0))

            self._play(walk.seconds, step)
            self._motions.pop(body, None)
        else:
            self.time += walk.seconds
        self._set_pose(body, Pose(*walk.end, here.z, walk.end_heading))

    def face(self, body: str, heading: float) -> None:
        """Turn on the spot to ``heading`` degrees."""
        here = self._body(body)
        self._lower_arm(body)
        turn = turn_between(here.heading, heading)
        seconds = turn_seconds(turn)
        if self.tick is not None and seconds > 0:
            self._play(seconds, lambda t: self._set_pose(
                body, here._replace(heading=(here.heading + turn * smooth(t / seconds)) % 360.0)))  # fmt: skip
        else:
            self.time += seconds
        self._set_pose(body, here._replace(heading=heading % 360.0))

    def sit(self, body: str, entity: str, seat: str, pose: Pose) -> None:
        """Sit down on a seat; ``pose`` is the seat in the world (z: cushion height)."""
        here = self._body(body)
        self._entity(entity)
        self._lower_arm(body)
        if body in self._seats:  # moves over on the same or another seat
            self._seats[body] = (entity, seat)
            self.time += timeline.SIT_SECONDS if self.tick is None else 0.0
            if self.tick is not None:
                self._play(timeline.SIT_SECONDS, lambda t: self._set_pose(body, _between(here, pose, t / timeline.SIT_SECONDS)))
            self._set_pose(body, pose)
            return
        front = _in_front(pose, self._seat_front(body))
        shuffle = self._shuffle_seconds(here, _in_front(pose, timeline.SEAT_FRONT))
        if self.tick is not None:
            self._shuffle(body, here, front, shuffle)
            motion = self._motion(body)
            motion.posture = "sit"
            self._set_pose(body, pose)

            def lower(seconds: float) -> None:
                motion.sit_blend = smooth(seconds / timeline.SIT_SECONDS)
                self._touched(body)

            self._play(timeline.SIT_SECONDS, lower)
            self._motions.pop(body, None)
        else:
            self.time += shuffle
            self.time += timeline.SIT_SECONDS
        self._seats[body] = (entity, seat)
        self._set_pose(body, pose)

    def stand(self, body: str, pose: Pose) -> None:
        """Stand up at ``pose``."""
        here = self._body(body)
        self._lower_arm(body)
        if body not in self._seats:
            self._set_pose(body, pose)
            return
        front = _in_front(here, self._seat_front(body))._replace(z=pose.z)
        shuffle = self._shuffle_seconds(_in_front(here, timeline.SEAT_FRONT), pose)
        if self.tick is not None:
            motion = self._motion(body)
            motion.posture, motion.sit_blend = "sit", 1.0

            def rise(seconds: float) -> None:
                motion.sit_blend = 1.0 - smooth(seconds / timeline.RISE_SECONDS)
                self._touched(body)

            self._play(timeline.RISE_SECONDS, rise)
            self._motions.pop(body, None)
            del self._seats[body]
            self._shuffle(body, front, pose, shuffle)
        else:
            self.time += timeline.RISE_SECONDS
            self.time += shuffle
            del self._seats[body]
        self._set_pose(body, pose)

    def gesture(self, body: str, kind: str, target: tuple[float, float, float]) -> None:
        """Act out ``reach``, ``touch``, ``work`` or ``play`` toward a world point; changes nothing but the picture.

        The hand stays there for what follows (a grasp, a door, a switch) and returns with the body's next act.
        """
        if kind not in GESTURES:
            raise ValueError(f"expected a gesture among {', '.join(GESTURES)}; got {kind!r}")
        self._body(body)
        self._lower_arm(body)
        seconds = {"work": timeline.WORK_SECONDS, "play": timeline.PLAY_SECONDS}.get(kind, timeline.REACH_SECONDS)
        origin, strength = target, 0.0
        before = self._gestures.get(body)
        if before is not None:
            point, strength = before.at(self.time)
            origin = point if strength > 0.05 else target
        self._gestures[body] = _Gesture(kind, target, self._hand_for(body, target), self.time, origin, strength)
        self._pass(seconds, body)
        if kind == "work":
            self._gestures[body].until = self.time

    def grasp(self, body: str, entity: str) -> None:
        """Attach an object to a free hand; what it contains comes along.

        Raises:
            ValueError: it is no object, somebody holds it, or no hand is free.
        """
        self._body(body)
        if not self._entity(entity).portable:
            raise ValueError(f"expected an object that can be carried, got {entity!r}, which is furniture")
        if entity in self._carried:
            raise ValueError(f"expected an object in nobody's hand, got {entity!r}, which {self._carried[entity].body} holds")
        hands = self._hands[body]
        if None not in hands:
            raise ValueError(f"expected a free hand, but {body} holds {hands[0]} and {hands[1]}; release one first")
        gesture = self._gestures.get(body)
        slot = hands.index(None)
        if gesture is not None and hands[0 if gesture.hand == "right" else 1] is None:
            slot = 0 if gesture.hand == "right" else 1
        pose = self._pose_of(entity)
        self._parents.pop(entity, None)
        hands[slot] = entity
        carried = _Carried(body, slot, self.time, (0.0, 0.0, 0.0), 0.0)
        if self.draws:
            # The thing keeps its place under the hand as it closes, then settles into it as the arm returns.
            self._carried[entity] = carried
            grip = self._grip(body, entity)
            carried.offset = (pose.x - grip.x, pose.y - grip.y, pose.z - grip.z)
            carried.turn = turn_between(grip.heading, pose.heading)
        self._carried[entity] = carried
        self._lower_arm(body)
        self._pass(timeline.RETURN_SECONDS, body)

    def release(self, body: str, entity: str, pose: Pose, *, into: str | None = None) -> None:
        """Let go of an object at a world pose; ``into`` names the entity it now lies inside and moves along with.

        Raises:
            ValueError: the body does not hold it, or ``into`` is the thing itself or lies in it.
        """
        self._body(body)
        carried = self._carried.get(entity)
        if carried is None or carried.body != body:
            raise ValueError(f"expected a thing that {body} holds, got {entity!r}; it holds {self._held_names(body)}")
        if into is not None:
            self._entity(into)
            above: str | None = into
            while above is not None:
                if above == entity:
                    raise ValueError(f"expected a container other than {entity!r} and what it holds, got {into!r}")
                above = self._parents[above][0] if above in self._parents else None
        if self.tick is not None:
            start = self._pose_of(entity)
            offset, turn, since = carried.offset, carried.turn, carried.taken_at

            def lower(seconds: float) -> None:
                grip = self._grip(body, entity)
                at = _between(start, pose, smooth(seconds / timeline.RELEASE_SECONDS))
                # Overrides the settling of the grasp: the thing glides from the hand to its place.
                carried.taken_at = self.time
                carried.offset = (at.x - grip.x, at.y - grip.y, at.z - grip.z)
                carried.turn = turn_between(grip.heading, at.heading)
                self._touched(body)

            self._play(timeline.RELEASE_SECONDS, lower)
            carried.offset, carried.turn, carried.taken_at = offset, turn, since
        else:
            self.time += timeline.RELEASE_SECONDS
        del self._carried[entity]
        self._hands[body][carried.slot] = None
        self._set_pose(entity, pose)
        if into is not None:
            self._attach(entity, into)
        self._touched(body)
        self._lower_arm(body)
        self._pass(timeline.RETURN_SECONDS, body)

    def set_joint(self, entity: str, joint: str, value: float) -> None:
        """Move a door, lid or drawer to ``value`` (0 closed, 1 open)."""
        key = (entity, joint)
        if key not in self._joints:
            self._entity(entity)
            known = [name for owner, name in self._joints if owner == entity]
            raise ValueError(f"expected a joint of {entity!r} among {known}, got {joint!r}")
        if not 0.0 <= value <= 1.0:
            raise ValueError(f"expected a joint's value from 0 (closed) to 1 (open), got {value!r}")
        start = self._joints[key]
        plan = self._joint_plans[key]
        seconds = abs(value - start) * (timeline.DOOR_SECONDS if plan.kind == "hinge" else timeline.DRAWER_SECONDS)
        if seconds == 0.0:
            return
        reaching = [body for body, gesture in self._gestures.items() if gesture.until is None]
        if self.tick is not None:
            grips = {body: self._gestures[body].target for body in reaching}

            def swing(elapsed: float) -> None:
                self._joints[key] = start + (value - start) * smooth(elapsed / seconds)
                for body, grip in grips.items():
                    self._follow(body, grip, entity, plan, self._joints[key] - start)
                self._write_joint(entity, joint, self._joints[key])

            self._play(seconds, swing)
        else:
            self.time += seconds
        self._joints[key] = value
        self._write_joint(entity, joint, value)
        for body in reaching:
            self._lower_arm(body)

    def _follow(self, body: str, grip: Vector, entity: str, plan: Joint, turned: float) -> None:
        """A hand at a door goes with it as far as the arm is long, then lets it swing."""
        gesture = self._gestures[body]
        if plan.kind != "hinge" or not plan.axis[2] or gesture.until is not None:
            return
        x, y, _ = self._pose_of(entity).world(*plan.anchor)
        angle = math.radians(plan.opening * turned)
        dx, dy = grip[0] - x, grip[1] - y
        target = (x + math.cos(angle) * dx - math.sin(angle) * dy, y + math.sin(angle) * dx + math.cos(angle) * dy, grip[2])
        here = self._poses[body]
        if math.hypot(target[0] - here.x, target[1] - here.y) > max(_ARM, math.hypot(grip[0] - here.x, grip[1] - here.y)):
            self._lower_arm(body)
        else:
            gesture.target = target
            self._touched(body)

    def set_switch(self, entity: str, on: bool) -> None:
        """Switch something on or off: glow, light, running water, flame."""
        self._entity(entity)
        self._switches[entity] = bool(on)
        self._write_look(entity)
        self._pass(timeline.SWITCH_SECONDS)
        for body in BODIES:
            self._lower_arm(body)

    def set_state(self, entity: str, state: str, value: bool) -> None:
        """Set a visible state of an object: ``water``, ``coffee``, ``cooked``, ``hot``, ``chilled``."""
        self._entity(entity)
        held = self._states.get(entity)
        if held is None:
            held = self._states[entity] = set()
        if value:
            held.add(state)
        else:
            held.discard(state)
        self._write_look(entity)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        if not seconds >= 0:
            raise ValueError(f"expected 0 or more seconds, got {seconds!r}")
        for body in BODIES:
            gesture = self._gestures.get(body)
            if gesture is not None and gesture.kind != "play":
                self._lower_arm(body)
        self._pass(seconds, *BODIES)

    # --- the protocol: reading

    def pose(self, name: str) -> Pose:
        """Where an entity or body is."""
        if name not in self._poses:
            self._entity(name)
        return self._read_pose(name)

    def joint(self, entity: str, joint: str) -> float:
        """The value of a joint, 0 closed to 1 open."""
        if (entity, joint) not in self._joints:
            self._entity(entity)
            raise ValueError(f"expected a joint of {entity!r}, got {joint!r}")
        return self._read_joint(entity, joint)

    def is_on(self, entity: str) -> bool:
        """Whether something is switched on."""
        return self._switches.get(entity, False)

    def states(self, entity: str) -> frozenset[str]:
        """The visible states of an object that hold."""
        held = self._states.get(entity)
        return frozenset(held) if held else frozenset()

    def holder(self, entity: str) -> str | None:
        """The body whose hand holds the object, or None."""
        carried = self._carried.get(entity)
        return carried.body if carried is not None else None

    def seat(self, body: str) -> tuple[str, str] | None:
        """The (entity, seat) that a body sits on, or None if it stands."""
        return self._seats.get(body)

    def render(
        self, camera: Camera, *, width: int = 256, height: int = 256, depth: bool = False, semantic: bool = False
    ) -> Frame:
        """Take a picture."""
        raise NotImplementedError

    def versions(self) -> dict[str, Any]:
        """What made the results."""
        return {"simulator": self.name}

    def close(self) -> None:
        """Free everything; safe to call twice."""

    # --- where things are, by the books

    def contents(self, entity: str) -> list[str]:
        """What lies directly inside an entity, as far as it moves along with it."""
        return [name for name, (parent, _, _) in self._parents.items() if parent == entity]

    def focus(self, body: str) -> Vector | None:
        """The point that a body acts on with a hand that is out to it; None if it does not."""
        gesture = self._gestures.get(body)
        return gesture.target if gesture is not None and gesture.at(self.time)[1] > 0.2 else None

    def _pose_of(self, name: str) -> Pose:
        """Where a thing is: in a hand, in what carries it, or where it was put."""
        if name in self._carried:
            return self._held_pose(name)
        parent = self._parents.get(name)
        if parent is None:
            return self._poses[name]
        base, local, joint = parent
        if joint is not None:
            local = _shifted(local, self._joint_plans[(base, joint)], self._joints[(base, joint)])
        return self._pose_of(base).compose(local)

    def _held_pose(self, entity: str) -> Pose:
        carried = self._carried[entity]
        grip = self._grip(carried.body, entity)
        if not self.draws:
            return grip
        rest = 1.0 - smooth((self.time - carried.taken_at) / timeline.RETURN_SECONDS)
        if rest <= 0.0:
            return grip
        x, y, z = carried.offset
        return Pose(grip.x + rest * x, grip.y + rest * y, grip.z + rest * z, (grip.heading + rest * carried.turn) % 360.0)

    def _grip(self, body: str, entity: str) -> Pose:
        """Where the base of a held thing is."""
        base = self._poses[body]
        slot = self._carried[entity].slot if entity in self._carried else 0
        x, y, z = _CARRY[slot]
        floor = 0.0 if body in self._seats else base.z
        drop = 0.35 if body in self._seats else 0.0
        return Pose(*base._replace(z=floor).world(x, y, z - drop), base.heading)

    def _attach(self, entity: str, into: str) -> None:
        """From now on ``entity`` moves along with ``into``, or with the drawer of it that it lies in."""
        base = self._pose_of(into)
        pose = self._poses[entity]
        x, y, z = base.local(pose.x, pose.y, pose.z)
        local = Pose(x, y, z, (pose.heading - base.heading) % 360.0)
        drawer = self._drawer(into, local)
        if drawer is not None:
            local = _shifted(local, self._joint_plans[(into, drawer)], -self._joints[(into, drawer)])
        self._parents[entity] = (into, local, drawer)

    def _drawer(self, owner: str, local: Pose) -> str | None:
        """The drawer of ``owner`` that a point of its frame lies in, or None."""
        assert self.household is not None  # there are no entities before a reset
        for container in self.household.entities[owner].model.containers:
            plan = self._joint_plans.get((owner, container.joint or ""))
            if plan is not None and plan.kind == "slide":
                inner = _shifted(local, plan, -self._joints[(owner, plan.name)])
                x, y, z = container.position
                length, width, height = container.size
                if abs(inner.x - x) <= length / 2 and abs(inner.y - y) <= width / 2 and -0.02 <= inner.z - z <= height:
                    return plan.name
        return None

    def _start(self, household: Household) -> _Start:
        start = self._starts.get(id(household))
        if start is not None and start.household is household:
            return start
        poses = {name: entity.pose for name, entity in household.entities.items()}
        poses.update(household.starts)
        plans = {(name, joint.name): joint for name, entity in household.entities.items() for joint in entity.model.joints}
        switches = {name: True for name, entity in household.entities.items() if entity.switched_on}
        start = _Start(household, poses, dict.fromkeys(plans, 0.0), plans, switches)
        self.household = household
        self._poses, self._joints, self._joint_plans = poses, start.joints, plans
        self._parents, self._carried = start.parents, {}
        for name, entity in household.entities.items():
            if entity.inside is not None:
                self._attach(name, entity.inside)
        self._starts[id(household)] = start
        while len(self._starts) > 64:
            self._starts.popitem(last=False)
        return start

    def _body(self, body: str) -> Pose:
        if body not in self._hands:
            if self.household is None:
                raise RuntimeError("expected reset(household) before anything else; call it first")
            raise ValueError(f"expected a body among {', '.join(BODIES)}; got {body!r}")
        return self._poses[body]

    def _entity(self, name: str) -> Entity:
        if self.household is None:
            raise RuntimeError("expected reset(household) before anything else; call it first")
        entity = self.household.entities.get(name)
        if entity is None:
            raise ValueError(f"expected an entity of the {self.household.layout!r} household, got {name!r}")
        return entity

    def _held_names(self, body: str) -> str:
        return ", ".join(name for name in self._hands[body] if name) or "nothing"

    # --- time and motion

    def _set_pose(self, name: str, pose: Pose) -> None:
        self._poses[name] = pose
        self._write_pose(name, pose)

    def _play(self, seconds: float, step: Callable[[float], None]) -> None:
        """Play ``step(elapsed)`` over so many seconds; the clock ends exactly that much later."""
        start = self.time
        steps = max(1, math.ceil(seconds * self.rate - 1e-9))
        for i in range(1, steps + 1):
            elapsed = seconds * i / steps
            self.time = start + elapsed
            step(elapsed)
            if self.tick is not None:
                self.tick(self.time)
        self.time = start + seconds

    def _pass(self, seconds: float, *bodies: str) -> None:
        """Let time pass in which ``bodies`` look alive."""
        if self.tick is None or seconds <= 0:
            self.time += seconds
            return

        def step(_: float) -> None:
            for body in bodies:
                self._touched(body)

        self._play(seconds, step)

    def _motion(self, body: str) -> _Motion:
        motion = self._motions.get(body)
        if motion is None:
            motion = self._motions[body] = _Motion()
        return motion

    def _lower_arm(self, body: str) -> None:
        """Let an arm that is out return from now on; what follows goes on meanwhile."""
        gesture = self._gestures.get(body)
        if gesture is not None and gesture.until is None:
            gesture.until = self.time

    def _hand_for(self, body: str, target: Vector) -> str:
        """The hand for a gesture: a free one to take something, the loaded one to put it down."""
        right, left = self._hands[body]
        if right is None and left is None:
            return "right"
        if right is not None and left is not None:
            return "right"
        free, loaded = ("left", "right") if right is not None else ("right", "left")
        if self.draws and self.household is not None:
            for name, entity in self.household.entities.items():
                if entity.portable and name not in self._carried:
                    pose = self._pose_of(name)
                    if math.dist((pose.x, pose.y, pose.z + entity.model.height / 2), target) < 0.04:
                        return free
        return loaded

    def _shuffle_seconds(self, start: Pose, end: Pose) -> float:
        distance = math.hypot(end.x - start.x, end.y - start.y)
        return max(distance / timeline.SHUFFLE_SPEED, turn_seconds(turn_between(start.heading, end.heading)))

    def _shuffle(self, body: str, start: Pose, end: Pose, seconds: float) -> None:
        """Small steps from one pose to another, turning on the way."""
        if seconds <= 0:
            return
        motion = self._motion(body)
        distance = math.hypot(end.x - start.x, end.y - start.y)
        stride = self._stride(body, timeline.SHUFFLE_SPEED)

        def step(elapsed: float) -> None:
            share = smooth(elapsed / seconds)
            moving = distance > 0.05 and elapsed < seconds
            motion.gait_phase = share * distance / stride if moving else None
            motion.speed = distance / seconds if moving else 0.0
            self._set_pose(body, _between(start, end, share)._replace(z=start.z))

        self._play(seconds, step)
        self._motions.pop(body, None)

    # --- hooks for backends that draw

    def _on_reset(self, household: Household, look: Look | None) -> None:
        """Everything was put back."""

    def _write_pose(self, name: str, pose: Pose) -> None:
        """An entity or body was put somewhere."""

    def _read_pose(self, name: str) -> Pose:
        """Where the backend has an entity or body."""
        return self._pose_of(name)

    def _write_joint(self, entity: str, joint: str, value: float) -> None:
        """A door or drawer was moved."""

    def _read_joint(self, entity: str, joint: str) -> float:
        return self._joints[(entity, joint)]

    def _write_look(self, entity: str) -> None:
        """A switch or a visible state changed."""

    def _touched(self, body: str) -> None:
        """A body looks different though it stands where it stood."""

    def _stride(self, body: str, speed: float) -> float:
        """Metres that one cycle of the gait covers."""
        return 1.2

    def _seat_front(self, body: str) -> float:
        """How far in front of the seat the body stands before it sits down, metres."""
        return timeline.SEAT_FRONT


def _in_front(pose: Pose, metres: float) -> Pose:
    angle = math.radians(pose.heading)
    return Pose(pose.x + metres * math.cos(angle), pose.y + metres * math.sin(angle), 0.0, pose.heading)


def _between(start: Pose, end: Pose, share: float) -> Pose:
    return Pose(start.x + share * (end.x - start.x), start.y + share * (end.y - start.y), start.z + share * (end.z - start.z),
                (start.heading + share * turn_between(start.heading, end.heading)) % 360.0)  # fmt: skip


def _shifted(pose: Pose, joint: Joint, value: float) -> Pose:
    """A pose moved along with a drawer that is pulled out by ``value``."""
    shift = joint.opening * value
    return Pose(pose.x + shift * joint.axis[0], pose.y + shift * joint.axis[1], pose.z + shift * joint.axis[2], pose.heading)
