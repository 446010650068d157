"""Cameras: a third-person view that shows what a body does, the robot's own eyes, and the whole house from above.

* :class:`Cinematographer`: chooses tripods by line of sight, by whether the face is seen and by what the hands are at,
  and keeps one for as long as it serves, so that the view does not flicker;
* :func:`follow_camera`: its choice for one moment;
* :func:`pair_camera`: robot and resident together;
* :func:`head_camera`, :func:`dollhouse_camera`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from envs.household.blueprint import DoorPlan
from envs.household.house import Household
from envs.household.model import Joint, Model, Pose, Vector
from envs.simulators.base import RESIDENT, ROBOT, Camera, Simulator
from envs.simulators.geometry import part_mesh
from envs.simulators.shell import wall_of

HEAD_FOVY = 72.0
"""Vertical field of view of the robot's eyes, degrees: wide enough to see its own work at arm's length."""
_LENS_DOWN = 12.0  # degrees
FILL = 0.56
"""Share of the picture's height that a body takes up."""

_HEIGHTS = {ROBOT: 1.35, RESIDENT: 1.7}
_ABOVE_SEAT = {ROBOT: 0.66, RESIDENT: 0.53}  # share of its height that a body rises above the seat
_FOVY = (26.0, 64.0)
_WIDEST = math.tan(math.radians(_FOVY[1]) / 2)
_BODY_POINTS = ((0.94, 2.4), (0.72, 1.4), (0.46, 0.9), (0.15, 0.4))  # height as a share, weight
_BODY_RADIUS = 0.17
_BULKY = 0.2  # metres; smaller objects hide nothing worth a better place
_TRIED = 24  # places whose pictures are looked at more closely, the most promising by all else
_WORK = 2.0  # what it is worth to look into what is being opened
_CLUTTER = 5.0  # what a foreground that fills the picture costs
_DOORWAY = 0.6  # metres from the middle of an opening within which a body is seen from both rooms
_EDGE = 1.1  # how much more than the bodies a picture of both shows
_PAIR_WIDEST = math.tan(math.radians(72.0) / 2)
_PAIR_SMALLEST = 0.2  # share of the height of a picture of both that the resident takes up at least
_PAIR_WITHIN = 4.5  # metres between bodies that one picture holds
_IN_REACH = 1.3  # metres from a body to the middle of a thing whose door it can open
_SEARCH_EVERY = 0.5  # simulated seconds between looks around for a better view
_SHOT_LEAST = 1.6  # simulated seconds that a view is kept unless it no longer serves
_BETTER_BY = 1.3  # how much better a new view must be to be worth a cut
_POOR = 0.55  # share of the body seen under which a view no longer serves
_PATIENCE = 0.4  # simulated seconds that something may pass before the body

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
        # The lens sits under the brow and looks a little down: a face that is looked at is in the upper half, with the
        # hands below it, rather than in the middle with the ceiling above.
        flat = math.hypot(target[0] - position[0], target[1] - position[1])
        pitch = math.atan2(target[2] - position[2], flat) - math.radians(_LENS_DOWN)
        away = math.cos(pitch) / max(flat, 1e-6)
        target = (position[0] + away * (target[0] - position[0]), position[1] + away * (target[1] - position[1]),
                  position[2] + math.sin(pitch))  # fmt: skip
    else:
        pose = sim.pose(body)
        floor = pose._replace(z=0.0)
        position, target = floor.world(0.1, 0.0, 0.9 * _HEIGHTS[body]), floor.world(1.1, 0.0, 0.9 * _HEIGHTS[body] - 0.15)
    return Camera(position, target, HEAD_FOVY, (body,))


def follow_camera(household: Household, sim: Simulator, body: str, *, aspect: float = 1.0) -> Camera:
    """The view that shows best what a body does at this moment; use a Cinematographer for more than one picture."""
    return Cinematographer(household, aspect=aspect).view(sim, body)


