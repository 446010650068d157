"""Scenarios as rows of a table: one sample a row, every label a column, nothing lost.

The columns are declared once, each with its type and what it means; Parquet schema, data card and Croissant metadata come
from this one list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from envs.scenarios.schema import Reference, Scenario
from eval_suite.publishing.films import Film

Kind = Literal["text", "integer", "number", "flag"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Args:
        name: of the column, or of the field within its parent.
        kind: of its values; None if it has ``fields``.
        meaning: one line.
        many: whether a value is a list.
        fields: of the records that its values are.
    """

    name: str
    kind: Kind | None
    meaning: str
    many: bool = False
    fields: tuple[Column, ...] = ()


def _text(name: str, meaning: str, *, many: bool = False) -> Column:
    return Column(name, "text", meaning, many)


def _whole(name: str, meaning: str, *, many: bool = False) -> Column:
    return Column(name, "integer", meaning, many)


def _record(name: str, meaning: str, *fields: Column, many: bool = False) -> Column:
    return Column(name, None, meaning, many, fields)


_TRAITS = ("openness", "conscientiousness", "extraversion", "agreeableness", "emotional_stability")
_IRI = ("perspective_taking", "fantasy", "empathic_concern", "personal_distress")
_AXES = ("cognitive", "affective", "proactive")
_RELATIONS = ("intent", "need", "want", "effect", "react")

COLUMNS: tuple[Column, ...] = (
    _text("id", "unique id of the sample"),
    _text("video", "film of the resident acting, mp4, path within this folder; null where there is none"),
    _text("frames", "stills of it in order, jpg, paths within this folder", many=True),
    _record(
        "resident",
        "the person in the home",
        _text("id", "unique id of the resident; split and cluster by it"),
        _text("name", "full name"),
        _whole("age", "years"),
        _text("pronoun", "she, he or they"),
        _text("culture", "background"),
        _text("personality", "in words"),
        _text("profession", "what they do"),
        _text("hobbies", "what they like doing"),
        _text("social_relationships", "who is in their life"),
        _text("life_experiences", "what shaped them"),
        _text("profile_text", "the profile as one text, where the source gives it so"),
        _text("profile", "what the robot may read, composed from the fields above"),
        _text("groups", "what they belong to, for checks of fairness; hidden from the robot", many=True),
        _record("big_five", "TIPI, 1 to 7; hidden from the robot", *(_whole(name, "1 to 7") for name in _TRAITS)),
        _record("iri", "Interpersonal Reactivity Index, 1 to 5; hidden", *(_whole(name, "1 to 5") for name in _IRI)),
        _record(
            "look",
            "how they look on film",
            *(_text(name, name.replace("_", " ")) for name in ("skin", "hair", "hair_colour", "top", "bottom", "garment")),
            Column("height", "number", "metres"),
            _text("build", "slim, average or broad"),
            Column("glasses", "flag", "wears glasses"),
            Column("beard", "flag", "has a beard"),
        ),
    ),
    _text("script", "what the resident does, by name"),
    _text("program", "the same as VirtualHome script lines", many=True),
    _text("dialogue", "what the resident murmurs meanwhile; the robot hears it"),
    _text("situation", "what happened; hidden from the robot, the reference for scenario understanding"),
    _text("emotion", "one of the 32 labels of EmpatheticDialogues"),
    _whole("intensity", "1 mild to 3 strong"),
    _record("needs", "levels 0 to 3 of EMPA's axes", *(_whole(name, "0 to 3") for name in _AXES)),
    _record("empa", "EMPA's nine items, three an axis, 0 to 3", *(_whole(name, "three items", many=True) for name in _AXES)),
    _text("theme", "kind of moment; one theme calls for similar help"),
    _text("archetype", "authored kind of situation within the theme"),
    _text("cue", "what the murmur lets a listener know is wanted"),
    _record("commonsense", "five COMET relations", *(_text(name, name) for name in _RELATIONS)),
    _record(
        "appraisals",
        "spans of the dialogue with their appraisal",
        _whole("start", "first character"),
        _whole("end", "one after the last"),
        _text("label", "one of the 8 labels of Modeling Empathetic Alignment"),
        _text("text", "the words"),
        many=True,
    ),
    _record("helps", "what would help this resident now", _text("text", "what"), _text("why", "why"), many=True),
    _record("annoys", "what would annoy this resident now", _text("text", "what"), _text("why", "why"), many=True),
    _text("content", "content tags to leave samples out by: grief, illness ...", many=True),
    _record(
        "responses",
        "ranked responses, best first",
        _whole("rank", "1 is best"),
        _text("kind", "best, good, generic or unhelpful"),
        Column("reference", "flag", "a reference that answers are scored against; false for contrasts"),
        _text("text", 'the plan in the paper\'s format: <action>, ..., <dialogue>:"..."'),
        _text("actions", "its legal actions, in order", many=True),
        _text("utterance", "its words"),
        _text("plan_nl", "the plan in natural language"),
        _text("rationale", "why it ranks where it does"),
        many=True,
    ),
    _whole("presentation", "order in which pairwise tasks show the references, balanced over the set", many=True),
    _record(
        "home",
        "where it happens",
        _text("layout", "name of the layout"),
        _whole("seed", "chooses where things and bodies start"),
    ),
    _record("home_state", "what differs in it at the start", _text("entity", "what"), _text("state", "how it is"), many=True),
    _record(
        "provenance",
        "where it comes from",
        _text("source", "scenario set"),
        _text("licence", "terms"),
        _text("item", "item in it"),
    ),
)
"""Every column of the table, in order."""


