"""Cameras: a third-person view that shows what a body does, the robot's own eyes, and the whole house from above.

* :class:`Cinematographer`: chooses tripods by line of sight, by whether the face is seen and by what the hands are at,
  and keeps one for as long as it serves, so that the view does not flicker;
* :func:`follow_camera`: its choice for one moment;
* :func:`head_camera`, :func:`dollhouse_camera`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from envs.household.house import Household
from envs.household.model import Joint, Model, Pose, Vector
from envs.simulators.base import RESIDENT, ROBOT, Camera, Simulator
from envs.simulators.geometry import part_mesh

HEAD_FOVY = 72.0
"""Vertical field of view of the robot's eyes, degrees: wide enough to see its own work at arm's length."""
FILL = 0.46
"""Share of the picture's height that a body takes up."""

_HEIGHTS = {ROBOT: 1.35, RESIDENT: 1.7}
_FOVY = (30.0, 64.0)
_BODY_POINTS = ((0.92, 2.0), (0.70, 1.2), (0.46, 1.0), (0.15, 0.6))  # height as a share, weight
_BODY_RADIUS = 0.17
_AROUND = 0.75  # metres about the body that should be in clear view too, so that nothing bulky fills the foreground
_TRIED = 64  # places whose lines of sight are looked at, the most promising by all else
_IN_REACH = 1.3  # metres from a body to the middle of a thing whose door it can open
_SEARCH_EVERY = 0.5  # simulated seconds between looks around for a better view
_SHOT_LEAST = 1.6  # simulated seconds that a view is kept unless it no longer serves
_BETTER_BY = 1.0  # how much better a new view must be to be worth a cut
_POOR = 0.45  # share of the body seen under which a view no longer serves
_PATIENCE = 0.45  # simulated seconds that something may pass before the body

Array = NDArray[np.float64]


def dollhouse_camera(household: Household, *, aspect: float = 4 / 3, fovy: float = 40.0) -> Camera:
    """The whole house from above and from the south; its near walls and ceilings are seen through."""
    bounds = np.array([room.bounds for room in household.blueprint.rooms])
    west, south, east, north = bounds[:, 0].min(), bounds[:, 1].min(), bounds[:, 2].max(), bounds[:, 3].max()
    centre = (float(west + east) / 2, float(south + north) / 2, 0.7)
    pitch = math.radians(56.0)
    tall = math.tan(math.radians(fovy) / 2)
    levels = (0.0, household.blueprint.wall_height)
    corners = np.array([(x, y, z) for x in (west, east) for y in (south, north) for z in levels])
    away = corners - np.array(centre)
    forward = np.array([0.0, math.cos(pitch), -math.sin(pitch)])
    up = np.array([0.0, math.sin(pitch), math.cos(pitch)])
    depth = away @ forward
    needed = np.maximum(np.abs(away[:, 0]) / (tall * aspect), np.abs(away @ up) / tall) - depth
    distance = 1.05 * float(needed.max())
    position = np.array(centre) - distance * forward
    return Camera((float(position[0]), float(position[1]), float(position[2])), centre, fovy)


def head_camera(sim: Simulator, body: str = ROBOT) -> Camera:
    """What a body sees with its own eyes; its own body is not drawn, what it holds is."""
    eyes = getattr(sim, "eyes", None)
    if eyes is not None:
        position, target = eyes(body)
    else:
        pose = sim.pose(body)
        floor = pose._replace(z=0.0)
        position, target = floor.world(0.1, 0.0, 0.9 * _HEIGHTS[body]), floor.world(1.1, 0.0, 0.9 * _HEIGHTS[body] - 0.15)
    return Camera(position, target, HEAD_FOVY, (body,))


def follow_camera(household: Household, sim: Simulator, body: str, *, aspect: float = 1.0) -> Camera:
    """The view that shows best what a body does at this moment; use a Cinematographer for more than one picture."""
    return Cinematographer(household, aspect=aspect).view(sim, body)


