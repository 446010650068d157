"""What the roles of a home are, and what whoever plays one must offer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from envs.household.blueprint import FurniturePlan, load_blueprint
from envs.household.house import Entity, build_household
from envs.household.model import Model


@dataclass(frozen=True)
class Role:
    """A piece of furniture of our own layout, as a part to be played.

    Args:
        plan: ours, as the layout has it.
        model: ours.
        named: whether an action or a resident's script speaks of it.
    """

    plan: FurniturePlan
    model: Model
    named: bool

    @property
    def name(self) -> str:
        """Its name: ``kitchen_table``."""
        return self.plan.name

    @property
    def needs_top(self) -> bool:
        """Whether things are put on it; what itself stands on a table need not bear any."""
        return bool(self.model.surfaces) and not (self.model.seats or self.model.containers or self.plan.on)

    @property
    def needs_seat(self) -> bool:
        """Whether one sits on it."""
        return bool(self.model.seats)

    @property
    def needs_inside(self) -> bool:
        """Whether things are put into it."""
        return bool(self.model.containers)

    @property
    def hangs(self) -> bool:
        """Whether it is on a wall."""
        return self.plan.height > 0.0

    @property
    def needs_door(self) -> bool:
        """Whether it opens."""
        return any(container.joint is not None for container in self.model.containers)


@lru_cache(maxsize=4)
def roles_of(layout: str) -> dict[str, Role]:
    """Every role of a layout, in its order."""
    household = build_household(layout, 0)
    named = _named()
    found = {}
    for plan in load_blueprint(layout).furniture:
        entity = household.entities[plan.name]
        found[plan.name] = Role(plan, entity.model, bool(named & _names(entity)))
    return found


@lru_cache(maxsize=4)
def needed_roles(layout: str) -> tuple[str, ...]:
    """The roles that actions and scripts need: those they name, what carries these, and the only places of objects."""
    blueprint = load_blueprint(layout)
    roles = roles_of(layout)
    needed = {name for name, role in roles.items() if role.named}
    for item in blueprint.objects:
        places = {place.on or place.inside or "" for place in item.places}
        if len(places) == 1:
            needed |= places
    grown = True
    while grown:
        supports = {roles[name].plan.on for name in needed if roles[name].plan.on} - needed
        needed |= {name for name in supports if name}
        grown = bool(supports)
    return tuple(name for name in roles if name in needed)


def _names(entity: Entity) -> set[str]:
    return {entity.name, entity.category, *entity.aliases}


@lru_cache(maxsize=1)
def _named() -> frozenset[str]:
    """Every name that actions and resident scripts speak of."""
    from envs.residents.scripts import resident_scripts
    from plans.actions import ACTIONS

    found: set[str] = set()
    for action in ACTIONS.values():
        found.update(name for step in action.program.steps for name in step.objects)
        for goal in action.goals:
            found.update(name for name in (goal.subject, goal.target) if name is not None)
    for script in resident_scripts().values():
        found.update(name for step in script.program.steps for name in step.objects)
    return frozenset(found)
