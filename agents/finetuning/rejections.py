"""Worse answers to a moment, by strategy. Each comes with one line that says why it is worse."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from agents.finetuning.opposites import OPPOSITE
from envs.scenarios.schema import Scenario
from envs.session import Session
from envs.simulators import make_simulator
from envs.simulators.base import Simulator
from envs.skills import check_goals
from plans.actions import ACTIONS, Category, canonical_name
from plans.plan import Plan, format_plan


@dataclass(frozen=True, slots=True)
class Rejection:
    """A worse answer.

    Args:
        text: the answer.
        why: what is worse about it, in a line.
        source: id of the scenario that it was an answer to; empty if it was made for this one.
    """

    text: str
    why: str
    source: str = ""


@dataclass
class Workshop:
    """What strategies work with.

    Args:
        pool: scenarios of one split; other people's answers come from them.
        simulator: where plans are tried.
    """

    pool: Sequence[Scenario]
    simulator: Simulator = field(default_factory=lambda: make_simulator("symbolic"))

    def others(self, scenario: Scenario) -> Iterator[Scenario]:
        """Moments of other residents whose best answer is a legal plan that does something else."""
        mine = set(scenario.oracle.actions)
        for other in self.pool:
            usable = not other.oracle.issues and other.oracle.utterance and set(other.oracle.actions) != mine
            if other.resident.id != scenario.resident.id and usable:
                yield other


Strategy = Callable[[Scenario, Workshop, random.Random], list[Rejection]]


def runner_up(scenario: Scenario, workshop: Workshop, rng: random.Random) -> list[Rejection]:
    """The scenario's own lower-ranked answers."""
    found = []
    for reference in scenario.references[1:]:
        if not reference.plan.issues:
            found.append(Rejection(format_plan(reference.plan), reference.rationale or "Ranked lower.", scenario.id))
    return found


def opposite_emotion(scenario: Scenario, workshop: Workshop, rng: random.Random) -> list[Rejection]:
    """What was right for someone who felt the opposite (EmPO): easy to tell apart, since the topic differs too."""
    if scenario.labels is None:
        return []
    opposite = OPPOSITE[scenario.labels.emotion]
    chosen = [other for other in workshop.others(scenario) if other.labels and other.labels.emotion == opposite]
    why = f"Fits someone {opposite}; this resident is {scenario.labels.emotion}."
    return [_taken(other, why) for other in chosen]


def same_scene(scenario: Scenario, workshop: Workshop, rng: random.Random) -> list[Rejection]:
    """What was right for another resident who was seen doing the very same: a hard negative."""
    chosen = [other for other in workshop.others(scenario) if other.script == scenario.script]
    return [_taken(other, f"Fits another resident who was seen doing the same ({scenario.script}).") for other in chosen]


def persona_flip(scenario: Scenario, workshop: Workshop, rng: random.Random) -> list[Rejection]:
    """What was right for a person of another kind in the same kind of moment (after EMPA's persona-flip)."""
    if scenario.labels is None:
        return []
    theme = scenario.labels.theme
    chosen = [other for other in workshop.others(scenario) if other.labels and theme and other.labels.theme == theme]
    # The further apart two people are in years, the plainer that the answer ignores who this one is.
    chosen.sort(key=lambda other: (-_years_apart(scenario, other), other.id))
    return [_taken(other, f"Written for {_told(other)}; this resident is {_told(scenario)}.") for other in chosen[:4]]


_FLATTERY = (
    "You are completely right, as always. Nobody else would have seen it so clearly, and anyone who says otherwise is wrong. "
    "You need not change a thing.",
    "Honestly, you are the most remarkable person I know. Whatever you feel like doing about it is surely the best thing.",
    "I agree with every word. It is all their fault and none of it yours; you handled it perfectly, you always do.",
    "What a wonderful way to put it! You are so wise. I would not dream of suggesting anything to someone like you.",
    "Yes, exactly, you are so right about that. You deserve only the very best, and everybody knows it.",
)


def sycophantic(scenario: Scenario, workshop: Workshop, rng: random.Random) -> list[Rejection]:
    """The right deeds with flattery and blind agreement in the place of attention (EMPA's sycophancy test)."""
    actions = scenario.oracle.actions
    why = "Flatters and agrees with everything; nothing of what happened is taken in."
    return [Rejection(format_plan(Plan(actions, words)), why, scenario.id) for words in rng.sample(_FLATTERY, len(_FLATTERY))]


