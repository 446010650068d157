"""Records for models that see: the resident is filmed, and the questions are those of the video-input setting."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from agents.finetuning.errors import FinetuneError
from agents.finetuning.prompting import prompt_version, questions
from agents.finetuning.records import TrainingRecord, Turn
from agents.finetuning.splits import origin_of
from agents.finetuning.supervised import SupervisedData, answers
from agents.models.messages import Image
from agents.strategies.perception import Perception
from envs.scenarios.schema import Scenario
from envs.session import Session, View
from envs.simulators.base import Simulator


def watched_records(
    scenarios: Sequence[Scenario],
    simulator: Simulator,
    folder: Path,
    data: SupervisedData = SupervisedData(),  # noqa: B008 (frozen)
    *,
    frames: int = 8,
    progress: Callable[[int, int], None] | None = None,
) -> list[TrainingRecord]:
    """Film every scenario's resident and make its single-turn records, with pictures in the place of the script.

    Args:
        scenarios: of one split.
        simulator: one that renders.
        folder: where the records will lie; pictures go to ``frames/`` in it, as PNG.
        data: challenges, references, most actions; variations and conversations over several moments have no films.
        frames: pictures of the resident; one from the robot's own camera follows them.
        progress: called after each scenario with how many are done, and of how many.

    Raises:
        FinetuneError: a simulator without pictures, or a folder that cannot be written.
    """
    view = View(frames=frames)
    made: list[TrainingRecord] = []
    for place, scenario in enumerate(scenarios):
        observation = Session(simulator, scenario, view).observe()
        perception = Perception.of(observation, "video_input", max_frames=frames)
        if not perception.frames:
            raise FinetuneError("expected a simulator that renders, got one without pictures; e.g. --simulator mujoco")
        files = _keep(perception, folder, scenario)
        asked = questions(replace(perception, script=None), data.max_actions)
        origin = origin_of(scenario, prompt=prompt_version(data.max_actions))
        for challenge, rank, text, actions in answers(scenario, data):
            turns = tuple(
                turn.model_copy(update={"frames": files}) if turn.role == "user" else turn for turn in asked[challenge]
            )
            made.append(
                TrainingRecord(
                    id=f"{scenario.id}:{challenge}:{rank}:watched",
                    challenge=challenge,
                    messages=(*turns, Turn(role="assistant", content=text, actions=actions)),
                    origin=origin.model_copy(update={"reference": rank}),
                )
            )
        if progress is not None:
            progress(place + 1, len(scenarios))
    return made


def _keep(perception: Perception, folder: Path, scenario: Scenario) -> tuple[str, ...]:
    """Write a scenario's pictures; their names relative to the records' folder, in the order in which they are shown."""
    pictures: list[Image] = [*perception.frames, *([perception.camera] if perception.camera else [])]
    # A hash, so that no id can lead out of the folder.
    place = Path("frames") / hashlib.sha256(scenario.id.encode()).hexdigest()[:16]
    names = [place / f"{number:02d}.png" for number in range(len(pictures))]
    try:
        (folder / place).mkdir(parents=True, exist_ok=True)
        for name, picture in zip(names, pictures, strict=True):
            picture.pil().save(folder / name)
    except OSError as error:
        raise FinetuneError(
            f"{folder / place}: cannot write here: {error.strerror}; choose a place that you can write"
        ) from None
    return tuple(name.as_posix() for name in names)
