"""Arms: hanging and swinging, what hands do with a feeling, holding, and gestures, each blended over the one before."""

from __future__ import annotations

import math
from typing import NamedTuple
from envs.residents import gait
from envs.residents.bearing import Bearing, smoothstep
from envs.residents.figures import Figure
from envs.residents.rotations import Quaternion, Vector, add, bend, hanging, mix, rotate, subtract, unit
from envs.residents.skeleton import Skeleton
from envs.residents.state import BodyState, Segments
from envs.residents.trunk import Trunk

class Arm(NamedTuple):
    """A goal for one arm: wrist, where the elbow points, where hand and thumb point."""

    wrist: Vector
    pole: Vector
    hand: Vector
    thumb: Vector


def plan_arm(
    figure: Figure, state: BodyState, mood: Bearing, seated: float, side: str, sign: float, shoulder: Vector,
    chest: Quaternion, chest_joint: Vector, head: tuple[Vector, Quaternion], hips: Vector,
    knees: tuple[Vector, Vector], trunk: Trunk, target: Vector | None,
) -> Arm:  # fmt: skip
    """The goal of one arm: hanging or swinging, then mood, seat, load and gesture, each over the one before."""
    bones = figure.skeleton
    arm = _hanging_arm(bones, state, mood, sign, shoulder)
    walking = state.gait_phase is not None
    if seated > 0.0:
        lap = _lap_arm(bones, mood, sign, hips, knees)
        arm = _blend(arm, lap, smoothstep(0.25, 1.0, seated))
    if bones.legged and not walking:
        for weight, goal in _mood_arms(figure, state, mood, seated, sign, shoulder, chest, chest_joint, head, knees):
            arm = _blend(arm, goal, weight)
    if trunk.crouch > 0.0 and side != state.hand and seated == 0.0:  # crouching, the free hand rests on its knee
        arm = _blend(arm, _lap_arm(bones, mood, sign, hips, knees), smoothstep(0.0, 0.3 * bones.hip, trunk.crouch))
    if state.holding[0 if side == "right" else 1] is not None:
        grip = add(chest_joint, rotate(chest, holding_point(bones, state.holding, sign)))
        hand = unit((0.85, -sign * 0.5, 0.1))
        arm = Arm(add(grip, hand, -bones.grip), (-0.6, sign * 0.75, -0.8), hand, (0.0, sign, 0.3))
    if state.gesture is not None and target is not None and state.gesture_blend > 0.0:
        goal_point = _gesture_point(bones, state, side, sign, shoulder, target)
        if goal_point is not None:
            arm = _blend(arm, _reaching_arm(bones, state, sign, shoulder, goal_point), smoothstep(0.0, 1.0, state.gesture_blend))
    return arm


def _blend(a: Arm, b: Arm, share: float) -> Arm:
    if share <= 0.0:
        return a
    if share >= 1.0:
        return b
    return Arm(mix(a.wrist, b.wrist, share), mix(unit(a.pole), unit(b.pole), share),
                unit(mix(a.hand, b.hand, share), b.hand), mix(a.thumb, b.thumb, share))  # fmt: skip


def _hanging_arm(bones: Skeleton, state: BodyState, mood: Bearing, sign: float, shoulder: Vector) -> Arm:
    swing, elbow, spread = 3.0, mood.elbow, mood.spread
    if state.gait_phase is not None and bones.legged:
        run = gait.running_share(state.speed)
        vigour = min(1.0, state.speed / 1.1)
        # The right arm is furthest back when the right heel strikes.
        wave = -math.cos(2.0 * math.pi * (state.gait_phase + (0.0 if sign < 0.0 else 0.5)))
        swing = wave * (mood.swing * vigour + 8.0 * run) + 3.0 - 8.0 * run - 6.0 * mood.tense
        elbow += run * max(0.0, 82.0 - elbow) + max(0.0, wave) * 10.0 * vigour * (1.0 - run)
    elif not bones.legged:
        swing, elbow, spread = 6.0, 62.0, 10.0  # the robot carries its grippers ready
    if mood.tense > 0.0 and bones.legged:
        spread += 3.0 * mood.tense
    a, b = math.radians(swing), math.radians(spread)
    upper = (math.sin(a) * math.cos(b), sign * math.sin(b), -math.cos(a) * math.cos(b))
    f, inward = math.radians(swing + elbow), math.radians(spread * 0.6 - 0.22 * elbow)
    fore = (math.sin(f) * math.cos(inward), sign * math.sin(inward), -math.cos(f) * math.cos(inward))
    wrist = add(add(shoulder, upper, bones.upper_arm), fore, bones.forearm)
    return Arm(wrist, (-1.0, sign * 0.3, -0.1), fore, (1.0, -sign * 0.35, 0.25))


