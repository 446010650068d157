"""``make bench``: how fast it is, as ratios and rates measured side by side in one run."""

from __future__ import annotations

import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable


def best_of(work: Callable[[], object], rounds: int = 5, clock: Callable[[], float] = time.perf_counter) -> float:
    """Seconds of the fastest of several rounds: the others were disturbed."""
    times = []
    for _ in range(rounds):
        start = clock()
        work()
        times.append(clock() - start)
    return min(times)


def plans_per_second() -> float:
    """Plans parsed, executed in ``symbolic`` after the resident's script, checked and scored, per second of one core."""
    from envs.scenarios import load_scenarios
    from envs.session import Session
    from envs.simulators import make_simulator
    from eval_suite.metrics import mended, published
    from plans import parse_plan

    scenarios = load_scenarios("hearth")
    simulator = make_simulator("symbolic")
    sessions = [Session(simulator, scenario) for scenario in scenarios]
    texts = [scenarios[(i + 1) % len(scenarios)].references[0].text for i in range(len(scenarios))]

    def work() -> None:
        for session, text in zip(sessions, texts, strict=True):
            session.prepare()
            plan = parse_plan(text)
            session.perform(plan)
            session.check()
            published.action_metrics(text, session.scenario.references[0].text)
            mended.mended_overlap(plan, session.scenario.references)

    work()  # fills path caches, as any evaluation does in its first minute
    return len(scenarios) / best_of(work, clock=time.process_time)


def companion_turns_per_second() -> float:
    """Companion turns in ``symbolic`` with the scripted resident, resets included, per second of one core.

    Every turn is another scenario's whole reference response, so that plans are executed and words are read as in training.
    """
    from envs.companion.session import CompanionSession
    from envs.scenarios import load_scenarios
    from envs.simulators import make_simulator
    from plans import parse_plan

    scenarios = load_scenarios("hearth")
    simulator = make_simulator("symbolic")
    plans = [parse_plan(reference.text) for scenario in scenarios for reference in scenario.references]
    turns = 0

    def work() -> None:
        nonlocal turns
        turns = 0
        for start, scenario in enumerate(scenarios):
            session = CompanionSession(simulator, scenario)
            session.observe(pictures=False)
            while session.outcome is None:
                session.play(plans[(7 * start + 13 * turns) % len(plans)])
                turns += 1

    work()  # fills path caches, as any training does in its first minute
    return turns / best_of(work, rounds=3, clock=time.process_time)


def metric_speedup() -> tuple[float, float]:
    """How many times faster the published metrics are than a loop with scikit-learn, and the largest difference."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.metrics.pairwise import cosine_similarity

    from envs.scenarios import load_scenarios
    from eval_suite.metrics import published

    golds = [scenario.references[0].text for scenario in load_scenarios("hearth")]
    pairs = list(zip(golds, golds[1:] + golds[:1], strict=True))

    def slow(response: str, gold: str) -> float:
        mine, theirs = published.tokens(response), published.tokens(gold)
        published.overlap(mine, theirs)
        published.lcs(mine, theirs)
        matrix = TfidfVectorizer().fit_transform([" ".join(mine), " ".join(theirs)])
        return float(cosine_similarity(matrix[0:1], matrix[1:2])[0, 0])

    worst = max(abs(slow(*pair) - published.action_metrics(*pair)["tf_idf"]) for pair in pairs)
    theirs = best_of(lambda: [slow(*pair) for pair in pairs], 3)
    ours = best_of(lambda: [published.action_metrics(*pair) for pair in pairs], 3)
    return theirs / ours, worst


def frames_per_second(size: int = 256) -> float:
    """Pictures of a resident in a furnished house per second, RGB, headless."""
    from envs.household import build_household, layout_names
    from envs.simulators import make_simulator
    from envs.simulators.base import RESIDENT
    from envs.simulators.cameras import follow_camera

    rates = []
    for layout in layout_names():
        household = build_household(layout, 0)
        simulator = make_simulator("mujoco")
        simulator.reset(household)
        camera = follow_camera(household, simulator, RESIDENT)

        def work(simulator=simulator, camera=camera) -> None:  # type: ignore[no-untyped-def]
            for _ in range(50):
                simulator.render(camera, width=size, height=size)

        work()
        rates.append(50 / best_of(work))
        simulator.close()
    return statistics.fmean(rates)


def help_seconds() -> float:
    """Seconds of ``empathy-gym --help``."""
    command = [sys.executable, "-m", "scripts.main", "--help"]
    return best_of(lambda: subprocess.run(command, check=True, capture_output=True))


def scoring_rows() -> list[tuple[str, str, str]]:
    """How long ten thousand responses take to score."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from eval_suite.metrics.speed import measure

    # In a process of its own: what the benchmarks before it held is not the metrics' memory.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
        speed = fresh.submit(measure).result()
    left_out = f", without {', '.join(speed.skipped)}" if speed.skipped else ""
    memory = f"{speed.peak_mib:.0f} MiB, METEOR's Java {speed.child_mib:.0f} MiB"
    return [
        (f"action metrics of {speed.responses:,} responses", f"{speed.action_seconds:.1f} s", "under 5 s"),
        (f"language metrics of the same{left_out}", f"{speed.language_seconds:.1f} s, {memory}", "under 60 s, 1 GB"),
    ]


def main() -> None:
    """Measure everything and print a table with the targets."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"EmpathyGym benchmarks, Python {platform.python_version()}, {platform.machine()}")
    for column in ("what", "measured", "target"):
        table.add_column(column)
    speedup, difference = metric_speedup()
    table.add_row("plans parsed, executed (symbolic), scored", f"{plans_per_second():,.0f} /s on one core", "at least 1,000 /s")
    table.add_row("Companion turns (symbolic)", f"{companion_turns_per_second():,.0f} /s on one core", "at least 1,000 /s")
    table.add_row(
        "Overlap + TF-IDF + LCS against scikit-learn", f"{speedup:.0f} x, off by {difference:.0e}", "at least 10 x, equal"
    )
    table.add_row("frames 256 x 256 RGB (mujoco, mean of layouts)", f"{frames_per_second():.0f} /s", "at least 100 /s")
    table.add_row("empathy-gym --help", f"{help_seconds():.2f} s", "under 0.5 s")
    for row in scoring_rows():
        table.add_row(*row)
    Console().print(table)


if __name__ == "__main__":
    main()
