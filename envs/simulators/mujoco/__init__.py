"""MuJoCo: the embedded simulator that comes with ``pip``, draws without a screen, and judges where things are.

* :mod:`~envs.simulators.mujoco.simulator`: :class:`MuJoCoSimulator`;
* :mod:`~envs.simulators.mujoco.compile`: households as MuJoCo models;
* :mod:`~envs.simulators.mujoco.rendering`: pictures; ``still`` and ``show_model`` for a quick look.
"""
