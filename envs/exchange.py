"""What passes between the benchmark and an agent: the observation it gets, the response it gives."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plans.actions import ACTIONS
from plans.plan import Plan, format_plan, parse_plan


def no_frames() -> NDArray[np.uint8]:
    """An empty stack of frames, for simulators without pictures."""
    return np.zeros((0, 0, 0, 3), np.uint8)


@dataclass(frozen=True, slots=True)
class PastTurn:
    """One earlier turn of a conversation at home, as the robot may remember it.

    Args:
        heard: what the resident had said before the robot acted.
        actions: the robot's actions that worked, in order.
        failed: those that did not.
        said: the robot's words.
        did: what the resident did then, as anybody could see, one sentence.
        answered: what the resident said then; empty for silence.
    """

    heard: str
    actions: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    said: str = ""
    did: str = ""
    answered: str = ""

    @property
    def text(self) -> str:
        """The turn in words, one line for each who did or said something."""
        lines = [f'Resident: "{self.heard}"' if self.heard else "Resident said nothing."]
        robot = [ACTIONS[action].phrase for action in self.actions]
        robot += [f"tried to {ACTIONS[action].phrase}, in vain" for action in self.failed]
        if self.said:
            robot.append(f'said "{self.said}"')
        lines.append(f"Robot: {'; '.join(robot) or 'did nothing and said nothing'}.")
        if self.did:
            lines.append(f"Then: {self.did}")
        return "\n".join(lines)


@dataclass(frozen=True)
class Observation:
    """What an agent may know. The hidden situation, labels and references are not in it.

    Args:
        profile: who the resident is, as text.
        dialogue: what the resident murmured; in a conversation, what they said last.
        frames: the resident acting, uint8, (time, height, width, 3); no frames without pictures.
        camera: what the robot sees now, uint8, (height, width, 3); empty without pictures.
        script: what the resident did as script lines, only if the configuration asks for it (``observation.script``,
            the paper's text-input setting).
        history: earlier turns of this conversation, oldest first; none where there is one response only.
    """

    profile: str
    dialogue: str
    frames: NDArray[np.uint8] = field(default_factory=no_frames)
    camera: NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, 0, 3), np.uint8))
    script: str | None = None
    history: tuple[PastTurn, ...] = ()

    @property
    def text(self) -> str:
        """Everything in words: profile, script if shown, earlier turns, dialogue."""
        earlier = "\n".join(turn.text for turn in self.history)
        parts = [
            self.profile,
            f"Actions: {self.script}" if self.script else "",
            f"Earlier:\n{earlier}" if earlier else "",
            f"Dialogue: {self.dialogue}",
        ]
        return "\n".join(part for part in parts if part)


@dataclass(frozen=True)
class Response:
    """What an agent answers, one text per challenge of the paper.

    Args:
        empathetic_action: the plan, ``<action>, ..., <dialogue>:"..."``.
        scenario_understanding: what happened to the resident, in words; None if the agent does not say.
        empathetic_planning: what it means to do, in words, at most 40; None if the agent does not say.
        details: anything more that belongs in the episode and can be written as JSON (beliefs, token counts, cost).
    """

    empathetic_action: str
    scenario_understanding: str | None = None
    empathetic_planning: str | None = None
    details: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.empathetic_action, str):
            raise TypeError(f"empathetic_action: expected str, got {type(self.empathetic_action).__name__}")
        for name in ("scenario_understanding", "empathetic_planning"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, str):
                raise TypeError(f"{name}: expected str or None, got {type(value).__name__}")
        try:
            json.dumps(self.details)
        except (TypeError, ValueError) as error:
            raise TypeError(f"details: expected values that JSON can hold, got {error}") from None

    @classmethod
    def of(cls, plan: Plan, **fields: Any) -> Response:
        """A response whose plan is ``plan``."""
        return cls(format_plan(plan), **fields)

    @property
    def plan(self) -> Plan:
        """The plan, parsed."""
        return parse_plan(self.empathetic_action)
