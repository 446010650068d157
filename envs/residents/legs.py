"""Legs: where the hips are and what the feet do in standing, gliding, walking, running and sitting down."""

from __future__ import annotations

import math
from typing import NamedTuple

from envs.residents import gait
from envs.residents.bearing import smoothstep
from envs.residents.rotations import (
    Vector,
    about_y,
    about_z,
    add,
    bend,
    cross,
    hanging,
    mix,
    multiply,
    rotate,
    subtract,
    unit,
)
from envs.residents.skeleton import Skeleton
from envs.residents.state import SIDES, Body


class Legs(NamedTuple):
    """Where the hips are and what each foot (right, left) does.

    Args:
        hips: the middle between the hip joints, before any gesture lowers them.
        yaw: how far the hips turn, degrees.
        ankles: where the ankles should be.
        pitches: of the feet, degrees; positive: toes down.
        toes_out: how far the feet point outwards, degrees.
    """

    hips: Vector
    yaw: float
    ankles: tuple[Vector, Vector]
    pitches: tuple[float, float]
    toes_out: float


def seat_offset(bones: Skeleton) -> float:
    """How far in front of a seat's point the feet stand, metres: under the knees of a sitter."""
    return 0.98 * bones.thigh


def plan_legs(body: Body) -> Legs:
    """Hips and feet for the body's posture and gait."""
    if body.state.posture == "sit":
        return _sitting(body)
    if body.walking and body.bones.legged:
        return _walking(body)
    return _standing(body)


def place_legs(body: Body, legs: Legs) -> None:
    """Place the legs' segments under ``body.hips`` and ``body.pelvis``, which must be known."""
    bones, segments = body.bones, body.segments
    knees = []
    for (side, sign), goal, pitch in zip(SIDES, legs.ankles, legs.pitches, strict=True):
        hip = add(body.hips, rotate(body.pelvis, (0.0, sign * bones.hip_half, 0.0)))
        out = math.radians(sign * legs.toes_out)
        front = (math.cos(out), math.sin(out), 0.0)
        # Knees bend to the front; a little up helps where a leg is drawn up to a low seat.
        knee, ankle = bend(hip, goal, bones.thigh, bones.shin, (front[0], 0.8 * front[1], 0.25))
        across = (-front[1], front[0], 0.0)
        for name, joint, end in (("thigh", hip, knee), ("shin", knee, ankle)):
            down = unit(subtract(end, joint), (0.0, 0.0, -1.0))
            segments[f"{name}_{side}"] = (joint, hanging(down, cross(down, across)))
        segments[f"foot_{side}"] = (ankle, multiply(about_z(sign * legs.toes_out), about_y(pitch)))
        knees.append(knee)
    body.knees = (knees[0], knees[1])
    if "skirt" in body.figure.segments:
        down = unit(subtract(mix(knees[0], knees[1], 0.5), body.hips), (0.0, 0.0, -1.0))
        segments["skirt"] = (body.hips, hanging(down, cross(down, rotate(body.pelvis, (0.0, 1.0, 0.0)))))


def _standing(body: Body) -> Legs:
    bones, mood, now = body.bones, body.mood, body.state.time
    width = bones.hip_half * (1.1 - 0.15 * mood.sad + 0.35 * mood.tense + 0.2 * mood.joy)
    sway = 0.006 * math.sin(1.1 * now) * (1.0 + mood.sad)
    bounce = 0.0 if body.walking or not bones.legged else 0.018 * mood.joy * abs(math.sin(4.5 * now))
    gliding = 0.03 if body.walking else 0.0  # soft knees
    hips = (0.0, sway, bones.hip * (1.0 - bones.crouch - 0.012 * mood.tense - gliding) - bounce)
    ankles = ((0.0, -width, bones.ankle), (0.0, width, bones.ankle))
    return Legs(hips, 0.0, ankles, (0.0, 0.0), 9.0 if bones.legged else 0.0)


def _walking(body: Body) -> Legs:
    bones, mood, speed = body.bones, body.mood, body.state.speed
    phase = (body.state.gait_phase or 0.0) % 1.0
    span, run = gait.stride(bones, mood, speed), gait.running_share(speed)
    vigour = min(1.0, span / (1.3 * bones.hip))
    width = bones.hip_half * (0.85 - 0.3 * run)
    sway = 0.022 * bones.hip * (1.0 - 0.6 * run) * math.cos(2.0 * math.pi * (phase - 0.3))
    yaw = 5.0 * vigour * math.cos(2.0 * math.pi * phase)
    lift = 1.0 - 0.45 * mood.sad + 0.5 * mood.joy
    feet = [gait.footfall(bones, span, phase + shift, run, lift) for shift in (0.0, 0.5)]
    # Walkers are highest over the standing leg, runners lowest.
    wave = math.cos(4.0 * math.pi * (phase - gait.stance_share(run) / 2.0))
    height = bones.hip * (0.985 - 0.012 * run - 0.004 * mood.sad)
    height += bones.hip * wave * (0.007 * mood.bounce * vigour * (1.0 - run) - 0.046 * run)
    # Over a standing leg the hips ride as high as that leg can reach, never higher: feet stay where they stand.
    leg = 0.992 * (bones.thigh + bones.shin)
    ankles = []
    for foot, (_, sign) in zip(feet, SIDES, strict=True):
        ankles.append((foot.forward, sign * width, foot.up))
        if foot.bears:
            side = sign * (width - bones.hip_half) - sway
            forward = foot.forward + sign * bones.hip_half * math.sin(math.radians(yaw))
            height = min(height, foot.up + math.sqrt(max(leg * leg - forward * forward - side * side, 0.0)))
    return Legs((0.0, sway, height), yaw, (ankles[0], ankles[1]), (feet[0].pitch, feet[1].pitch), 5.0)


def _sitting(body: Body) -> Legs:
    bones, mood, ease = body.bones, body.mood, smoothstep(0.0, 1.0, body.seated)
    ahead, seat = seat_offset(bones), body.state.pose.z + bones.seat
    standing = bones.hip * (1.0 - bones.crouch)
    hips = (ahead * (1.0 - ease), 0.0, standing + (seat - standing) * ease)
    # Short legs dangle over a high cushion instead of stretching to the floor.
    hang = max(0.0, seat - 0.998 * bones.shin - bones.ankle)
    dangling = smoothstep(0.0, 0.08, hang) * ease
    width = bones.hip_half * (1.15 - 0.25 * mood.sad + 0.1 * mood.tense + 0.15 * mood.calm)
    # Fidgeting: the ball of the right foot stays down, its heel drums.
    drum = 7.0 * mood.tense * ease * (1.0 - dangling) * (0.5 + 0.5 * math.sin(2.0 * math.pi * 2.6 * body.state.time))
    ankles, pitches = [], []
    for _, sign in SIDES:
        pitch = 14.0 * dangling + (drum if sign < 0.0 else 0.0)
        forward, up = gait.roll(bones, ahead, pitch)
        ankles.append((forward, sign * width, up + hang * ease))
        pitches.append(pitch)
    return Legs(hips, 0.0, (ankles[0], ankles[1]), (pitches[0], pitches[1]), 6.0 if bones.legged else 0.0)
