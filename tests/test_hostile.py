"""Hostile input, end to end: one clear line or a result, never a traceback, and nothing that was written is lost."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agents import Agent, make_agent
from agents.registry import AgentError
from envs.exchange import Observation, Response
from envs.scenarios import Scenario, ScenarioError, load_scenarios, read_jsonl, write_jsonl
from envs.simulators import make_simulator
from eval_suite.comparison import compare_runs
from eval_suite.episode import Episode
from eval_suite.report import write_report
from eval_suite.runner import DEEPEST_DETAILS, LONGEST_DETAILS, LONGEST_TEXT, Evaluation, evaluate
from eval_suite.store import RunStore, StoreError, read_episodes, write_manifest
from eval_suite.tables import to_markdown
from plans import parse_plan
from plans.program import Program, ProgramError
from scripts.evaluate import folder_name

ROOT = Path(__file__).parents[1]
NASTY = (
    "</script><script>alert(1)</script><img src=x onerror=alert(2)> [red]x[/red][/] \x1b[31m\x1b]0;pwn\x07\x00 "
    "../../etc/passwd \u202e\u2028\u0085 {{7*7}} ${oc.env:HOME}"
)
SURROGATE = "\ud800"
GOOD = '<switchon_radio>, <dialogue>:"Here is some music."'


@pytest.fixture(scope="module")
def scenarios() -> list[Scenario]:
    return load_scenarios("hearth", split="test", limit=3)


@pytest.fixture
def data(scenarios: list[Scenario]) -> dict[str, Any]:
    return dict(json.loads(scenarios[0].to_json()))


def command(*words: str, cwd: Path, **extra: str) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(cwd))), "COLUMNS": "160", **extra}
    return subprocess.run(
        [sys.executable, "-m", "scripts.main", *words], cwd=cwd, env=environment, capture_output=True, timeout=300
    )


def one_line(done: subprocess.CompletedProcess[bytes]) -> str:
    assert done.returncode != 0
    lines = [line for line in done.stderr.decode().splitlines() if line.strip()]
    assert len(lines) == 1 and b"Traceback" not in done.stdout, done.stderr.decode()
    return lines[0]


def quick(work: Callable[[], Any], seconds: float = 5.0) -> Any:
    start = time.perf_counter()
    result = work()
    assert time.perf_counter() - start < seconds
    return result


# -- scenario files ----------------------------------------------------------------------------------------------------


def hostile(data: dict[str, Any]) -> dict[str, Any]:
    """The scenario with hostile text wherever text may stand."""
    for key in ("id", "script", "dialogue", "situation"):
        data[key] = NASTY
    for key in ("id", "name", "culture", "personality", "profession", "hobbies", "social_relationships", "life_experiences"):
        data["resident"][key] = NASTY
    for key in ("text", "rationale", "plan_nl"):
        data["references"][0][key] = NASTY
    data["labels"]["theme"] = NASTY
    data["provenance"] = {"source": NASTY, "licence": NASTY, "item": NASTY}
    data["program"] = ["[Walk] <\x1b0;pwn../../x'\"&> (1)", "[Grab] <\u202e$rm> (3)"]
    return data


@pytest.mark.parametrize("ascii_only", [True, False], ids=["escaped", "raw"])
def test_hostile_scenarios_are_shown_as_text_and_stay_in_their_folder(
    data: dict[str, Any], tmp_path: Path, ascii_only: bool
) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "own.jsonl").write_text(json.dumps(hostile(data), ensure_ascii=ascii_only) + "\n", encoding="utf-8")
    words = ["evaluate", "agent=oracle", "simulator=symbolic", "scenarios=jsonl", "scenarios.path=own.jsonl", "out=here"]
    done = command(*words, cwd=inner)
    assert done.returncode == 0, done.stderr.decode()
    for harm in (b"\x1b[31m", b"\x1b]0", b"\x00", "\u202e".encode()):
        assert harm not in done.stdout + done.stderr
    page = (inner / "here" / "report.html").read_text(encoding="utf-8")
    assert "<img src=x" not in page and "<script>alert" not in page and "\x1b" not in page and "\u202e" not in page
    assert {path.name for path in tmp_path.iterdir()} == {"inner"}
    assert {path.name for path in inner.iterdir()} == {"own.jsonl", "here"}


def test_line_separators_inside_of_strings_are_not_line_ends(scenarios: list[Scenario], tmp_path: Path) -> None:
    odd = scenarios[0].model_copy(update={"dialogue": "a\u2028b\u2029c\u0085d"})
    write_jsonl([odd], tmp_path / "own.jsonl")
    assert read_jsonl(tmp_path / "own.jsonl") == [odd]


def test_byte_order_marks_and_windows_line_ends_are_read(scenarios: list[Scenario], tmp_path: Path) -> None:
    text = "\r\n\r\n".join(scenario.to_json() for scenario in scenarios)
    (tmp_path / "own.jsonl").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert read_jsonl(tmp_path / "own.jsonl") == scenarios


def changed(data: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    *parents, last = path.split(".")
    inner = data
    for key in parents:
        inner = inner[key]
    inner[last] = value
    return data


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("home.layout", "../../../etc/passwd", "home.layout: expected one of .*maple"),
        ("home.layout", "c" * 500_000, "home.layout"),
        ("home.state", {"dragon": "open"}, "expected a thing in the .* household, got 'dragon'"),
        ("home.state", {"dragon" * 100_000: "open"}, "expected a thing in the"),
        ("home.state", {"bed": "open"}, "it has no door"),
        ("home.seed", 10**30, "home.seed"),
        ("resident.look.height", float("nan"), "height"),
        ("resident.look.height", float("inf"), "height"),
        ("program", ["[Walk] <mug> (" + "9" * 5000 + ")"], "cannot read"),
        ("program", ["[Walk] <" + " " * 100_000], "cannot read"),
        ("program", ["[Walk] < > (1)"], "cannot read"),
        ("program", ["[Walk] " + "<mug> (1)" * 50_000], "takes 1 thing"),
        ("program", ["[F" + "l" * 200_000 + "y] <mug> (1)"], "unknown primitive"),
        ("program", ["[Wait]"] * 5000, "program: .*at most 200"),
        ("k" * 500_000, 1, "unknown key"),
        ("\x1b[31m\n", 1, "unknown key"),
    ],
    ids=lambda value: str(value)[:30].encode("ascii", "backslashreplace").decode(),
)
def test_what_cannot_be_played_is_refused_by_line_before_anything_runs(
    data: dict[str, Any], tmp_path: Path, path: str, value: object, message: str
) -> None:
    (tmp_path / "own.jsonl").write_text(json.dumps(changed(data, path, value)))
    with pytest.raises(ScenarioError, match=f"own.jsonl:1: .*{message}") as caught:
        quick(lambda: read_jsonl(tmp_path / "own.jsonl"))
    assert len(str(caught.value)) < 1200 and "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"a": ' + b"[" * 100_000, "expected JSON"),
        (b'{"home": ' + b"9" * 1_000_000 + b"}", "expected JSON"),
        (b"\0" * 5000, "expected JSON"),
        ('{"id": "x"}'.encode("utf-16"), "expected utf-8.* text, got byte 0xff"),
        (b'{"id": "\\ud800"}', "expected JSON"),
        (b"7", "expected|should be an object"),
        (b"x" * 4_000_001, "expected a line of at most"),
    ],
    ids=["deep", "digits", "nul", "utf-16", "surrogate", "number", "long"],
)
def test_files_that_are_no_scenarios_are_refused_in_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "own.jsonl").write_bytes(content)
    with pytest.raises(ScenarioError, match=message) as caught:
        quick(lambda: read_jsonl(tmp_path / "own.jsonl"))
    assert len(str(caught.value)) < 1200


def test_official_files_with_absurd_numbers_are_refused(tmp_path: Path) -> None:
    (tmp_path / "testset_1.json").write_text("[" + "9" * 5000 + "]")
    with pytest.raises(ScenarioError, match="numbers of a sane size"):
        load_scenarios("empathyagent", path=tmp_path)


@pytest.mark.parametrize(
    "text",
    ["<" + " " * 19_000, "<get_x_puton_bedroomtable>" * 700, "< " * 9000, '<dialogue>:"' + '" <' * 6000, "a_" * 9000],
    ids=["one bracket", "unknown actions", "brackets", "quotes", "identifiers"],
)
def test_no_answer_stalls_the_parser(text: str) -> None:
    quick(lambda: parse_plan(text), 2.0)


def test_no_script_line_stalls_the_parser() -> None:
    with pytest.raises(ProgramError):
        quick(lambda: Program.parse(["[Walk] <" + " " * 500_000]), 2.0)


# -- agents ------------------------------------------------------------------------------------------------------------


def deep(levels: int) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for _ in range(levels):
        nested = {"a": nested}
    return nested


class Unprintable(Exception):
    def __str__(self) -> str:
        raise ValueError("no message")


class Scripted(Agent):
    """Answers with what a function gives."""

    pictures = False

    def __init__(self, answer: Callable[[], Any], batch: Callable[[], Any] | None = None) -> None:
        self.answer, self.batch = answer, batch

    def respond(self, observation: Observation, *, seed: int) -> Response:
        answered: Response = self.answer()
        return answered

    def respond_batch(self, observations: Any, seeds: Any) -> list[Response]:
        answered: list[Response] = self.batch() if self.batch else super().respond_batch(observations, seeds)
        return answered


def raising(error: BaseException) -> Callable[[], Any]:
    def answer() -> Any:
        raise error

    return answer


def forged() -> Response:
    response = Response(GOOD)
    object.__setattr__(response, "empathetic_action", 7)
    return response


def run(agent: Agent, scenarios: list[Scenario], folder: Path, **options: Any) -> list[Episode]:
    return evaluate(Evaluation("hostile", **options), agent, make_simulator("symbolic"), scenarios, folder)


BROKEN: dict[str, Callable[[], Any]] = {
    "raises": raising(ValueError(NASTY + SURROGATE)),
    "raises megabytes": raising(ValueError("x" * 10_000_000)),
    "raises without a message": raising(Unprintable()),
    "exits": raising(SystemExit(0)),
    "is cancelled": raising(BaseException("cancelled")),
    "answers None": lambda: None,
    "answers text": lambda: GOOD,
    "answers with a number inside": forged,
    "details are a list": lambda: Response(GOOD, details=[1]),  # type: ignore[arg-type]
    "details are endless": lambda: Response(GOOD, details=deep(100_000)),
}


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
def test_a_broken_agent_is_a_result_not_an_end(
    answer: Callable[[], Any], scenarios: list[Scenario], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    episodes = run(Scripted(answer), scenarios, tmp_path / "run")
    assert len(episodes) == 3 and all((episode.error or "").startswith("agent_error: ") for episode in episodes)
    assert all(len(episode.error or "") < 600 and "\x1b" not in (episode.error or "") for episode in episodes)
    assert [episode.id for episode in read_episodes(tmp_path / "run")] == [episode.id for episode in episodes]
    assert "\x1b" not in caplog.text and len(caplog.text) < 10_000


ODD: dict[str, Callable[[], Any]] = {
    "surrogates": lambda: Response(f'<switchon_radio>, <dialogue>:"{NASTY}{SURROGATE}"', SURROGATE, NASTY),
    "surrogates in details": lambda: Response(GOOD, details={SURROGATE: [NASTY + SURROGATE]}),
    "megabytes": lambda: Response(GOOD + "x" * 20_000_000, "u" * 5_000_000, "p" * 5_000_000),
    "megabytes of details": lambda: Response(GOOD, details={"a": "x" * 5_000_000}),
    "keys that are no text": lambda: Response(GOOD, details={1: 2, None: 3}),  # type: ignore[dict-item]
    "deep details": lambda: Response(GOOD, details=deep(400)),
    "not a number": lambda: Response(GOOD, details={"a": float("nan"), "b": float("inf")}),
}


@pytest.mark.parametrize("answer", ODD.values(), ids=ODD)
def test_odd_answers_are_kept_as_far_as_they_can_be(
    answer: Callable[[], Any], scenarios: list[Scenario], tmp_path: Path
) -> None:
    run(Scripted(answer), scenarios, tmp_path / "run")
    (first, *_) = read_episodes(tmp_path / "run")
    assert first.error is None and first.actions[0].action == "switchon_radio"
    response = first.response
    assert len(response.empathetic_action) <= LONGEST_TEXT and len(json.dumps(response.details)) <= LONGEST_DETAILS
    assert json.dumps(response.details).count("{") <= DEEPEST_DETAILS + 2
    page = write_report(tmp_path, compare_runs(tmp_path)).read_text(encoding="utf-8")
    assert "<img src=x" not in page and "\x1b" not in page


def endless() -> Iterator[Response]:
    while True:
        yield Response(GOOD)


BATCHES: dict[str, Callable[[], Any]] = {
    "too few": lambda: [Response(GOOD)],
    "too many": lambda: [Response(GOOD)] * 9,
    "endless": endless,
    "none": lambda: None,
    "raises": raising(RuntimeError(NASTY)),
    "exits": raising(SystemExit(0)),
}


@pytest.mark.parametrize("batch", BATCHES.values(), ids=BATCHES)
def test_a_broken_batch_is_asked_one_by_one(batch: Callable[[], Any], scenarios: list[Scenario], tmp_path: Path) -> None:
    agent = Scripted(lambda: Response(GOOD), batch)
    episodes = quick(lambda: run(agent, scenarios, tmp_path / "run", batch_size=3), 30.0)
    assert [episode.error for episode in episodes] == [None] * 3


def test_ctrl_c_inside_of_an_agent_ends_the_run_and_keeps_what_was_done(scenarios: list[Scenario], tmp_path: Path) -> None:
    answers = iter([lambda: Response(GOOD), raising(KeyboardInterrupt())])
    with pytest.raises(KeyboardInterrupt):
        run(Scripted(lambda: next(answers)()), scenarios, tmp_path / "run")
    assert len(list(read_episodes(tmp_path / "run"))) == 1


def test_a_reference_agent_cannot_change_the_scenario(scenarios: list[Scenario], tmp_path: Path) -> None:
    class Meddler(Scripted):
        reference = True

        def reveal(self, scenario: Scenario) -> None:
            scenario.home.state["dragon"] = "open"
            scenario.__dict__["dialogue"] = "changed"

    before = [scenario.to_json() for scenario in scenarios]
    run(Meddler(lambda: Response(GOOD)), scenarios, tmp_path / "run")
    assert [scenario.to_json() for scenario in scenarios] == before


MODULE = """\
    import sys
    from agents import Agent
    from envs.exchange import Response
    class Base(Agent):
        def respond(self, observation, *, seed):
            return Response('<None>, <dialogue>:"."')
    class Raises(Base):
        def __init__(self): raise ValueError("no licence \\x1b[31m\\nat all")
    class Exits(Base):
        def __init__(self): sys.exit("gone")
    class Abstract(Agent): pass
    class Closes(Base):
        def close(self): raise RuntimeError("stuck")
    class Empties(Base):
        def __init__(self, items): items.clear()
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "hostile_module.py").write_text(textwrap.dedent(MODULE))
    (tmp_path / "broken_import.py").write_text("def (")
    (tmp_path / "exiting_import.py").write_text("import sys; sys.exit(0)")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield "hostile_module"  # type: ignore[misc]
    sys.modules.pop("hostile_module", None)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("hostile_module:Raises", r"cannot be made: ValueError: no licence .*hostile_module.py:8"),
        ("hostile_module:Exits", "cannot be made: SystemExit: gone"),
        ("hostile_module:Abstract", "cannot be made: TypeError: .*abstract"),
        ("broken_import:A", "cannot import 'broken_import': SyntaxError"),
        ("exiting_import:A", "cannot import 'exiting_import': SystemExit"),
        ("..:A", r"cannot import '\.\.'"),
        (":A", "cannot import ''"),
    ],
)
def test_an_agent_that_cannot_be_made_is_told_in_one_line(module: str, name: str, message: str) -> None:
    with pytest.raises(AgentError, match=f"(?s){message}"):
        make_agent(name)


