"""How fast fine-tuning is: ``python -m scripts.bench_finetune``; tokens per second, peak memory, model FLOPs utilisation.

What is timed is the trainer itself (TRL's SFTTrainer with a LoRA adapter, packing, bf16, fused loss) on random tokens, at the
full size of an architecture with random weights: speed does not depend on what weights say.

How FLOPs are counted (PaLM, arXiv 2204.02311, appendix B: what the model needs, not what the hardware did, so that
recomputing activations earns nothing):

* forward, a token: 2 for each weight of a matrix product (embeddings are looked up, not multiplied; the output head is), plus
  attention ``2 * 2 * layers * heads * head_width * length / 2`` (queries with keys, weights with values; causal, so half);
* backward with all weights trained: twice the forward;
* backward with an adapter: once the forward (gradients of activations; frozen weights need none), plus attention's second
  half, plus 4 for each weight of the adapter, whose forward adds 2.

So LoRA needs 4, not 6, FLOPs a frozen weight and token: utilisation by the 6 N rule would be half as high again. Both are
shown, and the honest one is ``MFU``. The peak is the GPU's dense bf16 rate from its data sheet, or ``--peak-tflops``.

A step is one optimiser step on full packs, clocked from the end of one to the end of the next with the device waited for;
the first two are not counted, and the median of the others is. Memory is the most that torch had reserved.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PEAKS = {
    "H200": 989.4,
    "H100 PCIe": 756.0,
    "H100": 989.4,
    "H20": 148.0,
    "B200": 2250.0,
    "A100": 312.0,
    "L40S": 362.0,
    "4090": 165.2,
}
"""Dense bf16 TFLOP/s by a part of the GPU's name, from NVIDIA's data sheets (without sparsity)."""


@dataclass(frozen=True)
class Measured:
    """One setting.

    Args:
        batch, length: packs at once, tokens of each.
        tokens_per_second: trained.
        step_seconds: median.
        peak_gib: most memory that torch had reserved; NaN on CPU.
        mfu: model FLOPs utilisation, 0 to 1; NaN where the peak is unknown.
        six_n: the same by the 6 N rule, which counts gradients that LoRA never takes.
        error: why there is nothing; empty if there is.
    """

    batch: int
    length: int
    tokens_per_second: float = float("nan")
    step_seconds: float = float("nan")
    peak_gib: float = float("nan")
    mfu: float = float("nan")
    six_n: float = float("nan")
    error: str = ""


def flops_per_token(sizes: Any, length: int, *, adapter: int | None) -> float:
    """Model FLOPs of one token, forward and backward.

    Args:
        sizes: the architecture.
        length: tokens that attend to each other.
        adapter: weights of the LoRA adapter; None trains everything.
    """
    head = sizes.hidden // sizes.heads
    per_layer = sizes.hidden * head * (2 * sizes.heads + 2 * sizes.key_value_heads) + 3 * sizes.hidden * sizes.intermediate
    multiplied = sizes.layers * per_layer + sizes.vocabulary * sizes.hidden
    attention = 2 * 2 * sizes.layers * sizes.heads * head * length / 2
    forward = 2 * multiplied + attention
    if adapter is None:
        return 3 * forward
    return forward + 2 * multiplied + 2 * attention + 6 * adapter


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse arguments, wait for the GPU, measure, print."""
    parser = argparse.ArgumentParser(prog="bench_finetune", description=__doc__.split("\n\n")[0])
    parser.add_argument("--architecture", default="llama3_8b", help="one of agents.finetuning.scratch.ARCHITECTURES")
    parser.add_argument("--batches", default="1,2,4", help="packs at once, comma-separated")
    parser.add_argument("--lengths", default="2048,4096", help="tokens of a pack, comma-separated")
    parser.add_argument("--steps", type=int, default=8, help="timed steps of each setting, after two that are not")
    parser.add_argument("--rank", type=int, default=16, help="of the adapter; 0 trains all weights")
    parser.add_argument("--checkpointing", choices=("on", "off", "both"), default="both", help="of activations")
    parser.add_argument("--attention", default="auto", help="auto, sdpa, flash_attention_2, kernels-community/flash-attn3 ...")
    parser.add_argument("--liger", action="store_true", help="use liger-kernel's fused layers")
    parser.add_argument("--compile", action="store_true", help="torch.compile the network")
    parser.add_argument("--generate", type=int, default=32, help="answers written at once for tokens per second; 0 for none")
    parser.add_argument("--peak-tflops", type=float, help="dense bf16 peak of this GPU, if it is not known here")
    parser.add_argument("--wait", type=float, default=0, metavar="SECONDS", help="wait this long for a GPU to be free")
    parser.add_argument("--cpu", action="store_true", help="measure on the CPU (only good to try the script out)")
    parser.add_argument("--out", type=Path, help="write the results as JSON")
    options = parser.parse_args(arguments)
    sys.exit(measure_all(options))


