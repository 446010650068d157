"""The language agent: batches, failures, records, settings; with a scripted model and with a real local server."""

from __future__ import annotations

import json
import os
import pickle
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))  # so that tests' helpers are found however pytest was started

from agents import AgentError, make_agent  # noqa: E402
from agents.conformance import check_agent  # noqa: E402
from agents.language import LanguageAgent, Unanswered  # noqa: E402
from agents.models import ErrorKind, ModelError, Request, make_model  # noqa: E402
from agents.strategies import Strategy, strategy_names  # noqa: E402
from envs.exchange import Observation, Response  # noqa: E402
from envs.scenarios import load_scenarios  # noqa: E402
from tests.agents.models.server import Behaviour, Call, ModelServer  # noqa: E402
from tests.agents.strategies.scripted import Scripted, failure, valid_value  # noqa: E402

STRATEGIES = sorted(strategy_names())


def moments(count: int = 6) -> list[Observation]:
    """Observations of each kind: words alone, script, frames."""
    found = []
    for place, scenario in enumerate(load_scenarios("hearth", limit=count)):
        script = ", ".join(scenario.program) if place % 3 == 1 else None
        frames = np.full((3 if place % 3 == 2 else 0, 8, 8, 3), place, np.uint8)
        found.append(Observation(scenario.resident.profile, scenario.dialogue, frames, script=script))
    return found


@pytest.mark.parametrize("name", STRATEGIES)
def test_batch_equals_single_and_a_stage_is_one_batch(name: str) -> None:
    observations, seeds = moments(), list(range(6))
    model = Scripted()
    agent = LanguageAgent(model, name)
    together = agent.respond_batch(observations, seeds)
    waves = len(model.batches)
    model.batches.clear()
    alone = [agent.respond(observation, seed=seed) for observation, seed in zip(observations, seeds, strict=True)]
    assert together == alone
    assert len(model.batches) == waves * len(observations)
    assert {response.details["saw"] for response in together} == {"nothing", "script", "video"}
    assert agent.respond_batch([], []) == []


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_conforms(name: str) -> None:
    report = check_agent(lambda: LanguageAgent(Scripted(), name), load_scenarios("hearth", limit=1), longest=200_000)
    assert report.passed and all(finding.verdict.value == "passed" for finding in report.findings), report


def test_chains_of_different_length_share_their_waves() -> None:
    """One observation needs a repair, and so one wave more; the other does not wait for it and is not asked twice."""

    def script(request: Request) -> str | None:
        spoilt = "spoil" in request.messages[1].text and len(request.messages) == 2
        return "no json" if spoilt and request.constraint and request.constraint.name == "formulation" else None

    model = Scripted(script)
    responses = LanguageAgent(model, "cbt_protocol").respond_batch([Observation("", "spoil"), Observation("", "well")], [0, 0])
    assert [len(batch) for batch in model.batches] == [2, 2, 2, 3, 3, 1]
    assert [response.details["repairs"] for response in responses] == [1, 0]


def test_a_failure_is_typed_tells_its_stage_and_leaves_the_others_alone() -> None:
    def script(request: Request) -> ModelError | None:
        planning = "Describe your plan" in request.messages[-1].text
        return (
            failure() if planning and "[HEARD" in request.messages[1].text and "stop here" in request.messages[1].text else None
        )

    observations = [Observation("", "go on"), Observation("", "stop here"), Observation("", "go on too")]
    agent = LanguageAgent(Scripted(script), "three_factor")
    outcomes = agent.attempt_batch(observations, [0, 0, 0])
    assert [isinstance(outcome, Response) for outcome in outcomes] == [True, False, True]
    error = outcomes[1]
    assert isinstance(error, Unanswered)
    assert (error.kind, error.message, error.stage) == (ErrorKind.REFUSAL, "declined", "empathetic_planning")
    assert error.details["usage"]["calls"] == 5 and error.details["usage"]["prompt_tokens"] == 407
    assert json.dumps(error.details) and outcomes[0] == agent.respond(observations[0], seed=0)
    with pytest.raises(ModelError, match="declined"):
        agent.respond_batch(observations, [0, 0, 0])
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.kind, copy.stage, copy.details) == (error.kind, error.stage, error.details)


def test_nothing_is_asked_after_a_failure() -> None:
    model = Scripted(lambda request: failure(ErrorKind.AUTH))
    with pytest.raises(Unanswered):
        LanguageAgent(model, "cbt_protocol").respond(moments(1)[0], seed=0)
    assert len(model.requests) == 1


def test_a_strategy_that_breaks_is_an_error_of_its_observation() -> None:
    class Broken(Strategy):
        name = "broken"

        def think(self, perception: Any, inquiry: Any) -> Any:
            if perception.dialogue == "break":
                raise RuntimeError("a defect")
            return (yield from strategy.think(perception, inquiry))

    from agents.strategies import make_strategy

    strategy = make_strategy("direct")
    outcomes = LanguageAgent(Scripted(), Broken()).attempt_batch([Observation("", "break"), Observation("", "well")], [0, 0])
    assert isinstance(outcomes[0], RuntimeError) and isinstance(outcomes[1], Response)


