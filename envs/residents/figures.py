"""Figures: the resident, dressed as a look says, and the robot, as segments that motion places.

A figure is neutral: named segments, each a handful of low-poly parts in the segment's own frame. The segment's origin
is its upper joint, limbs hang along -z, and x is to the front.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from envs.household.model import Material, Part, Vector
from envs.residents import head as heads
from envs.residents.skeleton import Skeleton, head_height, human_skeleton, robot_skeleton
from envs.residents.solids import Ring, ball, colour, limb, loft, merge, tube
from envs.simulators.base import RESIDENT, ROBOT, Look

GARMENTS = ("trousers", "skirt", "dress", "shorts")


@dataclass(frozen=True, slots=True)
class Figure:
    """A body that can be drawn and moved.

    Args:
        name: ``resident`` or ``robot``.
        segments: parts by segment, each in the segment's own frame.
        height: metres, standing.
        skeleton: the lengths that motion needs.
        features: where the segments of the face sit in the head's frame, metres.
        hidden: a place inside the head, for the features that a mood does not wear.
    """

    name: str
    segments: dict[str, tuple[Part, ...]]
    height: float
    skeleton: Skeleton
    features: dict[str, Vector] = field(default_factory=dict)
    hidden: Vector = (0.0, 0.0, 0.0)


def resident_figure(look: Look) -> Figure:
    """The resident as ``look`` says.

    Raises:
        ValueError: an unknown skin, hair, garment, build or colour; the message lists what there is.
    """
    if look.skin not in heads.SKINS:
        raise ValueError(f"expected a skin among {', '.join(heads.SKINS)}; got {look.skin!r}")
    if look.garment not in GARMENTS:
        raise ValueError(f"expected a garment among {', '.join(GARMENTS)}; got {look.garment!r}")
    bones = human_skeleton(look.height, look.build)
    size = head_height(look.height)
    if look.garment in ("skirt", "dress"):  # hands lie on the cloth
        bones = replace(bones, lap=0.08 * (look.height - size) * bones.girth)
    skin = colour(heads.SKINS[look.skin])
    segments: dict[str, tuple[Part, ...]] = {}
    segments.update(_trunk(look, bones, look.height - size, skin))
    segments.update(_arms(look, look.height - size, bones, skin))
    segments.update(_legs(look, look.height - size, bones, skin))
    features = _head(look, size, skin, segments)
    # Deep inside the skull, but high enough that the widest mouth stays inside it.
    return Figure(RESIDENT, segments, look.height, bones, features, (-0.42 * size, 0.0, 0.30 * size))


# ---------------------------------------------------------------- resident


def _head(look: Look, size: float, skin: Material, segments: dict[str, tuple[Part, ...]]) -> dict[str, Vector]:
    covered = look.hair in ("headscarf", "turban")
    cloth = colour(look.hair_colour)
    natural = colour("#2b1d16") if covered else cloth
    brow = Material((natural.colour[0] * 0.7, natural.colour[1] * 0.7, natural.colour[2] * 0.7, 1.0), specular=0.0)
    parts = [*heads.skull(size, skin, ears=look.hair not in ("headscarf", "bob", "long", "afro")), *heads.eyes(size)]
    parts += heads.hair(look.hair, size, cloth)
    if look.beard:
        parts += heads.beard(size, natural)
    if look.glasses:
        parts += heads.glasses(size)
    segments["head"] = tuple(parts)
    features = heads.features(size, skin, brow)
    for name, (_, made) in features.items():
        segments[name] = made
    return {name: place for name, (place, _) in features.items()}


def _rings(body: float, rows: tuple[tuple[float, float, float], ...], girth: float, shift: float = 0.0) -> list[Ring]:
    return [((shift * body, 0.0, z * body), depth * body * girth, width * body * girth) for z, depth, width in rows]


def _trunk(look: Look, bones: Skeleton, body: float, skin: Material) -> dict[str, tuple[Part, ...]]:
    top, bottom = colour(look.top), colour(look.top if look.garment == "dress" else look.bottom)
    girth = bones.girth
    hips = ((-0.085, 0.03, 0.05), (-0.06, 0.075, 0.095), (-0.01, 0.089, 0.116), (0.03, 0.084, 0.108), (0.065, 0.07, 0.09), (0.10, 0.05, 0.06))
    belly = ((-0.06, 0.06, 0.08), (-0.04, 0.084, 0.106), (0.0, 0.088, 0.108), (0.05, 0.083, 0.104), (0.10, 0.084, 0.107), (0.15, 0.07, 0.09))
    # The shirt's tail belongs to the hips: its edge against the trousers stays straight however the back bends.
    tail = ((-0.006, 0.08, 0.105), (-0.014, 0.103, 0.134), (0.004, 0.101, 0.131), (0.06, 0.092, 0.114), (0.105, 0.082, 0.102), (0.12, 0.05, 0.07))
    chest = ((-0.09, 0.07, 0.09), (-0.04, 0.081, 0.103), (0.02, 0.089, 0.113), (0.075, 0.091, 0.122), (0.115, 0.084, 0.128), (0.144, 0.064, 0.116),
             (0.161, 0.047, 0.074), (0.174, 0.03, 0.035))  # fmt: skip
    collar = ((0.140, 0.058, 0.072), (0.160, 0.055, 0.060), (0.178, 0.048, 0.050), (0.176, 0.03, 0.03))
    neck = bones.skull
    segments = {
        "pelvis": (loft(_rings(body, hips, girth), bottom, square=0.2), loft(_rings(body, tail, girth), top, square=0.17)),
        "waist": (loft(_rings(body, belly, girth), top, square=0.15),),
        "torso": (loft(_rings(body, chest, girth), top, square=0.25),
                  loft(_rings(body, collar, 0.5 + 0.5 * girth), colour(look.top, shade=0.72))),
        "neck": (loft([((0.0, 0.0, -0.05 * body), 0.036 * body, 0.038 * body), ((0.0, 0.0, 0.02 * body), 0.036 * body, 0.038 * body),
                       ((0.004 * body, 0.0, neck + 0.03 * body), 0.036 * body, 0.037 * body)], skin, sides=8),),
    }  # fmt: skip
    if look.garment in ("skirt", "dress"):
        cloth = colour(look.top if look.garment == "dress" else look.bottom)
        rows = ((0.06, 0.080, 0.100), (0.055, 0.086, 0.110), (0.0, 0.093, 0.119), (-0.10, 0.094, 0.132), (-0.275, 0.094, 0.154), (-0.28, 0.07, 0.12))
        segments["skirt"] = (loft(_rings(body, rows, girth), cloth, sides=12),)
    return segments


def _arms(look: Look, body: float, bones: Skeleton, skin: Material) -> dict[str, tuple[Part, ...]]:
    top = colour(look.top, shade=0.94)
    thick = body * (0.4 + 0.6 * bones.girth)
    bare = look.garment in ("shorts", "dress")
    upper = (0.042 * thick, 0.039 * thick, 0.033 * thick)
    fore = (0.034 * thick, 0.032 * thick, 0.025 * thick)
    segments: dict[str, tuple[Part, ...]] = {}
    for side, sign in (("right", -1.0), ("left", 1.0)):
        if bare:
            sleeve = limb(bones.upper_arm * 0.5, (upper[0] * 1.06, upper[1] * 1.15), top, dome=0.75)
            segments[f"upper_arm_{side}"] = (limb(bones.upper_arm, upper, skin, dome=0.6), sleeve)
            segments[f"forearm_{side}"] = (limb(bones.forearm, fore, skin),)
        else:
            cuff = limb(bones.forearm * 0.97, (fore[2] * 1.28, fore[2] * 1.28), colour(look.top, shade=0.72), start=bones.forearm * 0.87)
            segments[f"upper_arm_{side}"] = (limb(bones.upper_arm, upper, top, dome=0.75),)
            segments[f"forearm_{side}"] = (limb(bones.forearm, (fore[0], fore[1], fore[2] * 1.1), top), cuff)
        segments[f"hand_{side}"] = (_hand(body, sign, skin),)
        segments[f"fist_{side}"] = (_fist(body, sign, skin),)
    return segments


def _hand(body: float, sign: float, skin: Material) -> Part:
    """A mitten with a thumb to the front, palm towards the body."""
    rows = ((0.012, 0.0, 0.0), (0.0, 0.021, 0.019), (-0.03, 0.029, 0.019), (-0.062, 0.031, 0.017), (-0.09, 0.024, 0.014), (-0.104, 0.0, 0.0))
    palm = loft(_rings(body, rows, 1.0), skin, sides=8)
    thumb = loft([((0.026 * body, -sign * 0.004 * body, -0.014 * body), 0.0, 0.0), ((0.03 * body, -sign * 0.006 * body, -0.026 * body), 0.012 * body, 0.011 * body),
                  ((0.042 * body, -sign * 0.010 * body, -0.052 * body), 0.010 * body, 0.010 * body),
                  ((0.044 * body, -sign * 0.010 * body, -0.064 * body), 0.0, 0.0)], skin, sides=5)  # fmt: skip
    return merge([palm, thumb])


def _fist(body: float, sign: float, skin: Material) -> Part:
    """A closed hand, worn instead of the open one by people who are tense or run."""
    rows = ((0.012, 0.0, 0.0), (0.0, 0.022, 0.020), (-0.022, 0.034, 0.026), (-0.052, 0.035, 0.027), (-0.068, 0.026, 0.020), (-0.072, 0.0, 0.0))
    knuckles = loft(_rings(body, rows, 1.0), skin, sides=8, square=0.25)
    thumb = ball((0.022 * body, -sign * 0.026 * body, -0.042 * body), (0.022 * body, 0.011 * body, 0.012 * body), skin, sides=6, levels=3)
    return merge([knuckles, thumb])


def _legs(look: Look, body: float, bones: Skeleton, skin: Material) -> dict[str, tuple[Part, ...]]:
    cloth = colour(look.top if look.garment == "dress" else look.bottom, shade=0.96)
    thick = body * (0.4 + 0.6 * bones.girth)
    thigh = (0.064 * thick, 0.058 * thick, 0.046 * thick)
    shin = (0.046 * thick, 0.045 * thick, 0.032 * thick)
    shoe = colour("#f1efe9" if look.garment == "shorts" else "#3d332d")
    sole = colour("#d9d4c8" if look.garment == "shorts" else "#26201c")
    segments: dict[str, tuple[Part, ...]] = {}
    for side in ("right", "left"):
        if look.garment == "trousers":
            segments[f"thigh_{side}"] = (limb(bones.thigh, thigh, cloth, dome=0.6),)
            segments[f"shin_{side}"] = (limb(bones.shin, (shin[0], shin[1], shin[2] * 1.25), cloth),)
        elif look.garment == "shorts":
            leg = limb(bones.thigh * 0.72, (thigh[0] * 1.04, thigh[1] * 1.12, thigh[1] * 1.14), cloth)
            segments[f"thigh_{side}"] = (limb(bones.thigh, thigh, skin), leg)
            sock = limb(bones.shin * 1.02, (shin[2] * 1.12, shin[2] * 1.12), shoe, start=bones.shin * 0.8)
            segments[f"shin_{side}"] = (limb(bones.shin, shin, skin), sock)
        else:
            segments[f"thigh_{side}"] = (limb(bones.thigh * 0.86, (thigh[0], thigh[1] * 1.08, thigh[1] * 1.12), cloth), limb(bones.thigh, (thigh[1], thigh[2]), skin, start=0.55 * bones.thigh))
            segments[f"shin_{side}"] = (limb(bones.shin, shin, skin),)
        segments[f"foot_{side}"] = _foot(body, bones, shoe, sole)
    return segments


def _foot(body: float, bones: Skeleton, shoe: Material, sole: Material) -> tuple[Part, ...]:
    """A shoe whose toe turns up, so that it can roll over the ball without digging into the floor."""
    floor, ball_x, heel = -bones.ankle, bones.ball, bones.heel
    middle, half = (ball_x - heel) / 2.0, (ball_x + heel) / 2.0
    tip = 0.02 * body
    rows: list[Ring] = [
        ((middle, 0.0, floor), half, 0.034 * body),
        ((middle + tip * 0.5, 0.0, floor + 0.014 * body), half + tip * 0.5, 0.039 * body),
    ]
    upper: list[Ring] = [
        ((middle + tip * 0.5, 0.0, floor + 0.012 * body), half + tip * 0.45, 0.037 * body),
        ((middle + tip * 0.3, 0.0, floor + 0.03 * body), half + tip * 0.2, 0.036 * body),
        ((0.012 * body, 0.0, floor + 0.052 * body), heel * 1.25, 0.034 * body),
        ((0.0, 0.0, floor + 0.068 * body), heel * 0.85, 0.032 * body),
        ((0.0, 0.0, floor + 0.074 * body), 0.0, 0.0),
    ]
    return (loft(rows, sole, square=0.25), loft(upper, shoe, square=0.2))


# ---------------------------------------------------------------- robot

_SHELL, _GRAPHITE, _TEAL, _GLOW = "#f2f4f5", "#3a4047", "#14b8a6", "#5ff2e2"


def robot_figure() -> Figure:
    """The home robot: white shells, graphite joints, a teal accent, a dark face screen with two glowing eyes."""
    bones = robot_skeleton()
    shell, joint, accent = colour(_SHELL, shininess=0.4, specular=0.2), colour(_GRAPHITE), colour(_TEAL, emission=0.25)
    segments: dict[str, tuple[Part, ...]] = {}
    segments.update(_robot_trunk(shell, joint, accent))
    for side, sign in (("right", -1.0), ("left", 1.0)):
        segments.update(_robot_limbs(bones, side, sign, shell, joint, accent))
    features = _robot_face(segments, shell, accent)
    return Figure(ROBOT, segments, 1.35, bones, features, (0.0, 0.0, 0.16))


def _robot_trunk(shell: Material, joint: Material, accent: Material) -> dict[str, tuple[Part, ...]]:
    def rows(*values: tuple[float, float, float]) -> list[Ring]:
        return [((0.0, 0.0, z), depth, width) for z, depth, width in values]

    return {
        "pelvis": (loft(rows((-0.085, 0.05, 0.08), (-0.07, 0.095, 0.125), (0.0, 0.115, 0.155), (0.06, 0.10, 0.14), (0.085, 0.05, 0.08)), shell, sides=12),),
        "waist": (loft(rows((-0.04, 0.078, 0.088), (0.20, 0.075, 0.085)), joint),),
        "torso": (
            loft(rows((-0.045, 0.08, 0.10), (-0.035, 0.105, 0.135), (0.06, 0.135, 0.175), (0.17, 0.14, 0.19), (0.26, 0.115, 0.165), (0.31, 0.06, 0.09)),
                 shell, sides=12, square=0.2),
            loft(rows((0.005, 0.115, 0.15), (0.012, 0.124, 0.162), (0.035, 0.131, 0.17), (0.042, 0.12, 0.155)), accent, sides=12, square=0.2),
            ball((0.132, 0.0, 0.185), (0.02, 0.035, 0.035), accent),
            loft(rows((-0.22, 0.058, 0.066), (0.05, 0.058, 0.066)), joint),  # slides in the waist when the trunk rises
        ),
        "neck": (loft(rows((-0.04, 0.05, 0.05), (0.09, 0.045, 0.045)), joint, sides=8),),
    }  # fmt: skip


def _robot_limbs(bones: Skeleton, side: str, sign: float, shell: Material, joint: Material, accent: Material) -> dict[str, tuple[Part, ...]]:
    cap = ball((0.0, 0.0, 0.0), (0.058, 0.05, 0.058), joint)
    elbow = ball((0.0, 0.0, 0.0), (0.046, 0.046, 0.046), joint)
    knee = ball((0.0, 0.0, 0.0), (0.062, 0.062, 0.062), joint)
    wheel = loft([((0.01, 0.0, -bones.ankle), 0.085, 0.055), ((0.01, 0.0, -bones.ankle + 0.02), 0.105, 0.068),
                  ((0.01, 0.0, -0.005), 0.10, 0.066), ((0.005, 0.0, 0.03), 0.06, 0.05)], joint, sides=12)  # fmt: skip
    rim = loft([((0.01, 0.0, -0.022), 0.1, 0.064), ((0.01, 0.0, -0.018), 0.107, 0.070), ((0.01, 0.0, -0.006), 0.107, 0.070),
                ((0.01, 0.0, -0.002), 0.1, 0.064)], accent, sides=12)  # fmt: skip
    palm = loft([((0.0, 0.0, 0.03), 0.0, 0.0), ((0.0, 0.0, 0.02), 0.035, 0.035), ((0.0, 0.0, -0.035), 0.042, 0.036), ((0.0, 0.0, -0.05), 0.03, 0.025)], joint, sides=8)
    fingers = [loft([((x * 0.8, y, -0.03), 0.012, 0.014), ((x * 1.15, y, -0.075), 0.012, 0.013), ((x * 0.8, y * 0.8, -0.115), 0.009, 0.010)], joint, sides=5)
               for x, y in ((0.036, 0.018), (0.036, -0.018), (-0.036, 0.0))]  # fmt: skip
    pads = [ball((x * 0.72, y * 0.8, -0.118), (0.013, 0.014, 0.012), accent, sides=5, levels=3) for x, y in ((0.036, 0.018), (0.036, -0.018), (-0.036, 0.0))]
    return {
        f"upper_arm_{side}": (limb(bones.upper_arm - 0.02, (0.044, 0.05, 0.042), shell, start=0.03), cap),
        f"forearm_{side}": (limb(bones.forearm - 0.02, (0.042, 0.05, 0.038), shell, start=0.035), elbow),
        f"hand_{side}": (merge([palm, *fingers]), merge(pads)),
        f"thigh_{side}": (limb(bones.thigh - 0.01, (0.075, 0.072, 0.062), shell),),
        f"shin_{side}": (limb(bones.shin - 0.02, (0.058, 0.064, 0.058), shell, start=0.04), knee),
        f"foot_{side}": (wheel, rim),
    }


def _robot_face(segments: dict[str, tuple[Part, ...]], shell: Material, accent: Material) -> dict[str, Vector]:
    def rows(*values: tuple[float, float, float, float]) -> list[Ring]:
        return [((x, 0.0, z), depth, width) for x, z, depth, width in values]

    screen, glow = colour("#12181f", shininess=0.8, specular=0.4), colour(_GLOW, emission=0.9)
    skull = loft(rows((0.0, 0.0, 0.06, 0.08), (0.0, 0.025, 0.12, 0.145), (0.0, 0.10, 0.15, 0.185), (0.0, 0.22, 0.15, 0.185), (0.0, 0.305, 0.115, 0.14),
                      (0.0, 0.335, 0.05, 0.06)), shell, sides=14, square=0.15)  # fmt: skip
    face = loft(rows((0.09, 0.05, 0.03, 0.08), (0.075, 0.065, 0.078, 0.125), (0.065, 0.11, 0.1, 0.146), (0.065, 0.21, 0.1, 0.146), (0.075, 0.262, 0.072, 0.115),
                     (0.09, 0.275, 0.03, 0.08)), screen, sides=14, square=0.35)  # fmt: skip
    cups = [ball((0.0, side * 0.185, 0.16), (0.045, 0.022, 0.045), accent) for side in (-1.0, 1.0)]
    segments["head"] = (skull, face, merge(cups))
    front, apart, level = 0.152, 0.068, 0.175
    eyes = [ball((0.0, side * apart, 0.0), (0.014, 0.026, 0.04), glow, sides=8) for side in (-1.0, 1.0)]
    shut = [ball((0.0, side * apart, 0.0), (0.014, 0.03, 0.008), glow, sides=8) for side in (-1.0, 1.0)]
    bows = [tube([(0.004 - 0.012 * abs(t), side * apart + 0.036 * t, -0.028 * t * t + 0.014) for t in (-1.0, -0.6, 0.0, 0.6, 1.0)], [0.01] * 5, glow)
            for side in (-1.0, 1.0)]  # fmt: skip
    segments["eyes_open"], segments["eyes_closed"], segments["eyes_smile"] = (merge(eyes),), (merge(shut),), (merge(bows),)
    return {name: (front, 0.0, level) for name in ("eyes_open", "eyes_closed", "eyes_smile")}
