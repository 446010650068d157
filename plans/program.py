"""Programs: the primitives that robots and residents carry out, as VirtualHome script lines.

A line names a primitive and what it applies to, ``[Put] <mug> (1) <bedroomtable> (1)``. Names are those of
the household (an entity, a category of entities, or a room); the number picks one of several of a category.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum


class ProgramError(ValueError):
    """A script line that names no known primitive or the wrong number of things."""


class Primitive(Enum):
    """One bodily act. The value is its VirtualHome spelling."""

    WALK = "Walk"
    RUN = "Run"
    WALKTOWARDS = "Walktowards"
    WALKFORWARD = "Walkforward"
    TURNLEFT = "TurnLeft"
    TURNRIGHT = "TurnRight"
    GRAB = "Grab"
    PUT = "Put"
    PUTIN = "PutIn"
    OPEN = "Open"
    CLOSE = "Close"
    SWITCHON = "SwitchOn"
    SWITCHOFF = "SwitchOff"
    SIT = "Sit"
    STANDUP = "StandUp"
    TOUCH = "Touch"
    FILL = "Fill"
    COOK = "Cook"
    PLAY = "Play"
    WAIT = "Wait"

    @property
    def arity(self) -> int:
        """How many things a line with this primitive names."""
        return _ARITY[self]


_ARITY = {
    Primitive.WALKFORWARD: 0,
    Primitive.TURNLEFT: 0,
    Primitive.TURNRIGHT: 0,
    Primitive.STANDUP: 0,
    Primitive.WAIT: 0,
    Primitive.PUT: 2,
    Primitive.PUTIN: 2,
    Primitive.FILL: 2,
    Primitive.COOK: 2,
}
_ARITY.update({primitive: 1 for primitive in Primitive if primitive not in _ARITY})
_BY_NAME = {primitive.value.lower(): primitive for primitive in Primitive}
# Spellings that VirtualHome scripts in the wild use for the same act.
_BY_NAME.update({"putback": Primitive.PUT, "puton": Primitive.PUT, "putin": Primitive.PUTIN, "drop": Primitive.PUT})
_LINE = re.compile(r"\s*(?:<char\d+>\s*)?\[\s*([A-Za-z]+)\s*\]\s*(.*)$", re.DOTALL)
# Blanks inside are stripped afterwards: skipping them here takes cubic time on a bracket that is never closed.
_THING = re.compile(r"<([^<>()\[\]]+)>(?:\s*\(\s*([0-9]{1,6})\s*\))?")


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a program.

    Args:
        primitive: the act.
        objects: names of what it applies to, as the household or VirtualHome names them.
        instances: for each name, which one of several (1-based); 1 where a script says nothing.
    """

    primitive: Primitive
    objects: tuple[str, ...] = ()
    instances: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not self.instances:
            object.__setattr__(self, "instances", (1,) * len(self.objects))
        if len(self.objects) != self.primitive.arity or len(self.instances) != len(self.objects):
            raise ProgramError(
                f"[{self.primitive.value}] takes {self.primitive.arity} thing(s), got {len(self.objects)}: {self.objects[:4]}"
            )

    @property
    def line(self) -> str:
        """The step as a VirtualHome script line."""
        things = (f" <{name}> ({number})" for name, number in zip(self.objects, self.instances, strict=True))
        return f"[{self.primitive.value}]" + "".join(things)

    @classmethod
    def parse(cls, line: str) -> Step:
        """Read one script line.

        Raises:
            ProgramError: no primitive, an unknown one, or the wrong number of things.
        """
        match = _LINE.match(line)
        if match is None:
            raise ProgramError(f"expected a line such as '[Walk] <mug> (1)', got {line[:80]!r}")
        primitive = _BY_NAME.get(match.group(1).lower())
        if primitive is None:
            known = ", ".join(p.value for p in Primitive)
            raise ProgramError(f"unknown primitive [{match.group(1)[:40]}] in {line[:80]!r}; known: {known}")
        rest = match.group(2)
        things = [(m.group(1).strip(), int(m.group(2) or 1)) for m in _THING.finditer(rest)]
        if _THING.sub("", rest).strip() or not all(name for name, _ in things):
            raise ProgramError(f"cannot read {rest[:80]!r} in {line[:80]!r}; expected '<name> (number)'")
        return cls(primitive, tuple(name for name, _ in things), tuple(number for _, number in things))


@dataclass(frozen=True, slots=True)
class Program:
    """An ordered list of steps.

    Example:
        >>> Program.parse(["[Walk] <mug> (1)", "[Grab] <mug> (1)"]).lines
        ['[Walk] <mug> (1)', '[Grab] <mug> (1)']
    """

    steps: tuple[Step, ...] = ()

    @classmethod
    def parse(cls, lines: Iterable[str] | str) -> Program:
        """Read script lines (a list, or one text with a line each; blank lines are skipped)."""
        if isinstance(lines, str):
            lines = lines.splitlines()
        return cls(tuple(Step.parse(line) for line in lines if line.strip()))

    @property
    def lines(self) -> list[str]:
        """The program as VirtualHome script lines."""
        return [step.line for step in self.steps]

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)
