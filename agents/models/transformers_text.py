"""Local language models: Llama-3-8B-Instruct and any causal LM with a chat template."""

from __future__ import annotations

from typing import Any

from agents.models.interface import Request
from agents.models.transformers_local import LocalModel


class TransformersText(LocalModel):
    """A causal language model that reads text (``AutoModelForCausalLM``); see :class:`LocalModel` for the arguments."""

    accepts_images = False

    def _load_parts(self, options: dict[str, Any]) -> tuple[Any, Any]:
        from transformers import AutoModelForCausalLM, AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(self.model, **self.hub_options)
        return AutoModelForCausalLM.from_pretrained(self.model, **options), tokenizer

    def _encode(self, request: Request) -> dict[str, Any]:
        conversation = [{"role": message.role, "content": self._plain(message.text)} for message in request.messages]
        return dict(self._apply_template(self._tokenizer, request.messages, conversation))
