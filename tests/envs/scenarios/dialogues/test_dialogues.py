"""Loaders of users' own dialogue files, tried on small files that we wrote in those formats."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from envs.scenarios.dialogues import Dialogue, DialogueError, dialogue_sources, load_dialogues
from envs.scenarios.dialogues.reading import records

ED = """conv_id,utterance_idx,context,prompt,speaker_idx,utterance,selfeval,tags
hit:0_conv:1,1,proud,My kite stayed up_comma_ finally.,0,It flew for an hour_comma_ and nobody saw!,5|5|5_4|4|4,
hit:0_conv:1,2,proud,My kite stayed up_comma_ finally.,1,An hour! What wind did you have?,5|5|5_4|4|4,
hit:3_conv:2,1,afraid,The cellar door.,7,Something scratched.,3|3|3_3|3|3,
"""
TURNS = """conversation_id,turn_id,speaker_id,text,article_id,Emotion,EmotionalPolarity,Empathy,essay,empathy,distress
12,1,a,"Those goats, though.",4,2.5,1,3,"I thought of the herder.",5.5,2
12,0,b,Did you read it?,4,1,0,1,,3,6
"""
ESSAYS = """conversation_id\tspeaker_id\tgender\tage\tincome\tpersonality_openess\tiri_perspective_taking\tperson_empathy
12\ta\t2\t41\tunknown\t6\t4.2\t5.5
"""
DIALOGS = "conversation_id,speaker_id,perceived_empathy\n12,a,6\n12,b,2\n"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_empathetic_dialogues(tmp_path: Path) -> None:
    write(tmp_path / "valid.csv", ED)
    first, second = load_dialogues("empathetic_dialogues", tmp_path)
    assert (first.emotion, first.split, first.item) == ("proud", "validation", "valid.csv:2")
    assert first.situation == "My kite stayed up, finally."
    assert list(first.exchanges()) == [("It flew for an hour, and nobody saw!", "An hour! What wind did you have?")]
    assert second.item == "valid.csv:4" and second.speakers[0].role == "seeker"


def test_three_kinds_of_report_stay_apart(tmp_path: Path) -> None:
    write(tmp_path / "convturn.csv", TURNS)
    write(tmp_path / "essays.tsv", ESSAYS)
    write(tmp_path / "dialog.csv", DIALOGS)
    (dialogue,) = load_dialogues("empathic_conversations", tmp_path)
    assert [turn.text for turn in dialogue.turns] == ["Did you read it?", "Those goats, though."]
    assert dialogue.reports("third_party", "empathy") == [1, 3]
    assert sorted(dialogue.reports("self", "empathy")) == [3, 5.5]
    assert dialogue.reports("self", "distress") == [2, 6] or sorted(dialogue.reports("self", "distress")) == [2, 6]
    assert dialogue.reports("partner", "perceived_empathy") == [6, 2]
    assert {rating.about for rating in dialogue.ratings if rating.reporter == "partner"} == {"a", "b"}
    profile = next(speaker.profile for speaker in dialogue.speakers if speaker.id == "a")
    assert profile == {"gender": "2", "age": "41", "income": None, "personality_openess": 6.0, "iri_perspective_taking": 4.2}


def test_soulchat(tmp_path: Path) -> None:
    messages = [{"role": "user", "content": "我睡不着。"}, {"role": "assistant", "content": "从什么时候开始的？"}]
    old = {"input": "用户：考试没过。", "output": "这件事让你很在意。"}
    file = write(
        tmp_path / "soul.json",
        json.dumps([{"id": 5, "topic": "睡眠", "messages": messages}, old], ensure_ascii=False, indent=1),
    )
    first, second = load_dialogues("soulchat", file)
    assert (first.language, first.topic) == ("zh", "睡眠")
    assert list(first.exchanges()) == [("我睡不着。", "从什么时候开始的？")]
    assert list(second.exchanges()) == [("考试没过。", "这件事让你很在意。")]


def test_tide(tmp_path: Path) -> None:
    write(tmp_path / "1_metadata.json", json.dumps({"age": 44, "occupation": "baker"}, indent=2))
    talk = {
        "scenario": "fireworks",
        "turns": [{"role": "client", "content": "It starts again."}, {"role": "therapist", "content": "With the bangs?"}],
    }
    write(tmp_path / "1.jsonl", json.dumps(talk) + "\n" + json.dumps(talk) + "\n")
    write(tmp_path / "12_metadata.json", json.dumps({"age": 20}))
    write(tmp_path / "12_conversations.json", json.dumps({"conversations": [{"turns": talk["turns"]}] * 3}))
    found = load_dialogues("tide", tmp_path)
    assert [dialogue.id for dialogue in found] == ["tide-1-0", "tide-1-1", "tide-12-0", "tide-12-1", "tide-12-2"]
    assert found[0].speakers[0].profile == {"age": 44.0, "occupation": "baker"} and found[0].speakers[1].profile == {}
    assert found[0].situation == "fireworks"


def aloe(**changes: object) -> str:
    target, observer = "My loaf fell flat. I did it.", "Mine too, last week."
    start = len("target:\n\n")
    other = start + len(target) + len("\n\nobserver:\n\n")
    record = {
        "id": 9, "target_id": "t", "observer_id": "o", "subreddit": "baking", "target_text": target, "observer_text": observer,
        "distress_score": 0.7, "empathy_score": 0.4, "condolence_score": None,
        "spans": [[start, start + 18, "Objective Experience"], [start + 19, start + 28, "Self-Other Agency"],
                  [other, other + 9, "Objective Experience"]],
        "alignments": [[[start, start + 18], [other, other + 9]]],
    }  # fmt: skip
    return json.dumps({**record, **changes}) + "\n"


def test_aloe_spans_fall_on_their_words(tmp_path: Path) -> None:
    (dialogue,) = load_dialogues("aloe", write(tmp_path / "a.jsonl", aloe()))
    cut = [[turn.text[span.start : span.end] for span in turn.appraisals] for turn in dialogue.turns]
    assert cut == [["My loaf fell flat.", "I did it."], ["Mine too,"]]
    (alignment,) = dialogue.alignments
    assert (alignment.target, alignment.observer) == ((0, 0), (1, 0))
    assert dialogue.reports("third_party", "distress") == [0.7]


def test_empathic_stories(tmp_path: Path) -> None:
    text = (
        "participant_id,session,context,speaker,text,empathy,story\n"
        'p1,3,Reflection,p1,It was my harbour too.,4,"The ferry, again."\n'
        "p1,3,Reflection,robot,Which pier?,,\n"
        "p1,4,Story Share,,We sold the boat.,2,\n"
    )
    first, second = load_dialogues("empathic_stories", write(tmp_path / "s.csv", text))
    assert (first.topic, first.situation) == ("Reflection", "The ferry, again.")
    assert first.reports("self", "empathy") == [4]
    assert [speaker.role for speaker in first.speakers] == ["seeker", "supporter"]
    assert second.turns[0].speaker == "p1"


BROKEN = {
    "wrong columns": ("empathetic_dialogues", "x.csv", b"a,b\n1,2\n", "x.csv:1", "conv_id"),
    "short row": ("empathetic_dialogues", "x.csv", ED.encode() + b"hit:9,1,sad\n", "x.csv:5", "8 columns"),
    "bad speaker": ("empathetic_dialogues", "x.csv", ED.replace(",7,", ",seven,").encode(), "x.csv:4", "'seven'"),
    "Latin-1": ("empathetic_dialogues", "x.csv", ED.encode().replace(b"cellar", b"caf\xe9"), "x.csv:4", "0xe9"),
    "missing column": ("empathic_conversations", "x.csv", b"conversation_id,text\n1,a\n", "x.csv:1", "speaker_id"),
    "not a number": ("empathic_conversations", "x.csv", TURNS.replace(",2.5,", ",much,").encode(), "x.csv:2", "'much'"),
    "off the scale": ("empathic_conversations", "x.csv", TURNS.replace(",2.5,", ",25,").encode(), "x.csv:2", "25"),
    "open quote": ("empathic_conversations", "x.csv", TURNS.replace('though."', "though.").encode(), "x.csv:2", "expected"),
    "truncated list": (
        "soulchat",
        "x.json",
        b'[{"messages": [{"role": "user", "content": "a"}]},\n {"mess',
        "x.json:2",
        "JSON",
    ),
    "cut between": ("soulchat", "x.json", b'[\n{"messages": [{"role": "user", "content": "a"}]},\n', "x.json:3", "cut short"),
    "truncated lines": ("aloe", "x.jsonl", (aloe() + aloe()[:90] + "\n").encode(), "x.jsonl:2", "JSON"),
    "no messages": ("soulchat", "x.json", b'[{"id": 1}]', "x.json:1", "messages"),
    "odd message": ("soulchat", "x.json", b'[\n{"messages": ["hm"]}]', "x.json:2", "role and content"),
    "span outside": ("aloe", "x.jsonl", aloe(spans=[[3, 900, "Trope"]], alignments=[]).encode(), "x.jsonl:1", "outside"),
    "alignment of nothing": ("aloe", "x.jsonl", aloe(alignments=[[[1, 2], [3, 4]]]).encode(), "x.jsonl:1", "alignments"),
    "no spans": ("aloe", "x.jsonl", aloe(spans="none").encode(), "x.jsonl:1", "spans"),
    "empty": ("aloe", "x.jsonl", b"", "x.jsonl", "empty"),
    "rating off": ("empathic_stories", "x.csv", b"participant_id,session,text,empathy\np,1,a,9\n", "x.csv:2", "1 to 5"),
    "ragged": ("empathic_stories", "x.csv", b"participant_id,session,text\np,1,a,b\n", "x.csv:2", "3 columns"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_files_are_told_in_one_line_with_file_and_line(case: str, tmp_path: Path) -> None:
    source, name, content, where, what = BROKEN[case]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DialogueError) as raised:
        load_dialogues(source, tmp_path / name)
    message = str(raised.value)
    assert where in message and what in message and "\n" not in message


def test_a_file_of_another_kind_is_not_swallowed(tmp_path: Path) -> None:
    file = tmp_path / "huge.jsonl"
    with file.open("wb") as out:
        out.write(b'{"messages": "')
        for _ in range(17):
            out.write(b"x" * 1_000_000)
    with pytest.raises(DialogueError, match=r"huge.jsonl:1: expected a line of at most"):
        next(records(file))


def test_unknown_names_and_missing_files(tmp_path: Path) -> None:
    with pytest.raises(DialogueError, match="did you mean 'soulchat'"):
        load_dialogues("soulchatt", tmp_path)
    for source in dialogue_sources():
        with pytest.raises(DialogueError, match="nowhere"):
            load_dialogues(source, tmp_path / "nowhere")


def test_a_dialogue_survives_the_trip_to_json(tmp_path: Path) -> None:
    (dialogue,) = load_dialogues("aloe", write(tmp_path / "a.jsonl", aloe()))
    assert Dialogue.model_validate_json(dialogue.model_dump_json()) == dialogue
