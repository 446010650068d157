"""An adapter put into the weights below it, so that servers which know no adapters can use it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agents.finetuning.base_model import recorded_base
from agents.finetuning.errors import FinetuneError


def merge(adapter: str | Path, out: str | Path, *, base: str | None = None) -> Path:
    """Merge a LoRA adapter and save weights and tokenizer.

    Args:
        adapter: the adapter's folder.
        out: where to; must be new or empty.
        base: folder or hub name of the weights below; None reads it from the adapter.

    Raises:
        FinetuneError: no adapter there, no weights, or a folder that is not empty.
    """
    source, target = Path(adapter), Path(out)
    if not (source / "adapter_config.json").is_file():
        raise FinetuneError(f"expected a LoRA adapter's folder, found no adapter_config.json in {source}")
    if target.exists() and any(target.iterdir()):
        raise FinetuneError(f"expected a new or empty folder for the merged weights, got {target} with files in it")
    from peft import PeftConfig, PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    below = base or PeftConfig.from_pretrained(str(source)).base_model_name_or_path
    network: Any = None
    if not below:
        recorded = recorded_base(source)
        below, network = recorded.model.model, recorded.network
    try:
        network = network or AutoModelForCausalLM.from_pretrained(below, dtype="auto")
        merged = PeftModel.from_pretrained(network, str(source)).merge_and_unload()
        tokenizer = AutoTokenizer.from_pretrained(str(source), local_files_only=True)
    except (OSError, ValueError, RuntimeError) as error:
        message = f"{source}: cannot be merged into {below}: {' '.join(str(error).split())[:200]}; set --base FOLDER_OR_NAME"
        raise FinetuneError(message) from None
    merged.save_pretrained(str(target))
    tokenizer.save_pretrained(str(target))
    return target