class Cinematographer:
    """Follows one body through a house with tripods: pans and zooms, and cuts when another place shows more.

    A view is judged by how much of the body is seen past the furniture, whether its face is, whether what its hands
    are at is in the picture, and whether the camera stands in the same room. Cameras may stand behind the walls of the
    room, which are not drawn from there.

    Args:
        household: rooms and furniture.
        aspect: width / height of the pictures.
    """

    def __init__(self, household: Household, *, aspect: float = 1.0) -> None:
        self.household = household
        self.aspect = aspect
        self._tripod: tuple[Vector, str] | None = None  # where it stands, and the room it looks into
        self._since = -math.inf
        self._searched = -math.inf
        self._good_at = -math.inf  # when the view last served

    def view(self, sim: Simulator, body: str) -> Camera:
        """The camera for this moment. Call it with the time going on, once for each picture."""
        subject = _Subject(self.household, sim, body)
        if sim.time < self._searched:  # the simulator was reset
            self._tripod, self._since, self._searched = None, -math.inf, -math.inf
        if self._tripod is not None:
            seen = self._seen_now(subject)
            if seen >= _POOR:
                self._good_at = sim.time
            lost = seen == 0.0 or sim.time - self._good_at > _PATIENCE
            if lost or (sim.time - self._since >= _SHOT_LEAST and sim.time - self._searched >= _SEARCH_EVERY):
                self._search(subject, sim.time, must=lost)
        else:
            self._search(subject, sim.time, must=True)
        assert self._tripod is not None  # a search always finds the least bad
        return self._aim(subject, *self._tripod)

    def _seen_now(self, subject: _Subject) -> float:
        assert self._tripod is not None  # asked only while there is one
        position, room = self._tripod
        if room != subject.room:
            return 0.0
        eye = np.array([position])
        away = math.dist(position[:2], subject.middle[:2])
        if not 1.0 < away < 6.5:
            return 0.0
        return float(subject.seen(eye)[0])

    def _search(self, subject: _Subject, time: float, *, must: bool) -> None:
        """Look around; cut to the best place if the present one no longer serves or is much worse."""
        self._searched = time
        places = _places(self.household, subject)
        best, score = subject.best(places)
        if not must and self._tripod is not None and score < subject.score(self._tripod[0]) + _BETTER_BY:
            return
        x, y, z = (float(value) for value in places[best])
        self._tripod, self._since, self._good_at = ((x, y, z), subject.room), time, time

    def _aim(self, subject: _Subject, position: Vector, room: str) -> Camera:
        target = subject.aim
        distance = math.dist(position, target)
        tall = subject.height / (2.0 * FILL * distance)
        # Wide enough for what the hands are at, too.
        if subject.focus is not None:
            off = _angle_between(position, target, subject.focus)
            tall = max(tall, math.tan(min(1.2, off * 1.35)) / min(1.0, self.aspect))
        fovy = min(_FOVY[1], max(_FOVY[0], 2.0 * math.degrees(math.atan(tall))))
        return Camera(position, target, fovy, room=room)


