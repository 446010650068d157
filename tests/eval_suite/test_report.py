"""Reports: self-contained, complete, and safe to open whatever residents and models wrote."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from envs.residents.scripts import resident_scripts
from envs.scenarios import load_scenarios
from envs.scenarios.schema import Provenance, Resident
from eval_suite.comparison import Comparison, Run, compare, compare_runs
from eval_suite.metrics import METRICS
from eval_suite.report import write_report
from eval_suite.report.content import embedded_json, script_words
from eval_suite.report.media import MediaShelf
from eval_suite.store import StoreError

VOID = {"meta", "input", "br", "img", "rect", "line", "circle", "path"}
HOSTILE = (
    "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'><svg onload=alert(3)> {{ 7*7 }} {% raw %} <!-- "
    "\u2028 \u2029 \x1b[2J\x00\u202e javascript:alert(4) https://evil.example/x ../../etc/passwd"
)


class Page(HTMLParser):
    """Elements, attributes and embedded data of a page."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.scripts: dict[str, str] = {}
        self._script: str | None = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "script":
            self._script = dict(attrs).get("id") or "code"
            self.scripts[self._script] = ""

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()
        self._script = None

    def handle_data(self, data: str) -> None:
        if self._script:
            self.scripts[self._script] += data
        else:
            self.text.append(data)

    @property
    def data(self) -> Any:
        return json.loads(self.scripts["data"])

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


def page_of(folder: Path, comparison: Comparison, **options: Any) -> Page:
    return Page(write_report(folder, comparison, **options).read_text(encoding="utf-8"))


def shape(page: Page) -> list[tuple[str, tuple[str, ...]]]:
    """Elements with their attributes' names: what injected markup would change."""
    return [(tag, tuple(sorted(attributes))) for tag, attributes in page.elements]


def test_page_holds_what_was_run(runs: Path) -> None:
    comparison = compare_runs(runs)
    page = page_of(runs, comparison)
    assert page.open == []
    data = page.data
    assert [agent["label"] for agent in data["agents"]] == [row.label for row in comparison.rows]
    assert len(data["scenarios"]) == 20
    first, scenario = data["scenarios"][0], comparison.scenarios[0]
    assert (first["dialogue"], first["situation"], first["emotion"]) == (scenario.dialogue, scenario.situation, "sad")
    model = next(i for i, agent in enumerate(data["agents"]) if agent["label"] == "model")
    answers = [item["runs"][model] for item in data["scenarios"]]
    assert all(answer["utterance"].startswith("I saw you waiting") for answer in answers)
    states = [[chip["state"] for chip in answer["chips"]] for answer in answers]
    assert all(state[1] == "illegal" for state in states)  # where it was answered: between two legal actions
    assert {"done", "failed"} <= {name for state in states for name in state}
    failed = next(chip for answer in answers for chip in answer["chips"] if chip["state"] == "failed")
    assert failed["note"] in ("Both hands of the robot are full.", "There is no way to the mug.")
    assert first["references"][0]["rationale"] == "Company first."
    assert "empathy-gym evaluate agent=model" in page.words and "4.0.0" in page.words


def test_what_the_resident_did_is_told_in_words(scenarios: list[Any]) -> None:
    assert script_words(scenarios[0]) == "walk bedroom sofa · sit bedroom sofa"
    pacing = scenarios[0].model_copy(update={"program": ("[Walktowards] <tv> (1)", "[SwitchOn] <tv> (1)", "[TurnLeft]")})
    assert script_words(pacing) == "walk towards tv · switch on tv · turn left"
    (ours,) = load_scenarios("hearth", limit=1)
    assert script_words(ours) == resident_scripts()[ours.script].description


