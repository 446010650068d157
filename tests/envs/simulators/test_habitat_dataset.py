"""Exported households: files that other programs read, with everything where the household says."""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import struct
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from envs.household import Household, build_household
from envs.household.model import Joint, Model, Part, Pose
from envs.simulators.habitat.dataset import Manifest, write_dataset
from envs.simulators.habitat.frames import from_habitat, heading_turn, pose_from, to_habitat
from envs.simulators.habitat.urdf import write_urdf

trimesh = pytest.importorskip("trimesh", reason="the export needs trimesh")
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def folder(house: Household, make_house, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small house with two seeds, written once."""
    place = tmp_path_factory.mktemp("dataset")
    write_dataset([house, make_house(1)], place)
    return place


def read(path: Path) -> dict:
    return json.loads(path.read_text())


def digests(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file()}  # fmt: skip


def chunks(path: Path) -> tuple[dict, bytes]:
    """The JSON and the binary part of a glTF file, by the standard's own layout."""
    data = path.read_bytes()
    magic, version, length = struct.unpack("<4sII", data[:12])
    assert (magic, version, length) == (b"glTF", 2, len(data))
    size, kind = struct.unpack("<I4s", data[12:20])
    assert kind == b"JSON"
    start = 20 + size
    binary, name = struct.unpack("<I4s", data[start : start + 8])
    assert name == b"BIN\0"
    return json.loads(data[20:start]), data[start + 8 : start + 8 + binary]


def test_same_household_same_bytes_in_another_process(house: Household, make_house, folder: Path, tmp_path: Path) -> None:
    blueprint = tmp_path / "house.json"
    blueprint.write_text(house.blueprint.model_dump_json())
    other = tmp_path / "again"
    script = f"""
from envs.household import Blueprint, instantiate
from envs.simulators.habitat.dataset import write_dataset
plan = Blueprint.model_validate_json(open({str(blueprint)!r}).read())
write_dataset([instantiate(plan, 0), instantiate(plan, 1)], {str(other)!r})
"""
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, env={**os.environ, "PYTHONHASHSEED": "7"})
    assert digests(other) == digests(folder)


def test_every_gltf_file_is_sound(folder: Path) -> None:
    files = sorted(folder.rglob("*.glb"))
    assert len(files) > 20
    for path in files:
        gltf, binary = chunks(path)
        for view in gltf["bufferViews"]:
            assert view.get("byteOffset", 0) + view["byteLength"] <= len(binary), path.name
        for image in gltf.get("images", ()):
            view = gltf["bufferViews"][image["bufferView"]]
            start = view.get("byteOffset", 0)
            assert binary[start : start + 4] == b"\x89PNG", path.name
        for mesh in gltf["meshes"]:
            for primitive in mesh["primitives"]:
                assert {"POSITION", "NORMAL", "TEXCOORD_0"} <= set(primitive["attributes"]), path.name
                assert "baseColorTexture" in gltf["materials"][primitive["material"]]["pbrMetallicRoughness"]
        for mesh in trimesh.load(path).geometry.values():
            assert np.isfinite(mesh.vertices).all(), path.name
            np.testing.assert_allclose(np.linalg.norm(mesh.vertex_normals, axis=1), 1.0, atol=1e-3, err_msg=path.name)


def test_the_whole_house_is_y_up_and_as_large_as_its_rooms(house: Household, folder: Path) -> None:
    low, high = trimesh.load(folder / "tiny.glb").bounds
    assert high[1] == pytest.approx(house.blueprint.wall_height, abs=0.01)
    assert low[0] == pytest.approx(0.0, abs=0.15)
    assert high[0] == pytest.approx(8.0, abs=0.15)
    # North is -z.
    assert low[2] == pytest.approx(-3.0, abs=0.15)
    assert high[2] == pytest.approx(0.0, abs=0.15)


def test_triangles_face_outwards(folder: Path) -> None:
    """A mug's surface encloses a volume above zero: winding survived the change of frame."""
    for mesh in trimesh.load(folder / "objects" / "book.glb").geometry.values():
        assert mesh.volume > 0


