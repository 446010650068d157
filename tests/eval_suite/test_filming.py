"""Films of episodes, in one process and in several: the same folders, the same films."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents import make_agent
from envs.scenarios import load_scenarios
from envs.session import View
from envs.simulators import make_simulator
from eval_suite.filming import Crew, film, film_in_processes, media_folder

SMALL = View(32, 32, frames=4, fps=1)


@pytest.mark.parametrize("robot", [True, False])
def test_several_processes_film_what_one_does(robot: bool, tmp_path: Path) -> None:
    scenarios = load_scenarios("hearth", limit=2)
    crew = Crew("mujoco", {}, "oracle" if robot else None, {}, SMALL)
    told: list[tuple[int, int]] = []
    film_in_processes(scenarios, crew, tmp_path / "many", workers=2, progress=lambda done, total: told.append((done, total)))
    simulator = make_simulator("mujoco")
    try:
        film(scenarios, simulator, make_agent("oracle") if robot else None, tmp_path / "one", SMALL)
    finally:
        simulator.close()
    assert told == [(1, 2), (2, 2)]
    names = {"resident.mp4", "resident.jpg", "resident.png", "scenario.json"} | ({"robot.mp4", "robot.jpg"} if robot else set())
    for scenario in scenarios:
        one, many = (tmp_path / run / media_folder(scenario) for run in ("one", "many"))
        assert {file.name for file in one.iterdir()} == {file.name for file in many.iterdir()} == names
        for name in names:
            assert (one / name).read_bytes() == (many / name).read_bytes(), name
