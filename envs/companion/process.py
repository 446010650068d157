"""Empathy as a process: from a resident's deficit, turn by turn, to where the robot has brought them. Pure functions.

The formulas are those of EMPA (arXiv 2603.00552) and of its published code, which differ; a :class:`Preset` holds every
constant in which they do:

* ``paper``: as the article has it: a linear map from evidence, the ideal direction updated with the state, success by
  energy and (distance or mean alignment);
* ``repo``: as its repository has it: a stepped map, the first turn's direction kept, success by energy and (distance or
  crossing of the resident's zero);
* ``repo_runs``: ``repo`` with the tolerance that the published results were made with.

A resident starts at ``P_0 <= 0`` on each axis; evidence of a turn becomes a step ``v_t``; ``P_t = P_{t-1} + v_t``; the
work of a turn is ``dE_t = v_t . v*`` toward the ideal direction ``v*``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Literal

from envs.companion.evidence import Evidence, Vector
from envs.scenarios.schema import EmpaItems, Labels

ZERO = Vector(0.0, 0.0, 0.0)

ITEM_DEFICITS: tuple[tuple[int, int, int], tuple[int, int, int], tuple[int, int, int]] = ((2, 2, 3), (2, 4, 3), (2, 4, 3))
"""Deficit of one level of each of the nine items, axis by axis (EMPA's IEDR): the cognitive axis ends at -21, others at -27."""

STEPPED_PROGRESS = (0.0, 1.0, 3.0)
STEPPED_NEGATIVE = ((0.0, -2.0, -4.0), (0.0, -2.0, -5.0), (0.0, -2.0, -5.0))
"""What levels are worth in the published code: the second level of progress counts three times the first."""
LINEAR_PROGRESS = (0.0, 1.0, 2.0)
LINEAR_NEGATIVE = ((0.0, -1.0, -2.0),) * 3
"""What levels are worth in the article: steps within [-2, 2]."""


@dataclass(frozen=True)
class Preset:
    """Every constant of one version of the method.

    Args:
        name: how it is asked for.
        direction: ``fixed`` keeps the ideal direction of the start; ``updated`` takes that of the state each turn led to.
        progress: what the levels of progress are worth.
        negative: what the levels of harm are worth, axis by axis.
        tolerance: share of ``||P_0||`` that counts as having arrived (``eps_d``, ``eps_dir``).
        success: which success rule.
        earliest_success: turns before which nothing counts as success.
        alignment_needed: mean cosine that stands in for distance in the article's rule (``tau_align``).
        most_turns: the published limit.
        energy_scale: ``beta_E`` of EPM-Q: what of ``||P_0||`` the total work is measured against.
        net_scale: ``alpha_net`` of EPM-Q: the same for the sum of evidence levels.
        density_scale: ``rho_max`` of EPM-Q: the work of a turn that counts as 100.
        source: where the constants stand.
    """

    name: str
    direction: Literal["fixed", "updated"]
    progress: tuple[float, float, float]
    negative: tuple[tuple[float, float, float], ...]
    tolerance: float
    success: Literal["paper", "repo"]
    energy_scale: float
    net_scale: float
    density_scale: float
    source: str
    earliest_success: int = 12
    alignment_needed: float = 0.5
    most_turns: int = 45


PAPER = Preset(
    name="paper",
    direction="updated",
    progress=LINEAR_PROGRESS,
    negative=LINEAR_NEGATIVE,
    tolerance=0.05,
    success="paper",
    energy_scale=1.0,
    net_scale=1.2,
    # The longest step of the linear map, 2 on each axis.
    density_scale=3.464,
    source="arXiv 2603.00552; tau_align has no published value, 0.5 (sixty degrees) is ours; the tolerance is the code's",
)
REPO = Preset(
    name="repo",
    direction="fixed",
    progress=STEPPED_PROGRESS,
    negative=STEPPED_NEGATIVE,
    tolerance=0.05,
    success="repo",
    energy_scale=1.2,
    net_scale=1.5,
    density_scale=2.5,
    source="KAYA-HAI/EMPA-Benchmark-EPMSandbox, d59757a",
)
REPO_RUNS = replace(REPO, name="repo_runs", tolerance=0.10, source=f"{REPO.source}; tolerance of the published results")
PRESETS: dict[str, Preset] = {preset.name: preset for preset in (PAPER, REPO, REPO_RUNS)}
"""Presets by name."""


def preset_named(name: str) -> Preset:
    """The preset of this name.

    Raises:
        ValueError: there is none.
    """
    if name not in PRESETS:
        raise ValueError(f"preset: expected one of {', '.join(PRESETS)}, actually {name!r}")
    return PRESETS[name]


# -- the start -------------------------------------------------------------------------------------------------------


def initial_deficit(items: EmpaItems) -> Vector:
    """``P_0`` of the nine items: the sum of each axis's three, every level of an item worth its published deficit."""
    axes = (items.cognitive, items.affective, items.proactive)
    return Vector(*(
        -float(sum(weight * level for weight, level in zip(weights, levels, strict=True)))
        for weights, levels in zip(ITEM_DEFICITS, axes, strict=True)
    ))  # fmt: skip


def items_of(labels: Labels | None) -> EmpaItems:
    """The nine items of a scenario's labels.

    Scenarios that carry the items keep them. Of others the three need levels stand for their axis's items, and the strength
    of the emotion for A.1 (ours); without labels everything is taken to be at level 1.
    """
    if labels is None:
        return EmpaItems(cognitive=(1, 1, 1), affective=(1, 1, 1), proactive=(1, 1, 1))
    if labels.empa is not None:
        return labels.empa
    needs = labels.needs
    return EmpaItems(
        cognitive=(needs.cognitive,) * 3,
        affective=(labels.intensity, needs.affective, needs.affective),
        proactive=(needs.proactive,) * 3,
    )


# -- one turn --------------------------------------------------------------------------------------------------------


def step_of(evidence: Evidence, preset: Preset) -> Vector:
    """``v_t``: what the evidence of a turn is worth on each axis."""
    levels = evidence.levels
    return Vector(
        preset.progress[levels[0][0]] + preset.negative[0][-levels[0][1]],
        preset.progress[levels[1][0]] + preset.negative[1][-levels[1][1]],
        preset.progress[levels[2][0]] + preset.negative[2][-levels[2][1]],
    )


def norm(vector: Vector) -> float:
    """Euclidean length."""
    return math.sqrt(vector[0] * vector[0] + vector[1] * vector[1] + vector[2] * vector[2])


def dot(one: Vector, other: Vector) -> float:
    """Inner product."""
    return one[0] * other[0] + one[1] * other[1] + one[2] * other[2]


def plus(one: Vector, other: Vector) -> Vector:
    """Sum."""
    return Vector(one[0] + other[0], one[1] + other[1], one[2] + other[2])


def ideal_direction(place: Vector) -> Vector:
    """``-P / ||P||``: straight to where nothing is missing; zero where one is there already."""
    length = norm(place)
    return ZERO if length == 0.0 else Vector(-place[0] / length, -place[1] / length, -place[2] / length)


@dataclass(frozen=True, slots=True)
class Point:
    """Where a resident is after a turn, and how they came there.

    Args:
        turn: 0 for the start.
        place: ``P_t``.
        step: ``v_t``; zero at the start, and on a turn that could not be scored.
        work: ``dE_t``.
        energy: the sum of all work so far.
        alignment: cosine of the step with the ideal direction; 0 for no step.
        levels: (progress, negative) of each axis.
        scored: False for a turn without evidence, which moves nothing and stays out of every mean.
    """

    turn: int
    place: Vector
    step: Vector = ZERO
    work: float = 0.0
    energy: float = 0.0
    alignment: float = 0.0
    levels: tuple[tuple[int, int], tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0), (0, 0))
    scored: bool = True


