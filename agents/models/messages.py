"""What a model is told: messages of text and images, in the order in which they are to be read."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Role: TypeAlias = Literal["system", "user", "assistant"]

_MAGIC = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


@dataclass(frozen=True, eq=False)
class Image:
    """One picture, either pixels or the bytes of a PNG or JPEG file.

    Two images are equal if their digests are. Pixels are copied, so that a frame buffer may be used again.

    Args:
        source: uint8 array (height, width, 3), or the bytes of a file.
    """

    source: NDArray[np.uint8] | bytes

    def __post_init__(self) -> None:
        if isinstance(self.source, bytes):
            if not any(self.source.startswith(magic) for magic in _MAGIC):
                raise ValueError(f"image: expected the bytes of a PNG or JPEG file, got {self.source[:8]!r}...")
            return
        if not isinstance(self.source, np.ndarray):
            raise TypeError(f"image: expected a uint8 array or bytes, got {type(self.source).__name__}")
        pixels = self.source
        if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or 0 in pixels.shape:
            raise ValueError(f"image: expected uint8 (height, width, 3), got {pixels.dtype} {pixels.shape}")
        pixels = pixels.copy()
        pixels.setflags(write=False)
        object.__setattr__(self, "source", pixels)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the shape and pixels, or of the file's bytes."""
        if isinstance(self.source, bytes):
            return hashlib.sha256(b"file" + self.source).hexdigest()
        return hashlib.sha256(repr(self.source.shape).encode() + self.source.tobytes()).hexdigest()

    @cached_property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        if isinstance(self.source, bytes):
            return self.pil().size
        return self.source.shape[1], self.source.shape[0]

    def pil(self) -> Any:
        """The picture as an RGB ``PIL.Image``."""
        from PIL import Image as Pillow

        if isinstance(self.source, bytes):
            return Pillow.open(io.BytesIO(self.source)).convert("RGB")
        return Pillow.fromarray(self.source)

    def data_url(self) -> str:
        """The picture as a ``data:`` URL."""
        if isinstance(self.source, bytes):
            kind = next(kind for magic, kind in _MAGIC.items() if self.source.startswith(magic))
            data = self.source
        else:
            buffer = io.BytesIO()
            self.pil().save(buffer, "PNG")
            kind, data = "image/png", buffer.getvalue()
        return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Image) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        width, height = self.size
        return f"Image({width}x{height}, {self.digest[:8]})"


Part: TypeAlias = str | Image
Content: TypeAlias = str | Image | NDArray[np.uint8] | bytes


@dataclass(frozen=True)
class Message:
    """One turn of a conversation.

    Args:
        role: ``system``, ``user`` or ``assistant``.
        parts: text and images, in order.

    Example:
        >>> Message.user("What is this?", np.zeros((2, 4, 3), np.uint8))
        Message(role='user', parts=('What is this?', Image(4x2, 800b4ce1)))
    """

    role: Role
    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        if self.role not in ("system", "user", "assistant"):
            raise ValueError(f"role: expected system, user or assistant, got {self.role!r}")
        for part in self.parts:
            if not isinstance(part, str | Image):
                raise TypeError(f"parts: expected str or Image, got {type(part).__name__}")

    @classmethod
    def of(cls, role: Role, *content: Content) -> Message:
        """A message of texts and images; arrays and bytes become images."""
        return cls(role, tuple(part if isinstance(part, str | Image) else Image(part) for part in content))

    @classmethod
    def system(cls, *content: Content) -> Message:
        """A message of the system."""
        return cls.of("system", *content)

    @classmethod
    def user(cls, *content: Content) -> Message:
        """A message of the user; ``Message.user("Watch.", *frames)`` shows frames in order."""
        return cls.of("user", *content)

    @classmethod
    def assistant(cls, *content: Content) -> Message:
        """A message of the model."""
        return cls.of("assistant", *content)

    @property
    def text(self) -> str:
        """All text of the message, a line per part."""
        return "\n".join(part for part in self.parts if isinstance(part, str))

    @property
    def images(self) -> tuple[Image, ...]:
        """The images of the message, in order."""
        return tuple(part for part in self.parts if isinstance(part, Image))

    def record(self) -> dict[str, Any]:
        """The message as JSON, every image by its digest: what cache keys are made of and what episodes keep."""
        parts = [part if isinstance(part, str) else {"image": part.digest} for part in self.parts]
        return {"role": self.role, "parts": parts}


def count_images(messages: Iterable[Message]) -> int:
    """How many images a conversation holds."""
    return sum(len(message.images) for message in messages)
