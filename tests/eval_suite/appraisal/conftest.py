"""A scenario with known appraisals, and a detector trained on a few residents' spans."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from envs.scenarios import load_scenarios
from envs.scenarios.hearth10k.compose import Library, compose, read_library
from envs.scenarios.schema import AppraisalSpan, Scenario
from eval_suite.appraisal.detector import Example, LinearDetector, robot_examples
from eval_suite.appraisal.spans import gold_spans, marked


def appraised(murmur: str, **labels: object) -> Scenario:
    """A scenario whose murmur carries the marked spans."""
    base = load_scenarios("hearth", limit=1)[0]
    spans, text = [], ""
    for span in marked(murmur):
        text += " " if text else ""
        spans.append(AppraisalSpan(start=len(text), end=len(text) + len(span.text), label=span.label))
        text += span.text
    assert base.labels is not None
    told = base.labels.model_copy(update={"appraisals": tuple(spans), **labels})
    return base.model_copy(update={"dialogue": text, "labels": told, "situation": "Something happened."})


@pytest.fixture(scope="session")
def examples() -> list[Example]:
    library = read_library(Path(str(resources.files("envs.scenarios.hearth10k"))))
    step = max(1, len(library.dwellers) // 3)
    scenarios = compose(Library(library.archetypes, library.dwellers[::step][:3], library.scripts))
    found = {
        Example(span.text, span.label, scenario.labels.archetype)
        for scenario in scenarios
        if scenario.labels
        for span in gold_spans(scenario)
    }
    return sorted(found, key=lambda example: (example.group, example.text, example.label))


@pytest.fixture(scope="session")
def detector(examples: list[Example]) -> LinearDetector:
    return LinearDetector.fit([*examples, *robot_examples()])
