"""The house: blueprints, models, and households made from them; navigation and the symbolic state of the world."""

from __future__ import annotations

from envs.household.blueprint import Blueprint, layout_names, load_blueprint
from envs.household.house import Entity, FloorPlan, Household, build_household, instantiate, register_layout
from envs.household.model import Container, Joint, Light, Material, Model, Part, Pose, Seat, Surface

__all__ = [
    "Blueprint",
    "Container",
    "Entity",
    "FloorPlan",
    "Household",
    "Joint",
    "Light",
    "Material",
    "Model",
    "Part",
    "Pose",
    "Seat",
    "Surface",
    "build_household",
    "instantiate",
    "layout_names",
    "load_blueprint",
    "register_layout",
]
