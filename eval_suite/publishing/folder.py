"""A data set folder: Parquet tables, films, a data card and Croissant metadata, loadable by ``datasets.load_dataset``."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from envs.scenarios.loading import ScenarioError, load_scenarios
from envs.scenarios.schema import Scenario
from eval_suite import generalization
from eval_suite.audit import Audit, Check, audit
from eval_suite.generalization import Way, ways_of
from eval_suite.plain_text import plain
from eval_suite.publishing.croissant import croissant
from eval_suite.publishing.data_card import (
    SPLITS,
    Config,
    FilmStock,
    Part,
    about,
    data_card,
    licence_identifier,
)
from eval_suite.publishing.films import Film, Filmed, Filming, clear_outdated, film_key, film_residents
from eval_suite.publishing.rows import features, row
from eval_suite.store import StoreError

MEASURED = "measured.json"
VERSION = "1.0.0"
_WHAT = {
    "random": "nothing: all residents, archetypes and scripts are in every part",
    "resident": "residents: people in test were never met",
    "archetype": "archetypes: situations in test are new ones of known themes",
    "script": "scripts: what residents do in test was never seen",
    "testmini": "a stratified hundred of the random test part",
    "default": "as the set itself is split",
}
_ADDRESSES = {
    "cc-by-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "cc-by-sa-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
}

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Published:
    """What was published.

    Args:
        folder: where.
        samples: how many.
        films: how many films lie there, made now or before; None without media.
        made: how many of them were made now.
        failures: why some could not be made, one line each.
        passed: whether the audit met all targets.
    """

    folder: Path
    samples: int
    films: int | None
    made: int
    failures: tuple[str, ...]
    passed: bool


def publish(
    source: str,
    out: Path,
    *,
    path: str | None = None,
    split: str | None = None,
    limit: int | None = None,
    filming: Filming | None = None,
    workers: int = 1,
    execute: int | None = 500,
    date: str | None = None,
    progress: Progress | None = None,
    tick: Callable[[str], None] = lambda section: None,
) -> Published:
    """Publish a scenario set as a folder; the same call goes on where a killed one stopped.

    Args:
        source: its name; ``hearth10k`` gets one configuration for each way of splitting.
        out: the folder.
        path: the user's files, for sets that need them.
        split: publish one part only.
        limit: publish this many, spread over the set.
        filming: how residents are filmed; None publishes without media.
        workers: processes that film and that carry plans out.
        execute: how many scenarios' plans the audit carries out; None for all.
        date: of publication, as ``2026-01-31``; None for today.
        progress: told of films.
        tick: told of each section of the audit and each way of splitting.

    Raises:
        ScenarioError: a set that cannot be loaded.
        StoreError: the folder cannot be written, a process died, or ``datasets`` is not installed.
    """
    _needed()
    scenarios = load_scenarios(source, path=path, split=split, limit=limit)
    configs = configurations(source, scenarios, path)
    filmed = film_residents(scenarios, out, filming, workers=workers, progress=progress) if filming else None
    films: dict[str, Film] = {}
    if filming and filmed:
        keys = {scenario.id: film_key(scenario, filming) for scenario in scenarios}
        films = {identity: filmed.films[key] for identity, key in keys.items() if key in filmed.films}
    digest = content_digest(scenarios)
    audited, ways = measured(out, source, scenarios, digest, path=path, execute=execute, workers=workers, tick=tick)
    try:
        _write_tables(out, configs, films)
        stock = _stock(out, filming, filmed, len(scenarios) - len(films)) if filming and filmed else None
        _write(out / "croissant.json", _metadata(source, configs, date, media=stock is not None))
        # Last: a folder with a card is whole.
        shown = min(scenarios, key=lambda scenario: (scenario.id not in films, scenario.id))
        example = row(shown, films.get(shown.id))
        card = data_card(about(source), configs, audited, ways, source=source, digest=digest, example=example, films=stock)
        _write(out / "README.md", card)
    except OSError as error:
        raise StoreError(f"{out}: cannot write here: {error.strerror or error}; free some space, or set out=FOLDER") from None
    if filming:
        clear_outdated(out, filming)
    return Published(
        out,
        len(scenarios),
        len(filmed.films) if filmed else None,
        filmed.made if filmed else 0,
        tuple(sorted(set(filmed.failures.values()))) if filmed else (),
        audited.passed,
    )


def configurations(source: str, scenarios: Sequence[Scenario], path: str | None = None) -> list[Config]:
    """The set under each way of splitting that it has, the default one first; parts that are empty are left out."""
    if source != "hearth10k":
        return [_config("default", scenarios)]
    ways = ways_of(source, scenarios, path)
    found = [_config(way, kept) for way, kept in ways.items()]
    wanted = {scenario.id for scenario in scenarios}
    try:
        mini = [scenario for scenario in load_scenarios("hearth10k_testmini", path=path) if scenario.id in wanted]
    except ScenarioError:  # too few residents for a test part
        mini = []
    return [*found, *([_config("testmini", mini)] if mini else [])]


def _config(name: str, scenarios: Sequence[Scenario]) -> Config:
    parts = [(split, [scenario for scenario in scenarios if scenario.split == split]) for split in SPLITS]
    return Config(name, _WHAT[name], [Part(split, kept) for split, kept in parts if kept])


def content_digest(scenarios: Sequence[Scenario]) -> str:
    """What the samples are, as a hash; the way in which they are split is not in it."""
    sums = hashlib.sha256()
    for scenario in sorted(scenarios, key=lambda scenario: scenario.id):
        sums.update(scenario.model_copy(update={"split": "test"}).to_json().encode() + b"\n")
    return sums.hexdigest()[:16]


def measured(
    out: Path,
    source: str,
    scenarios: Sequence[Scenario],
    digest: str,
    *,
    path: str | None = None,
    execute: int | None = 500,
    workers: int = 1,
    tick: Callable[[str], None] = lambda section: None,
) -> tuple[Audit, list[Way]]:
    """The numbers of the card: those that lie in the folder if they are of the same content, else measured now."""
    file = out / MEASURED
    settings = {"content": digest, "execute": execute}
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        if kept["settings"] == settings:
            checks = [Check(**check) for check in kept["audit"]["checks"]]
            return Audit(kept["audit"]["name"], kept["audit"]["size"], checks), generalization.of_json(
                json.dumps(kept["generalization"])
            )
    except (OSError, ValueError, KeyError, TypeError):
        pass  # not there yet, or of another version
    train = [scenario for scenario in scenarios if scenario.split == "train"] or None
    result = audit(scenarios, name=source, train=train, execute=execute, workers=workers, tick=tick)
    ways = generalization.generalization(ways_of(source, scenarios, path), tick=lambda way: tick(f"retrieval, split {way}"))
    whole = {"settings": settings, "audit": asdict(result), "generalization": [asdict(way) for way in ways]}
    try:
        out.mkdir(parents=True, exist_ok=True)
        _write(file, json.dumps(whole, indent=1, ensure_ascii=False) + "\n")
    except OSError as error:
        raise StoreError(f"{out}: cannot write here: {error.strerror or error}; set out=FOLDER to one you can write") from None
    return result, ways


def _needed() -> None:
    try:
        import datasets  # noqa: F401
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise StoreError(
            f"expected the package {error.name!r} to write Parquet, which is not installed; "
            "run: pip install 'empathy-gym[train]'"
        ) from None


def _write_tables(out: Path, configs: Sequence[Config], films: dict[str, Film]) -> None:
    import pyarrow
    from pyarrow import parquet

    schema = features().arrow_schema
    written = set()
    for config in configs:
        for part in config.splits:
            file = out / "data" / config.name / f"{part.name}.parquet"
            file.parent.mkdir(parents=True, exist_ok=True)
            rows = [
                row(scenario, films.get(scenario.id)) for scenario in sorted(part.scenarios, key=lambda scenario: scenario.id)
            ]
            aside = file.with_name(f".{file.name}.{os.getpid()}")
            parquet.write_table(pyarrow.Table.from_pylist(rows, schema=schema), aside, compression="zstd")
            os.replace(aside, file)
            written.add(file)
    # A part that the set no longer has would still be loaded by whoever globs.
    for stale in set((out / "data").glob("*/*.parquet")) - written:
        stale.unlink()


def _stock(out: Path, filming: Filming, filmed: Filmed, without: int) -> FilmStock | None:
    if not filmed.films:
        return None
    renderers = set()
    for film in list(filmed.films.values()):
        made = json.loads((out / film.video).with_name("film.json").read_text(encoding="utf-8"))["renderer"]
        renderers.add(_renderer(made))
    seconds = sum(film.seconds for film in filmed.films.values()) / len(filmed.films)
    return FilmStock(filming, len(filmed.films), round(seconds, 1), "; ".join(sorted(renderers)), without)


def _renderer(versions: dict[str, Any]) -> str:
    gl = versions.get("gl") or {}
    library = next((f"{name} {value}" for name, value in versions.items() if name not in ("simulator", "renderer", "gl")), "")
    drawn = ", ".join(plain(gl[name], 80) for name in ("renderer", "version") if gl.get(name))
    return ", ".join(part for part in (library or str(versions.get("simulator")), drawn) if part)


def _metadata(source: str, configs: Sequence[Config], date: str | None, *, media: bool) -> str:
    licences = sorted(
        {scenario.provenance.licence for config in configs for part in config.splits for scenario in part.scenarios} - {""}
    ) or ["not stated"]
    told = about(source)
    identifier = licence_identifier(licences)
    record = croissant(
        {config.name: [part.name for part in config.splits] for config in configs},
        name=told.title,
        description=told.description,
        licence=_ADDRESSES.get(identifier, "; ".join(licences)),
        version=VERSION,
        date=date or datetime.date.today().isoformat(),
        keywords=["empathy", "embodied AI", "planning", "household robots"],
        media=media,
    )
    return json.dumps(record, indent=1, ensure_ascii=False) + "\n"


def _write(file: Path, text: str) -> None:
    aside = file.with_name(f".{file.name}.{os.getpid()}")
    aside.write_text(text, encoding="utf-8")
    os.replace(aside, file)