def _lap_arm(bones: Skeleton, mood: Bearing, sign: float, hips: Vector, knees: tuple[Vector, Vector]) -> Arm:
    knee = knees[0] if sign < 0.0 else knees[1]
    hip = add(hips, (0.0, sign * bones.hip_half, 0.0))
    point = mix(hip, knee, 0.62)
    hand = unit((0.9, -sign * 0.35, -0.1))
    palm = (point[0], point[1] - sign * 0.15 * bones.hip_half, point[2] + bones.lap + 0.02)
    return Arm(add(palm, hand, -bones.grip), (-0.5, sign * 0.9, -0.2), hand, (0.0, -sign, 0.2))


def _mood_arms(
    figure: Figure, state: BodyState, mood: Bearing, seated: float, sign: float, shoulder: Vector, chest: Quaternion,
    chest_joint: Vector, head: tuple[Vector, Quaternion], knees: tuple[Vector, Vector],
) -> list[tuple[float, Arm]]:  # fmt: skip
    """What the hands of a person who stands or sits do with a strong feeling."""
    bones = figure.skeleton
    poses: list[tuple[float, Arm]] = []
    if mood.sad > 0.3:
        weight = smoothstep(0.42, 0.72, mood.sad)
        if sign < 0.0:  # the right hand goes to the brow
            hand = unit(rotate(head[1], (0.12, 0.45, 0.85)))
            palm = add(head[0], rotate(head[1], (bones.face[0] + 0.035, -0.3 * bones.face[1], 1.08 * bones.face[1])))
            poses.append((weight, Arm(add(palm, hand, -bones.grip), (0.15, -0.45, -1.0), hand, rotate(head[1], (0.1, 0.9, -0.4)))))
        elif seated < 0.5:  # the left arm holds the body
            palm = add(chest_joint, rotate(chest, (bones.chest + 0.03, -0.55 * bones.shoulder_half, 0.02 * figure.height)))
            hand = unit(rotate(chest, (0.15, -1.0, 0.1)))
            poses.append((weight, Arm(add(palm, hand, -bones.grip), (-0.4, 0.8, -0.6), hand, (0.1, 0.0, 1.0))))
        else:  # or lies between the knees
            palm = add(mix(knees[0], knees[1], 0.5), (-0.02, 0.0, bones.lap + 0.02 if "skirt" in figure.segments else 0.01))
            hand = unit((0.6, -0.2, -0.75))
            poses.append((weight, Arm(add(palm, hand, -bones.grip), (-0.5, 0.9, 0.1), hand, (0.7, 0.0, 0.6))))
    if mood.tense > 0.25:
        weight = smoothstep(0.25, 0.6, mood.tense)
        wring = 0.012 * math.sin(2.0 * math.pi * 1.7 * state.time + (0.0 if sign < 0.0 else 1.6))
        height = bones.shoulder - 0.36 * bones.upper_arm
        palm = add(chest_joint, rotate(chest, (bones.chest + 0.42 * bones.forearm + wring, sign * 0.026 * figure.height,
                                               height + wring)))  # fmt: skip
        hand = unit(rotate(chest, (0.35, -sign * 0.45, 0.85)))
        poses.append((weight, Arm(add(palm, hand, -bones.grip), (-0.1, sign * 0.55, -1.0), hand, (-0.6, 0.0, 0.6))))
    if mood.calm > 0.4 and sign < 0.0 and seated < 0.5:  # a hand on the heart
        palm = add(chest_joint, rotate(chest, (bones.chest + 0.03, 0.12 * bones.shoulder_half, 0.62 * bones.shoulder)))
        hand = unit(rotate(chest, (0.1, 0.85, 0.45)))
        poses.append((smoothstep(0.4, 0.65, mood.calm), Arm(add(palm, hand, -bones.grip), (-0.2, -0.7, -1.0), hand,
                                                             (0.1, -0.45, 0.9))))  # fmt: skip
    if mood.joy > 0.4:
        weight = smoothstep(0.45, 0.75, mood.joy)
        wave = 0.03 * math.sin(4.5 * state.time + (0.0 if sign < 0.0 else 0.7))
        palm = add(shoulder, (0.10 * figure.height, sign * 0.15 * figure.height, 0.155 * figure.height + wave))
        hand = unit((0.1, sign * 0.3, 1.0))
        poses.append((weight, Arm(add(palm, hand, -bones.grip), (-0.1, sign * 0.7, -1.0), hand, (0.2, -sign, 0.0))))
    return poses


