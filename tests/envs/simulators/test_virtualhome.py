"""VirtualHome's own executor accepts what our bodies do, and ends with the same facts."""

from __future__ import annotations

import pytest

from envs.household import build_household, layout_names
from envs.residents.scripts import resident_scripts
from envs.simulators import RESIDENT, ROBOT, SimulatorUnavailable, make_simulator
from envs.simulators.virtualhome.executor import Verdict, execute_script
from envs.simulators.virtualhome.graph import household_graph, node_ids
from envs.simulators.virtualhome.programs import export_steps
from envs.skills import apply_home_state, execute_action, execute_program
from plans.actions import ACTIONS, Predicate

LAYOUTS = layout_names()


@pytest.fixture(scope="module", autouse=True)
def _virtualhome() -> None:
    """Needs VirtualHome's code."""
    try:
        execute_script({"nodes": [], "edges": []}, [])
    except SimulatorUnavailable as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def sim():
    simulator = make_simulator("symbolic")
    yield simulator
    simulator.close()


def holds(verdict: Verdict, subject: int, relation: str, target: int) -> bool:
    return any((edge["from_id"], edge["relation_type"], edge["to_id"]) == (subject, relation, target)
               for edge in verdict.graph["edges"])  # fmt: skip


def states(verdict: Verdict, number: int) -> set[str]:
    return set(next(node["states"] for node in verdict.graph["nodes"] if node["id"] == number))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_all_actions_are_accepted_and_reach_the_same_goals(sim, layout: str) -> None:
    house = build_household(layout, 0)
    ids = node_ids(house)
    checked = 0
    for name in ACTIONS:
        sim.reset(house)
        graph = household_graph(house)
        if name == "close_fridge":
            apply_home_state(sim, house, {"fridge": "open"})
            next(node for node in graph["nodes"] if node["class_name"] == "fridge")["states"][:] = ["OPEN"]
        outcome = execute_action(sim, house, name, ROBOT)
        assert outcome.ok
        verdict = execute_script(graph, export_steps(house, outcome.steps).lines, character=1)
        assert verdict.accepted, f"{name}: {verdict.message}"
        for result in outcome.goals:
            goal = result.goal
            targets = [ids[target] for target in house.find(goal.target)] if goal.target else []
            if goal.predicate is Predicate.ON:  # whoever takes up a folder in VirtualHome loses what is INSIDE it
                assert any(holds(verdict, ids[result.entity], "ON", target) for target in targets), name
            elif goal.predicate is Predicate.SEATED:
                assert "SITTING" in states(verdict, ids[ROBOT]), name
                assert any(holds(verdict, ids[ROBOT], "ON", target) for target in targets), name
            elif goal.predicate in (Predicate.POWERED, Predicate.UNPOWERED, Predicate.OPEN, Predicate.CLOSED):
                word = {Predicate.POWERED: "ON", Predicate.UNPOWERED: "OFF"}.get(goal.predicate, goal.predicate.name)
                assert word in states(verdict, ids[result.entity]), name
            else:
                continue
            checked += 1
    assert checked > 50


@pytest.mark.parametrize("layout", LAYOUTS)
def test_all_resident_scripts_are_accepted(sim, layout: str) -> None:
    house = build_household(layout, 0)
    for name, script in resident_scripts().items():
        sim.reset(house)
        outcome = execute_program(sim, house, script.program, RESIDENT)
        assert outcome.ok, name
        exported = export_steps(house, outcome.steps)
        assert len(exported.lines) + exported.left_out >= len(outcome.steps)
        verdict = execute_script(household_graph(house), exported.lines, character=0)
        assert verdict.accepted, f"{name}: {verdict.message}"


def test_what_makes_no_sense_is_refused_in_virtualhomes_words() -> None:
    house = build_household(LAYOUTS[0], 0)
    ids = node_ids(house)
    graph = household_graph(house)
    fridge = f"<fridge> ({ids['fridge']})"
    assert "not close" in execute_script(graph, [f"[OPEN] {fridge}"]).message
    assert execute_script(graph, [f"[WALK] {fridge}", f"[OPEN] {fridge}"]).accepted
    assert "not closed" in execute_script(graph, [f"[WALK] {fridge}", f"[OPEN] {fridge}", f"[OPEN] {fridge}"]).message
    assert "grabbable" in execute_script(graph, [f"[WALK] {fridge}", f"[GRAB] {fridge}"]).message
    assert "Unknown action" in execute_script(graph, [f"[DANCE] {fridge}"]).message


def test_lines_for_unity_name_the_character(sim) -> None:
    house = build_household(LAYOUTS[0], 0)
    sim.reset(house)
    lines = export_steps(house, execute_action(sim, house, "open_fridge").steps).for_character(1)
    assert lines == [f"<char1> [{act}] <fridge> ({node_ids(house)['fridge']})" for act in ("WALK", "OPEN")]
