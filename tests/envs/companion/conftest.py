"""A moment of a lonely old man, small enough to reason about, and a session in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from envs.companion.session import CompanionSession, TurnPlayed
from envs.scenarios import load_scenarios
from envs.scenarios.schema import Labels, Needs, Preference, Scenario
from envs.simulators import make_simulator
from plans.plan import parse_plan


def scenario(**changes: Any) -> Scenario:
    """A scenario of Hearth with other hidden labels: needs company and something to drink, and hides how lonely it is."""
    base = next(item for item in load_scenarios("hearth") if item.id == "hearth-tadeusz_wrona-forty_seven_years")
    labels: dict[str, Any] = {
        "emotion": "lonely",
        "intensity": 2,
        "needs": Needs(cognitive=2, affective=2, proactive=2),
        "theme": "needs_company",
        "helps": (Preference(text="Somebody sitting by.", why="The chair has been empty."),),
        "annoys": (Preference(text="Being told what to do.", why="He has his own head."),),
    }
    fields: dict[str, Any] = {
        "dialogue": "My throat's dry from saying nothing all day. The clock on the landing is the only one talking.",
        "situation": "His brother promised to visit on Sunday and forgot it, for the third time. He had bought two plum cakes.",
    }
    labels |= {key: value for key, value in changes.items() if key in Labels.model_fields}
    fields |= {key: value for key, value in changes.items() if key not in Labels.model_fields}
    return base.model_copy(update={**fields, "labels": Labels(**labels)})


@pytest.fixture
def play() -> Callable[..., list[TurnPlayed]]:
    """Play texts of plans, turn by turn, in the moment or another; as many as the episode lasts."""

    def run(*texts: str, moment: Scenario | None = None, **options: Any) -> list[TurnPlayed]:
        session = CompanionSession(make_simulator("symbolic"), moment or scenario(), **options)
        session.observe(pictures=False)
        for text in texts:
            if session.outcome is None:
                session.play(parse_plan(text if text.startswith("<") else f'<None>, <dialogue>:"{text}"'))
        return session.played

    return run


class Scripted:
    """A model whose answers a function of (system, user) writes; keeps what it was asked."""

    def __init__(self, write: Callable[[str, str], str]) -> None:
        self._write = write
        self.asked: list[tuple[str, str]] = []

    @property
    def identity(self) -> Mapping[str, Any]:
        return {"model": "scripted"}

    def write(self, system: str, user: str, *, schema: Any = None, seed: int = 0, repeat: int = 0) -> str:
        self.asked.append((system, user))
        return self._write(system, user)
