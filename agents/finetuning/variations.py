"""Variations of a training moment: other inputs for the same answer, made of the training scenarios alone.

Hearth's train split has 180 moments, few for a model that starts from nothing. Everything here re-uses what people wrote
for that split; nothing of a held-out resident, and no model, is involved.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from envs.scenarios.schema import Scenario

_CHANCE = 0.7


@dataclass(frozen=True, slots=True)
class Varied:
    """The inputs of a varied moment.

    Args:
        profile, dialogue: None keeps the scenario's own.
        spoils: challenges whose answer the input now gives away; they are not trained on it.
    """

    profile: str | None = None
    dialogue: str | None = None
    spoils: tuple[str, ...] = ()


def vary(kinds: Sequence[str], scenario: Scenario, pool: Sequence[Scenario], rng: random.Random) -> tuple[Varied, str] | None:
    """A moment varied in some of the ways named, each drawn for itself, and which those were; None if nothing changed."""
    profile = dialogue = None
    spoils: tuple[str, ...] = ()
    used = []
    for kind in kinds:
        if rng.random() > _CHANCE:
            continue
        heard = scenario if dialogue is None else scenario.model_copy(update={"dialogue": dialogue})
        varied = VARIATIONS[kind](heard, pool, rng)
        if varied is not None:
            used.append(kind)
            profile, dialogue = varied.profile or profile, varied.dialogue or dialogue
            spoils += varied.spoils
    return (Varied(profile, dialogue, spoils), "+".join(used)) if used else None


def _other_resident(scenario: Scenario, pool: Sequence[Scenario], rng: random.Random) -> Varied | None:
    profiles = sorted({other.resident.profile for other in pool if other.resident.id != scenario.resident.id})
    return Varied(profile=rng.choice(profiles)) if profiles else None


def _word_dropout(scenario: Scenario, pool: Sequence[Scenario], rng: random.Random) -> Varied | None:
    words = scenario.dialogue.split()
    kept = [word for word in words if rng.random() > 0.2]
    return Varied(dialogue=" ".join(kept)) if kept and len(kept) < len(words) else None


def _told_otherwise(scenario: Scenario, pool: Sequence[Scenario], rng: random.Random) -> Varied | None:
    # A sentence of the situation, or of why an answer fits, says the same as the murmur in other words.
    texts = [scenario.situation, *(reference.rationale for reference in scenario.references[:1])]
    sentences = [part for text in texts for part in re.split(r"(?<=[.!?;])\s+", text.strip()) if len(part.split()) > 3]
    if not sentences:
        return None
    told = rng.choice(sentences)
    heard = f"{scenario.dialogue} {told}" if rng.random() < 0.5 else told
    return Varied(dialogue=heard, spoils=("scenario_understanding",))


VARIATIONS: dict[str, Callable[[Scenario, Sequence[Scenario], random.Random], Varied | None]] = {
    "other_resident": _other_resident,
    "word_dropout": _word_dropout,
    "told_otherwise": _told_otherwise,
}
"""Name to function: another training resident's profile; a murmur with words missing; the moment in its author's words."""
