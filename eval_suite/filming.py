"""Films: what happened in a scenario, as videos and pictures in a folder whose name is safe whatever the scenario says."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.base import Agent
from agents.registry import AgentError
from envs.scenarios.schema import Scenario
from envs.session import Session, View
from envs.simulators.base import Simulator
from eval_suite.plain_text import plain
from eval_suite.processes import in_processes
from eval_suite.store import StoreError


def media_folder(scenario: Scenario) -> str:
    """A folder name made from a hash, so that no id can lead out of its place."""
    return hashlib.sha256(scenario.id.encode("utf-8", "replace")).hexdigest()[:16]


def keep_film(folder: Path, name: str, frames: Sequence[NDArray[np.uint8]], fps: int) -> dict[str, Path]:
    """Write ``name.mp4`` and its last frame ``name.jpg``; nothing for no frames.

    Raises:
        StoreError: the folder cannot be written.
    """
    from PIL import Image

    from envs.simulators.recording import write_video

    if not frames:
        return {}
    video, picture = folder / f"{name}.mp4", folder / f"{name}.jpg"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Written aside and moved: a killed run leaves no half film that a later one would take for whole.
        write_video(folder / f".{name}.part.mp4", list(frames), fps)
        Image.fromarray(frames[-1]).save(folder / f".{name}.part.jpg", quality=88)
        os.replace(folder / f".{name}.part.jpg", picture)
        os.replace(folder / f".{name}.part.mp4", video)
    except (OSError, RuntimeError) as error:  # RuntimeError: ffmpeg says why in its own words
        raise _cannot_write(folder, error) from None
    return {"video": video, "picture": picture}


def _cannot_write(folder: Path, error: Exception) -> StoreError:
    reason = getattr(error, "strerror", None) or plain(error, 300)
    return StoreError(f"{folder}: cannot write here: {reason}; free some space, or set out=FOLDER to one you can write")


@dataclass(frozen=True)
class Crew:
    """What a process needs to film on its own: choices by name, which travel to other processes.

    Args:
        simulator: its name.
        simulator_options: of its constructor.
        agent: name of the agent whose plans the robot carries out; None films residents only.
        agent_config: of its constructor.
        view: size and frames per second.
        seed: of the agent.
    """

    simulator: str
    simulator_options: Mapping[str, Any]
    agent: str | None
    agent_config: Mapping[str, Any]
    view: View
    seed: int = 0


def film_in_processes(
    scenarios: Sequence[Scenario],
    crew: Crew,
    out: Path,
    *,
    workers: int,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """:func:`film` in several processes, each with a simulator and an agent of its own.

    Args:
        scenarios: what to film.
        crew: how.
        out: folder.
        workers: processes.
        progress: called with (done, total).
    """
    jobs = [
        (scenario, str(out)) for scenario in sorted(scenarios, key=lambda scenario: (scenario.home.layout, scenario.home.seed))
    ]
    done = 0
    for _ in in_processes(_film_job, jobs, workers=workers, begin=_begin, arguments=(crew,)):
        done += 1
        if progress:
            progress(done, len(jobs))


_at_work: tuple[Simulator, Agent | None, Crew] | None = None


def _begin(crew: Crew) -> None:
    """Once in each process."""
    global _at_work
    from agents.registry import make_agent
    from envs.simulators import make_simulator

    agent = make_agent(crew.agent, **crew.agent_config) if crew.agent else None
    _at_work = make_simulator(crew.simulator, **crew.simulator_options), agent, crew


def _film_job(job: tuple[Scenario, str]) -> None:
    assert _at_work is not None
    simulator, agent, crew = _at_work
    film([job[0]], simulator, agent, Path(job[1]), crew.view, seed=crew.seed)


def film(
    scenarios: Sequence[Scenario],
    simulator: Simulator,
    agent: Agent | None,
    out: Path,
    view: View,
    *,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Film each scenario into ``out/<hash>/``, with ``scenario.json`` beside the films; what is there is kept.

    Args:
        scenarios: what to film.
        simulator: one that makes pictures.
        agent: whose plan the robot carries out; None films residents only.
        out: folder.
        view: size and frames per second.
        seed: of the agent.
        progress: called with (done, total).
    """
    for done, scenario in enumerate(scenarios, start=1):
        folder = out / media_folder(scenario)
        wanted = [folder / "resident.mp4"] + ([folder / "robot.mp4"] if agent else [])
        if not all(path.exists() for path in wanted):
            _film_one(scenario, simulator, agent, folder, view, seed)
        if progress:
            progress(done, len(scenarios))


def _film_one(scenario: Scenario, simulator: Simulator, agent: Agent | None, folder: Path, view: View, seed: int) -> None:
    from envs.simulators.recording import contact_sheet

    session = Session(simulator, scenario, view)
    observation = session.observe(pictures=True)
    keep_film(folder, "resident", session.resident_video, view.fps)
    try:
        (folder / "scenario.json").write_text(scenario.to_json() + "\n", encoding="utf-8")
        contact_sheet([frame for frame in observation.frames], 4).save(folder / "resident.png")
    except OSError as error:
        raise _cannot_write(folder, error) from None
    if agent is None:
        return
    try:
        if agent.reference:
            agent.reveal(scenario.model_copy(deep=True))
        plan = agent.respond(observation, seed=seed).plan
    except Exception as error:
        reason = f"{type(error).__name__}: {plain(error, 200)}"
        raise AgentError(
            f"{type(agent).__name__} gave no answer to scenario {scenario.id[:80]!r}: {reason}; films that are done are kept"
        ) from error
    session.perform(plan, pictures=True)
    keep_film(folder, "robot", session.robot_video or [session.look()], view.fps)
