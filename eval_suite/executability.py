"""Whether reference plans can be carried out: every action, in the simulator, with all its goals met at the end."""

from __future__ import annotations

from collections.abc import Sequence

from envs.rehearsal import rehearse
from envs.scenarios.schema import Scenario


def carry_out(
    scenarios: Sequence[Scenario], *, simulator: str = "symbolic", every_plan: bool = False, workers: int = 1
) -> tuple[list[str], int]:
    """Carry plans out.

    Args:
        scenarios: whose plans.
        simulator: where; without pictures.
        every_plan: all references and contrasts, not only the best.
        workers: processes; each starts afresh and takes every so many-th scenario.

    Returns:
        One line for each plan that failed, and how many were tried.
    """
    if workers <= 1 or len(scenarios) < 4 * workers:
        return _carry_out((simulator, every_plan, list(scenarios)))
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    # A house with its navigation grid is kept by layout and seed: equal ones go to one worker.
    ordered = sorted(scenarios, key=lambda scenario: (scenario.home.layout, scenario.home.seed, scenario.id))
    size = -(-len(ordered) // (4 * workers))
    parts = [(simulator, every_plan, ordered[start : start + size]) for start in range(0, len(ordered), size)]
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        results = list(pool.map(_carry_out, parts))
    return [line for failures, _ in results for line in failures], sum(count for _, count in results)


def _carry_out(job: tuple[str, bool, list[Scenario]]) -> tuple[list[str], int]:
    from envs.simulators import make_simulator

    name, every_plan, scenarios = job
    failures: list[str] = []
    count = 0
    simulator = make_simulator(name)
    try:
        for scenario in sorted(scenarios, key=lambda scenario: (scenario.home.layout, scenario.home.seed, scenario.id)):
            wanted = (*scenario.references, *scenario.contrasts) if every_plan else scenario.references[:1]
            for place, reference in enumerate(wanted):
                count += 1
                problem = rehearse(simulator, scenario, reference.plan)
                if problem:
                    failures.append(f"{scenario.id} plan {place + 1}: {problem}")
    finally:
        simulator.close()
    return failures, count
