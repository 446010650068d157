"""VirtualHome's evolving-graph executor: its own code, run on our graphs and scripts.

The package ``virtualhome`` pins versions that no longer build, so it is installed without its dependencies
(``pip install --no-deps virtualhome==2.3.0``), and its modules are loaded from where they lie: importing the package as a
whole would start its Unity client, which wants OpenCV.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from envs.simulators.base import SimulatorUnavailable
from envs.simulators.virtualhome.graph import Graph

_PACKAGE = "_virtualhome_evolving_graph"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What VirtualHome said of a script.

    Args:
        accepted: whether it carried out every line.
        message: its own words for the first line that it would not; empty if accepted.
        graph: the graph after the last line that it carried out.
    """

    accepted: bool
    message: str
    graph: dict[str, Any]


def execute_script(graph: Graph, lines: Sequence[str], *, character: int = 0) -> Verdict:
    """Run a script of one character on a graph.

    Raises:
        SimulatorUnavailable: the package ``virtualhome`` is not installed.
    """
    execution, scripts, environment = (_module(name) for name in ("execution", "scripts", "environment"))
    try:
        script = scripts.Script([scripts.parse_script_line(line, number) for number, line in enumerate(lines)])
    except scripts.ScriptParseException as error:
        return Verdict(False, str(error), dict(graph))
    executor = execution.ScriptExecutor(environment.EnvironmentGraph(graph), {}, character)
    done, state, _ = executor.execute(script, w_graph_list=False)
    return Verdict(bool(done), "" if done else executor.info.get_error_string(), state.to_dict())


def _module(name: str) -> Any:
    return importlib.import_module(f"{_package().__name__}.{name}")


@lru_cache(maxsize=1)
def _package() -> ModuleType:
    """The folder of the evolving graph as a package of its own."""
    folder = package_folder() / "evolving_graph"
    package = ModuleType(_PACKAGE)
    package.__path__ = [str(folder)]
    package.__spec__ = PathFinder.find_spec(_PACKAGE, [str(folder)])
    sys.modules[_PACKAGE] = package
    return package


def package_folder() -> Path:
    """Where the package ``virtualhome`` has its simulation, found without importing it.

    Raises:
        SimulatorUnavailable: it is not installed.
    """
    spec = importlib.util.find_spec("virtualhome") if "virtualhome" not in sys.modules else sys.modules["virtualhome"].__spec__
    if spec is None or not spec.submodule_search_locations:
        raise SimulatorUnavailable("expected the package virtualhome 2.3.0, got none; pip install --no-deps virtualhome==2.3.0")
    return Path(next(iter(spec.submodule_search_locations))) / "simulation"
