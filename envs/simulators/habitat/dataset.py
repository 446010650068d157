"""Households as Habitat scene datasets: glTF stages and objects, URDF furniture, JSON configs, semantic ids.

Everything is written without Habitat itself, and the same household gives the same bytes. ``HOUSE.glb`` holds the whole
furnished house for any glTF viewer; ``HOUSE.scene_dataset_config.json`` is what Habitat's tools load::

    habitat-viewer --dataset out/maple.scene_dataset_config.json maple_0

Example:
    >>> import tempfile
    >>> from envs.household import build_household
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     manifest = write_dataset([build_household("maple")], folder)
    ...     print(manifest.layout, len(manifest.things) == len(build_household("maple").entities))
    maple True
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from envs.household.house import Entity, Household
from envs.household.model import Pose
from envs.simulators.geometry import box
from envs.simulators.habitat.frames import heading_turn, to_habitat
from envs.simulators.habitat.gltf import Finish, Surface, write_glb
from envs.simulators.habitat.lighting import DAYLIGHT
from envs.simulators.habitat.pieces import Piece, RoomPart, articulated, model_pieces, room_parts, semantic_names
from envs.simulators.habitat.urdf import write_urdf

MANIFEST = "manifest.json"
MARKER = "joints/place.object_config.json"
"""An object with nothing to see, which holds a place."""
_RESTING = ("off", "raw", "empty")
"""Visual states that hold for a thing that nobody has touched."""


@dataclass(frozen=True)
class PieceFile:
    """A piece on disk.

    Args:
        template: path of its object config, relative to the dataset.
        joint, shown, glows: see :class:`~envs.simulators.habitat.pieces.Piece`.
        link: the articulated object shows it too. Habitat draws links by its physically based shader alone, which is not
            how it draws the rest; :mod:`~envs.simulators.habitat.scene` shows these with an articulated object that shows
            nothing.
    """

    template: str
    joint: str | None = None
    shown: str | None = None
    glows: bool = False
    link: bool = False


@dataclass(frozen=True)
class ThingFiles:
    """What an entity is on disk.

    Args:
        pieces: all that is drawn of it.
        articulated: its articulated object if it has doors.
        joints: the same without anything to draw.
    """

    pieces: tuple[PieceFile, ...]
    articulated: str | None = None
    joints: str | None = None


@dataclass(frozen=True)
class RoomFile:
    """A room's part on disk; see :class:`~envs.simulators.habitat.pieces.RoomPart`."""

    template: str
    label: str
    rooms: tuple[str, ...]
    facing: tuple[float, float, float, float] | None
    indoors: float
    glows: bool


@dataclass(frozen=True)
class Manifest:
    """What a dataset holds, for whoever loads it piece by piece.

    Args:
        layout: the household.
        names: what semantic id 1, 2, 3 ... stand for.
        things: entities.
        rooms: floors, walls, ceilings, windows, doorways.
        ground: stage of everything that stands in a walker's way, for the navmesh.
    """

    layout: str
    names: tuple[str, ...]
    things: dict[str, ThingFiles]
    rooms: tuple[RoomFile, ...]
    ground: str

    def save(self, folder: Path) -> None:
        """Write ``manifest.json``."""
        _write_json(folder / MANIFEST, {
            "layout": self.layout, "names": list(self.names), "ground": self.ground,
            "things": {name: {"articulated": thing.articulated, "joints": thing.joints,
                              "pieces": [vars(piece) for piece in thing.pieces]}
                       for name, thing in self.things.items()},
            "rooms": [{**vars(room), "rooms": list(room.rooms)} for room in self.rooms],
        })  # fmt: skip

    @classmethod
    def load(cls, folder: Path) -> Manifest:
        """Read ``manifest.json``."""
        data = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        things = {name: ThingFiles(tuple(PieceFile(**piece) for piece in thing["pieces"]), thing["articulated"],
                                  thing["joints"])
                  for name, thing in data["things"].items()}  # fmt: skip
        rooms = tuple(RoomFile(room["template"], room["label"], tuple(room["rooms"]),
                               tuple(room["facing"]) if room["facing"] else None, room["indoors"], room["glows"])
                      for room in data["rooms"])  # fmt: skip
        return cls(data["layout"], tuple(data["names"]), things, rooms, data["ground"])


