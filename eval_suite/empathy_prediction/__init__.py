"""Empathy prediction: how much empathy a resident will feel for a story, and which stories match (after EmpathicStories++)."""

from __future__ import annotations

from eval_suite.empathy_prediction.matching import match_stories
from eval_suite.empathy_prediction.memories import MORALS, Life, Memory, lives, resonance, with_own_words
from eval_suite.empathy_prediction.prediction import predict
from eval_suite.empathy_prediction.ratings import Hearing, empathy, hearings, leaks

__all__ = [
    "MORALS",
    "Hearing",
    "Life",
    "Memory",
    "empathy",
    "hearings",
    "leaks",
    "lives",
    "match_stories",
    "predict",
    "resonance",
    "with_own_words",
]
