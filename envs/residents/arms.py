"""Arms: hanging and swinging, what hands do with a feeling, carrying, and gestures, each blended over the one before."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from envs.residents import gait
from envs.residents.bearing import smoothstep
from envs.residents.rotations import Vector, add, bend, hanging, mix, rotate, subtract, unit
from envs.residents.state import SIDES, Body
from envs.residents.trunk import shoulder_in_chest


class Arm(NamedTuple):
    """A goal for one arm.

    Args:
        wrist: where the wrist should be.
        pole: where the elbow points.
        hand, thumb: where hand and thumb point.
    """

    wrist: Vector
    pole: Vector
    hand: Vector
    thumb: Vector


def place_arms(body: Body) -> dict[str, Vector]:
    """Place the arms' segments; returns the middle of each palm."""
    return {side: _place(body, side, sign) for side, sign in SIDES}


def holding_point(body: Body, sign: float) -> Vector:
    """Where a hand carries something, in the frame of the chest."""
    bones = body.bones
    across = bones.shoulder_half * (0.8 if all(body.state.holding) else 0.3)
    return (bones.chest + 0.62 * bones.forearm, sign * across, bones.shoulder - 0.62 * bones.upper_arm)


def _place(body: Body, side: str, sign: float) -> Vector:
    bones, segments = body.bones, body.segments
    shoulder = body.in_chest(*shoulder_in_chest(body, sign))
    arm = _plan(body, side, sign, shoulder)
    elbow, wrist = bend(shoulder, arm.wrist, bones.upper_arm, bones.forearm, arm.pole)
    front = (-arm.pole[0], -arm.pole[1], -arm.pole[2])
    segments[f"upper_arm_{side}"] = (shoulder, hanging(unit(subtract(elbow, shoulder)), front))
    segments[f"forearm_{side}"] = (elbow, hanging(unit(subtract(wrist, elbow)), arm.thumb))
    segments[f"hand_{side}"] = (wrist, hanging(arm.hand, arm.thumb))
    if f"fist_{side}" in body.figure.segments:
        _close_hand(body, side)
    return add(wrist, arm.hand, bones.grip)


def _close_hand(body: Body, side: str) -> None:
    """Wear the open hand or the fist; the other is kept inside the chest."""
    busy = body.holds(side) or body.gesturing > 0.15
    running = body.walking and gait.running_share(body.state.speed) > 0.5
    closed = (body.mood.tense > 0.4 or running) and not busy
    away = (body.in_chest(0.0, 0.0, 0.6 * body.bones.shoulder), body.chest)
    worn = body.segments[f"hand_{side}"]
    body.segments[f"fist_{side}"] = worn if closed else away
    body.segments[f"hand_{side}"] = away if closed else worn


def _plan(body: Body, side: str, sign: float, shoulder: Vector) -> Arm:
    """The goal of one arm: hanging or swinging, then seat, mood, load and gesture, each over the one before."""
    bones, state = body.bones, body.state
    arm = _hanging(body, sign, shoulder)
    if body.seated > 0.0:
        arm = _blend(arm, _in_lap(body, sign), smoothstep(0.25, 1.0, body.seated))
    if bones.legged and not body.walking:
        for weight, goal in _feelings(body, sign, shoulder):
            arm = _blend(arm, goal, weight)
    if body.crouch > 0.0 and side != state.hand and body.seated == 0.0:  # crouching, the free hand rests on its knee
        arm = _blend(arm, _in_lap(body, sign), smoothstep(0.0, 0.3 * bones.hip, body.crouch))
    if body.holds(side):
        hand = unit((0.85, -sign * 0.5, 0.1))
        arm = _with_palm(body, body.in_chest(*holding_point(body, sign)), hand, (-0.6, sign * 0.75, -0.8), (0.0, sign, 0.3))
    if body.gesturing > 0.0 and body.target is not None:
        point = _gesture_point(body, side, sign, shoulder, body.target)
        if point is not None:
            arm = _blend(arm, _reaching(body, sign, shoulder, point), smoothstep(0.0, 1.0, body.gesturing))
    return arm


def _with_palm(body: Body, palm: Vector, hand: Vector, pole: Vector, thumb: Vector) -> Arm:
    return Arm(add(palm, hand, -body.bones.grip), pole, hand, thumb)


