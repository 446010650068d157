"""Beliefs: typed intermediate results of a strategy, asked for as JSON, read tolerantly, kept in the episode."""

from __future__ import annotations

import difflib
import json
import re
from functools import cache
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from agents.models.interface import Constraint
from agents.strategies.base import Ask, Question, Reading, Settings
from agents.strategies.fencing import clean
from agents.strategies.perception import Perception
from agents.strategies.roles import Note, converse
from envs.scenarios.emotions import EMOTIONS

_LONGEST_LINE = 400
_MOST_ITEMS = 8
_THOUGHTS = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)


class Belief(BaseModel):
    """Base of all beliefs: unknown keys are dropped, since models like to add some."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def without_thoughts(text: str) -> str:
    """An answer without the thinking that reasoning models put before it."""
    return _THOUGHTS.sub("", text).strip()


def _line(value: Any) -> Any:
    if isinstance(value, list | tuple):
        value = "; ".join(str(item) for item in value)
    if isinstance(value, bool | int | float):
        value = str(value)
    return " ".join(clean(value, _LONGEST_LINE).split()) if isinstance(value, str) else value


def _lines(value: Any) -> Any:
    if isinstance(value, str):
        value = [value]
    return value[:_MOST_ITEMS] if isinstance(value, list) else value


def _share(value: Any) -> Any:
    if isinstance(value, str):
        number = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(%?)\s*", value)
        if number is None:
            return value
        value = float(number[1]) / (100 if number[2] else 1)
    return min(1.0, max(0.0, value)) if isinstance(value, int | float) and value == value else value


def nearest_label(value: Any, labels: tuple[str, ...]) -> Any:
    """The label that a text means, if it is spelled nearly so; else the value as it is."""
    if not isinstance(value, str):
        return value
    text = value.strip().strip(".\"'").lower()
    found = {label.lower(): label for label in labels}
    near = [text] if text in found else difflib.get_close_matches(text, found, n=1, cutoff=0.75)
    return found[near[0]] if near else value


def _emotion(value: Any) -> str:
    label = nearest_label(value, tuple(EMOTIONS))
    if label not in EMOTIONS:
        raise ValueError(f"expected one of the 32 emotions, got {str(value)[:40]!r}")
    return str(label)


def _described(**extra: Any) -> Any:
    from pydantic import WithJsonSchema

    return WithJsonSchema(extra)


Line = Annotated[str, BeforeValidator(_line)]
"""One line of text; lists are joined, long texts are cut."""
Lines = Annotated[list[Line], BeforeValidator(_lines)]
"""A few lines; a single text is a list of one."""
Share = Annotated[float, BeforeValidator(_share), _described(type="number", minimum=0, maximum=1)]
"""A number from 0 to 1; percentages are understood."""
Emotion = Annotated[str, BeforeValidator(_emotion), _described(type="string", enum=list(EMOTIONS))]
"""One of the 32 labels of EmpatheticDialogues."""

BeliefT = TypeVar("BeliefT", bound=Belief)

EMOTION_LIST = "Emotions to choose from: " + ", ".join(EMOTIONS) + "."


def belief_ask(stage: str, kind: type[BeliefT], task: str, perception: Perception, settings: Settings, *,
               notes: tuple[Note, ...] = (), look: bool = True) -> Ask[BeliefT | None]:  # fmt: skip
    """Ask for a belief as JSON; what cannot be read even at the second try is None.

    Args:
        stage: name of the stage.
        kind: the belief; its fields' descriptions tell the model what is wanted.
        task: what to think about.
        perception: what the robot perceived.
        settings: of the agent.
        notes: what the robot came to believe before.
        look: whether the pictures are shown; they are if the settings say so.
    """
    form = (
        "Answer with one JSON object of this form and nothing else; entries short, lists of one to three unless told otherwise:"
    )
    wanted = f"{task}\n\n{form}\n{_shape(kind)}"
    messages = converse(perception, wanted, notes, look=look or settings.look_again)
    constraint = Constraint(json_schema=strict_schema(kind), name=stage) if settings.structured else None
    question = Question(stage, messages, settings.belief_tokens, constraint)
    return Ask(question, lambda text: read_belief(text, kind))


def read_belief(text: str, kind: type[BeliefT]) -> Reading[BeliefT | None]:
    """Read a belief out of what a model wrote; words and code fences around the JSON are forgiven."""
    value = _first_object(without_thoughts(text))
    if value is None:
        complaint = "That is not a JSON object. Answer again with the JSON object alone, complete and closed."
        return Reading(None, complaint, 100, True, ("not_json",))
    try:
        return Reading(kind.model_validate(value))
    except ValidationError as error:
        found = [
            f"{'.'.join(str(part) for part in item['loc']) or 'object'}: {item['msg']}"[:160] for item in error.errors()[:6]
        ]
        listed = "\n".join(f"- {problem}" for problem in found)
        complaint = (
            f"The JSON does not have the form that was asked for:\n{listed}\nAnswer again with the corrected JSON object alone."
        )
        return Reading(None, complaint, error.error_count(), True, tuple(found))


def _first_object(text: str) -> Any:
    decoder = json.JSONDecoder()
    # An answer may hold braces that are no JSON; a handful of starts is enough, and keeps long answers cheap.
    for start in [match.start() for match in re.finditer(r"\{", text)][:20]:
        try:
            value, _ = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            return value
    return None


@cache
def strict_schema(kind: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of a belief as servers with strict structured output want it: no references, everything required."""
    schema = kind.model_json_schema()
    definitions = schema.pop("$defs", {})

    def walk(node: Any) -> Any:
        if isinstance(node, list):
            return [walk(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            target = walk(definitions[node["$ref"].rsplit("/", 1)[1]])
            return target | {key: walk(value) for key, value in node.items() if key != "$ref"}
        walked = {key: walk(value) for key, value in node.items() if key not in ("title", "default")}
        if walked.get("type") == "object":
            walked |= {"required": list(walked.get("properties", {})), "additionalProperties": False}
        return walked

    result = walk(schema)
    result.pop("description", None)
    return dict(result)


@cache
def _shape(kind: type[BaseModel]) -> str:
    """The JSON object that is wanted, with descriptions in the place of values."""
    return json.dumps(_skeleton(strict_schema(kind)), indent=2, ensure_ascii=False)


def _skeleton(schema: dict[str, Any]) -> Any:
    if schema.get("type") == "object":
        return {name: _skeleton(part) for name, part in schema["properties"].items()}
    if schema.get("type") == "array":
        item = dict(schema["items"])
        if item.get("type") != "object" and "description" in schema:
            item.setdefault("description", schema["description"])
        return [_skeleton(item)]
    return schema.get("description", "...")


def notes_of(label: str, belief: Belief | None) -> tuple[Note, ...]:
    """A belief as a note for later stages; none if it could not be read."""
    return () if belief is None else (Note(label, "\n".join(_told(belief.model_dump(mode="json")))),)


def _told(value: dict[str, Any], indent: str = "") -> list[str]:
    told: list[str] = []
    for key, item in value.items():
        name = key.replace("_", " ")
        if isinstance(item, list) and item and isinstance(item[0], dict):
            told.append(f"{indent}{name}:")
            told += [f"{indent}- " + "; ".join(f"{k.replace('_', ' ')}: {v}" for k, v in part.items()) for part in item]
        elif isinstance(item, list):
            told.append(f"{indent}{name}: " + ("; ".join(map(str, item)) or "none"))
        elif item is not None:
            told.append(f"{indent}{name}: {item}")
    return told
