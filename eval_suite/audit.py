"""Audits: what a scenario set is made of, how it could be gamed, and whether its reference plans can be carried out.

Works on any scenario set, the official one included; what a set does not label is left out of its report.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field

from envs.scenarios.schema import Scenario
from eval_suite import blind_scores, executability, fairness, text_quality
from plans.actions import ACTIONS
from plans.plan import IssueKind

_LISTED = 5


@dataclass(frozen=True)
class Check:
    """One measured thing.

    Args:
        section: which part of the report it belongs to.
        name: what was measured.
        value: the number, or a short text.
        target: what it should be, in words; empty if it is only reported.
        ok: whether the target is met; None without one.
        detail: examples or the numbers behind it.
    """

    section: str
    name: str
    value: float | str
    target: str = ""
    ok: bool | None = None
    detail: str = ""


@dataclass
class Audit:
    """All that was measured of one set."""

    name: str
    size: int
    checks: list[Check] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether every target is met."""
        return all(check.ok is not False for check in self.checks)

    def value(self, name: str) -> float | str:
        """The value of a check by its name."""
        return next(check.value for check in self.checks if check.name == name)

    def to_json(self) -> str:
        """The audit as JSON."""
        return json.dumps(
            {"name": self.name, "size": self.size, "passed": self.passed, "checks": [asdict(check) for check in self.checks]},
            indent=1, ensure_ascii=False,
        )  # fmt: skip

    def to_markdown(self) -> str:
        """The audit as a table for a data card."""
        lines = [f"### Audit of {self.name} ({self.size} scenarios)", ""]
        lines += ["| | measured | value | target | |", "|---|---|---|---|---|"]
        for check in self.checks:
            mark = {True: "pass", False: "**FAIL**", None: ""}[check.ok]
            value = f"{check.value:.4g}" if isinstance(check.value, float) else str(check.value)
            detail = f" ({check.detail})" if check.detail else ""
            lines.append(f"| {check.section} | {check.name} | {value}{detail} | {check.target} | {mark} |".replace("\n", " "))
        return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Targets:
    """What a good set reaches; the defaults are those of Hearth-10k."""

    blind_overlap: float = 0.15
    action_share: float = 0.08
    first_place: float = 0.01
    """How far from one half the better response may come first."""
    distinct: float = 0.9
    """Least share of scenarios with a situation, and with a dialogue, of their own wording."""
    dialogue_words: int = 15
    bias: float = 0.05
    """Largest excess distance between groups' action distributions, see :mod:`eval_suite.fairness`."""


def audit(
    scenarios: Sequence[Scenario],
    *,
    name: str = "scenarios",
    train: Sequence[Scenario] | None = None,
    simulator: str = "symbolic",
    execute: int | None = None,
    every_plan: bool = False,
    workers: int = 1,
    targets: Targets = Targets(),  # noqa: B008 (frozen)
    tick: Callable[[str], None] = lambda section: None,
) -> Audit:
    """Measure a set.

    Args:
        scenarios: what to audit.
        name: for the report.
        train: what blind baselines count on; the set itself if None, which is in their favour.
        simulator: where gold plans are carried out.
        execute: how many scenarios' plans, spread over the set; None for all, 0 for none.
        every_plan: carry out every reference and contrast, not only the best.
        workers: processes for that.
        targets: what to hold the numbers against.
        tick: told of each section as it begins.
    """
    result = Audit(name, len(scenarios))
    sections: tuple[tuple[str, Callable[[], list[Check]]], ...] = (
        ("size", lambda: _size(scenarios, targets)),
        ("labels", lambda: _labels(scenarios)),
        ("actions", lambda: _actions(scenarios, targets)),
        ("blind", lambda: _blind(scenarios, train, targets)),
        ("legality", lambda: _legality(scenarios)),
        ("position", lambda: _position(scenarios, targets)),
        ("text", lambda: _text(scenarios, targets)),
        ("fairness", lambda: _fairness(scenarios, targets)),
        ("execution", lambda: _execution(scenarios, simulator, execute, every_plan, workers)),
    )
    for section, measure in sections:
        tick(section)
        result.checks.extend(measure())
    return result


