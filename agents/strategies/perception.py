"""What the robot perceived, as parts of a message: who the resident is, what was seen, what was heard."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from agents.models.messages import Image, Part
from agents.strategies.fencing import enclose, fence
from envs.exchange import Observation
from plans.program import Program, ProgramError

Setting: TypeAlias = Literal["auto", "text_input", "video_input"]
SETTINGS: tuple[str, ...] = get_args(Setting)

_LONGEST_PROFILE = 4000
_LONGEST_WORDS = 2000
_LONGEST_SCRIPT = 4000
_LONGEST_HISTORY = 6000
_MOST_TURNS = 12
_STEP = re.compile(r"\s*,\s*(?=\[)|\n")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_ ]{0,40}")


@dataclass(frozen=True)
class Perception:
    """What may be known about one moment, safe to be put into prompts.

    Args:
        profile: who the resident is.
        dialogue: what the resident murmured.
        script: what the resident did, in words; None if it was watched, or not perceived at all.
        frames: the resident acting, in order.
        camera: what the robot sees now.
        history: earlier turns of the conversation, in words; empty at its start.
    """

    profile: str
    dialogue: str
    script: str | None = None
    frames: tuple[Image, ...] = ()
    camera: Image | None = None
    history: str = ""

    @classmethod
    def of(cls, observation: Observation, setting: Setting = "auto", *, sees: bool = True, max_frames: int = 16,
           camera: bool = True) -> Perception:  # fmt: skip
        """Take from an observation what a setting allows and the observation offers.

        Args:
            observation: what the robot may know.
            setting: ``text_input`` takes the script, ``video_input`` the frames (the paper's two settings); ``auto`` takes
                the script if the observation has one, else the frames.
            sees: whether the model takes images.
            max_frames: frames beyond this are thinned evenly.
            camera: whether the robot's own view is shown after the frames.
        """
        script = observation.script if setting != "video_input" else None
        watches = sees and script is None and setting != "text_input"
        frames = [Image(frame) for frame in _thin(observation.frames, max_frames)] if watches else []
        view = observation.camera
        shown = camera and bool(frames) and view.ndim == 3 and view.shape[-1] == 3 and 0 not in view.shape
        history = "\n\n".join(turn.text for turn in observation.history[-_MOST_TURNS:])
        return cls(observation.profile, observation.dialogue, script, tuple(frames), Image(view) if shown else None, history)

    @property
    def saw(self) -> str:
        """What there was to see: ``video``, ``script`` or ``nothing``."""
        return "video" if self.frames else "script" if self.script else "nothing"

    def parts(self, *, look: bool = True) -> tuple[Part, ...]:
        """The moment as parts of a message.

        Args:
            look: whether pictures are shown; without, they are only mentioned. A script is always shown.
        """
        parts: list[Part] = ["Who the resident is:\n" + fence("PROFILE", self.profile, _LONGEST_PROFILE)]
        if self.script:
            parts.append("What you saw the resident do, step by step:\n" + enclose("SEEN", _steps(self.script)))
        elif self.frames and look:
            parts.append(f"You watched the resident. {len(self.frames)} pictures follow in the order in which they were taken.")
            parts.extend(self.frames)
            if self.camera is not None:
                parts += ["And this is what your own camera sees now.", self.camera]
        elif self.frames:
            parts.append("You watched the resident; your notes hold what you made of it.")
        else:
            parts.append("You could not see what the resident did.")
        if self.history:
            earlier = fence("EARLIER", self.history, _LONGEST_HISTORY)
            parts.append("What happened between you two so far, oldest first:\n" + earlier)
            said = fence("HEARD", self.dialogue, _LONGEST_WORDS) if self.dialogue else "Nothing; the resident is silent."
            parts.append("What you heard the resident say just now:\n" + said)
            return tuple(parts)
        parts.append("What you heard the resident murmur:\n" + fence("HEARD", self.dialogue, _LONGEST_WORDS))
        return tuple(parts)


def _steps(script: str) -> str:
    """Script lines as they are if they are nothing but script lines, else defused like any text."""
    cut = script[:_LONGEST_SCRIPT]
    try:
        program = Program.parse([line for line in _STEP.split(cut) if line.strip()])
    except ProgramError:
        program = None
    if program is None or not all(_NAME.fullmatch(name) for step in program for name in step.objects):
        from agents.strategies.fencing import words

        return words(script, _LONGEST_SCRIPT)
    return "\n".join(program.lines)


def _thin(frames: NDArray[np.uint8], most: int) -> list[NDArray[np.uint8]]:
    if frames.ndim != 4 or frames.shape[-1] != 3 or 0 in frames.shape:
        return []
    index = np.linspace(0, len(frames) - 1, min(len(frames), most)).round().astype(int)
    return [frames[i] for i in index]
