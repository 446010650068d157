"""Metrics of how much and how variously agents talk: Dist-1, Dist-2, length ratio."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from eval_suite.metrics.language import TextScores

SAMPLE = 500
"""N-grams that the length-controlled Dist draws (ours): as many as forty short answers have."""


@lru_cache(maxsize=1)
def _tokenizer() -> Any:
    from nltk.tokenize import NLTKWordTokenizer

    return NLTKWordTokenizer()


@lru_cache(maxsize=65536)
def words(text: str) -> tuple[str, ...]:
    """Lower-case tokens by nltk's rules, which need no downloaded data."""
    return tuple(_tokenizer().tokenize(text.lower()))


def dist(
    candidates: Sequence[str], references: Sequence[Sequence[str]], names: Sequence[str], tick: Callable[[int], None]
) -> Mapping[str, TextScores]:
    """Dist-n (Li et al. 2016) over all answers together, as CEM counts it: different n-grams over n-grams."""
    counts = _counts(candidates, tick)
    shares = {n: len(grams) / sum(grams.values()) if grams else math.nan for n, grams in counts.items()}
    return {f"dist_{n}": TextScores([], share) for n, share in shares.items() if f"dist_{n}" in names}


def dist_controlled(
    candidates: Sequence[str], references: Sequence[Sequence[str]], names: Sequence[str], tick: Callable[[int], None]
) -> Mapping[str, TextScores]:
    """Dist-n of a sample of fixed size, see :func:`dist_of_sample`."""
    counts = _counts(candidates, tick)
    return {f"dist_{n}": TextScores([], dist_of_sample(grams)) for n, grams in counts.items() if f"dist_{n}" in names}


def _counts(candidates: Sequence[str], tick: Callable[[int], None]) -> dict[int, Counter[tuple[str, ...]]]:
    counts: dict[int, Counter[tuple[str, ...]]] = {1: Counter(), 2: Counter()}
    for text in candidates:
        tokens = words(text)
        for n, grams in counts.items():
            grams.update(zip(*(tokens[i:] for i in range(n)), strict=False))
    tick(len(candidates))
    return counts


def dist_of_sample(counts: Mapping[tuple[str, ...], int], sample: int = SAMPLE) -> float:
    """Expected Dist-n of a random sample of so many n-grams without replacement; NaN if there are fewer.

    Dist-n falls with the amount of text whatever its variety; this does not. Closed form (hypergeometric, as in HD-D,
    McCarthy and Jarvis 2007), so it needs no drawing and does not depend on the order of answers.

    Args:
        counts: n-gram to how often it occurs.
        sample: n-grams drawn.
    """
    total = sum(counts.values())
    if total < sample:
        return math.nan

    def log_choose(of: int, chosen: int) -> float:
        return math.lgamma(of + 1) - math.lgamma(chosen + 1) - math.lgamma(of - chosen + 1)

    everything = log_choose(total, sample)
    seen = 0.0
    for count, types in Counter(counts.values()).items():
        missed = math.exp(log_choose(total - count, sample) - everything) if total - count >= sample else 0.0
        seen += types * (1 - missed)
    return seen / sample


def length_ratio(
    candidates: Sequence[str], references: Sequence[Sequence[str]], names: Sequence[str], tick: Callable[[int], None]
) -> Mapping[str, TextScores]:
    """Words of each answer over words of the reference nearest in length; the corpus value is the ratio of totals."""
    ratios, mine, theirs = [], 0, 0
    for candidate, options in zip(candidates, references, strict=True):
        own = len(candidate.split())
        other = min((len(option.split()) for option in options), key=lambda size: (abs(size - own), size))
        ratios.append(own / other if other else math.nan)
        mine, theirs = mine + own, theirs + other
    tick(len(candidates))
    return {"length_ratio": TextScores(ratios, mine / theirs if theirs else math.nan)}
