"""How many calls at once: additive increase, multiplicative decrease; and an event loop that outlives a call."""

from __future__ import annotations

import asyncio
import os
import threading
from collections import deque
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class AdaptiveLimit:
    """Lets as many calls run as the server bears.

    The limit starts at its maximum, is halved when the server says that it is too much, and grows by one for every
    round of successes (AIMD, as in TCP: Chiu and Jain, 1989). Calls that started before a decrease do not
    cause another: they were sent under the old limit. Waiting is first come, first served. All methods belong to one
    event loop.

    Args:
        maximum: most calls at once.
    """

    def __init__(self, maximum: int) -> None:
        if maximum < 1:
            raise ValueError(f"max_concurrency: expected at least 1, got {maximum}")
        self.maximum = maximum
        self.limit = float(maximum)
        self.in_flight = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._paused_until = 0.0
        self._epoch = 0

    async def acquire(self) -> int:
        """Wait for a slot; returns a ticket to give to :meth:`release`."""
        loop = asyncio.get_running_loop()
        if not self._waiting and self._may_start(loop.time()):
            self.in_flight += 1
            return self._epoch
        future: asyncio.Future[None] = loop.create_future()
        self._waiting.append(future)
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():  # the slot was given in the very moment of cancelling
                self.in_flight -= 1
                self._wake()
            raise
        return self._epoch

    def release(self, ticket: int, *, congested: bool = False, pause_s: float = 0.0) -> None:
        """Give a slot back.

        Args:
            ticket: what :meth:`acquire` returned.
            congested: whether the server said that it is too much.
            pause_s: seconds for which the server wants no calls at all.
        """
        self.in_flight -= 1
        if congested and ticket == self._epoch:
            self.limit = max(1.0, self.limit / 2)
            self._epoch += 1
        elif not congested:
            self.limit = min(float(self.maximum), self.limit + 1.0 / self.limit)
        if pause_s > 0:
            loop = asyncio.get_running_loop()
            self._paused_until = max(self._paused_until, loop.time() + pause_s)
            loop.call_at(self._paused_until, self._wake)
        self._wake()

    def _may_start(self, now: float) -> bool:
        return self.in_flight < int(self.limit) and now >= self._paused_until

    def _wake(self) -> None:
        now = asyncio.get_running_loop().time()
        while self._waiting and self._may_start(now):
            future = self._waiting.popleft()
            if not future.done():
                self.in_flight += 1
                future.set_result(None)


class BackgroundLoop:
    """An event loop on a thread of its own, so that synchronous callers share one client and its connections."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._process = 0
        self._lock = threading.Lock()

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine there."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._running())

    def fresh(self) -> bool:
        """Whether the next :meth:`submit` starts a new loop: the first time, after :meth:`close`, after a fork."""
        return self._loop is None or self._process != os.getpid()

    def close(self) -> None:
        """Stop the thread."""
        with self._lock:
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is not None and thread is not None and thread.is_alive():
            loop.call_soon_threadsafe(loop.stop)
            thread.join(timeout=5)
            if not thread.is_alive():
                loop.close()

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or self._process != os.getpid():  # a fork takes the loop along, but not its thread
                self._loop = asyncio.new_event_loop()
                self._process = os.getpid()
                self._thread = threading.Thread(target=self._loop.run_forever, name="model-calls", daemon=True)
                self._thread.start()
            return self._loop
