"""Bodies in clothes: trunk, arms, hands, legs and shoes of a person, as a look says.

Lengths are shares of ``body``, the height up to the chin.
"""

from __future__ import annotations

from envs.household.model import Material, Part
from envs.residents.skeleton import Skeleton
from envs.residents.solids import Ring, ball, colour, limb, loft, merge
from envs.simulators.base import Look


def _rings(body: float, rows: tuple[tuple[float, float, float], ...], girth: float, shift: float = 0.0) -> list[Ring]:
    return [((shift * body, 0.0, z * body), depth * body * girth, width * body * girth) for z, depth, width in rows]


def trunk(look: Look, bones: Skeleton, body: float, skin: Material) -> dict[str, tuple[Part, ...]]:
    """Pelvis, waist, torso and neck, and the skirt if one is worn."""
    top, bottom = colour(look.top), colour(look.top if look.garment == "dress" else look.bottom)
    girth = bones.girth
    hips = (
        (-0.085, 0.03, 0.05),
        (-0.06, 0.075, 0.095),
        (-0.01, 0.089, 0.116),
        (0.03, 0.084, 0.108),
        (0.065, 0.07, 0.09),
        (0.10, 0.05, 0.06),
    )
    belly = (
        (-0.06, 0.06, 0.08),
        (-0.04, 0.084, 0.106),
        (0.0, 0.088, 0.108),
        (0.05, 0.083, 0.104),
        (0.10, 0.084, 0.107),
        (0.15, 0.07, 0.09),
    )
    # The shirt's tail belongs to the hips: its edge against the trousers stays straight however the back bends.
    tail = (
        (-0.006, 0.08, 0.105),
        (-0.014, 0.103, 0.134),
        (0.004, 0.101, 0.131),
        (0.06, 0.092, 0.114),
        (0.105, 0.082, 0.102),
        (0.12, 0.05, 0.07),
    )
    chest = (
        (-0.09, 0.07, 0.09),
        (-0.04, 0.081, 0.103),
        (0.02, 0.089, 0.113),
        (0.075, 0.091, 0.122),
        (0.115, 0.084, 0.128),
        (0.144, 0.064, 0.116),
        (0.161, 0.047, 0.074),
        (0.174, 0.03, 0.035),
    )
    collar = ((0.140, 0.058, 0.072), (0.160, 0.055, 0.060), (0.178, 0.048, 0.050), (0.176, 0.03, 0.03))
    neck = bones.skull
    segments = {
        "pelvis": (loft(_rings(body, hips, girth), bottom, square=0.2), loft(_rings(body, tail, girth), top, square=0.17)),
        "waist": (loft(_rings(body, belly, girth), top, square=0.15),),
        "torso": (
            loft(_rings(body, chest, girth), top, square=0.25),
            loft(_rings(body, collar, 0.5 + 0.5 * girth), colour(look.top, shade=0.72)),
        ),
        "neck": (
            loft(
                [
                    ((0.0, 0.0, -0.05 * body), 0.036 * body, 0.038 * body),
                    ((0.0, 0.0, 0.02 * body), 0.036 * body, 0.038 * body),
                    ((0.004 * body, 0.0, neck + 0.03 * body), 0.036 * body, 0.037 * body),
                ],
                skin,
                sides=8,
            ),
        ),
    }
    if look.garment in ("skirt", "dress"):
        cloth = colour(look.top if look.garment == "dress" else look.bottom)
        rows = (
            (0.06, 0.080, 0.100),
            (0.055, 0.086, 0.110),
            (0.0, 0.093, 0.119),
            (-0.10, 0.094, 0.132),
            (-0.275, 0.094, 0.154),
            (-0.28, 0.07, 0.12),
        )
        segments["skirt"] = (loft(_rings(body, rows, girth), cloth, sides=12),)
    return segments


def _covered(look: Look) -> bool:
    """Who wears a headscarf wears long sleeves, and tights under a skirt."""
    return look.hair == "headscarf"


