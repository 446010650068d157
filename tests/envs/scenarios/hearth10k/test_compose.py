"""The composed set: legal, varied, labelled by construction, and the same every time."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections import Counter
from importlib import resources
from pathlib import Path

import pytest

from envs.scenarios.hearth10k import storage
from envs.scenarios.hearth10k.archetype import read_archetype
from envs.scenarios.hearth10k.casting import pronoun_forms
from envs.scenarios.hearth10k.check import odd
from envs.scenarios.hearth10k.compose import Library, compose
from envs.scenarios.hearth10k.staging import LIMITING_TAGS, objection, resolve
from envs.scenarios.loading import ScenarioError
from envs.scenarios.schema import Scenario
from envs.session import Session
from envs.simulators import make_simulator
from envs.skills import check_goals
from plans.actions import ACTIONS

FOLDER = Path(str(resources.files("envs.scenarios.hearth10k")))


def test_every_resident_lives_every_script_five_times(some: Library, scenarios: list[Scenario]) -> None:
    counts = Counter((scenario.resident.id, scenario.script) for scenario in scenarios)
    assert set(counts.values()) == {5}
    assert len({scenario.id for scenario in scenarios}) == len(scenarios)


def test_plans_read_without_an_issue_and_are_allowed_after_the_script(scenarios: list[Scenario]) -> None:
    for scenario in scenarios:
        limits = frozenset(scenario.resident.groups) & LIMITING_TAGS
        if scenario.resident.age is not None and scenario.resident.age < 13:
            limits |= {"child"}
        for reference in (*scenario.references, *scenario.contrasts):
            assert not reference.plan.issues and reference.plan.utterance, scenario.id
            state = tuple(sorted(scenario.home.state.items()))
            assert not objection(reference.plan.actions, scenario.script, limits, state), scenario.id


def test_four_responses_of_different_kinds(scenarios: list[Scenario]) -> None:
    for scenario in scenarios:
        assert [reference.kind for reference in (*scenario.references, *scenario.contrasts)] == [
            "best", "good", "generic", "unhelpful",
        ]  # fmt: skip
        best, good = (set(reference.plan.actions) for reference in scenario.references)
        assert not best <= good and not good <= best and len(best & good) <= 1, scenario.id


def test_texts_are_short_clean_and_nameless(scenarios: list[Scenario]) -> None:
    for scenario in scenarios:
        assert len(scenario.dialogue.split()) <= 15, scenario.dialogue
        for part in scenario.resident.name.split():
            assert not re.search(rf"\b{re.escape(part)}\b", scenario.dialogue), scenario.dialogue
        for text in (scenario.dialogue, scenario.situation, *(ref.plan.utterance or "" for ref in scenario.references)):
            assert not odd(text), text


def test_no_two_alike(scenarios: list[Scenario]) -> None:
    """A few repeats are let pass while there are few archetypes; the whole set is held to its promise by the audit."""
    assert len({scenario.dialogue for scenario in scenarios}) >= 0.95 * len(scenarios)
    assert len({scenario.situation for scenario in scenarios}) >= 0.95 * len(scenarios)


def test_labels_agree_with_the_text(scenarios: list[Scenario]) -> None:
    for scenario in scenarios:
        labels = scenario.labels
        assert labels is not None and labels.empa is not None and labels.commonsense is not None
        assert labels.appraisals and labels.helps and labels.annoys and labels.cue
        for span in labels.appraisals:
            words = scenario.dialogue[span.start : span.end]
            assert words == words.strip() and words, scenario.id
        # A need is never above 0 when all its items are, nor 3 when its priority is none.
        assert (labels.needs.proactive > 0) or max(labels.empa.proactive[2], 0) < 2


def test_a_child_gets_no_coffee_and_no_flame(scenarios: list[Scenario], library: Library) -> None:
    children = [dweller for dweller in library.dwellers if "child" in dweller.tags][:2]
    assert children
    for scenario in compose(Library(library.archetypes, tuple(children), library.scripts)):
        actions = {action for ref in (*scenario.references, *scenario.contrasts) for action in ref.plan.actions}
        assert not actions & {"get_coffee_puton_bedroomtable", "get_coffee_puton_kitchentable", "switchon_stove"}
        assert scenario.script != "coffee_to_bench"


def test_same_bytes_whatever_the_hash_seed(some: Library, scenarios: list[Scenario]) -> None:
    names = [dweller.id for dweller in some.dwellers]
    code = (
        "import sys, hashlib; from pathlib import Path; from envs.scenarios.hearth10k.compose import *; "
        "from envs.scenarios.hearth10k.storage import pack; "
        f"library = read_library(Path({str(FOLDER)!r})); "
        f"some = Library(library.archetypes, tuple(d for d in library.dwellers if d.id in {names!r}), library.scripts); "
        "print(hashlib.sha256(pack(compose(some))).hexdigest())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "4711"}
    found = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == hashlib.sha256(storage.pack(scenarios)).hexdigest()


def test_what_is_kept_comes_back_whole(scenarios: list[Scenario]) -> None:
    again = storage.unpack(storage.pack(scenarios))
    assert [scenario.to_json() for scenario in again] == [scenario.to_json() for scenario in scenarios]
    assert Scenario.model_validate_json(again[0].to_json()) == scenarios[0]


def test_plans_of_all_four_kinds_work_out_in_the_house(scenarios: list[Scenario]) -> None:
    simulator = make_simulator("symbolic")
    for scenario in scenarios[:: max(1, len(scenarios) // 6)]:
        for reference in (*scenario.references, *scenario.contrasts):
            session = Session(simulator, scenario)
            assert session.prepare().resident.ok
            for action in reference.plan.actions:
                outcome = session.act(action)
                assert outcome.ok, (scenario.id, action, outcome.reason)
            for action in reference.plan.actions:
                goals = check_goals(simulator, session.household, ACTIONS[action].goals)
                assert all(goal.satisfied for goal in goals), (scenario.id, action)


@pytest.mark.parametrize(
    ("do", "script", "actions"),
    [
        (("bring apple", "sit near"), "coffee_to_bench", ("get_apple_puton_kitchentable", "sit_kitchen_bench")),
        (("bring apple", "sit near"), "sit_on_bed", ("get_apple_puton_bedroomtable", "sit_bed")),
        (("bring pillow", "sit apart"), "bread_to_bench", ("get_pillow_puton_bedroomtable", "sit_bedroom_sofa")),
    ],
)
def test_plans_follow_the_resident_through_the_house(do: tuple[str, ...], script: str, actions: tuple[str, ...]) -> None:
    assert resolve(do, script)[0] == actions


@pytest.mark.parametrize(
    "actions",
    [
        ("cook_hot_water_puton_bedroomtable", "put_mug_of_water_into_fridge_puton_bedroomtable"),
        ("switchon_bathroom_faucet", "get_glass_of_water_from_bathroom_puton_bedroomtable"),
        ("put_book_into_bookshelf", "get_book_puton_bedroomtable"),
        ("sit_bed", "switchon_tv"),
        ("open_fridge", "cook_chicken_puton_bedroomtable"),
    ],
)
def test_plans_that_undo_themselves_are_refused(actions: tuple[str, ...]) -> None:
    assert objection(actions, "sit_on_sofa", frozenset(), ())
    assert not objection(actions[:1], "sit_on_sofa", frozenset(), ())


def test_nobody_is_brought_what_is_in_hand() -> None:
    assert objection(("get_toiletpaper_puton_bedroomtable",), "tissues_to_sofa", frozenset(), ())
    assert objection(("get_coffee_puton_kitchentable",), "bread_to_bench", frozenset({"child"}), ())


def test_pronouns_take_their_verbs() -> None:
    she, they = pronoun_forms("she"), pronoun_forms("they")
    assert (she["they"], she["s"], she["was"], she["they're"]) == ("she", "s", "was", "she's")
    assert (they["they"], they["s"], they["ies"], they["was"], they["they've"]) == ("they", "", "y", "were", "they've")


def test_a_broken_file_is_told_in_one_line(tmp_path: Path) -> None:
    text = (FOLDER / "archetypes" / "cold_to_the_bone.yaml").read_text(encoding="utf-8")
    for name, broken in {
        "yaml": text.replace("cues:", "cues: ["),
        "label": text.replace("[agency:", "[mood:", 1),
        "cue": text.replace("cue: hands", "cue: elbows", 1),
        "key": text + "colour: blue\n",
    }.items():
        file = tmp_path / f"{name}.yaml"
        file.write_text(broken, encoding="utf-8")
        with pytest.raises(ScenarioError) as raised:
            read_archetype(file)
        assert str(file) in str(raised.value) and "\n" not in str(raised.value)