class _Subject:
    """The body to be shown, and everything in its room that may stand before it."""

    def __init__(self, household: Household, sim: Simulator, body: str) -> None:
        pose = sim.pose(body)
        self.household = household
        self.seated = sim.seat(body) is not None
        figures: dict[str, Any] = getattr(sim, "figures", {})
        standing = figures[body].height if body in figures else _HEIGHTS[body]
        # Seated, the hips are on the cushion and the legs hang before it.
        self.height = min(standing, 0.5 * standing + pose.z) if self.seated else standing
        self.heading = math.radians(pose.heading)
        self.x, self.y = pose.x, pose.y
        self.room = household.room_at(pose.x, pose.y) or _nearest_room(household, pose)
        focus = getattr(sim, "focus", None)
        point = focus(body) if focus is not None else None
        self.focus = point if point is not None and math.dist(point[:2], (pose.x, pose.y)) < 2.0 else None
        self.middle = (pose.x, pose.y, 0.52 * self.height)
        share = 0.3 if self.focus is not None else 0.0
        goal = self.focus or self.middle
        self.aim = tuple(a + share * (b - a) for a, b in zip(self.middle, goal, strict=True))
        points, weights = [], []
        for share, weight in _BODY_POINTS:
            for x, y in _ring(pose, _BODY_RADIUS, 4):
                points.append((x, y, share * self.height))
                weights.append(weight)
        if self.focus is not None:
            points.append(self.focus)
            weights.append(5.0)
        self.points = np.array(points)
        self.weights = np.array(weights) / sum(weights)
        self._around = np.array([(x, y, 0.65 * self.height) for x, y in _ring(pose, _AROUND, 8)])
        seat = sim.seat(body)
        self._boxes = _obstacles(household, sim, self.room, body, seat[0] if seat else None)

    def seen(self, eyes: Array) -> Array:
        """Weighted share of the body (and of what it is at) that is seen from each eye."""
        blocked = _blocked(eyes, self.points, self._boxes)
        return np.asarray((~blocked) @ self.weights)

    def best(self, eyes: Array) -> tuple[int, float]:
        """The place that shows the subject best, and how well."""
        promise = self._promise(eyes)
        tried = np.argsort(-promise, kind="stable")[:_TRIED]
        scores = promise[tried] + self._clear(eyes[tried])
        return int(tried[int(scores.argmax())]), float(scores.max())

    def score(self, eye: Vector) -> float:
        """How well a place shows the subject; larger is better."""
        eyes = np.array([eye])
        return float(self._promise(eyes)[0] + self._clear(eyes)[0])

    def _clear(self, eyes: Array) -> Array:
        """How free the lines of sight are."""
        around = 1.0 - _blocked(eyes, self._around, self._boxes, until=0.72).mean(axis=1)
        return np.asarray(5.5 * self.seen(eyes) + 1.8 * around - 4.0 * _inside_boxes(eyes, self._boxes, 0.2))

    def _promise(self, eyes: Array) -> Array:
        """What speaks for a place apart from lines of sight: the face, the room, the distance, the height."""
        away = eyes - np.array(self.middle)
        flat = np.maximum(np.hypot(away[:, 0], away[:, 1]), 1e-6)
        angle = np.abs((np.arctan2(away[:, 1], away[:, 0]) - self.heading + math.pi) % (2 * math.pi) - math.pi)
        # Three-quarter views show the face and what the hands do; straight from the front hides the hands' work.
        face = np.interp(angle, np.radians([0, 20, 55, 90, 125, 180]), [0.85, 1.0, 1.0, 0.55, 0.1, -0.35])
        west, south, east, north = self.household.rooms[self.room].bounds
        # Metres on the room's side of each wall, and how squarely the view meets the wall's plane.
        depth = np.stack([eyes[:, 0] - west, east - eyes[:, 0], eyes[:, 1] - south, north - eyes[:, 1]], axis=1)
        square = np.abs(away[:, [0, 0, 1, 1]]) / flat[:, None]
        inside = np.all(depth > 0.05, axis=1)
        along_wall = np.any((depth < 0.4) & (square < 0.5), axis=1)
        distance = np.interp(flat, [1.2, 1.8, 2.4, 3.6, 4.6, 6.5], [-0.5, 0.0, 0.3, 0.3, 0.1, -0.8])
        height = np.interp(eyes[:, 2], [1.2, 1.6, 2.0, 2.5], [0.2, 0.3, 0.2, 0.0])
        return np.asarray(1.5 * face + 1.7 * inside - 0.9 * along_wall + distance + height)


def _ring(pose: Pose, radius: float, count: int) -> list[tuple[float, float]]:
    angles = [math.radians(pose.heading + 360.0 * (i + 0.5) / count) for i in range(count)]
    return [(pose.x + radius * math.cos(angle), pose.y + radius * math.sin(angle)) for angle in angles]


def _places(household: Household, subject: _Subject) -> Array:
    """Where a tripod may stand: on rings around the subject and in the corners of its room, at several heights."""
    found = []
    for step in range(16):
        angle = subject.heading + math.radians(22.5 * step)
        for radius in (2.0, 2.7, 3.5):
            found.append((subject.x + radius * math.cos(angle), subject.y + radius * math.sin(angle)))
    west, south, east, north = household.rooms[subject.room].bounds
    inset = 0.25
    found += [(x, y) for x in (west + inset, east - inset) for y in (south + inset, north - inset)
              if 1.3 < math.hypot(x - subject.x, y - subject.y) < 6.0]  # fmt: skip
    top = min(2.45, household.blueprint.wall_height - 0.12)
    return np.array([(x, y, z) for x, y in found for z in (1.5, 1.9, top)])


def _nearest_room(household: Household, pose: Pose) -> str:
    def gap(bounds: tuple[float, float, float, float]) -> float:
        west, south, east, north = bounds
        return max(west - pose.x, pose.x - east, south - pose.y, pose.y - north)

    return min(household.rooms, key=lambda name: gap(household.rooms[name].bounds))


_Bounds = tuple[tuple[Joint | None, Vector, Vector], ...]
_BOUNDS: dict[int, tuple[Model, _Bounds]] = {}
_BOUNDS_KEPT = 2048


def _bounds_of(model: Model) -> _Bounds:
    """Least and greatest corner, in the model's frame, of what does not move and of what each joint moves."""
    known = _BOUNDS.get(id(model))  # models are large: by identity, not by hash
    if known is None:
        plans: dict[str | None, Joint | None] = {None: None, **{joint.name: joint for joint in model.joints}}
        found = []
        for name, plan in plans.items():
            meshes = [part_mesh(part).vertices for part in model.parts if part.joint == name]
            if meshes:
                points = np.concatenate(meshes)
                found.append((plan, _vector(points.min(axis=0)), _vector(points.max(axis=0))))
        if len(_BOUNDS) >= _BOUNDS_KEPT:
            _BOUNDS.clear()
        known = _BOUNDS[id(model)] = (model, tuple(found))
    return known[1]


