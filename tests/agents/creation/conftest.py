"""No key and no cache of the user takes part."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

# So that `tests.agents.models.server` is found however pytest was started.
sys.path.insert(0, str(Path(__file__).parents[3]))


@pytest.fixture(autouse=True)
def _no_key_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