def row(scenario: Scenario, film: Film | None = None) -> dict[str, Any]:
    """A scenario as a row; columns that it does not label are null, lists empty."""
    labels = scenario.labels
    resident = scenario.resident.model_dump(mode="json")
    traits = resident.pop("traits") or {}
    return {
        "id": scenario.id,
        "video": film.video if film else None,
        "frames": list(film.frames) if film else [],
        "resident": {
            **resident,
            "profile": scenario.resident.profile,
            "big_five": traits.get("big_five"),
            "iri": traits.get("iri"),
        },
        "script": scenario.script,
        "program": list(scenario.program),
        "dialogue": scenario.dialogue,
        "situation": scenario.situation,
        "emotion": labels.emotion if labels else None,
        "intensity": labels.intensity if labels else None,
        "needs": labels.needs.model_dump() if labels else None,
        "empa": labels.empa.model_dump(mode="json") if labels and labels.empa else None,
        "theme": labels.theme if labels else None,
        "archetype": labels.archetype if labels else None,
        "cue": labels.cue if labels else None,
        "commonsense": labels.commonsense.model_dump() if labels and labels.commonsense else None,
        "appraisals": [
            {**span.model_dump(), "text": scenario.dialogue[span.start : span.end]}
            for span in (labels.appraisals if labels else ())
        ],
        "helps": [preference.model_dump() for preference in (labels.helps if labels else ())],
        "annoys": [preference.model_dump() for preference in (labels.annoys if labels else ())],
        "content": list(labels.content) if labels else [],
        "responses": [
            _response(response, rank, reference=rank <= len(scenario.references))
            for rank, response in enumerate((*scenario.references, *scenario.contrasts), start=1)
        ],
        "presentation": list(scenario.presentation),
        "home": {"layout": scenario.home.layout, "seed": scenario.home.seed},
        "home_state": [{"entity": entity, "state": state} for entity, state in sorted(scenario.home.state.items())],
        "provenance": scenario.provenance.model_dump(),
    }


def _response(response: Reference, rank: int, *, reference: bool) -> dict[str, Any]:
    return {
        "rank": rank,
        "kind": response.kind,
        "reference": reference,
        "text": response.text,
        "actions": list(response.plan.actions),
        "utterance": response.plan.utterance,
        "plan_nl": response.plan_nl,
        "rationale": response.rationale,
    }


def scenario_of(row: Mapping[str, Any], split: str = "test") -> Scenario:
    """The scenario that :func:`row` was made of: published sets play again as they were.

    Args:
        row: as ``datasets`` gives it.
        split: the row's split, which the table keeps in its files' names.

    Raises:
        pydantic.ValidationError: not such a row.
    """
    resident = {name: value for name, value in row["resident"].items() if name not in ("profile", "big_five", "iri")}
    if row["resident"]["big_five"] is not None:
        resident["traits"] = {"big_five": row["resident"]["big_five"], "iri": row["resident"]["iri"]}
    labels = None
    if row["emotion"] is not None:
        whole = (
            "emotion",
            "intensity",
            "needs",
            "empa",
            "theme",
            "archetype",
            "cue",
            "commonsense",
            "helps",
            "annoys",
            "content",
        )
        labels = {name: row[name] for name in whole}
        labels["appraisals"] = [{name: span[name] for name in ("start", "end", "label")} for span in row["appraisals"]]
    kept = ("text", "rationale", "plan_nl", "kind")
    responses: Sequence[Mapping[str, Any]] = row["responses"]
    return Scenario.model_validate(
        {
            **{name: row[name] for name in ("id", "script", "program", "dialogue", "situation", "presentation", "provenance")},
            "split": split,
            "resident": resident,
            "labels": labels,
            "references": [{name: given[name] for name in kept} for given in responses if given["reference"]],
            "contrasts": [{name: given[name] for name in kept} for given in responses if not given["reference"]],
            "home": {**row["home"], "state": {item["entity"]: item["state"] for item in row["home_state"]}},
        }
    )


def features() -> Any:
    """The columns as ``datasets.Features``."""
    from datasets import Features

    return Features({column.name: _feature(column) for column in COLUMNS})


def _feature(column: Column) -> Any:
    from datasets import List, Value

    kinds = {"text": "string", "integer": "int64", "number": "float64", "flag": "bool"}
    one = {field.name: _feature(field) for field in column.fields} if column.fields else Value(kinds[column.kind or "text"])
    return List(one) if column.many else one
