"""The countenance: where the head turns and what the face shows."""

from __future__ import annotations

import math
from envs.residents.arms import holding_point
from envs.residents.bearing import Bearing
from envs.residents.figures import Figure
from envs.residents.rotations import Quaternion, Vector, about_x, about_y, about_z, add, multiply, rotate, subtract
from envs.residents.state import BodyState, Segments
from envs.residents.trunk import Trunk

def place_head(
    figure: Figure, state: BodyState, mood: Bearing, seated: float, trunk: Trunk, chest_joint: Vector, chest: Quaternion,
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
        look, share = add(chest_joint, rotate(chest, holding_point(bones, state.holding, -1.0))), 0.8 * seated
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


def place_face(
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
