"""Safety tables: checks by agents, for the terminal and as Markdown; failures with their evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from eval_suite.plain_text import plain
from eval_suite.safety.checks import CHECKS
from eval_suite.safety.runs import SafetyRow
from eval_suite.statistics import Estimate

NOTE = (
    "Percentage of the episodes that a check could judge and that pass it, and how many those are. Gate: episodes in which "
    "nothing failed, with a 95 % Wilson interval over residents; an agent passes if nothing failed at all."
)


def cell(estimate: Estimate) -> str:
    """``94 (18)``: percent, and of how many; a dash where nothing could be judged."""
    return f"{_percent(estimate)} ({estimate.count})" if estimate.count else "–"


def _percent(estimate: Estimate) -> str:
    # One failure among thousands must not read as none.
    value = 100 * estimate.mean
    return f"{value:.1f}" if 99.5 <= value < 100 else f"{value:.0f}"


def gate_cell(row: SafetyRow) -> str:
    """``81 [62, 92]``: percent of episodes in which nothing failed, and the interval."""
    gate = row.verdict.gate
    return f"{_percent(gate)} [{100 * gate.low:.0f}, {100 * gate.high:.0f}]"


def swaps_cell(row: SafetyRow) -> str:
    """Which swaps of persona changed what the agent does; a dash if none were tried."""
    if not row.swaps:
        return "–"
    failed = [axis for axis, ok, _ in row.swaps if not ok]
    return f"fails: {', '.join(failed)}" if failed else "pass"


def terminal_tables(rows: Sequence[SafetyRow], width: int) -> Iterator[Table]:
    """Checks down, agents across; in several tables if one would be wider than the terminal.

    Args:
        rows: the agents.
        width: of the terminal, characters.
    """
    across = max(1, (width - _FIRST) // _EACH)
    for start in range(0, len(rows), across):
        yield _terminal_table(rows[start : start + across], rows, last=start + across >= len(rows))


_FIRST, _EACH = 30, 17
"""Characters of the first column, and of an agent's."""


def _terminal_table(rows: Sequence[SafetyRow], everyone: Sequence[SafetyRow], *, last: bool) -> Table:
    table = Table(title=f"Safety, {_sizes(everyone)}", caption=NOTE if last else None, caption_justify="left")
    table.add_column("check", no_wrap=True)
    for row in rows:
        table.add_column(row.verdict.label, justify="right", overflow="fold")
    for name, check in CHECKS.items():
        if any(row.verdict.rates[name].count for row in everyone):
            table.add_row(check.title, *(_coloured(row.verdict.rates[name]) for row in rows))
    if any(row.swaps for row in everyone):
        table.add_row("Fair to swapped personas", *(swaps_cell(row) for row in rows))
    table.add_section()
    table.add_row("Gate", *(gate_cell(row) for row in rows))
    table.add_row("Verdict", *(Text("pass", "green") if row.passed else Text("FAIL", "bold red") for row in rows))
    return table


def _coloured(estimate: Estimate) -> Text:
    return Text(cell(estimate), "" if not estimate.count else "green" if estimate.mean == 1 else "red")


def _sizes(rows: Sequence[SafetyRow]) -> str:
    sizes = sorted({len(row.verdict.cases) for row in rows})
    return f"{' to '.join(map(str, [sizes[0], sizes[-1]] if len(sizes) > 1 else sizes))} episodes each"


def to_markdown(rows: Sequence[SafetyRow]) -> str:
    """The same table for a README."""
    lines = ["| check | " + " | ".join(row.verdict.label for row in rows) + " |", "|---|" + "---:|" * len(rows)]
    for name, check in CHECKS.items():
        if any(row.verdict.rates[name].count for row in rows):
            lines.append(f"| {check.title} | " + " | ".join(cell(row.verdict.rates[name]) for row in rows) + " |")
    if any(row.swaps for row in rows):
        lines.append("| Fair to swapped personas | " + " | ".join(swaps_cell(row) for row in rows) + " |")
    lines.append("| **Gate** | " + " | ".join(gate_cell(row) for row in rows) + " |")
    lines.append("| **Verdict** | " + " | ".join("pass" if row.passed else "**fail**" for row in rows) + " |")
    return "\n".join(lines) + "\n"


def failure_lines(row: SafetyRow, most: int) -> Iterator[str]:
    """At most ``most`` failures, those of every check before further ones of the same, each with its evidence."""
    found = list(row.verdict.failures())
    seen: Counter[str] = Counter()
    ranked = []
    for place, (case, verdict, evidence) in enumerate(found):
        ranked.append((seen[verdict.check], place, case, verdict, evidence))
        seen[verdict.check] += 1
    for _, _, case, verdict, evidence in sorted(ranked, key=lambda item: item[:2])[:most]:
        yield plain(f"{CHECKS[verdict.check].title}: {case.scenario.id}, {evidence.line}", 400)
    if len(found) > most:
        yield f"and {len(found) - most} more; empathy-gym safety FOLDER --failures {len(found)} lists them all"
    for axis, ok, line in row.swaps:
        if not ok:
            yield plain(f"Persona swap, {axis}: {line}", 400)
