"""The Scenario: one moment in a resident's home, with everything needed to play, answer and grade it."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from envs.scenarios.emotions import EMOTIONS
from envs.simulators.base import Look
from plans.plan import Plan, parse_plan
from plans.program import Program, ProgramError

Split = Literal["train", "validation", "test"]
Level = Annotated[int, Field(ge=0, le=3)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ResidentLook(_Strict):
    """How the resident looks in the simulator; colours are ``#rrggbb``, height in metres."""

    skin: Literal["porcelain", "light", "olive", "tan", "brown", "deep"] = "olive"
    hair: Literal["bald", "short", "bob", "long", "bun", "curly", "afro", "ponytail", "headscarf", "turban"] = "short"
    hair_colour: Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")] = "#3b2a20"
    top: Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")] = "#3b82f6"
    bottom: Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")] = "#334155"
    garment: Literal["trousers", "skirt", "dress", "shorts"] = "trousers"
    height: Annotated[float, Field(ge=0.9, le=2.2)] = 1.7
    build: Literal["slim", "average", "broad"] = "average"
    glasses: bool = False
    beard: bool = False

    @property
    def figure(self) -> Look:
        """The same as the simulators' plain value."""
        return Look(**self.model_dump())


Big = Annotated[int, Field(ge=1, le=7)]
Iri = Annotated[int, Field(ge=1, le=5)]


class BigFive(_Strict):
    """The five traits on the 1 to 7 scale of the TIPI (Gosling et al. 2003)."""

    openness: Big
    conscientiousness: Big
    extraversion: Big
    agreeableness: Big
    emotional_stability: Big


class InterpersonalReactivity(_Strict):
    """The four subscales of the IRI (Davis 1983), 1 to 5."""

    perspective_taking: Iri
    fantasy: Iri
    empathic_concern: Iri
    personal_distress: Iri


class Traits(_Strict):
    """Personality on published scales; hidden from the robot."""

    big_five: BigFive
    iri: InterpersonalReactivity


class Resident(_Strict):
    """The person in the home."""

    id: Annotated[str, Field(min_length=1)]
    """Unique; splits and clustered intervals go by it."""
    name: str = ""
    age: Annotated[int, Field(ge=0, le=120)] | None = None
    pronoun: Literal["she", "he", "they"] = "they"
    culture: str = ""
    personality: str = ""
    profession: str = ""
    hobbies: str = ""
    social_relationships: str = ""
    life_experiences: str = ""
    profile_text: str = ""
    """The profile as other data sets give it, one text; if empty it is composed from the fields above."""
    look: ResidentLook = ResidentLook()
    traits: Traits | None = None
    groups: tuple[str, ...] = ()
    """What the resident belongs to, for checks of fairness: region, temper, abilities. Hidden from the robot."""

    @property
    def profile(self) -> str:
        """What the robot may read about the resident."""
        if self.profile_text:
            return self.profile_text
        lines = (
            ("Name", self.name),
            ("Age", str(self.age) if self.age is not None else ""),
            ("Background", self.culture),
            ("Personality", self.personality),
            ("Profession", self.profession),
            ("Hobbies", self.hobbies),
            ("Social Relationships", self.social_relationships),
            ("Life Experiences", self.life_experiences),
        )
        return "\n".join(f"{label}: {text}" for label, text in lines if text)


class Needs(_Strict):
    """How much the resident needs to be understood, comforted, and helped to act; 0 (not at all) to 3."""

    cognitive: Level
    affective: Level
    proactive: Level


EmpaItem = Annotated[int, Field(ge=0, le=3)]


class EmpaItems(_Strict):
    """The nine items of EMPA's initial deficit (arXiv 2603.00552), three an axis, 0 to 3 each.

    Cognitive: complexity, depth, priority. Affective: intensity, accessibility (3: hidden deep), priority.
    Proactive: lack of agency, values at stake, priority.
    """

    cognitive: tuple[EmpaItem, EmpaItem, EmpaItem]
    affective: tuple[EmpaItem, EmpaItem, EmpaItem]
    proactive: tuple[EmpaItem, EmpaItem, EmpaItem]


class Commonsense(_Strict):
    """The five relations of COMET that CEM uses (arXiv 2109.05739)."""

    intent: str
    need: str
    want: str
    effect: str
    react: str


