"""Models behind any server that speaks the OpenAI chat protocol: hosted, vLLM, Ollama, llama.cpp."""

from __future__ import annotations

import asyncio
import email.utils
import json
import logging
import os
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import urlsplit

from pydantic import SecretStr

from agents.models.budget import Budget
from agents.models.concurrency import AdaptiveLimit, BackgroundLoop
from agents.models.errors import missing_dependency
from agents.models.interface import (
    Completion,
    Constraint,
    ErrorKind,
    Message,
    Model,
    ModelError,
    OnDone,
    Prices,
    Request,
    Sampling,
    Usage,
    estimate_usage,
)

if TYPE_CHECKING:
    import openai

log = logging.getLogger(__name__)

OPENAI_URL = "https://api.openai.com/v1"
Constraints = Literal["json_schema", "vllm", "none"]

# Local servers want no key, but the client wants a text.
_NO_KEY = "none"
# Shorter "keys" are placeholders such as "EMPTY", which may well stand in an answer.
_SECRET_LENGTH = 8
_MAX_BACKOFF_S = 8.0
# What a server should be spared after these; other failures say nothing about its load.
_CONGESTED = {ErrorKind.RATE_LIMITED, ErrorKind.TIMEOUT}
_CONGESTED_STATUS = {503, 529}


class _Failure(Exception):
    """One call that failed, with what the next one should know."""

    def __init__(
        self,
        error: ModelError,
        *,
        retry_after_s: float | None = None,
        congested: bool = False,
        usage: Usage | None = None,
        estimated: bool = False,
    ) -> None:
        super().__init__(error.message)
        self.error = error
        self.retry_after_s = retry_after_s
        self.congested = congested or error.kind in _CONGESTED
        self.usage = usage  # what the server has charged for it; None for nothing
        self.estimated = estimated


