"""Many jobs in several processes, each done when it is done: for films, where one process draws one house at a time."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from eval_suite.store import StoreError

Job = TypeVar("Job")
Result = TypeVar("Result")

PATIENCE_S = 600.0
"""Seconds without any job done after which processes are taken for stuck, as OpenGL drivers now and then get."""


def in_processes(
    work: Callable[[Job], Result],
    jobs: Sequence[Job],
    *,
    workers: int = 1,
    begin: Callable[..., None] | None = None,
    arguments: tuple[Any, ...] = (),
    patience_s: float = PATIENCE_S,
) -> Iterator[tuple[int, Result]]:
    """Do jobs; yields (place, result) in the order in which they are done.

    Processes are started afresh, since one that has drawn must not be forked. With one worker no process is started.

    Args:
        work: a module's function; what it raises is raised here.
        jobs: what to do.
        workers: how many at once.
        begin: called in each process before its first job.
        arguments: of ``begin``.
        patience_s: see :data:`PATIENCE_S`.

    Raises:
        StoreError: a process died or is stuck; what was yielded is done.
    """
    if workers <= 1 or len(jobs) < 2:
        if begin is not None:
            begin(*arguments)
        for place, job in enumerate(jobs):
            yield place, work(job)
        return
    pool = ProcessPoolExecutor(
        min(workers, len(jobs)), multiprocessing.get_context("spawn"), initializer=_begin, initargs=(begin, arguments)
    )
    # A few jobs in hand for each process are enough; the rest wait here, so that stopping is quick.
    waiting = iter(enumerate(jobs))
    under_way: dict[Future[Result], int] = {}
    try:
        while True:
            while len(under_way) < 2 * workers and (following := next(waiting, None)) is not None:
                under_way[pool.submit(work, following[1])] = following[0]
            if not under_way:
                break
            done, _ = wait(under_way, timeout=patience_s, return_when=FIRST_COMPLETED)
            if not done:
                raise StoreError(
                    f"no picture came in {patience_s:.0f} seconds; what is done is kept: run the command again with workers=1"
                )
            for future in done:
                yield under_way.pop(future), future.result()
    except BrokenProcessPool:
        raise StoreError(
            "a process ended before its work was done (killed, or out of memory); what is done is kept: run the command again, "
            "with fewer workers if memory is short"
        ) from None
    finally:
        for future in under_way:
            future.cancel()
        stuck = list((pool._processes or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        if under_way:  # stopped early: nobody waits for what is under way
            for process in stuck:
                process.kill()


def _begin(begin: Callable[..., None] | None, arguments: tuple[Any, ...]) -> None:
    """Once in each process: end with the command, however that ends, then do what the caller wants."""
    # Ctrl-C reaches every process of a terminal: the command's own decides what becomes of the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        # A killed command cannot tell its processes to stop, and they would wait for jobs for ever.
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    if begin is not None:
        begin(*arguments)


def _end_with(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)
