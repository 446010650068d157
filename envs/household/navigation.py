"""Navigation: where a body can stand in a household, and the shortest way there.

* :func:`navigation_grid`: the occupancy grid of a household's layout, built once per blueprint;
* :class:`NavigationGrid`: shortest paths (scipy's Dijkstra, one solve per goal) straightened by line of sight, and
  standing points from which a hand reaches a thing.

Clearances are exact distances to walls and to the rotated footprints of furniture, not eroded bitmaps, so a grid
that is coarse enough to be fast is still true to the layout.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from envs.household.blueprint import Blueprint
from envs.household.house import Entity, FloorPlan, Household
from envs.household.model import Pose

Point = tuple[float, float]
Circle = tuple[float, float, float]
"""Middle and radius, metres."""

RESOLUTION = 0.08
"""Edge of a grid cell, metres."""
BODY_RADIUS = 0.22
"""Half the width of a walking body, metres; the narrowest of interior doors leaves 0.2 m to spare."""
WALL_HALF_THICKNESS = 0.06
"""Half of what a wall takes up on either side of the line between two rooms, metres."""
OVERHEAD = 1.2
"""Things whose underside hangs higher than this do not block the way, metres."""
REACH = 0.8
"""How far a hand reaches horizontally from where the body stands, metres."""
SEAT_REACH = 0.8
"""How far from a seat one may stand to sit down on it (a step back and down), metres."""
ELBOW_ROOM = 0.36
"""Distance from furniture and walls at which one works with ease, metres; nearer, the hands go into the wall."""
SWING_ROOM = 0.16
"""How far beyond the reach of a swinging door one stands, metres: half the depth of a body."""
PERSONAL_SPACE = 0.45
"""Distance that a walker keeps from the other body where there is room, metres."""
SQUEEZE = 0.30
"""Distance it still passes at where there is none, metres."""
STEP_ASIDE = 1.6
"""How far a body goes to let the other pass, metres."""
SNAP = 0.7
"""A body may start this far off the free floor (risen from a seat, pushed against furniture), metres."""

_PATHS_KEPT = 50_000
_SOLVES_KEPT = 600


class Path(NamedTuple):
    """A way: its corner points from start to goal, and its length in metres."""

    points: tuple[Point, ...]
    length: float


class StandingPoint(NamedTuple):
    """Where to stand, and where to face (degrees counter-clockwise from east)."""

    x: float
    y: float
    heading: float

    @property
    def point(self) -> Point:
        """The place without the direction."""
        return (self.x, self.y)


class NavigationGrid:
    """The free floor of a layout.

    The grid knows walls, doors and furniture. It does not know objects (they stand on furniture) nor bodies (they
    move): the other body is passed to each question as ``avoid``.

    Args:
        household: any household of the layout; only its blueprint and furniture are read.
        resolution, radius: see :data:`RESOLUTION` and :data:`BODY_RADIUS`.

    Example:
        >>> from envs.household import build_household
        >>> grid = navigation_grid(build_household("maple"))
        >>> grid.path((0.0, 0.0), (1e9, 1e9)) is None
        True
    """

    def __init__(self, household: Household, *, resolution: float = RESOLUTION, radius: float = BODY_RADIUS) -> None:
        self.resolution = resolution
        self.radius = radius
        rooms = household.blueprint.rooms
        self._west = min(room.bounds[0] for room in rooms)
        self._south = min(room.bounds[1] for room in rooms)
        columns = math.ceil((max(room.bounds[2] for room in rooms) - self._west) / resolution)
        rows = math.ceil((max(room.bounds[3] for room in rooms) - self._south) / resolution)
        self.shape = (columns, rows)
        x = self._west + (np.arange(columns) + 0.5) * resolution
        y = self._south + (np.arange(rows) + 0.5) * resolution
        self._x, self._y = np.meshgrid(x, y, indexing="ij")
        self._room_names = tuple(room.name for room in rooms)
        self._rooms = self._label_rooms(household)
        self.clearance = self._clearances(household)
        self.free: NDArray[np.bool_] = self._main_floor(self.clearance >= radius)
        self._floor = self.free.tobytes()
        self._free_cells = np.flatnonzero(self.free)
        self._free_x, self._free_y = self._x[self.free], self._y[self.free]
        self._free_rooms = self._rooms[self.free]
        self._cramped = np.maximum(ELBOW_ROOM - self.clearance[self.free], 0.0)
        self._node = np.full(columns * rows, -1, dtype=np.int32)
        self._node[self._free_cells] = np.arange(len(self._free_cells), dtype=np.int32)
        self._graph = self._build_graph()
        self._solves: OrderedDict[int, tuple[NDArray[np.float32], NDArray[np.int32]]] = OrderedDict()
        self._paths: dict[tuple[Point, Point, Point | None], Path | None] = {}
        self._stands: dict[Any, StandingPoint | None] = {}
        self._snapped: dict[Point, int] = {}

    # -- the floor -----------------------------------------------------------------------------------------------

    def is_free(self, point: Point) -> bool:
        """Whether a body fits at the point, and can get there."""
        cell = self._cell(point)
        return cell is not None and bool(self.free[cell])

    def point(self, column: int, row: int) -> Point:
        """The middle of a cell."""
        return (float(self._x[column, row]), float(self._y[column, row]))

    def room_at(self, point: Point) -> str | None:
        """The room of the grid's cell at the point, or None outside of all rooms."""
        cell = self._cell(point)
        index = -1 if cell is None else int(self._rooms[cell])
        return self._room_names[index] if index >= 0 else None

    def room_centre(self, room: str) -> Point | None:
        """The free place closest to the middle of a room, or None if the room has no free floor."""
        index = self._room_names.index(room)
        inside = self._free_rooms == index
        if not inside.any():
            return None
        bounds_x, bounds_y = self._x[self._rooms == index], self._y[self._rooms == index]
        offset = np.hypot(self._free_x - bounds_x.mean(), self._free_y - bounds_y.mean())
        best = int(np.argmin(np.where(inside, offset, np.inf)))
        return (float(self._free_x[best]), float(self._free_y[best]))

    def free_distance(self, start: Point, heading: float, limit: float, avoid: Point | None = None) -> float:
        """How far one can go straight ahead from ``start``, at most ``limit`` metres."""
        step = self.resolution / 2
        count = max(1, round(limit / step))
        along = np.linspace(limit / count, limit, count)
        angle = math.radians(heading)
        x, y = start[0] + along * math.cos(angle), start[1] + along * math.sin(angle)
        blocked = ~self._free_at(x, y)
        if avoid is not None:
            blocked |= np.hypot(x - avoid[0], y - avoid[1]) < PERSONAL_SPACE
        return limit if not blocked.any() else float(along[int(np.argmax(blocked))] - limit / count)

    def sees(self, start: Point, goal: Point) -> bool:
        """Whether the straight way between two points is free."""
        # A plain loop over bytes: it stops at the first wall, and is several times faster than arrays of this size.
        columns, rows, size, floor = self.shape[0], self.shape[1], self.resolution, self._floor
        x, y = (start[0] - self._west) / size, (start[1] - self._south) / size
        dx, dy = (goal[0] - start[0]) / size, (goal[1] - start[1]) / size
        count = max(1, math.ceil(2.0 * math.hypot(dx, dy)))
        dx, dy = dx / count, dy / count
        for _ in range(count + 1):
            if not (0.0 <= x < columns and 0.0 <= y < rows and floor[int(x) * rows + int(y)]):
                return False
            x += dx
            y += dy
        return True

    # -- ways ----------------------------------------------------------------------------------------------------

    def path(self, start: Point, goal: Point, avoid: Point | None = None) -> Path | None:
        """The shortest way, or None if there is none.

        Args:
            start: where the body stands; may lie up to :data:`SNAP` off the free floor.
            goal: where it wants to go.
            avoid: where the other body stands. The way keeps :data:`PERSONAL_SPACE` from it, or at least
                :data:`SQUEEZE` where there is no room; None is returned if it blocks the only way.
        """
        key = (start, goal, avoid)
        try:
            return self._paths[key]
        except KeyError:
            pass
        found = self._find_path(start, goal)
        if found is not None and avoid is not None and self._passes(found, avoid, PERSONAL_SPACE):
            found = self._find_path_around(start, goal, avoid)
        if len(self._paths) >= _PATHS_KEPT:
            self._paths.clear()
        self._paths[key] = found
        return found

    def distance(self, start: Point, goal: Point) -> float:
        """Walking distance in metres as the grid has it (within a few percent of :meth:`path`), inf if unreachable."""
        source, target = self._snap(start), self._snap(goal)
        if source < 0 or target < 0:
            return math.inf
        return float(self._solve(target)[0][source])

    def place_aside(self, point: Point, path: Path) -> Point | None:
        """Where someone at ``point`` steps to let another walk along ``path``; None if there is nowhere near."""
        x, y = self._free_x, self._free_y
        apart = np.hypot(x - point[0], y - point[1])
        clear = np.minimum.reduce([_distance_to_segment(x, y, a, b) for a, b in zip(path.points, path.points[1:], strict=False)]
                                  or [np.hypot(x - path.points[0][0], y - path.points[0][1])])  # fmt: skip
        candidates = np.flatnonzero((apart <= STEP_ASIDE) & (clear >= PERSONAL_SPACE))
        for index in candidates[np.argsort(apart[candidates], kind="stable")]:
            place = (float(x[index]), float(y[index]))
            if self.sees(point, place):
                return place
        return None

    # -- places to stand -----------------------------------------------------------------------------------------

    def standing_point(
        self,
        target: Point,
        frame: Pose,
        half: Point,
        room: str | None,
        *,
        reach: float = REACH,
        front: float = 0.6,
        around: bool = False,
        avoid: Point | None = None,
        swing: Circle | None = None,
    ) -> StandingPoint | None:
        """Where to stand to work something: free, within reach, in front of what carries it, facing it.

        Args:
            target: the point to be reached.
            frame: pose of the piece that must be approached from its front (+x) side.
            half: half of its length and width, metres.
            room: the room to stand in (nobody reaches through a wall); None for any.
            reach: how far the hand reaches horizontally, metres.
            front: how many metres closer a place beside or behind must be to beat one in front.
            around: measure reach from the piece's footprint rather than from ``target`` (a bed is reached at its edge).
            avoid: where the other body stands.
            swing: hinge and width of a door that opens there; where there is room one stands out of its way.

        Returns:
            The best place, or None if there is none; the same question always gives the same place.
        """
        key = (target, frame, half, room, reach, front, around, avoid, swing)
        try:
            return self._stands[key]
        except KeyError:
            pass
        found = None
        for space in (PERSONAL_SPACE, SQUEEZE) if avoid is not None else (0.0,):
            found = self._find_standing_point(target, frame, half, room, reach, front, around, avoid, swing, space)
            if found is not None:
                break
        if len(self._stands) >= _PATHS_KEPT:
            self._stands.clear()
        self._stands[key] = found
        return found

    def _find_standing_point(
        self,
        target: Point,
        frame: Pose,
        half: Point,
        room: str | None,
        reach: float,
        front: float,
        around: bool,
        avoid: Point | None,
        swing: Circle | None,
        space: float,
    ) -> StandingPoint | None:
        x, y = self._free_x, self._free_y
        angle = math.radians(frame.heading)
        cos, sin = math.cos(angle), math.sin(angle)
        local_x = cos * (x - frame.x) + sin * (y - frame.y)
        local_y = -sin * (x - frame.x) + cos * (y - frame.y)
        offset = np.hypot(x - target[0], y - target[1])
        edge = np.hypot(np.maximum(np.abs(local_x) - half[0], 0.0), np.maximum(np.abs(local_y) - half[1], 0.0))
        allowed = (edge if around else offset) <= reach
        if room is not None and room in self._room_names:
            allowed &= self._free_rooms == self._room_names.index(room)
        if avoid is not None:
            allowed &= np.hypot(x - avoid[0], y - avoid[1]) >= space
        if not allowed.any():
            return None
        # As near as one works with ease, in front of it; what is off to the side costs a little.
        target_y = frame.local(target[0], target[1])[1]
        score = offset + 0.25 * np.abs(local_y - target_y) + np.where(local_x < half[0], front, 0.0) + 2.0 * self._cramped
        if swing is not None:
            score += 5.0 * np.maximum(swing[2] + SWING_ROOM - np.hypot(x - swing[0], y - swing[1]), 0.0)
        best = int(np.argmin(np.where(allowed, score, np.inf)))
        place = (float(x[best]), float(y[best]))
        heading = math.degrees(math.atan2(target[1] - place[1], target[0] - place[0])) % 360.0
        return StandingPoint(place[0], place[1], heading)

    # -- building ------------------------------------------------------------------------------------------------

    def _label_rooms(self, household: Household) -> NDArray[np.int16]:
        if household.floor is not None:
            return self._sample(household.floor)
        labels = np.full(self.shape, -1, dtype=np.int16)
        for index, room in enumerate(household.blueprint.rooms):
            west, south, east, north = room.bounds
            labels[(self._x >= west) & (self._x <= east) & (self._y >= south) & (self._y <= north)] = index
        return labels

    def _sample(self, floor: FloorPlan) -> NDArray[np.int16]:
        """A floor plan's rooms at the grid's cells."""
        column = np.floor((self._x - floor.west) / floor.resolution).astype(int)
        row = np.floor((self._y - floor.south) / floor.resolution).astype(int)
        columns, rows = floor.rooms.shape
        inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        labels = np.full(self.shape, -1, dtype=np.int16)
        labels[inside] = floor.rooms[column[inside], row[inside]]
        return labels

    def _clearances_on(self, floor: FloorPlan, household: Household) -> NDArray[np.float32]:
        """Distances to where a floor plan has no floor, and to what was put on it since."""
        from scipy import ndimage

        padded = np.pad(floor.rooms >= 0, 1)
        apart = ndimage.distance_transform_edt(padded)[1:-1, 1:-1] * floor.resolution
        column = np.clip(((self._x - floor.west) / floor.resolution).astype(int), 0, floor.rooms.shape[0] - 1)
        row = np.clip(((self._y - floor.south) / floor.resolution).astype(int), 0, floor.rooms.shape[1] - 1)
        # Half a cell less: the edge of the floor lies between the last cell that has floor and the first that has none.
        clear = np.where(self._rooms >= 0, apart[column, row] - floor.resolution / 2, 0.0)
        for entity in household.entities.values():
            if blocks_the_way(entity) and entity.name not in floor.standing:
                clear = np.minimum(clear, _distance_to_footprint(self._x, self._y, entity))
        result: NDArray[np.float32] = np.maximum(clear, 0.0).astype(np.float32)
        return result

    def _clearances(self, household: Household) -> NDArray[np.float32]:
        if household.floor is not None:
            return self._clearances_on(household.floor, household)
        clear = np.full(self.shape, np.inf)
        indoors = self._rooms >= 0
        for door in household.doors:
            along = _wall_direction(household, door)
            dx, dy = np.abs(self._x - door.at[0]), np.abs(self._y - door.at[1])
            lengthwise, across = (dx, dy) if along == "x" else (dy, dx)
            indoors |= (lengthwise <= door.width / 2) & (across <= 0.3)
        for first, last in wall_segments(household):
            clear = np.minimum(clear, _distance_to_segment(self._x, self._y, first, last) - WALL_HALF_THICKNESS)
        for entity in household.entities.values():
            if blocks_the_way(entity):
                clear = np.minimum(clear, _distance_to_footprint(self._x, self._y, entity))
        clear[~indoors] = 0.0
        result: NDArray[np.float32] = np.maximum(clear, 0.0).astype(np.float32)
        return result

    @staticmethod
    def _main_floor(free: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The largest connected piece of the free floor: the pockets behind furniture are of no use."""
        from scipy import ndimage

        labels, count = ndimage.label(free)
        if count == 0:
            raise ValueError("expected a layout with free floor, got none; check the furniture's places")
        sizes = np.bincount(labels.ravel())
        sizes[0] = 0
        main: NDArray[np.bool_] = labels == int(np.argmax(sizes))
        return main

    def _build_graph(self) -> Any:
        from scipy.sparse import csr_matrix

        columns, rows = self.shape
        node = self._node.reshape(self.shape)
        sources, targets, weights = [], [], []
        for dx, dy in ((1, 0), (0, 1), (1, 1), (1, -1)):
            a = (slice(0, columns - dx), slice(max(0, -dy), rows - max(0, dy)))
            b = (slice(dx, columns), slice(max(0, dy), rows + min(0, dy)))
            linked = self.free[a] & self.free[b]
            if dx and dy:  # no cutting of corners
                linked &= self.free[b[0], a[1]] & self.free[a[0], b[1]]
            sources.append(node[a][linked])
            targets.append(node[b][linked])
            weights.append(np.full(int(linked.sum()), self.resolution * math.hypot(dx, dy)))
        size = len(self._free_cells)
        edges = csr_matrix((np.concatenate(weights), (np.concatenate(sources), np.concatenate(targets))), shape=(size, size))
        return edges + edges.T

    # -- finding -------------------------------------------------------------------------------------------------

    def _cell(self, point: Point) -> tuple[int, int] | None:
        if not (math.isfinite(point[0]) and math.isfinite(point[1])):
            return None
        column = math.floor((point[0] - self._west) / self.resolution)
        row = math.floor((point[1] - self._south) / self.resolution)
        if 0 <= column < self.shape[0] and 0 <= row < self.shape[1]:
            return column, row
        return None

    def _free_at(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
        column = np.floor((x - self._west) / self.resolution).astype(int)
        row = np.floor((y - self._south) / self.resolution).astype(int)
        inside = (column >= 0) & (column < self.shape[0]) & (row >= 0) & (row < self.shape[1])
        free = np.zeros(len(column), dtype=bool)
        free[inside] = self.free[column[inside], row[inside]]
        return free

    def _snap(self, point: Point) -> int:
        """The graph node at, or closest to, a point; -1 if the free floor is too far away."""
        node = self._snapped.get(point)
        if node is None:
            node = -1
            cell = self._cell(point)
            if cell is not None and self.free[cell]:
                node = int(self._node[cell[0] * self.shape[1] + cell[1]])
            elif math.isfinite(point[0] + point[1]):
                offset = np.hypot(self._free_x - point[0], self._free_y - point[1])
                best = int(np.argmin(offset))
                node = best if offset[best] <= SNAP else -1
            if len(self._snapped) >= _PATHS_KEPT:
                self._snapped.clear()
            self._snapped[point] = node
        return node

    def _solve(self, target: int) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """Distances to, and next nodes toward, a target node, for every node."""
        solved = self._solves.get(target)
        if solved is None:
            solved = _dijkstra(self._graph, target)
            self._solves[target] = solved
            if len(self._solves) > _SOLVES_KEPT:
                self._solves.popitem(last=False)
        return solved

    def _find_path(self, start: Point, goal: Point) -> Path | None:
        source, target = self._snap(start), self._snap(goal)
        if source < 0 or target < 0:
            return None
        distances, following = self._solve(target)
        if not np.isfinite(distances[source]):
            return None
        return self._straighten(start, goal, source, target, following, None)

    def _find_path_around(self, start: Point, goal: Point, avoid: Point) -> Path | None:
        source, target = self._snap(start), self._snap(goal)
        apart = np.hypot(self._free_x - avoid[0], self._free_y - avoid[1])
        for space in (PERSONAL_SPACE, SQUEEZE):
            # Whoever already stands closer than that may step away, but not through.
            open_nodes = (apart >= space) | (apart >= apart[source]) if apart[source] < space else apart >= space
            if not open_nodes[target]:
                continue
            keep = np.flatnonzero(open_nodes)
            renumber = np.full(len(open_nodes), -1, dtype=np.int64)
            renumber[keep] = np.arange(len(keep))
            if renumber[source] < 0:
                continue
            distances, following = _dijkstra(self._graph[keep][:, keep], int(renumber[target]))
            if np.isfinite(distances[renumber[source]]):
                whole = np.full(len(open_nodes), -1, dtype=np.int32)
                whole[keep] = np.where(following >= 0, keep[np.maximum(following, 0)], -1)
                return self._straighten(start, goal, source, target, whole, (avoid, space))
        return None

    def _straighten(
        self,
        start: Point,
        goal: Point,
        source: int,
        target: int,
        following: NDArray[np.int32],
        avoid: tuple[Point, float] | None,
    ) -> Path:
        nodes = [source]
        while nodes[-1] != target:
            nodes.append(int(following[nodes[-1]]))
        cells: list[Point] = [(float(self._free_x[node]), float(self._free_y[node])) for node in nodes]
        # The true ends replace the first and last cell, unless they lie off the free floor.
        if self.is_free(start):
            cells[0] = start
        if self.is_free(goal):
            cells[-1 if len(cells) > 1 else 0] = goal
            if len(cells) == 1 and start != goal:
                cells = [start, goal]
        points = [cells[0]]
        position = 0
        while position < len(cells) - 1:
            position = self._farthest(cells, position, avoid)
            points.append(cells[position])
        position = 1
        while position < len(points) - 1:  # corners that turned out to be none
            if self._may_go(points[position - 1], points[position + 1], avoid):
                del points[position]
            else:
                position += 1
        if points[0] != start:
            points.insert(0, start)
        length = sum(math.dist(a, b) for a, b in zip(points, points[1:], strict=False))
        return Path(tuple(points), length)

    def _farthest(self, cells: list[Point], position: int, avoid: tuple[Point, float] | None) -> int:
        """How far along a way one can go straight from a place on it: doubling steps, then halving."""
        last = len(cells) - 1
        seen, step = position + 1, 2
        while seen < last and self._may_go(cells[position], cells[min(position + step, last)], avoid):
            seen, step = min(position + step, last), step * 2
        hidden = min(position + step, last + 1)
        while hidden - seen > 1:
            middle = (seen + hidden) // 2
            if self._may_go(cells[position], cells[middle], avoid):
                seen = middle
            else:
                hidden = middle
        return seen

    def _may_go(self, start: Point, goal: Point, avoid: tuple[Point, float] | None) -> bool:
        if avoid is not None and _distance_to_leg(avoid[0], start, goal) < avoid[1]:
            return False
        return self.sees(start, goal)

    @staticmethod
    def _passes(path: Path, point: Point, space: float) -> bool:
        """Whether a path comes closer to a point than ``space``, beyond where it starts."""
        space = min(space, math.dist(path.points[0], point) + 1e-9)
        return any(_distance_to_leg(point, a, b) < space - 1e-6 for a, b in zip(path.points, path.points[1:], strict=False))


def blocks_the_way(entity: Entity) -> bool:
    """Whether a thing takes up floor: furniture that neither stands on other furniture, hangs high, nor lies flat."""
    return not entity.portable and not entity.model.walkable and entity.on is None and entity.pose.z < OVERHEAD


def wall_segments(household: Household) -> list[tuple[Point, Point]]:
    """The walls as straight pieces, door openings left out."""
    pieces: list[tuple[Point, Point]] = []
    for room in household.blueprint.rooms:
        west, south, east, north = room.bounds
        openings = [door for door in household.doors if room.name in door.rooms]
        for y in (south, north):
            cuts = [(door.at[0] - door.width / 2, door.at[0] + door.width / 2) for door in openings
                    if abs(door.at[1] - y) <= 0.2 and west - 0.2 <= door.at[0] <= east + 0.2
                    and _wall_direction(household, door) == "x"]  # fmt: skip
            pieces += [((a, y), (b, y)) for a, b in _without(west, east, cuts)]
        for x in (west, east):
            cuts = [(door.at[1] - door.width / 2, door.at[1] + door.width / 2) for door in openings
                    if abs(door.at[0] - x) <= 0.2 and south - 0.2 <= door.at[1] <= north + 0.2
                    and _wall_direction(household, door) == "y"]  # fmt: skip
            pieces += [((x, a), (x, b)) for a, b in _without(south, north, cuts)]
    return pieces


def _wall_direction(household: Household, door: Any) -> str:
    """``x`` if the door's wall runs east-west, ``y`` if north-south."""
    best, direction = math.inf, "x"
    for room in household.blueprint.rooms:
        if room.name in door.rooms:
            west, south, east, north = room.bounds
            across_y = min(abs(door.at[1] - south), abs(door.at[1] - north))
            across_x = min(abs(door.at[0] - west), abs(door.at[0] - east))
            if min(across_x, across_y) < best:
                best, direction = min(across_x, across_y), "x" if across_y <= across_x else "y"
    return direction


def _without(first: float, last: float, cuts: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The interval less its cuts."""
    pieces, position = [], first
    for a, b in sorted(cuts):
        if a > position:
            pieces.append((position, min(a, last)))
        position = max(position, b)
    if position < last:
        pieces.append((position, last))
    return pieces


def _distance_to_segment(x: NDArray[Any], y: NDArray[Any], first: Point, last: Point) -> NDArray[Any]:
    dx, dy = last[0] - first[0], last[1] - first[1]
    squared = dx * dx + dy * dy
    along = np.clip(((x - first[0]) * dx + (y - first[1]) * dy) / squared, 0.0, 1.0) if squared else 0.0
    distance: NDArray[Any] = np.hypot(x - first[0] - along * dx, y - first[1] - along * dy)
    return distance


def _distance_to_footprint(x: NDArray[Any], y: NDArray[Any], entity: Entity) -> NDArray[Any]:
    angle = math.radians(entity.pose.heading)
    cos, sin = math.cos(angle), math.sin(angle)
    dx, dy = x - entity.pose.x, y - entity.pose.y
    outside_x = np.maximum(np.abs(cos * dx + sin * dy) - entity.model.footprint[0] / 2, 0.0)
    outside_y = np.maximum(np.abs(-sin * dx + cos * dy) - entity.model.footprint[1] / 2, 0.0)
    distance: NDArray[Any] = np.hypot(outside_x, outside_y)
    return distance


def _distance_to_leg(point: Point, first: Point, last: Point) -> float:
    dx, dy = last[0] - first[0], last[1] - first[1]
    squared = dx * dx + dy * dy
    along = 0.0
    if squared:
        along = min(1.0, max(0.0, ((point[0] - first[0]) * dx + (point[1] - first[1]) * dy) / squared))
    return math.hypot(point[0] - first[0] - along * dx, point[1] - first[1] - along * dy)


def _dijkstra(graph: Any, target: int) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    from scipy.sparse.csgraph import dijkstra

    distances, following = dijkstra(graph, directed=False, indices=target, return_predecessors=True)
    return distances.astype(np.float32), following.astype(np.int32)


_GRIDS: OrderedDict[int, tuple[Blueprint, NavigationGrid]] = OrderedDict()
_GRIDS_KEPT = 8


def navigation_grid(household: Household) -> NavigationGrid:
    """The grid of a household's layout; households of one blueprint share it, whatever their seeds."""
    key = id(household.blueprint)
    known = _GRIDS.get(key)
    # The blueprint itself is kept beside its grid, so an id cannot come to mean another blueprint.
    if known is not None and known[0] is household.blueprint:
        return known[1]
    grid = NavigationGrid(household)
    _GRIDS[key] = (household.blueprint, grid)
    if len(_GRIDS) > _GRIDS_KEPT:
        _GRIDS.popitem(last=False)
    return grid
