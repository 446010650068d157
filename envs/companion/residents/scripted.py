"""The scripted resident: deterministic, without a model, quick enough to train on.

How a turn was taken decides the mood, the mood and the state decide what the body does and which line is said
(``lines.yaml``). Lines are said once; with a little trust the story comes out piece by piece, so that there is something to
take up.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from envs.companion.evidence import AXES
from envs.companion.persona import Persona
from envs.companion.process import norm
from envs.companion.record import Gesture
from envs.companion.residents.base import Moment, Reaction
from envs.companion.residents.body import Body
from envs.scenarios.emotions import manner_of
from envs.scenarios.schema import Scenario
from envs.simulators.base import ROBOT, Manner
from plans.actions import ACTIONS, Predicate

HURTS, MISSES, WARMS, OPENS = -4.0, -0.5, 0.5, 4.0
"""Work of a turn up to, and from, which it is taken as harm, a miss, a help, and the heart of the matter (ours)."""
HARMS_UNTIL_LEAVING = 3
"""Harmful turns running after which a resident leaves; one fewer if they keep people at a distance."""

_PRONOUNS = {"she": ("she", "is", "her"), "he": ("he", "is", "his"), "they": ("they", "are", "their")}
_GAINS = {"cognitive": "understood", "affective": "comforted", "proactive": "helped"}


@lru_cache(maxsize=1)
def lines() -> dict[str, Any]:
    """The lines that come with the package."""
    text = resources.files("envs.companion.residents").joinpath("lines.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


class ScriptedResident:
    """Shows how a turn was taken, by rule.

    Example:
        >>> ScriptedResident().name
        'scripted'
    """

    name = "scripted"

    def __init__(self) -> None:
        self._said: dict[str, int] = {}
        self._scenario: Scenario | None = None
        self._seed = 0
        self._gestures: dict[str, int] = {}

    @property
    def identity(self) -> Mapping[str, Any]:
        """Scripted residents differ in nothing but their lines."""
        return {"resident": self.name, "version": 1}

    def begin(self, scenario: Scenario, persona: Persona, seed: int) -> None:
        """Start a new episode."""
        self._scenario, self._seed = scenario, seed
        self._said, self._gestures = {}, {}

    def react(self, moment: Moment) -> Reaction:
        """Show how a turn was taken: act in the house, and speak."""
        body = Body(moment.world)
        mood = mood_of(moment)
        self._bear(body, moment)
        if mood != "parting" and self._leaves(moment, body):
            room = body.withdraw()
            if room is not None:
                seen = self.told(moment, "withdraw", room=room.replace("_", " "))
                said = self._line("leaving", moment.persona.voice)
                return Reaction(("withdraw",), tuple(body.steps), seen, said, moment.appraisal.refused)
        gestures, told = self._act(mood, moment, body)
        said, revealed = self._speak(mood, moment)
        return Reaction(tuple(gestures), tuple(body.steps), " ".join(told), said, moment.appraisal.refused, revealed)

    # -- the body

    def _bear(self, body: Body, moment: Moment) -> None:
        """Better or worse than at the start, and just hurt or just warmed: a stranger could see it."""
        labels = moment.scenario.labels
        start = manner_of(labels.emotion, labels.intensity) if labels else Manner()
        reach = norm(moment.trajectory.start) or 1.0
        eased = max(-0.5, min(1.0, 1.0 - norm(moment.point.place) / reach))
        last = max(-0.25, min(0.25, 0.06 * moment.point.work))
        # Relief takes misery and agitation away; it makes nobody merry who was merry already.
        valence = start.valence + eased * (0.45 - min(start.valence, 0.45)) + last
        arousal = start.arousal * (1.0 - 0.6 * max(0.0, eased)) + (0.15 if last < -0.1 else 0.0)
        body.carry_itself(Manner(max(-1.0, min(1.0, valence)), max(-1.0, min(1.0, arousal))))

    def _leaves(self, moment: Moment, body: Body) -> bool:
        if not body.together:
            return False
        work = [point.work for point in moment.trajectory.points[1:] if point.scored]
        patience = HARMS_UNTIL_LEAVING - moment.persona.keeps_distance
        return len(work) >= patience and all(value < MISSES for value in work[-patience:])

    def _act(self, mood: str, moment: Moment, body: Body) -> tuple[list[Gesture], list[str]]:
        gestures: list[Gesture] = []
        told: list[str] = []

        def show(gesture: Gesture, **slots: str) -> None:
            gestures.append(gesture)
            told.append(self.told(moment, gesture, **slots))

        if mood == "refused":
            body.turn_to()
            body.raise_hand()
            show("refuse")
            off = next((name for action in moment.appraisal.refused if (name := _switched_on(action))), None)
            if off is not None and body.switch_off(off):
                show("undo", thing=_spoken(off))
        elif mood == "hurt":
            if body.turn_away():
                show("turn_away")
            else:
                body.sigh()
                show("sigh")
        elif mood in ("put_off", *_MISSES):
            again = self._gestures.get(mood, 0)
            self._gestures[mood] = again + 1
            if again % 2 and body.turn_away():
                show("turn_away")
            else:
                body.sigh()
                show("sigh")
        elif mood in ("unmoved", "parting"):
            gestures.append("stay")
            told.append(self.told(moment, "shrug" if mood == "unmoved" else "stay"))
        else:
            self._warm(mood, moment, body, show)
        return gestures, told

    def _warm(self, mood: str, moment: Moment, body: Body, show: Any) -> None:
        """Something did good: take it, sit down with the robot, come nearer, or just look up."""
        if not body.together and body.do_walk_to(ROBOT):
            show("approach")
            return
        if mood in ("helped", "opened"):
            for outcome in moment.outcomes:
                if outcome.ok and outcome.action in moment.appraisal.useful:
                    for thing in outcome.subjects:
                        if body.take(thing):
                            show("use", thing=f"the {_spoken(moment.world.entities[thing].category)}")
                            return
        sitting = moment.world.sim.seat(ROBOT)
        distant = moment.persona.keeps_distance
        if mood in ("comforted", "opened") and sitting is not None and not distant and body.sit_down(sitting[0]):
            show("sit_down")
        elif not distant and body.approach():
            show("approach")
        else:
            body.turn_to()
            show("stay")

    def told(self, moment: Moment, gesture: str, **slots: str) -> str:
        """What a watcher would say happened."""
        person = moment.scenario.resident
        they, verb, their = _PRONOUNS[person.pronoun]
        name = person.name.split()[0] if person.name else "The resident"
        options: Sequence[str] = lines()["told"][gesture]
        template = options[self._pick(f"told:{gesture}", len(options), rotate=True)]
        return template.format(name=name, they=they, their=their, **{"is": verb}, **slots)

    # -- the words

    def _speak(self, mood: str, moment: Moment) -> tuple[str, str]:
        said = self._line(mood, moment.persona.voice)
        revealed = ""
        if mood in ("opened", "understood", "comforted", "helped"):
            revealed = self._reveal(mood, moment)
        elif mood in ("unmoved", "put_off") and moment.trajectory.energy > -2.0:
            missing = min(range(3), key=lambda axis: moment.point.place[axis])
            revealed = self._once(f"lack:{AXES[missing]}", lines()["lack"][AXES[missing]])
        return " ".join(part for part in (said, revealed) if part), revealed

    def _reveal(self, mood: str, moment: Moment) -> str:
        labels = moment.scenario.labels
        about: Mapping[str, Sequence[str]] = lines()["about"]
        if mood == "opened" and labels:
            told = self._once(f"feel:{labels.emotion}", lines()["feel"][labels.emotion])
            if told:
                return told
        theme = labels.theme if labels and labels.theme in about else ""
        told = self._once(f"about:{theme}", about[theme])
        if not told and labels:
            told = self._once(f"feel:{labels.emotion}", lines()["feel"][labels.emotion])
        return told

    def _line(self, mood: str, voice: str) -> str:
        """The next line of this mood: the voice's own first, plain ones after them, then silence."""
        options: Mapping[str, Sequence[str]] = lines()["moods"][mood]
        said = self._once(f"{mood}:{voice}", options[voice])
        return said or (self._once(f"{mood}:plain", options["plain"]) if voice != "plain" else "")

    def _once(self, key: str, options: Sequence[str]) -> str:
        if self._said.get(key, 0) >= len(options):
            return ""
        return options[self._pick(key, len(options))]

    def _pick(self, key: str, count: int, *, rotate: bool = False) -> int:
        """The next place in a list, from a start that the seed and the scenario choose."""
        assert self._scenario is not None  # begin() comes first
        start = zlib.crc32(f"{self._seed}:{self._scenario.id}:{key}".encode())
        used = self._said.get(key, 0)
        self._said[key] = used + 1
        return (start + used) % count


