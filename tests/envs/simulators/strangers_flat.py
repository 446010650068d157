"""A stranger's home as a Habitat scene dataset, made by trimesh: nothing in it is named, sized or shaped as our layouts are.

Names are numbers, categories come by semantic id from a lexicon (as in HSSD), regions have outlines of their own (as in
HSSD's semantic configs): the bedroom is L-shaped and the floor lies at -1.3. The bed is modelled in centimetres, the
dining table is stretched, the coffee table stands askew, the fridge is a URDF (as in ReplicaCAD). There is neither a
living room nor a bench, and whoever looks for a lamp, a faucet or a computer finds none.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

FLOOR = -1.3
HEIGHT = 2.5
SCENE = "flat_7"
CLASSES = {11: "cot", 12: "couch", 13: "low table", 14: "bureau", 15: "swivel chair", 16: "cold store", 17: "board table",
           18: "range", 19: "worktop", 21: "screen", 22: "media unit", 23: "washstand", 24: "shelving", 25: "vase",
           26: "fern"}  # fmt: skip
REGIONS = {
    "r0": ("sleeping quarters", [(0.0, 0.0), (6.4, 0.0), (6.4, 3.0), (3.6, 3.0), (3.6, 5.2), (0.0, 5.2)]),
    "r1": ("cucina", [(3.6, 3.0), (6.4, 3.0), (6.4, 0.0), (10.6, 0.0), (10.6, 6.4), (3.6, 6.4)]),
    "r2": ("wash room", [(0.0, 5.2), (3.6, 5.2), (3.6, 8.0), (0.0, 8.0)]),
}
"""Name -> label and outline (x, z), all in Habitat's frame."""
WALLS = [  # from, to, openings along them
    ((0.0, 0.0), (10.6, 0.0), ()), ((10.6, 0.0), (10.6, 6.4), ()), ((3.6, 6.4), (10.6, 6.4), ()),
    ((0.0, 0.0), (0.0, 8.0), ()), ((0.0, 8.0), (3.6, 8.0), ()), ((3.6, 6.4), (3.6, 8.0), ()),
    ((6.4, 0.0), (6.4, 3.0), ((1.0, 1.95),)), ((3.6, 3.0), (6.4, 3.0), ()), ((3.6, 3.0), (3.6, 6.4), ()),
    ((0.0, 5.2), (3.6, 5.2), ((1.6, 2.5),)),
]  # fmt: skip

WOOD, CLOTH, STEEL, WHITE = (0.55, 0.38, 0.24), (0.32, 0.40, 0.55), (0.72, 0.74, 0.77), (0.92, 0.91, 0.88)

Solid = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]
"""Size, centre (x, y up, z) and colour of a box."""

