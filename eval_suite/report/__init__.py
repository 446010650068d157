"""Reports: one self-contained HTML page that a stranger can open offline, read, and share."""

from __future__ import annotations

from eval_suite.report.page import write_report

__all__ = ["write_report"]
