from __future__ import annotations

import asyncio
import io
import pickle

import numpy as np
import pytest
from PIL import Image as Pillow

from agents.models import Completion, Constraint, ErrorKind, Image, Message, Model, ModelError, Prices, Request, Sampling
from agents.models.dry_run import DryRun
from agents.models.grammar import plan_constraint


def png(color: tuple[int, int, int]) -> bytes:
    buffer = io.BytesIO()
    Pillow.new("RGB", (6, 4), color).save(buffer, "PNG")
    return buffer.getvalue()


def test_frames_become_images_in_order_and_do_not_follow_the_buffer():
    frames = np.stack([np.full((4, 6, 3), shade, np.uint8) for shade in (0, 100, 200)])
    message = Message.user("Watch.", *frames, "What happened?")
    frames[:] = 7
    assert [np.asarray(image.pil())[0, 0, 0] for image in message.images] == [0, 100, 200]
    assert message.text == "Watch.\nWhat happened?"
    assert [image.size for image in message.images] == [(6, 4)] * 3


def test_data_urls_hold_the_very_pixels():
    import base64

    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    head, data = Image(pixels).data_url().split(",")
    assert head == "data:image/png;base64"
    assert (np.asarray(Pillow.open(io.BytesIO(base64.b64decode(data)))) == pixels).all()
    assert base64.b64decode(Image(png((1, 2, 3))).data_url().split(",")[1]) == png((1, 2, 3))


@pytest.mark.parametrize(
    "wrong", [np.zeros((2, 2), np.uint8), np.zeros((2, 2, 3), np.float32), np.zeros((0, 2, 3), np.uint8), b"GIF89a", 3]
)
def test_what_is_no_picture_is_refused_in_one_line(wrong):
    with pytest.raises((ValueError, TypeError), match="^image: expected [^\n]*$"):
        Message.user(wrong)


def test_records_tell_images_apart_without_holding_them():
    records = [Message.user("a", png(color)).record() for color in ((0, 0, 0), (0, 0, 1))]
    assert records[0] != records[1]
    assert len(str(records)) < 400


@pytest.mark.parametrize(
    "fields",
    [{"temperature": -1}, {"temperature": float("nan")}, {"max_tokens": 0}, {"top_p": 0}, {"top_p": 1.1}, {"stop": ("",)}],
)
def test_impossible_sampling_is_refused(fields):
    with pytest.raises(ValueError, match="expected"):
        Sampling(**fields)


def test_completions_come_back_from_their_records():
    for completion in (
        Completion("hi", 3, 4, 0.5, 0.1, satisfied=True),
        Completion(finish="error", error=ModelError(ErrorKind.REFUSAL, "declined")),
    ):
        assert Completion.of_record(completion.record()) == completion


def test_errors_are_one_line_typed_and_survive_worker_processes():
    error = ModelError(ErrorKind.TOO_LARGE, "a\nb" + "c" * 1000)
    assert "\n" not in error.message and len(error.message) <= 400
    assert pickle.loads(pickle.dumps(error)) == error
    with pytest.raises(ModelError) as caught:
        Completion(finish="error", error=error).require()
    assert caught.value.kind is ErrorKind.TOO_LARGE


def test_json_answers_are_checked_against_their_schema():
    pytest.importorskip("jsonschema", reason="schemas are checked with jsonschema: pip install 'empathy-gym[models]'")
    constraint = Constraint(json_schema={"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]})
    assert constraint.satisfied('{"n": 3}')
    for wrong in ("{}", '{"n": "3"}', "no", '{"n": 3'):
        assert not constraint.satisfied(wrong)


class _Never(Model):
    """A model that must not be asked."""

    prices = Prices(1.0, 10.0)
    identity = {"model": "never"}

    def complete_batch(self, requests, on_done=None):
        raise AssertionError("a dry run called the model")


def test_a_dry_run_counts_without_calling_and_answers_in_form():
    pytest.importorskip("jsonschema", reason="schemas are checked with jsonschema: pip install 'empathy-gym[models]'")
    model = DryRun(_Never())
    schema = {
        "type": "object",
        "properties": {"who": {"type": "string"}, "sure": {"type": "number"}},
        "required": ["who", "sure"],
    }
    image = np.zeros((600, 500, 3), np.uint8)
    requests = [
        Request((Message.user("x" * 400),), Sampling(max_tokens=50)),
        Request((Message.user("x", image),), Sampling(max_tokens=50), plan_constraint()),
        Request((Message.user("x"),), Sampling(max_tokens=50), Constraint(json_schema=schema)),
    ]
    completions = model.complete_batch(requests)
    assert all(c.finish == "dry_run" and c.cost_usd == 0 for c in completions)
    for request, completion in zip(requests[1:], completions[1:], strict=True):
        assert request.constraint.satisfied(completion.text)
    assert (model.usage.calls, model.usage.images, model.usage.completion_tokens) == (3, 1, 150)
    assert completions[0].prompt_tokens == 104
    assert completions[1].prompt_tokens == 5 + 85 + 170 * 2
    assert model.usage.cost_usd == pytest.approx((model.usage.prompt_tokens + 10 * 150) / 1e6)


def test_async_calls_answer_the_same():
    model = DryRun(_Never())
    assert asyncio.run(model.acomplete([Message.user("x")])) == model.complete([Message.user("x")])
