"""Need satisfaction: reasons, bounds, and an order of agents that the published metrics do not have."""

from __future__ import annotations

import math
import os
import random
import statistics
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.baselines.blind import Constant
from envs.scenarios import load_scenarios
from envs.scenarios.schema import Labels, Needs, Scenario
from eval_suite.episode import ActionRecord, Episode
from eval_suite.metrics import published
from eval_suite.metrics.needs import declared, need_satisfaction, need_satisfaction_score, scenario_needs, still_standing
from eval_suite.significance import paired_difference
from plans import ACTIONS, Plan

OFFICIAL = Path(os.environ.get("EMPATHYAGENT_DATA", Path(__file__).parents[3] / "shared" / "reference" / "empathyagent"))
HEARTH = load_scenarios("hearth")
UNSEEN = [scenario for scenario in HEARTH if scenario.split != "train"]  # needs.yaml was written with the train split in view
names = st.lists(st.sampled_from(list(ACTIONS)), max_size=6)


def moment(
    theme: str,
    *,
    says: str = "Hm.",
    situation: str = "It is so.",
    levels: tuple[int, int, int] = (1, 1, 3),
    age: int = 40,
    program: Sequence[str] = ("[Walk] <bedroom_sofa> (1)", "[Sit] <bedroom_sofa> (1)"),
) -> Scenario:
    labels = Labels(
        emotion="content", intensity=2, theme=theme, needs=Needs(cognitive=levels[0], affective=levels[1], proactive=levels[2])
    )
    resident = HEARTH[0].resident.model_copy(update={"age": age})
    changes = {"labels": labels, "dialogue": says, "situation": situation, "program": tuple(program), "resident": resident}
    return HEARTH[0].model_copy(update=changes)


def score(scenario: Scenario, *actions: str) -> float:
    return need_satisfaction(scenario, actions).score


def test_every_action_and_every_theme_is_declared() -> None:
    rules = declared()
    assert set(rules.offers) == set(ACTIONS) and all(rules.offers.values())
    assert {s.labels.theme for s in HEARTH if s.labels} <= set(rules.themes) and len(rules.themes) == 36
    for need in rules.phrases:
        assert any(need in offer for offer in rules.offers.values()), f"nothing serves {need}"
        assert sum(rules.families[need].values()) == pytest.approx(1)
    assert all(0 < amount <= 1 for offer in rules.offers.values() for amount in offer.values())


def test_a_worked_example() -> None:
    # lights_left_on calls for saving 3 and dark 1. Saving is proactive, dark is so by 0.8 and affective by 0.2. Level 3 is
    # worth 1.5, level 1 is worth 5/6: saving 3 * 1.5 = 4.5, dark 0.8 * 1.5 + 0.2 * 5/6 = 1.3667.
    scenario = moment("lights_left_on")
    assert scenario_needs(scenario) == pytest.approx({"saving": 4.5, "dark": 1.36667}, rel=1e-4)
    # The bathroom lights serve saving fully and dark by 0.4; the lamp adds all of the dark: together nothing is left.
    both = need_satisfaction(scenario, ["switchoff_bathroom_lights", "switchoff_bedroom_tablelamp"])
    assert both.score == pytest.approx(1) and both.served == pytest.approx({"saving": 1, "dark": 1})
    alone = (4.5 + 0.4 * 1.36667) / (4.5 + 1.36667)
    assert score(scenario, "switchoff_bathroom_lights") == pytest.approx(alone, rel=1e-4)
    assert score(scenario, "switchoff_bathroom_lights", "get_box_puton_bedroomtable") == pytest.approx(alone - 0.1, rel=1e-4)
    assert score(scenario, "switchoff_bathroom_lights", "switchon_tv") == pytest.approx(alone - 0.25, rel=1e-4)


def test_the_context_decides_what_an_action_is_worth() -> None:
    television = ["switchon_tv"]
    assert need_satisfaction(moment("big_match"), television).score > 0.5
    grief = need_satisfaction(moment("grief"), television)
    assert grief.score == 0 and grief.unwelcome == ("switchon_tv",) and any("grief" in reason for reason in grief.reasons)
    assert (
        score(moment("heat"), "put_mug_of_water_into_fridge_puton_bedroomtable")
        > 0.5
        > score(moment("heat"), "cook_hot_water_puton_bedroomtable")
    )
    assert score(moment("chilled_through"), "cook_hot_water_puton_bedroomtable") > 0.5


