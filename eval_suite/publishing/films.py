"""Residents on film: one for each look, script and layout, made once, in several processes.

A film is a folder named by a hash of all that its pixels depend on: what it shows, how large, and the code that draws it. It is
made aside and moved into place when it is whole, so that a killed run leaves nothing that a later one would take for a film.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from envs.scenarios.emotions import manner_of
from envs.scenarios.schema import Scenario
from envs.session import Session, View, thin
from envs.simulators.base import Simulator
from eval_suite.plain_text import plain
from eval_suite.processes import in_processes
from eval_suite.store import StoreError

Of = Literal["pair", "scenario"]
MEDIA = "media"
"""Folder of the films within a data set."""
_FORMAT = 1
_NOTE = "film.json"
_PART = ".part"


@dataclass(frozen=True, slots=True)
class Filming:
    """How residents are filmed.

    Args:
        of: ``pair``: one film for each look, script and layout, in neutral mood, as the paper's videos are; ``scenario``: each
            scenario as an evaluation plays it, with its own home and the resident's mood in how they move.
        size: pixels, width and height.
        fps: frames per simulated second.
        frames: stills at even distances, first and last frame included.
        simulator: one that makes pictures.
        options: of the simulator.
    """

    of: Of = "pair"
    size: int = 256
    fps: int = 8
    frames: int = 16
    simulator: str = "mujoco"
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Film:
    """A film that is there.

    Args:
        key: its hash.
        seconds: how long it runs.
        video: path of the mp4 within the data set folder, with forward slashes.
        frames: paths of the stills, in order.
    """

    key: str
    seconds: float
    video: str
    frames: tuple[str, ...]


def shown(scenario: Scenario, filming: Filming) -> Scenario:
    """What is filmed for a scenario: itself, or its pair's neutral stand-in."""
    if filming.of == "scenario":
        return scenario
    home = scenario.home.model_copy(update={"seed": 0})
    return scenario.model_copy(update={"home": home, "labels": None})


def film_key(scenario: Scenario, filming: Filming) -> str:
    """Hash of all that the pixels of a scenario's film depend on."""
    what = shown(scenario, filming)
    manner = manner_of(what.labels.emotion, what.labels.intensity) if what.labels else manner_of(None)
    material = {
        "format": _FORMAT,
        "look": what.resident.look.model_dump(mode="json"),
        "program": list(what.program),
        "home": what.home.model_dump(mode="json"),
        "manner": asdict(manner),
        "view": [filming.size, filming.fps, filming.frames],
        "simulator": [filming.simulator, dict(filming.options)],
        "code": drawing_code(filming.simulator),
    }
    text = json.dumps(material, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:24]


@lru_cache(maxsize=8)
def drawing_code(simulator: str) -> str:
    """Digest of everything that draws: after an edit films are made anew, not mixed with old ones."""
    root = Path(str(resources.files("envs")))
    files = [root / "session.py", *(root / "simulators").glob("*.py")]
    for folder in ("household", "residents", "skills", f"simulators/{simulator}"):
        files += [file for file in (root / folder).rglob("*") if file.suffix in (".py", ".yaml")]
    sums = hashlib.sha256()
    for file in sorted(files):
        sums.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return sums.hexdigest()[:16]


def place(key: str) -> str:
    """Path of a film's folder within the data set; spread over 256 folders, none of them too large to list."""
    return f"{MEDIA}/{key[:2]}/{key}"


def find_film(out: Path, key: str) -> Film | None:
    """The film under a key, if it is there and whole."""
    folder = out / place(key)
    try:
        note = json.loads((folder / _NOTE).read_text(encoding="utf-8"))
        sizes, seconds = dict(note["bytes"]), float(note["seconds"])
        if not sizes or any((folder / name).stat().st_size != size for name, size in sizes.items()):
            return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    stills = sorted(name for name in sizes if name.startswith("frames/"))
    if "resident.mp4" not in sizes:
        return None
    return Film(key, seconds, f"{place(key)}/resident.mp4", tuple(f"{place(key)}/{name}" for name in stills))


@dataclass(frozen=True, slots=True)
class Filmed:
    """What came of filming.

    Args:
        films: by key, those that are there.
        failures: by key, why there is none: one line each.
        made: how many were made now.
    """

    films: dict[str, Film]
    failures: dict[str, str]
    made: int


