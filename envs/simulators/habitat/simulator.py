"""The Habitat simulator: the same protocol and skills as MuJoCo's, with poses and joints read back from Habitat-Sim."""

from __future__ import annotations

import math
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np

from envs.household.house import Household
from envs.household.model import Pose, Vector
from envs.simulators.base import RESIDENT, ROBOT, Camera, Frame, Look
from envs.simulators.embodied import EmbodiedSimulator
from envs.simulators.habitat.context import Context, load_habitat, open_context
from envs.simulators.habitat.dataset import PieceFile, write_dataset, write_figure
from envs.simulators.habitat.navmesh import Navmesh
from envs.simulators.habitat.scene import NOWHERE, HabitatScene
from envs.simulators.habitat.storage import stored
from envs.simulators.lighting import room_levels
from envs.simulators.visibility import visible_rooms

_SCENES_KEPT = 4
"""Layouts that stay loaded; about 60 MB each."""
_LOOKS_KEPT = 48
"""Residents' looks that a scene loads before it is loaded afresh: Habitat keeps every mesh that it ever read."""
_SAME = 2e-5
"""Metres (and hundredths of a degree) that single precision may be off in a house."""
_LAMP = 0.7
"""Habitat's lamps are stronger up close than the models' reach says."""


class HabitatSimulator(EmbodiedSimulator):
    """A house in Habitat-Sim, moved kinematically; draws on a GPU or, with ``gpu_device_id=-1``, on the processor.

    Args:
        rate: steps per simulated second in which motion is played.
        gpu_device_id: the CUDA number of the GPU that draws; -1 for EGL's first device, which needs no GPU.
        samples: samples per pixel: 1, or 4 for smooth edges at about a third of the speed.

    Raises:
        SimulatorUnavailable: habitat-sim, EGL or the GPU is missing; the message says what to do.
    """

    name = "habitat"

    def __init__(self, *, rate: float = 10.0, gpu_device_id: int = -1, samples: int = 1) -> None:
        if samples not in (1, 4):
            raise ValueError(f"expected samples of 1 or 4, got {samples!r}")
        super().__init__(rate=rate)
        self._habitat = load_habitat()
        self._samples = samples
        self._gpu = gpu_device_id
        self._context: Context | None = None
        self._scenes: OrderedDict[int, tuple[Any, HabitatScene]] = OrderedDict()
        self._scene: HabitatScene | None = None
        self._put: dict[str, Pose] = {}  # what is in hands and containers -> where Habitat was last told it is
        self._rooms: dict[str, tuple[tuple[float, float], str | None]] = {}
        self._navmeshes: dict[tuple[Path, float, float], Navmesh] = {}

    # --- keeping Habitat up to date

    def _on_reset(self, household: Household, look: Look | None) -> None:
        if self._context is None:
            self._context = open_context(self._gpu)
        self._context.use()
        scene = self._scene = self._scene_of(household, look)
        super()._on_reset(household, look)
        for body, key in ((ROBOT, None), (RESIDENT, look)):
            if not scene.knows(body, key):
                folder, pieces = _figure_files(self.figures[body])
                scene.load_look(body, key, folder, pieces)
            scene.wear(body, key)
        self._put.clear()
        for name in (*household.entities, ROBOT, RESIDENT):
            scene.put(name, self._pose_of(name))
        for entity, joint in self._joints:
            scene.turn_joint(entity, joint, 0.0)

    def _scene_of(self, household: Household, look: Look | None) -> HabitatScene:
        key = id(household.blueprint)
        known = self._scenes.pop(key, None)
        if known is not None and not known[1].knows(RESIDENT, look) and known[1].looks >= _LOOKS_KEPT:
            known[1].close()
            known = None
        if known is None:
            while len(self._scenes) >= _SCENES_KEPT:
                self._scenes.popitem(last=False)[1][1].close()
            assert self._context is not None  # opened just before
            scene = _load(self._context, household)
            known = (household.blueprint, scene)  # keeps the blueprint alive, so that its id stays its own
        self._scenes[key] = known
        return known[1]

    def _here(self) -> HabitatScene:
        if self._scene is None:
            raise RuntimeError("expected reset(household) before anything else; call it first")
        return self._scene

    def _write_pose(self, name: str, pose: Pose) -> None:
        super()._write_pose(name, pose)
        self._here().put(name, pose)
        self._put.pop(name, None)

    def _write_joint(self, entity: str, joint: str, value: float) -> None:
        self._here().turn_joint(entity, joint, value)

    def _write_segments(self, body: str, placed: dict[str, tuple[Vector, Any]]) -> None:
        self._here().place_segments(body, placed)

    def _carry(self, name: str) -> None:
        """Tell Habitat where a thing in a hand or a container is now."""
        pose = self._pose_of(name)
        if self._put.get(name) != pose:
            self._here().put(name, pose)
            self._put[name] = pose

    # --- reading Habitat

    def _read_pose(self, name: str) -> Pose:
        if name in self._carried or name in self._parents:
            self._carry(name)
        found, told = self._here().place(name), self._pose_of(name)
        turn = abs((found.heading - told.heading + 180.0) % 360.0 - 180.0)
        # Habitat holds single precision: where its value is ours, rounded, what it holds is ours.
        return told if math.dist(found[:3], told[:3]) < _SAME and turn < 100.0 * _SAME else found

    def _read_joint(self, entity: str, joint: str) -> float:
        found, told = self._here().joint(entity, joint), self._joints[(entity, joint)]
        return told if abs(found - told) < _SAME else found

    def navmesh(self, *, radius: float | None = None, height: float | None = None) -> Navmesh:
        """Habitat's navmesh of the house, recomputed for a body of another radius or height (metres) if given."""
        from envs.household.navigation import BODY_RADIUS
        from envs.simulators.habitat.navmesh import AGENT_HEIGHT

        key = (self._here().folder, radius or BODY_RADIUS, height or AGENT_HEIGHT)
        if key not in self._navmeshes:
            self._navmeshes[key] = self._here().navmesh(radius=key[1], height=key[2])
        return self._navmeshes[key]

    # --- pictures

    def render(
        self, camera: Camera, *, width: int = 256, height: int = 256, depth: bool = False, semantic: bool = False
    ) -> Frame:
        """Take a picture."""
        household = self.household
        if household is None or self._scene is None or self._context is None:
            raise RuntimeError("expected reset(household) before render(camera); call it first")
        self._context.use()  # lights too are set up in OpenGL
        scene = self._scene
        self._place_bodies()
        for name in (*self._carried, *self._parents):
            self._carry(name)
        rooms = visible_rooms(household, camera, width / height) if scene.walled else None
        self._light(household, scene)
        self._show_rooms(scene, camera, rooms)
        self._show_things(household, scene, camera, rooms)
        if self._samples == 1:
            return scene.picture(camera, width, height, depth=depth, semantic=semantic)
        fine = scene.picture(camera, 2 * width, 2 * height, depth=False, semantic=False).rgb
        smooth = fine.reshape(height, 2, width, 2, 3).mean(axis=(1, 3), dtype=np.float32)
        plain = scene.picture(camera, width, height, depth=depth, semantic=semantic) if depth or semantic else None
        rgb = np.asarray(np.rint(smooth), dtype=np.uint8)
        return Frame(rgb) if plain is None else Frame(rgb, plain.depth, plain.semantic, plain.names)

    def _light(self, household: Household, scene: HabitatScene) -> None:
        lamps = {name: entity.model.lights for name, entity in household.entities.items() if entity.model.lights}
        lit = {name: self._room_of(name) for name in lamps if self._switches.get(name)}
        shining: dict[str, list[tuple[Vector, Any]]] = {}
        for name, place in lit.items():
            pose = self._pose_of(name)
            for light in lamps[name]:
                lamp = (pose.world(*light.position), _LAMP * light.strength * np.asarray(light.colour))
                shining.setdefault(place or NOWHERE, []).append(lamp)
        scene.light_house(room_levels(household, lit), shining)

    def _show_rooms(self, scene: HabitatScene, camera: Camera, rooms: dict[str, frozenset[str]] | None) -> None:
        """Draw the parts of the rooms that are looked into, but no wall that is looked at from behind."""
        x, y, _ = camera.position
        for part, drawn in scene.rooms:
            seen = True
            if part.facing is not None:
                px, py, nx, ny = part.facing
                seen = (x - px) * nx + (y - py) * ny >= 0.0
            if rooms is not None and seen:
                seen = any(room in rooms for room in part.rooms)
                if seen and len(part.rooms) == 2:
                    one, other = part.rooms
                    seen = not (other in rooms.get(one, ()) or one in rooms.get(other, ()))
            scene.show((drawn,), seen)

    def _show_things(
        self, household: Household, scene: HabitatScene, camera: Camera, rooms: dict[str, frozenset[str]] | None
    ) -> None:
        for name in household.entities:
            room = self._room_of(name)
            near = rooms is None or room is None or room in rooms
            for part in scene.things[name].drawn:
                scene.show((part,), near and (part.shown is None or self._shows(name, part.shown)))
            if near:
                scene.light_from(scene.things[name].drawn, room)
        for body in (ROBOT, RESIDENT):
            room = household.room_at(*self._poses[body][:2])
            near = (rooms is None or room is None or room in rooms) and body not in camera.hide
            for parts in scene.worn(body).values():
                scene.show(parts, near)
                if near:
                    scene.light_from(parts, room)

    def _room_of(self, entity: str) -> str | None:
        pose = self._pose_of(entity) if entity in self._carried or entity in self._parents else self._poses[entity]
        known = self._rooms.get(entity)
        if known is None or known[0] != pose[:2]:
            assert self.household is not None  # checked by render
            known = self._rooms[entity] = (pose[:2], self.household.room_at(pose.x, pose.y))
        return known[1]

    def versions(self) -> dict[str, Any]:
        """Simulator, versions, and what drew the pictures (None before the first reset)."""
        context = self._context
        return {
            "simulator": self.name,
            "habitat_sim": str(self._habitat.__version__),
            "renderer": "egl" if context is not None else None,
            "gl": dict(context.strings) if context is not None else None,
            "gpu_device_id": self._gpu,
        }

    def close(self) -> None:
        """Free everything; safe to call twice."""
        for _, scene in self._scenes.values():
            scene.close()
        self._scenes.clear()
        self._scene = None


