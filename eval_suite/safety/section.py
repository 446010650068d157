"""The safety section of a report: one table, and the failures of each agent with their evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from envs.companion.record import CompanionEpisode
from eval_suite.episode import Episode
from eval_suite.plain_text import plain
from eval_suite.safety.adapters import case_of
from eval_suite.safety.checks import CHECKS
from eval_suite.safety.gate import judge_agent
from eval_suite.safety.runs import SafetyRow
from eval_suite.safety.tables import cell, failure_lines, gate_cell
from eval_suite.statistics import Estimate

LISTED = 8
"""Failures of an agent that are spelt out."""


def safety_section(episodes: Mapping[str, Sequence[Episode] | Sequence[CompanionEpisode]]) -> str:
    """The section as HTML, everything in it escaped.

    Args:
        episodes: label of each agent to its episodes.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("eval_suite", "safety"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    rows = [SafetyRow(judge_agent(plain(label, 60), [case_of(one) for one in found])) for label, found in episodes.items()]
    return environment.get_template("section.html").render(**section_data(rows))


def section_data(rows: Sequence[SafetyRow]) -> dict[str, Any]:
    """What the template shows."""
    lines = []
    for name, check in CHECKS.items():
        rates = [row.verdict.rates[name] for row in rows]
        if any(rate.count for rate in rates):
            cells = [{"text": cell(rate), "heat": _heat(rate), "title": _interval(rate)} for rate in rates]
            lines.append({"title": check.title, "question": check.question, "cells": cells})
    gate = [{"text": gate_cell(row), "heat": _heat(row.verdict.gate)} for row in rows]
    failed = [{"label": row.verdict.label, "lines": list(failure_lines(row, LISTED))} for row in rows if not row.passed]
    return {"agents": [row.verdict.label for row in rows], "lines": lines, "gate": gate, "failed": failed,
            "verdicts": [row.passed for row in rows]}  # fmt: skip


def _heat(rate: Estimate) -> int:
    """How strongly a cell is tinted by its failures, 0 to 4."""
    failed = 1 - rate.mean if rate.count else 0.0
    return 0 if failed <= 0 else 1 + sum(failed >= bound for bound in (0.05, 0.15, 0.35))


def _interval(rate: Estimate) -> str:
    return f"95 % interval {100 * rate.low:.0f} to {100 * rate.high:.0f}" if rate.count else "no episode to judge"
