"""Who lives in Hearth-10k: a profile the robot may read, and a life that moments are made of."""

from __future__ import annotations

from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from envs.scenarios.hearth10k.archetype import BONDS, PLACES, read_yaml
from envs.scenarios.loading import ScenarioError, first_error
from envs.scenarios.schema import Resident, Traits

GROUPS: dict[str, tuple[str, ...]] = {
    "home": ("alone", "with_family", "with_partner", "shares"),
    "day": ("works", "studies", "school", "retired", "at_home"),
    "help": ("welcomes_help", "resists_help"),
    "company": ("likes_company", "keeps_distance"),
    "voice": ("plain", "dry", "tender", "playful", "anxious", "fierce"),
}
"""Tags of which every resident has exactly one each."""
FREE_TAGS = (
    "wheelchair", "blind", "deaf", "chronic_pain", "unsteady", "pregnant", "ill", "autistic",
    "parent", "grandparent", "widowed", "single", "migrant", "believer", "cooks", "gardens", "makes_music", "sporty",
    "night_worker", "exams", "cold_winters", "has_cat", "has_dog", "caregiver",
)  # fmt: skip
AGE_TAGS = ("child", "teen", "young", "adult", "old")
REGIONS = (
    "africa", "north_america", "latin_america", "east_asia", "south_asia", "southeast_asia", "middle_east", "central_asia",
    "europe", "oceania",
)  # fmt: skip
TAGS = frozenset({*(tag for group in GROUPS.values() for tag in group), *FREE_TAGS, *AGE_TAGS})
PERSONAL_TAGS = frozenset({*GROUPS["help"], *GROUPS["company"], *GROUPS["voice"], *FREE_TAGS, *AGE_TAGS, *GROUPS["home"]})
"""Tags that say something of the person; a response written for more of them fits better."""


class _Authored(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Person(_Authored):
    """One of the resident's people, without a name."""

    bond: str
    where: str
    noun: str
    pronoun: Literal["she", "he", "they"]
    place: str = ""
    call: str = ""

    @model_validator(mode="after")
    def _known(self) -> Person:
        if self.bond not in BONDS:
            raise ValueError(f"bond: expected one of {', '.join(BONDS)}; got {self.bond!r}")
        if self.where not in PLACES:
            raise ValueError(f"where: expected one of {', '.join(PLACES)}; got {self.where!r}")
        if self.where == "far" and not self.place:
            raise ValueError(f"expected a place for {self.noun!r}, who is far")
        return self


class Work(_Authored):
    """How the resident spends the day."""

    place: str
    at: str
    day: str
    task: tuple[str, ...]
    people: str
    boss: str
    paper: str
    troubles: Annotated[tuple[str, ...], Field(min_length=3)]
    wins: Annotated[tuple[str, ...], Field(min_length=3)]

    @field_validator("task", mode="before")
    @classmethod
    def _one_or_more(cls, task: Any) -> Any:
        return [task] if isinstance(task, str) else task


class Hobby(_Authored):
    """Something done for its own sake."""

    doing: str
    thing: str
    out: str


class Treasure(_Authored):
    """A thing with a history."""

    noun: str
    story: str


class Worry(_Authored):
    """A small thing that bothers."""

    story: str
    say: str
    ask: str


class Joy(_Authored):
    """A small thing that pleases."""

    story: str
    say: str


class Life(_Authored):
    """What moments are made of."""

    town: str
    origin: str = ""
    people: Annotated[tuple[Person, ...], Field(min_length=4)]
    work: Work | None = None
    hobbies: Annotated[tuple[Hobby, ...], Field(min_length=2)]
    dishes: Annotated[tuple[str, ...], Field(min_length=2)]
    sounds: tuple[str, ...] = ()
    reading: tuple[str, ...] = ()
    treasure: Treasure
    worries: Annotated[tuple[Worry, ...], Field(min_length=4)]
    joys: Annotated[tuple[Joy, ...], Field(min_length=4)]
    oh: Annotated[tuple[str, ...], Field(min_length=5)]


class Dweller(_Authored):
    """A resident of Hearth-10k."""

    profile: Resident
    """What scenarios carry of the resident."""
    home: str
    """The layout."""
    region: str
    """Where the culture is from, roughly: for checks of fairness only."""
    tags: frozenset[str]
    life: Life
    hearth: bool = False
    """Whether the resident comes from the hand-written set, whose splits bind."""

    @property
    def id(self) -> str:
        """The resident's id."""
        return self.profile.id

    @cached_property
    def name(self) -> str:
        """The first name."""
        parts = self.profile.name.split()
        return self.given or (parts[0] if parts else "")

    given: str = ""
    """The name to be called by, where it is not the first word of the full name."""

    @property
    def age(self) -> int:
        """Years."""
        assert self.profile.age is not None
        return self.profile.age


def age_tags(age: int) -> tuple[str, ...]:
    """The tags that follow from an age."""
    if age < 13:
        return ("child",)
    if age < 18:
        return ("teen",)
    return ("adult", *(("young",) if age < 30 else ()), *(("old",) if age >= 65 else ()))


def read_resident(file: Path) -> Dweller:
    """Read one resident's file.

    Raises:
        ScenarioError: broken YAML, missing or unknown fields or tags.
    """
    data = read_yaml(file)
    allowed = {"from_hearth", "resident", "region", "given", "traits", "tags", "life"}
    if not isinstance(data, dict) or set(data) - allowed:
        raise ScenarioError(f"{file}: expected the keys {', '.join(sorted(allowed))}; got {', '.join(map(str, data))[:120]}")
    try:
        if "from_hearth" in data:
            source = resources.files("envs.scenarios.hearth") / "residents" / f"{data['from_hearth']}.yaml"
            profile = read_yaml(Path(str(source)))["resident"]
        else:
            profile = dict(data["resident"])
        tags = tuple(data["tags"])
        dweller = Dweller(
            profile=Resident(
                **{key: value for key, value in profile.items() if key != "home"},
                traits=Traits.model_validate(data["traits"]),
                groups=(str(data["region"]), *sorted(map(str, tags))),
            ),
            home=profile["home"],
            region=data["region"],
            tags=frozenset({*tags, *age_tags(int(profile["age"]))}),
            life=Life.model_validate(data["life"]),
            hearth="from_hearth" in data,
            given=data.get("given", ""),
        )
    except ValidationError as error:
        raise ScenarioError(f"{file}: {first_error(error)}") from None
    except KeyError as error:
        raise ScenarioError(f"{file}: missing {error}") from None
    _check_tags(file, dweller)
    return dweller


def _check_tags(file: Path, dweller: Dweller) -> None:
    if dweller.id != file.stem:
        raise ScenarioError(f"{file}: expected the id {file.stem!r}, the file's name; got {dweller.id!r}")
    if dweller.region not in REGIONS:
        raise ScenarioError(f"{file}: region: expected one of {', '.join(REGIONS)}; got {dweller.region!r}")
    for tag in sorted(dweller.tags):
        if tag not in TAGS:
            raise ScenarioError(f"{file}: tags: unknown {tag!r}; known are {', '.join(sorted(TAGS))}")
    for group, known in GROUPS.items():
        held = [tag for tag in known if tag in dweller.tags]
        if len(held) != 1:
            raise ScenarioError(f"{file}: tags: expected exactly one of {', '.join(known)} ({group}); got {held}")
    if dweller.life.work is None and "at_home" not in dweller.tags:
        raise ScenarioError(f"{file}: life.work: expected for everyone who is not at_home")
