"""From scenarios to supervised records: the three challenges, whole days with one resident, and honest variations."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agents.finetuning.errors import FinetuneError
from agents.finetuning.prompting import next_moment, perceive, prompt_version, questions
from agents.finetuning.records import CHALLENGES, Challenge, Origin, TrainingRecord, Turn, short_hash
from agents.finetuning.splits import origin_of
from agents.finetuning.variations import VARIATIONS, vary
from envs.scenarios.schema import Scenario
from plans.plan import Plan, format_plan


@dataclass(frozen=True)
class SupervisedData:
    """What records are made of scenarios.

    Args:
        challenges: which of the paper's three.
        references: how many ranked references of a scenario answer for the action (1: the best alone).
        multi_turn: share of records that are conversations over several moments of one resident, 0 to 1. SoulChat
            (arXiv 2311.00273) found that single turns alone tire people and several alone lose the advice: mix both.
        turns: moments in such a conversation.
        script: whether the resident's steps are told (the paper's text-input setting).
        max_actions: as in the agent that will be evaluated.
        variations: kinds of :data:`~agents.finetuning.variations.VARIATIONS` to add; all use training scenarios alone.
        copies: how many varied copies of each single record are added.
        copies_teach: ``all`` of each answer, or the action's ``deeds`` alone: the same words over and over are learned by
            heart, and what to do is drowned in them.
        words: share of the copies that teach deeds which teach the words as well.
        brief: share of those copies that are asked as a later turn of a conversation is, by what was seen and heard alone: a
            third of the tokens, so that a small machine can show a small model three times as many.
        seed: of everything random.
    """

    challenges: tuple[str, ...] = CHALLENGES
    references: int = 1
    multi_turn: float = 0.0
    turns: int = 4
    script: bool = True
    max_actions: int = 4
    variations: tuple[str, ...] = ()
    copies: int = 0
    copies_teach: str = "all"
    words: float = 0.0
    brief: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name, allowed in (("challenges", CHALLENGES), ("variations", tuple(VARIATIONS))):
            unknown = [item for item in getattr(self, name) if item not in allowed]
            if unknown:
                raise FinetuneError(f"data.{name}: expected some of {', '.join(allowed)}; got {unknown[0]!r}")
        if not self.challenges:
            raise FinetuneError(f"data.challenges: expected some of {', '.join(CHALLENGES)}; got none")
        for name in ("multi_turn", "words", "brief"):
            if not 0 <= getattr(self, name) <= 1:
                raise FinetuneError(f"data.{name}: expected a share from 0 to 1, got {getattr(self, name)}")
        for name, low in (("references", 1), ("turns", 2), ("max_actions", 1), ("copies", 0)):
            if getattr(self, name) < low:
                raise FinetuneError(f"data.{name}: expected at least {low}, got {getattr(self, name)}")
        if self.copies_teach not in ("all", "deeds"):
            raise FinetuneError(f"data.copies_teach: expected all or deeds, got {self.copies_teach!r}")
        if self.copies and not self.variations:
            raise FinetuneError(f"data.copies={self.copies}: expected data.variations to say how copies differ, got none")


def build_records(scenarios: Sequence[Scenario], data: SupervisedData = SupervisedData()) -> list[TrainingRecord]:  # noqa: B008
    """Make records of scenarios.

    References that are not legal plans (official data hold some) teach nothing and are left out.

    Raises:
        FinetuneError: no scenario has anything to learn from.
    """
    rng = random.Random(data.seed)
    single = [record for scenario in scenarios for record in _single(scenario, data)]
    for copy in range(data.copies):
        for scenario in scenarios:
            single += _varied(scenario, scenarios, data, random.Random(f"{data.seed}:{copy}:{scenario.id}"), copy)
    if data.multi_turn == 1:
        many, single = _conversations(scenarios, data, rng, max(1, len(single) // data.turns)), []
    else:
        many = _conversations(scenarios, data, rng, round(len(single) * data.multi_turn / (1 - data.multi_turn)))
    records = [*single, *many]
    if not records:
        raise FinetuneError(f"expected scenarios with legal references to learn from, got none among {len(scenarios)}")
    rng.shuffle(records)
    return records


def answers(scenario: Scenario, data: SupervisedData) -> Iterator[tuple[Challenge, int, str, tuple[str, ...]]]:
    """What there is to learn: challenge, place of the reference, text, actions."""
    if "scenario_understanding" in data.challenges and scenario.situation.strip():
        yield "scenario_understanding", 0, " ".join(scenario.situation.split()), ()
    told = scenario.references[0].plan_nl.strip()
    if "empathetic_planning" in data.challenges and told:
        yield "empathetic_planning", 0, " ".join(told.split()), ()
    if "empathetic_action" in data.challenges:
        for place, reference in enumerate(scenario.references[: data.references]):
            plan = reference.plan
            if legal(plan) and len(plan.actions) <= data.max_actions:
                yield "empathetic_action", place, format_plan(plan), plan.actions


def legal(plan: Plan) -> bool:
    """Whether a plan is one to learn: read without an issue, and with words."""
    return not plan.issues and bool((plan.utterance or "").strip())


def _single(scenario: Scenario, data: SupervisedData) -> Iterator[TrainingRecord]:
    asked = questions(perceive(scenario, script=data.script), data.max_actions)
    for challenge, place, text, actions in answers(scenario, data):
        yield _record(asked[challenge], challenge, text, actions, _origin(scenario, data, place))


def _varied(
    scenario: Scenario, pool: Sequence[Scenario], data: SupervisedData, rng: random.Random, copy: int
) -> Iterator[TrainingRecord]:
    found = vary(data.variations, scenario, pool, rng)
    if found is None:
        return
    varied, kind = found
    perception = perceive(scenario, profile=varied.profile, dialogue=varied.dialogue, script=data.script)
    asked = questions(perception, data.max_actions)
    if rng.random() < data.brief:
        asked["empathetic_action"] = (next_moment(perception),)
    deeds = data.copies_teach == "deeds"
    for challenge, place, text, actions in answers(scenario, data):
        # Deeds are the action's alone. What is told about the resident is an answer of another challenge, in whose question it
        # must not stand.
        if deeds and challenge != "empathetic_action":
            continue
        if challenge not in varied.spoils:
            yield _record(
                asked[challenge],
                challenge,
                text,
                actions,
                _origin(scenario, data, place, f"{kind}#{copy}"),
                deeds=deeds and rng.random() >= data.words,
            )


def _conversations(scenarios: Sequence[Scenario], data: SupervisedData, rng: random.Random, count: int) -> list[TrainingRecord]:
    """Several moments of one resident in one conversation: the full question first, then only what was seen and heard."""
    if "empathetic_action" not in data.challenges or count <= 0:
        return []
    homes: defaultdict[str, list[tuple[Scenario, str, tuple[str, ...]]]] = defaultdict(list)
    for scenario in scenarios:
        found = [item for item in answers(scenario, data) if item[0] == "empathetic_action"][:1]
        if found:
            homes[scenario.resident.id].append((scenario, found[0][2], found[0][3]))
    residents = sorted(name for name, moments in homes.items() if len(moments) > 1)
    made: list[TrainingRecord] = []
    while residents and len(made) < count:
        for resident in rng.sample(residents, len(residents)):
            moments = rng.sample(homes[resident], min(data.turns, len(homes[resident])))
            made.append(_conversation(moments, data))
    return made[:count]


def _conversation(moments: Sequence[tuple[Scenario, str, tuple[str, ...]]], data: SupervisedData) -> TrainingRecord:
    first = moments[0][0]
    turns: list[Turn] = []
    for scenario, text, actions in moments:
        perception = perceive(scenario, script=data.script)
        turns += [next_moment(perception)] if turns else questions(perception, data.max_actions)["empathetic_action"]
        turns.append(Turn(role="assistant", content=text, actions=actions))
    origin = _origin(first, data, 0).model_copy(update={"scenarios": tuple(scenario.id for scenario, _, _ in moments)})
    identity = short_hash([turn.content for turn in turns])
    return TrainingRecord(id=f"day-{identity}", challenge="empathetic_action", messages=tuple(turns), origin=origin)


def _record(
    asked: tuple[Turn, ...], challenge: Challenge, text: str, actions: tuple[str, ...], origin: Origin, *, deeds: bool = False
) -> TrainingRecord:
    turns = (*asked, Turn(role="assistant", content=text, actions=actions, learned="deeds" if deeds else "all"))
    identity = f"{origin.scenarios[0]}:{challenge}:{origin.reference}" + (f":{origin.variation}" if origin.variation else "")
    return TrainingRecord(id=identity, challenge=challenge, messages=turns, origin=origin)


def _origin(scenario: Scenario, data: SupervisedData, place: int, variation: str = "") -> Origin:
    return origin_of(scenario, reference=place, variation=variation, prompt=prompt_version(data.max_actions))
