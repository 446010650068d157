"""A published set as others meet it: loaded by ``datasets``, read by Croissant, its card true to what was measured."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from envs.scenarios import load_scenarios
from envs.scenarios.loading import ScenarioError, write_jsonl
from envs.scenarios.schema import Scenario
from eval_suite.publishing.films import Filming, clear_outdated, film_key, film_residents, find_film, place
from eval_suite.publishing.folder import content_digest, measured, publish
from eval_suite.publishing.rows import COLUMNS, row, scenario_of

datasets = pytest.importorskip("datasets", reason="publishing needs datasets: pip install 'empathy-gym[train]'")

ROOT = Path(__file__).parents[3]
SMALL = Filming(size=32, fps=1, frames=3)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("published")
    publish("hearth10k", out, limit=60, execute=4, date="2026-01-31")
    return out


@pytest.fixture(scope="module")
def scenarios() -> list[Scenario]:
    return load_scenarios("hearth10k", limit=60)


def load(folder: Path, *words: str, cache: Path) -> object:
    return datasets.load_dataset(str(folder), *words, cache_dir=str(cache))


def test_nothing_of_a_scenario_is_lost_in_a_row(scenarios: list[Scenario]) -> None:
    for scenario in (*scenarios, *load_scenarios("hearth", limit=5)):
        table = datasets.Dataset.from_list([row(scenario)])
        assert scenario_of(table[0], scenario.split) == scenario


def test_every_way_of_splitting_is_a_configuration(published: Path, scenarios: list[Scenario], tmp_path: Path) -> None:
    names = datasets.get_dataset_config_names(str(published))
    assert set(names) >= {"random", "resident", "archetype", "script"}
    for name, source in (("random", "hearth10k"), ("resident", "hearth10k_by_resident"), ("script", "hearth10k_by_script")):
        splits = {scenario.id: scenario.split for scenario in load_scenarios(source)}
        data = load(published, name, cache=tmp_path)
        found = {sample["id"]: split for split in data for sample in data[split]}  # type: ignore[attr-defined]
        assert found == {scenario.id: splits[scenario.id] for scenario in scenarios}
    default = load(published, cache=tmp_path)
    assert sum(default.num_rows.values()) == 60  # type: ignore[attr-defined]


def test_loaded_samples_play_as_the_scenarios_they_were(published: Path, scenarios: list[Scenario], tmp_path: Path) -> None:
    data = load(published, "random", cache=tmp_path)
    known = {scenario.id: scenario for scenario in scenarios}
    for split in data:  # type: ignore[attr-defined]
        for sample in data[split]:  # type: ignore[index]
            assert scenario_of(sample, split) == known[sample["id"]]
            assert sample["video"] is None and sample["frames"] == []


def test_the_card_tells_what_was_measured(published: Path, scenarios: list[Scenario]) -> None:
    card = (published / "README.md").read_text(encoding="utf-8")
    kept = json.loads((published / "measured.json").read_text(encoding="utf-8"))
    for check in kept["audit"]["checks"]:
        value = f"{check['value']:.4g}" if isinstance(check["value"], float) else str(check["value"])
        assert f"| {check['name']} | {value}" in card
    for way in kept["generalization"]:
        assert f"{100 * way['scores']['retrieval']['overlap']['mean']:.1f}" in card
    assert f"content `{content_digest(scenarios)}`" in card
    for column in COLUMNS:
        assert f"`{column.name}`" in card
    assert "published without media" in card
    assert not re.search(r"\{\{|\{%|\bNone\b(?! of)", card)


def test_numbers_are_measured_again_only_for_other_content(published: Path, scenarios: list[Scenario]) -> None:
    asked: list[str] = []
    digest = content_digest(scenarios)
    measured(published, "hearth10k", scenarios, digest, execute=4, tick=asked.append)
    assert not asked
    changed = [scenarios[0].model_copy(update={"dialogue": "Where did it go?"}), *scenarios[1:]]
    assert content_digest(changed) != digest


def test_croissant_reads_the_folder(published: Path) -> None:
    mlcroissant = pytest.importorskip("mlcroissant", reason="validation of Croissant metadata needs mlcroissant")
    dataset = mlcroissant.Dataset(str(published / "croissant.json"))
    assert not dataset.metadata.ctx.issues.errors
    records = list(dataset.records("script"))
    assert len(records) == 60
    first = records[0]
    assert first["script/split"] in (b"train", b"validation", b"test")
    scenario = next(item for item in load_scenarios("hearth10k") if item.id == first["script/id"].decode())
    assert first["script/dialogue"].decode() == scenario.dialogue
    assert first["script/needs"]["script/needs/cognitive"] == scenario.labels.needs.cognitive  # type: ignore[union-attr]
    texts = [response["script/responses/text"].decode() for response in first["script/responses"]]
    assert texts == [given.text for given in (*scenario.references, *scenario.contrasts)]


def test_croissant_names_every_table_and_column(published: Path) -> None:
    metadata = json.loads((published / "croissant.json").read_text(encoding="utf-8"))
    assert metadata["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    for table in metadata["distribution"]:
        assert list(published.glob(table["includes"])), table["includes"]
    sets = {record["@id"]: record for record in metadata["recordSet"]}
    for config in ("random", "resident", "archetype", "script"):
        assert [field["name"] for field in sets[config]["field"]] == ["split", *(column.name for column in COLUMNS)]


def test_users_own_scenarios_are_published_too(tmp_path: Path) -> None:
    write_jsonl(load_scenarios("hearth", limit=20), tmp_path / "mine.jsonl")
    done = publish("jsonl", tmp_path / "out", path=str(tmp_path / "mine.jsonl"), execute=0)
    assert done.samples == 20 and done.films is None
    data = load(tmp_path / "out", cache=tmp_path / "cache")
    assert sum(data.num_rows.values()) == 20  # type: ignore[attr-defined]


def test_a_set_that_may_not_be_passed_on_says_so(tmp_path: Path) -> None:
    terms = {
        "provenance": load_scenarios("hearth", limit=1)[0].provenance.model_copy(update={"licence": "not redistributable"})
    }
    write_jsonl(
        (scenario.model_copy(update=terms) for scenario in load_scenarios("hearth", limit=6)), tmp_path / "theirs.jsonl"
    )
    publish("jsonl", tmp_path / "out", path=str(tmp_path / "theirs.jsonl"), execute=0)
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "Not to be passed on" in card and "license: other" in card


def test_a_part_that_is_gone_is_not_loaded_any_more(tmp_path: Path) -> None:
    scenarios = load_scenarios("hearth", split="all", limit=12)
    write_jsonl(scenarios, tmp_path / "mine.jsonl")
    publish("jsonl", tmp_path / "out", path=str(tmp_path / "mine.jsonl"), execute=0)
    before = set((tmp_path / "out" / "data").glob("*/*.parquet"))
    left = [scenario for scenario in scenarios if scenario.split == "train"]
    write_jsonl(left, tmp_path / "mine.jsonl")
    publish("jsonl", tmp_path / "out", path=str(tmp_path / "mine.jsonl"), execute=0)
    assert {file.name for file in (tmp_path / "out" / "data").glob("*/*.parquet")} == {"train.parquet"} and len(before) > 1


def test_without_datasets_one_line_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from eval_suite.store import StoreError

    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(StoreError, match=r"expected the package 'datasets'.*pip install 'empathy-gym\[train\]'"):
        publish("hearth", tmp_path)


# -- films ---------------------------------------------------------------------------------------------------------------


def test_samples_of_one_pair_share_a_film(scenarios: list[Scenario]) -> None:
    first = scenarios[0]
    assert first.labels is not None
    sadder = first.labels.model_copy(update={"emotion": "devastated" if first.labels.emotion != "devastated" else "joyful"})
    other = first.model_copy(
        update={"id": "other", "labels": sadder, "home": first.home.model_copy(update={"seed": first.home.seed + 1})}
    )
    assert film_key(first, SMALL) == film_key(other, SMALL)
    own = Filming(of="scenario", size=32, fps=1, frames=3)
    assert film_key(first, own) != film_key(other, own)
    taller = first.resident.model_copy(update={"look": first.resident.look.model_copy(update={"height": 1.2})})
    open_fridge = first.home.model_copy(update={"state": {"fridge": "open"}})
    for change in ({"resident": taller}, {"home": open_fridge}, {"program": first.program[:1]}):
        assert film_key(first.model_copy(update=change), SMALL) != film_key(first, SMALL)
    assert film_key(first, Filming(size=32, fps=2, frames=3)) != film_key(first, SMALL)


def test_films_are_made_once_and_only_whole_ones_count(tmp_path: Path, scenarios: list[Scenario]) -> None:
    short = min(scenarios, key=lambda scenario: len(scenario.program))
    twin = short.model_copy(update={"id": "twin", "dialogue": "Again."})
    done = film_residents([short, twin], tmp_path, SMALL)
    (film,) = done.films.values()
    assert done.made == 1 and len(film.frames) == 3
    for name in (film.video, *film.frames):
        assert (tmp_path / name).stat().st_size > 100
    stamp = (tmp_path / film.video).stat().st_mtime_ns
    assert film_residents([short], tmp_path, SMALL).made == 0
    assert (tmp_path / film.video).stat().st_mtime_ns == stamp
    (tmp_path / film.frames[1]).write_bytes(b"half")
    assert find_film(tmp_path, film.key) is None
    assert film_residents([short], tmp_path, SMALL).made == 1
    assert find_film(tmp_path, film.key) is not None


def test_films_of_other_code_are_cleared_away(tmp_path: Path, scenarios: list[Scenario]) -> None:
    short = min(scenarios, key=lambda scenario: len(scenario.program))
    (film,) = film_residents([short], tmp_path, SMALL).films.values()
    outdated = tmp_path / "media" / "ab" / "abcd"
    outdated.mkdir(parents=True)
    (outdated / "film.json").write_text('{"code": "another", "bytes": {}}', encoding="utf-8")
    clear_outdated(tmp_path, SMALL)
    assert not outdated.exists() and find_film(tmp_path, film.key) == film


def test_a_script_that_fails_is_told_and_the_others_are_filmed(tmp_path: Path, scenarios: list[Scenario]) -> None:
    short = min(scenarios, key=lambda scenario: len(scenario.program))
    broken = short.model_copy(update={"id": "broken", "program": ("[Open] <fridge> (1)", "[Grab] <fridge> (1)")})
    done = film_residents([broken, short], tmp_path, SMALL)
    assert len(done.films) == 1 and len(done.failures) == 1


def command(out: Path, *words: str) -> list[str]:
    what = ["scenarios=hearth", "scenarios.limit=6", "dataset.enabled=true", "workers=2", f"out={out}"]
    small = ["dataset.size=32", "dataset.fps=2", "dataset.frames=2", "dataset.execute=0"]
    return [sys.executable, "-m", "scripts.main", "render", *what, *small, *words]


def films(out: Path) -> dict[str, int]:
    return {note.parent.name: note.stat().st_mtime_ns for note in out.glob("media/*/*/film.json") if ".part" not in str(note)}


def test_killed_and_run_again_gives_a_whole_data_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    out = tmp_path / "set"
    running = subprocess.Popen(
        command(out), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tmp_path
    )
    deadline = time.time() + 120
    while time.time() < deadline and not films(out):
        time.sleep(0.01)
    running.send_signal(signal.SIGKILL)
    running.wait()
    before = films(out)
    assert before and not (out / "README.md").exists()
    orphan = out / "media" / ".part-999999999-abc"
    orphan.mkdir()
    # What a machine that lost its power leaves: a film whose file was cut.
    cut = next(iter(before))
    (out / place(cut) / "resident.mp4").write_bytes(b"")
    done = subprocess.run(command(out), env=environment, capture_output=True, text=True, cwd=tmp_path, timeout=300)
    assert done.returncode == 0, done.stderr
    after = films(out)
    assert len(after) == 6 and not orphan.exists()
    assert all(after[key] == stamp for key, stamp in before.items() if key != cut), "films that were there were made again"
    assert after[cut] != before[cut]
    data = load(out, cache=tmp_path / "cache")
    for split in data:  # type: ignore[attr-defined]
        for sample in data[split]:  # type: ignore[index]
            assert (out / sample["video"]).stat().st_size > 100
            assert all((out / frame).is_file() for frame in sample["frames"])
    assert "6 samples, 6 films" in done.stdout
    card = (out / "README.md").read_text(encoding="utf-8")
    assert "6 of " in card and '"video": "media/' in card
    decoded = _as_the_card_says(card, out)
    assert decoded["frames"][0].size == (32, 32)


def test_what_cannot_be_published_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="no such file"):
        publish("jsonl", tmp_path / "out", path=str(tmp_path / "none.jsonl"))


def _as_the_card_says(card: str, out: Path) -> Any:
    """Run the card's own code, as a reader would."""
    code = [block for block in re.findall(r"```python\n(.*?)```", card, flags=re.DOTALL)]
    names: dict[str, Any] = {}
    for block in code:
        exec(block.replace("path/to/this/folder", str(out)), names)
    stills = names["stills"]
    return stills[next(iter(stills))][0]
