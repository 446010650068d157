"""Hydra configuration: one folder per choice a user makes; names equal the registry names."""
