"""The table of retrieval against blind answers, on sets where what it must say is known."""

from __future__ import annotations

from envs.scenarios import load_scenarios
from envs.scenarios.schema import Reference, Scenario
from eval_suite.generalization import BLIND, generalization, of_json, to_json, to_markdown, ways_of

ACTIONS = ("switchon_tv", "open_fridge", "sit_bed", "switchon_stove", "get_book_puton_bedroomtable", "switchon_computer")
WORDS = ("the match begins", "what is in there", "my poor feet", "soup for six", "chapter nine", "the form is online")


def scenarios(known: bool) -> list[Scenario]:
    """Six kinds of moments, each with an action of its own; ``known``: those in test are also in train."""
    template = load_scenarios("hearth", limit=1)[0]
    found = []
    for number in range(120):
        kind = number % 6
        part = "test" if (number % 5 == 0 if known else kind in (4, 5)) else "train"
        reference = Reference(text=f'<{ACTIONS[kind]}>, <dialogue>:"Yes."')
        resident = template.resident.model_copy(update={"id": f"resident-{number % 7}"})
        changes = {
            "id": str(number), "split": part, "dialogue": f"{WORDS[kind]} {number}", "references": (reference,),
            "resident": resident,
        }  # fmt: skip
        found.append(template.model_copy(update=changes))
    return found


def test_memory_helps_where_moments_come_again_and_only_there() -> None:
    known, new = generalization({"known": scenarios(True), "new": scenarios(False)})
    assert known.scores["retrieval"]["overlap"].mean == 1.0
    assert known.scores["constant"]["overlap"].mean < 0.2
    assert known.gain() > 0.5
    assert new.scores["retrieval"]["overlap"].mean == 0.0 and new.gain() <= 0
    table = to_markdown([known, new])
    assert f"{100 * known.gain():+.1f}" in table and "| known | new |" in table
    assert of_json(to_json([known, new])) == [known, new]


def test_ways_hold_the_same_scenarios() -> None:
    chosen = load_scenarios("hearth10k", limit=40)
    ways = ways_of("hearth10k", chosen)
    assert set(ways) == {"random", "resident", "archetype", "script"}
    assert all({scenario.id for scenario in kept} == {scenario.id for scenario in chosen} for kept in ways.values())
    assert list(ways_of("jsonl", chosen)) == ["given"]


def test_a_set_without_a_test_part_gives_no_table() -> None:
    only_train = [scenario.model_copy(update={"split": "train"}) for scenario in scenarios(True)]
    assert generalization({"given": only_train}) == []
    assert "No split" in to_markdown([])
    assert "somebody else's" in BLIND