THINGS: dict[int, list[Solid]] = {
    11: [((200, 45, 160), (0, 22.5, 0), CLOTH), ((6, 95, 160), (-100, 47.5, 0), WOOD)],  # centimetres
    12: [((1.9, 0.42, 0.85), (0, 0.21, 0), CLOTH), ((1.9, 0.45, 0.2), (0, 0.62, 0.325), CLOTH),
         ((0.18, 0.2, 0.85), (-0.86, 0.52, 0), CLOTH), ((0.18, 0.2, 0.85), (0.86, 0.52, 0), CLOTH)],
    13: [((1.1, 0.05, 0.7), (0, 0.455, 0), WOOD), *[((0.06, 0.43, 0.06), (x, 0.215, z), WOOD)
         for x in (-0.48, 0.48) for z in (-0.28, 0.28)]],
    14: [((1.5, 0.04, 0.7), (0, 0.74, 0), WOOD), ((0.04, 0.72, 0.7), (-0.73, 0.36, 0), WOOD),
         ((0.04, 0.72, 0.7), (0.73, 0.36, 0), WOOD), ((1.42, 0.4, 0.03), (0, 0.5, -0.33), WOOD)],
    15: [((0.46, 0.06, 0.46), (0, 0.46, 0), CLOTH), ((0.46, 0.5, 0.06), (0, 0.74, -0.2), CLOTH),
         ((0.08, 0.43, 0.08), (0, 0.215, 0), STEEL), ((0.5, 0.03, 0.5), (0, 0.015, 0), STEEL)],
    17: [((1.0, 0.05, 1.0), (0, 0.715, 0), WOOD), *[((0.07, 0.69, 0.07), (x, 0.345, z), WOOD)
         for x in (-0.42, 0.42) for z in (-0.42, 0.42)]],
    18: [((0.62, 0.9, 0.6), (0, 0.45, 0), STEEL), ((0.62, 0.12, 0.04), (0, 0.96, -0.28), STEEL)],
    19: [((2.2, 0.9, 0.62), (0, 0.45, 0), WHITE)],
    21: [((1.1, 0.62, 0.06), (0, 0.35, 0), (0.08, 0.08, 0.09)), ((0.5, 0.04, 0.2), (0, 0.02, 0), (0.08, 0.08, 0.09))],
    22: [((1.6, 0.5, 0.42), (0, 0.25, 0), WOOD)],
    23: [((0.9, 0.84, 0.5), (0, 0.42, 0), WHITE)],
    24: [((0.9, 0.03, 0.32), (0, y, 0), WOOD) for y in (0.1, 0.5, 0.9, 1.3, 1.7)]
        + [((0.03, 1.75, 0.32), (x, 0.875, 0), WOOD) for x in (-0.435, 0.435)] + [((0.9, 1.75, 0.02), (0, 0.875, -0.15), WOOD)],
    25: [((0.14, 0.3, 0.14), (0, 0.15, 0), (0.75, 0.35, 0.3))],
    26: [((0.3, 0.35, 0.3), (0, 0.175, 0), (0.6, 0.4, 0.3)), ((0.5, 0.7, 0.5), (0, 0.7, 0), (0.25, 0.5, 0.28))],
}  # fmt: skip
SCALES = {11: 0.01}
PLACES: list[tuple[int, tuple[float, float, float], float, tuple[float, float, float]]] = [
    # kind, where (height above the floor), turn about up in degrees, further stretching
    (11, (1.15, 0.0, 0.95), 0.0, (1, 1, 1)), (12, (5.0, 0.0, 2.48), 0.0, (1, 1, 1)), (13, (4.9, 0.0, 1.25), 30.0, (1, 1, 1)),
    (14, (0.45, 0.0, 3.4), 90.0, (1, 1, 1)), (15, (1.25, 0.0, 3.4), -90.0, (1, 1, 1)), (22, (3.3, 0.0, 0.3), 0.0, (1, 1, 1)),
    (21, (3.3, 0.5, 0.3), 0.0, (1, 1, 1)), (24, (3.36, 0.0, 4.4), -90.0, (1, 1, 1)),
    (17, (8.6, 0.0, 3.4), 0.0, (1.6, 1.04, 0.9)), (25, (9.0, 0.77, 3.5), 0.0, (1, 1, 1)),
    (18, (9.9, 0.0, 0.4), 0.0, (1, 1, 1)), (19, (8.2, 0.0, 0.42), 0.0, (1, 1, 1)), (23, (0.35, 0.0, 6.8), 90.0, (1, 1, 1)),
    (26, (9.9, 0.0, 5.8), 0.0, (1, 1, 1)),
]  # fmt: skip
FRIDGE = (6.85, 0.0, 5.95)
"""Where the fridge stands, its back to the wall at the greatest z."""


def write_flat(folder: Path, *, without: tuple[int, ...] = ()) -> Path:
    """Write the dataset and return its config; ``without`` leaves kinds of things out."""
    _write_glb(folder / "stages" / "s.glb", _shell())
    _write_json(folder / "stages" / "s.stage_config.json", {"render_asset": "s.glb", "up": [0, 1, 0], "front": [0, 0, -1]})
    for kind, solids in THINGS.items():
        name = f"{kind:04x}"
        _write_glb(folder / "objects" / f"{name}.glb", solids)
        scale = SCALES.get(kind, 1.0)
        _write_json(folder / "objects" / f"{name}.object_config.json",
                    {"render_asset": f"{name}.glb", "semantic_id": kind, "scale": [scale] * 3})  # fmt: skip
    _write_fridge(folder / "urdf")
    _write_json(folder / "semantics" / "lexicon.json",
                {"classes": [{"id": number, "name": name} for number, name in CLASSES.items()]})  # fmt: skip
    _write_json(folder / "semantics" / f"{SCENE}.semantic_config.json", {
        "semantic_descriptor_filename": "lexicon.json", "region_annotations": [_region(name) for name in REGIONS],
    })  # fmt: skip
    _write_json(folder / "scenes" / f"{SCENE}.scene_instance.json", _scene(without))
    return _write_json(folder / "strange.scene_dataset_config.json", {
        "stages": {"paths": {".json": ["stages"]}}, "objects": {"paths": {".json": ["objects"]}},
        "articulated_objects": {"paths": {".json": ["urdf"]}},
        "scene_instances": {"default_attributes": {
            "default_lighting": "", "semantic_scene_instance": "%%CONFIG_NAME_AS_ASSET_FILENAME%%.semantic_config.json"},
            "paths": {".json": ["scenes"]}},
        "semantic_scene_descriptor_instances": {"paths": {".json": ["semantics"]}},
    })  # fmt: skip


