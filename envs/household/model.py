"""Models: what a piece of furniture, a fixture or an object is made of and what can be done with it.

A model is neutral: simple parts in metres, z up, in its own frame. The frame's origin lies on the floor under the
middle of the footprint (for objects: under the middle of the base), and +x is the front: the side a person
approaches. Simulators compile models into their own formats.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

Vector = tuple[float, float, float]
Shape = Literal["box", "cylinder", "capsule", "ellipsoid", "mesh"]


class Pose(NamedTuple):
    """A place and a direction: metres, and degrees counter-clockwise from east seen from above."""

    x: float
    y: float
    z: float = 0.0
    heading: float = 0.0

    def world(self, x: float, y: float, z: float = 0.0) -> Vector:
        """Where the point ``(x, y, z)`` of this frame lies in the frame that the pose is given in."""
        angle = math.radians(self.heading)
        cos, sin = math.cos(angle), math.sin(angle)
        return (self.x + cos * x - sin * y, self.y + sin * x + cos * y, self.z + z)

    def local(self, x: float, y: float, z: float = 0.0) -> Vector:
        """The inverse of :meth:`world`."""
        angle = math.radians(self.heading)
        cos, sin = math.cos(angle), math.sin(angle)
        dx, dy = x - self.x, y - self.y
        return (cos * dx + sin * dy, -sin * dx + cos * dy, z - self.z)

    def compose(self, inner: Pose) -> Pose:
        """``inner``, given in this frame, in the outer frame."""
        x, y, z = self.world(inner.x, inner.y, inner.z)
        return Pose(x, y, z, (self.heading + inner.heading) % 360.0)


@dataclass(frozen=True, slots=True)
class Material:
    """How a surface looks.

    Args:
        colour: red, green, blue, alpha from 0 to 1.
        texture: name of a procedural texture (``wood``, ``tiles``, ``fabric`` ...), or None for plain colour.
        repeat: how often the texture repeats per metre.
        shininess, specular: 0 (matt) to 1.
        emission: 0 to 1, how much it glows by itself.
    """

    colour: tuple[float, float, float, float] = (0.8, 0.8, 0.8, 1.0)
    texture: str | None = None
    repeat: float = 1.0
    shininess: float = 0.2
    specular: float = 0.1
    emission: float = 0.0


@dataclass(frozen=True, slots=True)
class Part:
    """One simple solid.

    Args:
        shape: box, cylinder or capsule (axis z), ellipsoid, or mesh.
        size: half extents (box, ellipsoid radii) or (radius, half length, 0) for cylinder and capsule.
        position: centre, metres.
        rotation: degrees about x, then y, then z (fixed axes).
        material: looks.
        joint: name of the joint of the model that moves this part, None if fixed.
        shown: a visual state in which alone the part is seen (``on``, ``off``, ``water``, ``coffee``, ``cooked``,
            ``raw``, ``hot``, ``chilled``, ``empty``, ``full``); None for always.
        vertices, faces: for meshes, in the part's own frame; faces are counter-clockwise seen from outside.
        smooth: whether a mesh is shaded smoothly.
    """

    shape: Shape
    size: Vector = (0.0, 0.0, 0.0)
    position: Vector = (0.0, 0.0, 0.0)
    rotation: Vector = (0.0, 0.0, 0.0)
    material: Material = Material()
    joint: str | None = None
    shown: str | None = None
    vertices: tuple[Vector, ...] = ()
    faces: tuple[tuple[int, int, int], ...] = ()
    smooth: bool = False


@dataclass(frozen=True, slots=True)
class Surface:
    """A horizontal top that things stand on: centre and size in the model's frame, metres."""

    name: str
    centre: tuple[float, float]
    size: tuple[float, float]
    height: float


@dataclass(frozen=True, slots=True)
class Container:
    """An inside that things lie in: the middle of its floor and its size (x, y, z), metres.

    Args:
        joint: the door or lid that must be open to reach in; None if it has none.
    """

    name: str
    position: Vector
    size: Vector
    joint: str | None = None


@dataclass(frozen=True, slots=True)
class Seat:
    """A place to sit: the point under the pelvis (z is the height of the cushion) and where the sitter faces."""

    name: str
    position: Vector
    heading: float = 0.0


@dataclass(frozen=True, slots=True)
class Joint:
    """A door, lid or drawer. Value 0 is closed, 1 is open.

    Args:
        kind: hinge (turns by ``opening`` degrees) or slide (moves by ``opening`` metres).
        anchor: a point of the axis.
        axis: unit direction of the axis.
    """

    name: str
    kind: Literal["hinge", "slide"]
    anchor: Vector
    axis: Vector
    opening: float


@dataclass(frozen=True, slots=True)
class Light:
    """A lamp that lights the room while its model is on."""

    position: Vector
    colour: Vector = (1.0, 0.9, 0.7)
    strength: float = 0.6
    reach: float = 4.0


@dataclass(frozen=True, slots=True)
class Model:
    """Everything about a kind of thing that is the same wherever it stands.

    Args:
        name: name of the model.
        parts: what it is made of.
        footprint: length (x) and width (y) that it takes up on the floor or on a surface, metres.
        height: metres.
        surfaces, containers, seats, joints, lights: see their classes.
        switchable: can be switched on and off (radio, faucet, stove, lamp, candle ...).
        portable: can be carried in one hand.
        fills: the liquid that this gives when on (``water``, ``coffee``), None if it gives none.
        holds_liquid: can be filled (mug, glass, cup).
        cooks: heats what is on or in it when on (stove, microwave).
        cookable: becomes ``cooked`` rather than just hot.
        chills: cools what is in it while closed (fridge).
        walkable: does not block the way (rug, wall picture, ceiling lamp).
        reach: height at which a hand works it, metres.
    """

    name: str
    parts: tuple[Part, ...]
    footprint: tuple[float, float]
    height: float
    surfaces: tuple[Surface, ...] = ()
    containers: tuple[Container, ...] = ()
    seats: tuple[Seat, ...] = ()
    joints: tuple[Joint, ...] = ()
    lights: tuple[Light, ...] = ()
    switchable: bool = False
    portable: bool = False
    fills: str | None = None
    holds_liquid: bool = False
    cooks: bool = False
    cookable: bool = False
    chills: bool = False
    walkable: bool = False
    reach: float = 0.9
