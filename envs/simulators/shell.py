"""The shell of a house, for every simulator that draws: floors, walls with doors and windows, ceilings.

Floors, walls and ceilings are single sheets that face into their room. Drawn with back faces culled, a camera outside of
a room looks straight through its near walls and its ceiling: dollhouse views need no cut-away tricks. Soft contact
shadows and the sun's patches are baked into the sheets' textures, where they cost nothing to draw.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from envs.household.blueprint import DoorPlan, RoomPlan, WindowPlan
from envs.household.house import Entity, Household
from envs.household.model import Part
from envs.simulators.geometry import TriangleMesh, box, merge, part_mesh
from envs.simulators.textures import RESOLUTION, Image, blur, floor_finish

DOOR_HEIGHT = 2.05
_WALL_RESOLUTION = 48  # pixels per metre; walls are plain, only their soft shadows need resolving
_GRID = 0.6  # metres between vertices: lamps light vertices, so this is how finely a pool of light is drawn
_CASING = 0.06  # width of door and window frames, metres
_SKIRTING = 0.085
_SUN = (0.42, 0.62)  # metres that sunlight moves east and north for each metre that it falls: a late morning
_SIDES = ("south", "east", "north", "west")


@dataclass(frozen=True, slots=True)
class ShellPiece:
    """One thing that the shell is made of.

    Args:
        name: what it is called in semantic pictures (``kitchen/floor``).
        rooms: the rooms from which it is seen.
        mesh: triangles in the world, metres.
        colour: red, green, blue; multiplies ``image``.
        image: a texture over the piece's own 0..1 coordinates (v upward), or None.
        view: shows what is outside of the window, bright by itself.
        glow: 0 to 1, how much it glows by itself; stands in for light that rooms throw back and forth.
        facing: for what belongs to one wall, a point of that wall and its direction into the room (x, y each); not
            drawn for a camera behind it.
    """

    name: str
    rooms: tuple[str, ...]
    mesh: TriangleMesh
    colour: tuple[float, float, float] = (1.0, 1.0, 1.0)
    image: Image | None = field(default=None, repr=False)
    view: bool = False
    glow: float = 0.0
    facing: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class _Wall:
    """One side of a room: its line from left to right as seen from inside, and what is cut out of it."""

    room: RoomPlan
    side: str
    start: tuple[float, float]
    along: tuple[float, float]
    inward: tuple[float, float]
    length: float
    height: float
    doors: tuple[tuple[float, float], ...]  # (centre along the wall, width)
    windows: tuple[tuple[float, WindowPlan], ...]

    @property
    def facing(self) -> tuple[float, float, float, float]:
        """A point of the wall and its direction into the room."""
        return (*self.start, *self.inward)

    def point(self, u: float, z: float, inward: float = 0.0) -> tuple[float, float, float]:
        """World point ``u`` metres along the wall, ``z`` above the floor, ``inward`` metres into the room."""
        return (self.start[0] + u * self.along[0] + inward * self.inward[0],
                self.start[1] + u * self.along[1] + inward * self.inward[1], z)  # fmt: skip

    def block(self, u: tuple[float, float], z: tuple[float, float], inward: tuple[float, float]) -> TriangleMesh:
        """A box between two points of the wall's own frame."""
        low, high = np.array(self.point(u[0], z[0], inward[0])), np.array(self.point(u[1], z[1], inward[1]))
        solid = box(np.abs(high - low) / 2, bevel=0.0)
        return solid.moved(np.eye(3), tuple((low + high) / 2))


def shell_pieces(household: Household) -> list[ShellPiece]:
    """Everything that the rooms themselves are made of, in a fixed order."""
    pieces: list[ShellPiece] = []
    furniture = [entity for entity in household.entities.values() if not entity.portable]
    height = household.blueprint.wall_height
    for room in household.blueprint.rooms:
        walls = [_wall(household, room, side) for side in _SIDES]
        inside = [entity for entity in furniture if entity.room == room.name]
        pieces.append(_floor(room, walls, inside))
        pieces.append(_ceiling(room, height))
        for wall in walls:
            pieces.append(_wall_sheet(wall, inside))
            pieces += _windows(wall)
        pieces.append(_rim(room, height))
    pieces += [_door_frame(household, door) for door in household.doors]
    return pieces


