"""Answers that were paid for once are never paid for again: a response cache on disk.

The key is a SHA-256 over the model's identity (name, address, weights) and all that a request holds: messages with images by
digest, sampling, constraint, repeat index. Every answer is written when it arrives, in one SQLite
transaction, so that killing a run loses only the calls under way, and several processes may share a folder.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

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
)

log = logging.getLogger(__name__)

# Part of every key: raise it when answers to the same request can no longer be compared.
_VERSION = 1
# Answers in their own right: asking again would bring the same and cost the same.
_KEPT_ERRORS = {ErrorKind.REFUSAL}


def cache_folder() -> Path:
    """Where answers are kept unless the configuration says otherwise: ``$EMPATHY_GYM_CACHE``, else the user's cache folder."""
    chosen = os.environ.get("EMPATHY_GYM_CACHE")
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "empathy-gym" / "responses"


def request_key(identity: dict[str, Any], request: Request) -> str:
    """The key under which the answer of a model to a request is kept."""
    material = {"version": _VERSION, "model": identity, "request": request.record()}
    text = json.dumps(material, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class ResponseCache:
    """Completions by key, in a folder.

    Args:
        folder: made if it does not exist.

    Raises:
        ModelError: the folder cannot be written, or ``diskcache`` is not installed.
    """

    def __init__(self, folder: str | Path | None = None) -> None:
        try:
            import diskcache
        except ImportError:
            raise missing_dependency("diskcache", "models") from None
        self.folder = Path(folder) if folder is not None else cache_folder()
        try:
            # No eviction: what a run has paid for stays until someone prunes it.
            self._cache = diskcache.Cache(str(self.folder), eviction_policy="none", disk=_text_disk())
        except (OSError, sqlite3.Error) as error:
            raise ModelError(
                ErrorKind.BAD_CONFIG, f"cache: expected a folder that can be written, got {self.folder}: {error}"
            ) from None

    def get(self, key: str) -> Completion | None:
        """The completion kept under a key; None if there is none or it cannot be read."""
        text = self._cache.get(key, retry=True)
        if text is None:
            return None
        try:
            return replace(Completion.of_record(json.loads(text)["completion"]), cached=True)
        except (KeyError, TypeError, ValueError) as error:
            log.warning("cache: entry %s cannot be read (%s); asking again", key[:12], type(error).__name__)
            return None

    def put(self, key: str, model: str, completion: Completion) -> None:
        """Keep a completion; those that may come out better next time are not kept."""
        if completion.finish == "dry_run" or completion.cached:
            return
        if completion.error is not None and completion.error.kind not in _KEPT_ERRORS:
            return
        entry = {"model": model, "created": time.time(), "completion": completion.record()}
        self._cache.set(key, json.dumps(entry, ensure_ascii=True), retry=True)

    def __len__(self) -> int:
        return len(self._cache)

    def entries(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every key with its entry; unreadable ones are skipped."""
        for key in list(self._cache.iterkeys()):
            text = self._cache.get(key, retry=True)
            try:
                entry = json.loads(text)
                entry["model"], entry["created"], entry["completion"]
            except (KeyError, TypeError, ValueError):
                continue
            yield str(key), entry

    def delete(self, key: str) -> bool:
        """Forget one entry."""
        return bool(self._cache.delete(key, retry=True))

    def clear(self) -> int:
        """Forget everything, unreadable entries included; returns how many there were."""
        return int(self._cache.clear(retry=True))

    def close(self) -> None:
        """Close the files."""
        self._cache.close()

    def __enter__(self) -> ResponseCache:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _text_disk() -> type:
    import diskcache
    from diskcache.core import MODE_PICKLE

    class TextDisk(diskcache.Disk):
        """Refuses pickles: reading a cache folder from elsewhere must not run code."""

        def fetch(self, mode: int, filename: str, value: Any, read: bool) -> Any:
            return None if mode == MODE_PICKLE else super().fetch(mode, filename, value, read)

        def get(self, key: Any, raw: bool) -> Any:
            return super().get(key, raw) if raw else None

    return TextDisk


class CachedModel(Model):
    """A model that remembers. Equal requests under way at the same time are asked once.

    Args:
        model: what is asked where nothing is remembered.
        cache: where answers are kept.
    """

    def __init__(self, model: Model, cache: ResponseCache) -> None:
        self._model = model
        self._cache = cache
        self._under_way: dict[str, Future[Completion]] = {}
        self._lock = threading.Lock()
        self.hits = 0

    @property
    def identity(self) -> dict[str, Any]:
        """That of the model behind it."""
        return self._model.identity

    @property
    def prices(self) -> Prices:  # type: ignore[override]
        """Those of the model behind it."""
        return self._model.prices

    @property
    def accepts_images(self) -> bool:  # type: ignore[override]
        """That of the model behind it."""
        return self._model.accepts_images

    @property
    def usage(self) -> Usage:
        """What was called and paid; cached answers are not in it."""
        return getattr(self._model, "usage", Usage())

    def complete_batch(self, requests: Sequence[Request], on_done: OnDone | None = None) -> list[Completion]:
        """Answer from memory what can be, ask for the rest."""
        identity = self.identity
        keys = [request_key(identity, request) for request in requests]
        done: dict[int, Completion] = {}
        mine: list[int] = []
        others: list[tuple[int, Future[Completion]]] = []

        def finish(position: int, completion: Completion) -> None:
            done[position] = completion
            if on_done is not None:
                on_done(position, completion)

        for position, key in enumerate(keys):
            kept, future = self._look_up(key)
            if kept is not None:
                finish(position, kept)
            elif future is not None:
                others.append((position, future))
            else:
                mine.append(position)
        self._ask(requests, keys, mine, finish)
        for position, future in others:
            finish(position, _shared(future.result()))
        return [done[position] for position in range(len(requests))]

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
        key = request_key(self.identity, request)
        kept, future = self._look_up(key)
        if kept is not None:
            return kept
        if future is not None:  # shielded: a waiter that is cancelled must not take the answer from the others
            return _shared(await asyncio.shield(asyncio.wrap_future(future)))
        try:
            completion = await self._model.acomplete(messages, sampling, constraint, repeat, episode)
            self._arrived(key, completion)
            return completion
        finally:
            self._give_up(key)

    def _look_up(self, key: str) -> tuple[Completion | None, Future[Completion] | None]:
        """What is remembered, else the call under way; neither means that the caller has to make the call now."""
        with self._lock:
            future = self._under_way.get(key)
            if future is not None:
                return None, future
            kept = self._cache.get(key)
            if kept is None:
                self._under_way[key] = Future()
            else:
                self.hits += 1
            return kept, None

    def _ask(self, requests: Sequence[Request], keys: list[str], mine: list[int], finish: OnDone) -> None:
        def arrived(number: int, completion: Completion) -> None:
            self._arrived(keys[mine[number]], completion)
            finish(mine[number], completion)

        try:
            if mine:
                self._model.complete_batch([requests[position] for position in mine], arrived)
        finally:
            for position in mine:
                self._give_up(keys[position])

    def _arrived(self, key: str, completion: Completion) -> None:
        try:
            self._cache.put(key, self.name, completion)
        except (OSError, sqlite3.Error) as error:  # a full disk costs a second call some day, not the answer at hand
            log.warning("cache: an answer could not be written: %s", error)
        with self._lock:
            future = self._under_way.pop(key)
        future.set_result(completion)

    def _give_up(self, key: str) -> None:
        """After an interruption, let nobody wait for what will not come."""
        with self._lock:
            future = self._under_way.pop(key, None)
        if future is not None:
            error = ModelError(ErrorKind.INTERNAL, "the call that this answer was waiting for was interrupted")
            future.set_result(Completion(finish="error", error=error))

    def close(self) -> None:
        """Close model and cache."""
        self._model.close()
        self._cache.close()

    def __repr__(self) -> str:
        return f"CachedModel({self._model!r}, {str(self._cache.folder)!r})"


def _shared(completion: Completion) -> Completion:
    """An answer that was asked for by someone else: it was paid once."""
    return replace(completion, cached=True) if completion.error is None else completion


@dataclass(frozen=True, slots=True)
class CachedAnswers:
    """What the cache holds of one model.

    Args:
        model: its name.
        answers: how many.
        prompt_tokens, completion_tokens, cost_usd: what they cost when they were asked.
        oldest, newest: when they were written, UTC.
    """

    model: str
    answers: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float
    oldest: datetime
    newest: datetime


def list_cache(folder: str | Path | None = None) -> list[CachedAnswers]:
    """What a cache folder holds, one row per model, by name; nothing if there is no such folder."""
    if not (Path(folder) if folder is not None else cache_folder()).is_dir():
        return []
    rows: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    with ResponseCache(folder) as cache:
        for _, entry in cache.entries():
            rows[entry["model"]].append(entry)
    return [_summary(model, rows[model]) for model in sorted(rows)]


def _summary(model: str, entries: list[dict[str, Any]]) -> CachedAnswers:
    completions = [entry["completion"] for entry in entries]
    times = [entry["created"] for entry in entries]
    return CachedAnswers(
        model,
        len(entries),
        sum(completion["prompt_tokens"] for completion in completions),
        sum(completion["completion_tokens"] for completion in completions),
        sum(completion["cost_usd"] for completion in completions),
        datetime.fromtimestamp(min(times), UTC),
        datetime.fromtimestamp(max(times), UTC),
    )


def prune_cache(folder: str | Path | None = None, *, model: str | None = None, older_than_days: float | None = None) -> int:
    """Forget answers.

    Args:
        folder: the cache folder.
        model: only those of this model.
        older_than_days: only those written longer ago than this.

    Returns:
        How many were forgotten. Without ``model`` and ``older_than_days`` that is all of them.
    """
    if not (Path(folder) if folder is not None else cache_folder()).is_dir():
        return 0
    with ResponseCache(folder) as cache:
        if model is None and older_than_days is None:
            return cache.clear()
        latest = time.time() - (older_than_days or 0.0) * 86_400
        old = [
            key
            for key, entry in cache.entries()
            if (model is None or entry["model"] == model) and (older_than_days is None or entry["created"] < latest)
        ]
        return sum(cache.delete(key) for key in old)
