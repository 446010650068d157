"""Motion: where every segment of a figure is, for a state of the body.

Plain kinematics, a pure function of figure and state: legs and arms are two-bone chains solved towards goals, so
bones keep their length and feet their place, whatever the mood, the gesture and the seat. Everything is worked out in
the body's own frame (x to the front, z = 0 on the floor) and moved into the world at the end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from envs.household.model import Pose
from envs.residents import gait
from envs.residents.bearing import Bearing, read_bearing, smoothstep
from envs.residents.figures import Figure
from envs.residents.rotations import (
    IDENTITY,
    Quaternion,
    Vector,
    about_x,
    about_y,
    about_z,
    add,
    bend,
    cross,
    hanging,
    length,
    mix,
    multiply,
    rotate,
    subtract,
    unit,
)
from envs.residents.skeleton import Skeleton
from envs.simulators.base import Manner

GESTURES = ("reach", "touch", "work", "play")
_SIDES = (("right", -1.0), ("left", 1.0))
_MOUTHS = ("smile", "grin", "neutral", "frown", "grimace")


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


class _Legs(NamedTuple):
    """Where the hips are and what each foot does, in the body's frame."""

    hips: Vector
    yaw: float
    ankles: tuple[Vector, Vector]
    pitches: tuple[float, float]
    toes_out: float


class _Trunk(NamedTuple):
    """Angles of the trunk in degrees, and how far gestures lower (crouch) or raise (lift) it, metres."""

    waist: float
    chest: float
    yaw: float
    roll: float
    crouch: float
    lift: float


class _Arm(NamedTuple):
    """A goal for one arm: wrist, where the elbow points, where hand and thumb point."""

    wrist: Vector
    pole: Vector
    hand: Vector
    thumb: Vector


class _Solved(NamedTuple):
    segments: dict[str, tuple[Vector, Quaternion]]
    grips: dict[str, Vector]
    eyes: Vector
    gaze: Vector


def place_segments(figure: Figure, state: BodyState) -> dict[str, tuple[Vector, Quaternion]]:
    """Position and orientation (w, x, y, z) in the world of every segment of ``figure``."""
    turn, origin = _frame(state)
    placed = {}
    for name, (position, orientation) in _solve(figure, state).segments.items():
        placed[name] = (add(origin, rotate(turn, position)), multiply(turn, orientation))
    return placed


def hand_pose(figure: Figure, state: BodyState, side: str) -> tuple[Vector, Quaternion]:
    """Where the base of an object in the ``right`` or ``left`` hand goes: on the palm, upright, fronts the same way.

    Raises:
        ValueError: ``side`` is neither.
    """
    if side not in ("right", "left"):
        raise ValueError(f"expected side 'right' or 'left', got {side!r}")
    turn, origin = _frame(state)
    return add(origin, rotate(turn, _solve(figure, state).grips[side])), turn


def head_camera(figure: Figure, state: BodyState) -> tuple[Vector, Vector]:
    """The eyes, and a point one metre ahead of them: a camera's position and target."""
    turn, origin = _frame(state)
    solved = _solve(figure, state)
    return add(origin, rotate(turn, solved.eyes)), add(origin, rotate(turn, add(solved.eyes, solved.gaze)))


def stride_length(figure: Figure, speed: float, manner: Manner) -> float:
    """Metres covered while ``gait_phase`` grows by one, so that feet do not slide."""
    return gait.stride(figure.skeleton, read_bearing(manner), speed)


def seat_offset(figure: Figure) -> float:
    """How far in front of the seat point the body stands when ``sit_blend`` is 0, metres."""
    return figure.skeleton.thigh * 0.98


def _frame(state: BodyState) -> tuple[Quaternion, Vector]:
    # A seat's pose lies on its cushion; the feet stand on the floor under it.
    floor = 0.0 if state.posture == "sit" else state.pose.z
    return about_z(state.pose.heading), (state.pose.x, state.pose.y, floor)


