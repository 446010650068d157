"""The stages: what is asked at each, in which form, and how an answer is read and checked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.creation.checks import FailureKind, Refused, legal_plan, no_longer, no_names, unlike
from agents.creation.inspirations import Exchange, Preferred
from agents.models.grammar import PlanConstraint, plan_constraint
from agents.models.interface import Constraint
from agents.models.messages import Message
from agents.strategies.beliefs import without_thoughts
from agents.strategies.fencing import clean, fence
from agents.strategies.roles import action_list
from envs.residents.scripts import ResidentScript
from envs.scenarios.emotions import EMOTIONS
from envs.scenarios.loading import first_error
from envs.scenarios.schema import Needs, Resident, ResidentLook
from plans.actions import ACTIONS
from plans.plan import Plan

DIALOGUE_WORDS = 15
"""Most words of the murmur, as in the paper."""
PLAN_WORDS = 40
"""Most words of the high-level plan, as in the paper."""
SITUATION_WORDS = 70
UTTERANCE_WORDS = 45
LEAST_ACTIONS, MOST_ACTIONS = 1, 3
"""Nearly all of the paper's responses have two or three actions."""
AGES = (8, 90)
_LONGEST_FIELD = 80
_LETTER = re.compile(r"\b(?:[Rr]esponse|[Oo]ption|[Cc]hoice) [A-H]\b|(?<![\w'’.-])[B-H](?![\w'’.-])")

Value = TypeVar("Value")


@dataclass(frozen=True)
class Ask(Generic[Value]):
    """One question to the model.

    Args:
        stage: its name.
        messages: what is said.
        constraint: the form of the answer.
        read: takes the answer's text; raises :class:`~agents.creation.checks.Refused` with what is to be mended.
        warm: whether the answer is drawn with temperature; judgements are not.
    """

    stage: str
    messages: tuple[Message, ...]
    constraint: Constraint
    read: Callable[[str], Value]
    warm: bool = True


@dataclass(frozen=True)
class Failure:
    """An item that could not be made.

    Args:
        item: its id.
        stage: where it ended.
        kind: why.
        problems: what was wrong with the last answer, one line each.
        attempts: how many answers there were.
    """

    item: str
    stage: str
    kind: FailureKind
    problems: tuple[str, ...]
    attempts: int

    def record(self) -> dict[str, Any]:
        """The failure as JSON."""
        return {
            "item": self.item,
            "stage": self.stage,
            "kind": self.kind.value,
            "problems": list(self.problems),
            "attempts": self.attempts,
        }


class _Draft(BaseModel):
    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)


Line = Annotated[str, Field(min_length=3)]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]


class LookDraft(_Draft):
    """How a resident looks."""

    skin: Literal["porcelain", "light", "olive", "tan", "brown", "deep"]
    hair: Literal["bald", "short", "bob", "long", "bun", "curly", "afro", "ponytail", "headscarf", "turban"]
    hair_colour: Colour
    top: Colour
    bottom: Colour
    garment: Literal["trousers", "skirt", "dress", "shorts"]
    height: Annotated[float, Field(ge=0.9, le=2.2)]
    build: Literal["slim", "average", "broad"]
    glasses: bool
    beard: bool


class ResidentDraft(_Draft):
    """A resident."""

    name: Line
    age: Annotated[int, Field(ge=AGES[0], le=AGES[1])]
    pronoun: Literal["she", "he", "they"]
    culture: Line
    personality: Line
    profession: Line
    hobbies: Line
    social_relationships: Line
    life_experiences: Line
    look: LookDraft


class MomentDraft(_Draft):
    """What happened, and what is murmured."""

    situation: Line
    dialogue: Line
    emotion: Literal[tuple(EMOTIONS)]  # type: ignore[valid-type]
    intensity: Annotated[int, Field(ge=1, le=3)]
    needs: Needs
    theme: Annotated[str, Field(min_length=3, max_length=60)]


class RankingDraft(_Draft):
    """Which response serves best."""

    order: list[str]
    explanation: Line


class PlansDraft(_Draft):
    """One response in words."""

    natural: Line
    high_level: Line


def resident_ask(identity: str, seed: str, age_hint: int) -> Ask[Resident]:
    """A resident from a seed line."""
    text = _prompt("profile").format(seed=fence("LINE", seed), age_low=AGES[0], age_high=AGES[1], age_hint=age_hint)

    def read(answer: str) -> Resident:
        draft = _read(ResidentDraft, answer)
        fields = draft.model_dump()
        look = fields.pop("look")
        for name in ("hair_colour", "top", "bottom"):
            look[name] = look[name].lower()
        for name, value in fields.items():
            if isinstance(value, str):
                fields[name] = _one_line(value)
                no_longer(name, value, _LONGEST_FIELD)
        return Resident(id=identity, **fields, look=ResidentLook(**look))

    return _ask("profile", text, _schema(ResidentDraft, "profile"), read)


