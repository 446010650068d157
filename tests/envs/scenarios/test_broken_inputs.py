"""Files as users have them: cut short, in another encoding, of other columns, too large. One line says what and where."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from envs.scenarios import ScenarioError, load_scenarios
from envs.scenarios.dialogues import DialogueError, load_dialogues
from envs.scenarios.loading import write_jsonl

WHERE = re.compile(r"[\w.-]+\.(?:json|jsonl|csv|tsv|txt):\d+: ")


@dataclass(frozen=True)
class Source:
    """A small file of one format, that we wrote.

    Args:
        load: reads a folder that holds it.
        file: its name.
        text: what is in it.
        others: files beside it.
        whole: what cannot be cut anywhere without being noticed; tables may end after any row.
    """

    load: Callable[[Path], Any]
    file: str
    text: str
    others: tuple[tuple[str, str], ...] = ()
    whole: bool = True


def official() -> tuple[str, str, str]:
    record = {
        "character_id": 3, "action_id": 0, "scenario_id": 1, "scenario": "The café – closed – was hers.", "dialogue": "Well.",
        "empathy_goal": {"0": '<switchon_tv>, <dialogue>:"A."', "1": '<sit_bed>, <dialogue>:"B."'}, "rank": [1, -1],
        "explanation": "It is.", "high_level_plan": {"0": "a", "1": "b"},
    }  # fmt: skip
    people = {"3": "Personality: calm\nProfession: café owner"}
    scripts = {"0": ["[Walk] <bedroom_sofa> (1)", "[Sit] <bedroom_sofa> (1)"]}
    return tuple(json.dumps(value, indent=1, ensure_ascii=False) for value in ([record, record], people, scripts))  # type: ignore[return-value]


def jsonl() -> str:
    return "".join(scenario.to_json() + "\n" for scenario in load_scenarios("hearth", limit=3))


RECORDS, PEOPLE, SCRIPTS = official()
MESSAGES = [{"role": "user", "content": "我睡不着。"}, {"role": "assistant", "content": "从什么时候？"}]
SOUL = json.dumps([{"id": 5, "messages": MESSAGES}, {"id": 6, "messages": MESSAGES}], ensure_ascii=False, indent=1)
ALOE = json.dumps({"id": 1, "target_text": "Il café.", "observer_text": "Sì.", "spans": [[9, 11, "Trope"]]}, ensure_ascii=False)
TALK = json.dumps({"scenario": "café", "turns": [{"role": "client", "content": "x"}, {"role": "therapist", "content": "y"}]},
                  ensure_ascii=False)  # fmt: skip
ED = "conv_id,utterance_idx,context,prompt,speaker_idx,utterance,selfeval,tags\nc:1,1,proud,The café.,0,It was!,5,\n"
TURNS = (
    "conversation_id,turn_id,speaker_id,text,Emotion,EmotionalPolarity,Empathy\n12,1,a,The café.,2.5,1,3\n12,2,b,Yes.,1,1,1\n"
)
STORIES = "participant_id,session,context,text,empathy\np1,3,Reflection,The café too.,4\n"

SOURCES = {
    "jsonl": Source(lambda folder: load_scenarios("jsonl", path=folder / "a.jsonl"), "a.jsonl", jsonl()),
    "official": Source(
        lambda folder: load_scenarios("empathyagent", path=folder), "testset_2.json", RECORDS,
        (("character.json", PEOPLE), ("action_list.json", SCRIPTS)),
    ),
    "official people": Source(
        lambda folder: load_scenarios("empathyagent", path=folder), "character.json", PEOPLE,
        (("testset_2.json", RECORDS), ("action_list.json", SCRIPTS)),
    ),
    "official scripts": Source(
        lambda folder: load_scenarios("empathyagent", path=folder), "action_list.json", SCRIPTS,
        (("testset_2.json", RECORDS), ("character.json", PEOPLE)),
    ),
    "empathetic_dialogues": Source(lambda folder: load_dialogues("empathetic_dialogues", folder), "valid.csv", ED, whole=False),
    "empathic_conversations": Source(
        lambda folder: load_dialogues("empathic_conversations", folder), "convturn.csv", TURNS, whole=False
    ),
    "soulchat": Source(lambda folder: load_dialogues("soulchat", folder / "soul.json"), "soul.json", SOUL),
    "tide": Source(lambda folder: load_dialogues("tide", folder), "1.jsonl", TALK, (("1_metadata.json", '{"age": 4}'),)),
    "aloe": Source(lambda folder: load_dialogues("aloe", folder / "a.jsonl"), "a.jsonl", ALOE),
    "empathic_stories": Source(
        lambda folder: load_dialogues("empathic_stories", folder / "s.csv"), "s.csv", STORIES, whole=False
    ),
}  # fmt: skip
EACH = pytest.mark.parametrize("name", SOURCES)


def prepared(name: str, folder: Path) -> tuple[Source, Path]:
    source = SOURCES[name]
    for other, text in source.others:
        (folder / other).write_text(text, encoding="utf-8")
    file = folder / source.file
    file.write_text(source.text, encoding="utf-8")
    return source, file


def refusal(source: Source, folder: Path) -> str:
    """What a broken file is refused with: one line of the right kind that says where."""
    with pytest.raises(ScenarioError) as refused:
        source.load(folder)
    message = str(refused.value)
    assert "\n" not in message and len(message) < 900, message
    assert WHERE.search(message) and source.file in message, message
    return message


@EACH
def test_whole_files_load(name: str, tmp_path: Path) -> None:
    source, _ = prepared(name, tmp_path)
    assert source.load(tmp_path)


@EACH
def test_files_that_were_cut_short(name: str, tmp_path: Path) -> None:
    source, file = prepared(name, tmp_path)
    whole = source.text.encode()
    refused = 0
    # Not at the very end: a last line break, or the last row of a table, is not missed.
    for cut in range(1, len(whole) - 1, max(1, len(whole) // 60)):
        file.write_bytes(whole[:cut])
        try:
            source.load(tmp_path)
        except ScenarioError as error:
            refused += 1
            assert "\n" not in str(error)
            named = WHERE.search(str(error)) and file.name in str(error)
            assert named or "expected at least one" in str(error), error
        else:
            at_line_end = whole[:cut].endswith(b"\n") or whole[cut : cut + 1] == b"\n"
            assert not source.whole or at_line_end, whole[max(0, cut - 40) : cut]
    assert refused > (20 if source.whole else 5)


@EACH
def test_encodings(name: str, tmp_path: Path) -> None:
    source, file = prepared(name, tmp_path)
    file.write_bytes(b"\xef\xbb\xbf" + source.text.encode())
    assert source.load(tmp_path), "a byte order mark is harmless"
    file.write_bytes(source.text.encode("utf-16"))
    refusal(source, tmp_path)
    if name.startswith("official"):
        return
    middle = source.text.encode().rindex(b"\n", 0, -1) if b"\n" in source.text.encode()[:-1] else 20
    file.write_bytes(source.text.encode()[: middle + 3] + b"caf\xe9" + source.text.encode()[middle + 3 :])
    assert "expected UTF-8, got byte 0xe9" in refusal(source, tmp_path) or name == "jsonl"


def test_official_files_are_read_in_either_encoding_and_in_both_at_once(tmp_path: Path) -> None:
    prepared("official", tmp_path)
    whole = load_scenarios("empathyagent", path=tmp_path)
    assert whole[0].situation == "The café – closed – was hers." and "café owner" in whole[0].resident.profile
    (tmp_path / "character.json").write_bytes(PEOPLE.encode("latin-1"))
    latin = RECORDS.replace("–", "-").encode("latin-1")
    (tmp_path / "testset_2.json").write_bytes(latin)
    assert load_scenarios("empathyagent", path=tmp_path)[0].situation == "The café - closed - was hers."
    first, second = json.loads(RECORDS.replace("–", "-"))
    lines = [json.dumps(first, ensure_ascii=False).encode("latin-1"), json.dumps(second, ensure_ascii=False).encode()]
    (tmp_path / "testset_2.json").write_bytes(b"[\n" + b",\n".join(lines) + b"\n]")
    assert {scenario.situation for scenario in load_scenarios("empathyagent", path=tmp_path)} == {
        "The café - closed - was hers."
    }


@EACH
def test_files_that_are_far_too_large(name: str, tmp_path: Path) -> None:
    source, file = prepared(name, tmp_path)
    with file.open("r+b") as handle:
        handle.truncate(8_000_000_000)  # no blocks of the disk are taken
    refusal(source, tmp_path)


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("jsonl", '"dialogue"', '"dialog"', "a.jsonl:1: dialogue: field required"),
        ("jsonl", '"layout":"', '"layout":"x', "a.jsonl:1: home.layout: expected one of"),
        ("official", '"rank"', '"ranks"', "testset_2.json:2: record 0: expected the fields .*missing rank"),
        ("official", '"rank": [\n   1', '"rank": [\n   "x"', "testset_2.json:2: record 0: expected empathy_goal"),
        (
            "official people",
            '"Personality',
            '["x"], "4": "Personality',
            "character.json:2: expected a profile as text under '3'",
        ),
        ("official scripts", '"[Walk]', '7, "[Walk]', "action_list.json:2: expected script lines as a list of texts under '0'"),
        ("official scripts", "[Walk]", "[Fly]", "testset_2.json:2: record 0: "),
        ("empathetic_dialogues", "context", "emotion", "valid.csv:1: expected the columns conv_id,utterance_idx,context"),
        ("empathic_conversations", "speaker_id", "who", "convturn.csv:1: expected the columns speaker_id or speaker"),
        ("empathic_conversations", "2.5", "much", "convturn.csv:2: expected a number for Emotion, got 'much'"),
        ("soulchat", '"messages"', '"talk"', "soul.json:2: expected the field 'messages'"),
        ("tide", '"turns"', '"rounds"', "1.jsonl:1: expected turns, messages or conversation"),
        ("aloe", "[9, 11,", "[9, 1111,", "a.jsonl:1: span 9-1111 lies outside"),
        ("empathic_stories", ",4\n", ",40\n", "s.csv:2: empathy: expected 1 to 5, got 40"),
        ("empathic_stories", "session", "meeting", "s.csv:1: expected the columns session or session_id"),
    ],
)
def test_wrong_columns_and_values(name: str, old: str, new: str, message: str, tmp_path: Path) -> None:
    source, file = prepared(name, tmp_path)
    assert old in source.text
    file.write_text(source.text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ScenarioError, match=message) as refused:
        source.load(tmp_path)
    assert WHERE.search(str(refused.value)) and "\n" not in str(refused.value)


def test_dialogue_errors_are_of_their_own_kind(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[{]", encoding="utf-8")
    with pytest.raises(DialogueError):
        load_dialogues("soulchat", tmp_path / "a.json")


def test_a_list_on_one_long_line_is_read(tmp_path: Path) -> None:
    talk = json.dumps({"messages": MESSAGES, "topic": "x" * 40_000})
    (tmp_path / "a.json").write_text("[" + ", ".join([talk] * 450) + "]", encoding="utf-8")
    assert (tmp_path / "a.json").stat().st_size > 17_000_000
    assert len(load_dialogues("soulchat", tmp_path / "a.json")) == 450


def test_an_item_in_the_middle_is_named_by_its_line(tmp_path: Path) -> None:
    scenarios = load_scenarios("hearth", split="all", limit=200)
    write_jsonl(scenarios, tmp_path / "many.jsonl")
    lines = (tmp_path / "many.jsonl").read_text(encoding="utf-8").splitlines()
    lines[136] = lines[136][:300]
    (tmp_path / "many.jsonl").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"many\.jsonl:137: expected JSON"):
        load_scenarios("jsonl", path=tmp_path / "many.jsonl")


def test_loading_leaves_the_garbage_collector_as_it_was(tmp_path: Path) -> None:
    import gc

    (tmp_path / "a.jsonl").write_text("{}", encoding="utf-8")
    assert gc.isenabled()
    with pytest.raises(ScenarioError):
        load_scenarios("jsonl", path=tmp_path / "a.jsonl")
    assert gc.isenabled()
