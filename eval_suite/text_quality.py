"""Whether the texts of a set repeat themselves, and how hard they are to read."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from eval_suite.metrics.diversity import dist_of_sample, words

_ALIKE = 0.85
"""Cosine of counts of words and word pairs from which two texts are near duplicates (ours: same but for a word or two)."""
_BLOCK = 1000


@dataclass(frozen=True)
class Near:
    """Near duplicates in a set of texts.

    Args:
        share: of texts that have one.
        example: a pair.
    """

    share: float
    example: str = ""


def near_duplicates(texts: Sequence[str], others: Sequence[str] | None = None) -> Near:
    """How many texts have another that is nearly the same.

    Args:
        texts: the texts.
        others: look for their likes here instead of among themselves (test texts in training, for instance).
    """
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    if len(texts) < 2 or not any(text.strip() for text in texts):
        return Near(0.0)
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b", use_idf=False)
    vectors = vectorizer.fit_transform(texts)
    against = vectors if others is None else vectorizer.transform(others)
    found, example = 0, ""
    for start in range(0, len(texts), _BLOCK):
        alike = (vectors[start : start + _BLOCK] @ against.T).tocsr()
        if others is None:
            rows = np.arange(alike.shape[0])
            alike[rows, rows + start] = 0.0
        nearest = alike.max(axis=1).toarray().ravel()
        found += int((nearest >= _ALIKE).sum())
        if not example and (nearest >= _ALIKE).any():
            row = int(np.argmax(nearest >= _ALIKE))
            other = int(alike[row].toarray().argmax())
            pool = texts if others is None else others
            example = f"{texts[start + row][:90]!r} ~ {pool[other][:90]!r}"
    return Near(found / len(texts), example)


def dist_2(texts: Sequence[str]) -> float:
    """Dist-2 of 500 bigrams, which does not depend on how much text there is; NaN for less text than that."""
    counts: Counter[tuple[str, ...]] = Counter()
    for text in texts:
        tokens = words(text)
        counts.update(zip(tokens, tokens[1:], strict=False))
    return dist_of_sample(counts)


def self_bleu(texts: Sequence[str], sample: int = 60, samples: int = 5) -> float:
    """Self-BLEU-4 (Zhu et al. 2018), 0 to 1: how well each text of a sample is covered by the others; lower is more various.

    It grows with the number of texts, so it is taken on samples of one size, at even distances, and averaged.
    """
    from sacrebleu.metrics.bleu import BLEU

    texts = [text for text in texts if text.strip()]
    if len(texts) < 3:
        return math.nan
    bleu = BLEU(effective_order=True)
    size = min(sample, len(texts))
    scores = []
    for turn in range(samples if len(texts) > sample else 1):
        offset = turn * max(1, len(texts) // (samples * size))
        chosen = [texts[(offset + i * len(texts) // size) % len(texts)] for i in range(size)]
        for i, text in enumerate(chosen):
            scores.append(bleu.sentence_score(text, chosen[:i] + chosen[i + 1 :]).score / 100)
    return sum(scores) / len(scores)


def reading_grade(texts: Sequence[str]) -> float:
    """Flesch-Kincaid grade of all texts together (Kincaid et al. 1975), syllables counted by spelling."""
    sentences = tokens = syllables = 0
    for text in texts:
        sentences += max(1, len(re.findall(r"[.!?]+(?=\s|$|[\"'”’])", text)))
        for word in re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", text):
            tokens += 1
            syllables += _syllables(word.lower())
    if not tokens:
        return math.nan
    return 0.39 * tokens / sentences + 11.8 * syllables / tokens - 15.59


def _syllables(word: str) -> int:
    groups = len(re.findall(r"[aeiouyà-ü]+", word))
    silent = word.endswith("e") and not word.endswith(("le", "ee")) and groups > 1
    return max(1, groups - silent)