@dataclass
class Folder:
    """Writes files; assets of equal bytes once.

    Args:
        root: where they go.
    """

    root: Path
    _known: dict[bytes, str] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set)

    def write(self, path: str, data: bytes) -> str:
        """Write a file and return its path."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        return path

    def asset(self, stem: str, data: bytes, folder: str = "objects") -> str:
        """Write a glTF file under a free name, unless one of equal bytes is there; returns its path."""
        key = folder.encode() + data
        if key not in self._known:
            name, number = stem, 2
            while f"{folder}/{name}" in self._taken:
                name, number = f"{stem}_{number}", number + 1
            self._taken.add(f"{folder}/{name}")
            self._known[key] = self.write(f"{folder}/{name}.glb", data)
        return self._known[key]

    def template(self, name: str, asset: str, semantic_id: int, *, glows: bool, solid: bool, folder: str = "objects") -> str:
        """Write an object config beside its asset and return its path."""
        path = f"{folder}/{name}.object_config.json"
        config = {
            "render_asset": Path(asset).name,
            "COM": [0, 0, 0],  # else Habitat would take the middle of the thing for its place
            "is_collidable": solid,
            "use_bounding_box_for_collision": True,
            "semantic_id": semantic_id,
            **({"force_flat_shading": True, "shader_type": "flat"} if glows else {"shader_type": "phong"}),
        }
        _write_json(self.root / path, config)
        return path


def write_dataset(
    households: Sequence[Household], folder: str | Path, *, whole: bool = True, navmesh: bool = False
) -> Manifest:
    """Write the dataset of one layout.

    Args:
        households: the same layout with one or more seeds: each seed becomes a scene instance.
        folder: where to write; made if missing, files of the same names are replaced.
        whole: also write the whole house as one glTF file, and its shell as a stage.
        navmesh: also compute the navmesh, which needs Habitat-Sim.

    Raises:
        ValueError: no household, or households of several layouts.
        SimulatorUnavailable: ``navmesh`` without Habitat-Sim.
    """
    if len({household.layout for household in households}) != 1:
        raise ValueError(f"expected households of one layout, got {sorted({h.layout for h in households}) or 'none'}")
    first = households[0]
    files = Folder(Path(folder))
    files.root.mkdir(parents=True, exist_ok=True)
    parts = room_parts(first)
    names = semantic_names(first, parts)
    ids = {name: number for number, name in enumerate(names, 1)}
    rooms = [_write_room_part(files, part, ids[part.label]) for part in parts]
    things = {name: write_thing(files, entity, ids[name]) for name, entity in first.entities.items()}
    ground = f"stages/{first.layout}_ground.stage_config.json"
    files.write(f"stages/{first.layout}_ground.glb", write_glb(_ground(first, parts), "ground"))
    manifest = Manifest(first.layout, names, things, tuple(rooms), ground)
    manifest.save(files.root)
    write_marker(files)
    slab = [surface for part in parts if not part.rooms for surface in part.piece.surfaces]
    files.write(f"stages/{first.layout}_slab.glb", write_glb(slab, "slab"))
    _write_configs(files, households, manifest, whole=whole, navmesh=navmesh)
    if whole:
        shell = [surface for part in parts if part.rooms for surface in part.piece.surfaces]
        files.write(f"stages/{first.layout}.glb", write_glb(shell, first.layout))
        files.write(f"{first.layout}.glb", write_glb(_everything(first, parts), first.layout))
    if navmesh:
        from envs.simulators.habitat.navmesh import write_navmesh

        write_navmesh(files.root, files.root / "navmeshes" / f"{first.layout}.navmesh")
    return manifest


def write_marker(files: Folder) -> None:
    """Write the object that holds places."""
    speck = Finish((1.0, 1.0, 1.0), emission=1.0, key="plain"), box((1e-4, 1e-4, 1e-4), bevel=0.0)
    files.template(
        "place", files.write("joints/place.glb", write_glb([speck], "place")), 0, glows=True, solid=False, folder="joints"
    )


def _write_room_part(files: Folder, part: RoomPart, semantic_id: int) -> RoomFile:
    asset = files.asset(part.name, write_glb(part.piece.surfaces, part.name))
    template = files.template(part.name, asset, semantic_id, glows=part.piece.glows, solid=False)
    return RoomFile(template, part.label, part.rooms, part.facing, part.indoors, part.piece.glows)


def write_thing(files: Folder, entity: Entity, semantic_id: int) -> ThingFiles:
    """Write an entity: all that is drawn of it, and its articulated object if it has doors."""
    model = entity.model
    pieces = model_pieces(entity.name, model.parts)
    links: dict[str | None, str] = {}
    found = []
    for piece in pieces:
        stem = ".".join(word for word in (model.name, piece.label) if word)
        name = ".".join(word for word in (entity.name, piece.label) if word)
        data = write_glb(piece.surfaces, stem)
        link = articulated(model) and piece.shown is None and not piece.glows
        if link:
            links[piece.joint] = Path(files.asset(stem, data, "urdf")).name
        template = files.template(name, files.asset(stem, data), semantic_id, glows=piece.glows, solid=not piece.label)
        found.append(PieceFile(template, piece.joint, piece.shown, piece.glows, link))
    if not articulated(model):
        return ThingFiles(tuple(found))
    for place, shown in (("urdf", links), ("joints", {})):
        files.write(f"{place}/{entity.name}.urdf", write_urdf(entity.name, model, shown))
        _write_json(files.root / f"{place}/{entity.name}.ao_config.json", {
            "urdf_filepath": f"{entity.name}.urdf", "render_mode": "link_visuals", "base_type": "fixed",
            "inertia_source": "urdf", "semantic_id": semantic_id,
        })  # fmt: skip
    return ThingFiles(tuple(found), f"urdf/{entity.name}.ao_config.json", f"joints/{entity.name}.ao_config.json")


def write_figure(segments: dict[str, Any], folder: Path) -> dict[str, list[PieceFile]]:
    """Write a body's segments as objects: segment -> its pieces."""
    files = Folder(folder)
    found: dict[str, list[PieceFile]] = {}
    for segment, parts in segments.items():
        for piece in model_pieces(segment, parts):
            name = ".".join(word for word in (segment, piece.label) if word)
            asset = files.asset(name, write_glb(piece.surfaces, name))
            template = files.template(name, asset, 0, glows=piece.glows, solid=False)
            found.setdefault(segment, []).append(PieceFile(template, None, piece.shown, piece.glows))
    return found