def _size(scenarios: Sequence[Scenario], targets: Targets) -> list[Check]:
    def count(what: str, values: set[str]) -> Check:
        return Check("size", what, len(values))

    def distinct(what: str, values: set[str]) -> Check:
        least = round(targets.distinct * len(scenarios))
        return Check("size", what, len(values), f"at least {least}", len(values) >= least)

    return [
        count("residents", {scenario.resident.id for scenario in scenarios}),
        count("scripts", {scenario.script for scenario in scenarios}),
        count("layouts", {scenario.home.layout for scenario in scenarios}),
        distinct("distinct situations", {scenario.situation for scenario in scenarios}),
        distinct("distinct dialogues", {scenario.dialogue for scenario in scenarios}),
    ]


def _labels(scenarios: Sequence[Scenario]) -> list[Check]:
    labels = [scenario.labels for scenario in scenarios if scenario.labels is not None]
    if not labels:
        return []
    found = []
    emotions = Counter(label.emotion for label in labels)
    found.append(Check("labels", "emotions used", len(emotions), detail=_most(emotions)))
    found.append(Check("labels", "emotion evenness (entropy of 32, 0 to 1)", blind_scores.evenness(emotions, 32)))
    for kind in ("theme", "archetype"):
        counts = Counter(str(getattr(label, kind)) for label in labels if getattr(label, kind))
        if counts:
            even = blind_scores.evenness(counts, len(counts))
            found.append(Check("labels", f"{kind}s", len(counts), detail=f"evenness {even:.2f}; {_most(counts, 3)}"))
    for axis in ("cognitive", "affective", "proactive"):
        counts = Counter(str(getattr(label.needs, axis)) for label in labels)
        shares = " / ".join(f"{100 * counts[str(level)] / len(labels):.0f}" for level in range(4))
        found.append(Check("labels", f"{axis} need 0 / 1 / 2 / 3, %", shares))
    intensity = Counter(str(label.intensity) for label in labels)
    found.append(
        Check("labels", "intensity 1 / 2 / 3, %", " / ".join(f"{100 * intensity[i] / len(labels):.0f}" for i in "123"))
    )
    return found


def _actions(scenarios: Sequence[Scenario], targets: Targets) -> list[Check]:
    plans = [scenario.oracle.actions for scenario in scenarios]
    counts = Counter(action for plan in plans for action in plan)
    total = max(sum(counts.values()), 1)
    top, most = counts.most_common(1)[0] if counts else ("", 0)
    lengths = Counter(len(plan) for plan in plans)
    missing = [action for action in ACTIONS if action not in counts]
    return [
        Check("actions", "legal actions used in gold plans", len(counts), "all 50", not missing, ", ".join(missing[:_LISTED])),
        Check("actions", "largest share of one action", most / total, f"at most {targets.action_share}",
              most / total <= targets.action_share, f"{top}; {_most(counts)}"),
        Check("actions", "gold plans with the commonest action", most / max(len(plans), 1)),
        Check("actions", "entropy, bits (of 5.64)", blind_scores.entropy(counts)),
        Check("actions", "mean actions in a gold plan", total / max(len(plans), 1),
              detail=", ".join(f"{size}: {100 * lengths[size] / len(plans):.0f} %" for size in sorted(lengths))),
        Check("actions", "different gold plans", len(set(plans))),
    ]  # fmt: skip


def _blind(scenarios: Sequence[Scenario], train: Sequence[Scenario] | None, targets: Targets) -> list[Check]:
    found = []
    for name, score in blind_scores.blind_scores(scenarios, train or scenarios).items():
        promised = name in ("constant", "frequent")
        found.append(
            Check(
                "blind",
                f"{name}: Overlap",
                score.overlap,
                f"at most {targets.blind_overlap}" if promised else "",
                score.overlap <= targets.blind_overlap if promised else None,
                f"TF-IDF {score.tf_idf:.3f}, LCS {score.lcs:.3f}" + (f"; {', '.join(score.plan)}" if score.plan else ""),
            )  # fmt: skip
        )
    return found