def test_words_name_needs_that_the_theme_does_not() -> None:
    plain, thirsty = moment("packing_up"), moment("packing_up", says="My throat is dry, and I am so thirsty.")
    assert "drink" not in scenario_needs(plain) and "drink" in scenario_needs(thirsty)
    water = ("put_book_into_box_puton_bedroomtable", "get_mug_of_water_puton_bedroomtable")
    assert score(thirsty, *water) > score(thirsty, water[0])
    holding = moment("packing_up", says="This book!", program=("[Walk] <book> (1)", "[Grab] <book> (1)"))
    assert "reading" not in scenario_needs(holding)  # who holds a book does not ask for one


def test_who_needs_comfort_needs_company() -> None:
    assert "company" in scenario_needs(moment("packing_up", levels=(0, 3, 0)))
    assert "company" not in scenario_needs(moment("packing_up", levels=(0, 1, 3)))


def test_only_what_still_stands_at_the_end_counts() -> None:
    assert still_standing(["sit_bed", "switchon_radio"]) == (["switchon_radio"], [("sit_bed", "switchon_radio")])
    assert still_standing(["open_fridge", "close_fridge"])[0] == ["close_fridge"]
    assert still_standing(["get_radio_puton_kitchentable", "get_radio_puton_bedroomtable"])[0] == [
        "get_radio_puton_bedroomtable"
    ]
    assert still_standing(["get_apple_puton_kitchentable", "get_apple_puton_bedroomtable"])[1] == []  # there are several apples
    scenario = moment("needs_company")
    result = need_satisfaction(scenario, ["sit_bedroom_sofa", "switchon_radio"])
    assert result.served["company"] == 0 and any("undone by" in reason for reason in result.reasons)
    assert score(scenario, "switchon_radio", "sit_bedroom_sofa") > score(scenario, "sit_bedroom_sofa", "switchon_radio")


def test_the_wrong_room_is_worth_half() -> None:
    at_table = moment("talk_at_table", program=("[Walk] <kitchen_bench> (1)", "[Sit] <kitchen_bench> (1)"))
    near, far = (need_satisfaction(at_table, [seat]).served["company"] for seat in ("sit_kitchen_bench", "sit_bedroom_sofa"))
    assert far == pytest.approx(near / 2)


def test_hazards_and_pointless_help() -> None:
    assert need_satisfaction(moment("reading"), ["switchon_stove"]).unwelcome == ("switchon_stove",)
    assert need_satisfaction(moment("wants_to_cook"), ["switchon_stove"]).unwelcome == ()
    assert need_satisfaction(moment("celebration", age=7), ["switchon_kitchen_candle"]).unwelcome == (
        "switchon_kitchen_candle",
    )
    listening = moment("good_news", program=("[Walk] <radio> (1)", "[SwitchOn] <radio> (1)"))
    assert need_satisfaction(listening, ["switchon_radio"]).idle == ("switchon_radio",)
    phoning = moment("waiting_for_a_call", program=("[Walk] <cellphone> (1)", "[Grab] <cellphone> (1)"))
    assert need_satisfaction(phoning, ["get_cellphone_puton_bedroomtable"]).idle == ("get_cellphone_puton_bedroomtable",)


def test_one_courtesy_is_free_and_fuss_is_not() -> None:
    scenario = moment("paperwork", levels=(0, 0, 3))
    done = ("put_paper_into_folder_puton_bedroomtable",)
    one = score(scenario, *done, "get_mug_of_water_puton_bedroomtable")
    assert one == score(scenario, *done)
    assert score(scenario, *done, "get_mug_of_water_puton_bedroomtable", "get_pillow_puton_bedroomtable") == pytest.approx(
        one - 0.1
    )
    assert score(scenario, *ACTIONS) == 0  # doing everything is no help


@given(st.sampled_from(HEARTH), names)
def test_bounds_repeats_and_reasons(scenario: Scenario, actions: list[str]) -> None:
    result = need_satisfaction(scenario, actions)
    assert 0 <= result.score <= 1 and all(0 <= value <= 1 for value in result.served.values())
    assert set(result.idle) | set(result.unwelcome) <= set(actions)
    assert len(result.reasons) >= len(result.needs) and all(reason.endswith(".") for reason in result.reasons)
    once = list(dict.fromkeys(actions))
    if not any(action.startswith("sit") or action == "play_computer" for action in actions):
        assert need_satisfaction(scenario, [*once, *once]).idle == need_satisfaction(scenario, once).idle


