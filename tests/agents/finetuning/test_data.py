"""Records and pairs: what is in them, where they come from, and that test residents stay strangers."""

from __future__ import annotations

import json
import math

import pytest

from agents.finetuning import (
    FinetuneError,
    PairMix,
    SupervisedData,
    build_pairs,
    build_records,
    check_leakage,
    read_pairs,
    read_records,
    write_pairs,
    write_records,
)
from agents.finetuning.opposites import OPPOSITE
from agents.finetuning.pairs import described
from agents.finetuning.rejections import HARD, STRATEGIES
from agents.finetuning.splits import check_disjoint
from envs.scenarios.emotions import EMOTIONS
from plans.plan import IssueKind, parse_plan


@pytest.fixture(scope="module")
def pairs(hearth):
    return build_pairs(hearth["train"], PairMix(count=140))


def test_each_moment_gives_one_record_for_each_challenge(hearth):
    chosen = hearth["train"][:5]
    records = {record.id: record for record in build_records(chosen)}
    assert len(records) == 15
    for scenario in chosen:
        action = records[f"{scenario.id}:empathetic_action:0"]
        assert parse_plan(action.messages[-1].content) == scenario.oracle
        assert action.messages[-1].actions == scenario.oracle.actions
        assert scenario.dialogue.split()[0] in action.messages[1].content
        understood = records[f"{scenario.id}:scenario_understanding:0"]
        assert understood.messages[-1].content == " ".join(scenario.situation.split())
        # What is hidden stands in answers, never in questions.
        for record in records.values():
            if record.origin.scenarios == (scenario.id,):
                asked = " ".join(turn.content for turn in record.messages[:-1])
                assert scenario.situation not in asked and scenario.oracle.utterance not in asked


def test_single_and_multi_turn_are_mixed_as_asked(hearth):
    records = build_records(hearth["train"], SupervisedData(multi_turn=0.25, turns=4))
    many = [record for record in records if record.multi_turn]
    assert len(many) / len(records) == pytest.approx(0.25, abs=0.01)
    homes = {scenario.id: scenario.resident.id for scenario in hearth["train"]}
    for record in many:
        assert record.robot_turns == 4 and len({homes[name] for name in record.origin.scenarios}) == 1
        assert [turn.role for turn in record.messages] == ["system", *["user", "assistant"] * 4]
    assert build_records(hearth["train"], SupervisedData(multi_turn=0.25, turns=4)) == records


def test_variations_use_training_people_alone_and_do_not_give_answers_away(hearth):
    data = SupervisedData(variations=("other_resident", "word_dropout", "told_otherwise"), copies=2)
    records = build_records(hearth["train"], data)
    varied = [record for record in records if record.origin.variation]
    assert len(varied) > 200
    names = [scenario.resident.name for scenario in (*hearth["test"], *hearth["validation"])]
    for record in varied:
        asked = record.messages[1].content
        assert not any(name in asked for name in names)
        if record.challenge == "scenario_understanding":
            assert not record.origin.variation.startswith("told_otherwise")
    check_leakage((record.origin for record in records), [*hearth["validation"], *hearth["test"]])


def test_brief_copies_are_asked_by_what_was_seen_and_heard_and_teach_deeds_alone(hearth):
    options = {"variations": ("word_dropout",), "copies": 1, "copies_teach": "deeds"}
    records = build_records(hearth["train"][:40], SupervisedData(brief=1.0, **options))
    copies = [record for record in records if record.origin.variation]
    assert len(copies) > 20 and len(records) - len(copies) == 3 * 40
    for record in copies:
        (asked, said) = record.messages
        assert record.challenge == "empathetic_action" and said.learned == "deeds"
        assert "[SEEN" in asked.content and "[HEARD" in asked.content and "[PROFILE" not in asked.content
    whole = build_records(hearth["train"][:40], SupervisedData(brief=0.0, **options))
    assert all("[PROFILE" in record.messages[1].content for record in whole)
    some = build_records(hearth["train"][:40], SupervisedData(words=0.5, **options))
    spoken = [record.messages[-1].learned == "all" for record in some if record.origin.variation]
    assert 0.25 < sum(spoken) / len(spoken) < 0.75
    with pytest.raises(FinetuneError, match="data.brief: expected a share from 0 to 1"):
        SupervisedData(brief=1.5)


def test_records_and_pairs_come_back_from_disk_as_they_went(hearth, pairs, tmp_path):
    records = build_records(hearth["train"][:3], SupervisedData(multi_turn=0.3, turns=2))
    write_records(records, tmp_path / "a/records.jsonl")
    assert read_records(tmp_path / "a/records.jsonl") == records
    write_pairs(pairs, tmp_path / "pairs.jsonl")
    assert read_pairs(tmp_path / "pairs.jsonl") == pairs
    line = json.loads((tmp_path / "pairs.jsonl").read_text().splitlines()[0])
    assert line["origin"]["source"] == "hearth" and line["origin"]["licence"] and line["why"]


