"""Belief metrics: read from every strategy's own belief types, against hand-worked examples."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

from agents.strategies.cbt_protocol import CbtBelief, Formulation
from agents.strategies.coarse_to_fine import Check, Coarse, CoarseToFineBelief, Event, Fine
from agents.strategies.commonsense import Affection, Cognition, CommonsenseBelief
from agents.strategies.self_consistency import SelfConsistencyBelief
from agents.strategies.self_other import Other, Self, SelfOtherBelief
from agents.strategies.three_factor import Recognition, ThreeFactorBelief
from envs.scenarios import load_scenarios
from envs.scenarios.emotions import EMOTIONS
from envs.scenarios.schema import Scenario
from eval_suite.episode import Episode, ResponseRecord
from eval_suite.metrics import belief as metrics
from eval_suite.metrics.belief import BELIEF_METRICS, CORPUS_METRICS
from plans import Plan

SCENARIOS = load_scenarios("hearth", split="test")
LONELY = next(s for s in SCENARIOS if s.labels and s.labels.emotion == "lonely")


def episode(belief: Any = None, scenario: Scenario = LONELY, says: str = "", error: str | None = None) -> Episode:
    details = {"belief": belief.model_dump(mode="json") if hasattr(belief, "model_dump") else belief}
    response = ResponseRecord(empathetic_action=Plan((), says).text if says else "", details=details)
    return Episode(
        id=scenario.id, agent="model", seed=0, simulator="symbolic", scenario=scenario, response=response, error=error
    )


def coarse(emotion: str, reactions: tuple[str, ...] = (), situation: str = "Her sister did not ring.") -> CoarseToFineBelief:
    events = [Event(event="sits", reaction=reaction, because="quiet") for reaction in reactions]
    whole = Coarse(situation=situation, emotion=emotion, because="silence")
    return CoarseToFineBelief(coarse=whole, fine=Fine(events=events) if events else None, check=None, alignment=None)


def self_other(weight: float | None = 0.6, own: str = "I can bring water", needs: str = "company") -> SelfOtherBelief:
    return SelfOtherBelief.model_validate(
        {
            "other": Other(emotion="lonely", about="her sister", needs=[needs], boundaries=[]).model_dump(),
            "self": Self(capabilities=[own], commitments=["honesty"], uncertainty=[]).model_dump(),
            "weight_of_other": weight,
            "because": "it is near",
        }
    )


@pytest.mark.parametrize(
    "belief",
    [
        coarse("lonely"),
        CoarseToFineBelief(
            coarse=Coarse(situation="x", emotion="joyful", because="y"),
            fine=None,
            alignment=None,
            check=Check(agreement=0.2, conflicts=[], situation="alone", emotion="lonely"),
        ),
        self_other(),
        ThreeFactorBelief(
            recognition=Recognition(emotion="lonely", in_their_words="", signs=[]), normalisation=None, reflection=None
        ),
        CbtBelief(
            formulation=Formulation(event="e", thoughts=[], feelings=["empty"], emotion="lonely", behaviours=[]),
            reappraisal=None,
            consent=None,
            consent_kept=None,
        ),
        CommonsenseBelief(affection=Affection(react=["loneliness, since nobody rang"]), cognition=None),
        SelfConsistencyBelief(votes={}, agreement=1, medoid=1, plans=["", ""], beliefs=[coarse("joyful"), coarse("lonely")]),
    ],
    ids=["coarse", "check_wins", "self_other", "three_factor", "cbt", "commonsense", "medoid_of_samples"],
)
def test_the_emotion_is_found_in_every_kind_of_belief(belief: Any) -> None:
    view = metrics.read_belief(episode(belief))
    assert view is not None and view.emotion == "lonely"
    assert metrics.emotion_accuracy(episode(belief)) == 1


@pytest.mark.parametrize(
    "belief",
    [
        None,
        {},
        [],
        "text",
        {"coarse": None},
        {"coarse": {"emotion": "hangry"}},
        {"beliefs": [None], "medoid": 0},
        {"beliefs": [], "medoid": 7},
        {"weight_of_other": float("nan")},
    ],
)
@pytest.mark.parametrize("name", [name for name in BELIEF_METRICS if name != "premature_advice"])
def test_no_belief_is_unscored_and_never_zero(belief: Any, name: str) -> None:
    assert math.isnan(BELIEF_METRICS[name].score(episode(belief)))
    assert all(math.isnan(metric([episode(belief)] * 2)) for metric in CORPUS_METRICS.values())
    assert math.isnan(BELIEF_METRICS[name].score(episode(coarse("lonely", ("sad",)), error="agent_error: x")))


def test_without_labels_nothing_can_be_said() -> None:
    unlabelled = LONELY.model_copy(update={"labels": None})
    full = episode(coarse("lonely", ("sad",)), unlabelled)
    assert all(math.isnan(f(full)) for f in (metrics.emotion_accuracy, metrics.relation_hit_rate, metrics.fine_alignment))


def test_nearness_is_an_identity_symmetric_and_bounded() -> None:
    for one in EMOTIONS:
        assert metrics.nearness(one, one) == 1
        for other in EMOTIONS:
            assert 0 <= metrics.nearness(one, other) == metrics.nearness(other, one) <= 1
    assert metrics.nearness("sad", "lonely") >= 0.9 > 0.5 > metrics.nearness("joyful", "devastated")


def test_fine_alignment_is_the_mean_over_events() -> None:
    value = metrics.fine_alignment(episode(coarse("lonely", ("lonely", "joyful"))))
    assert value == pytest.approx((1 + metrics.nearness("joyful", "lonely")) / 2)


def test_relation_hits_are_counted_over_the_relations_that_are_filled() -> None:
    scenario = LONELY.model_copy(update={"situation": "The orchestra played without her.", "dialogue": "So thirsty."})
    both = CommonsenseBelief(
        affection=Affection(react=["joyful about it"]),
        cognition=Cognition(
            intent=["left out by the orchestra"], need=["something to drink, she is thirsty"], want=["a passport"], effect=["x"]
        ),
    )
    # intent and need hit; react is the wrong way round, want and effect name nothing that is so
    assert metrics.relation_hit_rate(episode(both, scenario)) == pytest.approx(2 / 5)
    only = CommonsenseBelief(affection=Affection(react=["sadness"]), cognition=None)
    assert metrics.relation_hit_rate(episode(only, scenario)) == 1


def test_words_that_were_heard_prove_nothing_about_the_situation() -> None:
    parrot = CommonsenseBelief(affection=None, cognition=Cognition(intent=[LONELY.dialogue], need=[], want=[], effect=[]))
    assert metrics.relation_hit_rate(episode(parrot)) == 0


@pytest.mark.parametrize(
    ("belief", "says", "confused"),
    [
        (self_other(), "There is water beside you.", 0),
        (self_other(), "I know exactly how you feel.", 1),
        (self_other(), "When I was a child I lost my sister too.", 1),
        (self_other(own="company"), "", 1),  # the resident's need as the robot's own
        (self_other(own="my heart aches for her"), "", 1),
        (self_other(), "My battery is low, yet I am here.", 0),
    ],
)
def test_self_other_confusion(belief: Any, says: str, confused: float) -> None:
    assert metrics.self_other_confusion(episode(belief, says=says)) == confused


@pytest.mark.parametrize(("weight", "merged"), [(0.5, 0), (0.94, 0), (0.95, 1), (1.0, 1), (0.0, 1), (None, math.nan)])
def test_over_merging_is_a_saturated_weight(weight: float | None, merged: float) -> None:
    assert metrics.over_merging(episode(self_other(weight))) == pytest.approx(merged, nan_ok=True)


@pytest.mark.parametrize(
    ("says", "premature"),
    [
        ("You should call her.", 1),
        ("Cheer up! It could be worse.", 1),
        ("Take a deep breath. That sounds hard.", 1),
        ("That sounds hard. You should call her.", 0),
        ("I hear how quiet it is, and you should rest.", 0),
        ("Did she say why? Perhaps you should call her.", 0),
        ("There is water beside you.", 0),
        ("Shall I stay?", 0),
        ("Why don't you relax?", 1),
        ("お茶をどうぞ。", 0),
        ("", math.nan),
    ],
)
def test_premature_advice(says: str, premature: float) -> None:
    assert metrics.premature_advice(episode(says=says)) == pytest.approx(premature, nan_ok=True)


def test_a_robot_that_sees_its_default_everywhere_projects() -> None:
    always_sad = [episode(coarse("sad"), scenario) for scenario in SCENARIOS]
    assert metrics.projection(always_sad) == 1
    rng = random.Random(0)
    guesses = [episode(coarse(rng.choice(list(EMOTIONS))), scenario) for scenario in SCENARIOS]
    assert metrics.projection(guesses) < 0.3
    right = [episode(coarse(s.labels.emotion), s) for s in SCENARIOS if s.labels]
    assert math.isnan(metrics.projection(right))


def test_macro_f1_equals_scikit_learn_and_sees_through_a_constant() -> None:
    always_sad = [episode(coarse("sad"), scenario) for scenario in SCENARIOS]
    accuracy = sum(map(metrics.emotion_accuracy, always_sad)) / len(always_sad)
    assert metrics.emotion_macro_f1(always_sad) < accuracy or accuracy == 0
    assert metrics.emotion_macro_f1([episode(coarse(s.labels.emotion), s) for s in SCENARIOS if s.labels]) == 1


def test_shuffled_pairing_gives_chance_auc() -> None:
    gold = [s.labels.emotion for s in SCENARIOS if s.labels]
    right = [episode(coarse(e, (e, e)), s) for e, s in zip(gold, SCENARIOS, strict=True)]
    assert metrics.fine_auc(right) == 1
    values = []
    for seed in range(20):
        mixed = random.Random(seed).sample(gold, len(gold))
        values.append(metrics.fine_auc([episode(coarse(e, (e,)), s) for e, s in zip(mixed, SCENARIOS, strict=True)]))
    assert sum(values) / len(values) == pytest.approx(0.5, abs=0.05)


def test_coarse_fit_tells_a_situation_from_its_opposite_and_is_chance_for_unknown_words() -> None:
    table = metrics.Association.fit([("The funeral was grey and long", "sad"), ("The wedding danced all night", "joyful")])
    assert table.rank("a funeral", "sad") > 0.9 > 0.1 > table.rank("a funeral", "joyful")
    assert table.rank("zzz qqq", "sad") == 0.5 and table.rank("", "sad") == 0.5
    true = [episode(coarse(s.labels.emotion, situation=s.situation), s) for s in SCENARIOS if s.labels]
    assert metrics.coarse_auc(true) > 0.52  # strangers' situations, words learned from others: weak, and above chance


def test_order_of_episodes_does_not_matter() -> None:
    rng = random.Random(1)
    run = [episode(coarse(rng.choice(list(EMOTIONS)), tuple(rng.sample(list(EMOTIONS), 2)), s.situation), s) for s in SCENARIOS]
    mixed = rng.sample(run, len(run))
    for metric in CORPUS_METRICS.values():
        assert metric(run) == pytest.approx(metric(mixed))


def test_bounds() -> None:
    rng = random.Random(2)
    for scenario in SCENARIOS[:20]:
        one = episode(coarse(rng.choice(list(EMOTIONS)), ("sad",), "ünïcode 🙂 母"), scenario, says="Take care.")
        assert all(math.isnan(v) or 0 <= v <= 1 for v in (metric.score(one) for metric in BELIEF_METRICS.values()))
