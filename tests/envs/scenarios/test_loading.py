"""Scenario sets: ours holds its promises, users' files are read or refused in one line."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from envs.scenarios import Scenario, ScenarioError, load_scenarios, read_jsonl, write_jsonl
from envs.scenarios.emotions import EMOTIONS, manner_of
from plans import ACTIONS

OFFICIAL = Path(os.environ.get("EMPATHYAGENT_DATA", Path(__file__).parents[4] / "shared" / "reference" / "empathyagent"))


@pytest.fixture(scope="module")
def hearth() -> list[Scenario]:
    return load_scenarios("hearth")


def test_hearth_is_large_and_varied(hearth: list[Scenario]) -> None:
    assert len(hearth) >= 240
    assert len({scenario.resident.id for scenario in hearth}) >= 24
    assert len({scenario.script for scenario in hearth}) >= 20
    assert {scenario.labels.emotion for scenario in hearth if scenario.labels} == set(EMOTIONS)
    assert len({scenario.home.layout for scenario in hearth}) == 3
    ages = [scenario.resident.age or 0 for scenario in hearth]
    assert min(ages) < 13 and max(ages) > 75


def test_no_resident_is_in_two_splits(hearth: list[Scenario]) -> None:
    residents = {split: {s.resident.id for s in hearth if s.split == split} for split in ("train", "validation", "test")}
    assert all(residents.values())
    assert not residents["train"] & residents["test"]
    assert not residents["train"] & residents["validation"]
    assert not residents["validation"] & residents["test"]


def test_hearth_texts_keep_to_the_rules(hearth: list[Scenario]) -> None:
    assert len({scenario.id for scenario in hearth}) == len(hearth)
    assert len({scenario.dialogue for scenario in hearth}) == len(hearth)
    for scenario in hearth:
        assert len(scenario.dialogue.split()) <= 15, scenario.id
        assert len(scenario.references) == 2
        assert len(scenario.references[0].plan_nl.split()) <= 40, scenario.id
        assert not set(scenario.resident.name.split()) & set(scenario.dialogue.replace(",", " ").split()), scenario.id
        for reference in scenario.references:
            assert reference.rationale and reference.plan.actions and reference.plan.utterance
            assert reference.plan.issues == (), (scenario.id, reference.plan.issues)


def test_no_action_dominates_hearth(hearth: list[Scenario]) -> None:
    counts = Counter(action for scenario in hearth for action in scenario.oracle.actions)
    assert set(counts) == set(ACTIONS)
    assert max(counts.values()) / sum(counts.values()) < 0.08


def test_every_emotion_shows_in_the_body() -> None:
    manners = {emotion: manner_of(emotion) for emotion in EMOTIONS}
    assert manners["joyful"].valence > 0.5 > -0.5 > manners["devastated"].valence
    assert manners["furious"].arousal > 0.5 > -0.2 > manners["lonely"].arousal


def test_jsonl_round_trip(hearth: list[Scenario], tmp_path: Path) -> None:
    write_jsonl(hearth[:20], tmp_path / "own.jsonl")
    assert read_jsonl(tmp_path / "own.jsonl") == hearth[:20]
    assert load_scenarios("jsonl", path=tmp_path / "own.jsonl", limit=5, split="all")[0] in hearth


def test_a_broken_line_is_named(hearth: list[Scenario], tmp_path: Path) -> None:
    lines = [scenario.to_json() for scenario in hearth[:200]]
    lines[172] = lines[172][:-40]
    file = tmp_path / "broken.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ScenarioError, match=rf"{file}:173: expected JSON"):
        read_jsonl(file)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"moood": "sad"}, r":1: unknown key 'moood'"),
        ({"dialogue": 7}, r":1: dialogue: .*got 7"),
        ({"references": []}, r":1: references: .*at least 1"),
        ({"program": ["[Fly] <moon> (1)"]}, r":1: .*unknown primitive \[Fly\]"),
        ({"schema_version": 2}, r":1: schema_version"),
    ],
)
def test_a_wrong_field_is_named(hearth: list[Scenario], tmp_path: Path, change: dict[str, object], message: str) -> None:
    data = json.loads(hearth[0].to_json()) | change
    (tmp_path / "own.jsonl").write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(ScenarioError, match=message) as caught:
        read_jsonl(tmp_path / "own.jsonl")
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="no such file"):
        load_scenarios("jsonl", path=tmp_path / "none.jsonl")
    (tmp_path / "latin.jsonl").write_bytes('{"id": "caf\xe9"}'.encode("latin-1"))
    with pytest.raises(ScenarioError, match="expected utf-8 text, got byte 0xe9"):
        load_scenarios("jsonl", path=tmp_path / "latin.jsonl")
    (tmp_path / "empty.jsonl").write_text("")
    with pytest.raises(ScenarioError, match="empty file"):
        load_scenarios("jsonl", path=tmp_path / "empty.jsonl")
    with pytest.raises(ScenarioError, match="did you mean 'hearth'"):
        load_scenarios("heart")
    with pytest.raises(ScenarioError, match="expected split among"):
        load_scenarios("hearth", split="tset")
    with pytest.raises(ScenarioError, match="expected unique ids"):
        line = load_scenarios("hearth", limit=1)[0].to_json()
        (tmp_path / "twice.jsonl").write_text(f"{line}\n{line}\n", encoding="utf-8")
        load_scenarios("jsonl", path=tmp_path / "twice.jsonl")


def _official(folder: Path, **changes: object) -> Path:
    """A folder in the official format, with a record of our own."""
    record: dict[str, object] = {
        "character_id": 0,
        "action_id": 0,
        "scenario_id": 0,
        "scenario": "He burnt the soufflé and laughs at it.",
        "dialogue": "Third time lucky...",
        "empathy_goal": {"0": '<switchon_tv>, <dialogue>:"A pause?"', "1": '<sit_bed>, <dialogue>:"I am near."'},
        "rank": [-1, 1],
        "explanation": "Near is better.",
        "high_level_plan": {"0": "Switch on the TV.", "1": "Sit near him."},
    }
    record.update(changes)
    (folder / "testset_1.json").write_text(json.dumps([record], ensure_ascii=False), encoding="latin-1")
    (folder / "character.json").write_text(json.dumps({"0": "Personality: patient\n Profession: baker\n"}), encoding="latin-1")
    (folder / "action_list.json").write_text(json.dumps({"0": ["[Walk] <sofa> (1)", "[Sit] <sofa> (1)"]}), encoding="latin-1")
    return folder


def test_official_format_is_read_in_latin_1_with_the_winner_first(tmp_path: Path) -> None:
    (scenario,) = load_scenarios("empathyagent", path=_official(tmp_path))
    assert scenario.situation.startswith("He burnt the soufflé")
    assert [reference.plan.actions for reference in scenario.references] == [("sit_bed",), ("switchon_tv",)]
    assert scenario.references[0].plan_nl == "Sit near him." and scenario.references[0].rationale == "Near is better."
    assert scenario.labels is None and scenario.resident.profile.startswith("Personality: patient")


def test_official_files_that_are_broken_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="set scenarios.path"):
        load_scenarios("empathyagent")
    with pytest.raises(ScenarioError, match="expected a file named testset"):
        load_scenarios("empathyagent", path=tmp_path)
    with pytest.raises(ScenarioError, match="record 0: character_id 7 is not in"):
        load_scenarios("empathyagent", path=_official(tmp_path, character_id=7))
    with pytest.raises(ScenarioError, match="record 0: expected empathy_goal"):
        load_scenarios("empathyagent", path=_official(tmp_path, empathy_goal=["a"]))
    (tmp_path / "character.json").write_text('{"0": ')
    with pytest.raises(ScenarioError, match=r"character.json:1: expected JSON"):
        load_scenarios("empathyagent", path=tmp_path)


@pytest.mark.skipif(not OFFICIAL.is_dir(), reason=f"official EmpathyAgent files not found in {OFFICIAL}; set EMPATHYAGENT_DATA")
def test_the_official_sixty_load() -> None:
    scenarios = load_scenarios("empathyagent", path=OFFICIAL)
    assert len(scenarios) == 60
    assert all(scenario.resident_program.steps for scenario in scenarios)
