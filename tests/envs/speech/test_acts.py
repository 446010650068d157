"""Dialogue acts: read by how things are put, on words that the lexicons were not written with."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import yaml

from envs.scenarios import load_scenarios
from envs.speech.acts import HARM, SHOW, content, read_speech, tastes_in
from envs.speech.claims import claims_in
from eval_suite.judges.perturbations import phrases

UNSEEN: dict[str, list[str]] = yaml.safe_load((Path(__file__).parent / "unseen_words.yaml").read_text(encoding="utf-8"))
GENTLE = {"validates", "affirms", "presence", "offers", "choice", "asks", "reframes"}


def kind(text: str) -> str:
    acts = set(read_speech(text).acts)
    if acts & {*HARM}:
        return "harm"
    if acts & {*SHOW, "claims_a_life"}:
        return "show"
    if acts & {"advises", "preaches"}:
        return "advice"
    return "warm" if acts & GENTLE else "plain"


def test_unseen_words_are_read_mostly_right() -> None:
    read = [(wanted, kind(text), text) for wanted, texts in UNSEEN.items() for text in texts]
    wrong = [item for item in read if item[0] != item[1]]
    assert len(wrong) <= 0.2 * len(read), wrong
    # What hurts must hardly ever pass for warmth, nor warmth for what hurts: rewards are made of it.
    confused = Counter((wanted, found) for wanted, found, _ in read)
    assert confused[("harm", "warm")] + confused[("warm", "harm")] <= 2, wrong
    assert confused[("show", "warm")] <= 2, wrong


def test_the_judges_platitudes_are_heard_as_show_and_good_answers_are_not() -> None:
    platitudes = [text for texts in phrases()["sycophancy"].values() for text in texts]
    assert sum(kind(text) in ("show", "harm") for text in platitudes) >= 0.9 * len(platitudes)
    answers = [scenario.oracle.utterance or "" for scenario in load_scenarios("hearth")]
    assert sum(kind(text) == "show" for text in answers) <= 0.02 * len(answers)
    assert sum(kind(text) == "harm" for text in answers) <= 0.05 * len(answers)


@pytest.mark.parametrize(
    "text",
    [
        "I won't tell you it's nothing.",
        "She said “pull yourself together” and left, and that hurt.",
        "I'm not going to say that everything will be all right.",
        "I'll be quiet now.",
    ],
)
def test_what_is_quoted_or_taken_back_is_not_said(text: str) -> None:
    assert kind(text) in ("warm", "plain"), read_speech(text).acts


def test_offers_and_questions_are_no_advice() -> None:
    assert "advises" in read_speech("You should rest.").acts
    assert "advises" not in read_speech("Would you like me to remind you to rest?").acts
    assert "advises" not in read_speech("You need to do nothing, if you'd rather not.").acts


def test_sitting_down_is_no_sadness() -> None:
    assert read_speech("I've sat down on the sofa.").feelings == ()
    assert read_speech("You must be feeling down.").feelings == ("sad",)


def test_content_leaves_out_what_would_be_in_any_talk() -> None:
    assert content("I put the thing there for you, and that is good.") == frozenset()
    assert {"wedd", "candle"} & set(content("The wedding photograph and the candle."))


def test_tastes_name_kinds_of_acts() -> None:
    assert "advice" in tastes_in("Being told what to do.")
    assert "presence" in tastes_in("Somebody sitting by while it rings.")
    assert tastes_in("Tuesdays.") == frozenset()


def test_claims_are_parsed_once() -> None:
    (claim,) = claims_in("I've put a mug of water on the kitchen table.")
    assert claim[1] == "kitchentable" and claim[3] == "delivered"