def moment_ask(resident: Resident, script: ResidentScript, seed: str) -> Ask[MomentDraft]:
    """Situation and murmur of a resident who does something."""
    text = _prompt("moment").format(
        profile=fence("PROFILE", resident.profile),
        doing=script.description,
        seed=fence("LINE", seed),
        situation_words=SITUATION_WORDS,
        dialogue_words=DIALOGUE_WORDS,
        emotions=", ".join(EMOTIONS),
    )

    def read(answer: str) -> MomentDraft:
        draft = _read(MomentDraft, answer)
        situation, dialogue = _one_line(draft.situation), _one_line(draft.dialogue).strip('"“”')
        no_longer("dialogue", dialogue, DIALOGUE_WORDS)
        no_longer("situation", situation, SITUATION_WORDS)
        for what, told in (("dialogue", dialogue), ("situation", situation)):
            no_names(what, told, [resident.name], resident.culture)
        theme = re.sub(r"[^a-z0-9]+", "_", draft.theme.lower()).strip("_")
        return draft.model_copy(update={"situation": situation, "dialogue": dialogue, "theme": theme or "untold"})

    return _ask("moment", text, _schema(MomentDraft, "moment"), read)


def response_ask(
    resident: Resident,
    script: ResidentScript,
    moment: MomentDraft,
    inspirations: Sequence[Exchange],
    others: Sequence[Plan],
    rehearsal: Callable[[Plan], str],
) -> Ask[Plan]:
    """What the robot does and says.

    Args:
        resident: who.
        script: what the resident does.
        moment: what happened.
        inspirations: exchanges whose manner it may take over.
        others: responses that are there, which it must not repeat.
        rehearsal: tells why a plan cannot be carried out; empty if it can.
    """
    told = "\n\n".join(
        f"{fence('SAID', exchange.heard, 600)}\n{fence('ANSWERED', exchange.answered, 600)}" for exchange in inspirations
    )
    text = _prompt("response").format(
        profile=fence("PROFILE", resident.profile),
        doing=script.description,
        murmur=fence("HEARD", moment.dialogue),
        situation=fence("SITUATION", moment.situation),
        inspirations=told or "(none)",
        actions=action_list(),
        least=LEAST_ACTIONS,
        most=MOST_ACTIONS,
        utterance_words=UTTERANCE_WORDS,
    )
    constraint = _plans()

    def read(answer: str) -> Plan:
        spoken = constraint.read(_inner_json(without_thoughts(answer)))
        plan = legal_plan(spoken, least=LEAST_ACTIONS, most=MOST_ACTIONS, words=UTTERANCE_WORDS)
        unlike(plan, others)
        problem = rehearsal(plan)
        if problem:
            raise Refused(FailureKind.NOT_EXECUTABLE, f"carried out in the home, this fails: {problem}")
        return plan

    return _ask("response", text, constraint, read)


def ranking_ask(
    resident: Resident,
    script: ResidentScript,
    moment: MomentDraft,
    plans: Sequence[Plan],
    shown: Sequence[int],
    examples: Sequence[Preferred],
) -> Ask[tuple[list[int], str]]:
    """Which of the responses serves best.

    Args:
        resident: who.
        script: what the resident does.
        moment: what happened.
        plans: the responses.
        shown: the order in which they are shown, as places in ``plans``.
        examples: what was preferred before.

    Returns:
        An ask whose value is the places of the plans, best first, and the explanation.
    """
    letters = [chr(ord("A") + place) for place in range(len(shown))]
    text = _prompt("ranking").format(
        profile=fence("PROFILE", resident.profile),
        situation=fence("SITUATION", moment.situation),
        doing=script.description,
        murmur=fence("HEARD", moment.dialogue),
        examples=_examples(examples),
        responses="\n\n".join(
            f"{letter}.\n{fence('RESPONSE', in_words(plans[place]))}" for letter, place in zip(letters, shown, strict=True)
        ),
    )

    def read(answer: str) -> tuple[list[int], str]:
        draft = _read(RankingDraft, answer)
        order = [letter.strip().strip(".").upper() for letter in draft.order]
        if sorted(order) != letters:
            got = ", ".join(draft.order)[:80]
            raise Refused(FailureKind.WRONG_VALUE, f"order: expected each of {', '.join(letters)} once, got {got}")
        places = [shown[letters.index(letter)] for letter in order]
        explanation = _one_line(draft.explanation)
        # Letters mean nothing to a reader who is shown another order.
        if _LETTER.search(explanation):
            raise Refused(
                FailureKind.WRONG_VALUE, "explanation: tell the responses apart by what they do or say, not by letters"
            )
        return places, explanation

    return _ask("ranking", text, _schema(RankingDraft, "ranking"), read, warm=False)


