"""A small household of the bundled residents and archetypes, enough for every property and quick to compose."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from envs.scenarios.hearth10k.compose import Library, compose, read_library
from envs.scenarios.schema import Scenario


@pytest.fixture(scope="session")
def library() -> Library:
    return read_library(Path(str(resources.files("envs.scenarios.hearth10k"))))


@pytest.fixture(scope="session")
def some(library: Library) -> Library:
    """Every so many-th resident, all archetypes."""
    step = max(1, len(library.dwellers) // 6)
    return Library(library.archetypes, library.dwellers[::step][:6], library.scripts)


@pytest.fixture(scope="session")
def scenarios(some: Library) -> list[Scenario]:
    return compose(some)