def _vector(values: Array) -> Vector:
    return float(values[0]), float(values[1]), float(values[2])


def _moved_bounds(joint: Joint, value: float, low: Vector, high: Vector) -> tuple[Vector, Vector]:
    """The box around a door or drawer that is open by ``value``."""
    corners = np.array([(x, y, z) for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])
    axis = np.array(joint.axis)
    if joint.kind == "slide":
        corners = corners + axis * joint.opening * value
    else:
        angle = math.radians(joint.opening * value)
        arm = corners - np.array(joint.anchor)
        along = np.outer(arm @ axis, axis)
        corners = corners - arm + along + (arm - along) * math.cos(angle) + np.cross(axis, arm) * math.sin(angle)
    return _vector(corners.min(axis=0)), _vector(corners.max(axis=0))


def _obstacles(household: Household, sim: Simulator, room: str, body: str, seat: str | None) -> Array:
    """Boxes that may hide things: rows of x, y, cos, sin (where, which way), and the box in that frame."""
    rows = []
    here = sim.pose(body)
    for name, entity in household.entities.items():
        if entity.portable or entity.room != room or entity.model.walkable or name == seat:
            continue
        pose, z = entity.pose, entity.pose.z
        angle = math.radians(pose.heading)
        for joint, low, high in _bounds_of(entity.model):
            spans = [(low, high)]
            if joint is not None:
                value = sim.joint(name, joint.name)
                spans = [_moved_bounds(joint, value, low, high)]
                # A door within reach may be opened next: better to stand where that will not be in the way.
                if value < 1.0 and math.hypot(pose.x - here.x, pose.y - here.y) < _IN_REACH:
                    spans.append(_moved_bounds(joint, 1.0, low, high))
            for least, most in spans:
                if most[2] + z > 0.25:
                    rows.append((pose.x, pose.y, math.cos(angle), math.sin(angle),
                                 *least[:2], least[2] + z, *most[:2], most[2] + z))  # fmt: skip
    other = RESIDENT if body == ROBOT else ROBOT
    pose = sim.pose(other)
    rows.append((pose.x, pose.y, 1.0, 0.0, -0.22, -0.22, 0.0, 0.22, 0.22, 1.6))
    return np.array(rows)


def _local(points: Array, boxes: Array) -> Array:
    """Points in each box's frame: (points, boxes, 3)."""
    dx = points[:, None, 0] - boxes[None, :, 0]
    dy = points[:, None, 1] - boxes[None, :, 1]
    cos, sin = boxes[None, :, 2], boxes[None, :, 3]
    z = np.broadcast_to(points[:, None, 2], dx.shape)
    return np.stack([cos * dx + sin * dy, -sin * dx + cos * dy, z], axis=2)


def _blocked(eyes: Array, points: Array, boxes: Array, *, until: float = 0.93) -> NDArray[np.bool_]:
    """Whether a box stands between each eye and each point, in the first part of the way: (eyes, points)."""
    start = _local(eyes, boxes)[:, None]  # (eyes, 1, boxes, 3)
    end = _local(points, boxes)[None]
    way = end - start
    way = np.where(np.abs(way) < 1e-9, 1e-9, way)
    first, second = (boxes[:, 4:7] - start) / way, (boxes[:, 7:10] - start) / way
    enter = np.minimum(first, second).max(axis=3)
    leave = np.maximum(first, second).min(axis=3)
    # A point on or just inside of a box (a hand at a shelf, a body close to a table) is not hidden by that box.
    return np.asarray(((enter < leave) & (leave > 0.0) & (enter < until)).any(axis=2))


def _inside_boxes(points: Array, boxes: Array, margin: float) -> Array:
    local = _local(points, boxes)
    inside = np.all((local > boxes[:, 4:7] - margin) & (local < boxes[:, 7:10] + margin), axis=2)
    return np.asarray(np.any(inside, axis=1), dtype=np.float64)


def _angle_between(eye: Vector, first: Vector, second: Vector) -> float:
    a, b = np.subtract(first, eye), np.subtract(second, eye)
    return math.acos(float(np.clip(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)), -1.0, 1.0)))


__all__ = ["Cinematographer", "dollhouse_camera", "follow_camera", "head_camera"]
