"""The 32 emotion labels, and how each shows in a body.

The labels are those of EmpatheticDialogues, as used by CEM, CASE, EmpSOA and EmPO. Valence and arousal are ours:
coarse positions on the circumplex (Russell 1980) from -1 to 1, so that the resident's figure moves and looks its part.
"""

from __future__ import annotations

from envs.simulators.base import Manner

EMOTIONS: dict[str, tuple[float, float]] = {
    "afraid": (-0.7, 0.7),
    "angry": (-0.8, 0.8),
    "annoyed": (-0.5, 0.5),
    "anticipating": (0.4, 0.5),
    "anxious": (-0.6, 0.7),
    "apprehensive": (-0.5, 0.5),
    "ashamed": (-0.8, -0.4),
    "caring": (0.5, -0.1),
    "confident": (0.7, 0.3),
    "content": (0.7, -0.4),
    "devastated": (-1.0, -0.6),
    "disappointed": (-0.6, -0.5),
    "disgusted": (-0.7, 0.4),
    "embarrassed": (-0.5, 0.2),
    "excited": (0.8, 0.8),
    "faithful": (0.5, 0.0),
    "furious": (-0.9, 1.0),
    "grateful": (0.7, 0.0),
    "guilty": (-0.7, -0.3),
    "hopeful": (0.6, 0.2),
    "impressed": (0.6, 0.4),
    "jealous": (-0.6, 0.4),
    "joyful": (1.0, 0.6),
    "lonely": (-0.7, -0.6),
    "nostalgic": (0.1, -0.5),
    "prepared": (0.5, 0.2),
    "proud": (0.8, 0.4),
    "sad": (-0.8, -0.6),
    "sentimental": (0.1, -0.4),
    "surprised": (0.2, 0.8),
    "terrified": (-0.9, 1.0),
    "trusting": (0.6, -0.2),
}
"""Emotion label to (valence, arousal)."""


def manner_of(emotion: str | None, intensity: int = 2) -> Manner:
    """How a body carries this emotion; neutral for None.

    Args:
        emotion: one of the 32 labels.
        intensity: 1 (mild) to 3 (strong).
    """
    if emotion is None:
        return Manner()
    valence, arousal = EMOTIONS[emotion]
    strength = {1: 0.6, 2: 0.85, 3: 1.0}[intensity]
    return Manner(valence * strength, arousal * strength)
