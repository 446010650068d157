"""Wellbeing observer: how severe a resident's fortnight was, from a diary, a caregiver's ratings, or both (after HEAE).

For comparing estimators on made-up diaries; never a diagnosis, and never for a robot to say: see
:mod:`eval_suite.wellbeing.safety`.
"""

from __future__ import annotations

from eval_suite.wellbeing.diaries import Fortnight, Noise, Person, adults, make_diaries
from eval_suite.wellbeing.estimation import Schedule, cross_validate
from eval_suite.wellbeing.safety import SafetyPath, breaches, names_a_condition, safety_path
from eval_suite.wellbeing.scale import BANDS, LEVELS, SIGNS, severity

__all__ = [
    "BANDS",
    "LEVELS",
    "SIGNS",
    "Fortnight",
    "Noise",
    "Person",
    "SafetyPath",
    "Schedule",
    "adults",
    "breaches",
    "cross_validate",
    "make_diaries",
    "names_a_condition",
    "safety_path",
    "severity",
]