def test_table_and_chart_show_every_row(runs: Path) -> None:
    comparison = compare_runs(runs)
    page = page_of(runs, comparison)
    dots = [attributes for tag, attributes in page.elements if tag == "circle" and attributes.get("class") == "point"]
    # "nothing" answers no action, so that it has no share of executed ones.
    assert len(dots) == 4 * len(comparison.rows) - 1
    mean = 100 * comparison.row("model").estimates["mended_overlap"].mean
    assert f"{mean:.2f}" in page.words
    sorts = [attributes["data-sort"] for tag, attributes in page.elements if tag == "td" and "data-sort" in attributes]
    # Appraisals are left out where no scenario has gold ones.
    shown = [metric for metric in METRICS.values() if metric.family != "alignment"]
    assert len(sorts) == len(comparison.rows) * (len(shown) + len(comparison.chance)) and all(
        re.fullmatch(r"(-?\d+\.\d\d)?", sort or "") for sort in sorts
    )
    assert any(tag == "rect" and attributes.get("class") == "band-floor" for tag, attributes in page.elements)


def test_verdict_says_whether_chance_is_beaten(runs: Path) -> None:
    comparison = compare_runs(runs)
    words = page_of(runs, comparison).words
    low = comparison.row("model").corrected["mended_overlap"].low
    assert ("beats the blind" in words) == (low > 0)
    assert ("cannot be told from the blind" in words) == (low <= 0)


def test_failures_are_counted(runs: Path) -> None:
    comparison = compare_runs(runs)
    words = page_of(runs, comparison).words
    assert "hands full" in words and "Both hands of the robot are full." in words
    assert "unknown action" in words and "Named an action that does not exist" in words


def test_asks_the_network_for_nothing(runs: Path, film: Callable[[Path, int], None]) -> None:
    film(runs / "model", 1)
    path = write_report(runs, compare_runs(runs))
    page = Page(path.read_text())
    for tag, attributes in page.elements:
        assert tag not in ("link", "iframe", "object", "embed", "base", "image")
        for name in ("src", "href", "poster", "action", "srcset", "xlink:href", "data"):
            target = attributes.get(name)
            assert target is None or target.startswith("#"), f"<{tag} {name}={target!r}>"
    styles = re.search("<style>(.*?)</style>", path.read_text(), re.S)
    assert styles and "url(" not in styles[1] and "@import" not in styles[1]
    code = page.scripts["code"]
    assert not re.search(r"fetch\(|XMLHttpRequest|WebSocket|import\(|sendBeacon", code)
    assert set(re.findall(r"https?://[^\"\s]+", code)) <= {"http://www.w3.org/2000/svg"}  # a name, not an address


def test_policy_lets_only_our_script_run(runs: Path) -> None:
    text = write_report(runs, compare_runs(runs)).read_text()
    page = Page(text)
    policy = next(
        attributes["content"] for _, attributes in page.elements if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    digest = base64.b64encode(hashlib.sha256(page.scripts["code"].encode()).digest()).decode()
    assert policy and policy.startswith("default-src 'none'") and f"'sha256-{digest}'" in policy
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]


def test_script_writes_no_markup() -> None:
    code = (Path(__file__).parents[2] / "eval_suite" / "report" / "report.js").read_text()
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|DOMParser|setHTML", code)


