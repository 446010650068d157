"""Why a primitive cannot be carried out: one member and one sentence each.

Sentences are fixed templates: the same failure always reads the same, so they can be counted and compared.
"""

from __future__ import annotations

from enum import Enum


class FailureReason(Enum):
    """Which precondition of a primitive was not met."""

    UNKNOWN_OBJECT = "unknown_object"
    SITTING = "sitting"
    NOT_REACHABLE = "not_reachable"
    BLOCKED = "blocked"
    TOO_FAR = "too_far"
    INSIDE_CLOSED = "inside_closed"
    NOT_PORTABLE = "not_portable"
    HELD_BY_OTHER = "held_by_other"
    HANDS_FULL = "hands_full"
    NOT_HOLDING = "not_holding"
    NOT_A_SURFACE = "not_a_surface"
    NOT_A_CONTAINER = "not_a_container"
    INTO_ITSELF = "into_itself"
    CONTAINER_CLOSED = "container_closed"
    NO_SPACE = "no_space"
    NOT_OPENABLE = "not_openable"
    NOT_SWITCHABLE = "not_switchable"
    NOT_A_SEAT = "not_a_seat"
    ALREADY_SEATED = "already_seated"
    SEAT_OCCUPIED = "seat_occupied"
    NOT_SEATED = "not_seated"
    NOT_A_SOURCE = "not_a_source"
    SOURCE_OFF = "source_off"
    NOT_FILLABLE = "not_fillable"
    ALREADY_FULL = "already_full"
    NOT_A_COOKER = "not_a_cooker"
    NOT_COOKABLE = "not_cookable"
    NOT_IN_COOKER = "not_in_cooker"
    COOKER_OPEN = "cooker_open"
    COOKER_OFF = "cooker_off"
    NOTHING_TO_PLAY = "nothing_to_play"
    POWER_OFF = "power_off"

    def sentence(self, body: str, thing: str = "", place: str = "") -> str:
        """The failure in words.

        Args:
            body: ``robot`` or ``resident``.
            thing: the first thing the primitive names, as people say it (``bedroom table``).
            place: the second thing.
        """
        return _SENTENCES[self].format(body=body, thing=thing or "thing", place=place or "place")


_SENTENCES = {
    FailureReason.UNKNOWN_OBJECT: "There is no {thing} in this home.",
    FailureReason.SITTING: "The {body} is sitting and must stand up first.",
    FailureReason.NOT_REACHABLE: "There is no way to the {thing}.",
    FailureReason.BLOCKED: "Something blocks the way of the {body}.",
    FailureReason.TOO_FAR: "The {thing} is out of reach of the {body}.",
    FailureReason.INSIDE_CLOSED: "The {thing} is shut inside the {place}.",
    FailureReason.NOT_PORTABLE: "The {thing} cannot be carried.",
    FailureReason.HELD_BY_OTHER: "Somebody else holds the {thing}.",
    FailureReason.HANDS_FULL: "Both hands of the {body} are full.",
    FailureReason.NOT_HOLDING: "The {body} does not hold the {thing}.",
    FailureReason.NOT_A_SURFACE: "Nothing can be put down on the {place}.",
    FailureReason.NOT_A_CONTAINER: "Nothing can be put into the {place}.",
    FailureReason.INTO_ITSELF: "The {thing} cannot go into or onto itself.",
    FailureReason.CONTAINER_CLOSED: "The {place} is closed.",
    FailureReason.NO_SPACE: "There is no room for the {thing} at the {place}.",
    FailureReason.NOT_OPENABLE: "The {thing} has nothing to open or close.",
    FailureReason.NOT_SWITCHABLE: "The {thing} has no switch.",
    FailureReason.NOT_A_SEAT: "Nobody can sit on the {thing}.",
    FailureReason.ALREADY_SEATED: "The {body} already sits somewhere else.",
    FailureReason.SEAT_OCCUPIED: "No seat is free on the {thing}.",
    FailureReason.NOT_SEATED: "The {body} is not sitting.",
    FailureReason.NOT_A_SOURCE: "The {place} gives nothing to fill a vessel with.",
    FailureReason.SOURCE_OFF: "The {place} is off.",
    FailureReason.NOT_FILLABLE: "The {thing} cannot be filled.",
    FailureReason.ALREADY_FULL: "The {thing} is already full of something else.",
    FailureReason.NOT_A_COOKER: "Nothing can be heated with the {place}.",
    FailureReason.NOT_COOKABLE: "The {thing} cannot be cooked or heated.",
    FailureReason.NOT_IN_COOKER: "The {thing} is neither on nor in the {place}.",
    FailureReason.COOKER_OPEN: "The {place} is open.",
    FailureReason.COOKER_OFF: "The {place} is not switched on.",
    FailureReason.NOTHING_TO_PLAY: "There is nothing to play on the {thing}.",
    FailureReason.POWER_OFF: "The {thing} is switched off.",
}
