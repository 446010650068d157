"""The opposite of each of the 32 emotions, after Plutchik's wheel, as EmPO (arXiv 2406.19071) pairs them.

The map is total, and not symmetric: ``guilty`` and ``ashamed`` both have ``proud`` across from them.
"""

from __future__ import annotations

OPPOSITE: dict[str, str] = {
    "afraid": "angry",
    "angry": "afraid",
    "annoyed": "apprehensive",
    "anticipating": "surprised",
    "anxious": "content",
    "apprehensive": "annoyed",
    "ashamed": "proud",
    "caring": "lonely",
    "confident": "embarrassed",
    "content": "anxious",
    "devastated": "excited",
    "disappointed": "impressed",
    "disgusted": "grateful",
    "embarrassed": "confident",
    "excited": "devastated",
    "faithful": "jealous",
    "furious": "terrified",
    "grateful": "disgusted",
    "guilty": "proud",
    "hopeful": "nostalgic",
    "impressed": "disappointed",
    "jealous": "faithful",
    "joyful": "sad",
    "lonely": "caring",
    "nostalgic": "hopeful",
    "prepared": "anxious",
    "proud": "ashamed",
    "sad": "joyful",
    "sentimental": "apprehensive",
    "surprised": "anticipating",
    "terrified": "furious",
    "trusting": "disgusted",
}
"""Emotion to opposite emotion."""
