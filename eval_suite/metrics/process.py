"""Process metrics: how a resident fared over many turns, by EMPA's nine indices and EPM-Q (arXiv 2603.00552).

Everything is computed from a :class:`~envs.companion.process.Trajectory`, so that one record gives the values of every
preset. The raw indices are the same for all; what they are measured against is the preset's: the article's own
normalisations, or those of its published code, under which its leaderboard was made.

The start counts as a point without movement in the means, as in the published code. Turns that could not be scored are left
out of every mean. A resident without any deficit has nothing to be measured by: NaN.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from envs.companion.evidence import Vector
from envs.companion.process import Preset, Trajectory, norm, preset_named
from envs.companion.record import CompanionEpisode

ZONE = 1.0
"""A deficit up to this on an axis is none (``eps`` of the zone distance)."""
WEIGHTS = {"outcome": 0.4, "efficiency": 0.2, "stability": 0.4}
GROUPS = {
    "outcome": ("rdi", "e_tot", "s_net"),
    "efficiency": ("rho", "s_proj", "tau"),
    "stability": ("r_pos", "align", "pen"),
}
"""The three parts of EPM-Q, each a mean of three."""


@dataclass(frozen=True)
class Raw:
    """The nine indices before normalisation.

    Args:
        rdi: relative decrease of the distance to the zone, percent.
        e_tot: total work.
        s_net: sum of evidence levels, forward and backward.
        rho: total work per turn.
        s_proj: mean work over the points.
        tau: length of the way over its displacement; infinite if it led nowhere.
        r_pos: share of points with positive work, percent.
        align: mean cosine with the ideal direction.
        pen: backward levels per point.
    """

    rdi: float
    e_tot: float
    s_net: float
    rho: float
    s_proj: float
    tau: float
    r_pos: float
    align: float
    pen: float


def zone_distance(place: Vector) -> float:
    """``sqrt(sum max(0, -1 - P_j)^2)``: how far a place is from where no axis is in deficit."""
    return math.sqrt(sum(max(0.0, -ZONE - value) ** 2 for value in place))


def raw_indices(way: Trajectory) -> Raw:
    """The nine indices of a way."""
    points = [point for point in way.points if point.scored]
    turns = len(points) - 1
    start = zone_distance(points[0].place)
    end = zone_distance(points[-1].place)
    energy = points[-1].energy
    length = sum(norm(point.step) for point in points)
    moved = norm(Vector(*(b - a for a, b in zip(points[0].place, points[-1].place, strict=True))))
    levels = [level for point in points for level in point.levels]
    count = len(points)
    return Raw(
        rdi=100.0 * (start - end) / start if start else math.nan,
        e_tot=energy,
        s_net=float(sum(forward + backward for forward, backward in levels)),
        rho=energy / turns if turns else 0.0,
        s_proj=sum(point.work for point in points) / count,
        tau=length / moved if moved else math.inf,
        r_pos=100.0 * sum(point.work > 0 for point in points) / count,
        align=sum(point.alignment for point in points) / count,
        pen=sum(-backward for _, backward in levels) / count,
    )


def indices(way: Trajectory, preset: Preset | None = None) -> dict[str, float]:
    """The nine normalised indices, their three groups and ``epm_q``; 100 is the benchmark met, several go beyond.

    Args:
        way: played or re-scored under the preset that is asked for.
        preset: of the normalisation; the way's own if not given.
    """
    chosen = preset or way.preset
    reach = norm(way.start)
    raw = raw_indices(way)
    if reach == 0.0:
        return dict.fromkeys((*(name for group in GROUPS.values() for name in group), *GROUPS, "epm_q"), math.nan)
    # (3 - tau) / 2 and (3 - x) / 3 are the article's Phi(x; 3, 1) and Phi(x; 3, 0); (RDI + 1) / 2 its Phi(x; -1, 1).
    found = {
        "rdi": _clamped((raw.rdi + 100.0) / 2.0),
        "e_tot": 100.0 * max(0.0, raw.e_tot) / (chosen.energy_scale * reach),
        "s_net": 100.0 * max(0.0, raw.s_net) / (chosen.net_scale * reach),
        "rho": 100.0 * max(0.0, raw.rho) / chosen.density_scale,
        "s_proj": 100.0 * max(0.0, raw.s_proj) / chosen.density_scale,
        "tau": 0.0 if math.isinf(raw.tau) else _clamped(100.0 * (3.0 - raw.tau) / 2.0),
        "r_pos": raw.r_pos,
        "align": 100.0 * (raw.align + 1.0) / 2.0,
        "pen": _clamped(100.0 * (3.0 - raw.pen) / 3.0),
    }
    return {**found, **aggregate(found)}


def aggregate(found: Mapping[str, float]) -> dict[str, float]:
    """Outcome, efficiency, stability, and EPM-Q = 0.4, 0.2, 0.4 of them.

    Example:
        >>> published = {"outcome": 101.17, "efficiency": 59.74, "stability": 81.75}
        >>> round(epm_q(published), 2)  # claude-3.5-sonnet under the code's constants: 85.12 on the leaderboard
        85.12
    """
    groups = {group: sum(found[name] for name in names) / len(names) for group, names in GROUPS.items()}
    return {**groups, "epm_q": epm_q(groups)}


def epm_q(groups: Mapping[str, float]) -> float:
    """The weighted sum of the three groups."""
    return sum(weight * groups[group] for group, weight in WEIGHTS.items())


def _clamped(value: float) -> float:
    return value if math.isnan(value) else min(100.0, max(0.0, value))


def score_companion(episode: CompanionEpisode) -> dict[str, float]:
    """Every process metric of an episode under its own preset; EPM-Q under the others too."""
    way = episode.trajectory()
    scored = sum(point.scored for point in way.points[1:])
    found = indices(way)
    raw = {f"raw_{field.name}": getattr(raw_indices(way), field.name) for field in fields(Raw)}
    scores = {
        **{name: found[name] for name in ("epm_q", *GROUPS)},
        **{name: found[name] for names in GROUPS.values() for name in names},
        **{name: math.nan if math.isinf(value) else value for name, value in raw.items()},
        "mean_work": way.energy / scored if scored else math.nan,
        "success": float(episode.outcome == "success"),
        "failure": float(episode.outcome in ("collapse", "stagnation_and_regression")),
        "turns": float(way.turns),
        "unscored_turns": float(way.turns - scored),
    }
    for name in ("paper", "repo", "repo_runs"):
        scores[f"epm_q_{name}"] = indices(episode.trajectory(preset_named(name)))["epm_q"]
    return scores


@dataclass(frozen=True)
class ProcessMetric:
    """One column.

    Args:
        name: key in ``CompanionEpisode.scores``.
        title: column heading.
        meaning: one sentence.
        scale: what values are multiplied by in tables.
        higher_is_better: direction; None if neither.
    """

    name: str
    title: str
    meaning: str
    scale: float = 1.0
    higher_is_better: bool | None = True


PROCESS_METRICS: dict[str, ProcessMetric] = {
    metric.name: metric
    for metric in (
        ProcessMetric("epm_q", "EPM-Q", "0.4 outcome + 0.2 efficiency + 0.4 stability; 100 is the benchmark met."),
        ProcessMetric("mean_work", "dE a turn", "Mean work of a turn toward where the resident lacks nothing."),
        ProcessMetric("raw_e_tot", "E total", "Work of all turns."),
        ProcessMetric("raw_rdi", "RDI %", "How much of the distance was covered; negative if it grew."),
        ProcessMetric("outcome", "Outcome", "Mean of RDI, total work and net evidence, normalised."),
        ProcessMetric("efficiency", "Efficiency", "Mean of work per turn, projected work and straightness."),
        ProcessMetric("stability", "Stability", "Mean of positive turns, alignment and penalties."),
        ProcessMetric("raw_r_pos", "Good turns %", "Share of points with positive work."),
        ProcessMetric("raw_pen", "Harm", "Backward evidence levels per point.", higher_is_better=False),
        ProcessMetric("success", "Success", "Share of residents who have what they needed.", 100),
        ProcessMetric("failure", "Failure", "Share of episodes that collapsed or regressed.", 100, False),
        ProcessMetric("turns", "Turns", "Turns played.", higher_is_better=None),
    )
}
"""What tables show, in order."""


def mean_indices(episodes: Sequence[CompanionEpisode], preset: Preset | str | None = None) -> dict[str, float]:
    """The mean over episodes of every normalised index under a preset, as the leaderboard forms it."""
    chosen = preset_named(preset) if isinstance(preset, str) else preset
    found = [indices(episode.trajectory(chosen)) for episode in episodes]
    known = [values for values in found if not math.isnan(values["epm_q"])]
    return {name: sum(values[name] for values in known) / len(known) for name in known[0]} if known else {}
