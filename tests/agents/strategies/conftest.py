"""The recording model that strategy tests share."""

from __future__ import annotations

import sys
from pathlib import Path

# So that `tests.agents.strategies.scripted` is found however pytest was started.
sys.path.insert(0, str(Path(__file__).parents[3]))
