"""Leaderboards: a static page and a Markdown file over a folder of runs, every row linked to its raw episodes."""

from __future__ import annotations

from eval_suite.leaderboard.board import Board, build_boards
from eval_suite.leaderboard.pages import write_leaderboard

__all__ = ["Board", "build_boards", "write_leaderboard"]
