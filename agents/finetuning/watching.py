"""What is written down while a model trains: answers to the same few moments, and the curves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agents.finetuning.method import Samples
from agents.finetuning.records import Turn
from agents.finetuning.tokens import conversation, render


def sample_callback(samples: Samples, prompts: Sequence[tuple[str, tuple[Turn, ...]]], tokenizer: Any, file: Path) -> Any:
    """A trainer callback that answers ``prompts`` greedily every so many steps and appends the answers to ``file``.

    Greedy answers draw no random numbers, so that watching changes nothing about the training.
    """
    from transformers import TrainerCallback

    class Sampler(TrainerCallback):
        def on_train_begin(self, args: Any, state: Any, control: Any, **told: Any) -> None:
            if state.global_step == 0:
                self._write(state, told["model"])

        def on_step_end(self, args: Any, state: Any, control: Any, **told: Any) -> None:
            if state.global_step % samples.every == 0:
                self._write(state, told["model"])

        def _write(self, state: Any, network: Any) -> None:
            if not state.is_world_process_zero:
                return
            training = network.training
            network.eval()
            try:
                lines = [self._answer(state, network, name, turns) for name, turns in prompts[: samples.count]]
            finally:
                network.train(training)
            with file.open("a", encoding="utf-8") as handle:
                handle.writelines(lines)

        def _answer(self, state: Any, network: Any, name: str, turns: tuple[Turn, ...]) -> str:
            text = render(tokenizer, conversation(tokenizer, turns), ask=True)
            said = generate(network, tokenizer, text, samples.max_tokens)
            return json.dumps({"step": state.global_step, "scenario": name, "answer": said}, ensure_ascii=False) + "\n"

    return Sampler()


def generate(network: Any, tokenizer: Any, text: str, max_tokens: int) -> str:
    """A greedy answer to a rendered conversation."""
    import torch

    ids = torch.tensor([tokenizer(text, add_special_tokens=False)["input_ids"]], device=network.device)
    with torch.no_grad():
        written = network.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=max_tokens,
            do_sample=False,
            use_cache=True,
            pad_token_id=tokenizer.pad_token_id,
        )
    return str(tokenizer.decode(written[0, ids.shape[1] :], skip_special_tokens=True))


def write_curves(history: Sequence[dict[str, Any]], file: Path) -> None:
    """Every logged value as JSON Lines, a step a line."""
    file.write_text("".join(json.dumps(entry, sort_keys=True) + "\n" for entry in history), encoding="utf-8")
