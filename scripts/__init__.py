"""The ``empathy-gym`` command: thin entry points, each a Hydra application or a few lines over the packages."""
