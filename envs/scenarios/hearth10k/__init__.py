"""Hearth-10k: ten thousand scenarios composed from authored residents and archetypes, the same ones on every machine.

The set is made on first use (under a minute) and kept in the user's cache folder; what is kept is named by a digest of all
texts and code that it is made from, so an edit makes it anew.
"""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Sequence
from functools import lru_cache, partial
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from envs.scenarios.loading import ScenarioError
from envs.scenarios.schema import Scenario, Split

if TYPE_CHECKING:
    from collections.abc import Callable

    from envs.scenarios.hearth10k.splits import By

__all__ = ["digest", "hearth10k_sources", "load_hearth10k", "make_hearth10k"]

SOURCES = ("hearth10k", "hearth10k_by_resident", "hearth10k_by_archetype", "hearth10k_by_script", "hearth10k_testmini")


def hearth10k_sources() -> dict[str, Callable[[Path | None], list[Scenario]]]:
    """Hearth-10k under its splits, as scenario sources."""
    return {name: _named(partial(load_hearth10k, name=name), name) for name in SOURCES}


def _named(loader: Callable[[Path | None], list[Scenario]], name: str) -> Callable[[Path | None], list[Scenario]]:
    how = {"hearth10k": "split by chance", "hearth10k_testmini": "a hundred of its test scenarios, stratified"}
    text = how.get(name, f"split {name.removeprefix('hearth10k_').replace('_', ' ')}")
    loader.__doc__ = f"Hearth-10k, {text}."
    return loader


def load_hearth10k(path: Path | None = None, *, name: str = "hearth10k") -> list[Scenario]:
    """Load Hearth-10k, made on first use.

    Args:
        path: a folder with ``archetypes/*.yaml`` and ``residents/*.yaml`` of your own; None for the bundled one.
        name: one of :data:`SOURCES`: how it is split.

    Raises:
        ScenarioError: broken authored files, or an unknown name.
    """
    if name not in SOURCES:
        raise ScenarioError(f"expected one of {', '.join(SOURCES)}; got {name!r}")
    scenarios = _load(str(path) if path is not None else str(_folder()))
    if name == "hearth10k":
        return list(scenarios)
    from envs.scenarios.hearth10k.splits import testmini

    if name == "hearth10k_testmini":
        return testmini(scenario for scenario in scenarios if scenario.split == "test")
    return resplit(scenarios, name.removeprefix("hearth10k_by_"))  # type: ignore[arg-type]


def resplit(scenarios: Sequence[Scenario], by: By) -> list[Scenario]:
    """The same scenarios, split another way."""
    from envs.scenarios.hearth10k.splits import split_of

    parts = split_of(scenarios, by, _hearth_splits())
    return [
        scenario if scenario.split == parts[scenario.id] else scenario.model_copy(update={"split": parts[scenario.id]})
        for scenario in scenarios
    ]


def make_hearth10k(path: Path | None = None, *, tick: Callable[[int], None] = lambda done: None) -> list[Scenario]:
    """Compose the set from its texts, whatever is in the cache.

    Args:
        path: as for :func:`load_hearth10k`.
        tick: told of every scenario made.
    """
    from envs.scenarios.hearth10k.compose import compose, read_library
    from envs.scenarios.hearth10k.splits import presentations, split_of

    scenarios = compose(read_library(path or _folder()), tick=tick)
    parts = split_of(scenarios, "random")
    orders = presentations(scenarios, parts)
    return [
        scenario.model_copy(update={"split": parts[scenario.id], "presentation": orders[scenario.id]}) for scenario in scenarios
    ]


def digest(folder: Path | None = None) -> str:
    """What the set is made from, as a hash: all authored texts, the scripts, and the code that composes them."""
    sums = hashlib.sha256()
    folder = folder or _folder()
    code = Path(str(resources.files("envs.scenarios")))
    files = [*sorted((folder / "archetypes").glob("*.yaml")), *sorted((folder / "residents").glob("*.yaml"))]
    files += [*sorted((code / "hearth" / "residents").glob("*.yaml")), code.parent / "residents" / "scripts.yaml"]
    files += [*sorted((code / "hearth10k").glob("*.py")), code / "schema.py"]
    for file in files:
        sums.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return sums.hexdigest()[:20]


def _folder() -> Path:
    return Path(str(resources.files("envs.scenarios.hearth10k")))


def _hearth_splits() -> dict[str, Split]:
    """Residents of the hand-written set stay on the side of the split where they are there."""
    from envs.scenarios.hearth10k.archetype import read_yaml

    splits = read_yaml(_folder().parent / "hearth" / "splits.yaml")
    return {resident: split for split, residents in splits.items() for resident in residents}


def cache_file(folder: Path | None = None) -> Path:
    """Where the set is kept: ``$EMPATHY_GYM_CACHE``, else the user's cache folder."""
    chosen = os.environ.get("EMPATHY_GYM_CACHE")
    base = Path(chosen) if chosen else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "empathy-gym"
    return base / "hearth10k" / f"{digest(folder)}.json.gz"


@lru_cache(maxsize=2)
def _load(folder: str) -> tuple[Scenario, ...]:
    from envs.scenarios.hearth10k.storage import pack, unpack

    file = cache_file(Path(folder))
    try:
        return unpack(gzip.decompress(file.read_bytes()))
    except (OSError, EOFError, ValueError):
        pass  # not there yet, or cut short: make it
    scenarios = make_hearth10k(Path(folder))
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(f".{os.getpid()}.part")
        part.write_bytes(gzip.compress(pack(scenarios), compresslevel=1, mtime=0))
        part.replace(file)
    except OSError:
        pass  # a cache that cannot be written costs time, not results
    return tuple(scenarios)
