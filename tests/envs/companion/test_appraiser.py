"""How turns are taken: by who the person is, by what was done, by what was said before."""

from __future__ import annotations

from collections.abc import Callable
from statistics import fmean

import pytest

from envs.companion.session import TurnPlayed
from envs.scenarios import load_scenarios
from envs.scenarios.schema import Needs, Preference
from eval_suite.companion import persona_flipped
from eval_suite.judges.perturbations import phrases
from plans.plan import Plan
from tests.envs.companion.conftest import scenario

Play = Callable[..., list[TurnPlayed]]
WATER = "<get_mug_of_water_puton_bedroomtable>"


def levels(turn: TurnPlayed) -> tuple[tuple[int, int], ...]:
    assert turn.appraisal.evidence is not None
    return turn.appraisal.evidence.levels


def kinds(turn: TurnPlayed) -> set[str]:
    return {note.kind for note in turn.appraisal.notes}


def test_help_moves_the_proactive_presence_the_affective_and_insight_the_cognitive_axis(play: Play) -> None:
    (helped,) = play(WATER)
    assert levels(helped)[2][0] >= 1 and levels(helped)[0] != (2, 0)
    (sat,) = play("<sit_bed>")
    assert levels(sat)[1][0] >= 1
    (read,) = play("Your brother forgot again, and the second plum cake is still on the plate.")
    assert levels(read)[0][0] == 2 and levels(read)[2] == (0, 0)


def test_what_was_said_for_one_person_is_worth_nothing_to_another(play: Play) -> None:
    mine, other = play("Your brother forgot again.")[0], play("The exam board lost your papers again.")[0]
    assert mine.point.work > other.point.work


def test_the_same_help_again_costs_and_after_a_refusal_costs_more(play: Play) -> None:
    first, again = play(WATER, WATER)
    assert first.point.work > 0 > again.point.work and "repeated_help" in kinds(again)
    unwanted, insisted = play("<switchon_bathroom_faucet>", "<switchon_bathroom_faucet>")
    assert unwanted.reaction.refused == ("switchon_bathroom_faucet",)
    assert "ignores_refusal" in kinds(insisted) and insisted.point.work < unwanted.point.work


def test_help_that_nobody_needs_costs(play: Play) -> None:
    (turn,) = play("<get_box_puton_bedroomtable>, <get_folder_puton_bedroomtable>, <get_paper_puton_bedroomtable>")
    assert "unneeded_help" in kinds(turn) and levels(turn)[2][1] < 0


def test_a_line_said_again_costs_and_a_stock_line_costs_more(play: Play) -> None:
    plain = play("It is a long evening, and I am here.", "It is a long evening, and I am here.")[1]
    stock = play("My heart goes out to you, truly.", "My heart goes out to you, truly.")[1]
    assert levels(plain)[1][1] == -1 and levels(stock)[1][1] == -2
    assert stock.point.work < plain.point.work < 0


def test_show_of_empathy_costs_on_every_axis_even_where_it_means_well(play: Play) -> None:
    for texts in phrases()["sycophancy"].values():
        for text in texts:
            (turn,) = play(text)
            assert all(backward < 0 for _, backward in levels(turn)[:2]), (text, turn.appraisal.notes)
            assert turn.point.work < 0


def test_naming_a_hidden_feeling_goes_deeper_than_naming_a_wrong_one(play: Play) -> None:
    right = play("That clock would make anyone lonely. I'm beside you.")[0]
    wrong = play("You must be so joyful today with that clock.")[0]
    assert levels(right)[1][0] == 2
    assert levels(wrong)[0][1] < 0 and levels(wrong)[1][1] < 0


def test_false_claims_distort_what_is_so(play: Play) -> None:
    (turn,) = play("I've put a mug of water on the bedroom table for your throat.")
    assert "false_claim" in kinds(turn) and levels(turn)[0][1] == -2
    (done,) = play(f'{WATER}, <dialogue>:"I put a mug of water on the bedroom table for your throat."')
    assert "false_claim" not in kinds(done)


def test_advice_before_understanding_costs(play: Play) -> None:
    (turn,) = play("You should call a friend.")
    assert "premature_advice" in kinds(turn) and turn.point.work < 0


def test_blame_costs_most(play: Play) -> None:
    (turn,) = play("It is your own fault. Pull yourself together.")
    assert levels(turn)[1][1] == levels(turn)[2][1] == -2


def test_priorities_matter(play: Play) -> None:
    cold = scenario(needs=Needs(cognitive=2, affective=0, proactive=2), helps=())
    words = "No wonder that clock is loud. It must feel heavy."
    wanted, unwanted = play(words)[0], play(words, moment=cold)[0]
    assert levels(wanted)[1][0] >= 1 and levels(unwanted)[1][1] < 0


def test_tastes_matter(play: Play) -> None:
    alone = scenario(helps=(), annoys=(Preference(text="Somebody sitting close by.", why="It crowds him."),))
    assert play("<sit_bed>")[0].point.work > 0 > play("<sit_bed>", moment=alone)[0].point.work


def test_temper_matters(play: Play) -> None:
    base = scenario()
    proud = base.resident.model_copy(update={"groups": ("resists_help", "likes_company")})
    glad = base.resident.model_copy(update={"groups": ("welcomes_help", "likes_company")})
    offer = "I can fetch the cellar key for that clock on the landing."
    assert play(offer, moment=base.model_copy(update={"resident": glad}))[0].point.step.proactive == 1
    assert play(offer, moment=base.model_copy(update={"resident": proud}))[0].point.step.proactive == 0


def test_an_echo_is_no_understanding(play: Play) -> None:
    (turn,) = play("Throat dry from saying nothing all day, clock on the landing the only one talking.")
    assert "echo" in kinds(turn) and levels(turn)[0][0] == 0


def test_to_ignore_somebody_costs_and_to_sit_with_them_quietly_does_not(play: Play) -> None:
    assert play("<None>", "<None>")[1].point.work < 0
    quiet = play("<sit_bed>", "<None>", "<None>")
    assert all(turn.point.work >= 0 for turn in quiet)


@pytest.mark.parametrize("words", ["", "Some words."])
def test_a_flipped_persona_minds_what_the_first_one_liked(play: Play, words: str) -> None:
    plan = Plan(("get_mug_of_water_puton_bedroomtable", "sit_bed"), words or None)
    flipped = persona_flipped(scenario(), [plan])
    assert play(plan.text)[0].point.work > 0 > play(plan.text, moment=flipped)[0].point.work


def test_good_references_beat_second_ones_beat_platitudes_for_people_never_looked_at(play: Play) -> None:
    unseen = load_scenarios("hearth", split="test")
    best = [play(item.references[0].text, moment=item)[0].point.work for item in unseen]
    second = [play(item.references[1].text, moment=item)[0].point.work for item in unseen if len(item.references) > 1]
    lines = [text for texts in phrases()["sycophancy"].values() for text in texts]
    stock = [play(lines[i % len(lines)], moment=item)[0].point.work for i, item in enumerate(unseen)]
    assert fmean(best) > fmean(second) > fmean(stock)
    assert sum(work > 0 for work in best) >= 0.8 * len(best)
    assert sum(work < 0 for work in stock) >= 0.95 * len(stock)
