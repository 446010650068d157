"""Habitat-Sim: the same house, bodies and skills in Habitat's scene graph, with its navmesh and sensors.

* :mod:`~envs.simulators.habitat.simulator`: :class:`HabitatSimulator`, registered as ``habitat``;
* :mod:`~envs.simulators.habitat.dataset`: households as Habitat scene datasets (glTF, URDF, JSON), without Habitat itself;
* :mod:`~envs.simulators.habitat.scene`: a household loaded into one ``habitat_sim.Simulator``;
* :mod:`~envs.simulators.habitat.context`: one OpenGL context per process, and what keeps Habitat from running.
"""
