"""One typed form for dialogues of any source: who said what, and who reported what about whom.

Self-report, partner-report and third-party annotation are different variables (in Empathic Conversations they correlate at
about 0.1), so every rating says who gave it; nothing here averages them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from envs.scenarios.schema import AppraisalSpan

Reporter = Literal["self", "partner", "third_party"]
Role = Literal["seeker", "supporter", "other"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rating(_Strict):
    """One number that somebody gave."""

    reporter: Reporter
    """``self``: about one's own state; ``partner``: by the other speaker; ``third_party``: by an annotator."""
    measure: str
    """What was rated: ``empathy``, ``distress``, ``emotion_intensity`` ..."""
    value: float
    low: float
    high: float
    about: str = ""
    """The speaker who is rated, where that is known."""

    @model_validator(mode="after")
    def _within(self) -> Rating:
        if not self.low <= self.value <= self.high:
            raise ValueError(f"{self.measure}: expected {self.low:g} to {self.high:g}, got {self.value:g}")
        return self


class Speaker(_Strict):
    """Somebody in a dialogue."""

    id: Annotated[str, Field(min_length=1)]
    role: Role = "other"
    profile: dict[str, str | float | None] = Field(default_factory=dict)
    """Demographics and traits as the source gives them."""


class Turn(_Strict):
    """One thing said."""

    speaker: str
    text: str
    ratings: tuple[Rating, ...] = ()
    appraisals: tuple[AppraisalSpan, ...] = ()
    """Spans of the text."""


class Alignment(_Strict):
    """Two spans that answer one another: (turn, place of the span in it) of each."""

    target: tuple[int, int]
    observer: tuple[int, int]


class Dialogue(_Strict):
    """A conversation, or a story with what was said to it."""

    id: Annotated[str, Field(min_length=1)]
    source: str
    language: str = "en"
    split: str = ""
    topic: str = ""
    emotion: str = ""
    """The label of the source, as it stands there."""
    situation: str = ""
    """What it is about: a prompt, an essay, an article."""
    speakers: tuple[Speaker, ...]
    turns: Annotated[tuple[Turn, ...], Field(min_length=1)]
    ratings: tuple[Rating, ...] = ()
    """About the dialogue as a whole."""
    alignments: tuple[Alignment, ...] = ()
    licence: str = ""
    item: str = ""
    """Where it stands in its source: file and line."""

    @model_validator(mode="after")
    def _known_speakers(self) -> Dialogue:
        known = {speaker.id for speaker in self.speakers}
        for turn in self.turns:
            if turn.speaker not in known:
                raise ValueError(f"turn by {turn.speaker!r}, who is not among the speakers {sorted(known)}")
            for span in turn.appraisals:
                if not span.start < span.end <= len(turn.text):
                    raise ValueError(f"span {span.start}-{span.end} lies outside of a turn of {len(turn.text)} characters")
        return self

    def reports(self, reporter: Reporter, measure: str) -> list[float]:
        """All values of one measure by one kind of reporter, dialogue first, then turn by turn."""
        ratings = [*self.ratings, *(rating for turn in self.turns for rating in turn.ratings)]
        return [rating.value for rating in ratings if rating.reporter == reporter and rating.measure == measure]

    def exchanges(self) -> Iterable[tuple[str, str]]:
        """Pairs of what a seeker said and what a supporter answered to it, for training and for dialogue-only grading."""
        roles = {speaker.id: speaker.role for speaker in self.speakers}
        for before, after in zip(self.turns, self.turns[1:], strict=False):
            if roles[before.speaker] == "seeker" and roles[after.speaker] == "supporter":
                yield before.text, after.text


def schema() -> dict[str, Any]:
    """The JSON Schema of a dialogue."""
    return Dialogue.model_json_schema()