def wall_of(room: RoomPlan, at: tuple[float, float]) -> str:
    """Which side of a room a point on its boundary belongs to: ``south``, ``east``, ``north`` or ``west``."""
    west, south, east, north = room.bounds
    distance = {"south": abs(at[1] - south), "east": abs(at[0] - east), "north": abs(at[1] - north), "west": abs(at[0] - west)}
    return min(distance, key=lambda side: distance[side])


def _wall(household: Household, room: RoomPlan, side: str) -> _Wall:
    west, south, east, north = room.bounds
    start, along, inward, length = {
        "south": ((east, south), (-1.0, 0.0), (0.0, 1.0), east - west),
        "east": ((east, north), (0.0, -1.0), (-1.0, 0.0), north - south),
        "north": ((west, north), (1.0, 0.0), (0.0, -1.0), east - west),
        "west": ((west, south), (0.0, 1.0), (1.0, 0.0), north - south),
    }[side]

    def offset(at: tuple[float, float]) -> float:
        return (at[0] - start[0]) * along[0] + (at[1] - start[1]) * along[1]

    doors = tuple((offset(door.at), door.width) for door in household.doors
                  if room.name in door.rooms and wall_of(room, door.at) == side)  # fmt: skip
    windows = tuple((offset(window.at), window) for window in household.blueprint.windows
                    if window.room == room.name and wall_of(room, window.at) == side)  # fmt: skip
    return _Wall(room, side, start, along, inward, length, household.blueprint.wall_height, doors, windows)


def _ticks(low: float, high: float, extra: Iterable[float], step: float) -> NDArray[np.float64]:
    """Grid lines from ``low`` to ``high``, about ``step`` apart, that include all of ``extra``."""
    marks = sorted({low, high, *(value for value in extra if low < value < high)})
    lines = [low]
    for first, second in zip(marks, marks[1:], strict=False):
        count = max(1, round((second - first) / step))
        lines += [first + (second - first) * (i + 1) / count for i in range(count)]
    return np.array(lines)


def _sheet(us: NDArray[np.float64], vs: NDArray[np.float64], keep: NDArray[np.bool_] | None = None) -> TriangleMesh:
    """A flat grid in x and y facing up, with texture coordinates from 0 to 1; ``keep`` says which cells exist."""
    grid_u, grid_v = np.meshgrid(us, vs)
    vertices = np.stack([grid_u.ravel(), grid_v.ravel(), np.zeros(grid_u.size)], axis=1)
    low, high = np.array([us[0], vs[0]]), np.array([us[-1], vs[-1]])
    faces = []
    for j in range(len(vs) - 1):
        for i in range(len(us) - 1):
            if keep is None or keep[j, i]:
                a = j * len(us) + i
                b, c, d = a + 1, a + 1 + len(us), a + len(us)
                faces += [(a, b, c), (a, c, d)]
    normals = np.tile([0.0, 0.0, 1.0], (len(vertices), 1))
    return TriangleMesh(vertices, normals, (vertices[:, :2] - low) / (high - low), np.array(faces, dtype=np.int32))


def _floor(room: RoomPlan, walls: list[_Wall], furniture: list[Entity]) -> ShellPiece:
    west, south, east, north = room.bounds
    mesh = _sheet(_ticks(west, east, (), _GRID), _ticks(south, north, (), _GRID))
    colour, pattern = floor_finish(room.floor)
    width, height = (max(8, round(side * RESOLUTION)) for side in (east - west, north - south))
    image = pattern(height, width, f"{room.name}:{room.floor}") * np.asarray(colour)
    image = image * _sunlight(room, walls, height, width)
    image = image * _contact_shadows(room, furniture, height, width)[:, :, None]
    return ShellPiece(f"{room.name}/floor", (room.name,), mesh, image=image)