def _solve(figure: Figure, state: BodyState) -> _Solved:
    bones = figure.skeleton
    mood = read_bearing(state.manner)
    seated = min(max(state.sit_blend, 0.0), 1.0) if state.posture == "sit" else 0.0
    target = _to_body(state, state.target)
    legs = _legs(figure, state, mood, seated)
    trunk = _trunk(figure, state, mood, seated, legs, target)
    segments: dict[str, tuple[Vector, Quaternion]] = {}

    hips = add(legs.hips, (-0.35 * trunk.crouch, 0.0, -trunk.crouch))
    pelvis = multiply(about_z(legs.yaw), about_y(_pelvis_pitch(trunk, seated)))
    segments["pelvis"] = (hips, pelvis)
    knees = _place_legs(bones, legs, hips, pelvis, segments)
    chest_joint, chest, waist_joint, waist = _spine(bones, trunk, hips, pelvis)
    segments["waist"], segments["torso"] = (waist_joint, waist), (chest_joint, chest)
    head, eyes, gaze = _place_head(figure, state, mood, seated, trunk, chest_joint, chest, target, segments)
    _place_face(figure, state, mood, head, segments)
    grips = {}
    for index, (side, sign) in enumerate(_SIDES):
        shoulder = add(chest_joint, rotate(chest, _shoulder(figure, mood, sign)))
        arm = _arm(figure, state, mood, seated, side, sign, shoulder, chest, chest_joint, head, hips, knees, trunk, target)
        grips[side] = _place_arm(bones, side, shoulder, arm, segments)
        if f"fist_{side}" in figure.segments:
            # Of the open hand and the fist one is worn, the other is kept inside the chest.
            busy = state.holding[index] is not None or (state.gesture is not None and state.gesture_blend > 0.15)
            running = state.gait_phase is not None and gait.running_share(state.speed) > 0.5
            open_, fist = f"hand_{side}", f"fist_{side}"
            segments[fist] = segments[open_]
            segments[open_ if (mood.tense > 0.4 or running) and not busy else fist] = (
                add(chest_joint, rotate(chest, (0.0, 0.0, 0.6 * bones.shoulder))), chest)  # fmt: skip
    if "skirt" in figure.segments:
        segments["skirt"] = _skirt(hips, knees, pelvis)
    wanted = {name: segments[name] for name in figure.segments}
    return _Solved(wanted, grips, eyes, gaze)


def _to_body(state: BodyState, point: Vector | None) -> Vector | None:
    if point is None:
        return None
    turn, origin = _frame(state)
    return rotate((turn[0], -turn[1], -turn[2], -turn[3]), subtract(point, origin))


# ---------------------------------------------------------------- legs


def _legs(figure: Figure, state: BodyState, mood: Bearing, seated: float) -> _Legs:
    bones = figure.skeleton
    if seated > 0.0 or state.posture == "sit":
        return _sitting_legs(bones, state, mood, seated)
    if state.gait_phase is not None and bones.legged:
        return _walking_legs(bones, state, mood)
    return _standing_legs(bones, state, mood)


def _standing_legs(bones: Skeleton, state: BodyState, mood: Bearing) -> _Legs:
    moving = state.gait_phase is not None  # gliding: feet together, knees soft
    width = bones.hip_half * (1.1 - 0.15 * mood.sad + 0.35 * mood.tense + 0.2 * mood.joy)
    sway = 0.006 * math.sin(1.1 * state.time) * (1.0 + mood.sad)
    bounce = mood.joy * 0.018 * abs(math.sin(4.5 * state.time)) if not moving and bones.legged else 0.0
    low = bones.crouch + 0.012 * mood.tense + (0.03 if moving else 0.0)
    hips = (0.0, sway, bones.hip * (1.0 - low) - bounce)
    ankles = ((0.0, -width, bones.ankle), (0.0, width, bones.ankle))
    return _Legs(hips, 0.0, ankles, (0.0, 0.0), 9.0 if bones.legged else 0.0)


def _walking_legs(bones: Skeleton, state: BodyState, mood: Bearing) -> _Legs:
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
    return _Legs((0.0, sway, height), yaw, (ankles[0], ankles[1]), (feet[0].pitch, feet[1].pitch), 5.0)


def _sitting_legs(bones: Skeleton, state: BodyState, mood: Bearing, seated: float) -> _Legs:
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
    return _Legs(hips, 0.0, (ankles[0], ankles[1]), (pitches[0], pitches[1]), 6.0 if bones.legged else 0.0)


