"""A user's home in Habitat: their scene as it is, with our objects, bodies and light in it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from envs.household.house import Entity
from envs.household.model import Pose, Vector
from envs.simulators.habitat.context import Context
from envs.simulators.habitat.dataset import Folder, Manifest, write_marker, write_thing
from envs.simulators.habitat.homes.binding import HULL
from envs.simulators.habitat.homes.home import Home, HomeHousehold
from envs.simulators.habitat.homes.mapping import MappingError
from envs.simulators.habitat.homes.survey import HOME_LIGHT, close_doors, mark, open_scene, slim_navmesh
from envs.simulators.habitat.lighting import room_lights
from envs.simulators.habitat.navmesh import Navmesh
from envs.simulators.habitat.scene import NOWHERE, Drawn, HabitatScene, SceneThing, nodes_of
from envs.simulators.habitat.storage import stored

_MOST_LAMPS = 8
"""Lamps that light a user's walls at a time: a shader has room for so many."""


@dataclass
class _Theirs(SceneThing):
    """A thing of the user's scene: how Habitat's object lies in our entity's frame, and where it was last put."""

    offset: NDArray[np.float64] | None = None
    last: Pose | None = None


class HomeScene(HabitatScene):
    """A user's home loaded into Habitat.

    Args:
        context: the process's OpenGL context.
        household: a household of the home.
    """

    walled = False

    def __init__(self, context: Context, household: HomeHousehold) -> None:
        assert household.home is not None  # open_home makes no other
        self.home: Home = household.home
        super().__init__(context, household, _home_folder(household))
        for thing in self.home.cast.removed.values():
            manager = self._objects if thing.kind == "rigid" else self.sim.get_articulated_object_manager()
            if thing.kind != "scanned":
                manager.remove_object_by_handle(thing.name)

    def _lift(self) -> float:
        return self.home.level

    def _open(self) -> Any:
        sim = open_scene(self._context, self.home.mapping, semantic_mesh=False, relit=not self.home.baked)
        sim.get_object_template_manager().load_configs(str(self.folder / "objects"))  # of another dataset: ours
        # A scan's own semantic mesh would be drawn in the place of its picture: it stays unread, yet sensors are welcome.
        sim.config.sim_cfg.load_semantic_mesh = True
        return sim

    # --- their things

    def _add_thing(self, name: str) -> SceneThing:
        thing = self.home.cast.things.get(name)
        if thing is None:
            return super()._add_thing(name)
        signs = [self._add(piece, self._ids[name]) for piece in self.manifest.things[name].pieces]
        if thing.kind == "scanned":
            return SceneThing(self._add_marker(), signs)
        jointed = thing.kind == "articulated"
        manager = self.sim.get_articulated_object_manager() if jointed else self._objects
        item = manager.get_object_by_handle(thing.name)
        if item is None:
            raise MappingError(
                f"expected {thing.name} in {self.home.mapping.scene} again, got none; did its files change meanwhile?"
            )
        item.motion_type = self._habitat.physics.MotionType.KINEMATIC
        mark(item, self._ids[name])
        found = _Theirs(item, [Drawn(item, nodes_of(item)), *signs])
        if jointed:
            close_doors(item)
            found.doors = item
            for joint in self.household.entities[name].model.joints:
                link = item.get_link_id_from_name(joint.name)
                end = math.radians(joint.opening) if joint.kind == "hinge" else joint.opening
                found.offsets[joint.name] = (item.get_link_joint_pos_offset(link), end)
        pose = self.household.entities[name].pose
        found.offset = np.asarray(np.linalg.inv(self._matrix(pose)) @ np.array(item.transformation), dtype=np.float64)
        found.last = pose
        return found

    def _matrix(self, pose: Pose) -> NDArray[np.float64]:
        angle = math.radians(pose.heading)
        matrix = np.eye(4)
        matrix[0, 0] = matrix[2, 2] = math.cos(angle)
        matrix[0, 2], matrix[2, 0] = math.sin(angle), -math.sin(angle)
        matrix[:3, 3] = (pose.x, pose.z + self.lift, -pose.y)
        return matrix

    def put(self, name: str, pose: Pose) -> None:
        """Put an entity or a body's place somewhere."""
        thing = self.things.get(name)
        if not isinstance(thing, _Theirs) or thing.offset is None:
            super().put(name, pose)
            return
        if pose != thing.last:
            matrix = self._matrix(pose) @ thing.offset
            thing.root.transformation = self._magnum.Matrix4(*(self._magnum.Vector4(*column) for column in matrix.T.tolist()))
            thing.last = pose
        self._put_parts(thing, pose)

    def place(self, name: str) -> Pose:
        """Where Habitat has an entity or a body."""
        thing = self.things.get(name)
        if not isinstance(thing, _Theirs) or thing.offset is None:
            return super().place(name)
        matrix = np.array(thing.root.transformation, dtype=np.float64) @ np.linalg.inv(thing.offset)
        heading = math.degrees(math.atan2(matrix[0, 2], matrix[0, 0])) % 360.0
        return Pose(float(matrix[0, 3]), -float(matrix[2, 3]), float(matrix[1, 3]) - self.lift, heading)

    # --- light and ways

    def light_house(
        self, levels: Mapping[str, NDArray[np.float64]], lamps: Mapping[str, Sequence[tuple[Vector, NDArray[np.float64]]]]
    ) -> None:
        """Give each room its light; the stage, which is of one piece, takes that of all rooms."""
        day = self.home.mapping.daylight
        levels = {room: day * level for room, level in levels.items()}
        super().light_house(levels, lamps)
        lit = tuple(lamp for room in levels for lamp in lamps.get(room, ()))[:_MOST_LAMPS]
        level = np.asarray(np.mean(list(levels.values()), axis=0), dtype=np.float64)
        before = self._lights.get(NOWHERE)
        self.light_room(NOWHERE, level, lit)
        if self._lights[NOWHERE] != before:
            self._set_lights(HOME_LIGHT, room_lights(level, 0.16, lit))

    def navmesh(self, *, radius: float, height: float) -> Navmesh:
        """Habitat's navmesh of the scene as the user made it, for a body of this radius and height (metres)."""
        pathfinder = slim_navmesh(self._habitat, self.sim, radius=radius, height=height)
        if pathfinder is None:
            raise MappingError(
                f"expected floor for a body of radius {radius} m and height {height} m, got none; use a smaller one"
            )
        return Navmesh(pathfinder, lift=self.lift)


def _home_folder(household: HomeHousehold) -> Path:
    """What of a home is drawn by us, in the cache."""
    assert household.home is not None
    theirs = household.home.cast.things
    entities = {name: _drawn(entity, theirs=name in theirs) for name, entity in household.entities.items()}
    names = (*entities, "robot", "resident")

    def write(folder: Path) -> None:
        files = Folder(folder)
        things = {name: write_thing(files, entity, number) for number, (name, entity) in enumerate(entities.items(), 1)}
        write_marker(files)
        Manifest(household.layout, names, things, (), "").save(folder)

    return stored("home", (household.layout, {name: entity.model for name, entity in entities.items()}), write)


def _drawn(entity: Entity, *, theirs: bool) -> Entity:
    """An entity with what we draw of it: of theirs, what shows that it is on."""
    if not theirs:
        return entity
    parts = tuple(part for part in entity.model.parts if part.shown != HULL)
    return replace(entity, model=replace(entity.model, parts=parts, joints=()))
