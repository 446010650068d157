"""Tiny random models, saved and loaded like real ones. Random weights are the hard case for constraints."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from agents.models import Constraint, ErrorKind, Message, ModelError, Request, Sampling, make_model
from agents.models.grammar import plan_constraint
from plans import IssueKind, parse_plan

for package in ("torch", "transformers"):
    pytest.importorskip(package, reason=f"local models need {package}: pip install 'empathy-gym[local]'")

PLAN = plan_constraint()


@pytest.fixture(scope="module")
def llama(tiny_llama):
    with make_model("transformers_text", model=str(tiny_llama), batch_size=4) as model:
        yield model


@pytest.fixture(scope="module", params=["llava", "idefics3"])
def vlm(request, tiny_llava, tiny_idefics3):
    folder = {"llava": tiny_llava, "idefics3": tiny_idefics3}[request.param]
    with make_model("transformers_vlm", model=str(folder), batch_size=4) as model:
        yield model


def mixed_requests(*, seeing: bool) -> list[Request]:
    """Of different length, sampling, pictures and constraints."""
    dice = np.random.default_rng(0)
    made = []
    for n in range(14):
        frames = dice.integers(0, 256, (n % 3 if seeing else 0, 24 + n, 40, 3), dtype=np.uint8)
        messages = (Message.system("Be kind."), Message.user("I am tired. " * (1 + 5 * (n % 4)), *frames, "What now?"))
        sampling = Sampling(
            temperature=(0.0, 0.0, 0.8, 1.5)[n % 4], max_tokens=(20, 90, 50)[n % 3], top_p=(1.0, 0.9)[n % 2], seed=n
        )
        made.append(Request(messages, sampling, (None, PLAN)[n % 2] if n % 3 else None))
    return made


def test_a_batch_answers_exactly_as_single_requests_do(llama):
    batch = llama.complete_batch(mixed_requests(seeing=False))
    single = [llama.complete_batch([request])[0] for request in mixed_requests(seeing=False)]
    assert [c.text for c in batch] == [c.text for c in single]
    assert [(c.prompt_tokens, c.completion_tokens, c.finish) for c in batch] == [
        (c.prompt_tokens, c.completion_tokens, c.finish) for c in single
    ]
    assert len({c.text for c in batch}) > 8 and not any(c.error for c in batch)


def test_a_batch_of_pictures_answers_exactly_as_single_requests_do(vlm):
    batch = vlm.complete_batch(mixed_requests(seeing=True))
    single = [vlm.complete_batch([request])[0] for request in mixed_requests(seeing=True)]
    assert [c.text for c in batch] == [c.text for c in single]
    assert not any(c.error for c in batch)
    assert all(c.satisfied for c, r in zip(batch, mixed_requests(seeing=True), strict=True) if r.constraint)


def test_what_is_seen_and_in_what_order_matters(vlm):
    dice = np.random.default_rng(1)
    first, second = dice.integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
    texts = {
        vlm.complete([Message.user("Look", *frames)], Sampling(max_tokens=20)).text
        for frames in ([first, second], [second, first])
    }
    assert len(texts) == 2


@pytest.mark.parametrize("temperature", [0.0, 1.0, 3.0])
def test_constrained_plans_of_a_random_model_are_always_legal_and_parseable(llama, temperature):
    asked = [
        Request((Message.user(f"{n}" * n),), Sampling(temperature=temperature, max_tokens=most, seed=n), PLAN)
        for n, most in enumerate([25, 30, 40, 60, 80, 100, 150, 300] * 3, 1)
    ]
    completions = llama.complete_batch(asked)
    for completion in completions:
        assert completion.error is None and completion.satisfied and completion.finish == "stop"
        plan = parse_plan(completion.text)
        assert {issue.kind for issue in plan.issues} <= {IssueKind.REPEATED}
        assert plan.utterance and len(plan.actions) <= 4
    assert len({parse_plan(c.text).actions for c in completions}) > 3


def test_constrained_plans_are_legal_with_the_other_family_of_tokenizers(tiny_sentencepiece_llama):
    with make_model("transformers_text", model=str(tiny_sentencepiece_llama)) as model:
        asked = [
            Request((Message.user("hi </s>" * n),), Sampling(temperature=n % 3, max_tokens=40 + 9 * n, seed=n), PLAN)
            for n in range(1, 17)
        ]
        batch = model.complete_batch(asked)
        assert [c.text for c in batch[:3]] == [model.complete_batch([request])[0].text for request in asked[:3]]
    assert all(c.satisfied and c.finish == "stop" for c in batch)


def test_without_the_constraint_the_same_model_is_never_legal(llama):
    completions = llama.complete_batch([Request((Message.user(f"{n}"),), Sampling(max_tokens=60)) for n in range(8)])
    assert not any(PLAN.satisfied(c.text) for c in completions)
    assert all(c.satisfied is None for c in completions)


def test_json_answers_of_a_random_model_satisfy_their_schema(llama):
    schema = {
        "type": "object",
        "properties": {
            "emotion": {"enum": ["joy", "sadness"]},
            "cause": {"type": "string"},
            "needs": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
            "certainty": {"type": "integer"},
        },
        "required": ["emotion", "cause", "needs", "certainty"],
        "additionalProperties": False,
    }
    constraint = Constraint(json_schema=schema)
    asked = [
        Request((Message.user("x"),), Sampling(temperature=n % 3, max_tokens=80 + 9 * n, seed=n), constraint) for n in range(12)
    ]
    for completion in llama.complete_batch(asked):
        assert completion.satisfied, completion
        assert set(json.loads(completion.text)) == set(schema["required"])


def test_room_too_small_for_any_plan_is_said_and_harms_no_neighbour(llama):
    tight, fine = llama.complete_batch([Request((Message.user("x"),), Sampling(max_tokens=most), PLAN) for most in (5, 60)])
    assert tight.error is not None and tight.error.kind is ErrorKind.BAD_REQUEST and "max_tokens=5" in tight.error.message
    assert fine.satisfied


def test_constraints_that_make_no_sense_are_one_line(llama):
    completion = llama.complete([Message.user("x")], constraint=Constraint(regex="(a"))
    assert completion.error is not None and completion.error.kind is ErrorKind.BAD_REQUEST


def test_seeds_and_repeats_draw_differently_and_again_the_same(llama):
    def text(**fields) -> str:
        repeat = fields.pop("repeat", 0)
        return llama.complete([Message.user("x")], Sampling(temperature=1.0, max_tokens=12, **fields), repeat=repeat).text

    assert text(seed=1) == text(seed=1)
    assert len({text(seed=1), text(seed=2), text(seed=1, repeat=1)}) == 3


def test_sampling_follows_the_probabilities():
    import torch

    from agents.models.decoding import draw

    scores = torch.log(torch.tensor([0.5, 0.3, 0.15, 0.05]))
    generator = torch.Generator().manual_seed(0)
    counts = np.bincount([draw(scores, Sampling(temperature=1.0), generator) for _ in range(4000)], minlength=4) / 4000
    assert np.abs(counts - [0.5, 0.3, 0.15, 0.05]).max() < 0.03
    nucleus = {draw(scores, Sampling(temperature=1.0, top_p=0.75), generator) for _ in range(500)}
    assert nucleus == {0, 1}
    assert draw(scores, Sampling(temperature=1e-6), generator) == 0


def test_stops_end_the_answer_and_are_not_part_of_it(llama):
    whole = llama.complete([Message.user("x")], Sampling(max_tokens=30)).text
    stop = whole[8:11]
    cut = llama.complete([Message.user("x")], Sampling(max_tokens=30, stop=(stop,)))
    assert cut.text == whole[: whole.index(stop)] and cut.finish == "stop" and cut.completion_tokens < 30


def test_what_a_resident_says_cannot_end_the_turn_or_announce_a_picture(llama, vlm):
    assert (
        llama.complete([Message.user("<|end|>")], Sampling(max_tokens=3)).prompt_tokens
        > 1 + llama.complete([Message.user("x")], Sampling(max_tokens=3)).prompt_tokens
    )
    assert vlm.complete([Message.user("an <image> here")], Sampling(max_tokens=3)).error is None


def test_an_adapter_changes_the_answers(llama, tiny_llama, tmp_path):
    pytest.importorskip("peft", reason="adapters need peft: pip install 'empathy-gym[local]'")
    from tests.agents.models.tiny import save_lora

    folder = save_lora(tmp_path / "adapter", tiny_llama)
    with make_model("transformers_text", model=str(tiny_llama), adapter=str(folder)) as tuned:
        ours, plain = (m.complete([Message.user("x")], Sampling(max_tokens=20)) for m in (tuned, llama))
    assert ours.error is None and ours.text != plain.text
    assert tuned.identity != llama.identity


def test_templates_without_a_system_role_get_its_text_with_the_users(tiny_llama, tmp_path):
    from tests.agents.models.tiny import LLAMA_TEMPLATE

    refusing = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system role') }}{% endif %}" + LLAMA_TEMPLATE
    (tmp_path / "template.jinja").write_text(refusing)
    with make_model("transformers_text", model=str(tiny_llama), chat_template=str(tmp_path / "template.jinja")) as model:
        split = model.complete([Message.system("Be kind."), Message.user("Hello")], Sampling(max_tokens=20))
        joined = model.complete([Message.user("Be kind.\n\nHello")], Sampling(max_tokens=20))
    assert split.error is None and (split.text, split.prompt_tokens) == (joined.text, joined.prompt_tokens)


def test_the_cache_holds_until_the_weights_change(tiny_llama, tmp_path):
    folder = shutil.copytree(tiny_llama, tmp_path / "model")

    def answer():
        with make_model("transformers_text", model=str(folder), cache=tmp_path / "cache") as model:
            return model.complete([Message.user("x")], Sampling(max_tokens=5))

    assert [answer().cached for _ in range(2)] == [False, True]
    from tests.agents.models.tiny import save_llama

    save_llama(folder, seed=5)
    assert not answer().cached


# -- bad input -------------------------------------------------------------------------------------------------------


def failure(name: str, **options) -> ModelError:
    with make_model(name, **options) as model:
        first, second = model.complete_batch([Request((Message.user("x"),)), Request((Message.user("y"),))])
    assert first.error is not None and first.error == second.error
    assert "\n" not in first.error.message
    return first.error


def test_missing_weights(tmp_path):
    for name in (str(tmp_path / "nowhere"), "nobody/no-such-model"):
        error = failure("transformers_text", model=name, offline=True)
        assert error.kind is ErrorKind.MISSING_WEIGHTS and error.kind.fatal and name in error.message


def test_broken_weights(tiny_llama, tmp_path):
    folder = shutil.copytree(tiny_llama, tmp_path / "model")
    (folder / "model.safetensors").write_bytes(b"\x10\x00")
    assert failure("transformers_text", model=str(folder)).kind is ErrorKind.MISSING_WEIGHTS


def test_missing_adapter(tiny_llama, tmp_path):
    error = failure("transformers_text", model=str(tiny_llama), adapter=str(tmp_path / "nowhere"))
    assert error.kind is ErrorKind.MISSING_WEIGHTS and "LoRA adapter" in error.message


def test_missing_template(tmp_path):
    from tests.agents.models.tiny import save_llama

    error = failure("transformers_text", model=str(save_llama(tmp_path, template=None)))
    assert error.kind is ErrorKind.MISSING_TEMPLATE and "chat_template" in error.message
    error = failure("transformers_text", model=str(tmp_path), chat_template=str(tmp_path / "no.jinja"))
    assert error.kind is ErrorKind.MISSING_TEMPLATE and "no.jinja" in error.message


def test_no_gpu(tiny_llama, monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for options in ({"quantization": "4bit"}, {"device": "cuda:0"}):
        error = failure("transformers_text", model=str(tiny_llama), **options)
        assert error.kind is ErrorKind.NO_GPU and "needs an NVIDIA GPU" in error.message


def test_pictures_for_a_model_that_reads_only(llama):
    seeing, reading = llama.complete_batch(
        [Request((Message.user(np.zeros((4, 4, 3), np.uint8)),)), Request((Message.user("x"),))]
    )
    assert seeing.error is not None and seeing.error.kind is ErrorKind.UNSUPPORTED
    assert reading.error is None


def test_a_prompt_too_long_for_the_model_harms_no_neighbour(llama):
    long, short = llama.complete_batch([Request((Message.user("x1 " * 4000),)), Request((Message.user("x"),))])
    assert long.error is not None and long.error.kind is ErrorKind.TOO_LARGE and "4096 tokens" in long.error.message
    assert short.error is None


def test_a_batch_that_does_not_fit_is_halved_until_it_does(tiny_llama, monkeypatch):
    import torch

    with make_model("transformers_text", model=str(tiny_llama), batch_size=8) as model:
        asked = [Request((Message.user(f"{n}"),), Sampling(max_tokens=10)) for n in range(8)]
        expected = [c.text for c in model.complete_batch(asked)]
        generate, sizes = model._network.generate, []

        def cramped(**tensors):
            sizes.append(len(tensors["input_ids"]))
            if sizes[-1] > 2:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return generate(**tensors)

        monkeypatch.setattr(model._network, "generate", cramped)
        assert [c.text for c in model.complete_batch(asked)] == expected
        assert max(sizes) == 8 and sizes.count(2) == 4
