"""Training and test never share a resident, a scenario, or a murmur: checked before anything is trained."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agents.finetuning.errors import FinetuneError
from agents.finetuning.records import Origin
from envs.scenarios.schema import Scenario


def check_leakage(training: Iterable[Origin], held_out: Sequence[Scenario]) -> None:
    """Make sure that nothing of the held-out scenarios is in what a model learns from.

    Args:
        training: where every record or pair comes from.
        held_out: scenarios that it will be tested on.

    Raises:
        FinetuneError: a shared resident or scenario, named.
    """
    residents = {scenario.resident.id: scenario.split for scenario in held_out}
    scenarios = {scenario.id for scenario in held_out}
    for origin in training:
        shared = scenarios & set(origin.scenarios)
        if shared:
            raise FinetuneError(
                f"split leakage: expected held-out scenarios to stay out of training, got {sorted(shared)[0]!r} in both; "
                "build the data from scenarios.split=train"
            )
        if origin.resident in residents:
            raise FinetuneError(
                f"split leakage: expected held-out residents to be strangers, got {origin.resident!r} in training and in "
                f"{residents[origin.resident]}; split by resident (build the data from scenarios.split=train)"
            )


def check_disjoint(training: Sequence[Scenario], held_out: Sequence[Scenario]) -> None:
    """The same for scenarios, and for murmurs that stand in both word for word.

    Raises:
        FinetuneError: see :func:`check_leakage`.
    """
    check_leakage((origin_of(scenario) for scenario in training), held_out)
    heard = {scenario.dialogue.strip().lower(): scenario.id for scenario in held_out}
    for scenario in training:
        twin = heard.get(scenario.dialogue.strip().lower())
        if twin is not None:
            raise FinetuneError(
                f"split leakage: expected held-out murmurs to be new, got the words of {twin!r} "
                f"in {scenario.id!r} of training too"
            )


def origin_of(scenario: Scenario, *, reference: int = 0, variation: str = "", prompt: str = "") -> Origin:
    """Where something made of one scenario comes from."""
    return Origin(
        source=scenario.provenance.source,
        licence=scenario.provenance.licence,
        scenarios=(scenario.id,),
        resident=scenario.resident.id,
        split=scenario.split,
        reference=reference,
        variation=variation,
        prompt=prompt,
    )