class Trajectory:
    """The way of one resident through the space of deficits.

    Args:
        start: ``P_0``.
        preset: constants.

    Example:
        >>> from envs.companion.evidence import AxisEvidence
        >>> way = Trajectory(Vector(-3.0, -4.0, 0.0), REPO)
        >>> point = way.add(Evidence(cognitive=AxisEvidence(progress=2), affective=AxisEvidence(progress=1)))
        >>> point.place, round(point.work, 6)
        (Vector(cognitive=0.0, affective=-3.0, proactive=0.0), 2.6)
    """

    def __init__(self, start: Vector, preset: Preset = REPO) -> None:
        self.preset = preset
        self.points: list[Point] = [Point(0, start)]
        self._first = ideal_direction(start)

    @property
    def start(self) -> Vector:
        """``P_0``."""
        return self.points[0].place

    @property
    def place(self) -> Vector:
        """``P_t``."""
        return self.points[-1].place

    @property
    def turns(self) -> int:
        """Turns so far, scored or not."""
        return len(self.points) - 1

    @property
    def energy(self) -> float:
        """``E_total``."""
        return self.points[-1].energy

    def add(self, evidence: Evidence | None) -> Point:
        """Go one turn on; None for a turn that could not be scored."""
        last = self.points[-1]
        if evidence is None:
            point = Point(last.turn + 1, last.place, energy=last.energy, scored=False)
        else:
            step = step_of(evidence, self.preset)
            place = plus(last.place, step)
            ideal = self._first
            if self.preset.direction == "updated":
                # At the very origin no direction is left: the one that led there counts.
                ideal = ideal_direction(place) if place != ZERO else ideal_direction(last.place)
            work = dot(step, ideal)
            length = norm(step)
            point = Point(
                last.turn + 1, place, step, work, last.energy + work, work / length if length else 0.0, evidence.levels
            )
        self.points.append(point)
        return point

    # -- how it ends

    def succeeded(self) -> bool:
        """Whether the resident has what they needed.

        Not before turn 12. Article: ``E_total > ||P_0||`` and (``||P|| < eps_d`` or mean cosine above ``tau_align``).
        Code: ``E_total >= ||P_0||`` and (``||P|| <= eps_d`` or ``P . v*_0 >= -eps_dir``).
        """
        if self.turns < self.preset.earliest_success:
            return False
        reach = norm(self.start)
        tolerance = self.preset.tolerance * reach
        if self.preset.success == "paper":
            scored = [point.alignment for point in self.points[1:] if point.scored]
            mean = sum(scored) / len(scored) if scored else 0.0
            return self.energy > reach and (norm(self.place) < tolerance or mean > self.preset.alignment_needed)
        near = norm(self.place) <= tolerance
        return self.energy >= reach and (near or dot(self.place, self._first) >= -tolerance)

    def failure(self) -> Failure | None:
        """Why there is no point in going on; None while there is.

        Collapse, or stagnation together with regression, as in the published code.
        """
        if self.collapsed():
            return Failure.COLLAPSE
        if self.stagnated() and self.regressed():
            return Failure.STAGNATION_AND_REGRESSION
        return None

    def collapsed(self) -> bool:
        """Five scored turns running that did harm."""
        work = self._work()[-5:]
        return len(work) == 5 and all(value < 0 for value in work)

    def stagnated(self) -> bool:
        """The distance has hardly changed over five points: standard deviation (of the population) below 0.5."""
        lengths = [norm(point.place) for point in self.points if point.scored][-5:]
        if len(lengths) < 5:
            return False
        mean = sum(lengths) / 5
        return math.sqrt(sum((value - mean) ** 2 for value in lengths) / 5) < 0.5

    def regressed(self) -> bool:
        """More than 70 % of the last eight scored turns did harm, and together more than 1."""
        work = self._work()[-8:]
        return len(work) == 8 and sum(value < 0 for value in work) > 0.7 * 8 and sum(work) < -1.0

    def _work(self) -> list[float]:
        return [point.work for point in self.points[1:] if point.scored]


class Failure(Enum):
    """Why an episode failed."""

    COLLAPSE = "collapse"
    STAGNATION_AND_REGRESSION = "stagnation_and_regression"


def rescored(start: Sequence[float], evidence: Sequence[Evidence | None], preset: Preset) -> Trajectory:
    """The way that the same evidence describes under another preset."""
    way = Trajectory(Vector(*start), preset)
    for item in evidence:
        way.add(item)
    return way
