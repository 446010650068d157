from __future__ import annotations

import asyncio
import dataclasses
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from agents.models import Completion, Constraint, ErrorKind, Message, Model, ModelError, Request, Sampling, make_model

pytest.importorskip("diskcache", reason="the response cache needs diskcache: pip install 'empathy-gym[models]'")

from agents.models.cache import CachedModel, ResponseCache, list_cache, prune_cache, request_key  # noqa: E402


class Counting(Model):
    """Answers with the number of the call."""

    def __init__(self, name: str = "counting", delay_s: float = 0.0, error: ModelError | None = None) -> None:
        self.calls: list[Request] = []
        self._name, self._delay_s, self._error = name, delay_s, error
        self._lock = threading.Lock()

    @property
    def identity(self):
        return {"model": self._name}

    def complete_batch(self, requests, on_done=None):
        completions = []
        for position, request in enumerate(requests):
            time.sleep(self._delay_s)
            with self._lock:
                self.calls.append(request)
                text = f"answer {len(self.calls)}"
            completion = Completion("" if self._error else text, 10, 2, 0.5, error=self._error)
            completions.append(completion)
            if on_done:
                on_done(position, completion)
        return completions


def requests(count: int) -> list[Request]:
    return [Request((Message.user(f"{number}"),)) for number in range(count)]


def test_a_second_run_makes_no_call_and_gets_the_same(tmp_path):
    first = Counting()
    with CachedModel(first, ResponseCache(tmp_path)) as model:
        before = model.complete_batch(requests(5))
    second = Counting()
    with CachedModel(second, ResponseCache(tmp_path)) as model:
        after = model.complete_batch(requests(5))
        assert model.hits == 5
    assert (len(first.calls), len(second.calls)) == (5, 0)
    assert after == [dataclasses.replace(completion, cached=True) for completion in before]
    assert all(c.paid_usd == 0.5 for c in before) and all(c.paid_usd == 0 and c.cost_usd == 0.5 for c in after)


BASE = Request((Message.system("s"), Message.user("u", np.zeros((2, 3, 3), np.uint8))), Sampling(seed=1))
OTHER_IMAGE = np.zeros((2, 3, 3), np.uint8)
OTHER_IMAGE[1, 2, 2] = 1


@pytest.mark.parametrize(
    "other",
    [
        dataclasses.replace(BASE, repeat=1),
        dataclasses.replace(BASE, sampling=Sampling(seed=2)),
        dataclasses.replace(BASE, sampling=Sampling(seed=1, temperature=0.1)),
        dataclasses.replace(BASE, sampling=Sampling(seed=1, max_tokens=299)),
        dataclasses.replace(BASE, sampling=Sampling(seed=1, stop=("x",))),
        dataclasses.replace(BASE, constraint=Constraint(regex="a")),
        dataclasses.replace(BASE, messages=(Message.system("s"), Message.user("u", OTHER_IMAGE))),
        dataclasses.replace(BASE, messages=(Message.system("s"), Message.user("u", np.zeros((3, 2, 3), np.uint8)))),
        dataclasses.replace(BASE, messages=(Message.user("s"), BASE.messages[1])),
        dataclasses.replace(BASE, messages=(Message.system("su"), Message.user("", np.zeros((2, 3, 3), np.uint8)))),
    ],
)
def test_whatever_may_change_the_answer_changes_the_key(other):
    assert request_key({"model": "m"}, other) != request_key({"model": "m"}, BASE)


def test_keys_follow_the_model_and_its_address_but_not_the_episode():
    keys = {request_key({"model": m, "base_url": u}, BASE) for m in "ab" for u in "xy"}
    assert len(keys) == 4
    same = Request(tuple(BASE.messages), Sampling(seed=1), episode="another")
    assert request_key({"model": "m"}, same) == request_key({"model": "m"}, BASE)


