"""Cost caps: per run and per episode."""

from __future__ import annotations

import threading
from collections import defaultdict

from agents.models.errors import ErrorKind, ModelError


class Budget:
    """Adds up what was paid, and says when enough is enough.

    It is asked before every call and told after it, so a cap is overrun by at most the calls already under way.

    Args:
        max_usd: cap for everything; None for none.
        max_usd_per_episode: cap for all requests with the same episode label; None for none.
        spent_usd: what a run that is being resumed has paid before.
    """

    def __init__(self, max_usd: float | None = None, max_usd_per_episode: float | None = None, spent_usd: float = 0.0) -> None:
        for name, value in (("max_usd", max_usd), ("max_usd_per_episode", max_usd_per_episode)):
            if value is not None and not value >= 0:
                raise ModelError(ErrorKind.BAD_CONFIG, f"{name}: expected a number from 0 or null, got {value}")
        self.max_usd = max_usd
        self.max_usd_per_episode = max_usd_per_episode
        self._spent = spent_usd
        self._by_episode: defaultdict[str, float] = defaultdict(float)
        self._lock = threading.Lock()

    @property
    def capped(self) -> bool:
        """Whether there is any cap."""
        return self.max_usd is not None or self.max_usd_per_episode is not None

    @property
    def spent_usd(self) -> float:
        """What was paid so far."""
        return self._spent

    def refusal(self, episode: str) -> ModelError | None:
        """Why another call may not be made now; None if it may."""
        with self._lock:
            spent, of_episode = self._spent, self._by_episode[episode] if episode else 0.0
        if self.max_usd is not None and spent >= self.max_usd:
            return ModelError(
                ErrorKind.BUDGET,
                f"the run's cost cap is reached: ${spent:.4f} spent of max_usd={self.max_usd}; raise max_usd to go on",
            )
        if self.max_usd_per_episode is not None and episode and of_episode >= self.max_usd_per_episode:
            return ModelError(
                ErrorKind.EPISODE_BUDGET,
                f"the episode's cost cap is reached: ${of_episode:.4f} spent of "
                f"max_usd_per_episode={self.max_usd_per_episode}; raise it, or ask less per episode",
            )
        return None

    def charge(self, episode: str, usd: float) -> None:
        """Note that a call was paid."""
        with self._lock:
            self._spent += usd
            if episode:
                self._by_episode[episode] += usd
