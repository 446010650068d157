"""What the parties say afterwards: the resident of themselves and of the robot, a bystander of each turn, the robot of itself.

Four different variables that hardly correlate (Empathic Conversations, arXiv 2205.12698): kept apart, never averaged. All on
1 to 7, as there. The scripted resident fills in a questionnaire by rule, the bystander rates what anybody could see and hear
without knowing the person; both can be replaced by a model.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from envs.companion.persona import Persona
from envs.companion.process import Trajectory, norm
from envs.companion.record import CompanionTurn, Reports, SelfReport
from envs.scenarios.schema import Scenario
from envs.speech.acts import HARM, SHOW, read_speech

LOWEST, HIGHEST = 1.0, 7.0
SELF_ESTIMATE = "self_empathy"
"""Under this name an agent may leave its own estimate of a turn's empathy, 1 to 7, in ``Response.details``."""


def resident_reports(scenario: Scenario, persona: Persona, way: Trajectory) -> tuple[SelfReport, SelfReport]:
    """What a scripted resident says of themselves, and of the robot.

    Of themselves, after Batson's two scales: ``concern`` (warmed, moved, tender: the mean of the affective steps) and
    ``distress`` (upset, troubled, worried: how much of the deficit is left). Of the robot: ``empathy`` (being understood and
    comforted, harm counted double, the last turns more than the first) and ``trust`` (share of turns that did no harm).
    Traits shade the answers where the scenario has them: the unstable are more distressed, the agreeable milder.
    """
    scored = [point for point in way.points[1:] if point.scored]
    if not scored:
        return SelfReport(), SelfReport()
    reach = norm(way.start) or 1.0
    left = norm(way.points[-1].place) / reach
    traits = scenario.resident.traits
    unstable = (4 - traits.big_five.emotional_stability) / 6 if traits else 0.0
    milder = (traits.big_five.agreeableness - 4) / 6 if traits else 0.0
    moved = sum(point.step.affective for point in scored) / len(scored)
    weights = [1.0 + place / len(scored) for place in range(len(scored))]
    felt = [_felt(point.step.cognitive) + _felt(point.step.affective) for point in scored]
    empathy = sum(weight * value for weight, value in zip(weights, felt, strict=True)) / sum(weights)
    unharmed = sum(point.work > -0.5 for point in scored) / len(scored)
    own = {"concern": _scaled(4.0 + 1.5 * moved + milder), "distress": _scaled(1.0 + 4.0 * min(left, 1.5) + unstable)}
    robot = {"empathy": _scaled(4.0 + empathy + milder), "trust": _scaled(1.0 + 6.0 * unharmed + 0.5 * milder)}
    return SelfReport(items=own), SelfReport(items=robot)


def _felt(step: float) -> float:
    return step if step >= 0 else 2.0 * step / 2.5


def bystander_rating(turn: CompanionTurn) -> float:
    """How empathic a turn looks to somebody who knows neither the person nor the story, 1 to 7.

    Counts warm words and helpful deeds for it, hurtful words and failed deeds against it. A stranger is taken in by fine
    phrases once; that they are stock is plain to hear, so they earn little.
    """
    speech = read_speech(turn.said)
    acts = set(speech.acts)
    rating = 3.0
    rating += 0.8 * len(acts & {"validates", "affirms", "presence", "offers", "choice", "reframes", "asks"})
    rating += 0.5 * min(speech.shows, 2) if acts & set(SHOW) else 0.0
    rating += 0.5 * min(2, sum(act.ok for act in turn.actions))
    rating -= 0.5 * sum(not act.ok for act in turn.actions)
    rating -= 1.5 * len(acts & set(HARM)) + 0.5 * ("advises" in acts) + 0.5 * ("preaches" in acts)
    if not turn.said and not turn.actions:
        rating -= 1.0
    return _scaled(rating)


def own_estimate(details: Iterable[dict[str, Any]]) -> SelfReport:
    """What the robot thinks of itself: the mean of the estimates that it left; empty if it left none."""
    found = [float(item[SELF_ESTIMATE]) for item in details if isinstance(item.get(SELF_ESTIMATE), int | float)]
    found = [value for value in found if LOWEST <= value <= HIGHEST]
    return SelfReport(items={"empathy": round(sum(found) / len(found), 3)}) if found else SelfReport()


def reports_of(scenario: Scenario, persona: Persona, way: Trajectory, turns: Sequence[CompanionTurn]) -> Reports:
    """All four, by rule."""
    own, robot = resident_reports(scenario, persona, way)
    return Reports(
        resident_self=own,
        resident_of_robot=robot,
        third_party=[None if turn.error else bystander_rating(turn) for turn in turns],
        robot_self=own_estimate(turn.details for turn in turns),
    )


def _scaled(value: float) -> float:
    return round(min(HIGHEST, max(LOWEST, value)), 3)
