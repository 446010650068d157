"""The countenance: where the head turns and what the face shows."""

from __future__ import annotations

import math

from envs.residents.arms import holding_point
from envs.residents.rotations import Quaternion, Vector, about_x, about_y, about_z, add, multiply, rotate, subtract
from envs.residents.state import Body
from envs.residents.trunk import Trunk

_TURN, _UP, _DOWN = 62.0, 45.0, 42.0
"""How far a head turns, and nods against the chest, degrees."""


def place_head(body: Body, trunk: Trunk) -> None:
    """Turn the head: mood, fidgeting, and whatever there is to look at."""
    bones, mood, now = body.bones, body.mood, body.state.time
    neck_joint = body.in_chest(0.0, 0.0, bones.neck)
    leaning = trunk.waist + trunk.chest
    pitch = mood.nod + 0.25 * leaning  # a head stays mostly upright on a bent back
    idle = 0.3 if body.walking else 1.0
    yaw = idle * (3.0 + 5.0 * mood.tense) * math.sin((0.5 + 1.3 * mood.tense) * now)
    tilt = 3.0 * mood.calm + 5.0 * mood.joy * math.sin(2.3 * now) + 4.0 * mood.sad
    look, share = _attention(body)
    if look is not None:
        ahead = subtract(look, add(neck_joint, (bones.face[0], 0.0, bones.skull + bones.face[1])))
        flat = math.hypot(ahead[0], ahead[1])
        to_pitch = math.degrees(math.atan2(-ahead[2], max(flat, 0.1)))
        to_yaw = math.degrees(math.atan2(ahead[1], ahead[0])) if flat > 0.05 else 0.0
        pitch += share * (min(max(to_pitch, leaning - _UP), leaning + _DOWN) - pitch)
        yaw += share * (min(max(to_yaw, trunk.yaw - _TURN), trunk.yaw + _TURN) - yaw)
    head = multiply(multiply(about_z(yaw), about_y(pitch)), about_x(tilt))
    neck = _halfway(body.chest, head)
    head_joint = add(neck_joint, rotate(neck, (0.0, 0.0, bones.skull)))
    body.segments["neck"], body.segments["head"] = (neck_joint, neck), (head_joint, head)
    body.head_joint, body.head = head_joint, head
    eyes = add(head_joint, rotate(head, (bones.face[0] + 0.01, 0.0, bones.face[1])))
    body.gaze = (eyes, rotate(head, (1.0, 0.0, 0.0)))


def place_face(body: Body) -> None:
    """Slope the brows, lower the lids, and wear one mouth; the other mouths are kept inside the head."""
    mood, figure = body.mood, body.figure
    # A blink takes a sixth of a second, every four seconds or so.
    blink = (body.state.time + 1.3) % 3.9 > 3.74
    smiling = mood.calm + mood.joy > 0.4
    shown = {
        "tears": mood.tears,
        "eyes_smile": smiling,
        "eyes_open": not smiling and not blink,
        "eyes_closed": not smiling and blink,
    }
    for name, place in figure.features.items():
        kind, _, which = name.partition("_")
        turn = body.head
        if kind == "brow":
            turn = multiply(turn, about_x(mood.brow if which == "right" else -mood.brow))
            place = (place[0], place[1], place[2] + 2.0 * mood.brow_up * body.bones.face[1])
        elif kind == "lid":
            turn = multiply(turn, about_y(-88.0 * (1.0 - (1.0 if blink else mood.lid))))
        worn = which == mood.mouth if kind == "mouth" else shown.get(name, True)
        body.segments[name] = (add(body.head_joint, rotate(body.head, place if worn else figure.hidden)), turn)


def _attention(body: Body) -> tuple[Vector | None, float]:
    """What the head turns to, and how much."""
    if body.gesturing > 0.0:
        return body.target, 0.85 * body.gesturing
    if body.target is not None and body.state.gesture is None:
        return body.target, 0.85 * (1.0 - 0.6 * body.mood.sad)  # sorrow avoids eyes
    if any(body.state.holding) and body.seated > 0.0:
        side = -1.0 if body.holds("right") else 1.0
        return body.in_chest(*holding_point(body, side)), 0.6 * body.seated
    return None, 0.0


def _halfway(a: Quaternion, b: Quaternion) -> Quaternion:
    w, x, y, z = (p + q for p, q in zip(a, b, strict=True))
    size = math.sqrt(w * w + x * x + y * y + z * z) or 1.0
    return (w / size, x / size, y / size, z / size)
