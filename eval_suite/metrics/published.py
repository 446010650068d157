r"""EmpathyAgent's action metrics, exactly as published (arXiv 2503.16545, evaluation code), quirks included.

Quirks that parity demands, each mended in :mod:`eval_suite.metrics.mended`:

* tokens are compared to the letter: ``< sit_bed >`` and ``<SIT_BED>`` match nothing and are illegal;
* ``dialogue`` in any case is left out of Overlap, TF-IDF and LCS, yet only lower-case ``dialogue`` is legal;
* Overlap counts gold tokens that occur in the answer, so a repeated gold token counts each time and a token repeated
  in the answer only lengthens it;
* TF-IDF is fitted on the one pair it compares, so inverse document frequencies are nearly constant;
* Legality counts ``dialogue`` and ``None`` as legal actions: free points;
* only the higher-ranked reference counts, and only answered items are averaged.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from plans.actions import ACTIONS

_TOKEN = re.compile(r"<(.*?)>")
# What scikit-learn's TfidfVectorizer takes for a word: two or more word characters.
_WORD = re.compile(r"\b\w\w+\b")
_FREE = frozenset({"dialogue", "None"})


def tokens(text: str) -> list[str]:
    """The action tokens of a response: everything between angle brackets but ``dialogue`` in any case."""
    return [token for token in _TOKEN.findall(text) if token.lower() != "dialogue"]


def overlap(response: Sequence[str], gold: Sequence[str]) -> float:
    """``2 |{g in gold: g in response}| / (|response| + |gold|)``; 0 if both are empty."""
    total = len(response) + len(gold)
    if not total:
        return 0.0
    answered = set(response)
    return 2 * sum(token in answered for token in gold) / total


def lcs(response: Sequence[str], gold: Sequence[str]) -> float:
    """Length of the longest common subsequence over the longer length; 0 if both are empty."""
    longest = max(len(response), len(gold))
    if not longest:
        return 0.0
    row = [0] * (len(gold) + 1)
    for token in response:
        diagonal = 0
        for j, other in enumerate(gold, start=1):
            above = row[j]
            row[j] = diagonal + 1 if token == other else max(above, row[j - 1])
            diagonal = above
    return row[-1] / longest


def tf_idf(response: Sequence[str], gold: Sequence[str]) -> float:
    """Cosine of TF-IDF vectors fitted on this pair alone, with scikit-learn's defaults; 0 if there are no words.

    Closed form of ``TfidfVectorizer().fit_transform([response, gold])``: smooth idf is 1 for a word in both texts and
    ``1 + ln(3/2)`` for a word in one, and cosine needs no explicit normalisation.
    """
    left = Counter(_WORD.findall(" ".join(response).lower()))
    right = Counter(_WORD.findall(" ".join(gold).lower()))
    if not left or not right:
        return 0.0
    alone = (1.0 + math.log(1.5)) ** 2
    dot = float(sum(count * right[word] for word, count in left.items() if word in right))
    norms = 1.0
    for mine, other in ((left, right), (right, left)):
        norms *= sum(count * count * (1.0 if word in other else alone) for word, count in mine.items())
    return dot / math.sqrt(norms)


def legality(response: str) -> float:
    """``10 * legal / all`` over the response's ``<...>`` tokens, ``dialogue`` and ``None`` counted as legal; 0 if none."""
    found = _TOKEN.findall(response)
    if not found:
        return 0.0
    return 10 * sum(token in ACTIONS or token in _FREE for token in found) / len(found)


def action_metrics(response: str, gold: str) -> dict[str, float]:
    """Overlap, TF-IDF, LCS (0 to 1) and Legality (0 to 10) of one response against the higher-ranked reference."""
    mine, theirs = tokens(response), tokens(gold)
    return {
        "overlap": overlap(mine, theirs),
        "tf_idf": tf_idf(mine, theirs),
        "lcs": lcs(mine, theirs),
        "legality": legality(response),
    }