@given(
    st.sampled_from(HEARTH),
    st.permutations(["get_coffee_puton_bedroomtable", "switchon_radio", "get_paper_puton_bedroomtable"]),
)
def test_the_order_of_actions_that_do_not_touch_does_not_matter(scenario: Scenario, actions: list[str]) -> None:
    assert score(scenario, *actions) == pytest.approx(score(scenario, *sorted(actions)))


def test_failed_actions_and_failed_agents_serve_nothing() -> None:
    scenario = moment("spill")
    done = ActionRecord(action="get_toiletpaper_puton_kitchentable", ok=True)
    episode = Episode(id="x", agent="a", seed=0, simulator="symbolic", scenario=scenario, actions=[done])
    assert need_satisfaction_score(episode) > 0
    assert need_satisfaction_score(episode.model_copy(update={"actions": [done.model_copy(update={"ok": False})]})) == 0
    assert need_satisfaction_score(episode.model_copy(update={"error": "agent_error: x"})) == 0


def test_what_nothing_is_known_of_is_unscored() -> None:
    unknown = moment("packing_up", says="", situation="日本語 🙂").model_copy(update={"labels": None})
    result = need_satisfaction(unknown, ["sit_bed"])
    assert math.isnan(result.score) and "Nothing is known" in result.reasons[0]


def means(scenarios: Sequence[Scenario]) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Need satisfaction and published Overlap of yardsticks, by scenario."""
    rng, constant = random.Random(0), Constant().plan.actions
    others = [rng.choice([o for o in scenarios if o is not s]) for s in scenarios]
    plans = {
        "oracle": [s.references[0].plan.actions for s in scenarios],
        "runner_up": [s.references[1].plan.actions for s in scenarios],
        "constant": [constant] * len(scenarios),
        "shuffled": [o.references[0].plan.actions for o in others],
        "random": [tuple(rng.sample(list(ACTIONS), rng.randint(1, 3))) for _ in scenarios],
    }
    needs = {
        name: [need_satisfaction(s, p).score for s, p in zip(scenarios, found, strict=True)] for name, found in plans.items()
    }
    overlap = {
        name: [
            published.action_metrics(Plan(tuple(p)).text, s.references[0].text)["overlap"]
            for s, p in zip(scenarios, found, strict=True)
        ]
        for name, found in plans.items()
    }
    return needs, overlap


def mean(values: Sequence[float]) -> float:
    return statistics.fmean(value for value in values if not math.isnan(value))


def test_hearth_is_ordered_sensibly_on_residents_that_the_rules_never_saw() -> None:
    needs, _ = means(UNSEEN)
    people = [scenario.resident.id for scenario in UNSEEN]
    order = ["oracle", "runner_up", "constant", "random"]
    for better, worse in zip(order, order[1:], strict=False):
        difference = paired_difference(needs[better], needs[worse], people)
        assert difference.low > 0 and difference.p < 0.01, (better, worse, difference)
    assert mean(needs["oracle"]) > 0.6 and mean(needs["shuffled"]) < 0.15


@pytest.mark.skipif(not OFFICIAL.is_dir(), reason=f"official EmpathyAgent files not found in {OFFICIAL}; set EMPATHYAGENT_DATA")
def test_the_official_items_are_ordered_where_published_overlap_is_not() -> None:
    scenarios = load_scenarios("empathyagent", path=OFFICIAL)
    people = [scenario.resident.id for scenario in scenarios]
    needs, overlap = means(scenarios)
    assert (
        abs(mean(overlap["constant"]) - mean(overlap["runner_up"])) < 0.06
    )  # a blind plan is as good as the second human choice
    assert mean(overlap["constant"]) > mean(overlap["shuffled"]) + 0.05
    assert mean(needs["oracle"]) > mean(needs["runner_up"]) > mean(needs["constant"]) > mean(needs["random"])
    assert paired_difference(needs["oracle"], needs["constant"], people).low > 0.05
    assert sum(not math.isnan(value) for value in needs["oracle"]) >= 30  # the rest names no need


def test_the_ordering_table_runs_agents_through_the_simulator() -> None:
    from eval_suite.ordering import COLUMNS, order, to_markdown

    table = order(UNSEEN[:16], ("oracle", "shuffled"))
    assert table["oracle"]["need_satisfaction"].mean > table["shuffled"]["need_satisfaction"].mean
    text = to_markdown(table)
    assert text.count("\n") == 3 and all(column in text for column in COLUMNS) and "| oracle | 100.0 [" in text
