"""A household in one ``habitat_sim.Simulator``: where its things are, what is seen of them, and by which light.

Each piece of a thing is a kinematic rigid object; furniture with doors is an articulated object whose links the door's
own pieces follow. What is not to be seen keeps its place and only its drawing is moved out of sight.
"""

from __future__ import annotations

import importlib
import math
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from envs.household.house import Household
from envs.household.model import Pose, Vector
from envs.simulators.base import Camera, Frame
from envs.simulators.habitat.context import Context, load_habitat
from envs.simulators.habitat.dataset import MARKER, Manifest, PieceFile
from envs.simulators.habitat.frames import heading_turn, pose_from, to_habitat, turn_to_habitat
from envs.simulators.habitat.lighting import room_lights
from envs.simulators.habitat.navmesh import Navmesh, compute_navmesh
from envs.simulators.habitat.urdf import opening
from envs.simulators.visibility import view_axes

NEAR, FAR = 0.04, 60.0
"""Nearest and farthest distance drawn, metres."""
MAX_SIZE = 1920
"""Longest side of a picture, pixels."""
_AWAY = 1.0e4  # metres to where hidden drawings are kept: outside of every view
_SKY = (0.91, 0.90, 0.87, 1.0)
_SENSORS_KEPT = 12  # for pictures of different sizes; about 1 MB each at 256 x 256
NOWHERE = "outdoors"
"""The light of what stands in no room."""


@dataclass
class Drawn:
    """A rigid object, or what an articulated one shows, and whether it is seen.

    Args:
        thing: Habitat's object.
        nodes: what is drawn of it, with the places where they are when seen.
        shown: the visual state in which alone it is seen.
        glows: takes no room's light.
        joint: the link that it follows.
    """

    thing: Any
    nodes: list[tuple[Any, Any]]
    shown: str | None = None
    glows: bool = False
    joint: str | None = None
    seen: bool = True
    light: str | None = None


@dataclass
class SceneThing:
    """An entity in Habitat.

    Args:
        root: what holds its place.
        drawn: all that is drawn of it.
        doors: its articulated object if it has doors.
        offsets: joint -> place in joint_positions, and its value when open.
        links: joint -> link, and how the door's own pieces lie in it.
    """

    root: Any
    drawn: list[Drawn]
    doors: Any = None
    offsets: dict[str, tuple[int, float]] = field(default_factory=dict)
    links: dict[str, tuple[int, Any]] = field(default_factory=dict)


