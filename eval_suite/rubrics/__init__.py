"""Rubrics: what judges grade by, as data. A new one is a new YAML file, here or anywhere, and no code.

The bundled texts are ours; each file names the published scale that its items are grounded in.
"""

from __future__ import annotations

from eval_suite.rubrics.loading import RubricError, load_rubric, rubric_names
from eval_suite.rubrics.schema import CHALLENGES, Aggregate, Challenge, Item, Rubric, Scale

__all__ = [
    "CHALLENGES",
    "Aggregate",
    "Challenge",
    "Item",
    "Rubric",
    "RubricError",
    "Scale",
    "load_rubric",
    "rubric_names",
]
