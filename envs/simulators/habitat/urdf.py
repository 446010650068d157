"""Furniture with doors, lids and drawers as URDF, for Habitat's articulated objects and any other reader.

Coordinates are y up, as in the glTF files that the links show: Habitat places both without turning them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from xml.etree import ElementTree as Xml

from envs.household.model import Joint, Model
from envs.simulators.habitat.frames import to_habitat

BASE = "base"
"""The link that does not move."""


def write_urdf(name: str, model: Model, meshes: Mapping[str | None, str]) -> bytes:
    """A robot description of a model.

    Args:
        name: what it is called.
        model: its joints; values go from 0 (closed) to ``opening`` (open), radians or metres.
        meshes: joint (None: what does not move) -> glTF file that its link shows, relative to the URDF.
    """
    robot = Xml.Element("robot", name=name)
    _link(robot, BASE, meshes.get(None), (0.0, 0.0, 0.0))
    for joint in model.joints:
        anchor = to_habitat(joint.anchor)
        _link(robot, joint.name, meshes.get(joint.name), (-anchor[0], -anchor[1], -anchor[2]))
        _joint(robot, joint, anchor)
    Xml.indent(robot, "  ")
    return b'<?xml version="1.0"?>\n' + Xml.tostring(robot, encoding="utf-8") + b"\n"


def opening(joint: Joint) -> float:
    """The position of a joint that is fully open, radians or metres."""
    return math.radians(joint.opening) if joint.kind == "hinge" else joint.opening


def _numbers(values: tuple[float, float, float]) -> str:
    return " ".join(f"{value + 0.0:.6g}" for value in values)


def _link(robot: Xml.Element, name: str, mesh: str | None, origin: tuple[float, float, float]) -> None:
    link = Xml.SubElement(robot, "link", name=name)
    inertial = Xml.SubElement(link, "inertial")
    Xml.SubElement(inertial, "origin", xyz="0 0 0", rpy="0 0 0")
    Xml.SubElement(inertial, "mass", value="10")
    Xml.SubElement(inertial, "inertia", ixx="1", ixy="0", ixz="0", iyy="1", iyz="0", izz="1")
    if mesh is not None:
        visual = Xml.SubElement(link, "visual")
        Xml.SubElement(visual, "origin", xyz=_numbers(origin), rpy="0 0 0")
        Xml.SubElement(Xml.SubElement(visual, "geometry"), "mesh", filename=mesh)


def _joint(robot: Xml.Element, joint: Joint, anchor: tuple[float, float, float]) -> None:
    kind = "revolute" if joint.kind == "hinge" else "prismatic"
    element = Xml.SubElement(robot, "joint", name=joint.name, type=kind)
    Xml.SubElement(element, "parent", link=BASE)
    Xml.SubElement(element, "child", link=joint.name)
    Xml.SubElement(element, "origin", xyz=_numbers(anchor), rpy="0 0 0")
    Xml.SubElement(element, "axis", xyz=_numbers(to_habitat(joint.axis)))
    end = opening(joint)
    Xml.SubElement(element, "limit", lower=f"{min(0.0, end):.9g}", upper=f"{max(0.0, end):.9g}", effort="100", velocity="10")