def test_details_hold_usage_and_hashes_but_no_clock() -> None:
    agent = LanguageAgent(Scripted(), "commonsense")
    first, second = moments(2)
    response = agent.respond(first, seed=0)
    assert response.details["usage"] == {
        "calls": 5, "images": 0, "prompt_tokens": 500, "completion_tokens": 50, "cost_usd": 0.005,
    }  # fmt: skip
    assert agent.seconds > 0 and agent.usage.calls == 5
    assert response == LanguageAgent(Scripted(), "commonsense").respond(first, seed=0)  # latencies were drawn at random
    other = agent.respond(second, seed=0)
    assert response.details["prompt_hash"] == other.details["prompt_hash"] == agent.identity["prompt_hash"]
    assert response.details["messages_hash"] != other.details["messages_hash"]
    assert LanguageAgent(Scripted(), "direct").prompt_hash != agent.prompt_hash
    assert not any("second" in key or "time" in key or "latency" in key for key in response.details)


def test_the_seed_is_sent_only_where_something_is_drawn() -> None:
    moment = moments(1)[0]
    greedy, drawn = Scripted(), Scripted()
    LanguageAgent(greedy).respond(moment, seed=2**31 + 5)
    LanguageAgent(drawn, temperature=0.5).respond(moment, seed=2**31 + 5)
    assert {request.sampling.seed for request in greedy.requests} == {None}
    assert {request.sampling.seed for request in drawn.requests} == {5}


def test_a_model_that_does_not_see_gets_words_and_spares_the_rendering() -> None:
    model = Scripted(accepts_images=False)
    agent = LanguageAgent(model)
    assert not agent.pictures and LanguageAgent(Scripted()).pictures
    assert not LanguageAgent(Scripted(), setting="text_input").pictures
    response = agent.respond(moments(3)[2], seed=0)
    assert response.details["saw"] == "nothing" and not any(request.images for request in model.requests)
    assert "You could not see what the resident did." in model.texts[0]


def test_constraints_are_sent_only_if_asked_for() -> None:
    def names(**settings: bool) -> set[str | None]:
        model = Scripted(lambda request: '<sit_bed>, <dialogue>:"I am here."' if request.constraint is None else None)
        LanguageAgent(model, "three_factor", repair=False, **settings).respond(moments(1)[0], seed=0)
        return {request.constraint.name if request.constraint else None for request in model.requests}

    assert names() == {"recognition", "normalisation", "reflection", "plan", None}
    assert names(constrained=False) == {"recognition", "normalisation", "reflection", None}
    assert names(structured=False) == {"plan", None}


def test_identity_has_what_answers_depend_on_and_nothing_else() -> None:
    options = {"name": "openai_compatible", "config": {"model": "m", "api_key_env": None, "base_url": "http://127.0.0.1:1/v1"}}
    agent = make_agent("language", model=options, strategy={"name": "self_other", "config": {"only_self": True}})
    assert isinstance(agent, LanguageAgent)
    patient = LanguageAgent(
        {**options, "config": {**options["config"], "timeout_s": 9, "max_retries": 1}},
        {"name": "self_other", "only_self": True},
    )  # type: ignore[dict-item]
    assert agent.identity == patient.identity and json.dumps(agent.identity)
    assert agent.identity != LanguageAgent(options, "self_other").identity
    assert agent.identity != LanguageAgent(options, {"name": "self_other", "only_self": True}, max_actions=3).identity


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"setting": "smell"}, "setting: expected one of auto, text_input, video_input, got 'smell'"),
        (
            {"setting": "video_input", "model": Scripted(accepts_images=False)},
            "expected a model that sees, scripted reads text only",
        ),
        ({"max_actions": 0}, "max_actions: expected a whole number of at least 1, got 0"),
        ({"max_tokens": True}, "max_tokens: expected a whole number"),
        ({"temperature": float("nan")}, "temperature: expected a number from 0"),
        ({"strategy": "direkt"}, "did you mean 'direct'"),
        ({"model": {"cache": True}}, "model: expected a Model, or a mapping with its name"),
    ],
    ids=str,
)
def test_settings_that_cannot_be_used_are_told_in_one_line(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(AgentError, match=message) as caught:
        LanguageAgent(**{"model": Scripted(), **arguments})
    assert "\n" not in str(caught.value)


# -- with a real server --------------------------------------------------------------------------------------------------


def reply(call: Call) -> str:
    """A valid answer that depends on the request alone."""
    rng = random.Random(json.dumps(call.body, sort_keys=True))
    schema = call.body.get("response_format", {}).get("json_schema", {}).get("schema")
    return json.dumps(valid_value(schema, rng)) if schema else f"Plain words, number {rng.randint(0, 999)}."


@pytest.fixture
def no_keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "EMPATHY_GYM_CACHE"):
        monkeypatch.delenv(name, raising=False)
    yield