def holding_point(bones: Skeleton, holding: tuple[str | None, str | None], sign: float) -> Vector:
    both = all(holding)
    return (bones.chest + 0.62 * bones.forearm, sign * bones.shoulder_half * (0.8 if both else 0.3),
            bones.shoulder - 0.62 * bones.upper_arm)  # fmt: skip


def _gesture_point(
    bones: Skeleton, state: BodyState, side: str, sign: float, shoulder: Vector, target: Vector
) -> Vector | None:
    """Where this hand's palm goes in the gesture, or None if it takes no part."""
    turn = 2.0 * math.pi * state.time
    if state.gesture == "play":
        tap = 0.012 * math.sin(3.1 * turn + (0.0 if sign < 0.0 else 2.2))
        desk = min(target[2], shoulder[2] - 0.55 * bones.upper_arm)
        reach = 0.8 * (bones.upper_arm + bones.forearm)
        return (min(target[0], shoulder[0] + reach), target[1] + sign * 0.085 + tap, desk + 0.02 + abs(tap))
    if side != state.hand:
        if state.gesture == "work" and state.holding[0 if side == "right" else 1] is None:
            return add(target, (-0.06, sign * 0.17, 0.0))
        return None
    if state.gesture == "work":
        return add(target, (0.03 * math.cos(1.3 * turn), 0.03 * math.sin(1.3 * turn), 0.0))
    return target


def _reaching_arm(bones: Skeleton, state: BodyState, sign: float, shoulder: Vector, point: Vector) -> Arm:
    hand = unit(subtract(point, shoulder))
    palm = bones.grip * (1.7 if state.gesture == "touch" and bones.legged else 1.0)  # fingertips touch, palms grasp
    if state.gesture == "play":
        hand = unit((0.9, -sign * 0.25, -0.25))
    thumb = (0.0, -sign, 0.3) if state.gesture in ("play", "touch") else (0.0, -sign * 0.3, 1.0)
    return Arm(add(point, hand, -palm), (-0.5, sign * 0.7, -0.8), hand, thumb)


def place_arm(
    bones: Skeleton, side: str, shoulder: Vector, arm: Arm, segments: dict[str, tuple[Vector, Quaternion]]
) -> Vector:
    elbow, wrist = bend(shoulder, arm.wrist, bones.upper_arm, bones.forearm, arm.pole)
    front = (-arm.pole[0], -arm.pole[1], -arm.pole[2])
    segments[f"upper_arm_{side}"] = (shoulder, hanging(unit(subtract(elbow, shoulder)), front))
    segments[f"forearm_{side}"] = (elbow, hanging(unit(subtract(wrist, elbow)), arm.thumb))
    segments[f"hand_{side}"] = (wrist, hanging(arm.hand, arm.thumb))
    return add(wrist, arm.hand, bones.grip)
