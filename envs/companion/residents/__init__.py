"""Residents who answer: a scripted one, deterministic and quick, and one that any language model plays.

Both keep one small protocol (:class:`Resident`): they are told how a turn was taken, and show it.
"""

from __future__ import annotations

from envs.companion.residents.base import Moment, Reaction, Resident, TextModel

__all__ = ["Moment", "Reaction", "Resident", "TextModel"]
