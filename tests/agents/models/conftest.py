"""Servers and tiny models that several files share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

# So that `tests.agents.models.server` is found however pytest was started.
sys.path.insert(0, str(Path(__file__).parents[3]))


@pytest.fixture(autouse=True)
def _no_key_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "EMPATHY_GYM_CACHE"):
        monkeypatch.delenv(name, raising=False)


def _saved(tmp_path_factory: pytest.TempPathFactory, kind: str) -> Path:
    for package in ("torch", "transformers"):
        pytest.importorskip(package, reason=f"local models need {package}: pip install 'empathy-gym[local]'")
    import torch

    from tests.agents.models import tiny

    torch.set_num_threads(1)  # threads that wait for each other on a busy machine cost tiny models most of their time
    return getattr(tiny, f"save_{kind}")(tmp_path_factory.mktemp(kind))


@pytest.fixture(scope="session")
def tiny_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _saved(tmp_path_factory, "llama")


@pytest.fixture(scope="session")
def tiny_sentencepiece_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _saved(tmp_path_factory, "sentencepiece_llama")


@pytest.fixture(scope="session")
def tiny_llava(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _saved(tmp_path_factory, "llava")


@pytest.fixture(scope="session")
def tiny_idefics3(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _saved(tmp_path_factory, "idefics3")
