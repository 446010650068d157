"""Accuracy, macro-F1, quadratic kappa and mean absolute error of an ordinal task, with intervals clustered by resident.

All four are read off confusion matrices, so that resampling residents is adding up their matrices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval_suite.statistics import CONFIDENCE, RESAMPLES, Estimate

MEASURES = ("accuracy", "macro_f1", "kappa", "mae")
TITLES = {"accuracy": "accuracy", "macro_f1": "macro-F1", "kappa": "quadratic kappa", "mae": "MAE"}


@dataclass(frozen=True)
class Guesses:
    """What was guessed of whom.

    Args:
        residents: of each sample.
        gold: true levels.
        guessed: guessed levels.
        levels: how many there are.
    """

    residents: Sequence[str]
    gold: Sequence[int]
    guessed: Sequence[int]
    levels: int

    def matrices(self) -> NDArray[np.int64]:
        """A confusion matrix (gold by guessed) of each resident, residents in order of their ids."""
        _, who = np.unique(np.asarray(self.residents), return_inverse=True)
        found = np.zeros((int(who.max()) + 1, self.levels, self.levels), np.int64)
        np.add.at(found, (who, np.asarray(self.gold), np.asarray(self.guessed)), 1)
        return found


def measures(matrix: NDArray[np.int64]) -> dict[str, float]:
    """The four measures of a confusion matrix.

    Macro-F1 is over the levels that occur in gold or guesses; kappa is 0 where gold or guesses never vary.
    """
    total = float(matrix.sum())
    gold, guessed, hits = matrix.sum(axis=1), matrix.sum(axis=0), np.diag(matrix)
    present = (gold + guessed) > 0
    f1 = 2.0 * hits[present] / (gold + guessed)[present]
    places = np.arange(len(matrix))
    apart = np.abs(places[:, None] - places[None, :])
    expected = np.outer(gold, guessed) / total
    by_chance = float((apart**2 * expected).sum())
    return {
        "accuracy": float(hits.sum()) / total,
        "macro_f1": float(f1.mean()),
        "kappa": 1.0 - float((apart**2 * matrix).sum()) / by_chance if by_chance else 0.0,
        "mae": float((apart * matrix).sum()) / total,
    }


def estimates(guesses: Guesses, *, seed: int = 0) -> dict[str, Estimate]:
    """The four measures with 95 % intervals from resampling residents."""
    matrices = guesses.matrices()
    draws = _draws(len(matrices), seed)
    return _estimates(measures(matrices.sum(axis=0)), [measures(matrices[draw].sum(axis=0)) for draw in draws], matrices)


def difference(first: Guesses, second: Guesses, *, seed: int = 0) -> dict[str, Estimate]:
    """First less second, both resampled together: the same residents in every draw.

    Raises:
        ValueError: they are not of the same samples.
    """
    if list(first.residents) != list(second.residents) or list(first.gold) != list(second.gold):
        raise ValueError("expected guesses of the same samples, got others")
    one, two = first.matrices(), second.matrices()

    def less(draw: NDArray[np.int64]) -> dict[str, float]:
        a, b = measures(one[draw].sum(axis=0)), measures(two[draw].sum(axis=0))
        return {name: a[name] - b[name] for name in MEASURES}

    return _estimates(less(np.arange(len(one))), [less(draw) for draw in _draws(len(one), seed)], one)


def _draws(count: int, seed: int) -> NDArray[np.int64]:
    return np.random.default_rng(seed).integers(count, size=(RESAMPLES, count))


def _estimates(
    whole: dict[str, float], resampled: Sequence[dict[str, float]], matrices: NDArray[np.int64]
) -> dict[str, Estimate]:
    tail = 100.0 * (1.0 - CONFIDENCE) / 2
    found = {}
    for name in MEASURES:
        low, high = np.percentile([draw[name] for draw in resampled], [tail, 100.0 - tail])
        found[name] = Estimate(whole[name], float(low), float(high), int(matrices.sum()), len(matrices))
    return found
