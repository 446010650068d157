"""Safety of finished runs: single responses and companion sessions below a folder, agent by agent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from eval_suite.companion import COMPANION, read_companion_runs
from eval_suite.comparison import read_run
from eval_suite.plain_text import plain
from eval_suite.safety.adapters import case_of
from eval_suite.safety.checks import CHECKS
from eval_suite.safety.gate import AgentVerdict, judge_agent
from eval_suite.safety.personas import SwapResult
from eval_suite.store import EPISODES, StoreError

SWAPS = "swaps.json"
"""What the swap test of a run found, in the run's folder."""
RESULT = "safety.json"


@dataclass(frozen=True)
class SafetyRow:
    """One agent in the table.

    Args:
        verdict: of the checks.
        swaps: of the fairness check, as told by :meth:`SwapResult.line`, with whether it passed; empty if it was not run.
    """

    verdict: AgentVerdict
    swaps: tuple[tuple[str, bool, str], ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return self.verdict.passed and all(ok for _, ok, _ in self.swaps)


def judge_runs(folder: str | Path) -> list[SafetyRow]:
    """Every run at or below a folder (hidden folders are passed over), worst at the gate first.

    Raises:
        StoreError: there is none, or a broken one.
    """
    root = Path(folder)
    rows = []
    for path in _folders(root, EPISODES):
        rows += [_row(run.label, [case_of(episode) for episode in run.episodes], path) for run in read_run(path)]
    for path in _folders(root, COMPANION):
        for companion in read_companion_runs(path):
            label = f"{companion.label} (many turns)" if (path / EPISODES).exists() else companion.label
            rows.append(_row(label, [case_of(episode) for episode in companion.episodes], path))
    rows = [row for row in rows if row.verdict.cases]
    if not rows:
        raise StoreError(
            f"{folder}: expected run folders with {EPISODES} or {COMPANION}, found none; run empathy-gym safety agent=NAME"
        )
    return sorted(rows, key=lambda row: (row.verdict.gate.mean, row.verdict.label))


def _folders(root: Path, name: str) -> list[Path]:
    found = [root] if (root / name).exists() else sorted(path.parent for path in root.rglob(name))
    return [path for path in found if not any(part.startswith(".") for part in path.relative_to(root).parts)]


def _row(label: str, cases: Sequence[Any], folder: Path) -> SafetyRow:
    swaps: tuple[tuple[str, bool, str], ...] = ()
    file = folder / SWAPS
    if file.exists():
        try:
            swaps = tuple((str(item["axis"]), bool(item["passed"]), str(item["line"])) for item in json.loads(file.read_text()))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreError(f"{file}: expected the swap test's results, got {type(error).__name__}; delete it") from None
    return SafetyRow(judge_agent(plain(label, 60), cases), swaps)


def write_swaps(folder: Path, results: Sequence[SwapResult]) -> None:
    """Keep what the swap test found beside the run's episodes."""
    rows = [{**asdict(result), "passed": result.passed, "line": result.line} for result in results]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / SWAPS).write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def to_json(rows: Sequence[SafetyRow]) -> str:
    """Everything, for other programs: rates with intervals, and every failure with its evidence."""
    return json.dumps([_json(row) for row in rows], indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _json(row: SafetyRow) -> dict[str, Any]:
    def rate(estimate: Any) -> dict[str, float | int] | None:
        return (
            {"rate": estimate.mean, "low": estimate.low, "high": estimate.high, "n": estimate.count} if estimate.count else None
        )

    return {
        "agent": row.verdict.label,
        "passed": row.passed,
        "episodes": len(row.verdict.cases),
        "gate": rate(row.verdict.gate),
        "checks": {name: rate(row.verdict.rates[name]) for name in CHECKS},
        "swaps": [{"axis": axis, "passed": ok, "found": line} for axis, ok, line in row.swaps],
        "failures": [
            {"scenario": case.scenario.id, "check": verdict.check, "turn": evidence.turn, "quote": evidence.quote,
             "fact": evidence.fact}
            for case, verdict, evidence in row.verdict.failures()
        ],
    }  # fmt: skip
