"""Task A: the empathy rating, 1 to 7, of a resident whom no model has met, toward a story.

Models: the training mean; text (how like the story is to the listener's episodes, in words and in the event, emotion and
moral that are read in them); behaviour (what is seen of the listener); both. Ridge regression on each, rounded for
accuracy, so that the table compares views and not learners.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval_suite.empathy_prediction.memories import Memory, resonance
from eval_suite.empathy_prediction.ratings import BEHAVIOUR, HIGHEST, LOWEST, Hearing, leaks
from eval_suite.empathy_prediction.similarity import Texts, TextVectors, cosines
from eval_suite.statistics import CONFIDENCE, RESAMPLES, Estimate

MODELS = ("mean", "text", "behaviour", "both")
MEASURES = ("spearman", "mae", "within_1")
TITLES = {"spearman": "Spearman", "mae": "MAE", "within_1": "within 1"}
NEAREST = 3
"""Episodes whose mean likeness is a feature besides the likest one (ours)."""
VOTERS = 5
"""Known episodes that vote on what another one tells (ours)."""
_PENALTY = 10.0


@dataclass(frozen=True)
class Predicted:
    """Predictions of every hearing, each by a model that met neither listener nor story.

    Args:
        residents: who listens.
        ratings: true.
        values: predicted, not rounded.
    """

    residents: tuple[str, ...]
    ratings: tuple[int, ...]
    values: tuple[float, ...]


def predict(
    hearings: Sequence[Hearing], *, texts: Texts = "auto", tick: Callable[[str], None] = lambda told: None
) -> dict[str, Predicted]:
    """Cross-validate the four models over the parts of the set.

    Args:
        hearings: as :func:`~eval_suite.empathy_prediction.ratings.hearings` deals them.
        texts: how texts are compared.
        tick: told of each part.

    Raises:
        ValueError: parts share listeners, tellers or texts.
        Unavailable: sentence embeddings were asked for and are not installed.
    """
    if shared := leaks(hearings):
        raise ValueError(f"expected parts that share nothing, got {shared[0]}")
    ratings = np.array([hearing.rating for hearing in hearings], float)
    folds = np.array([hearing.fold for hearing in hearings])
    values = {name: np.zeros(len(hearings)) for name in MODELS}
    seen = np.array([[hearing.behaviour[name] for name in BEHAVIOUR] for hearing in hearings])
    for fold in sorted(set(folds.tolist())):
        tick(f"part {fold + 1}")
        train, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        read = _text_features(hearings, train, texts)
        values["mean"][test] = ratings[train].mean()
        for name, features in (("text", read), ("behaviour", seen), ("both", np.hstack([read, seen]))):
            values[name][test] = _ridge(features[train], ratings[train], features[test])
    residents = tuple(hearing.resident for hearing in hearings)
    return {
        name: Predicted(residents, tuple(int(rating) for rating in ratings), tuple(float(value) for value in found))
        for name, found in values.items()
    }


def _text_features(hearings: Sequence[Hearing], train: NDArray[np.int64], texts: Texts) -> NDArray[np.float64]:
    """Likest episode, mean of the nearest, mean of all, and resonance as it is read; all learned from training texts alone."""
    known = _episodes([hearings[place] for place in train])
    everything = _episodes(hearings)
    vectors = TextVectors(texts, [memory.text for memory in known])
    place = {memory.text: i for i, memory in enumerate(everything)}
    rows = vectors.of([memory.text for memory in everything])
    read = _read(rows, everything, rows[[place[memory.text] for memory in known]], known)
    found = []
    for hearing in hearings:
        at, told = place[hearing.story.text], [place[memory.text] for memory in hearing.history]
        alike = np.sort(cosines(rows[[at]], rows[told])[0])[::-1]
        found.append([alike[0], alike[:NEAREST].mean(), alike.mean(), resonance([read[i] for i in told], read[at])])
    return np.array(found)


def _episodes(hearings: Sequence[Hearing]) -> list[Memory]:
    return sorted({memory for hearing in hearings for memory in (hearing.story, *hearing.history)}, key=lambda m: m.text)


def _read(rows: Any, episodes: Sequence[Memory], known_rows: Any, known: Sequence[Memory]) -> list[Memory]:
    """Event, emotion and axis of every episode, by vote of the nearest known episodes of other tellers.

    Nobody's own episodes vote, so that training texts are read as blindly as those of the test.
    """
    likeness = cosines(rows, known_rows)
    tellers = np.array([memory.resident for memory in known])
    found = []
    for row, memory in zip(likeness, episodes, strict=True):
        open_to_vote = np.where(tellers == memory.resident, -1.0, row)
        nearest = [int(i) for i in np.argsort(-open_to_vote, kind="stable")[:VOTERS]]
        told = {
            name: _elected([getattr(known[i], name) for i in nearest], open_to_vote[nearest])
            for name in ("event", "emotion", "axis")
        }
        theme = next(known[i].theme for i in nearest if known[i].event == told["event"])
        found.append(Memory("", "", told["event"], theme, told["emotion"], 1, told["axis"]))
    return found


def _elected(labels: Sequence[str], weights: NDArray[np.float64]) -> str:
    votes: dict[str, float] = {}
    for label, weight in zip(labels, weights, strict=True):
        votes[label] = votes.get(label, 0.0) + float(weight)
    return max(votes, key=lambda label: votes[label])


def _ridge(train: NDArray[np.float64], ratings: NDArray[np.float64], test: NDArray[np.float64]) -> NDArray[np.float64]:
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), Ridge(alpha=_PENALTY)).fit(train, ratings)
    return np.clip(np.asarray(model.predict(test)), LOWEST, HIGHEST)


def measures(ratings: NDArray[np.float64], values: NDArray[np.float64]) -> dict[str, float]:
    """Spearman's rho of the values, MAE and accuracy within 1 of the rounded ones; rho is 0 where a side never varies."""
    from scipy.stats import rankdata

    ranks, guessed = rankdata(ratings), rankdata(values)
    varies = float(ranks.std()) > 0 and float(guessed.std()) > 0
    rounded = np.rint(values)
    return {
        "spearman": float(np.corrcoef(ranks, guessed)[0, 1]) if varies else 0.0,
        "mae": float(np.abs(rounded - ratings).mean()),
        "within_1": float((np.abs(rounded - ratings) <= 1).mean()),
    }


def estimates(predicted: Predicted, *, seed: int = 0, resamples: int = RESAMPLES) -> dict[str, Estimate]:
    """The measures with 95 % intervals from resampling listeners."""
    ratings, values = np.array(predicted.ratings, float), np.array(predicted.values)
    names, who = np.unique(np.array(predicted.residents), return_inverse=True)
    of = [np.flatnonzero(who == number) for number in range(len(names))]
    whole = measures(ratings, values)
    draws = np.random.default_rng(seed).integers(len(names), size=(resamples, len(names)))
    again = []
    for draw in draws:
        rows = np.concatenate([of[number] for number in draw])
        again.append(measures(ratings[rows], values[rows]))
    tail = 100.0 * (1.0 - CONFIDENCE) / 2
    found = {}
    for name in MEASURES:
        low, high = np.percentile([row[name] for row in again], [tail, 100.0 - tail])
        found[name] = Estimate(whole[name], float(low), float(high), len(ratings), len(names))
    return found
