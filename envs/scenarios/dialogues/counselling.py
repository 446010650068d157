"""SoulChat (Chinese counselling; arXiv 2311.00273) and TIDE (PTSD-informed replies; arXiv 2505.15065)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from envs.scenarios.dialogues.reading import DialogueError, field, records
from envs.scenarios.dialogues.schema import Dialogue, Role, Speaker, Turn

SOULCHAT_LICENCE = "see SoulChatCorpus: research use"
TIDE_LICENCE = "gated by its authors: user's own copy"
_ROLES: dict[str, Role] = {
    "user": "seeker", "human": "seeker", "client": "seeker", "patient": "seeker", "seeker": "seeker",
    "用户": "seeker", "来访者": "seeker",
    "assistant": "supporter", "gpt": "supporter", "counselor": "supporter", "counsellor": "supporter", "therapist": "supporter",
    "supporter": "supporter", "responder": "supporter", "ai": "supporter", "心理咨询师": "supporter", "咨询师": "supporter",
}  # fmt: skip
_SAID = re.compile(r"(用户|来访者|心理咨询师|咨询师)\s*[:：]")


def load_soulchat(path: Path) -> Iterator[Dialogue]:
    """Read SoulChatCorpus: records with ``messages`` (``role``, ``content``), or ``input`` and ``output`` as text."""
    for line, record in records(path):
        where = f"{path}:{line}"
        if isinstance(record, dict) and "messages" not in record and "input" in record:
            turns = _from_text(f"{record['input']}\n心理咨询师：{record.get('output', '')}", where)
        else:
            turns = _from_messages(field(record, "messages", list, where), where)
        yield Dialogue(
            id=f"soulchat-{record.get('id', line)}",
            source="soulchat",
            language="zh",
            topic=str(record.get("topic", "")),
            speakers=_speakers(turns),
            turns=turns,
            licence=SOULCHAT_LICENCE,
            item=f"{path.name}:{line}",
        )


def load_tide(path: Path) -> Iterator[Dialogue]:
    """Read TIDE: a folder with ``N_metadata.json`` for each persona and its conversations in another ``N*.json[l]``."""
    if not path.is_dir():
        raise DialogueError(f"{path}: expected a folder with N_metadata.json and conversation files, got a file")
    metadata = sorted(path.glob("*_metadata.json"), key=lambda file: (len(file.name), file.name))
    if not metadata:
        raise DialogueError(f"{path}: expected N_metadata.json files in this folder, got none")
    for file in metadata:
        name = file.name.removesuffix("_metadata.json")
        persona = next((record for _, record in records(file)), None)
        if not isinstance(persona, dict):
            raise DialogueError(f"{file}:1: expected an object that describes a persona, got {type(persona).__name__}")
        talks = [
            other
            for other in sorted(path.glob(f"{name}*.json*"))
            if other != file and re.match(rf"{re.escape(name)}\D", other.name)
        ]
        if not talks:
            raise DialogueError(f"{path}: expected conversations of persona {name} in {name}*.json, got none")
        for talk in talks:
            yield from _talks(talk, name, persona)


def _talks(file: Path, name: str, persona: dict[str, Any]) -> Iterator[Dialogue]:
    profile: dict[str, str | float | None] = {
        key: value if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)
        for key, value in persona.items()
    }
    place = 0
    for line, record in records(file):
        where = f"{file}:{line}"
        several = record.get("conversations") if isinstance(record, dict) else None
        for talk in several if isinstance(several, list) and several and not _is_message(several[0]) else [record]:
            messages = talk
            if isinstance(talk, dict):
                messages = next(
                    (talk[key] for key in ("turns", "messages", "conversation", "conversations", "dialogue") if key in talk),
                    None,
                )
                if messages is None:
                    raise DialogueError(
                        f"{where}: expected turns, messages or conversation; got {', '.join(map(str, talk))[:120]}"
                    )
            turns = _from_messages(messages, where)
            speakers = tuple(
                speaker.model_copy(update={"profile": profile}) if speaker.role == "seeker" else speaker
                for speaker in _speakers(turns)
            )
            yield Dialogue(
                id=f"tide-{name}-{place}", source="tide", speakers=speakers, turns=turns, licence=TIDE_LICENCE,
                situation=str(talk.get("scenario", "")) if isinstance(talk, dict) else "", item=f"{file.name}:{line}",
            )  # fmt: skip
            place += 1


def _is_message(value: Any) -> bool:
    return isinstance(value, dict) and any(key in value for key in ("role", "speaker", "from"))


def _from_messages(messages: Any, where: str) -> tuple[Turn, ...]:
    if not isinstance(messages, list) or not messages:
        raise DialogueError(f"{where}: expected a list of messages, got {type(messages).__name__ if messages else 'none'}")
    turns = []
    for message in messages:
        who = (
            next((message[key] for key in ("role", "speaker", "from") if key in message), None)
            if isinstance(message, dict)
            else None
        )
        said = (
            next((message[key] for key in ("content", "text", "value", "utterance") if key in message), None) if who else None
        )
        if not isinstance(who, str) or not isinstance(said, str):
            raise DialogueError(f"{where}: expected messages with role and content, got {str(message)[:80]!r}")
        if who.lower() != "system":
            turns.append(Turn(speaker=who, text=said.strip()))
    if not turns:
        raise DialogueError(f"{where}: expected something said, got system messages only")
    return tuple(turns)


def _from_text(text: str, where: str) -> tuple[Turn, ...]:
    parts = _SAID.split(text)
    turns = tuple(
        Turn(speaker=who, text=said.strip()) for who, said in zip(parts[1::2], parts[2::2], strict=True) if said.strip()
    )
    if not turns:
        raise DialogueError(f"{where}: expected lines that begin with 用户： or 心理咨询师：, got {text[:40]!r}")
    return turns


def _speakers(turns: tuple[Turn, ...]) -> tuple[Speaker, ...]:
    names = dict.fromkeys(turn.speaker for turn in turns)
    return tuple(Speaker(id=name, role=_ROLES.get(name.lower(), "other")) for name in names)