def _place_legs(
    bones: Skeleton, legs: _Legs, hips: Vector, pelvis: Quaternion, segments: dict[str, tuple[Vector, Quaternion]]
) -> tuple[Vector, Vector]:
    knees = []
    for (side, sign), goal, pitch in zip(_SIDES, legs.ankles, legs.pitches, strict=True):
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


def _skirt(hips: Vector, knees: tuple[Vector, Vector], pelvis: Quaternion) -> tuple[Vector, Quaternion]:
    down = unit(subtract(mix(knees[0], knees[1], 0.5), hips), (0.0, 0.0, -1.0))
    return hips, hanging(down, cross(down, rotate(pelvis, (0.0, 1.0, 0.0))))


# ---------------------------------------------------------------- trunk and head


def _pelvis_pitch(trunk: _Trunk, seated: float) -> float:
    return 0.55 * trunk.waist * (1.0 - 0.5 * seated) - 6.0 * seated


def _spine(bones: Skeleton, trunk: _Trunk, hips: Vector, pelvis: Quaternion) -> tuple[Vector, Quaternion, Vector, Quaternion]:
    waist_joint = add(hips, rotate(pelvis, (0.0, 0.0, bones.waist)))
    waist = multiply(multiply(about_z(trunk.yaw * 0.5), about_y(trunk.waist)), about_x(trunk.roll))
    chest_joint = add(waist_joint, rotate(waist, (0.0, 0.0, bones.spine + trunk.lift)))
    chest = multiply(multiply(about_z(trunk.yaw), about_y(trunk.waist + trunk.chest)), about_x(trunk.roll))
    return chest_joint, chest, waist_joint, waist


def _shoulder(figure: Figure, mood: Bearing, sign: float) -> Vector:
    bones = figure.skeleton
    if not bones.legged:
        return (0.0, sign * bones.shoulder_half, bones.shoulder)
    inward = 1.0 - 0.06 * mood.sad - 0.05 * mood.tense
    return (mood.shoulder_forward * figure.height, sign * bones.shoulder_half * inward,
            bones.shoulder + mood.shoulder_up * figure.height)  # fmt: skip


def _arm_span(bones: Skeleton) -> float:
    return bones.upper_arm + bones.forearm + bones.grip


def _trunk(figure: Figure, state: BodyState, mood: Bearing, seated: float, legs: _Legs, target: Vector | None) -> _Trunk:
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
    mooded = _Trunk(waist, chest, yaw, roll, 0.0, 0.0)
    if state.gesture is None or target is None or state.gesture_blend <= 0.0:
        return mooded
    asked = _reaching_trunk(figure, state, mood, seated, legs, mooded, target)
    share = smoothstep(0.0, 1.0, state.gesture_blend)
    return _Trunk(*(a + share * (b - a) for a, b in zip(mooded, asked, strict=True)))


def _reaching_trunk(
    figure: Figure, state: BodyState, mood: Bearing, seated: float, legs: _Legs, rest: _Trunk, target: Vector
) -> _Trunk:
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

    def bent(effort: float) -> _Trunk:
        # Up to 1 a body reaches as it likes to, beyond that it stretches.
        easy, far = min(effort, 1.0), max(effort - 1.0, 0.0)
        lean = easy * (42.0 + 38.0 * low - 38.0 * high) + far * (34.0 - 22.0 * low - 12.0 * high)
        crouch = (easy * low * 0.54 + far * (1.0 - low) * (1.0 - high) * 0.22) * bones.hip * (1.0 - seated)
        lift = easy * bones.lift * max(high, 0.0 if bones.legged else 0.3 * (1.0 - low))
        turn = (0.45 + 0.25 * easy) * away - sign * 14.0 * easy
        return _Trunk(rest.waist * 0.6 + lean * 0.65, rest.chest * 0.6 + lean * 0.35, turn, 0.0, crouch, lift)

    def gap(effort: float) -> float:
        trunk = bent(effort)
        hips = add(legs.hips, (-0.35 * trunk.crouch, 0.0, -trunk.crouch))
        pelvis = multiply(about_z(legs.yaw), about_y(_pelvis_pitch(trunk, seated)))
        chest_joint, chest, _, _ = _spine(bones, trunk, hips, pelvis)
        shoulder = add(chest_joint, rotate(chest, _shoulder(figure, mood, sign)))
        return length(subtract(target, shoulder)) - wanted

    if gap(0.12) <= 0.0:
        return bent(0.12)  # even the nearest things are leant to a little
    low_end, high_end = 0.12, limit
    for _ in range(8):
        middle = 0.5 * (low_end + high_end)
        low_end, high_end = (low_end, middle) if gap(middle) <= 0.0 else (middle, high_end)
    return bent(high_end)


