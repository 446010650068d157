"""A rubric is one file, and a wrong one is refused in one line."""

from __future__ import annotations

import math

import pytest
import yaml

from eval_suite.rubrics import Rubric, RubricError, load_rubric, rubric_names

SMALL = {
    "name": "small",
    "version": 1,
    "title": "Small",
    "source": "tests",
    "about": "One thing.",
    "scale": {"low": 1, "high": 5},
    "items": [{"name": "tact", "title": "Tact", "question": "Is it tactful?", "anchors": {1: "No.", 5: "Yes."}}],
    "headline": "tact",
}


def test_bundled_rubrics_have_the_items_and_scales_of_their_sources():
    assert rubric_names() == ["cehs", "ctrs", "empathy_process", "epitome", "three_factor"]
    process = load_rubric("empathy_process")
    counts = [len(process.items_for(c)) for c in ("scenario_understanding", "empathetic_planning", "empathetic_action")]
    assert counts == [4, 7, 8]  # the paper's challenge-dependent subsets
    assert (process.scale.low, process.scale.high) == (0, 10)
    assert [item.name for item in process.items if item.computed] == ["legality"]
    cehs = load_rubric("cehs")
    assert [(item.name, cehs.scale_of(item).high) for item in cehs.items] == [
        ("content", 2), ("empathy", 2), ("helpfulness", 2), ("safety", 1)]  # fmt: skip
    ctrs = load_rubric("ctrs")
    assert len(ctrs.items) == 11 and ctrs.scale.high == 6 and ctrs.unit == "conversation"
    assert load_rubric("epitome").reference_gap


def test_forty_of_sixty_six_is_competent():
    ctrs = load_rubric("ctrs")
    competent = next(entry for entry in ctrs.aggregates if entry.name == "competent")
    names = [item.name for item in ctrs.items]
    assert competent.value(dict.fromkeys(names, 4.0)) == 1.0
    assert competent.value(dict.fromkeys(names, 3.6)) == 0.0
    assert math.isnan(competent.value(dict.fromkeys(names[1:], 6.0)))  # one item unscored


def test_order_counts_for_elders_alone():
    order = next(entry for entry in load_rubric("three_factor").aggregates if entry.name == "order_for_elders")
    assert order.value({"order": 2.0}, age=71) == 2.0
    assert math.isnan(order.value({"order": 2.0}, age=30)) and math.isnan(order.value({"order": 2.0}))


def test_a_new_rubric_is_a_new_file(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(SMALL), encoding="utf-8")
    rubric = load_rubric(path)
    assert rubric.asked("empathetic_action")[0].anchors[5] == "Yes."
    changed = Rubric.model_validate({**SMALL, "about": "Another thing."})
    assert changed.digest != rubric.digest  # other wording, other grades


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"headline": "kindness"}, "headline"),
        ({"scale": {"low": 5, "high": 5}}, "low below high"),
        ({"items": [{**SMALL["items"][0], "anchors": {1: "No."}}]}, "anchors for 1 and 5"),
        ({"items": [{**SMALL["items"][0], "anchors": {1: "No.", 5: "Yes.", 9: "Very."}}]}, "anchors from 1 to 5"),
        ({"items": [SMALL["items"][0]] * 2}, "twice"),
        ({"items": []}, "items"),
        ({"weights": [1]}, "weights"),
        ({"aggregates": [{"name": "sum", "title": "Sum", "kind": "sum", "items": ["grace"]}]}, "grace"),
        ({"aggregates": [{"name": "ok", "title": "Ok", "kind": "at_least", "items": ["tact"]}]}, "threshold"),
    ],
)
def test_broken_rubrics_are_refused_in_one_line(tmp_path, change, complaint):
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump({**SMALL, **change}), encoding="utf-8")
    with pytest.raises(RubricError, match=complaint) as caught:
        load_rubric(path)
    assert "\n" not in str(caught.value)


def test_unknown_rubrics_suggest_the_nearest(tmp_path):
    with pytest.raises(RubricError, match="did you mean 'cehs'"):
        load_rubric("cesh")
    with pytest.raises(RubricError, match="no such rubric file"):
        load_rubric(tmp_path / "none.yaml")
    (tmp_path / "x.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(RubricError, match="expected YAML"):
        load_rubric(tmp_path / "x.yaml")