def pair_camera(household: Household, sim: Simulator, *, aspect: float = 1.0) -> Camera | None:
    """A view with both bodies, faces first; None if they are in different rooms or nothing shows them both."""
    robot, resident = (_Subject(household, sim, body) for body in (ROBOT, RESIDENT))
    if robot.room != resident.room or math.dist(robot.middle[:2], resident.middle[:2]) > _PAIR_WITHIN:
        return None
    eyes = _places(household, robot, resident.middle[:2])
    points = np.concatenate([robot.outline, resident.outline])
    target = (points.min(axis=0) + points.max(axis=0)) / 2
    need = _needed(eyes, target, points, aspect)
    seen = np.minimum(robot.seen(eyes), resident.seen(eyes))
    faces = robot.face(eyes) + 3.5 * resident.face(eyes)
    # Beside each other, not one behind the other.
    apart = [np.arctan2(eyes[:, 1] - subject.y, eyes[:, 0] - subject.x) for subject in (robot, resident)]
    line = math.atan2(resident.y - robot.y, resident.x - robot.x)
    across = np.minimum(*(np.abs(np.sin(angle - line)) for angle in apart))
    away = np.linalg.norm(eyes - np.array(resident.middle), axis=1)
    size = np.minimum(resident.height / (2.0 * _EDGE * need * away), 0.5)  # share of the picture's height
    level = -1.0 * np.abs(eyes[:, 2] - resident.eye_level)
    score = 9.0 * seen + faces + 3.0 * across - need + 8.0 * size + level + robot.stance(eyes)
    west, south, east, north = household.rooms[robot.room].bounds
    inside = (eyes[:, 0] > west) & (eyes[:, 0] < east) & (eyes[:, 1] > south) & (eyes[:, 1] < north)
    inside &= _held(household, robot.room, eyes)
    score = np.where(inside & (_EDGE * need <= _PAIR_WIDEST) & (seen > 0.5) & (size > _PAIR_SMALLEST), score, -np.inf)
    tried = np.argsort(-score, kind="stable")[:_TRIED]
    final = score[tried] - _CLUTTER * robot.clutter(eyes[tried], target)
    best = int(tried[int(final.argmax())])
    if not math.isfinite(score[best]):
        return None
    tall = max(math.tan(math.radians(_FOVY[0]) / 2), _EDGE * float(need[best]))
    return Camera(_vector(eyes[best]), _vector(target), 2.0 * math.degrees(math.atan(tall)), room=robot.room)


