"""What a household, or a body, falls into for Habitat: pieces that are drawn, moved and shown as one.

A piece is everything of a thing that moves with the same joint, is seen in the same visual state, and either takes the
room's light or glows by itself. Each becomes one glTF file, and one rigid object (or one link of an articulated one).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from envs.household.house import Household
from envs.household.model import Model, Part
from envs.simulators.habitat.gltf import GLOWS_FROM, Finish, Surface, part_surface
from envs.simulators.shell import ShellPiece, shell_pieces
from envs.simulators.textures import window_view


@dataclass(frozen=True)
class Piece:
    """What is drawn, moved and shown as one.

    Args:
        owner: the entity, body, segment or part of a room that it belongs to.
        joint: the joint that moves it; None if none does.
        shown: the visual state in which alone it is seen; None for always.
        glows: drawn without the room's light.
        surfaces: finishes and triangles, in the frame of the owner's model (shells: of the world).
    """

    owner: str
    joint: str | None
    shown: str | None
    glows: bool
    surfaces: tuple[Surface, ...]

    @property
    def label(self) -> str:
        """What tells it apart from the other pieces of its owner; empty for the plain body of a thing."""
        return ".".join(word for word in (self.joint, self.shown, "glow" if self.glows else None) if word)


def model_pieces(owner: str, parts: Sequence[Part]) -> list[Piece]:
    """The pieces of a model or of a body's segment."""
    groups: dict[tuple[str | None, str | None, bool], list[Surface]] = {}
    for part in parts:
        surface = part_surface(part)
        key = (part.joint, part.shown, surface[0].emission >= GLOWS_FROM)
        groups.setdefault(key, []).append(surface)
    return [Piece(owner, joint, shown, glows, tuple(surfaces)) for (joint, shown, glows), surfaces in groups.items()]


def articulated(model: Model) -> bool:
    """Whether a model has doors, lids or drawers, and so becomes an articulated object."""
    return bool(model.joints)


@dataclass(frozen=True)
class RoomPart:
    """A floor, wall, ceiling, window or doorway, or the rim that only a view from above shows.

    Args:
        name: file name, unique in the house (``kitchen_wall_2``).
        label: what semantic pictures call it (``kitchen/wall``).
        rooms: the rooms that it is seen from; () for what only a view of the whole house shows.
        facing: a point of its wall and the wall's direction into the room (x, y each), or None.
        indoors: how much light it returns that the room throws back and forth, 0 to 1.
        piece: what is drawn.
    """

    name: str
    label: str
    rooms: tuple[str, ...]
    facing: tuple[float, float, float, float] | None
    indoors: float
    piece: Piece


def room_parts(household: Household) -> list[RoomPart]:
    """Everything that the rooms themselves are made of, in a fixed order."""
    found = []
    counts: dict[str, int] = {}
    for shell in shell_pieces(household):
        stem = shell.name.replace("/", "_")
        counts[stem] = counts.get(stem, 0) + 1
        name = f"{stem}_{counts[stem]}"
        piece = Piece(name, None, None, shell.view, (_shell_surface(shell, name),))
        found.append(RoomPart(name, shell.name, shell.rooms, shell.facing, shell.glow, piece))
    return found


def _shell_surface(shell: ShellPiece, name: str) -> Surface:
    if shell.view:
        return Finish((1.0, 1.0, 1.0), emission=0.75, picture=window_view(), key="view"), shell.mesh
    if shell.image is not None:
        return Finish((1.0, 1.0, 1.0), picture=shell.image * shell.colour, key=f"baked:{name}"), shell.mesh
    return Finish(shell.colour, key="plain"), shell.mesh


def semantic_names(household: Household, parts: Sequence[RoomPart] | None = None) -> tuple[str, ...]:
    """Everything that has a semantic id, in the order of the ids, which count from 1: rooms' parts, entities, bodies."""
    labels = [part.label for part in (parts if parts is not None else room_parts(household))]
    return (*dict.fromkeys(labels), *household.entities, "robot", "resident")