def _pixel(room: RoomPlan, x: float, y: float) -> tuple[float, float]:
    return ((x - room.bounds[0]) * RESOLUTION, (room.bounds[3] - y) * RESOLUTION)


def _fill(height: int, width: int, polygons: Iterable[list[tuple[float, float]]]) -> NDArray[np.float64]:
    from PIL import Image as Pictures
    from PIL import ImageDraw

    canvas = Pictures.new("L", (width, height))
    draw = ImageDraw.Draw(canvas)
    for polygon in polygons:
        draw.polygon(polygon, fill=255)
    return np.asarray(canvas, dtype=np.float64) / 255.0


def _sunlight(room: RoomPlan, walls: list[_Wall], height: int, width: int) -> Image:
    """Factors of light on the floor: patches of sun behind the windows that it reaches, a glow behind the others."""
    light = np.ones((height, width, 3))
    for wall in walls:
        for centre, window in wall.windows:
            half = window.width / 2
            if wall.inward[0] * _SUN[0] + wall.inward[1] * _SUN[1] > 0:
                panes = []
                for left, right in ((centre - half + _CASING, centre - 0.02), (centre + 0.02, centre + half - _CASING)):
                    polygon = []
                    for u, z in ((left, window.sill), (right, window.sill),
                                 (right, window.sill + window.height), (left, window.sill + window.height)):  # fmt: skip
                        x, y, _ = wall.point(u, 0.0)
                        polygon.append(_pixel(room, x + _SUN[0] * z, y + _SUN[1] * z))
                    panes.append(polygon)
                patch = blur(_fill(height, width, panes), 0.025 * RESOLUTION)
                light += patch[:, :, None] * np.array([0.26, 0.21, 0.11])
            fan = ((centre - half, 0.1), (centre + half, 0.1), (centre + half * 1.3, 1.5), (centre - half * 1.3, 1.5))
            corners = [wall.point(u, 0.0, depth) for u, depth in fan]
            glow = blur(_fill(height, width, [[_pixel(room, x, y) for x, y, _ in corners]]), 0.4 * RESOLUTION)
            light += 0.10 * glow[:, :, None]
    return light


def _contact_shadows(room: RoomPlan, furniture: list[Entity], height: int, width: int) -> NDArray[np.float64]:
    """Factors of shadow on the floor: along the walls and under what stands there, softer the higher it hangs."""
    y, x = (np.mgrid[0:height, 0:width] + 0.5) / RESOLUTION
    edge = np.minimum(np.minimum(x, x[:, ::-1]), np.minimum(y, y[::-1, :]))
    shade = 1.0 - 0.22 * np.exp(-edge / 0.10) - 0.10 * np.exp(-edge / 0.45)
    levels: list[tuple[float, list[list[tuple[float, float]]]]] = [(0.10, []), (0.40, []), (0.95, [])]
    for entity in furniture:
        for part in entity.model.parts:
            outline, bottom, thickness = _outline(entity, part)
            if part.material.colour[3] < 0.9 or part.shown not in (None, "off") or thickness < 0.004:
                continue
            for ceiling, polygons in levels:
                if bottom < ceiling:
                    polygons.append([_pixel(room, px, py) for px, py in outline])
                    break
    for (ceiling, polygons), strength in zip(levels, (0.45, 0.28, 0.15), strict=True):
        if polygons:
            shade *= 1.0 - strength * blur(_fill(height, width, polygons), (0.035 + 0.16 * ceiling) * RESOLUTION)
    return np.asarray(shade)


def _outline(entity: Entity, part: Part) -> tuple[list[tuple[float, float]], float, float]:
    """A part seen from above: its convex outline in the world, the height of its lowest point, and its thickness."""
    from scipy.spatial import ConvexHull, QhullError

    points = part_mesh(part).vertices
    low, high = float(points[:, 2].min()), float(points[:, 2].max())
    try:
        rim = points[ConvexHull(points[:, :2]).vertices]
    except QhullError:
        rim = points[:1]
    return [entity.pose.world(px, py)[:2] for px, py, _ in rim], entity.pose.z + low, high - low


