"""Pairwise preferences: which of two agents' answers to the same moment is the better one, each pair asked in both orders."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from agents.models.interface import Completion, Request, Sampling
from eval_suite.comparison import Run, read_run
from eval_suite.episode import identity
from eval_suite.judges.bradley_terry import Rating, ratings
from eval_suite.judges.case import Case, answer_of, case_of
from eval_suite.judges.judgement import PREFERENCES, JudgeError, Preference
from eval_suite.judges.panel import Judge, Settings, refuse_self_grading
from eval_suite.judges.prompts import preference_constraint, preference_messages
from eval_suite.judges.rating import Progress, Question, ask, completion_fields, failure_fields
from eval_suite.judges.reading import read_preference
from eval_suite.rubrics import Challenge
from eval_suite.store import find_runs

QUESTION = "Which of the two would this person, in this moment, feel better understood and better helped by?"
_MAX_TOKENS = 400


@dataclass(frozen=True)
class Pair:
    """Two answers to the same moment.

    Args:
        left, right: labels of the agents.
        left_case, right_case: their answers.
    """

    left: str
    right: str
    left_case: Case
    right_case: Case


@dataclass(frozen=True)
class Preferences:
    """What came of a comparison.

    Args:
        challenge: what was compared.
        ratings: strongest first.
        matches: (winner's row, column) shares: label to label to share of pairs won, draws half.
        pairs: how many pairs were asked.
        unscored: of these, how many have no readable preference in one of the orders.
        flips: share of scored pairs whose preference turned around with the order.
        first_bias: mean preference for whatever stands first, -1 to 1; 0 is none.
    """

    challenge: Challenge
    ratings: list[Rating]
    matches: Mapping[str, Mapping[str, float]]
    pairs: int
    unscored: int
    flips: float
    first_bias: float


def prefer(
    pairs: Sequence[Pair],
    judges: Sequence[Judge],
    settings: Settings,
    path: Path,
    *,
    question: str = QUESTION,
    progress: Progress | None = None,
) -> list[Preference]:
    """Ask each judge about each pair in both orders, adding to a file what is not there yet.

    Raises:
        JudgeError: the file cannot be written, or a judge cannot answer at all.
    """
    ready: list[Preference] = []
    questions: list[Question] = []
    for pair in pairs:
        for swapped in (False, True):
            ordered = Pair(pair.right, pair.left, pair.right_case, pair.left_case) if swapped else pair
            if pair.left_case.blank or pair.right_case.blank:
                ready.append(_walkover(ordered, question, settings))
                continue
            for judge in judges:
                questions += [_question(ordered, judge, repeat, question, settings) for repeat in range(settings.repeats)]
    return ask(questions, path, Preference, settings.batch, ready=ready, progress=progress)


def _question(pair: Pair, judge: Judge, repeat: int, question: str, settings: Settings) -> Question:
    request = Request(
        preference_messages(pair.left_case, pair.right_case, question, sees_situation=settings.sees_situation),
        Sampling(temperature=settings.temperature, max_tokens=max(_MAX_TOKENS, settings.max_tokens)),
        preference_constraint(),
        repeat=repeat,
        episode=pair.left_case.id,
    )
    prompt = identity(request=request.record())
    key = identity(left=pair.left_case.key, right=pair.right_case.key, judge=judge.key, prompt=prompt, repeat=repeat)

    def record(completion: Completion) -> Preference:
        fields = _pair_fields(pair, question, settings) | {
            "id": key,
            "judge": judge.label,
            "judge_key": judge.key,
            "judge_identity": judge.model.identity,
            "repeat": repeat,
            **completion_fields(prompt, completion),
        }
        if completion.error is not None:
            return Preference(**fields, **failure_fields(completion))
        value, evidence, problem = read_preference(completion.text)
        if problem is not None:
            return Preference(**fields, status="unparseable", problem=problem, evidence=evidence)
        return Preference(**fields, status="scored", preference=value, evidence=evidence)

    return Question(key, judge, request, record)


def _pair_fields(pair: Pair, question: str, settings: Settings) -> dict[str, Any]:
    return {
        "scenario": pair.left_case.scenario,
        "resident": pair.left_case.resident,
        "challenge": pair.left_case.challenge,
        "question": question,
        "first": pair.left,
        "second": pair.right,
        "first_case": pair.left_case.id,
        "second_case": pair.right_case.id,
        "sees_situation": settings.sees_situation,
    }


def _walkover(pair: Pair, question: str, settings: Settings) -> Preference:
    """A missing answer loses to any other, and nobody needs to be asked."""
    value = 0.0 if pair.left_case.blank and pair.right_case.blank else -1.0 if pair.left_case.blank else 1.0
    fields = _pair_fields(pair, question, settings)
    key = identity(walkover=True, left=pair.left_case.key, right=pair.right_case.key, **fields)
    return Preference(**fields, id=key, judge="", judge_key="", status="no_answer", preference=value,
                      problem="an answer is missing; nobody was asked")  # fmt: skip


def prefer_runs(
    folder: str | Path,
    challenge: Challenge,
    judges: Sequence[Judge],
    settings: Settings | None = None,
    *,
    progress: Progress | None = None,
) -> Preferences | None:
    """Compare every two runs in a folder on the scenarios that both have, and rate them.

    Args:
        folder: with two or more runs in it; ``preferences.jsonl`` is added to it.
        challenge: which answers are compared.
        judges: who compares.
        settings: how they are asked.
        progress: told how far it is.

    Returns:
        Ratings and what they rest on; None after a dry run.

    Raises:
        StoreError: fewer than two runs that share a scenario, or a judge that cannot answer.
    """
    settings = settings or Settings()
    root = Path(folder)
    runs = [run for path in find_runs(root) if not _hidden(path, root) for run in read_run(path)]
    refuse_self_grading(judges, [episode for run in runs for episode in run.episodes], settings)
    pairs = pairs_of(runs, challenge)
    if not pairs:
        raise JudgeError(f"{root}: expected two runs that answer {challenge} in the same scenarios, found none")
    records = prefer(pairs, judges, settings, root / PREFERENCES, progress=progress)
    return summarise(records, challenge) if records else None


def _hidden(path: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(root).parts)


def pairs_of(runs: Sequence[Run], challenge: Challenge) -> list[Pair]:
    """Every two runs' answers to the scenarios that both have; runs that never answer the challenge are left out."""
    answered: dict[str, dict[str, Case]] = {}
    for number, run in enumerate(runs):
        label = run.label if run.label not in answered else f"{run.label} #{number}"
        answers = {episode.id: answer_of(episode, challenge) for episode in run.episodes}
        if any(answers.values()):
            answered[label] = {
                identity(scenario=episode.scenario.model_dump(mode="json")): case_of(
                    episode.scenario, challenge, answers[episode.id] or "", id=episode.id
                )
                for episode in run.episodes
            }
    return [
        Pair(left, right, answered[left][key], answered[right][key])
        for left, right in combinations(answered, 2)
        for key in answered[left]
        if key in answered[right]
    ]


def balanced(records: Sequence[Preference]) -> list[tuple[Preference, float, float]]:
    """Both orders of each pair (by judge and repeat) joined: record, preference for its first, and for whatever stood first.

    A preference that turns around with the order is a draw: the judge looked at the place, not at the answers. NaN if one of
    the orders is unscored.
    """
    halves: dict[tuple[Any, ...], dict[tuple[str, str], Preference]] = defaultdict(dict)
    for record in records:
        cases = record.first_case, record.second_case
        key = (*sorted(cases), record.challenge, record.question, record.judge_key, record.repeat, record.sees_situation)
        halves[key][cases] = record
    joined = []
    for orders in halves.values():
        first, *rest = orders.values()
        one = math.nan if first.preference is None else first.preference
        two = math.nan if not rest or rest[0].preference is None else rest[0].preference
        joined.append((first, (one - two) / 2, (one + two) / 2))
    return joined


def summarise(records: Sequence[Preference], challenge: Challenge, *, seed: int = 0) -> Preferences:
    """Ratings, and how much the order mattered."""
    joined = balanced(records)
    labels = sorted({label for record in records for label in (record.first, record.second)})
    place = {label: i for i, label in enumerate(labels)}
    outcomes = [(place[record.first], place[record.second], (value + 1) / 2) for record, value, _ in joined]
    rated = ratings(labels, outcomes, [record.resident for record, _, _ in joined], seed=seed)
    scored = [(value, bias) for _, value, bias in joined if not math.isnan(value)]
    asked = [(value, bias) for record, value, bias in joined if record.status != "no_answer" and not math.isnan(value)]
    flips = sum(abs(bias) == 1 for _, bias in asked) / len(asked) if asked else math.nan
    first_bias = sum(bias for _, bias in asked) / len(asked) if asked else math.nan
    shares: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for first, second, points in outcomes:
        if not math.isnan(points):
            shares[labels[first]][labels[second]].append(points)
            shares[labels[second]][labels[first]].append(1 - points)
    matches = {one: {two: sum(p) / len(p) for two, p in row.items()} for one, row in shares.items()}
    return Preferences(challenge, rated, matches, len(joined), len(joined) - len(scored), flips, first_bias)
