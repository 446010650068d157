"""Against a real HTTP server on loopback, see server.py."""

from __future__ import annotations

import asyncio
import email.utils
import hashlib
import logging
import random
import time

import numpy as np
import pytest

from agents.models import Constraint, ErrorKind, Image, Message, ModelError, Request, Sampling, make_model
from agents.models.grammar import plan_constraint
from agents.models.openai_compatible import OpenAICompatible

pytest.importorskip("openai", reason="model servers need openai: pip install 'empathy-gym[models]'")

from tests.agents.models.server import KINDS, Behaviour, Call, ModelServer  # noqa: E402

PRICES = {"prompt_usd_per_million": 1000.0, "completion_usd_per_million": 5000.0}  # 0.1 + 0.1 dollars a call


def ask(server: ModelServer, **options) -> OpenAICompatible:
    options = {"backoff_s": 0.01, "timeout_s": 5.0} | options
    return OpenAICompatible("test-model", base_url=server.base_url, **options)


def requests(count: int, **fields) -> list[Request]:
    return [Request((Message.user(f"scenario {number}"),), **fields) for number in range(count)]


def test_text_tokens_cost_and_latency_come_back():
    with ModelServer(latency=0.05) as server, ask(server, prices=PRICES) as model:
        completion = model.complete([Message.system("Be kind."), Message.user("Hello")], Sampling(max_tokens=7, stop=("END",)))
    assert completion.error is None and completion.finish == "stop"
    assert completion.text.startswith("<")
    assert (completion.prompt_tokens, completion.completion_tokens) == (100, 20)
    assert completion.cost_usd == pytest.approx(0.2)
    assert 0.05 <= completion.latency_s < 1
    body = server.calls[0].body
    assert body["messages"] == [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hello"}]
    assert (body["model"], body["max_tokens"], body["temperature"], body["stop"]) == ("test-model", 7, 0.0, ["END"])


def test_images_travel_as_data_urls_in_frame_order():
    frames = np.stack([np.full((4, 6, 3), shade, np.uint8) for shade in (10, 20, 30)])
    with ModelServer() as server, ask(server, image_detail="low") as model:
        model.complete([Message.user("First", *frames, "last")])
    assert server.calls[0].images == [Image(frame).data_url() for frame in frames]
    content = server.calls[0].body["messages"][0]["content"]
    assert [part["type"] for part in content] == ["text", "image_url", "image_url", "image_url", "text"]
    assert content[1]["image_url"]["detail"] == "low"


EXPECTED = {
    "rate_limited": ErrorKind.RATE_LIMITED,
    "server_error": ErrorKind.SERVER_ERROR,
    "overloaded": ErrorKind.SERVER_ERROR,
    "truncated_json": ErrorKind.BAD_RESPONSE,
    "cut_connection": ErrorKind.BAD_RESPONSE,
    "refusal": ErrorKind.REFUSAL,
    "content_filter": ErrorKind.REFUSAL,
    "empty_choices": ErrorKind.EMPTY,
    "empty_text": ErrorKind.EMPTY,
    "slow_drip": ErrorKind.TIMEOUT,
    "wrong_content_type": ErrorKind.BAD_RESPONSE,
    "unauthorized": ErrorKind.AUTH,
    "not_found": ErrorKind.NOT_FOUND,
    "bad_request": ErrorKind.BAD_REQUEST,
    "too_large": ErrorKind.TOO_LARGE,
    "context_length": ErrorKind.TOO_LARGE,
    "quota": ErrorKind.QUOTA,
    "error_in_ok": ErrorKind.SERVER_ERROR,
}
FINE = {"ok", "no_usage", "cut_by_length"}


def test_every_trick_of_the_server_is_expected_of_something():
    assert set(EXPECTED) | FINE == set(KINDS)


@pytest.mark.parametrize("kind", EXPECTED)
def test_each_failure_is_typed_in_one_line_and_retried_only_where_that_helps(kind):
    with ModelServer(Behaviour(kind, drip_s=3)) as server, ask(server, max_retries=2, timeout_s=0.3) as model:
        completion = model.complete([Message.user("Hello")])
    assert completion.error is not None and completion.finish == "error"
    assert completion.error.kind is EXPECTED[kind]
    assert completion.error.message and "\n" not in completion.error.message
    assert len(server.calls) == completion.attempts == (3 if EXPECTED[kind].retried else 1)


def test_a_failure_that_passes_does_not_show():
    troubles = [Behaviour(kind) for kind in ("server_error", "truncated_json", "empty_choices", "wrong_content_type")]
    with ModelServer(troubles) as server, ask(server) as model:
        completion = model.complete([Message.user("Hello")])
    assert completion.error is None and completion.text
    assert completion.attempts == 5 == len(server.calls)


def test_two_hundred_scenarios_end_each_with_an_answer_or_a_typed_failure_whatever_the_timing():
    kinds = [kind for kind in KINDS if kind != "slow_drip"]

    def behave(call: Call) -> Behaviour:
        dice = random.Random(hashlib.sha256(f"{call.prompt}/{call.tries}".encode()).digest())
        kind = "ok" if dice.random() < 0.4 else dice.choice(kinds)
        return Behaviour(kind, latency=random.uniform(0, 0.02), retry_after="0.01")

    outcomes = []
    for _ in range(2):
        with ModelServer(behave) as server, ask(server, max_retries=3) as model:
            outcomes.append(model.complete_batch(requests(200)))
            assert sum(c.attempts for c in outcomes[-1]) == len(server.calls)
            assert model.usage.calls == len(server.calls)
    for completion in outcomes[0]:
        assert (completion.error is None) == bool(completion.text)
    assert {c.error.kind for c in outcomes[0] if c.error} >= {ErrorKind.REFUSAL, ErrorKind.AUTH, ErrorKind.TOO_LARGE}
    assert 50 < sum(c.error is None for c in outcomes[0]) < 200
    first, second = ([(c.text, c.error, c.attempts) for c in outcome] for outcome in outcomes)
    assert [(text, attempts) for text, _, attempts in first] == [(text, attempts) for text, _, attempts in second]
    assert [e and e.kind for _, e, _ in first] == [e and e.kind for _, e, _ in second]


def test_answers_belong_to_their_questions_though_the_first_come_last():
    def behave(call: Call) -> Behaviour:
        return Behaviour(latency=0.3 - 0.03 * int(call.prompt.split()[-1]), text=f"answer to {call.prompt}")

    done = []
    with ModelServer(behave) as server, ask(server) as model:
        completions = model.complete_batch(requests(10), lambda position, completion: done.append(position))
    assert [c.text for c in completions] == [f"answer to scenario {number}" for number in range(10)]
    assert sorted(done) == list(range(10)) and done != list(range(10))


@pytest.mark.parametrize("kind", ["rate_limited", "overloaded"])
def test_retry_after_is_honoured(kind):
    with ModelServer([Behaviour(kind, retry_after="0.4")]) as server, ask(server) as model:
        assert model.complete([Message.user("Hello")]).error is None
    first, second = server.calls
    assert 0.4 <= second.started - first.ended < 1


def test_retry_after_as_a_date_is_honoured():
    moment = email.utils.formatdate(time.time() + 2, usegmt=True)
    with ModelServer([Behaviour("rate_limited", retry_after=moment)]) as server, ask(server) as model:
        assert model.complete([Message.user("Hello")]).error is None
    assert 0.9 <= server.calls[1].started - server.calls[0].ended < 2.5


def test_while_the_server_wants_no_calls_nobody_calls():
    def behave(call: Call) -> Behaviour:
        return Behaviour("rate_limited", retry_after="0.5") if call.number == 0 else Behaviour(latency=0.02)

    with ModelServer(behave) as server, ask(server, max_concurrency=2) as model:
        assert all(c.error is None for c in model.complete_batch(requests(12)))
    asked = server.calls[0].ended
    # The one call that was under way beside it may end and must not be followed by another.
    assert sum(asked < call.started < asked + 0.49 for call in server.calls[2:]) == 0


def test_more_patience_than_we_have_is_an_error_at_once():
    with ModelServer(Behaviour("rate_limited", retry_after="3600")) as server, ask(server) as model:
        start = time.perf_counter()
        completion = model.complete([Message.user("Hello")])
    assert completion.error is not None and completion.error.kind is ErrorKind.RATE_LIMITED
    assert time.perf_counter() - start < 2 and len(server.calls) == 1


def test_an_overloaded_server_gets_fewer_calls_at_once():
    def behave(call: Call) -> Behaviour:
        under_way = sum(not other.ended for other in server.calls)
        return Behaviour("overloaded") if under_way > 4 else Behaviour(latency=0.02)

    with ModelServer(behave) as server, ask(server, max_concurrency=32, max_retries=20) as model:
        assert all(c.error is None for c in model.complete_batch(requests(60)))
        late = server.calls[len(server.calls) // 2 :]
        refused = sum(call.behaviour.kind == "overloaded" for call in late) / len(late)
    assert refused < 0.5  # 28 of 32 would be refused without adapting


def test_nobody_there_is_said_soon_and_plainly():
    with ModelServer() as server:
        address = server.base_url
    start = time.perf_counter()
    completion = OpenAICompatible("m", base_url=address, backoff_s=0.01).complete([Message.user("Hello")])
    assert completion.error is not None and completion.error.kind is ErrorKind.UNREACHABLE
    assert address in completion.error.message
    assert time.perf_counter() - start < 3


def test_the_cost_cap_stops_within_one_call_per_worker():
    with ModelServer(latency=0.01) as server, ask(server, prices=PRICES, max_usd=2.0, max_concurrency=4) as model:
        completions = model.complete_batch(requests(100))
        calls = len(server.calls)
    assert 10 <= calls <= 10 + 4
    kinds = [c.error and c.error.kind for c in completions]
    assert kinds.count(ErrorKind.BUDGET) == 100 - calls and kinds.count(None) == calls
    assert model.budget.spent_usd == pytest.approx(0.2 * calls)
    assert "max_usd=2.0" in next(c.error.message for c in completions if c.error)


def test_an_episode_has_a_cap_of_its_own():
    with ModelServer() as server, ask(server, prices=PRICES, max_usd_per_episode=0.4, max_concurrency=1) as model:
        batch = [Request((Message.user(f"{n}"),), episode="ab"[n % 2]) for n in range(10)]
        completions = model.complete_batch(batch)
    assert len(server.calls) == 4
    assert [c.error and c.error.kind for c in completions[4:]] == [ErrorKind.EPISODE_BUDGET] * 6


def test_answers_that_were_charged_count_even_if_they_were_broken():
    with ModelServer(Behaviour("empty_text")) as server, ask(server, prices=PRICES, max_retries=2) as model:
        completion = model.complete([Message.user("Hello")])
    assert completion.error is not None and completion.cost_usd == pytest.approx(0.6)
    assert model.budget.spent_usd == pytest.approx(0.6)


def test_a_cap_without_prices_is_refused():
    with pytest.raises(ModelError, match="needs prices"):
        OpenAICompatible("m", base_url="http://localhost:1/v1", max_usd=1)


def test_missing_token_counts_are_estimated_and_marked():
    with ModelServer(Behaviour("no_usage")) as server, ask(server) as model:
        completion = model.complete([Message.user("x" * 400)])
    assert completion.tokens_estimated and completion.prompt_tokens == 104


def test_an_answer_cut_by_length_says_so():
    with ModelServer(Behaviour("cut_by_length")) as server, ask(server) as model:
        assert model.complete([Message.user("x")]).finish == "length"


def test_constraints_travel_as_each_server_wants_them():
    plan = plan_constraint()
    schema = Constraint(
        json_schema={"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}, name="belief"
    )
    with ModelServer() as server:
        for spelling in ("json_schema", "vllm", "none"):
            with ask(server, constraints=spelling) as model:
                model.complete([Message.user("x")], constraint=plan)
                model.complete([Message.user("x")], constraint=schema)
    bodies = [call.body for call in server.calls]
    assert bodies[0]["response_format"]["json_schema"] == {"name": "plan", "strict": True, "schema": plan.json_schema}
    assert bodies[1]["response_format"]["json_schema"]["name"] == "belief"
    assert bodies[2]["structured_outputs"] == {"regex": plan.regex}
    assert bodies[3]["structured_outputs"] == {"json": schema.json_schema}
    assert all("response_format" not in body and "structured_outputs" not in body for body in bodies[4:])


def test_plans_in_json_come_back_as_plans_and_breaches_are_noted():
    with ModelServer([Behaviour(), Behaviour(text="I would rather chat.")]) as server, ask(server) as model:
        kept, broken = (model.complete([Message.user("x")], constraint=plan_constraint()) for _ in range(2))
    assert kept.text.startswith("<") and kept.satisfied is True
    assert broken.text == "I would rather chat." and broken.satisfied is False and broken.error is None


def test_repeats_of_a_seeded_request_have_seeds_of_their_own():
    with ModelServer() as server, ask(server, omit=["temperature"], max_tokens_field="max_completion_tokens") as model:
        for repeat in range(2):
            model.complete([Message.user("x")], Sampling(seed=7), repeat=repeat)
    assert [call.body["seed"] for call in server.calls] == [7, 8]
    assert "temperature" not in server.calls[0].body and "max_tokens" not in server.calls[0].body
    assert server.calls[0].body["max_completion_tokens"] == 300


def test_large_images_are_refused_before_they_are_sent():
    with ModelServer() as server, ask(server, max_image_side=64) as model:
        completion = model.complete([Message.user(np.zeros((8, 8, 3), np.uint8), np.zeros((30, 65, 3), np.uint8))])
        blind = ask(server, accepts_images=False).complete([Message.user(np.zeros((8, 8, 3), np.uint8))])
    assert completion.error is not None and completion.error.kind is ErrorKind.TOO_LARGE
    assert "65x30 (image 2 of 2)" in completion.error.message
    assert blind.error is not None and blind.error.kind is ErrorKind.UNSUPPORTED
    assert not server.calls


def test_async_calls_run_side_by_side():
    async def run(model: OpenAICompatible) -> list[str]:
        batch = [model.acomplete([Message.user(f"scenario {n}")]) for n in range(8)]
        return [completion.text for completion in await asyncio.gather(*batch)]

    with ModelServer(latency=0.1) as server, ask(server) as model:
        texts = asyncio.run(run(model))
        assert server.most_at_once == 8
        assert texts == [c.text for c in model.complete_batch(requests(8))]


def test_after_closing_it_can_be_asked_again():
    with ModelServer() as server:
        model = ask(server)
        for _ in range(2):
            assert model.complete([Message.user("x")]).error is None
            model.close()


# -- keys ------------------------------------------------------------------------------------------------------------

KEY = "sk-very-secret-0123456789"


def test_the_key_is_sent_and_shows_nowhere(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("MY_KEY", KEY)
    seen: list[str] = []
    with caplog.at_level(logging.DEBUG), ModelServer(api_key=KEY) as server:
        model = make_model(
            "openai_compatible", model="m", base_url=server.base_url, api_key_env="MY_KEY", cache=tmp_path, backoff_s=0.01
        )
        server.behave = [
            Behaviour(text=f"your key is {KEY}"),
            Behaviour("server_error"),
            Behaviour("unauthorized"),
            Behaviour("refusal"),
        ]
        completions = [model.complete([Message.user(f"{n}")]) for n in range(4)]
        assert [c.error and c.error.kind for c in completions] == [None, ErrorKind.AUTH, ErrorKind.REFUSAL, None]
        assert server.calls[0].headers["authorization"] == f"Bearer {KEY}"
        inner = model._model
        seen += [repr(model), repr(inner), str(model.identity), repr(inner._client), str(vars(inner))]
        seen += [str(c.record()) + repr(c) for c in completions]
        model.close()
    seen += [record.getMessage() for record in caplog.records]
    assert {record.name.split(".")[0] for record in caplog.records} >= {"openai", "httpx2", "agents"}  # all were listened to
    for text in seen:
        assert KEY not in text
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert files
    for file in files:
        assert KEY.encode() not in file.read_bytes(), file


def test_a_wrong_key_and_a_missing_key_are_one_clear_line_each(monkeypatch):
    with ModelServer(api_key=KEY) as server:
        model = ask(server, api_key="sk-wrong-0123456789")
        wrong = model.complete([Message.user("x")])
        assert "sk-wrong" not in str(vars(model))
        missing = ask(server, api_key_env="MY_KEY").complete([Message.user("x")])
        assert len(server.calls) == 1
    assert wrong.error is not None and wrong.error.kind is ErrorKind.AUTH and wrong.error.kind.fatal
    assert "sk-wrong" not in wrong.error.message and "answered 401" in wrong.error.message
    assert missing.error is not None and missing.error.kind is ErrorKind.AUTH
    assert "environment variable MY_KEY" in missing.error.message


def test_openais_key_is_not_given_to_strangers(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with ModelServer() as server, ask(server) as model:
        model.complete([Message.user("x")])
    assert KEY not in str(server.calls[0].headers)


@pytest.mark.parametrize("url", ["localhost:8000", "http://user:pass@h/v1", "http://h/v1?api_key=abc", "ftp://h"])
def test_addresses_that_are_none_or_hold_secrets_are_refused(url):
    with pytest.raises(ModelError, match="^base_url: expected") as caught:
        OpenAICompatible("m", base_url=url)
    assert "pass" not in caught.value.message.replace("password", "")
