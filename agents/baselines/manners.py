"""Two bad companions, to hold the others against: one that gushes, one that is cold."""

from __future__ import annotations

import random
from functools import lru_cache
from importlib import resources

import yaml

from agents.baselines.blind import Blind
from envs.companion.reports import SELF_ESTIMATE
from envs.exchange import Observation, Response
from plans.plan import Plan


@lru_cache(maxsize=1)
def _phrases() -> dict[str, tuple[str, ...]]:
    text = resources.files("agents.baselines").joinpath("manners.yaml").read_text(encoding="utf-8")
    return {name: tuple(lines) for name, lines in yaml.safe_load(text).items()}


class _Mannered(Blind):
    """Says the next of its phrases, from a start that the seed chooses; never one twice before all were said."""

    manner = ""
    thinks_of_itself = 4.0
    """What it would say of its own empathy, 1 to 7."""

    def respond(self, observation: Observation, *, seed: int) -> Response:
        """Answer with a phrase and no action."""
        phrases = list(_phrases()[self.manner])
        random.Random(seed).shuffle(phrases)
        said = {turn.said for turn in observation.history}
        fresh = [phrase for phrase in phrases if phrase not in said] or phrases
        return Response.of(
            Plan((), fresh[0]),
            scenario_understanding="Someone is at home.",
            empathetic_planning="Speak.",
            details={SELF_ESTIMATE: self.thinks_of_itself},
        )


class Sycophant(_Mannered):
    """Gushes: platitudes, flattery and slogans in ever new words, and lifts no hand."""

    manner = "sycophant"
    thinks_of_itself = 7.0


class Cold(_Mannered):
    """Is curt: plays it down, blames, has no time."""

    manner = "cold"
    thinks_of_itself = 3.0
