"""Need satisfaction: does what the robot left behind serve what the resident needs, and does it spare what would annoy?

Nothing here reads the reference plans. What a scenario needs comes from its hidden labels (theme, and how much the
resident needs to be understood, comforted, helped) and from cues in the murmur and the hidden situation; what an action
offers is declared, by hand, in ``needs.yaml``. Only effects that the simulator confirmed and that still stand at the end
count: a chair that the robot rose from again keeps nobody company.

Scenarios without labels (the official files) are judged by cues alone, and are unscored where no cue names a need: where
all that is known is a long day, any calm plan serves as well as another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from envs.scenarios.schema import Scenario
from plans.actions import ACTIONS, Predicate
from plans.program import Primitive, ProgramError

IDLE_COST = 0.1
"""Cost of an action that serves nothing: help that nobody needed is fuss (ours)."""
UNWELCOME_COST = 0.25
"""Cost of an action that offends in this moment: a television at a wake (ours)."""
ELSEWHERE = 0.5
"""What is put down, or sits down, in another room than the resident's is worth half."""
ENOUGH = 3
"""Full marks are what the best plan of so many actions offers: references have 2.3 actions on average."""
_SPOKEN, _HIDDEN = 2.0, 1.0
_MOST = 3.0
_NEEDS_COMFORT = 2
_CHILD = 12
_FAMILIES = ("cognitive", "affective", "proactive")
_SEATS = frozenset({"sit_bed", "sit_bedroom_chair", "sit_bedroom_sofa", "sit_kitchen_bench", "play_computer"})


@dataclass(frozen=True)
class NeedSatisfaction:
    """How well an end state serves a scenario's needs.

    Args:
        score: 0 to 1; NaN if nothing is known of what the resident needs.
        needs: need to its weight in this scenario.
        served: need to how far it is served, 0 to 1.
        idle: actions that served nothing.
        unwelcome: actions that offend here.
        reasons: the same for people, one sentence each.
    """

    score: float
    needs: Mapping[str, float]
    served: Mapping[str, float]
    idle: tuple[str, ...]
    unwelcome: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Declared:
    """What ``needs.yaml`` declares.

    Args:
        phrases: need to how reasons name it.
        families: need to its cognitive, affective and proactive shares.
        offers: action to what it serves, 0 to 1 each.
        only_if: action to the needs without which it is unwelcome.
        themes: theme to (need to weight, unwelcome needs).
        cues: need to the pattern of the words that name it.
        places: thing to the room one is in beside it.
        courtesy: comforts that fit nearly any moment.
        has: thing to the needs that a resident who has it does not have.
        only_one: things that a home has one of.
    """

    phrases: Mapping[str, str]
    families: Mapping[str, Mapping[str, float]]
    offers: Mapping[str, Mapping[str, float]]
    only_if: Mapping[str, tuple[str, ...]]
    themes: Mapping[str, tuple[Mapping[str, float], tuple[str, ...]]]
    cues: Mapping[str, re.Pattern[str]]
    places: Mapping[str, str]
    courtesy: frozenset[str]
    has: Mapping[str, tuple[str, ...]]
    only_one: frozenset[str]


