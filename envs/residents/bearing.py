"""Bearing: how a manner (valence, arousal) shapes a body, as numbers that posture, gait and face read.

The four corners of the circumplex each have a body of their own: sadness bows and rounds, tension hunches and
clenches, contentment opens, joy lifts. Everything between is a smooth mixture, so moods can fade.
"""

from __future__ import annotations

from dataclasses import dataclass

from envs.simulators.base import Manner


def smoothstep(low: float, high: float, value: float) -> float:
    """0 below ``low``, 1 above ``high``, smooth between."""
    t = min(max((value - low) / (high - low), 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


@dataclass(frozen=True, slots=True)
class Bearing:
    """Angles in degrees, lengths as shares of the figure's height, weights from 0 to 1.

    Args:
        sad, tense, calm, joy: weights of the four corners.
        nod: pitch of the head against the chest (positive: bowed).
        waist, chest: forward pitch of the lower and upper spine.
        shoulder_forward, shoulder_up: displacement of the shoulders.
        swing: amplitude of the arms in walking.
        elbow: flexion of the elbows at rest.
        spread: how far the arms hang from the body.
        stride: factor on the length of strides.
        bounce: factor on the rise and fall in walking.
        brow: slope of the brows (positive: inner ends up, as in grief; negative: knit).
        brow_up: rise of the brows, as a share of the head's height.
        lid: 0 eyes wide open, 1 closed.
        mouth: which mouth is worn: smile, grin, neutral, frown, grimace.
        tears: whether tears are seen.
    """

    sad: float
    tense: float
    calm: float
    joy: float
    nod: float
    waist: float
    chest: float
    shoulder_forward: float
    shoulder_up: float
    swing: float
    elbow: float
    spread: float
    stride: float
    bounce: float
    brow: float
    brow_up: float
    lid: float
    mouth: str
    tears: bool


def read_bearing(manner: Manner) -> Bearing:
    """What ``manner`` does to a body."""
    valence = min(max(manner.valence, -1.0), 1.0)
    arousal = min(max(manner.arousal, -1.0), 1.0)
    bad, good = max(0.0, -valence), max(0.0, valence)
    high = smoothstep(-0.35, 0.55, arousal)
    low = 1.0 - high
    # Moods saturate well before the ends of the scales: people's scenarios rarely say -1.
    bad, good = min(1.0, bad * 1.3), min(1.0, good * 1.3)
    sad, tense, calm, joy = bad * low, bad * high, good * low, good * high
    tired = max(0.0, -arousal) * (1.0 - good)
    alert = max(0.0, arousal)
    if valence > 0.2:
        mouth = "grin" if joy > 0.42 else "smile"
    elif valence < -0.2:
        mouth = "grimace" if tense > 0.42 else "frown"
    else:
        mouth = "neutral"
    return Bearing(
        sad=sad,
        tense=tense,
        calm=calm,
        joy=joy,
        nod=17.0 * sad + 7.0 * tense + 8.0 * tired - 4.0 * calm - 8.0 * joy,
        waist=7.0 * sad + 7.0 * tense + 3.0 * tired - 1.0 * calm - 2.0 * joy,
        chest=17.0 * sad + 12.0 * tense + 6.0 * tired - 2.0 * calm - 5.0 * joy,
        shoulder_forward=0.022 * sad + 0.016 * tense - 0.008 * (calm + joy),
        shoulder_up=-0.012 * sad + 0.026 * tense + 0.004 * joy,
        swing=19.0 + 6.0 * alert - 12.0 * sad - 8.0 * tense + 4.0 * calm + 10.0 * joy,
        elbow=14.0 - 6.0 * sad + 60.0 * tense + 4.0 * calm + 10.0 * joy + 6.0 * alert,
        spread=8.0 - 3.0 * sad + 4.0 * tense + 2.0 * calm + 6.0 * joy,
        stride=1.0 - 0.32 * sad - 0.12 * tense - 0.08 * tired + 0.08 * joy,
        bounce=1.0 - 0.5 * sad + 0.9 * joy,
        brow=24.0 * sad - 15.0 * tense + 3.0 * calm + 5.0 * joy,
        brow_up=0.004 * sad - 0.022 * tense + 0.006 * calm + 0.03 * joy,
        lid=min(max(0.16 + 0.34 * sad + 0.22 * tired - 0.16 * alert + 0.12 * calm, 0.0), 0.75),
        mouth=mouth,
        tears=sad > 0.8,
    )
