"""Estimators of severity: text alone, the caregiver's vector alone, and both by an asymmetric gate.

After HEAE (arXiv 2505.23631). In the fused one, days of text attend to the nine ratings; a gate decides, feature by feature,
how much of what was attended to is let into each day, and the vector itself is kept beside it to the end. Asymmetric: the
vector does not attend to the text. HEAE's own layers could not be verified; these are ours, in its spirit. All three end in
ordered thresholds on one score, since the task is ordinal.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from eval_suite.wellbeing.scale import HIGHEST, LEVELS, SIGNS

Modality = Literal["text", "vector", "fused"]
MODALITIES: tuple[Modality, ...] = get_args(Modality)


NEARLY_SHUT = -3.0
"""Bias of the gate at first: text is read before anything is let into it (ours)."""


class OrderedHead(nn.Module):
    """One score against rising thresholds (cumulative link): P(level > k) for each k."""

    def __init__(self, width: int, levels: int = LEVELS) -> None:
        super().__init__()
        self.score = nn.Linear(width, 1)
        self.first = nn.Parameter(torch.tensor(-2.0))
        # softplus of these are the steps from one threshold to the next, so that they stay in order
        self.steps = nn.Parameter(torch.zeros(levels - 2))

    def forward(self, features: Tensor) -> Tensor:
        """(batch, width) to (batch, levels - 1) logits."""
        steps = nn.functional.softplus(self.steps)
        thresholds = torch.cat([self.first[None], self.first + steps.cumsum(0)])
        return self.score(features) - thresholds


class Observer(nn.Module):
    """Reads a fortnight in one modality or both.

    Args:
        words: size of the vocabulary; 0 stands for no word.
        modality: what it sees.
        width: of its features.
        dropout: share of words that a day loses in training, so that diaries are not learned by heart; without it the fused
            model trusts the text too much.
    """

    def __init__(self, words: int, modality: Modality, width: int = 32, dropout: float = 0.5) -> None:
        super().__init__()
        self.modality = modality
        self.dropout = dropout
        if modality != "vector":
            self.words = nn.EmbeddingBag(words, width, mode="sum", padding_idx=0)
            self.day = nn.Sequential(nn.Linear(width, width), nn.ReLU())
        if modality != "text":
            self.vector = nn.Sequential(nn.Linear(2 * len(SIGNS), width), nn.ReLU())
        if modality == "fused":
            self.signs = nn.Parameter(torch.randn(len(SIGNS), width) / math.sqrt(width))
            self.rating = nn.Linear(2, width)
            self.query = nn.Linear(width, width, bias=False)
            self.gate = nn.Linear(2 * width, width)
            nn.init.constant_(self.gate.bias, NEARLY_SHUT)
        self.head = OrderedHead(2 * width if modality == "fused" else width)

    def forward(self, days: Tensor, ratings: Tensor) -> Tensor:
        """Logits of P(level > k).

        Args:
            days: (batch, days, words) word numbers, 0 for none.
            ratings: (batch, 9), NaN where the caregiver gave none.
        """
        given = ~ratings.isnan()
        values = torch.where(given, ratings / HIGHEST, 0.0)
        if self.modality == "vector":
            return self.head(self._vector(values, given))
        kept = 1.0
        if self.training and self.dropout:
            days = days * (torch.rand(days.shape) >= self.dropout)
            kept -= self.dropout
        batch, count, longest = days.shape
        text = self.day(self.words(days.reshape(batch * count, longest)).reshape(batch, count, -1) / kept)
        if self.modality == "text":
            return self.head(text.mean(dim=1))
        tokens = self.signs + self.rating(torch.stack([values, given.float()], dim=-1))  # (batch, 9, width)
        weights = (self.query(text) @ tokens.transpose(1, 2) / math.sqrt(tokens.shape[-1])).softmax(dim=-1)
        attended = weights @ tokens
        text = text + torch.sigmoid(self.gate(torch.cat([text, attended], dim=-1))) * attended
        return self.head(torch.cat([text.mean(dim=1), self._vector(values, given)], dim=-1))

    def _vector(self, values: Tensor, given: Tensor) -> Tensor:
        return self.vector(torch.cat([values, given.float()], dim=-1))


def ordinal_loss(logits: Tensor, levels: Tensor) -> Tensor:
    """Mean binary cross-entropy of the questions "is the level above k?"."""
    above = (levels[:, None] > torch.arange(logits.shape[1])[None, :]).float()
    return nn.functional.binary_cross_entropy_with_logits(logits, above)


def level_of(logits: Tensor) -> Tensor:
    """The level: how many of the questions are answered with yes."""
    return (logits > 0).sum(dim=1)
