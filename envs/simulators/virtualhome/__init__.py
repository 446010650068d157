"""VirtualHome, the simulator of the paper: our households and programs in its terms.

* :mod:`~envs.simulators.virtualhome.graph`: a household as VirtualHome's environment graph;
* :mod:`~envs.simulators.virtualhome.programs`: what a body carried out as a script of VirtualHome's own actions;
* :mod:`~envs.simulators.virtualhome.executor`: VirtualHome's evolving-graph executor, its own code, run on both.
"""
