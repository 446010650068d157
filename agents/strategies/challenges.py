"""The paper's three challenges (EmpathyAgent, arXiv 2503.16545, tasks L1 to L3), as questions that every strategy ends in."""

from __future__ import annotations

from functools import cache

from pydantic import BaseModel

from agents.models.grammar import PlanConstraint, plan_constraint
from agents.strategies.base import Answer, Ask, Inquiry, Question, Reading, Settings, Thinking, together
from agents.strategies.beliefs import without_thoughts
from agents.strategies.fencing import clean
from agents.strategies.perception import Perception
from agents.strategies.roles import Note, action_list, converse, plan_format
from plans.plan import IssueKind, parse_plan

PLANNING_WORDS = 40
"""Most words of a plan in natural language, as in the paper."""
_LONGEST_TEXT = 2000

_UNDERSTANDING = """\
What has most likely happened to the resident, and what does it mean to them? Write two or three plain sentences (at most 60
words) about the resident: the event or worry behind what you noticed, what they feel about it, and what that feeling is
about. Commit to the reading that the evidence supports best. No advice, no list, no mention of yourself."""

_PLANNING = """\
What will you do for the resident now? Describe your plan in at most 40 words, as plain prose: the things you will do, in
order, and the thrust of what you will say. Everything you do has to be among these actions:

{actions}
{guidance}
Write the plan alone, in words, without identifiers and brackets."""

_ACTION = """\
Choose what you do for the resident now, and what you say. These are all the actions there are:

{actions}
{guidance}
Ask yourself what each action changes for this person; one that changes nothing is better left out.

{form}
Answer with that one line and nothing else."""


@cache
def _plan_constraint(max_actions: int) -> PlanConstraint:
    return plan_constraint(max_actions=max_actions)


def understanding_ask(perception: Perception, settings: Settings, notes: tuple[Note, ...] = (), *, look: bool) -> Ask[str]:
    """Scenario understanding: what has happened to the resident."""
    messages = converse(perception, _UNDERSTANDING, notes, look=look)
    return Ask(Question("scenario_understanding", messages, settings.max_tokens), _read_text)


def planning_ask(perception: Perception, settings: Settings, notes: tuple[Note, ...] = (), guidance: str = "", *,
                 look: bool) -> Ask[str]:  # fmt: skip
    """Empathetic planning: what to do, in words."""
    task = _PLANNING.format(actions=action_list(identifiers=False), guidance=_spaced(guidance))
    messages = converse(perception, task, notes, look=look)
    return Ask(Question("empathetic_planning", messages, settings.max_tokens), _read_planning)


def action_ask(perception: Perception, settings: Settings, notes: tuple[Note, ...] = (), guidance: str = "", *,
               look: bool) -> Ask[str]:  # fmt: skip
    """Empathetic action: the plan to be carried out, and the words."""
    task = _ACTION.format(actions=action_list(), guidance=_spaced(guidance), form=plan_format(settings.max_actions))
    messages = converse(perception, task, notes, look=look)
    constraint = _plan_constraint(settings.max_actions)
    question = Question("empathetic_action", messages, settings.max_tokens, constraint if settings.constrained else None)
    # Read by the constraint even where it is off: some models answer in JSON whatever they are asked.
    return Ask(question, lambda text: _read_plan(constraint.read(without_thoughts(text))))


def answer(perception: Perception, inquiry: Inquiry, notes: tuple[Note, ...] = (), guidance: str = "", *,
           belief: BaseModel | None = None, look: bool | None = None) -> Thinking[Answer]:  # fmt: skip
    """End a chain: understanding and planning side by side, then the action, which sees the plan in words.

    Args:
        perception: what the robot perceived.
        inquiry: asks, reads, counts.
        notes: what the strategy came to believe.
        guidance: how planning and action are to use the notes.
        belief: kept in the answer.
        look: whether pictures are shown; None asks the settings.
    """
    settings = inquiry.settings
    look = settings.look_again if look is None else look
    understood, planned = yield from together(
        inquiry.ask(understanding_ask(perception, settings, notes, look=look)),
        inquiry.ask(planning_ask(perception, settings, notes, guidance, look=look)),
    )
    plan_note = Note("PLAN", planned)
    act = yield from inquiry.ask(action_ask(perception, settings, (*notes, plan_note), guidance, look=look))
    return Answer(understood, planned, act, belief)


def _spaced(guidance: str) -> str:
    return f"\n{guidance}\n" if guidance else ""


def _read_text(text: str) -> Reading[str]:
    told = clean(without_thoughts(text), _LONGEST_TEXT)
    if not told:
        return Reading("", "Your answer was empty. Answer the question in plain sentences.", 1, True, ("empty",))
    return Reading(told)


def _read_planning(text: str) -> Reading[str]:
    reading = _read_text(text)
    count = len(reading.value.split())
    if count <= PLANNING_WORDS:
        return reading
    complaint = f"That has {count} words. Say it in at most {PLANNING_WORDS}."
    return Reading(reading.value, complaint, count - PLANNING_WORDS, False, (f"{count} words",))


def _read_plan(text: str) -> Reading[str]:
    plan = parse_plan(text)
    if not plan.issues:
        return Reading(text.strip())
    listed = "\n".join(f"- {issue}" for issue in plan.issues)
    complaint = (
        f"Your line has these problems:\n{listed}\nAnswer again with one corrected line, in the form that was asked for."
    )
    unreadable = any(issue.kind is IssueKind.UNPARSEABLE for issue in plan.issues)
    return Reading(text.strip(), complaint, 100 if unreadable else len(plan.issues), unreadable, tuple(map(str, plan.issues)))