class OpenAICompatible(Model):
    """Asks a server, many requests at once, patiently, and never beyond the cost cap.

    Args:
        model: the server's name for the model.
        base_url: the server's address up to ``/v1``; None reads ``OPENAI_BASE_URL``, else it is OpenAI's own.
        api_key: the key itself, for programs. Configuration files should name the variable instead.
        api_key_env: environment variable that holds the key. None means ``OPENAI_API_KEY`` for OpenAI's own address
            and no key for any other, so that the key never travels to a server it was not made for.
        constraints: how the server enforces constraints: ``json_schema`` (``response_format``: OpenAI, Ollama, llama.cpp,
            vLLM), ``vllm`` (``structured_outputs`` with regular expressions), or ``none``.
        accepts_images: whether the model sees.
        image_detail: ``low``, ``high`` or ``auto`` where the server knows it.
        max_image_side: larger images are refused with a clear message before they are paid for.
        timeout_s: seconds for one call from first byte sent to last byte received.
        max_retries: further attempts after the first.
        backoff_s: wait before the first of them, doubled each time, where the server does not say how long.
        max_retry_after_s: a server that wants more patience than this is given up.
        max_concurrency: most calls at once; halved when the server is overloaded, see :class:`AdaptiveLimit`.
        prices: ``prompt_usd_per_million`` and ``completion_usd_per_million``; needed for a cost cap.
        max_usd: cost cap of the run.
        max_usd_per_episode: cost cap of the requests with the same episode label.
        max_tokens_field: ``max_tokens``, or ``max_completion_tokens`` for OpenAI's newer models.
        omit: sampling fields that the model refuses, e.g. ``[temperature, top_p, seed]``.
        extra_body: further fields of the request, for what only one server knows.
    """

    def __init__(
        self,
        model: str,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        api_key_env: str | None = None,
        constraints: Constraints = "json_schema",
        accepts_images: bool = True,
        image_detail: str | None = None,
        max_image_side: int = 2048,
        timeout_s: float = 120.0,
        max_retries: int = 5,
        backoff_s: float = 0.5,
        max_retry_after_s: float = 120.0,
        max_concurrency: int = 32,
        prices: Prices | Mapping[str, float] | None = None,
        max_usd: float | None = None,
        max_usd_per_episode: float | None = None,
        max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens",
        omit: Sequence[str] = (),
        extra_body: Mapping[str, Any] | None = None,
    ) -> None:
        if constraints not in ("json_schema", "vllm", "none"):
            raise ModelError(ErrorKind.BAD_CONFIG, f"constraints: expected json_schema, vllm or none, got {constraints!r}")
        if max_concurrency < 1:
            raise ModelError(ErrorKind.BAD_CONFIG, f"max_concurrency: expected at least 1, got {max_concurrency}")
        self.model = model
        self.base_url = _checked_url(base_url or os.environ.get("OPENAI_BASE_URL") or OPENAI_URL)
        self._api_key = None if api_key is None else SecretStr(api_key)
        self._api_key_env = api_key_env or ("OPENAI_API_KEY" if self.base_url == OPENAI_URL else None)
        self.constraints: Constraints = constraints
        self.accepts_images = accepts_images
        self.image_detail = image_detail
        self.max_image_side = max_image_side
        self.timeout_s = timeout_s
        self.max_retries = max_retries
        self.backoff_s = backoff_s
        self.max_retry_after_s = max_retry_after_s
        self.max_concurrency = max_concurrency
        self.prices = prices if isinstance(prices, Prices) else Prices(**(prices or {}))
        self.budget = Budget(max_usd, max_usd_per_episode)
        if self.budget.capped and self.prices.free:
            raise ModelError(
                ErrorKind.BAD_CONFIG,
                "a cost cap needs prices: expected prices.prompt_usd_per_million and completion_usd_per_million, got none",
            )
        self.max_tokens_field = max_tokens_field
        self.omit = tuple(omit)
        self.extra_body = dict(extra_body or {})
        self.usage = Usage()
        self._usage_lock = threading.Lock()
        self._loop = BackgroundLoop()
        self._client: openai.AsyncOpenAI | None = None
        self._limit = AdaptiveLimit(max_concurrency)
        self._start_lock = threading.Lock()
        self._reached = False
        self._random = random.Random()

    @property
    def identity(self) -> dict[str, Any]:
        """Model, address, and everything that changes what is sent; never the key."""
        return {
            "kind": "openai_compatible",
            "model": self.model,
            "base_url": self.base_url,
            "constraints": self.constraints,
            "image_detail": self.image_detail,
            "omit": list(self.omit),
            "extra_body": self.extra_body,
        }

    def complete_batch(self, requests: Sequence[Request], on_done: OnDone | None = None) -> list[Completion]:
        """Ask all at once, as many at a time as the server bears. Must not be called from an event loop's thread."""
        futures = [self._submit(request, _bind(on_done, position)) for position, request in enumerate(requests)]
        try:
            return [future.result() for future in futures]
        except BaseException:  # Ctrl-C: make no more calls
            for future in futures:
                future.cancel()
            raise

    async def acomplete(
        self,
        messages: Sequence[Message],
        sampling: Sampling | None = None,
        constraint: Constraint | None = None,
        repeat: int = 0,
        episode: str = "",
    ) -> Completion:
        """:meth:`complete` without a thread of its own."""
        request = Request(tuple(messages), sampling or Sampling(), constraint, repeat, episode)
        return await asyncio.wrap_future(self._submit(request, None))

    def close(self) -> None:
        """Close the connections and stop the background thread."""
        if self._client is not None and not self._loop.fresh():
            try:
                self._loop.submit(self._client.close()).result(timeout=5)
            except Exception as error:  # closing must not hide what happened before it
                log.debug("closing the connections: %s", type(error).__name__)
        self._client = None
        self._loop.close()

    # -- one request: attempts, waiting, accounting ------------------------------------------------------------------

    def _submit(self, request: Request, on_done: Callable[[Completion], None] | None) -> Future[Completion]:
        with self._start_lock:
            if self._loop.fresh():
                self._client = None
                self._limit = AdaptiveLimit(self.max_concurrency)
            return self._loop.submit(self._answer(request, on_done))

    async def _answer(self, request: Request, on_done: Callable[[Completion], None] | None) -> Completion:
        start = time.perf_counter()
        try:
            completion = await self._attempts(request)
        except _Failure as failure:
            completion = Completion(finish="error", attempts=0, error=failure.error)
        except ModelError as error:
            completion = Completion(finish="error", error=error)
        except Exception as error:  # a fault of ours; typed, so that it is counted and not lost
            log.exception("asking %s", self.model)
            completion = Completion(
                finish="error", error=ModelError(ErrorKind.INTERNAL, self._scrub(f"{type(error).__name__}: {error}"))
            )
        completion = replace(completion, latency_s=time.perf_counter() - start)
        if on_done is not None:
            on_done(completion)
        return completion

    async def _attempts(self, request: Request) -> Completion:
        self._check_images(request)
        client = self._connect()
        spent, estimated = Usage(), False
        attempt = 0
        while True:
            ticket = await self._limit.acquire()
            refusal = self.budget.refusal(request.episode)  # asked only now: waiting calls see what others have paid
            if refusal is not None:
                self._limit.release(ticket)
                return _failed(refusal, spent, attempt, estimated)
            attempt += 1
            congested, pause = False, 0.0
            try:
                completion = await self._call(client, request)
                usage = Usage(1, request.images, completion.prompt_tokens, completion.completion_tokens)
                spent += self._charge(request, usage)
                self._reached = True
                return replace(
                    completion,
                    prompt_tokens=spent.prompt_tokens,
                    completion_tokens=spent.completion_tokens,
                    cost_usd=spent.cost_usd,
                    attempts=attempt,
                    tokens_estimated=estimated or completion.tokens_estimated,
                )
            except _Failure as failure:
                error, congested = failure.error, failure.congested
                spent += self._charge(request, failure.usage or Usage(1, request.images))
                estimated = estimated or failure.estimated
                self._reached = self._reached or error.kind is not ErrorKind.UNREACHABLE
                if not self._again(error, attempt, failure.retry_after_s):
                    return _failed(error, spent, attempt, estimated)
                wait = self._wait(attempt, failure.retry_after_s)
                pause = failure.retry_after_s or 0.0
                log.info("%s: %s; attempt %d follows in %.1f s", error.kind.value, error.message, attempt + 1, wait)
            finally:
                self._limit.release(ticket, congested=congested, pause_s=pause)
            await asyncio.sleep(wait)

    def _again(self, error: ModelError, attempt: int, retry_after_s: float | None) -> bool:
        if not error.kind.retried or attempt > self.max_retries:
            return False
        if error.kind is ErrorKind.UNREACHABLE and not self._reached:
            return attempt <= 1  # nobody was ever there: say so soon
        return retry_after_s is None or retry_after_s <= self.max_retry_after_s

    def _wait(self, attempt: int, retry_after_s: float | None) -> float:
        if retry_after_s is not None:
            return retry_after_s
        # Jitter upwards keeps a crowd of failed calls from coming back at one moment.
        return min(self.backoff_s * 2.0 ** (attempt - 1), _MAX_BACKOFF_S) * (1 + 0.25 * self._random.random())

    def _charge(self, request: Request, usage: Usage) -> Usage:
        usage = replace(usage, cost_usd=self.prices.cost(usage.prompt_tokens, usage.completion_tokens))
        self.budget.charge(request.episode, usage.cost_usd)
        with self._usage_lock:
            self.usage += usage
        return usage

    # -- one call ----------------------------------------------------------------------------------------------------

    def _connect(self) -> openai.AsyncOpenAI:
        if self._client is None:
            try:
                import openai
            except ImportError:
                raise _Failure(missing_dependency("openai", "models")) from None
            self._client = openai.AsyncOpenAI(
                api_key=self._key(), base_url=self.base_url, max_retries=0, timeout=self.timeout_s
            )
        return self._client

    def _key(self) -> str:
        key = self._known_key()
        if not key and self._api_key_env:
            message = (
                f"expected an API key for {self.base_url} in the environment variable {self._api_key_env}, found none; "
                "set it, or name another with api_key_env"
            )
            raise _Failure(ModelError(ErrorKind.AUTH, message))
        return key or _NO_KEY

    def _known_key(self) -> str:
        if self._api_key is not None:
            return self._api_key.get_secret_value()
        return os.environ.get(self._api_key_env, "") if self._api_key_env else ""

    async def _call(self, client: openai.AsyncOpenAI, request: Request) -> Completion:
        import openai

        try:
            # The client's timeout is per read, so that a slow drip never ends; this one is for the whole call.
            async with asyncio.timeout(self.timeout_s):
                response = await client.chat.completions.with_raw_response.create(**self._body(request))
            content, kind = response.http_response.content, response.http_response.headers.get("content-type", "")
        except (TimeoutError, openai.APITimeoutError):
            message = f"expected an answer from {self.base_url} within {self.timeout_s:g} s, got none; raise timeout_s"
            raise _Failure(ModelError(ErrorKind.TIMEOUT, message)) from None
        except openai.APIStatusError as error:
            raise self._status_failure(error) from None
        except openai.APIConnectionError as error:
            raise self._connection_failure(request, error) from None
        return self._read(request, content, kind)

    def _body(self, request: Request) -> dict[str, Any]:
        sampling = request.sampling
        fields: dict[str, Any] = {"temperature": sampling.temperature}
        if sampling.top_p < 1:
            fields["top_p"] = sampling.top_p
        if sampling.seed is not None:
            fields["seed"] = sampling.seed + request.repeat  # the same seed would repeat the same answer
        if sampling.stop:
            fields["stop"] = list(sampling.stop)
        body = {name: value for name, value in fields.items() if name not in self.omit}
        body |= {
            "model": self.model,
            "messages": [self._message(message) for message in request.messages],
            self.max_tokens_field: sampling.max_tokens,
        }
        extra = dict(self.extra_body)
        if request.constraint is not None:
            body |= self._constraint(request.constraint, extra)
        if extra:
            body["extra_body"] = extra
        return body

    def _constraint(self, constraint: Constraint, extra: dict[str, Any]) -> dict[str, Any]:
        if self.constraints == "vllm":
            spelling = {"regex": constraint.regex} if constraint.regex else {"json": dict(constraint.json_schema or {})}
            extra["structured_outputs"] = spelling
        elif self.constraints == "json_schema" and constraint.json_schema is not None:
            schema = {"name": constraint.name, "strict": True, "schema": dict(constraint.json_schema)}
            return {"response_format": {"type": "json_schema", "json_schema": schema}}
        return {}

    def _message(self, message: Message) -> dict[str, Any]:
        if not message.images:
            return {"role": message.role, "content": message.text}
        content: list[dict[str, Any]] = []
        for part in message.parts:
            if isinstance(part, str):
                content.append({"type": "text", "text": part})
            else:
                url = {"url": part.data_url()} | ({"detail": self.image_detail} if self.image_detail else {})
                content.append({"type": "image_url", "image_url": url})
        return {"role": message.role, "content": content}

    def _check_images(self, request: Request) -> None:
        if request.images and not self.accepts_images:
            message = f"{self.model} reads text only, got {request.images} image(s); choose a model that sees, or text input"
            raise _Failure(ModelError(ErrorKind.UNSUPPORTED, message))
        for number, image in enumerate((image for message in request.messages for image in message.images), 1):
            width, height = image.size
            if max(width, height) > self.max_image_side:
                message = (
                    f"expected images of at most {self.max_image_side} pixels a side, got {width}x{height} (image {number} of "
                    f"{request.images}); lower observation.size, or raise max_image_side"
                )
                raise _Failure(ModelError(ErrorKind.TOO_LARGE, message))

    # -- reading what came -------------------------------------------------------------------------------------------

    def _read(self, request: Request, content: bytes, kind: str) -> Completion:
        try:
            data = json.loads(content)
        except ValueError:
            shown = f"{len(content)} bytes of {kind or 'an unknown type'}: {_snippet(content)}"
            raise self._bad_response(request, f"expected JSON from {self.base_url}, got {shown}") from None
        if not isinstance(data, dict):
            raise self._bad_response(request, f"expected a JSON object from {self.base_url}, got {_snippet(content)}")
        if data.get("error"):  # some gateways report failures with status 200
            raise self._error_failure(_status_of(data["error"]), data["error"], None)
        usage, estimated = self._usage_of(request, data)
        choices = data.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        if choice is None:
            raise _Failure(ModelError(ErrorKind.EMPTY, f"expected a choice from {self.model}, got none"), usage=usage)
        message = choice.get("message") if isinstance(choice, dict) else None
        if not isinstance(message, dict):
            raise self._bad_response(request, f"expected a message in the choice, got {_snippet(content)}")
        text, finish = _text_of(message.get("content")), choice.get("finish_reason")
        if message.get("refusal") or finish == "content_filter":
            reason = self._scrub(_one_line(str(message.get("refusal") or "content filter")))
            raise _Failure(ModelError(ErrorKind.REFUSAL, f"{self.model} declined: {reason}"), usage=usage)
        if not text.strip():
            raise _Failure(
                ModelError(ErrorKind.EMPTY, f"expected text from {self.model}, got none (finish_reason {finish!r})"),
                usage=usage,
            )
        constraint = request.constraint
        if constraint is not None:
            text = constraint.read(text)
        text = self._scrub(text)
        return Completion(
            text=text,
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            finish="length" if finish == "length" else "stop",
            satisfied=None if constraint is None else constraint.satisfied(text),
            tokens_estimated=estimated,
        )

    def _usage_of(self, request: Request, data: Mapping[str, Any]) -> tuple[Usage, bool]:
        counted = data.get("usage")
        if isinstance(counted, dict):
            prompt, completion = counted.get("prompt_tokens"), counted.get("completion_tokens")
            if _is_count(prompt) and _is_count(completion):
                return Usage(1, request.images, cast(int, prompt), cast(int, completion)), False
        return estimate_usage(request, self.prices), True

    def _bad_response(self, request: Request, message: str) -> _Failure:
        # The server has worked and may have charged for it; an estimate keeps the cap honest.
        usage = estimate_usage(request, self.prices)
        return _Failure(ModelError(ErrorKind.BAD_RESPONSE, self._scrub(message)), usage=usage, estimated=True)

    # -- what went wrong ---------------------------------------------------------------------------------------------

    def _connection_failure(self, request: Request, error: openai.APIConnectionError) -> _Failure:
        import httpx2

        cause = error.__cause__
        if isinstance(cause, httpx2.RemoteProtocolError | httpx2.ReadError | httpx2.DecodingError):
            return self._bad_response(
                request, f"the connection to {self.base_url} broke in mid-answer ({type(cause).__name__})"
            )
        message = (
            f"expected a server at {self.base_url}, could not connect ({type(cause).__name__}); start it, or correct base_url"
        )
        return _Failure(ModelError(ErrorKind.UNREACHABLE, message))

    def _status_failure(self, error: openai.APIStatusError) -> _Failure:
        body = error.body if isinstance(error.body, dict) else {"message": str(error.body or "")}
        return self._error_failure(error.status_code, body, _retry_after(error.response.headers))

    def _error_failure(self, status: int, body: Any, retry_after_s: float | None) -> _Failure:
        said = body if isinstance(body, dict) else {"message": str(body)}
        detail = self._scrub(_one_line(str(said.get("message") or "")))[:200]
        kind = _kind_of(status, str(said.get("code") or ""), str(said.get("type") or ""), detail)
        todo = {
            ErrorKind.AUTH: f"; check the key in {self._api_key_env or 'api_key'}",
            ErrorKind.NOT_FOUND: f"; check model={self.model} and base_url",
            ErrorKind.TOO_LARGE: "; send fewer or smaller images, or a shorter prompt",
        }.get(kind, "")
        message = f"{self.base_url} answered {status}" + (f": {detail}" if detail else "") + todo
        return _Failure(ModelError(kind, message), retry_after_s=retry_after_s, congested=status in _CONGESTED_STATUS)

    def _scrub(self, text: str) -> str:
        """Take the key out of what a server sent: some repeat it in their complaints."""
        key = self._known_key()
        return text.replace(key, "***") if len(key) >= _SECRET_LENGTH else text


