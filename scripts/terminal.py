"""What reaches the terminal: log messages as harmless lines, and no letter or closed pipe that ends a command."""

from __future__ import annotations

import io
import logging
import os
import sys


def make_safe() -> None:
    """Let no letter that a terminal lacks raise, and no text in a log message drive a terminal."""
    for stream, errors in ((sys.stdout, "replace"), (sys.stderr, "backslashreplace")):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(_Lines(logging.WARNING))


def discard_output() -> None:
    """Drop what is still in the buffer of standard output, which nothing can be written to any more."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):  # not a real file, so nothing is flushed when Python ends
        return


class _Lines(logging.Handler):
    """Warnings on standard error, one line each; looked up anew each time, as a progress bar stands in for it meanwhile."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one message; agents, models and residents have a say in what it holds."""
        from eval_suite.plain_text import plain

        try:
            message = plain(" ".join(record.getMessage().split()), 1000)
        except Exception:  # an argument that cannot be turned into text
            message = plain(record.msg, 1000)
        print(message, file=sys.stderr)
