"""Text as Gymnasium spaces want it: a fixed charset, no surprises."""

from __future__ import annotations

import string
import unicodedata

from gymnasium import spaces

_BLOCKS = (range(0xA1, 0x250), range(0x386, 0x3CF), range(0x400, 0x460), range(0x1E00, 0x1F00))
# What people write: ASCII, Latin letters with their accents, Greek, Cyrillic, and the punctuation of typographers.
CHARSET = frozenset(
    string.ascii_letters
    + string.digits
    + string.punctuation
    + " \n\t"
    + "".join(chr(code) for block in _BLOCKS for code in block)
    + "\u2010\u2011\u2012\u2013\u2014\u2015\u2018\u2019\u201a\u201c\u201d\u201e\u2022\u2026\u2032\u2033\u20ac\u2122"
)


def text_space(longest: int) -> spaces.Text:
    """A text space that holds everything :func:`fit` returns for this length."""
    return spaces.Text(min_length=0, max_length=longest, charset=CHARSET)


def fit(text: str, longest: int) -> str:
    """``text`` composed (NFC), cut to ``longest`` characters, everything outside of the charset replaced by ``?``."""
    composed = unicodedata.normalize("NFC", text[: 2 * longest].replace("\r\n", "\n"))
    return "".join(letter if letter in CHARSET else "?" for letter in composed)[:longest]
