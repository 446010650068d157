"""What stands where in a user's scene, as Habitat itself has it: things, regions, walkable floor, heights.

Habitat reads every dataset that it supports, with all its defaults, scales and origins; asking it rather than the files
lets any of them serve. Points are in our frame (x east, y north, z up) with the floor at 0.
"""

from __future__ import annotations

import contextlib
import csv
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from envs.household.model import Joint, Pose, Vector
from envs.simulators.habitat.context import Context, load_habitat
from envs.simulators.habitat.frames import from_habitat, to_habitat
from envs.simulators.habitat.homes.mapping import DATASET_SUFFIX, HomeMapping, MappingError

RESOLUTION = 0.05
"""Edge of a cell of the walkable floor, metres."""
SLIM = 0.1
"""Radius of the walker whose navmesh is taken: slimmer than any body, so that furniture can be told from walls, metres."""
CLIMB = 0.06
_SAMPLES = 400  # points of the navmesh that say how high the floor lies
_FAR_UP = 20.0  # metres from which heights are taken: what perspective shifts stays below a cell
_DEEP = 6.0
_PIXELS = 128
_FINEST = 0.025  # edge of a cell of a height map, metres
_FLOORS = ("floor", "floor mat")
_MARGIN = 0.5  # metres of floor around what stands in a scanned room whose floor has no name
_SHELL = ("wall", "ceiling", "door", "door frame", "doorway", "window", "window frame", "unknown")
_FIRST_ID = 100_000  # semantic ids of things; those of scans lie below

Grid = NDArray[np.float64]


@dataclass(frozen=True)
class Region:
    """A region of the scene: name, label, and outline of its floor, metres."""

    name: str
    label: str
    outline: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Door:
    """A link of an articulated thing.

    Args:
        joint: the link as a joint of the thing's frame, named after the link; 0 is closed.
        middle: the middle of what it moves, in the thing's frame.
        size: longest side of what it moves, metres.
    """

    joint: Joint
    middle: Vector
    size: float


@dataclass(frozen=True)
class Thing:
    """A thing of the scene.

    Args:
        name: Habitat's handle of the instance, or the name of an object of a scan.
        template: name of its template.
        category: by the dataset's semantics; None if they do not say.
        kind: ``rigid``, ``articulated`` or ``scanned`` (a part of the stage).
        pose: middle of its bottom, and where its own x axis points.
        size: along its own x axis, across, and upward, metres.
        region: the region that it stands in.
        doors: what of it opens.
        semantic_id: what it is called in the survey's pictures.
    """

    name: str
    template: str
    category: str | None
    kind: str
    pose: Pose
    size: Vector
    region: str | None
    doors: tuple[Door, ...] = ()
    semantic_id: int = 0


@dataclass(frozen=True)
class HeightMap:
    """What of a thing is seen from straight above: heights over its base in its own frame, NaN where it is not seen.

    Args:
        west, south: corner of the first cell, metres.
        resolution: edge of a cell, metres.
        height: (columns, rows).
    """

    west: float
    south: float
    resolution: float
    height: Grid


@dataclass(frozen=True)
class Floor:
    """The walkable floor: whether the middle of each cell (columns east, rows north) can be stood on by a slim walker."""

    west: float
    south: float
    walkable: NDArray[np.bool_]
    level: float
    """Height of the floor in the scene's own frame, metres."""


