"""What a body carried out, as a script in VirtualHome's own actions.

VirtualHome's evolving graph has no word for some of what our bodies do. What stands in for it:

* filling a mug at a faucet or coffee maker: the thing is switched on if it was off, and touched;
* cooking on a stove or in a microwave: the same;
* playing at the computer: typing, which is what VirtualHome lets one do with a computer;
* a wait, a turn, a few steps ahead: nothing, for they change nothing in its graph. :class:`Script` says how many
  lines were left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from envs.household.house import Household
from envs.simulators.virtualhome.graph import class_name, node_ids
from envs.skills.outcomes import StepOutcome
from envs.skills.primitives import ALREADY
from plans.program import Primitive

_SAME = {
    Primitive.WALK: "WALK", Primitive.WALKTOWARDS: "WALK", Primitive.RUN: "RUN", Primitive.GRAB: "GRAB",
    Primitive.PUT: "PUTBACK", Primitive.PUTIN: "PUTIN", Primitive.OPEN: "OPEN", Primitive.CLOSE: "CLOSE",
    Primitive.SWITCHON: "SWITCHON", Primitive.SWITCHOFF: "SWITCHOFF", Primitive.SIT: "SIT", Primitive.STANDUP: "STANDUP",
    Primitive.TOUCH: "TOUCH", Primitive.PLAY: "TYPE",
}  # fmt: skip
_LEFT_OUT = frozenset({Primitive.WAIT, Primitive.TURNLEFT, Primitive.TURNRIGHT, Primitive.WALKFORWARD})
_AT_A_THING = frozenset({Primitive.FILL, Primitive.COOK})


@dataclass(frozen=True, slots=True)
class Script:
    """Lines for VirtualHome.

    Args:
        lines: such as ``[GRAB] <mug> (57)``; numbers are node ids of :func:`~.graph.household_graph`.
        left_out: how many of our steps change nothing that VirtualHome knows of.
    """

    lines: tuple[str, ...]
    left_out: int

    def for_character(self, number: int) -> list[str]:
        """The lines as VirtualHome's Unity simulator wants them: each names the character."""
        return [f"<char{number}> {line}" for line in self.lines]


def export_steps(household: Household, steps: Iterable[StepOutcome]) -> Script:
    """The script of the steps that were carried out."""
    ids = node_ids(household)
    lines: list[str] = []
    left_out = 0

    def say(action: str, *names: str) -> None:
        things = (f" <{class_name(household.entities[name]) if name in household.entities else name}> ({ids[name]})"
                  for name in names)  # fmt: skip
        lines.append(f"[{action}]" + "".join(things))

    on = {name for name, entity in household.entities.items() if entity.switched_on}
    for outcome in steps:
        primitive = outcome.step.primitive
        if not outcome.ok:
            break
        if primitive in _LEFT_OUT or (outcome.detail == ALREADY and primitive not in (Primitive.WALK, Primitive.TOUCH)):
            left_out += 1
            continue
        if primitive in _AT_A_THING:
            place = outcome.entities[1]
            if place not in on and household.entities[place].model.switchable:
                on.add(place)
                say("SWITCHON", place)
            say("TOUCH", place)
            continue
        if primitive is Primitive.SWITCHON:
            on.add(outcome.entities[0])
        elif primitive is Primitive.SWITCHOFF:
            on.discard(outcome.entities[0])
        say(_SAME[primitive], *outcome.entities)
    return Script(tuple(lines), left_out)