def _scene(without: tuple[int, ...]) -> dict[str, Any]:
    things = []
    for kind, (x, y, z), turn, stretched in PLACES:
        if kind not in without:
            half = math.radians(turn) / 2
            things.append({"template_name": f"{kind:04x}", "translation": [x, y + FLOOR, z], "motion_type": "STATIC",
                           "rotation": [math.cos(half), 0.0, math.sin(half), 0.0],
                           "non_uniform_scale": list(stretched)})  # fmt: skip
    fridge = {"template_name": "cold", "translation": [FRIDGE[0], FRIDGE[1] + FLOOR, FRIDGE[2]], "rotation": [0, 0, 1, 0],
              "fixed_base": True, "motion_type": "DYNAMIC"}  # fmt: skip
    return {"stage_instance": {"template_name": "stages/s"}, "translation_origin": "asset_local", "object_instances": things,
            "articulated_object_instances": [] if 16 in without else [fridge]}  # fmt: skip


def _region(name: str) -> dict[str, Any]:
    label, outline = REGIONS[name]
    xs, zs = zip(*outline, strict=True)
    return {"name": name, "label": label, "poly_loop": [[x, FLOOR, z] for x, z in outline], "floor_height": FLOOR,
            "extrusion_height": HEIGHT, "min_bounds": [min(xs), FLOOR, min(zs)],
            "max_bounds": [max(xs), FLOOR + HEIGHT, max(zs)]}  # fmt: skip


def _shell() -> list[Solid]:
    """Floors, and walls with openings."""
    solids: list[Solid] = [((10.8, 0.1, 8.2), (5.3, FLOOR - 0.05, 4.0), (0.62, 0.52, 0.42))]
    for (ax, az), (bx, bz), openings in WALLS:
        length = math.hypot(bx - ax, bz - az)
        dx, dz = (bx - ax) / length, (bz - az) / length

        def piece(first: float, last: float, low: float, high: float, ax=ax, az=az, dx=dx, dz=dz) -> Solid:  # type: ignore[no-untyped-def]
            middle = (first + last) / 2
            size = (abs(dx) * (last - first) + 0.1 * abs(dz), high - low, abs(dz) * (last - first) + 0.1 * abs(dx))
            return size, (ax + middle * dx, FLOOR + (low + high) / 2, az + middle * dz), (0.86, 0.84, 0.78)

        position = -0.05
        for first, last in openings:
            solids += [piece(position, first, 0.0, HEIGHT), piece(first, last, 2.1, HEIGHT)]
            position = last
        solids.append(piece(position, length + 0.05, 0.0, HEIGHT))
    return solids


def _write_fridge(folder: Path) -> None:
    """A fridge of two links whose door swings about the left edge of its own +z side."""
    body: list[Solid] = [((0.7, 1.8, 0.04), (0, 0.9, -0.33), STEEL), ((0.04, 1.8, 0.66), (-0.33, 0.9, 0), STEEL),
                         ((0.04, 1.8, 0.66), (0.33, 0.9, 0), STEEL), ((0.7, 0.1, 0.66), (0, 0.05, 0), STEEL),
                         ((0.7, 0.04, 0.66), (0, 1.78, 0), STEEL), ((0.62, 0.02, 0.6), (0, 0.6, 0), WHITE),
                         ((0.62, 0.02, 0.6), (0, 1.1, 0), WHITE)]  # fmt: skip
    _write_glb(folder / "cold_body.glb", body)
    door: list[Solid] = [((0.7, 1.8, 0.05), (0.35, 0.9, 0.025), STEEL), ((0.03, 0.5, 0.04), (0.62, 1.0, 0.07), WOOD)]
    _write_glb(folder / "cold_door.glb", door)
    (folder / "cold.urdf").write_text(
        """<?xml version="1.0"?>
<robot name="cold">
  <link name="root"><inertial><mass value="30"/><inertia ixx="1" iyy="1" izz="1" ixy="0" ixz="0" iyz="0"/></inertial>
    <visual><geometry><mesh filename="cold_body.glb"/></geometry></visual>
    <collision><origin xyz="0 0.9 0"/><geometry><box size="0.7 1.8 0.7"/></geometry></collision></link>
  <link name="flap"><inertial><mass value="5"/><inertia ixx="1" iyy="1" izz="1" ixy="0" ixz="0" iyz="0"/></inertial>
    <visual><geometry><mesh filename="cold_door.glb"/></geometry></visual></link>
  <joint name="swing" type="revolute"><parent link="root"/><child link="flap"/><origin xyz="-0.35 0 0.33"/>
    <axis xyz="0 1 0"/><limit lower="-1.9" upper="0" effort="10" velocity="5"/></joint>
</robot>
""",
        encoding="utf-8",
    )
    _write_json(folder / "cold.ao_config.json", {"urdf_filepath": "cold.urdf", "semantic_id": 16, "base_type": "fixed"})


