"""The replaying resident: repeats the turns of an earlier episode, whatever the robot says or does.

For comparing agents in pairs: all of them get the same words and gestures to answer, to the letter (fixed user turns, after
HELPERT, arXiv 2409.02244). How a turn is *taken* still follows what the robot did; it just does not show. The body repeats
what it did as far as the house allows: a mug that this robot never brought cannot be taken.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from envs.companion.persona import Persona
from envs.companion.record import CompanionEpisode, ReactionTaken
from envs.companion.residents.base import Moment, Reaction
from envs.companion.residents.body import Body
from envs.scenarios.schema import Scenario
from plans.program import Primitive, Step


class Recordings:
    """What residents showed in earlier episodes, by scenario.

    Args:
        episodes: one for each scenario; of several the last one counts.
    """

    def __init__(self, episodes: Iterable[CompanionEpisode]) -> None:
        found = {episode.scenario.id: episode for episode in episodes}
        self.scenarios: Mapping[str, Scenario] = {key: episode.scenario for key, episode in found.items()}
        self.turns: Mapping[str, tuple[ReactionTaken, ...]] = {
            key: tuple(turn.reaction for turn in episode.turns) for key, episode in found.items()
        }
        told = {key: [turn.model_dump(mode="json") for turn in turns] for key, turns in sorted(self.turns.items())}
        self.digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]

    def __contains__(self, scenario: Scenario) -> bool:
        """Whether there are turns that this scenario's opening words lead to."""
        known = self.scenarios.get(scenario.id)
        return known is not None and known.dialogue == scenario.dialogue and bool(self.turns[scenario.id])


class ReplayResident:
    """Shows again what a resident showed in an earlier episode of the same scenario; is silent after its end.

    Args:
        recordings: earlier episodes.
    """

    name = "replay"

    def __init__(self, recordings: Recordings) -> None:
        self.recordings = recordings
        self._turns: tuple[ReactionTaken, ...] = ()

    @property
    def identity(self) -> Mapping[str, Any]:
        """The recorded turns."""
        return {"resident": self.name, "recordings": self.recordings.digest}

    @property
    def most_turns(self) -> int:
        """How many turns were recorded of the scenario that is played; a session ends with them."""
        return len(self._turns)

    def begin(self, scenario: Scenario, persona: Persona, seed: int) -> None:
        """Start the recording of a scenario.

        Raises:
            KeyError: there is none of this scenario as it stands.
        """
        if scenario not in self.recordings:
            raise KeyError(f"resident=replay: expected a recorded episode of {scenario.id!r}, actually none; record one")
        self._turns = self.recordings.turns[scenario.id]

    def react(self, moment: Moment) -> Reaction:
        """Show the recorded turn."""
        place = moment.point.turn - 1
        if place >= len(self._turns):
            return Reaction()
        recorded = self._turns[place]
        body = Body(moment.world)
        for step in recorded.steps:
            if step.ok:
                _repeat(body, step.line)
        # What was turned down then and is done now is turned down now; nothing else was.
        refused = tuple(outcome.action for outcome in moment.outcomes if outcome.action in recorded.refused)
        return Reaction(
            tuple(recorded.gestures),
            tuple(body.steps),
            recorded.told,
            recorded.said,
            refused,
            recorded.revealed,
            recorded.director,
        )


def _repeat(body: Body, line: str) -> None:
    """Carry out one recorded step, if the house allows it."""
    step = Step.parse(line)
    if step.primitive is Primitive.WALKTOWARDS and not (body.world.entities.keys() & set(step.objects)):
        body.approach()
    else:
        body.do(step.primitive, *step.objects)