def test_one_line_for_a_broken_constructor_and_none_for_a_broken_close(module: str, tmp_path: Path) -> None:
    words = ["evaluate", "agent=custom", "simulator=symbolic", "scenarios.limit=1", "report=false", "out=here"]
    line = one_line(command(*words, "agent.name=hostile_module:Raises", cwd=tmp_path))
    assert "no licence" in line and "\x1b" not in line
    closed = command(*words, "agent.name=hostile_module:Closes", cwd=tmp_path)
    assert closed.returncode == 0 and b"stuck" in closed.stderr and b"Traceback" not in closed.stderr
    # What an agent does to its settings does not change which episodes are its own.
    for _ in range(2):
        assert command(*words, "agent.name=hostile_module:Empties", "+agent.config.items=[1]", cwd=tmp_path).returncode == 0
    (file,) = (tmp_path / "here").glob("hostile_module-Empties*/episodes.jsonl")
    (line,) = file.read_text().splitlines()
    assert json.loads(line)["agent_config"] == {"items": [1]}


# -- run folders -------------------------------------------------------------------------------------------------------


@pytest.fixture
def finished(scenarios: list[Scenario], tmp_path: Path) -> Path:
    run(make_agent("random"), scenarios, tmp_path / "run")
    return tmp_path / "run"


