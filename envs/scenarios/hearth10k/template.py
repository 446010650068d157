"""The small language that authored texts are written in: slots, free alternatives, appraisal spans.

``{slot}`` and ``{slot.form}`` take a fact; ``(a|b|c)`` leaves the wording open; ``[fact: words]`` marks an appraisal span;
``a(n)`` becomes *a* or *an*. Sentences get their capitals, and blanks around empty alternatives go, after filling.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

SPAN_LABELS = {
    "pleasant": "Pleasantness",
    "effort": "Anticipated Effort",
    "certain": "Certainty",
    "fact": "Objective Experience",
    "agency": "Self-Other Agency",
    "control": "Situational Control",
    "advice": "Advice",
    "trope": "Trope",
}
"""Short names of the eight appraisal labels of Modeling Empathetic Alignment (arXiv 2405.00948)."""


class TemplateError(ValueError):
    """A text that the language does not allow; the message is one line."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A fact to be filled in."""

    name: str
    form: str = ""

    def __str__(self) -> str:
        return f"{self.name}.{self.form}" if self.form else self.name


@dataclass(frozen=True, slots=True)
class Choice:
    """Wordings of which any will do."""

    options: tuple[Template, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """Words that carry one appraisal."""

    label: str
    inner: Template


Node = str | Slot | Choice | Span


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed text."""

    nodes: tuple[Node, ...]

    def slots(self) -> frozenset[Slot]:
        """Every slot that may be asked for."""
        return _slot_set(self)

    def wordings(self) -> int:
        """In how many ways the free alternatives can be taken."""
        count = 1
        for node in self.nodes:
            if isinstance(node, Choice):
                count *= sum(option.wordings() for option in node.options)
            elif isinstance(node, Span):
                count *= node.inner.wordings()
        return count

    def fill(self, fact: Callable[[Slot], str], choose: Callable[[int], int]) -> str:
        """Fill in facts and take alternatives; spans stay marked for :func:`tidy`.

        Args:
            fact: what a slot stands for.
            choose: an index below the given count.
        """
        parts: list[str] = []
        for node in self.nodes:
            if isinstance(node, str):
                parts.append(node)
            elif isinstance(node, Slot):
                parts.append(fact(node))
            elif isinstance(node, Choice):
                parts.append(node.options[choose(len(node.options))].fill(fact, choose))
            else:
                parts.append(_OPEN[node.label] + node.inner.fill(fact, choose) + _SHUT)
        return "".join(parts)


# Private-use letters stand for span marks while a text is put together.
_OPEN = {label: chr(0xE000 + i) for i, label in enumerate(SPAN_LABELS)}
_LABEL_OF = {mark: label for label, mark in _OPEN.items()}
_SHUT = chr(0xE0FF)
_MARK = re.compile("[\ue000-\ue0ff]")
_WORD = r"[a-z][a-z0-9_]*(?:'[a-z]+)?"
# A verb right after a first name is singular, whatever the resident's pronoun: "Rowan has", and then "they have".
_AFTER_NAME = re.compile(r"(\{name\}(?: [a-z]+)? )(?:\{(is|was|has|does)\}|([a-z]+)\{(s|es|ies)\})")
# A small letter that the author wrote after a question or call in quotation marks goes on with the sentence around it.
_GOES_ON = re.compile(r"([!?][\"'”] )(?=[a-z])")
_SMALL = "\uf8ff"
_SLOT = re.compile(rf"\{{({_WORD})(?:\.({_WORD}))?\}}")


def _slots(template: Template) -> Iterator[Slot]:
    for node in template.nodes:
        if isinstance(node, Slot):
            yield node
        elif isinstance(node, Choice):
            for option in node.options:
                yield from _slots(option)
        elif isinstance(node, Span):
            yield from _slots(node.inner)


@lru_cache(maxsize=65536)
def _slot_set(template: Template) -> frozenset[Slot]:
    return frozenset(_slots(template))


@lru_cache(maxsize=65536)
def parse_template(text: str) -> Template:
    """Read a text of the language.

    Raises:
        TemplateError: a brace, bracket or parenthesis that is not closed, or an unknown span label.
    """
    text = _AFTER_NAME.sub(lambda found: "".join(part or "" for part in found.groups()), " ".join(text.split()))
    nodes, end = _parse(_GOES_ON.sub(rf"\1{_SMALL}", text), 0, "")
    return Template(nodes)


def _parse(text: str, at: int, until: str) -> tuple[tuple[Node, ...], int]:
    nodes: list[Node] = []
    plain = ""
    while at < len(text):
        letter = text[at]
        if letter in until:
            break
        if letter in "{}":
            match = _SLOT.match(text, at)
            if match is None:
                raise TemplateError(f"expected a slot such as {{they}} or {{far.my}}, got {text[at : at + 20]!r}")
            if plain:
                nodes.append(plain)
                plain = ""
            nodes.append(Slot(match.group(1), match.group(2) or ""))
            at = match.end()
        elif letter == "(" and _is_choice(text, at):
            if plain:
                nodes.append(plain)
                plain = ""
            choice, at = _parse_choice(text, at + 1)
            nodes.append(choice)
        elif letter == "[":
            if plain:
                nodes.append(plain)
                plain = ""
            span, at = _parse_span(text, at)
            nodes.append(span)
        elif letter == "]":
            raise TemplateError(f"got a ']' that closes nothing, at {text[max(0, at - 20) : at + 1]!r}")
        else:
            plain += letter
            at += 1
    if plain:
        nodes.append(plain)
    return tuple(nodes), at


def _is_choice(text: str, at: int) -> bool:
    """Whether this parenthesis holds a ``|`` of its own; if not it is plain text, such as that of ``a(n)``."""
    depth = 0
    for letter in text[at:]:
        if letter == "(":
            depth += 1
        elif letter == ")":
            depth -= 1
            if depth == 0:
                return False
        elif letter == "|" and depth == 1:
            return True
    raise TemplateError(f"got a '(' that is not closed, at {text[at : at + 20]!r}")


def _parse_choice(text: str, at: int) -> tuple[Choice, int]:
    options: list[Template] = []
    while True:
        nodes, at = _parse(text, at, "|)")
        options.append(Template(nodes))
        if at >= len(text):
            raise TemplateError(f"got a '(' that is not closed, in {text[:40]!r}")
        at += 1
        if text[at - 1] == ")":
            return Choice(tuple(options)), at


def _parse_span(text: str, at: int) -> tuple[Span, int]:
    match = re.match(r"\[([a-z]+): ?", text[at:])
    if match is None or match.group(1) not in SPAN_LABELS:
        raise TemplateError(f"expected a span [label: words] with label {', '.join(SPAN_LABELS)}; got {text[at : at + 24]!r}")
    nodes, end = _parse(text, at + match.end(), "]")
    if end >= len(text):
        raise TemplateError(f"got a '[' that is not closed, at {text[at : at + 24]!r}")
    if any(isinstance(node, Span) for node in nodes):
        raise TemplateError(f"spans cannot be nested, at {text[at : at + 24]!r}")
    return Span(match.group(1), Template(nodes)), end + 1


_M = "[\ue000-\ue0ff]*"
_ARTICLE = re.compile(rf"\b([Aa])\(n\)({_M}\s+{_M}[\"'“‘]?)(\w)")
_SPACE_BEFORE = re.compile(rf"\s+({_M})([,.;:!?…])(?!\w)")
# A sentence ends at . ! ? (not at an ellipsis); quotation marks and span marks may stand between it and the next.
_START = re.compile(rf"(^{_M}[\"'“‘(]*{_M}|(?<!\.)[.!?][\"'”’)]*{_M}\s+{_M}[\"'“‘(]*{_M})([a-zà-öø-ÿčćđłńśšźžż])")


def tidy(filled: str) -> tuple[str, tuple[tuple[int, int, str], ...]]:
    """Mend blanks, articles and capitals of a filled text, and read its span marks.

    Returns:
        The text, and its spans as (start, end, label) with offsets into it.
    """
    text = re.sub(r"\s+", " ", filled).strip()
    text = re.sub(rf"^((?:{_M}\s)+)", lambda match: match.group(1).replace(" ", ""), text)
    text = _SPACE_BEFORE.sub(r"\1\2", text)
    text = re.sub(rf"(?<!\.)([.!?])({_M})\.(?![.\w])", r"\1\2", text)
    text = _ARTICLE.sub(lambda match: _article(match), text)
    text = _START.sub(lambda match: match.group(1) + match.group(2).upper(), text).replace(_SMALL, "")
    if not _MARK.search(text):
        return text, ()
    spans: list[tuple[int, int, str]] = []
    plain: list[str] = []
    length = start = 0
    label = ""
    for letter in text:
        if letter in _LABEL_OF:
            start, label = length, _LABEL_OF[letter]
        elif letter == _SHUT:
            spans.append((start, length, label))
        else:
            plain.append(letter)
            length += 1
    clean = "".join(plain)
    return clean, tuple(_trimmed(clean, span) for span in spans if clean[span[0] : span[1]].strip())


def _trimmed(text: str, span: tuple[int, int, str]) -> tuple[int, int, str]:
    start, end, label = span
    while text[start].isspace():
        start += 1
    while text[end - 1].isspace():
        end -= 1
    return start, end, SPAN_LABELS[label]


# Spelling decides except where sound does not follow it: an hour, a union, a one-off.
_AN_ANYWAY = re.compile(r"(?:hour|honest|heir|honou?r)", re.IGNORECASE)
_A_ANYWAY = re.compile(r"(?:uni(?!n)|use|usual|euro|one\b|once\b|ukulele|utensil)", re.IGNORECASE)


def _article(match: re.Match[str]) -> str:
    rest = match.string[match.start(3) :]
    vowel = match.group(3).lower() in "aeiou"
    an = (vowel and not _A_ANYWAY.match(rest)) or bool(_AN_ANYWAY.match(rest))
    return match.group(1) + ("n" if an else "") + match.group(2) + match.group(3)