class AppraisalSpan(_Strict):
    """Words of the dialogue that carry one appraisal (arXiv 2405.00948)."""

    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=1)]
    label: str


class Preference(_Strict):
    """Something that would help or annoy this resident now, and why."""

    text: str
    why: str


class Labels(_Strict):
    """What the agent has to find out and never sees."""

    emotion: str
    """One of the 32 labels of :data:`envs.scenarios.emotions.EMOTIONS`."""
    intensity: Annotated[int, Field(ge=1, le=3)]
    needs: Needs
    theme: str = ""
    """The kind of moment; scenarios of one theme call for similar help."""
    archetype: str = ""
    """The authored kind of situation within the theme, where there is one."""
    cue: str = ""
    """What the dialogue lets a listener know is wanted, where it is labelled."""
    empa: EmpaItems | None = None
    commonsense: Commonsense | None = None
    appraisals: tuple[AppraisalSpan, ...] = ()
    """Spans of the dialogue, in order."""
    helps: tuple[Preference, ...] = ()
    annoys: tuple[Preference, ...] = ()
    content: tuple[str, ...] = ()
    """Content tags by which a user can leave scenarios out: grief, illness ..."""

    @field_validator("emotion")
    @classmethod
    def _known_emotion(cls, emotion: str) -> str:
        if emotion not in EMOTIONS:
            raise ValueError(f"expected one of the 32 emotions ({', '.join(EMOTIONS)}), got {emotion!r}")
        return emotion


class Reference(_Strict):
    """One reference response."""

    text: str
    """The plan in the paper's format; official data hold some illegal actions, so it is kept as given."""
    rationale: str = ""
    """One line: why it fits."""
    plan_nl: str = ""
    """The plan in natural language."""
    kind: Literal["best", "good", "generic", "unhelpful"] | None = None
    """What kind of response it is, where that is known."""

    @cached_property
    def plan(self) -> Plan:
        """The plan, parsed."""
        return parse_plan(self.text)


class Home(_Strict):
    """The house that the scenario plays in."""

    layout: str
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] = 0
    """Chooses where objects and bodies start."""
    state: dict[str, Literal["open", "closed", "on", "off"]] = Field(default_factory=dict)
    """What differs from the layout at the start, by entity name."""


class Provenance(_Strict):
    """Where a scenario comes from."""

    source: str
    """Name of the scenario set."""
    licence: str = ""
    item: str = ""
    """The item in its source."""


class Scenario(_Strict):
    """One item of the benchmark, self-contained; one line of a JSON Lines file."""

    schema_version: Literal[1] = 1
    id: Annotated[str, Field(min_length=1)]
    split: Split = "test"
    resident: Resident
    script: str
    """Name of the resident's script."""
    program: Annotated[tuple[str, ...], Field(max_length=200)]
    """What the resident does, as VirtualHome script lines; more than 200 would take an hour to watch."""
    dialogue: str
    """What the resident murmurs while doing it."""
    situation: str
    """What happened, hidden from the agent; the reference for scenario understanding."""
    labels: Labels | None = None
    references: Annotated[tuple[Reference, ...], Field(min_length=1)]
    """Reference responses, best first."""
    contrasts: tuple[Reference, ...] = ()
    """Responses that rank below every reference and earn nothing: generic, then unhelpful."""
    presentation: tuple[Annotated[int, Field(ge=0)], ...] = ()
    """The order in which pairwise tasks show the references, balanced over a set; empty for best first."""
    home: Home
    provenance: Provenance

    @model_validator(mode="after")
    def _program_reads(self) -> Scenario:
        try:
            _try_program(self.program)
        except ProgramError as error:
            raise ValueError(str(error)) from None
        return self

    @property
    def resident_program(self) -> Program:
        """The resident's script, parsed."""
        return Program.parse(self.program)

    @property
    def oracle(self) -> Plan:
        """The best reference's plan."""
        return self.references[0].plan

    def to_json(self) -> str:
        """One line of a JSON Lines file."""
        return self.model_dump_json()


@lru_cache(maxsize=1024)
def _try_program(lines: tuple[str, ...]) -> None:
    """Thousands of scenarios share a few programs.

    Raises:
        ProgramError: a line that cannot be read.
    """
    Program.parse(lines)


def schema() -> dict[str, Any]:
    """The JSON Schema of a scenario line."""
    return Scenario.model_json_schema()
