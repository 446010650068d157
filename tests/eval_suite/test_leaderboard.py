"""Leaderboards: links that work, floors and ceilings always, nothing that can act in the page."""

from __future__ import annotations

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from eval_suite.leaderboard import build_boards, write_leaderboard
from eval_suite.store import StoreError


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "a":
            self.links.append(dict(attrs)["href"] or "")

    def handle_data(self, data: str) -> None:
        self.text += data


def page(path: Path) -> Page:
    parsed = Page()
    parsed.feed(path.read_text(encoding="utf-8"))
    return parsed


def test_every_row_links_to_its_raw_episodes(runs: Path) -> None:
    parsed = page(write_leaderboard(runs))
    linked = {unquote(link) for link in parsed.links}
    assert {f"{name}/episodes.jsonl" for name in ("model", "oracle", "constant", "nothing")} <= linked
    assert all((runs / link).is_file() for link in linked)
    markdown = (runs / "leaderboard.md").read_text(encoding="utf-8")
    assert all((runs / unquote(link)).is_file() for link in re.findall(r"\[raw\]\(([^)]+)\)", markdown))
    assert "| 1 | model |" in markdown and "| *constant* |" in markdown


def test_floor_and_ceiling_are_there_even_if_nobody_ran_them(tmp_path: Path, factory: Any) -> None:
    from envs.scenarios import load_scenarios

    factory.run(tmp_path, "model", load_scenarios("hearth", split="test")[:4])
    (board,) = build_boards(tmp_path)
    roles = {row.agent: row.role for _, row in board.ranked}
    assert roles["oracle"] == roles["runner_up"] == "ceiling" and roles["constant"] == roles["random"] == "floor"
    assert all(board.links[row.label] for _, row in board.ranked)  # the yardsticks' episodes are kept beside the runs
    assert [rank for rank, _ in board.ranked if rank] == [1]
    assert "floor: blind" in page(write_leaderboard(tmp_path)).text


def test_agents_are_ranked_and_the_best_is_first(runs: Path, scenarios: list[Any], factory: Any) -> None:
    factory.run(runs, "poor", scenarios, fail=1.0)
    (board,) = build_boards(runs)
    ranks = [(rank, row.estimates["mended_overlap"].mean) for rank, row in board.ranked if rank]
    assert [rank for rank, _ in ranks] == [1, 2] and ranks[0][1] >= ranks[1][1]


def test_sets_that_share_nothing_get_boards_of_their_own(runs: Path, factory: Any) -> None:
    from envs.scenarios.schema import Provenance

    others = [factory.scenario(n, provenance=Provenance(source="other"), id=f"other-{n}") for n in range(5)]
    for agent in ("nothing", "constant", "frequent", "shuffled", "random", "runner_up", "oracle", "stranger"):
        factory.run(runs, agent, others, label=f"other-{agent}")
    assert [board.name for board in build_boards(runs)] == ["other / test", "tests / test"]


def test_names_cannot_act_in_the_page(runs: Path, scenarios: list[Any], factory: Any) -> None:
    evil = '<img src=x onerror=alert(1)>"|`[x](javascript:alert(1))\u202e'
    folder = factory.run(runs, "model", scenarios, label="evil")
    manifest = (
        (folder / "run.json")
        .read_text(encoding="utf-8")
        .replace('"label": "evil"', f'"label": {__import__("json").dumps(evil)}')
    )
    (folder / "run.json").write_text(manifest, encoding="utf-8")
    parsed = page(write_leaderboard(runs))
    assert "onerror=alert" in parsed.text  # shown as text
    assert not [tag for tag, _ in parsed.tags if tag == "img"] and not any(
        key.startswith("on") for _, attrs in parsed.tags for key in attrs
    )
    assert not any("javascript:" in link for link in parsed.links)
    html = (runs / "index.html").read_text(encoding="utf-8")
    assert "\u202e" not in html and "http://" not in html and "https://" not in html
    assert any("default-src 'none'" in (attrs.get("content") or "") for tag, attrs in parsed.tags if tag == "meta")
    markdown = (runs / "leaderboard.md").read_text(encoding="utf-8")
    assert "](javascript:" not in markdown and "<img" not in markdown


def test_every_heading_sorts_and_rows_stay_in_their_group(runs: Path) -> None:
    parsed = page(write_leaderboard(runs))
    bodies = [attrs["class"] for tag, attrs in parsed.tags if tag == "tbody"]
    assert bodies[:3] == ["ceiling", "agent", "floor"]
    sortable = [attrs for tag, attrs in parsed.tags if tag == "th" and "aria-sort" in attrs]
    buttons = [attrs for tag, attrs in parsed.tags if tag == "button"]
    assert len(sortable) == len(buttons) > 10
    values = [attrs["data-sort"] for tag, attrs in parsed.tags if tag == "td" and "data-sort" in attrs]
    assert values and all(value == "" or float(value or 0) is not None for value in values)


def test_it_can_be_moved_and_published(runs: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    write_leaderboard(runs)
    elsewhere = tmp_path_factory.mktemp("site") / "board"
    shutil.copytree(runs, elsewhere)
    assert all((elsewhere / unquote(link)).is_file() for link in page(elsewhere / "index.html").links)


def test_no_runs_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="found none") as caught:
        write_leaderboard(tmp_path)
    assert "\n" not in str(caught.value)


def test_the_command_says_where_the_files_are(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from scripts.leaderboard import main

    main([str(runs), "--title", "Ours & theirs"])
    assert "index.html" in capsys.readouterr().out
    assert "<title>Ours &amp; theirs</title>" in (runs / "index.html").read_text(encoding="utf-8")
