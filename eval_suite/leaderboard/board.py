"""What a leaderboard shows: runs over the same scenario set beside each other, between floor and ceiling, with links."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from eval_suite.comparison import CACHE, Comparison, ComparisonError, Row, Run, add_yardsticks, compare, read_run
from eval_suite.store import EPISODES, find_runs

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Board:
    """One scenario set with everything that was run on it.

    Args:
        name: the set and its splits, ``hearth / test``.
        comparison: its rows; floor first, then agents from worst to best, ceiling last.
        links: row label to where its episodes lie, relative to the leaderboard; None if they are not kept beside it.
    """

    name: str
    comparison: Comparison
    links: dict[str, str | None]

    @property
    def ranked(self) -> list[tuple[int | None, Row]]:
        """Rows as a leaderboard has them: ceiling, then agents best first with their rank, then floor."""
        rows: list[tuple[int | None, Row]] = [(None, row) for row in reversed(self.comparison.rows) if row.role == "ceiling"]
        agents = [row for row in reversed(self.comparison.rows) if row.role == "agent"]
        rows += list(enumerate(agents, start=1))
        return rows + [(None, row) for row in reversed(self.comparison.rows) if row.role == "floor"]


def build_boards(folder: str | Path, *, seed: int = 0) -> list[Board]:
    """Read every run below a folder, one board for each scenario set and split.

    Yardsticks that the runs lack are evaluated in ``symbolic`` and kept in ``.yardsticks``, so that no board is without floor
    and ceiling.

    Args:
        folder: with runs in it.
        seed: of the intervals' resampling.

    Raises:
        StoreError: no runs there, or a broken file.
    """
    root = Path(folder)
    paths = [path for path in find_runs(root) if not any(part.startswith(".") for part in path.relative_to(root).parts)]
    groups: dict[str, list[Run]] = {}
    for run in (run for path in paths for run in read_run(path)):
        groups.setdefault(_set_of(run), []).append(run)
    if not groups:
        raise ComparisonError(f"{root}: expected runs with episodes, found none; run empathy-gym evaluate out={root} first")
    boards = []
    for name, runs in sorted(groups.items()):
        cache = root / CACHE / (re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.") or "set")
        try:
            comparison = compare([*runs, *add_yardsticks(runs, cache)], seed=seed)
        except ComparisonError as error:
            log.warning("%s: %s; left out", name, error)
            continue
        boards.append(Board(name, comparison, {row.label: _link(row, root) for row in comparison.rows}))
    if not boards:
        raise ComparisonError(f"{root}: expected runs that share scenarios, found none; run them on one scenario set")
    return boards


def _set_of(run: Run) -> str:
    scenarios = [episode.scenario for episode in run.episodes]
    sources = sorted({scenario.provenance.source for scenario in scenarios})
    splits = sorted({scenario.split for scenario in scenarios})
    return f"{', '.join(sources)} / {', '.join(splits)}"


def _link(row: Row, root: Path) -> str | None:
    if row.folder is None:
        return None
    file = row.folder / EPISODES
    try:
        relative = file.resolve().relative_to(root.resolve())
    except ValueError:  # elsewhere: a link would break once the folder is published
        return None
    return quote(relative.as_posix()) if file.is_file() else None
