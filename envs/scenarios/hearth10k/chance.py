"""Chance that is the same on every machine, for every Python, in every order: numbers drawn from a hash of names.

``random`` promises stable sequences for few of its methods and ``hash()`` for none; SHA-256 promises it for ever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


def number(*names: object) -> int:
    """A number below 2**64 that depends on nothing but the names.

    Example:
        >>> number("amara", 3) == number("amara", 3), number("amara", 3) == number("amara", 4)
        (True, False)
    """
    text = "\x1f".join(str(name) for name in names)
    return int.from_bytes(hashlib.sha256(text.encode("utf-8")).digest()[:8], "big")


class Chance:
    """A stream of draws named by what they are for.

    Args:
        names: what the draws are for; equal names give equal streams.
    """

    __slots__ = ("_block", "_left", "_names", "_turn")

    def __init__(self, *names: object) -> None:
        self._names = "\x1f".join(str(name) for name in names)
        self._turn = 0
        self._block = 0
        self._left = 0

    def below(self, bound: int) -> int:
        """A number from 0 to ``bound - 1``; ``bound`` of at most a few thousand keeps it even."""
        if bound <= 1:
            return 0
        if self._left == 0:
            digest = hashlib.sha256(f"{self._names}\x1f{self._turn}".encode()).digest()
            self._block, self._left = int.from_bytes(digest, "big"), 8
            self._turn += 1
        self._left -= 1
        value = self._block & 0xFFFFFFFF
        self._block >>= 32
        return value % bound

    def pick(self, items: Sequence[Item]) -> Item:
        """One of the items."""
        return items[self.below(len(items))]

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """The items in another order (Fisher-Yates)."""
        mixed = list(items)
        for i in range(len(mixed) - 1, 0, -1):
            j = self.below(i + 1)
            mixed[i], mixed[j] = mixed[j], mixed[i]
        return mixed