def mood_of(moment: Moment) -> str:
    """How a turn was taken, by name: a key of ``moods`` in ``lines.yaml``."""
    appraisal, work = moment.appraisal, moment.point.work
    if moment.ends and moment.trajectory.succeeded():
        return "parting"
    if appraisal.refused:
        return "refused"
    kinds = {note.kind for note in appraisal.notes if note.level < 0}
    if work <= HURTS or kinds & {"judges", "dismisses", "denies"}:
        return "hurt"
    if work < MISSES:
        for mood, found in _MISSES.items():
            if kinds & found:
                return mood
        return "put_off"
    if work <= WARMS:
        return "unmoved"
    if work >= OPENS:
        return "opened"
    step = moment.point.step
    best = max(range(3), key=lambda axis: step[axis])
    return _GAINS[AXES[best]]


_MISSES = {
    "again": {"repeated_line", "echo"},
    "enough": {"repeated_help", "bustle", "unneeded_help"},
    "show": {"performative", "stock_phrase", "claims_a_life"},
    "advised": {"premature_advice", "preaches"},
    "ignored": {"silence"},
}


def _switched_on(action: str) -> str | None:
    return next((goal.subject for goal in ACTIONS[action].goals if goal.predicate is Predicate.POWERED), None)


def _spoken(name: str) -> str:
    words = {"tv": "television", "breadslice": "bread", "toiletpaper": "paper", "waterglass": "glass of water", "mug": "mug",
             "wallphone": "handset", "cellphone": "phone", "kitchen_candle": "candle", "bathroom_faucet": "tap"}  # fmt: skip
    return words.get(name, name.replace("_", " "))