def _write_glb(path: Path, solids: list[Solid]) -> None:
    import trimesh
    from trimesh.visual.material import PBRMaterial

    scene = trimesh.Scene()
    for number, (size, centre, colour) in enumerate(solids):
        mesh = trimesh.creation.box(size)
        mesh.apply_translation(centre)
        mesh.unmerge_vertices()  # each side with normals of its own: edges stay edges
        material = PBRMaterial(baseColorFactor=[*colour, 1.0], metallicFactor=0.0, roughnessFactor=0.9)
        mesh.visual = trimesh.visual.TextureVisuals(uv=np.zeros((len(mesh.vertices), 2)), material=material)
        scene.add_geometry(mesh, geom_name=f"part{number}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(scene.export(file_type="glb"))


def _write_json(path: Path, data: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


SCAN = "abc"


def write_scan(folder: Path) -> Path:
    """Write the same flat as a scan, as HM3D has them: one mesh, z up, and a second one whose colours say what is what."""
    import trimesh

    place = folder / "00001-abc"
    place.mkdir(parents=True)
    pieces: list[tuple[Any, int]] = [(_box(solid), 0) for solid in _shell()]
    lines = ["HM3D Semantic Annotations"]
    for number, (kind, (x, y, z), turn, stretched) in enumerate(PLACES, 1):
        for solid in THINGS[kind]:
            mesh = _box(solid)
            mesh.apply_scale(SCALES.get(kind, 1.0))
            mesh.vertices *= np.array(stretched)
            mesh.apply_transform(trimesh.transformations.rotation_matrix(math.radians(turn), [0, 1, 0]))
            mesh.apply_translation((x, y + FLOOR, z))
            pieces.append((mesh, number))
        lines.append(f'{number},{_hex(number)},"{CLASSES[kind]}",{_region_at(x, z)}')
    for number, (_, outline) in enumerate(REGIONS.values(), 50):
        xs, zs = zip(*outline, strict=True)
        size, middle = (max(xs) - min(xs), 0.01, max(zs) - min(zs)), ((max(xs) + min(xs)) / 2, FLOOR, (max(zs) + min(zs)) / 2)
        pieces.append((_box((size, middle, WOOD)), number))
        lines.append(f'{number},{_hex(number)},"floor",{number - 50}')
    up = trimesh.transformations.rotation_matrix(math.pi / 2, [1, 0, 0])
    for name, colours in (("basis", False), ("semantic", True)):
        meshes = []
        for mesh, number in pieces:
            colour = _colour(number) if colours else (180, 170, 150)
            painted = mesh.copy()
            painted.visual = trimesh.visual.ColorVisuals(
                painted, vertex_colors=np.tile([*colour, 255], (len(mesh.vertices), 1))
            )
            meshes.append(painted)
        whole = trimesh.util.concatenate(meshes)
        whole.apply_transform(up)
        (place / f"{SCAN}.{name}.glb").write_bytes(whole.export(file_type="glb"))
    (place / f"{SCAN}.semantic.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return _write_json(folder / "scans.scene_dataset_config.json", {
        "stages": {"default_attributes": {
            "shader_type": "flat", "up": [0, 0, 1], "front": [0, 1, 0], "origin": [0, 0, 0],
            "semantic_descriptor_filename": "%%CONFIG_NAME_AS_ASSET_FILENAME%%.semantic.txt",
            "semantic_asset": "%%CONFIG_NAME_AS_ASSET_FILENAME%%.semantic.glb", "has_semantic_textures": False},
            "paths": {".glb": ["*/*.basis.glb"]}},
        "scene_instances": {"default_attributes": {"default_lighting": "no_lights"}},
    })  # fmt: skip


def _box(solid: Solid) -> Any:
    import trimesh

    mesh = trimesh.creation.box(solid[0])
    mesh.apply_translation(solid[1])
    mesh.unmerge_vertices()
    return mesh


def _colour(number: int) -> tuple[int, int, int]:
    return (number * 53 % 256, number * 97 % 256, (number * 29 + 40) % 256)


def _hex(number: int) -> str:
    """A colour as HM3D writes it: glTF's vertex colours are linear, what Habitat compares is not."""
    values = (value / 255 for value in _colour(number))
    bent = (12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055 for value in values)
    return "".join(f"{round(255 * value):02X}" for value in bent)


def _region_at(x: float, z: float) -> int:
    from envs.household.blueprint import RoomPlan

    for number, (_, outline) in enumerate(REGIONS.values()):
        if RoomPlan(name="any", bounds=(-99, -99, 99, 99), outline=tuple(outline)).holds(x, z):
            return number
    return -1
