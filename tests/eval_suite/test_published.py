"""Parity with the published evaluation code, on the official items that a user has."""

from __future__ import annotations

import csv
import json
import math
import os
import statistics
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs.scenarios import load_scenarios
from eval_suite.metrics import published
from plans import ACTIONS

OFFICIAL = Path(os.environ.get("EMPATHYAGENT_DATA", Path(__file__).parents[3] / "shared" / "reference" / "empathyagent"))
official = pytest.mark.skipif(
    not OFFICIAL.is_dir(), reason=f"official EmpathyAgent files not found in {OFFICIAL}; set EMPATHYAGENT_DATA"
)
actions = st.lists(st.sampled_from(list(ACTIONS)), max_size=5)


@official
@pytest.mark.parametrize("name", ["constant_water_radio_sofa", "runner_up", "shuffled_gold", "messy"])
def test_published_metrics_equal_the_published_code(name: str) -> None:
    golden = json.loads((OFFICIAL / "golden_metrics_first60.json").read_text(encoding="latin-1"))[name]
    scenarios = load_scenarios("empathyagent", path=OFFICIAL)
    with (OFFICIAL / f"responses_{name}.csv").open(encoding="latin-1", newline="") as handle:
        rows = {row["data_idx"]: row["response"] for row in csv.DictReader(handle)}
    scores = {key: published.action_metrics(text, scenarios[int(key)].references[0].text) for key, text in rows.items()}
    assert len(scores) == golden["answered"]
    for metric in ("overlap", "tf_idf", "lcs", "legality"):
        assert statistics.fmean(score[metric] for score in scores.values()) == pytest.approx(golden[metric], abs=1e-9)
    for key, value in golden["legality_per_item"].items():
        assert scores[key]["legality"] == pytest.approx(value, abs=1e-9)


@given(actions.filter(bool), actions.filter(bool))
def test_tf_idf_equals_scikit_learn(response: list[str], gold: list[str]) -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer().fit_transform([" ".join(response), " ".join(gold)])
    expected = float((vectors[0] @ vectors[1].T).toarray()[0, 0])
    assert published.tf_idf(response, gold) == pytest.approx(expected, abs=1e-12)


@given(actions, actions)
def test_bounds_and_identity(response: list[str], gold: list[str]) -> None:
    for metric in (published.overlap, published.lcs, published.tf_idf):
        assert 0.0 <= metric(response, gold) <= 1.0 + 1e-12 or metric is published.overlap
        if gold:
            assert metric(gold, gold) == pytest.approx(1.0)
    assert published.lcs(response, gold) == published.lcs(gold, response)


def test_published_quirks_are_kept() -> None:
    assert published.legality('<None>, <dialogue>:"x"') == 10  # free points
    assert published.legality('<sit_bed>, <Dialogue>:"x"') == 5  # case matters for legality
    assert published.tokens('<sit_bed>, <Dialogue>:"x"') == ["sit_bed"]  # but not for what is left out
    assert published.overlap(["sit_bed"], ["sit_bed", "sit_bed"]) == pytest.approx(4 / 3)  # gold counts with multiplicity
    assert published.legality("prose") == 0 and not math.isnan(published.legality("prose"))
