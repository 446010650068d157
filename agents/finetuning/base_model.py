"""The model that fine-tuning starts from, loaded for training, as ``conf/model`` names it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.finetuning.checkpoints import STATE
from agents.finetuning.errors import FinetuneError
from agents.finetuning.scratch import RandomLlama, random_network
from agents.models.errors import ModelError
from agents.models.registry import make_model
from agents.models.transformers_text import TransformersText


@dataclass
class BaseModel:
    """What is trained.

    Args:
        network: weights; with one output for a reward model.
        tokenizer: its tokenizer, padding token set.
        model: the model that answers with these weights.
    """

    network: Any
    tokenizer: Any
    model: TransformersText


def make_base(settings: Mapping[str, Any]) -> TransformersText:
    """The model of a configuration, nothing loaded yet.

    Raises:
        FinetuneError: one that has no weights here.
    """
    flat = {str(key): value for key, value in settings.items()}
    flat |= {str(key): value for key, value in (flat.pop("config", None) or {}).items()}
    name = str(flat.pop("name", ""))
    options = {key: value for key, value in flat.items() if key not in ("cache", "dry_run")}
    try:
        model = make_model(name, **options)
    except ModelError as error:
        raise FinetuneError(str(error)) from None
    if not isinstance(model, TransformersText):
        raise FinetuneError(
            f"expected a text model with weights on this machine, got {name!r}; "
            "e.g. model=llama3_8b_instruct or model=llama3_small"
        )
    return model


def load_base(
    settings: Mapping[str, Any], *, quantization: str = "none", reward: bool = False, frozen: bool = False, seed: int = 0
) -> BaseModel:
    """Load a model for training.

    Args:
        settings: of ``conf/model``.
        quantization: of frozen weights.
        reward: put one score in the place of the next-token logits.
        frozen: whether the weights stay as they are, below an adapter.
        seed: of new weights.

    Raises:
        FinetuneError: no weights, no access, no GPU, too little memory; what to do in one line.
    """
    import torch

    model = make_base(settings)
    model.quantization = quantization  # type: ignore[assignment]
    try:
        return _load(model, torch, reward=reward, frozen=frozen, seed=seed)
    except ModelError as error:
        raise FinetuneError(_named(error)) from None
    except (OSError, ImportError, MemoryError, ValueError, RuntimeError) as error:
        raise FinetuneError(_named(model._explain(error))) from None


def _named(error: ModelError) -> str:
    """The message with the setting's name as it is here."""
    return str(error).replace("set quantization=", "set method.adapter.quantization=")


def recorded_base(adapter: Path, *, reward: bool = False) -> BaseModel:
    """The weights below an adapter that names none, since they never were on disk: made again as its run made them.

    Args:
        adapter: its folder, in the folder of its run.
        reward: whether it is a reward model's.

    Raises:
        FinetuneError: no record of the run beside it.
    """
    try:
        settings = json.loads((adapter.parent / STATE).read_text(encoding="utf-8"))["settings"]
        model, seed = settings["model"], int(settings["seed"])
    except (OSError, ValueError, KeyError, TypeError):
        raise FinetuneError(
            f"{adapter}: expected the adapter to name the weights below it, it does not, and its run's {STATE} is not beside "
            "it; name them (--base FOLDER_OR_NAME)"
        ) from None
    return load_base(model, reward=reward, frozen=True, seed=seed)


def _load(model: TransformersText, torch: Any, *, reward: bool, frozen: bool, seed: int) -> BaseModel:
    model._check_folder(model.model, "weights, config.json and a tokenizer", "config.json")
    device = model._device(torch)
    # Weights that are trained themselves stay in float32 (bfloat16 loses small updates); frozen ones below an adapter are
    # halved where the GPU has bfloat16, and the adapter's own stay in float32.
    dtype = model._dtype(torch, device) if frozen or model.dtype != "auto" else torch.float32
    options: dict[str, Any] = {"dtype": dtype, **model.hub_options}
    rank = int(os.environ.get("LOCAL_RANK", "0"))
    if model.quantization != "none":
        options |= {"quantization_config": model._quantization(torch), "device_map": {"": rank}}
    if isinstance(model, RandomLlama):
        tokenizer = model.tokenizer()
        network = random_network(
            model.sizes,
            tokenizer,
            seed=model.seed,
            dtype=options["dtype"],
            device=f"cuda:{rank}" if device == "cuda" else device,
        )
        if reward:
            from transformers import LlamaForSequenceClassification

            torch.manual_seed(seed)
            network.config.num_labels = 1
            network = LlamaForSequenceClassification(network.config)
    else:
        from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(model.model, **model.hub_options)
        torch.manual_seed(seed)
        if reward:
            network = AutoModelForSequenceClassification.from_pretrained(model.model, num_labels=1, **options)
        else:
            network = AutoModelForCausalLM.from_pretrained(model.model, **options)
    if model.chat_template is not None:
        tokenizer.chat_template = model._template_text()
    if tokenizer.pad_token_id is None:
        # Llama 3 has no padding token; one that is never written must not be the one that ends turns.
        tokenizer.pad_token = (
            "<|finetune_right_pad_id|>"
            if "<|finetune_right_pad_id|>" in tokenizer.get_vocab()
            else (
                "<|reserved_special_token_0|>"
                if "<|reserved_special_token_0|>" in tokenizer.get_vocab()
                else tokenizer.eos_token
            )
        )
    network.config.pad_token_id = tokenizer.pad_token_id
    return BaseModel(network, tokenizer, model)
