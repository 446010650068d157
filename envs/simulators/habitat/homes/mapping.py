"""The mapping file: which thing of a scene plays which role of ours.

Example:
    >>> mapping = HomeMapping.model_validate({
    ...     "dataset": "hssd-hab.scene_dataset_config.json", "scene": "102344250",
    ...     "rooms": {"bedroom": "bedroom*"}, "roles": {"bed": "bed", "fridge": {"category": "refrigerator", "front": "-z"}},
    ... })
    >>> mapping.roles["bed"].category
    ('bed',)
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from envs.simulators.base import SimulatorUnavailable

DATASET_SUFFIX = ".scene_dataset_config.json"


class MappingError(SimulatorUnavailable):
    """A home cannot be opened: its mapping, its dataset or its scene is not there or not usable; one line says what."""


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Patterns = Annotated[tuple[str, ...], BeforeValidator(_several)]
"""One or more names; ``*`` stands for anything, case does not matter."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RoomChoice(_Strict):
    """Which part of the scene a room of ours is: a region of the dataset, or an outline."""

    region: Patterns = ()
    """Names or labels of regions; the first that exists is taken."""
    outline: tuple[tuple[float, float], ...] = ()
    """Corners (x, z) in the scene's own frame, for datasets without regions."""

    @model_validator(mode="after")
    def _one_of_both(self) -> RoomChoice:
        if bool(self.region) is bool(self.outline):
            raise ValueError("a room takes either region or outline")
        if self.outline and len(self.outline) < 3:
            raise ValueError(f"an outline takes at least 3 corners, got {len(self.outline)}")
        return self


class RoleChoice(_Strict):
    """Which thing of the scene plays a role; all that is given must fit."""

    category: Patterns = ()
    """Its category, by the dataset's semantics."""
    template: Patterns = ()
    """The name of its template or of its instance, for datasets without semantics."""
    room: str | None = None
    """The room of ours that it stands in; by default the room of the role in our own layout. ``any`` for any room."""
    near: str | None = None
    """Of several, the one closest to the thing in this role; by default the largest."""
    front: Literal["+x", "-x", "+z", "-z"] | None = None
    """The side that a person comes to, as an axis of the thing's own frame; by default it is worked out."""
    replace: bool = False
    """Put ours in its place: for a fridge, say, whose door does not open."""

    @model_validator(mode="after")
    def _something(self) -> RoleChoice:
        if not self.category and not self.template:
            raise ValueError("a role takes a category or a template")
        return self


class HomeMapping(_Strict):
    """A user's home."""

    dataset: str
    """Path of the ``*.scene_dataset_config.json``, relative to the mapping file."""
    scene: str
    """Name of the scene instance (or stage) in it."""
    categories: str | None = None
    """What semantic ids (or templates) are called, relative to the dataset: a lexicon (JSON with ``classes`` of ``id`` and
    ``name``) or a table (CSV with a column ``id`` of template names, and one of categories)."""
    category_column: str = "main_category"
    """That column."""
    layout: str = "maple"
    """The layout of ours whose furniture and objects fill in."""
    fill: bool = True
    """Whether missing furniture is filled in with ours. Objects are always ours."""
    floor: float | None = None
    """Height of the floor in the scene's own frame, metres; by default that of the largest piece of walkable floor."""
    daylight: Annotated[float, Field(ge=0.0, le=2.0)] = 1.0
    """How bright it is, 1 for a sunny day."""
    rooms: dict[str, RoomChoice] = Field(default_factory=dict)
    """Our rooms (bedroom, kitchen, bathroom, living_room) -> theirs."""
    roles: dict[str, RoleChoice] = Field(default_factory=dict)
    """Our furniture (bed, kitchen_table, fridge ...) -> theirs."""

    @field_validator("rooms", mode="before")
    @classmethod
    def _regions(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: {"region": item} if isinstance(item, str | list | tuple) else item for key, item in value.items()}
        return value

    @field_validator("roles", mode="before")
    @classmethod
    def _categories(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: {"category": item} if isinstance(item, str | list | tuple) else item for key, item in value.items()}
        return value


def load_mapping(path: str | Path) -> HomeMapping:
    """Read a mapping file; its dataset becomes an absolute path.

    Raises:
        MappingError: it cannot be read, or says something that no mapping says.
    """
    from envs.household import layout_names, load_blueprint

    path = Path(path).expanduser()
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise MappingError(f"{path}: expected a home's mapping, got {reason}; set household.mapping=FILE") from None
    except yaml.YAMLError as error:
        raise MappingError(f"{path}: expected YAML, got {' '.join(str(error).split())[:200]}") from None
    if not isinstance(data, dict):
        raise MappingError(f"{path}: expected dataset, scene, rooms and roles, got {type(data).__name__}; see docs/habitat.md")
    try:
        mapping = HomeMapping.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "mapping"
        raise MappingError(f"{path}: {where}: {first['msg'].removeprefix('Value error, ').lower()}, got "
                           f"{str(first.get('input'))[:80]!r}") from None  # fmt: skip
    if mapping.layout not in layout_names():
        raise MappingError(f"{path}: expected layout among {', '.join(layout_names())}, got {mapping.layout!r}")
    base = load_blueprint(mapping.layout)
    _check_names(path, "rooms", mapping.rooms, [room.name for room in base.rooms])
    _check_names(path, "roles", mapping.roles, [item.name for item in base.furniture])
    dataset = (path.parent / Path(mapping.dataset).expanduser()).resolve()
    return mapping.model_copy(update={"dataset": str(dataset)})


def _check_names(path: Path, what: str, got: dict[str, Any], known: list[str]) -> None:
    import difflib

    for name in got:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise MappingError(f"{path}: expected {what} among {', '.join(sorted(known))}; got {name!r}{hint}")
