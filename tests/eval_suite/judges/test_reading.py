"""Judgements as models write them: what is certain is read, all else is unscored and never 0."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval_suite.judges.reading import read_grades, read_preference
from eval_suite.rubrics import load_rubric

CEHS = load_rubric("cehs")
ITEMS = CEHS.asked("empathetic_action")
GOOD = {item.name: {"evidence": "It says so.", "score": 1} for item in ITEMS}


def scores(text: str) -> dict[str, float]:
    return read_grades(text, CEHS, ITEMS).scores


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(GOOD),
        f"Here it is:\n```json\n{json.dumps(GOOD, indent=2)}\n```\nThank you.",
        f'<think>A two? {{"content": 2}} No.</think>{json.dumps(GOOD)}',
        json.dumps({name: {"score": "1"} for name in GOOD}),
        json.dumps({name: {"score": 1.0} for name in GOOD}),
        json.dumps(dict.fromkeys(GOOD, 1)),
        f"{json.dumps(GOOD)} and again {json.dumps(GOOD)}",
    ],
)
def test_readable_spellings(text):
    grades = read_grades(text, CEHS, ITEMS)
    assert grades.scores == dict.fromkeys(GOOD, 1.0) and not grades.problems


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I cannot grade this.",
        "10/10",
        json.dumps(GOOD)[:-20],
        "[1, 1, 1, 1]",
        "null",
        '{"grades": 1}',
        "{" * 100_000,
        f"{json.dumps(GOOD)} {json.dumps({**GOOD, 'empathy': {'score': 2}})}",
        json.dumps(GOOD).replace('"score": 1', '"score": 0, "score": 2'),
        json.dumps(GOOD).replace('"score": 1', '"score": NaN'),
    ],
)
def test_unreadable_is_unscored(text):
    grades = read_grades(text, CEHS, ITEMS)
    assert all(math.isnan(value) for value in grades.scores.values()) and len(grades.scores) == 4
    assert grades.problems


@pytest.mark.parametrize("bad", [3, -1, 1.5, True, "two", "1/2", None, [], {}, 10**400, "9" * 5000, math.inf])
def test_one_bad_grade_leaves_the_others_standing(bad):
    text = json.dumps({**GOOD, "empathy": {"evidence": "x", "score": bad}}).replace("Infinity", "1e999")
    grades = read_grades(text, CEHS, ITEMS)
    unscored = [name for name, value in grades.scores.items() if math.isnan(value)]
    assert len(unscored) == 1 and len(grades.problems) == 1
    assert sum(value == 1.0 for value in grades.scores.values()) == 3


def test_missing_item_is_unscored_and_unknown_items_are_passed_over():
    found = scores(json.dumps({"content": {"score": 2}, "kindness": {"score": 2}}))
    assert found["content"] == 2.0 and math.isnan(found["safety"]) and "kindness" not in found


def test_an_optional_item_may_be_left_out_and_is_no_problem():
    rubric = load_rubric("three_factor")
    items = rubric.asked("empathetic_action")
    text = json.dumps({item.name: {"evidence": "", "score": None if item.name == "order" else 2} for item in items})
    grades = read_grades(text, rubric, items)
    assert math.isnan(grades.scores["order"]) and not grades.problems


_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
_NESTED = st.recursive(_LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*GOOD, "score"]), inner))


@settings(max_examples=60, deadline=None)
@given(st.text() | _NESTED.map(json.dumps))
def test_reading_never_raises_and_never_invents(text):
    grades = read_grades(text, CEHS, ITEMS)
    assert set(grades.scores) == set(GOOD)
    for item in ITEMS:
        value = grades.scores[item.name]
        assert math.isnan(value) or value in CEHS.scale_of(item).levels


def test_preferences():
    assert read_preference('{"evidence": "b", "preference": "Second"}') == (-1.0, "b", None)
    for text in ("", "first", '{"preference": 1}', '{"preference": "both"}', '{"preference": "first", "preference": "second"}'):
        value, _, problem = read_preference(text)
        assert math.isnan(value) and problem
