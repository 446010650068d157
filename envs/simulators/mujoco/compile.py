"""Households as MuJoCo models: one mesh for each thing, joint and finish, moved only kinematically.

A quick picture of a house (or of any model, see :func:`showroom`)::

    from envs.household import build_household
    from envs.simulators.base import Camera
    from envs.simulators.mujoco.rendering import still

    still(build_household("maple"), Camera((0.4, 0.4, 2.2), (3.0, 2.5, 0.8)), "/tmp/view.png", width=960, height=640)
    # one model on a floor, seen from a little above its front:
    #   from envs.simulators.mujoco.rendering import show_model
    #   show_model(build_model("mug"), "/tmp/mug.png", shown=("water",))
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from envs.household.house import Household
from envs.household.model import Light, Material, Part
from envs.simulators.base import Look
from envs.simulators.geometry import TriangleMesh, merge, part_mesh
from envs.simulators.shell import ShellPiece, shell_pieces
from envs.simulators.textures import finish, png, window_view

MAX_SIZE = 1920
"""Longest side of a picture, pixels."""

EXTENT = 10.0
NEAR, FAR = 0.04, 60.0
"""Nearest and farthest distance drawn, metres."""

SHADOW = "shadow"
"""The segment that is a body's soft shadow on the floor."""

_SHADOW_SIZE = (0.36, 0.36, 0.016)
"""Half the sides of the soft shadow at a body's feet, and its height over the floor (above the rugs), metres."""

_CELL, _CELLS = 8, 40  # the palette texture: pixels per colour, colours per row
_FLUSH = {"water", "coffee"}


@dataclass
class CompiledHouse:
    """A MuJoCo model and where things are in it.

    Args:
        model: the compiled model; its colours and lights are edited while drawing.
        names: entity, body and room-part names, in the order of their semantic ids.
        geom_owner: for each geom, the index of its name in ``names``.
        geom_rgba: colours by design, before rooms are dimmed.
        geom_rooms: for each geom of the house itself, the rooms it is seen from; None for what moves about.
        geom_facing: for each geom, a point of its wall and the wall's direction into the room; NaN for what has none.
        doorways: geom -> the two rooms that it lies between.
        shadows: geoms that are soft shadows -> what throws them.
        shown: entity -> visual state -> geoms that are drawn only then.
        body_ids: entity or body -> MuJoCo body.
        mocap_ids: what can be moved -> row of ``mocap_pos``.
        joints: (entity, joint) -> address in ``qpos`` and its value when open (radians or metres).
        lights: entity -> its lights.
        segments: body -> segment -> row of ``mocap_pos``.
        figures: body -> the figure it was made from.
    """

    model: Any
    names: tuple[str, ...] = ()
    geom_owner: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    geom_rgba: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 4), np.float32))
    geom_rooms: list[tuple[str, ...] | None] = field(default_factory=list)
    geom_facing: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 4)))
    doorways: dict[int, tuple[str, ...]] = field(default_factory=dict)
    shadows: dict[int, str] = field(default_factory=dict)
    shown: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    body_ids: dict[str, int] = field(default_factory=dict)
    mocap_ids: dict[str, int] = field(default_factory=dict)
    joints: dict[tuple[str, str], tuple[int, float]] = field(default_factory=dict)
    lights: dict[str, list[tuple[int, Light]]] = field(default_factory=dict)
    segments: dict[str, dict[str, int]] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)

    def geoms_of(self, name: str) -> list[int]:
        """The geoms of an entity or body."""
        if name not in self.names:
            return []
        return np.flatnonzero(self.geom_owner == self.names.index(name)).tolist()


_CACHE: OrderedDict[tuple[Any, ...], tuple[Any, CompiledHouse]] = OrderedDict()
_CACHED = 6  # a few residents in a few layouts; about 20 MB each


