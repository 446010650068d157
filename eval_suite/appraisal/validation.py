"""How far detector and aligner can be trusted, measured on what they have not seen.

Three questions: the detector on kinds of moments held out (five folds by archetype); on sentences of robots held out; and the
whole chain, pieces to grid, on replies whose grids were drawn by hand (``gold.yaml``). Each stands beside guessing at random.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np
import yaml

from eval_suite.appraisal.detector import Detector, Example, LinearDetector
from eval_suite.appraisal.grid import Agreement, Pair, agreement, align
from eval_suite.appraisal.spans import LABELS, Label, Span, marked

FOLDS = 5
RANDOM_DRAWS = 20


@dataclass(frozen=True)
class LabelFigures:
    """One label's row.

    Args:
        precision: share of what was called so.
        recall: share of what is so.
        f1: their harmonic mean.
        count: how many there are.
    """

    precision: float
    recall: float
    f1: float
    count: int


@dataclass(frozen=True)
class Classified:
    """How a detector did on labelled pieces.

    Args:
        labels: label to its figures.
        macro_f1: mean F1 of the labels that occur.
        accuracy: share right.
        random_macro_f1: of guessing each label alike.
        prior_macro_f1: of guessing labels as often as they occur.
        count: how many pieces.
    """

    labels: dict[Label, LabelFigures]
    macro_f1: float
    accuracy: float
    random_macro_f1: float
    prior_macro_f1: float
    count: int


@dataclass(frozen=True)
class GoldReply:
    """A murmur, a reply, and the pairs that align."""

    targets: tuple[Span, ...]
    observers: tuple[Span, ...]
    pairs: frozenset[Pair]

    @property
    def reply(self) -> str:
        """The reply's words."""
        return " ".join(span.text for span in self.observers)


def figures(gold: Sequence[Label], guessed: Sequence[str], *, seed: int = 0) -> Classified:
    """Per label and macro-averaged figures, with two random baselines."""
    from sklearn.metrics import f1_score, precision_recall_fscore_support

    present = [label for label in LABELS if label in set(gold)]
    precision, recall, f1, count = precision_recall_fscore_support(gold, guessed, labels=present, zero_division=0.0)
    rng = np.random.default_rng(seed)
    chance: list[list[float]] = [[], []]
    for _ in range(RANDOM_DRAWS):
        alike = np.asarray(present)[rng.integers(len(present), size=len(gold))]
        for row, guesses in zip(chance, (alike, rng.permutation(np.asarray(gold))), strict=True):
            row.append(float(f1_score(gold, guesses, labels=present, average="macro", zero_division=0.0)))
    rows = {
        label: LabelFigures(float(precision[i]), float(recall[i]), float(f1[i]), int(count[i]))
        for i, label in enumerate(present)
    }
    right = float(np.mean([a == b for a, b in zip(gold, guessed, strict=True)]))
    return Classified(rows, float(np.mean(f1)), right, float(np.mean(chance[0])), float(np.mean(chance[1])), len(gold))


def held_out(examples: Sequence[Example], extra: Sequence[Example] = (), *, folds: int = FOLDS) -> Classified:
    """Cross-validate by group: a kind of moment is either trained on or tested, never both.

    Args:
        examples: with groups.
        extra: further training examples, in every fold.
        folds: how many.
    """
    from sklearn.model_selection import GroupKFold

    guessed: list[str] = [""] * len(examples)
    splits = GroupKFold(folds).split(examples, groups=[example.group for example in examples])
    for train, test in splits:
        seen = {examples[i].text for i in train}
        model = LinearDetector.fit([*(examples[i] for i in train), *(e for e in extra if e.text not in seen)])
        for place, label in zip(test, model.label([examples[i].text for i in test]), strict=True):
            guessed[place] = label
    return figures([example.label for example in examples], guessed)


def held_out_answers(examples: Sequence[Example], answers: Sequence[Example]) -> Classified:
    """The detector on robots' sentences: trained on residents and every other sentence, tested on the rest, both ways round."""
    guessed: list[str] = [""] * len(answers)
    for half in (0, 1):
        model = LinearDetector.fit([*examples, *answers[half::2]])
        places = range(1 - half, len(answers), 2)
        for place, label in zip(places, model.label_reply([answers[i].text for i in places]), strict=True):
            guessed[place] = label or ""
    return figures([example.label for example in answers], guessed)


def gold_replies() -> list[GoldReply]:
    """The grids of ``gold.yaml``."""
    text = resources.files("eval_suite.appraisal").joinpath("gold.yaml").read_text(encoding="utf-8")
    return [
        GoldReply(marked(item["murmur"]), marked(item["reply"]), frozenset((int(t), int(o)) for t, o in item["pairs"]))
        for item in yaml.safe_load(text)
    ]


def grid_f1(replies: Sequence[GoldReply], detector: Detector | None = None) -> Agreement:
    """F1 on the grid, of the rules on gold spans, or (with a detector) of the whole chain from the reply's plain words.

    The chain's spans are laid over the gold ones by their words; a gold span that was cut or missed has no pairs.
    """
    if detector is None:
        return agreement([align(item.targets, item.observers).pairs for item in replies], [item.pairs for item in replies])
    found = []
    for item, spans in zip(replies, detector.detect([item.reply for item in replies]), strict=True):
        places = {span.text: place for place, span in enumerate(item.observers)}
        kept = [span for span in spans or () if span.text in places]
        grid = align(item.targets, kept)
        found.append(frozenset((t, places[kept[o].text]) for t, o in grid.pairs))
    return agreement(found, [item.pairs for item in replies])


def random_grid_f1(replies: Sequence[GoldReply], *, seed: int = 0) -> float:
    """Mean F1 of grids filled at random, as full as the gold ones."""
    rng = np.random.default_rng(seed)
    cells = [[(t, o) for t in range(len(item.targets)) for o in range(len(item.observers))] for item in replies]
    share = sum(len(item.pairs) for item in replies) / sum(map(len, cells))
    gold = [item.pairs for item in replies]
    draws = [
        agreement([frozenset(cell for cell in row if rng.random() < share) for row in cells], gold).f1
        for _ in range(RANDOM_DRAWS)
    ]
    return float(np.mean(draws))
