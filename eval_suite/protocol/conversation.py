"""Companion episodes as conversations that judges can grade: CTRS and any other rubric of whole conversations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from envs.companion.record import CompanionEpisode, CompanionTurn
from eval_suite.companion import COMPANION, find_companion_runs, read_companion_runs
from eval_suite.comparison import read_run
from eval_suite.episode import Episode
from eval_suite.judges.case import Case, case_of
from eval_suite.store import StoreError, find_runs
from plans.actions import ACTIONS

QUIET = "(says nothing)"


def transcript(episode: CompanionEpisode) -> tuple[tuple[str, str], ...]:
    """The conversation as (speaker, what they did and said), the resident's last answer included.

    Deeds stand in brackets before the words, and say where the robot failed or was turned down.
    """
    return tuple(_lines(episode))


def _lines(episode: CompanionEpisode) -> Iterator[tuple[str, str]]:
    for turn in episode.turns:
        yield "resident", _told(turn.seen, turn.heard)
        yield "robot", _told(_deeds(turn), turn.said)
    if episode.turns:
        last = episode.turns[-1].reaction
        yield "resident", _told(last.told, last.said)


def _told(did: str, said: str) -> str:
    return " ".join(part for part in (f"[{did}]" if did else "", said or ("" if did else QUIET)) if part)


def _deeds(turn: CompanionTurn) -> str:
    refused = set(turn.reaction.refused)
    deeds = []
    for act in turn.actions:
        phrase = ACTIONS[act.action].phrase if act.action in ACTIONS else act.action
        note = "in vain" if not act.ok else "turned down" if act.action in refused else ""
        deeds.append(f"{phrase} ({note})" if note else phrase)
    return "; ".join(deeds)


def conversation_case(episode: CompanionEpisode) -> Case:
    """What a judge gets to see of an episode."""
    case = case_of(episode.scenario, "empathetic_action", "", id=episode.id)
    return Case(**{**case.__dict__, "turns": transcript(episode)})


# -- runs of either kind -------------------------------------------------------------------------------------------------


def episodes_of(folder: str | Path) -> list[Episode | CompanionEpisode]:
    """The current selection of a run folder: episodes of one response, or of many turns.

    Raises:
        StoreError: no episodes there, or a broken line.
    """
    root = Path(folder)
    if (root / COMPANION).exists():
        return [episode for run in read_companion_runs(root) for episode in run.episodes]
    return [episode for run in read_run(root) for episode in run.episodes]


def find_graded(folder: str | Path) -> list[Path]:
    """Every run folder of either kind at or below a folder, sorted.

    Raises:
        StoreError: there is none.
    """
    found: list[Path] = []
    problem: StoreError | None = None
    for find in (find_runs, find_companion_runs):
        try:
            found += find(folder)
        except StoreError as missing:
            problem = problem or missing
    if not found and problem is not None:
        raise problem
    return sorted(set(found))