def test_a_half_written_last_line_is_cut_and_a_whole_one_is_ended(finished: Path) -> None:
    file = finished / "episodes.jsonl"
    whole = file.read_bytes()
    for broken, mended in (
        (whole + b'{"half', whole),
        (whole[:-1], whole),
        (whole[:-30], whole[: whole[:-1].rfind(b"\n") + 1]),
        (whole + "é".encode()[:1], whole),
    ):
        file.write_bytes(broken)
        assert list(read_episodes(finished))
        RunStore(finished).close()
        assert file.read_bytes() == mended


def test_a_broken_line_in_the_middle_is_named_and_nothing_is_lost(finished: Path) -> None:
    file = finished / "episodes.jsonl"
    lines = file.read_bytes().split(b"\n")
    lines[1] = lines[1][:50]
    file.write_bytes(b"\n".join(lines))
    with pytest.raises(StoreError, match=r"episodes.jsonl:2: expected an episode.*delete this line"):
        list(read_episodes(finished))
    assert file.read_bytes() == b"\n".join(lines)


@pytest.mark.parametrize("content", [b"", b"{", b"\0\0", b"[" * 100_000, b'{"episodes": 3, "label": [1]}', b"null", b"\xff"])
def test_a_corrupted_manifest_is_told_or_passed_over(finished: Path, content: bytes) -> None:
    (finished / "run.json").write_bytes(content)
    try:
        assert to_markdown(compare_runs(finished.parent, yardsticks=False))
    except StoreError as error:
        assert "run.json" in str(error) and "\n" not in str(error)