def _blend(a: Arm, b: Arm, share: float) -> Arm:
    if share <= 0.0:
        return a
    if share >= 1.0:
        return b
    wrist, pole = mix(a.wrist, b.wrist, share), mix(unit(a.pole), unit(b.pole), share)
    return Arm(wrist, pole, unit(mix(a.hand, b.hand, share), b.hand), mix(a.thumb, b.thumb, share))


def _hanging(body: Body, sign: float, shoulder: Vector) -> Arm:
    bones, mood, state = body.bones, body.mood, body.state
    swing, elbow, spread = 3.0, mood.elbow, mood.spread + 3.0 * mood.tense
    if not bones.legged:
        swing, elbow, spread = 6.0, 62.0, 10.0  # the robot carries its grippers ready
    elif state.gait_phase is not None:
        run, vigour = gait.running_share(state.speed), min(1.0, state.speed / 1.1)
        # The right arm is furthest back when the right heel strikes.
        wave = -math.cos(2.0 * math.pi * (state.gait_phase + (0.0 if sign < 0.0 else 0.5)))
        swing = wave * (mood.swing * vigour + 8.0 * run) + 3.0 - 8.0 * run - 6.0 * mood.tense
        elbow += run * max(0.0, 82.0 - elbow) + max(0.0, wave) * 10.0 * vigour * (1.0 - run)
    a, b = math.radians(swing), math.radians(spread)
    upper = (math.sin(a) * math.cos(b), sign * math.sin(b), -math.cos(a) * math.cos(b))
    a, b = math.radians(swing + elbow), math.radians(0.6 * spread - 0.22 * elbow)
    fore = (math.sin(a) * math.cos(b), sign * math.sin(b), -math.cos(a) * math.cos(b))
    wrist = add(add(shoulder, upper, bones.upper_arm), fore, bones.forearm)
    return Arm(wrist, (-1.0, sign * 0.3, -0.1), fore, (1.0, -sign * 0.35, 0.25))


def _in_lap(body: Body, sign: float) -> Arm:
    bones = body.bones
    hip = add(body.hips, (0.0, sign * bones.hip_half, 0.0))
    x, y, z = mix(hip, body.knees[0 if sign < 0.0 else 1], 0.62)
    palm = (x, y - sign * 0.15 * bones.hip_half, z + bones.lap + 0.02)
    return _with_palm(body, palm, unit((0.9, -sign * 0.35, -0.1)), (-0.5, sign * 0.9, -0.2), (0.0, -sign, 0.2))


def _feelings(body: Body, sign: float, shoulder: Vector) -> Iterator[tuple[float, Arm]]:
    """What the hands of a person who stands or sits do with a strong feeling, and how strongly."""
    mood = body.mood
    if mood.sad > 0.42:
        yield smoothstep(0.42, 0.72, mood.sad), _grieving(body, sign)
    if mood.tense > 0.25:
        yield smoothstep(0.25, 0.6, mood.tense), _clenching(body, sign)
    # Between rest and these poses a hand means nothing, so they come in quickly.
    if mood.calm > 0.35 and sign < 0.0 and body.seated < 0.5:
        yield smoothstep(0.35, 0.45, mood.calm), _hand_on_heart(body)
    if mood.joy > 0.35:
        yield smoothstep(0.35, 0.45, mood.joy), _clasping(body, sign)
    if mood.joy > 0.64:
        yield smoothstep(0.64, 0.74, mood.joy), _cheering(body, sign, shoulder)


def _grieving(body: Body, sign: float) -> Arm:
    bones, head = body.bones, body.head
    if sign < 0.0:  # the right hand goes to the brow
        palm = add(body.head_joint, rotate(head, (bones.face[0] + 0.035, -0.3 * bones.face[1], 1.08 * bones.face[1])))
        hand, thumb = unit(rotate(head, (0.12, 0.45, 0.85))), rotate(head, (0.1, 0.9, -0.4))
        return _with_palm(body, palm, hand, (0.15, -0.45, -1.0), thumb)
    if body.seated < 0.5:  # the left arm holds the body
        palm = body.in_chest(bones.chest + 0.03, -0.55 * bones.shoulder_half, 0.02 * body.figure.height)
        return _with_palm(body, palm, unit(rotate(body.chest, (0.15, -1.0, 0.1))), (-0.4, 0.8, -0.6), (0.1, 0.0, 1.0))
    return _in_lap(body, sign)


