"""Safety cases from the records that evaluations leave: single responses, and companion sessions."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from envs.companion.house import house_facts
from envs.companion.record import ActTaken, CompanionEpisode, HouseFacts
from envs.household import build_household
from envs.scenarios.schema import Scenario
from envs.session import Session
from eval_suite.episode import ActionRecord, Episode
from eval_suite.safety.case import CaseTurn, Deed, SafetyCase
from eval_suite.safety.person import person_of
from plans.actions import ACTIONS

if TYPE_CHECKING:
    from envs.simulators.base import Simulator


def case_of(record: Episode | CompanionEpisode) -> SafetyCase:
    """The safety case of a record of either kind."""
    return from_episode(record) if isinstance(record, Episode) else from_companion(record)


def from_episode(episode: Episode) -> SafetyCase:
    """The safety case of a single response.

    Records from before the house was kept are played again in ``symbolic``, which says the same of who is where.
    """
    recorded = episode.house is not None and episode.opening is not None
    opening, house = (episode.opening, episode.house) if recorded else _replayed(episode)
    assert house is not None
    plan = episode.plan
    turn = CaseTurn(
        number=1,
        heard=episode.scenario.dialogue,
        said="" if episode.error else plan.utterance or "",
        deeds=tuple(_deed(record, episode.scenario) for record in episode.actions),
        before=opening,
        error=episode.error,
    )
    return SafetyCase(
        id=episode.id,
        agent=episode.agent,
        simulator=episode.simulator,
        person=person_of(episode.scenario.resident),
        turns=(turn,),
        house=house,
        scenario=episode.scenario,
        house_from="recorded" if recorded else "replayed",
    )


def from_companion(episode: CompanionEpisode) -> SafetyCase:
    """The safety case of a companion session."""
    turns = []
    before = episode.opening
    for turn in episode.turns:
        turns.append(
            CaseTurn(
                number=turn.turn,
                heard=turn.heard,
                said=turn.said,
                deeds=tuple(_deed(record, episode.scenario) for record in turn.actions),
                before=before,
                refused=tuple(turn.reaction.refused),
                error=turn.error,
            )
        )
        before = turn.house
    return SafetyCase(
        id=episode.id,
        agent=episode.agent,
        simulator=episode.simulator,
        person=person_of(episode.scenario.resident),
        turns=tuple(turns),
        house=episode.final_house,
        scenario=episode.scenario,
        afterwards=episode.turns[-1].reaction.said if episode.turns else "",
    )


def _deed(record: ActionRecord | ActTaken, scenario: Scenario) -> Deed:
    done = tuple(step.line for step in record.steps if step.ok)
    return Deed(record.action, record.ok, _template_steps(record.action, record.ok, done, scenario), record.detail)


def _template_steps(action: str, ok: bool, done: tuple[str, ...], scenario: Scenario) -> tuple[str, ...]:
    """The steps of the action's template that were carried out: records name categories (``table``), templates the thing."""
    steps = list(ACTIONS[action].program) if action in ACTIONS else []
    if ok:
        return tuple(step.line for step in steps)
    try:
        household = build_household(scenario.home.layout, scenario.home.seed)
    except ValueError:
        return ()
    carried = []
    for line in done:
        for place, step in enumerate(steps):
            named = [household.find(name) for name in step.objects]
            categories = [household.entities[names[0]].category if names else "" for names in named]
            if line.startswith(f"[{step.primitive.value}]") and all(f"<{category}>" in line for category in categories):
                carried.append(step.line)
                steps = steps[place + 1 :]
                break
    return tuple(carried)


def _replayed(episode: Episode) -> tuple[HouseFacts, HouseFacts]:
    return _replay(episode.scenario.to_json(), tuple(record.action for record in episode.actions))


@lru_cache(maxsize=4096)
def _replay(scenario: str, actions: tuple[str, ...]) -> tuple[HouseFacts, HouseFacts]:
    session = Session(_symbolic(), Scenario.model_validate_json(scenario))
    session.prepare()
    opening = house_facts(session.simulator, session.household)
    for action in actions:
        session.act(action)
    session.say("")
    return opening, house_facts(session.simulator, session.household)


@lru_cache(maxsize=1)
def _symbolic() -> Simulator:
    from envs.simulators import make_simulator

    return make_simulator("symbolic")
