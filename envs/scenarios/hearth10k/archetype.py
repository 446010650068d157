"""What authors write: archetypes, their moments, and the responses to them, as typed and checked data."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from envs.scenarios.emotions import EMOTIONS
from envs.scenarios.hearth10k.template import Template, TemplateError, parse_template
from envs.scenarios.loading import ScenarioError, first_error

Kind = Literal["best", "good", "generic", "unhelpful"]
KINDS: tuple[Kind, ...] = ("best", "good", "generic", "unhelpful")
BONDS = (
    "parent", "child", "sibling", "partner", "friend", "grandparent", "grandchild", "colleague", "neighbour", "ex", "pupil",
    "other",
)  # fmt: skip
PLACES = ("home", "near", "far", "gone", "apart")
CONTENT_TAGS = (
    "grief", "illness", "death", "violence", "war", "loneliness", "eating", "body", "money", "family_conflict", "abuse",
    "self_worth",
)  # fmt: skip
_Item = Annotated[int, Field(ge=0, le=3)]


class _Authored(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Feeling(_Authored):
    """One of the 32 emotions and how strong it is, 1 to 3."""

    label: str
    intensity: Annotated[int, Field(ge=1, le=3)]

    @field_validator("label")
    @classmethod
    def _known(cls, label: str) -> str:
        if label not in EMOTIONS:
            raise ValueError(f"expected one of the 32 emotions, got {label!r}")
        return label


class Items(_Authored):
    """EMPA's nine items, three for each axis, 0 to 3 each."""

    C: tuple[_Item, _Item, _Item]
    A: tuple[_Item, _Item, _Item]
    P: tuple[_Item, _Item, _Item]


class Role(_Authored):
    """Whom of the resident's people a role can be cast with."""

    where: tuple[str, ...] = PLACES
    bond: tuple[str, ...] = BONDS

    @model_validator(mode="after")
    def _known(self) -> Role:
        for given, known in ((self.where, PLACES), (self.bond, BONDS)):
            for word in given:
                if word not in known:
                    raise ValueError(f"expected {', '.join(known)}; got {word!r}")
        return self


Facts = dict[str, tuple[str | dict[str, str], ...]]


class Line(_Authored):
    """One murmur."""

    line: str
    who: tuple[str, ...] = ()
    emotion: Feeling | None = None

    @cached_property
    def template(self) -> Template:
        """The murmur, parsed."""
        return parse_template(self.line)


class Commonsense(_Authored):
    """COMET's five relations."""

    xIntent: str
    xNeed: str
    xWant: str
    xEffect: str
    xReact: str


class Moment(_Authored):
    """One concrete thing that happened."""

    id: str
    cue: str
    who: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    people: dict[str, Role] = Field(default_factory=dict)
    facts: Facts = Field(default_factory=dict, alias="with")
    emotion: Feeling | None = None
    empa: Items | None = None
    commonsense: Commonsense | None = None
    situations: Annotated[tuple[str, ...], Field(min_length=2)]
    lines: Annotated[tuple[Line, ...], Field(min_length=3)]

    @field_validator("lines", mode="before")
    @classmethod
    def _plain_lines(cls, lines: Any) -> Any:
        return [{"line": line} if isinstance(line, str) else line for line in lines]


class Preference(_Authored):
    """What would help or annoy, and why."""

    when: tuple[str, ...] = ()
    text: str
    why: str


class Variant(_Authored):
    """One thing that the robot could do about it."""

    cue: tuple[str, ...] = ()
    moments: tuple[str, ...] = ()
    when: tuple[str, ...] = ()
    do: Annotated[tuple[str, ...], Field(min_length=1, max_length=4)]
    say: Annotated[tuple[str, ...], Field(min_length=2)]
    why: str
    plan: str = ""


class Responses(_Authored):
    """Variants of each kind."""

    best: Annotated[tuple[Variant, ...], Field(min_length=2)]
    good: Annotated[tuple[Variant, ...], Field(min_length=2)]
    generic: Annotated[tuple[Variant, ...], Field(min_length=1)]
    unhelpful: Annotated[tuple[Variant, ...], Field(min_length=1)]

    def of(self, kind: Kind) -> tuple[Variant, ...]:
        """The variants of one kind."""
        variants: tuple[Variant, ...] = getattr(self, kind)
        return variants