def _place_head(
    figure: Figure, state: BodyState, mood: Bearing, seated: float, trunk: _Trunk, chest_joint: Vector, chest: Quaternion,
    target: Vector | None, segments: dict[str, tuple[Vector, Quaternion]],
) -> tuple[tuple[Vector, Quaternion], Vector, Vector]:  # fmt: skip
    bones = figure.skeleton
    neck_joint = add(chest_joint, rotate(chest, (0.0, 0.0, bones.neck)))
    leaning = trunk.waist + trunk.chest
    idle = 1.0 if state.gait_phase is None else 0.3
    pitch = mood.nod + 0.25 * leaning
    yaw = idle * (3.0 + 5.0 * mood.tense) * math.sin((0.5 + 1.3 * mood.tense) * state.time)
    tilt = 3.0 * mood.calm + 5.0 * mood.joy * math.sin(2.3 * state.time) + 4.0 * mood.sad
    look, share = None, 0.0
    if target is not None and state.gesture is not None:
        look, share = target, 0.85 * state.gesture_blend
    elif target is not None:
        look, share = target, 0.85 * (1.0 - 0.6 * mood.sad)  # sorrow avoids eyes
    elif any(state.holding) and seated > 0.0:
        look, share = add(chest_joint, rotate(chest, _holding_point(bones, state.holding, -1.0))), 0.8 * seated
    if look is not None:
        ahead = subtract(look, add(neck_joint, (bones.face[0], 0.0, bones.skull + bones.face[1])))
        flat = math.hypot(ahead[0], ahead[1])
        to_pitch = math.degrees(math.atan2(-ahead[2], max(flat, 0.1)))
        to_yaw = math.degrees(math.atan2(ahead[1], ahead[0])) if flat > 0.05 else 0.0
        pitch += share * (min(max(to_pitch, leaning - 45.0), leaning + 42.0) - pitch)
        yaw += share * (min(max(to_yaw, trunk.yaw - 62.0), trunk.yaw + 62.0) - yaw)
    head = multiply(multiply(about_z(yaw), about_y(pitch)), about_x(tilt))
    half = tuple(a + b for a, b in zip(chest, head, strict=True))
    size = math.sqrt(sum(value * value for value in half)) or 1.0
    neck = (half[0] / size, half[1] / size, half[2] / size, half[3] / size)
    head_joint = add(neck_joint, rotate(neck, (0.0, 0.0, bones.skull)))
    segments["neck"], segments["head"] = (neck_joint, neck), (head_joint, head)
    eyes = add(head_joint, rotate(head, (bones.face[0] + 0.01, 0.0, bones.face[1])))
    return (head_joint, head), eyes, rotate(head, (1.0, 0.0, 0.0))


def _place_face(
    figure: Figure, state: BodyState, mood: Bearing, head: tuple[Vector, Quaternion], segments: dict[str, tuple[Vector, Quaternion]]
) -> None:
    """Brows slope, lids droop, and one mouth is worn; the others are kept inside the head."""
    joint, turn = head
    size = figure.skeleton.face[1]
    away = figure.hidden
    # A blink takes a sixth of a second, every four seconds or so.
    blink = 1.0 if (state.time + 1.3) % 3.9 > 3.74 else 0.0
    for name, (x, y, z) in figure.features.items():
        orientation, shown = turn, True
        kind = name.split("_")[0]
        if kind == "brow":
            side = -1.0 if name.endswith("right") else 1.0
            orientation = multiply(turn, about_x(side * -mood.brow))
            z += mood.brow_up * size * 2.0
        elif kind == "lid":
            closed = max(mood.lid, blink)
            orientation = multiply(turn, about_y(-88.0 + 88.0 * closed))
        elif kind == "mouth":
            shown = name == f"mouth_{mood.mouth}"
        elif name == "tears":
            shown = mood.tears
        elif name == "eyes_smile":
            shown = mood.calm + mood.joy > 0.4
        elif name == "eyes_open":
            shown = mood.calm + mood.joy <= 0.4 and not blink
        elif name == "eyes_closed":
            shown = mood.calm + mood.joy <= 0.4 and bool(blink)
        offset = (x, y, z) if shown else away
        segments[name] = (add(joint, rotate(turn, offset)), orientation)