def _hold(folder: str, ready: Any, done: Any) -> None:
    with RunStore(folder):
        ready.set()
        done.wait(60)


def test_two_processes_cannot_write_one_run(finished: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready, done = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(str(finished), ready, done))
    other.start()
    try:
        assert ready.wait(60)
        before = (finished / "episodes.jsonl").read_bytes()
        with pytest.raises(StoreError, match="another process is writing here"):
            RunStore(finished)
        assert (finished / "episodes.jsonl").read_bytes() == before
    finally:
        done.set()
        other.join(60)
    RunStore(finished).close()  # free again


class _Full:
    """A file on a disk that takes a few bytes more and is full then."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    def __getattr__(self, name: str) -> Any:
        return getattr(self._handle, name)

    def write(self, data: Any) -> int:
        self._handle.write(bytes(data[:100]))
        raise OSError(28, "No space left on device")


def test_a_full_disk_leaves_whole_lines(finished: Path) -> None:
    before = (finished / "episodes.jsonl").read_bytes()
    (first, *_) = read_episodes(finished)
    with RunStore(finished) as store:
        store._handle = _Full(store._handle)  # type: ignore[assignment]
        with pytest.raises(StoreError, match="No space left on device; earlier episodes are kept"):
            store.add(first)
    assert (finished / "episodes.jsonl").read_bytes() == before


def test_a_manifest_that_cannot_be_written_leaves_the_old_one(finished: Path) -> None:
    old = (finished / "run.json").read_bytes()
    (finished / ".run.json.part").mkdir()
    with pytest.raises(StoreError, match="cannot write here"):
        write_manifest(finished, {"new": True})
    assert (finished / "run.json").read_bytes() == old


def test_labels_make_folder_names_that_differ_and_fit() -> None:
    assert folder_name("retrieval,neighbours=5") == "retrieval-neighbours=5"
    assert folder_name("constant,utterance=Hi!") != folder_name("constant,utterance=Hi?")
    for label in ("x" * 5000, "../../etc/passwd", "a\x00b", "\ud800", "...", "é" * 300):
        name = folder_name(label)
        assert 0 < len(name.encode()) < 160 and "/" not in name and not name.startswith(".") and name.isascii()


# -- the command -------------------------------------------------------------------------------------------------------

QUICK = ["evaluate", "agent=oracle", "simulator=symbolic", "scenarios.limit=1", "report=false"]
ABUSE = [
    ("out=null", "expected out to be a folder"),
    ("out=[a,b]", "expected out to be a folder"),
    ("out=???", "set out=FOLDER"),
    ("out=file", "cannot write here"),
    ("out=file/x", "cannot write here"),
    ("scenarios=3", "group override"),
    ("~seed", "expected a value for seed"),
    ("seed=1e99", "seed"),
    ("scenarios.limit=abc", "scenarios.limit"),
    ("scenarios.path=[a]", "scenarios.path"),
    ("agent.config=3", "expected settings in agent.config"),
    ("agent.name=3", "expected agent.name to be a text"),
    ("agent=oracle,random", "add -m"),
    ("+simulator.options.rate=abc", "simulator=symbolic"),
    ("+simulator.options.nope=1", "nope"),
    ("observation.script=maybe", "expected observation.script to be true or false"),
    ("seed=${nope}", "nope|seed"),
]


def test_abused_overrides_give_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    """In one process: a start takes a second, and there are many."""
    from scripts.main import main

    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    for override, message in ABUSE:
        with pytest.raises(SystemExit) as left:
            main([*QUICK, *([] if override.startswith("out=") else ["out=here"]), override])
        lines = [line for line in capfd.readouterr().err.splitlines() if line.strip()]
        assert left.value.code not in (0, None) and len(lines) == 1, (override, lines)
        assert any(part in lines[0] for part in message.split("|")), (override, lines)


def test_output_that_cannot_be_written_ends_quietly(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    listing = [sys.executable, "-m", "scripts.main", "list"]
    ended = subprocess.run(f"{' '.join(listing)} | head -1", shell=True, cwd=tmp_path, env=environment, capture_output=True)
    assert ended.stderr == b""
    if Path("/dev/full").exists():
        with open("/dev/full", "w") as full:
            done = subprocess.run(listing, cwd=tmp_path, env=environment, stdout=full, stderr=subprocess.PIPE)
        assert done.returncode == 2 and b"No space left" in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_terminal_without_our_letters_still_gets_the_table(tmp_path: Path) -> None:
    done = command(*QUICK, "out=here", cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert done.returncode == 0 and b"oracle" in done.stdout, done.stderr.decode()


def test_the_same_command_gives_the_same_bytes_whatever_the_hash_seed(tmp_path: Path) -> None:
    words = ["evaluate", "agent=retrieval", "simulator=symbolic", "scenarios.limit=4", "report=false", "out=here"]
    written = []
    for seed in ("1", "777"):
        (tmp_path / seed).mkdir()
        assert command(*words, cwd=tmp_path / seed, PYTHONHASHSEED=seed).returncode == 0
        written.append((tmp_path / seed / "here" / "retrieval" / "episodes.jsonl").read_bytes())
    assert written[0] == written[1]