def film_residents(
    scenarios: Sequence[Scenario],
    out: Path,
    filming: Filming,
    *,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Filmed:
    """Film what is not on film yet.

    Args:
        scenarios: whose residents.
        out: the data set folder; films lie in its ``media``.
        filming: how.
        workers: processes.
        progress: called with (films that are there, films wanted).

    Raises:
        StoreError: the folder cannot be written, or a process died.
        SimulatorUnavailable: the simulator cannot draw on this machine.
    """
    wanted: dict[str, Scenario] = {}
    for scenario in scenarios:
        wanted.setdefault(film_key(scenario, filming), shown(scenario, filming))
    _clear_parts(out)
    films = {key: film for key in wanted if (film := find_film(out, key)) is not None}
    # Equal houses one after the other: a process keeps the last ones compiled.
    missing = sorted(
        (key for key in wanted if key not in films), key=lambda key: (wanted[key].home.layout, wanted[key].home.seed, key)
    )
    failures: dict[str, str] = {}
    if progress:
        progress(len(films), len(wanted))
    jobs = [(key, wanted[key], str(out), filming) for key in missing]
    try:
        for at, problem in in_processes(_film, jobs, workers=workers, begin=_begin, arguments=(filming,)):
            film = find_film(out, missing[at])
            if film is not None:
                films[missing[at]] = film
            else:
                failures[missing[at]] = problem or "the film is not whole: files vanished while it was made"
            if progress:
                progress(len(films) + len(failures), len(wanted))
    finally:
        _end()
    return Filmed(films, failures, len(missing) - len(failures))


def _clear_parts(out: Path) -> None:
    """Remove what killed runs left behind: parts whose process is no more."""
    for part in (out / MEDIA).glob(f"{_PART}-*"):
        owner = part.name.split("-")[1]
        if not (owner.isdigit() and _alive(int(owner))):
            shutil.rmtree(part, ignore_errors=True)


def clear_outdated(out: Path, filming: Filming) -> None:
    """Remove films that other versions of the code have drawn: nothing finds them any more."""
    for note in (out / MEDIA).glob(f"*/*/{_NOTE}"):
        try:
            code = json.loads(note.read_text(encoding="utf-8")).get("code")
        except (OSError, ValueError, AttributeError):
            continue
        if code != drawing_code(filming.simulator):
            shutil.rmtree(note.parent, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's: alive
        return True
    return True


_simulator: Simulator | None = None


def _begin(filming: Filming) -> None:
    """Once in each process: a simulator of its own."""
    global _simulator
    from envs.simulators import make_simulator

    # Several processes that each start as many rasteriser threads as there are cores stand in each other's way.
    os.environ.setdefault("LP_NUM_THREADS", "0")
    _simulator = make_simulator(filming.simulator, **filming.options)


def _end() -> None:
    """Free the simulator, where filming was done in this process."""
    global _simulator
    if _simulator is not None:
        _simulator.close()
        _simulator = None


def _film(job: tuple[str, Scenario, str, Filming]) -> str:
    """Make one film; returns why it could not be made, empty if it was."""
    from PIL import Image

    from envs.simulators.recording import write_video

    key, scenario, out, filming = job
    assert _simulator is not None
    session = Session(_simulator, scenario, View(filming.size, filming.size, filming.frames, filming.fps))
    played = session.prepare(pictures=True)
    if not played.resident.ok:
        return f"{scenario.script} in {scenario.home.layout}: {plain(played.resident.reason, 200)}"
    part = Path(out) / MEDIA / f"{_PART}-{os.getpid()}-{key}"
    folder = Path(out) / place(key)
    try:
        shutil.rmtree(part, ignore_errors=True)
        (part / "frames").mkdir(parents=True)
        write_video(part / "resident.mp4", session.resident_video, filming.fps)
        for number, frame in enumerate(thin(session.resident_video, filming.frames)):
            Image.fromarray(frame).save(part / "frames" / f"{number:02}.jpg", quality=88)
        note = {
            "script": scenario.script,
            "layout": scenario.home.layout,
            "seconds": round(len(session.resident_video) / filming.fps, 3),
            "fps": filming.fps,
            "size": filming.size,
            "renderer": _simulator.versions(),
            "code": drawing_code(filming.simulator),
            "bytes": {
                file.relative_to(part).as_posix(): file.stat().st_size for file in sorted(part.rglob("*")) if file.is_file()
            },
        }
        (part / _NOTE).write_text(json.dumps(note, indent=1, default=str) + "\n", encoding="utf-8")
        folder.parent.mkdir(parents=True, exist_ok=True)
        if folder.exists():  # not whole, or it would not have been asked for
            shutil.rmtree(folder)
        os.replace(part, folder)
    except (OSError, RuntimeError) as error:  # RuntimeError: ffmpeg says why in its own words
        shutil.rmtree(part, ignore_errors=True)
        reason = getattr(error, "strerror", None) or plain(error, 300)
        raise StoreError(
            f"{folder.parent}: cannot write here: {reason}; films that are done are kept; free some space, or set out=FOLDER"
        ) from None
    return ""
