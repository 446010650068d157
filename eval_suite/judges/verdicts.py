"""Verdicts of validity tests, and the marks that grades of a judge carry because of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from eval_suite.judges.judgement import JudgeError

VERDICT = "verdict.json"
FOLDER = "judge_verdicts"
"""Folder in a run that holds the verdicts about the judges that graded it."""

State = Literal["passed", "undecided", "unvalidated", "failed"]
SYMBOLS: dict[State, str] = {"passed": "", "undecided": "?", "unvalidated": "°", "failed": "✗"}
MEANINGS: dict[State, str] = {
    "passed": "the judge passed its validity tests",
    "undecided": "? the judge's validity tests could not decide: use more scenarios",
    "unvalidated": "° the judge was never validated with this rubric: run empathy-gym validate-judge",
    "failed": "✗ the judge failed its validity tests: do not trust these grades",
}
_WORST: tuple[State, ...] = ("failed", "unvalidated", "undecided", "passed")


@dataclass(frozen=True)
class JudgeVerdict:
    """Whether one judge, with one rubric, in one setting, can be trusted.

    Args:
        judge: label.
        judge_key: hash of the judge's identity.
        rubric: name.
        rubric_digest: hash of the rubric.
        sees_situation: the paper's setting, or blinded.
        state: ``passed``, ``failed`` or ``undecided``.
        reasons: a sentence for each test that was not passed.
        tests: the numbers behind it.
    """

    judge: str
    judge_key: str
    rubric: str
    rubric_digest: str
    sees_situation: bool
    state: State
    reasons: tuple[str, ...] = ()
    tests: tuple[dict[str, Any], ...] = ()

    @property
    def file_name(self) -> str:
        """The same for verdicts about the same thing, so that a new one replaces the old one."""
        return f"{self.judge_key}-{self.rubric_digest}-{'full' if self.sees_situation else 'blinded'}.json"


@dataclass(frozen=True)
class Mark:
    """What grades are marked with.

    Args:
        state: the worst of the judges'.
        reasons: why, a sentence each.
    """

    state: State
    reasons: tuple[str, ...] = ()

    @property
    def symbol(self) -> str:
        """A sign for table heads; empty if the judges passed."""
        return SYMBOLS[self.state]

    @property
    def meaning(self) -> str:
        """The sign explained in one line."""
        return MEANINGS[self.state]


def write_verdict(verdict: JudgeVerdict, path: Path) -> None:
    """Write a verdict as JSON.

    Raises:
        JudgeError: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(verdict), indent=2, sort_keys=True) + "\n", encoding="utf-8")
    except OSError as error:
        raise JudgeError(f"{path}: cannot write: {error.strerror}") from None


def read_verdicts(folders: Iterable[Path]) -> list[JudgeVerdict]:
    """Every verdict at or below the folders; missing folders have none.

    Raises:
        JudgeError: a file that is not a verdict.
    """
    found = []
    for folder in folders:
        for path in sorted({*folder.rglob(VERDICT), *folder.glob(f"{FOLDER}/*.json")}):
            found.append(_read(path))
    return found


def _read(path: Path) -> JudgeVerdict:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        verdict = JudgeVerdict(**{**data, "reasons": tuple(data["reasons"]), "tests": tuple(data["tests"])})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise JudgeError(f"{path}: expected a judge's verdict, got {type(error).__name__}; validate the judge again") from None
    if verdict.state not in SYMBOLS:
        raise JudgeError(f"{path}: expected state among {', '.join(SYMBOLS)}, got {str(verdict.state)[:40]!r}")
    return verdict


def copy_verdicts(validations: Iterable[Path], run: Path, judge_keys: Iterable[str]) -> list[JudgeVerdict]:
    """Put the verdicts about some judges beside a run's judgements, so that the run carries its own marks."""
    wanted = set(judge_keys)
    kept = [verdict for verdict in read_verdicts(validations) if verdict.judge_key in wanted]
    for verdict in kept:
        write_verdict(verdict, run / FOLDER / verdict.file_name)
    return kept


def mark_of(verdicts: Sequence[JudgeVerdict], judges: dict[str, str], rubric_digest: str, sees_situation: bool) -> Mark:
    """The mark of grades by some judges (key to label), with one rubric, in one setting: the worst of theirs."""
    marks = []
    for key, label in judges.items():
        wanted = key, rubric_digest, sees_situation
        about = [v for v in verdicts if (v.judge_key, v.rubric_digest, v.sees_situation) == wanted]
        if about:
            marks.append(Mark(about[-1].state, tuple(f"{label}: {reason}" for reason in about[-1].reasons)))
        else:
            marks.append(Mark("unvalidated", (f"{label}: no verdict for this rubric and setting",)))
    if not marks:
        return Mark("unvalidated", ("no judge graded this",))
    state = min((mark.state for mark in marks), key=_WORST.index)
    return Mark(state, tuple(reason for mark in marks if mark.state == state for reason in mark.reasons))
