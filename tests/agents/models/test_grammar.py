from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.models.grammar import plan_constraint, plan_regex
from plans import ACTIONS, IssueKind, Plan, format_plan, parse_plan

NAMES = st.sampled_from(sorted(ACTIONS))
PLAN = plan_constraint()


def legal_words():
    characters = st.characters(codec="utf-8", exclude_characters="<>\u2028\u2029", exclude_categories=("Cc", "Cs"))
    return st.text(characters, min_size=1, max_size=60).filter(lambda words: words[0] not in " \u00a0")


@given(st.lists(NAMES, max_size=4), legal_words())
def test_every_plan_in_the_papers_format_is_in_the_language(names, words):
    assert PLAN.satisfied(format_plan(Plan(tuple(names), words)))


@given(st.lists(NAMES, max_size=4), legal_words())
def test_what_is_in_the_language_is_parsed_without_complaint(names, words):
    text = format_plan(Plan(tuple(names), words))
    plan = parse_plan(text)
    assert (plan.actions, plan.utterance) == (tuple(names), words)
    assert {issue.kind for issue in plan.issues} <= {IssueKind.REPEATED}


@pytest.mark.parametrize("name", ACTIONS)
def test_every_action_is_in_the_language(name):
    assert PLAN.satisfied(f'<{name}>, <dialogue>:"Yes."')


@pytest.mark.parametrize(
    "text",
    [
        '<fly_away>, <dialogue>:"x"',
        "<switchon_tv>",
        '<dialogue>:"x"',
        '<switchon_tv>, <dialogue>:""',
        '<switchon_tv>, <dialogue>:" x"',
        '<switchon_tv>, <dialogue>:"a\nb"',
        '<switchon_tv>, <dialogue>:"a"b"',
        '<switchon_tv>, <dialogue>:"a"\n',
        '<None>, <switchon_tv>, <dialogue>:"x"',
        '<switchon_tv>, <None>, <dialogue>:"x"',
        "<sit_bed>, " * 5 + '<dialogue>:"x"',
        '<switchon_tv>, <dialogue>:"' + "x" * 301 + '"',
        '<switchon_tv>, <dialogue>:"x\\"',
    ],
)
def test_nothing_else_is_in_the_language(text):
    assert not PLAN.satisfied(text)


@given(st.lists(NAMES, max_size=4), legal_words(), st.data())
def test_every_beginning_can_be_finished(names, words, data):
    text = format_plan(Plan(tuple(names), words))
    prefix = text[: data.draw(st.integers(0, len(text)))]
    rest = PLAN.finish(prefix)
    assert rest is not None and PLAN.satisfied(prefix + rest)


@pytest.mark.parametrize(("fewest", "most"), [(0, 1), (1, 1), (2, 3), (3, 3)])
def test_the_number_of_actions_can_be_chosen(fewest, most):
    constraint = plan_constraint(min_actions=fewest, max_actions=most)
    for count in range(5):
        text = format_plan(Plan(("switchon_tv",) * count, "x"))
        assert constraint.satisfied(text) == (fewest <= count <= most), count
        if count <= most:
            prefix = "<switchon_tv>, " * count
            assert constraint.satisfied(prefix + constraint.finish(prefix))


def test_the_expression_keeps_to_what_every_engine_reads():
    assert "(?" not in plan_regex()
    assert re.compile(plan_regex())


@given(st.lists(NAMES, max_size=4), st.text(max_size=80))
def test_plans_in_json_are_read_as_plans(names, words):
    plan = parse_plan(PLAN.read(json.dumps({"actions": names, "dialogue": words})))
    assert plan.actions == tuple(names)
    assert {issue.kind for issue in plan.issues} <= {IssueKind.REPEATED}


def test_a_server_that_ignores_the_schema_is_found_out():
    text = PLAN.read('{"actions": ["fly_away", "switchon_tv"], "dialogue": "x"}')
    assert not PLAN.satisfied(text)
    plan = parse_plan(text)
    assert plan.actions == ("switchon_tv",) and plan.illegal_count == 1
    assert PLAN.read("not json") == "not json"
