"""Legs: where the hips are and what the feet do in standing, gliding, walking, running and sitting down."""

from __future__ import annotations

import math
from typing import NamedTuple
from envs.residents import gait
from envs.residents.bearing import Bearing, smoothstep
from envs.residents.figures import Figure
from envs.residents.rotations import Quaternion, Vector, about_y, about_z, add, bend, cross, hanging, mix, multiply, rotate, subtract, unit
from envs.residents.skeleton import Skeleton
from envs.residents.state import SIDES, BodyState, Segments

class Legs(NamedTuple):
    """Where the hips are and what each foot does, in the body's frame."""

    hips: Vector
    yaw: float
    ankles: tuple[Vector, Vector]
    pitches: tuple[float, float]
    toes_out: float


def plan_legs(figure: Figure, state: BodyState, mood: Bearing, seated: float) -> Legs:
    bones = figure.skeleton
    if seated > 0.0 or state.posture == "sit":
        return _sitting_legs(bones, state, mood, seated)
    if state.gait_phase is not None and bones.legged:
        return _walking_legs(bones, state, mood)
    return _standing_legs(bones, state, mood)


def _standing_legs(bones: Skeleton, state: BodyState, mood: Bearing) -> Legs:
    moving = state.gait_phase is not None  # gliding: feet together, knees soft
    width = bones.hip_half * (1.1 - 0.15 * mood.sad + 0.35 * mood.tense + 0.2 * mood.joy)
    sway = 0.006 * math.sin(1.1 * state.time) * (1.0 + mood.sad)
    bounce = mood.joy * 0.018 * abs(math.sin(4.5 * state.time)) if not moving and bones.legged else 0.0
    low = bones.crouch + 0.012 * mood.tense + (0.03 if moving else 0.0)
    hips = (0.0, sway, bones.hip * (1.0 - low) - bounce)
    ankles = ((0.0, -width, bones.ankle), (0.0, width, bones.ankle))
    return Legs(hips, 0.0, ankles, (0.0, 0.0), 9.0 if bones.legged else 0.0)


def _walking_legs(bones: Skeleton, state: BodyState, mood: Bearing) -> Legs:
    assert state.gait_phase is not None
    phase = state.gait_phase % 1.0
    span = gait.stride(bones, mood, state.speed)
    run = gait.running_share(state.speed)
    vigour = min(1.0, span / (1.3 * bones.hip))
    lift = 1.0 - 0.45 * mood.sad + 0.5 * mood.joy
    width = bones.hip_half * (0.85 - 0.3 * run)
    sway = 0.022 * bones.hip * (1.0 - 0.6 * run) * math.cos(2.0 * math.pi * (phase - 0.3))
    yaw = 5.0 * vigour * math.cos(2.0 * math.pi * phase)
    feet = [gait.footfall(bones, span, phase + shift, run, lift) for shift in (0.0, 0.5)]
    height = bones.hip * (0.985 - 0.012 * run - 0.004 * mood.sad)
    middle = (0.6 - 0.24 * run) / 2.0
    height -= bones.hip * (0.034 * run + 0.012 * mood.bounce * vigour) * math.cos(4.0 * math.pi * (phase - middle)) * (
        1.0 if run > 0.5 else -0.6)  # fmt: skip
    # Over a standing leg the hips ride as high as that leg can reach, never higher: feet stay where they stand.
    leg = (bones.thigh + bones.shin) * 0.992
    for foot, sign in zip(feet, (-1.0, 1.0), strict=True):
        if foot.bears:
            side = sign * (width - bones.hip_half) - sway
            forward = foot.forward + sign * bones.hip_half * math.sin(math.radians(yaw))
            height = min(height, foot.up + math.sqrt(max(leg * leg - forward * forward - side * side, 0.0)))
    ankles = tuple((foot.forward, sign * width, foot.up) for foot, sign in zip(feet, (-1.0, 1.0), strict=True))
    return Legs((0.0, sway, height), yaw, (ankles[0], ankles[1]), (feet[0].pitch, feet[1].pitch), 5.0)


def _sitting_legs(bones: Skeleton, state: BodyState, mood: Bearing, seated: float) -> Legs:
    ahead = bones.thigh * 0.98
    seat = state.pose.z + bones.seat
    standing = bones.hip * (1.0 - bones.crouch)
    ease = smoothstep(0.0, 1.0, seated)
    hips = (ahead * (1.0 - ease), 0.0, standing + (seat - standing) * ease)
    # Short legs dangle over a high cushion instead of stretching to the floor.
    hang = max(bones.ankle, seat - bones.shin * 0.998)
    raised = bones.ankle + (hang - bones.ankle) * ease
    dangling = smoothstep(0.0, 0.08, hang - bones.ankle) * ease
    width = bones.hip_half * (1.15 - 0.25 * mood.sad + 0.1 * mood.tense + 0.15 * mood.calm)
    # Fidgeting knees: the ball of the foot stays down, the heel drums.
    drum = 7.0 * mood.tense * ease * (1.0 - dangling) * (0.5 + 0.5 * math.sin(2.0 * math.pi * 2.6 * state.time))
    ankles, pitches = [], []
    for sign in (-1.0, 1.0):
        pitch = 14.0 * dangling + (drum if sign < 0.0 else 0.0)
        forward, up = gait.roll(bones, ahead, pitch) if dangling < 1e-6 else (ahead, raised)
        ankles.append((forward, sign * width, up + raised - bones.ankle if dangling < 1e-6 else up))
        pitches.append(pitch)
    return Legs(hips, 0.0, (ankles[0], ankles[1]), (pitches[0], pitches[1]), 6.0 if bones.legged else 0.0)


def place_legs(
    bones: Skeleton, legs: Legs, hips: Vector, pelvis: Quaternion, segments: dict[str, tuple[Vector, Quaternion]]
) -> tuple[Vector, Vector]:
    knees = []
    for (side, sign), goal, pitch in zip(SIDES, legs.ankles, legs.pitches, strict=True):
        hip = add(hips, rotate(pelvis, (0.0, sign * bones.hip_half, 0.0)))
        out = sign * legs.toes_out
        front = (math.cos(math.radians(out)), math.sin(math.radians(out)), 0.0)
        # The knee bends to the front; a little up helps where the leg is drawn up to a low seat.
        knee, ankle = bend(hip, goal, bones.thigh, bones.shin, (front[0], front[1] * 0.8, 0.25))
        across = (-front[1], front[0], 0.0)
        for name, joint, end in (("thigh", hip, knee), ("shin", knee, ankle)):
            down = unit(subtract(end, joint), (0.0, 0.0, -1.0))
            segments[f"{name}_{side}"] = (joint, hanging(down, cross(down, across)))
        segments[f"foot_{side}"] = (ankle, multiply(about_z(out), about_y(pitch)))
        knees.append(knee)
    return knees[0], knees[1]


def place_skirt(hips: Vector, knees: tuple[Vector, Vector], pelvis: Quaternion) -> tuple[Vector, Quaternion]:
    down = unit(subtract(mix(knees[0], knees[1], 0.5), hips), (0.0, 0.0, -1.0))
    return hips, hanging(down, cross(down, rotate(pelvis, (0.0, 1.0, 0.0))))