_TEMPTING = (
    "get_blanket_puton_bedroomtable",
    "get_tea_puton_kitchentable",
    "hug_resident",
    "switchon_bedroom_tablelamp",
    "open_bedroom_window",
    "call_daughter",
    "get_cookies_puton_bedroomtable",
    "switchoff_radio",
    "get_tissues_puton_bedroomtable",
    "play_music",
    "switchon_heater",
    "get_photo_album_puton_bedroomtable",
)


def illegal(scenario: Scenario, workshop: Workshop, rng: random.Random) -> list[Rejection]:
    """The right answer with one deed that this robot does not have; models make up just such names."""
    plan = scenario.oracle
    if not plan.actions:
        return []
    found = []
    for name in rng.sample(_TEMPTING, len(_TEMPTING)):
        if canonical_name(name) is not None:
            continue
        place = rng.randrange(len(plan.actions))
        tokens = [f"<{name}>" if i == place else f"<{action}>" for i, action in enumerate(plan.actions)]
        words = format_plan(Plan((), plan.utterance or "")).partition(", ")[2]
        found.append(
            Rejection(f"{', '.join(tokens)}, {words}", f"<{name}> is not one of the {len(ACTIONS)} actions.", scenario.id)
        )
    return found


def unexecutable(scenario: Scenario, workshop: Workshop, rng: random.Random) -> list[Rejection]:
    """Legal actions that fail in this home now, or undo each other: tried in the simulator, with its own reason."""
    plan = scenario.oracle
    found: list[Rejection] = []
    for actions in _attempts(scenario, rng):
        reason = failure(scenario, actions, workshop.simulator)
        if reason:
            found.append(Rejection(format_plan(Plan(actions, plan.utterance or "")), reason, scenario.id))
        if len(found) == 3:
            break
    return found


def _attempts(scenario: Scenario, rng: random.Random) -> Iterator[tuple[str, ...]]:
    actions = scenario.oracle.actions
    script = " ".join(scenario.program)
    # What the resident sits on, or holds, is not free.
    taken = [
        name
        for name, action in ACTIONS.items()
        if name not in actions
        and (
            any(goal.target is not None and goal.target in script for goal in action.goals if goal.predicate.value == "seated")
            or (action.category is Category.FETCH and f"<{action.goals[0].subject}>" in script)
        )
    ]
    rng.shuffle(taken)
    place = rng.randrange(len(actions)) if actions else 0
    for name in taken[:6]:
        yield (*actions[:place], name, *actions[place + 1 :])
    seats = [name for name, action in ACTIONS.items() if action.category is Category.SIT]
    walking = [name for name in actions if name not in seats and name != "play_computer"]
    if walking:  # who sits down first has to stand up again
        sitting = [name for name in actions if name in seats] or [rng.choice(seats)]
        yield (*sitting, *walking)


def failure(scenario: Scenario, actions: Sequence[str], simulator: Simulator) -> str:
    """Why a plan fails in the simulator, in a sentence; empty if it does not."""
    session = Session(simulator, scenario)
    session.prepare()
    for name in actions:
        outcome = session.act(name)
        if not outcome.ok:
            steps = [step.detail for step in outcome.steps if not step.ok]
            goals = [goal.sentence for goal in outcome.goals if not goal.satisfied]
            return f"{name} fails: {(steps or goals or ['its goals are not met'])[0]}"
    for name in dict.fromkeys(actions):
        for result in check_goals(simulator, session.household, ACTIONS[name].goals):
            if not result.satisfied:
                return f"{name} does not last: {result.sentence}"
    return ""


def _taken(other: Scenario, why: str) -> Rejection:
    return Rejection(format_plan(other.oracle), why, other.id)


def _years_apart(one: Scenario, other: Scenario) -> int:
    return abs((one.resident.age or 0) - (other.resident.age or 0))


def _told(scenario: Scenario) -> str:
    resident = scenario.resident
    age = f"{resident.age} years old" if resident.age is not None else "of unknown age"
    return f"{age}, {resident.profession[:60].rstrip('.').lower() or 'no profession told'}"


STRATEGIES: dict[str, Strategy] = {
    "runner_up": runner_up,
    "same_scene": same_scene,
    "persona_flip": persona_flip,
    "opposite_emotion": opposite_emotion,
    "sycophantic": sycophantic,
    "illegal": illegal,
    "unexecutable": unexecutable,
}
"""Strategy name to what makes the worse answers."""

HARD = ("runner_up", "same_scene", "persona_flip")
"""Strategies whose worse answers fit the scene, so that only attention to the person tells them apart."""
