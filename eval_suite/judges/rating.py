"""Asking judges to grade cases: resumable, in a fixed order, one line on disk for each answer."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.models.interface import Completion, Request, Sampling
from eval_suite.episode import identity
from eval_suite.judges.case import Case
from eval_suite.judges.judgement import (
    LONGEST_RAW,
    JudgeError,
    Judgement,
    Preference,
    Record,
    RecordFile,
    Status,
    read_records,
)
from eval_suite.judges.panel import Judge, Settings
from eval_suite.judges.prompts import grading_constraint, grading_messages, item_order
from eval_suite.judges.reading import read_grades
from eval_suite.rubrics import Item, Rubric

log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
"""Called with how many judgements are done, and how many there are."""


@dataclass(frozen=True)
class Question:
    """One request, and what to make of its answer."""

    id: str
    judge: Judge
    request: Request
    record: Callable[[Completion], Judgement | Preference]


def rate(
    cases: Sequence[Case],
    rubric: Rubric,
    judges: Sequence[Judge],
    settings: Settings,
    path: Path,
    progress: Progress | None = None,
) -> list[Judgement]:
    """Grade cases, adding to a file what is not there yet.

    Blank answers are not shown to anybody: they get the lowest level of every item, because a missing answer is the
    agent's failure and stays in the denominator. What a judge fails to grade is unscored.

    Returns:
        The judgements of these cases, old and new, by case, judge and repeat.

    Raises:
        JudgeError: the file cannot be written, or a judge cannot answer at all (no key, no such model, cost cap).
    """
    blanks = [_blank(case, rubric, settings) for case in cases if case.blank]
    questions = [
        _question(case, rubric, judge, repeat, settings)
        for case in cases
        if not case.blank
        for judge in judges
        for repeat in range(settings.repeats)
    ]
    # The order of the file is that of the cases, so that the same run writes the same bytes.
    return ask(questions, path, Judgement, settings.batch, ready=blanks, progress=progress)


def ask(
    questions: Sequence[Question],
    path: Path,
    kind: type[Record],
    batch: int,
    *,
    ready: Sequence[Record] = (),
    progress: Progress | None = None,
) -> list[Record]:
    """Ask what the file does not answer yet; records that need no asking are ``ready``.

    Raises:
        JudgeError: the file cannot be written, or a judge cannot answer at all.
    """
    known = {record.id: record for record in read_records(path, kind)}
    done = {key for key, record in known.items() if not record.retry}
    unique = list({question.id: question for question in questions}.values())
    pending = [question for question in unique if question.id not in done]
    total, finished = len(unique), len(unique) - len(pending)
    if progress:
        progress(finished, total)
    with RecordFile(path) as file:
        new = [record for record in ready if record.id not in done]
        if new:
            file.add(*new)
            known |= {record.id: record for record in new}
        for group in _groups(pending, batch):
            for record in _ask_group(group, file):
                known[record.id] = record  # type: ignore[assignment]
            finished += len(group)
            if progress:
                progress(finished, total)
    wanted = [record.id for record in ready] + [question.id for question in unique]
    return [known[key] for key in wanted if key in known]


def _groups(questions: Sequence[Question], size: int) -> Iterator[list[Question]]:
    """Questions in groups of one judge each, in their order."""
    for start in range(0, len(questions), size):
        part = questions[start : start + size]
        for judge in dict.fromkeys(question.judge for question in part):
            yield [question for question in part if question.judge == judge]


def _ask_group(group: Sequence[Question], file: RecordFile) -> list[Judgement | Preference]:
    """Ask one judge; answers are written in the order of the questions, each as soon as those before it are there."""
    arrived: dict[int, Completion] = {}
    written: list[Judgement | Preference] = []
    failures: list[Exception] = []
    state = {"next": 0}
    lock = threading.Lock()

    def on_done(position: int, completion: Completion) -> None:
        with lock:
            arrived.setdefault(position, completion)
            try:
                while not failures and (following := arrived.get(state["next"])) is not None:
                    question = group[state["next"]]
                    state["next"] += 1
                    if following.finish == "dry_run" or (following.error is not None and following.error.kind.fatal):
                        continue
                    record = question.record(following)
                    file.add(record)
                    written.append(record)
            except Exception as error:  # this may be a thread of the model's, where nobody would see it
                failures.append(error)

    completions = group[0].judge.model.complete_batch([question.request for question in group], on_done)
    for position, completion in enumerate(completions):
        on_done(position, completion)
    if failures:
        raise failures[0]
    for completion in completions:
        if completion.error is not None and completion.error.kind.fatal:
            raise JudgeError(f"judge {group[0].judge.label}: {completion.error.message}; what was graded before is kept")
    return written


def _question(case: Case, rubric: Rubric, judge: Judge, repeat: int, settings: Settings) -> Question:
    items = rubric.asked(case.challenge)
    order = item_order(items, f"{settings.seed}:{rubric.digest}:{case.scenario}:{case.challenge}", repeat,
                       reverse=settings.reverse_items)  # fmt: skip
    request = Request(
        grading_messages(case, rubric, order, sees_situation=settings.sees_situation),
        Sampling(temperature=settings.temperature, max_tokens=settings.max_tokens),
        grading_constraint(rubric, order),
        repeat=repeat,
        episode=case.id,
    )
    prompt = identity(request=request.record())
    key = identity(case=case.key, rubric=rubric.digest, judge=judge.key, prompt=prompt, repeat=repeat)

    def record(completion: Completion) -> Judgement:
        return _judgement(key, prompt, case, rubric, order, judge, repeat, settings, completion)

    return Question(key, judge, request, record)


def _judgement(
    key: str,
    prompt: str,
    case: Case,
    rubric: Rubric,
    order: Sequence[Item],
    judge: Judge,
    repeat: int,
    settings: Settings,
    completion: Completion,
) -> Judgement:
    common = _case_fields(case, rubric, settings) | {
        "id": key,
        "judge": judge.label,
        "judge_key": judge.key,
        "judge_identity": judge.model.identity,
        "repeat": repeat,
        "order": [item.name for item in order],
        **completion_fields(prompt, completion),
    }
    if completion.error is not None:
        unscored: dict[str, float | None] = {item.name: None for item in order}
        return Judgement(**common, **failure_fields(completion), scores=unscored)
    grades = read_grades(completion.text, rubric, order)
    missing = [name for name, value in grades.scores.items() if math.isnan(value)]
    status: Status = "scored" if not grades.problems else "partial" if len(missing) < len(order) else "unparseable"
    problem = "; ".join(grades.problems)[:500]
    if completion.finish == "length":
        problem = f"the answer was cut at max_tokens={settings.max_tokens}; {problem}".rstrip("; ")
    scores = {name: None if math.isnan(value) else value for name, value in grades.scores.items()}
    return Judgement(**common, status=status, problem=problem, scores=scores, evidence=grades.evidence)


def completion_fields(prompt: str, completion: Completion) -> dict[str, Any]:
    """What every record keeps of an answer: nothing that differs between an answer and its copy in the cache."""
    return {
        "raw": storable(completion.text),
        "prompt_hash": prompt,
        "prompt_tokens": completion.prompt_tokens,
        "completion_tokens": completion.completion_tokens,
        "cost_usd": completion.cost_usd,
    }


def failure_fields(completion: Completion) -> dict[str, Any]:
    """Status, problem and whether to ask again, for an answer that did not come."""
    assert completion.error is not None
    kind = completion.error.kind
    # A refusal is an answer: asking again brings the same.
    return {"status": "error", "problem": f"{kind.value}: {completion.error.message}", "retry": kind.value != "refusal"}


def storable(text: str) -> str:
    """Text that can be written as UTF-8, of bounded length."""
    return text[:LONGEST_RAW].encode("utf-8", "replace").decode("utf-8")


def _case_fields(case: Case, rubric: Rubric, settings: Settings) -> dict[str, Any]:
    return {
        "case": case.id,
        "scenario": case.scenario,
        "resident": case.resident,
        "age": case.age,
        "challenge": case.challenge,
        "subject": case.subject,
        "rubric": rubric.name,
        "rubric_version": rubric.version,
        "rubric_digest": rubric.digest,
        "sees_situation": settings.sees_situation,
    }


def _blank(case: Case, rubric: Rubric, settings: Settings) -> Judgement:
    items = rubric.asked(case.challenge)
    scores = {item.name: None if item.optional else float(rubric.scale_of(item).low) for item in items}
    return Judgement(
        **_case_fields(case, rubric, settings),
        id=identity(case=case.key, rubric=rubric.digest, blank=True, sees_situation=settings.sees_situation),
        judge="",
        judge_key="",
        status="no_answer",
        problem="the agent gave no answer; nobody was asked",
        scores=scores,
    )
