"""What is refused, and what is not."""

from __future__ import annotations

import pytest

from agents.creation.checks import FailureKind, Refused, legal_plan, names_in, no_longer, unlike
from plans.plan import Plan


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Then I rang Maria again.", ["Maria"]),
        ("Not today. Tomorrow, maybe.", []),
        ("I'm late. I'd better go. It's Monday, and I've no milk.", []),
        ('"Tell Karim\'s mother," she said.', ["Karim"]),
        ("The TV is on again... So is the GP's line.", []),
        ("Leeds was cold: Bristol is colder in December.", []),
        ("He moved from Leeds. Leeds was cold.", ["Leeds"]),
        ("Mum called. Where is Mum now?", []),
    ],
)
def test_names(text: str, found: list[str]) -> None:
    # A name that stands only at the beginning of a sentence looks like any other word, unless it is known.
    assert names_in(text, known=found) == found


def test_a_residents_own_name_is_found_at_the_beginning_too() -> None:
    assert names_in("Oyelaran, you fool.", known=["Marta Oyelaran"]) == ["Oyelaran"]
    assert names_in("Fool that I am.", known=["Marta Oyelaran"]) == []
    assert names_in("She keeps the Danish habit.", background="Danish") == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('<switchon_bedroom_tablelamp>, <dialogue>:"Light."', FailureKind.ILLEGAL_ACTION),
        ('<sit_bed>, <switchon_radio>, <dialogue>:"Here."', FailureKind.WRONG_VALUE),
        ('<sit_bed>, <sit_bedroom_sofa>, <dialogue>:"Here."', FailureKind.WRONG_VALUE),
        ('<None>, <dialogue>:"Here."', FailureKind.WRONG_VALUE),
        ("<switchon_radio>", FailureKind.WRONG_VALUE),
        ('<switchon_radio>, <dialogue>:""', FailureKind.WRONG_VALUE),
        ('<switchon_radio>, <dialogue>:"' + "so " * 50 + '"', FailureKind.TOO_LONG),
        ("I would sit down.", FailureKind.UNREADABLE),
    ],
)
def test_plans_that_are_refused(text: str, kind: FailureKind) -> None:
    with pytest.raises(Refused) as refused:
        legal_plan(text, least=1, most=3, words=45)
    assert refused.value.kind is kind and refused.value.problems


def test_a_good_plan_passes_and_its_like_does_not() -> None:
    plan = legal_plan('<switchon_radio>, <sit_bed>, <dialogue>:"Low."', least=1, most=3, words=45)
    assert plan.actions == ("switchon_radio", "sit_bed")
    unlike(plan, [Plan(("switchon_tv",), "Hello.")])
    for twin in (Plan(("sit_bed", "switchon_radio"), "Other words."), Plan(("switchon_tv",), "low.")):
        with pytest.raises(Refused, match="already"):
            unlike(plan, [twin])
    with pytest.raises(Refused, match="16 words; at most 15"):
        no_longer("dialogue", "word " * 16, 15)
