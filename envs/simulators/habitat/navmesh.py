"""Where one can walk, by Habitat's own navigation mesh."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from envs.household.navigation import BODY_RADIUS
from envs.simulators.base import SimulatorUnavailable
from envs.simulators.habitat.context import load_habitat
from envs.simulators.habitat.frames import from_habitat, to_habitat

AGENT_HEIGHT = 1.35
"""Metres that a walker needs above the floor: the robot's."""
AGENT_CLIMB = 0.06
"""Steps no higher than this are walked over, metres: rugs and thresholds; there are no stairs."""
_CELLS = 10  # cells to a body's radius: Habitat rounds it up to whole ones
_CELL_HEIGHT = 0.02


class Navmesh:
    """Shortest paths and free floor by Habitat's pathfinder, in our frame.

    Args:
        pathfinder: a loaded ``habitat_sim.PathFinder``.
        lift: height of our floor in Habitat's frame, metres.
    """

    def __init__(self, pathfinder: Any, *, lift: float = 0.0) -> None:
        self.pathfinder = pathfinder
        self._lift = lift

    def is_free(self, point: Sequence[float], *, tolerance: float = 0.5) -> bool:
        """Whether a body can stand at a point of the floor; ``tolerance`` is how far above or below the mesh may lie."""
        return bool(self.pathfinder.is_navigable(to_habitat((point[0], point[1], self._lift)), max_y_delta=tolerance))

    def gap(self, point: Sequence[float]) -> float:
        """Metres from a point of the floor to the nearest place where a body can stand."""
        x, y, _ = from_habitat(self.pathfinder.snap_point(to_habitat((point[0], point[1], self._lift))))
        return float(((x - point[0]) ** 2 + (y - point[1]) ** 2) ** 0.5)

    def path(self, start: Sequence[float], goal: Sequence[float]) -> list[tuple[float, float]] | None:
        """The shortest way over the mesh as points of the floor, or None if there is none."""
        habitat_sim = load_habitat()
        way = habitat_sim.ShortestPath()
        way.requested_start = to_habitat((start[0], start[1], self._lift))
        way.requested_end = to_habitat((goal[0], goal[1], self._lift))
        if not self.pathfinder.find_path(way):
            return None
        return [from_habitat(point)[:2] for point in way.points]

    @property
    def area(self) -> float:
        """Square metres that one can walk on."""
        return float(self.pathfinder.navigable_area)


def compute_navmesh(folder: Path, *, radius: float = BODY_RADIUS, height: float = AGENT_HEIGHT) -> Navmesh:
    """The navmesh of a written dataset, for a body of this radius and height (metres).

    Raises:
        SimulatorUnavailable: no Habitat-Sim, or the house leaves no floor for such a body.
    """
    habitat_sim = load_habitat()
    from envs.simulators.habitat.dataset import Manifest

    config = habitat_sim.SimulatorConfiguration()
    config.scene_id = str(folder / Manifest.load(folder).ground)
    config.scene_dataset_config_file = str(next(folder.glob("*.scene_dataset_config.json")))
    config.enable_physics, config.create_renderer, config.load_semantic_mesh = False, False, False
    sim = habitat_sim.Simulator(habitat_sim.Configuration(config, [habitat_sim.agent.AgentConfiguration([])]))
    try:
        settings = habitat_sim.NavMeshSettings()
        settings.set_defaults()
        settings.agent_radius, settings.agent_height, settings.agent_max_climb = radius, height, AGENT_CLIMB
        settings.cell_size, settings.cell_height = radius / _CELLS, _CELL_HEIGHT
        pathfinder = habitat_sim.PathFinder()
        if not sim.recompute_navmesh(pathfinder, settings) or not pathfinder.is_loaded:
            raise SimulatorUnavailable(
                f"expected floor for a body of radius {radius} m and height {height} m in {folder}, got none; use a smaller one"
            )
    finally:
        sim.close()
    return Navmesh(pathfinder)


def write_navmesh(folder: Path, path: Path) -> None:
    """Compute a dataset's navmesh and save it as Habitat's ``.navmesh``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not compute_navmesh(folder).pathfinder.save_nav_mesh(str(path)):
        raise OSError(f"expected to write {path}, but Habitat could not; is the folder writable?")
