r"""The plan language as a constraint: whatever a model answers under it is a legal plan.

One regular expression, made from the 50 actions of :mod:`plans`, serves local decoding and vLLM; a JSON schema
serves servers that know only JSON. Both say: no action (``<None>``) or up to ``max_actions``, then the words of the robot.

Example:
    >>> constraint = plan_constraint()
    >>> constraint.satisfied('<switchon_tv>, <dialogue>:"Shall we watch?"')
    True
    >>> constraint.read('{"actions": ["switchon_tv"], "dialogue": "Shall we watch?"}')
    '<switchon_tv>, <dialogue>:"Shall we watch?"'
    >>> constraint.finish("<get_radio_puton_k")
    'itchentable>, <dialogue>:"..."'
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.models.interface import Constraint
from plans.actions import ACTIONS, NONE_ACTION
from plans.plan import Plan, format_plan

_MARKER = '<dialogue>:"'
# Words: one line, brackets are the plan's own. Control characters, line and paragraph separators do not print.
# Quotation marks and backslashes stand behind a backslash, as plans.format_plan writes them.
_CONTROL = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
_BARRED = r'"\\<>' + _CONTROL
_FIRST_CHARACTER = rf'([^ \u00a0{_BARRED}]|\\["\\])'
_CHARACTER = rf'([^{_BARRED}]|\\["\\])'
# What is said where no room is left for the model's own words.
_NO_WORDS = "..."


def plan_regex(*, min_actions: int = 0, max_actions: int = 4, max_characters: int = 300) -> str:
    """The plan language as a regular expression that every engine reads (groups, classes, bounded repeats).

    Args:
        min_actions: fewest actions; 0 allows ``<None>``.
        max_actions: most actions.
        max_characters: most characters that the robot says.
    """
    if not 0 <= min_actions <= max_actions or max_actions < 1 or max_characters < 1:
        raise ValueError(
            f"expected 0 <= min_actions <= max_actions, max_actions >= 1 and max_characters >= 1, "
            f"got {min_actions}, {max_actions}, {max_characters}"
        )
    action = "<(" + "|".join(ACTIONS) + ")>"
    more = f"(, {action}){{{max(min_actions, 1) - 1},{max_actions - 1}}}" if max_actions > 1 else ""
    actions = f"{action}{more}"
    if min_actions == 0:
        actions = f"(<{NONE_ACTION}>|{actions})"
    return f'{actions}, {_MARKER}{_FIRST_CHARACTER}{_CHARACTER}{{0,{max_characters - 1}}}"'


def plan_schema(*, min_actions: int = 0, max_actions: int = 4) -> dict[str, Any]:
    """Plans as a JSON schema: a list of actions and the words."""
    actions = {
        "type": "array",
        "items": {"type": "string", "enum": list(ACTIONS)},
        "minItems": min_actions,
        "maxItems": max_actions,
        "description": "what the robot does, in order",
    }
    return {
        "type": "object",
        "properties": {"actions": actions, "dialogue": {"type": "string", "description": "what the robot says"}},
        "required": ["actions", "dialogue"],
        "additionalProperties": False,
    }


@dataclass(frozen=True)
class PlanConstraint(Constraint):
    """Legal plans; make it with :func:`plan_constraint`.

    Args:
        min_actions, max_actions: how many actions.
    """

    min_actions: int = 0
    max_actions: int = 4

    def read(self, text: str) -> str:
        """A plan in JSON as a plan in the paper's format; text that is no such JSON stays as it is."""
        try:
            value = json.loads(text)
        except ValueError:
            return text
        if not (
            isinstance(value, Mapping) and isinstance(value.get("actions"), list) and isinstance(value.get("dialogue"), str)
        ):
            return text
        names = [name for name in value["actions"] if isinstance(name, str) and name != NONE_ACTION]
        words = re.sub(rf"[<>{_CONTROL}]+", " ", value["dialogue"]).strip()
        if all(name in ACTIONS for name in names):
            return format_plan(Plan(tuple(names), words))
        # A server that ignored the schema: keep what it wrote, so that the parser can say what is wrong with it.
        listed = ", ".join(f"<{name}>" for name in names)
        return f"{listed}, " + format_plan(Plan((), words)).removeprefix(f"<{NONE_ACTION}>, ")

    def finish(self, prefix: str) -> str | None:
        """The shortest text that makes a legal plan of the legal beginning of one."""
        before, marker, words = prefix.partition(_MARKER)
        if marker:
            return _finish_words(words)
        head = re.match(rf"(<({'|'.join(ACTIONS)}|{NONE_ACTION})>, )*", before)
        assert head is not None
        tail, count = before[head.end() :], head.group().count("<")
        nothing = head.group() == f"<{NONE_ACTION}>, "
        ending = _MARKER + _NO_WORDS + '"'
        if (nothing or count >= max(1, self.min_actions)) and ending.startswith(tail):
            return ending[len(tail) :]
        names = [] if nothing or count >= self.max_actions else list(ACTIONS)
        if count == 0 and self.min_actions == 0:
            names.append(NONE_ACTION)
        tokens = [token for token in (f"<{name}>, " for name in names) if token.startswith(tail)]
        if not tokens:
            return None
        rest = min(tokens, key=len)[len(tail) :]
        further = self.finish(prefix + rest)
        return None if further is None else rest + further


def _finish_words(words: str) -> str:
    unescaped = re.sub(r'\\["\\]', "", words)
    if '"' in unescaped:
        return ""
    if unescaped.endswith("\\"):
        return '\\"'
    return '"' if words else _NO_WORDS + '"'


def plan_constraint(*, min_actions: int = 0, max_actions: int = 4, max_characters: int = 300) -> PlanConstraint:
    """Legal plans, for any model; see :func:`plan_regex` for the arguments."""
    return PlanConstraint(
        regex=plan_regex(min_actions=min_actions, max_actions=max_actions, max_characters=max_characters),
        json_schema=plan_schema(min_actions=min_actions, max_actions=max_actions),
        name="plan",
        min_actions=min_actions,
        max_actions=max_actions,
    )
