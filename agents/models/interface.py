"""The one small interface of every model: messages of text and images in; text, token counts, cost and latency out.

A call never raises for what went wrong with *it*: the :class:`Completion` carries a typed :class:`ModelError`, so that
in a batch no failure is lost and none takes its neighbours with it. ``completion.require()`` raises it where that suits.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

from agents.models.errors import ErrorKind, ModelError, missing_dependency
from agents.models.messages import Image, Message, count_images

__all__ = [
    "Completion",
    "Constraint",
    "ErrorKind",
    "Finish",
    "Image",
    "Message",
    "Model",
    "ModelError",
    "OnDone",
    "Prices",
    "Request",
    "Sampling",
    "Usage",
]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are drawn.

    Args:
        temperature: 0 is greedy.
        max_tokens: most tokens of the answer; 300 as in EmpathyAgent (arXiv 2503.16545).
        top_p: nucleus, in (0, 1].
        seed: of the draw; None leaves it to the server, and is 0 for local models.
        stop: texts that end the answer and are not part of it.
    """

    temperature: float = 0.0
    max_tokens: int = 300
    top_p: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "stop", tuple(self.stop))
        if not (math.isfinite(self.temperature) and self.temperature >= 0):
            raise ValueError(f"temperature: expected a number from 0, got {self.temperature}")
        if self.max_tokens < 1:
            raise ValueError(f"max_tokens: expected at least 1, got {self.max_tokens}")
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top_p: expected a number above 0, at most 1, got {self.top_p}")
        if not all(self.stop):
            raise ValueError("stop: expected texts that are not empty, got an empty one")


@dataclass(frozen=True)
class Constraint:
    """What answers are legal, as a regular expression, as a JSON schema, or both spellings of the same answers.

    A model uses the spelling that it can enforce, the expression first. The expression must be plain enough for every
    engine: groups, classes, bounded repeats; no look-around.

    Args:
        regex: what the whole answer must match.
        json_schema: what the answer, as JSON, must satisfy.
        name: a short name of the schema, which some servers want.
    """

    regex: str | None = None
    json_schema: Mapping[str, Any] | None = None
    name: str = "answer"

    def __post_init__(self) -> None:
        if self.regex is None and self.json_schema is None:
            raise ValueError("expected a regex or a json_schema, got neither")

    def read(self, text: str) -> str:
        """Bring an answer in the JSON spelling into the form that the asker expects; others stay as they are."""
        return text

    def satisfied(self, text: str) -> bool:
        """Whether an answer is legal. Servers may ignore a constraint, so answers are checked again."""
        if self.regex is not None:
            return re.fullmatch(self.regex, text) is not None
        try:
            value = json.loads(text)
        except ValueError:
            return False
        try:
            import jsonschema
        except ImportError:
            raise missing_dependency("jsonschema", "models") from None
        try:
            jsonschema.validate(value, dict(self.json_schema or {}))
        except jsonschema.ValidationError:
            return False
        return True

    def finish(self, prefix: str) -> str | None:
        """The shortest text that makes a legal answer of a legal beginning; None if the constraint cannot say."""
        return None

    def record(self) -> dict[str, Any]:
        """The constraint as JSON, for cache keys and episodes."""
        schema = None if self.json_schema is None else dict(self.json_schema)
        return {"regex": self.regex, "json_schema": schema, "name": self.name}


Finish: TypeAlias = Literal["stop", "length", "error", "dry_run"]


@dataclass(frozen=True, slots=True)
class Completion:
    """What came of one request.

    Args:
        text: the answer; empty if there is none.
        prompt_tokens, completion_tokens: as counted by the model, summed over attempts that were answered.
        cost_usd: what these tokens cost; a cached answer repeats what it cost when it was asked.
        latency_s: wall-clock seconds from asking to answer, retries and waiting included.
        cached: whether it came from the response cache, so that nothing was called or paid.
        attempts: calls that were made for it, retries included.
        finish: ``stop``, ``length`` (cut at ``max_tokens``), ``error``, or ``dry_run``.
        satisfied: whether the text satisfies the constraint; None without one.
        tokens_estimated: whether the model gave no count and ours stands in for it.
        error: why there is no answer; None if there is one.
    """

    text: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0
    latency_s: float = 0.0
    cached: bool = False
    attempts: int = 1
    finish: Finish = "stop"
    satisfied: bool | None = None
    tokens_estimated: bool = False
    error: ModelError | None = None

    @property
    def paid_usd(self) -> float:
        """What was paid now: nothing for a cached answer."""
        return 0.0 if self.cached else self.cost_usd

    def require(self) -> str:
        """The text.

        Raises:
            ModelError: there is none.
        """
        if self.error is not None:
            raise self.error
        return self.text

    def record(self) -> dict[str, Any]:
        """The completion as JSON."""
        record = asdict(self) if self.error is None else {**_plain(self), "error": None}
        record["error"] = None if self.error is None else {"kind": self.error.kind.value, "message": self.error.message}
        return record

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Completion:
        """The completion that :meth:`record` wrote.

        Raises:
            KeyError, TypeError, ValueError: the record was not written by it.
        """
        fields = dict(record)
        error = fields.pop("error")
        return cls(**fields, error=None if error is None else ModelError(ErrorKind(error["kind"]), error["message"]))


