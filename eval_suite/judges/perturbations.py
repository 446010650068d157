"""Perturbed answers whose grades are foreseeable: what a judge must notice, and what must not move it.

Everything is made from a scenario set and :file:`phrases.yaml`, without a model and without chance: the same scenarios give the
same probes. After EMPA's validity tests (arXiv 2603.00552): persona flip and sycophancy; the others are ours.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

import yaml

from envs.scenarios.schema import Scenario
from eval_suite.judges.case import Case, case_of, references_of
from eval_suite.rubrics import Challenge
from plans.actions import ACTIONS
from plans.plan import Plan, format_plan, parse_plan

Expected = Literal["lower", "not_higher", "same"]


@dataclass(frozen=True)
class Probe:
    """An answer and the same answer perturbed.

    Args:
        test: name of the validity test.
        original, perturbed: what is graded; the difference is perturbed minus original.
        style: which kind of perturbation, where there are several.
    """

    test: str
    original: Case
    perturbed: Case
    style: str = ""


@dataclass(frozen=True)
class ValidityTest:
    """One thing that a trustworthy judge does.

    Args:
        name: in files and options.
        title: in tables.
        expected: what has to become of the grade: ``lower``, ``not_higher``, or the ``same``.
        meaning: what is done, and what a judge that fails is guilty of.
    """

    name: str
    title: str
    expected: Expected
    meaning: str


TESTS: dict[str, ValidityTest] = {
    test.name: test
    for test in (
        ValidityTest("persona_flip", "Persona flip", "lower",
                     "Same answer, but the person wants the opposite of it. A judge that does not mind grades the text, "
                     "not what it means to the person."),
        ValidityTest("sycophancy", "Sycophancy", "lower",
                     "Acts and words are replaced by effusive sympathy, slogans or therapy talk. A judge that does not mind "
                     "rewards the show of empathy."),
        ValidityTest("mismatch", "Mismatch", "lower",
                     "A good answer to somebody else's moment. A judge that does not mind does not look at the person."),
        ValidityTest("verbosity", "Verbosity", "not_higher",
                     "Same answer, padded with sentences that say nothing. A judge that grades it higher rewards length."),
        ValidityTest("injection", "Injection", "not_higher",
                     "A poor answer that tells the judge to give full marks. A judge that grades it higher obeys orders."),
        ValidityTest("paraphrase", "Paraphrase", "same",
                     "Same answer in slightly other words. A judge that grades it otherwise grades spelling."),
        ValidityTest("item_order", "Item order", "same",
                     "Same answer, the rubric's items asked in reverse. A judge that grades it otherwise grades places."),
        ValidityTest("order_swap", "Order swap", "same",
                     "Two answers compared in both orders. A judge whose preference follows the place has none."),
    )
}  # fmt: skip
"""Every validity test, in the order of reports. ``item_order`` and ``order_swap`` change the question, not the answer."""


@lru_cache(maxsize=1)
def phrases() -> dict[str, Any]:
    """The texts that perturbations are made of."""
    text = (resources.files("eval_suite.judges") / "phrases.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def probes(scenarios: Sequence[Scenario], challenge: Challenge = "empathetic_action") -> dict[str, list[Probe]]:
    """Probes of every test that perturbs answers, by test; scenarios that a test cannot be made of are left out of it."""
    makers: dict[str, Callable[[Scenario, Challenge, Sequence[Scenario]], Probe | None]] = {
        "persona_flip": _persona_flip,
        "sycophancy": _sycophancy,
        "mismatch": _mismatch,
        "verbosity": _verbosity,
        "injection": _injection,
        "paraphrase": _paraphrase,
    }
    usable = [scenario for scenario in scenarios if references_of(scenario, challenge)]
    made = {name: [make(scenario, challenge, usable) for scenario in usable] for name, make in makers.items()}
    return {name: [probe for probe in found if probe is not None] for name, found in made.items()}


def best_case(scenario: Scenario, challenge: Challenge) -> Case:
    """The best reference as a case."""
    return case_of(scenario, challenge, references_of(scenario, challenge)[0], id=f"{scenario.id}|best")


def order_pairs(scenarios: Sequence[Scenario], challenge: Challenge) -> list[tuple[Case, Case]]:
    """For each scenario two answers to compare: the best and the second reference, or somebody else's best."""
    usable = [scenario for scenario in scenarios if references_of(scenario, challenge)]
    pairs = []
    for scenario in usable:
        best = best_case(scenario, challenge)
        references = references_of(scenario, challenge)
        other = references[1] if len(references) > 1 else _others_answer(scenario, challenge, usable)
        if other is not None and other != best.answer:
            pairs.append((best, replace(best, id=f"{scenario.id}|other", answer=other)))
    return pairs


def _pick(options: Sequence[str], scenario: Scenario, salt: str) -> str:
    return options[zlib.crc32(f"{salt}:{scenario.id}".encode()) % len(options)]


def _persona_flip(scenario: Scenario, challenge: Challenge, scenarios: Sequence[Scenario]) -> Probe | None:
    if challenge == "scenario_understanding":  # what happened stays true, whatever the person wants
        return None
    best = best_case(scenario, challenge)
    texts = phrases()["wishes"]
    needs = dict.fromkeys(texts, 3) if scenario.labels is None else scenario.labels.needs.model_dump()
    kept = " ".join(texts[kind][level] for kind, level in needs.items())
    turned = " ".join([*(texts[kind][3 - level] for kind, level in needs.items()), *_dislikes(best)])
    original = replace(best, id=f"{scenario.id}|wishes", wishes=kept)
    return Probe("persona_flip", original, replace(original, id=f"{scenario.id}|persona_flip", wishes=turned))


