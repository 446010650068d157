"""The questions that a fine-tuned model will be asked: those of the ``direct`` strategy, word for word.

Training on other prompts than those of the evaluation would teach another task, so there are none of our own here.
"""

from __future__ import annotations

from functools import cache

from agents.finetuning.records import Challenge, Turn, short_hash, turns_of
from agents.strategies.base import Inquiry, Settings
from agents.strategies.direct import Direct
from agents.strategies.perception import Perception
from envs.scenarios.schema import Scenario


def perceive(scenario: Scenario, *, profile: str | None = None, dialogue: str | None = None, script: bool = True) -> Perception:
    """What the robot perceives of a scenario, in words (the paper's text-input setting).

    Args:
        scenario: the moment.
        profile: who the resident is said to be; None for the scenario's own.
        dialogue: what is heard; None for the scenario's own.
        script: whether the resident's steps are told.
    """
    return Perception(
        profile=scenario.resident.profile if profile is None else profile,
        dialogue=scenario.dialogue if dialogue is None else dialogue,
        script=", ".join(scenario.program) if script else None,
    )


def questions(perception: Perception, max_actions: int = 4) -> dict[Challenge, tuple[Turn, ...]]:
    """The conversations of the three challenges, up to where the model answers."""
    settings = Settings(constrained=False, max_actions=max_actions)
    wave = next(Direct().think(perception, Inquiry(settings)))
    return {question.stage: turns_of(question.messages) for question in wave}  # type: ignore[misc]


def next_moment(perception: Perception) -> Turn:
    """A later moment of a conversation: what was seen and heard, in the same words; who the resident is stands above."""
    texts = [part for part in perception.parts() if isinstance(part, str)]
    return Turn(role="user", content="\n".join(texts[1:]))


@cache
def prompt_version(max_actions: int = 4) -> str:
    """A hash of the prompts, over a fixed moment."""
    asked = questions(Perception("A resident.", "A murmur.", "[Walk] <bedroom> (1)"), max_actions)
    return short_hash({name: [turn.content for turn in turns] for name, turns in asked.items()})


def fixed_texts(max_actions: int = 4) -> list[str]:
    """The blocks of text that stand in every prompt: what two different moments share, a message at a time."""
    one = questions(Perception("Abc.", "Def.", "[Walk] <bedroom> (1)"), max_actions)
    other = questions(Perception("Xyz.", "Uvw.", "[Grab] <mug> (1)"), max_actions)
    found: dict[str, None] = {}
    for name, turns in one.items():
        for mine, yours in zip(turns, other[name], strict=True):
            lines = [a if a == b else None for a, b in zip(mine.content.split("\n"), yours.content.split("\n"), strict=True)]
            block: list[str] = []
            for line in [*lines, None]:
                if line is not None:
                    block.append(line)
                    continue
                # Short lines (a mark, a heading) are left to the tokenizer; blank ends belong to neighbours.
                text = "\n".join(block).strip("\n")
                if len(text) > 30:
                    found[text] = None
                block = []
    return list(found)