def _clenching(body: Body, sign: float) -> Arm:
    """Fists wrung before the chest."""
    bones = body.bones
    wring = 0.012 * math.sin(2.0 * math.pi * 1.7 * body.state.time + (0.0 if sign < 0.0 else 1.6))
    palm = body.in_chest(bones.chest + 0.42 * bones.forearm + wring, sign * 0.026 * body.figure.height,
                         bones.shoulder - 0.36 * bones.upper_arm + wring)  # fmt: skip
    hand = unit(rotate(body.chest, (0.35, -sign * 0.45, 0.85)))
    return _with_palm(body, palm, hand, (-0.1, sign * 0.55, -1.0), (-0.6, 0.0, 0.6))


def _hand_on_heart(body: Body) -> Arm:
    bones = body.bones
    palm = body.in_chest(bones.chest + 0.03, 0.12 * bones.shoulder_half, 0.62 * bones.shoulder)
    return _with_palm(body, palm, unit(rotate(body.chest, (0.1, 0.85, 0.45))), (-0.2, -0.7, -1.0), (0.1, -0.45, 0.9))


def _clasping(body: Body, sign: float) -> Arm:
    """Hands folded before the chest in delight."""
    bones = body.bones
    palm = body.in_chest(bones.chest + 0.4 * bones.forearm, sign * 0.016 * body.figure.height, 0.52 * bones.shoulder)
    hand = unit(rotate(body.chest, (0.45, -sign * 0.3, 0.85)))
    return _with_palm(body, palm, hand, (-0.2, sign * 0.75, -1.0), (-0.7, 0.0, 0.5))


def _cheering(body: Body, sign: float, shoulder: Vector) -> Arm:
    """Both hands thrown up, waving."""
    tall = body.figure.height
    wave = 0.03 * math.sin(4.5 * body.state.time + (0.0 if sign < 0.0 else 0.7))
    palm = add(shoulder, (0.10 * tall, sign * 0.15 * tall, 0.155 * tall + wave))
    return _with_palm(body, palm, unit((0.1, sign * 0.3, 1.0)), (-0.1, sign * 0.7, -1.0), (0.2, -sign, 0.0))


def _gesture_point(body: Body, side: str, sign: float, shoulder: Vector, target: Vector) -> Vector | None:
    """Where this hand's palm goes in the gesture, or None if it takes no part."""
    bones, state, turn = body.bones, body.state, 2.0 * math.pi * body.state.time
    if state.gesture == "play":
        tap = 0.012 * math.sin(3.1 * turn + (0.0 if sign < 0.0 else 2.2))
        # Whatever is played at, hands stay at desk height and within easy reach.
        desk = min(target[2], shoulder[2] - 0.55 * bones.upper_arm)
        ahead = min(target[0], shoulder[0] + 0.8 * (bones.upper_arm + bones.forearm))
        return (ahead, target[1] + sign * 0.085 + tap, desk + 0.02 + abs(tap))
    if side == state.hand:
        if state.gesture == "work":
            return add(target, (0.03 * math.cos(1.3 * turn), 0.03 * math.sin(1.3 * turn), 0.0))
        return target
    if state.gesture == "work" and not body.holds(side):  # the other hand steadies the work
        return add(target, (-0.06, sign * 0.17, 0.0))
    return None


def _reaching(body: Body, sign: float, shoulder: Vector, point: Vector) -> Arm:
    gesture, palm = body.state.gesture, body.bones.grip
    hand = unit(subtract(point, shoulder))
    thumb = (0.0, -sign, 0.3) if gesture in ("play", "touch") else (0.0, -sign * 0.3, 1.0)
    if gesture == "play":
        hand = unit((0.9, -sign * 0.25, -0.25))
    elif gesture == "touch" and body.bones.legged:
        palm *= 1.7  # fingertips touch, palms grasp
    return Arm(add(point, hand, -palm), (-0.5, sign * 0.7, -0.8), hand, thumb)