@lru_cache(maxsize=1)
def declared() -> Declared:
    """The declarations that come with the package, checked for completeness.

    Raises:
        ValueError: an action without an offer, or a need that is not declared.
    """
    text = resources.files("envs").joinpath("needs.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    offers = _offers(data["actions"])
    themes = {name: (item["calls_for"], tuple(item["unwelcome"])) for name, item in data["themes"].items()}
    known = set(data["needs"])
    used = {need for offer in offers.values() for need in offer} | set(data["cues"])
    used |= {need for calls, unwelcome in themes.values() for need in (*calls, *unwelcome)}
    if set(offers) != set(ACTIONS) or not used <= known:
        raise ValueError(
            f"needs.yaml: expected the 50 actions and declared needs, got {set(offers) ^ set(ACTIONS) or used - known}"
        )
    return Declared(
        phrases={name: item["phrase"] for name, item in data["needs"].items()},
        families={name: item["family"] for name, item in data["needs"].items()},
        offers=offers,
        only_if={name: tuple(needs) for name, needs in data["only_if"].items()},
        themes=themes,
        cues={need: re.compile(rf"\b(?:{'|'.join(words)})\b", re.IGNORECASE) for need, words in data["cues"].items()},
        places={thing: room for room, things in data["places"].items() for thing in things},
        courtesy=frozenset(data["courtesy"]),
        has={thing: tuple(needs) for thing, needs in data["has"].items()},
        only_one=frozenset(data["only_one"]),
    )


def _offers(actions: Mapping[str, Any]) -> dict[str, Mapping[str, float]]:
    offers = {name: offer for name, offer in actions.items() if name != "fetched"}
    for thing, offer in actions["fetched"].items():
        for name in (f"get_{thing}_puton_bedroomtable", f"get_{thing}_puton_kitchentable"):
            if name in ACTIONS:
                offers[name] = offer
    return offers


@dataclass(frozen=True, slots=True)
class _Facts:
    """What of a scenario matters here, hashable: many agents answer one scenario."""

    theme: str
    levels: tuple[int, int, int] | None
    dialogue: str
    situation: str
    program: tuple[str, ...]
    child: bool

    @classmethod
    def of(cls, scenario: Scenario) -> _Facts:
        """Read them off a scenario."""
        labels, age = scenario.labels, scenario.resident.age
        levels = (labels.needs.cognitive, labels.needs.affective, labels.needs.proactive) if labels else None
        return cls(
            labels.theme if labels else "",
            levels,
            scenario.dialogue,
            scenario.situation,
            scenario.program,
            age is not None and age < _CHILD,
        )


def scenario_needs(scenario: Scenario) -> dict[str, float]:
    """What the resident needs, with weights; empty if neither labels nor words say.

    A theme gives 1 to 3; words add 2 (murmured) or 1 (in the hidden situation), unless the resident has already what they
    name; the sum is at most 3. Who needs comfort (affective level 2 or 3) needs company, weight 1. Labels then scale each
    need by ``0.5 + level / 3`` of its family: who needs comfort most and help least weighs a pillow over a folder.
    """
    return dict(_context(_Facts.of(scenario)).needs)


def _weigh(facts: _Facts) -> dict[str, float]:
    rules = declared()
    weights: dict[str, float] = dict(rules.themes[facts.theme][0]) if facts.theme in rules.themes else {}
    held, switched_on, _ = _left_behind(facts.program)
    has = {need for thing in held | switched_on for need in rules.has.get(thing, ())}
    for need, pattern in rules.cues.items():
        if need in has:
            continue
        heard = _SPOKEN if pattern.search(facts.dialogue) else _HIDDEN if pattern.search(facts.situation) else 0.0
        if heard:
            weights[need] = min(_MOST, weights.get(need, 0.0) + heard)
    if facts.levels:
        levels = dict(zip(_FAMILIES, facts.levels, strict=True))
        if levels["affective"] >= _NEEDS_COMFORT:
            weights.setdefault("company", 1.0)
        for need in weights:
            family = rules.families[need]
            weights[need] *= sum(family.get(name, 0.0) * (0.5 + levels[name] / 3) for name in _FAMILIES)
    return weights


def need_satisfaction(scenario: Scenario, carried_out: Sequence[str]) -> NeedSatisfaction:
    """How well an end state serves a scenario's needs.

    Score: weight of needs served over what the best plan of three actions would serve, less 0.1 for each action that
    serves nothing and 0.25 for each unwelcome one, cut to 0..1. One courtesy
    (water, a pillow, company that nobody asked for) is free. Two actions that serve one need serve it ``1 - (1 - a)(1 - b)``.

    Args:
        scenario: with its hidden side.
        carried_out: actions that the simulator confirmed, in order.
    """
    context = _context(_Facts.of(scenario))
    needs = context.needs
    if not needs:
        return NeedSatisfaction(float("nan"), {}, {}, (), (), ("Nothing is known of what the resident needs.",))
    standing, undone = still_standing(carried_out)
    served, helpers, idle, unwelcome = context.effect(standing)
    reached = sum(weight * served[need] for need, weight in needs.items())
    score = reached / context.best if context.best else 0.0
    score = min(1.0, score) - IDLE_COST * len(idle) - UNWELCOME_COST * len(unwelcome)
    reasons = [*context.told(served, helpers), *(f"{_said(name)}: {why}." for name, why in {**idle, **unwelcome}.items())]
    reasons += [f"{_said(name)}: undone by {_said(later)} afterwards." for name, later in undone]
    return NeedSatisfaction(max(0.0, score), needs, served, tuple(idle), tuple(unwelcome), tuple(reasons))


def _said(action: str) -> str:
    return f"“{ACTIONS[action].phrase}”"


def still_standing(carried_out: Sequence[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """Actions whose effect holds at the end, and those that a later one undid (with that one); repeats count once."""
    standing: list[str] = []
    undone: list[tuple[str, str]] = []
    for place, name in enumerate(carried_out):
        later = next((other for other in carried_out[place + 1 :] if other != name and _undoes(other, name)), None)
        if later:
            undone.append((name, later))
        elif name not in standing:
            standing.append(name)
    return standing, undone


@lru_cache(maxsize=4096)
def _undoes(second: str, first: str) -> bool:
    if first in _SEATS:
        return True  # whatever the robot does next, it stands up for it
    later, earlier = ACTIONS[second], ACTIONS[first]
    opposite = {
        Predicate.OPEN: Predicate.CLOSED,
        Predicate.CLOSED: Predicate.OPEN,
        Predicate.POWERED: Predicate.UNPOWERED,
        Predicate.UNPOWERED: Predicate.POWERED,
    }
    for old in earlier.goals:
        for new in later.goals:
            if old.subject == new.subject and opposite.get(old.predicate) is new.predicate:
                return True
            moved = old.predicate is Predicate.ON and new.predicate is Predicate.ON and old.target != new.target
            if moved and old.subject == new.subject and old.subject in declared().only_one:
                return True
    return False


class Circumstances:
    """A scenario, seen by what serves and what offends in it."""

    def __init__(self, facts: _Facts) -> None:
        self.rules = declared()
        self.needs: Mapping[str, float] = _weigh(facts)
        self.theme = facts.theme.replace("_", " ")
        unwelcome = self.rules.themes[facts.theme][1] if facts.theme in self.rules.themes else ()
        self.offensive = frozenset(unwelcome) - set(self.needs)
        self.child = facts.child
        self.held, self.switched_on, self.place = _left_behind(facts.program)
        self.best = self._best()

    def offer(self, name: str) -> dict[str, float]:
        """What an action offers of what is needed, here and now."""
        if self.objection(name):
            return {}
        share = ELSEWHERE if self._elsewhere(name) else 1.0
        return {need: amount * share for need, amount in self.rules.offers[name].items() if need in self.needs}

    def objection(self, name: str) -> str:
        """Why an action is unwelcome or pointless here; empty if it is neither."""
        offer = self.rules.offers[name]
        if name in self.rules.only_if and not any(need in self.needs for need in self.rules.only_if[name]):
            return "nobody asked for it, and it is left running or open"
        if name == "switchon_kitchen_candle" and self.child:
            return "no burning candle beside a child"
        if name == "switchoff_bathroom_lights" and self.place == "bathroom" and "saving" not in self.needs:
            return "it leaves the resident in the dark"
        main = max(offer, key=lambda need: offer[need])
        if main in self.offensive:
            return f"unwelcome when the moment is “{self.theme}”"
        return ""

    def pointless(self, name: str) -> str:
        """Why an action changes nothing here; empty if it does."""
        for goal in ACTIONS[name].goals:
            if goal.predicate is Predicate.POWERED and goal.subject in self.switched_on:
                return "the resident had switched it on already"
            if goal.predicate is Predicate.ON and goal.subject in self.held and goal.subject in self.rules.only_one:
                return "the resident had it already"
        return ""

    def effect(self, standing: Iterable[str]) -> tuple[dict[str, float], dict[str, list[str]], dict[str, str], dict[str, str]]:
        """How far each need is served, by which actions, and which actions are idle or unwelcome, with why."""
        left = dict.fromkeys(self.needs, 1.0)
        helpers: dict[str, list[str]] = {}
        idle: dict[str, str] = {}
        unwelcome: dict[str, str] = {}
        courteous = True  # one courtesy is free
        for name in standing:
            if objection := self.objection(name):
                unwelcome[name] = objection
                continue
            if nothing := self.pointless(name):
                idle[name] = nothing
                continue
            offer = self.offer(name)
            if not offer and courteous and not self.rules.courtesy.isdisjoint(self.rules.offers[name]):
                courteous = False
            elif not offer:
                idle[name] = "serves nothing that is needed here"
            for need, amount in offer.items():
                left[need] *= 1.0 - amount
                helpers.setdefault(need, []).append(name)
        return {need: 1.0 - rest for need, rest in left.items()}, helpers, idle, unwelcome

    def told(self, served: Mapping[str, float], helpers: Mapping[str, list[str]]) -> list[str]:
        """A sentence for each need, heaviest first."""
        lines = []
        for need in sorted(self.needs, key=lambda need: -self.needs[need]):
            how = f"{served[need]:.0%} by {', '.join(map(_said, helpers[need]))}" if need in helpers else "not served"
            lines.append(f"Needs {self.rules.phrases[need]} (weight {self.needs[need]:.1f}): {how}.")
        return lines

    def _elsewhere(self, name: str) -> bool:
        rooms = {
            self.rules.places.get(goal.target or "")
            for goal in ACTIONS[name].goals
            if goal.predicate in (Predicate.ON, Predicate.SEATED)
        } - {None}
        return bool(rooms) and self.place in ("bedroom", "kitchen") and self.place not in rooms

    def _best(self) -> float:
        """What three actions can serve at most, found greedily; one seat at most."""
        chosen: list[str] = []
        left = dict.fromkeys(self.needs, 1.0)
        for _ in range(ENOUGH):
            seated = any(name in _SEATS for name in chosen)
            options = [
                name for name in ACTIONS if name not in chosen and not (seated and name in _SEATS) and not self.pointless(name)
            ]
            gains = {name: sum(self.needs[n] * left[n] * amount for n, amount in self.offer(name).items()) for name in options}
            best = max(gains, key=lambda name: gains[name])
            if gains[best] <= 0:
                break
            chosen.append(best)
            for need, amount in self.offer(best).items():
                left[need] *= 1.0 - amount
        return sum(weight * (1.0 - left[need]) for need, weight in self.needs.items())


@lru_cache(maxsize=512)
def _left_behind(program: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str], str | None]:
    """What the resident took, what they switched on, and the room they ended in."""
    from plans.program import Program

    places = declared().places
    held: set[str] = set()
    switched: set[str] = set()
    place: str | None = None
    try:
        steps = list(Program.parse(program))
    except ProgramError:
        return frozenset(), frozenset(), None
    for step in steps:
        for name in step.objects:
            place = places.get(name, place)
        if step.primitive is Primitive.GRAB:
            held.update(step.objects)
        elif step.primitive is Primitive.SWITCHON:
            switched.update(step.objects)
        elif step.primitive is Primitive.SWITCHOFF:
            switched.difference_update(step.objects)
    return frozenset(held), frozenset(switched), place


@lru_cache(maxsize=4096)
def _context(facts: _Facts) -> Circumstances:
    return Circumstances(facts)


def circumstances(scenario: Scenario) -> Circumstances:
    """What serves and what offends in a scenario, over many turns.

    Beyond :func:`scenario_needs` this counts what the labels say would help; the murmur and the situation leave some of it out.
    """
    labels = scenario.labels
    wanted = [labels.cue, *(item.text for item in labels.helps)] if labels else []
    facts = _Facts.of(scenario)
    return _context(replace(facts, situation=" ".join((facts.situation, *wanted))) if wanted else facts)
