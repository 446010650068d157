"""Drift: 0 on the protocol, more with every digression; advice counts as early only before anybody listened."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval_suite.protocol.measures import drift_index, premature_advice
from eval_suite.protocol.stages import Stage, longest_course, stages_of

SCRIPT = (
    "What happened at the depot this morning?",
    "What went through your mind when he said that?",
    "And how did that make you feel?",
    "What did you do then?",
    "What would you say to a friend in your place?",
)
"""One turn for each stage, in order."""
DIGRESSIONS = ("The football starts at eight.", "My battery is at ninety per cent.", "It may rain tomorrow.", "")


@pytest.mark.parametrize(("stage", "words"), list(zip(Stage, SCRIPT, strict=True)))
def test_each_line_of_the_script_is_read_as_its_stage(stage: Stage, words: str) -> None:
    assert stages_of(words) == {stage}


@pytest.mark.parametrize(
    ("words", "stages"),
    [
        ("No wonder you're sad.", {Stage.FEELINGS}),
        ("You sound worn out.", {Stage.FEELINGS}),
        ("Do you think it was your doing?", {Stage.THOUGHTS}),
        ("Since then you've stayed in.", {Stage.BEHAVIOURS}),
        ("It doesn't mean you failed.", {Stage.REAPPRAISAL}),
        ("How did it start, and how did you feel?", {Stage.EVENT, Stage.FEELINGS}),
        ("“What happened?” Is that the film you like?", set()),  # somebody else's question
        *((words, set()) for words in DIGRESSIONS),
    ],
)
def test_the_reader_on_other_words(words: str, stages: set[Stage]) -> None:
    assert stages_of(words) == stages


def read(*words: str) -> list[frozenset[Stage]]:
    return [stages_of(line) for line in words]


def test_the_protocol_itself_does_not_drift() -> None:
    assert drift_index(read(*SCRIPT)) == 0.0 == drift_index(read(*SCRIPT), strict=True)
    staying = read(SCRIPT[0], "How did it come about?", *SCRIPT[1:])
    assert drift_index(staying) == 0.0 and drift_index(staying, strict=True) == pytest.approx(1 / 6)


def test_going_back_and_talking_of_else_drift() -> None:
    assert drift_index(read(*reversed(SCRIPT))) == pytest.approx(0.8)
    assert drift_index(read(*DIGRESSIONS)) == 1.0
    assert math.isnan(drift_index([]))


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from(DIGRESSIONS)), max_size=12))
def test_every_digression_adds_to_drift(injected: list[tuple[int, str]]) -> None:
    turns, last = list(SCRIPT), 0.0
    for place, words in injected:
        turns.insert(place % (len(turns) + 1), words)
        drift = drift_index(read(*turns))
        assert drift > last
        last = drift
    assert last == pytest.approx(1 - 5 / (5 + len(injected)))


@given(st.lists(st.frozensets(st.sampled_from(list(Stage)), max_size=2), max_size=9), st.booleans())
def test_the_longest_course_is_the_longest(turns: list[frozenset[Stage]], strict: bool) -> None:
    def brute(place: int, last: int) -> int:
        if place == len(turns):
            return 0
        ahead = [stage for stage in turns[place] if (stage > last if strict else stage >= last)]
        return max([brute(place + 1, last), *(1 + brute(place + 1, stage) for stage in ahead)])

    assert longest_course(turns, strict=strict) == brute(0, -1)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (["You should call her."], (1, 1)),
        (["You should call her.", "Try to sleep."], (2, 2)),
        (["How was it?", "You should call her."], (0, 1)),
        (["You sound lonely. You should call her."], (0, 1)),
        (["You should call her. You sound lonely."], (1, 1)),
        (["Shall I bring water?", "You should call her."], (1, 1)),  # an offer is no interest in the person
        (["", "That was a long day."], (0, 0)),
    ],
)
def test_advice_is_premature_until_somebody_listened(said: list[str], expected: tuple[int, int]) -> None:
    assert premature_advice(said) == expected
