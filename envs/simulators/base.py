"""What every simulator can do, and what it answers.

Skills move bodies and things only through this protocol, and goals are judged only from what it answers
(``pose``, ``joint``, ``is_on``, ``states``, ``holder``, ``seat``), so a plan counts as done when the simulator says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from envs.household.house import Household
from envs.household.model import Pose

ROBOT, RESIDENT = "robot", "resident"


class SimulatorUnavailable(RuntimeError):
    """The simulator cannot run here; the message is one line that says what to install or set."""


class SimulatorFailure(RuntimeError):
    """The simulator broke off in the middle of an episode, which then counts as failed; others go on.

    Args:
        simulator: which.
        message: one line: what was expected, and what came.
        reason: the same in a few words.
    """

    def __init__(self, simulator: str, message: str, reason: str) -> None:
        super().__init__(f"{simulator}: {message}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Manner:
    """How a body carries itself: what a stranger could read off it.

    Args:
        valence: -1 (miserable) to 1 (delighted): mouth, brows, shoulders, head.
        arousal: -1 (drained) to 1 (agitated): pace, gesture size, muscle tone.
    """

    valence: float = 0.0
    arousal: float = 0.0


@dataclass(frozen=True, slots=True)
class Look:
    """How a resident looks; fields as in a scenario's ``look``. Colours are ``#rrggbb``, height in metres."""

    skin: str = "olive"
    hair: str = "short"
    hair_colour: str = "#3b2a20"
    top: str = "#3b82f6"
    bottom: str = "#334155"
    garment: str = "trousers"
    height: float = 1.7
    build: str = "average"
    glasses: bool = False
    beard: bool = False


@dataclass(frozen=True, slots=True)
class Camera:
    """A point of view.

    Args:
        position, target: where it is and what it looks at, metres.
        fovy: vertical field of view, degrees.
        hide: bodies that this camera does not see (the robot's own head for its own camera).
        room: the room that is looked into, from inside or through the back of its walls (which are not drawn); None:
            the room that the camera stands in.
    """

    position: tuple[float, float, float]
    target: tuple[float, float, float]
    fovy: float = 60.0
    hide: tuple[str, ...] = ()
    room: str | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture.

    Args:
        rgb: uint8, (height, width, 3).
        depth: float32, (height, width), metres along the optical axis; None if not asked for.
        semantic: int32, (height, width), index into ``names`` + 1, 0 for background; None if not asked for.
        names: entity, body or room-part names that ``semantic`` refers to.
    """

    rgb: NDArray[np.uint8]
    depth: NDArray[np.float32] | None = None
    semantic: NDArray[np.int32] | None = None
    names: tuple[str, ...] = ()


Tick = Callable[[float], None]
"""Called with the simulated time in seconds at each animation step, while motion is played."""


@runtime_checkable
class Simulator(Protocol):
    """A kinematic house with two bodies, ``robot`` and ``resident``. Same calls, same bytes."""

    name: str
    """Registry name: ``symbolic``, ``mujoco``, ``habitat`` ..."""
    time: float
    """Simulated seconds since reset."""
    tick: Tick | None
    """If set, motion is played in steps of ``1 / rate`` seconds and this is called after each; else motion jumps."""

    def reset(self, household: Household, *, look: Look | None = None, manner: Manner | None = None) -> None:
        """Put everything where ``household`` says: bodies at their starts, doors closed, switches as declared."""

    def move(self, body: str, path: Sequence[tuple[float, float]], *, speed: float) -> None:
        """Walk along ``path`` (world points, metres) at ``speed`` m/s; ends facing along the last leg."""

    def face(self, body: str, heading: float) -> None:
        """Turn on the spot to ``heading`` degrees."""

    def sit(self, body: str, entity: str, seat: str, pose: Pose) -> None:
        """Sit down on a seat; ``pose`` is the seat in the world (z: cushion height)."""

    def stand(self, body: str, pose: Pose) -> None:
        """Stand up at ``pose``."""

    def gesture(self, body: str, kind: str, target: tuple[float, float, float]) -> None:
        """Act out ``reach``, ``touch``, ``work`` or ``play`` toward a world point; changes nothing but the picture."""

    def grasp(self, body: str, entity: str) -> None:
        """Attach an object to a free hand; what it contains comes along."""

    def release(self, body: str, entity: str, pose: Pose, *, into: str | None = None) -> None:
        """Let go of an object at a world pose; ``into`` names the entity it now lies inside and moves along with."""

    def set_joint(self, entity: str, joint: str, value: float) -> None:
        """Move a door, lid or drawer to ``value`` (0 closed, 1 open)."""

    def set_switch(self, entity: str, on: bool) -> None:
        """Switch something on or off: glow, light, running water, flame."""

    def set_state(self, entity: str, state: str, value: bool) -> None:
        """Set a visible state of an object: ``water``, ``coffee``, ``cooked``, ``hot``, ``chilled``."""

    def wait(self, seconds: float) -> None:
        """Let time pass."""

    def pose(self, name: str) -> Pose:
        """Where an entity or body is, as the simulator has it."""

    def joint(self, entity: str, joint: str) -> float:
        """The value of a joint, 0 closed to 1 open."""

    def is_on(self, entity: str) -> bool:
        """Whether something is switched on."""

    def states(self, entity: str) -> frozenset[str]:
        """The visible states of an object that hold."""

    def holder(self, entity: str) -> str | None:
        """The body whose hand holds the object, or None."""

    def seat(self, body: str) -> tuple[str, str] | None:
        """The (entity, seat) that a body sits on, or None if it stands."""

    def render(
        self, camera: Camera, *, width: int = 256, height: int = 256, depth: bool = False, semantic: bool = False
    ) -> Frame:
        """Take a picture.

        Raises:
            SimulatorUnavailable: this simulator makes no pictures, or no OpenGL was found.
        """

    def versions(self) -> dict[str, Any]:
        """What made the results: simulator version, renderer and GL strings."""

    def close(self) -> None:
        """Free everything; safe to call twice."""