# --- the house in one piece


def _placed(pose: Pose, piece: Piece) -> Iterable[Surface]:
    from envs.simulators.geometry import rotation_matrix

    turn = rotation_matrix((0.0, 0.0, pose.heading))
    return [(look, mesh.moved(turn, pose[:3])) for look, mesh in piece.surfaces]


def _resting(entity: Entity, piece: Piece | PieceFile) -> bool:
    """Whether a piece is seen while nobody has touched the thing."""
    on = {"on": entity.switched_on, "off": not entity.switched_on}
    return piece.shown is None or on.get(piece.shown, piece.shown in _RESTING)


def _everything(household: Household, parts: Sequence[RoomPart]) -> list[Surface]:
    """The furnished house, doors closed and nobody in."""
    found = [surface for part in parts for surface in part.piece.surfaces]
    for entity in household.entities.values():
        for piece in model_pieces(entity.name, entity.model.parts):
            if _resting(entity, piece):
                found += _placed(entity.pose, piece)
    return found


def _ground(household: Household, parts: Sequence[RoomPart]) -> list[Surface]:
    """What a walker walks on and into: floors, walls, furniture."""
    found = [surface for part in parts if part.label.endswith(("/floor", "/wall")) for surface in part.piece.surfaces]
    for entity in household.entities.values():
        if not entity.portable and not entity.model.walkable:
            for piece in model_pieces(entity.name, entity.model.parts):
                found += _placed(entity.pose, piece)
    plain = Finish((0.6, 0.6, 0.6), key="plain")
    return [(plain, mesh) for _, mesh in found]


# --- configs


