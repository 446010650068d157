"""The trunk: how mood, breath, gait, seat and gesture bend it, and how far it must bend to reach."""

from __future__ import annotations

import math
from typing import NamedTuple
from envs.residents import gait
from envs.residents.bearing import Bearing, smoothstep
from envs.residents.figures import Figure
from envs.residents.legs import Legs
from envs.residents.rotations import Quaternion, Vector, about_x, about_y, about_z, add, length, multiply, rotate, subtract
from envs.residents.skeleton import Skeleton
from envs.residents.state import BodyState

class Trunk(NamedTuple):
    """Angles of the trunk in degrees, and how far gestures lower (crouch) or raise (lift) it, metres."""

    waist: float
    chest: float
    yaw: float
    roll: float
    crouch: float
    lift: float


def plan_trunk(figure: Figure, state: BodyState, mood: Bearing, seated: float, legs: Legs, target: Vector | None) -> Trunk:
    """The trunk's angles: mood, breath, gait, the way into the seat, and what the gesture asks for."""
    bones = figure.skeleton
    soft = 1.0 if bones.legged else 0.3  # the robot's shell shows moods with its head and eyes rather than its back
    breath = math.sin(2.0 * math.pi * (0.24 + 0.12 * mood.tense + 0.1 * mood.joy) * state.time)
    waist, chest = mood.waist * soft, mood.chest * soft + 0.7 * breath
    yaw = roll = 0.0
    if state.gait_phase is not None:
        run = gait.running_share(state.speed)
        vigour = min(1.0, state.speed / 1.2)
        if bones.legged:
            yaw = -1.6 * legs.yaw
            waist += (2.0 + 7.0 * run) * vigour
        else:
            waist += 6.0 * vigour
    elif seated < 0.5:
        roll = 0.8 * math.sin(1.1 * state.time)
    waist += 24.0 * math.sin(math.pi * seated) ** 2
    chest += 10.0 * math.sin(math.pi * seated) ** 2
    waist += seated * (14.0 * mood.sad + 12.0 * mood.tense - 9.0 * mood.calm - 3.0) * soft
    chest += seated * (9.0 * mood.sad + 5.0 * mood.tense + 3.0) * soft
    mooded = Trunk(waist, chest, yaw, roll, 0.0, 0.0)
    if state.gesture is None or target is None or state.gesture_blend <= 0.0:
        return mooded
    asked = _reaching_trunk(figure, state, mood, seated, legs, mooded, target)
    share = smoothstep(0.0, 1.0, state.gesture_blend)
    return Trunk(*(a + share * (b - a) for a, b in zip(mooded, asked, strict=True)))


def _reaching_trunk(
    figure: Figure, state: BodyState, mood: Bearing, seated: float, legs: Legs, rest: Trunk, target: Vector
) -> Trunk:
    """The least bending that brings the shoulder within an arm's length of the target."""
    bones = figure.skeleton
    sign = 1.0 if state.hand == "left" else -1.0
    upright = legs.hips[2] + bones.waist + bones.spine + bones.shoulder
    below = (upright - target[2]) / figure.height
    low, high = smoothstep(0.3, 0.6, below), smoothstep(-0.02, 0.12, -below)
    away = math.degrees(math.atan2(target[1] - 0.4 * sign * bones.shoulder_half, max(target[0], 0.05)))
    away = min(max(away, -70.0), 70.0)
    limit = 0.35 if state.gesture == "play" else 2.0
    wanted = 0.965 * _arm_span(bones)

    def bent(effort: float) -> Trunk:
        # Up to 1 a body reaches as it likes to, beyond that it stretches.
        easy, far = min(effort, 1.0), max(effort - 1.0, 0.0)
        lean = easy * (42.0 + 38.0 * low - 38.0 * high) + far * (34.0 - 22.0 * low - 12.0 * high)
        crouch = (easy * low * 0.54 + far * (1.0 - low) * (1.0 - high) * 0.22) * bones.hip * (1.0 - seated)
        lift = easy * bones.lift * max(high, 0.0 if bones.legged else 0.3 * (1.0 - low))
        turn = (0.45 + 0.25 * easy) * away - sign * 14.0 * easy
        return Trunk(rest.waist * 0.6 + lean * 0.65, rest.chest * 0.6 + lean * 0.35, turn, 0.0, crouch, lift)

    def gap(effort: float) -> float:
        trunk = bent(effort)
        hips = add(legs.hips, (-0.35 * trunk.crouch, 0.0, -trunk.crouch))
        pelvis = multiply(about_z(legs.yaw), about_y(pelvis_pitch(trunk, seated)))
        chest_joint, chest, _, _ = place_spine(bones, trunk, hips, pelvis)
        shoulder = add(chest_joint, rotate(chest, shoulder_in_chest(figure, mood, sign)))
        return length(subtract(target, shoulder)) - wanted

    if gap(0.12) <= 0.0:
        return bent(0.12)  # even the nearest things are leant to a little
    low_end, high_end = 0.12, limit
    for _ in range(8):
        middle = 0.5 * (low_end + high_end)
        low_end, high_end = (low_end, middle) if gap(middle) <= 0.0 else (middle, high_end)
    return bent(high_end)


def _arm_span(bones: Skeleton) -> float:
    return bones.upper_arm + bones.forearm + bones.grip


def pelvis_pitch(trunk: Trunk, seated: float) -> float:
    return 0.55 * trunk.waist * (1.0 - 0.5 * seated) - 6.0 * seated


def place_spine(bones: Skeleton, trunk: Trunk, hips: Vector, pelvis: Quaternion) -> tuple[Vector, Quaternion, Vector, Quaternion]:
    waist_joint = add(hips, rotate(pelvis, (0.0, 0.0, bones.waist)))
    waist = multiply(multiply(about_z(trunk.yaw * 0.5), about_y(trunk.waist)), about_x(trunk.roll))
    chest_joint = add(waist_joint, rotate(waist, (0.0, 0.0, bones.spine + trunk.lift)))
    chest = multiply(multiply(about_z(trunk.yaw), about_y(trunk.waist + trunk.chest)), about_x(trunk.roll))
    return chest_joint, chest, waist_joint, waist


def shoulder_in_chest(figure: Figure, mood: Bearing, sign: float) -> Vector:
    bones = figure.skeleton
    if not bones.legged:
        return (0.0, sign * bones.shoulder_half, bones.shoulder)
    inward = 1.0 - 0.06 * mood.sad - 0.05 * mood.tense
    return (mood.shoulder_forward * figure.height, sign * bones.shoulder_half * inward,
            bones.shoulder + mood.shoulder_up * figure.height)  # fmt: skip
