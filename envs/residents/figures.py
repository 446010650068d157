"""Figures: the resident, dressed as a look says, and the robot, as segments that motion places.

A figure is neutral: named segments, each a handful of low-poly parts in the segment's own frame. The segment's origin
is its upper joint, limbs hang along -z, and x is to the front.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from envs.household.model import Material, Part, Vector
from envs.residents import clothing, hair, robot
from envs.residents import head as heads
from envs.residents.skeleton import Skeleton, head_height, human_skeleton, robot_skeleton
from envs.residents.solids import colour, shaded
from envs.simulators.base import RESIDENT, ROBOT, Look

GARMENTS = ("trousers", "skirt", "dress", "shorts")


@dataclass(frozen=True, slots=True)
class Figure:
    """A body that can be drawn and moved.

    Args:
        name: ``resident`` or ``robot``.
        segments: parts by segment, each in the segment's own frame.
        height: metres, standing.
        skeleton: the lengths that motion needs.
        features: where the segments of the face sit in the head's frame, metres.
        hidden: a place inside the head, for the features that a mood does not wear.
    """

    name: str
    segments: dict[str, tuple[Part, ...]]
    height: float
    skeleton: Skeleton
    features: dict[str, Vector] = field(default_factory=dict)
    hidden: Vector = (0.0, 0.0, 0.0)


def resident_figure(look: Look) -> Figure:
    """The resident as ``look`` says.

    Raises:
        ValueError: an unknown skin, hair, garment, build or colour; the message lists what there is.
    """
    if look.skin not in heads.SKINS:
        raise ValueError(f"expected a skin among {', '.join(heads.SKINS)}; got {look.skin!r}")
    if look.garment not in GARMENTS:
        raise ValueError(f"expected a garment among {', '.join(GARMENTS)}; got {look.garment!r}")
    bones = human_skeleton(look.height, look.build)
    size = head_height(look.height)
    if look.garment in ("skirt", "dress"):  # hands lie on the cloth
        bones = replace(bones, lap=0.08 * (look.height - size) * bones.girth)
    skin = colour(heads.SKINS[look.skin])
    segments: dict[str, tuple[Part, ...]] = {}
    for part_of in (clothing.trunk, clothing.arms, clothing.legs):
        segments.update(part_of(look, bones, look.height - size, skin))
    features = _head(look, size, skin, segments)
    # Deep inside the skull, but high enough that the widest mouth stays inside it.
    return Figure(RESIDENT, segments, look.height, bones, features, (-0.42 * size, 0.0, 0.30 * size))


def _head(look: Look, size: float, skin: Material, segments: dict[str, tuple[Part, ...]]) -> dict[str, Vector]:
    covered = look.hair in ("headscarf", "turban")
    cloth = colour(look.hair_colour)
    natural = colour("#2b1d16") if covered else cloth
    parts = [*heads.skull(size, skin, ears=look.hair not in ("headscarf", "bob", "long", "afro")), *heads.eyes(size)]
    parts += hair.hairstyle(look.hair, size, cloth)
    if look.beard:
        parts += hair.beard(size, natural)
    if look.glasses:
        parts += heads.glasses(size)
    segments["head"] = tuple(parts)
    features = heads.features(size, skin, shaded(natural, 0.7))
    for name, (_, made) in features.items():
        segments[name] = made
    return {name: place for name, (place, _) in features.items()}


def robot_figure() -> Figure:
    """The home robot: white shells, graphite joints, a teal accent, a dark face screen with two glowing eyes."""
    bones = robot_skeleton()
    segments, features = robot.build(bones)
    return Figure(ROBOT, segments, robot.HEIGHT, bones, features, robot.HIDDEN)