def compile_household(household: Household, look: Look | None = None, *, figures: bool = True) -> CompiledHouse:
    """The MuJoCo model of a household; start places do not matter, so all seeds of a layout share it.

    Args:
        household: what to compile.
        look: how the resident looks.
        figures: whether to put the robot and the resident in.
    """
    key = (id(household.blueprint), look, figures)
    if key in _CACHE:
        _CACHE.move_to_end(key)
        return _CACHE[key][1]
    builder = _Builder()
    for piece, picture in _shell(household):
        builder.add_shell(piece, picture)
    for entity in household.entities.values():
        pose = entity.pose
        builder.add_thing(entity.name, entity.model.parts, entity.model.joints, entity.model.lights,
                          pose[:3], pose.heading, entity.portable, entity.room)  # fmt: skip
        if entity.portable:
            builder.add_shadow(entity.name, entity.model.footprint)
    if figures:
        from envs.residents.figures import resident_figure, robot_figure

        builder.add_figure("robot", robot_figure())
        builder.add_figure("resident", resident_figure(look or Look()))
    compiled = builder.compile()
    _CACHE[key] = (household.blueprint, compiled)  # keeps the blueprint alive, so that its id stays its own
    while len(_CACHE) > _CACHED:
        _CACHE.popitem(last=False)
    return compiled


_SHELLS: OrderedDict[int, tuple[Any, list[tuple[ShellPiece, bytes | None]]]] = OrderedDict()
_PART_MESHES: dict[int, tuple[Part, TriangleMesh]] = {}
_PARTS_KEPT = 4096


def _shell(household: Household) -> list[tuple[ShellPiece, bytes | None]]:
    """The shell of a layout with its baked pictures, kept: only the resident changes often."""
    key = id(household.blueprint)
    if key not in _SHELLS:
        found: list[tuple[ShellPiece, bytes | None]] = []
        for piece in shell_pieces(household):
            found.append((piece, None if piece.image is None else png(piece.image * piece.colour)))
        _SHELLS[key] = (household.blueprint, found)
        while len(_SHELLS) > _CACHED:
            _SHELLS.popitem(last=False)
    return _SHELLS[key][1]


def _mesh_of(part: Part) -> TriangleMesh:
    known = _PART_MESHES.get(id(part))
    if known is None:
        if len(_PART_MESHES) >= _PARTS_KEPT:
            _PART_MESHES.clear()
        known = _PART_MESHES[id(part)] = (part, part_mesh(part))  # keeps the part alive, so that its id stays its own
    return known[1]