def test_everything_that_is_named_is_there(folder: Path) -> None:
    dataset = read(folder / "tiny.scene_dataset_config.json")
    for kind, pattern in ((kind, pattern) for kind, part in dataset.items() for pattern in part["paths"][".json"]):
        assert list(folder.glob(pattern)), kind
    for config in folder.rglob("*_config.json"):
        data = read(config)
        for key in ("render_asset", "urdf_filepath", "semantic_descriptor_filename"):
            if key in data:
                assert (config.parent / data[key]).is_file(), (config.name, key)
    for urdf in folder.rglob("*.urdf"):
        for mesh in ElementTree.parse(urdf).iter("mesh"):
            assert (urdf.parent / mesh.attrib["filename"]).is_file(), urdf.name
    for scene in folder.rglob("*.scene_instance.json"):
        data = read(scene)
        named = [data["stage_instance"]["template_name"], data["default_lighting"], data["semantic_scene_instance"]]
        named += [item["template_name"] for item in data["object_instances"] + data["articulated_object_instances"]]
        for name in named:
            assert (folder / name).is_file(), name


def test_scenes_put_things_where_the_household_says(house: Household, make_house, folder: Path) -> None:
    for home in (house, make_house(1)):
        scene = read(folder / f"scenes/tiny_{home.seed}.scene_instance.json")
        found = {Path(item["template_name"]).name.split(".")[0]: item
                 for item in scene["object_instances"] + scene["articulated_object_instances"]}  # fmt: skip
        for name, entity in home.entities.items():
            w, _, y, _ = found[name]["rotation"]
            pose = pose_from(found[name]["translation"], w, y)
            assert math.dist(pose[:3], entity.pose[:3]) < 1e-5, name
            assert abs((pose.heading - entity.pose.heading + 180) % 360 - 180) < 1e-4, name


def test_what_nobody_switched_on_is_off(house: Household, folder: Path) -> None:
    names = [
        Path(item["template_name"]).name for item in read(folder / "scenes/tiny_0.scene_instance.json")["object_instances"]
    ]
    assert "lamp.off.object_config.json" in names
    assert not any(name.startswith("lamp.on") for name in names)
    assert not any(".water." in name for name in names)
    manifest = Manifest.load(folder)
    assert {piece.shown for piece in manifest.things["lamp"].pieces} == {None, "on", "off"}


def test_semantic_ids_name_every_object_and_every_rooms_parts(house: Household, folder: Path) -> None:
    classes = read(folder / "semantics/tiny_lexicon.json")["classes"]
    assert [row["id"] for row in classes] == list(range(1, len(classes) + 1))
    ids = {row["name"]: row["id"] for row in classes}
    assert {*house.entities, "kitchen/floor", "kitchen/wall", "parlour/window", "robot", "resident"} <= set(ids)
    for name in house.entities:
        for config in folder.rglob(f"{name}.*config.json"):
            assert read(config)["semantic_id"] == ids[name], config.name
    rooms = {row["name"]: row["room"] for row in classes}
    assert rooms["sofa"] == "parlour"
    assert rooms["kitchen/floor"] == "kitchen"


def test_regions_are_the_rooms(house: Household, folder: Path) -> None:
    regions = {region["name"]: region for region in read(folder / "semantics/tiny.semantic_config.json")["region_annotations"]}
    assert set(regions) == set(house.rooms)
    for name, room in house.rooms.items():
        points = [from_habitat(point)[:2] for point in regions[name]["poly_loop"]]
        area = sum(ax * by - bx * ay for (ax, ay), (bx, by) in zip(points, points[1:] + points[:1], strict=True)) / 2
        west, south, east, north = room.bounds
        assert area == pytest.approx((east - west) * (north - south))


@pytest.mark.parametrize("value", [0.0, 0.4, 1.0])
def test_urdf_doors_open_as_the_model_says(value: float) -> None:
    """Forward kinematics of the written file against the joint's own definition."""
    hinge = Joint("door", "hinge", (0.2, 0.3, 0.0), (0.0, 0.0, 1.0), -110.0)
    drawer = Joint("drawer", "slide", (0.0, 0.0, 0.4), (1.0, 0.0, 0.0), 0.35)
    model = Model("cupboard", (Part("box"),), (0.4, 0.6), 0.9, joints=(hinge, drawer))
    robot = ElementTree.fromstring(write_urdf("cupboard", model, {"door": "door.glb", "drawer": "drawer.glb"}))
    point = np.array([0.25, -0.2, 0.5])

    angle = math.radians(-110.0 * value)
    arm = point - hinge.anchor
    turned = np.array([math.cos(angle) * arm[0] - math.sin(angle) * arm[1], math.sin(angle) * arm[0] + math.cos(angle) * arm[1],
                       arm[2]])  # fmt: skip
    assert moved(robot, "door", point, value) == pytest.approx(turned + hinge.anchor)
    assert moved(robot, "drawer", point, value) == pytest.approx(point + [0.35 * value, 0.0, 0.0])


