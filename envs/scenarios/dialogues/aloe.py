"""ALOE (arXiv 2405.00948; CC BY-NC-SA 4.0): distress posts, answers, appraisal spans in both, and which of them align."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from envs.scenarios.dialogues.reading import DialogueError, field, records
from envs.scenarios.dialogues.schema import Alignment, Dialogue, Rating, Speaker, Turn
from envs.scenarios.schema import AppraisalSpan

LICENCE = "CC BY-NC-SA 4.0"
_TARGET, _OBSERVER = "target:\n\n", "\n\nobserver:\n\n"
_SCORES = (
    ("distress_score", "distress", "target"),
    ("condolence_score", "condolence", "observer"),
    ("empathy_score", "empathy", "observer"),
)


def load_aloe(path: Path) -> Iterator[Dialogue]:
    r"""Read its records, JSON Lines or one list. Offsets count in ``target:\\n\\n...\\n\\nobserver:\\n\\n...``."""
    for line, record in records(path):
        where = f"{path}:{line}"
        target, observer = field(record, "target_text", str, where), field(record, "observer_text", str, where)
        starts = (len(_TARGET), len(_TARGET) + len(target) + len(_OBSERVER))
        texts = (target, observer)
        spans: tuple[list[AppraisalSpan], list[AppraisalSpan]] = ([], [])
        places: dict[tuple[int, int], tuple[int, int]] = {}
        for given in field(record, "spans", list, where):
            start, end, label = _span(given, where)
            turn = 0 if start < starts[1] else 1
            inside = AppraisalSpan.model_construct(start=start - starts[turn], end=end - starts[turn], label=label)
            if not 0 <= inside.start < inside.end <= len(texts[turn]):
                raise DialogueError(f"{where}: span {start}-{end} lies outside of the {'observer' if turn else 'target'} text")
            places[(start, end)] = (turn, len(spans[turn]))
            spans[turn].append(inside)
        yield Dialogue(
            id=f"aloe-{record.get('id', line)}",
            source="aloe",
            topic=str(record.get("subreddit", "")),
            speakers=(Speaker(id="target", role="seeker"), Speaker(id="observer", role="supporter")),
            turns=tuple(
                Turn(speaker=who, text=texts[i], appraisals=tuple(spans[i])) for i, who in enumerate(("target", "observer"))
            ),
            ratings=tuple(
                # Scores of the authors' classifiers, 0 to 1.
                Rating(reporter="third_party", measure=measure, value=record[name], low=0, high=1, about=about)
                for name, measure, about in _SCORES
                if isinstance(record.get(name), (int, float)) and 0 <= record[name] <= 1
            ),
            alignments=tuple(_alignment(pair, places, where) for pair in record.get("alignments") or ()),
            licence=LICENCE,
            item=f"{path.name}:{line}",
        )


def _span(given: Any, where: str) -> tuple[int, int, str]:
    if not isinstance(given, list) or len(given) != 3 or not all(isinstance(offset, int) for offset in given[:2]):
        raise DialogueError(f"{where}: expected spans [start, end, label], got {str(given)[:60]}")
    return given[0], given[1], str(given[2])


def _alignment(pair: Any, places: dict[tuple[int, int], tuple[int, int]], where: str) -> Alignment:
    try:
        (a, b), (c, d) = pair
        target, observer = places[(a, b)], places[(c, d)]
    except (TypeError, ValueError, KeyError):
        raise DialogueError(
            f"{where}: expected alignments [[start, end], [start, end]] of spans, got {str(pair)[:60]}"
        ) from None
    return Alignment(target=target, observer=observer)