# ---------------------------------------------------------------- arms


def _holding_point(bones: Skeleton, holding: tuple[str | None, str | None], sign: float) -> Vector:
    both = all(holding)
    return (bones.chest + 0.62 * bones.forearm, sign * bones.shoulder_half * (0.8 if both else 0.3),
            bones.shoulder - 0.62 * bones.upper_arm)  # fmt: skip


def _arm(
    figure: Figure, state: BodyState, mood: Bearing, seated: float, side: str, sign: float, shoulder: Vector,
    chest: Quaternion, chest_joint: Vector, head: tuple[Vector, Quaternion], hips: Vector,
    knees: tuple[Vector, Vector], trunk: _Trunk, target: Vector | None,
) -> _Arm:  # fmt: skip
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
        grip = add(chest_joint, rotate(chest, _holding_point(bones, state.holding, sign)))
        hand = unit((0.85, -sign * 0.5, 0.1))
        arm = _Arm(add(grip, hand, -bones.grip), (-0.6, sign * 0.75, -0.8), hand, (0.0, sign, 0.3))
    if state.gesture is not None and target is not None and state.gesture_blend > 0.0:
        goal_point = _gesture_point(bones, state, side, sign, shoulder, target)
        if goal_point is not None:
            arm = _blend(arm, _reaching_arm(bones, state, sign, shoulder, goal_point), smoothstep(0.0, 1.0, state.gesture_blend))
    return arm


def _blend(a: _Arm, b: _Arm, share: float) -> _Arm:
    if share <= 0.0:
        return a
    if share >= 1.0:
        return b
    return _Arm(mix(a.wrist, b.wrist, share), mix(unit(a.pole), unit(b.pole), share),
                unit(mix(a.hand, b.hand, share), b.hand), mix(a.thumb, b.thumb, share))  # fmt: skip


def _hanging_arm(bones: Skeleton, state: BodyState, mood: Bearing, sign: float, shoulder: Vector) -> _Arm:
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
    return _Arm(wrist, (-1.0, sign * 0.3, -0.1), fore, (1.0, -sign * 0.35, 0.25))


def _lap_arm(bones: Skeleton, mood: Bearing, sign: float, hips: Vector, knees: tuple[Vector, Vector]) -> _Arm:
    knee = knees[0] if sign < 0.0 else knees[1]
    hip = add(hips, (0.0, sign * bones.hip_half, 0.0))
    point = mix(hip, knee, 0.62)
    hand = unit((0.9, -sign * 0.35, -0.1))
    palm = (point[0], point[1] - sign * 0.15 * bones.hip_half, point[2] + bones.lap + 0.02)
    return _Arm(add(palm, hand, -bones.grip), (-0.5, sign * 0.9, -0.2), hand, (0.0, -sign, 0.2))


