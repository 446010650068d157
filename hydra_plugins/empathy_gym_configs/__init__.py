"""Lets Hydra find the configurations of other packages."""