def test_equal_requests_in_a_batch_and_on_threads_are_asked_once(tmp_path):
    inner = Counting(delay_s=0.1)
    with CachedModel(inner, ResponseCache(tmp_path)) as model:
        texts: list[str] = []
        threads = [
            threading.Thread(target=lambda: texts.extend(c.text for c in model.complete_batch(requests(2) * 2)))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(inner.calls) == 2 and len(texts) == 16 and len(set(texts)) == 2

        async def together() -> list[Completion]:
            return await asyncio.gather(*(model.acomplete([Message.user("new")]) for _ in range(5)))

        assert len({c.text for c in asyncio.run(together())}) == 1
        assert len(inner.calls) == 3


@pytest.mark.parametrize(
    ("kind", "kept"), [(ErrorKind.REFUSAL, True), (ErrorKind.SERVER_ERROR, False), (ErrorKind.BUDGET, False)]
)
def test_only_failures_that_are_answers_are_kept(tmp_path, kind, kept):
    inner = Counting(error=ModelError(kind, "no"))
    with CachedModel(inner, ResponseCache(tmp_path)) as model:
        for _ in range(2):
            assert model.complete([Message.user("x")]).error == ModelError(kind, "no")
    assert len(inner.calls) == (1 if kept else 2)


def test_a_model_that_breaks_down_lets_nobody_wait(tmp_path):
    class Breaking(Counting):
        def complete_batch(self, requests, on_done=None):
            time.sleep(0.1)
            raise KeyboardInterrupt

    with CachedModel(Breaking(), ResponseCache(tmp_path)) as model:
        caught: list[BaseException] = []

        def interrupted() -> None:
            try:
                model.complete([Message.user("x")])
            except KeyboardInterrupt as error:
                caught.append(error)

        thread = threading.Thread(target=interrupted)
        thread.start()
        time.sleep(0.03)
        waiting = model.complete([Message.user("x")])
        thread.join()
    assert caught and waiting.error is not None and waiting.error.kind is ErrorKind.INTERNAL


def test_broken_entries_are_asked_again_and_pickles_are_never_loaded(tmp_path):
    marker = tmp_path / "ran"

    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(marker),)

    key = request_key({"model": "counting"}, requests(1)[0])
    for poison in ("not json", '{"completion": {}}', None):
        import diskcache

        with diskcache.Cache(str(tmp_path / "cache")) as cache:
            if poison is None:
                cache.set(key, Evil())
                assert pickle.dumps(Evil())
            else:
                cache.set(key, poison)
        inner = Counting()
        with CachedModel(inner, ResponseCache(tmp_path / "cache")) as model:
            assert model.complete_batch(requests(1))[0].text == "answer 1"
        assert len(inner.calls) == 1
    assert not marker.exists()


def test_listing_and_pruning(tmp_path):
    folder = tmp_path / "cache"
    assert list_cache(folder) == [] and prune_cache(folder) == 0 and not folder.exists()
    for name, count in (("b", 3), ("a", 2)):
        with CachedModel(Counting(name), ResponseCache(folder)) as model:
            model.complete_batch(requests(count))
    first, second = list_cache(folder)
    assert (first.model, first.answers, second.model, second.answers) == ("a", 2, "b", 3)
    assert (second.prompt_tokens, second.completion_tokens, second.cost_usd) == (30, 6, 1.5)
    assert abs((datetime.now(UTC) - second.newest).total_seconds()) < 60
    assert prune_cache(folder, older_than_days=1) == 0
    assert prune_cache(folder, model="b", older_than_days=0) == 3
    assert [row.model for row in list_cache(folder)] == ["a"]
    assert prune_cache(folder) == 2 and list_cache(folder) == []


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ModelError, match="^cache: expected a folder that can be written, got [^\n]*$"):
        make_model("openai_compatible", model="m", cache=tmp_path / "file" / "cache")


# -- several processes, and kill -9 ----------------------------------------------------------------------------------

SCRIPT = """
import sys
from agents.models import Message, Request, make_model
url, folder, count, concurrency = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
with make_model("openai_compatible", model="m", base_url=url, cache=folder, max_concurrency=concurrency) as model:
    completions = model.complete_batch([Request((Message.user(f"{n}"),)) for n in range(count)])
    assert all(c.error is None for c in completions), completions
    print(sum(c.cached for c in completions), len(completions))
"""


def start(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SCRIPT, *map(str, arguments)]
    return subprocess.Popen(command, cwd=Path(__file__).parents[3], stdout=subprocess.PIPE, text=True)


def test_after_kill_9_no_answer_is_asked_for_twice(tmp_path):
    pytest.importorskip("openai", reason="model servers need openai: pip install 'empathy-gym[models]'")
    from tests.agents.models.server import ModelServer

    with ModelServer(latency=0.03) as server:
        killed = start(server.base_url, tmp_path, 80, 4)
        while sum(bool(call.ended) for call in server.calls) < 20:
            assert killed.poll() is None
            time.sleep(0.005)
        os.kill(killed.pid, signal.SIGKILL)
        killed.communicate()
        before = len(server.calls)
        assert 20 <= before < 80
        output, _ = start(server.base_url, tmp_path, 80, 4).communicate(timeout=60)
        twice = [prompt for prompt, times in Counter(call.prompt for call in server.calls).items() if times > 1]
        # Only calls whose answers had not arrived when the process died may be made again: one per worker.
        assert len(twice) <= 4
        assert int(output.split()[0]) >= before - 4
        calls = len(server.calls)
        output, _ = start(server.base_url, tmp_path, 80, 4).communicate(timeout=60)
        assert output.split() == ["80", "80"] and len(server.calls) == calls


def test_two_processes_share_a_folder(tmp_path):
    pytest.importorskip("openai", reason="model servers need openai: pip install 'empathy-gym[models]'")
    from tests.agents.models.server import ModelServer

    with ModelServer(latency=0.005) as server:
        both = [start(server.base_url, tmp_path, 100, 8) for _ in range(2)]
        assert [process.wait(60) for process in both] == [0, 0]
        for process in both:
            process.communicate()
        assert {call.prompt for call in server.calls} == {str(n) for n in range(100)}
        with ResponseCache(tmp_path) as cache:
            assert len(cache) == 100
            assert cache._cache.check() == []
