"""The ablation: text, vector and both, on the same fortnights, in folds by resident."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eval_suite.metrics.language import Unavailable
from eval_suite.wellbeing.diaries import DAYS, Fortnight
from eval_suite.wellbeing.figures import Guesses
from eval_suite.wellbeing.scale import LEVELS

if TYPE_CHECKING:
    from torch import Tensor

    from eval_suite.wellbeing.fusion import Modality, Observer

ESTIMATORS = ("prior", "text", "vector", "fused")
"""``prior`` guesses the middle level always: what no view at all is worth."""
_WORD = re.compile(r"[\w']+")


@dataclass(frozen=True)
class Schedule:
    """How estimators are trained; the same for all of them.

    Args:
        epochs: passes over the training fortnights.
        batch: fortnights a step.
        rate: learning rate of AdamW.
        decay: its weight decay.
        width: of features.
        dropout: share of a day's words that are dropped in training.
    """

    epochs: int = 40
    batch: int = 64
    rate: float = 4e-3
    decay: float = 1e-2
    width: int = 32
    dropout: float = 0.5


def folds_by_resident(samples: Sequence[Fortnight], count: int) -> list[tuple[list[int], list[int]]]:
    """(training, test) places; a resident's fortnights are all on one side.

    Raises:
        ValueError: fewer residents than folds.
    """
    from sklearn.model_selection import GroupKFold

    groups = [sample.resident for sample in samples]
    if len(set(groups)) < count:
        raise ValueError(f"expected at least {count} residents for {count} folds, got {len(set(groups))}")
    return [(list(train), list(test)) for train, test in GroupKFold(count).split(samples, groups=groups)]


def cross_validate(
    samples: Sequence[Fortnight],
    *,
    folds: int = 5,
    schedule: Schedule | None = None,
    seed: int = 0,
    tick: Callable[[str], None] = lambda told: None,
) -> dict[str, Guesses]:
    """Every estimator's guesses of every fortnight, each made by a model that never saw its resident.

    Args:
        samples: fortnights of several residents.
        folds: how many.
        schedule: of training.
        seed: of weights and order.
        tick: told of each model before it is trained.

    Raises:
        Unavailable: PyTorch is not installed.
        ValueError: fewer residents than folds.
    """
    try:
        import torch
    except ImportError:
        raise Unavailable("the wellbeing observer needs PyTorch; pip install 'empathy-gym[train]'") from None
    from eval_suite.wellbeing.fusion import MODALITIES, level_of

    chosen = schedule or Schedule()
    guessed = {name: [LEVELS // 2] * len(samples) for name in ESTIMATORS}
    for number, (train, test) in enumerate(folds_by_resident(samples, folds)):
        known = Vocabulary.of([samples[place] for place in train])
        days, ratings, levels = known.tensors(samples)
        for modality in MODALITIES:
            tick(f"fold {number + 1} of {folds}: {modality}")
            model = _trained(modality, known, (days[train], ratings[train], levels[train]), chosen, seed)
            with torch.inference_mode():
                found = level_of(model(days[test], ratings[test])).tolist()
            for place, level in zip(test, found, strict=True):
                guessed[modality][place] = level
    residents, gold = [sample.resident for sample in samples], [sample.level for sample in samples]
    return {name: Guesses(residents, gold, levels_, LEVELS) for name, levels_ in guessed.items()}


@dataclass(frozen=True)
class Vocabulary:
    """Words of the training diaries, by number; 0 stands for none."""

    places: dict[str, int]

    @classmethod
    def of(cls, samples: Sequence[Fortnight]) -> Vocabulary:
        """Those that occur at least twice."""
        counts = Counter(word for sample in samples for day in sample.days for word in _words_of(day))
        return cls({word: place for place, word in enumerate(sorted(w for w, n in counts.items() if n > 1), start=1)})

    def tensors(self, samples: Sequence[Fortnight]) -> tuple[Tensor, Tensor, Tensor]:
        """(samples, days, words) numbers, (samples, 9) ratings with NaN for none, (samples,) levels."""
        import torch

        rows = [[[self.places[w] for w in _words_of(day) if w in self.places] for day in sample.days] for sample in samples]
        longest = max((len(day) for row in rows for day in row), default=0) or 1
        days = torch.zeros((len(samples), DAYS, longest), dtype=torch.long)
        for i, row in enumerate(rows):
            for j, words in enumerate(row):
                days[i, j, : len(words)] = torch.tensor(words, dtype=torch.long)
        ratings = torch.tensor([[float("nan") if r is None else float(r) for r in sample.caregiver] for sample in samples])
        return days, ratings, torch.tensor([sample.level for sample in samples])


def _words_of(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _trained(
    modality: Modality, known: Vocabulary, data: tuple[Tensor, Tensor, Tensor], schedule: Schedule, seed: int
) -> Observer:
    import torch

    from eval_suite.wellbeing.fusion import Observer, ordinal_loss

    days, ratings, levels = data
    with torch.random.fork_rng(devices=[]):  # the caller's random numbers stay as they were
        torch.manual_seed(seed)
        model = Observer(len(known.places) + 1, modality, schedule.width, schedule.dropout)
        optimiser = torch.optim.AdamW(model.parameters(), lr=schedule.rate, weight_decay=schedule.decay)
        for _ in range(schedule.epochs):
            for batch in torch.randperm(len(levels)).split(schedule.batch):
                optimiser.zero_grad()
                ordinal_loss(model(days[batch], ratings[batch]), levels[batch]).backward()
                optimiser.step()
    return model.eval()
