"""The mended metrics: identity, bounds, order, and what they mend."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs.scenarios.schema import Reference
from eval_suite.metrics import corpus_rarity, mended
from plans import ACTIONS, Plan, format_plan, parse_plan

actions = st.lists(st.sampled_from(list(ACTIONS)), min_size=1, max_size=4, unique=True).map(tuple)
BEST, SECOND = ("get_coffee_puton_bedroomtable", "switchon_radio"), ("sit_bed",)
REFERENCES = tuple(Reference(text=format_plan(Plan(plan, "words"))) for plan in (BEST, SECOND))


def scores(plan: Plan, references: tuple[Reference, ...] = REFERENCES) -> list[float]:
    return [
        mended.mended_overlap(plan, references),
        mended.mended_lcs(plan, references),
        mended.mended_tf_idf(plan, references, corpus_rarity()),
    ]


@given(actions, actions)
def test_bounds_identity_and_rank(plan: tuple[str, ...], other: tuple[str, ...]) -> None:
    references = (Reference(text=format_plan(Plan(plan, ""))), Reference(text=format_plan(Plan(other, ""))))
    assert scores(Plan(plan), references) == pytest.approx([1, 1, 1])
    assert all(0 <= score <= 1 + 1e-12 for score in scores(Plan(other), references))
    assert all(score >= 0.8 - 1e-12 for score in scores(Plan(other), references))


def test_the_second_reference_is_worth_four_fifths() -> None:
    assert scores(Plan(SECOND)) == pytest.approx([0.8, 0.8, 0.8])
    assert scores(Plan(BEST)) == pytest.approx([1, 1, 1])
    assert scores(Plan()) == [0, 0, 0]


def test_repeats_earn_nothing_and_illegal_tokens_cost() -> None:
    once, twice = Plan(("switchon_radio",)), Plan(("switchon_radio", "switchon_radio"))
    illegal = parse_plan('<switchon_radio>, <fly_to_the_moon>, <dialogue>:""')
    for clean, repeated, with_illegal in zip(scores(once), scores(twice), scores(illegal), strict=True):
        assert with_illegal <= clean
        assert repeated <= clean + 1e-12
    assert scores(illegal)[0] < scores(once)[0] and scores(illegal)[2] < scores(once)[2]


def test_a_worked_example() -> None:
    assert mended.mended_overlap(Plan(("switchon_radio",)), REFERENCES) == pytest.approx(2 / 3)
    assert mended.mended_lcs(Plan(("switchon_radio",)), REFERENCES) == pytest.approx(1 / 2)


def test_legality_has_no_free_points() -> None:
    assert mended.strict_legality(parse_plan('<sit_bed>, <fly>, <dialogue>:"x"')) == 5
    assert math.isnan(mended.strict_legality(parse_plan('<None>, <dialogue>:"x"')))
    assert mended.strict_legality(parse_plan("prose without any plan")) == 0


def test_rare_actions_weigh_more() -> None:
    rarity = mended.Rarity.fit([("sit_bed",), ("sit_bed", "switchon_tv"), ("sit_bed", "open_fridge")])
    gold = ("sit_bed", "switchon_tv")
    assert rarity.cosine(("switchon_tv",), gold) > rarity.cosine(("sit_bed",), gold)
