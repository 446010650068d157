"""How long bodily acts take and where a walking body is at each moment: pure functions of time.

Simulators that show motion and those that jump to its end share these, so both end in the same place at the same time.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence

TURN_RATE = 200.0
"""Degrees per second of a turn on the spot: unhurried, half a turn in 0.9 s."""
SHUFFLE_SPEED = 0.7
"""Metres per second of the small steps to and from a seat."""
SIT_SECONDS = 1.2
RISE_SECONDS = 1.0
REACH_SECONDS = 0.7
RETURN_SECONDS = 0.5
"""An arm's way to a thing, and back."""
WORK_SECONDS = 2.0
PLAY_SECONDS = 2.5
SWITCH_SECONDS = 0.2
RELEASE_SECONDS = 0.3
DOOR_SECONDS = 1.1
DRAWER_SECONDS = 0.8
SEAT_FRONT = 0.4
"""How far in front of a seat one stands before sitting down, metres."""

_AHEAD = 0.28  # metres over which a walker rounds a corner
_EASE = 0.35  # seconds that setting off and stopping each add to a walk

Point = tuple[float, float]


def smooth(share: float) -> float:
    """0 to 1 with a soft start and end."""
    share = min(1.0, max(0.0, share))
    return share * share * (3.0 - 2.0 * share)


def turn_between(start: float, end: float) -> float:
    """The shorter turn from one heading to another, degrees in [-180, 180)."""
    return (end - start + 180.0) % 360.0 - 180.0


def turn_seconds(angle: float) -> float:
    """How long a turn on the spot takes."""
    return abs(angle) / TURN_RATE


class Walk:
    """A walk along a line of points: first a turn towards it, then the way, with soft corners.

    Args:
        start, heading: where the body stands and faces.
        path: points to pass, metres.
        speed: metres per second.
    """

    __slots__ = ("_lengths", "_points", "end_heading", "heading", "length", "seconds", "turn", "turn_time", "walk_time")

    def __init__(self, start: Point, heading: float, path: Sequence[Point], speed: float) -> None:
        points, lengths, total = [start], [0.0], 0.0
        x, y = start
        for px, py in path:
            step = math.hypot(px - x, py - y)
            if step > 1e-9:
                total += step
                points.append((px, py))
                lengths.append(total)
                x, y = px, py
        self._points, self._lengths = points, lengths
        self.length, self.heading = total, heading
        if len(points) > 1:
            (ax, ay), (bx, by) = points[-2], points[-1]
            self.end_heading = math.degrees(math.atan2(by - ay, bx - ax)) % 360.0
            (ax, ay), (bx, by) = points[0], points[1]
            self.turn = turn_between(heading, math.degrees(math.atan2(by - ay, bx - ax)))
        else:
            self.end_heading, self.turn = heading, 0.0
        self.turn_time = turn_seconds(self.turn)
        self.walk_time = total / speed + 2 * _EASE * min(1.0, total / speed) if total > 0 else 0.0
        self.seconds = self.turn_time + self.walk_time

    @property
    def end(self) -> Point:
        """Where the walk ends."""
        return self._points[-1]

    def at(self, seconds: float) -> tuple[float, float, float, float, float]:
        """x, y, heading, metres walked, and speed after so many seconds."""
        if seconds < self.turn_time:
            x, y = self._points[0]
            return x, y, self.heading + self.turn * smooth(seconds / self.turn_time), 0.0, 0.0
        if seconds >= self.seconds or self.walk_time <= 0.0:
            return (*self.end, self.end_heading, self.length, 0.0)
        share = (seconds - self.turn_time) / self.walk_time
        # A trapezoid of speed: rises over the first part, steady, falls over the last.
        ramp = min(0.5, 2 * _EASE / self.walk_time)
        peak = 1.0 / (1.0 - ramp)
        if share < ramp:
            gone, pace = peak * share * share / (2 * ramp), peak * share / ramp
        elif share > 1.0 - ramp:
            rest = 1.0 - share
            gone, pace = 1.0 - peak * rest * rest / (2 * ramp), peak * rest / ramp
        else:
            gone, pace = peak * (share - ramp / 2), peak
        metres = gone * self.length
        x, y = self._point(metres)
        bx, by = self._point(metres - _AHEAD)
        fx, fy = self._point(metres + _AHEAD)
        return x, y, math.degrees(math.atan2(fy - by, fx - bx)), metres, pace * self.length / self.walk_time

    def _point(self, metres: float) -> Point:
        metres = min(self.length, max(0.0, metres))
        index = min(bisect_right(self._lengths, metres), len(self._points) - 1)
        (ax, ay), (bx, by) = self._points[index - 1], self._points[index]
        start, end = self._lengths[index - 1], self._lengths[index]
        share = (metres - start) / (end - start)
        return ax + share * (bx - ax), ay + share * (by - ay)
