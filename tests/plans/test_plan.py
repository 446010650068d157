"""Plans: what models write is read, and what we write is read back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans import ACTIONS, IssueKind, Plan, format_plan, parse_plan
from plans.plan import MAX_TEXT

plans = st.builds(
    Plan,
    st.lists(st.sampled_from(list(ACTIONS)), max_size=6).map(tuple),
    st.none() | st.text(max_size=200) | st.text(alphabet='"\\<>, sit_bed\n', max_size=40),
)


@given(plans)
def test_a_formatted_plan_reads_back_the_same(plan: Plan) -> None:
    assert parse_plan(format_plan(plan)) == plan


@given(plans.filter(lambda plan: plan.utterance is not None and len(set(plan.actions)) == len(plan.actions)))
def test_a_formatted_plan_has_no_issues(plan: Plan) -> None:
    assert parse_plan(format_plan(plan)).issues == ()


@given(st.text(max_size=300) | st.text(alphabet='<>dialogue:",None_ sitbed\\', max_size=80))
def test_no_text_breaks_the_parser(text: str) -> None:
    plan = parse_plan(text)
    assert all(action in ACTIONS for action in plan.actions)


def kinds(text: str) -> list[IssueKind]:
    return [issue.kind for issue in parse_plan(text).issues]


@pytest.mark.parametrize(
    ("text", "issues"),
    [
        ('<switchon_tv>, <dialogue>:"Hi."', []),
        ('<fly_to_the_moon>, <dialogue>:"Hi."', [IssueKind.UNKNOWN_ACTION]),
        ('<switchon_tv>, <switchon_tv>, <dialogue>:"Hi."', [IssueKind.REPEATED]),
        ('<dialogue>:"Hi." <switchon_tv>', [IssueKind.DIALOGUE_NOT_LAST]),
        ("<switchon_tv>", [IssueKind.DIALOGUE_MISSING]),
        ('<None>, <switchon_tv>, <dialogue>:"Hi."', [IssueKind.NONE_MIXED]),
        ('<None>, <dialogue>:"I will just listen."', []),
        ("I would sit with her.", [IssueKind.UNPARSEABLE]),
        ("", [IssueKind.UNPARSEABLE]),
    ],
)
def test_each_kind_of_issue(text: str, issues: list[IssueKind]) -> None:
    assert kinds(text) == issues


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ('< SWITCHON_TV >, <Dialogue> : "Hi."', Plan(("switchon_tv",), "Hi.")),
        ("Sure! Here is my plan:\n<sit bed>, <dialogue>:“Hi.”", Plan(("sit_bed",), "Hi.")),
        ('<sit_bed>, <dialogue>:"She said "no", and I "wait"."', Plan(("sit_bed",), 'She said "no", and I "wait".')),
        ("<sit_bed>, <dialogue>: no quotation marks", Plan(("sit_bed",), "no quotation marks")),
        ('<sit_bed>, <dialogue>:"never closed', Plan(("sit_bed",), "never closed")),
        ("switchon_tv, sit_bed", Plan(("switchon_tv", "sit_bed"), None)),
        ('<dialogue>:"Words first." <sit_bed>"', Plan(("sit_bed",), "Words first.")),
        ('```\n<switchon_tv>, <dialogue>:"Hi."\n```\nBecause it helps.', Plan(("switchon_tv",), "Hi.")),
    ],
)
def test_what_models_really_write(text: str, plan: Plan) -> None:
    assert parse_plan(text) == plan


def test_an_unknown_action_names_the_nearest() -> None:
    (issue, *_) = parse_plan("<switchon_bedroom_tablelamp>").issues
    assert issue.suggestion == "switchoff_bedroom_tablelamp"


def test_megabytes_are_cut_and_noted() -> None:
    plan = parse_plan("<sit_bed>, " + "x" * 5_000_000)
    assert plan.actions == ("sit_bed",)
    assert plan.issues[0].kind is IssueKind.TOO_LONG
    assert str(MAX_TEXT) in plan.issues[0].text


def test_a_plan_refuses_illegal_actions() -> None:
    with pytest.raises(ValueError, match="legal actions.*fly"):
        Plan(("fly",))