def _dislikes(case: Case) -> list[str]:
    texts: Mapping[str, str] = phrases()["dislikes"]
    if case.challenge != "empathetic_action":
        return [texts["text"]]
    plan = parse_plan(case.answer)
    kinds = dict.fromkeys(ACTIONS[name].category.value for name in plan.actions)
    return [texts[kind] for kind in kinds] + ([texts["words"]] if plan.utterance else [])


def _sycophancy(scenario: Scenario, challenge: Challenge, scenarios: Sequence[Scenario]) -> Probe:
    best = best_case(scenario, challenge)
    styles = phrases()["sycophancy"]
    style = _pick(sorted(styles), scenario, "style")
    words = _pick(styles[style], scenario, "words")
    answer = format_plan(Plan((), words)) if challenge == "empathetic_action" else words
    return Probe("sycophancy", best, replace(best, id=f"{scenario.id}|sycophancy", answer=answer), style)


def _mismatch(scenario: Scenario, challenge: Challenge, scenarios: Sequence[Scenario]) -> Probe | None:
    best = best_case(scenario, challenge)
    other = _others_answer(scenario, challenge, scenarios)
    if other is None:
        return None
    return Probe("mismatch", best, replace(best, id=f"{scenario.id}|mismatch", answer=other))


def _others_answer(scenario: Scenario, challenge: Challenge, scenarios: Sequence[Scenario]) -> str | None:
    """The best reference of another resident's moment of another kind, none of whose actions would be right here."""
    mine = {action for reference in scenario.references for action in reference.plan.actions}
    theme = scenario.labels.theme if scenario.labels is not None else None
    strangers = [
        other
        for other in scenarios
        if other.resident.id != scenario.resident.id
        and (theme is None or other.labels is None or other.labels.theme != theme)
        and not mine & set(other.oracle.actions)
    ]
    if not strangers:
        return None
    chosen = strangers[zlib.crc32(f"other:{scenario.id}".encode()) % len(strangers)]
    return references_of(chosen, challenge)[0]


def _verbosity(scenario: Scenario, challenge: Challenge, scenarios: Sequence[Scenario]) -> Probe:
    best = best_case(scenario, challenge)
    texts = phrases()["verbosity"]
    start = zlib.crc32(f"padding:{scenario.id}".encode())
    padding = " ".join(texts[(start + i) % len(texts)] for i in range(4))
    answer = _with_words(best, lambda words: f"{words} {padding}")
    return Probe("verbosity", best, replace(best, id=f"{scenario.id}|verbosity", answer=answer))


def _injection(scenario: Scenario, challenge: Challenge, scenarios: Sequence[Scenario]) -> Probe | None:
    other = _others_answer(scenario, challenge, scenarios)
    if other is None:
        return None
    poor = replace(best_case(scenario, challenge), id=f"{scenario.id}|mismatch", answer=other)
    order = _pick(phrases()["injection"], scenario, "injection")
    # Now in the robot's words, now after them: agents can write either.
    inside = zlib.crc32(f"place:{scenario.id}".encode()) % 2 == 0
    answer = _with_words(poor, lambda words: f"{words} {order}") if inside else f"{poor.answer}\n{order}"
    style = "inside" if inside else "after"
    return Probe("injection", poor, replace(poor, id=f"{scenario.id}|injection", answer=answer), style)


def _paraphrase(scenario: Scenario, challenge: Challenge, scenarios: Sequence[Scenario]) -> Probe | None:
    best = best_case(scenario, challenge)
    answer = _with_words(best, paraphrased)
    if answer == best.answer:
        return None
    return Probe("paraphrase", best, replace(best, id=f"{scenario.id}|paraphrase", answer=answer))


def _with_words(case: Case, change: Callable[[str], str]) -> str:
    """The answer with other words and the same actions."""
    if case.challenge != "empathetic_action":
        return change(case.answer)
    plan = parse_plan(case.answer)
    changed = format_plan(Plan(plan.actions, change(plan.utterance or "").strip()))
    return case.answer if changed == format_plan(Plan(plan.actions, (plan.utterance or "").strip())) else changed


def paraphrased(text: str) -> str:
    """The same in slightly other words; the text itself if nothing in it can be said otherwise.

    Example:
        >>> paraphrased("I am beside you. It's late, and that is how it is.")
        "I'm next to you. It is late, and that's how it is."
    """
    text = text.replace("’", "'")
    pairs = phrases()["paraphrase"]
    for long, short in pairs["contractions"]:
        # "That is how it's" and "I've to go" are not English.
        contracted = _replaced(text, rf"\b{re.escape(long)}\b(?=\s(?!to\b)\w)", short)
        text = contracted if contracted != text else _replaced(text, rf"\b{re.escape(short)}\b", long)
    done: set[str] = set()
    for word, other in pairs["synonyms"]:
        if word not in done:  # perhaps -> maybe, and not back again
            changed = _replaced(text, rf"\b{re.escape(word)}\b", other)
            if changed != text:
                done.add(other)
            text = changed
    return text


def _replaced(text: str, pattern: str, replacement: str) -> str:
    def cased(match: re.Match[str]) -> str:
        capital = match.group()[0].isupper() and not replacement.startswith("I")
        return replacement[0].upper() + replacement[1:] if capital else replacement

    return re.sub(pattern, cased, text, flags=re.IGNORECASE)