def _ceiling(room: RoomPlan, height: float) -> ShellPiece:
    west, south, east, north = room.bounds
    flat = _sheet(_ticks(west, east, (), 1.0), _ticks(south, north, (), 1.0))
    mesh = TriangleMesh(flat.vertices + [0.0, 0.0, height], -flat.normals, flat.uvs, flat.faces[:, ::-1])
    return ShellPiece(f"{room.name}/ceiling", (room.name,), mesh, (0.97, 0.96, 0.93), glow=0.24)


def _wall_sheet(wall: _Wall, furniture: list[Entity]) -> ShellPiece:
    from envs.household.models.materials import rgb

    holes = [(centre - width / 2, centre + width / 2, -1.0, DOOR_HEIGHT) for centre, width in wall.doors]
    holes += [(centre - w.width / 2, centre + w.width / 2, w.sill, w.sill + w.height) for centre, w in wall.windows]
    us = _ticks(0.0, wall.length, [edge for hole in holes for edge in hole[:2]], _GRID)
    zs = _ticks(0.0, wall.height, [edge for hole in holes for edge in hole[2:]], _GRID)
    keep = np.ones((len(zs) - 1, len(us) - 1), dtype=np.bool_)
    for left, right, bottom, top in holes:
        middle_u, middle_z = (us[:-1] + us[1:]) / 2, (zs[:-1] + zs[1:]) / 2
        keep &= ~(((middle_u > left) & (middle_u < right))[None, :] & ((middle_z > bottom) & (middle_z < top))[:, None])
    flat = _sheet(us, zs, keep)
    points = np.array([wall.point(u, z) for u, z, _ in flat.vertices])
    normal = np.array([*wall.inward, 0.0])
    mesh = TriangleMesh(points, np.tile(normal, (len(points), 1)), flat.uvs, flat.faces)
    return ShellPiece(f"{wall.room.name}/wall", (wall.room.name,), mesh,
                      image=_wall_image(wall, furniture, rgb(wall.room.wall)), glow=0.16, facing=wall.facing)  # fmt: skip


def _wall_image(wall: _Wall, furniture: list[Entity], colour: tuple[float, float, float]) -> Image:
    width, height = (max(8, round(side * _WALL_RESOLUTION)) for side in (wall.length, wall.height))
    z, u = (np.mgrid[0:height, 0:width] + 0.5) / _WALL_RESOLUTION
    z = wall.height - z
    corner = np.minimum(u, wall.length - u)
    shade = 1.0 - 0.13 * np.exp(-corner / 0.16) - 0.07 * np.exp(-corner / 0.6)
    shade *= 1.0 - 0.10 * np.exp(-(wall.height - z) / 0.18) - 0.08 * np.exp(-z / 0.35)
    near = []
    for entity in furniture:
        length, breadth = entity.model.footprint
        corners = [entity.pose.world(sx * length / 2, sy * breadth / 2) for sx in (-1, 1) for sy in (-1, 1)]
        offsets = [((x - wall.start[0]) * wall.inward[0] + (y - wall.start[1]) * wall.inward[1]) for x, y, _ in corners]
        spans = [((x - wall.start[0]) * wall.along[0] + (y - wall.start[1]) * wall.along[1]) for x, y, _ in corners]
        if min(offsets) < 0.15:
            top, bottom = (wall.height - value for value in (entity.pose.z + entity.model.height, entity.pose.z))
            near.append([(s * _WALL_RESOLUTION, t * _WALL_RESOLUTION) for s, t in (
                (min(spans), top), (max(spans), top), (max(spans), bottom), (min(spans), bottom))])  # fmt: skip
    if near:
        shade *= 1.0 - 0.20 * blur(_fill(height, width, near), 0.09 * _WALL_RESOLUTION)
    image = shade[:, :, None] * np.asarray(colour)
    skirting = (z < _SKIRTING)[:, :, None]
    line = ((z >= _SKIRTING) & (z < _SKIRTING + 0.025))[:, :, None]
    image = np.where(skirting, shade[:, :, None] * np.array([0.97, 0.95, 0.91]), np.where(line, image * 0.80, image))
    return np.asarray(image)