class HabitatScene:
    """A layout loaded into Habitat; start places do not matter, so all seeds share it.

    Args:
        context: the process's OpenGL context.
        household: the layout.
        folder: its dataset, as written by :func:`~envs.simulators.habitat.dataset.write_dataset`.
    """

    walled = True
    """Whether walls are our own sheets, which are left out where they are not looked at."""

    def __init__(self, context: Context, household: Household, folder: Path) -> None:
        self._habitat, self._magnum, self._context = load_habitat(), importlib.import_module("magnum"), context
        self.household, self.folder = household, folder
        self.manifest = Manifest.load(folder)
        self.names = self.manifest.names
        self.lift = self._lift()
        self._ids = {name: number for number, name in enumerate(self.names, 1)}
        context.use()
        self.sim = self._open()
        self._objects = self.sim.get_rigid_object_manager()
        self._templates = self.sim.get_object_template_manager()
        self._lights: dict[str, Any] = {}
        self._cameras: OrderedDict[tuple[str, int, int], _Sensor] = OrderedDict()
        self._templates.load_configs(str(folder / MARKER))
        for room in (*household.rooms, NOWHERE):
            self.light_room(room, np.ones(3), ())
        self.things: dict[str, SceneThing] = {name: self._add_thing(name) for name in self.manifest.things}
        self.rooms = []
        for part in self.manifest.rooms:
            drawn = self._add(PieceFile(part.template, glows=part.glows), self._ids[part.label])
            self._give_light(drawn, f"{part.rooms[0] if part.rooms else NOWHERE}:walls" if part.indoors else
                             part.rooms[0] if part.rooms else NOWHERE)  # fmt: skip
            self.rooms.append((part, drawn))
        self.places = {body: self._add_marker() for body in ("robot", "resident")}
        self.bodies: dict[str, OrderedDict[Any, dict[str, list[Drawn]]]] = {body: OrderedDict() for body in self.places}

    def _lift(self) -> float:
        """Height of our floor in Habitat's frame, metres."""
        return 0.0

    def _point(self, point: Sequence[float]) -> Any:
        """A point of ours in Habitat's frame."""
        x, y, z = to_habitat(point)
        return self._magnum.Vector3(x, y + self.lift, z)

    def _open(self) -> Any:
        habitat_sim = self._habitat
        config = habitat_sim.SimulatorConfiguration()
        config.scene_dataset_config_file = str(self.folder / f"{self.manifest.layout}.scene_dataset_config.json")
        config.scene_id, config.gpu_device_id = "NONE", self._context.gpu_device_id
        config.enable_physics, config.load_semantic_mesh = True, True
        config.override_scene_light_defaults, config.scene_light_setup = True, habitat_sim.gfx.DEFAULT_LIGHTING_KEY
        first = self._sensor_spec("color", 8, 8)
        return self._context.make(config, [habitat_sim.agent.AgentConfiguration(sensor_specifications=[first])])

    # --- things

    def _add(self, piece: PieceFile, semantic_id: int, folder: Path | None = None) -> Drawn:
        thing = self._objects.add_object_by_template_handle(str((folder or self.folder) / piece.template))
        if thing is None:
            raise RuntimeError(
                f"expected Habitat to load {piece.template}, but it could not; delete {self.folder} and try again"
            )
        thing.motion_type = self._habitat.physics.MotionType.KINEMATIC
        thing.semantic_id = semantic_id
        if piece.glows:  # without lights, Habitat shows a picture as it is
            thing.set_light_setup(self._habitat.gfx.NO_LIGHT_KEY)
        return Drawn(thing, nodes_of(thing), piece.shown, piece.glows, piece.joint)

    def _add_marker(self) -> Any:
        """An object without a picture that holds a body's place."""
        thing = self._objects.add_object_by_template_handle(str(self.folder / MARKER))
        thing.motion_type = self._habitat.physics.MotionType.KINEMATIC
        for node, _ in nodes_of(thing):
            node.translation = self._magnum.Vector3(0.0, -_AWAY, 0.0)
        return thing

    def _add_thing(self, name: str) -> SceneThing:
        files = self.manifest.things[name]
        drawn = [self._add(piece, self._ids[name]) for piece in files.pieces]
        if files.joints is None:
            # The plain body of a thing holds its place.
            plain = next((part.thing for part in drawn if part.shown is None), None)
            return SceneThing(plain if plain is not None else self._add_marker(), drawn)
        manager = self.sim.get_articulated_object_manager()
        config = str(self.folder / files.joints)
        self.sim.metadata_mediator.ao_template_manager.load_configs(config)
        doors = manager.add_articulated_object_by_template_handle(config)
        if doors is None:
            raise RuntimeError(f"expected Habitat to load {config}, but it could not")
        doors.motion_type = self._habitat.physics.MotionType.KINEMATIC
        offsets, links = {}, {}
        plans = {joint.name: joint for joint in self.household.entities[name].model.joints}
        for link in doors.get_link_ids():
            joint = doors.get_link_name(link)
            if joint in plans:
                offsets[joint] = (doors.get_link_joint_pos_offset(link), opening(plans[joint]))
                anchor = self._magnum.Vector3(*to_habitat(plans[joint].anchor))
                links[joint] = (link, self._magnum.Matrix4.translation(-anchor))
        return SceneThing(doors, drawn, doors, offsets, links)

    # --- where things are

    def put(self, name: str, pose: Pose) -> None:
        """Put an entity or a body's place somewhere."""
        magnum = self._magnum
        place = self._point(pose[:3])
        w, x, y, z = heading_turn(pose.heading)
        turn = magnum.Quaternion(magnum.Vector3(x, y, z), w)
        if name in self.places:
            _move(self.places[name], place, turn)
            return
        thing = self.things[name]
        _move(thing.root, place, turn)
        self._put_parts(thing, pose)

    def _put_parts(self, thing: SceneThing, pose: Pose) -> None:
        """Put all that is drawn of a thing where the thing is."""
        place = self._point(pose[:3])
        w, x, y, z = heading_turn(pose.heading)
        turn = self._magnum.Quaternion(self._magnum.Vector3(x, y, z), w)
        for part in thing.drawn:
            if part.thing is not thing.root:
                _move(part.thing, place, turn)
        if thing.doors is not None:
            self._follow(thing)

    def place(self, name: str) -> Pose:
        """Where Habitat has an entity or a body."""
        root = self.places[name] if name in self.places else self.things[name].root
        turn = root.rotation
        x, y, z = root.translation
        return pose_from((x, y - self.lift, z), float(turn.scalar), float(turn.vector[1]))

    def turn_joint(self, name: str, joint: str, value: float) -> None:
        """Move a door or drawer: 0 closed, 1 open."""
        thing = self.things[name]
        number, end = thing.offsets[joint]
        positions = list(thing.doors.joint_positions)
        positions[number] = value * end
        thing.doors.joint_positions = positions
        self._follow(thing)

    def joint(self, name: str, joint: str) -> float:
        """The value of a joint as Habitat has it."""
        thing = self.things[name]
        number, end = thing.offsets[joint]
        return float(thing.doors.joint_positions[number]) / end

    def _follow(self, thing: SceneThing) -> None:
        """Put a door's own pieces where its link is."""
        for part in thing.drawn:
            if part.joint is not None:
                link, offset = thing.links[part.joint]
                part.thing.transformation = thing.doors.get_link_scene_node(link).absolute_transformation() @ offset

    # --- bodies

    @property
    def looks(self) -> int:
        """How many looks of residents are loaded."""
        return len(self.bodies["resident"])

    def knows(self, body: str, key: Any) -> bool:
        """Whether a look of a body is loaded."""
        return key in self.bodies[body]

    def load_look(self, body: str, key: Any, folder: Path, pieces: Mapping[str, Sequence[PieceFile]]) -> None:
        """Load a look of a body: its segments, and the folder where they are."""
        for files in pieces.values():
            for piece in files:
                self._templates.load_configs(str(folder / piece.template))
        self.bodies[body][key] = {segment: [self._add(piece, self._ids[body], folder) for piece in files]
                                  for segment, files in pieces.items()}  # fmt: skip

    def wear(self, body: str, key: Any) -> None:
        """Let a body appear in one of its looks."""
        looks = self.bodies[body]
        for other, segments in looks.items():
            if other != key:
                self.show((part for parts in segments.values() for part in parts), False)
        looks.move_to_end(key)

    def worn(self, body: str) -> dict[str, list[Drawn]]:
        """The segments of a body in the look that it wears."""
        return next(reversed(self.bodies[body].values()))

    def place_segments(self, body: str, placed: Mapping[str, tuple[Vector, Any]]) -> None:
        """Put the segments of a body where they belong: position, and orientation (w, x, y, z)."""
        magnum, segments = self._magnum, self.worn(body)
        for segment, (position, turn) in placed.items():
            parts = segments.get(segment)
            if parts is None:
                continue
            w, x, y, z = turn_to_habitat(turn)
            place, rotation = self._point(position), magnum.Quaternion(magnum.Vector3(x, y, z), w)
            for part in parts:
                _move(part.thing, place, rotation)

    # --- what is seen, and by which light

    def show(self, parts: Iterable[Drawn], seen: bool) -> None:
        """Draw parts, or not; where they are stays as it is."""
        away = self._magnum.Vector3(0.0, -_AWAY, 0.0)
        for part in parts:
            if part.seen is not seen:
                part.seen = seen
                for node, home in part.nodes:
                    node.translation = home if seen else home + away

    def light_house(
        self, levels: Mapping[str, NDArray[np.float64]], lamps: Mapping[str, Sequence[tuple[Vector, NDArray[np.float64]]]]
    ) -> None:
        """Give each room its light: how bright it is, and the lamps in it that are on."""
        for room, level in levels.items():
            self.light_room(room, level, lamps.get(room, ()))

    def light_room(self, room: str, level: NDArray[np.float64], lamps: Sequence[tuple[Vector, NDArray[np.float64]]]) -> None:
        """Give a room its light: what stands in it by one set of lights, its walls by another."""
        key = (tuple(np.round(level, 4)), tuple((place, tuple(np.round(colour, 4))) for place, colour in lamps))
        if self._lights.get(room) == key:
            return
        self._lights[room] = key
        self._set_lights(f"room:{room}", room_lights(level, 0.0, lamps))
        self._set_lights(f"room:{room}:walls", room_lights(level, 0.16, lamps))

    def _set_lights(self, key: str, lights: Any) -> None:
        magnum, gfx = self._magnum, self._habitat.gfx
        setup = []
        for (x, y, z, w), colour in lights:
            hx, hy, hz = to_habitat((x, y, z))
            hy += self.lift * w  # places are lifted, directions are not
            setup.append(gfx.LightInfo(vector=magnum.Vector4(hx, hy, hz, w), color=magnum.Color3(*colour),
                                       model=gfx.LightPositionModel.Global))  # fmt: skip
        self.sim.set_light_setup(setup, key)

    def _give_light(self, part: Drawn, room: str) -> None:
        if part.light != room and not part.glows:
            part.light = room
            part.thing.set_light_setup(f"room:{room}")

    def light_from(self, parts: Iterable[Drawn], room: str | None) -> None:
        """Let parts take the light of a room."""
        for part in parts:
            self._give_light(part, room or NOWHERE)

    def navmesh(self, *, radius: float, height: float) -> Navmesh:
        """Habitat's navmesh for a body of this radius and height, metres."""
        return compute_navmesh(self.folder, radius=radius, height=height)

    # --- pictures

    def _sensor_spec(self, kind: str, width: int, height: int) -> Any:
        habitat_sim = self._habitat
        spec = habitat_sim.CameraSensorSpec()
        spec.uuid = f"{kind}:{width}x{height}"
        spec.sensor_type = {"color": habitat_sim.SensorType.COLOR, "depth": habitat_sim.SensorType.DEPTH,
                            "semantic": habitat_sim.SensorType.SEMANTIC}[kind]  # fmt: skip
        spec.resolution, spec.position = [height, width], [0.0, 0.0, 0.0]
        spec.near, spec.far, spec.channels = NEAR, FAR, 4 if kind == "color" else 1
        if kind != "depth":
            spec.clear_color = self._magnum.Color4(*_SKY)
        return spec

    def _camera(self, kind: str, width: int, height: int) -> _Sensor:
        key = (kind, width, height)
        if key not in self._cameras:
            while len(self._cameras) >= _SENSORS_KEPT:
                self._cameras.popitem(last=False)[1].remove(self._habitat)
            self._cameras[key] = _Sensor(self._habitat, self.sim, self._sensor_spec(kind, width, height))
        self._cameras.move_to_end(key)
        return self._cameras[key]

    def picture(self, camera: Camera, width: int, height: int, *, depth: bool, semantic: bool) -> Frame:
        """What a camera sees of the scene as it is."""
        if max(width, height) > MAX_SIZE or min(width, height) < 1:
            raise ValueError(f"expected a picture from 1 to {MAX_SIZE} pixels a side, got {width} x {height}")
        self._context.use()
        self._aim(camera)
        wide = math.degrees(2.0 * math.atan(math.tan(math.radians(camera.fovy) / 2) * width / height))
        # Habitat's shader writes colours and ids at once: one drawing gives both.
        seen = self._camera("semantic", width, height)
        seen.draw(self.sim, self._magnum.Deg(wide))
        rgb = seen.colours()
        ids = seen.ids() if semantic else None
        metres = None
        if depth:
            far = self._camera("depth", width, height)
            far.draw(self.sim, self._magnum.Deg(wide))
            metres = far.metres()
            metres[metres == 0.0] = FAR
        return Frame(rgb, metres, ids, self.names if semantic else ())

    def _aim(self, camera: Camera) -> None:
        magnum = self._magnum
        forward, right, up = (to_habitat(axis.tolist()) for axis in view_axes(camera))
        back = tuple(-value for value in forward)
        turn = magnum.Matrix3(magnum.Vector3(*right), magnum.Vector3(*up), magnum.Vector3(*back))
        node = self.sim.agents[0].scene_node
        node.translation = self._point(camera.position)
        node.rotation = magnum.Quaternion.from_matrix(turn)

    def close(self) -> None:
        """Free everything; safe to call twice."""
        if self.sim is not None:
            self._context.use()
            self._cameras.clear()
            self.things.clear()
            self.rooms.clear()
            self.places.clear()
            self.bodies.clear()
            self.sim.close(destroy=True)
            self.sim = None


