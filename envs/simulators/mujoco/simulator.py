"""The MuJoCo simulator: embedded, headless, and the judge of where things are: poses are read back from MuJoCo's data."""

from __future__ import annotations

import math
from typing import Any

from envs.household.house import Household
from envs.household.model import Pose, Vector
from envs.simulators.base import Camera, Frame, Look
from envs.simulators.embodied import EmbodiedSimulator
from envs.simulators.lighting import room_levels
from envs.simulators.mujoco.compile import SHADOW, CompiledHouse, compile_household
from envs.simulators.mujoco.rendering import HouseRenderer


class MuJoCoSimulator(EmbodiedSimulator):
    """A house in MuJoCo, moved kinematically; needs no screen, and OpenGL only for pictures.

    Args:
        rate: steps per simulated second in which motion is played.
        samples: samples per pixel: 0 draws fastest; 4 smooths edges at about half the speed, for videos and figures.

    Example:
        >>> from envs.household import build_household
        >>> simulator = MuJoCoSimulator()
        >>> simulator.reset(build_household("maple"))
        >>> simulator.set_joint("fridge", "door", 1.0)
        >>> simulator.joint("fridge", "door")
        1.0
    """

    name = "mujoco"

    def __init__(self, *, rate: float = 10.0, samples: int = 0) -> None:
        import mujoco

        if samples not in (0, 4):
            raise ValueError(f"expected samples of 0 or 4, got {samples!r}")
        super().__init__(rate=rate)
        self._samples = samples
        self._mujoco = mujoco
        self._house: CompiledHouse | None = None
        self._data: Any = None
        self._renderer: HouseRenderer | None = None
        self._stale = True
        self._hidden: dict[str, list[int]] = {}

    # --- keeping MuJoCo's data up to date

    def _on_reset(self, household: Household, look: Look | None) -> None:
        house = compile_household(household, look)
        if house is not self._house:
            self._close_renderer()
            self._house = house
            self._data = self._mujoco.MjData(house.model)
        elif self._renderer is not None:
            self._renderer.household = household
        super()._on_reset(household, look)
        for name in house.mocap_ids:
            self._write_mocap(name, self._pose_of(name))
        for entity, joint in house.joints:
            self._write_joint(entity, joint, 0.0)
        self._hidden = {}
        for entity in house.shown:
            if entity in household.entities:
                self._write_look(entity)
        self._stale = True

    def _make_figures(self, look: Look | None) -> dict[str, Any]:
        assert self._house is not None  # compiled just before
        return self._house.figures

    def _write_mocap(self, name: str, pose: Pose) -> None:
        row = self._house.mocap_ids[name]  # type: ignore[union-attr]
        half = math.radians(pose.heading) / 2
        self._data.mocap_pos[row] = pose[:3]
        self._data.mocap_quat[row] = (math.cos(half), 0.0, 0.0, math.sin(half))
        self._stale = True

    def _write_pose(self, name: str, pose: Pose) -> None:
        super()._write_pose(name, pose)
        self._write_mocap(name, pose)

    def _write_joint(self, entity: str, joint: str, value: float) -> None:
        address, opening = self._house.joints[(entity, joint)]  # type: ignore[union-attr]
        self._data.qpos[address] = value * opening
        self._stale = True

    def _write_look(self, entity: str) -> None:
        """Which parts of an entity are not drawn in its present state."""
        states = self._house.shown.get(entity)  # type: ignore[union-attr]
        if states is not None:
            self._hidden[entity] = [geom for state, geoms in states.items() if not self._shows(entity, state) for geom in geoms]

    def _write_segments(self, body: str, placed: dict[str, tuple[Vector, Any]]) -> None:
        rows = self._house.segments[body]  # type: ignore[union-attr]
        positions, turns = self._data.mocap_pos, self._data.mocap_quat
        for segment, (position, turn) in placed.items():
            row = rows[segment]
            positions[row] = position
            turns[row] = turn
        x, y, _ = placed["pelvis"][0]
        positions[rows[SHADOW]] = (x, y, 0.0)
        self._stale = True

    def _update(self) -> None:
        if self._stale:
            self._mujoco.mj_kinematics(self._house.model, self._data)  # type: ignore[union-attr]
            self._stale = False

    # --- reading MuJoCo's data

    def _read_pose(self, name: str) -> Pose:
        if name in self._carried or name in self._parents:
            self._write_mocap(name, self._pose_of(name))
        self._update()
        body = self._house.body_ids[name]  # type: ignore[union-attr]
        x, y, z = self._data.xpos[body].tolist()
        w, _, _, k = self._data.xquat[body].tolist()
        return Pose(x, y, z, math.degrees(2.0 * math.atan2(k, w)) % 360.0)

    def _read_joint(self, entity: str, joint: str) -> float:
        address, opening = self._house.joints[(entity, joint)]  # type: ignore[union-attr]
        return float(self._data.qpos[address]) / opening

    # --- pictures

    def render(
        self, camera: Camera, *, width: int = 256, height: int = 256, depth: bool = False, semantic: bool = False
    ) -> Frame:
        """Take a picture.

        Raises:
            SimulatorUnavailable: no OpenGL was found; the message says what to install.
        """
        if self.household is None or self._house is None:
            raise RuntimeError("expected reset(household) before render(camera); call it first")
        if self._renderer is None:
            self._renderer = HouseRenderer(self._house, self.household, samples=self._samples)
        self._place_bodies()
        for name in (*self._carried, *self._parents):
            self._write_mocap(name, self._pose_of(name))
        self._update()
        self._mujoco.mj_camlight(self._house.model, self._data)
        hidden = [geom for geoms in self._hidden.values() for geom in geoms]
        hidden += [geom for geom, owner in self._house.shadows.items() if owner in self._carried]
        for body in camera.hide:
            hidden += self._house.geoms_of(body)
        lit = {name: self._room_of(name) for name, on in self._switches.items() if on and name in self._house.lights}
        return self._renderer.render(
            self._data, camera, width=width, height=height, depth=depth, semantic=semantic, hidden=hidden, lit=list(lit),
            levels=room_levels(self.household, lit),
        )  # fmt: skip

    def _room_of(self, entity: str) -> str | None:
        assert self.household is not None  # checked by render
        pose = self._pose_of(entity)
        return self.household.room_at(pose.x, pose.y)

    def versions(self) -> dict[str, Any]:
        """Simulator, version, and what drew the pictures (None before the first)."""
        renderer = self._renderer
        return {
            "simulator": self.name,
            "mujoco": self._mujoco.__version__,
            "renderer": renderer.kind if renderer else None,
            "gl": dict(renderer.strings) if renderer else None,
        }

    def _close_renderer(self) -> None:
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None

    def close(self) -> None:
        """Free the canvas; safe to call twice. Bookkeeping still answers afterwards."""
        self._close_renderer()
