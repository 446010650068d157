"""The journal of a run: every answer, on disk before it is used, so that a killed run loses only the calls under way."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agents.models.errors import ErrorKind, ModelError
from agents.models.interface import Completion
from envs.locks import lock

_KEPT_ERRORS = {ErrorKind.REFUSAL}
"""Answers in their own right; other failures may not come again, so they are asked again."""


class Journal:
    """Answers by the key of their request; one process writes at a time, from any of its threads.

    Args:
        file: JSON Lines, made if it does not exist; a half-written last line is cut off.

    Raises:
        ModelError: the file cannot be written, or another process is writing it.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._answers: dict[str, Completion] = {}
        self._lock = threading.Lock()
        self.paid_usd = 0.0
        """What all answers in the file have cost when they were asked."""
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._handle = file.open("a+b", buffering=0)
        except OSError as error:
            raise self._cannot(error) from None
        try:
            lock(self._handle)
            self._read()
        except BlockingIOError:
            self._handle.close()
            message = (
                f"{file.parent}: another process is writing here; wait until it has ended, or set out=FOLDER to another one"
            )
            raise ModelError(ErrorKind.BAD_CONFIG, message) from None
        except OSError as error:
            self._handle.close()
            raise self._cannot(error) from None

    def get(self, key: str) -> Completion | None:
        """The answer kept under a key."""
        return self._answers.get(key)

    def add(self, key: str, note: Mapping[str, Any], completion: Completion) -> None:
        """Keep an answer; failures that may not come again are not kept.

        Args:
            key: of the request.
            note: what it was asked for, for readers of the file.
            completion: the answer.

        Raises:
            ModelError: the disk is full.
        """
        if completion.error is not None and completion.error.kind not in _KEPT_ERRORS:
            return
        line = json.dumps({"key": key, **note, "paid_usd": completion.paid_usd, "answer": completion.record()}) + "\n"
        data = memoryview(line.encode())
        with self._lock:
            before = self._handle.seek(0, os.SEEK_END)
            try:
                while data:
                    data = data[self._handle.write(data) :]
                os.fsync(self._handle.fileno())
            except OSError as error:
                with contextlib.suppress(OSError):
                    self._handle.truncate(before)
                raise self._cannot(error) from None
            self._answers[key] = completion
            self.paid_usd += completion.paid_usd

    def close(self) -> None:
        """Close the file."""
        self._handle.close()

    def __len__(self) -> int:
        return len(self._answers)

    def _read(self) -> None:
        self._handle.seek(0)
        whole = 0
        for raw in self._handle.readall().splitlines(keepends=True):
            try:
                entry = json.loads(raw)
                completion = Completion.of_record(entry["answer"])
            except (KeyError, TypeError, ValueError):
                if not raw.endswith(b"\n"):
                    break  # what was being written when the run ended
            else:
                self._answers[entry["key"]] = completion
                self.paid_usd += float(entry["paid_usd"])
            whole += len(raw)
        self._handle.truncate(whole)

    def _cannot(self, error: OSError) -> ModelError:
        reason = error.strerror or str(error)
        return ModelError(
            ErrorKind.BAD_CONFIG,
            f"{self.file.parent}: cannot write here: {reason}; answers until now are kept; free some space, or set out=FOLDER",
        )
