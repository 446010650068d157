"""Metrics that count common words: BLEU (sacrebleu), ROUGE-L (rouge-score), METEOR, CIDEr, SPICE (pycocoevalcap).

The libraries are imported where they are used, and refusals of what they need (Java, CoreNLP) are one line.
"""

from __future__ import annotations

import contextlib
import io
import math
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from eval_suite.metrics.diversity import words
from eval_suite.metrics.language import TextScores, Unavailable

Tick = Callable[[int], None]
_EVERY = 256
# What the Penn Treebank tokenizer of COCO's evaluation code leaves out.
_PUNCTUATION = frozenset("'' ' `` ` -lrb- -rrb- -lcb- -rcb- ( ) [ ] { } \" . ? ! , : - -- ... ; … “ ” ‘ ’ – —".split())


def _batches(size: int, tick: Tick) -> Iterator[range]:
    for start in range(0, size, _EVERY):
        batch = range(start, min(size, start + _EVERY))
        yield batch
        tick(len(batch))


def bleu(
    candidates: Sequence[str], references: Sequence[Sequence[str]], names: Sequence[str], tick: Tick
) -> Mapping[str, TextScores]:
    """BLEU-1..4: by text sacrebleu's sentence BLEU (effective order), for the corpus its corpus BLEU; 0 to 100."""
    sacrebleu = _needs("sacrebleu", "sacrebleu")
    scorer = sacrebleu.metrics.BLEU(max_ngram_order=4, effective_order=True)
    orders = [n for n in (1, 2, 3, 4) if f"bleu_{n}" in names]
    by_text: dict[int, list[float]] = {n: [] for n in orders}
    correct, total, mine, theirs = [0] * 4, [0] * 4, 0, 0
    for batch in _batches(len(candidates), tick):
        for i in batch:
            # Counted once for all orders: a lower order reads fewer of the counts.
            counts = scorer.sentence_score(candidates[i], list(references[i]))
            found, of = [int(x) for x in counts.counts], [int(x) for x in counts.totals]
            for n in orders:
                by_text[n].append(_bleu(scorer, found, of, counts.sys_len, counts.ref_len, n, effective=True))
            correct, total = (
                [a + b for a, b in zip(correct, found, strict=True)],
                [a + b for a, b in zip(total, of, strict=True)],
            )
            mine, theirs = mine + counts.sys_len, theirs + counts.ref_len
    return {
        f"bleu_{n}": TextScores(by_text[n], _bleu(scorer, correct, total, mine, theirs, n, effective=False)) for n in orders
    }


def _bleu(scorer: object, correct: list[int], total: list[int], mine: int, theirs: int, n: int, *, effective: bool) -> float:
    compute = type(scorer).compute_bleu  # type: ignore[attr-defined]
    score = compute(
        correct=correct[:n],
        total=total[:n],
        sys_len=mine,
        ref_len=theirs,
        smooth_method="exp",
        effective_order=effective,
        max_ngram_order=n,
    )
    return min(100.0, float(score.score))  # exp(log 1) may exceed 1 by a rounding error


def rouge_l(
    candidates: Sequence[str], references: Sequence[Sequence[str]], names: Sequence[str], tick: Tick
) -> Mapping[str, TextScores]:
    """F1 of ROUGE-L; the best of several references. The library keeps Latin letters and digits only: other scripts score 0."""
    _needs("rouge_score", "rouge-score")
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(["rougeL"], use_stemmer=False)
    scores: list[float] = []
    for batch in _batches(len(candidates), tick):
        scores += [float(scorer.score_multi(list(references[i]), candidates[i])["rougeL"].fmeasure) for i in batch]
    return {"rouge_l": TextScores(scores, sum(scores) / len(scores))}


def cider(
    candidates: Sequence[str], references: Sequence[Sequence[str]], names: Sequence[str], tick: Tick
) -> Mapping[str, TextScores]:
    """CIDEr (times 10, as its code gives it); document frequencies are those of the references in this batch."""
    _needs("pycocoevalcap", "pycocoevalcap")
    from pycocoevalcap.cider.cider import Cider

    gold, answered = _coco(candidates, references)
    if not any(text for texts in gold.values() for text in texts):  # nothing but punctuation: nothing to agree on
        tick(len(candidates))
        return {"cider": TextScores([0.0] * len(candidates), 0.0)}
    with contextlib.redirect_stdout(io.StringIO()):
        corpus, scores = Cider().compute_score(gold, answered)
    tick(len(candidates))
    return {"cider": TextScores([float(score) for score in scores], float(corpus))}


def meteor(
    candidates: Sequence[str], references: Sequence[Sequence[str]], names: Sequence[str], tick: Tick
) -> Mapping[str, TextScores]:
    """METEOR 1.5; nltk's METEOR is another one and no stand-in for it.

    Empty answers score 0, and turn the corpus value into the mean.
    """
    from eval_suite.metrics.meteor import started

    program = started()
    gold, answered = _coco(candidates, references)
    # The program's line protocol has no way to say "nothing".
    asked = [i for i in gold if answered[i][0] and any(gold[i])]
    scores = [0.0] * len(candidates)
    corpus = 0.0
    if asked:
        found, corpus = program.score([answered[i][0] for i in asked], [[ref for ref in gold[i] if ref] for i in asked], tick)
        for i, score in zip(asked, found, strict=True):
            scores[i] = score
    if len(asked) < len(candidates):
        corpus = sum(scores) / len(scores)
    return {"meteor": TextScores(scores, corpus)}


def spice(
    candidates: Sequence[str], references: Sequence[Sequence[str]], names: Sequence[str], tick: Tick
) -> Mapping[str, TextScores]:
    """F1 of SPICE; only where CoreNLP's files lie already, since its own code would download them unasked."""
    home = Path(next(iter(_needs("pycocoevalcap", "pycocoevalcap").__path__))) / "spice" / "lib"
    if shutil.which("java") is None or not list(home.glob("stanford-corenlp-*-models.jar")):
        raise Unavailable(
            f"SPICE needs Java 8 and Stanford CoreNLP 3.6.0 (its jar and its models' jar, 400 MB) in {home}; "
            "put them there, or leave it out"
        )
    from pycocoevalcap.spice.spice import Spice

    gold, answered = _coco(candidates, references)
    try:
        corpus, details = Spice().compute_score(gold, answered)
    except Exception as error:  # its Java program fails in many ways, most often for a Java later than 8
        raise Unavailable(f"SPICE's Java program failed ({type(error).__name__}); it runs on Java 8 only") from None
    scores = [float(item["All"]["f"]) for item in details]
    tick(len(candidates))
    return {"spice": TextScores([0.0 if math.isnan(score) else score for score in scores], float(corpus))}


def _coco(candidates: Sequence[str], references: Sequence[Sequence[str]]) -> tuple[dict[int, list[str]], dict[int, list[str]]]:
    """Texts as COCO's metrics take them: lower case, tokens parted by blanks, no punctuation."""
    gold = {i: [coco_tokens(text) for text in texts] for i, texts in enumerate(references)}
    return gold, {i: [coco_tokens(text)] for i, text in enumerate(candidates)}


@lru_cache(maxsize=65536)
def coco_tokens(text: str) -> str:
    """A text as COCO's evaluation code tokenises it, without its Java program."""
    return " ".join(token for token in words(text.replace("|||", " ")) if token not in _PUNCTUATION)


def _needs(module: str, package: str) -> Any:
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError:
        raise Unavailable(f"needs the package {package}; pip install 'empathy-gym[metrics]'") from None
