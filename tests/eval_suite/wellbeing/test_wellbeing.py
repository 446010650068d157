"""Wellbeing observer: diaries that show what they were made from, figures that hold, fusion that helps."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval_suite.wellbeing.diaries import DAYS, Noise, Person, adults, make_diaries, phrases
from eval_suite.wellbeing.estimation import Schedule, cross_validate, folds_by_resident
from eval_suite.wellbeing.figures import Guesses, difference, estimates, measures
from eval_suite.wellbeing.scale import BANDS, HARM, LEVELS, SIGNS, severity

PEOPLE = [Person(f"p{n}", (f"singing {n}", "chess"), ("soup", "bread")) for n in range(12)]


def test_levels_halve_the_outer_standard_bands_and_keep_the_others() -> None:
    covered = [total for first, last in BANDS for total in range(first, last + 1)]
    assert covered == list(range(28)) and LEVELS == 7
    standard = {0: 0, 4: 0, 5: 1, 9: 1, 10: 2, 14: 2, 15: 3, 19: 3, 20: 4, 27: 4}
    merged = (0, 0, 1, 2, 3, 4, 4)
    for total, band in standard.items():
        level = next(level for level, (first, last) in enumerate(BANDS) if first <= total <= last)
        assert merged[level] == band
    with pytest.raises(ValueError, match="nine items"):
        severity([0] * 8)
    with pytest.raises(ValueError, match="nine items"):
        severity([4] + [0] * 8)


@given(st.lists(st.integers(0, 3), min_size=9, max_size=9), st.integers(0, 8))
def test_more_of_a_sign_is_never_a_lower_level(items: list[int], place: int) -> None:
    more = [min(3, item + (at == place)) for at, item in enumerate(items)]
    assert severity(more) >= severity(items)


def test_the_same_seed_gives_the_same_diaries_whoever_else_is_there() -> None:
    whole = make_diaries(PEOPLE, each=7, seed=3)
    assert whole == make_diaries(PEOPLE, each=7, seed=3) != make_diaries(PEOPLE, each=7, seed=4)
    assert make_diaries(PEOPLE[5:6], each=7, seed=3) == [found for found in whole if found.resident == "p5"]


def test_diaries_have_every_level_as_often_and_fourteen_days() -> None:
    found = make_diaries(PEOPLE, each=7)
    assert Counter(sample.level for sample in found) == dict.fromkeys(range(LEVELS), len(PEOPLE))
    assert all(len(sample.days) == DAYS and all(sample.days) for sample in found)
    assert len({sample.days for sample in found}) == len(found)
    assert len({day for sample in found for day in sample.days}) > 0.5 * len(found) * DAYS
    assert not any(mark in sample.text for sample in found for mark in "{}|()")


def test_noise_hides_and_without_it_the_caregiver_is_right() -> None:
    clear = make_diaries(PEOPLE, each=7, noise=Noise(untypical=0, idle=0, misread=0, unasked=0))
    assert all(sample.caregiver == sample.items for sample in clear)
    hidden = make_diaries(PEOPLE, each=7, noise=Noise(unasked=1.0))
    assert all(rating is None for sample in hidden for rating in sample.caregiver)
    noisy = [(r, i) for sample in make_diaries(PEOPLE, each=7) for r, i in zip(sample.caregiver, sample.items, strict=True)]
    assert 0.2 < np.mean([r is None for r, _ in noisy]) < 0.4
    assert all(r is None or abs(r - i) <= 1 for r, i in noisy)


def test_harm_is_noted_only_where_it_is() -> None:
    notes, _ = phrases()
    assert set(notes) == set(SIGNS)
    for sample in make_diaries(PEOPLE, each=7, noise=Noise(untypical=1.0, noted=9)):
        if sample.items[HARM] == 0:
            assert "not wanting" not in sample.text and "farewells" not in sample.text


def test_only_adults_keep_diaries() -> None:
    from importlib import resources
    from pathlib import Path

    folder = Path(str(resources.files("envs.scenarios.hearth10k"))) / "residents"
    found = adults()
    assert 50 < len(found) < len(list(folder.glob("*.yaml")))


def test_folds_keep_residents_apart() -> None:
    samples = make_diaries(PEOPLE, each=7)
    tested: list[int] = []
    for train, test in folds_by_resident(samples, 4):
        assert not {samples[i].resident for i in train} & {samples[i].resident for i in test}
        tested += test
    assert sorted(tested) == list(range(len(samples)))
    with pytest.raises(ValueError, match="expected at least 20 residents"):
        folds_by_resident(samples, 20)


def test_measures_agree_with_scikit_learn() -> None:
    from sklearn.metrics import accuracy_score, cohen_kappa_score, f1_score, mean_absolute_error

    rng = np.random.default_rng(0)
    gold, guessed = rng.integers(7, size=200), rng.integers(7, size=200)
    found = measures(Guesses(["a"] * 200, gold.tolist(), guessed.tolist(), 7).matrices()[0])
    assert found["accuracy"] == pytest.approx(accuracy_score(gold, guessed))
    assert found["macro_f1"] == pytest.approx(f1_score(gold, guessed, average="macro"))
    assert found["kappa"] == pytest.approx(cohen_kappa_score(gold, guessed, weights="quadratic"))
    assert found["mae"] == pytest.approx(mean_absolute_error(gold, guessed))


def test_intervals_hold_the_value_and_a_difference_with_oneself_is_nothing() -> None:
    rng = np.random.default_rng(1)
    gold = rng.integers(7, size=140).tolist()
    guesses = Guesses([f"p{n % 20}" for n in range(140)], gold, [min(6, g + int(rng.integers(2))) for g in gold], 7)
    for found in estimates(guesses).values():
        assert found.low <= found.mean <= found.high and found.clusters == 20
    assert all(found.mean == found.low == found.high == 0 for found in difference(guesses, guesses).values())
    with pytest.raises(ValueError, match="the same samples"):
        difference(guesses, Guesses(["a"], [0], [0], 7))


def test_fused_beats_text_alone_and_both_beat_no_view() -> None:
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    samples = make_diaries(PEOPLE, each=14)
    before = torch.get_rng_state()
    found = cross_validate(samples, folds=2, schedule=Schedule(epochs=25))
    assert torch.equal(before, torch.get_rng_state())
    kappa = {name: measures(guesses.matrices().sum(axis=0))["kappa"] for name, guesses in found.items()}
    error = {name: measures(guesses.matrices().sum(axis=0))["mae"] for name, guesses in found.items()}
    assert kappa["fused"] > kappa["text"] > 0.5 > kappa["prior"] == 0.0
    assert error["fused"] < error["text"] < error["prior"]


def test_each_estimator_sees_its_own_view_only() -> None:
    torch = pytest.importorskip("torch")
    from eval_suite.wellbeing.fusion import Observer

    torch.manual_seed(0)
    days = torch.randint(1, 50, (4, DAYS, 6))
    ratings = torch.randint(0, 4, (4, 9)).float()
    ratings[0, :] = float("nan")
    for modality, reads_text, reads_vector in (("text", True, False), ("vector", False, True), ("fused", True, True)):
        model = Observer(50, modality).eval()  # type: ignore[arg-type]
        logits = model(days, ratings)
        assert logits.shape == (4, LEVELS - 1) and not logits.isnan().any()
        assert bool((logits.diff(dim=1) < 0).all())  # thresholds stay in order
        assert reads_text == (not torch.equal(logits, model(days.flip(0), ratings)))
        assert reads_vector == (not torch.equal(logits, model(days, ratings.flip(0))))
