"""What a run would cost: counts calls, tokens and dollars without making a call."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from agents.models.interface import Completion, Model, OnDone, Request, Usage, estimate_usage


class DryRun(Model):
    """Stands in for a model; its answers are empty shells of the right form, so that chains of prompts run to their end.

    Args:
        model: the model that would be asked; it is not loaded and not called.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self.prices = model.prices
        self.accepts_images = model.accepts_images
        self.usage = Usage()
        self._lock = threading.Lock()

    @property
    def identity(self) -> dict[str, Any]:
        """That of the model that would be asked."""
        return self._model.identity

    def complete_batch(self, requests: Sequence[Request], on_done: OnDone | None = None) -> list[Completion]:
        """Count the requests; completion tokens and cost are upper bounds (answers of full length)."""
        completions = []
        for position, request in enumerate(requests):
            usage = estimate_usage(request, self.prices)
            with self._lock:
                self.usage += usage
            completion = Completion(
                text=_shell(request),
                prompt_tokens=usage.prompt_tokens,
                completion_tokens=usage.completion_tokens,
                cost_usd=0.0,
                attempts=0,
                finish="dry_run",
                tokens_estimated=True,
            )
            completions.append(completion)
            if on_done is not None:
                on_done(position, completion)
        return completions

    def close(self) -> None:
        """Close the model that would be asked."""
        self._model.close()


def _shell(request: Request) -> str:
    constraint = request.constraint
    if constraint is None:
        return "(dry run)"
    finished = constraint.finish("")
    if finished is not None:
        return finished
    if constraint.json_schema is not None:
        return json.dumps(_minimal(constraint.json_schema))
    return "(dry run)"


def _minimal(schema: Mapping[str, Any]) -> Any:
    """A small value of the form that a schema asks for."""
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    for choice in ("anyOf", "oneOf", "allOf"):
        if schema.get(choice):
            return _minimal(schema[choice][0])
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kind, list):
        kind = kind[0]
    if kind == "object":
        properties = schema.get("properties", {})
        return {name: _minimal(properties.get(name, {})) for name in schema.get("required", properties)}
    if kind == "array":
        return [_minimal(schema.get("items", {})) for _ in range(schema.get("minItems", 0))]
    if kind in ("integer", "number"):
        return schema.get("minimum", 0)
    return {"boolean": False, "null": None}.get(kind, "-" * max(1, schema.get("minLength", 1)))
