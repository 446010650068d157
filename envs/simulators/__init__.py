"""Simulators: houses in which bodies and things move, and which answer where everything is.

* :mod:`envs.simulators.base`: the protocol that all of them follow;
* :func:`make_simulator`: one of them by its registry name.
"""

from __future__ import annotations

import difflib
import importlib
from typing import Any

from envs.simulators.base import (
    RESIDENT,
    ROBOT,
    Camera,
    Frame,
    Look,
    Manner,
    Simulator,
    SimulatorFailure,
    SimulatorUnavailable,
    Tick,
)

SIMULATORS: dict[str, str] = {
    "symbolic": "envs.simulators.symbolic:SymbolicSimulator",
    "mujoco": "envs.simulators.mujoco.simulator:MuJoCoSimulator",
    "habitat": "envs.simulators.habitat.simulator:HabitatSimulator",
    "virtualhome": "envs.simulators.virtualhome.simulator:VirtualHomeSimulator",
}
"""Registry name -> ``module:Class``; the module is imported when the simulator is made."""


def make_simulator(name: str, **options: Any) -> Simulator:
    """Make a simulator by its registry name.

    Args:
        name: ``symbolic``, ``mujoco``, ``habitat``, or whatever else :data:`SIMULATORS` holds.
        options: arguments of its constructor, such as ``rate``.

    Raises:
        ValueError: no simulator has this name.

    Example:
        >>> make_simulator("symbolic", rate=5).name
        'symbolic'
    """
    if name not in SIMULATORS:
        near = difflib.get_close_matches(str(name), SIMULATORS, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"expected a simulator among {', '.join(SIMULATORS)}; got {name!r}{hint}")
    module, _, attribute = SIMULATORS[name].partition(":")
    simulator: Simulator = getattr(importlib.import_module(module), attribute)(**options)
    return simulator


__all__ = [
    "RESIDENT",
    "ROBOT",
    "SIMULATORS",
    "Camera",
    "Frame",
    "Look",
    "Manner",
    "Simulator",
    "SimulatorFailure",
    "SimulatorUnavailable",
    "Tick",
    "make_simulator",
]
