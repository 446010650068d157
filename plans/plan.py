"""Plans: what a robot answers, its tolerant parser and its strict formatter.

The format is the paper's: ``<action>, ..., <action>, <dialogue>:"words"``; ``<None>`` stands for no action at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum

from plans.actions import ACTIONS, NONE_ACTION, canonical_name, nearest_name


class IssueKind(Enum):
    """What can be wrong with the text of a plan. None of these stops it from being read as far as it goes."""

    UNKNOWN_ACTION = "unknown_action"
    REPEATED = "repeated"
    DIALOGUE_NOT_LAST = "dialogue_not_last"
    DIALOGUE_MISSING = "dialogue_missing"
    NONE_MIXED = "none_mixed"
    UNPARSEABLE = "unparseable"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class PlanIssue:
    """One thing that was wrong with the text of a plan.

    Args:
        kind: what it is.
        text: the offending piece, at most 120 characters.
        position: which of the ``<...>`` tokens it is (0-based), -1 for the plan as a whole.
        suggestion: the nearest legal action, for an unknown one.
    """

    kind: IssueKind
    text: str = ""
    position: int = -1
    suggestion: str | None = None

    def __str__(self) -> str:
        text = f" {self.text!r}" if self.text else ""
        hint = f" (nearest: {self.suggestion})" if self.suggestion else ""
        return f"{self.kind.value}{text}{hint}"


@dataclass(frozen=True, slots=True)
class Plan:
    """Ordered legal actions and one utterance.

    Args:
        actions: identifiers of legal actions, in order; empty means "do nothing".
        utterance: what the robot says; None if the plan has no dialogue at all.
        issues: what the parser found wrong; not part of a plan's identity.

    Example:
        >>> Plan(("switchon_tv",), "Shall we watch?").text
        '<switchon_tv>, <dialogue>:"Shall we watch?"'
    """

    actions: tuple[str, ...] = ()
    utterance: str | None = None
    issues: tuple[PlanIssue, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        for name in self.actions:
            if name not in ACTIONS:
                raise ValueError(f"expected legal actions, got {name[:80]!r} (nearest: {nearest_name(name)})")

    @property
    def text(self) -> str:
        """The plan in the paper's format."""
        return format_plan(self)

    @property
    def illegal_count(self) -> int:
        """How many of the answered tokens named no legal action."""
        return sum(issue.kind is IssueKind.UNKNOWN_ACTION for issue in self.issues)


# Longer answers are cut: no plan needs them, and a runaway generation must not stall an evaluation.
MAX_TEXT = 20_000

_DIALOGUE = re.compile(r"<\s*dialogue\s*>\s*:?\s*", re.IGNORECASE)
# Blanks are stripped afterwards: a pattern that skips them is quadratic on a text of one bracket and many blanks.
_TOKEN = re.compile(r"<([^<>]{1,240})>")
# Beyond this many unknown actions no nearest one is looked up: a runaway answer has thousands.
_MOST_SUGGESTIONS = 40
_AFTER_DIALOGUE = re.compile(r"[\s,.;]*(?:<[^<>]+>|$)")
_BARE = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b", re.IGNORECASE)
_QUOTES = {'"': '"', "“": "”", "'": "'"}


def format_plan(plan: Plan) -> str:
    """Write a plan in the paper's format; quotation marks and backslashes in the words are escaped with a backslash."""
    parts = [f"<{name}>" for name in plan.actions] or [f"<{NONE_ACTION}>"]
    if plan.utterance is not None:
        words = plan.utterance.replace("\\", "\\\\").replace('"', '\\"')
        parts.append(f'<dialogue>:"{words}"')
    return ", ".join(parts)


def parse_plan(text: str) -> Plan:
    """Read a plan out of whatever a model wrote; never raises.

    Accepts any case, blanks in the brackets, words before or after the plan, curly or missing quotation marks, and
    legal identifiers without brackets when there are no brackets at all.

    Returns:
        The plan with every legal action found, in order (repeats stay, and are noted), and its issues.
    """
    issues: list[PlanIssue] = []
    if len(text) > MAX_TEXT:
        issues.append(PlanIssue(IssueKind.TOO_LONG, f"{len(text)} characters, read the first {MAX_TEXT}"))
        text = text[:MAX_TEXT]
    before, utterance, after = _split_dialogue(text)
    tokens = [match.group(1).strip() for match in _TOKEN.finditer(before)]
    late = [match.group(1).strip() for match in _TOKEN.finditer(after)]
    if not tokens and not late and utterance is None:
        tokens = [word for word in _BARE.findall(before) if canonical_name(word)]
        if not tokens:
            issues.append(PlanIssue(IssueKind.UNPARSEABLE, text.strip()[:120]))
            return Plan((), None, tuple(issues))
    actions = _read_actions(tokens + late, issues)
    if utterance is None:
        issues.append(PlanIssue(IssueKind.DIALOGUE_MISSING))
    elif late:
        issues.append(PlanIssue(IssueKind.DIALOGUE_NOT_LAST, f"<{late[0]}>"[:120], len(tokens)))
    return Plan(actions, utterance, tuple(issues))


def _read_actions(tokens: list[str], issues: list[PlanIssue]) -> tuple[str, ...]:
    actions: list[str] = []
    saw_none = -1
    for position, token in enumerate(tokens):
        name = canonical_name(token)
        if name is not None:
            if name in actions:
                issues.append(PlanIssue(IssueKind.REPEATED, name, position))
            actions.append(name)
        elif token.lower() == NONE_ACTION.lower():
            saw_none = position
        elif token.lower() != "dialogue":
            near = nearest_name(token) if len(issues) < _MOST_SUGGESTIONS else None
            issues.append(PlanIssue(IssueKind.UNKNOWN_ACTION, token[:120], position, near))
    if saw_none >= 0 and len([t for t in tokens if t.lower() != "dialogue"]) > 1:
        issues.append(PlanIssue(IssueKind.NONE_MIXED, NONE_ACTION, saw_none))
    return tuple(actions)


def _split_dialogue(text: str) -> tuple[str, str | None, str]:
    """Cut a text into what stands before the words, the words (None if there are none), and what follows."""
    marker = _DIALOGUE.search(text)
    if marker is None:
        return text, None, ""
    before, rest = text[: marker.start()], text[marker.end() :]
    closing = _QUOTES.get(rest[:1])
    if closing is None:  # no quotation marks: the words run to the next token or the end of the line
        end = re.search(r"<[^<>]+>|\n|$", rest)
        cut = end.start() if end else len(rest)
        return before, rest[:cut].strip(" \t,"), rest[cut:]
    position = 1
    while position < len(rest):
        if rest[position] == "\\" and position + 1 < len(rest):
            position += 2
            continue
        # A quotation mark closes the words only if a token or nothing follows: people quote inside quotes.
        if rest[position] == closing and _AFTER_DIALOGUE.match(rest, position + 1):
            return before, _unescape(rest[1:position]), rest[position + 1 :]
        position += 1
    # Never closed, or prose follows the last mark (an explanation): take the words up to the last mark.
    last = rest.rfind(closing, 1)
    if last > 0:
        return before, _unescape(rest[1:last]), ""
    return before, _unescape(rest[1:]), ""


def _unescape(words: str) -> str:
    return re.sub(r'\\(["\\])', r"\1", words)
