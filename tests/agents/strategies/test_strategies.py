"""What strategies believe, how answers are read and mended, how votes are counted."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents import AgentError
from agents.language import LanguageAgent
from agents.models import Completion, Request
from agents.strategies import Answer, make_strategy, strategy_names, strategy_of
from agents.strategies.beliefs import nearest_label, read_belief, strict_schema
from agents.strategies.cbt_protocol import Consent
from agents.strategies.coarse_to_fine import Check, Coarse, Event, Fine, alignment
from agents.strategies.commonsense import Affection
from agents.strategies.self_consistency import SelfConsistency, vote
from envs.exchange import Observation
from plans import Plan, format_plan, parse_plan
from tests.agents.strategies.scripted import Scripted, valid_answer

MOMENT = Observation("A baker, 61.", "My head is killing me.", script="[Walk] <bed> (1), [Sit] <bed> (1)")
WITH_BELIEF = sorted(set(strategy_names()) - {"direct", "self_consistency"})
PLAN = '<switchoff_bedroom_tablelamp>, <dialogue>:"I dimmed it."'


def respond(strategy: object, script: object = None, **settings: object):  # type: ignore[no-untyped-def]  # noqa: ANN201
    model = Scripted(script)  # type: ignore[arg-type]
    response = LanguageAgent(model, strategy, **settings).respond(MOMENT, seed=0)  # type: ignore[arg-type]
    return response, model


def by_stage(**answers: str):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """A script that answers a constrained question by the name of its constraint."""

    def script(request: Request) -> str | None:
        return answers.get(request.constraint.name) if request.constraint else None

    return script


@pytest.mark.parametrize("name", WITH_BELIEF)
def test_the_belief_stands_in_the_details_and_reaches_the_answer(name: str) -> None:
    response, model = respond(name)
    belief = response.details["belief"]
    assert any(value for value in belief.values()) and json.loads(json.dumps(belief)) == belief
    assert response.details["parse_errors"] == response.details["repairs"] == 0
    leaves = [leaf for leaf in _leaves(belief) if isinstance(leaf, str) and " " in leaf]
    assert leaves and any(leaf in model.texts[-1] for leaf in leaves)


def _leaves(value: object) -> list[object]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in _leaves(item)]
    return [leaf for item in value for leaf in _leaves(item)] if isinstance(value, list) else [value]


def test_self_other_logs_the_weight_and_answers_by_it() -> None:
    response, model = respond("self_other", by_stage(balance='{"weight_of_other": "80%", "because": "clear wish"}'))
    assert response.details["belief"]["weight_of_other"] == 0.8
    assert "80%" in model.texts[-1] and "20%" in model.texts[-1]
    assert respond(make_strategy("self_other", only_other=True))[0].details["belief"]["weight_of_other"] == 1.0
    assert respond(make_strategy("self_other", only_self=True))[0].details["belief"]["weight_of_other"] == 0.0


def test_coarse_and_fine_do_not_see_each_other_and_are_compared() -> None:
    response, model = respond("coarse_to_fine")
    coarse, fine, check = model.requests[:3]
    assert len(model.batches[0]) == 2 and "[WHOLE" not in coarse.messages[-1].text + fine.messages[-1].text
    assert "[WHOLE" in check.messages[-1].text and "[EVENTS" in check.messages[-1].text
    assert 0 <= response.details["belief"]["alignment"] <= 1


def test_alignment_is_one_for_the_same_emotion_and_falls_with_distance() -> None:
    def score(*reactions: str) -> float | None:
        events = [Event(event="e", reaction=reaction, because="b") for reaction in reactions]
        return alignment(Coarse(situation="s", emotion="sad", because="b"), Fine(events=events))

    same, near, far = score("sad"), score("lonely"), score("excited")
    assert same == 1.0 and near is not None and far is not None and far < near < 1
    assert score() is None and alignment(None, None) is None
    assert set(strict_schema(Check)["properties"]) == {"agreement", "conflicts", "situation", "emotion"}


def test_consent_is_checked_against_the_plan() -> None:
    consent = '{"welcome_now": ["sit_bed"], "ask_first": ["switchoff_bedroom_tablelamp", "dance"], "question": "May I?"}'
    kept, _ = respond("cbt_protocol", by_stage(consent=consent, plan='<sit_bed>, <dialogue>:"May I dim the lamp?"'))
    broken, _ = respond("cbt_protocol", by_stage(consent=consent, plan=PLAN))
    assert kept.details["belief"]["consent_kept"] is True and broken.details["belief"]["consent_kept"] is False
    assert kept.details["belief"]["consent"]["ask_first"] == ["switchoff_bedroom_tablelamp"]
    assert Consent(welcome_now="<sit_bed>, sit_bed", ask_first=[], question="?").welcome_now == ["sit_bed"]  # type: ignore[arg-type]


def test_flags_that_leave_nothing_are_refused_in_one_line() -> None:
    for name, flags in (
        ("commonsense", {"without_affection": True, "without_cognition": True}),
        ("coarse_to_fine", {"without_coarse": True, "without_fine": True}),
        ("self_other", {"only_other": True, "only_self": True}),
        ("three_factor", {"without_recognition": True, "without_normalisation": True, "without_reflection": True}),
    ):
        with pytest.raises(AgentError, match=f"strategy '{name}': expected at .* got .*; use strategy=direct"):
            make_strategy(name, **flags)
    with pytest.raises(AgentError, match="did you mean 'commonsense'"):
        make_strategy("comonsense")
    with pytest.raises(AgentError, match="it takes chained"):
        make_strategy("direct", chain=True)
    with pytest.raises(AgentError, match="n: expected at least 1, got 0"):
        make_strategy("self_consistency", n=0)
    with pytest.raises(AgentError, match="temperature: expected a number above 0"):
        make_strategy("self_consistency", temperature=0)


# -- reading and mending -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        '{"react": ["tired"]}',
        'Sure! Here it is:\n```json\n{"react": ["tired"]}\n```\nHope this helps {smile}.',
        '<think>They said {head}. {"react": ["wrong"]}</think>{"react": ["tired"]}',
        '{"react": "tired", "extra": 1}',
        '{braces} and then {"react": ["tired"]}',
    ],
)
def test_beliefs_are_read_out_of_whatever_models_write(text: str) -> None:
    assert read_belief(text, Affection).value == Affection(react=["tired"])


@pytest.mark.parametrize(
    "text", ["", "tired", '{"react": ["tir', "[1, 2]", '{"react": 3}', '{"intent": []}', "{" * 5000, "\x00"]
)
def test_what_cannot_be_read_is_none_with_a_complaint(text: str) -> None:
    reading = read_belief(text, Affection)
    assert reading.value is None and reading.unreadable and reading.complaint and reading.problems


@given(st.text(max_size=300))
def test_reading_never_raises(text: str) -> None:
    read_belief(text, Coarse)
    read_belief('{"situation": ' + json.dumps(text) + ', "emotion": "sad", "because": 3}', Coarse)


def test_emotions_are_forgiven_their_spelling_but_not_made_up() -> None:
    assert Coarse(situation="s", emotion=" Lonely. ", because="b").emotion == "lonely"
    assert nearest_label("anxiuos", ("anxious", "angry")) == "anxious"
    assert read_belief('{"situation": "s", "emotion": "hangry-ish mood", "because": "b"}', Coarse).value is None


def test_a_belief_that_cannot_be_read_is_asked_for_again_once_and_counted() -> None:
    def script(request: Request) -> str | None:
        if request.constraint and request.constraint.name == "affection":
            return '{"react": ["tired"]}' if len(request.messages) > 2 else '{"react": ["ti'
        return None

    response, model = respond("commonsense", script)
    assert response.details["belief"]["affection"] == {"react": ["tired"]}
    assert (response.details["parse_errors"], response.details["repairs"]) == (1, 1)
    assert response.details["first_issues"] == ["affection: not_json"]
    second = next(request for request in model.requests if len(request.messages) > 2)
    assert [message.role for message in second.messages] == ["system", "user", "assistant", "user"]


def test_a_belief_that_stays_unreadable_does_not_end_the_chain() -> None:
    response, model = respond(
        "three_factor", lambda request: "no" if request.constraint and not request.constraint.regex else None
    )
    assert response.details["belief"] == {"recognition": None, "normalisation": None, "reflection": None}
    assert (response.details["parse_errors"], response.details["repairs"]) == (6, 3)
    assert response.plan.actions and "[RECOGNITION" not in model.texts[-1]


def test_an_illegal_plan_is_repaired_once_and_is_no_parse_error() -> None:
    def script(request: Request) -> str | None:
        if "Choose what you do" not in request.messages[1].text:
            return None
        return PLAN if len(request.messages) > 2 else '<dim_light>, <dialogue>:"I dimmed it."'

    response, model = respond("direct", script, constrained=False)
    assert response.empathetic_action == PLAN
    assert (response.details["parse_errors"], response.details["repairs"]) == (0, 1)
    assert response.details["first_issues"] == ["empathetic_action: unknown_action 'dim_light'"]
    shown = model.requests[-1].messages
    assert "unknown_action 'dim_light'" in shown[-1].text and "‹dim_light›" in shown[-2].text
    assert all(request.constraint is None for request in model.requests)


def test_prose_for_a_plan_is_a_parse_error_and_stays_to_be_graded() -> None:
    def script(request: Request) -> str | None:
        return "I would rather chat." if "Choose what you do" in request.messages[1].text else None

    response, _ = respond("direct", script, constrained=False)
    assert response.empathetic_action == "I would rather chat." and not response.plan.actions
    assert (response.details["parse_errors"], response.details["repairs"]) == (2, 1)
    once, model = respond("direct", script, constrained=False, repair=False)
    assert (once.details["parse_errors"], once.details["repairs"], len(model.requests)) == (1, 0, 3)


def test_a_repair_that_makes_it_worse_is_not_taken() -> None:
    def script(request: Request) -> str | None:
        if "Choose what you do" not in request.messages[1].text:
            return None
        return "Sorry, I cannot." if len(request.messages) > 2 else '<sit_bed>, <dim_light>, <dialogue>:"Hm."'

    response, _ = respond("direct", script, constrained=False)
    assert response.plan.actions == ("sit_bed",)


def test_a_server_that_answers_plans_in_json_is_understood() -> None:
    response, _ = respond("direct", by_stage(plan='{"actions": ["sit_bed"], "dialogue": "I am here."}'))
    assert response.empathetic_action == '<sit_bed>, <dialogue>:"I am here."'


def test_long_plans_in_words_are_asked_for_again() -> None:
    def script(request: Request) -> str | None:
        if "at most 40 words, as plain prose" not in request.messages[1].text:
            return None
        return "Sit down." if len(request.messages) > 2 else "word " * 55

    response, model = respond("direct", script)
    assert response.empathetic_planning == "Sit down." and "55 words" in model.texts[-1]


def test_an_answer_that_was_cut_off_is_told_so() -> None:
    def script(request: Request) -> Completion | None:
        cut = request.constraint and request.constraint.name == "recognition"
        return Completion(text='{"emotion": "sad", "in_their', finish="length") if cut else None

    _, model = respond("three_factor", script)
    assert "cut off" in model.requests[1].messages[-1].text


def test_a_dry_run_counts_no_repairs() -> None:
    from agents.models.dry_run import DryRun

    model = DryRun(Scripted())
    response = LanguageAgent(model, "commonsense", structured=False, constrained=False).respond(MOMENT, seed=0)
    assert model.usage.calls == 5 and response.details["repairs"] == response.details["parse_errors"] == 0


# -- self-consistency ----------------------------------------------------------------------------------------------------


def answers(*plans: str) -> list[Answer]:
    return [Answer(f"u{i}", f"p{i}", plan) for i, plan in enumerate(plans)]


def plan(*actions: str, words: str = "hi") -> str:
    return format_plan(Plan(actions, words))


def test_the_majority_of_actions_and_the_words_of_the_medoid() -> None:
    result = vote(answers(
        plan("sit_bed", words="a"), plan("switchon_tv", "sit_bed", words="b"), plan("switchon_tv", "open_fridge", words="c"),
    ))  # fmt: skip
    assert result.empathetic_action == plan("switchon_tv", "sit_bed", words="b")
    assert result.scenario_understanding == "u1"
    belief = result.belief.model_dump()  # type: ignore[union-attr]
    assert belief["votes"] == {"sit_bed": 2, "switchon_tv": 2, "open_fridge": 1} and belief["medoid"] == 1


def test_without_a_majority_the_medoid_stands_and_nothing_can_win() -> None:
    assert vote(answers(plan("sit_bed"), plan("switchon_tv"), plan("open_fridge"))).empathetic_action == plan("sit_bed")
    assert vote(answers(plan("sit_bed"), plan(words="x"), plan(words="y"))).empathetic_action == plan(words="x")
    assert vote(answers("prose")).empathetic_action == "prose"


@given(
    st.lists(
        st.lists(st.sampled_from(["sit_bed", "switchon_tv", "open_fridge"]), unique=True, max_size=3), min_size=1, max_size=6
    )
)
def test_voting_is_legal_and_bounded(chosen: list[list[str]]) -> None:
    result = vote(answers(*(plan(*actions) for actions in chosen)))
    assert parse_plan(result.empathetic_action).illegal_count == 0
    assert 0 <= result.belief.model_dump()["agreement"] <= 1  # type: ignore[union-attr]


def test_samples_are_drawn_side_by_side_and_can_be_told_apart() -> None:
    response, model = respond(SelfConsistency(3, "commonsense", 0.9))
    assert [len(batch) for batch in model.batches] == [6, 6, 3]
    assert {request.repeat for request in model.requests} == {0, 1, 2}
    assert {request.sampling.temperature for request in model.requests} == {0.9}
    assert len({json.dumps(request.record(), sort_keys=True) for request in model.batches[0]}) == 6
    assert len(response.details["belief"]["beliefs"]) == 3 and response.details["belief"]["beliefs"][0]["cognition"]


def test_nested_samples_have_different_repeats() -> None:
    _, model = respond(SelfConsistency(2, SelfConsistency(3, "direct")))
    assert sorted(request.repeat for request in model.batches[0]) == sorted([*range(6)] * 3)


def test_strategies_from_mappings_and_back() -> None:
    made = strategy_of(
        {"name": "self_consistency", "config": {"n": 2, "inner": {"name": "commonsense", "without_affection": True}}}
    )
    assert made.config["inner"] == {"name": "commonsense", "without_affection": True, "without_cognition": False}
    assert strategy_of(made.config) == made
    with pytest.raises(AgentError, match="expected a name"):
        strategy_of({"without_affection": True})


def test_the_scripted_model_answers_every_schema_validly() -> None:
    _, model = respond("cbt_protocol")
    for request in model.requests:
        if request.constraint is not None:
            assert request.constraint.satisfied(valid_answer(request))
