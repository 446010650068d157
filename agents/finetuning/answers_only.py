"""Supervised loss for processors: logits are computed where something is learned, and nowhere else.

TRL's fused loss is written for GPUs and projects every token of a conversation onto the vocabulary. Of a moment of 350 tokens
an answer is 10 to 50, so a small model on a CPU would spend half of its training on logits that nobody looks at.
"""

from __future__ import annotations

from typing import Any


def answers_only(trainer: type[Any]) -> type[Any]:
    """A TRL ``SFTTrainer`` whose loss is the same number, computed over labelled positions alone.

    Args:
        trainer: the trainer to build on.
    """

    class AnswersOnly(trainer):
        def compute_loss(
            self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
        ) -> Any:
            import torch

            network = model.get_base_model() if hasattr(model, "get_base_model") else model
            told = {name: value for name, value in inputs.items() if name != "labels"}
            targets = inputs["labels"][:, 1:]
            learned = targets != -100
            # Half precision is switched on by the forward of the whole model, which is not the one that is called here.
            with self.accelerator.autocast():
                hidden = network.get_decoder()(**told, use_cache=False).last_hidden_state
                logits = network.get_output_embeddings()(hidden[:, :-1][learned]).float()
            summed = torch.nn.functional.cross_entropy(logits, targets[learned], reduction="sum")
            loss = summed / (learned.sum() if num_items_in_batch is None else num_items_in_batch)
            self._watch(inputs, logits.detach(), targets[learned])
            if not return_outputs:
                return loss
            return loss, {"loss": loss.detach()}

        def _watch(self, inputs: dict[str, Any], logits: Any, targets: Any) -> None:
            """The curves that TRL draws too."""
            mode = "train" if self.model.training else "eval"
            spread = logits.log_softmax(-1)
            self._metrics[mode]["entropy"].append(float(-(spread.exp() * spread).sum(-1).mean()))
            self._metrics[mode]["mean_token_accuracy"].append(float((logits.argmax(-1) == targets).float().mean()))
            if mode == "train":
                seen = inputs["attention_mask"].sum() if "attention_mask" in inputs else inputs["input_ids"].numel()
                self._total_train_tokens += int(seen)
            self._metrics[mode]["num_tokens"] = [self._total_train_tokens]

    return AnswersOnly
