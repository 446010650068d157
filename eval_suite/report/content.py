"""What the page's scenario browser shows, as plain JSON values: cleaned, cut to a sensible length, nothing else."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any

from envs.scenarios.emotions import EMOTIONS
from envs.scenarios.schema import Reference, Scenario
from eval_suite.comparison import Comparison
from eval_suite.episode import ActionRecord, Episode
from eval_suite.metrics import METRICS
from eval_suite.plain_text import plain
from eval_suite.report.media import MediaShelf
from plans.actions import ACTIONS

SHORT, LONG = 160, 1600
"""Characters kept of names and of texts."""
MANY = 600
"""Pages with more episodes than this leave out the steps of actions that worked, to stay quick to open."""
CARD_METRICS = ("mended_overlap", "goal_completion", "executability", "overlap")
"""Scores shown beside an answer."""


def browser_data(comparison: Comparison, shelf: MediaShelf) -> dict[str, Any]:
    """Everything that the scenario browser shows; media go to ``shelf`` and are referred to by key."""
    rows = comparison.rows
    many = len(rows) * len(comparison.scenarios) > MANY
    agents = [{"label": plain(row.label, SHORT), "role": row.role, "added": row.added, "simulator": plain(row.simulator, SHORT)}
              for row in rows]  # fmt: skip
    scenarios = []
    for place, scenario in enumerate(comparison.scenarios):
        played = [comparison.episodes[row.label][place] for row in rows]
        item = _scenario(scenario)
        folders = [row.folder for row in rows]
        item["video"], item["poster"] = _first_media(played, folders, "resident", shelf)
        item["runs"] = []
        for episode, folder in zip(played, folders, strict=True):
            run = _run(episode, many)
            run["video"], run["poster"] = _first_media([episode], [folder], "robot", shelf)
            item["runs"].append(run)
        scenarios.append(item)
    metrics = [{"name": name, "title": METRICS[name].title, "scale": METRICS[name].scale} for name in CARD_METRICS]
    return {"agents": agents, "metrics": metrics, "scenarios": scenarios}


def _first_media(
    episodes: Sequence[Episode], folders: Sequence[Any], body: str, shelf: MediaShelf
) -> tuple[str | None, str | None]:
    """Keys of the first video and picture of a body: the resident acts alike in every episode of a scenario."""
    for episode, folder in zip(episodes, folders, strict=True):
        found = [episode.media.get(f"{body}_{kind}") for kind in ("video", "picture")]
        if any(found):
            video, picture = (shelf.add(folder, path) if path else None for path in found)
            if video or picture:
                return video, picture
    return None, None


def _scenario(scenario: Scenario) -> dict[str, Any]:
    person, labels = scenario.resident, scenario.labels
    return {
        "id": plain(scenario.id, SHORT),
        "name": plain(person.name or person.id, SHORT),
        "age": person.age,
        "profession": plain(person.profession, SHORT),
        "profile": plain(person.profile, LONG, lines=True),
        "look": person.look.model_dump(include={"skin", "hair", "hair_colour", "top", "glasses", "beard"}),
        "script": script_words(scenario),
        "dialogue": plain(scenario.dialogue, LONG),
        "situation": plain(scenario.situation, LONG),
        "emotion": labels.emotion if labels else None,
        "intensity": labels.intensity if labels else None,
        "feeling": list(EMOTIONS[labels.emotion]) if labels else None,
        "needs": labels.needs.model_dump() if labels else None,
        "theme": plain(labels.theme.replace("_", " "), SHORT) if labels else "",
        "home": plain(scenario.home.layout, SHORT),
        "references": [_reference(reference) for reference in scenario.references[:4]],
    }


def script_words(scenario: Scenario) -> str:
    """What the resident does: our script's own sentence, else its steps in few words (``grab mug · sit bedroom sofa``)."""
    from envs.residents.scripts import resident_scripts

    known = resident_scripts().get(scenario.script)
    if known is not None and tuple(known.program.lines) == scenario.program:
        return plain(known.description, 400)
    words = []
    for step in scenario.resident_program:
        verb = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=alk)(?=toward|forward)", " ", step.primitive.value).lower()
        words.append(" ".join([verb, *(name.replace("_", " ") for name in step.objects)]))
    return plain(" · ".join(words), 400)


