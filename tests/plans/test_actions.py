"""The action space is the paper's."""

from __future__ import annotations

from collections import Counter

import pytest

from plans import ACTIONS, Category, Primitive, Program, ProgramError, Step, get_action


def test_fifty_actions_in_four_families() -> None:
    counts = Counter(action.category for action in ACTIONS.values())
    assert counts == {Category.FETCH: 28, Category.FURNITURE: 10, Category.SIT: 4, Category.COMBINATION: 8}


def test_every_action_can_be_said_done_and_checked() -> None:
    for name, action in ACTIONS.items():
        assert action.name == name and list(ACTIONS)[action.index] == name
        assert action.phrase and action.program.steps and action.goals


def test_no_two_actions_have_the_same_phrase_or_goals() -> None:
    assert len({action.phrase for action in ACTIONS.values()}) == 50
    assert len({action.goals for action in ACTIONS.values()}) == 50


def test_an_unknown_action_is_refused_with_a_hint() -> None:
    with pytest.raises(KeyError, match="did you mean 'sit_bed'"):
        get_action("sit_beds")


def test_programs_are_virtualhome_lines_both_ways() -> None:
    for action in ACTIONS.values():
        assert Program.parse(action.program.lines) == action.program


@pytest.mark.parametrize(
    ("line", "step"),
    [
        ("[Walk] <mug> (1)", Step(Primitive.WALK, ("mug",), (1,))),
        ("[putin] <apple> (2) <fridge> (1)", Step(Primitive.PUTIN, ("apple", "fridge"), (2, 1))),
        ("[Walkforward]", Step(Primitive.WALKFORWARD)),
        ("  [ SwitchOn ]  < tv >  ( 3 ) ", Step(Primitive.SWITCHON, ("tv",), (3,))),
        ("<char0> [grab] <paper> (1)", Step(Primitive.GRAB, ("paper",), (1,))),
    ],
)
def test_lines_of_all_spellings_are_read(line: str, step: Step) -> None:
    assert Step.parse(line) == step


@pytest.mark.parametrize(
    "line", ["", "Walk mug", "[Fly] <moon> (1)", "[Walk]", "[Sit] <sofa> (1) <bed> (1)", "[Walk] <mug> (1) please"]
)
def test_broken_lines_are_refused(line: str) -> None:
    with pytest.raises(ProgramError):
        Step.parse(line)
