"""The retention gate: whether a fine-tuned model still knows what its base knew (EmPO keeps MMLU as such a check).

With lm-evaluation-harness installed its tasks are used. Without, 60 questions that come with the package are: plain
knowledge, arithmetic, grammar, and following an instruction. They cannot rank models; they notice when one breaks.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from agents.finetuning.errors import FinetuneError

DELTA = 0.05
"""Most that accuracy may fall: five points, about what a harness's standard error is on small task sets."""


@dataclass(frozen=True)
class Retention:
    """What the gate said.

    Args:
        suite: which questions were asked.
        before, after: shares of right answers, 0 to 1, by task.
        delta: most that the mean may fall.
        questions: how many there were; 0 if unknown.
    """

    suite: str
    before: Mapping[str, float]
    after: Mapping[str, float]
    delta: float = DELTA
    questions: int = 0

    @property
    def drop(self) -> float:
        """How far the mean over tasks fell; negative if it rose."""
        return _mean(self.before) - _mean(self.after)

    @property
    def passed(self) -> bool:
        """Whether the fine-tune is accepted."""
        return self.drop <= self.delta + 1e-9

    @property
    def sentence(self) -> str:
        """The verdict in a line."""
        verdict = "kept" if self.passed else "LOST: this fine-tune is marked"
        return (
            f"general ability {verdict}: {100 * _mean(self.before):.1f} % before, {100 * _mean(self.after):.1f} % after "
            f"({self.suite}; a fall of more than {100 * self.delta:g} points is marked)"
        )

    def record(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "suite": self.suite,
            "before": dict(self.before),
            "after": dict(self.after),
            "drop": self.drop,
            "delta": self.delta,
            "passed": self.passed,
            "sentence": self.sentence,
        }


def _mean(scores: Mapping[str, float]) -> float:
    return sum(scores.values()) / len(scores) if scores else math.nan


@dataclass(frozen=True)
class Item:
    """One multiple-choice question; the first option is right."""

    task: str
    question: str
    options: tuple[str, ...]


@lru_cache(maxsize=1)
def embedded_items() -> tuple[Item, ...]:
    """The questions that come with the package."""
    text = resources.files("agents.finetuning").joinpath("retention.yaml").read_text(encoding="utf-8")
    found = yaml.safe_load(text)
    return tuple(
        Item(task, str(row[0]), tuple(str(option) for option in row[1:])) for task, rows in found.items() for row in rows
    )


def harness_available() -> bool:
    """Whether lm-evaluation-harness is installed."""
    return importlib.util.find_spec("lm_eval") is not None


def no_harness(tasks: Sequence[str]) -> FinetuneError:
    """What to say where tasks of the harness are asked for and it is not there."""
    return FinetuneError(
        f"retention.tasks={','.join(tasks)}: expected lm-evaluation-harness, which is not installed; "
        "run: pip install lm-eval, or set retention.tasks=[]"
    )


def measure(network: Any, tokenizer: Any, *, tasks: Sequence[str] = (), limit: int | None = None) -> dict[str, float]:
    """Accuracy by task.

    Args:
        network: a causal language model.
        tokenizer: its tokenizer.
        tasks: of lm-evaluation-harness; none asks the embedded questions.
        limit: most questions of each task of the harness.

    Raises:
        FinetuneError: tasks were named and the harness is not installed.
    """
    if tasks:
        return _harness(network, tokenizer, tasks, limit)
    right: dict[str, list[bool]] = {}
    for item in embedded_items():
        scores = [
            _likelihood(network, tokenizer, f"Question: {item.question}\nAnswer:", f" {option}") for option in item.options
        ]
        right.setdefault(item.task, []).append(max(range(len(scores)), key=scores.__getitem__) == 0)
    return {task: sum(answers) / len(answers) for task, answers in right.items()}


def _likelihood(network: Any, tokenizer: Any, context: str, answer: str) -> float:
    """Mean log-likelihood of an answer's characters: long options must not lose for their length."""
    import torch

    start = tokenizer(context, add_special_tokens=True)["input_ids"]
    said = tokenizer(answer, add_special_tokens=False)["input_ids"]
    ids = torch.tensor([start + said], device=network.device)
    with torch.inference_mode():
        logits = network(input_ids=ids).logits[0, len(start) - 1 : -1].float().log_softmax(-1)
    picked = logits[torch.arange(len(said)), torch.tensor(said, device=logits.device)]
    return float(picked.sum()) / max(1, len(answer))


def _harness(network: Any, tokenizer: Any, tasks: Sequence[str], limit: int | None) -> dict[str, float]:
    if not harness_available():
        raise no_harness(tasks)
    from lm_eval import simple_evaluate
    from lm_eval.models.huggingface import HFLM

    results = simple_evaluate(model=HFLM(pretrained=network, tokenizer=tokenizer), tasks=list(tasks), limit=limit)
    found: dict[str, float] = {}
    for task, values in results["results"].items():
        score = next((value for key, value in values.items() if key.startswith(("acc_norm,", "acc,", "exact_match,"))), None)
        if score is not None:
            found[task] = float(score)
    return found
