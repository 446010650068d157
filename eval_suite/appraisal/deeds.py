"""Deeds as answers: an action that changes what a resident said cannot be done, or will cost strength, answers that span.

What an action serves is declared in :mod:`envs.needs`. A span asks for the needs that its own words name; one that names none
speaks of the moment's main needs.
"""

from __future__ import annotations

from collections.abc import Sequence

from envs.needs import declared, scenario_needs, still_standing
from envs.scenarios.schema import Scenario
from eval_suite.appraisal.spans import Label, Span

CHANGED_BY_DEEDS: frozenset[Label] = frozenset({"Situational Control", "Anticipated Effort"})
"""The appraisals that an action can change."""
SERVES = 0.5
"""An action changes something if it offers at least so much of a need (ours; offers run from 0 to 1)."""
MAIN = 0.5
"""A need counts as a main one from this share of the heaviest need's weight on (as residents of Companion take it)."""


def needs_of(span: Span, scenario: Scenario) -> frozenset[str]:
    """The needs that a span speaks of."""
    named = frozenset(need for need, cue in declared().cues.items() if cue.search(span.text))
    if named:
        return named
    weights = scenario_needs(scenario)
    return frozenset(need for need, weight in weights.items() if weight >= MAIN * max(weights.values()))


def changed(scenario: Scenario, targets: Sequence[Span], carried_out: Sequence[str]) -> dict[int, tuple[str, ...]]:
    """Places of the spans that deeds answer, each with the actions that do.

    Args:
        scenario: with its hidden side.
        targets: the resident's spans.
        carried_out: actions that the simulator confirmed, in order; what was undone afterwards does not count.
    """
    standing, _ = still_standing(list(carried_out))
    offers = declared().offers
    found: dict[int, tuple[str, ...]] = {}
    for place, span in enumerate(targets):
        if span.label not in CHANGED_BY_DEEDS:
            continue
        wanted = needs_of(span, scenario)
        helping = tuple(name for name in standing if any(offers[name].get(need, 0.0) >= SERVES for need in wanted))
        if helping:
            found[place] = helping
    return found
