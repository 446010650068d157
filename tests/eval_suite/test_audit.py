"""Audits: the official flaws are found in data that has them, and not in data that does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from envs.scenarios import load_scenarios
from envs.scenarios.schema import Home, Labels, Needs, Provenance, Reference, Resident, Scenario
from eval_suite import fairness, text_quality
from eval_suite.audit import Audit, audit
from eval_suite.blind_scores import CONSTANT, blind_scores

_WORDS = (
    "amber birch cello delta ember fjord grove heron inlet jolly knoll lemon maple north olive plume quilt river stone tulip"
).split()


def scenario(i: int, plan: str, **changes: object) -> Scenario:
    words = " ".join(_WORDS[(i * step) % 20] for step in (3, 7, 11, 13, 17))
    fields = {
        "id": f"s{i}", "resident": Resident(id=f"r{i % 5}", name="A", pronoun=("she", "he")[i % 2], age=40),
        "script": "sit_on_sofa",
        "program": ("[Walk] <bedroom_sofa> (1)", "[Sit] <bedroom_sofa> (1)"),
        "dialogue": f"{words} {i}", "situation": f"{i} {words}.",
        "labels": Labels(emotion="sad", intensity=1, needs=Needs(cognitive=1, affective=1, proactive=1), theme="t"),
        "references": (Reference(text=f'{plan}, <dialogue>:"Well, {words}."'),), "home": Home(layout="maple"),
        "provenance": Provenance(source="test"), **changes,
    }  # fmt: skip
    return Scenario(**fields)  # type: ignore[arg-type]


def failed(result: Audit) -> set[str]:
    return {check.name for check in result.checks if check.ok is False}


def test_hearth_passes_and_is_written_down() -> None:
    result = audit(load_scenarios("hearth"), execute=6, name="hearth")
    assert result.passed, failed(result)
    assert result.value("frequent: Overlap") < 0.15
    assert json.loads(result.to_json())["passed"] is True
    assert "| blind | constant: Overlap |" in result.to_markdown()


def test_a_set_that_a_constant_plan_solves_is_told_so() -> None:
    plan = ", ".join(f"<{action}>" for action in CONSTANT)
    result = audit([scenario(i, plan) for i in range(20)], execute=0)
    assert {
        "constant: Overlap",
        "frequent: Overlap",
        "largest share of one action",
        "legal actions used in gold plans",
    } <= failed(result)
    assert result.value("constant: Overlap") == pytest.approx(1.0)
    assert result.value("entropy, bits (of 5.64)") == pytest.approx(1.585, abs=1e-3)


def test_illegal_actions_position_and_long_dialogues_are_found() -> None:
    odd = [
        scenario(i, "<switchon_bedroom_tablelamp>, <sit_bed>", presentation=(1, 0), dialogue=" ".join(_WORDS[:16]) + f" {i}")
        for i in range(10)
    ]
    result = audit(odd, execute=0)
    assert {"illegal actions in references", "gold plans that read without an issue", "better response shown first",
            "longest dialogue, words"} <= failed(result)  # fmt: skip
    assert result.value("dialogues: with a near duplicate") == 1.0
    assert result.value("illegal actions in references") == 0.5
    assert result.value("better response shown first") == 0.0


def test_a_plan_that_cannot_be_carried_out_is_named() -> None:
    stuck = scenario(1, "<switchon_tv>, <switchoff_bathroom_lights>")
    broken = scenario(2, "<put_book_into_bookshelf>", program=("[Walk] <bedroom_sofa> (1)", "[Sit] <fridge> (1)"))
    result = audit([stuck, broken], every_plan=True)
    check = next(check for check in result.checks if check.section == "execution")
    assert check.value == 0.5 and "s2 plan 1" in check.detail


def test_the_strongest_blind_plan_is_at_least_as_strong_as_any_single_action() -> None:
    plans = ["<sit_bed>, <switchon_tv>"] * 5 + ["<sit_bed>, <open_fridge>"] * 5
    scores = blind_scores([scenario(i, plan) for i, plan in enumerate(plans)], [scenario(0, "<sit_bed>")])
    assert scores["strongest"].overlap >= scores["frequent"].overlap == pytest.approx(2 / 3)
    assert "sit_bed" in scores["strongest"].plan


def test_near_duplicates_are_texts_that_differ_in_a_word() -> None:
    texts = ["the boiler gave a cough and went out in the night", "the boiler gave a cough and went out last night",
             "her sister rang about the goats", "nobody came to the harbour"]  # fmt: skip
    near = text_quality.near_duplicates([*texts, texts[0]])
    assert near.share == pytest.approx(2 / 5, abs=0.21) and "boiler" in near.example
    assert text_quality.near_duplicates(texts[2:]).share == 0
    assert text_quality.near_duplicates([texts[0]] * 2, texts[2:]).share == 0


def test_repetition_raises_self_bleu_and_hard_words_raise_the_grade() -> None:
    various = [" ".join(_WORDS[(i * step) % 20] for step in (3, 7, 9, 11, 13)) for i in range(1, 8)]
    assert text_quality.self_bleu(["we walked along the river today"] * 5) == pytest.approx(1.0)
    assert text_quality.self_bleu(various) < 0.6
    assert (
        text_quality.reading_grade(["The cat sat."])
        < 1
        < text_quality.reading_grade(
            ["Institutional accountability necessitates comprehensive documentation of administrative irregularities."]
        )
    )


def test_different_treatment_in_the_same_moment_is_found() -> None:
    fair = [scenario(i, ("<sit_bed>", "<switchon_tv>")[i // 2 % 2]) for i in range(60)]
    unfair = [scenario(i, ("<sit_bed>", "<switchon_tv>")[i % 2]) for i in range(60)]
    found = {(gap.what, gap.group): gap for gap in fairness.gaps(fair)}
    assert found[("actions", "gender")].excess < 0.05
    biased = {(gap.what, gap.group): gap for gap in fairness.gaps(unfair)}[("actions", "gender")]
    assert biased.distance == 1.0 and biased.excess > 0.5 and biased.p < 0.05
    assert ("actions", "age") not in found  # everyone is forty


def test_the_command_writes_its_tables(tmp_path: Path) -> None:
    from scripts.audit import main

    main(["scenarios=hearth", "execute=2", f"out={tmp_path / 'audit'}"])
    assert json.loads((tmp_path / "audit" / "audit.json").read_text(encoding="utf-8"))["size"] == 288
    assert (tmp_path / "audit" / "audit.md").read_text(encoding="utf-8").startswith("### Audit of hearth")