def plans_ask(moment: MomentDraft, plan: Plan) -> Ask[PlansDraft]:
    """A response in natural language, and as a high-level plan."""
    text = _prompt("plans").format(
        murmur=fence("HEARD", moment.dialogue),
        response=fence("RESPONSE", in_words(plan)),
        meaning="; ".join(ACTIONS[action].phrase for action in plan.actions),
        plan_words=PLAN_WORDS,
    )

    def read(answer: str) -> PlansDraft:
        draft = _read(PlansDraft, answer)
        no_longer("high_level", draft.high_level, PLAN_WORDS)
        no_longer("natural", draft.natural, 2 * PLAN_WORDS)
        for what in ("natural", "high_level"):
            if named := [action for action in ACTIONS if action in getattr(draft, what) and "_" in action]:
                raise Refused(FailureKind.WRONG_VALUE, f"{what}: say {named[0]} in plain words")
        return draft.model_copy(update={"natural": _one_line(draft.natural), "high_level": _one_line(draft.high_level)})

    return _ask("plans", text, _schema(PlansDraft, "plans"), read)


def repair_message(problems: Sequence[str]) -> Message:
    """What is said to an answer that cannot be used."""
    return Message.user(_prompt("repair").format(problems="\n".join(f"- {clean(problem, 400)}" for problem in problems)))


def in_words(plan: Plan) -> str:
    """A response as prose, without identifiers."""
    done = ", then ".join(ACTIONS[action].phrase for action in plan.actions)
    return f"Does: {done}.\nSays: {plan.utterance}"


def _ask(stage: str, text: str, constraint: Constraint, read: Callable[[str], Value], *, warm: bool = True) -> Ask[Value]:
    return Ask(stage, (Message.system(_prompt("system")), Message.user(text)), constraint, read, warm)


@cache
def _prompts() -> Mapping[str, str]:
    import yaml

    text = (resources.files("agents.creation") / "prompts.yaml").read_text(encoding="utf-8")
    prompts: dict[str, str] = yaml.safe_load(text)
    return prompts


def _prompt(name: str) -> str:
    return _prompts()[name].rstrip() + "\n"


@cache
def _plans() -> PlanConstraint:
    return plan_constraint(min_actions=LEAST_ACTIONS, max_actions=MOST_ACTIONS, max_characters=400)


def _schema(draft: type[BaseModel], name: str) -> Constraint:
    return Constraint(json_schema=_closed(draft.model_json_schema()), name=name)


def _closed(schema: Any) -> Any:
    """A schema as servers with strict ones want it: no further fields, no titles."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {
        name: _closed(value)
        for name, value in schema.items()
        if not (name in ("title", "description") and isinstance(value, str))
    }
    if kept.get("type") == "object":
        kept["additionalProperties"] = False
        kept["required"] = list(kept.get("properties", {}))
    return kept


def _read(draft: type[Any], answer: str) -> Any:
    """An answer as a draft.

    Raises:
        Refused: no JSON, or values that cannot be.
    """
    text = _inner_json(without_thoughts(answer))
    try:
        value = json.loads(text)
    except ValueError as error:
        raise Refused(FailureKind.UNREADABLE, f"expected one JSON object, got {clean(text, 60)!r} ({error})") from None
    except RecursionError:
        raise Refused(FailureKind.UNREADABLE, "expected one JSON object of a sane depth") from None
    if not isinstance(value, dict):
        raise Refused(FailureKind.UNREADABLE, f"expected one JSON object, got {type(value).__name__}")
    try:
        return draft.model_validate(value)
    except ValidationError as error:
        raise Refused(FailureKind.WRONG_VALUE, first_error(error)) from None


def _inner_json(text: str) -> str:
    """The JSON object within an answer that has words or a fence around it; else the text as it is."""
    start, end = text.find("{"), text.rfind("}")
    return text[start : end + 1] if 0 <= start < end else text.strip()


def _one_line(text: str) -> str:
    return " ".join(clean(text, 2000).split())


def _examples(examples: Sequence[Preferred]) -> str:
    """Earlier preferences; the better one stands first in every other, so that its place teaches nothing."""
    if not examples:
        return ""
    told = ["", "Earlier choices between two responses, with their reasons:", ""]
    for number, example in enumerate(examples):
        pair = (example.better, example.worse) if number % 2 == 0 else (example.worse, example.better)
        letter = "A" if number % 2 == 0 else "B"
        told.append(
            f"Heard: {clean(example.murmur, 300)}\nA. {clean(pair[0], 500)}\nB. {clean(pair[1], 500)}\n"
            f"Better: {letter}. {clean(example.why, 300)}\n"
        )
    return "\n".join(told)
