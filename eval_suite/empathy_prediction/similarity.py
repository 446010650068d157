"""Likeness of texts: TF-IDF, or sentence embeddings where the packaged model is installed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from eval_suite.metrics.language import Unavailable
from eval_suite.metrics.neural import PACKAGED, packaged_model

Texts = Literal["auto", "tf_idf", "sentence"]


def chosen(texts: Texts) -> Literal["tf_idf", "sentence"]:
    """What ``auto`` comes to here: sentence embeddings if their model is installed.

    Raises:
        Unavailable: embeddings were asked for and are not installed.
        ValueError: unknown choice.
    """
    if texts not in ("auto", "tf_idf", "sentence"):
        raise ValueError(f"expected texts among auto, tf_idf, sentence; got {texts!r}")
    if texts == "tf_idf":
        return "tf_idf"
    try:
        packaged_model()
        return "sentence"
    except Unavailable:
        if texts == "sentence":
            raise
        return "tf_idf"


class TextVectors:
    """Unit vectors of texts.

    Args:
        texts: how they are made.
        train: texts that TF-IDF learns its words from; embeddings need none.
    """

    def __init__(self, texts: Texts, train: Sequence[str]) -> None:
        self.kind = chosen(texts)
        self._model: Any
        if self.kind == "tf_idf":
            from sklearn.feature_extraction.text import TfidfVectorizer

            self._model = TfidfVectorizer(sublinear_tf=True, stop_words="english").fit(train)
        else:
            try:
                from sentence_transformers import SentenceTransformer
            except ImportError:
                raise Unavailable(
                    f"{PACKAGED} needs the package sentence-transformers; pip install 'empathy-gym[neural]'"
                ) from None

            self._model = SentenceTransformer(str(packaged_model()), device="cpu", trust_remote_code=False)

    def of(self, texts: Sequence[str]) -> Any:
        """(texts, features), rows of length 1 (0 for a text of unknown words); sparse for TF-IDF."""
        if self.kind == "tf_idf":
            return self._model.transform(texts)
        return self._model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)


def cosines(one: Any, other: Any) -> NDArray[np.float64]:
    """(rows of one, rows of other) cosines of unit vectors."""
    found = one @ other.T
    return np.asarray(found.toarray() if hasattr(found, "toarray") else found, float)
