"""A user's home, opened: :func:`open_home`, and the households that it makes."""

from __future__ import annotations

import glob
import hashlib
import random
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from pathlib import Path

from envs.household.blueprint import Blueprint, BodyPlan, load_blueprint
from envs.household.house import Household, index_names, register_layout
from envs.simulators.base import Simulator
from envs.simulators.habitat.context import open_context
from envs.simulators.habitat.homes.binding import Bound, Cast, cast_roles
from envs.simulators.habitat.homes.filling import fill_in, furnish, starts_in
from envs.simulators.habitat.homes.mapping import HomeMapping, MappingError, load_mapping
from envs.simulators.habitat.homes.roles import needed_roles, roles_of
from envs.simulators.habitat.homes.rooms import Rooms, find_rooms
from envs.simulators.habitat.homes.survey import survey

_SEEDS_KEPT = 64


@dataclass(frozen=True)
class HomeHousehold(Household):
    """A household in a user's home.

    Args:
        home: the home; what a simulator needs to load it.
    """

    home: Home | None = field(default=None, repr=False, compare=False)


class Home:
    """A user's home with its roles cast.

    Args:
        mapping: whose things are whose.
        gpu_device_id: where Habitat draws while it is looked at.

    Raises:
        MappingError: mapping, dataset or scene cannot be used.
        SimulatorUnavailable: Habitat cannot run here.
    """

    def __init__(self, mapping: HomeMapping, *, gpu_device_id: int = -1) -> None:
        self.mapping = mapping
        self.layout = f"{mapping.scene}@{_digest(mapping)}"
        base = load_blueprint(mapping.layout)
        roles, needed = roles_of(mapping.layout), needed_roles(mapping.layout)
        with survey(mapping, open_context(gpu_device_id)) as scene:
            self.level, self.baked = scene.floor.level, scene.baked
            self.rooms: Rooms = find_rooms(mapping, [room.name for room in base.rooms], scene.regions, scene.floor)
            self.cast: Cast = cast_roles(mapping, roles, needed, self.rooms, scene.things, scene.heights)
        fill_in(self.cast, roles, needed, self.rooms, fill=mapping.fill)
        standing = frozenset(name for name, thing in self.cast.things.items() if thing.kind != "articulated")
        self.floor = replace(self.rooms.floor, standing=standing)
        names = index_names(self.cast.entities)
        anywhere = BodyPlan(robot=(0.0, 0.0, 0.0), resident=(0.0, 0.0, 0.0))  # seeds choose on the real floor
        self.blueprint = Blueprint(
            name=self.layout, description=f"{mapping.scene} of {Path(mapping.dataset).name}", rooms=self.rooms.plans, doors=(),
            furniture=(), objects=(), starts=(anywhere,),
        )  # fmt: skip
        self._bare = HomeHousehold(self.layout, 0, self.blueprint, self.cast.entities, {}, names, self.floor, self)
        try:
            self._bare = replace(self._bare, starts=starts_in(self._bare, random.Random("home:starts")))
        except ValueError as error:
            raise MappingError(
                f"{mapping.scene}: expected floor on which a body of 0.22 m radius can walk, got none: {error}"
            ) from None
        self._households: OrderedDict[int, Household] = OrderedDict()
        self.lost: tuple[str, ...] = ()
        self.lost = self._furnish(0)[1]

    def household(self, seed: int = 0) -> Household:
        """The home with objects and bodies in the places that a seed chooses."""
        known = self._households.get(seed)
        if known is None:
            known = self._furnish(seed)[0]
            self._households[seed] = known
            while len(self._households) > _SEEDS_KEPT:
                self._households.popitem(last=False)
        return known

    def _furnish(self, seed: int) -> tuple[Household, tuple[str, ...]]:
        rng = random.Random(f"home:{self.layout}:{seed}")
        bare = replace(self._bare, seed=seed, starts=starts_in(self._bare, rng))
        household, lost = furnish(bare, load_blueprint(self.mapping.layout), self.cast.roles, rng)
        return household, tuple(lost)

    def try_actions(self, simulator: Simulator, seed: int = 0) -> dict[str, str]:
        """Carry out each legal action in the fresh home; action -> why it failed, for those that did."""
        from envs.skills import apply_home_state, execute_action
        from plans.actions import ACTIONS

        household, failed = self.household(seed), {}
        for name in ACTIONS:
            simulator.reset(household)
            if name == "close_fridge" and "fridge" in self.cast.roles:  # only what is open can be closed
                apply_home_state(simulator, household, {"fridge": "open"})
            outcome = execute_action(simulator, household, name)
            if not outcome.ok:
                unmet = [step.detail for step in outcome.steps if not step.ok]
                failed[name] = (unmet or [goal.sentence for goal in outcome.goals if not goal.satisfied])[0]
        return failed

    @property
    def unbound(self) -> tuple[Bound, ...]:
        """Roles that neither theirs nor ours plays; what needs them fails."""
        return tuple(bound for bound in self.cast.bound.values() if bound.how == "none")

    def report(self) -> list[str]:
        """One line for each role: whose it is, and why it is not theirs; then for what found no place."""
        width = max((len(role) for role in self.cast.bound), default=0)
        lines = []
        for how, words in (("theirs", ""), ("ours", "ours: "), ("none", "NOT BOUND: ")):
            for role in sorted(role for role, bound in self.cast.bound.items() if bound.how == how):
                bound = self.cast.bound[role]
                reason = f"{bound.reason.value}: " if bound.reason is not None and how == "none" else ""
                lines.append(f"{role:{width}}  {words}{reason}{bound.sentence}")
        lines += [f"{room:{width}}  NOT BOUND: no such room" for room in self.rooms.missing]
        lines += [f"{name:{width}}  NOT PLACED: no_space: no top within reach has room for it" for name in self.lost]
        return lines


def open_home(path: str | Path, *, gpu_device_id: int = -1) -> Home:
    """Open a user's home, and make it known as a layout by its name.

    Args:
        path: its mapping file.
        gpu_device_id: where Habitat draws while it is looked at.

    Raises:
        MappingError: mapping, dataset or scene cannot be used.
        SimulatorUnavailable: Habitat cannot run here.
    """
    home = Home(load_mapping(path), gpu_device_id=gpu_device_id)
    register_layout(home.layout, home.household)
    return home


def _digest(mapping: HomeMapping) -> str:
    """What tells this home from another of the same name: its mapping, and what its dataset says of its scene."""
    digest = hashlib.sha256(mapping.model_dump_json(exclude={"dataset"}).encode())
    dataset = Path(mapping.dataset)
    if dataset.is_file():  # what is not there is told of when the scene is opened
        told = [path for path in dataset.parent.rglob(f"{glob.escape(mapping.scene)}.*") if path.suffix in (".json", ".txt")]
        names = dataset.parent / mapping.categories if mapping.categories else dataset
        for path in dict.fromkeys((dataset, names, *sorted(told))):
            digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()[:10]
