"""A trained reward model as a measure: what a response is worth, and what it is worth beside the reference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from agents.finetuning.base_model import recorded_base
from agents.finetuning.errors import FinetuneError
from agents.finetuning.prompting import perceive, questions
from agents.finetuning.records import Turn
from agents.finetuning.rewards import Executed
from agents.finetuning.tokens import conversation, render
from envs.scenarios.schema import Scenario
from plans.plan import format_plan


class RewardModel:
    """Scores plans for moments with a Bradley-Terry model trained by ``method=reward_model``.

    Rewards have no zero and no unit of their own: compare them for one moment only (:meth:`gap`), not between moments.

    Args:
        folder: weights (``model``) or adapter (``adapter``) folder of a run.
        base: folder or hub name of the weights below an adapter; None reads it from the adapter.
        batch_size: answers at once.
        max_length: most tokens of moment and answer together; longer ones are cut on the left, so that the answer stays.

    Raises:
        FinetuneError: no reward model there.
    """

    def __init__(self, folder: str | Path, *, base: str | None = None, batch_size: int = 8, max_length: int = 4096) -> None:
        self.folder = Path(folder)
        self.base = base
        self.batch_size = batch_size
        self.max_length = max_length
        if not any((self.folder / name).is_file() for name in ("config.json", "adapter_config.json")):
            raise FinetuneError(
                f"expected a reward model's folder, found neither config.json nor adapter_config.json in {self.folder}; "
                "train one with method=reward_model"
            )
        self._network: Any = None
        self._tokenizer: Any = None

    def score(self, prompts: Sequence[Sequence[Turn]], responses: Sequence[str]) -> list[float]:
        """The reward of each response to its conversation."""
        import torch

        self._load()
        texts = []
        for turns, response in zip(prompts, responses, strict=True):
            told = conversation(self._tokenizer, [*turns, Turn(role="assistant", content=response)])
            texts.append(render(self._tokenizer, told, ask=False))
        found: list[float] = []
        for start in range(0, len(texts), self.batch_size):
            batch = self._tokenizer(
                texts[start : start + self.batch_size],
                add_special_tokens=False,
                padding=True,
                truncation=True,
                max_length=self.max_length,
                return_tensors="pt",
            )
            batch = {name: batch[name].to(self._network.device) for name in ("input_ids", "attention_mask")}
            with torch.inference_mode():
                found += self._network(**batch).logits[:, 0].float().tolist()
        return found

    def reward(self, scenario: Scenario, response: str) -> float:
        """The reward of a plan for a moment."""
        return self.score([questions(perceive(scenario))["empathetic_action"]], [response])[0]

    def gap(self, scenario: Scenario, response: str) -> float:
        """Reward of the response minus reward of the best reference: 0 is as good, above 0 is better."""
        asked = questions(perceive(scenario))["empathetic_action"]
        mine, reference = self.score([asked, asked], [response, format_plan(scenario.oracle)])
        return mine - reference

    def measure(self) -> Callable[[Executed], float]:
        """The gap as a reward for GRPO, squashed to 0..1 (the Bradley-Terry chance of beating the reference)."""
        import math

        return lambda executed: 1 / (1 + math.exp(-max(-30.0, min(30.0, self.gap(executed.scenario, executed.text)))))

    def _load(self) -> None:
        if self._network is not None:
            return
        import torch
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        gpu = torch.cuda.is_available()
        kind = {"dtype": torch.bfloat16 if gpu and torch.cuda.is_bf16_supported(False) else torch.float32}
        network: Any = None
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(self.folder, local_files_only=True)
            if (self.folder / "adapter_config.json").is_file():
                from peft import PeftConfig, PeftModel

                below = self.base or PeftConfig.from_pretrained(str(self.folder)).base_model_name_or_path
                if below:
                    network = AutoModelForSequenceClassification.from_pretrained(below, num_labels=1, **kind)
                else:
                    network = recorded_base(self.folder, reward=True).network
                network = PeftModel.from_pretrained(network, str(self.folder))
            else:
                network = AutoModelForSequenceClassification.from_pretrained(self.folder, local_files_only=True, **kind)
        except FinetuneError:
            raise
        except (OSError, ValueError) as error:
            raise FinetuneError(
                f"{self.folder}: cannot be loaded as a reward model: {' '.join(str(error).split())[:200]}"
            ) from None
        self._tokenizer.padding_side = self._tokenizer.truncation_side = "left"
        network.config.pad_token_id = self._tokenizer.pad_token_id
        self._network = network.to("cuda" if gpu else "cpu").eval()
