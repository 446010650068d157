"""Agents compared on a resident whose turns are fixed: what differs between two episodes is then the agents' alone.

After HELPERT (arXiv 2409.02244), which kept the clients' messages and exchanged the counsellor. A resident who reacts gives
every agent another conversation; one who repeats recorded turns (``resident=replay``) gives all the same. The price: the
resident does not answer what was said, so how the resident *takes* a turn (the hidden state, dE) still follows the agent,
what the resident *shows* does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table

from envs.companion.record import CompanionEpisode
from eval_suite.companion import CompanionComparison, CompanionRun
from eval_suite.metrics.process import PROCESS_METRICS
from eval_suite.plain_text import plain
from eval_suite.protocol.measures import PROTOCOL_METRICS, protocol_scores
from eval_suite.significance import Difference, paired_difference
from eval_suite.store import StoreError
from eval_suite.tables import number


def resident_turns(episode: CompanionEpisode) -> list[str]:
    """What the resident showed, turn by turn, as JSON: opening words, then gestures, deeds, words."""
    shown = {"gestures", "told", "said", "revealed"}
    opening = [episode.scenario.dialogue]
    return opening + [turn.reaction.model_dump_json(include=shown) for turn in episode.turns]


def paired_on_replay(first: CompanionRun, second: CompanionRun, *, seed: int = 0) -> dict[str, Difference]:
    """One agent less the other on the same fixed turns: work a turn, and every protocol measure.

    Each scenario counts with the turns that both have; intervals and p values are clustered by resident.

    Raises:
        StoreError: no shared scenario, or residents whose turns were not the same.
    """
    mine = {episode.scenario.id: episode for episode in first.episodes}
    other = {episode.scenario.id: episode for episode in second.episodes}
    shared = [key for key in mine if key in other]
    if not shared:
        raise StoreError(f"expected scenarios that {first.label} and {second.label} share, got none; replay the same run")
    pairs = [(mine[key], other[key]) for key in shared]
    residents = [one.scenario.resident.id for one, _ in pairs]
    scored = [_scores(one, two) for one, two in pairs]
    return {
        name: paired_difference([a[name] for a, _ in scored], [b[name] for _, b in scored], residents, seed=seed)
        for name in ("mean_work", *PROTOCOL_METRICS)
    }


def _scores(one: CompanionEpisode, two: CompanionEpisode) -> Sequence[dict[str, float]]:
    count = min(len(one.turns), len(two.turns))
    # The last reaction of the shorter one may be that of an ending; what both agents had to answer comes before it.
    if resident_turns(one)[:count] != resident_turns(two)[:count]:
        raise StoreError(
            f"{one.scenario.id}: expected the same resident's turns in both runs, got different ones; "
            "play both agents with resident=replay and the same resident.episodes"
        )
    return [
        {
            "mean_work": sum(turn.work for turn in episode.turns[:count]) / count if count else float("nan"),
            **protocol_scores(episode.turns[:count]),
        }
        for episode in (one, two)
    ]


def replay_tables(comparison: CompanionComparison) -> Iterator[Table]:
    """Every two neighbours among runs that replayed the same recordings, for the terminal; nothing if there are none."""
    groups: dict[str, list[CompanionRun]] = {}
    for run in comparison.runs:
        if run.episodes[0].resident == "replay":
            groups.setdefault(str(run.episodes[0].resident_config.get("recordings")), []).append(run)
    for runs in groups.values():
        if len(runs) < 2:
            continue
        table = Table(title="The same resident's turns for both agents: one less the other, paired by scenario", box=None)
        for column in ("metric", "agent", "less", "difference", "95% interval", "p"):
            table.add_column(column)
        for lower, upper in zip(runs, runs[1:], strict=False):
            for name, found in paired_on_replay(upper, lower).items():
                metric = PROTOCOL_METRICS.get(name) or PROCESS_METRICS[name]
                low, high = number(found.low * metric.scale), number(found.high * metric.scale)
                table.add_row(metric.title, plain(upper.label, 30), plain(lower.label, 30), number(found.mean * metric.scale),
                              f"[{low}, {high}]", number(found.p, 4))  # fmt: skip
        yield table
