"""Triangles: closed, facing outwards, of the right size; and shells with openings where the plan has them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from envs.household.house import Household
from envs.household.model import Material, Part
from envs.simulators.geometry import TriangleMesh, box, capsule, cylinder, ellipsoid, part_mesh
from envs.simulators.shell import DOOR_HEIGHT, shell_pieces
from envs.simulators.textures import FINISHES, finish, floor_finish, png


def volume(mesh: TriangleMesh) -> float:
    """Signed volume: positive if the faces look outwards."""
    a, b, c = (mesh.vertices[mesh.faces[:, i]] for i in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)


SOLIDS = {
    "box": (box((0.5, 0.2, 0.1)), 0.5 * 0.2 * 0.1 * 8),
    "sharp box": (box((0.5, 0.2, 0.001)), 0.5 * 0.2 * 0.001 * 8),
    "cylinder": (cylinder(0.3, 0.4), np.pi * 0.09 * 0.8),
    "thin cylinder": (cylinder(0.005, 0.4), np.pi * 0.005**2 * 0.8),
    "capsule": (capsule(0.1, 0.3), np.pi * 0.01 * 0.6 + 4 / 3 * np.pi * 0.001),
    "ellipsoid": (ellipsoid((0.3, 0.2, 0.1)), 4 / 3 * np.pi * 0.006),
}


@pytest.mark.parametrize("name", SOLIDS)
def test_solids_are_closed_and_face_outwards(name: str) -> None:
    mesh, expected = SOLIDS[name]
    assert expected * 0.82 < volume(mesh) < expected * 1.001  # low-poly solids lie inside the ideal ones
    places = {tuple(point): i for i, point in enumerate(dict.fromkeys(map(tuple, np.round(mesh.vertices, 9) + 0.0)))}
    welded = [[places[tuple(np.round(mesh.vertices[i], 9) + 0.0)] for i in face] for face in mesh.faces]
    edges = Counter((face[i], face[(i + 1) % 3]) for face in welded if len(set(face)) == 3 for i in range(3))
    assert all(edges[(b, a)] == count for (a, b), count in edges.items())
    assert np.allclose(np.linalg.norm(mesh.normals, axis=1), 1.0)
    flat = np.cross(mesh.vertices[mesh.faces[:, 1]] - mesh.vertices[mesh.faces[:, 0]],
                    mesh.vertices[mesh.faces[:, 2]] - mesh.vertices[mesh.faces[:, 0]])  # fmt: skip
    assert (np.einsum("ij,ij->i", flat, mesh.normals[mesh.faces].sum(axis=1)) > -1e-12).all()


def test_parts_are_turned_about_x_then_y_then_z() -> None:
    part = Part("box", (0.3, 0.1, 0.05), (1.0, 2.0, 3.0), (90.0, 0.0, 90.0))
    mesh = part_mesh(part)
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    # x stays x in the first turn and becomes y in the last; y becomes z; z becomes -y, then x.
    assert np.allclose((high - low) / 2, (0.05, 0.3, 0.1))
    assert np.allclose((high + low) / 2, (1.0, 2.0, 3.0))


def test_flat_meshes_keep_hard_edges_and_smooth_ones_do_not() -> None:
    corners = ((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    faces = ((0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3))
    flat = part_mesh(Part("mesh", vertices=corners, faces=faces))
    smooth = part_mesh(Part("mesh", vertices=corners, faces=faces, smooth=True))
    assert len(flat.vertices) == 12
    assert len(smooth.vertices) == 4
    assert np.allclose(flat.normals[0], (0.0, 0.0, -1.0))
    assert np.allclose(smooth.normals[0], -np.ones(3) / np.sqrt(3))


def test_wall_area_is_what_doors_and_windows_leave(house: Household) -> None:
    area: Counter[str] = Counter()
    for piece in shell_pieces(house):
        if piece.name.endswith("/wall"):
            a, b, c = (piece.mesh.vertices[piece.mesh.faces[:, i]] for i in range(3))
            area[piece.name] += float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)
    height = house.blueprint.wall_height
    whole = 2 * (4.0 + 3.0) * height
    door, window = 0.95 * DOOR_HEIGHT, 1.4 * 1.2
    assert area["kitchen/wall"] == pytest.approx(whole - door)
    assert area["parlour/wall"] == pytest.approx(whole - door - window)


def test_sheets_face_into_their_room(house: Household) -> None:
    for piece in shell_pieces(house):
        if piece.name.split("/")[-1] in ("floor", "wall", "ceiling"):
            west, south, east, north = house.rooms[piece.rooms[0]].bounds
            middle = np.array([(west + east) / 2, (south + north) / 2, 1.3])
            a, b, c = (piece.mesh.vertices[piece.mesh.faces[:, i]] for i in range(3))
            assert (np.einsum("ij,ij->i", np.cross(b - a, c - a), middle - a) > 0).all(), piece.name


def test_shell_is_the_same_each_time(house: Household) -> None:
    first, second = shell_pieces(house), shell_pieces(house)
    for a, b in zip(first, second, strict=True):
        assert a.name == b.name
        if a.image is not None:
            assert png(a.image) == png(b.image)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", FINISHES)
def test_finishes_take_the_colour_that_they_are_given(name: str) -> None:
    image = finish(name, (0.8, 0.4, 0.2), 64)
    assert image.shape == (64, 64, 3)
    red, green, blue = image.reshape(-1, 3).mean(axis=0)
    assert red > green > blue
    assert 0.6 < red / 0.8 < 1.15


def test_unknown_finishes_suggest_the_nearest() -> None:
    with pytest.raises(ValueError, match="did you mean 'wood'"):
        finish("woood", (1.0, 1.0, 1.0))
    with pytest.raises(ValueError, match="expected a floor.*did you mean 'tiles'"):
        floor_finish("tilez")
    assert floor_finish("oak")[0] != floor_finish("walnut")[0]
    assert floor_finish("sage_tiles")[1] is floor_finish("tiles")[1]
    assert Material().texture is None