def arms(look: Look, bones: Skeleton, body: float, skin: Material) -> dict[str, tuple[Part, ...]]:
    """Arms in long or short sleeves, open hands and fists."""
    top = colour(look.top, shade=0.94)
    thick = body * (0.4 + 0.6 * bones.girth)
    bare = look.garment in ("shorts", "dress") and not _covered(look)
    upper = (0.042 * thick, 0.039 * thick, 0.033 * thick)
    fore = (0.034 * thick, 0.032 * thick, 0.025 * thick)
    segments: dict[str, tuple[Part, ...]] = {}
    for side, sign in (("right", -1.0), ("left", 1.0)):
        if bare:
            sleeve = limb(bones.upper_arm * 0.5, (upper[0] * 1.06, upper[1] * 1.15), top, dome=0.75)
            segments[f"upper_arm_{side}"] = (limb(bones.upper_arm, upper, skin, dome=0.6), sleeve)
            segments[f"forearm_{side}"] = (limb(bones.forearm, fore, skin),)
        else:
            cuff = limb(
                bones.forearm * 0.97, (fore[2] * 1.28, fore[2] * 1.28), colour(look.top, shade=0.72), start=bones.forearm * 0.87
            )
            segments[f"upper_arm_{side}"] = (limb(bones.upper_arm, upper, top, dome=0.75),)
            segments[f"forearm_{side}"] = (limb(bones.forearm, (fore[0], fore[1], fore[2] * 1.1), top), cuff)
        segments[f"hand_{side}"] = (_hand(body, sign, skin),)
        segments[f"fist_{side}"] = (_fist(body, sign, skin),)
    return segments


def _hand(body: float, sign: float, skin: Material) -> Part:
    """A mitten with a thumb to the front, palm towards the body."""
    rows = (
        (0.012, 0.0, 0.0),
        (0.0, 0.021, 0.019),
        (-0.03, 0.029, 0.019),
        (-0.062, 0.031, 0.017),
        (-0.09, 0.024, 0.014),
        (-0.104, 0.0, 0.0),
    )
    palm = loft(_rings(body, rows, 1.0), skin, sides=8)
    thumb = loft(
        [
            ((0.026 * body, -sign * 0.004 * body, -0.014 * body), 0.0, 0.0),
            ((0.03 * body, -sign * 0.006 * body, -0.026 * body), 0.012 * body, 0.011 * body),
            ((0.042 * body, -sign * 0.010 * body, -0.052 * body), 0.010 * body, 0.010 * body),
            ((0.044 * body, -sign * 0.010 * body, -0.064 * body), 0.0, 0.0),
        ],
        skin,
        sides=5,
    )
    return merge([palm, thumb])


def _fist(body: float, sign: float, skin: Material) -> Part:
    """A closed hand, worn instead of the open one by people who are tense or run."""
    rows = (
        (0.012, 0.0, 0.0),
        (0.0, 0.022, 0.020),
        (-0.022, 0.034, 0.026),
        (-0.052, 0.035, 0.027),
        (-0.068, 0.026, 0.020),
        (-0.072, 0.0, 0.0),
    )
    knuckles = loft(_rings(body, rows, 1.0), skin, sides=8, square=0.25)
    thumb = ball(
        (0.022 * body, -sign * 0.026 * body, -0.042 * body), (0.022 * body, 0.011 * body, 0.012 * body), skin, sides=6, levels=3
    )
    return merge([knuckles, thumb])


def legs(look: Look, bones: Skeleton, body: float, skin: Material) -> dict[str, tuple[Part, ...]]:
    """Legs in trousers, in shorts with socks, or bare under a skirt; and shoes."""
    cloth = colour(look.top if look.garment == "dress" else look.bottom, shade=0.96)
    thick = body * (0.4 + 0.6 * bones.girth)
    thigh = (0.064 * thick, 0.058 * thick, 0.046 * thick)
    shin = (0.046 * thick, 0.045 * thick, 0.032 * thick)
    shoe = colour("#f1efe9" if look.garment == "shorts" else "#3d332d")
    sole = colour("#d9d4c8" if look.garment == "shorts" else "#26201c")
    bare = colour(look.bottom, shade=0.8) if _covered(look) else skin
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
            segments[f"thigh_{side}"] = (
                limb(bones.thigh * 0.86, (thigh[0], thigh[1] * 1.08, thigh[1] * 1.12), cloth),
                limb(bones.thigh, (thigh[1], thigh[2]), bare, start=0.55 * bones.thigh),
            )
            segments[f"shin_{side}"] = (limb(bones.shin, shin, bare),)
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