class Survey:
    """An opened scene.

    Args:
        mapping: names it.
        context: the OpenGL context.
    """

    def __init__(self, mapping: HomeMapping, context: Context) -> None:
        self._habitat = load_habitat()
        self.mapping = mapping
        self._context = context
        self.sim = open_scene(context, mapping, semantic_mesh=True)
        self._sensors: dict[str, Any] = {}
        self.floor = self._find_floor()
        self.regions = self._find_regions()
        self.things = self._find_things()
        self.baked = not self.sim.get_current_light_setup()
        """Whether the scene is shown as it was taken, light and all: scans are."""

    # --- floor and regions

    def _find_floor(self) -> Floor:
        pathfinder = slim_navmesh(self._habitat, self.sim)
        if pathfinder is None:
            raise MappingError(
                f"expected floor to walk on in {self.mapping.scene}, got none; is its y axis up, are its units metres?"
            )
        level = self.mapping.floor
        if level is None:
            pathfinder.seed(0)
            points = [pathfinder.get_random_navigable_point() for _ in range(_SAMPLES)]
            heights = np.array([self._ground(point) for point in points])
            steps, counts = np.unique(np.round(heights, 1), return_counts=True)
            common = float(steps[int(np.argmax(counts))])
            level = float(np.median(heights[np.abs(heights - common) < 0.1]))
        low, high = (np.asarray(corner) for corner in pathfinder.get_bounds())
        columns, rows = (math.ceil((high[axis] - low[axis]) / RESOLUTION) for axis in (0, 2))
        if columns * rows > 4_000_000:
            raise MappingError(f"expected a home of at most 100 x 100 m, got {high - low} m; are its units metres?")
        walkable = np.zeros((columns, rows), dtype=np.bool_)
        for column in range(columns):
            for row in range(rows):
                x, z = low[0] + (column + 0.5) * RESOLUTION, high[2] - (row + 0.5) * RESOLUTION
                point = self._context.magnum.Vector3(float(x), level, float(z))
                walkable[column, row] = pathfinder.is_navigable(point, max_y_delta=0.25)
        if not walkable.any():
            raise MappingError(
                f"expected floor at height {level} m in {self.mapping.scene}, got none; its walkable floor lies between "
                f"{low[1]:.2f} and {high[1]:.2f} m"
            )
        return Floor(float(low[0]), float(-high[2]), walkable, level)

    def _ground(self, point: Any) -> float:
        """Where the floor really lies below a point of the navmesh, which rounds it to cells."""
        magnum = self._context.magnum
        start = magnum.Vector3(float(point[0]), float(point[1]) + 0.3, float(point[2]))
        hits = self.sim.cast_ray(self._habitat.geo.Ray(start, magnum.Vector3(0.0, -1.0, 0.0)), 1.0)
        return float(hits.hits[0].point[1]) if hits.has_hits() else float(point[1])

    def _find_regions(self) -> tuple[Region, ...]:
        found = []
        scene = self.sim.semantic_scene
        for region in scene.regions:
            points = [(round(float(x), 5), -round(float(z), 5)) for x, z in (getattr(region, "poly_loop_points", None) or ())]
            if not points:
                points = _around(_footprint(region.objects))
            bottom, tall = getattr(region, "floor_height", 0.0), getattr(region, "extrusion_height", 0.0)
            # Other storeys: their regions lie above or below this floor.
            on_floor = tall <= 0.0 or bottom - 0.5 <= self.floor.level <= bottom + tall
            if len(points) >= 3 and on_floor:
                found.append(Region(str(region.id), _name(region.category) or "", tuple(points)))
        return tuple(found)

    def region_of(self, x: float, y: float) -> str | None:
        """The region that a point of the floor lies in."""
        from envs.household.blueprint import RoomPlan

        for region in self.regions:
            if RoomPlan(name=region.name, bounds=bounds(region.outline), outline=region.outline).holds(x, y):
                return region.name
        return None

    # --- things

    def _find_things(self) -> tuple[Thing, ...]:
        names = Categories(self.mapping)
        found: list[Thing] = []
        instances = [("rigid", self.sim.get_rigid_object_manager()), ("articulated", self.sim.get_articulated_object_manager())]
        for kind, manager in instances:
            for handle, item in sorted(manager.get_objects_by_handle_substring().items()):
                template = str(item.creation_attributes.handle)
                number = _FIRST_ID + len(found)
                semantic = int(item.creation_attributes.semantic_id) if kind == "articulated" else int(item.semantic_id)
                if kind == "articulated":
                    close_doors(item)
                mark(item, number)
                pose, size = self._place(item.transformation, item.aabb)
                doors = tuple(self._doors(item, pose)) if kind == "articulated" else ()
                found.append(Thing(handle, _stem(template), names.of(template, semantic), kind, pose, size,
                                   self.region_of(pose.x, pose.y), doors, number))  # fmt: skip
        for item in self.sim.semantic_scene.objects:
            if item is not None and item.category is not None and item.semantic_id > 0:
                found.append(self._scanned(item))
        return tuple(thing for thing in found if min(thing.size) > 0.0)

    def _scanned(self, item: Any) -> Thing:
        low, high = _scanned_box(item)
        x, y, _ = from_habitat(((low + high) / 2).tolist())
        pose = Pose(round(x, 5), round(y, 5), round(float(low[1]) - self.floor.level, 5), 0.0)
        size = (float(high[0] - low[0]), float(high[2] - low[2]), float(high[1] - low[1]))
        region = str(item.region.id) if item.region is not None else self.region_of(x, y)
        return Thing(str(item.id), str(item.id), _name(item.category), "scanned", pose, size, region, (), int(item.semantic_id))

    def _place(self, transformation: Any, box: Any) -> tuple[Pose, Vector]:
        """Pose and size of the upright box around a thing, turned as the thing is."""
        turn, shift = _matrix(transformation)
        low, high = _range(box)
        # Whichever of its own axes is the most level says where it points.
        level = turn[:, 0] if abs(turn[1, 0]) < 0.5 else turn[:, 2]
        heading = math.degrees(math.atan2(-level[2], level[0])) % 360.0
        corners = np.array(
            [turn @ (x, y, z) + shift for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])]
        )
        ours = np.stack([corners[:, 0], -corners[:, 2], corners[:, 1] - self.floor.level], axis=1)
        frame = Pose(0.0, 0.0, 0.0, heading)
        local = np.array([frame.local(*point) for point in ours])
        least, most = local.min(axis=0), local.max(axis=0)
        x, y, _ = frame.world(*((least + most) / 2))
        # Habitat's numbers are of single precision: what is beyond it is noise.
        size = (round(float(value), 5) for value in most - least)
        return Pose(round(float(x), 5), round(float(y), 5), round(float(least[2]), 5), round(heading, 4) % 360.0), (*size,)  # type: ignore[return-value]

    def _doors(self, item: Any, pose: Pose) -> Iterator[Door]:
        kinds = self._habitat.physics.JointType
        lower, upper = item.joint_position_limits
        for link in item.get_link_ids():
            kind = item.get_link_joint_type(link)
            if kind not in (kinds.Revolute, kinds.Prismatic):
                continue
            number = item.get_link_joint_pos_offset(link)
            end = max(float(lower[number]), float(upper[number]), key=abs)
            if not 1e-3 < abs(end) < 10.0:
                continue
            turning, sliding = item.get_link_joint_axes(link)
            node = item.get_link_scene_node(link)
            turn, shift = _matrix(node.absolute_transformation())
            direction = turn @ np.array(turning if kind == kinds.Revolute else sliding)
            angle = math.radians(pose.heading)
            x, y, z = from_habitat(direction.tolist())
            axis = (math.cos(angle) * x + math.sin(angle) * y, -math.sin(angle) * x + math.cos(angle) * y, z)
            low, high = _range(node.cumulative_bb)
            middle = from_habitat((turn @ ((low + high) / 2) + shift - np.array([0.0, self.floor.level, 0.0])).tolist())
            anchor = from_habitat((shift - np.array([0.0, self.floor.level, 0.0])).tolist())
            hinge = kind == kinds.Revolute
            joint = Joint(str(item.get_link_name(link)), "hinge" if hinge else "slide", _rounded(pose.local(*anchor)),
                          _rounded(axis), math.degrees(end) if hinge else end)  # fmt: skip
            yield Door(joint, _rounded(pose.local(*middle)), float((high - low).max()))

    # --- heights

    def heights(self, thing: Thing, below: float | None = None) -> HeightMap:
        """What of a thing is seen from above, with everything cut off that is higher than ``below`` over its base."""
        magnum = self._context.magnum
        cut = thing.pose.z + (thing.size[2] + 0.02 if below is None else below)
        half = max(thing.size[:2]) / 2 + 0.05
        wide = magnum.Deg(2.0 * math.degrees(math.atan(half / _FAR_UP)))
        node = self.sim.agents[0].scene_node
        node.translation = magnum.Vector3(*to_habitat((thing.pose.x, thing.pose.y, cut + self.floor.level + _FAR_UP)))
        upright = magnum.Quaternion.rotation(magnum.Deg(thing.pose.heading), magnum.Vector3.y_axis())
        node.rotation = upright * magnum.Quaternion.rotation(magnum.Deg(-90.0), magnum.Vector3.x_axis())
        ids, depth = self._look("semantic", wide), self._look("depth", wide)
        ahead = (2.0 * (np.arange(_PIXELS) + 0.5) / _PIXELS - 1.0) * half / _FAR_UP
        seen = (ids == thing.semantic_id) & (depth > 0.0)
        x = (ahead[None, :] * depth)[seen]
        y = (-ahead[:, None] * depth)[seen]
        z = (cut + _FAR_UP - depth - thing.pose.z)[seen]
        resolution = max(_FINEST, 2.6 * half / _PIXELS)
        columns, rows = (max(1, math.ceil(side / resolution)) for side in thing.size[:2])
        west, south = -columns * resolution / 2, -rows * resolution / 2
        height = np.full((columns, rows), -np.inf)
        column, row = (np.floor((value - low) / resolution).astype(int) for value, low in ((x, west), (y, south)))
        inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        np.maximum.at(height, (column[inside], row[inside]), z[inside])
        return HeightMap(west, south, resolution, np.where(np.isfinite(height), height, np.nan))

    def _look(self, kind: str, wide: Any) -> Any:
        habitat_sim, magnum = self._habitat, self._context.magnum
        if kind not in self._sensors:
            spec = habitat_sim.CameraSensorSpec()
            spec.uuid = f"survey:{kind}"
            spec.sensor_type = habitat_sim.SensorType.DEPTH if kind == "depth" else habitat_sim.SensorType.SEMANTIC
            spec.resolution, spec.position, spec.channels = [_PIXELS, _PIXELS], [0.0, 0.0, 0.0], 1
            spec.near, spec.far = _FAR_UP, _FAR_UP + _DEEP
            self.sim.add_sensor(spec, 0)
            self._sensors[kind] = self.sim.agents[0].scene_node.subtree_sensors[spec.uuid]
        sensor = self._sensors[kind]
        sensor.fov = wide
        self.sim.renderer.draw(sensor, self.sim)
        if kind == "depth":
            metres = np.empty((_PIXELS, _PIXELS), np.float32)
            view = magnum.MutableImageView2D(magnum.PixelFormat.R32F, sensor.framebuffer_size, metres)
            sensor.render_target.read_frame_depth(view)
            return metres[::-1].astype(np.float64)
        ids = np.empty((_PIXELS, _PIXELS), np.uint32)
        sensor.render_target.read_frame_object_id(
            magnum.MutableImageView2D(magnum.PixelFormat.R32UI, sensor.framebuffer_size, ids)
        )
        return ids[::-1].astype(np.int64)

    def close(self) -> None:
        """Free the scene."""
        self._context.use()
        self._sensors.clear()
        self.sim.close(destroy=True)


