"""Judge validation: does a judge notice what it must, and is it unmoved by what must not move it?

Each test compares grades of answers with grades of the same answers perturbed, pair by pair. The verdict of a test rests on the
interval of the mean difference, resampled by resident, so that a judge neither passes nor fails by luck.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from envs.scenarios.schema import Scenario
from eval_suite.judges.agreement import Agreement, agreement
from eval_suite.judges.case import Case
from eval_suite.judges.judgement import JUDGEMENTS, PREFERENCES, JudgeError, Judgement, read_records
from eval_suite.judges.pairwise import Pair, balanced, prefer
from eval_suite.judges.panel import Judge, Settings
from eval_suite.judges.perturbations import TESTS, Expected, order_pairs, probes
from eval_suite.judges.rating import Progress, rate
from eval_suite.judges.scores import ScoreSet, score_set, write_rubric
from eval_suite.judges.verdicts import VERDICT, JudgeVerdict, State, write_verdict
from eval_suite.rubrics import Challenge, Rubric
from eval_suite.statistics import cluster_mean

MARGIN = 0.05
"""Share of the scale by which a grade may move without meaning anything: half a point of ten."""
PLACE_MARGIN = 0.2
"""Mean preference for a place (-1 to 1) that is still no bias: three times in five for the first."""
MOST_FLIPS = 0.3
"""Share of pairs whose preference may turn around with the order."""
LEAST_SCORED = 0.8
"""Share of gradings that must be readable."""
_EXAMPLES = 3
REVERSED = "judgements-reversed.jsonl"


@dataclass(frozen=True)
class Example:
    """One pair, for people to look at."""

    scenario: str
    difference: float
    original: float
    perturbed: float
    before: str
    after: str
    said_before: str = ""
    said_after: str = ""
    raw: str = ""
    """What the judge wrote about the perturbed answer, if it could not be read."""


@dataclass(frozen=True)
class TestResult:
    """One validity test of one judge. Differences are perturbed minus original, in points of the headline score.

    Args:
        name: of the test.
        expected: what has to become of the grade.
        state: ``passed``, ``failed`` or ``undecided``.
        reason: the verdict in one sentence, with the numbers that it rests on.
        asked: pairs that were made.
        scored: pairs in which both were graded.
        mean, median: of the differences.
        share_below: share of pairs with a lower grade, P(d < 0).
        ties: share of pairs with the same grade.
        low, high: 95 % interval of the mean, resampled by resident.
        margin: by how much a grade may move without meaning anything.
        flips: for ``order_swap``, share of pairs whose preference turned around.
        items: item to mean difference.
        styles: kind of perturbation to mean difference.
        examples: the pairs that speak most clearly, those against the judge first.
    """

    __test__ = False  # not for pytest

    name: str
    expected: Expected
    state: State
    reason: str
    asked: int
    scored: int
    mean: float
    median: float
    share_below: float
    ties: float
    low: float
    high: float
    margin: float
    flips: float = math.nan
    items: Mapping[str, float] = field(default_factory=dict)
    styles: Mapping[str, float] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True)
class Validation:
    """All validity tests of one judge.

    Args:
        judge: label.
        judge_key: hash of its identity.
        judge_identity: what its grades depend on.
        rubric: what it graded by.
        challenge: which answers it graded.
        headline: the score that differences are of.
        sees_situation: the paper's setting, or blinded.
        scenarios, residents: how many.
        tests: in order.
        unreadable: gradings that gave nothing readable, by kind.
    """

    judge: str
    judge_key: str
    judge_identity: Mapping[str, Any]
    rubric: Rubric
    challenge: Challenge
    headline: str
    sees_situation: bool
    scenarios: int
    residents: int
    tests: tuple[TestResult, ...]
    unreadable: Mapping[str, int] = field(default_factory=dict)

    @property
    def state(self) -> State:
        """Failed if a test failed, undecided if one could not decide, else passed."""
        states = [test.state for test in self.tests]
        return "failed" if "failed" in states else "undecided" if "undecided" in states or not states else "passed"

    @property
    def verdict(self) -> JudgeVerdict:
        """What marks the judge's grades from now on."""
        reasons = tuple(f"{TESTS[test.name].title}: {test.reason}" for test in self.tests if test.state != "passed")
        tests = tuple(_plain(test) for test in self.tests)
        return JudgeVerdict(self.judge, self.judge_key, self.rubric.name, self.rubric.digest, self.sees_situation, self.state,
                            reasons, tests)  # fmt: skip


