"""Conversations as tokens, with labels on the robot's words alone.

The tokens of a prompt are found as the model will see them when it is asked: the chat template over the turns so far, with
its generation prompt. What the template adds for the robot's turn after that is what is learned. So loss masks need no
``{% generation %}`` marks in the template, and one way serves single and multi-turn records.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from agents.finetuning.errors import FinetuneError
from agents.finetuning.records import TrainingRecord, Turn

_WORDS = '<dialogue>:"'
IGNORED = -100
"""Label of tokens that are read and not learned (PyTorch's ``ignore_index``)."""


def plain_text(tokenizer: Any, text: str) -> str:
    """Text in which special tokens are only words, as local models read it when they are asked."""
    added = tokenizer.added_tokens_decoder.values()
    special = sorted((token.content for token in added if token.special and len(token.content) > 1), key=len, reverse=True)
    if not special:
        return text
    return re.sub("|".join(map(re.escape, special)), lambda found: f"{found.group()[0]} {found.group()[1:]}", text)


def conversation(tokenizer: Any, turns: Sequence[Turn]) -> list[dict[str, str]]:
    """Turns as chat templates want them."""
    return [{"role": turn.role, "content": plain_text(tokenizer, turn.content)} for turn in turns]


def render(tokenizer: Any, messages: Sequence[dict[str, str]], *, ask: bool) -> str:
    """A conversation as the template writes it; with ``ask``, up to where the robot's words begin.

    Raises:
        FinetuneError: the tokenizer has no chat template.
    """
    if not getattr(tokenizer, "chat_template", None):
        raise FinetuneError(
            f"expected a chat template in the tokenizer of {tokenizer.name_or_path or 'the model'}, found none; "
            "use an instruct "
            "model, or set model.config.chat_template to a Jinja file"
        )
    return str(tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=ask))


def encode(tokenizer: Any, record: TrainingRecord) -> dict[str, list[int]]:
    """A record as ``input_ids`` and ``labels``; :data:`IGNORED` stands where nothing is learned.

    Raises:
        FinetuneError: pictures, or a template that writes earlier turns differently once later ones follow.
    """
    if any(turn.frames for turn in record.messages):
        raise FinetuneError(
            f"record {record.id!r}: expected text, got pictures; train a vision model on them with its own trainer, or build "
            "records without --frames"
        )
    messages = conversation(tokenizer, record.messages)
    whole = render(tokenizer, messages, ask=False)
    spans: list[tuple[int, int]] = []
    for place, turn in enumerate(record.messages):
        if turn.role != "assistant":
            continue
        asked = render(tokenizer, messages[:place], ask=True)
        said = render(tokenizer, messages[: place + 1], ask=False)
        if not (said.startswith(asked) and whole.startswith(said)):
            raise FinetuneError(
                f"record {record.id!r}: expected a chat template that keeps earlier turns as they are when later ones "
                "follow, got "
                "one that rewrites them; set model.config.chat_template to a plain one, or data.multi_turn=0"
            )
        end = len(said)
        if turn.learned == "deeds" and place == len(record.messages) - 1:
            found = said.find(_WORDS, len(asked))
            if found >= 0:
                whole = whole[: (end := found + len(_WORDS))]
        spans.append((len(asked), end))
    encoded = tokenizer(whole, add_special_tokens=False, return_offsets_mapping=True)
    ids, labels = [int(token) for token in encoded["input_ids"]], []
    for token, (start, end) in zip(ids, encoded["offset_mapping"], strict=True):
        learned = any(low <= start and end <= high for low, high in spans)
        labels.append(token if learned else IGNORED)
    return {"input_ids": ids, "labels": labels}


def encode_all(tokenizer: Any, records: Sequence[TrainingRecord], max_length: int) -> tuple[Any, int]:
    """All records that fit as a ``datasets.Dataset`` with ``input_ids`` and ``labels``, and how many did not fit.

    Cutting a conversation would cut its answer off, so records that are too long are left out.

    Raises:
        FinetuneError: none fits.
    """
    from datasets import Dataset

    encoded = [encode(tokenizer, record) for record in records]
    kept = [item for item in encoded if len(item["input_ids"]) <= max_length]
    if not kept:
        shortest = min((len(item["input_ids"]) for item in encoded), default=0)
        raise FinetuneError(
            f"expected records of at most {max_length} tokens, got none (the shortest has {shortest}); raise method.max_length"
        )
    return Dataset.from_list(kept), len(encoded) - len(kept)
