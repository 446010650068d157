"""Pictures of a compiled house without a screen: colour, depth and semantics, fast on ordinary processors.

Classic MuJoCo drawing without shadows, multisampling or reflections costs by the vertex; what a camera cannot see (rooms
behind closed walls, walls seen from behind, things outside of its frame) is left out before it is drawn.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from envs.household.house import Household
from envs.household.model import Model
from envs.simulators.base import Camera, Frame
from envs.simulators.mujoco.compile import FAR, MAX_SIZE, NEAR, CompiledHouse, compile_household, showroom
from envs.simulators.mujoco.headless import gl_strings, open_context
from envs.simulators.visibility import view_axes, visible_rooms

MAX_LAMPS = 5
"""Lamps that light one picture; OpenGL's fixed pipeline has eight lights, three are the daylight's."""

_HIDDEN_GROUP = 5
_ALWAYS = -1  # room index of what is never left out with a room


class HouseRenderer:
    """Draws one compiled house; build it where and when it is first needed (one thread, after any fork).

    Args:
        compiled: the house.
        household: its rooms and openings; None for a showroom.
        samples: 4 for smooth edges at about half the speed, 0 for none.
    """

    def __init__(self, compiled: CompiledHouse, household: Household | None, *, samples: int = 0) -> None:
        import mujoco

        self._mujoco = mujoco
        self._compiled, self.household = compiled, household
        # Drawing edits colours, groups and lights; a copy of its own keeps renderers in other threads apart.
        self._model = model = copy.copy(compiled.model)
        model.vis.quality.offsamples = samples
        self._context, self.kind = open_context(64, 64)
        self._size = (256, 256)
        self._canvas = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_50.value)
        self._resize(*self._size)
        self.strings = gl_strings()
        self._scene = mujoco.MjvScene(model, maxgeom=model.ngeom + 16)
        self._scene.flags[:] = 0
        self._scene.flags[mujoco.mjtRndFlag.mjRND_CULL_FACE] = 1
        self._option = mujoco.MjvOption()
        self._option.flags[:] = 0
        self._option.flags[mujoco.mjtVisFlag.mjVIS_TEXTURE] = 1
        self._option.flags[mujoco.mjtVisFlag.mjVIS_STATIC] = 1
        self._option.geomgroup[:] = 1
        self._option.geomgroup[_HIDDEN_GROUP] = 0
        self._camera = mujoco.MjvCamera()
        self._camera.type = mujoco.mjtCamera.mjCAMERA_FREE
        self._index_rooms()

    def _resize(self, width: int, height: int) -> None:
        if max(width, height) > MAX_SIZE or min(width, height) < 1:
            raise ValueError(f"expected a picture from 1 to {MAX_SIZE} pixels a side, got {width} x {height}")
        self._mujoco.mjr_resizeOffscreen(width, height, self._canvas)
        self._mujoco.mjr_setBuffer(self._mujoco.mjtFramebuffer.mjFB_OFFSCREEN.value, self._canvas)
        self._canvas.readDepthMap = self._mujoco.mjtDepthMap.mjDEPTH_ZEROFAR
        self._size = (width, height)

    def _index_rooms(self) -> None:
        compiled = self._compiled
        self._room_names = list(self.household.rooms) if self.household else []
        numbers = {name: number for number, name in enumerate(self._room_names)}
        self._bounds = np.array([self.household.rooms[name].bounds for name in self._room_names] if self.household else [])
        count = compiled.model.ngeom
        self._geom_room = np.full(count, _ALWAYS, np.int64)
        self._rim = np.zeros(count, dtype=np.bool_)  # wall tops and slabs: only for views of the whole house
        for geom, rooms in enumerate(compiled.geom_rooms):
            if rooms:
                self._geom_room[geom] = numbers.get(rooms[0], _ALWAYS)
            self._rim[geom] = rooms == ()
        self._mobile = np.array([rooms is None for rooms in compiled.geom_rooms])
        self._glowing = compiled.model.mat_emission[compiled.model.geom_matid] > 0.25
        self._has_facing = ~np.isnan(compiled.geom_facing[:, 0])

    def render(
        self,
        data: Any,
        camera: Camera,
        *,
        width: int,
        height: int,
        depth: bool = False,
        semantic: bool = False,
        hidden: Sequence[int] = (),
        lit: Sequence[str] = (),
        levels: Mapping[str, NDArray[np.float64]] | None = None,
    ) -> Frame:
        """Draw what ``camera`` sees of ``data`` (kinematics and lights up to date).

        Args:
            data: MuJoCo's data.
            camera: the point of view.
            width: pixels.
            height: pixels.
            depth: whether to make a picture of distances.
            semantic: whether to make a picture of names.
            hidden: geoms not to draw.
            lit: entities whose lamps are on.
            levels: room -> brightness of red, green, blue.
        """
        mujoco, model = self._mujoco, self._model
        self._context.make_current()
        if (width, height) != self._size:
            self._resize(width, height)
        open_air = self._cull(data, camera, width / height, hidden)
        self._brighten(levels or {})
        self._light(data, camera, lit)
        self._aim(camera)
        model.vis.global_.fovy = camera.fovy
        self._scene.flags[mujoco.mjtRndFlag.mjRND_SKYBOX] = 1 if open_air else 0
        mujoco.mjv_updateScene(model, data, self._option, None, self._camera, mujoco.mjtCatBit.mjCAT_ALL.value, self._scene)
        rectangle = mujoco.MjrRect(0, 0, width, height)
        rgb = np.empty((height, width, 3), np.uint8)
        raw = np.empty((height, width), np.float32) if depth else None
        mujoco.mjr_render(rectangle, self._scene, self._canvas)
        mujoco.mjr_readPixels(rgb, raw, rectangle, self._canvas)
        labels = self._semantic(rectangle) if semantic else None
        return Frame(
            np.ascontiguousarray(rgb[::-1]),
            _metres(raw[::-1]) if raw is not None else None,
            labels,
            self._compiled.names if semantic else (),
        )

    def _aim(self, camera: Camera) -> None:
        (x, y, z), target = camera.position, camera.target
        dx, dy, dz = target[0] - x, target[1] - y, target[2] - z
        flat = math.hypot(dx, dy)
        self._camera.lookat[:] = target
        self._camera.distance = math.hypot(flat, dz)
        self._camera.azimuth = math.degrees(math.atan2(dy, dx))
        self._camera.elevation = math.degrees(math.atan2(dz, flat))

    def _cull(self, data: Any, camera: Camera, aspect: float, hidden: Sequence[int]) -> bool:
        """Leave out what the camera cannot see; returns whether it may see past the house."""
        model = self._model
        eye = np.asarray(camera.position, dtype=np.float64)
        forward, right, up = view_axes(camera)
        away = data.geom_xpos - eye
        radius = model.geom_rbound
        ahead = away @ forward
        tall = math.tan(math.radians(camera.fovy) / 2)
        wide = tall * aspect
        keep = ahead + radius > NEAR
        # Distance to the four sides of the view, each a plane through the eye.
        keep &= np.abs(away @ right) < ahead * wide + radius * math.hypot(1.0, wide)
        keep &= np.abs(away @ up) < ahead * tall + radius * math.hypot(1.0, tall)
        facing = self._compiled.geom_facing
        behind = (eye[0] - facing[:, 0]) * facing[:, 2] + (eye[1] - facing[:, 1]) * facing[:, 3] < 0.0
        keep &= ~(self._has_facing & behind)
        rooms = visible_rooms(self.household, camera, aspect) if self.household else None
        self._seen = rooms
        outside = True
        if rooms is not None and self.household is not None:
            outside = self.household.room_at(float(eye[0]), float(eye[1])) != next(iter(rooms))
        self._geom_room[self._mobile] = self._room_index(data.geom_xpos[self._mobile])
        if rooms is not None:
            seen = np.array([name in rooms for name in self._room_names] + [True])
            keep &= seen[self._geom_room] & ~self._rim
            for geom, pair in self._compiled.doorways.items():
                if any(room in rooms and other in rooms[room] for room, other in (pair, pair[::-1])):
                    keep[geom] = False
        if len(hidden):
            keep[np.asarray(hidden)] = False
        model.geom_group[:] = np.where(keep, 0, _HIDDEN_GROUP)
        return outside

    def _room_index(self, points: NDArray[np.float64]) -> NDArray[np.int64]:
        """The number of the room that each point lies in; ``_ALWAYS`` in none."""
        index = np.full(len(points), _ALWAYS, np.int64)
        for number, (west, south, east, north) in enumerate(self._bounds):
            x, y = points[:, 0], points[:, 1]
            index[(x >= west) & (x <= east) & (y >= south) & (y <= north)] = number
        return index

    def _brighten(self, levels: Mapping[str, NDArray[np.float64]]) -> None:
        model = self._model
        factors = np.ones((len(self._room_names) + 1, 3), np.float32)
        for number, name in enumerate(self._room_names):
            factors[number] = levels.get(name, 1.0)
        tint = factors[self._geom_room]
        tint[self._glowing] = 1.0
        model.geom_rgba[:, :3] = self._compiled.geom_rgba[:, :3] * tint

    def _light(self, data: Any, camera: Camera, lit: Sequence[str]) -> None:
        """Switch on the lamps that matter most to this picture: those in the rooms seen, nearest first."""
        eye = np.asarray(camera.position, dtype=np.float64)
        chosen = []
        for entity in lit:
            for number, light in self._compiled.lights.get(entity, ()):
                where = data.light_xpos[number]
                room = int(self._room_index(where[None, :])[0])
                if self._seen is None or room == _ALWAYS or self._room_names[room] in self._seen:
                    chosen.append((float(np.linalg.norm(where - eye)) / max(light.strength, 0.05), number))
        on = {number for _, number in sorted(chosen)[:MAX_LAMPS]}
        for lamps in self._compiled.lights.values():
            for number, _ in lamps:
                self._model.light_active[number] = number in on

    def _semantic(self, rectangle: Any) -> NDArray[np.int32]:
        mujoco, flags = self._mujoco, self._mujoco.mjtRndFlag
        owner = np.zeros(self._scene.ngeom + 1, np.int32)
        for geom in self._scene.geoms[: self._scene.ngeom]:
            if geom.objid in self._compiled.shadows:
                geom.segid = -1  # not drawn: a shadow is not the thing that throws it
            elif geom.segid >= 0 and geom.objid >= 0:
                owner[geom.segid + 1] = self._compiled.geom_owner[geom.objid] + 1
        self._scene.flags[flags.mjRND_SEGMENT] = self._scene.flags[flags.mjRND_IDCOLOR] = 1
        rgb = np.empty((rectangle.height, rectangle.width, 3), np.uint8)
        try:
            mujoco.mjr_render(rectangle, self._scene, self._canvas)
            mujoco.mjr_readPixels(rgb, None, rectangle, self._canvas)
        finally:
            self._scene.flags[flags.mjRND_SEGMENT] = self._scene.flags[flags.mjRND_IDCOLOR] = 0
        number = rgb[::-1].astype(np.int32) @ np.array([1, 256, 65536], np.int32)
        return np.ascontiguousarray(owner[number])

    def close(self) -> None:
        """Free the canvas and the context; safe to call twice."""
        if self._context is not None:
            self._context.make_current()
            self._canvas.free()
            self._context.free()
            self._context = None


def _metres(raw: NDArray[np.float32]) -> NDArray[np.float32]:
    """Depth in metres from the reversed depth buffer (1 near, 0 far)."""
    values = raw.astype(np.float64)
    return np.asarray(NEAR * FAR / (NEAR + values * (FAR - NEAR)), dtype=np.float32)


def still(
    household: Household, camera: Camera, path: str, *, width: int = 640, height: int = 480, figures: bool = False
) -> None:
    """Write a picture of a household with everything at its start, lamps as declared."""
    import mujoco

    compiled = compile_household(household, figures=figures)
    data = mujoco.MjData(compiled.model)
    for name, row in compiled.mocap_ids.items():
        pose = household.entities[name].pose if name in household.entities else household.starts[name]
        half = math.radians(pose.heading) / 2
        data.mocap_pos[row], data.mocap_quat[row] = pose[:3], (math.cos(half), 0.0, 0.0, math.sin(half))
    lit = [entity.name for entity in household.entities.values() if entity.switched_on]
    hidden = [geom for name, states in compiled.shown.items() for state, geoms in states.items() for geom in geoms
              if state not in ("off", "raw", "empty") and not (state == "on" and name in lit)
              or state == "off" and name in lit]  # fmt: skip
    _shoot(compiled, household, data, camera, path, width, height, hidden, lit)


def show_model(model: Model, path: str, *, shown: Sequence[str] = (), opened: float = 0.0, size: int = 480,
               azimuth: float = -25.0, elevation: float = 25.0) -> None:  # fmt: skip
    """Write a picture of one model, seen from its front (+x) at an angle.

    Args:
        model: what to look at.
        path: PNG file to write.
        shown: visual states that hold (``on``, ``water`` ...).
        opened: value of all joints, 0 to 1.
        size: pixels a side.
        azimuth: degrees from the front to the left.
        elevation: degrees from above the floor.
    """
    import mujoco

    compiled = showroom({model.name: model})
    data = mujoco.MjData(compiled.model)
    for address, opening in compiled.joints.values():
        data.qpos[address] = opened * opening
    resting = {"off": "on", "raw": "cooked", "empty": "full"}
    hidden = [geom for states in compiled.shown.values() for state, geoms in states.items() for geom in geoms
              if (resting[state] in shown if state in resting else state not in shown)]  # fmt: skip
    reach = 0.5 * math.hypot(*model.footprint, model.height)
    a, e = math.radians(azimuth), math.radians(elevation)
    away = max(3.0 * reach, 0.2)
    eye = (away * math.cos(e) * math.cos(a), away * math.cos(e) * math.sin(a), model.height / 2 + away * math.sin(e))
    camera = Camera(eye, (0.0, 0.0, model.height / 2), fovy=42.0)
    _shoot(compiled, None, data, camera, path, size, size, hidden, [model.name] if "on" in shown else [])


def _shoot(compiled: CompiledHouse, household: Household | None, data: Any, camera: Camera, path: str, width: int,
           height: int, hidden: Sequence[int], lit: Sequence[str]) -> None:  # fmt: skip
    import mujoco
    from PIL import Image

    mujoco.mj_kinematics(compiled.model, data)
    mujoco.mj_camlight(compiled.model, data)
    renderer = HouseRenderer(compiled, household, samples=4)
    try:
        frame = renderer.render(data, camera, width=width, height=height, hidden=hidden, lit=lit)
    finally:
        renderer.close()
    Image.fromarray(frame.rgb).save(path)
