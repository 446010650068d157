"""Llama-3 architectures with random weights: to be trained from nothing, or to be timed at full size.

Example:
    >>> from agents.models import make_model
    >>> model = make_model("agents.finetuning.scratch:RandomLlama", model="llama3_small")
    >>> model.identity["weights"]
    'random-0'
"""

from __future__ import annotations

import difflib
from dataclasses import asdict, dataclass
from typing import Any

from agents.models.errors import ErrorKind, ModelError
from agents.models.transformers_text import TransformersText


@dataclass(frozen=True)
class Architecture:
    """Sizes of a Llama-3 model.

    Args:
        vocabulary: logits; the tokenizer has at most as many tokens.
        hidden, intermediate: widths.
        layers, heads, key_value_heads: counts.
        positions: longest conversation.
        theta: base of the rotary positions.
        tied: whether input and output embeddings are one.
        tokens: most tokens of the tokenizer that is trained for it.
    """

    vocabulary: int
    hidden: int
    intermediate: int
    layers: int
    heads: int
    key_value_heads: int
    positions: int = 8192
    theta: float = 500_000.0
    tied: bool = False
    tokens: int = 8192

    @property
    def parameters(self) -> int:
        """How many weights it has."""
        head = self.hidden // self.heads
        attention = self.hidden * head * (2 * self.heads + 2 * self.key_value_heads)
        layer = attention + 3 * self.hidden * self.intermediate + 2 * self.hidden
        return self.vocabulary * self.hidden * (1 if self.tied else 2) + self.layers * layer + self.hidden


ARCHITECTURES: dict[str, Architecture] = {
    # For tests: seconds on one core.
    "llama3_tiny": Architecture(1024, 64, 192, 2, 4, 2, positions=4096, tied=True, tokens=1024),
    # About ten million weights, which two processor cores can train.
    "llama3_small": Architecture(4096, 384, 1024, 4, 6, 2, positions=4096, tokens=4096),
    # A ladder of sizes that a laptop can climb.
    "llama3_1m": Architecture(4096, 96, 256, 2, 4, 2, positions=4096, tokens=4096),
    "llama3_3m": Architecture(4096, 192, 512, 3, 6, 2, positions=4096, tokens=4096),
    # Llama-3-8B (Meta, 2024), to the letter.
    "llama3_8b": Architecture(128_256, 4096, 14_336, 32, 32, 8),
    "llama3_2_1b": Architecture(128_256, 2048, 8192, 16, 32, 8, tied=True),
    "llama3_2_3b": Architecture(128_256, 3072, 8192, 28, 24, 8, tied=True),
}
"""Name to sizes."""


def architecture(name: str) -> Architecture:
    """Sizes by name.

    Raises:
        ModelError: unknown name, with the nearest known.
    """
    if name not in ARCHITECTURES:
        near = difflib.get_close_matches(name, ARCHITECTURES, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        message = f"expected an architecture among {', '.join(ARCHITECTURES)}; got {name[:80]!r}{hint}"
        raise ModelError(ErrorKind.BAD_CONFIG, message)
    return ARCHITECTURES[name]


def random_network(sizes: Architecture, tokenizer: Any, *, seed: int, dtype: Any = None, device: str = "cpu") -> Any:
    """A causal language model with random weights, made where it will live."""
    import torch
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=sizes.vocabulary,
        hidden_size=sizes.hidden,
        intermediate_size=sizes.intermediate,
        num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads,
        num_key_value_heads=sizes.key_value_heads,
        max_position_embeddings=sizes.positions,
        rope_theta=sizes.theta,
        tie_word_embeddings=sizes.tied,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    before = torch.get_default_dtype()
    torch.manual_seed(seed)
    try:
        torch.set_default_dtype(dtype or torch.float32)
        with torch.device(device):
            network = LlamaForCausalLM(config)
    finally:
        torch.set_default_dtype(before)
    network.generation_config = GenerationConfig(eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id)
    return network


class RandomLlama(TransformersText):
    """A Llama-3 architecture with random weights and a tokenizer of its own.

    Args:
        model: name of the architecture, one of :data:`ARCHITECTURES`.
        seed: of the weights.
        scenarios: scenario set whose train split the tokenizer is trained on.
        path: the user's files, for sets that need them.
        **options: of :class:`~agents.models.transformers_local.LocalModel`.

    Raises:
        ModelError: unknown architecture.
    """

    def __init__(
        self, model: str = "llama3_small", *, seed: int = 0, scenarios: str = "hearth", path: str | None = None, **options: Any
    ) -> None:
        self.sizes = architecture(model)
        super().__init__(model, **options)
        self.seed = seed
        self.scenarios = scenarios
        self.path = path

    @property
    def identity(self) -> dict[str, Any]:
        """Sizes and seed stand for the weights."""
        told = {"weights": f"random-{self.seed}", "sizes": asdict(self.sizes), "scenarios": self.scenarios, "path": self.path}
        return {**super().identity, **told}

    def tokenizer(self) -> Any:
        """Its tokenizer, trained at the first call."""
        import copy

        from agents.finetuning.tokenizer import scenario_tokenizer

        return copy.deepcopy(scenario_tokenizer(self.scenarios, self.sizes.tokens, self.path))

    def _load_parts(self, options: dict[str, Any]) -> tuple[Any, Any]:
        import torch

        tokenizer = self.tokenizer()
        return random_network(
            self.sizes, tokenizer, seed=self.seed, dtype=options.get("dtype"), device=self._device(torch)
        ), tokenizer