@pytest.mark.parametrize("name", STRATEGIES)
def test_over_http_the_order_of_answers_does_not_matter(name: str, no_keys: None) -> None:
    pytest.importorskip("openai", reason="models behind servers need openai: pip install 'empathy-gym[models]'")
    slow = random.Random(1)
    with ModelServer(lambda call: Behaviour(latency=slow.random() / 50), reply=reply) as server:
        with make_model(
            "openai_compatible", model="m", base_url=server.base_url, prices={"prompt_usd_per_million": 1}
        ) as model:
            agent = LanguageAgent(model, name)
            observations, seeds = moments(4), list(range(4))
            together = agent.respond_batch(observations, seeds)
            assert together == [agent.respond(one, seed=seed) for one, seed in zip(observations, seeds, strict=True)]
    usage = together[0].details["usage"]
    assert usage["cost_usd"] == pytest.approx(usage["calls"] * 100 / 1e6) and together[0].plan.illegal_count == 0
    assert any(call.images for call in server.calls)


def test_over_http_failures_are_typed_and_none_is_lost(no_keys: None) -> None:
    pytest.importorskip("openai", reason="models behind servers need openai: pip install 'empathy-gym[models]'")
    kinds = {0: "refusal", 1: "truncated_json", 2: "wrong_content_type", 3: "empty_choices", 4: "server_error"}

    def behave(call: Call) -> Behaviour:
        return Behaviour(next((kind for place, kind in kinds.items() if f"moment {place}." in call.prompt), "ok"))

    with ModelServer(behave, reply=reply) as server:
        with make_model("openai_compatible", model="m", base_url=server.base_url, max_retries=1, backoff_s=0.01) as model:
            observations = [Observation("A baker.", f"moment {place}.") for place in range(7)]
            outcomes = LanguageAgent(model, "commonsense").attempt_batch(observations, [0] * 7)
    assert [outcome.kind.value if isinstance(outcome, Unanswered) else "ok" for outcome in outcomes] == [
        "refusal", "bad_response", "bad_response", "empty", "server_error", "ok", "ok"]  # fmt: skip


def test_a_random_local_model_plans_legally_and_in_a_batch_as_alone(tmp_path: Path) -> None:
    for package in ("torch", "transformers", "llguidance"):
        pytest.importorskip(package, reason=f"local models need {package}: pip install 'empathy-gym[local]'")
    import torch

    from tests.agents.models.tiny import save_llama

    torch.set_num_threads(1)  # threads that wait for each other cost tiny models most of their time
    folder = save_llama(tmp_path)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    # Its tokenizer knows few words, so that prompts take more tokens than with any real one.
    (folder / "config.json").write_text(json.dumps({**config, "max_position_embeddings": 16384}), encoding="utf-8")
    with make_model("transformers_text", model=str(folder), device="cpu") as model:
        agent = LanguageAgent(model, "direct", max_tokens=70, repair=False)
        together = agent.respond_batch(moments(2), [0, 1])
        assert together[1] == agent.respond(moments(2)[1], seed=1)
    for response in together:
        kinds = {issue.kind.value for issue in response.plan.issues}
        assert response.plan.illegal_count == 0 and response.plan.utterance and kinds <= {"repeated"}


def evaluate(folder: Path, server: ModelServer, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "EMPATHY_GYM_CACHE": str(folder / "cache"), "COLUMNS": "160"}
    command = [
        sys.executable, "-m", "scripts.main", "evaluate", "agent=language", "model=openai", "model.config.api_key_env=null",
        f"model.config.base_url={server.base_url}", "simulator=symbolic", "scenarios.limit=3", "batch_size=2", "report=false",
        "observation.script=true", *words,
    ]  # fmt: skip
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


def test_evaluate_composes_model_and_strategy_and_a_rerun_asks_nothing(tmp_path: Path, no_keys: None) -> None:
    for package in ("openai", "diskcache"):
        pytest.importorskip(package, reason=f"models behind servers need {package}: pip install 'empathy-gym[models]'")
    with ModelServer(reply=reply) as server:
        done = evaluate(tmp_path, server, "strategy=commonsense", "strategy.config.without_affection=true", "out=one")
        assert done.returncode == 0, done.stderr
        calls = len(server.calls)
        assert calls == 3 * 4
        assert (
            evaluate(tmp_path, server, "strategy=commonsense", "strategy.config.without_affection=true", "out=two").returncode
            == 0
        )
        assert len(server.calls) == calls
    one, two = (next((tmp_path / name).glob("language*/episodes.jsonl")).read_bytes() for name in ("one", "two"))
    assert one == two
    episodes = [json.loads(line) for line in one.splitlines()]
    assert len(episodes) == 3 and not any(episode["error"] for episode in episodes)
    for episode in episodes:
        details = episode["response"]["details"]
        assert details["belief"]["cognition"]["want"] and details["belief"]["affection"] is None
        assert details["strategy"] == {"name": "commonsense", "without_affection": True, "without_cognition": False}
        assert details["usage"]["calls"] == 4 and not episode["issues"]