def _plain(completion: Completion) -> dict[str, Any]:
    return {name: getattr(completion, name) for name in Completion.__slots__ if name != "error"}


@dataclass(frozen=True, slots=True)
class Request:
    """One thing to ask.

    Args:
        messages: the conversation so far.
        sampling: how tokens are drawn.
        constraint: what answers are legal; None for any.
        repeat: which of several answers to the same question this is (self-consistency, error bars).
        episode: a label under which the cost per episode is summed; has no influence on the answer.
    """

    messages: tuple[Message, ...]
    sampling: Sampling = field(default_factory=Sampling)
    constraint: Constraint | None = None
    repeat: int = 0
    episode: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "messages", tuple(self.messages))
        if not self.messages:
            raise ValueError("messages: expected at least one, got none")
        if self.repeat < 0:
            raise ValueError(f"repeat: expected a number from 0, got {self.repeat}")

    @property
    def images(self) -> int:
        """How many images it holds."""
        return count_images(self.messages)

    def record(self) -> dict[str, Any]:
        """Everything that the answer may depend on, as JSON."""
        return {
            "messages": [message.record() for message in self.messages],
            "sampling": {**asdict(self.sampling), "stop": list(self.sampling.stop)},
            "constraint": None if self.constraint is None else self.constraint.record(),
            "repeat": self.repeat,
        }


@dataclass(frozen=True, slots=True)
class Prices:
    """What a model costs, in US dollars per million tokens; zero for local models."""

    prompt_usd_per_million: float = 0.0
    completion_usd_per_million: float = 0.0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{name}: expected a number from 0, got {value}")

    def cost(self, prompt_tokens: int, completion_tokens: int) -> float:
        """Dollars for these tokens."""
        return (prompt_tokens * self.prompt_usd_per_million + completion_tokens * self.completion_usd_per_million) / 1e6

    @property
    def free(self) -> bool:
        """Whether nothing costs anything."""
        return self.prompt_usd_per_million == 0 and self.completion_usd_per_million == 0


@dataclass(frozen=True, slots=True)
class Usage:
    """Sums over calls."""

    calls: int = 0
    images: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0

    def __add__(self, other: Usage) -> Usage:
        return Usage(*(getattr(self, name) + getattr(other, name) for name in Usage.__slots__))

    def __str__(self) -> str:
        return (
            f"{self.calls} calls, {self.images} images, {self.prompt_tokens} prompt and "
            f"{self.completion_tokens} completion tokens, ${self.cost_usd:.4f}"
        )


def estimate_usage(request: Request, prices: Prices) -> Usage:
    """What a request will use at most, without asking: text at four bytes a token, the answer at full length.

    Images count 85 tokens and 170 for every started tile of 512 x 512 pixels (OpenAI's published rule for GPT-4o).
    """
    text = sum(len(part.encode()) for message in request.messages for part in message.parts if isinstance(part, str))
    prompt = math.ceil(text / 4) + 4 * len(request.messages)
    for message in request.messages:
        for image in message.images:
            width, height = image.size
            prompt += 85 + 170 * math.ceil(width / 512) * math.ceil(height / 512)
    completion = request.sampling.max_tokens
    return Usage(1, request.images, prompt, completion, prices.cost(prompt, completion))


OnDone: TypeAlias = Callable[[int, Completion], None]


class Model(ABC):
    """Answers requests. Subclass it and implement :meth:`complete_batch`; safe to use from several threads.

    Attributes:
        prices: what tokens cost.
        accepts_images: whether messages may hold images.
    """

    prices: Prices = Prices()
    accepts_images: bool = False

    @property
    @abstractmethod
    def identity(self) -> dict[str, Any]:
        """Everything besides the request that answers depend on, as JSON: name, address, weights. Never a key."""

    @property
    def name(self) -> str:
        """The model's own name, for tables."""
        return str(self.identity.get("model", type(self).__name__))

    @abstractmethod
    def complete_batch(self, requests: Sequence[Request], on_done: OnDone | None = None) -> list[Completion]:
        """Answer several requests; each answer is what it would be alone.

        Args:
            requests: what to ask.
            on_done: called with position and completion as each is finished, in any order, perhaps on another thread.

        Returns:
            One completion per request, in their order, failures included.
        """

    def complete(
        self,
        messages: Sequence[Message],
        sampling: Sampling | None = None,
        constraint: Constraint | None = None,
        repeat: int = 0,
        episode: str = "",
    ) -> Completion:
        """Answer one request; see :class:`Request`."""
        request = Request(tuple(messages), sampling or Sampling(), constraint, repeat, episode)
        return self.complete_batch([request])[0]

    async def acomplete(
        self,
        messages: Sequence[Message],
        sampling: Sampling | None = None,
        constraint: Constraint | None = None,
        repeat: int = 0,
        episode: str = "",
    ) -> Completion:
        """:meth:`complete` for callers that live in an event loop."""
        return await asyncio.to_thread(self.complete, messages, sampling, constraint, repeat, episode)

    def close(self) -> None:  # noqa: B027
        """Free what the model holds; for most, nothing."""

    def __enter__(self) -> Model:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"
