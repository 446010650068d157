"""Judges: models that grade episodes by rubrics, with error bars, and the tests that tell whether they can be trusted."""

from __future__ import annotations