def _failed(error: ModelError, spent: Usage, attempts: int, estimated: bool) -> Completion:
    return Completion(
        prompt_tokens=spent.prompt_tokens,
        completion_tokens=spent.completion_tokens,
        cost_usd=spent.cost_usd,
        attempts=attempts,
        finish="error",
        tokens_estimated=estimated,
        error=error,
    )


def _bind(on_done: OnDone | None, position: int) -> Callable[[Completion], None] | None:
    if on_done is None:
        return None
    return lambda completion: on_done(position, completion)


def _checked_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ModelError(ErrorKind.BAD_CONFIG, f"base_url: expected an address such as {OPENAI_URL}, got {url[:80]!r}")
    if parts.username or parts.password or parts.query or parts.fragment:
        # Addresses are written into episodes and reports.
        raise ModelError(
            ErrorKind.BAD_CONFIG,
            f"base_url: expected no user, password or query in the address of {parts.hostname}; put the key into api_key_env",
        )
    return url.rstrip("/")


def _kind_of(status: int, code: str, kind: str, detail: str) -> ErrorKind:
    said = f"{code} {kind} {detail}".lower()
    if status == 402 or "insufficient_quota" in said:
        return ErrorKind.QUOTA
    if status in (401, 403):
        return ErrorKind.AUTH
    if status == 404:
        return ErrorKind.NOT_FOUND
    if status == 413:
        return ErrorKind.TOO_LARGE
    if status in (408, 504):
        return ErrorKind.TIMEOUT
    if status == 429:
        return ErrorKind.RATE_LIMITED
    if status >= 500 or status in (409, 425):
        return ErrorKind.SERVER_ERROR
    if any(words in said for words in ("context_length", "context length", "too large", "too long", "too many tokens")):
        return ErrorKind.TOO_LARGE
    if any(words in said for words in ("content_filter", "content_policy", "content policy")):
        return ErrorKind.REFUSAL
    return ErrorKind.BAD_REQUEST


def _status_of(error: Any) -> int:
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) and 400 <= code < 600 else 500


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a server asks to wait: ``retry-after-ms``, or ``retry-after`` as seconds or as a date (RFC 9110)."""
    for name, divisor in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) / divisor
        except ValueError:
            continue
        if 0 <= seconds < float("inf"):
            return seconds
    try:
        moment = email.utils.parsedate_to_datetime(headers.get("retry-after", ""))
    except (TypeError, ValueError):
        return None
    return max(0.0, moment.timestamp() - time.time())


def _text_of(content: Any) -> str:
    if isinstance(content, list):  # some servers answer in parts
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _snippet(content: bytes) -> str:
    return repr(_one_line(content[:200].decode("utf-8", "replace"))[:80])