def measure_all(options: argparse.Namespace) -> int:
    """Measure every setting; 0 if at least one worked."""
    import datasets
    import torch
    import transformers

    from agents.finetuning.scratch import architecture
    from agents.models.errors import ModelError

    transformers.utils.logging.set_verbosity_error()
    datasets.disable_progress_bars()
    if not options.cpu and not _free_gpu(torch, options.wait):
        print(
            "expected an NVIDIA GPU with free memory, found none; run it where there is one, or try the script out with --cpu",
            file=sys.stderr,
        )
        return 2
    try:
        sizes = architecture(options.architecture)
        batches, lengths = ([int(number) for number in text.split(",")] for text in (options.batches, options.lengths))
    except ModelError as error:
        print(error, file=sys.stderr)
        return 2
    except ValueError as error:
        print(f"expected whole numbers as in --batches 1,2,4, got something else ({error})", file=sys.stderr)
        return 2
    if min(*batches, *lengths, options.steps) < 1:
        print("expected --batches, --lengths and --steps of at least 1, got a smaller number", file=sys.stderr)
        return 2
    warnings.filterwarnings("ignore", category=FutureWarning)
    name = "CPU" if options.cpu else torch.cuda.get_device_name()
    peak = options.peak_tflops or (
        None if options.cpu else next((tflops for key, tflops in PEAKS.items() if key in name), None)
    )
    print(
        f"{name}, torch {torch.__version__}; {options.architecture}: {sizes.parameters / 1e9:.3g} billion weights, "
        f"LoRA rank {options.rank or 'none'}, peak {f'{peak:g} TFLOP/s dense bf16' if peak else 'unknown'}"
    )
    found: list[dict[str, Any]] = []
    modes = {"on": [True], "off": [False], "both": [False, True]}[options.checkpointing]
    network, tokenizer = _network(options, torch)
    print(f"{'checkpointing':>13} {'batch':>6} {'length':>7} {'tokens/s':>10} {'s/step':>8} {'GiB':>7} {'MFU':>7} {'6N':>7}")
    for checkpointing in modes:
        for length in lengths:
            for batch in batches:
                result = _measure(options, torch, network, tokenizer, sizes, batch, length, checkpointing, peak)
                found.append({"checkpointing": checkpointing, **asdict(result)})
                _print(checkpointing, result)
    if options.generate:
        found.append({"generation": _generation(options, torch, network, tokenizer)})
    if options.out:
        told = {
            "device": name,
            "torch": torch.__version__,
            "architecture": options.architecture,
            "rank": options.rank,
            "peak_tflops": peak,
        }
        known = [{key: None if value != value else value for key, value in row.items()} for row in found]  # JSON has no NaN
        options.out.write_text(json.dumps({**told, "results": known}, indent=2) + "\n", encoding="utf-8")
    return 0 if any(not row.get("error", "") for row in found) else 1


def _free_gpu(torch: Any, wait: float) -> bool:
    """Whether a GPU is there, with most of its memory free, within the time."""
    end = time.monotonic() + wait
    while True:
        if torch.cuda.is_available():
            free, total = torch.cuda.mem_get_info()
            if free > 0.9 * total:
                return True
        if time.monotonic() >= end:
            return bool(torch.cuda.is_available()) and wait == 0
        time.sleep(min(10.0, max(0.1, end - time.monotonic())))


def _network(options: argparse.Namespace, torch: Any) -> tuple[Any, Any]:
    """The network, its adapter put on once, so that settings share weights."""
    from agents.finetuning.scratch import RandomLlama, random_network

    tokenizer = RandomLlama("llama3_tiny").tokenizer()
    device, dtype = ("cpu", torch.float32) if options.cpu else ("cuda", torch.bfloat16 if options.rank else torch.float32)
    from agents.finetuning.scratch import architecture

    network = random_network(architecture(options.architecture), tokenizer, seed=0, dtype=dtype, device=device)
    attention = options.attention
    if attention == "auto":
        import importlib.util

        attention = "flash_attention_2" if not options.cpu and importlib.util.find_spec("flash_attn") else "sdpa"
    network.set_attn_implementation(attention)
    print(f"attention: {attention}")
    if options.rank:
        from peft import LoraConfig, get_peft_model

        network = get_peft_model(
            network, LoraConfig(r=options.rank, lora_alpha=2 * options.rank, target_modules="all-linear", task_type="CAUSAL_LM")
        )
    return network, tokenizer


