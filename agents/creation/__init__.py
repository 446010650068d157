"""Making scenarios with a model: EmpathyAgent's pipeline (arXiv 2503.16545), with every answer checked before it is kept.

Seed line -> resident -> situation and murmur -> responses from different inspirations -> ranking -> plans in words -> Scenario.

* :mod:`agents.creation.pipeline`: the whole run, resumable, with what failed and why;
* :mod:`agents.creation.stages`: what is asked at each stage, and how answers are read;
* :mod:`agents.creation.checks`: what is refused: illegal actions, names, length, plans that no simulator carries out;
* :mod:`agents.creation.journal`: answers on disk;
* :mod:`agents.creation.inspirations`: seed lines, and exchanges to learn a manner from.
"""

from __future__ import annotations

from agents.creation.checks import FailureKind
from agents.creation.pipeline import Created, Creation, create
from agents.creation.stages import Failure

__all__ = ["Created", "Creation", "Failure", "FailureKind", "create"]
