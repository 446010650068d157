"""What local text and vision models share: loading, batches, and answers that do not depend on who else is in the batch."""

from __future__ import annotations

import hashlib
import logging
import re
import threading
import time
from abc import abstractmethod
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from agents.models.decoding import ConstraintEngine, Row, row_processor
from agents.models.errors import missing_dependency
from agents.models.interface import Completion, ErrorKind, Message, Model, ModelError, OnDone, Request, Usage

log = logging.getLogger(__name__)

Device = str
Quantization = Literal["none", "4bit", "8bit"]

_DTYPES = ("auto", "float32", "float16", "bfloat16")
# How many batches are encoded ahead, so that requests of like length come together without holding all pictures.
_WINDOW = 16


@dataclass
class _Encoded:
    """A request as tensors, batch dimension 1."""

    position: int
    request: Request
    tensors: dict[str, Any]

    @property
    def length(self) -> int:
        return int(self.tensors["input_ids"].shape[1])

    @property
    def form(self) -> tuple[Any, ...]:
        """What must agree between the rows of one batch: everything but length and the number of rows."""
        shape = self.tensors["input_ids"].shape
        return tuple(
            (name, "tokens" if tensor.shape == shape else tuple(tensor.shape[1:]))
            for name, tensor in sorted(self.tensors.items())
        )


