"""Empathic Conversations (arXiv 2205.12698) in the columns of the WASSA 2023 and 2024 shared tasks.

A table of turns, and beside it, if the user has them, tables of essays (self-reports of people) and of dialogues (what the
partner perceived). The three kinds of report are kept apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from envs.scenarios.dialogues.reading import DialogueError, column, number, table
from envs.scenarios.dialogues.schema import Dialogue, Rating, Reporter, Speaker, Turn

LICENCE = "not stated by its authors: user's own copy"
_CONVERSATION = ("conversation_id", "dialog_id", "conv_id")
_SPEAKER = ("speaker_id", "speaker", "speaker_number", "person_id")
# Column, what it measures, its scale. Capital Empathy is the annotator's per turn; small empathy the person's own.
_THIRD_PARTY = (
    ("EmotionalPolarity", "emotional_polarity", 0, 2),
    ("Emotion", "emotion_intensity", 0, 5),
    ("Empathy", "empathy", 0, 5),
)
_SELF = (("empathy", "empathy", 1, 7), ("person_empathy", "empathy", 1, 7), ("distress", "distress", 1, 7),
         ("person_distress", "distress", 1, 7))  # fmt: skip
_PARTNER = ("perceived_empathy", "PerceivedEmpathy", "partner_empathy")
_PROFILE = ("gender", "education", "race", "age", "income")
_TRAITS = ("personality_", "iri_")


@dataclass
class _Open:
    line: int
    article: str
    turns: list[tuple[float, Turn]] = field(default_factory=list)
    own: dict[tuple[str, str], Rating] = field(default_factory=dict)
    essays: dict[str, str] = field(default_factory=dict)


def load_empathic_conversations(path: Path) -> Iterator[Dialogue]:
    """Read a table of turns, or a folder with one (``*turn*``) and optionally ``*essay*`` and ``*dialog*`` tables."""
    turns, essays, dialogs = _files(path)
    people, own = _people(essays) if essays else ({}, {})
    seen_by_partner = _partners(dialogs) if dialogs else {}
    found: dict[str, _Open] = {}
    for line, row in table(turns, (_CONVERSATION, _SPEAKER, ("text",), ("turn_id", "turn"))):
        where = f"{turns}:{line}"
        identity, speaker = column(row, *_CONVERSATION), column(row, *_SPEAKER)
        if identity is None or speaker is None:
            raise DialogueError(f"{where}: expected a conversation and a speaker, got an empty cell")
        open_ = found.setdefault(identity, _Open(line, column(row, "article_id") or ""))
        ratings = tuple(_ratings(row, "third_party", _THIRD_PARTY, speaker, where))
        at = number(column(row, "turn_id", "turn") or "", "turn", where)
        open_.turns.append((at, Turn(speaker=speaker, text=row["text"].strip(), ratings=ratings)))
        for rating in _ratings(row, "self", _SELF, speaker, where):
            open_.own[(speaker, rating.measure)] = rating
        essay = column(row, "essay")
        if essay:
            open_.essays[speaker] = essay
    for identity, open_ in found.items():
        ordered = [turn for _, turn in sorted(open_.turns, key=lambda pair: pair[0])]
        names = list(dict.fromkeys(turn.speaker for turn in ordered))
        reports = dict(open_.own)
        for name in names:
            for rating in own.get((identity, name), ()):
                reports[(name, rating.measure)] = rating
        yield Dialogue(
            id=f"empathic_conversations-{identity}",
            source="empathic_conversations",
            topic=open_.article,
            situation="\n\n".join(open_.essays.values()),
            speakers=tuple(Speaker(id=name, profile=people.get((identity, name), {})) for name in names),
            turns=tuple(ordered),
            ratings=(*reports.values(), *seen_by_partner.get(identity, ())),
            licence=LICENCE,
            item=f"{turns.name}:{open_.line}",
        )


def _files(path: Path) -> tuple[Path, Path | None, Path | None]:
    if not path.is_dir():
        return path, None, None
    tables = sorted(file for file in path.iterdir() if file.suffix in (".csv", ".tsv"))
    turns = next((file for file in tables if "turn" in file.name.lower() or "convt" in file.name.lower()), None)
    if turns is None:
        raise DialogueError(
            f"{path}: expected a table of turns (*turn*.csv or .tsv), got {', '.join(f.name for f in tables) or 'none'}"
        )
    essays = next((file for file in tables if "essay" in file.name.lower()), None)
    dialogs = next((file for file in tables if file not in (turns, essays) and "dialog" in file.name.lower()), None)
    return turns, essays, dialogs


def _ratings(
    row: Mapping[str, str], reporter: Reporter, columns: tuple[tuple[str, str, int, int], ...], about: str, where: str
) -> Iterator[Rating]:
    for name, measure, low, high in columns:
        text = column(row, name)
        if text is not None:
            value = number(text, name, where)
            if not low <= value <= high:
                raise DialogueError(f"{where}: {name}: expected {low} to {high}, got {value:g}")
            yield Rating(reporter=reporter, measure=measure, value=value, low=low, high=high, about=about)


def _people(
    file: Path,
) -> tuple[dict[tuple[str, str], dict[str, str | float | None]], dict[tuple[str, str], list[Rating]]]:
    people: dict[tuple[str, str], dict[str, str | float | None]] = {}
    own: dict[tuple[str, str], list[Rating]] = {}
    for line, row in table(file, (_CONVERSATION, _SPEAKER)):
        where = f"{file}:{line}"
        key = (column(row, *_CONVERSATION) or "", column(row, *_SPEAKER) or "")
        profile: dict[str, str | float | None] = {name: column(row, name) for name in _PROFILE if name in row}
        for name in row:
            text = column(row, name)
            if name.startswith(_TRAITS) and text is not None:
                profile[name] = number(text, name, where)
        people[key] = profile
        own[key] = list(_ratings(row, "self", _SELF, key[1], where))
    return people, own


def _partners(file: Path) -> dict[str, list[Rating]]:
    found: dict[str, list[Rating]] = {}
    for line, row in table(file, (_CONVERSATION, _PARTNER)):
        text = column(row, *_PARTNER)
        if text is not None:
            value = number(text, "perceived empathy", f"{file}:{line}")
            if not 1 <= value <= 7:
                raise DialogueError(f"{file}:{line}: perceived empathy: expected 1 to 7, got {value:g}")
            rating = Rating(
                reporter="partner", measure="perceived_empathy", value=value, low=1, high=7, about=column(row, *_SPEAKER) or ""
            )
            found.setdefault(column(row, *_CONVERSATION) or "", []).append(rating)
    return found
