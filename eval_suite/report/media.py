"""Videos and pictures inside of the page, each once, within a budget."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from pathlib import Path

BUDGET = 48_000_000
"""Bytes of media in one page: about a hundred clips, and still quick to open and to send around."""
_TYPES = {".mp4": "video/mp4", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png"}
# What a file has to begin with; a page does not pass on whatever lies under a name.
_SIGNATURES = {
    "video/mp4": lambda data: data[4:8] == b"ftyp",
    "image/jpeg": lambda data: data[:3] == b"\xff\xd8\xff",
    "image/png": lambda data: data[:8] == b"\x89PNG\r\n\x1a\n",
}


@dataclass
class MediaShelf:
    """Collects the media of a page.

    Args:
        budget: bytes of files that are taken in; what goes beyond is counted in :attr:`left_out`.
    """

    budget: int = BUDGET
    items: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Key to MIME type and base64 text."""
    left_out: int = 0
    missing: int = 0
    used: int = 0

    def add(self, folder: Path | None, path: str) -> str | None:
        """Take in a file of a run; returns its key, or None if there is no room or no such picture.

        Only files inside of the run's folder are read: an episode's paths are data, and data can point anywhere.
        """
        data = self._read(folder, path)
        if data is None:
            self.missing += 1
            return None
        key = hashlib.sha256(data).hexdigest()[:16]
        if key in self.items:
            return key
        if self.used + len(data) > self.budget:
            self.left_out += 1
            return None
        self.used += len(data)
        self.items[key] = (_TYPES[Path(path).suffix.lower()], base64.b64encode(data).decode())
        return key

    def _read(self, folder: Path | None, path: str) -> bytes | None:
        if folder is None:
            return None
        try:
            root, file = folder.resolve(), (folder / path).resolve()
            kind = _TYPES.get(file.suffix.lower())
            if kind is None or not file.is_relative_to(root) or not file.is_file() or file.stat().st_size > self.budget:
                return None
            data = file.read_bytes()
        except (OSError, ValueError):  # unreadable, or a name that no file can have
            return None
        return data if _SIGNATURES[kind](data) else None
