"""What can go wrong when a model is asked, as a closed list of kinds, each with a one-line message."""

from __future__ import annotations

from enum import Enum


class ErrorKind(Enum):
    """Why there is no answer. Written into episodes, so values are stable."""

    AUTH = "auth"  # key missing or refused
    QUOTA = "quota"  # the account has no credit left
    UNREACHABLE = "unreachable"  # no connection
    TIMEOUT = "timeout"  # connected, but no complete answer in time
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    NOT_FOUND = "not_found"  # the server does not know the model or the address
    BAD_REQUEST = "bad_request"  # the server, or the model, cannot do what was asked
    BAD_RESPONSE = "bad_response"  # broken JSON, wrong content type, connection cut in mid-answer
    REFUSAL = "refusal"  # the model, or a content filter, declined
    EMPTY = "empty"  # an answer without text
    TOO_LARGE = "too_large"  # image, prompt or batch
    BUDGET = "budget"  # the cost cap of the run is reached
    EPISODE_BUDGET = "episode_budget"  # the cost cap of one episode is reached; others go on
    UNSUPPORTED = "unsupported"  # images for a text model, constraints with a slow tokenizer
    MISSING_WEIGHTS = "missing_weights"
    MISSING_TEMPLATE = "missing_template"
    MISSING_DEPENDENCY = "missing_dependency"
    NO_GPU = "no_gpu"
    BAD_CONFIG = "bad_config"
    INTERNAL = "internal"  # a fault of ours; never lost, always typed

    @property
    def fatal(self) -> bool:
        """Whether no other call of this run can succeed either, so that a run should stop with the message."""
        return self in _FATAL

    @property
    def retried(self) -> bool:
        """Whether the same request may succeed a moment later."""
        return self in _RETRIED


_FATAL = {
    ErrorKind.AUTH,
    ErrorKind.QUOTA,
    ErrorKind.NOT_FOUND,
    ErrorKind.BUDGET,
    ErrorKind.UNSUPPORTED,
    ErrorKind.MISSING_WEIGHTS,
    ErrorKind.MISSING_TEMPLATE,
    ErrorKind.MISSING_DEPENDENCY,
    ErrorKind.NO_GPU,
    ErrorKind.BAD_CONFIG,
}
_RETRIED = {
    ErrorKind.UNREACHABLE,
    ErrorKind.TIMEOUT,
    ErrorKind.RATE_LIMITED,
    ErrorKind.SERVER_ERROR,
    ErrorKind.BAD_RESPONSE,
    ErrorKind.EMPTY,
}
_MAX_MESSAGE = 400


class ModelError(Exception):
    r"""A model that gave no answer.

    Args:
        kind: why.
        message: one line: what was expected, what came, what to do. Line breaks and excess are cut.

    Example:
        >>> ModelError(ErrorKind.EMPTY, "expected text,\ngot none")
        ModelError(empty: expected text, got none)
    """

    def __init__(self, kind: ErrorKind, message: str) -> None:
        self.kind = kind
        self.message = " ".join(message.split())[:_MAX_MESSAGE]
        super().__init__(self.message)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ModelError) and (self.kind, self.message) == (other.kind, other.message)

    def __hash__(self) -> int:
        return hash((self.kind, self.message))

    def __reduce__(self) -> tuple[type[ModelError], tuple[ErrorKind, str]]:
        return ModelError, (self.kind, self.message)

    def __str__(self) -> str:
        return self.message

    def __repr__(self) -> str:
        return f"ModelError({self.kind.value}: {self.message})"


def missing_dependency(package: str, extra: str) -> ModelError:
    """The error for an optional package that is not installed."""
    return ModelError(
        ErrorKind.MISSING_DEPENDENCY,
        f"expected the package {package!r}, which is not installed; run: pip install 'empathy-gym[{extra}]'",
    )
