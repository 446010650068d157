"""Where a run takes its sparks from: seed lines, and exchanges between people, ours or the user's own copies."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from envs.scenarios import ScenarioError, load_scenarios
from envs.scenarios.dialogues import dialogue_sources, load_dialogues
from envs.scenarios.loading import scenario_sources

_LONGEST_SEED = 600
_MOST = 20_000
"""Seeds and exchanges that are read of a source; more would only be slower to compare."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """Somebody said something, and somebody answered.

    Args:
        heard: what was said.
        answered: what was answered.
    """

    heard: str
    answered: str


@dataclass(frozen=True, slots=True)
class Preferred:
    """Two responses to one murmur, of which people, or authors, preferred the first.

    Args:
        murmur: what was heard.
        better, worse: responses in the paper's format.
        why: why.
    """

    murmur: str
    better: str
    worse: str
    why: str


def read_seeds(source: str | None = None, path: str | Path | None = None) -> list[str]:
    """Seed lines.

    Args:
        source: name of a dialogue data set (its situations, else first turns); None for a text file, a line each.
        path: the user's file or folder; None for the lines that come with the package.

    Raises:
        ScenarioError: no such source, or a file that cannot be used.
    """
    if source is not None:
        _known(source, list(dialogue_sources()), "seeds.source")
        if path is None:
            raise ScenarioError(f"seeds.source={source}: expected your copy of it; set seeds.path=FILE_OR_FOLDER")
        dialogues = load_dialogues(source, path, limit=_MOST)
        lines = [(dialogue.situation or dialogue.turns[0].text)[:_LONGEST_SEED] for dialogue in dialogues]
    elif path is None:
        lines = (resources.files("agents.creation") / "seeds.txt").read_text(encoding="utf-8").splitlines()
    else:
        from envs.scenarios.dialogues.reading import lines_of

        lines = [text[:_LONGEST_SEED] for _, text in lines_of(Path(path))]
    found = list(dict.fromkeys(line.strip() for line in lines if line.strip()))
    if not found:
        raise ScenarioError(f"{path}: expected seed lines, a line each, got none")
    return found


def read_exchanges(source: str = "hearth", path: str | Path | None = None) -> tuple[list[Exchange], list[Preferred]]:
    """Exchanges to learn a manner from, and, where the source ranks its responses, what was preferred.

    Args:
        source: a scenario set (its training part) or a dialogue data set.
        path: the user's files, for sources that need them.

    Raises:
        ScenarioError: no such source, a file that cannot be used, or nobody who answers anybody in it.
    """
    if source in dialogue_sources():
        if path is None:
            raise ScenarioError(f"inspirations.source={source}: expected your copy of it; set inspirations.path=FILE_OR_FOLDER")
        dialogues = load_dialogues(source, path, limit=_MOST)
        pairs = [Exchange(heard, answered) for dialogue in dialogues for heard, answered in dialogue.exchanges()][:_MOST]
        if not pairs:
            raise ScenarioError(f"{path}: expected dialogues in which somebody answers somebody, got none")
        return pairs, []
    _known(source, [*scenario_sources(), *dialogue_sources()], "inspirations.source")
    scenarios = load_scenarios(source, path=path, limit=_MOST)
    scenarios = [scenario for scenario in scenarios if scenario.split == "train"] or scenarios
    pairs = [Exchange(scenario.dialogue, scenario.oracle.utterance) for scenario in scenarios if scenario.oracle.utterance]
    preferred = [
        Preferred(scenario.dialogue, best.text, other.text, best.rationale)
        for scenario in scenarios
        for best, other in zip(scenario.references[:1], scenario.references[1:2], strict=False)
        if best.rationale
    ]
    return pairs, preferred


def _known(source: str, names: Sequence[str], key: str) -> None:
    if source not in names:
        import difflib

        near = difflib.get_close_matches(str(source), names, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ScenarioError(f"expected {key} among {', '.join(names)}; got {source!r}{hint}")


class Nearest:
    """Finds what is alike by TF-IDF of character n-grams, which forgive inflection.

    Args:
        texts: what to look in.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
        self._vectors = self._vectorizer.fit_transform(texts)

    def __call__(self, text: str, count: int) -> list[int]:
        """Places of the ``count`` texts most alike, best first; ties in their order."""
        likeness = (self._vectors @ self._vectorizer.transform([text]).T).toarray().ravel()
        return sorted(range(len(likeness)), key=lambda place: (-likeness[place], place))[:count]


def dealt(*labels: object) -> int:
    """A number made of labels: the same on every machine, different for others."""
    return int.from_bytes(hashlib.sha256("\0".join(map(str, labels)).encode("utf-8", "replace")).digest()[:6], "big")