def _plain(test: TestResult) -> dict[str, Any]:
    """The numbers of a test as strict JSON."""
    record = {name: value for name, value in asdict(test).items() if name != "examples"}
    return {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in record.items()}


def validate(
    judge: Judge,
    rubric: Rubric,
    scenarios: Sequence[Scenario],
    settings: Settings,
    folder: Path,
    *,
    challenge: Challenge = "empathetic_action",
    progress: Callable[[str], Progress] | None = None,
) -> Validation | None:
    """Run every validity test on a judge; judgements are kept in ``folder``, so that the same command goes on.

    Args:
        judge: who is tested.
        rubric: what it grades by.
        scenarios: what the tests are made from; at least two residents.
        settings: how it is asked.
        folder: judgements, preferences and ``verdict.json`` go there.
        challenge: which answers are graded.
        progress: given a label, returns something to be told how far it is.

    Returns:
        The results; None after a dry run.

    Raises:
        JudgeError: scenarios that no test can be made of, or a judge that cannot answer.
    """
    if rubric.unit != "response":
        raise JudgeError(f"rubric {rubric.name}: expected one that grades responses, got one for conversations; validate with "
                         "another rubric")  # fmt: skip
    if not rubric.asked(challenge):
        raise JudgeError(f"rubric {rubric.name}: expected items for {challenge}, got none; choose challenge= or rubric=")
    made = {name: found for name, found in probes(scenarios, challenge).items() if found}
    if not made:
        raise JudgeError(f"expected scenarios with references for {challenge}, got none in {len(scenarios)}")
    watch = progress or (lambda label: lambda done, total: None)
    cases = {case.id: case for found in made.values() for probe in found for case in (probe.original, probe.perturbed)}
    write_rubric(folder, rubric)
    graded = rate(list(cases.values()), rubric, [judge], settings, folder / JUDGEMENTS, watch(f"{judge.label}: answers"))
    best = [case for case in cases.values() if case.id.endswith("|best")]
    turned = rate(best, rubric, [judge], replace(settings, reverse_items=True), folder / REVERSED,
                  watch(f"{judge.label}: items reversed"))  # fmt: skip
    pairs = [Pair("best", "other", left, right) for left, right in order_pairs(scenarios, challenge)]
    preferred = prefer(pairs, [judge], settings, folder / PREFERENCES, progress=watch(f"{judge.label}: order swapped"))
    if not graded:
        return None
    scores = _Scores(rubric, challenge, judge, graded)
    reversed_scores = _Scores(rubric, challenge, judge, turned)
    results = [
        _paired(name, [(p.original, p.perturbed, p.style) for p in found], scores, scores) for name, found in made.items()
    ]
    if len(rubric.asked(challenge)) > 1:
        results.append(_paired("item_order", [(case, case, "") for case in best], scores, reversed_scores))
    compared = {case.id: case.answer for pair in pairs for case in (pair.left_case, pair.right_case)}
    results.append(_order_swap(balanced(preferred), compared))
    residents = {case.resident for case in cases.values()}
    unreadable = dict(scores.set.problems)
    validation = Validation(judge.label, judge.key, judge.model.identity, rubric, challenge, scores.headline,
                            settings.sees_situation, len(best), len(residents), tuple(results), unreadable)  # fmt: skip
    write_verdict(validation.verdict, folder / VERDICT)
    return validation