class _Builder:
    """Gathers meshes, materials and bodies, and compiles them."""

    def __init__(self) -> None:
        import mujoco

        self.mujoco = mujoco
        self.spec = mujoco.MjSpec()
        self._palette: dict[tuple[int, int, int], int] = {}
        self._materials: dict[tuple[Any, ...], str] = {}
        self._meshes: dict[Any, str] = {}
        self._names: dict[str, int] = {}
        self._owners: list[tuple[str, tuple[str, ...] | None]] = []  # per geom, in the order of adding
        self._shown: dict[str, dict[str, list[str]]] = {}
        self._joints: list[tuple[str, str, float]] = []
        self._lights: list[tuple[str, Light, str]] = []
        self._movable: list[str] = []
        self._segments: dict[str, list[str]] = {}
        self._figures: dict[str, Any] = {}
        self._geoms: dict[str, tuple[str, tuple[str, ...] | None]] = {}
        self._facing: dict[str, tuple[float, float, float, float]] = {}
        self._shadows: list[str] = []
        self._prepare()

    def _prepare(self) -> None:
        spec, mujoco = self.spec, self.mujoco
        spec.modelname = "house"
        spec.compiler.autolimits = True
        spec.option.gravity = [0, 0, 0]
        spec.stat.extent, spec.stat.center = EXTENT, [0, 0, 0]
        visual = spec.visual
        visual.map.znear, visual.map.zfar = NEAR / EXTENT, FAR / EXTENT
        visual.quality.offsamples, visual.quality.shadowsize = 0, 0
        visual.quality.numquads = 1  # all our geoms are meshes; only the sky is drawn from slices and stacks
        visual.quality.numslices, visual.quality.numstacks = 16, 8
        visual.global_.offwidth = visual.global_.offheight = MAX_SIZE
        visual.headlight.active = 1
        visual.headlight.ambient, visual.headlight.diffuse, visual.headlight.specular = [0.58] * 3, [0.12] * 3, [0.04] * 3
        sky = spec.add_texture(name="sky", type=mujoco.mjtTexture.mjTEXTURE_SKYBOX, width=32, height=192)
        sky.builtin = mujoco.mjtBuiltin.mjBUILTIN_GRADIENT
        sky.rgb1, sky.rgb2 = [0.93, 0.91, 0.87], [0.80, 0.80, 0.80]
        # Daylight from two sides: gives every solid a light, a middle and a dark side.
        for name, direction, strength in (("key", (-0.45, -0.62, -0.9), (0.36, 0.34, 0.30)),
                                          ("fill", (0.75, 0.5, -0.45), (0.15, 0.16, 0.19))):  # fmt: skip
            spec.worldbody.add_light(name=name, type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL, pos=[0, 0, 8],
                                     dir=list(direction), diffuse=list(strength), ambient=[0, 0, 0],
                                     specular=[0.12] * 3, castshadow=False)  # fmt: skip

    # --- what is drawn

    def _colour(self, colour: Sequence[float]) -> tuple[float, float]:
        """Texture coordinate of a plain colour in the palette texture."""
        key = tuple(int(round(255 * min(1.0, max(0.0, channel)))) for channel in colour[:3])
        index = self._palette.setdefault(key, len(self._palette))  # type: ignore[arg-type]
        row, column = divmod(index, _CELLS)
        if row >= _CELLS:
            raise ValueError(f"expected at most {_CELLS**2} plain colours in one house, got more; use fewer shades")
        return ((column + 0.5) / _CELLS, 1.0 - (row + 0.5) / _CELLS)

    def _texture(self, name: str, data: bytes, channels: int = 3) -> str:
        self.spec.assets[f"{name}.png"] = data
        self.spec.add_texture(name=name, type=self.mujoco.mjtTexture.mjTEXTURE_2D, file=f"{name}.png", nchannel=channels)
        return name

    def _material(self, key: tuple[Any, ...], texture: str | None, *, rgba: Sequence[float] = (1, 1, 1, 1),
                  shine: tuple[float, float] = (0.0, 0.0), emission: float = 0.0) -> str:  # fmt: skip
        if key not in self._materials:
            name = f"m{len(self._materials)}"
            material = self.spec.add_material(name=name, rgba=list(rgba), shininess=shine[0], specular=shine[1],
                                              emission=emission, reflectance=0.0)  # fmt: skip
            if texture is not None:
                textures = material.textures
                textures[self.mujoco.mjtTextureRole.mjTEXROLE_RGB] = texture
                material.textures = textures
            self._materials[key] = name
        return self._materials[key]

    def _finish(self, material: Material) -> tuple[tuple[Any, ...], str]:
        """The group that a part is drawn with, and its MuJoCo material."""
        # Few distinct shines keep the number of drawn meshes small; the eye does not tell neighbours apart.
        shine = (round(material.shininess * 4) / 4, round(material.specular * 5) / 5)
        emission = round(material.emission, 2)
        alpha = material.colour[3]
        if material.texture is not None:
            key: tuple[Any, ...] = ("finish", material.texture, material.colour, shine, emission)
            if key not in self._materials:
                texture = self._texture(f"t{len(self._materials)}", png(finish(material.texture, material.colour[:3])))
                self._material(key, texture, rgba=(1, 1, 1, alpha), shine=shine, emission=emission)
        else:
            key = ("palette", shine, emission, round(alpha, 3))
            self._material(key, "palette", rgba=(1, 1, 1, alpha), shine=shine, emission=emission)
        return key, self._materials[key]

    def _mesh(self, mesh: TriangleMesh) -> str:
        name = f"mesh{len(self._meshes)}"
        self._meshes[name] = name
        asset = self.spec.add_mesh(name=name)
        faces = mesh.faces.reshape(-1)
        asset.uservert = mesh.vertices.astype(np.float32).ravel()
        asset.usernormal = mesh.normals.astype(np.float32).ravel()
        # MuJoCo reads pictures from their top row on.
        asset.usertexcoord = np.stack([mesh.uvs[:, 0], 1.0 - mesh.uvs[:, 1]], axis=1).astype(np.float32).ravel()
        asset.userface = asset.userfacenormal = asset.userfacetexcoord = faces
        asset.inertia = self.mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL
        return name

    def _geom(self, body: Any, mesh: str, material: str, owner: str, rooms: tuple[str, ...] | None) -> str:
        name = f"g{len(self._geoms)}"
        body.add_geom(name=name, type=self.mujoco.mjtGeom.mjGEOM_MESH, meshname=mesh, material=material,
                      contype=0, conaffinity=0, group=0, mass=0.0, rgba=[0.5, 0.5, 0.5, 1.0])  # fmt: skip
        self._names.setdefault(owner, len(self._names))
        self._geoms[name] = (owner, rooms)
        return name

    def _parts(self, parts: Iterable[Part]) -> dict[tuple[str | None, str | None, str], TriangleMesh]:
        """Parts merged by what moves them, when they are shown, and what they are painted with."""
        groups: dict[tuple[str | None, str | None, str], list[TriangleMesh]] = {}
        for part in parts:
            _, material = self._finish(part.material)
            mesh = _mesh_of(part)
            if part.material.texture is None:
                mesh = mesh.painted(self._colour(part.material.colour))
            groups.setdefault((part.joint, part.shown, material), []).append(mesh)
        return {key: merge(meshes) for key, meshes in groups.items()}

    # --- what there is

    def add_shell(self, piece: ShellPiece, picture: bytes | None) -> None:
        """Add a floor, wall, ceiling, window or door frame; ``picture`` is its image as PNG."""
        if piece.view:
            key: tuple[Any, ...] = ("view",)
            if key not in self._materials:
                self._material(key, self._texture("view", png(window_view())), emission=0.75, rgba=(1, 1, 1, 1))
            mesh = piece.mesh
        elif picture is not None:
            key = ("shell", len(self._materials))
            texture = self._texture(f"t{len(self._materials)}", picture)
            self._material(key, texture, emission=piece.glow)
            mesh = piece.mesh
        else:
            key, _ = self._finish(Material((*piece.colour, 1.0), shininess=0.0, specular=0.0, emission=piece.glow))
            mesh = piece.mesh.painted(self._colour(piece.colour))
        geom = self._geom(self.spec.worldbody, self._mesh(mesh), self._materials[key], piece.name, piece.rooms)
        if piece.facing is not None:
            self._facing[geom] = piece.facing

    def add_thing(self, name: str, parts: Sequence[Part], joints: Sequence[Any], lights: Sequence[Light],
                  position: Sequence[float], heading: float, portable: bool, room: str) -> None:  # fmt: skip
        """Add a piece of furniture (fixed) or an object (movable)."""
        mujoco = self.mujoco
        half = math.radians(heading) / 2
        body = self.spec.worldbody.add_body(name=name, pos=list(position), quat=[math.cos(half), 0, 0, math.sin(half)],
                                            mocap=portable)  # fmt: skip
        if portable:
            self._movable.append(name)
        links = {}
        for joint in joints:
            link = body.add_body(name=f"{name}:{joint.name}", explicitinertial=True, mass=1.0, inertia=[1, 1, 1])
            hinge = joint.kind == "hinge"
            kind = mujoco.mjtJoint.mjJNT_HINGE if hinge else mujoco.mjtJoint.mjJNT_SLIDE
            opening = math.radians(joint.opening) if hinge else joint.opening
            low, high = min(0.0, opening), max(0.0, opening)
            limits = [math.degrees(low), math.degrees(high)] if hinge else [low, high]
            link.add_joint(name=f"{name}:{joint.name}", type=kind, pos=list(joint.anchor), axis=list(joint.axis), range=limits)
            self._joints.append((name, joint.name, opening))
            links[joint.name] = link
        rooms = None if portable else (room,)
        for (joint_name, shown, material), mesh in self._parts(parts).items():
            owner = links[joint_name] if joint_name is not None else body
            geom = self._geom(owner, self._mesh(mesh), material, name, rooms)
            if shown is not None:
                self._shown.setdefault(name, {}).setdefault(shown, []).append(geom)
        for number, light in enumerate(lights):
            label = f"{name}:light{number}"
            body.add_light(name=label, type=mujoco.mjtLightType.mjLIGHT_POINT, pos=list(light.position), dir=[0, 0, -1],
                           diffuse=[light.strength * channel for channel in light.colour], ambient=[0, 0, 0],
                           specular=[0.05] * 3, attenuation=[1.0, 0.0, 6.0 / light.reach**2], castshadow=False,
                           active=False)  # fmt: skip
            self._lights.append((name, light, label))

    def add_shadow(self, name: str, footprint: tuple[float, float]) -> None:
        """Add the soft shadow that an object throws on what it stands on."""
        length, width = footprint
        self._blob(self.spec.body(name), name, (0.62 * length + 0.012, 0.62 * width + 0.012, 0.0025))

    def add_figure(self, name: str, figure: Any) -> None:
        """Add a body with a soft shadow, whose segments are moved one by one."""
        self.spec.worldbody.add_body(name=name, mocap=True)  # where the body is, by its own account
        self._movable.append(name)
        self._figures[name] = figure
        self._segments[name] = [*figure.segments, SHADOW]
        self._blob(self.spec.worldbody.add_body(name=f"{name}.{SHADOW}", mocap=True), name, _SHADOW_SIZE)
        for segment, parts in figure.segments.items():
            body = self.spec.worldbody.add_body(name=f"{name}.{segment}", mocap=True)
            for (_, shown, material), mesh in self._parts(parts).items():
                geom = self._geom(body, self._mesh(mesh), material, name, None)
                if shown is not None:
                    self._shown.setdefault(name, {}).setdefault(shown, []).append(geom)

    def _blob(self, root: Any, owner: str, size: tuple[float, float, float]) -> None:
        """A soft shadow under a body or an object: a rectangle whose texture fades out."""
        key = ("blob",)
        if key not in self._materials:
            y, x = (np.mgrid[0:64, 0:64] + 0.5) / 32.0 - 1.0
            fade = np.clip(1.0 - np.hypot(x, y), 0.0, 1.0)
            image = np.zeros((64, 64, 4))
            image[:, :, :3], image[:, :, 3] = (0.14, 0.10, 0.08), 0.62 * fade**1.5
            texture = self._texture("blob", png(image), channels=4)
            # Barely less than opaque: MuJoCo blends, and draws last, only what is transparent.
            self._material(key, texture, rgba=(1, 1, 1, 0.99))
        corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], dtype=np.float64)
        vertices = np.concatenate([corners * size[:2], np.full((4, 1), size[2])], axis=1)
        square = TriangleMesh(vertices, np.tile([0.0, 0.0, 1.0], (4, 1)), (corners + 1.0) / 2.0,
                              np.array([(0, 1, 2), (0, 2, 3)], dtype=np.int32))  # fmt: skip
        self._shadows.append(self._geom(root, self._mesh(square), self._materials[key], owner, None))

    def compile(self) -> CompiledHouse:
        """Compile all that was added."""
        palette = np.ones((_CELLS * _CELL, _CELLS * _CELL, 3))
        for colour, index in self._palette.items():
            row, column = divmod(index, _CELLS)
            palette[row * _CELL : (row + 1) * _CELL, column * _CELL : (column + 1) * _CELL] = np.array(colour) / 255.0
        self._texture("palette", png(palette))
        model = self.spec.compile()
        house = CompiledHouse(model, tuple(self._names))
        house.geom_owner = np.zeros(model.ngeom, np.int32)
        house.geom_rgba = np.ones((model.ngeom, 4), np.float32)
        house.geom_rooms = [None] * model.ngeom
        house.geom_facing = np.full((model.ngeom, 4), math.nan)
        ids = {name: model.geom(name).id for name in self._geoms}
        for name, (owner, rooms) in self._geoms.items():
            house.geom_owner[ids[name]] = self._names[owner]
            house.geom_rooms[ids[name]] = rooms
            house.geom_facing[ids[name]] = self._facing.get(name, (math.nan,) * 4)
            if rooms is not None and len(rooms) == 2:
                house.doorways[ids[name]] = rooms
        house.geom_rgba[:] = model.mat_rgba[model.geom_matid]
        model.geom_rgba[:] = house.geom_rgba
        house.shadows = {ids[name]: self._geoms[name][0] for name in self._shadows}
        house.shown = {owner: {state: [ids[name] for name in names] for state, names in states.items()}
                       for owner, states in self._shown.items()}  # fmt: skip
        house.body_ids = {model.body(index).name: index for index in range(1, model.nbody)}
        house.mocap_ids = {name: int(model.body_mocapid[house.body_ids[name]]) for name in self._movable}
        house.segments = {body: {segment: int(model.body_mocapid[house.body_ids[f"{body}.{segment}"]]) for segment in segments}
                          for body, segments in self._segments.items()}  # fmt: skip
        house.joints = {(entity, joint): (int(model.joint(f"{entity}:{joint}").qposadr[0]), opening)
                        for entity, joint, opening in self._joints}  # fmt: skip
        for entity, light, label in self._lights:
            house.lights.setdefault(entity, []).append((model.light(label).id, light))
        house.figures = self._figures
        return house


def showroom(models: Mapping[str, Any]) -> CompiledHouse:
    """Models side by side without a house around them, for looking at them; see ``rendering.show_model``."""
    builder = _Builder()
    offset = 0.0
    for name, model in models.items():
        builder.add_thing(name, model.parts, model.joints, model.lights, (0.0, offset, 0.0), 0.0, False, "")
        offset += model.footprint[1] + 0.3
    return builder.compile()
