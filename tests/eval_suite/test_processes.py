"""Work in several processes: nothing lost, nothing hanging."""

from __future__ import annotations

import os

import pytest

from eval_suite.processes import in_processes
from eval_suite.store import StoreError


def double(number: int) -> int:
    return 2 * number


def die(number: int) -> int:
    if number == 3:
        os._exit(9)
    return number


def fail(number: int) -> int:
    if number == 2:
        raise StoreError("disk full")
    return number


def linger(number: int) -> int:
    import time

    time.sleep(60)
    return number


@pytest.mark.parametrize("workers", [1, 2])
def test_every_job_is_done_once(workers: int) -> None:
    found = dict(in_processes(double, list(range(9)), workers=workers))
    assert found == {place: 2 * place for place in range(9)}


def test_a_process_that_dies_is_told_in_one_line() -> None:
    with pytest.raises(StoreError, match="a process ended before its work was done"):
        list(in_processes(die, list(range(6)), workers=2))


def test_an_error_in_a_job_comes_through() -> None:
    with pytest.raises(StoreError, match="disk full"):
        list(in_processes(fail, list(range(6)), workers=2))


def test_processes_that_are_stuck_are_given_up() -> None:
    with pytest.raises(StoreError, match="run the command again with workers=1"):
        list(in_processes(linger, [0, 1], workers=2, patience_s=1.0))
