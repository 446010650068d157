"""A model that answers by script and remembers what it was asked: a real Model, without weights or network."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Sequence
from typing import Any

from agents.models import Completion, ErrorKind, Model, ModelError, Request
from agents.models.interface import OnDone
from plans.actions import ACTIONS
from plans.plan import Plan, format_plan

Script = Callable[[Request], str | Completion | ModelError | None]

WORDS = ("amber", "kettle", "seven", "window", "slow", "paper", "north", "cup")


class Scripted(Model):
    """Answers every request validly, by a hash of the request, so that equal questions have equal answers.

    Args:
        script: answers first, if it does not return None.
        accepts_images: whether it sees.
    """

    def __init__(self, script: Script | None = None, accepts_images: bool = True) -> None:
        self.script = script
        self.accepts_images = accepts_images
        self.batches: list[list[Request]] = []

    @property
    def identity(self) -> dict[str, Any]:
        return {"model": "scripted"}

    @property
    def requests(self) -> list[Request]:
        """Everything that was asked, in order."""
        return [request for batch in self.batches for request in batch]

    @property
    def texts(self) -> list[str]:
        """All text of each request."""
        return ["\n".join(message.text for message in request.messages) for request in self.requests]

    def complete_batch(self, requests: Sequence[Request], on_done: OnDone | None = None) -> list[Completion]:
        self.batches.append(list(requests))
        completions = [self._answer(request) for request in requests]
        for position, completion in enumerate(completions):
            if on_done is not None:
                on_done(position, completion)
        return completions

    def _answer(self, request: Request) -> Completion:
        told = self.script(request) if self.script is not None else None
        if isinstance(told, Completion):
            return told
        if isinstance(told, ModelError):
            return Completion(finish="error", prompt_tokens=7, error=told)
        text = told if told is not None else valid_answer(request)
        return Completion(text=text, prompt_tokens=100, completion_tokens=10, cost_usd=0.001, latency_s=random.random())


def valid_answer(request: Request) -> str:
    """An answer of the form that was asked for, chosen by the request."""
    record = json.dumps(request.record(), sort_keys=True)
    rng = random.Random(hashlib.sha256(record.encode()).digest())
    constraint = request.constraint
    if constraint is None:
        return "A few plain words."
    if constraint.regex is not None:
        return format_plan(Plan(tuple(rng.sample(list(ACTIONS), rng.randint(1, 3))), "I am here."))
    return json.dumps(valid_value(dict(constraint.json_schema or {}), rng))


def valid_value(schema: dict[str, Any], rng: random.Random) -> Any:
    """A value that a schema allows."""
    if "enum" in schema:
        return rng.choice(schema["enum"])
    kind = schema["type"]
    if kind == "object":
        return {name: valid_value(part, rng) for name, part in schema["properties"].items()}
    if kind == "array":
        return [valid_value(schema["items"], rng) for _ in range(rng.randint(1, 3))]
    if kind == "number":
        return round(rng.random(), 2)
    return " ".join(rng.sample(WORDS, 3))


def failure(kind: ErrorKind = ErrorKind.REFUSAL) -> ModelError:
    return ModelError(kind, "declined")