def _reference(reference: Reference) -> dict[str, Any]:
    return {
        "actions": [[action, ACTIONS[action].phrase] for action in reference.plan.actions[:12]],
        "utterance": plain(reference.plan.utterance or "", LONG),
        "rationale": plain(reference.rationale, LONG),
    }


def _run(episode: Episode, many: bool) -> dict[str, Any]:
    response = episode.response
    scores = {name: _score(episode.scores.get(name, math.nan), METRICS[name].scale) for name in CARD_METRICS}
    return {
        "error": plain(episode.error, LONG) if episode.error else None,
        "chips": _chips(episode, many),
        "utterance": plain(episode.plan.utterance or "", LONG),
        "understanding": plain(response.scenario_understanding or "", LONG),
        "planning": plain(response.empathetic_planning or "", LONG),
        "belief": _belief(response.details),
        "raw": plain(response.empathetic_action, LONG) if episode.issues else "",
        "issues": [plain(issue, SHORT) for issue in episode.issues[:12]],
        "goals": [[goal.satisfied, plain(goal.sentence or goal.goal, SHORT)] for goal in episode.goals[:24]],
        "success": all(goal.satisfied for goal in episode.goals) if episode.goals else None,
        "scores": scores,
    }


def _belief(details: dict[str, Any]) -> list[list[str]]:
    """What a strategy believed before it answered, as (path, text) rows; none for agents without beliefs."""
    rows: list[list[str]] = []

    def gather(path: str, value: Any) -> None:
        if len(rows) >= 40:
            return
        if isinstance(value, dict):
            for key, inner in value.items():
                gather(f"{path} · {key}" if path else str(key), inner)
        elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
            for number, inner in enumerate(value, start=1):
                gather(f"{path} {number}", inner)
        elif value not in (None, "", []):
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            rows.append([plain(path.replace("_", " "), SHORT), plain(text, LONG)])

    gather("", details.get("belief"))
    return rows


def _score(value: float, scale: float) -> float | None:
    return round(value * scale, 2) if math.isfinite(value) else None


def _chips(episode: Episode, many: bool) -> list[dict[str, Any]]:
    """The answered tokens in order: carried out, failed, never tried, or illegal."""
    chips = [_chip(record, many) for record in episode.actions[:24]]
    issues = [issue for issue in episode.plan.issues if issue.kind.value == "unknown_action"][:24]
    # Each illegal token goes back to where it was answered.
    for issue in sorted(issues, key=lambda issue: issue.position):
        hint = f"No such action; nearest: {issue.suggestion}" if issue.suggestion else "No such action"
        chip = {
            "state": "illegal",
            "name": plain(issue.text, SHORT),
            "phrase": plain(issue.text, 60),
            "note": hint,
            "steps": [],
        }
        chips.insert(min(max(issue.position, 0), len(chips)), chip)
    return chips


def _chip(record: ActionRecord, many: bool) -> dict[str, Any]:
    known = ACTIONS.get(record.action)
    unmet = [goal.sentence for goal in record.goals if not goal.satisfied]
    note = "" if record.ok else record.detail or next((step.detail for step in reversed(record.steps) if not step.ok), "")
    note = (
        note
        or (unmet[0] if unmet and not record.ok else "")
        or ("" if record.ok else record.reason or "Its goals did not hold.")
    )
    steps = [] if many and record.ok else [[step.ok, plain(step.line, SHORT), step.inserted] for step in record.steps[:40]]
    return {
        "state": "done" if record.ok else "failed",
        "name": plain(record.action, SHORT),
        "phrase": known.phrase if known else plain(record.action, 60),
        "note": plain(note, SHORT),
        "steps": steps,
        "effort": [round(record.distance, 1), round(record.duration, 1)],
    }


def embedded_json(value: Any) -> str:
    """JSON that can stand inside of a ``<script>`` element: no text in it can end the element or a line."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text
