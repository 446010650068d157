"""Evidence of one turn, axis by axis: what went forward, what did harm, each with its reason and the words or deeds behind it.

Levels and their anchors are EMPA's (arXiv 2603.00552): progress 0 to 2 and harm 0 to -2 are found independently of each
other, so that one turn can do both; eighteen fields in all. Rules (:mod:`envs.companion.appraiser`) and models
(:mod:`envs.companion.residents.llm`) fill the same schema.
"""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Axis: TypeAlias = Literal["cognitive", "affective", "proactive"]
AXES: tuple[Axis, Axis, Axis] = ("cognitive", "affective", "proactive")
"""To be understood, to be comforted, to be helped to act; the order of every vector here."""


class Vector(NamedTuple):
    """A place or a step in the space of the three axes."""

    cognitive: float
    affective: float
    proactive: float


class AxisEvidence(BaseModel):
    """What one turn did on one axis."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    progress: Annotated[int, Field(ge=0, le=2)] = 0
    """0 none, 1 what a decent listener does, 2 what goes to the heart of it."""
    progress_reason: str = ""
    progress_quote: str = ""
    """The words or the action that show it."""
    negative: Annotated[int, Field(ge=-2, le=0)] = 0
    """0 none, -1 a blunder, -2 harm, or a blunder again."""
    negative_reason: str = ""
    negative_quote: str = ""


_NOTHING = AxisEvidence()


class Evidence(BaseModel):
    """What one turn did on each axis."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cognitive: AxisEvidence = _NOTHING
    affective: AxisEvidence = _NOTHING
    proactive: AxisEvidence = _NOTHING

    @property
    def axes(self) -> tuple[AxisEvidence, AxisEvidence, AxisEvidence]:
        """The three, in the order of :data:`AXES`."""
        return self.cognitive, self.affective, self.proactive

    @property
    def levels(self) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
        """(progress, negative) of each axis."""
        one, two, three = self.axes
        return (one.progress, one.negative), (two.progress, two.negative), (three.progress, three.negative)