class Cinematographer:
    """Follows one body through a house with tripods: pans and zooms, and cuts when another place shows more.

    A view is judged by how much of the body is seen past the furniture, whether its face is, whether what its hands
    are at is in the picture, how little bulks in the foreground, whether the other body is wholly in the picture rather
    than cut by its edge, and whether the camera stands in the same room. Cameras stand behind the walls of the room,
    which are not drawn from there, only where nothing in the room will do.

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
        self._last: tuple[float, float, float] | None = None  # when and where the body was last
        self._found_for: tuple[object, ...] = ()  # what the last search was about

    def view(self, sim: Simulator, body: str) -> Camera:
        """The camera for this moment. Call it with the time going on, once for each picture."""
        if sim.time < self._searched:  # the simulator was reset
            self._tripod, self._since, self._searched, self._last = None, -math.inf, -math.inf, None
        subject = _Subject(self.household, sim, body, self._last)
        self._last = (sim.time, subject.x, subject.y)
        if self._tripod is not None:
            seen = self._seen_now(subject)
            if seen >= _POOR:
                self._good_at = sim.time
            lost = seen == 0.0 or sim.time - self._good_at > _PATIENCE
            changed = subject.doing != self._found_for
            due = sim.time - self._since >= _SHOT_LEAST and sim.time - self._searched >= _SEARCH_EVERY
            # Hands that go out begin a new act, which may need another view at once.
            begins = subject.focus is not None and (len(self._found_for) < 2 or self._found_for[1] is None)
            due = due or (begins and sim.time - self._since >= _SHOT_LEAST / 2)
            if lost or (changed and due):
                self._search(subject, sim.time, must=lost)
        else:
            self._search(subject, sim.time, must=True)
        assert self._tripod is not None  # a search always finds the least bad
        return self._aim(subject, *self._tripod)

    def _seen_now(self, subject: _Subject) -> float:
        assert self._tripod is not None  # asked only while there is one
        position, room = self._tripod
        if room != subject.room and room not in subject.beside:
            return 0.0
        away = math.dist(position[:2], subject.middle[:2])
        if not 0.6 < away < 6.5:
            return 0.0
        seen = float(subject.seen(np.array([position]))[0])
        # Too near to fit into the picture: soon too near, or already.
        return seen if away > 0.85 * subject.nearest else 0.5 * _POOR if away > 0.65 * subject.nearest else 0.0

    def _search(self, subject: _Subject, time: float, *, must: bool) -> None:
        """Look around; cut to the best place if the present one no longer serves or is much worse."""
        self._searched, self._found_for = time, subject.doing
        places = _places(self.household, subject)
        best, score = subject.best(places, self.aspect)
        if not must and self._tripod is not None and score < subject.score(self._tripod[0], self.aspect) + _BETTER_BY:
            return
        self._tripod, self._since, self._good_at = (_vector(places[best]), subject.room), time, time

    def _aim(self, subject: _Subject, position: Vector, room: str) -> Camera:
        target = subject.aim
        eye = np.array([position])
        tall = subject.height / (2.0 * FILL * math.dist(position, target))
        tall = max(tall, 1.08 * float(_needed(eye, np.array(target), subject.outline, self.aspect)[0]))
        if tall > _WIDEST:
            # What cannot be wholly in the picture is seen from the head down.
            tall = _WIDEST
            away = max(0.3, math.dist(position[:2], subject.middle[:2]))
            top = math.atan2(1.06 * subject.height - position[2], away) - 0.92 * math.atan(tall)
            level = position[2] + away * math.tan(top)
            target = (subject.x, subject.y, max(level, target[2]))
        fovy = max(_FOVY[0], 2.0 * math.degrees(math.atan(tall)))
        return Camera(position, target, fovy, room=room)


class _Subject:
    """The body to be shown, and everything in its room that may stand before it."""

    def __init__(self, household: Household, sim: Simulator, body: str, last: tuple[float, float, float] | None = None) -> None:
        pose = sim.pose(body)
        self.household = household
        self.body = body
        seat = sim.seat(body)
        self.seated = seat is not None
        figures: dict[str, Any] = getattr(sim, "figures", {})
        standing = figures[body].height if body in figures else _HEIGHTS[body]
        # Seated, the hips are on the cushion and the legs hang before it.
        self.height = min(1.1 * standing, _ABOVE_SEAT[body] * standing + pose.z) if self.seated else standing
        self.heading = math.radians(pose.heading)
        self.x, self.y = pose.x, pose.y
        self.room = household.room_at(pose.x, pose.y) or _nearest_room(household, pose)
        focus = getattr(sim, "focus", None)
        point = focus(body) if focus is not None else None
        self.focus = point if point is not None and math.dist(point[:2], (pose.x, pose.y)) < 2.0 else None
        self.front = _door_faced(household, sim, pose) if not self.seated else None
        self.middle = (pose.x, pose.y, 0.52 * self.height)
        share = 0.3 if self.focus is not None else 0.0
        goal = self.focus or self.middle
        self.aim = _vector(np.array(self.middle) + share * (np.array(goal) - np.array(self.middle)))
        self.nearest = 0.54 * self.height / _WIDEST
        manner = getattr(sim, "manner", {}).get(body)
        sunken = manner is not None and manner.valence < -0.4
        # At the height of a face that looks straight ahead, lower for one that is bowed.
        self.eye_level = 0.95 * self.height - (0.2 if sunken else 0.0)
        self.going = (0.0, 0.0)
        if last is not None and 0.0 < sim.time - last[0] < 0.5:
            gone = sim.time - last[0]
            self.going = ((pose.x - last[1]) / gone, (pose.y - last[2]) / gone)
        self.doing = (seat, self.focus, *(round(value, 1) for value in pose[:2]), round(pose.heading))
        points, weights = [], []
        for share, weight in _BODY_POINTS:
            for x, y in _ring(pose, _BODY_RADIUS, 4):
                points.append((x, y, share * self.height))
                weights.append(weight)
        outline = [(x, y, z) for x, y in _ring(pose, 0.26, 4) for z in (0.0, 1.04 * self.height)]
        if self.seated:
            knees = pose.world(0.55, 0.0)
            outline.append((knees[0], knees[1], 0.0))
        if self.focus is not None:
            points.append(self.focus)
            weights.append(6.0)
            outline.append(self.focus)
        self.points = np.array(points)
        self.weights = np.array(weights) / sum(weights)
        self.outline = np.array(outline)
        near = [door for door in household.doors if math.dist(door.at, (pose.x, pose.y)) < _DOORWAY and self.room in door.rooms]
        self.beside = {name for door in near for name in door.rooms if name != self.room}
        self._boxes = _obstacles(household, sim, {self.room} | self.beside, body, seat[0] if seat else None)
        self._boxes = np.concatenate([self._boxes, *(_jambs(household, door) for door in near), _walls(household, self.room)])
        other = RESIDENT if body == ROBOT else ROBOT
        there = sim.pose(other)
        tall = _ABOVE_SEAT[other] * _HEIGHTS[other] + there.z if sim.seat(other) is not None else _HEIGHTS[other]
        self.other: Array | None = None
        if household.room_at(there.x, there.y) == self.room:
            self.other = np.array([(there.x, there.y, share * tall) for share in (0.05, 0.5, 1.04)])

    def seen(self, eyes: Array) -> Array:
        """Weighted share of the body (and of what it is at) that is seen from each eye."""
        return np.asarray((~_blocked(eyes, self.points, self._boxes)) @ self.weights)

    def best(self, eyes: Array, aspect: float) -> tuple[int, float]:
        """The place that shows the subject best, and how well."""
        promise = self._promise(eyes)
        tried = np.argsort(-promise, kind="stable")[:_TRIED]
        scores = promise[tried] + self._finish(eyes[tried], aspect)
        return int(tried[int(scores.argmax())]), float(scores.max())

    def score(self, eye: Vector, aspect: float) -> float:
        """How well a place shows the subject; larger is better."""
        eyes = np.array([eye])
        return float(self._promise(eyes)[0] + self._finish(eyes, aspect)[0])

    def clutter(self, eyes: Array, target: Array) -> Array:
        """Share of the picture that something near the camera takes up."""
        ahead = target - eyes
        away = np.linalg.norm(ahead, axis=1, keepdims=True)
        ahead = ahead / np.maximum(away, 1e-6)
        right = np.stack([ahead[:, 1], -ahead[:, 0], np.zeros(len(eyes))], axis=1)
        right /= np.maximum(np.linalg.norm(right, axis=1, keepdims=True), 1e-6)
        up = np.cross(right, ahead)
        half = self.height / (2.0 * FILL)
        steps = np.array([-0.95, -0.6, -0.2, 0.2, 0.6, 0.95])
        across, along = (grid.ravel() for grid in np.meshgrid(steps * half, steps * half))
        points = target + across[None, :, None] * right[:, None] + along[None, :, None] * up[:, None]
        return np.asarray(_blocked(eyes, points, self._boxes, until=0.62).mean(axis=1))

    def face(self, eyes: Array) -> Array:
        """How well the face is seen: three-quarter views show it and what the hands do; the back of the head shows nothing."""
        away = eyes - np.array(self.middle)
        angle = np.abs((np.arctan2(away[:, 1], away[:, 0]) - self.heading + math.pi) % (2 * math.pi) - math.pi)
        return np.interp(angle, np.radians([0, 20, 55, 90, 125, 180]), [0.85, 1.0, 1.0, 0.55, 0.05, -0.4])

    def stance(self, eyes: Array) -> Array:
        """What speaks for a place by itself: in the room, off the walls and furniture, at the height of the eyes."""
        away = eyes - np.array(self.middle)
        flat = np.maximum(np.hypot(away[:, 0], away[:, 1]), 1e-6)
        west, south, east, north = self.household.rooms[self.room].bounds
        # Metres on the room's side of each wall, and how squarely the view meets the wall's plane.
        depth = np.stack([eyes[:, 0] - west, east - eyes[:, 0], eyes[:, 1] - south, north - eyes[:, 1]], axis=1)
        square = np.abs(away[:, [0, 0, 1, 1]]) / flat[:, None]
        inside = np.all(depth > 0.1, axis=1) & _held(self.household, self.room, eyes)
        along_wall = np.any((depth < 0.4) & (square < 0.35), axis=1)
        height = -0.8 * np.abs(eyes[:, 2] - self.eye_level)
        crowded = _inside_boxes(eyes, self._boxes, 0.25)
        return np.asarray(4.6 * inside - 1.2 * along_wall + height - 4.0 * crowded)

    def _finish(self, eyes: Array, aspect: float) -> Array:
        """What is dear to work out: how little bulks before the camera, and whether the other body is in the picture."""
        target = np.array(self.aim)
        result = -_CLUTTER * self.clutter(eyes, target)
        if self.other is None:
            return np.asarray(result)
        need = np.maximum(self.height / (2.0 * FILL * np.linalg.norm(eyes - target, axis=1)),
                          _needed(eyes, target, self.outline, aspect))  # fmt: skip
        across, along, depth = _projected(eyes, target, self.other)
        # Half a body's width on either side.
        margin = 0.24 / np.maximum(depth, 0.2)
        wide, tall = need * aspect, need
        before = (depth > 0.25).any(axis=1)
        whole = before & np.all((np.abs(across) + margin < wide[:, None]) & (np.abs(along) < 1.02 * tall[:, None]), axis=1)
        partly = before & ~whole & np.any((np.abs(across) - margin < wide[:, None]) & (np.abs(along) < tall[:, None]), axis=1)
        hidden = _blocked(eyes, self.other[1:], self._boxes[self._boxes[:, 10] == 0.0]).mean(axis=1)
        near = np.clip(2.0 - depth.mean(axis=1) / np.maximum(np.linalg.norm(eyes - target, axis=1), 0.1), 0.2, 1.2)
        return np.asarray(result + (1.3 if self.body == ROBOT else 0.3) * whole * (1.0 - hidden) - 2.0 * near * partly)

    def _promise(self, eyes: Array) -> Array:
        """What can be told of many places: lines of sight, the face, the distance now and soon, and the place itself."""
        away = eyes[:, :2] - np.array(self.middle[:2])
        flat = np.hypot(away[:, 0], away[:, 1])
        distance = np.interp(flat, [1.2, 1.7, 2.3, 3.4, 4.6, 6.5], [-0.8, 0.0, 0.4, 0.3, -0.3, -1.5])
        close = np.maximum(self.nearest - flat, 0.0)
        for ahead in (0.8, 1.6):
            moved = away - ahead * np.array(self.going)
            close = np.maximum(close, 0.7 * np.maximum(self.nearest - np.hypot(moved[:, 0], moved[:, 1]), 0.0))
        score = 6.5 * self.seen(eyes) + 1.9 * self.face(eyes) + distance - 5.0 * close + self.stance(eyes)
        return np.asarray(score + _WORK * self._work(eyes))

    def _work(self, eyes: Array) -> Array:
        """What has a door is seen from its front: into the fridge, not past its side."""
        if self.front is None:
            return np.zeros(len(eyes))
        x, y, heading = self.front
        angle = np.arctan2(eyes[:, 1] - y, eyes[:, 0] - x) - heading
        angle = np.abs((angle + math.pi) % (2 * math.pi) - math.pi)
        return np.interp(angle, np.radians([0, 40, 60, 90]), [1.0, 1.0, 0.4, -1.0])


def _ring(pose: Pose, radius: float, count: int) -> list[tuple[float, float]]:
    angles = [math.radians(pose.heading + 360.0 * (i + 0.5) / count) for i in range(count)]
    return [(pose.x + radius * math.cos(angle), pose.y + radius * math.sin(angle)) for angle in angles]


def _places(household: Household, subject: _Subject, other: tuple[float, float] | None = None) -> Array:
    """Where a tripod may stand: on rings around the subject and all over its room, at several heights."""
    west, south, east, north = household.rooms[subject.room].bounds
    inset = 0.26
    x, y = (subject.x, subject.y) if other is None else ((subject.x + other[0]) / 2, (subject.y + other[1]) / 2)
    found = []
    for step in range(16):
        angle = subject.heading + math.radians(22.5 * step)
        cos, sin = math.cos(angle), math.sin(angle)
        limit = min(((east - inset if cos > 0 else west + inset) - x) / cos if abs(cos) > 1e-6 else math.inf,
                    ((north - inset if sin > 0 else south + inset) - y) / sin if abs(sin) > 1e-6 else math.inf)  # fmt: skip
        # Up to the walls of the room; one more may stand behind them, for when nothing in the room will do.
        for radius in sorted({*(min(radius, limit) for radius in (1.9, 2.6, 3.4)), 2.6}):
            found.append((x + radius * cos, y + radius * sin))
    width, length = east - west - 2 * inset, north - south - 2 * inset
    for i in range(5):
        for j in range(5):
            found.append((west + inset + width * i / 4, south + inset + length * j / 4))
    found = [place for place in found if 1.1 < math.hypot(place[0] - subject.x, place[1] - subject.y) < 6.0]
    top = min(2.3, household.blueprint.wall_height - 0.2)
    return np.array([(px, py, z) for px, py in found for z in (1.15, 1.5, 1.85, top)])


def _projected(eyes: Array, target: Array, points: Array) -> tuple[Array, Array, Array]:
    """Where points lie in the pictures of eyes that look at ``target``: across, up (in tangents), and depth; (eyes, points)."""
    ahead = target - eyes
    ahead = ahead / np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-6)
    right = np.stack([ahead[:, 1], -ahead[:, 0], np.zeros(len(eyes))], axis=1)
    right /= np.maximum(np.linalg.norm(right, axis=1, keepdims=True), 1e-6)
    up = np.cross(right, ahead)
    way = points[None] - eyes[:, None]
    depth = np.einsum("epk,ek->ep", way, ahead)
    safe = np.maximum(depth, 0.05)
    return np.einsum("epk,ek->ep", way, right) / safe, np.einsum("epk,ek->ep", way, up) / safe, depth


def _needed(eyes: Array, target: Array, points: Array, aspect: float) -> Array:
    """Tangent of half the vertical field of view that just holds all points, for each eye."""
    across, along, _ = _projected(eyes, target, points)
    return np.asarray(np.maximum(np.abs(across) / aspect, np.abs(along)).max(axis=1))


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


def _obstacles(household: Household, sim: Simulator, rooms: set[str], body: str, seat: str | None) -> Array:
    """Boxes that may hide things.

    Rows of x, y, cos, sin (where, which way), the box in that frame, and 1 for a box around a body.
    """
    rows = []
    here = sim.pose(body)
    for name, entity in household.entities.items():
        if name == seat or (entity.portable and (max(entity.model.footprint) < _BULKY or sim.holder(name) is not None)):
            continue
        pose = sim.pose(name) if entity.portable else entity.pose
        if (household.room_at(pose.x, pose.y) if entity.portable else entity.room) not in rooms:
            continue
        z = pose.z
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
                                 *least[:2], least[2] + z, *most[:2], most[2] + z, 0.0))  # fmt: skip
    other = RESIDENT if body == ROBOT else ROBOT
    pose = sim.pose(other)
    tall = _ABOVE_SEAT[other] * _HEIGHTS[other] + pose.z if sim.seat(other) is not None else _HEIGHTS[other]
    rows.append((pose.x, pose.y, 1.0, 0.0, -0.22, -0.22, 0.0, 0.22, 0.22, tall, 1.0))
    return np.array(rows)


def _door_faced(household: Household, sim: Simulator, pose: Pose) -> tuple[float, float, float] | None:
    """Where something tall with a door stands and faces (radians), if a body stands before it and looks at it."""
    for name, entity in household.entities.items():
        if entity.portable or entity.model.height < 1.0 or not entity.model.joints:
            continue
        at = sim.pose(name)
        if math.dist(at[:2], pose[:2]) < _IN_REACH:
            toward = math.degrees(math.atan2(at.y - pose.y, at.x - pose.x))
            if abs((toward - pose.heading + 180.0) % 360.0 - 180.0) < 60.0:
                return at.x, at.y, math.radians(at.heading)
    return None


def _jambs(household: Household, door: DoorPlan) -> Array:
    """The wall on both sides of an opening, as boxes like those of :func:`_obstacles`."""
    upright = wall_of(household.rooms[door.rooms[0]], door.at) in ("west", "east")
    cos, sin = (0.0, 1.0) if upright else (1.0, 0.0)
    half, top = door.width / 2, household.blueprint.wall_height
    return np.array([(*door.at, cos, sin, *span, 0.0) for span in (
        (half, -0.07, 0.0, half + 1.6, 0.07, top), (-half - 1.6, -0.07, 0.0, -half, 0.07, top))])  # fmt: skip


def _held(household: Household, room: str, eyes: Array) -> NDArray[np.bool_]:
    """Whether places lie in a room of a shape of its own; of rectangles the caller knows it."""
    plan = household.rooms[room]
    if not plan.outline:
        return np.ones(len(eyes), dtype=np.bool_)
    return np.array([plan.holds(float(x), float(y)) for x, y in eyes[:, :2]])


def _walls(household: Household, room: str) -> Array:
    """The walls of a room of a shape of its own, as boxes like those of :func:`_obstacles`: nothing is seen through them."""
    outline, top = household.rooms[room].outline, household.blueprint.wall_height
    rows = []
    for (ax, ay), (bx, by) in zip(outline, (*outline[1:], *outline[:1]), strict=True):
        long = math.hypot(bx - ax, by - ay)
        if long > 0.0:
            rows.append((ax, ay, (bx - ax) / long, (by - ay) / long, 0.0, -0.05, 0.0, long, 0.05, top, 0.0))
    return np.array(rows).reshape(-1, 11)


def _local(points: Array, boxes: Array) -> Array:
    """Points in each box's frame: (points, boxes, 3)."""
    dx = points[:, None, 0] - boxes[None, :, 0]
    dy = points[:, None, 1] - boxes[None, :, 1]
    cos, sin = boxes[None, :, 2], boxes[None, :, 3]
    z = np.broadcast_to(points[:, None, 2], dx.shape)
    return np.stack([cos * dx + sin * dy, -sin * dx + cos * dy, z], axis=2)


def _blocked(eyes: Array, points: Array, boxes: Array, *, until: float = 0.93) -> NDArray[np.bool_]:
    """Whether a box stands between each eye and each point, in the first part of the way: (eyes, points).

    Points are the same for all eyes, (points, 3), or each eye's own, (eyes, points, 3).
    """
    start = _local(eyes, boxes)[:, None]  # (eyes, 1, boxes, 3)
    end = _local(points.reshape(-1, 3), boxes).reshape(*points.shape[:-1], len(boxes), 3)
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


__all__ = ["Cinematographer", "dollhouse_camera", "follow_camera", "head_camera", "pair_camera"]
