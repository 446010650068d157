"""Local models that see: LLaVA, Qwen-VL, SmolVLM and whatever else the library knows as image-text-to-text."""

from __future__ import annotations

from typing import Any

from agents.models.interface import Request
from agents.models.transformers_local import LocalModel


class TransformersVLM(LocalModel):
    """A vision-language model (``AutoModelForImageTextToText``); see :class:`LocalModel` for the arguments."""

    accepts_images = True
    _processor: Any = None

    def _load_parts(self, options: dict[str, Any]) -> tuple[Any, Any]:
        from transformers import AutoModelForImageTextToText, AutoProcessor

        self._processor = AutoProcessor.from_pretrained(self.model, **self.hub_options)
        return AutoModelForImageTextToText.from_pretrained(self.model, **options), self._processor.tokenizer

    def _encode(self, request: Request) -> dict[str, Any]:
        conversation = []
        for message in request.messages:
            parts = [
                {"type": "text", "text": self._plain(part)} if isinstance(part, str) else {"type": "image", "image": part.pil()}
                for part in message.parts
            ]
            conversation.append({"role": message.role, "content": parts})
        return dict(self._apply_template(self._processor, request.messages, conversation))

    def close(self) -> None:
        """Let the weights go; the next request loads them again."""
        super().close()
        self._processor = None