def _windows(wall: _Wall) -> Iterator[ShellPiece]:
    """Frame, sill board and bright pane of each window of a wall."""
    for centre, window in wall.windows:
        left, right = centre - window.width / 2, centre + window.width / 2
        bottom, top = window.sill, window.sill + window.height
        depth, bar = (-0.10, 0.025), 0.022
        frame = merge([
            wall.block((left - 0.01, left + _CASING), (bottom, top), depth),
            wall.block((right - _CASING, right + 0.01), (bottom, top), depth),
            wall.block((left - 0.01, right + 0.01), (top - _CASING, top + 0.01), depth),
            wall.block((left - 0.01, right + 0.01), (bottom - 0.01, bottom + _CASING), depth),
            wall.block((centre - bar, centre + bar), (bottom, top), (-0.09, -0.03)),
            wall.block((left - 0.06, right + 0.06), (bottom - 0.035, bottom), (-0.02, 0.12)),
        ])  # fmt: skip
        name = f"{wall.room.name}/window"
        yield ShellPiece(name, (wall.room.name,), frame, (0.98, 0.97, 0.94), glow=0.10, facing=wall.facing)
        pane = _sheet(np.array([left, right]), np.array([bottom, top]))
        points = np.array([wall.point(u, z, -0.07) for u, z, _ in pane.vertices])
        normals = np.tile([*wall.inward, 0.0], (len(points), 1))
        yield ShellPiece(name, (wall.room.name,), TriangleMesh(points, normals, pane.uvs, pane.faces), view=True,
                         facing=wall.facing)  # fmt: skip


def _rim(room: RoomPlan, height: float) -> ShellPiece:
    """What only a view from above shows: the tops of the walls, and the edge of the slab below the floor."""
    west, south, east, north = room.bounds
    half, slab = 0.05, -0.14
    strips = [(west - half, south - half, east + half, south), (west - half, north, east + half, north + half),
              (west - half, south, west, north), (east, south, east + half, north)]  # fmt: skip
    tops = [_sheet(np.array([a, c]), np.array([b, d])).moved(np.eye(3), (0.0, 0.0, height)) for a, b, c, d in strips]
    base = box(((east - west) / 2 + half, (north - south) / 2 + half, -slab / 2 - 0.002), bevel=0.0)
    base = base.moved(np.eye(3), ((west + east) / 2, (south + north) / 2, slab / 2 - 0.002))
    return ShellPiece(f"{room.name}/slab", (), merge([*tops, base]), (0.36, 0.33, 0.31))


def _door_frame(household: Household, door: DoorPlan) -> ShellPiece:
    """The casing of an opening, through both rooms' walls."""
    first, second = (household.rooms[name] for name in door.rooms)
    side = wall_of(first, door.at)
    wall = _wall(household, first, side)
    centre = (door.at[0] - wall.start[0]) * wall.along[0] + (door.at[1] - wall.start[1]) * wall.along[1]
    edges = {"south": (first.bounds[1], second.bounds[3]), "north": (first.bounds[3], second.bounds[1]),
             "west": (first.bounds[0], second.bounds[2]), "east": (first.bounds[2], second.bounds[0])}[side]  # fmt: skip
    gap = abs(edges[0] - edges[1])
    depth = (-gap - 0.035, 0.035)
    left, right = centre - door.width / 2, centre + door.width / 2
    blocks = [
        wall.block((left - _CASING, left + 0.005), (0.0, DOOR_HEIGHT + _CASING), depth),
        wall.block((right - 0.005, right + _CASING), (0.0, DOOR_HEIGHT + _CASING), depth),
        wall.block((left - _CASING, right + _CASING), (DOOR_HEIGHT - 0.005, DOOR_HEIGHT + _CASING), depth),
        wall.block((left, right), (0.0, 0.006), (-gap - 0.03, 0.03)),
    ]
    name = f"{door.rooms[0]}/{door.rooms[1]}/doorway"
    return ShellPiece(name, door.rooms, merge(blocks), (0.95, 0.93, 0.88), glow=0.10)
