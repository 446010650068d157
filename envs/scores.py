"""Scores as records keep them: NaN for what is unscored, which JSON knows as null."""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer


def _null_is_nan(scores: Any) -> Any:
    if isinstance(scores, dict):
        return {name: math.nan if value is None else value for name, value in scores.items()}
    return scores


def _nan_is_null(scores: dict[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in scores.items()}


Scores = Annotated[
    dict[str, float], BeforeValidator(_null_is_nan), PlainSerializer(_nan_is_null, return_type=dict[str, float | None])
]
"""Metric name to value."""
