"""The nine signs, their levels, and the seven steps of severity that are told apart here.

The signs are one to each item of the PHQ-9 (Kroenke, Spitzer and Williams 2001), 0 (not at all) to 3 (nearly every day). Its
bands are standard: 0-4 minimal, 5-9 mild, 10-14 moderate, 15-19 moderately severe, 20-27 severe. HEAE (arXiv 2505.23631)
tells seven levels apart, whose names and limits could not be verified; ours halve the two outer bands and keep the others.

All of it is for comparing estimators on made-up diaries. It is no instrument for people, and its words are never for a
robot to say: see :mod:`eval_suite.wellbeing.safety`.
"""

from __future__ import annotations

from collections.abc import Sequence

SIGNS = ("interest", "mood", "sleep", "energy", "appetite", "worth", "focus", "movement", "harm")
"""In the order of the PHQ-9's items; the ninth is thoughts of self-harm."""
HARM = SIGNS.index("harm")
HIGHEST = 3
BANDS = ((0, 2), (3, 4), (5, 9), (10, 14), (15, 19), (20, 23), (24, 27))
"""Sums of the nine, from and to, of each level 0 to 6 (ours; the outer two standard bands in halves)."""
LEVELS = len(BANDS)


def severity(items: Sequence[int]) -> int:
    """Level 0 to 6 of nine items.

    Raises:
        ValueError: not nine items of 0 to 3.

    Example:
        >>> severity([1] * 9)
        2
    """
    if len(items) != len(SIGNS) or any(not 0 <= item <= HIGHEST for item in items):
        raise ValueError(f"expected nine items from 0 to {HIGHEST}, got {list(items)}")
    total = sum(items)
    return next(level for level, (_, last) in enumerate(BANDS) if total <= last)
