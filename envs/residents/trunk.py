"""The trunk: how mood, breath, gait, seat and gesture bend it, and how far it must bend to reach."""

from __future__ import annotations

import math
from typing import NamedTuple

from envs.residents import gait
from envs.residents.bearing import smoothstep
from envs.residents.legs import Legs
from envs.residents.rotations import Quaternion, Vector, about_x, about_y, about_z, add, length, multiply, rotate, subtract
from envs.residents.skeleton import Skeleton
from envs.residents.state import Body


class Trunk(NamedTuple):
    """How the trunk is bent.

    Args:
        waist, chest: forward pitch of the lower spine, and of the chest on top of it, degrees.
        yaw: turn of the chest to the left, degrees.
        roll: tilt to the right, degrees.
        crouch, lift: how far a gesture lowers the hips and raises the chest, metres.
    """

    waist: float
    chest: float
    yaw: float
    roll: float
    crouch: float
    lift: float


class Spine(NamedTuple):
    """Where the parts of the trunk are, from the hips up."""

    hips: Vector
    pelvis: Quaternion
    waist_joint: Vector
    waist: Quaternion
    chest_joint: Vector
    chest: Quaternion


def plan_trunk(body: Body, legs: Legs) -> Trunk:
    """The trunk's angles: mood, breath, gait, the way into the seat, and what the gesture asks for."""
    rest = _resting(body, legs)
    if body.gesturing <= 0.0 or body.target is None:
        return rest
    asked = _reaching(body, legs, rest, body.target)
    share = smoothstep(0.0, 1.0, body.gesturing)
    return Trunk(*(a + share * (b - a) for a, b in zip(rest, asked, strict=True)))


def solve_spine(body: Body, legs: Legs, trunk: Trunk) -> Spine:
    """Where pelvis, waist and chest are."""
    bones = body.bones
    # Who crouches moves the hips back over the feet; who leans tilts the pelvis along.
    hips = add(legs.hips, (-0.35 * trunk.crouch, 0.0, -trunk.crouch))
    pelvis = multiply(about_z(legs.yaw), about_y(0.55 * trunk.waist * (1.0 - 0.5 * body.seated) - 6.0 * body.seated))
    waist_joint = add(hips, rotate(pelvis, (0.0, 0.0, bones.waist)))
    tilt = about_x(trunk.roll)
    waist = multiply(multiply(about_z(0.5 * trunk.yaw), about_y(trunk.waist)), tilt)
    chest_joint = add(waist_joint, rotate(waist, (0.0, 0.0, bones.spine + trunk.lift)))
    chest = multiply(multiply(about_z(trunk.yaw), about_y(trunk.waist + trunk.chest)), tilt)
    return Spine(hips, pelvis, waist_joint, waist, chest_joint, chest)


def shoulder_in_chest(body: Body, sign: float) -> Vector:
    """A shoulder in the frame of the chest: moods round and hunch the shoulders of people."""
    bones, mood = body.bones, body.mood
    if not bones.legged:
        return (0.0, sign * bones.shoulder_half, bones.shoulder)
    tall = body.figure.height
    across = bones.shoulder_half * (1.0 - 0.06 * mood.sad - 0.05 * mood.tense)
    return (mood.shoulder_forward * tall, sign * across, bones.shoulder + mood.shoulder_up * tall)


def arm_span(bones: Skeleton) -> float:
    """From the shoulder to the palm of a stretched arm, metres."""
    return bones.upper_arm + bones.forearm + bones.grip


def _resting(body: Body, legs: Legs) -> Trunk:
    bones, mood, state, seated = body.bones, body.mood, body.state, body.seated
    soft = 1.0 if bones.legged else 0.3  # the robot shows moods with its head and eyes rather than its back
    breath = math.sin(2.0 * math.pi * (0.24 + 0.12 * mood.tense + 0.1 * mood.joy) * state.time)
    waist, chest = mood.waist * soft, mood.chest * soft + 0.7 * breath
    yaw = roll = 0.0
    if body.walking:
        vigour = min(1.0, state.speed / 1.2)
        if bones.legged:
            yaw = -1.6 * legs.yaw
            waist += (2.0 + 7.0 * gait.running_share(state.speed)) * vigour
        else:
            waist += 6.0 * vigour
    elif seated < 0.5:
        roll = 0.8 * math.sin(1.1 * state.time)
    under_way = math.sin(math.pi * seated) ** 2  # people lean forward to sit down and to get up
    if any(state.holding):
        soft *= 0.35  # nobody folds over what lies in the hands
    waist += 24.0 * under_way + seated * (14.0 * mood.sad + 12.0 * mood.tense - 9.0 * mood.calm - 3.0) * soft
    chest += 10.0 * under_way + seated * (9.0 * mood.sad + 5.0 * mood.tense + 3.0) * soft
    return Trunk(waist, chest, yaw, roll, 0.0, 0.0)


def _reaching(body: Body, legs: Legs, rest: Trunk, target: Vector) -> Trunk:
    """The least bending that brings the shoulder within an arm's length of the target."""
    bones = body.bones
    sign = 1.0 if body.state.hand == "left" else -1.0
    upright = legs.hips[2] + bones.waist + bones.spine + bones.shoulder
    below = (upright - target[2]) / body.figure.height
    low, high = smoothstep(0.3, 0.6, below), smoothstep(-0.02, 0.12, -below)
    away = math.degrees(math.atan2(target[1] - 0.4 * sign * bones.shoulder_half, max(target[0], 0.05)))
    away = min(max(away, -70.0), 70.0)
    limit = 0.35 if body.state.gesture == "play" else 2.0

    def bent(effort: float) -> Trunk:
        # Up to 1 a body reaches as it likes to, beyond that it stretches.
        easy, far = min(effort, 1.0), max(effort - 1.0, 0.0)
        lean = easy * (42.0 + 38.0 * low - 38.0 * high) + far * (34.0 - 22.0 * low - 12.0 * high)
        crouch = (easy * low * 0.54 + far * (1.0 - low) * (1.0 - high) * 0.22) * bones.hip * (1.0 - body.seated)
        lift = easy * bones.lift * max(high, 0.0 if bones.legged else 0.3 * (1.0 - low))
        turn = (0.45 + 0.25 * easy) * away - sign * 14.0 * easy
        return Trunk(0.6 * rest.waist + 0.65 * lean, 0.6 * rest.chest + 0.35 * lean, turn, 0.0, crouch, lift)

    def within_reach(effort: float) -> bool:
        spine = solve_spine(body, legs, bent(effort))
        shoulder = add(spine.chest_joint, rotate(spine.chest, shoulder_in_chest(body, sign)))
        return length(subtract(target, shoulder)) <= 0.965 * arm_span(bones)

    least, most = 0.12, limit  # even the nearest things are leant to a little
    if within_reach(least):
        return bent(least)
    for _ in range(8):
        middle = 0.5 * (least + most)
        least, most = (least, middle) if within_reach(middle) else (middle, most)
    return bent(most)
