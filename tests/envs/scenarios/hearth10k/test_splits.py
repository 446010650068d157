"""Splits: nothing that is to be kept apart is on both sides, and sizes and positions are as promised."""

from __future__ import annotations

from collections import Counter

import pytest

from envs.scenarios.hearth10k.splits import WAYS, By, presentations, split_of
from envs.scenarios.hearth10k.splits import testmini as small_sample
from envs.scenarios.schema import Home, Labels, Needs, Provenance, Reference, Resident, Scenario


@pytest.fixture(scope="module")
def many() -> list[Scenario]:
    """Forty residents, ten scripts, five turns; sixty archetypes of thirty themes."""
    found = []
    for i in range(40):
        resident = Resident(id=f"r{i}", name=f"R{i}")
        for j in range(10):
            for k in range(5):
                kind = (i * 7 + j * 5 + k) % 60
                found.append(
                    Scenario(
                        id=f"s-{i}-{j}-{k}",
                        resident=resident,
                        script=f"script{j}",
                        program=("[Walk] <desk> (1)",),
                        dialogue=f"{i} {j} {k}",
                        situation="x",
                        labels=Labels(
                            emotion="sad",
                            intensity=1,
                            needs=Needs(cognitive=0, affective=0, proactive=0),
                            theme=f"t{kind // 2}",
                            archetype=f"a{kind}",
                        ),
                        references=(Reference(text="<sit_bed>"), Reference(text="<switchon_tv>")),
                        home=Home(layout="maple"),
                        provenance=Provenance(source="test"),
                    )  # fmt: skip
                )
    return found


@pytest.mark.parametrize("by", WAYS)
def test_shares_are_about_eighty_ten_ten(many: list[Scenario], by: By) -> None:
    counts = Counter(split_of(many, by).values())
    assert counts["train"] / len(many) == pytest.approx(0.8, abs=0.06)
    assert counts["validation"] / len(many) == pytest.approx(0.1, abs=0.05)
    assert counts["test"] / len(many) == pytest.approx(0.1, abs=0.05)


@pytest.mark.parametrize("by", ["resident", "archetype", "script"])
def test_nothing_is_on_both_sides(many: list[Scenario], by: By) -> None:
    parts = split_of(many, by)
    sides: dict[str, set[str]] = {}
    for scenario in many:
        assert scenario.labels is not None
        name = {"resident": scenario.resident.id, "archetype": scenario.labels.archetype, "script": scenario.script}[by]
        sides.setdefault(name, set()).add(parts[scenario.id])
    assert all(len(found) == 1 for found in sides.values())


def test_held_out_archetypes_leave_their_theme_in_training(many: list[Scenario]) -> None:
    parts = split_of(many, "archetype")
    themes = {s.labels.theme for s in many if s.labels}
    trained = {s.labels.theme for s in many if s.labels and parts[s.id] == "train"}
    assert trained == themes


def test_given_residents_stay_where_they_are(many: list[Scenario]) -> None:
    parts = split_of(many, "resident", {"r0": "test", "r1": "validation", "elsewhere": "train"})
    assert {parts[s.id] for s in many if s.resident.id == "r0"} == {"test"}
    assert {parts[s.id] for s in many if s.resident.id == "r1"} == {"validation"}


def test_the_better_response_comes_first_half_of_the_time_in_every_split(many: list[Scenario]) -> None:
    parts = split_of(many, "random")
    orders = presentations(many, parts)
    for part in ("train", "validation", "test"):
        shown = [orders[s.id] for s in many if parts[s.id] == part]
        assert shown.count((0, 1)) / len(shown) == pytest.approx(0.5, abs=0.01)


def test_testmini_is_spread(many: list[Scenario]) -> None:
    mini = small_sample(many)
    assert len(mini) == 100 and mini == small_sample(reversed(many))
    residents = Counter(scenario.resident.id for scenario in mini)
    assert len(residents) == 40 and max(residents.values()) <= 3
    assert max(Counter(scenario.script for scenario in mini).values()) <= 12