def test_the_opposite_map_is_total_over_the_32_labels():
    assert set(OPPOSITE) == set(EMOTIONS) and len(OPPOSITE) == 32
    assert set(OPPOSITE.values()) <= set(EMOTIONS)
    assert not any(label == opposite for label, opposite in OPPOSITE.items())


def test_the_mix_is_as_stated_and_length_tells_nothing(pairs):
    told = described(pairs)
    assert set(told["mix"]) == set(STRATEGIES)
    for name, share in PairMix().shares.items():
        assert told["mix"][name] == pytest.approx(share, abs=0.03)
    assert abs(math.log(told["length_ratio"])) <= 0.05 + 1e-3
    assert told["hard_share"] >= 0.5


@pytest.mark.parametrize("strategy", sorted(STRATEGIES))
def test_every_strategy_makes_the_worse_answer_that_it_says(hearth, pairs, strategy):
    from agents.finetuning.rejections import failure
    from envs.simulators import make_simulator

    scenarios = {scenario.id: scenario for scenario in hearth["train"]}
    found = [pair for pair in pairs if pair.strategy == strategy]
    assert len(found) >= 10
    simulator = make_simulator("symbolic")
    for pair in found:
        scenario, plan = scenarios[pair.origin.scenarios[0]], parse_plan(pair.rejected)
        source = scenarios[pair.rejected_from]
        assert parse_plan(pair.chosen) == scenario.oracle and pair.why
        if strategy == "illegal":
            assert [issue.kind for issue in plan.issues] == [IssueKind.UNKNOWN_ACTION]
            continue
        assert not plan.issues
        if strategy == "runner_up":
            assert plan == scenario.references[1].plan
        elif strategy == "opposite_emotion":
            assert source.labels.emotion == OPPOSITE[scenario.labels.emotion]
        elif strategy == "same_scene":
            assert source.script == scenario.script
        elif strategy == "persona_flip":
            assert source.labels.theme == scenario.labels.theme
        elif strategy == "sycophantic":
            assert plan.actions == scenario.oracle.actions and plan.utterance != scenario.oracle.utterance
        elif strategy == "unexecutable":
            assert failure(scenario, plan.actions, simulator) == pair.why
        if strategy in HARD[1:] or strategy == "opposite_emotion":
            assert source.resident.id != scenario.resident.id


def test_leakage_is_refused(hearth, tmp_path):
    train, test = hearth["train"], hearth["test"]
    check_disjoint(train, test)
    with pytest.raises(FinetuneError, match="split leakage.*in both"):
        check_disjoint([*train, test[0]], test)
    renamed = test[0].model_copy(update={"id": "new"})
    with pytest.raises(FinetuneError, match="to be strangers"):
        check_disjoint([renamed], test)
    stranger = train[0].model_copy(update={"dialogue": test[3].dialogue.upper()})
    with pytest.raises(FinetuneError, match="murmurs to be new"):
        check_disjoint([stranger], test)
    with pytest.raises(FinetuneError, match="scenarios of one split"):
        build_pairs([*train[:3], *test[:3]])


def test_a_pairs_file_with_wrong_fields_names_line_and_field(pairs, tmp_path):
    file = tmp_path / "pairs.jsonl"
    write_pairs(pairs[:2], file)
    good, second = file.read_text().splitlines()
    broken = json.loads(second)
    for change, told in (
        ({"chosen": None}, "chosen"),
        ({"reject": "x"}, "unknown key 'reject'"),
        ({"rejected": broken["chosen"]}, "got the same twice"),
    ):
        file.write_text(good + "\n" + json.dumps(broken | change) + "\n")
        with pytest.raises(FinetuneError) as caught:
            read_pairs(file)
        assert f"{file}:2: expected preference pairs" in str(caught.value) and told in str(caught.value)
    for text, told in (("", "empty file"), ("not json\n", ":1:")):
        file.write_text(text)
        with pytest.raises(FinetuneError, match=told):
            read_pairs(file)
    with pytest.raises(FinetuneError, match="no such file"):
        read_pairs(tmp_path / "nowhere.jsonl")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"shares": {"kindness": 1}}, "got 'kindness'"),
        ({"shares": {"opposite_emotion": 0.8, "same_scene": 0.1}}, "at least opposite_emotion"),
        ({"shares": {"runner_up": 0}}, "share above 0"),
        ({"cuont": 3}, "expected some of shares"),
        ({"count": 0}, "at least 1"),
    ],
)
def test_mixes_that_cannot_be_made_are_told(options, told):
    with pytest.raises(FinetuneError, match=told):
        PairMix.of(options)


def test_the_retention_gate_trips_when_ability_is_lost():
    from agents.finetuning.retention import Retention, embedded_items

    assert len(embedded_items()) == 60 and all(len(set(item.options)) == len(item.options) > 2 for item in embedded_items())
    assert Retention("x", {"a": 0.8, "b": 0.6}, {"a": 0.77, "b": 0.55}).passed
    lost = Retention("x", {"a": 0.8, "b": 0.6}, {"a": 0.7, "b": 0.55})
    assert not lost.passed and "marked" in lost.sentence
