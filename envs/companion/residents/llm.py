"""A resident played by a language model: one voice, one judge of evidence, and a director who lets the story out.

After EMPA's four roles (arXiv 2603.00552): the voice knows person and story, the judge fills in evidence and gives no
verdict, the director sees only the state and chooses from a small set of moves. Prompts are ours (``prompts.yaml``). An answer
that cannot be read is asked for again, :data:`TRIES` times in all; then the turn is unscored, or the resident silent.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from envs.companion.appraiser import Appraisal, TurnFacts
from envs.companion.evidence import AXES, Evidence
from envs.companion.persona import Persona
from envs.companion.record import Gesture, SelfReport
from envs.companion.residents.base import Moment, Reaction, TextModel
from envs.companion.residents.body import Body
from envs.companion.residents.scripted import ScriptedResident
from envs.exchange import PastTurn
from envs.scenarios.schema import Scenario
from envs.skills import ActionOutcome
from plans.actions import ACTIONS

if TYPE_CHECKING:
    from envs.companion.session import CompanionSession

log = logging.getLogger(__name__)

TRIES = 3
"""How often one thing is asked."""
LONGEST = 600
"""Characters of what a resident says in one turn."""
_SENTENCE = re.compile(r"[^.!?]+[.!?]*")
_MARKS = str.maketrans({"<": "‹", ">": "›", "[": "(", "]": ")", "{": "(", "}": ")", "|": "¦"})

Answer = TypeVar("Answer", bound=BaseModel)


class _Said(BaseModel):
    model_config = ConfigDict(extra="ignore")

    said: str = ""
    did: Literal["approach", "stay", "sit_down", "use", "sigh", "turn_away", "refuse", "withdraw"] = "stay"


class _Move(BaseModel):
    model_config = ConfigDict(extra="ignore")

    move: Literal["reveal_fragment", "reveal_memory", "adjust_focus", "turning_point", "wait", "end"] = "wait"
    number: int = 0
    focus: Literal["cognitive", "affective", "proactive"] = "cognitive"


class _Ratings(BaseModel):
    model_config = ConfigDict(extra="ignore")

    concern: float = Field(ge=1, le=7)
    distress: float = Field(ge=1, le=7)
    empathy: float = Field(ge=1, le=7)
    trust: float = Field(ge=1, le=7)
    words: str = ""


@lru_cache(maxsize=1)
def prompts() -> dict[str, str]:
    """The prompts that come with the package."""
    text = resources.files("envs.companion.residents").joinpath("prompts.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def ask(model: TextModel, system: str, user: str, kind: type[Answer], seed: int) -> Answer | None:
    """Ask until the answer can be read, at most :data:`TRIES` times; None if it never can."""
    schema = kind.model_json_schema()
    told = user
    for attempt in range(TRIES):
        text = model.write(system, told, schema=schema, seed=seed + attempt, repeat=attempt)
        try:
            return kind.model_validate_json(_json_in(text))
        except (ValidationError, ValueError) as error:
            problem = str(error).splitlines()[0][:160]
            log.info("an answer could not be read (%s), try %d of %d", problem, attempt + 1, TRIES)
            told = f"{user}\n\nYour last answer could not be read ({problem}). Answer with JSON only."
    return None


def _json_in(text: str) -> str:
    """The outermost object of an answer that may have words around it."""
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end <= start:
        raise ValueError("expected a JSON object, got none")
    return text[start : end + 1]


def _marked(text: str) -> str:
    """What somebody said, so that it cannot pass for our own words."""
    return f"“{' '.join(text.translate(_MARKS).split())[:1200]}”" if text.strip() else "(nothing)"


def _deeds(outcomes: Sequence[ActionOutcome]) -> str:
    done = [ACTIONS[outcome.action].phrase for outcome in outcomes if outcome.ok]
    failed = [f"tried to {ACTIONS[outcome.action].phrase}, in vain" for outcome in outcomes if not outcome.ok]
    return "; ".join([*done, *failed]) or "did nothing"


def _told(history: Sequence[PastTurn]) -> str:
    return "\n".join(turn.text.translate(_MARKS) for turn in history[-8:]) or "(nothing yet)"


class ModelAppraiser:
    """Lets a model fill in the evidence of turns; a turn that it cannot fill in is unscored, never 0.

    Args:
        model: who is asked.
        scenario: with its hidden side.
        persona: of its resident.
    """

    def __init__(self, model: TextModel, scenario: Scenario, persona: Persona) -> None:
        self.model = model
        self.scenario = scenario
        self.persona = persona
        self._history: list[str] = []

    def appraise(self, turn: TurnFacts) -> Appraisal:
        """The evidence of the next turn."""
        labels, persona = self.scenario.labels, self.persona
        user = prompts()["judge_user"].format(
            profile=self.scenario.resident.profile.translate(_MARKS),
            story=self.scenario.situation.translate(_MARKS),
            feeling=labels.emotion if labels else "something",
            cognitive=persona.priorities[0],
            affective=persona.priorities[1],
            proactive=persona.priorities[2],
            helps="; ".join(taste.text for taste in persona.helps) or "(not known)",
            annoys="; ".join(taste.text for taste in persona.annoys) or "(not known)",
            history="\n".join(self._history[-8:]) or "(nothing yet)",
            heard=_marked(turn.heard),
            deeds=_deeds(turn.outcomes),
            said=_marked(turn.said),
        )
        evidence = ask(self.model, prompts()["judge_system"], user, Evidence, seed=len(self._history))
        self._history.append(f"Person: {_marked(turn.heard)} Robot: {_deeds(turn.outcomes)}; said {_marked(turn.said)}")
        if evidence is None:
            return Appraisal(None, unscored=f"no readable evidence in {TRIES} answers")
        refused: tuple[str, ...] = ()
        if evidence.proactive.negative == -2:
            refused = tuple(outcome.action for outcome in turn.outcomes if outcome.ok)
        return Appraisal(evidence, refused=refused, useful=_useful(turn.outcomes, evidence))


def _useful(outcomes: Sequence[ActionOutcome], evidence: Evidence) -> tuple[str, ...]:
    return tuple(outcome.action for outcome in outcomes if outcome.ok) if evidence.proactive.progress else ()


class LanguageResident:
    """A person played by a model, with a director; falls back to the scripted lines where an answer cannot be read.

    Args:
        model: who is asked, for voice and director.
    """

    name = "llm"

    def __init__(self, model: TextModel) -> None:
        self.model = model
        self._scripted = ScriptedResident()
        self._untold: dict[str, list[str]] = {"fragments": [], "memories": []}

    @property
    def identity(self) -> Mapping[str, Any]:
        """The model, and our prompts."""
        return {"resident": self.name, "model": dict(self.model.identity), "prompts": prompts()}

    def begin(self, scenario: Scenario, persona: Persona, seed: int) -> None:
        """Start a new episode."""
        self._scripted.begin(scenario, persona, seed)
        person = scenario.resident
        lives = ". ".join(part.rstrip(".") for part in (person.life_experiences, person.social_relationships) if part)
        self._untold = {"fragments": _pieces(scenario.situation), "memories": _pieces(lives)}

    def react(self, moment: Moment) -> Reaction:
        """Let the director choose, the person speak, and the body follow."""
        direction, revealed, move = self._direct(moment)
        labels = moment.scenario.labels
        user = prompts()["resident_user"].format(
            profile=moment.scenario.resident.profile.translate(_MARKS),
            feeling=labels.emotion if labels else "something",
            intensity=labels.intensity if labels else 2,
            story=moment.scenario.situation.translate(_MARKS),
            direction=direction,
            history=_told(moment.history),
            deeds=_deeds(moment.outcomes),
            said=_marked(moment.said),
            landed=_landed(moment),
        )
        answer = ask(self.model, prompts()["resident_system"], user, _Said, seed=moment.seed + moment.point.turn)
        if answer is None:
            return self._scripted.react(moment)
        gesture, told, steps = self._embody(answer.did, moment)
        said = " ".join(answer.said.split())[:LONGEST]
        return Reaction((gesture,), steps, told, said, moment.appraisal.refused, revealed, move)

    def reports(self, session: CompanionSession) -> tuple[SelfReport | None, SelfReport | None]:
        """What this person says afterwards; None where it cannot be read."""
        labels = session.scenario.labels
        user = prompts()["resident_user"].format(
            profile=session.scenario.resident.profile.translate(_MARKS),
            feeling=labels.emotion if labels else "something",
            intensity=labels.intensity if labels else 2,
            story=session.scenario.situation.translate(_MARKS),
            direction="",
            history=_told(session.observation.history),
            deeds="stopped",
            said="(nothing)",
            landed="You decide.",
        )
        found = ask(self.model, prompts()["resident_system"], f"{user}\n{prompts()['reports_user']}", _Ratings, session.seed)
        if found is None:
            return None, None
        return (
            SelfReport(items={"concern": found.concern, "distress": found.distress}, words=found.words[:LONGEST]),
            SelfReport(items={"empathy": found.empathy, "trust": found.trust}),
        )

    def _direct(self, moment: Moment) -> tuple[str, str, str]:
        """What the person is told by the director, what comes out, and the move by name."""
        way = moment.trajectory
        user = prompts()["director_user"].format(
            turn=moment.point.turn,
            turns=way.preset.most_turns,
            work=", ".join(f"{point.work:+.1f}" for point in way.points[-5:] if point.turn),
            goal="yes" if way.succeeded() else "no",
            fragments=_numbered(self._untold["fragments"]),
            memories=_numbered(self._untold["memories"]),
            **{axis: f"{-min(0.0, value):.1f}" for axis, value in zip(AXES, moment.point.place, strict=True)},
        )
        move = ask(self.model, prompts()["director_system"], user, _Move, seed=moment.seed + moment.point.turn)
        if move is None:
            return "", "", "unreadable"
        if move.move in ("reveal_fragment", "reveal_memory"):
            pool = self._untold["fragments" if move.move == "reveal_fragment" else "memories"]
            if pool:
                piece = pool.pop(min(max(move.number, 1), len(pool)) - 1)
                return f"Let this come out now, in your own words: {piece}", piece, move.move
        if move.move == "adjust_focus":
            return f"Let it show that what you miss most is {_FOCUS[move.focus]}.", "", f"adjust_focus:{move.focus}"
        if move.move == "turning_point":
            return "Something shifts in you now; let it show.", "", move.move
        return "", "", move.move if move.move != "end" or way.succeeded() else "wait"

    def _embody(self, did: Gesture, moment: Moment) -> tuple[Gesture, str, tuple[Any, ...]]:
        """Do it with the body where the house allows, else stay."""
        body = Body(moment.world)
        acts: dict[str, Callable[[], object]] = {
            "approach": body.approach,
            "sit_down": body.sit_down,
            "turn_away": body.turn_away,
            "withdraw": body.withdraw,
            "use": lambda: any(body.take(thing) for outcome in moment.outcomes if outcome.ok for thing in outcome.subjects),
        }
        slots: dict[str, str] = {}
        if did in acts:
            done = acts[did]()
            if not done:
                did = "stay"
            elif did == "withdraw":
                slots = {"room": str(done).replace("_", " ")}
            elif did == "use":
                slots = {"thing": "what was brought"}
        elif did == "refuse":
            body.turn_to()
            body.raise_hand()
        elif did == "sigh":
            body.sigh()
        return did, self._scripted.told(moment, did, **slots), tuple(body.steps)


_FOCUS = {"cognitive": "being understood", "affective": "somebody near", "proactive": "a way to begin"}


def _pieces(text: str) -> list[str]:
    return [piece.strip() for piece in _SENTENCE.findall(text.replace(";", ".")) if len(piece.split()) >= 3]


def _numbered(pieces: Sequence[str]) -> str:
    return " ".join(f"({number}) {piece.translate(_MARKS)}" for number, piece in enumerate(pieces, start=1)) or "none"


def _landed(moment: Moment) -> str:
    """How it was taken, in words that a person would use of themselves."""
    evidence = moment.appraisal.evidence
    if evidence is None:
        return "You are not sure what to make of it."
    found = []
    for axis, item in zip(AXES, evidence.axes, strict=True):
        if item.progress:
            found.append(f"{_GOOD[axis]}: {item.progress_reason}")
        if item.negative:
            found.append(f"{_BAD[axis]}: {item.negative_reason}")
    return " ".join(found) or "It passed you by."


_GOOD = {"cognitive": "You felt understood", "affective": "It did you good", "proactive": "It got you a step further"}
_BAD = {"cognitive": "It missed the point", "affective": "It rubbed you the wrong way", "proactive": "It got in your way"}

__all__ = ["LanguageResident", "ModelAppraiser", "ask"]