class Archetype(_Authored):
    """A kind of moment."""

    id: str
    theme: str
    title: str
    ages: tuple[int, int] = (18, 90)
    who: tuple[str, ...] = ()
    scripts: Annotated[tuple[str, ...], Field(min_length=1)]
    home_state: dict[str, Literal["open", "closed", "on", "off"]] = Field(default_factory=dict)
    people: dict[str, Role] = Field(default_factory=dict)
    facts: Facts = Field(default_factory=dict, alias="with")
    emotion: Feeling
    empa: Items
    tags: tuple[str, ...] = ()
    cues: dict[str, str]
    moments: Annotated[tuple[Moment, ...], Field(min_length=1)]
    commonsense: Commonsense
    helps: tuple[Preference, ...]
    annoys: tuple[Preference, ...]
    responses: Responses

    @model_validator(mode="after")
    def _agrees(self) -> Archetype:
        for tag in self.tags:
            if tag not in CONTENT_TAGS:
                raise ValueError(f"expected content tags among {', '.join(CONTENT_TAGS)}; got {tag!r}")
        names = [moment.id for moment in self.moments]
        if len(set(names)) < len(names):
            raise ValueError(f"expected different ids of moments, got {names}")
        for moment in self.moments:
            if moment.cue not in self.cues:
                raise ValueError(f"moment {moment.id}: expected a cue among {', '.join(self.cues)}; got {moment.cue!r}")
            for script in moment.scripts:
                if script not in self.scripts:
                    raise ValueError(f"moment {moment.id}: script {script!r} is not among the archetype's")
        for kind in KINDS:
            for place, variant in enumerate(self.responses.of(kind)):
                where = f"{kind} {place + 1}"
                for cue in variant.cue:
                    if cue not in self.cues:
                        raise ValueError(f"{where}: expected a cue among {', '.join(self.cues)}; got {cue!r}")
                for name in variant.moments:
                    if name not in names:
                        raise ValueError(f"{where}: expected a moment among {', '.join(names)}; got {name!r}")
                if kind in ("best", "good") and not variant.plan:
                    raise ValueError(f"{where}: expected a plan in words")
        for where, text in self.texts():
            try:
                parse_template(text)
            except TemplateError as error:
                raise ValueError(f"{where}: {error}") from None
        return self

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every template, and where it stands."""
        yield from _fact_texts("with", self.facts)
        for moment in self.moments:
            yield from _fact_texts(f"moment {moment.id}", moment.facts)
            for text in moment.situations:
                yield f"moment {moment.id}: situation", text
            for line in moment.lines:
                yield f"moment {moment.id}: line", line.line
        for common in (self.commonsense, *(moment.commonsense for moment in self.moments)):
            for name, text in common.model_dump().items() if common else ():
                yield f"commonsense {name}", text
        for preference in (*self.helps, *self.annoys):
            yield "helps/annoys", preference.text
            yield "helps/annoys", preference.why
        for kind in KINDS:
            for place, variant in enumerate(self.responses.of(kind)):
                for text in (*variant.say, variant.why, variant.plan):
                    yield f"{kind} {place + 1}", text


def _fact_texts(where: str, facts: Facts) -> Iterator[tuple[str, str]]:
    for name, options in facts.items():
        for option in options:
            for text in option.values() if isinstance(option, dict) else (option,):
                yield f"{where}: {name}", text


def read_archetype(file: Path) -> Archetype:
    """Read one archetype.

    Raises:
        ScenarioError: broken YAML, a missing or unknown field, a text that the template language does not allow.
    """
    data = read_yaml(file)
    try:
        archetype = Archetype.model_validate(data)
    except ValidationError as error:
        raise ScenarioError(f"{file}: {first_error(error)}") from None
    if archetype.id != file.stem:
        raise ScenarioError(f"{file}: expected the id {file.stem!r}, the file's name; got {archetype.id!r}")
    return archetype


def read_yaml(file: Path) -> Any:
    """Read a YAML file, or say in one line where it breaks."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(file.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 (a safe loader)
    except FileNotFoundError:
        raise ScenarioError(f"{file}: no such file") from None
    except UnicodeDecodeError as error:
        raise ScenarioError(f"{file}: expected UTF-8, got byte 0x{error.object[error.start]:02x} at {error.start}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise ScenarioError(f"{file}{line}: expected YAML, got {' '.join(str(error).split())[:160]}") from None
