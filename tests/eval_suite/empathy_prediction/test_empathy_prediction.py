"""Empathy prediction: the rule, parts that share nothing, models that find what is there, and matching of stories."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from envs.scenarios import load_scenarios
from envs.scenarios.emotions import EMOTIONS
from envs.scenarios.schema import InterpersonalReactivity, Needs
from eval_suite.empathy_prediction.matching import match_stories, rank_measures, shares
from eval_suite.empathy_prediction.memories import MORALS, Life, Memory, lives, resonance, similarity, weightiest
from eval_suite.empathy_prediction.prediction import MODELS, Predicted, estimates, measures, predict
from eval_suite.empathy_prediction.ratings import BEHAVIOUR, empathy, hearings, leaks, rated
from eval_suite.empathy_prediction.similarity import chosen
from eval_suite.metrics.language import Unavailable

THINGS = {
    "lost_key": ("doors", "key lock door stairs"),
    "locked_out": ("doors", "door handle rain landing"),
    "good_marks": ("school", "marks teacher paper desk"),
    "exam": ("school", "exam paper pencil clock"),
    "bread": ("food", "bread oven flour crust"),
    "soup": ("food", "soup spoon pan onion"),
}
FEELINGS = {"sad": "tears grey", "joyful": "laugh bright", "angry": "slam shout", "proud": "chest tall"}


def memory(resident: str, event: str, emotion: str, axis: str = "affective", intensity: int = 2, words: str = "") -> Memory:
    theme, told = THINGS[event]
    text = f"{words} {told} {FEELINGS.get(emotion, '')} {axis}"
    return Memory(resident, text, event, theme, emotion, intensity, axis)


def traits(**changes: int) -> InterpersonalReactivity:
    middle = {"perspective_taking": 3, "fantasy": 3, "empathic_concern": 3, "personal_distress": 3}
    return InterpersonalReactivity(**{**middle, **changes})


def town(count: int = 20, episodes: int = 24) -> list[Life]:
    found = []
    for number in range(count):
        rng = random.Random(number)
        name = f"r{number:02}"
        told = tuple(
            memory(
                name,
                rng.choice(list(THINGS)),
                rng.choice(list(FEELINGS)),
                rng.choice(["cognitive", "affective", "proactive"]),
                words=f"of{name}n{n}",
            )  # fmt: skip
            for n in range(episodes)
        )
        found.append(Life(name, traits(empathic_concern=rng.randint(1, 5), perspective_taking=rng.randint(1, 5)), told))
    return found


def test_the_rule_rises_with_concern_and_resonance_and_falls_with_distress_before_pain() -> None:
    history, sad = [memory("a", "exam", "proud")], memory("b", "soup", "sad")
    base = empathy(Life("a", traits(), ()), history, sad)
    assert empathy(Life("a", traits(empathic_concern=5), ()), history, sad) == pytest.approx(base + 1.2)
    assert empathy(Life("a", traits(perspective_taking=1), ()), history, sad) == pytest.approx(base - 0.7)
    swamped = Life("a", traits(personal_distress=5), ())
    assert empathy(swamped, history, sad) == pytest.approx(base - 0.5)
    glad = memory("b", "soup", "joyful")
    assert empathy(swamped, history, glad) == empathy(Life("a", traits(), ()), history, glad)
    lived = [memory("a", "soup", "sad")]
    assert resonance(lived, sad) == pytest.approx(1.0)
    assert empathy(Life("a", traits(), ()), lived, sad) == pytest.approx(5.0) and base < 5.0
    assert [rated(value) for value in (-3.0, 1.2, 6.6, 11.0)] == [1, 1, 7, 7]


def test_likeness_of_event_emotion_and_moral() -> None:
    one = memory("a", "lost_key", "sad")
    assert similarity(one, one) == {"event": 1.0, "emotion": 1.0, "moral": 1.0}
    other = similarity(one, memory("b", "locked_out", "joyful"))
    assert other["event"] == 0.6 and other["emotion"] < 0.5 and other["moral"] == 0.5
    assert similarity(one, memory("b", "soup", "sad", "proactive"))["moral"] == 0.0
    assert resonance([], one) == 0.0
    assert len(set(MORALS.values())) == 6
    assert weightiest(Needs(cognitive=1, affective=3, proactive=2)) == "affective"
    assert weightiest(Needs(cognitive=2, affective=2, proactive=2)) == "cognitive"


def test_lives_come_from_labelled_scenarios_and_no_text_is_told_by_two() -> None:
    scenarios = load_scenarios("hearth")
    assert lives(scenarios) == []  # without traits nobody can be rated
    from envs.scenarios.schema import BigFive, Traits

    five = BigFive(openness=4, conscientiousness=4, extraversion=4, agreeableness=4, emotional_stability=4)
    with_traits = [
        scenario.model_copy(
            update={"resident": scenario.resident.model_copy(update={"traits": Traits(big_five=five, iri=traits())})}
        )
        for scenario in scenarios
    ]
    found = lives([*with_traits, with_traits[0].model_copy(update={"id": "again"})])
    texts = [memory.text for life in found for memory in life.memories]
    assert len(found) == len({scenario.resident.id for scenario in scenarios}) and len(texts) == len(set(texts))
    assert all(memory.emotion in EMOTIONS and memory.moral for life in found for memory in life.memories)


def test_parts_share_neither_listener_nor_teller_nor_text() -> None:
    heard = hearings(town(), folds=4, history=8, stories=10)
    assert leaks(heard) == []
    assert {hearing.fold for hearing in heard} == {0, 1, 2, 3} and len({hearing.resident for hearing in heard}) == 20
    assert all(hearing.story.resident != hearing.resident for hearing in heard)
    assert heard == hearings(town(), folds=4, history=8, stories=10) != hearings(town(), folds=4, history=8, stories=10, seed=1)
    told = {hearing.story.text for hearing in heard}
    assert not told & {memory.text for hearing in heard for memory in hearing.history}
    spoiled = [replace(heard[0], fold=1), *heard[1:]]
    assert leaks(spoiled)
    with pytest.raises(ValueError, match="share nothing"):
        predict(spoiled, texts="tf_idf")
    with pytest.raises(ValueError, match="at least 40 residents"):
        hearings(town(), folds=20)


def test_models_find_what_the_rule_put_there() -> None:
    heard = hearings(town(40), folds=4, history=6, stories=16)
    found = predict(heard, texts="tf_idf")
    assert tuple(found) == MODELS
    rho = {name: measures(np.array(p.ratings, float), np.array(p.values))["spearman"] for name, p in found.items()}
    error = {name: measures(np.array(p.ratings, float), np.array(p.values))["mae"] for name, p in found.items()}
    assert rho["text"] > 0.1 and rho["behaviour"] > 0.2
    assert rho["both"] > max(rho["text"], rho["behaviour"]) and error["both"] < error["mean"]


def test_behaviour_without_meaning_predicts_nothing() -> None:
    rng = np.random.default_rng(0)
    heard = hearings(town(), folds=4, history=8, stories=12)
    noise = [replace(hearing, behaviour={name: float(rng.normal()) for name in BEHAVIOUR}) for hearing in heard]
    found = predict(noise, texts="tf_idf")["behaviour"]
    assert abs(measures(np.array(found.ratings, float), np.array(found.values))["spearman"]) < 0.2


def test_measures_of_perfect_and_constant_predictions() -> None:
    ratings = np.array([1.0, 3.0, 5.0, 7.0])
    assert measures(ratings, ratings) == {"spearman": pytest.approx(1.0), "mae": 0.0, "within_1": 1.0}
    assert measures(ratings, np.full(4, 4.0)) == {"spearman": 0.0, "mae": 2.0, "within_1": 0.5}
    found = estimates(Predicted(("a", "a", "b", "c"), (1, 3, 5, 7), (1.0, 3.0, 5.0, 7.0)), resamples=50)
    assert found["mae"].mean == found["mae"].high == 0.0 and found["mae"].clusters == 3


def test_ranks() -> None:
    assert rank_measures([True, False, True], 2) == (0.5, 1.0)
    assert rank_measures([False, False], 2) == (0.0, 0.0)
    one, other = memory("a", "lost_key", "sad"), memory("b", "locked_out", "proud")
    assert shares(one, other, "event") and not shares(one, other, "emotion") and not shares(one, other, "moral")
    with pytest.raises(ValueError, match="expected an aspect"):
        shares(one, other, "weather")


def test_text_matches_what_is_told_in_the_same_words_and_chance_does_not() -> None:
    people = town(12)
    queries = [m for life in people for m in life.memories[:2]]
    stories = [m for life in people for m in life.memories[2:12]]
    found = match_stories(queries, stories, texts="tf_idf")
    for aspect in ("emotion", "moral"):
        assert found["text"][aspect].precision.mean > found["random"][aspect].precision.mean + 0.1
        assert found["text"][aspect].reciprocal.mean > found["random"][aspect].reciprocal.mean
    alone = match_stories(queries[:1], [queries[0]], texts="tf_idf")
    assert alone["text"]["event"].queries == 0  # one's own episode is no match


def test_the_choice_of_texts_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise Unavailable("no model")

    monkeypatch.setattr("eval_suite.empathy_prediction.similarity.packaged_model", none)
    assert chosen("auto") == chosen("tf_idf") == "tf_idf"
    with pytest.raises(Unavailable):
        chosen("sentence")
    with pytest.raises(ValueError, match="auto, tf_idf, sentence"):
        chosen("bert")  # type: ignore[arg-type]
