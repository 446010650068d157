"""What is refused: texts that are too long or name people, plans that are illegal, repeated, or cannot be carried out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import Enum

from plans.actions import ACTIONS, Category
from plans.plan import IssueKind, Plan, parse_plan

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SENTENCE_START = re.compile(r"(?:^|[.!?…:;]['\"”’)]*\s+|[\"“‘(—–]\s*|\n\s*|\.\.\.\s*)$")
_CAPITAL_ANYWAY = frozenset(
    "I Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August September "
    "October November December Christmas Easter Ramadan Eid Diwali Hanukkah Passover Lent Sabbath God Lord Allah Internet "
    "Mum Mom Mama Mam Dad Daddy Papa Pa Ma Grandma Grandpa Gran Granny Nan Nana Auntie Uncle Aunt "
    "English French Spanish German Italian Portuguese Polish Ukrainian Russian Arabic Turkish Greek Hindi Urdu Chinese "
    "Mandarin Cantonese Japanese Korean Vietnamese".split()
)


class FailureKind(Enum):
    """Why an item could not be made. Written into logs, so values are stable."""

    MODEL = "model"  # no answer at all
    UNREADABLE = "unreadable"  # not the form that was asked for
    WRONG_VALUE = "wrong_value"  # a field that is missing or out of its range
    TOO_LONG = "too_long"
    NAMES = "names"
    ILLEGAL_ACTION = "illegal_action"
    NOT_EXECUTABLE = "not_executable"
    REPEATED = "repeated"  # what another answer to the same item already does or says
    NO_RESIDENT = "no_resident"  # the resident of the item could not be made


class Refused(Exception):
    """An answer that cannot be used.

    Args:
        kind: why.
        problems: one line each, for the model to mend and for the log.
    """

    def __init__(self, kind: FailureKind, *problems: str) -> None:
        self.kind = kind
        self.problems = problems
        super().__init__("; ".join(problems))


def count_words(text: str) -> int:
    """How many words a text has."""
    return len(text.split())


def no_longer(what: str, text: str, most: int) -> None:
    """Refuse a text of more than ``most`` words."""
    if (count := count_words(text)) > most:
        raise Refused(FailureKind.TOO_LONG, f"{what} has {count} words; at most {most} are allowed")


def names_in(text: str, known: Iterable[str] = (), background: str = "") -> list[str]:
    """Words that look like names of people or places: capitals within a sentence, and known names anywhere.

    Args:
        text: where.
        known: names to find at the beginning of a sentence too.
        background: words that are no names here, such as the resident's culture.

    Example:
        >>> names_in("Then I rang Maria on Monday. Leeds is far.", known=["Leeds"])
        ['Maria', 'Leeds']
    """
    told = {word for name in known for word in _WORD.findall(name) if word[:1].isupper()}
    harmless = _CAPITAL_ANYWAY | set(_WORD.findall(background))
    found = []
    for match in _WORD.finditer(text):
        word = re.sub(r"['’](?:s|m|d|ve|ll|re)$", "", match.group())
        begins = _SENTENCE_START.search(text[: match.start()]) is not None
        capital = word[0].isupper() and word not in harmless and not (len(word) > 1 and word.isupper())
        if capital and (not begins or word in told):
            found.append(word)
    return list(dict.fromkeys(found))


def no_names(what: str, text: str, known: Iterable[str] = (), background: str = "") -> None:
    """Refuse a text that names people or places."""
    found = names_in(text, known, background)
    if found:
        raise Refused(FailureKind.NAMES, f"{what} names {', '.join(found)}; write who or what that is instead, without a name")


def legal_plan(text: str, *, least: int, most: int, words: int) -> Plan:
    """A plan that the parser reads without an issue, of a fitting size, with its one seat last.

    Args:
        text: in the paper's format.
        least: fewest actions.
        most: most actions.
        words: most words that are said.

    Raises:
        Refused: illegal actions, or anything else that is wrong with it.
    """
    plan = parse_plan(text)
    if plan.issues:
        unknown = any(issue.kind is IssueKind.UNKNOWN_ACTION for issue in plan.issues)
        readable = bool(plan.actions or plan.utterance)
        kind = FailureKind.ILLEGAL_ACTION if unknown else FailureKind.WRONG_VALUE if readable else FailureKind.UNREADABLE
        raise Refused(kind, *map(str, plan.issues[:6]))
    if not least <= len(plan.actions) <= most:
        raise Refused(FailureKind.WRONG_VALUE, f"expected {least} to {most} actions, got {len(plan.actions)}")
    if not (plan.utterance or "").strip():
        raise Refused(FailureKind.WRONG_VALUE, "dialogue: expected words, got none")
    no_longer("dialogue", plan.utterance or "", words)
    seats = [place for place, action in enumerate(plan.actions) if _sits(action)]
    if len(seats) > 1 or seats and seats[0] != len(plan.actions) - 1:
        raise Refused(FailureKind.WRONG_VALUE, "the robot may sit down once, as its last action")
    return plan


def _sits(action: str) -> bool:
    return ACTIONS[action].category is Category.SIT or action == "play_computer"


def unlike(plan: Plan, others: Sequence[Plan]) -> None:
    """Refuse a plan that does just what another does, or says just what another says."""
    for other in others:
        if set(plan.actions) == set(other.actions):
            raise Refused(
                FailureKind.REPEATED,
                f"another response already does exactly this ({', '.join(plan.actions)}); do something else",
            )
        if (plan.utterance or "").strip().lower() == (other.utterance or "").strip().lower():
            raise Refused(FailureKind.REPEATED, "another response already says exactly this; say something else")