def _measure(
    options: argparse.Namespace,
    torch: Any,
    network: Any,
    tokenizer: Any,
    sizes: Any,
    batch: int,
    length: int,
    checkpointing: bool,
    peak: float | None,
) -> Measured:
    from datasets import Dataset
    from transformers import TrainerCallback
    from transformers.trainer_callback import PrinterCallback
    from trl import SFTConfig, SFTTrainer

    steps = options.steps + 2
    rows = torch.randint(10, 500, (batch * steps, length), generator=torch.Generator().manual_seed(0)).tolist()
    data = Dataset.from_list([{"input_ids": row, "labels": row} for row in rows])
    ends: list[float] = []

    class Clock(TrainerCallback):
        def on_step_end(self, *_: Any, **__: Any) -> None:
            if not options.cpu:
                torch.cuda.synchronize()
            ends.append(time.perf_counter())

    if not options.cpu:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    try:
        with tempfile.TemporaryDirectory() as folder:
            settings = SFTConfig(
                output_dir=folder,
                max_steps=steps,
                per_device_train_batch_size=batch,
                max_length=length,
                packing=False,
                # Every pack is full, so batches need no padding mask; with FlashAttention they are laid end to end as in
                # training.
                padding_free=batch > 1 and "flash" in str(network.config._attn_implementation),
                bf16=not options.cpu,
                use_cpu=options.cpu,
                activation_checkpointing=checkpointing,
                report_to="none",
                logging_steps=1000,
                save_strategy="no",
                disable_tqdm=True,
                learning_rate=1e-4,
                use_liger_kernel=options.liger,
                torch_compile=options.compile,
            )
            trainer = SFTTrainer(
                model=network, args=settings, train_dataset=data, processing_class=tokenizer, callbacks=[Clock()]
            )
            trainer.remove_callback(PrinterCallback)
            trainer.train()
    except torch.OutOfMemoryError:
        return Measured(batch, length, error="out of memory: lower --batches or --lengths, or set --checkpointing on")
    except (ValueError, RuntimeError, ImportError) as error:
        return Measured(batch, length, error=" ".join(str(error).split())[:120])
    finally:
        network.zero_grad(set_to_none=True)
    times = sorted(after - before for before, after in zip(ends[1:], ends[2:], strict=False))
    seconds = times[len(times) // 2]
    speed = batch * length / seconds
    adapter = sum(weight.numel() for weight in network.parameters() if weight.requires_grad) if options.rank else None
    memory = float("nan") if options.cpu else torch.cuda.max_memory_reserved() / 2**30
    rate = speed * flops_per_token(sizes, length, adapter=adapter) / 1e12
    full = speed * flops_per_token(sizes, length, adapter=None) / 1e12
    return Measured(
        batch, length, speed, seconds, memory, rate / peak if peak else float("nan"), full / peak if peak else float("nan")
    )


def _print(checkpointing: bool, result: Measured) -> None:
    head = f"{'on' if checkpointing else 'off':>13} {result.batch:>6} {result.length:>7}"
    if result.error:
        print(f"{head}  {result.error}")
        return
    print(
        f"{head} {result.tokens_per_second:>10.0f} {result.step_seconds:>8.3f} {_told(result.peak_gib):>7} "
        f"{_told(100 * result.mfu, '%'):>7} {_told(100 * result.six_n, '%'):>7}"
    )


def _told(value: float, unit: str = "") -> str:
    return "–" if math.isnan(value) else f"{value:.1f}{unit}"


def _generation(options: argparse.Namespace, torch: Any, network: Any, tokenizer: Any) -> dict[str, Any]:
    """Batched answers with the adapter on: tokens per second, prompt of 1,024 tokens, 128 new ones."""
    new, prompt = (128, 1024) if not options.cpu else (8, 32)
    device = next(network.parameters()).device
    ids = torch.randint(10, 500, (options.generate, prompt), device=device)
    network.eval()
    try:
        for timed in (False, True):
            if not options.cpu:
                torch.cuda.synchronize()
            start = time.perf_counter()
            with torch.inference_mode():
                network.generate(
                    input_ids=ids,
                    attention_mask=torch.ones_like(ids),
                    min_new_tokens=new,
                    max_new_tokens=new,
                    do_sample=False,
                    pad_token_id=tokenizer.pad_token_id,
                )
            if not options.cpu:
                torch.cuda.synchronize()
            if timed:
                seconds = time.perf_counter() - start
    except torch.OutOfMemoryError:
        print("generation: out of memory: lower --generate")
        return {"error": "out of memory"}
    speed = options.generate * new / seconds
    print(f"generation with the adapter: {speed:.0f} tokens/s, {options.generate} answers at once, prompts of {prompt} tokens")
    return {"batch": options.generate, "prompt": prompt, "new": new, "tokens_per_second": speed}


if __name__ == "__main__":
    main()