class _Scores:
    """Grades of cases by one judge, by the headline score and by item."""

    def __init__(self, rubric: Rubric, challenge: Challenge, judge: Judge, judgements: Sequence[Judgement]) -> None:
        self.rubric = rubric
        self.challenge = challenge
        self.headline = rubric.headline_for(challenge)
        self.judgements = {record.case: record for record in reversed(judgements)}
        self.set: ScoreSet = score_set(rubric, judgements, {judge.key: judge.label})

    def value(self, case: Case, name: str | None = None) -> float:
        return self.set.values.get(case.id, {}).get(f"{self.challenge}.{name or self.headline}", math.nan)

    def said(self, case: Case) -> str:
        """What the judge wrote about the item that decides most, for people to read."""
        record = self.judgements.get(case.id)
        if record is None:
            return ""
        name = self.headline if self.headline in record.evidence else next(iter(record.evidence), "")
        return f"{self.rubric.title_of(name)}: {record.evidence[name]}" if name else ""

    def raw(self, case: Case) -> str:
        record = self.judgements.get(case.id)
        return "" if record is None or record.status == "scored" else record.raw or record.problem


def _paired(name: str, pairs: Sequence[tuple[Case, Case, str]], before: _Scores, after: _Scores) -> TestResult:
    test = TESTS[name]
    rubric, challenge = before.rubric, before.challenge
    differences = [after.value(two) - before.value(one) for one, two, _ in pairs]
    items = {
        item.name: _nanmean([after.value(two, item.name) - before.value(one, item.name) for one, two, _ in pairs])
        for item in rubric.asked(challenge)
    }
    kinds = sorted({style for _, _, style in pairs if style})
    styles = {
        kind: _nanmean([d for d, (_, _, style) in zip(differences, pairs, strict=True) if style == kind]) for kind in kinds
    }
    order = sorted(
        range(len(pairs)), key=lambda i: (not math.isnan(differences[i]), -_against(test.expected, differences[i]), i)
    )
    examples = tuple(
        Example(
            scenario=pairs[i][0].scenario,
            difference=differences[i],
            original=before.value(pairs[i][0]),
            perturbed=after.value(pairs[i][1]),
            before=_shown(pairs[i][0]),
            after=_shown(pairs[i][1]),
            said_before=before.said(pairs[i][0]),
            said_after=after.said(pairs[i][1]),
            raw=after.raw(pairs[i][1]),
        )
        for i in order[:_EXAMPLES]
    )
    margin = MARGIN * rubric.width_of(before.headline)
    clusters = [one.resident for one, _, _ in pairs]
    return _result(name, differences, clusters, margin, items=items, styles=styles, examples=examples)


def _shown(case: Case) -> str:
    return f"{case.answer}\n(wants: {case.wishes})" if case.wishes else case.answer


def _against(expected: Expected, difference: float) -> float:
    """How much a difference speaks against the judge."""
    if math.isnan(difference):
        return 0.0
    return abs(difference) if expected == "same" else difference


def _order_swap(joined: Sequence[tuple[Any, float, float]], answers: Mapping[str, str]) -> TestResult:
    biases = [bias for _, _, bias in joined]
    scored = [bias for bias in biases if not math.isnan(bias)]
    flips = sum(abs(bias) == 1 for bias in scored) / len(scored) if scored else math.nan
    moved = [(record, bias) for record, _, bias in joined if not math.isnan(bias) and bias]
    examples = tuple(
        Example(record.scenario, bias, math.nan, math.nan, answers.get(record.first_case, ""),
                answers.get(record.second_case, ""), said_after=record.evidence)
        for record, bias in sorted(moved, key=lambda row: -abs(row[1]))[:_EXAMPLES]
    )  # fmt: skip
    return _result(
        "order_swap", biases, [record.resident for record, _, _ in joined], PLACE_MARGIN, flips=flips, examples=examples
    )