def moved(robot: ElementTree.Element, name: str, point: np.ndarray, value: float) -> np.ndarray:
    """Where a URDF reader puts a point (ours) of a link's mesh when its joint is open by a share."""
    joint = next(item for item in robot.iter("joint") if item.attrib["name"] == name)
    link = next(item for item in robot.iter("link") if item.attrib["name"] == name)
    numbers = lambda element, key: np.array([float(word) for word in element.attrib[key].split()])  # noqa: E731
    local = numbers(link.find("visual/origin"), "xyz") + to_habitat(point)
    axis, limit = numbers(joint.find("axis"), "xyz"), joint.find("limit").attrib
    end = float(limit["lower"]) if float(limit["upper"]) == 0.0 else float(limit["upper"])
    if joint.attrib["type"] == "revolute":
        angle = end * value
        along = axis * (axis @ local)
        local = along + (local - along) * math.cos(angle) + np.cross(axis, local) * math.sin(angle)
    else:
        local = local + axis * end * value
    return np.array(from_habitat(numbers(joint.find("origin"), "xyz") + local))


def test_frames_are_inverses_and_keep_headings() -> None:
    point = (1.5, -2.0, 0.7)
    assert from_habitat(to_habitat(point)) == point
    for heading in (0.0, 37.0, 180.0, 271.5):
        w, _, y, _ = heading_turn(heading)
        assert pose_from(to_habitat(point), w, y) == pytest.approx(Pose(*point, heading))
        # Our x axis, turned about z, is Habitat's x axis turned about y.
        x, north, _ = Pose(0.0, 0.0, 0.0, heading).world(1.0, 0.0)
        hx, _, hz = to_habitat((x, north, 0.0))
        angle = 2 * math.atan2(y, w)
        assert (hx, hz) == pytest.approx((math.cos(angle), -math.sin(angle)), abs=1e-9)


def test_households_of_two_layouts_are_refused(house: Household, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one layout"):
        write_dataset([house, build_household("maple")], tmp_path)
    with pytest.raises(ValueError, match="got none"):
        write_dataset([], tmp_path)


def test_command_writes_a_layout_and_refuses_an_unknown_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from scripts.main import main

    main(["export-household", "--layout", "maple", "--out", str(tmp_path / "maple"), "--seeds", "0", "2"])
    assert "maple.glb" in capsys.readouterr().out
    assert {path.name for path in (tmp_path / "maple/scenes").iterdir()} == {
        "maple_0.scene_instance.json", "maple_2.scene_instance.json"}  # fmt: skip
    image = next(iter(trimesh.load(tmp_path / "maple/maple.glb").geometry.values())).visual.material.baseColorTexture
    assert min(image.size) > 2
    with pytest.raises(SystemExit):
        main(["export-household", "--layout", "mapel", "--out", str(tmp_path)])
    assert "expected --layout among" in capsys.readouterr().err
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SystemExit):
        main(["export-household", "--layout", "maple", "--out", str(tmp_path / "file" / "folder")])
    line = capsys.readouterr().err
    assert "cannot write here" in line
    assert line.count("\n") == 1


def test_pictures_in_files_are_read_back_as_written(folder: Path) -> None:
    gltf, binary = chunks(folder / "objects" / "apple.glb")
    from PIL import Image

    view = gltf["bufferViews"][gltf["images"][0]["bufferView"]]
    start = view.get("byteOffset", 0)
    image = Image.open(io.BytesIO(binary[start : start + view["byteLength"]]))
    colours = {tuple(colour) for colour in np.asarray(image.convert("RGB")).reshape(-1, 3)}
    assert any(red > 120 and green < 90 for red, green, _ in colours), colours
