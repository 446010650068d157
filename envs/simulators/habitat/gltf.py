"""Triangles and finishes as binary glTF 2.0, readable by every viewer; same triangles, same bytes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from envs.household.model import Material, Part
from envs.simulators.geometry import TriangleMesh, merge, part_mesh
from envs.simulators.habitat.frames import TO_HABITAT
from envs.simulators.textures import Image, finish

SEE_THROUGH = 0.7
"""Parts less opaque than this are drawn from within: Habitat blends nothing, so one looks at their far side, and at what
is in them; viewers that blend see the same, tinted."""

GLOWS_FROM = 0.2
"""Parts that give off more of their colour than this are drawn without the room's light."""

_HIGHLIGHTS = "KHR_materials_pbrSpecularGlossiness"
_CELL = 4  # pixels a side of a colour in a palette picture


@dataclass(frozen=True, eq=False)
class Finish:
    """What a surface looks like.

    Args:
        colour: red, green, blue, 0 to 1.
        opacity: 1 for opaque.
        roughness: 1 is matt.
        emission: 0 to 1, how much of its colour it gives off by itself.
        picture: a texture that replaces ``colour``; None for plain colour.
        key: tells finishes apart; those of one key share a material.
    """

    colour: tuple[float, float, float]
    opacity: float = 1.0
    roughness: float = 1.0
    emission: float = 0.0
    picture: Image | None = field(default=None, repr=False)
    key: str = ""


Surface = tuple[Finish, TriangleMesh]


def finish_of(material: Material) -> Finish:
    """The finish of a part."""
    red, green, blue, opacity = material.colour
    # A smooth shell has a small bright highlight: shininess and specularity both make it less rough.
    roughness = round(1.0 - 0.5 * material.shininess * min(1.0, 2.0 * material.specular), 1)
    emission = round(material.emission, 2)
    opacity = round(opacity, 2)
    key = f"{material.texture or 'plain'}:{opacity}:{roughness}:{emission}"
    if material.texture is None:
        return Finish((red, green, blue), opacity, roughness, emission, None, key)
    picture = finish(material.texture, (red, green, blue))
    return Finish((red, green, blue), opacity, roughness, emission, picture, f"{key}:{red:.3f}:{green:.3f}:{blue:.3f}")


def part_surface(part: Part) -> Surface:
    """A part as a surface, in our frame."""
    return finish_of(part.material), part_mesh(part)


def write_glb(surfaces: Sequence[Surface], name: str) -> bytes:
    """One glTF file with all ``surfaces``; those of equal finish become one mesh, plain colours share a palette.

    Args:
        surfaces: finishes and triangles in our frame (z up); the file is y up, as glTF wants it.
        name: what the file's meshes are called.
    """
    import trimesh

    groups: dict[str, list[Surface]] = {}
    for look, mesh in surfaces:
        groups.setdefault(look.key, []).append((look, mesh))
    palette = _Palette([look.colour for members in groups.values() for look, _ in members if look.picture is None])
    scene = trimesh.Scene()
    scene.metadata.clear()  # no dates, no paths: the same house gives the same bytes
    for number, members in enumerate(groups.values()):
        look = members[0][0]
        picture = palette.picture if look.picture is None else _pixels(look.picture)
        mesh = merge([m if look.picture is not None else m.painted(palette.spot(own.colour)) for own, m in members])
        scene.add_geometry(_trimesh(trimesh, mesh, look, picture, f"{name}.{number}"), node_name=f"{name}.{number}",
                           geom_name=f"{name}.{number}")  # fmt: skip
    looks = [members[0][0] for members in groups.values()]
    data = scene.export(file_type="glb", include_normals=True, tree_postprocessor=lambda tree: _add_highlights(tree, looks))
    assert isinstance(data, bytes)
    return data


def _trimesh(trimesh: Any, mesh: TriangleMesh, look: Finish, picture: Any, name: str) -> Any:
    glass = look.opacity < SEE_THROUGH
    vertices, normals, faces = mesh.vertices @ TO_HABITAT.T, mesh.normals @ TO_HABITAT.T, mesh.faces
    if glass:
        normals, faces = -normals, faces[:, ::-1]
    material = trimesh.visual.material.PBRMaterial(
        name=f"{name} {look.key.split(':')[0]}",
        baseColorTexture=picture,
        baseColorFactor=[1.0, 1.0, 1.0, look.opacity if look.opacity < 1.0 else 1.0],
        metallicFactor=0.0,
        roughnessFactor=look.roughness,
        emissiveTexture=picture if look.emission > 0 else None,
        emissiveFactor=[look.emission] * 3 if look.emission > 0 else None,
        alphaMode="BLEND" if look.opacity < 1.0 else "OPAQUE",
        doubleSided=False,
    )
    visual = trimesh.visual.TextureVisuals(uv=mesh.uvs.astype(np.float32), material=material)
    return trimesh.Trimesh(vertices.astype(np.float32), faces, vertex_normals=normals.astype(np.float32), visual=visual,
                           process=False, validate=False)  # fmt: skip


def _add_highlights(tree: dict[str, Any], looks: Sequence[Finish]) -> None:
    """Say how bright highlights are: Habitat's Phong shader makes them white where nothing is said."""
    for mesh, look in zip(tree["meshes"], looks, strict=True):
        if look.emission < GLOWS_FROM:  # what glows is drawn flat, and Habitat's flat shader would lose its picture by this
            strength = round(0.3 * (1.0 - look.roughness), 3)
            material = tree["materials"][mesh["primitives"][0]["material"]]
            material["extensions"] = {_HIGHLIGHTS: {"specularFactor": [strength] * 3}}
            tree["extensionsUsed"] = [_HIGHLIGHTS]


class _Palette:
    """A picture with a square for each plain colour: colours in pictures look the same in every renderer."""

    def __init__(self, colours: Sequence[tuple[float, float, float]]) -> None:
        shades = [_shade(colour) for colour in colours]
        self._places = {shade: number for number, shade in enumerate(dict.fromkeys(shades))}
        self._columns = 1
        while self._columns**2 < max(1, len(self._places)):
            self._columns *= 2
        side = self._columns * _CELL
        pixels = np.full((side, side, 3), 255, np.uint8)
        for shade, number in self._places.items():
            row, column = divmod(number, self._columns)
            pixels[row * _CELL : (row + 1) * _CELL, column * _CELL : (column + 1) * _CELL] = shade
        self.picture = _image(pixels)

    def spot(self, colour: tuple[float, float, float]) -> tuple[float, float]:
        """Texture coordinate of a colour."""
        row, column = divmod(self._places[_shade(colour)], self._columns)
        return ((column + 0.5) / self._columns, 1.0 - (row + 0.5) / self._columns)


def _shade(colour: tuple[float, float, float]) -> tuple[int, int, int]:
    red, green, blue = (int(round(255 * min(1.0, max(0.0, channel)))) for channel in colour)
    return red, green, blue


def _pixels(picture: Image) -> Any:
    return _image(np.clip(np.round(picture * 255.0), 0, 255).astype(np.uint8))


def _image(pixels: Any) -> Any:
    """A PNG-backed picture: trimesh writes what it is given, in the format that it was read from."""
    from PIL import Image as Pictures

    buffer = io.BytesIO()
    Pictures.fromarray(np.ascontiguousarray(pixels)).save(buffer, format="PNG", compress_level=6)
    return Pictures.open(io.BytesIO(buffer.getvalue()))
