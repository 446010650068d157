"""Motion: where every segment of a figure is, for a state of the body.

Plain kinematics, a pure function of figure and state: legs and arms are two-bone chains solved towards goals, so
bones keep their length and feet their place, whatever the mood, the gesture and the seat. Everything is worked out in
the body's own frame (x to the front, z = 0 on the floor) and moved into the world at the end.
"""

from __future__ import annotations

from envs.residents import gait
from envs.residents import legs as legwork
from envs.residents.arms import place_arms
from envs.residents.bearing import read_bearing
from envs.residents.countenance import place_face, place_head
from envs.residents.figures import Figure
from envs.residents.rotations import Quaternion, Vector, add, multiply, rotate
from envs.residents.state import GESTURES, Body, BodyState, Segments, begin, body_frame
from envs.residents.trunk import plan_trunk, solve_spine
from envs.simulators.base import Manner

__all__ = ["GESTURES", "BodyState", "hand_pose", "head_camera", "place_segments", "seat_offset", "stride_length"]


def place_segments(figure: Figure, state: BodyState) -> Segments:
    """Position and orientation (w, x, y, z) in the world of every segment of ``figure``."""
    turn, origin = body_frame(state)
    body, _ = _solve(figure, state)
    placed = {}
    for name in figure.segments:
        position, orientation = body.segments[name]
        placed[name] = (add(origin, rotate(turn, position)), multiply(turn, orientation))
    return placed


def hand_pose(figure: Figure, state: BodyState, side: str) -> tuple[Vector, Quaternion]:
    """Where the base of an object in the ``right`` or ``left`` hand goes: on the palm, upright, fronts the same way.

    Raises:
        ValueError: ``side`` is neither.
    """
    if side not in ("right", "left"):
        raise ValueError(f"expected side 'right' or 'left', got {side!r}; objects are held in hands")
    turn, origin = body_frame(state)
    _, palms = _solve(figure, state)
    return add(origin, rotate(turn, palms[side])), turn


def head_camera(figure: Figure, state: BodyState) -> tuple[Vector, Vector]:
    """The eyes, and a point one metre ahead of them: a camera's position and target."""
    turn, origin = body_frame(state)
    eyes, ahead = _solve(figure, state, arms=False)[0].gaze
    return add(origin, rotate(turn, eyes)), add(origin, rotate(turn, add(eyes, ahead)))


def stride_length(figure: Figure, speed: float, manner: Manner) -> float:
    """Metres covered while ``gait_phase`` grows by one, so that feet do not slide."""
    return gait.stride(figure.skeleton, read_bearing(manner), speed)


def seat_offset(figure: Figure) -> float:
    """How far in front of the seat point the body stands when ``sit_blend`` is 0, metres."""
    return legwork.seat_offset(figure.skeleton)


def _solve(figure: Figure, state: BodyState, *, arms: bool = True) -> tuple[Body, dict[str, Vector]]:
    """Pose a body from the feet up; returns it with its palms."""
    body = begin(figure, state)
    legs = legwork.plan_legs(body)
    trunk = plan_trunk(body, legs)
    spine = solve_spine(body, legs, trunk)
    body.hips, body.pelvis, body.crouch = spine.hips, spine.pelvis, trunk.crouch
    body.chest_joint, body.chest = spine.chest_joint, spine.chest
    body.segments["pelvis"] = (spine.hips, spine.pelvis)
    body.segments["waist"] = (spine.waist_joint, spine.waist)
    body.segments["torso"] = (spine.chest_joint, spine.chest)
    legwork.place_legs(body, legs)
    place_head(body, trunk)
    if not arms:
        return body, {}
    place_face(body)
    return body, place_arms(body)
