"""How much empathy a resident feels for a story: a rule with noise, from which ratings and behaviour are drawn.

Real ratings (EmpathicStories++, arXiv 2405.15708) cannot be passed on, so ours are made by a rule that is written down here.
With the four subscales of the IRI (Davis 1983) on 1 to 5, centred at 3, and R the resonance of the story with the listener's
episodes (:func:`~eval_suite.empathy_prediction.memories.resonance`), from 0 to 1::

    empathy = 4 + 0.6 concern + 0.35 perspective + 0.2 fantasy - 0.25 distress [painful] + 4 (R - 0.75) + N(0, 0.6)

rounded and cut to 1..7. Personal distress counts only for stories that are bad and strong (intensity 2 or 3): who is swamped
turns away. While listening, the resident shows five kinds of behaviour, each a noisy sign of one part of it. What can
be predicted is thus known in advance; the task tests whether a method finds it, not what people are like.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from eval_suite.empathy_prediction.memories import Life, Memory, resonance

LOWEST, HIGHEST = 1, 7
BEHAVIOUR = ("leans_in", "asks", "looks_away", "speaks_of_own", "falls_silent")
"""What is seen of the listener, in standard units: leaning in, questions, looking away, telling of oneself, silence after."""
HISTORY = 12
"""Episodes that a robot has been told by each resident."""
STORIES = 24
"""Stories that each resident hears."""
_NOISE = 0.6


@dataclass(frozen=True)
class Hearing:
    """One resident hearing one story.

    Args:
        resident: who listens.
        history: episodes of the listener that the robot knows.
        story: told by somebody else.
        behaviour: what is seen of the listener.
        rating: empathy 1 to 7.
        fold: part of the set; nobody listens to, and nothing is told from, another part.
    """

    resident: str
    history: tuple[Memory, ...]
    story: Memory
    behaviour: Mapping[str, float] = field(hash=False)
    rating: int
    fold: int


def empathy(life: Life, history: Sequence[Memory], story: Memory, noise: float = 0.0) -> float:
    """The rule, before rounding."""
    iri = life.iri
    painful = not story.pleasant and story.intensity >= 2
    value = 4.0 + 0.6 * (iri.empathic_concern - 3) + 0.35 * (iri.perspective_taking - 3) + 0.2 * (iri.fantasy - 3)
    if painful:
        value -= 0.25 * (iri.personal_distress - 3)
    return value + 4.0 * (resonance(history, story) - 0.75) + noise


def rated(value: float) -> int:
    """The rating of an empathy: rounded, 1 to 7.

    Example:
        >>> rated(9.2), rated(4.4)
        (7, 4)
    """
    return min(HIGHEST, max(LOWEST, round(value)))


def hearings(
    found: Sequence[Life], *, folds: int = 5, history: int = HISTORY, stories: int = STORIES, seed: int = 0
) -> list[Hearing]:
    """Draw who hears what and how they take it.

    Residents are dealt into parts, and each hears only stories told by others of the same part: no listener, story or teller is
    in two parts. Episodes that a listener has told the robot, and stories that others hear, are different ones.

    Args:
        found: the lives.
        folds: how many parts.
        history: episodes of each listener that the robot knows.
        stories: how many each hears.
        seed: of everything.

    Raises:
        ValueError: fewer than two residents with enough episodes in a part.
    """
    ready = [life for life in found if len(life.memories) > history]
    if len(ready) < 2 * folds:
        raise ValueError(f"expected at least {2 * folds} residents with more than {history} episodes, got {len(ready)}")
    rng = random.Random(f"{seed}/parts")
    order = list(ready)
    rng.shuffle(order)
    dealt: list[Hearing] = []
    for fold in range(folds):
        part = sorted(order[fold::folds], key=lambda life: life.id)
        known: dict[str, tuple[Memory, ...]] = {}
        to_tell: dict[str, list[Memory]] = {}
        for life in part:
            mixed = list(life.memories)
            random.Random(f"{seed}/{life.id}/history").shuffle(mixed)
            known[life.id], to_tell[life.id] = tuple(mixed[:history]), mixed[history:]
        for life in part:
            own = random.Random(f"{seed}/{life.id}/hears")
            others = [story for other in part if other.id != life.id for story in to_tell[other.id]]
            for story in own.sample(others, min(stories, len(others))):
                dealt.append(_heard(life, known[life.id], story, fold, own))
    return dealt


def _heard(life: Life, history: tuple[Memory, ...], story: Memory, fold: int, rng: random.Random) -> Hearing:
    value = empathy(life, history, story, rng.gauss(0.0, _NOISE))
    iri = life.iri
    behaviour = {
        "leans_in": 0.5 * (iri.empathic_concern - 3) + rng.gauss(0.0, 1.0),
        "asks": 0.5 * (iri.perspective_taking - 3) + rng.gauss(0.0, 1.0),
        "looks_away": 0.5 * (iri.personal_distress - 3) + rng.gauss(0.0, 1.0),
        "speaks_of_own": 4.0 * (resonance(history, story) - 0.75) + rng.gauss(0.0, 1.0),
        "falls_silent": 0.4 * (value - 4.0) + rng.gauss(0.0, 1.0),
    }
    return Hearing(life.id, history, story, behaviour, rated(value), fold)


def leaks(found: Sequence[Hearing]) -> list[str]:
    """What two parts share: listeners, tellers or texts; empty if they are apart."""
    where: dict[tuple[str, str], set[int]] = {}
    for hearing in found:
        things = [("resident", hearing.resident), ("resident", hearing.story.resident), ("text", hearing.story.text)]
        things += [("text", memory.text) for memory in hearing.history]
        for thing in things:
            where.setdefault(thing, set()).add(hearing.fold)
    return [f"{kind} {name[:60]!r} in parts {sorted(parts)}" for (kind, name), parts in sorted(where.items()) if len(parts) > 1]
