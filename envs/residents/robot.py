"""The home robot: white shells, graphite joints, a teal accent, a dark face screen with two glowing eyes."""

from __future__ import annotations

from envs.household.model import Material, Part, Vector
from envs.residents.skeleton import Skeleton
from envs.residents.solids import Ring, ball, colour, limb, loft, merge, tube

HEIGHT = 1.35
"""Metres, as it usually stands."""
HIDDEN = (0.0, 0.0, 0.16)
"""The middle of the head, where eyes are kept that it does not wear."""
_SHELL, _GRAPHITE, _TEAL, _GLOW = "#f2f4f5", "#3a4047", "#14b8a6", "#5ff2e2"


def build(bones: Skeleton) -> tuple[dict[str, tuple[Part, ...]], dict[str, Vector]]:
    """The robot's segments, and where those of its face sit in the head's frame."""
    shell, joint, accent = colour(_SHELL, shininess=0.4, specular=0.2), colour(_GRAPHITE), colour(_TEAL, emission=0.25)
    segments = _trunk(shell, joint, accent)
    for side in ("right", "left"):
        segments.update(_limbs(bones, side, shell, joint, accent))
    segments["head"] = _head(shell, accent)
    eyes = _eyes()
    segments.update(eyes)
    return segments, dict.fromkeys(eyes, (0.152, 0.0, 0.175))


def _trunk(shell: Material, joint: Material, accent: Material) -> dict[str, tuple[Part, ...]]:
    def rows(*values: tuple[float, float, float]) -> list[Ring]:
        return [((0.0, 0.0, z), depth, width) for z, depth, width in values]

    return {
        "pelvis": (
            loft(
                rows((-0.085, 0.05, 0.08), (-0.07, 0.095, 0.125), (0.0, 0.115, 0.155), (0.06, 0.10, 0.14), (0.085, 0.05, 0.08)),
                shell,
                sides=12,
            ),
        ),
        "waist": (loft(rows((-0.04, 0.078, 0.088), (0.20, 0.075, 0.085)), joint),),
        "torso": (
            loft(
                rows(
                    (-0.045, 0.08, 0.10),
                    (-0.035, 0.105, 0.135),
                    (0.06, 0.135, 0.175),
                    (0.17, 0.14, 0.19),
                    (0.26, 0.115, 0.165),
                    (0.31, 0.06, 0.09),
                ),
                shell,
                sides=12,
                square=0.2,
            ),
            loft(
                rows((0.005, 0.115, 0.15), (0.012, 0.124, 0.162), (0.035, 0.131, 0.17), (0.042, 0.12, 0.155)),
                accent,
                sides=12,
                square=0.2,
            ),
            ball((0.132, 0.0, 0.185), (0.02, 0.035, 0.035), accent),
            loft(rows((-0.22, 0.058, 0.066), (0.05, 0.058, 0.066)), joint),  # slides in the waist when the trunk rises
        ),
        "neck": (loft(rows((-0.04, 0.05, 0.05), (0.09, 0.045, 0.045)), joint, sides=8),),
    }