def _write_configs(files: Folder, households: Sequence[Household], manifest: Manifest, *, whole: bool, navmesh: bool) -> None:
    first, layout = households[0], manifest.layout
    root = files.root
    # The slab is the stage that the rooms' parts stand on, each with its own semantic id; the whole shell is a stage too.
    for stage in (f"{layout}_slab", f"{layout}_ground", *([layout] if whole else [])):
        _write_json(root / f"stages/{stage}.stage_config.json", {
            "render_asset": f"{stage}.glb", "up": [0, 1, 0], "front": [0, 0, -1], "shader_type": "phong",
            "gravity": [0, -9.8, 0], "margin": 0.01,
        })  # fmt: skip
    _write_json(root / f"lighting/{layout}_day.lighting_config.json", {"lights": {
        str(number): {"direction": list(to_habitat(direction)), "color": [1.0, 1.0, 1.0], "intensity": strength,
                      "type": "directional", "position_model": "global"}
        for number, (direction, strength) in enumerate(DAYLIGHT)}})  # fmt: skip
    _write_semantics(root, first, manifest)
    for household in households:
        _write_json(root / f"scenes/{layout}_{household.seed}.scene_instance.json", _scene(household, manifest, navmesh))
    _write_json(root / f"{layout}.scene_dataset_config.json", {
        "stages": {"paths": {".json": ["stages/*.stage_config.json"]}},
        "objects": {"paths": {".json": ["objects/*.object_config.json"]}},
        "articulated_objects": {"paths": {".json": ["urdf/*.ao_config.json"]}},
        "light_setups": {"paths": {".json": ["lighting/*.lighting_config.json"]}},
        "scene_instances": {"paths": {".json": ["scenes/*.scene_instance.json"]}},
        "semantic_scene_descriptor_instances": {"paths": {".json": ["semantics/*.semantic_config.json"]}},
        **({"navmesh_instances": {layout: f"navmeshes/{layout}.navmesh"}} if navmesh else {}),
    })  # fmt: skip


def _scene(household: Household, manifest: Manifest, navmesh: bool) -> dict[str, Any]:
    objects = [_instance(room.template, Pose(0.0, 0.0, 0.0, 0.0), "static") for room in manifest.rooms if room.rooms]
    doors = []
    for name, thing in manifest.things.items():
        entity = household.entities[name]
        kind = "kinematic" if entity.portable else "static"
        objects += [_instance(piece.template, entity.pose, kind) for piece in thing.pieces
                    if _resting(entity, piece) and not piece.link]  # fmt: skip
        if thing.articulated is not None:
            doors.append({**_instance(thing.articulated, entity.pose, "kinematic"), "fixed_base": True})
    return {
        "stage_instance": {"template_name": f"stages/{household.layout}_slab.stage_config.json"},
        "default_lighting": f"lighting/{household.layout}_day.lighting_config.json",
        "semantic_scene_instance": f"semantics/{household.layout}.semantic_config.json",
        **({"navmesh_instance": household.layout} if navmesh else {}),
        "translation_origin": "asset_local",
        "object_instances": objects,
        "articulated_object_instances": doors,
    }


def _instance(template: str, pose: Pose, motion: str) -> dict[str, Any]:
    return {
        "template_name": template,
        "translation": [round(value, 6) + 0.0 for value in to_habitat(pose[:3])],
        "rotation": [round(value, 9) + 0.0 for value in heading_turn(pose.heading)],
        "motion_type": motion,
    }


def _write_semantics(root: Path, household: Household, manifest: Manifest) -> None:
    """Which id is what, and where the rooms are."""
    classes = []
    for number, name in enumerate(manifest.names, 1):
        entity = household.entities.get(name)
        room = entity.room if entity is not None and not entity.portable else name.split("/")[0] if "/" in name else None
        category = entity.category if entity is not None else name.rsplit("/", 1)[-1]
        classes.append({"id": number, "name": name, "category": category, "room": room})
    _write_json(root / f"semantics/{household.layout}_lexicon.json", {"classes": classes})
    height = household.blueprint.wall_height
    regions = []
    for plan in household.blueprint.rooms:
        west, south, east, north = plan.bounds
        loop = [to_habitat((x, y, 0.0)) for x, y in ((west, south), (east, south), (east, north), (west, north))]
        low, high = to_habitat((west, north, 0.0)), to_habitat((east, south, height))
        regions.append({"name": plan.name, "label": plan.name, "poly_loop": [list(point) for point in loop],
                        "floor_height": 0.0, "extrusion_height": height, "min_bounds": list(low),
                        "max_bounds": list(high)})  # fmt: skip
    _write_json(root / f"semantics/{household.layout}.semantic_config.json", {
        "semantic_descriptor_filename": f"{household.layout}_lexicon.json", "region_annotations": regions,
    })  # fmt: skip


def _write_json(path: Path, data: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
