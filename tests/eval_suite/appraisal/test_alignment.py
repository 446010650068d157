"""Alignment of replies with appraisals: what answers what, by words and by deeds, and what is left unscored."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs.scenarios import load_scenarios
from eval_suite.appraisal.detector import LinearDetector
from eval_suite.appraisal.grid import agreement, align
from eval_suite.appraisal.scores import NAMES, alignment_of, appraisal_scores, reply_alignment
from eval_suite.appraisal.spans import LABELS, Span, marked, pieces
from eval_suite.appraisal.validation import gold_replies, grid_f1, random_grid_f1
from eval_suite.episode import ActionRecord, Episode, ResponseRecord
from eval_suite.metrics import METRICS, score_episode
from plans import Plan
from tests.eval_suite.appraisal.conftest import appraised

DRIVER = "[agency: That driver looked right at me.] [control: I can't even bend my cold fingers.] [pleasant: It hurts.]"


def test_gold_against_gold_is_perfect() -> None:
    gold = [item.pairs for item in gold_replies()]
    assert agreement(gold, gold).f1 == 1.0
    assert agreement([frozenset()], [frozenset()]).f1 == 1.0


def test_the_rules_find_most_of_the_pairs_drawn_by_hand_and_chance_does_not() -> None:
    replies = gold_replies()
    assert len(replies) >= 20
    assert grid_f1(replies).f1 > 0.8 > 0.6 > random_grid_f1(replies)


def test_a_reply_in_kind_answers_every_span() -> None:
    found = alignment_of(
        appraised(DRIVER), marked("[agency: He saw you.] [control: They won't bend yet.] [pleasant: That's sore.]")
    )
    assert found.coverage == found.precision == found.matched == 1.0
    assert found.advice_only == found.tropes == 0.0
    assert agreement([found.grid.pairs], [frozenset({(0, 0), (1, 1), (2, 2)})]).f1 == 1.0


def test_advice_alone_answers_neither_agency_nor_pleasantness() -> None:
    scenario = appraised("[agency: That driver drove past me.] [pleasant: My cold fingers hurt.]")
    found = alignment_of(scenario, marked("[advice: Report the driver.] [advice: You should warm your cold fingers.]"))
    assert found.coverage == found.precision == 0.0
    assert found.advice_only == 1.0 and math.isnan(found.matched)


def test_stock_phrases_answer_nothing_and_are_counted() -> None:
    found = alignment_of(appraised(DRIVER), marked("[trope: I'm here for you.] [pleasant: That must hurt.]"))
    assert found.tropes == 0.5 and found.precision == 0.5 and found.coverage == pytest.approx(1 / 3)
    # Advice wrapped in stock phrases is advice only.
    assert alignment_of(appraised(DRIVER), marked("[trope: Chin up.] [advice: Sleep.]")).advice_only == 1.0


def test_a_plain_fact_is_answered_only_by_words_about_the_same_thing() -> None:
    target = marked("[fact: The soup's gone over.]")
    assert align(target, marked("[fact: There's paper for the soup.]")).pairs == {(0, 0)}
    assert not align(target, marked("[fact: The radio is on.]")).pairs


def test_deeds_answer_control_and_effort_that_they_change_and_nothing_else() -> None:
    scenario = appraised(DRIVER)
    warm = alignment_of(scenario, (), ["cook_hot_water_puton_bedroomtable"])
    assert dict(warm.deeds) == {1: ("cook_hot_water_puton_bedroomtable",)}
    tap = appraised("[control: I can't scrub it off.] [agency: They left me to scrub it.]", theme="dirty_hands")
    assert dict(alignment_of(tap, (), ["switchon_bathroom_faucet"]).deeds) == {0: ("switchon_bathroom_faucet",)}
    assert alignment_of(tap, (), ["switchon_bathroom_faucet"]).coverage == 0.5
    assert not alignment_of(tap, (), ["switchon_tv"]).deeds
    wordless = appraised("[effort: And how do I begin now?]", theme="paperwork")
    assert alignment_of(wordless, (), ["get_folder_puton_bedroomtable"]).coverage == 1.0
    assert alignment_of(wordless, (), ["get_pillow_puton_bedroomtable"]).coverage == 0.0


def test_a_deed_that_is_undone_answers_nothing() -> None:
    lit = appraised("[control: I can't see in this glare.]", theme="headache")
    assert alignment_of(lit, (), ["switchoff_bedroom_tablelamp"]).coverage == 1.0
    packed = appraised("[effort: All this to pack.]", theme="packing_up")
    moved = ["get_box_puton_bedroomtable", "get_box_puton_kitchentable"]
    assert alignment_of(packed, (), moved).deeds == {0: ("get_box_puton_kitchentable",)}


def test_reasons_say_what_answered_each_span() -> None:
    told = alignment_of(appraised(DRIVER), marked("[pleasant: That's sore.]")).reasons()
    assert len(told) == 3 and "That's sore." in told[2] and told[0].endswith("answered by nothing.")


def episode(scenario: object, says: str, **changes: object) -> Episode:
    parts = {
        "id": "x", "agent": "a", "seed": 0, "simulator": "symbolic", "scenario": scenario,
        "response": ResponseRecord(empathetic_action=Plan((), says).text),
    }  # fmt: skip
    return Episode(**{**parts, **changes})  # type: ignore[arg-type]


def test_scenarios_without_gold_spans_are_unscored_and_ask_no_detector(monkeypatch: pytest.MonkeyPatch) -> None:
    def never() -> None:
        raise AssertionError("a detector was asked for")

    monkeypatch.setattr("eval_suite.appraisal.scores.trained_detector", never)
    plain = episode(load_scenarios("hearth", limit=1)[0], "You must be tired.")
    scores = score_episode(plain)
    assert set(NAMES) <= set(METRICS) and {METRICS[name].family for name in NAMES} == {"alignment"}
    assert all(math.isnan(scores[name]) for name in NAMES)


class Unreadable:
    def detect(self, texts: list[str]) -> list[None]:
        return [None for _ in texts]


def test_a_reply_that_could_not_be_read_is_unscored_and_silence_is_scored(detector: LinearDetector) -> None:
    scenario = appraised(DRIVER)
    assert all(math.isnan(value) for value in appraisal_scores(episode(scenario, "Hm."), Unreadable()).values())
    silent = appraisal_scores(episode(scenario, ""), detector)
    assert silent["appraisal_coverage"] == 0.0 and math.isnan(silent["appraisal_precision"])
    failed = appraisal_scores(episode(scenario, "That hurts.", error="timeout: none"), detector)
    assert failed["appraisal_coverage"] == 0.0


def test_episodes_count_deeds_that_were_carried_out_only(detector: LinearDetector) -> None:
    scenario = appraised("[control: I can't scrub it off.]", theme="dirty_hands")
    record = ActionRecord(action="switchon_bathroom_faucet", ok=True)
    done = episode(scenario, "", actions=[record])
    failed = episode(scenario, "", actions=[record.model_copy(update={"ok": False})])
    assert appraisal_scores(done, detector)["appraisal_coverage"] == 1.0
    assert appraisal_scores(failed, detector)["appraisal_coverage"] == 0.0


def test_a_free_reply_is_read_and_aligned(detector: LinearDetector) -> None:
    found = reply_alignment(appraised(DRIVER), "I'm so sorry to hear that. Everything will be all right.", (), detector)
    assert found is not None and found.tropes == 1.0 and found.coverage == 0.0


SPANS = st.lists(st.builds(Span, st.sampled_from(["It hurts.", "The soup.", "He left."]), st.sampled_from(LABELS)), max_size=4)


@given(SPANS, SPANS)
def test_scores_stay_within_bounds_and_more_words_never_answer_less(targets: list[Span], observers: list[Span]) -> None:
    scenario = appraised("[fact: x]")
    grid = align(targets, observers)
    found = replace(alignment_of(scenario, ()), grid=grid, deeds={})
    assert all(math.isnan(value) or 0 <= value <= 1 for value in found.scores.values())
    assert grid.diagonal <= grid.pairs
    assert {t for t, _ in grid.pairs} <= {t for t, _ in align(targets, [*observers, *targets]).pairs}


@given(st.text(max_size=200))
def test_any_text_can_be_cut_into_pieces(text: str) -> None:
    assert all(piece.strip() for piece in pieces(text))
