"""Policies that are trained on Companion by reinforcement learning, and act as agents.

* :mod:`agents.policies.menu`: what such a policy may choose from: ways of speaking, what to speak of, deeds;
* :mod:`agents.policies.features`: what it sees of an observation, as a vector;
* :mod:`agents.policies.menu_env`: Companion with that menu and that vector, for any trainer of Gymnasium environments;
* :mod:`agents.policies.training`: PPO by Stable-Baselines3 (extra ``rl``);
* :mod:`agents.policies.policy`: the agent that plays a saved policy; needs no trainer.
"""