def hostile(scenarios: list[Any], factory: Any, text: str) -> Comparison:
    """Every text that comes from data is ``text``."""
    episodes = []
    for scenario in scenarios:
        resident = Resident(
            id=text + scenario.resident.id,
            **dict.fromkeys(
                ("name", "culture", "personality", "profession", "hobbies", "social_relationships", "life_experiences"), text
            ),
        )
        reference = scenario.references[0].model_copy(update={"rationale": text, "plan_nl": text})
        bad = scenario.model_copy(
            update={
                "id": text + scenario.id,
                "resident": resident,
                "dialogue": text,
                "situation": text,
                "script": text,
                "references": (reference, *scenario.references[1:]),
                "provenance": Provenance(source=text, licence=text, item=text),
                "labels": scenario.labels.model_copy(update={"theme": text}),
            }
        )
        answer = f'<sit_bed>, <{text.replace("<", "").replace(">", "")[:150]}>, <switchon_tv>, <dialogue>:"{text}"'
        episode = factory.play("model", bad, answer, fail=0.5)
        for record in episode.actions:
            record.detail = "" if record.ok else text
            for step in record.steps:
                step.line = step.detail = text
        for goal in episode.goals:
            goal.goal = goal.sentence = text
        episode.response.scenario_understanding = episode.response.empathetic_planning = text
        episode.versions = {text: text}
        episode.media = {"resident_video": text, "robot_picture": "../" * 8 + "etc/passwd", "robot_video": "\x00.mp4"}
        episodes.append(episode)
    broken = [factory.play("other", episode.scenario, "", error=text) for episode in episodes]
    manifest = {"overrides": [text], "config": {text: text, "api_key": "sk-very-secret"}}
    return compare([Run(text, tuple(episodes), Path("/"), manifest), Run("other", tuple(broken), Path("/"), manifest)])


def test_hostile_text_is_shown_as_text(tmp_path: Path, scenarios: list[Any], factory: Any) -> None:
    """The page has the very elements and attributes that it has with harmless text."""
    harmless = page_of(tmp_path, hostile(scenarios, factory, "harmless"))
    page = page_of(tmp_path, hostile(scenarios, factory, HOSTILE))
    assert shape(page) == shape(harmless)
    assert {tag for tag, _ in page.elements} & {"img", "object", "iframe"} == set()
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    assert set(page.scripts) == {"data", "code"} and page.scripts["code"] == harmless.scripts["code"]
    raw = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u2028\u2029\u202e]", raw)
    assert "sk-very-secret" not in raw
    item = page.data["scenarios"][0]
    assert "</script><script>alert(1)</script>" in item["dialogue"]  # as text, complete
    assert "\\x1b[2J\\x00\\u202e" in item["dialogue"]
    assert item["video"] is None and all(run["video"] is None and run["poster"] is None for run in item["runs"])
    assert "{{ 7*7 }}" in page.words and "49" not in page.data["scenarios"][0]["dialogue"]


def test_megabytes_are_cut(tmp_path: Path, scenarios: list[Any], factory: Any) -> None:
    path = write_report(tmp_path, hostile(scenarios[:3], factory, "word " * 100_000))
    assert path.stat().st_size < 400_000
    assert "characters)" in Page(path.read_text()).data["scenarios"][0]["dialogue"]


def test_embedded_json_cannot_end_its_element() -> None:
    text = embedded_json({"a": "</script><!--&\u2028"})
    assert not re.search("[<>&\u2028]", text) and json.loads(text) == {"a": "</script><!--&\u2028"}


def test_media_are_embedded_once(runs: Path, film: Callable[[Path, int], None]) -> None:
    for agent in ("model", "constant", "oracle"):
        film(runs / agent, 2)
    page = page_of(runs, compare_runs(runs))
    data = page.data
    filmed = [item for item in data["scenarios"] if item["video"]]
    assert len(filmed) == 2
    stores = {
        attributes["id"]: attributes for tag, attributes in page.elements if tag == "script" and attributes.get("data-kind")
    }
    assert len(stores) == 2  # six equal films, six equal stills
    video = page.scripts[f"media-{filmed[0]['video']}"]
    assert base64.b64decode(video)[4:8] == b"ftyp" and stores[f"media-{filmed[0]['video']}"]["data-kind"] == "video/mp4"
    assert sum(bool(run["video"]) for run in filmed[0]["runs"]) == 3


