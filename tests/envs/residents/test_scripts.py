"""What residents do can be done: in every layout, from every start, with our scripts and the official ones."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from envs.household import build_household, layout_names
from envs.residents.scripts import get_script, resident_scripts
from envs.simulators import make_simulator
from envs.skills import WorldState, execute_program
from plans.program import Primitive, Program

LAYOUTS = layout_names()
NAMES = (
    "sit_at_desk tissues_to_sofa take_picture_down phone_down_then_apple book_to_sofa pacing_with_phone touch_stove_and_leave "
    "sit_on_sofa stand_at_basin fridge_back_and_forth sit_on_bed paper_to_sofa phone_to_sofa bread_to_bench mug_to_sofa "
    "radio_then_sofa touch_tv_and_pace touch_wallphone_and_pace apple_into_fridge bread_into_fridge pillow_to_sofa "
    "coffee_to_bench"
).split()
# What an onlooker must see in the end: facts of the world, {x} standing for the thing that was used.
SHOWS = {
    "sit_at_desk": ["seated(resident, bedroom_chair)"],
    "tissues_to_sofa": ["held(toiletpaper*, resident)", "seated(resident, bedroom_sofa)"],
    "take_picture_down": ["held(wallpictureframe*, resident)", "standing(resident)"],
    "phone_down_then_apple": ["on(cellphone*, nightstand)", "held(apple*, resident)"],
    "book_to_sofa": ["held(book*, resident)", "seated(resident, bedroom_sofa)"],
    "pacing_with_phone": ["held(cellphone*, resident)", "standing(resident)"],
    "touch_stove_and_leave": ["unpowered(stove)", "standing(resident)"],
    "sit_on_sofa": ["seated(resident, bedroom_sofa)"],
    "stand_at_basin": ["unpowered(bathroom_faucet)", "standing(resident)"],
    "fridge_back_and_forth": ["closed(fridge)", "standing(resident)"],
    "sit_on_bed": ["seated(resident, bed)"],
    "paper_to_sofa": ["held(paper*, resident)", "seated(resident, bedroom_sofa)"],
    "phone_to_sofa": ["held(cellphone*, resident)", "seated(resident, bedroom_sofa)"],
    "bread_to_bench": ["held(breadslice*, resident)", "seated(resident, kitchen_bench)"],
    "mug_to_sofa": ["held(mug*, resident)", "seated(resident, bedroom_sofa)"],
    "radio_then_sofa": ["powered(radio*)", "seated(resident, bedroom_sofa)"],
    "touch_tv_and_pace": ["unpowered(tv)", "standing(resident)"],
    "touch_wallphone_and_pace": ["standing(resident)"],
    "apple_into_fridge": ["inside(apple*, fridge)", "closed(fridge)"],
    "bread_into_fridge": ["inside(breadslice*, fridge)", "closed(fridge)"],
    "pillow_to_sofa": ["held(pillow*, resident)", "seated(resident, bedroom_sofa)"],
    "coffee_to_bench": ["held(coffee*, resident)", "coffee(coffee*)", "seated(resident, kitchen_bench)"],
}


def official_folder() -> Path:
    root = Path(__file__).resolve().parents[3]
    return Path(os.environ.get("EMPATHYAGENT_DATA", root.parent / "shared" / "reference" / "empathyagent"))


def official_scripts() -> dict[str, list[str]]:
    path = official_folder() / "action_list.json"
    return json.loads(path.read_text(encoding="latin-1")) if path.is_file() else {}


@pytest.fixture(scope="module")
def sim():
    return make_simulator("symbolic")


def test_the_scripts_are_the_ones_that_scenarios_name():
    scripts = resident_scripts()
    assert list(scripts) == NAMES
    assert set(SHOWS) == set(NAMES)
    for name, script in scripts.items():
        assert script.name == name
        assert script.description.endswith(".")
        assert 3 <= len(script.program) <= 14


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", NAMES)
def test_every_script_plays_and_shows_what_it_says(sim, layout, name):
    for seed in range(8):
        household = build_household(layout, seed)
        sim.reset(household)
        outcome = execute_program(sim, household, resident_scripts()[name].program)
        assert outcome.ok, f"seed {seed}: {outcome.steps[-1].step.line}: {outcome.steps[-1].detail}"
        assert 3.0 <= outcome.duration <= 60.0
        facts = list(WorldState(sim, household).facts())
        for shown in SHOWS[name]:
            pattern = re.escape(shown).replace(r"\*", r"(_\d+)?")
            assert any(re.fullmatch(pattern, fact) for fact in facts), f"seed {seed}: {shown} does not hold"


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", [name for name in NAMES if "pac" in name or name.endswith("leave")])
def test_who_paces_covers_ground(sim, layout, name):
    for seed in range(8):
        household = build_household(layout, seed)
        sim.reset(household)
        outcome = execute_program(sim, household, resident_scripts()[name].program)
        strides = [step.distance for step in outcome.steps if step.step.primitive is Primitive.WALKFORWARD]
        assert sum(strides) >= 0.8
        here = sim.pose("resident")
        assert WorldState(sim, household).grid.is_free((here.x, here.y))


@pytest.mark.skipif(not official_scripts(), reason=f"the official action_list.json is not at {official_folder()}")
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("number", sorted(official_scripts(), key=int) or ["none"])
def test_every_official_script_plays(sim, layout, number):
    program = Program.parse(official_scripts()[number])
    for seed in range(6):
        household = build_household(layout, seed)
        sim.reset(household)
        outcome = execute_program(sim, household, program)
        assert outcome.ok, f"seed {seed}: {outcome.steps[-1].step.line}: {outcome.steps[-1].detail}"


@pytest.mark.skipif(not official_scripts(), reason=f"the official action_list.json is not at {official_folder()}")
def test_no_bundled_script_is_an_official_one():
    official = {tuple(Program.parse(lines).lines) for lines in official_scripts().values()}
    assert len(official) == 20
    assert not official & {tuple(script.program.lines) for script in resident_scripts().values()}


def test_an_unknown_script_suggests_the_nearest():
    with pytest.raises(KeyError, match="did you mean 'sit_on_sofa'"):
        get_script("sit_on_sofas")
    assert get_script("sit_on_bed").program.steps[-1].primitive is Primitive.WAIT


def test_a_script_stops_at_the_first_step_that_fails(sim):
    household = build_household(LAYOUTS[0], 0)
    sim.reset(household)
    outcome = execute_program(sim, household, Program.parse(["[Walk] <tv>", "[Sit] <tv>", "[Touch] <tv>"]))
    assert not outcome.ok
    assert len(outcome.steps) == 2
    assert outcome.reason is outcome.steps[-1].reason
    assert outcome.program.lines == ["[Walk] <tv> (1)"]


def test_a_number_means_the_same_instance_throughout_and_another_one_another(sim):
    household = build_household(LAYOUTS[0], 0)
    sim.reset(household)
    lines = ["[Walk] <mug> (1)", "[Grab] <mug> (1)", "[Walk] <mug> (2)", "[Grab] <mug> (2)"]
    outcome = execute_program(sim, household, Program.parse(lines))
    assert outcome.ok
    used = [step.entities[0] for step in outcome.steps]
    assert used[0] == used[1] != used[2] == used[3]
