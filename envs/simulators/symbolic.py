"""The symbolic simulator: the same house without pictures, for thousands of plans a second."""

from __future__ import annotations

from typing import Any

from envs.simulators.base import Camera, Frame, SimulatorUnavailable
from envs.simulators.kinematic import KinematicSimulator


class SymbolicSimulator(KinematicSimulator):
    """A house in plain Python; it makes no pictures.

    It lets agents that read text, tests, and searches over plans run at full speed, and it shows that a plan's outcome
    does not depend on a renderer.
    """

    name = "symbolic"

    def render(
        self, camera: Camera, *, width: int = 256, height: int = 256, depth: bool = False, semantic: bool = False
    ) -> Frame:
        """Raises SimulatorUnavailable: this simulator makes no pictures."""
        raise SimulatorUnavailable(
            "expected a simulator that draws, got symbolic; use simulator=mujoco, or observations without frames"
        )

    def versions(self) -> dict[str, Any]:
        """What made the results."""
        return {"simulator": self.name, "renderer": None}
