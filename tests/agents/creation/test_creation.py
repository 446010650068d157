"""The pipeline against a real server that answers every stage, often wrongly: what it makes loads, plays and survives kills."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agents.creation import Created, Creation, FailureKind, create
from agents.creation.inspirations import read_exchanges, read_seeds
from agents.models import make_model
from agents.models.errors import ErrorKind, ModelError
from envs.rehearsal import rehearse
from envs.residents.scripts import resident_scripts
from envs.scenarios import ScenarioError, load_scenarios
from envs.simulators import make_simulator
from tests.agents.creation.writer import clumsy, hopeless, stage_of, steady, tries_of, write
from tests.agents.models.server import Behaviour, Call, ModelServer

ROOT = Path(__file__).parents[3]
PRICES = {"prompt_usd_per_million": 100.0, "completion_usd_per_million": 400.0}
PAIR = ("sit_on_sofa", "stand_at_basin")


@pytest.fixture(scope="module")
def sparks() -> dict[str, Any]:
    exchanges, preferred = read_exchanges("hearth")
    return {"seeds": read_seeds(), "exchanges": exchanges, "preferred": preferred}


def made_by(server: ModelServer, out: Path, sparks: dict[str, Any], **changes: Any) -> Created:
    settings: dict[str, Any] = {"residents": 2, "scripts": PAIR, "per_pair": 1, **changes}
    with make_model("openai_compatible", model="writer", base_url=server.base_url, prices=PRICES, backoff_s=0.01) as model:
        return create(Creation(**settings), model, out, **sparks)


def run(
    out: Path, sparks: dict[str, Any], reply: Callable[[Call], str] = steady, **changes: Any
) -> tuple[Created, ModelServer]:
    with ModelServer(reply=reply) as server:
        return made_by(server, out, sparks, **changes), server


def stages(server: ModelServer) -> Counter[str]:
    return Counter(stage_of(call) for call in server.calls)


def outputs(out: Path) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in ("scenarios.jsonl", "records.json", "failures.jsonl")}


def test_what_is_made_loads_and_plays(tmp_path: Path, sparks: dict[str, Any]) -> None:
    created, server = run(tmp_path, sparks, licence="CC0 1.0")
    assert not created.failures and created.stopped is None
    scenarios = load_scenarios("jsonl", path=tmp_path / "scenarios.jsonl")
    assert scenarios == created.scenarios and len(scenarios) == 4
    simulator = make_simulator("symbolic")
    for scenario in scenarios:
        assert len(scenario.dialogue.split()) <= 15
        assert len(scenario.references) == 2
        assert scenario.references[0].rationale and all(reference.plan_nl for reference in scenario.references)
        assert scenario.provenance.licence == "CC0 1.0"
        for reference in scenario.references:
            assert not reference.plan.issues and rehearse(simulator, scenario, reference.plan) == ""
    assert len({scenario.resident.id for scenario in scenarios}) == 2
    assert [scenario.presentation for scenario in scenarios] == [(0, 1), (1, 0)] * 2, "no rank has a place of its own"
    # One question a resident; then a moment, two responses, two rankings and two plans in words for each scenario.
    assert stages(server) == {"profile": 2, "moment": 4, "response": 8, "ranking": 8, "plans": 8}
    assert created.asked == 30 and created.paid_usd == pytest.approx(30 * (100 * 100 + 20 * 400) / 1e6)


def test_the_papers_record_is_written_beside_it(tmp_path: Path, sparks: dict[str, Any]) -> None:
    created, _ = run(tmp_path, sparks, residents=1)
    records = json.loads((tmp_path / "records.json").read_text(encoding="utf-8"))
    for record, scenario in zip(records, created.scenarios, strict=True):
        better = str(record["rank"].index(1))
        assert record["empathy_goal"][better] == scenario.references[0].text
        assert record["high_level_plan"][better] == scenario.references[0].plan_nl
        assert set(record["empathy_goal_nl"]) == {"0", "1"} and record["explanation"] == scenario.references[0].rationale


def test_each_response_has_inspirations_of_its_own(tmp_path: Path, sparks: dict[str, Any]) -> None:
    _, server = run(tmp_path, sparks, residents=1, scripts=("sit_on_sofa",))
    said = [
        {line for line in call.prompt.splitlines() if line in {exchange.answered for exchange in sparks["exchanges"]}}
        for call in server.calls
        if stage_of(call) == "response"
    ]
    assert len(said) == 2 and all(len(shown) == 2 for shown in said) and not said[0] & said[1]


def test_what_cannot_be_used_is_mended(tmp_path: Path, sparks: dict[str, Any]) -> None:
    created, server = run(tmp_path, sparks, clumsy, residents=8)
    assert not created.failures and len(created.scenarios) == 16
    repaired = Counter(stage_of(call) for call in server.calls if tries_of(call))
    assert created.repairs == repaired and set(repaired) >= {"moment", "response"} and repaired.total() >= 15


@pytest.mark.parametrize(
    ("stage", "trouble", "complaint"),
    [
        ("profile", "broken", "expected one JSON object"),
        ("profile", "missing", "look: field required"),
        ("profile", "long", "age: input should be less than or equal to 90, got 140"),
        ("moment", "broken", "expected one JSON object"),
        ("moment", "long", "dialogue has 16 words; at most 15 are allowed"),
        ("moment", "names", "dialogue names Gudrun"),
        ("moment", "illegal", "emotion: input should be 'afraid'"),
        ("response", "broken", "unparseable"),
        ("response", "illegal", "unknown_action 'switchon_bedroom_tablelamp'"),
        ("response", "seats", "sit down once, as its last action"),
        ("response", "long", "dialogue has 60 words"),
        ("ranking", "missing", "order: expected each of A, B once"),
        ("plans", "long", "high_level has 60 words; at most 40 are allowed"),
    ],
)
def test_the_model_is_told_what_was_wrong(
    stage: str, trouble: str, complaint: str, tmp_path: Path, sparks: dict[str, Any]
) -> None:
    def reply(call: Call) -> str:
        return write(call, trouble if stage_of(call) == stage and not tries_of(call) else "")

    created, server = run(tmp_path, sparks, reply, residents=1, scripts=PAIR[:1])
    assert len(created.scenarios) == 1 and created.repairs[stage] >= 1
    told = [call.body["messages"][-1]["content"] for call in server.calls if stage_of(call) == stage and tries_of(call)]
    assert any(complaint in text for text in told), told


def test_an_item_that_cannot_be_mended_fails_typed_and_the_others_go_on(tmp_path: Path, sparks: dict[str, Any]) -> None:
    def reply(call: Call) -> str:
        seen = resident_scripts()["stand_at_basin"].description
        return write(call, "names" if stage_of(call) == "moment" and seen in call.prompt else "")

    created, server = run(tmp_path, sparks, reply)
    assert len(created.scenarios) == 2 and {scenario.script for scenario in created.scenarios} == {"sit_on_sofa"}
    told = [json.loads(line) for line in (tmp_path / "failures.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(failure["stage"], failure["kind"], failure["attempts"]) for failure in told] == [("moment", "names", 3)] * 2
    assert "Gudrun" in told[0]["problems"][0] and told[0]["item"].endswith("stand_at_basin-1")
    assert stages(server)["moment"] == 2 + 2 * 3


def test_without_a_resident_its_items_fail_and_others_are_made(tmp_path: Path, sparks: dict[str, Any]) -> None:
    created, _ = run(tmp_path, sparks, hopeless("profile"), repairs=1)
    assert not created.scenarios
    assert Counter(failure.kind for failure in created.failures) == {FailureKind.UNREADABLE: 2, FailureKind.NO_RESIDENT: 4}


def test_a_plan_that_no_simulator_carries_out_is_refused(tmp_path: Path, sparks: dict[str, Any]) -> None:
    def reply(call: Call) -> str:
        if stage_of(call) == "response" and not tries_of(call):
            # The resident sits in that chair.
            return json.dumps({"actions": ["play_computer"], "dialogue": "I have begun a game."})
        return steady(call)

    created, server = run(tmp_path, sparks, reply, residents=1, scripts=("sit_at_desk",))
    tries = [call for call in server.calls if stage_of(call) == "response" and tries_of(call)]
    complaints = "\n".join(call.body["messages"][-1]["content"] for call in tries)
    assert len(created.scenarios) == 1 and "carried out in the home, this fails: play_computer" in complaints


def test_rankings_that_go_by_position_are_noticed(tmp_path: Path, sparks: dict[str, Any]) -> None:
    def first_shown(call: Call) -> str:
        if stage_of(call) == "ranking":
            return json.dumps({"order": ["A", "B"], "explanation": "It does what is wanted."})
        return steady(call)

    created, _ = run(tmp_path / "biased", sparks, first_shown)
    assert created.swayed == len(created.scenarios) == 4
    fair, _ = run(tmp_path / "once", sparks, first_shown, orders=1)
    assert fair.swayed == 0


def test_run_again_asks_nothing_and_writes_the_same_bytes(tmp_path: Path, sparks: dict[str, Any]) -> None:
    with ModelServer(reply=clumsy) as server:
        made_by(server, tmp_path, sparks)
        before, calls = outputs(tmp_path), len(server.calls)
        again = made_by(server, tmp_path, sparks)
        assert again.asked == 0 and len(server.calls) == calls and outputs(tmp_path) == before
        # One more resident: what is there stays as it is, and only the new one is asked for.
        more = made_by(server, tmp_path, sparks, residents=3)
        assert len(more.scenarios) == 6 and outputs(tmp_path)["scenarios.jsonl"].startswith(before["scenarios.jsonl"])
        assert len(server.calls) - calls == more.asked
    other, _ = run(tmp_path / "other", sparks, steady)
    assert [scenario.id for scenario in other.scenarios] == [scenario.id for scenario in again.scenarios]


def test_the_cost_cap_holds_over_several_starts(tmp_path: Path, sparks: dict[str, Any]) -> None:
    with ModelServer(reply=steady) as server:
        cap = 0.6
        first = made_by(server, tmp_path, sparks, max_usd=cap, residents=4, batch_size=4, max_tokens=50)
        assert first.stopped is not None and first.stopped.kind is ErrorKind.BUDGET
        assert 0 < first.paid_usd <= cap and first.unfinished > 0 and not first.failures
        spent, calls = first.paid_usd, len(server.calls)
        again = made_by(server, tmp_path, sparks, max_usd=cap, residents=4, batch_size=4, max_tokens=50)
        assert again.paid_usd == spent and len(server.calls) == calls, "the cap was counted anew"
        assert "raise max_usd" in str(again.stopped)
        whole = made_by(server, tmp_path, sparks, max_usd=1000.0, residents=4, batch_size=4, max_tokens=50)
        assert whole.stopped is None and len(whole.scenarios) == 8
        assert whole.asked == len(server.calls) - calls
        assert made_by(server, tmp_path / "free", sparks, residents=4, max_tokens=50).scenarios == whole.scenarios


def test_a_model_that_cannot_be_asked_stops_the_run_and_keeps_what_is_there(tmp_path: Path, sparks: dict[str, Any]) -> None:
    healthy = [Behaviour()] * 9

    def behave(call: Call) -> Behaviour:
        return Behaviour() if call.number < len(healthy) else Behaviour("quota")

    with ModelServer(behave, reply=steady) as server:
        created = made_by(server, tmp_path, sparks, batch_size=1)
        assert created.stopped is not None and created.stopped.kind is ErrorKind.QUOTA and created.unfinished == 3
        assert len(created.scenarios) == 1, "what was made before is there"
        assert len((tmp_path / "scenarios.jsonl").read_text().splitlines()) == 1
        healthy.extend([Behaviour()] * 1000)
        assert len(made_by(server, tmp_path, sparks, batch_size=1).scenarios) == 4


def test_a_call_that_is_lost_fails_its_item_for_now_only(tmp_path: Path, sparks: dict[str, Any]) -> None:
    sick = True

    def behave(call: Call) -> Behaviour:
        return Behaviour("bad_request" if sick and stage_of(call) == "plans" else "ok")

    with ModelServer(behave, reply=steady) as server:
        created = made_by(server, tmp_path, sparks, residents=1)
        assert not created.scenarios and {failure.kind for failure in created.failures} == {FailureKind.MODEL}
        sick = False
        again = made_by(server, tmp_path, sparks, residents=1)
        assert len(again.scenarios) == 2 and again.asked == 4


def test_a_refusal_is_asked_again_in_other_words(tmp_path: Path, sparks: dict[str, Any]) -> None:
    def behave(call: Call) -> Behaviour:
        return Behaviour("refusal" if stage_of(call) == "moment" and not tries_of(call) else "ok")

    with ModelServer(behave, reply=steady) as server:
        created = made_by(server, tmp_path, sparks, residents=1)
        assert len(created.scenarios) == 2 and created.repairs["moment"] == 2


def command(out: Path, base_url: str, *words: str) -> list[str]:
    what = [
        "model=vllm",
        f"model.config.base_url={base_url}",
        "model.config.model=writer",
        "model.config.constraints=json_schema",
    ]
    what += ["model.cache=false", "residents=3", "scripts=[sit_on_sofa,stand_at_basin]", "batch_size=2", f"out={out}", *words]
    return [sys.executable, "-c", "import sys; from scripts.create import main; main(sys.argv[1:])", *what]


def answers(out: Path) -> int:
    file = out / "journal.jsonl"
    return file.read_bytes().count(b"\n") if file.exists() else 0


def test_killed_and_started_again_pays_for_nothing_twice(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "160"}
    out = tmp_path / "killed"
    with ModelServer(reply=clumsy, latency=0.05) as server:
        words = command(out, server.base_url)
        running = subprocess.Popen(words, env=environment, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.time() + 120
        while time.time() < deadline and answers(out) < 9:
            time.sleep(0.005)
        running.send_signal(signal.SIGKILL)
        running.wait()
        kept = answers(out)
        assert kept >= 9 and not (out / "scenarios.jsonl").exists()
        with (out / "journal.jsonl").open("ab") as file:
            file.write(b'{"key": "half a li')
        time.sleep(0.2)  # calls that were under way end at the server
        before = len(server.calls)
        done = subprocess.run(words, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        assert before - kept <= 2, "more was lost than the calls under way"
        asked = len(server.calls) - before
        assert f"{asked} answers asked for now" in done.stdout.replace("\n", " ")
        whole = subprocess.run(
            command(tmp_path / "whole", server.base_url),
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert whole.returncode == 0, whole.stderr
    assert outputs(out) == outputs(tmp_path / "whole")
    assert len(load_scenarios("jsonl", path=out / "scenarios.jsonl")) == 6


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["scripts=[sit_on_moon]"], "got 'sit_on_moon'; did you mean 'sit_on_sofa'"),
        (["seeds.source=empathetic_dialogue"], "expected seeds.source among .*did you mean 'empathetic_dialogues'"),
        (["seeds.source=empathetic_dialogues"], "set seeds.path=FILE_OR_FOLDER"),
        (["seeds.path=none.txt"], "none.txt: no such file"),
        (["inspirations.source=nobody"], "expected inspirations.source among"),
        (["max_usd=1"], "a cost cap needs prices"),
        (["responses=1"], "expected responses to be a whole number of at least 2, got 1"),
        (["temperature=hot"], "expected temperature to be a number"),
        (["model.dry_run=true"], "expected model.dry_run=false"),
    ],
)
def test_a_mistake_gives_one_line(
    words: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import re

    from scripts.create import main

    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main(command(tmp_path / "out", "http://127.0.0.1:9/v1", *words)[3:])
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1 and re.search(message, lines[0]), lines


def test_two_runs_do_not_write_one_folder(tmp_path: Path) -> None:
    from agents.creation.journal import Journal

    journal = Journal(tmp_path / "journal.jsonl")
    with pytest.raises(ModelError, match="another process is writing here"):
        Journal(tmp_path / "journal.jsonl")
    journal.close()
    Journal(tmp_path / "journal.jsonl").close()


def test_users_own_seed_lines_and_dialogues(tmp_path: Path) -> None:
    (tmp_path / "lines.txt").write_text("The lift stopped.\n\nThe lift stopped.\nNobody sang.\n", encoding="utf-8")
    assert read_seeds(path=tmp_path / "lines.txt") == ["The lift stopped.", "Nobody sang."]
    (tmp_path / "empty.txt").write_text("\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match="expected seed lines"):
        read_seeds(path=tmp_path / "empty.txt")
    talk = {"id": 1, "messages": [{"role": "user", "content": "No sleep."}, {"role": "assistant", "content": "Since when?"}]}
    (tmp_path / "soul.jsonl").write_text(json.dumps(talk) + "\n", encoding="utf-8")
    exchanges, preferred = read_exchanges("soulchat", tmp_path / "soul.jsonl")
    assert [(exchange.heard, exchange.answered) for exchange in exchanges] == [("No sleep.", "Since when?")] and not preferred
    assert read_seeds("soulchat", tmp_path / "soul.jsonl") == ["No sleep."]
