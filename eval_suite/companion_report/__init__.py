"""The companion report: one self-contained HTML page with tables, trajectories, and every session turn by turn."""

from __future__ import annotations

from eval_suite.companion_report.page import render_companion_report, write_companion_report
from eval_suite.companion_report.plots import axes_figure, space_figure

__all__ = ["axes_figure", "render_companion_report", "space_figure", "write_companion_report"]
