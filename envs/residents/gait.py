"""Gait: where each foot is at every moment of a stride, on the floor and without sliding.

A stride is two steps. While a foot stands it moves back under the body exactly as fast as the body moves on; it rolls
from heel to ball, and is swung forward over the floor. Above :data:`RUN_SPEED` both feet leave the floor in turn.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from envs.residents.bearing import Bearing, smoothstep
from envs.residents.skeleton import Skeleton

RUN_SPEED = 1.6
"""Metres per second from which a person runs."""


class Footfall(NamedTuple):
    """One foot against the hips: ankle (to the front, up), pitch in degrees (positive: toes down), whether it bears."""

    forward: float
    up: float
    pitch: float
    bears: bool


def stride(skeleton: Skeleton, bearing: Bearing, speed: float) -> float:
    """Length of one stride (two steps), metres: advance ``gait_phase`` by ``distance / stride``."""
    leg = skeleton.hip
    # Longer legs and faster walking make longer strides, length ~ speed^0.42 (Grieve 1968); 1.2 m at 1.2 m/s for an adult.
    walk = 1.42 * leg * (max(speed, 0.02) / 1.2) ** 0.42
    return (walk + running_share(speed) * 0.35 * leg) * bearing.stride


def stance_share(run: float) -> float:
    """Share of a stride for which one foot stands."""
    return 0.6 - 0.24 * run


def running_share(speed: float) -> float:
    """0 when walking, 1 when running."""
    return smoothstep(RUN_SPEED - 0.15, RUN_SPEED + 0.35, speed)


def roll(skeleton: Skeleton, flat: float, pitch: float, clearance: float = 0.0) -> tuple[float, float]:
    """The ankle of a foot whose sole would stand flat under ``flat``: it turns about its heel or its ball."""
    angle = math.radians(pitch)
    cos, sin = math.cos(angle), math.sin(angle)
    pivot = skeleton.ball if pitch > 0.0 else -skeleton.heel
    # The ankle seen from the pivot is (-pivot, ankle); a positive pitch tips it to the front.
    forward = -pivot * cos + skeleton.ankle * sin
    up = pivot * sin + skeleton.ankle * cos
    return flat + pivot + forward, up + clearance


def footfall(skeleton: Skeleton, length: float, phase: float, run: float, lift: float = 1.0) -> Footfall:
    """Where a foot is at ``phase`` (0: its heel strikes) of a stride of ``length``.

    Args:
        skeleton: lengths of the figure.
        length: of the stride, metres.
        phase: 0 to 1, repeats.
        run: share of running.
        lift: how high the foot is lifted, 1 for a normal walk.
    """
    phase %= 1.0
    stance = stance_share(run)
    reach = length * stance / 2.0
    ahead = -0.1 * reach  # a foot trails further than it leads: the raised heel lends the trailing leg its length
    vigour = min(1.0, length / (1.3 * skeleton.hip))  # small steps hardly roll
    strike, push = -16.0 * vigour * (1.0 - run), (38.0 + 8.0 * run) * vigour
    if phase < stance:
        t = phase / stance
        flat = ahead + reach * (1.0 - 2.0 * t)
        pitch = strike * (1.0 - smoothstep(0.0, 0.22, t)) + push * smoothstep(0.62, 1.0, t) ** 1.3
        forward, up = roll(skeleton, flat, pitch)
        return Footfall(forward, up, pitch, True)
    t = (phase - stance) / (1.0 - stance)
    # Hermite from lift-off to strike; it leaves and arrives with part of the floor's speed so that nothing jerks.
    tangent = -length * (1.0 - stance) * 0.7
    t2, t3 = t * t, t * t * t
    flat = ahead - reach * (2 * t3 - 3 * t2 + 1) + tangent * (t3 - 2 * t2 + t) + reach * (3 * t2 - 2 * t3) + tangent * (t3 - t2)
    pitch = push * (1.0 - smoothstep(0.0, 0.55, t)) + strike * smoothstep(0.5, 1.0, t)
    pitch += 25.0 * run * math.sin(math.pi * t)
    raised = math.sin(math.pi * t) ** 1.5 * skeleton.hip * lift * vigour * (0.055 + 0.22 * run)
    forward, up = roll(skeleton, flat, pitch, raised)
    return Footfall(forward, up, pitch, False)