def _load(context: Context, household: Household) -> HabitatScene:
    from envs.simulators.habitat.homes.home import HomeHousehold

    if isinstance(household, HomeHousehold):
        from envs.simulators.habitat.homes.scene import HomeScene

        return HomeScene(context, household)
    return HabitatScene(context, household, house_folder(household))


def house_folder(household: Household) -> Path:
    """The dataset of a household's layout in the cache, written if it is not there."""
    content = (household.blueprint.model_dump_json(), {name: entity.model for name, entity in household.entities.items()})
    return stored("house", content, lambda folder: write_dataset([household], folder, whole=False))


def _figure_files(figure: Any) -> tuple[Path, dict[str, list[PieceFile]]]:
    """The segments of a figure in the cache: folder, and files by segment."""
    import json

    def write(folder: Path) -> None:
        found = write_figure(figure.segments, folder)
        index = {segment: [vars(piece) for piece in pieces] for segment, pieces in found.items()}
        (folder / "segments.json").write_text(json.dumps(index), encoding="utf-8")

    folder = stored("figure", (figure.name, figure.segments), write)
    index = json.loads((folder / "segments.json").read_text(encoding="utf-8"))
    return folder, {segment: [PieceFile(**piece) for piece in pieces] for segment, pieces in index.items()}
