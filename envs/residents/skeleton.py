"""Skeletons: the lengths that motion needs to know about a figure, from a person's height and build.

The proportions are those of a stylised adult, six heads tall, so that a face still reads in a small
picture; short people are taken for children and get a larger head and shorter legs for their height.
"""

from __future__ import annotations

from dataclasses import dataclass

BUILDS = ("slim", "average", "broad")
_GIRTH = {"slim": 0.9, "average": 1.0, "broad": 1.17}


@dataclass(frozen=True, slots=True)
class Skeleton:
    """Lengths in metres; the figure stands on z = 0, faces x, and its left is y.

    Args:
        hip, hip_half: height of the hip joints when the legs are straight, and half the distance between them.
        thigh, shin, ankle: the legs' bones, and the ankle's height over the sole.
        ball, heel: from under the ankle to the ball of the foot and to the heel.
        waist, spine, neck: from the hips' middle up to the waist joint, on to the chest joint, on to the neck joint.
        skull: from the neck joint to the head joint, about which the head nods.
        shoulder, shoulder_half: height of the shoulders over the chest joint, and half the distance between them.
        upper_arm, forearm, grip: the arms' bones, and from the wrist to the middle of the palm.
        seat: height of the hip joints over a cushion.
        chest: half the depth of the chest, what hands in front of it must keep clear of.
        lap: half the thickness of a thigh.
        face: from the head joint to the point between the eyes: to the front, up.
        girth: factor on widths, from the build.
        lift: how far the trunk can be raised out of the hips (a robot's column; heels and shoulders for a person).
        crouch: share of the leg's length that the figure stands lower than with straight legs.
        legged: walks on feet; otherwise it glides on wheels.
    """

    hip: float
    hip_half: float
    thigh: float
    shin: float
    ankle: float
    ball: float
    heel: float
    waist: float
    spine: float
    neck: float
    skull: float
    shoulder: float
    shoulder_half: float
    upper_arm: float
    forearm: float
    grip: float
    seat: float
    chest: float
    lap: float
    face: tuple[float, float]
    girth: float = 1.0
    lift: float = 0.0
    crouch: float = 0.012
    legged: bool = True


def head_height(height: float) -> float:
    """Height of the head, chin to crown: 0.165 of an adult's height, more of a child's."""
    child = min(max((1.55 - height) / 0.5, 0.0), 1.0)
    return height * (0.165 + 0.04 * child)


def human_skeleton(height: float, build: str = "average") -> Skeleton:
    """Lengths of a person.

    Raises:
        ValueError: unknown build, or a height that no person from 8 to 90 has.
    """
    if build not in _GIRTH:
        raise ValueError(f"expected a build among {', '.join(BUILDS)}; got {build!r}")
    if not 0.8 <= height <= 2.3:
        raise ValueError(f"expected a height from 0.8 to 2.3 metres, got {height!r}; give the look's height in metres")
    girth = _GIRTH[build]
    head = head_height(height)
    body = height - head  # up to the chin: everything else is a share of it
    width = body * girth
    ankle, hip = 0.05 * body, 0.6 * body
    thigh = (hip - ankle) * 0.505
    return Skeleton(
        hip=hip,
        hip_half=0.064 * width,
        thigh=thigh,
        shin=hip - ankle - thigh,
        ankle=ankle,
        ball=0.095 * body,
        heel=0.045 * body,
        waist=0.085 * body,
        spine=0.10 * body,
        neck=0.168 * body,
        skull=0.047 * body,
        shoulder=0.126 * body,
        shoulder_half=0.116 * body * (0.45 + 0.55 * girth),
        upper_arm=0.19 * body,
        forearm=0.165 * body,
        grip=0.055 * body,
        seat=0.058 * width,
        chest=0.085 * width,
        lap=0.055 * width,
        face=(head * 0.40, head * 0.46),
        girth=girth,
        lift=0.02 * body,
    )


def robot_skeleton() -> Skeleton:
    """Lengths of the robot: 1.35 m tall, soft legs on wheels, a trunk that rises 0.32 m out of its hips."""
    return Skeleton(
        hip=0.50,
        hip_half=0.095,
        thigh=0.225,
        shin=0.215,
        ankle=0.06,
        ball=0.09,
        heel=0.07,
        waist=0.075,
        spine=0.08,
        neck=0.32,
        skull=0.05,
        shoulder=0.25,
        shoulder_half=0.205,
        upper_arm=0.27,
        forearm=0.25,
        grip=0.10,
        seat=0.085,
        chest=0.14,
        lap=0.065,
        face=(0.15, 0.14),
        lift=0.32,
        crouch=0.05,
        legged=False,
    )
