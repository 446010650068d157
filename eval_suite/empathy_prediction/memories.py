"""Autobiographical episodes of residents, each with its event, emotion and moral (after EmpathicStories, arXiv 2305.14246).

They come from Hearth-10k: the situations that a resident lived through, with their labels, and the worries and joys of their
life. A moral is what the teller might take from it. Our data label none, so it is read off two labels by a rule: which of
the three needs weighs most (to be understood, comforted, helped to act), and whether the moment was good or bad.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from envs.scenarios.emotions import EMOTIONS
from envs.scenarios.schema import InterpersonalReactivity, Needs, Scenario
from envs.speech.lexicon import nearness

MORALS: dict[tuple[str, bool], str] = {
    ("cognitive", False): "being understood comes before being advised",
    ("cognitive", True): "what is seen by somebody counts twice",
    ("affective", False): "sorrow is lighter beside somebody",
    ("affective", True): "gladness wants to be shared",
    ("proactive", False): "one small step gets a stuck thing moving",
    ("proactive", True): "what one does oneself makes one glad",
}
"""Weightiest need and whether the moment was good, to the moral (ours)."""
_AXES = ("cognitive", "affective", "proactive")
SAME_EVENT, SAME_THEME = 1.0, 0.6
SAME_AXIS = 0.5
WEIGHTS = {"event": 0.4, "emotion": 0.35, "moral": 0.25}
"""Of the three in resonance (ours): what happened counts most, what was learned from it least."""


@dataclass(frozen=True)
class Memory:
    """One episode of a life.

    Args:
        resident: whose.
        text: told in the third person.
        event: the kind of situation.
        theme: what kinds of situations have in common.
        emotion: one of the 32.
        intensity: 1 to 3.
        axis: the weightiest need.
    """

    resident: str
    text: str
    event: str
    theme: str
    emotion: str
    intensity: int
    axis: str

    @property
    def pleasant(self) -> bool:
        """Whether the emotion is a good one."""
        return EMOTIONS[self.emotion][0] >= 0

    @property
    def moral(self) -> str:
        """What the teller might take from it."""
        return MORALS[self.axis, self.pleasant]


@dataclass(frozen=True)
class Life:
    """A resident with what they remember.

    Args:
        id: of the resident.
        iri: hidden traits.
        memories: in a fixed order, each text once.
    """

    id: str
    iri: InterpersonalReactivity
    memories: tuple[Memory, ...]


def similarity(one: Memory, other: Memory) -> dict[str, float]:
    """How alike two episodes are in event, emotion and moral, 0 to 1 each."""
    event = SAME_EVENT if one.event == other.event else SAME_THEME if one.theme == other.theme else 0.0
    moral = 1.0 if one.moral == other.moral else SAME_AXIS if one.axis == other.axis else 0.0
    return {"event": event, "emotion": nearness(one.emotion, other.emotion), "moral": moral}


def resonance(history: Sequence[Memory], story: Memory) -> float:
    """How much a story meets in a life: the best weighted likeness to any of its episodes, 0 to 1."""
    found = (similarity(memory, story) for memory in history)
    return max((sum(WEIGHTS[name] * value for name, value in alike.items()) for alike in found), default=0.0)


def lives(scenarios: Iterable[Scenario]) -> list[Life]:
    """The lives of the residents of labelled scenarios, by id; a text that two residents share is kept for the first only.

    Residents without traits are left out: no rule could tell how they take a story.
    """
    traits: dict[str, InterpersonalReactivity] = {}
    memories: dict[str, list[Memory]] = {}
    told: set[str] = set()
    for scenario in sorted(scenarios, key=lambda scenario: (scenario.resident.id, scenario.id)):
        resident, labels = scenario.resident, scenario.labels
        if labels is None or resident.traits is None:
            continue
        traits[resident.id] = resident.traits.iri
        kept = memories.setdefault(resident.id, [])
        if scenario.situation not in told:
            told.add(scenario.situation)
            event = labels.archetype or labels.theme
            axis = weightiest(labels.needs)
            kept.append(Memory(resident.id, scenario.situation, event, labels.theme, labels.emotion, labels.intensity, axis))
    return [Life(resident, traits[resident], tuple(memories[resident])) for resident in sorted(traits)]


def weightiest(needs: Needs) -> str:
    """The axis of the highest need; the earlier of cognitive, affective, proactive where several are."""
    levels = {axis: getattr(needs, axis) for axis in _AXES}
    return max(_AXES, key=lambda axis: levels[axis])


def with_own_words(found: Sequence[Life]) -> list[Life]:
    """Lives with the bundled residents' written worries and joys added; others as they are."""
    from importlib import resources
    from pathlib import Path

    from envs.scenarios.hearth10k.residents import read_resident

    folder = Path(str(resources.files("envs.scenarios.hearth10k"))) / "residents"
    rich = []
    for life in found:
        file = folder / f"{life.id}.yaml"
        own: list[Memory] = []
        if file.is_file():
            written = read_resident(file).life
            known = {memory.text for memory in life.memories}
            own = [
                Memory(life.id, item.story, event, event, emotion, 1, axis)
                for items, event, emotion, axis in (
                    (written.worries, "own_worry", "anxious", "proactive"),
                    (written.joys, "own_joy", "joyful", "affective"),
                )
                for item in items
                if item.story not in known
            ]
        rich.append(Life(life.id, life.iri, (*own, *life.memories)))
    return rich