def _legality(scenarios: Sequence[Scenario]) -> list[Check]:
    broken, wrong, actions = [], 0, 0
    for scenario in scenarios:
        for place, reference in enumerate(scenario.references):
            issues = [issue for issue in reference.plan.issues if issue.kind is IssueKind.UNKNOWN_ACTION]
            wrong += len(issues)
            actions += len(reference.plan.actions) + len(issues)
            if place == 0 and (reference.plan.issues or not reference.plan.utterance):
                broken.append(f"{scenario.id}: {', '.join(map(str, reference.plan.issues)) or 'says nothing'}")
    return [
        Check("legality", "gold plans that read without an issue", 1 - len(broken) / max(len(scenarios), 1), "1", not broken,
              "; ".join(broken[:2])),
        Check("legality", "illegal actions in references", wrong / max(actions, 1), "0", wrong == 0),
    ]  # fmt: skip


def _position(scenarios: Sequence[Scenario], targets: Targets) -> list[Check]:
    shown = [scenario.presentation for scenario in scenarios if scenario.presentation]
    if not shown:
        return []
    first = sum(order[0] == 0 for order in shown) / len(shown)
    return [
        Check("position", "better response shown first", first, f"0.5 within {targets.first_place}",
              abs(first - 0.5) <= targets.first_place),
    ]  # fmt: skip


def _text(scenarios: Sequence[Scenario], targets: Targets) -> list[Check]:
    found = []
    texts = {
        "situations": [scenario.situation for scenario in scenarios],
        "dialogues": [scenario.dialogue for scenario in scenarios],
        "utterances": [scenario.oracle.utterance or "" for scenario in scenarios],
    }
    longest = max((len(text.split()) for text in texts["dialogues"]), default=0)
    short = longest <= targets.dialogue_words
    found.append(Check("text", "longest dialogue, words", longest, f"at most {targets.dialogue_words}", short))
    for what, lines in texts.items():
        lengths = sorted(len(line.split()) for line in lines)
        near = text_quality.near_duplicates(lines)
        found += [
            Check("text", f"{what}: words, median (5 to 95 %)", float(lengths[len(lengths) // 2]),
                  detail=f"{lengths[len(lengths) // 20]} to {lengths[len(lengths) * 19 // 20]}"),
            Check("text", f"{what}: exact repeats", 1 - len(set(lines)) / max(len(lines), 1)),
            Check("text", f"{what}: with a near duplicate", near.share, detail=near.example),
            Check("text", f"{what}: Dist-2 of 500 bigrams", text_quality.dist_2(lines)),
            Check("text", f"{what}: Self-BLEU of 60", text_quality.self_bleu(lines)),
            Check("text", f"{what}: Flesch-Kincaid grade", text_quality.reading_grade(lines)),
        ]  # fmt: skip
    return found


def _fairness(scenarios: Sequence[Scenario], targets: Targets) -> list[Check]:
    found = []
    for gap in fairness.gaps(scenarios):
        bound = gap.group in ("gender", "culture")
        found.append(
            Check(
                "fairness",
                f"{gap.what} by {gap.group}: excess distance",
                gap.excess,
                f"at most {targets.bias}" if bound else "",
                gap.excess <= targets.bias if bound else None,
                f"distance {gap.distance:.3f}, by chance {gap.chance:.3f}, p {gap.p:.2f}, {gap.strata} archetypes or themes",
            )  # fmt: skip
        )
    return found


def _execution(
    scenarios: Sequence[Scenario], simulator: str, execute: int | None, every_plan: bool, workers: int
) -> list[Check]:
    if execute == 0:
        return []
    from envs.scenarios.loading import spread

    chosen = list(scenarios) if execute is None else spread(scenarios, execute)
    failures, plans = executability.carry_out(chosen, simulator=simulator, every_plan=every_plan, workers=workers)
    return [
        Check("execution", f"plans carried out in {simulator} with all goals met", 1 - len(failures) / max(plans, 1), "1",
              not failures, f"{plans} plans of {len(chosen)} scenarios" + "".join(f"; {line}" for line in failures[:3])),
    ]  # fmt: skip


def _most(counts: Counter[str], listed: int = _LISTED) -> str:
    total = sum(counts.values())
    return ", ".join(f"{name} {100 * count / total:.1f} %" for name, count in counts.most_common(listed))
