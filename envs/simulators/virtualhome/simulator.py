"""The paper's own simulator: what our bodies do, carried out by VirtualHome in Unity, line by line.

Skills plan in our household, whose books this simulator keeps; each act becomes a script line about the node that the
thing is in Unity's apartment, and counts only if Unity carried it out. Whether something is on, open or in a hand is read
back from Unity's graph. For what VirtualHome has no word (filling, cooking) our books stand, as in
:mod:`~envs.simulators.virtualhome.programs`. Pictures are Unity's: a body's own eyes, or a camera behind it.
"""

from __future__ import annotations

import itertools
import logging
import math
from typing import Any

import numpy as np

from envs.household.house import Entity, Household
from envs.household.model import Pose
from envs.household.state import WorldState
from envs.simulators.base import Camera, Frame, Look, Manner, SimulatorFailure, SimulatorUnavailable
from envs.simulators.kinematic import BODIES, KinematicSimulator
from envs.simulators.virtualhome.binding import bind_nodes, missing_objects
from envs.simulators.virtualhome.graph import CHARACTERS
from envs.simulators.virtualhome.unity import Unity, version

log = logging.getLogger(__name__)

_EYES, _BEHIND = "empathy_eyes", "empathy_behind"
_CAMERAS = {_EYES: ((0.0, 1.6, 0.12), (12.0, 0.0, 0.0), 72.0), _BEHIND: ((1.1, 1.9, -1.7), (14.0, -30.0, 0.0), 60.0)}
"""Cameras that each character gets: place and turn relative to it, and angle of view; Unity is y up, z ahead."""
_MADE_FOR = {"touch": "TOUCH", "work": "TOUCH", "play": "TYPE"}
_AT = 0.06  # metres from a thing's box within which a hand is at it
_CHARACTERS = ("Chars/Female1", "Chars/Male2")
_ROOMS = {"living_room": "livingroom"}


