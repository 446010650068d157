"""``simulator=virtualhome`` against a server that speaks Unity's protocol: what Unity carries out is what counts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from envs.household import Household, build_household
from envs.residents.scripts import resident_scripts
from envs.scenarios import load_scenarios
from envs.session import Session, View
from envs.simulators import RESIDENT, ROBOT, Simulator, SimulatorFailure, SimulatorUnavailable, make_simulator
from envs.simulators.cameras import follow_camera, head_camera
from envs.skills import apply_home_state, execute_action, execute_program
from plans.actions import ACTIONS
from tests.envs.simulators.unity_server import OWN_CAMERAS, STANDING_CAMERAS, UnityServer


@pytest.fixture(scope="module")
def house() -> Household:
    return build_household("maple", 0)


@pytest.fixture
def unity(house: Household) -> Iterator[UnityServer]:
    """A running VirtualHome."""
    try:
        server = UnityServer(house)
        make_simulator("virtualhome", address=server.address).close()
    except SimulatorUnavailable as error:
        pytest.skip(str(error))
    yield server
    server.stop()


@pytest.fixture
def sim(unity: UnityServer, house: Household) -> Iterator[Simulator]:
    """The simulator that talks to it, reset."""
    simulator = make_simulator("virtualhome", address=unity.address)
    simulator.reset(house)
    yield simulator
    simulator.close()


def test_all_actions_are_carried_out_by_unity(unity: UnityServer, sim, house: Household) -> None:
    for name in ACTIONS:
        sim.reset(house)
        if name == "close_fridge":
            apply_home_state(sim, house, {"fridge": "open"})
        unity.lines.clear()
        outcome = execute_action(sim, house, name, ROBOT)
        assert outcome.ok, f"{name}: {sim.refusals} {[goal.sentence for goal in outcome.goals if not goal.satisfied]}"
        assert not sim.refusals, name
        assert unity.lines and all(line.startswith("<char1> [") for line in unity.lines), name


def test_all_resident_scripts_are_carried_out_by_unity(unity: UnityServer, sim, house: Household) -> None:
    for name, script in resident_scripts().items():
        sim.reset(house)
        unity.lines.clear()
        assert execute_program(sim, house, script.program, RESIDENT).ok, name
        assert not sim.refusals, name
        assert any("<char0> [" in line for line in unity.lines), name


def test_an_action_becomes_script_lines_about_unitys_own_nodes(unity: UnityServer, sim, house: Household) -> None:
    execute_action(sim, house, "open_fridge")
    fridge = next(node["id"] for node in unity.graph["nodes"] if node["class_name"] == "fridge")
    assert unity.lines[-2:] == [f"<char1> [walk] <fridge> ({fridge})", f"<char1> [open] <fridge> ({fridge})"]
    assert fridge > 300
    assert sim.joint("fridge", "door") == 1.0


def test_things_that_are_called_otherwise_are_found_and_missing_ones_added(unity: UnityServer, sim) -> None:
    classes = {node["id"]: node["class_name"] for node in unity.graph["nodes"]}
    assert classes[sim.nodes["wallpictureframe"]] == "wallpicture"
    assert classes[sim.nodes["bathroom_lights"]] == "lightswitch"
    assert classes[sim.nodes["radio"]] == "radio"  # was not there before the reset
    carried = {(edge["from_id"], edge["relation_type"]) for edge in unity.graph["edges"]}
    assert (sim.nodes["radio"], "ON") in carried


def test_what_unity_refuses_has_not_happened(house: Household) -> None:
    server = UnityServer(house, refuse=("[open] <fridge>", "[grab] <radio>"))
    try:
        sim = make_simulator("virtualhome", address=server.address)
        sim.reset(house)
        outcome = execute_action(sim, house, "open_fridge")
        assert not outcome.ok
        assert [goal.sentence for goal in outcome.goals] == ["The fridge is not open."]
        assert "[open] <fridge>" in sim.refusals[0]
        outcome = execute_action(sim, house, "get_radio_puton_kitchentable")
        assert not outcome.ok
        assert sim.holder("radio") is None
        sim.close()
    except SimulatorUnavailable as error:
        pytest.skip(str(error))
    finally:
        server.stop()


def test_what_unity_says_is_on_is_on(unity: UnityServer, sim, house: Household) -> None:
    execute_action(sim, house, "switchon_tv")
    assert sim.is_on("tv")
    execute_action(sim, house, "switchon_computer")
    node = next(node for node in unity.graph["nodes"] if node["class_name"] == "tv")
    node["states"] = ["OFF"]  # somebody else switched it off
    execute_action(sim, house, "open_fridge")  # any line brings the graph up to date
    assert not sim.is_on("tv")
    assert sim.is_on("computer")


def test_pictures_are_unitys_own(unity: UnityServer, sim, house: Household) -> None:
    eyes = sim.render(head_camera(sim), width=32, height=24)
    assert eyes.rgb.shape == (24, 32, 3) and eyes.rgb.dtype == np.uint8
    cameras = len(OWN_CAMERAS) + 2
    assert eyes.rgb[0, 0, 0] == STANDING_CAMERAS + cameras + len(OWN_CAMERAS)  # the robot is the second character
    assert eyes.rgb[0, 0, 1] == 200 and eyes.rgb[-1, 0, 1] == 0  # the right way up
    behind = sim.render(follow_camera(house, sim, RESIDENT), width=32, height=24)
    assert behind.rgb[0, 0, 0] == STANDING_CAMERAS + len(OWN_CAMERAS) + 1
    seen = sim.render(head_camera(sim), width=32, height=24, semantic=True)
    assert seen.semantic is not None
    assert {seen.names[number - 1] for number in np.unique(seen.semantic)} == {"fridge"}
    before = len(unity.requests)
    sim.render(head_camera(sim), width=32, height=24)
    assert len(unity.requests) == before  # nothing has moved since
    with pytest.raises(SimulatorUnavailable, match="depth"):
        sim.render(head_camera(sim), depth=True)


def test_a_scenario_plays_with_frames(unity: UnityServer, sim) -> None:
    scenario = next(item for item in load_scenarios("hearth", split="all") if item.home.layout == "maple")
    session = Session(sim, scenario, View(48, 48, frames=4, fps=2))
    observation = session.observe()
    assert observation.frames.shape == (4, 48, 48, 3)
    session.perform(scenario.oracle)
    assert all(outcome.ok for outcome in session.played.outcomes)


def test_without_unity_one_line_says_what_to_start() -> None:
    with pytest.raises(SimulatorUnavailable, match="virtualhome 2.3.0|got no answer .*simulator.options.executable") as caught:
        make_simulator("virtualhome", address="127.0.0.1:9", timeout=2.0)
    assert "\n" not in str(caught.value)
    with pytest.raises((SimulatorUnavailable, ValueError), match="virtualhome 2.3.0|no such file"):
        make_simulator("virtualhome", executable="/nowhere/linux_exec.x86_64")
    with pytest.raises(SimulatorUnavailable, match="host:port"):
        make_simulator("virtualhome", address="localhost")
    with pytest.raises(ValueError, match="0 to 49"):
        make_simulator("virtualhome", environment=50)


@pytest.mark.parametrize("moment", ["while the resident acts", "while the robot acts"])
def test_a_unity_that_dies_costs_one_episode_and_the_run_goes_on(
    unity: UnityServer, sim, tmp_path: Path, moment: str, caplog: pytest.LogCaptureFixture
) -> None:
    from agents import make_agent
    from eval_suite.runner import Evaluation, evaluate

    scenarios = [item for item in load_scenarios("hearth", split="all") if item.home.layout == "maple"][:3]
    agent = make_agent("oracle")
    answer = type(agent).attempt_batch

    class Deadly(type(agent)):  # type: ignore[misc]
        asked = 0

        def attempt_batch(self, observations, seeds):  # type: ignore[no-untyped-def]
            self.asked += 1
            if self.asked == 2 and moment == "while the robot acts":
                unity.dies_after = len(unity.requests) + 2
            elif self.asked == 1 and moment == "while the resident acts":
                unity.dies_after = len(unity.requests) + 60
            return answer(self, observations, seeds)

    deadly = Deadly()
    done = []

    def progress(finished: int, total: int) -> None:
        done.append(finished)
        if finished == 2:  # somebody starts it again
            unity.stop()
            unity.revive()

    evaluation = Evaluation("oracle", simulator_name="virtualhome")
    episodes = evaluate(evaluation, deadly, sim, scenarios, tmp_path, progress=progress)
    assert [bool(episode.error) for episode in episodes] == [False, True, False]
    assert episodes[1].error.startswith("simulator_failed: VirtualHome: expected it to ")
    assert "\n" not in episodes[1].error
    assert episodes[1].scores["goal_success"] == 0.0 and episodes[1].scores["executability"] == 0.0
    assert episodes[0].scores["goal_success"] == episodes[2].scores["goal_success"] == 1.0
    stored = [json.loads(line) for line in (tmp_path / "episodes.jsonl").read_text().splitlines()]
    assert len(stored) == 3
    assert any("simulator_failed" in record.message for record in caplog.records)


def test_a_unity_that_answers_nonsense_fails_in_one_line(unity: UnityServer, sim, house: Household) -> None:
    unity.answer = lambda request: (200, {"success": True, "message": "[]"})  # type: ignore[method-assign]
    with pytest.raises(SimulatorFailure) as caught:
        sim.reset(house)
    assert "\n" not in str(caught.value)
    unity.answer = lambda request: (500, {"success": False, "message": "out of memory"})  # type: ignore[method-assign]
    with pytest.raises(SimulatorFailure, match="VirtualHome"):
        sim.reset(house)
