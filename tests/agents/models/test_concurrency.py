from __future__ import annotations

import asyncio

from agents.models.concurrency import AdaptiveLimit, BackgroundLoop


def test_the_limit_halves_once_per_wave_and_grows_back():
    async def run() -> list[float]:
        limit = AdaptiveLimit(16)
        seen = []
        tickets = [await limit.acquire() for _ in range(16)]
        for ticket in tickets:  # all of one wave complain; that is one decrease
            limit.release(ticket, congested=True)
        seen.append(limit.limit)
        for _ in range(8):
            limit.release(await limit.acquire())
        seen.append(limit.limit)
        for _ in range(500):
            limit.release(await limit.acquire())
        seen.append(limit.limit)
        for _ in range(20):
            limit.release(await limit.acquire(), congested=True)
        seen.append(limit.limit)
        return seen

    halved, grown, most, least = asyncio.run(run())
    assert halved == 8
    assert 8.9 < grown <= 9
    assert most == 16
    assert least == 1


def test_never_more_than_the_limit_first_come_first_served_and_none_is_lost():
    async def run() -> tuple[int, list[int]]:
        limit, running, most, order = AdaptiveLimit(3), 0, 0, []

        async def work(number: int) -> None:
            nonlocal running, most
            ticket = await limit.acquire()
            order.append(number)
            running += 1
            most = max(most, running)
            await asyncio.sleep(0)
            running -= 1
            limit.release(ticket)

        await asyncio.wait_for(asyncio.gather(*(work(number) for number in range(50))), 5)
        assert limit.in_flight == 0
        return most, order

    most, order = asyncio.run(run())
    assert most == 3
    assert order == list(range(50))


def test_cancelled_waiters_give_their_place_to_others():
    async def run() -> None:
        limit = AdaptiveLimit(1)
        ticket = await limit.acquire()
        waiting = [asyncio.create_task(limit.acquire()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        limit.release(ticket)
        waiting[1].cancel()  # its slot has been given to it in this very moment
        limit.release(await asyncio.wait_for(waiting[2], 1))
        assert limit.in_flight == 0

    asyncio.run(run())


def test_a_pause_holds_back_everyone():
    async def run() -> float:
        loop = asyncio.get_running_loop()
        limit = AdaptiveLimit(4)
        start = loop.time()
        limit.release(await limit.acquire(), congested=True, pause_s=0.15)
        await asyncio.gather(*(limit.acquire() for _ in range(2)))
        return loop.time() - start

    assert asyncio.run(run()) >= 0.149


def test_the_background_loop_starts_again_after_closing():
    loop = BackgroundLoop()

    async def answer() -> int:
        return 42

    for _ in range(2):
        assert loop.fresh()
        assert loop.submit(answer()).result(5) == 42
        assert not loop.fresh()
        loop.close()