class VirtualHomeSimulator(KinematicSimulator):
    """Our household played in one of VirtualHome's apartments.

    Args:
        rate: steps per simulated second in which pictures are taken while something is done.
        address: ``host:port`` of VirtualHome's HTTP server.
        executable: path of its executable, to start it here; None if it runs already.
        environment: number of the apartment, 0 to 49.
        characters: Unity's resources for the resident and the robot.
        animate: whether characters walk and reach; else they jump, which is much faster.
        time_scale: how much faster than life they walk.
        timeout: seconds that one request may take.
        graphics: whether Unity draws.
        display: X display for it, such as ``0``.

    Raises:
        SimulatorUnavailable: the package ``virtualhome`` is missing, or Unity does not answer.
    """

    name = "virtualhome"

    def __init__(
        self,
        *,
        rate: float = 10.0,
        address: str = "127.0.0.1:8080",
        executable: str | None = None,
        environment: int = 0,
        characters: tuple[str, str] = _CHARACTERS,
        animate: bool = False,
        time_scale: float = 10.0,
        timeout: float = 30.0,
        graphics: bool = True,
        display: str | None = None,
    ) -> None:
        if not isinstance(environment, int) or not 0 <= environment <= 49:
            raise ValueError(f"expected environment from 0 to 49, got {environment!r}")
        if len(characters) != 2:
            raise ValueError(f"expected two characters, the resident's and the robot's, got {characters!r}")
        super().__init__(rate=rate)
        self._environment, self._resources = environment, tuple(characters)
        self._animate, self._time_scale, self._graphics = animate, time_scale, graphics
        self.unity = Unity(address, executable=executable, timeout=timeout, graphics=graphics, display=display)
        self.nodes: dict[str, int] = {}
        self.refusals: list[str] = []
        """Lines since the last reset that Unity did not carry out, with its words."""
        self._graph: dict[str, Any] = {"nodes": [], "edges": []}
        self._people: dict[str, int] = {}
        self._at: dict[str, str] = {}  # body -> what it last walked to
        self._actor: str | None = None  # who reached out last
        self._cameras: dict[tuple[str, str], int] = {}
        self._colours: dict[int, tuple[int, int, int]] | None = None
        self._version = itertools.count()
        self._seen: dict[Any, np.ndarray[Any, Any]] = {}

    # --- the apartment

    def reset(self, household: Household, *, look: Look | None = None, manner: Manner | None = None) -> None:
        """Load the apartment, put both characters into it, and our objects where it has none."""
        try:
            if not self.unity.connected:
                self.unity.connect()
        except SimulatorUnavailable as error:  # it was there when we began
            raise SimulatorFailure("VirtualHome", str(error), "gone") from None
        super().reset(household, look=look, manner=manner)
        self.refusals, self._at, self._actor, self._colours = [], {}, None, None
        try:
            self._load(household)
        except SimulatorFailure:
            self.unity.close()  # the next episode starts or finds it anew
            raise

    def _load(self, household: Household) -> None:
        standing = self.unity.load(self._environment)
        for name, (position, turn, angle) in _CAMERAS.items():
            self.unity.add_camera(name, position, turn, angle)
        for body, resource in zip(CHARACTERS, self._resources, strict=True):
            room = household.room_at(*self._poses[body][:2]) or next(iter(household.rooms))
            self.unity.add_character(resource, _ROOMS.get(room, room))
        names = self.unity.camera_names()
        self._cameras = {(body, name): standing + number * len(names) + names.index(name)
                         for number, body in enumerate(CHARACTERS) for name in _CAMERAS if name in names}  # fmt: skip
        self._graph = self.unity.graph()
        self.nodes = bind_nodes(household, self._graph)
        wanted = missing_objects(household, self._graph, self.nodes)
        if wanted is not None:
            done, told = self.unity.expand(wanted)
            if not done:
                log.warning("VirtualHome: expected it to add objects, got %s; it goes without them", told[:200])
            self._graph = self.unity.graph()
            self.nodes = bind_nodes(household, self._graph)
        people = sorted(int(node["id"]) for node in self._graph["nodes"] if node["class_name"] == "character")
        self._people = dict(zip(CHARACTERS, people, strict=False))
        self._changed()

    def _changed(self) -> None:
        next(self._version)
        self._seen.clear()

    # --- lines

    def _line(self, body: str, action: str, *names: str) -> bool:
        """Let a character do something; whether Unity carried it out."""
        unknown = [name for name in names if name not in self.nodes]
        character = CHARACTERS.index(body)
        if unknown:
            self.refusals.append(f"[{action}] {unknown[0]}: nothing in the apartment is one")
            return False
        classes = {int(node["id"]): str(node["class_name"]) for node in self._graph["nodes"]}
        things = "".join(f" <{classes[self.nodes[name]]}> ({self.nodes[name]})" for name in names)
        line = f"<char{character}> [{action.lower()}]{things}"
        try:
            done, told = self.unity.run([line], animate=self._animate, time_scale=self._time_scale)
        except SimulatorFailure:
            self.unity.close()
            raise
        if done:
            self._graph = self.unity.graph()
            self._changed()
        else:
            self.refusals.append(f"{line}: {told[:200]}")
            log.info("VirtualHome refused %s: %s", line, told[:200])
        return done

    def _go(self, body: str, name: str) -> bool:
        """Let a character walk to something, unless it is there, or sits and works from its seat."""
        if self._at.get(body) == name or body in self._seats:
            return True
        done = self._line(body, "WALK", name)
        if done:
            self._at[body] = name
        return done

    def _act(self, body: str, action: str, *names: str) -> bool:
        """Walk to the last thing named, which one acts at, then act."""
        return self._go(body, names[-1]) and self._line(body, action, *names)

    # --- the protocol: changing things

    def move(self, body: str, path: Any, *, speed: float) -> None:
        """Walk; Unity hears of it once it leads into another room, or to something that is acted on."""
        before = self._room(body)
        super().move(body, path, speed=speed)
        after = self._room(body)
        if after is not None and after != before:
            self._go(body, after)
        else:
            self._at.pop(body, None)

    def _room(self, body: str) -> str | None:
        assert self.household is not None  # super().move has checked
        pose = self._poses.get(body)
        return self.household.room_at(pose.x, pose.y) if pose is not None else None

    def gesture(self, body: str, kind: str, target: tuple[float, float, float]) -> None:
        """Act out ``reach``, ``touch``, ``work`` or ``play`` toward a world point."""
        super().gesture(body, kind, target)
        self._actor = body
        if kind in _MADE_FOR:
            name = self._thing_at(target, furniture=kind != "touch")
            if name is not None and name in self.nodes:
                self._act(body, _MADE_FOR[kind], name)

    def grasp(self, body: str, entity: str) -> None:
        """Take an object, if Unity's character can."""
        self._entity(entity)
        if self._act(body, "GRAB", entity):
            super().grasp(body, entity)
            self._at[body] = entity

    def release(self, body: str, entity: str, pose: Pose, *, into: str | None = None) -> None:
        """Put an object down, if Unity's character can."""
        base = into or self._carrier(pose)
        if base is None or self._act(body, "PUTIN" if into else "PUTBACK", entity, base):
            super().release(body, entity, pose, into=into)

    def set_joint(self, entity: str, joint: str, value: float) -> None:
        """Open or close something; before anybody has done anything, it has been so all along."""
        self._entity(entity)
        action = "OPEN" if value > 0.5 else "CLOSE"
        if self._do_or_be(entity, action, {"OPEN": ("CLOSED", "OPEN"), "CLOSE": ("OPEN", "CLOSED")}[action]):
            super().set_joint(entity, joint, value)

    def set_switch(self, entity: str, on: bool) -> None:
        """Switch something on or off; before anybody has done anything, it has been so all along."""
        self._entity(entity)
        if self._do_or_be(entity, "SWITCHON" if on else "SWITCHOFF", ("OFF", "ON") if on else ("ON", "OFF")):
            super().set_switch(entity, on)

    def _do_or_be(self, entity: str, action: str, change: tuple[str, str]) -> bool:
        if self._actor is not None:
            return self._act(self._actor, action, entity)
        if entity not in self.nodes:
            return False
        number = self.nodes[entity]
        nodes = [{**node, "states": [state for state in node["states"] if state not in change] + [change[1]]}
                 if int(node["id"]) == number else node for node in self._graph["nodes"]]  # fmt: skip
        done, told = self.unity.expand({**self._graph, "nodes": nodes})
        if done:
            self._graph = self.unity.graph()
            self._changed()
        else:
            self.refusals.append(f"{entity} {change[1]}: {told[:200]}")
        return done

    def sit(self, body: str, entity: str, seat: str, pose: Pose) -> None:
        """Sit down, if Unity's character can."""
        self._entity(entity)
        if self._act(body, "SIT", entity):
            super().sit(body, entity, seat, pose)

    def stand(self, body: str, pose: Pose) -> None:
        """Stand up, if Unity's character can."""
        if body not in self._seats or self._line(body, "STANDUP"):
            super().stand(body, pose)

    def _carrier(self, pose: Pose) -> str | None:
        """The furniture on whose top a pose lies."""
        assert self.household is not None  # something is held
        for name, entity in self.household.entities.items():
            if not entity.portable and any(WorldState.on_surface(top, pose, entity.pose) for top in entity.model.surfaces):
                return name
        return None

    def _thing_at(self, point: tuple[float, float, float], *, furniture: bool) -> str | None:
        """The smallest thing, or piece of furniture, at a point."""
        assert self.household is not None  # gestures come after a reset
        found = []
        for name, entity in self.household.entities.items():
            if not (furniture and entity.portable) and _beside(entity, self._pose_of(name), point):
                found.append((entity.model.footprint[0] * entity.model.footprint[1] * entity.model.height, name))
        return min(found)[1] if found else None

    # --- the protocol: reading

    def joint(self, entity: str, joint: str) -> float:
        """The value of a joint: Unity's word for open or closed, if it has one."""
        value = super().joint(entity, joint)
        states = self._states_of(entity)
        if "OPEN" in states and value < 0.5:
            return 1.0
        return 0.0 if "CLOSED" in states and value > 0.5 else value

    def is_on(self, entity: str) -> bool:
        """Whether something is switched on: Unity's word, if it has one."""
        states = self._states_of(entity)
        return "ON" in states if states & {"ON", "OFF"} else super().is_on(entity)

    def holder(self, entity: str) -> str | None:
        """The body whose hand holds the object, by Unity's graph if it knows the object."""
        told = super().holder(entity)
        number = self.nodes.get(entity)
        if told is None or number is None:
            return told
        held = any(edge["relation_type"] in ("HOLDS_RH", "HOLDS_LH") and int(edge["to_id"]) == number
                   and int(edge["from_id"]) == self._people.get(told) for edge in self._graph["edges"])  # fmt: skip
        return told if held else None

    def _states_of(self, entity: str) -> set[str]:
        number = self.nodes.get(entity)
        return next((set(node["states"]) for node in self._graph["nodes"] if int(node["id"]) == number), set())

    def render(
        self, camera: Camera, *, width: int = 256, height: int = 256, depth: bool = False, semantic: bool = False
    ) -> Frame:
        """Take a picture: a body's own eyes if the camera hides it, else from behind the body that it looks at.

        Raises:
            SimulatorUnavailable: Unity runs without graphics, or depth is asked for.
        """
        if not self._graphics:
            raise SimulatorUnavailable("expected VirtualHome with graphics for pictures, got graphics=false; set it to true")
        if depth:
            raise SimulatorUnavailable(
                "expected no depth of simulator=virtualhome, whose depth pictures are of no unit; use simulator=habitat"
            )
        if self.household is None:
            raise RuntimeError("expected reset(household) before render(camera); call it first")
        hidden = next((body for body in BODIES if body in camera.hide), None)
        body = hidden or min(BODIES, key=lambda name: math.dist(camera.target[:2], self._poses[name][:2]))
        number = self._cameras.get((body, _EYES if hidden else _BEHIND))
        if number is None:
            raise SimulatorUnavailable(f"expected a camera of the {body} in VirtualHome, got none; is its version 2.3?")
        try:
            rgb = self._picture(number, "normal", width, height)
            ids, names = (None, ()) if not semantic else self._semantic(number, width, height)
        except SimulatorFailure:
            self.unity.close()
            raise
        return Frame(rgb.copy(), None, ids, names)

    def _picture(self, camera: int, mode: str, width: int, height: int) -> Any:
        key = (camera, mode, width, height)
        if key not in self._seen:  # nothing moves between two lines
            self._seen[key] = self.unity.picture(*key)
        return self._seen[key]

    def _semantic(self, camera: int, width: int, height: int) -> tuple[Any, tuple[str, ...]]:
        colours = self._picture(camera, "seg_inst", width, height)
        if self._colours is None:
            self._colours = self.unity.colours()
        names = tuple(self.nodes)
        ids = np.zeros(colours.shape[:2], dtype=np.int32)
        for number, name in enumerate(names, 1):
            colour = self._colours.get(self.nodes[name])
            if colour is not None:
                ids[np.all(colours == colour, axis=2)] = number
        return ids, names

    def versions(self) -> dict[str, Any]:
        """What made the results."""
        return {
            "simulator": self.name,
            "virtualhome": version(),
            "environment": self._environment,
            "address": self.unity.address,
        }

    def close(self) -> None:
        """Let go of Unity; safe to call twice."""
        self.unity.close()


def _beside(entity: Entity, pose: Pose, point: tuple[float, float, float]) -> bool:
    x, y, z = pose.local(*point)
    half = (entity.model.footprint[0] / 2, entity.model.footprint[1] / 2)
    return abs(x) <= half[0] + _AT and abs(y) <= half[1] + _AT and -_AT <= z <= entity.model.height + _AT
