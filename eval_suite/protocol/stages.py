"""Which stage of the protocol a robot's turn works on: event, thoughts, feelings, behaviours, reappraisal.

The stages are those of cognitive behavioural therapy as HELPERT's counsellor follows them (arXiv 2409.02244). The reader is
ours: deterministic, by turns of phrase (``stages.yaml``), and by two dialogue acts of :mod:`envs.speech.acts`: who names or
validates a feeling is at feelings, who reframes is at reappraisal. A turn may work on several stages, or on none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import IntEnum
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from envs.speech.acts import read_speech
from envs.speech.lexicon import pattern

_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"")


class Stage(IntEnum):
    """The five stages, in the order of the protocol."""

    EVENT = 0
    THOUGHTS = 1
    FEELINGS = 2
    BEHAVIOURS = 3
    REAPPRAISAL = 4


@lru_cache(maxsize=1)
def _patterns() -> dict[Stage, re.Pattern[str]]:
    text = resources.files("eval_suite.protocol").joinpath("stages.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    return {stage: pattern(data[stage.name.lower()]) for stage in Stage}


@lru_cache(maxsize=8192)
def stages_of(words: str) -> frozenset[Stage]:
    """The stages that a robot's words work on; empty for silence and for talk that serves none.

    Example:
        >>> sorted(stage.name for stage in stages_of("What went through your mind then?"))
        ['THOUGHTS']
        >>> stages_of("The football starts at eight.")
        frozenset()
    """
    if not words.strip():
        return frozenset()
    own = _QUOTED.sub(" ", words.replace("’", "'"))  # words between quotation marks are somebody else's
    found = {stage for stage, wording in _patterns().items() if wording.search(own)}
    speech = read_speech(words)
    if speech.feelings or "validates" in speech.acts:
        found.add(Stage.FEELINGS)
    if "reframes" in speech.acts:
        found.add(Stage.REAPPRAISAL)
    return frozenset(found)


def longest_course(turns: Sequence[frozenset[Stage]], *, strict: bool = False) -> int:
    """The most turns that can be picked, in order, so that the protocol never goes back.

    Args:
        turns: the stages that each turn works on; each picked turn counts as one of its own.
        strict: whether staying at a stage breaks the course too: the longest increasing subsequence in the narrow sense.

    Example:
        >>> course = [frozenset({Stage.EVENT}), frozenset(), frozenset({Stage.FEELINGS}), frozenset({Stage.FEELINGS})]
        >>> longest_course(course), longest_course(course, strict=True)
        (3, 2)
    """
    best = [0] * len(Stage)  # the longest course so far that ends at each stage
    for stages in turns:
        ends = {stage: 1 + max((best[earlier] for earlier in range(stage + (not strict))), default=0) for stage in stages}
        for stage, length in ends.items():
            best[stage] = max(best[stage], length)
    return max(best)
