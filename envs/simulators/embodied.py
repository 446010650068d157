"""Simulators that draw bodies: from the bookkeeping to the figures' segments, hands and eyes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from envs.household.house import Household
from envs.household.model import Pose, Vector
from envs.simulators.base import RESIDENT, ROBOT, Look
from envs.simulators.kinematic import BODIES, WIDE, KinematicSimulator

if TYPE_CHECKING:
    from envs.residents.figures import Figure
    from envs.residents.motion import BodyState

LIQUIDS = ("water", "coffee")

_EYE_CONTACT = 3.5
"""How near the resident must be for the robot to turn its head to it, metres."""


class EmbodiedSimulator(KinematicSimulator):
    """A kinematic simulator whose bodies are figures; subclasses put the segments on the screen.

    Args:
        rate: steps per simulated second in which motion is played.
    """

    name = "embodied"
    draws = True

    def __init__(self, *, rate: float = 10.0) -> None:
        super().__init__(rate=rate)
        self.figures: dict[str, Figure] = {}
        self._look: Look | None = None
        self._placed: dict[str, tuple[float, int]] = {}  # body -> (time, version) of its last placing
        self._versions = dict.fromkeys(BODIES, 0)
        self._grips: dict[tuple[str, str], tuple[float, int, Vector]] = {}

    def _make_figures(self, look: Look | None) -> dict[str, Figure]:
        from envs.residents.figures import resident_figure, robot_figure

        return {ROBOT: robot_figure(), RESIDENT: resident_figure(look or Look())}

    def _on_reset(self, household: Household, look: Look | None) -> None:
        if not self.figures or look != self._look:
            self.figures = self._make_figures(look)
            self._look = look
        self._placed.clear()
        self._grips.clear()

    # --- how bodies are

    def body_state(self, body: str) -> BodyState:
        """Everything that decides how a body looks now."""
        from envs.residents.motion import BodyState

        pose = self._poses[body]
        motion = self._motions.get(body)
        seated = body in self._seats
        gesture = self._gestures.get(body)
        kind, target, out, hand = None, None, 0.0, "right"
        if gesture is not None:
            point, out = gesture.at(self.time)
            if out > 0.0:
                kind, target, hand = gesture.kind, point, gesture.hand
        if target is None:
            target = self._gaze(body)
        right, left = self._hands[body]
        # One wide thing is carried with both hands.
        if right is None and left is not None and self._is_wide(left):
            right = left
        elif left is None and right is not None and self._is_wide(right):
            left = right
        return BodyState(
            pose=pose,
            posture=motion.posture if motion is not None else "sit" if seated else "stand",
            sit_blend=motion.sit_blend if motion is not None else 1.0 if seated else 0.0,
            gait_phase=motion.gait_phase if motion is not None else None,
            speed=motion.speed if motion is not None else 0.0,
            gesture=kind,
            gesture_blend=out,
            target=target,
            holding=(right, left),
            manner=self.manner[body],
            time=self.time,
            hand=hand,
        )

    def eyes(self, body: str) -> tuple[Vector, Vector]:
        """A body's eyes, and a point one metre ahead of them."""
        from envs.residents.motion import head_camera

        return head_camera(self.figures[body], self.body_state(body))

    def _gaze(self, body: str) -> Vector | None:
        """The robot looks at the resident when it is near and before it."""
        if body != ROBOT or body in self._motions:
            return None
        here, other = self._poses[body], self._poses[RESIDENT]
        if math.hypot(other.x - here.x, other.y - here.y) > _EYE_CONTACT:
            return None
        ahead, _, _ = here.local(other.x, other.y)
        if ahead < 0.2:
            return None
        height = self.figures[RESIDENT].height
        return (other.x, other.y, (other.z + 0.42 * height) if RESIDENT in self._seats else 0.92 * height)

    def _is_wide(self, entity: str) -> bool:
        assert self.household is not None  # hands are empty before a reset
        return max(self.household.entities[entity].model.footprint) > WIDE

    def _grip(self, body: str, entity: str) -> Pose:
        """On the palm; wide things between both palms."""
        slot = self._carried[entity].slot if entity in self._carried else 0
        side = ("right", "left")[slot]
        if self._is_wide(entity) and self._hands[body][1 - slot] is None:
            right, left = self._palm(body, "right"), self._palm(body, "left")
            x, y, z = ((a + b) / 2 for a, b in zip(right, left, strict=True))
        else:
            x, y, z = self._palm(body, side)
        return Pose(x, y, z, self._poses[body].heading)

    def _palm(self, body: str, side: str) -> Vector:
        from envs.residents.motion import hand_pose

        key, stamp = (body, side), (self.time, self._versions[body])
        known = self._grips.get(key)
        if known is not None and known[:2] == stamp:
            return known[2]
        point, _ = hand_pose(self.figures[body], self.body_state(body), side)
        self._grips[key] = (*stamp, point)
        return point

    # --- keeping the picture up to date

    def _shows(self, entity: str, state: str) -> bool:
        """Whether what is seen only in a visual state is seen now."""
        held = self._states.get(entity, ())
        if state in ("on", "off"):
            return self._switches.get(entity, False) is (state == "on")
        if state in ("full", "empty"):
            return any(liquid in held for liquid in LIQUIDS) is (state == "full")
        return "cooked" not in held if state == "raw" else state in held

    def _touched(self, body: str) -> None:
        self._versions[body] += 1

    def _write_pose(self, name: str, pose: Pose) -> None:
        if name in self._versions:
            self._versions[name] += 1

    def _place_bodies(self) -> None:
        """Put the segments of both bodies where they belong, unless they are there already."""
        from envs.residents.motion import place_segments

        for body in BODIES:
            # A body may turn its head to the other: any change of either is a change of both.
            stamp = (self.time, sum(self._versions.values()))
            if self._placed.get(body) != stamp:
                self._write_segments(body, place_segments(self.figures[body], self.body_state(body)))
                self._placed[body] = stamp

    def _stride(self, body: str, speed: float) -> float:
        from envs.residents.motion import stride_length

        return max(0.2, stride_length(self.figures[body], speed, self.manner[body]))

    def _seat_front(self, body: str) -> float:
        from envs.residents.motion import seat_offset

        return seat_offset(self.figures[body])

    def _write_segments(self, body: str, placed: dict[str, tuple[Vector, Any]]) -> None:
        """Hook: put the segments of a body on the screen; positions, and orientations (w, x, y, z)."""
        raise NotImplementedError
