"""Companion: many turns, a resident who reacts, empathy as a process.

* :mod:`envs.companion.process`: the space of deficits and the way through it, formulas and presets;
* :mod:`envs.companion.evidence`: what one turn did, axis by axis;
* :mod:`envs.companion.appraiser`: the rules by which a turn is taken;
* :mod:`envs.companion.residents`: residents who show it, scripted or played by a model;
* :mod:`envs.companion.session`: the loop; :mod:`envs.companion.companion_env`: the Gymnasium environment;
* :mod:`envs.companion.record`: what is kept of an episode.
"""
