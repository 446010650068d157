"""Task B: of many stories, which share event, emotion or moral with an episode?

Episodes of one archetype are cut from the same cloth, so that a match of words would be no feat: candidates of the query's own
archetype, and of its own teller, are left out. An event is then shared by stories of the same theme from other archetypes.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval_suite.empathy_prediction.memories import Memory
from eval_suite.empathy_prediction.similarity import Texts, TextVectors, cosines
from eval_suite.statistics import Estimate, cluster_mean

ASPECTS = ("event", "emotion", "moral")
METHODS = ("random", "text")


@dataclass(frozen=True)
class Match:
    """How well a method finds stories that share an aspect.

    Args:
        precision: share of the first k that do.
        reciprocal: 1 / rank of the first that does (MRR).
        queries: episodes with any story to be found.
    """

    precision: Estimate
    reciprocal: Estimate
    queries: int


def shares(one: Memory, other: Memory, aspect: str) -> bool:
    """Whether two episodes share an aspect.

    Raises:
        ValueError: unknown aspect.
    """
    if aspect not in ASPECTS:
        raise ValueError(f"expected an aspect among {', '.join(ASPECTS)}; got {aspect!r}")
    if aspect == "event":
        return one.theme == other.theme
    return one.emotion == other.emotion if aspect == "emotion" else one.moral == other.moral


def rank_measures(order: Sequence[bool], k: int) -> tuple[float, float]:
    """Precision among the first k, and the reciprocal rank of the first hit (0 without any).

    Example:
        >>> rank_measures([False, True, True, False], 2)
        (0.5, 0.5)
    """
    first = next((1.0 / rank for rank, hit in enumerate(order, start=1) if hit), 0.0)
    return sum(order[:k]) / k, first


def match_stories(
    queries: Sequence[Memory], stories: Sequence[Memory], *, k: int = 5, texts: Texts = "auto", seed: int = 0
) -> dict[str, dict[str, Match]]:
    """Rank the stories for every query; method to aspect to how well that went, with intervals clustered by teller.

    Args:
        queries: episodes.
        stories: candidates for all.
        k: of precision at k.
        texts: how texts are compared.
        seed: of the random order.
    """
    vectors = TextVectors(texts, [story.text for story in stories])
    likeness = cosines(vectors.of([query.text for query in queries]), vectors.of([story.text for story in stories]))
    rng = random.Random(seed)
    found: dict[str, dict[str, Match]] = {}
    for method in METHODS:
        precision: dict[str, list[float]] = {aspect: [] for aspect in ASPECTS}
        reciprocal: dict[str, list[float]] = {aspect: [] for aspect in ASPECTS}
        tellers: dict[str, list[str]] = {aspect: [] for aspect in ASPECTS}
        for row, query in zip(likeness, queries, strict=True):
            order = _order(row, method, rng)
            kept = [stories[i] for i in order if stories[i].event != query.event and stories[i].resident != query.resident]
            for aspect in ASPECTS:
                hits = [shares(query, story, aspect) for story in kept]
                if any(hits):
                    at_k, first = rank_measures(hits, k)
                    precision[aspect].append(at_k)
                    reciprocal[aspect].append(first)
                    tellers[aspect].append(query.resident)
        found[method] = {
            aspect: Match(
                cluster_mean(precision[aspect], tellers[aspect], seed=seed),
                cluster_mean(reciprocal[aspect], tellers[aspect], seed=seed),
                len(precision[aspect]),
            )
            for aspect in ASPECTS
        }
    return found


def _order(row: NDArray[np.float64], method: str, rng: random.Random) -> list[int]:
    places = list(range(len(row)))
    rng.shuffle(places)  # ties are broken by chance, not by the order of the file
    return places if method == "random" else sorted(places, key=lambda place: -row[place])
