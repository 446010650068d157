"""METEOR 1.5 (Denkowski and Lavie 2014): a client of the Java program that pycocoevalcap carries.

pycocoevalcap's own wrapper starts the program anew for every call (seconds, and more than a gigabyte). This one speaks the same
protocol to one program, asks no pair twice, and keeps its memory below :data:`MEMORY`. Values are the same.
"""

from __future__ import annotations

import atexit
import shutil
import subprocess
import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from eval_suite.metrics.language import Unavailable

MEMORY = "420m"
"""Heap of the Java program: its tables of paraphrases take about 450 MB."""
_EVERY = 64


class MeteorProgram:
    """The program, running; safe to use from several threads.

    Args:
        jar: ``meteor-1.5.jar`` with its data beside it.
    """

    def __init__(self, jar: Path) -> None:
        command = ["java", f"-Xmx{MEMORY}", "-XX:+UseSerialGC", "-jar", jar.name, "-", "-", "-stdio", "-l", "en", "-norm"]
        self._program = subprocess.Popen(
            command, cwd=jar.parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8"
        )
        self._known: dict[tuple[str, tuple[str, ...]], str] = {}
        self._lock = threading.Lock()
        atexit.register(self.close)

    def score(
        self, candidates: Sequence[str], references: Sequence[Sequence[str]], tick: Callable[[int], None]
    ) -> tuple[list[float], float]:
        """Scores by text and for the corpus; texts are tokenised, on one line, and not empty.

        Raises:
            Unavailable: the program broke off.
        """
        with self._lock:
            try:
                counts = []
                for place, pair in enumerate(zip(candidates, map(tuple, references), strict=True), start=1):
                    if pair not in self._known:
                        self._known[pair] = self._ask(" ||| ".join(("SCORE", *pair[1], pair[0])))
                    counts.append(self._known[pair])
                    if place % _EVERY == 0:
                        tick(_EVERY)
                tick(len(counts) % _EVERY)
                first = self._ask(" ||| ".join(("EVAL", *counts)))
                scores = [float(first), *(float(self._read()) for _ in counts[1:])]
                return scores, float(self._read())
            except (OSError, ValueError) as error:
                self.close()
                started.cache_clear()
                raise Unavailable(
                    f"METEOR's Java program broke off ({error}); check java -version, or leave METEOR out"
                ) from None

    def _ask(self, line: str) -> str:
        assert self._program.stdin is not None
        self._program.stdin.write(line + "\n")
        self._program.stdin.flush()
        return self._read()

    def _read(self) -> str:
        assert self._program.stdout is not None
        line = self._program.stdout.readline()
        if not line:
            raise OSError(f"it ended with code {self._program.poll()}")
        return line.strip()

    def close(self) -> None:
        """End the program."""
        self._program.kill()
        self._program.wait()
        for stream in (self._program.stdin, self._program.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:  # what was still to be written has nobody to read it
                    pass


@lru_cache(maxsize=1)
def started() -> MeteorProgram:
    """The program, started at the first call.

    Raises:
        Unavailable: no Java, or no pycocoevalcap.
    """
    if shutil.which("java") is None:
        raise Unavailable("METEOR needs Java 8 or later on the PATH, found none; install a Java runtime, or leave it out")
    spec = find_spec("pycocoevalcap")
    if spec is None or not spec.submodule_search_locations:
        raise Unavailable("METEOR needs the package pycocoevalcap; pip install 'empathy-gym[metrics]'")
    return MeteorProgram(Path(next(iter(spec.submodule_search_locations))) / "meteor" / "meteor-1.5.jar")
