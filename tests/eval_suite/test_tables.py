"""Tables: what stands in them, that they fit, and that text from data stays text."""

from __future__ import annotations

import io
import math
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from eval_suite.comparison import Run, compare, compare_runs
from eval_suite.plain_text import plain
from eval_suite.statistics import Estimate
from eval_suite.tables import half_width, interval, number, terminal_table, to_markdown

HOSTILE = "\x1b[31m[red]x[/red]\x00 <script>alert(1)</script> | a\u202egpj.exe\r\n# h1 \x07\x9b2J \ud800 `code` [a](http://b)"


def printed(comparison: Any, width: int, *, colour: bool = False) -> str:
    out = io.StringIO()
    Console(file=out, width=width, force_terminal=colour, color_system="truecolor" if colour else None).print(
        terminal_table(comparison)
    )
    return out.getvalue()


@pytest.mark.parametrize("width", [200, 120, 100, 80, 60, 40])
def test_fits_the_terminal(runs: Path, width: int) -> None:
    text = printed(compare_runs(runs), width)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    for title in ("Overlap", "LCS+", "Goal success", "Executable", "Path (m)"):
        assert title in text, f"{title} is missing at {width} columns"
    assert "nothing" in text and "oracle" in text


def test_means_to_two_decimals_with_intervals(runs: Path) -> None:
    comparison = compare_runs(runs)
    text = printed(comparison, 120)
    estimate = comparison.row("model").estimates["overlap"]
    model = next(line for line in text.splitlines() if line.startswith("model"))
    assert f"{100 * estimate.mean:.2f} ±{50 * (estimate.high - estimate.low):.1f}" in model
    assert text.index("Published") < text.index("Mended") < text.index("Execution")
    assert re.search(r"nothing.*–", text), "an unscored value is a dash"


def test_floor_is_dim_and_ceiling_marked(runs: Path) -> None:
    comparison = compare_runs(runs)
    lines = printed(comparison, 120, colour=True).splitlines()
    assert all("\x1b[2m" in line for line in lines if "constant" in line)
    assert all("▲" in line for line in lines if "oracle" in line)
    assert not any("▲" in line for line in lines if "model" in line)


def test_legend_is_one_line(runs: Path) -> None:
    legends = [line for line in printed(compare_runs(runs), 120).splitlines() if "unscored" in line]
    assert len(legends) == 1 and "95% interval" in legends[0]


def test_added_rows_bear_a_dagger(scenarios: list[Any], factory: Any) -> None:
    episodes = tuple(factory.play("oracle", s, s.references[0].text, reference=True) for s in scenarios)
    text = printed(compare([Run("oracle", episodes, added=True)]), 120)
    assert "oracle ▲†" in text and "† computed in symbolic" in text


def test_narrow_keeps_every_metric_and_says_what_failed(scenarios: list[Any], factory: Any) -> None:
    episodes = tuple(factory.play("model", s, "", error="agent_error: RuntimeError: x") for s in scenarios)
    text = printed(compare([Run("model", episodes)]), 80)
    assert "no usable answer in 20 of 20 scenarios (agent_error 20)" in " ".join(text.split())


def hostile_comparison(scenarios: list[Any], factory: Any) -> Any:
    episodes = tuple(factory.play("model", s, "", error=HOSTILE) for s in scenarios)
    return compare([Run(HOSTILE, episodes)])


def test_hostile_labels_stay_text_in_the_terminal(scenarios: list[Any], factory: Any) -> None:
    text = printed(hostile_comparison(scenarios, factory), 120)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ud800]", text)
    assert "\\x1b[31m[red]x" in text  # shown, neither obeyed nor dropped
    assert all(cell_len(line) <= 120 for line in text.splitlines())


def test_hostile_labels_stay_text_in_markdown(scenarios: list[Any], factory: Any) -> None:
    text = to_markdown(hostile_comparison(scenarios, factory))
    assert "<script" not in text and "\x1b" not in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    for header, row in zip(rows[::3], rows[2::3], strict=True):
        assert len(re.findall(r"(?<!\\)\|", header)) == len(re.findall(r"(?<!\\)\|", row))
    assert not re.search(r"(?<!\\)\[a(?<!\\)\]\(", text)


def test_markdown_has_every_row_and_interval(runs: Path) -> None:
    text = to_markdown(compare_runs(runs))
    assert text.count("| model |") == 4 and text.count("| oracle ▲ |") == 4 and text.count("| *constant* |") == 4
    assert re.search(r"\| model \| \d+\.\d\d \[\d+\.\d, \d+\.\d\] \|", text)


def test_numbers() -> None:
    assert number(41.114) == "41.11" and number(-0.001) == "0.00" and number(math.nan) == "–" and number(math.inf) == "–"
    assert half_width(Estimate(41.1, 37.9, 44.3)) == "±3.2" and interval(Estimate(41.1, 37.9, 44.3)) == "[37.9, 44.3]"
    assert half_width(Estimate(1.0)) == "" and interval(Estimate(1.0)) == ""


@given(st.text(max_size=300))
def test_plain_text_is_one_safe_line(text: str) -> None:
    cleaned = plain(text)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", cleaned)
    cleaned.encode("utf-8")
    assert plain(cleaned) == cleaned


def test_plain_text_is_cut_and_says_so() -> None:
    assert plain("a" * 5_000_000, 10) == "aaaaaaaaaa… (+4,999,990 characters)"
    assert plain("one\ntwo", lines=True) == "one\ntwo" and plain("one\ntwo") == "one two"
    assert plain("o" + "\u0301" * 50) == "o" + "\u0301" * 3
    assert plain("می\u200cخواهم 👩\u200d🍳") == "می\u200cخواهم 👩\u200d🍳"