def test_media_beyond_the_budget_are_left_out_and_said(runs: Path, film: Callable[[Path, int], None]) -> None:
    film(runs / "model", 1)
    page = page_of(runs, compare_runs(runs), media_budget=100)
    assert set(page.scripts) == {"data", "code"}
    assert "left out to keep this file small" not in page.words  # larger than the whole budget: not read at all
    size = (runs / "model" / "media" / "0" / "resident.jpg").stat().st_size
    video = (runs / "model" / "media" / "0" / "resident.mp4").stat().st_size
    page = page_of(runs, compare_runs(runs), media_budget=max(size, video))
    assert len(page.scripts) == 3 and "left out to keep this file small" in page.words


def test_media_come_from_the_run_folder_only(tmp_path: Path) -> None:
    run, secret = tmp_path / "run", tmp_path / "secret.jpg"
    run.mkdir()
    secret.write_bytes(b"\xff\xd8\xff secret")
    (run / "link.jpg").symlink_to(secret)
    (run / "text.jpg").write_text("not a picture")
    (run / "fine.jpg").write_bytes(b"\xff\xd8\xff fine")
    shelf = MediaShelf()
    for path in ("../secret.jpg", str(secret), "link.jpg", "text.jpg", "no.jpg", "\x00.jpg", "a" * 5000 + ".jpg", "run.json"):
        assert shelf.add(run, path) is None
    assert shelf.add(run, "fine.jpg") and len(shelf.items) == 1


def test_same_comparison_same_bytes(runs: Path) -> None:
    assert write_report(runs, compare_runs(runs)).read_bytes() == write_report(runs, compare_runs(runs)).read_bytes()


def test_given_path_and_episodes(runs: Path, tmp_path: Path) -> None:
    comparison = compare_runs(runs)
    few = {label: episodes[:2] for label, episodes in comparison.episodes.items()}
    path = write_report(runs, comparison, few, tmp_path / "two.html")
    assert path == tmp_path / "two.html" and len(Page(path.read_text()).data["scenarios"]) == 2


def test_unwritable_path_is_one_line(runs: Path) -> None:
    with pytest.raises(StoreError, match="cannot write the report") as caught:
        write_report(runs, compare_runs(runs), None, runs / "missing" / "report.html")
    assert "\n" not in str(caught.value)


def test_yardsticks_alone(tmp_path: Path, scenarios: list[Any], factory: Any) -> None:
    factory.run(tmp_path, "constant", scenarios[:3])
    page = page_of(tmp_path, compare_runs(tmp_path, yardsticks=False))
    assert "Floor and ceiling of 3 moments at home" in page.words


def test_scenarios_without_labels_or_age(tmp_path: Path, factory: Any) -> None:
    """Other data sets know no emotions; a resident may be nothing but a text."""
    bare = factory.scenario(0, labels=None, resident=Resident(id="x", profile_text="A retired baker."))
    page = page_of(tmp_path, compare([Run("model", (factory.play("model", bare, "no plan at all"),))]))
    (item,) = page.data["scenarios"]
    assert item["emotion"] is None and item["needs"] is None and item["name"] == "x" and item["profile"] == "A retired baker."
    assert item["runs"][0]["raw"] == "no plan at all" and item["runs"][0]["chips"] == []


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_has_enough_contrast(scheme: int) -> None:
    """WCAG AA for text, 4.5 to 1, in both colour schemes."""
    style = (Path(__file__).parents[2] / "eval_suite" / "report" / "report.css").read_text()
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", re.findall(r":root \{(.*?)\}", style, re.S)[scheme]))
    pairs = [("ink", "page"), ("soft", "page"), ("soft", "card"), ("soft", "shade"), ("person", "person-soft"),
             ("ink", "robot-soft"),
             ("robot", "robot-soft"), ("good", "good-soft"), ("good", "card"), ("bad", "bad-soft"), ("secret", "secret-soft"),
             ("card", "robot"), ("top-ink", "top"), ("top-soft", "top")]  # fmt: skip
    for front, back in pairs:
        light, dark = sorted((luminance(colours[front]), luminance(colours[back])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, f"{front} on {back}: {(light + 0.05) / (dark + 0.05):.2f}"