def _limbs(bones: Skeleton, side: str, shell: Material, joint: Material, accent: Material) -> dict[str, tuple[Part, ...]]:
    cap = ball((0.0, 0.0, 0.0), (0.058, 0.05, 0.058), joint)
    elbow = ball((0.0, 0.0, 0.0), (0.046, 0.046, 0.046), joint)
    knee = ball((0.0, 0.0, 0.0), (0.062, 0.062, 0.062), joint)
    wheel = loft(
        [
            ((0.01, 0.0, -bones.ankle), 0.085, 0.055),
            ((0.01, 0.0, -bones.ankle + 0.02), 0.105, 0.068),
            ((0.01, 0.0, -0.005), 0.10, 0.066),
            ((0.005, 0.0, 0.03), 0.06, 0.05),
        ],
        joint,
        sides=12,
    )
    rim = loft(
        [
            ((0.01, 0.0, -0.022), 0.1, 0.064),
            ((0.01, 0.0, -0.018), 0.107, 0.070),
            ((0.01, 0.0, -0.006), 0.107, 0.070),
            ((0.01, 0.0, -0.002), 0.1, 0.064),
        ],
        accent,
        sides=12,
    )
    palm = loft(
        [
            ((0.0, 0.0, 0.03), 0.0, 0.0),
            ((0.0, 0.0, 0.02), 0.035, 0.035),
            ((0.0, 0.0, -0.035), 0.042, 0.036),
            ((0.0, 0.0, -0.05), 0.03, 0.025),
        ],
        joint,
        sides=8,
    )
    fingers = [
        loft(
            [
                ((x * 0.8, y, -0.03), 0.012, 0.014),
                ((x * 1.15, y, -0.075), 0.012, 0.013),
                ((x * 0.8, y * 0.8, -0.115), 0.009, 0.010),
            ],
            joint,
            sides=5,
        )
        for x, y in ((0.036, 0.018), (0.036, -0.018), (-0.036, 0.0))
    ]
    pads = [
        ball((x * 0.72, y * 0.8, -0.118), (0.013, 0.014, 0.012), accent, sides=5, levels=3)
        for x, y in ((0.036, 0.018), (0.036, -0.018), (-0.036, 0.0))
    ]
    return {
        f"upper_arm_{side}": (limb(bones.upper_arm - 0.02, (0.044, 0.05, 0.042), shell, start=0.03), cap),
        f"forearm_{side}": (limb(bones.forearm - 0.02, (0.042, 0.05, 0.038), shell, start=0.035), elbow),
        f"hand_{side}": (merge([palm, *fingers]), merge(pads)),
        f"thigh_{side}": (limb(bones.thigh - 0.01, (0.075, 0.072, 0.062), shell),),
        f"shin_{side}": (limb(bones.shin - 0.02, (0.058, 0.064, 0.058), shell, start=0.04), knee),
        f"foot_{side}": (wheel, rim),
    }


def _head(shell: Material, accent: Material) -> tuple[Part, ...]:
    def rows(*values: tuple[float, float, float, float]) -> list[Ring]:
        return [((x, 0.0, z), depth, width) for x, z, depth, width in values]

    screen = colour("#12181f", shininess=0.8, specular=0.4)
    skull = loft(
        rows(
            (0.0, 0.0, 0.06, 0.08),
            (0.0, 0.025, 0.12, 0.145),
            (0.0, 0.10, 0.15, 0.185),
            (0.0, 0.22, 0.15, 0.185),
            (0.0, 0.305, 0.115, 0.14),
            (0.0, 0.335, 0.05, 0.06),
        ),
        shell,
        sides=14,
        square=0.15,
    )
    face = loft(
        rows(
            (0.09, 0.05, 0.03, 0.08),
            (0.075, 0.065, 0.078, 0.125),
            (0.065, 0.11, 0.1, 0.146),
            (0.065, 0.21, 0.1, 0.146),
            (0.075, 0.262, 0.072, 0.115),
            (0.09, 0.275, 0.03, 0.08),
        ),
        screen,
        sides=14,
        square=0.35,
    )
    cups = [ball((0.0, side * 0.185, 0.16), (0.045, 0.022, 0.045), accent) for side in (-1.0, 1.0)]
    return (skull, face, merge(cups))


def _eyes() -> dict[str, tuple[Part, ...]]:
    glow, apart = colour(_GLOW, emission=0.9), 0.068
    eyes = [ball((0.0, side * apart, 0.0), (0.014, 0.026, 0.04), glow, sides=8) for side in (-1.0, 1.0)]
    shut = [ball((0.0, side * apart, 0.0), (0.014, 0.03, 0.008), glow, sides=8) for side in (-1.0, 1.0)]
    bows = [
        tube(
            [(0.004 - 0.012 * abs(t), side * apart + 0.036 * t, -0.028 * t * t + 0.014) for t in (-1.0, -0.6, 0.0, 0.6, 1.0)],
            [0.01] * 5,
            glow,
        )
        for side in (-1.0, 1.0)
    ]
    return {"eyes_open": (merge(eyes),), "eyes_closed": (merge(shut),), "eyes_smile": (merge(bows),)}
