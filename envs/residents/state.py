"""The state of a body: everything that decides how it looks at one moment."""

from __future__ import annotations

from dataclasses import dataclass

from envs.household.model import Pose
from envs.residents.rotations import Quaternion, Vector
from envs.simulators.base import Manner

GESTURES = ("reach", "touch", "work", "play")


SIDES = (("right", -1.0), ("left", 1.0))


@dataclass(frozen=True, slots=True)
class BodyState:
    """Everything that decides how a body looks at one moment.

    Args:
        pose: the floor point under the pelvis (standing), or the seat point at the cushion's height (sitting); heading
            in degrees.
        posture: ``stand`` or ``sit``.
        sit_blend: while ``sit``: 0 stands in front of the seat, feet where they will stay, 1 is seated.
        gait_phase: strides walked (0 to 1 repeats; see :func:`stride_length`), None when not walking.
        speed: metres per second.
        gesture: ``reach``, ``touch``, ``work``, ``play`` or None.
        gesture_blend: 0 (not begun) to 1 (the hand is there).
        target: world point of the gesture; without a gesture, what the head turns to.
        holding: names of what the right and the left hand hold.
        manner: the mood.
        time: seconds, for breathing, sway and fidgeting.
        hand: which hand reaches, touches and works.
    """

    pose: Pose
    posture: str = "stand"
    sit_blend: float = 0.0
    gait_phase: float | None = None
    speed: float = 0.0
    gesture: str | None = None
    gesture_blend: float = 0.0
    target: Vector | None = None
    holding: tuple[str | None, str | None] = (None, None)
    manner: Manner = Manner()
    time: float = 0.0
    hand: str = "right"
