"""How bright each room is: daylight through its windows, and its lamps.

Lamps light what is near them as OpenGL lights; this is the rest: light thrown back and forth in a room, by which one
sees from anywhere that somebody switched a lamp on or off.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from envs.household.house import Household

_DAY = np.array([0.97, 0.985, 1.0])
_DUSK = np.array([0.60, 0.64, 0.74])
"""A room without a window, seen by what comes through its door: dim and cool, yet readable."""
_GLASS = 8.0
"""Full daylight at one part of window to eight of floor, a common rule for dwellings."""


def room_levels(household: Household, lit: Mapping[str, str | None]) -> dict[str, NDArray[np.float64]]:
    """Brightness of red, green and blue of each room, 0 to about 1.1.

    Args:
        household: rooms, windows and lamps.
        lit: the lamps that are on, and the room that each is in now.
    """
    levels = {}
    for room, (west, south, east, north) in ((name, plan.bounds) for name, plan in household.rooms.items()):
        glass = sum(window.width * window.height for window in household.blueprint.windows if window.room == room)
        # Of a user's home nobody has told us the windows: it has daylight.
        share = min(1.0, _GLASS * glass / ((east - west) * (north - south))) if household.floor is None else 1.0
        level = _DUSK + share * (_DAY - _DUSK)
        for name, place in lit.items():
            if place == room:
                for light in household.entities[name].model.lights:
                    # Candles and lamps that reach less far add less to the room as a whole.
                    share = min(1.0, light.strength * (light.reach / 4.0) ** 2)
                    warm = np.asarray(light.colour) / np.mean(light.colour)
                    # A lit room is brighter in every colour than by day alone, and a little warmer.
                    level = level + np.maximum(1.10 * (0.75 + 0.25 * warm) - level, 0.0) * 0.75 * share
        levels[room] = level
    return levels