@contextlib.contextmanager
def survey(mapping: HomeMapping, context: Context) -> Iterator[Survey]:
    """Open a scene for as long as it is asked about."""
    context.use()
    opened = Survey(mapping, context)
    try:
        yield opened
    finally:
        opened.close()


def open_scene(context: Context, mapping: HomeMapping, *, semantic_mesh: bool, relit: bool = False) -> Any:
    """A ``habitat_sim.Simulator`` with a mapping's scene.

    Args:
        context: the OpenGL context.
        mapping: names it.
        semantic_mesh: read the semantic mesh of a scan.
        relit: let :data:`HOME_LIGHT` light the stage rather than its own light.

    Raises:
        MappingError: no dataset, no such scene in it, or something that Habitat does not read.
    """
    habitat_sim = load_habitat()
    dataset = Path(mapping.dataset)
    if not dataset.name.endswith(DATASET_SUFFIX):
        raise MappingError(f"expected a dataset named NAME{DATASET_SUFFIX}, got {dataset}; set dataset in the mapping")
    if not dataset.is_file():
        raise MappingError(f"{dataset}: expected a Habitat scene dataset, got no such file; set dataset in the mapping")
    try:
        json.loads(dataset.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise MappingError(f"{dataset}: expected a Habitat scene dataset, got {' '.join(str(error).split())[:160]}") from None
    scene = _find_scene(dataset, mapping.scene)
    config = habitat_sim.SimulatorConfiguration()
    config.scene_dataset_config_file, config.scene_id = str(dataset), scene
    config.gpu_device_id, config.enable_physics = context.gpu_device_id, True
    config.load_semantic_mesh = semantic_mesh
    spec = habitat_sim.CameraSensorSpec()
    spec.uuid, spec.resolution = "first", [8, 8]
    if relit:
        config.override_scene_light_defaults, config.scene_light_setup = True, HOME_LIGHT
    agent = habitat_sim.agent.AgentConfiguration(sensor_specifications=[spec])
    try:
        return context.make(config, [agent])
    except Exception as error:  # Habitat's own checks raise what they like
        told = " ".join(str(error).split())[:200] or type(error).__name__
        raise MappingError(f"{dataset}: expected a scene {mapping.scene!r} that Habitat loads, got: {told}") from None


HOME_LIGHT = "home"
"""The light of a user's stage, and of what stands in no room of it."""


def _find_scene(dataset: Path, scene: str) -> str:
    """The scene's full handle; Habitat would load an empty world for a name that it does not know."""
    from envs.simulators.habitat.context import make_mediator

    mediator = make_mediator()
    mediator.active_dataset = str(dataset)
    # Scans have no scene instances: their stage is the scene.
    stages = [str(handle) for handle in mediator.stage_template_manager.get_template_handles()]
    handles = [*(str(handle) for handle in mediator.get_scene_handles()), *stages]
    names = {_stem(handle): handle for handle in reversed(handles)}
    if scene in handles:
        return scene
    if scene not in names:
        import difflib

        near = difflib.get_close_matches(scene, names, n=1) or sorted(names)[:5]
        raise MappingError(
            f"{dataset}: expected a scene that is in it, got {scene!r}; did you mean {' or '.join(near) or 'another file'}?"
        )
    return names[scene]


class Categories:
    """What a dataset's things are: by semantic id from a lexicon, or by template from a table."""

    def __init__(self, mapping: HomeMapping) -> None:
        self._by_id: dict[int, str] = {}
        self._by_template: dict[str, str] = {}
        if mapping.categories is None:
            return
        path = Path(mapping.dataset).parent / mapping.categories
        try:
            text = path.read_text(encoding="utf-8-sig")
            if path.suffix == ".json":
                self._by_id = {int(item["id"]): str(item["name"]) for item in json.loads(text)["classes"]}
            else:
                rows = list(csv.DictReader(text.splitlines()))
                self._by_template = {_stem(row["id"]): row[mapping.category_column] for row in rows}
        except OSError as error:
            raise MappingError(f"{path}: expected categories, got {error.strerror}; set categories in the mapping") from None
        except (ValueError, KeyError, TypeError) as error:
            wanted = "classes of id and name" if path.suffix == ".json" else f"columns id and {mapping.category_column}"
            raise MappingError(f"{path}: expected {wanted}, got {type(error).__name__}: {error}") from None

    def of(self, template: str, semantic_id: int) -> str | None:
        """The category of an instance, or None."""
        return self._by_template.get(_stem(template)) or self._by_id.get(semantic_id)


def slim_navmesh(habitat_sim: Any, sim: Any, *, radius: float = SLIM, height: float | None = None) -> Any:
    """Where a walker can go in a scene with all that stands in it; None if nowhere."""
    from envs.simulators.habitat.navmesh import AGENT_HEIGHT

    settings = habitat_sim.NavMeshSettings()
    settings.set_defaults()
    settings.agent_radius, settings.agent_height, settings.agent_max_climb = radius, height or AGENT_HEIGHT, CLIMB
    settings.cell_size, settings.cell_height, settings.include_static_objects = RESOLUTION / 2, 0.02, True
    moving = []
    for item in sim.get_rigid_object_manager().get_objects_by_handle_substring().values():
        if item.motion_type != habitat_sim.physics.MotionType.STATIC:
            moving.append((item, item.motion_type))
            item.motion_type = habitat_sim.physics.MotionType.STATIC
    pathfinder = habitat_sim.PathFinder()
    found = sim.recompute_navmesh(pathfinder, settings)
    for item, motion in moving:
        item.motion_type = motion
    return pathfinder if found and pathfinder.is_loaded and pathfinder.navigable_area > 0.0 else None


def close_doors(item: Any) -> None:
    """Bring an articulated thing's joints to 0, or as near as their limits let them."""
    lower, upper = item.joint_position_limits
    item.joint_positions = [min(max(0.0, low), high) for low, high in zip(lower, upper, strict=True)]


def mark(item: Any, number: int) -> None:
    """Give all that is drawn of a thing a semantic id."""
    for node in item.visual_scene_nodes:
        node.semantic_id = number


def bounds(outline: Sequence[tuple[float, float]]) -> tuple[float, float, float, float]:
    """West, south, east, north of an outline."""
    xs, ys = zip(*outline, strict=True)
    return (min(xs), min(ys), max(xs), max(ys))


def _stem(handle: str) -> str:
    """A template's or scene's name without folders and what its file is called."""
    return Path(handle).name.split(".", 1)[0]


def _name(category: Any) -> str | None:
    if category is None:
        return None
    try:
        return str(category.name()) or None
    except TypeError:  # categories that are known by another name too
        return str(category.name("")) or None


def _rounded(point: Sequence[float]) -> Vector:
    x, y, z = (round(float(value), 5) + 0.0 for value in point)
    return (x, y, z)


def _matrix(transformation: Any) -> tuple[Grid, Grid]:
    matrix = np.array(transformation)
    return matrix[:3, :3], matrix[:3, 3]


def _range(box: Any) -> tuple[Grid, Grid]:
    """Least and greatest corner of one of Habitat's boxes."""
    return np.array(box.min, dtype=np.float64), np.array(box.max, dtype=np.float64)


def _scanned_box(item: Any) -> tuple[Grid, Grid]:
    """Least and greatest corner of a scanned object; its ``aabb`` would take in the origin too."""
    centre, sizes = np.array(item.obb.center, dtype=np.float64), np.array(item.obb.sizes, dtype=np.float64)
    return centre - sizes / 2, centre + sizes / 2


def _footprint(items: Sequence[Any]) -> list[tuple[float, float]]:
    """Points that a scanned room covers: its floors if they are named, else all that is neither wall nor ceiling."""
    named = [(item, (_name(item.category) or "").lower()) for item in items if item is not None]
    floors = [item for item, name in named if name in _FLOORS]
    rest = [item for item, name in named if name not in _SHELL]
    margin = 0.0 if floors else _MARGIN
    return [corner for item in floors or rest for corner in _corners(item, margin)]


def _corners(item: Any, margin: float) -> list[tuple[float, float]]:
    low, high = _scanned_box(item)
    return [(float(x), -float(z)) for x in (low[0] - margin, high[0] + margin) for z in (low[2] - margin, high[2] + margin)]


def _around(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The rectangle around points: what stands in a room mostly stands along its walls."""
    if not points:
        return []
    west, south, east, north = bounds(points)
    return [(west, south), (east, south), (east, north), (west, north)]