def _mood_arms(
    figure: Figure, state: BodyState, mood: Bearing, seated: float, sign: float, shoulder: Vector, chest: Quaternion,
    chest_joint: Vector, head: tuple[Vector, Quaternion], knees: tuple[Vector, Vector],
) -> list[tuple[float, _Arm]]:  # fmt: skip
    """What the hands of a person who stands or sits do with a strong feeling."""
    bones = figure.skeleton
    poses: list[tuple[float, _Arm]] = []
    if mood.sad > 0.3:
        weight = smoothstep(0.42, 0.72, mood.sad)
        if sign < 0.0:  # the right hand goes to the brow
            hand = unit(rotate(head[1], (0.12, 0.45, 0.85)))
            palm = add(head[0], rotate(head[1], (bones.face[0] + 0.035, -0.3 * bones.face[1], 1.08 * bones.face[1])))
            poses.append((weight, _Arm(add(palm, hand, -bones.grip), (0.15, -0.45, -1.0), hand, rotate(head[1], (0.1, 0.9, -0.4)))))
        elif seated < 0.5:  # the left arm holds the body
            palm = add(chest_joint, rotate(chest, (bones.chest + 0.03, -0.55 * bones.shoulder_half, 0.02 * figure.height)))
            hand = unit(rotate(chest, (0.15, -1.0, 0.1)))
            poses.append((weight, _Arm(add(palm, hand, -bones.grip), (-0.4, 0.8, -0.6), hand, (0.1, 0.0, 1.0))))
        else:  # or lies between the knees
            palm = add(mix(knees[0], knees[1], 0.5), (-0.02, 0.0, bones.lap + 0.02 if "skirt" in figure.segments else 0.01))
            hand = unit((0.6, -0.2, -0.75))
            poses.append((weight, _Arm(add(palm, hand, -bones.grip), (-0.5, 0.9, 0.1), hand, (0.7, 0.0, 0.6))))
    if mood.tense > 0.25:
        weight = smoothstep(0.25, 0.6, mood.tense)
        wring = 0.012 * math.sin(2.0 * math.pi * 1.7 * state.time + (0.0 if sign < 0.0 else 1.6))
        height = bones.shoulder - 0.36 * bones.upper_arm
        palm = add(chest_joint, rotate(chest, (bones.chest + 0.42 * bones.forearm + wring, sign * 0.026 * figure.height,
                                               height + wring)))  # fmt: skip
        hand = unit(rotate(chest, (0.35, -sign * 0.45, 0.85)))
        poses.append((weight, _Arm(add(palm, hand, -bones.grip), (-0.1, sign * 0.55, -1.0), hand, (-0.6, 0.0, 0.6))))
    if mood.calm > 0.4 and sign < 0.0 and seated < 0.5:  # a hand on the heart
        palm = add(chest_joint, rotate(chest, (bones.chest + 0.03, 0.12 * bones.shoulder_half, 0.62 * bones.shoulder)))
        hand = unit(rotate(chest, (0.1, 0.85, 0.45)))
        poses.append((smoothstep(0.4, 0.65, mood.calm), _Arm(add(palm, hand, -bones.grip), (-0.2, -0.7, -1.0), hand,
                                                             (0.1, -0.45, 0.9))))  # fmt: skip
    if mood.joy > 0.4:
        weight = smoothstep(0.45, 0.75, mood.joy)
        wave = 0.03 * math.sin(4.5 * state.time + (0.0 if sign < 0.0 else 0.7))
        palm = add(shoulder, (0.10 * figure.height, sign * 0.15 * figure.height, 0.155 * figure.height + wave))
        hand = unit((0.1, sign * 0.3, 1.0))
        poses.append((weight, _Arm(add(palm, hand, -bones.grip), (-0.1, sign * 0.7, -1.0), hand, (0.2, -sign, 0.0))))
    return poses


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


def _reaching_arm(bones: Skeleton, state: BodyState, sign: float, shoulder: Vector, point: Vector) -> _Arm:
    hand = unit(subtract(point, shoulder))
    palm = bones.grip * (1.7 if state.gesture == "touch" and bones.legged else 1.0)  # fingertips touch, palms grasp
    if state.gesture == "play":
        hand = unit((0.9, -sign * 0.25, -0.25))
    thumb = (0.0, -sign, 0.3) if state.gesture in ("play", "touch") else (0.0, -sign * 0.3, 1.0)
    return _Arm(add(point, hand, -palm), (-0.5, sign * 0.7, -0.8), hand, thumb)


def _place_arm(
    bones: Skeleton, side: str, shoulder: Vector, arm: _Arm, segments: dict[str, tuple[Vector, Quaternion]]
) -> Vector:
    elbow, wrist = bend(shoulder, arm.wrist, bones.upper_arm, bones.forearm, arm.pole)
    front = (-arm.pole[0], -arm.pole[1], -arm.pole[2])
    segments[f"upper_arm_{side}"] = (shoulder, hanging(unit(subtract(elbow, shoulder)), front))
    segments[f"forearm_{side}"] = (elbow, hanging(unit(subtract(wrist, elbow)), arm.thumb))
    segments[f"hand_{side}"] = (wrist, hanging(arm.hand, arm.thumb))
    return add(wrist, arm.hand, bones.grip)


__all__ = ["GESTURES", "IDENTITY", "BodyState", "hand_pose", "head_camera", "place_segments", "seat_offset", "stride_length"]
