"""Users' own homes: any Habitat scene dataset (ReplicaCAD, HSSD, HM3D ...) as a household in which our actions run.

* :mod:`~envs.simulators.habitat.homes.mapping`: the file in which a user says which of their things plays which role;
* :mod:`~envs.simulators.habitat.homes.survey`: what stands where in the scene, as Habitat has it;
* :mod:`~envs.simulators.habitat.homes.shapes`: tops, seats and insides, read off its depth pictures;
* :mod:`~envs.simulators.habitat.homes.binding`: their things in our roles, and a reason for each that has none;
* :mod:`~envs.simulators.habitat.homes.filling`: our furniture where theirs is missing, our objects on all of it;
* :mod:`~envs.simulators.habitat.homes.home`: :func:`open_home`, all of this in one call;
* :mod:`~envs.simulators.habitat.homes.scene`: the home loaded into Habitat.
"""
