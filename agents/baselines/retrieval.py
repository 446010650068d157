"""An agent with a memory: does what helped in the most similar training scenarios."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from agents.base import Agent
from envs.companion.reports import SELF_ESTIMATE
from envs.exchange import Observation, Response
from envs.reward import rank_weight
from envs.speech.claims import claims_in
from plans.actions import ACTIONS, Category
from plans.plan import Plan

if TYPE_CHECKING:
    from envs.scenarios.schema import Scenario


class Retrieval(Agent):
    """Training scenarios that sound alike vote on what to do.

    Likeness is TF-IDF over the murmur and, in the text-input setting, the resident's script.

    Args:
        scenarios: scenario set to remember.
        split: its split.
        neighbours: how many scenarios vote, weighted by squared similarity.
    """

    pictures: ClassVar[bool] = False

    def __init__(self, scenarios: str = "hearth", split: str = "train", neighbours: int = 15) -> None:
        from envs.scenarios import load_scenarios

        self._remember(load_scenarios(scenarios, split=split), neighbours)

    @classmethod
    def remembering(cls, scenarios: Sequence[Scenario], neighbours: int = 15) -> Self:
        """One that remembers these scenarios, whatever set they are from."""
        agent = cls.__new__(cls)
        agent._remember(scenarios, neighbours)
        return agent

    def _remember(self, scenarios: Sequence[Scenario], neighbours: int) -> None:
        self.neighbours = neighbours
        self._memory = list(scenarios)
        self._spoken = _Index([scenario.dialogue for scenario in self._memory])
        self._seen = _Index([_text(scenario.dialogue, ", ".join(scenario.program)) for scenario in self._memory])

    def respond(self, observation: Observation, *, seed: int) -> Response:
        """Answer with the plan that similar scenarios agree on, in the words of the nearest; later with the next ones' own."""
        if observation.history:
            return self._go_on(observation)
        index = self._seen if observation.script else self._spoken
        weights = index.similarity(_text(observation.dialogue, observation.script or "")) ** 2 + 1e-9
        nearest = sorted(range(len(self._memory)), key=lambda i: (-weights[i], i))[: self.neighbours]
        votes: dict[str, float] = defaultdict(float)
        for i in nearest:
            for place, reference in enumerate(self._memory[i].references):
                for action in reference.plan.actions:
                    votes[action] += float(weights[i]) * rank_weight(place)
        lengths = [len(self._memory[i].oracle.actions) for i in nearest]
        size = max(1, round(float(np.average(lengths, weights=weights[nearest]))))
        ranked = sorted(votes, key=lambda action: (-votes[action], ACTIONS[action].index))
        best = self._memory[nearest[0]]
        return Response.of(
            Plan(tuple(_one_seat(ranked, size)), best.oracle.utterance or ""),
            scenario_understanding=best.situation,
            empathetic_planning=best.references[0].plan_nl,
            details={"nearest": [self._memory[i].id for i in nearest]},
        )

    def _go_on(self, observation: Observation) -> Response:
        """The answer of the nearest scenario that was not used yet, as far as it still fits.

        What was done or failed is not done again, nothing is done after a refusal, and no sentence claims a deed left out.
        """
        history = observation.history
        opening = history[0].heard
        heard = observation.dialogue or opening
        weights = self._spoken.similarity(heard) + 0.5 * self._spoken.similarity(opening)
        said = {turn.said for turn in history}
        tried = {action for turn in history for action in (*turn.actions, *turn.failed)}
        turned_down = any(_REFUSAL.search(turn.did) or _REFUSAL.search(turn.answered) for turn in history)
        for i in sorted(range(len(self._memory)), key=lambda i: (-weights[i], i)):
            plan = self._memory[i].oracle
            words = plan.utterance or ""
            if not words or any(words[:24] in line for line in said):
                continue
            alike = weights[i] >= _ALIKE and not turned_down
            wanted = [action for action in plan.actions if action not in tried] if alike else []
            if len(wanted) < len(plan.actions):
                words = " ".join(part for part in _SENTENCE.findall(words) if not claims_in(part.strip())).strip()
            if words and not any(words in line for line in said):
                sure = min(7.0, 1.0 + 6.0 * float(weights[i]))
                details = {"nearest": [self._memory[i].id], SELF_ESTIMATE: round(sure, 3)}
                plan_nl = self._memory[i].references[0].plan_nl
                return Response.of(Plan(tuple(wanted), words), scenario_understanding=self._memory[i].situation,
                                   empathetic_planning=plan_nl, details=details)  # fmt: skip
        return Response.of(Plan(), scenario_understanding="", empathetic_planning="")


_SENTENCE = re.compile(r"[^.!?]+[.!?]*\s*")
_REFUSAL = re.compile(
    r"\b(no|nope|not that|did I ask|leave that|enough|stop|take it back|away with|put it back|undo)\b", re.IGNORECASE
)
_ALIKE = 0.35
"""Summed cosine from which on another scenario is alike enough to do in this one what helped there."""


class _Index:
    """Texts by TF-IDF of character n-grams, which forgive inflection ("thirsty", "thirst"), as short murmurs need."""

    def __init__(self, texts: list[str]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
        self._vectors = self._vectorizer.fit_transform(texts)

    def similarity(self, text: str) -> NDArray[np.float64]:
        """Cosine with every text, (texts,)."""
        return (self._vectors @ self._vectorizer.transform([text]).T).toarray().ravel()


def _text(dialogue: str, script: str) -> str:
    return dialogue + " " + re.sub(r"[^a-z]+", " ", script.lower())


def _one_seat(ranked: list[str], size: int) -> list[str]:
    """The first ``size`` actions with at most one seat among them, which comes last: walking on means standing up."""
    chosen: list[str] = []
    seat: list[str] = []
    for action in ranked:
        if len(chosen) + len(seat) == size:
            break
        if ACTIONS[action].category is not Category.SIT and action != "play_computer":
            chosen.append(action)
        elif not seat:
            seat.append(action)
    return chosen + seat
