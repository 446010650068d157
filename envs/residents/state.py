"""The state of a body, and the working copy of it that motion fills in from the feet to the finger tips."""

from __future__ import annotations

from dataclasses import dataclass, field

from envs.household.model import Pose
from envs.residents.bearing import Bearing, read_bearing
from envs.residents.figures import Figure
from envs.residents.rotations import IDENTITY, Quaternion, Vector, about_z, add, rotate, subtract
from envs.residents.skeleton import Skeleton
from envs.simulators.base import Manner

GESTURES = ("reach", "touch", "work", "play")
SIDES = (("right", -1.0), ("left", 1.0))
"""The sides of a body, and the sign of y on each."""

Segments = dict[str, tuple[Vector, Quaternion]]
"""Position and orientation of each segment."""


@dataclass(frozen=True, slots=True)
class BodyState:
    """Everything that decides how a body looks at one moment.

    Args:
        pose: the floor point under the pelvis (standing), or the seat point at the cushion's height (sitting); heading
            in degrees.
        posture: ``stand`` or ``sit``.
        sit_blend: while ``sit``: 0 stands in front of the seat, feet where they will stay, 1 is seated.
        gait_phase: strides walked (0 to 1 repeats; see :func:`envs.residents.motion.stride_length`), None when not walking.
        speed: metres per second.
        gesture: ``reach``, ``touch``, ``work``, ``play`` or None.
        gesture_blend: 0 (not begun) to 1 (the hand is there).
        target: world point of the gesture; without a gesture, what the head turns to.
        holding: names of what the right and the left hand hold; the same name twice is carried with both.
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


@dataclass(slots=True)
class Body:
    """A body being posed, in its own frame: x to the front, z = 0 on the floor under it.

    The first fields are given; the others are filled in, in this order, by legs, trunk, head and arms.

    Args:
        figure, state: what is posed, and how.
        mood: what the manner does to the body.
        seated: 0 standing to 1 seated.
        target: the state's target, in the body's frame.
        gesturing: 0 to 1, how far the gesture has got; 0 without one.
        segments: what is placed so far.
        hips: the middle between the hip joints.
        pelvis: orientation of the pelvis.
        knees: right and left.
        crouch: how far a gesture lowers the hips, metres.
        chest_joint, chest: foot of the chest and its orientation.
        head_joint, head: where the head nods, and its orientation.
        gaze: where the eyes are, and the direction of the head.
    """

    figure: Figure
    state: BodyState
    mood: Bearing
    seated: float
    target: Vector | None
    gesturing: float
    segments: Segments = field(default_factory=dict)
    hips: Vector = (0.0, 0.0, 0.0)
    pelvis: Quaternion = IDENTITY
    knees: tuple[Vector, Vector] = ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    crouch: float = 0.0
    chest_joint: Vector = (0.0, 0.0, 0.0)
    chest: Quaternion = IDENTITY
    head_joint: Vector = (0.0, 0.0, 0.0)
    head: Quaternion = IDENTITY
    gaze: tuple[Vector, Vector] = ((0.0, 0.0, 0.0), (1.0, 0.0, 0.0))

    @property
    def bones(self) -> Skeleton:
        """The figure's lengths."""
        return self.figure.skeleton

    @property
    def walking(self) -> bool:
        """Whether the body is on its way."""
        return self.state.gait_phase is not None

    def in_chest(self, x: float, y: float, z: float) -> Vector:
        """A point given in the frame of the chest."""
        return add(self.chest_joint, rotate(self.chest, (x, y, z)))

    def holds(self, side: str) -> bool:
        """Whether this hand holds something."""
        return self.state.holding[0 if side == "right" else 1] is not None


def body_frame(state: BodyState) -> tuple[Quaternion, Vector]:
    """The body's own frame in the world."""
    # A seat's pose lies on its cushion; the feet stand on the floor under it.
    floor = 0.0 if state.posture == "sit" else state.pose.z
    return about_z(state.pose.heading), (state.pose.x, state.pose.y, floor)


def begin(figure: Figure, state: BodyState) -> Body:
    """A body that is still to be posed."""
    target = state.target
    if target is not None:
        (w, x, y, z), origin = body_frame(state)
        target = rotate((w, -x, -y, -z), subtract(target, origin))
    seated = min(max(state.sit_blend, 0.0), 1.0) if state.posture == "sit" else 0.0
    gesturing = min(max(state.gesture_blend, 0.0), 1.0) if state.gesture is not None and target is not None else 0.0
    return Body(figure, state, read_bearing(state.manner), seated, target, gesturing)