class _Sensor:
    """One of Habitat's camera sensors, drawn and read by itself: Habitat's own call draws all sensors of all sizes."""

    def __init__(self, habitat_sim: Any, sim: Any, spec: Any) -> None:
        magnum = importlib.import_module("magnum")  # comes with Habitat
        sim.add_sensor(spec, 0)
        self.sensor = sim.agents[0].scene_node.subtree_sensors[spec.uuid]
        self.sim, self.uuid = sim, spec.uuid
        flags = habitat_sim.gfx.Renderer.Flags.VISUALIZE_TEXTURE  # colours beside the ids
        if spec.sensor_type == habitat_sim.SensorType.SEMANTIC:
            sim.renderer.bind_render_target(self.sensor, flags)
        height, width = (int(value) for value in spec.resolution)
        size, image, kind = self.sensor.framebuffer_size, magnum.MutableImageView2D, magnum.PixelFormat
        self._colours = np.empty((height, width, 4), np.uint8)
        self._ids, self._metres = np.empty((height, width), np.uint32), np.empty((height, width), np.float32)
        self._colour_view = image(kind.RGBA8_UNORM, size, self._colours.reshape(height, -1))
        self._id_view, self._metre_view = image(kind.R32UI, size, self._ids), image(kind.R32F, size, self._metres)

    def draw(self, sim: Any, wide: Any) -> None:
        """Draw, ``wide`` being the horizontal angle of view."""
        self.sensor.fov = wide
        sim.renderer.draw(self.sensor, sim)

    def colours(self) -> NDArray[np.uint8]:
        """What was drawn, (height, width, 3)."""
        self.sensor.render_target.read_frame_rgba(self._colour_view)
        return np.ascontiguousarray(self._colours[::-1, :, :3])

    def ids(self) -> NDArray[np.int32]:
        """The semantic id of each pixel."""
        self.sensor.render_target.read_frame_object_id(self._id_view)
        return self._ids[::-1].astype(np.int32)

    def metres(self) -> NDArray[np.float32]:
        """The distance of each pixel along the optical axis; 0 where nothing was drawn."""
        self.sensor.render_target.read_frame_depth(self._metre_view)
        return np.ascontiguousarray(self._metres[::-1])

    def remove(self, habitat_sim: Any) -> None:
        """Free it."""
        self.sim._sensors.pop(self.uuid, None)
        habitat_sim.sensor.SensorFactory.delete_sensor(self.sensor)


def _move(thing: Any, place: Any, turn: Any) -> None:
    thing.translation = place
    thing.rotation = turn


def nodes_of(thing: Any) -> list[tuple[Any, Any]]:
    """The drawings of an object that are not parts of one another, with their places."""
    nodes = thing.visual_scene_nodes
    return [(node, node.translation) for node in nodes]