class LocalModel(Model):
    """Weights on this machine, from a folder or from the user's own hub access.

    Nothing is loaded before the first request. Greedy answers of a batch equal single answers exactly in float32; in half
    precision a near tie may fall differently.

    Args:
        model: folder with config, tokenizer and weights, or a name on the hub.
        adapter: folder or hub name of a LoRA adapter (PEFT) to put on the weights.
        device: ``auto`` (CUDA, else Apple's MPS, else CPU), a torch device, or ``balanced`` (over several GPUs).
        dtype: ``auto`` (bfloat16 where the GPU has it, float16 on other GPUs, float32 on CPU) or a torch dtype's name.
        quantization: ``none``, ``4bit`` or ``8bit`` (bitsandbytes, needs an NVIDIA GPU).
        batch_size: most requests at once; halved by itself where memory does not suffice.
        chat_template: Jinja text or file that takes the place of the tokenizer's.
        offline: never ask the hub; always so for folders.
        revision: of the hub's repository.
    """

    def __init__(
        self,
        model: str,
        *,
        adapter: str | None = None,
        device: Device = "auto",
        dtype: str = "auto",
        quantization: Quantization = "none",
        batch_size: int = 8,
        chat_template: str | None = None,
        offline: bool = False,
        revision: str | None = None,
    ) -> None:
        if dtype not in _DTYPES:
            raise ModelError(ErrorKind.BAD_CONFIG, f"dtype: expected one of {', '.join(_DTYPES)}, got {dtype!r}")
        if quantization not in ("none", "4bit", "8bit"):
            raise ModelError(ErrorKind.BAD_CONFIG, f"quantization: expected none, 4bit or 8bit, got {quantization!r}")
        if batch_size < 1:
            raise ModelError(ErrorKind.BAD_CONFIG, f"batch_size: expected at least 1, got {batch_size}")
        self.model = _expanded(model)
        self.adapter = None if adapter is None else _expanded(adapter)
        self.device = device
        self.dtype = dtype
        self.quantization: Quantization = quantization
        self.batch_size = batch_size
        self.chat_template = chat_template
        self.offline = offline or Path(self.model).is_dir()
        self.revision = revision
        self.usage = Usage()
        self._lock = threading.Lock()
        self._loaded = False
        self._load_error: ModelError | None = None
        self._network: Any = None
        self._tokenizer: Any = None
        self._engine: ConstraintEngine | None = None
        self._eos: list[int] = []
        self._special: re.Pattern[str] | None = None

    @property
    def identity(self) -> dict[str, Any]:
        """Weights (a folder by its files' names, sizes and times), adapter, precision, template."""
        try:
            template = None if self.chat_template is None else hashlib.sha256(self._template_text().encode()).hexdigest()
        except ModelError:  # said when it is asked
            template = self.chat_template
        return {
            "kind": type(self).__name__,
            "model": self.model,
            "weights": _fingerprint(self.model) or self.revision,
            "adapter": self.adapter,
            "adapter_weights": None if self.adapter is None else _fingerprint(self.adapter),
            "dtype": self.dtype,
            "quantization": self.quantization,
            "chat_template": template,
        }

    def complete_batch(self, requests: Sequence[Request], on_done: OnDone | None = None) -> list[Completion]:
        """Answer in batches of like length; one caller at a time."""
        results: dict[int, Completion] = {}

        def finish(position: int, completion: Completion) -> None:
            results[position] = completion
            if on_done is not None:
                on_done(position, completion)

        with self._lock:
            self._load_once()
            window = self.batch_size * _WINDOW
            for start in range(0, len(requests), window):
                encoded = []
                for position in range(start, min(start + window, len(requests))):
                    try:
                        encoded.append(self._encode_checked(position, requests[position]))
                    except ModelError as error:
                        finish(position, Completion(attempts=0, finish="error", error=error))
                for batch in self._batches(encoded):
                    for item, completion in zip(batch, self._run(batch), strict=True):
                        finish(item.position, completion)
        return [results[position] for position in range(len(requests))]

    def close(self) -> None:
        """Let the weights go; the next request loads them again."""
        with self._lock:
            self._network = self._tokenizer = self._engine = self._load_error = self._special = None
            self._loaded = False

    # -- for subclasses ----------------------------------------------------------------------------------------------

    @abstractmethod
    def _load_parts(self, options: dict[str, Any]) -> tuple[Any, Any]:
        """Load and return network and tokenizer; ``options`` go to ``from_pretrained`` of the network."""

    @abstractmethod
    def _encode(self, request: Request) -> dict[str, Any]:
        """The request as tensors with a batch dimension of 1, ``input_ids`` and ``attention_mask`` among them."""

    # -- loading -----------------------------------------------------------------------------------------------------

    def _load_once(self) -> None:
        if self._loaded:
            return
        self._loaded = True
        try:
            self._load()
        except ModelError as error:
            self._load_error = error
        except Exception as error:  # transformers raises many kinds for what is one thing to the user
            log.debug("loading %s", self.model, exc_info=True)
            self._load_error = self._explain(error)

    def _load(self) -> None:
        try:
            import torch
            import transformers  # noqa: F401
        except ImportError:
            raise missing_dependency("torch and transformers", "local") from None
        self._check_folder(self.model, "weights, config.json and a tokenizer", "config.json")
        if self.adapter is not None:
            self._check_folder(self.adapter, "a LoRA adapter", "adapter_config.json")
        device = self._device(torch)
        options: dict[str, Any] = {"dtype": self._dtype(torch, device), **self.hub_options}
        if self.quantization != "none":
            options |= {"quantization_config": self._quantization(torch), "device_map": {"": 0}}
        elif device == "balanced":
            options["device_map"] = "balanced"
        network, tokenizer = self._load_parts(options)
        if self.adapter is not None:
            try:
                from peft import PeftModel
            except ImportError:
                raise missing_dependency("peft", "local") from None
            network = PeftModel.from_pretrained(network, self.adapter, local_files_only=self.offline)
        if "device_map" not in options:
            network = network.to(device)
        self._network = network.eval()
        self._tokenizer = tokenizer
        self._eos = self._end_tokens()
        if tokenizer.pad_token_id is None:
            tokenizer.pad_token_id = self._eos[0]
        self._forget_defaults()

    @property
    def hub_options(self) -> dict[str, Any]:
        """What every ``from_pretrained`` gets. Code from the hub is never run."""
        return {"local_files_only": self.offline, "revision": self.revision, "trust_remote_code": False}

    def _check_folder(self, name: str, holds: str, file: str) -> None:
        folder = Path(name)
        looks_like_path = folder.is_absolute() or name.startswith((".", "~")) or name.count("/") > 1
        if (looks_like_path or folder.is_dir()) and not (folder / file).is_file():
            raise ModelError(
                ErrorKind.MISSING_WEIGHTS, f"expected {holds} in the folder {name}, found no {file}; check the path"
            )

    def _device(self, torch: Any) -> str:
        wanted = self.device
        if wanted == "auto":
            if torch.cuda.is_available():
                return "cuda"
            return "mps" if torch.backends.mps.is_available() else "cpu"
        needs_gpu = wanted.startswith("cuda") or wanted == "balanced"
        if needs_gpu and not torch.cuda.is_available():
            raise ModelError(ErrorKind.NO_GPU, f"device={wanted} needs an NVIDIA GPU, torch finds none; set device=auto or cpu")
        return wanted

    def _dtype(self, torch: Any, device: str) -> Any:
        if self.dtype != "auto":
            return getattr(torch, self.dtype)
        if device == "cpu":
            return torch.float32
        if device == "mps":
            return torch.float16
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16

    def _quantization(self, torch: Any) -> Any:
        if not torch.cuda.is_available():
            message = f"quantization={self.quantization} needs an NVIDIA GPU, torch finds none; set quantization=none"
            raise ModelError(ErrorKind.NO_GPU, message)
        try:
            import bitsandbytes  # noqa: F401
        except ImportError:
            raise missing_dependency("bitsandbytes", "quantization") from None
        from transformers import BitsAndBytesConfig

        if self.quantization == "8bit":
            return BitsAndBytesConfig(load_in_8bit=True)
        return BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=self._dtype(torch, "cuda")
        )

    def _end_tokens(self) -> list[int]:
        found: list[int] = []
        for source in (self._network.generation_config.eos_token_id, self._tokenizer.eos_token_id):
            found += [source] if isinstance(source, int) else list(source or ())
        if not found:
            message = f"expected a token that ends answers (eos_token) in the tokenizer of {self.model}, found none"
            raise ModelError(ErrorKind.BAD_CONFIG, message)
        return list(dict.fromkeys(found))

    def _forget_defaults(self) -> None:
        # Checkpoints come with sampling of their own (penalties, top-k ...); ours is what the request says.
        from transformers import GenerationConfig

        self._network.generation_config = GenerationConfig(
            eos_token_id=self._eos, pad_token_id=self._tokenizer.pad_token_id, do_sample=False
        )

    def _explain(self, error: Exception) -> ModelError:
        first = " ".join(str(error).split("\n")[0].split())[:200]
        if "gated" in str(error).lower():
            message = f"{self.model} is gated: ask for access at https://huggingface.co/{self.model}, then run: hf auth login"
            return ModelError(ErrorKind.MISSING_WEIGHTS, message)
        if isinstance(error, ImportError):
            return ModelError(ErrorKind.MISSING_DEPENDENCY, f"{self.model} needs a package that is not installed: {first}")
        if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
            return ModelError(
                ErrorKind.TOO_LARGE, f"{self.model} does not fit into memory; set quantization=4bit or a smaller model"
            )
        if isinstance(error, OSError) or type(error).__name__ == "SafetensorError":
            message = (
                f"expected weights of {self.model} in a folder or on the hub, could not load them ({first}); "
                f"run: hf download {self.model}, or set model to a folder"
            )
            return ModelError(ErrorKind.MISSING_WEIGHTS, message)
        return ModelError(ErrorKind.BAD_CONFIG, f"{self.model} cannot be loaded: {type(error).__name__}: {first}")

    # -- encoding ----------------------------------------------------------------------------------------------------

    def _plain(self, text: str) -> str:
        """Text in which special tokens are only words: what a resident says cannot end the turn or announce an image."""
        if self._special is None:
            added = self._tokenizer.added_tokens_decoder.values()
            special = sorted(
                (token.content for token in added if token.special and len(token.content) > 1), key=len, reverse=True
            )
            self._special = re.compile("|".join(map(re.escape, special)) or r"(?!)")
        return self._special.sub(lambda found: f"{found.group()[0]} {found.group()[1:]}", text)

    def _encode_checked(self, position: int, request: Request) -> _Encoded:
        if self._load_error is not None:
            raise self._load_error
        if request.images and not self.accepts_images:
            message = f"{self.model} reads text only, got {request.images} image(s); choose a model that sees, or text input"
            raise ModelError(ErrorKind.UNSUPPORTED, message)
        try:
            encoded = _Encoded(position, request, self._encode(request))
        except ModelError:
            raise
        except Exception as error:  # one request that cannot be encoded must not take the batch with it
            log.debug("encoding for %s", self.model, exc_info=True)
            message = f"{self.model} cannot read the request: {type(error).__name__}: {error}"
            raise ModelError(ErrorKind.BAD_REQUEST, message) from None
        most = getattr(self._network.config.get_text_config(), "max_position_embeddings", None)
        if most is not None and encoded.length + request.sampling.max_tokens > most:
            message = (
                f"expected prompt and answer within {most} tokens, got {encoded.length} + {request.sampling.max_tokens}; "
                "show fewer frames, or lower max_tokens"
            )
            raise ModelError(ErrorKind.TOO_LARGE, message)
        return encoded

    def _apply_template(self, owner: Any, messages: Sequence[Message], conversation: list[dict[str, Any]]) -> Any:
        """Render a conversation and tokenise it; for templates that know no system role, its text goes before the user's."""
        from jinja2 import TemplateError

        template = self._template(owner)
        options: dict[str, Any] = {"add_generation_prompt": True, "tokenize": True, "return_dict": True, "return_tensors": "pt"}
        try:
            return owner.apply_chat_template([conversation], chat_template=template, **options)
        except TemplateError as error:
            if messages[0].role != "system":
                raise ModelError(
                    ErrorKind.BAD_REQUEST, f"the chat template of {self.model} refuses the messages: {error}"
                ) from None
        merged = _without_system(conversation)
        try:
            return owner.apply_chat_template([merged], chat_template=template, **options)
        except TemplateError as error:
            raise ModelError(
                ErrorKind.BAD_REQUEST, f"the chat template of {self.model} refuses the messages: {error}"
            ) from None

    def _template(self, owner: Any) -> str | None:
        if self.chat_template is not None:
            return self._template_text()
        if getattr(owner, "chat_template", None) or getattr(self._tokenizer, "chat_template", None):
            return None
        raise ModelError(
            ErrorKind.MISSING_TEMPLATE,
            f"expected a chat template in the tokenizer of {self.model}, found none; use an instruct model, or set "
            "chat_template to a Jinja file",
        )

    def _template_text(self) -> str:
        assert self.chat_template is not None
        if "{" in self.chat_template:
            return self.chat_template
        try:
            return Path(self.chat_template).expanduser().read_text(encoding="utf-8")
        except OSError as error:
            message = f"chat_template: expected Jinja text or a file, could not read {self.chat_template}: {error.strerror}"
            raise ModelError(ErrorKind.MISSING_TEMPLATE, message) from None

    # -- answering ---------------------------------------------------------------------------------------------------

    def _batches(self, encoded: Sequence[_Encoded]) -> list[list[_Encoded]]:
        groups: defaultdict[tuple[Any, ...], list[_Encoded]] = defaultdict(list)
        for item in encoded:
            groups[item.form].append(item)
        batches = []
        for items in groups.values():
            items.sort(key=lambda item: (-item.length, item.position))
            batches += [items[start : start + self.batch_size] for start in range(0, len(items), self.batch_size)]
        return batches

    def _run(self, batch: list[_Encoded]) -> list[Completion]:
        import torch

        rows: list[Row | ModelError] = [self._row(item) for item in batch]
        live = [(item, row) for item, row in zip(batch, rows, strict=True) if isinstance(row, Row)]
        start = time.perf_counter()
        failure: ModelError | None = None
        if live:
            try:
                self._generate([item for item, _ in live], [row for _, row in live])
            except torch.OutOfMemoryError:
                if len(batch) > 1:
                    if torch.cuda.is_available():
                        torch.cuda.empty_cache()
                    half = len(batch) // 2
                    log.warning("%s: out of memory with %d requests at once, trying %d", self.model, len(batch), half)
                    return self._run(batch[:half]) + self._run(batch[half:])
                message = f"{batch[0].length} prompt tokens do not fit into the GPU's memory; show fewer frames"
                failure = ModelError(ErrorKind.TOO_LARGE, message)
            except Exception as error:  # typed and counted, never lost
                log.exception("generating with %s", self.model)
                failure = ModelError(ErrorKind.INTERNAL, f"generating failed: {type(error).__name__}: {error}")
        latency = time.perf_counter() - start
        return [self._completion(item, row, failure, latency) for item, row in zip(batch, rows, strict=True)]

    def _row(self, item: _Encoded) -> Row | ModelError:
        try:
            if item.request.constraint is not None and self._engine is None:
                vocabulary = self._network.config.get_text_config().vocab_size
                self._engine = ConstraintEngine(self._tokenizer, vocabulary, self._eos)
            prompt = item.tensors["input_ids"][0].tolist()
            return Row(item.request, prompt, self._eos, self._tokenizer, self._engine)
        except ModelError as error:
            return error

    def _generate(self, items: list[_Encoded], rows: list[Row]) -> None:
        import torch
        from transformers import LogitsProcessorList

        tensors = self._collate(items)
        with torch.inference_mode():
            written = self._network.generate(
                **tensors,
                max_new_tokens=max(item.request.sampling.max_tokens for item in items),
                logits_processor=LogitsProcessorList([row_processor(rows)]),
            )
        for row, token in zip(rows, written[:, -1].tolist(), strict=True):
            row.accept(token)  # the last one, after which nobody was asked to choose

    def _collate(self, items: list[_Encoded]) -> dict[str, Any]:
        import torch

        longest = max(item.length for item in items)
        device, dtype = self._network.device, self._network.dtype
        collated = {}
        for name, first in items[0].tensors.items():
            tensors = [item.tensors[name] for item in items]
            if first.shape == items[0].tensors["input_ids"].shape:  # one value per token: padded on the left
                filler = self._tokenizer.pad_token_id if name == "input_ids" else 0
                tensors = [torch.nn.functional.pad(t, (longest - t.shape[1], 0), value=filler) for t in tensors]
            joined = torch.cat(tensors).to(device)
            collated[name] = joined.to(dtype) if joined.is_floating_point() else joined
        return collated

    def _completion(self, item: _Encoded, row: Row | ModelError, failure: ModelError | None, latency_s: float) -> Completion:
        error = row if isinstance(row, ModelError) else failure
        if error is not None or isinstance(row, ModelError):
            return Completion(finish="error", error=error, latency_s=latency_s)
        text, constraint = row.text(), item.request.constraint
        if constraint is not None:
            text = constraint.read(text)
        try:
            satisfied = None if constraint is None else constraint.satisfied(text)
        except ModelError as missing:
            return Completion(finish="error", error=missing, latency_s=latency_s)
        usage = Usage(1, item.request.images, item.length, len(row.tokens))
        self.usage += usage
        if not text.strip():
            message = f"expected text from {self.model}, it ended its answer at once"
            return Completion(
                prompt_tokens=item.length, finish="error", latency_s=latency_s, error=ModelError(ErrorKind.EMPTY, message)
            )
        return Completion(
            text=text,
            prompt_tokens=item.length,
            completion_tokens=len(row.tokens),
            latency_s=latency_s,
            finish="stop" if row.stopped else "length",
            satisfied=satisfied,
        )


def _without_system(conversation: list[dict[str, Any]]) -> list[dict[str, Any]]:
    system, *rest = conversation
    if not rest or rest[0]["role"] != "user":
        return [{**system, "role": "user"}, *rest]
    before, after = system["content"], rest[0]["content"]
    content = f"{before}\n\n{after}" if isinstance(before, str) else [*before, *after]
    return [{"role": "user", "content": content}, *rest[1:]]


def _expanded(name: str) -> str:
    return str(Path(name).expanduser()) if name.startswith("~") else name


def _fingerprint(name: str) -> str | None:
    """Names, sizes and times of a folder's files, so that new weights in it are other weights; None for a hub name."""
    folder = Path(name)
    if not folder.is_dir():
        return None
    # What people read there (a model's card) changes no answer.
    found = (file for file in sorted(folder.rglob("*")) if file.is_file() and file.suffix != ".md")
    files = [(str(file.relative_to(folder)), file.stat()) for file in found]
    listing = [(path, stat.st_size, stat.st_mtime_ns) for path, stat in files]
    return hashlib.sha256(repr(listing).encode()).hexdigest()
