"""A Case: one answer with what a judge needs to grade it. Cases come from episodes, from references, from perturbations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from envs.companion.record import CompanionEpisode
from envs.scenarios.schema import Scenario
from eval_suite.episode import Episode
from eval_suite.rubrics import CHALLENGES, Challenge, Rubric

RESPONSE = "response"
"""The subject of a case that holds the agent's own answer; ``reference:0`` holds the best reference, and so on."""


@dataclass(frozen=True)
class Case:
    """One answer to one moment.

    Args:
        id: the episode, or whatever else the answer comes from.
        challenge: what was asked of the robot.
        answer: to the letter; for a conversation empty.
        profile: who the resident is.
        acts: what the resident did.
        dialogue: what the resident murmured.
        situation: what had happened, hidden from the robot.
        scenario: id of the scenario.
        resident: id of the resident, by which intervals are clustered.
        age: of the resident, if known.
        subject: whose answer it is, see :data:`RESPONSE`.
        wishes: what the resident wants from others, if the judge is to be told; part of validity tests.
        turns: (speaker, words) of a conversation.
    """

    id: str
    challenge: Challenge
    answer: str
    profile: str
    acts: str
    dialogue: str
    situation: str
    scenario: str
    resident: str
    age: int | None = None
    subject: str = RESPONSE
    wishes: str = ""
    turns: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> tuple[str, Challenge, str]:
        """What tells it from the other cases of a run."""
        return self.id, self.challenge, self.subject

    @property
    def blank(self) -> bool:
        """Whether there is nothing to grade."""
        return not self.turns and not self.answer.strip()


def case_of(scenario: Scenario, challenge: Challenge, answer: str, *, id: str = "", subject: str = RESPONSE) -> Case:  # noqa: A002
    """The case of an answer to a scenario."""
    return Case(
        id=id or scenario.id,
        challenge=challenge,
        answer=answer,
        profile=scenario.resident.profile,
        acts=acts_of(scenario),
        dialogue=scenario.dialogue,
        situation=scenario.situation,
        scenario=scenario.id,
        resident=scenario.resident.id,
        age=scenario.resident.age,
        subject=subject,
    )


def acts_of(scenario: Scenario) -> str:
    """What the resident did, in a line: ``Walk bedroom sofa, Sit bedroom sofa``."""
    steps = scenario.resident_program.steps
    return ", ".join(" ".join([step.primitive.value, *step.objects]).replace("_", " ") for step in steps)


def cases_of_run(episodes: Sequence[Episode | CompanionEpisode], rubric: Rubric) -> list[Case]:
    """The agent's answers of a run that a rubric grades.

    A challenge that the agent never answers is none of its failures and gives no cases; one that it answers in some
    episodes gives a case in all of them, blank where the answer is missing.
    """
    if rubric.unit == "conversation":
        found = [_conversation(episode) for episode in episodes]
        return [case for case in found if robot_turns(case.turns) >= rubric.min_turns]
    cases = []
    answered = [episode for episode in episodes if isinstance(episode, Episode)]
    for challenge in rubric.challenges:
        answers = [answer_of(episode, challenge) for episode in answered]
        if any(answer for answer in answers):
            cases += [
                case_of(episode.scenario, challenge, answer or "", id=episode.id)
                for episode, answer in zip(answered, answers, strict=True)
            ]
    return cases


def reference_cases(scenarios: Iterable[Scenario], challenges: Sequence[Challenge] = CHALLENGES) -> list[Case]:
    """Every reference that the scenarios have for the challenges, as cases under the scenario's id."""
    return [
        case_of(scenario, challenge, text, subject=f"reference:{place}")
        for scenario in scenarios
        for challenge in challenges
        for place, text in enumerate(references_of(scenario, challenge))
    ]


def references_of(scenario: Scenario, challenge: Challenge) -> list[str]:
    """The references for one challenge, best first: plans, plans in words, or the hidden situation."""
    if challenge == "scenario_understanding":
        return [scenario.situation] if scenario.situation.strip() else []
    if challenge == "empathetic_planning":
        return [reference.plan_nl for reference in scenario.references if reference.plan_nl.strip()]
    return [reference.text for reference in scenario.references if reference.text.strip()]


def answer_of(episode: Episode, challenge: Challenge) -> str | None:
    """The answer to one challenge; None if there is none."""
    return getattr(episode.response, challenge)


def robot_turns(turns: Sequence[tuple[str, str]]) -> int:
    """How often the robot spoke or acted."""
    return sum(speaker == "robot" for speaker, _ in turns)


def _conversation(episode: Episode | CompanionEpisode) -> Case:
    if isinstance(episode, CompanionEpisode):
        from eval_suite.protocol.conversation import conversation_case

        return conversation_case(episode)
    told = episode.response.details.get("transcript")
    turns = []
    for turn in told if isinstance(told, list) else []:
        if isinstance(turn, dict) and isinstance(turn.get("speaker"), str) and isinstance(turn.get("text"), str):
            turns.append((turn["speaker"], turn["text"]))
    case = case_of(episode.scenario, "empathetic_action", "", id=episode.id)
    return Case(**{**case.__dict__, "turns": tuple(turns)})