def _result(
    name: str,
    differences: Sequence[float],
    clusters: Sequence[str],
    margin: float,
    *,
    flips: float = math.nan,
    items: Mapping[str, float] | None = None,
    styles: Mapping[str, float] | None = None,
    examples: tuple[Example, ...] = (),
) -> TestResult:
    expected = TESTS[name].expected
    scored = [difference for difference in differences if not math.isnan(difference)]
    estimate = cluster_mean(differences, clusters)
    state, reason = judged(expected, estimate.mean, estimate.low, estimate.high, margin, len(scored), len(differences), flips)
    return TestResult(
        name=name,
        expected=expected,
        state=state,
        reason=reason,
        asked=len(differences),
        scored=len(scored),
        mean=estimate.mean,
        median=float(np.median(scored)) if scored else math.nan,
        share_below=sum(d < 0 for d in scored) / len(scored) if scored else math.nan,
        ties=sum(d == 0 for d in scored) / len(scored) if scored else math.nan,
        low=estimate.low,
        high=estimate.high,
        margin=margin,
        flips=flips,
        items=items or {},
        styles=styles or {},
        examples=examples,
    )


def judged(
    expected: Expected, mean: float, low: float, high: float, margin: float, scored: int, asked: int, flips: float = math.nan
) -> tuple[State, str]:
    """The verdict on a mean difference and its interval, and why.

    ``lower`` passes if the whole interval is below 0, ``not_higher`` if it is not above the margin, ``same`` if it is within
    the margin on both sides. It fails if the mean itself is on the wrong side, and cannot decide in between.
    """
    if scored < LEAST_SCORED * asked or not scored:
        return "failed", f"only {scored} of {asked} pairs could be scored; the judge's other answers were unreadable or missing"
    if not flips <= MOST_FLIPS and not math.isnan(flips):
        return (
            "failed",
            f"the preference turned around with the order in {flips:.0%} of the pairs (at most {MOST_FLIPS:.0%} may)",
        )
    between = f"mean change {mean:+.2f} [{low:+.2f}, {high:+.2f}]"
    if math.isnan(low) or math.isnan(high):
        return "undecided", f"{between[: between.index('[')].strip()} of one resident alone; more residents are needed"
    if expected == "lower":
        if high < 0:
            return "passed", f"grades fell as they should, {between}"
        if mean >= 0:
            return "failed", f"grades should have fallen, {between}"
        return "undecided", f"grades fell, but not clearly, {between}; use more scenarios"
    if expected == "not_higher":
        if high <= margin:
            return "passed", f"grades did not rise, {between}"
        if mean > margin:
            return "failed", f"grades rose by more than {margin:.2f}, {between}"
        return "undecided", f"grades may have risen by more than {margin:.2f}, {between}; use more scenarios"
    if low >= -margin and high <= margin:
        return "passed", f"grades stayed within {margin:.2f}, {between}"
    if abs(mean) > margin:
        return "failed", f"grades moved by more than {margin:.2f}, {between}"
    return "undecided", f"grades may have moved by more than {margin:.2f}, {between}; use more scenarios"


def _nanmean(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan


def agreement_of_judges(folders: Mapping[str, Path], rubric: Rubric, challenge: Challenge) -> list[Agreement]:
    """How far judges agree on the answers that they were validated with, by item.

    Args:
        folders: judge's label to the folder that its validation wrote.
        rubric: that all of them graded by.
        challenge: that all of them graded.
    """
    sets: dict[str, ScoreSet] = {}
    for label, folder in folders.items():
        records = [
            record
            for record in read_records(folder / JUDGEMENTS, Judgement)
            if record.rubric_digest == rubric.digest and record.challenge == challenge
        ]
        sets[label] = score_set(rubric, records, {record.judge_key: record.judge for record in records if record.judge_key})
    names = [item.name for item in rubric.asked(challenge)] + [entry.name for entry in rubric.aggregates_for(challenge)]
    found = []
    for name in names:
        key = f"{challenge}.{name}"
        ratings = {
            label: {case: values[key] for case, values in scores.values.items() if key in values}
            for label, scores in sets.items()
        }
        found.append(agreement(rubric.title_of(name), ratings))
    return [row for row in found if row.units]
