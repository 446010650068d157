"""Text from data, made safe to show: one function for terminals, tables, HTML and W&B.

Residents, dialogue and answers are written by strangers and by models. Control characters can drive a terminal, bidi
controls can turn a line around, lone surrogates cannot be written, megabytes stall a browser: none of it gets through.
"""

from __future__ import annotations

import re

# C0 and C1 controls, soft hyphen, bidi marks, line and paragraph separators, bidi embeddings and isolates, invisible
# operators, surrogates, byte order mark, interlinear anchors, non-characters, tags. Joiners (U+200C, U+200D) stay:
# Persian, Hindi and emoji need them.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\ufffe\uffff\U000e0000-\U000e007f]"
)
# More than a few combining marks on one letter paint over neighbouring lines.
_STACKED = re.compile("([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{3})"
                      "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")  # fmt: skip


def plain(text: object, longest: int = 2000, *, lines: bool = False) -> str:
    r"""``text`` without anything that could act, cut to ``longest`` characters with a note of how many are missing.

    Args:
        text: anything; it is turned into a string.
        longest: characters kept.
        lines: keep line breaks; otherwise they and tabs become blanks.

    Example:
        >>> plain("red \x1b[31m\x00 alert\nnext")
        'red \\x1b[31m\\x00 alert next'
    """
    whole = str(text)
    kept = whole[:longest].replace("\r\n", "\n")
    kept = kept.replace("\t", " ") if lines else re.sub(r"[\n\t]", " ", kept)
    kept = _STACKED.sub(r"\1", _UNSAFE.sub(_visible, kept))
    missing = len(whole) - longest
    return f"{kept}… (+{missing:,} characters)" if missing > 0 else kept


def _visible(match: re.Match[str]) -> str:
    letter = match.group()
    if letter == "\n":  # only reached where line breaks are kept
        return letter
    code = ord(letter)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
