"""How local models pick tokens: each row of a batch by its own sampling, seed, stops, limit and constraint.

Rows do not influence each other, so that a batch answers as single requests do. A constrained row always ends with a legal
answer: once the room left is only just enough to finish one, nothing else is allowed.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from agents.models.errors import ErrorKind, ModelError, missing_dependency
from agents.models.interface import Constraint, Request, Sampling

if TYPE_CHECKING:
    import torch

# Characters that end things in JSON, in the order in which they are tried to come to an end soon.
_CLOSERS = ('"', "}", "]", ",", ":", "0")
# Answers that take more than this many tokens to close are let run on.
_MAX_CLOSING = 2000


class ConstraintEngine:
    """Compiles constraints for one tokenizer (with ``llguidance``) and knows how to close a begun answer.

    Args:
        tokenizer: a fast Hugging Face tokenizer.
        vocabulary: how many logits the model has.
        eos: tokens that end an answer.
    """

    def __init__(self, tokenizer: Any, vocabulary: int, eos: Sequence[int]) -> None:
        try:
            from llguidance.hf import from_tokenizer
        except ImportError:
            raise missing_dependency("llguidance", "local") from None
        try:
            self._tokenizer = from_tokenizer(tokenizer, n_vocab=max(vocabulary, len(tokenizer)), eos_token=list(eos))
        except ValueError as error:
            message = (
                f"constrained answers need a fast tokenizer, got {type(tokenizer).__name__} ({error}); turn constraints off"
            )
            raise ModelError(ErrorKind.UNSUPPORTED, message) from None
        self._compiled: dict[str, Any] = {}

    def matcher(self, constraint: Constraint) -> Any:
        """A fresh ``LLMatcher`` for a constraint.

        Raises:
            ModelError: the engine does not understand the constraint.
        """
        from llguidance import LLMatcher

        key = json.dumps(constraint.record(), sort_keys=True)
        if key not in self._compiled:
            if constraint.regex is not None:
                grammar = LLMatcher.grammar_from_regex(constraint.regex)
            else:
                schema = dict(constraint.json_schema or {})
                grammar = LLMatcher.grammar_from_json_schema(schema, overrides={"whitespace_flexible": False})
            matcher = LLMatcher(self._tokenizer, grammar, log_level=0)
            if matcher.is_error():
                raise ModelError(ErrorKind.BAD_REQUEST, f"constraint {constraint.name!r}: {matcher.get_error()}")
            self._compiled[key] = matcher
        return self._compiled[key].deep_copy()

    def closing(self, matcher: Any, constraint: Constraint, produced: Sequence[int]) -> list[int] | None:
        """Few tokens that make a legal answer of a begun one; None if that takes too many."""
        matcher, tokens = matcher.deep_copy(), list(produced)
        while not matcher.is_accepting() and not matcher.is_error() and len(tokens) - len(produced) < _MAX_CLOSING:
            wanted = self._finish(constraint, tokens)
            if wanted and matcher.validate_tokens(wanted) == len(wanted):
                return tokens[len(produced) :] + wanted
            step = matcher.compute_ff_tokens() or [self._closer(matcher)]
            if not matcher.consume_tokens(step):
                return None
            tokens += step
        return tokens[len(produced) :] if matcher.is_accepting() else None

    def allowed(self, matcher: Any) -> torch.Tensor:
        """Which tokens may come next: bool, (vocabulary,)."""
        import torch

        return torch.frombuffer(bytearray(matcher.compute_logit_bias()), dtype=torch.uint8) != 0

    def _finish(self, constraint: Constraint, tokens: list[int]) -> list[int]:
        try:
            prefix = self._tokenizer.decode_bytes(tokens).decode()
        except UnicodeDecodeError:  # in the middle of a character
            return []
        rest = constraint.finish(prefix)
        return self._tokenizer.greedy_tokenize(rest) if rest else []

    def _closer(self, matcher: Any) -> int:
        for character in _CLOSERS:
            tokens = self._tokenizer.greedy_tokenize(character)
            if len(tokens) == 1 and matcher.validate_tokens(tokens) == 1:
                return int(tokens[0])
        return int(self.allowed(matcher).int().argmax())


class Row:
    """The answer to one request while it is being written.

    Args:
        request: what is asked.
        prompt: its tokens; with seed and repeat index they make the randomness of this row.
        eos: tokens that end an answer.
        tokenizer: to look for stops.
        engine: for constrained requests.

    Raises:
        ModelError: ``max_tokens`` cannot hold a legal answer.
    """

    def __init__(
        self, request: Request, prompt: Sequence[int], eos: Sequence[int], tokenizer: Any, engine: ConstraintEngine | None
    ) -> None:
        import torch

        self.request = request
        self.tokens: list[int] = []
        self.done = False
        self.stopped = False
        self._eos = list(eos)
        self._tokenizer = tokenizer
        self._engine = engine
        self._forced: deque[int] = deque()
        self._closing: list[int] | None = None
        self._matcher = None
        self._zone = 0
        sampling = request.sampling
        seed = hashlib.sha256(json.dumps([sampling.seed or 0, request.repeat, list(prompt)]).encode()).digest()
        self._generator = torch.Generator().manual_seed(int.from_bytes(seed[:8], "little") >> 1)
        if request.constraint is not None and engine is not None:
            self._matcher = engine.matcher(request.constraint)
            self._closing = engine.closing(self._matcher, request.constraint, [])
            shortest = _MAX_CLOSING if self._closing is None else len(self._closing)
            if shortest > sampling.max_tokens:
                message = f"max_tokens={sampling.max_tokens} cannot hold a legal answer, which takes {shortest} tokens at least"
                raise ModelError(ErrorKind.BAD_REQUEST, message)
            # From here on every token is checked to leave room for an end; before, there is room for any.
            self._zone = max(4 * shortest, shortest + 128)

    def choose(self, scores: torch.Tensor) -> int:
        """The next token, given its logits (vocabulary,)."""
        if self.done:
            return self._eos[0]
        if self._forced:
            return self._forced.popleft()
        if self._matcher is None or self._engine is None or self.request.constraint is None:
            return draw(scores, self.request.sampling, self._generator)
        if self._matcher.is_stopped():
            return self._eos[0]
        allowed = self._engine.allowed(self._matcher)[: scores.shape[0]]
        masked = scores.new_full(scores.shape, float("-inf"))
        allowed = allowed.to(scores.device)
        masked[: allowed.shape[0]][allowed] = scores[: allowed.shape[0]][allowed]
        token = draw(masked, self.request.sampling, self._generator)
        room = self.request.sampling.max_tokens - len(self.tokens) - 1
        if token in self._eos or room > self._zone:
            return token
        return self._within(room, token)

    def accept(self, token: int) -> None:
        """Note the token that was written."""
        if self.done:
            return
        if token in self._eos:
            self.done = self.stopped = True
            return
        self.tokens.append(token)
        if self._matcher is not None:
            self._matcher.consume_token(token)
        elif any(stop in self._text() for stop in self.request.sampling.stop):
            self.done = self.stopped = True
        if len(self.tokens) >= self.request.sampling.max_tokens:
            self.done = True
            self.stopped = self.stopped or (self._matcher is not None and self._matcher.is_accepting())

    def text(self) -> str:
        """The answer so far, without the stop that ended it."""
        text = self._text()
        if self._matcher is None:
            for stop in self.request.sampling.stop:
                text = text.partition(stop)[0]
        return text

    def _text(self) -> str:
        return str(self._tokenizer.decode(self.tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def _within(self, room: int, token: int) -> int:
        """The token, if an answer can still be closed after it in the room that is left; else the first one of closing."""
        assert self._engine is not None and self._matcher is not None and self.request.constraint is not None
        after = self._matcher.deep_copy()
        closing = None
        if after.consume_token(token):
            closing = self._engine.closing(after, self.request.constraint, [*self.tokens, token])
        if closing is not None and len(closing) <= room:
            return token
        now = self._engine.closing(self._matcher, self.request.constraint, self.tokens)
        if now is None or len(now) > room + 1:
            return token
        self._forced.extend([*now, self._eos[0]])
        return self._forced.popleft()


def draw(scores: torch.Tensor, sampling: Sampling, generator: torch.Generator) -> int:
    """One token: the likeliest at temperature 0, else drawn from the nucleus."""
    import torch

    if sampling.temperature == 0:
        return int(scores.argmax())
    scores = scores.double()
    probabilities, order = torch.softmax((scores - scores.max()) / sampling.temperature, 0).sort(descending=True, stable=True)
    cumulative = probabilities.cumsum(0)
    if sampling.top_p < 1:
        kept = int((cumulative < sampling.top_p).sum()) + 1
        cumulative = cumulative[:kept]
    # Drawn on the CPU, so that a seed means the same on every device.
    point = float(torch.rand((), generator=generator, dtype=torch.float64)) * float(cumulative[-1])
    position = min(int((cumulative <= point).sum()), cumulative.shape[0] - 1)
    return int(order[position])


def row_processor(rows: Sequence[Row]) -> Any:
    """A logits processor for ``generate(do_sample=False)`` that leaves each row only the token which it chose."""
    import torch
    from transformers import LogitsProcessor

    class RowProcessor(LogitsProcessor):
        def __init__(self) -> None:
            self._first = True

        def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
            if not self._first:
                for row, token in zip(rows, input_ids[:, -1].tolist(), strict=True):
                    row.accept(token)
            self._first = False
            chosen = [row.choose(scores[number]) for number, row in enumerate(rows)]
            only = torch.full_like(scores, float("-inf"))
            only[torch.arange(len(rows)), torch.tensor(chosen, device=scores.device)] = 0.0
            return only

    return RowProcessor()
