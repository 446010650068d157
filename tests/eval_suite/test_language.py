"""Language metrics: equal to their libraries, bounded, indifferent to order, at peace with empty and foreign text."""

from __future__ import annotations

import math
import random
import shutil
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs.scenarios import load_scenarios
from eval_suite.episode import Episode, ResponseRecord
from eval_suite.metrics import neural
from eval_suite.metrics.diversity import SAMPLE, dist_of_sample, words
from eval_suite.metrics.language import (
    CONTROLLED,
    LANGUAGE_METRICS,
    LanguageModels,
    Unavailable,
    cut_to_length,
    references_of,
    score_language,
    score_texts,
)
from eval_suite.metrics.text_overlap import coco_tokens

for _library in ("sacrebleu", "rouge_score", "pycocoevalcap", "nltk"):
    pytest.importorskip(_library, reason="needs empathy-gym[metrics]")

SCENARIOS = load_scenarios("hearth", split="test")[:24]
GOLD = [[s.references[0].plan_nl, s.references[0].plan.utterance or ""] for s in SCENARIOS]
MINE = [s.references[0].plan_nl for s in SCENARIOS[1:] + SCENARIOS[:1]]
QUICK = ["bleu_1", "bleu_2", "bleu_3", "bleu_4", "rouge_l", "cider", "dist_1", "dist_2", "length_ratio"]
TEXT = st.text(max_size=60).filter(lambda text: text.isprintable())


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_bleu_equals_sacrebleu(order: int) -> None:
    from sacrebleu.metrics import BLEU

    name = f"bleu_{order}"
    scores = score_texts(MINE, GOLD, [name])
    streams = [list(stream) for stream in zip(*GOLD, strict=True)]
    assert scores.corpus(name) == pytest.approx(BLEU(max_ngram_order=order).corpus_score(MINE, streams).score, abs=1e-9)
    alone = BLEU(max_ngram_order=order, effective_order=True)
    by_text = [alone.sentence_score(text, refs).score for text, refs in zip(MINE, GOLD, strict=True)]
    assert scores.per_text(name) == pytest.approx(by_text, abs=1e-9)


def test_rouge_equals_rouge_score() -> None:
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(["rougeL"])
    expected = [max(scorer.score(ref, text)["rougeL"].fmeasure for ref in refs) for text, refs in zip(MINE, GOLD, strict=True)]
    assert score_texts(MINE, GOLD, ["rouge_l"]).per_text("rouge_l") == pytest.approx(expected)


def test_cider_equals_pycocoevalcap() -> None:
    from pycocoevalcap.cider.cider import Cider

    gold = {i: [coco_tokens(ref) for ref in refs] for i, refs in enumerate(GOLD)}
    corpus, each = Cider().compute_score(gold, {i: [coco_tokens(text)] for i, text in enumerate(MINE)})
    scores = score_texts(MINE, GOLD, ["cider"])
    assert scores.corpus("cider") == pytest.approx(corpus) and scores.per_text("cider") == pytest.approx(list(each))


class Lent:
    """One running METEOR program for the library's wrapper too: it takes seconds to start."""

    def __init__(self, program: Any) -> None:
        self.stdin, self.stdout = program._program.stdin.buffer, program._program.stdout.buffer

    def kill(self) -> None:
        pass

    def wait(self) -> None:
        pass


@pytest.mark.skipif(shutil.which("java") is None, reason="METEOR needs Java")
def test_meteor_equals_pycocoevalcap_and_takes_empty_answers() -> None:
    from pycocoevalcap.meteor.meteor import Meteor

    from eval_suite.metrics.meteor import started

    started.cache_clear()
    few, refs = MINE[:4], GOLD[:4]
    odd = score_texts(
        ["", "...", "||| a ||| b\nc", "日本語", few[0]], [["a b c"], ["a"], ["a b c"], ["日本語"], [few[0]]], ["meteor"]
    )
    assert odd.per_text("meteor")[:2] == [0, 0] and odd.per_text("meteor")[4] == pytest.approx(1, abs=0.01)
    assert all(0 <= value <= 1 for value in odd.per_text("meteor"))
    scores = score_texts(few, refs, ["meteor"])
    theirs = Meteor.__new__(Meteor)
    theirs.meteor_p, theirs.lock = Lent(started()), threading.Lock()
    corpus, each = theirs.compute_score(
        {i: [coco_tokens(r) for r in ref] for i, ref in enumerate(refs)}, {i: [coco_tokens(text)] for i, text in enumerate(few)}
    )
    assert scores.per_text("meteor") == pytest.approx(each) and scores.corpus("meteor") == pytest.approx(corpus)
    started().close()
    started.cache_clear()


def test_dist_on_a_worked_example() -> None:
    scores = score_texts(["the cat", "the dog the"], [["x"], ["y"]], ["dist_1", "dist_2"])
    assert scores.corpus("dist_1") == pytest.approx(3 / 5) and scores.corpus("dist_2") == pytest.approx(3 / 3)
    assert scores.per_text("dist_1") == []  # it is a number of the corpus


def test_dist_of_a_sample_equals_drawing_one() -> None:
    counts = Counter(word for s in SCENARIOS for word in words(s.situation))
    urn = list(counts.elements())
    rng = random.Random(0)
    drawn = sum(len(set(rng.sample(urn, 300))) for _ in range(400)) / 400 / 300
    expected = dist_of_sample({(word,): count for word, count in counts.items()}, 300)
    assert expected == pytest.approx(drawn, abs=0.005)
    assert math.isnan(dist_of_sample({("a",): SAMPLE - 1}))


def test_length_controlled_dist_does_not_fall_with_the_amount_of_text() -> None:
    situations = [s.situation for s in load_scenarios("hearth")]
    many, few = (score_texts(texts, [["x"]] * len(texts), ["dist_1"]) for texts in (situations, situations[:24]))
    assert many.corpus("dist_1") < 0.5 * few.corpus("dist_1")
    assert many.corpus("dist_1" + CONTROLLED) == pytest.approx(few.corpus("dist_1" + CONTROLLED), rel=0.15)


def test_identity() -> None:
    same = [s.references[0].plan_nl for s in SCENARIOS]
    scores = score_texts(same, [[text] for text in same], QUICK)
    for name in ("bleu_1", "bleu_4"):
        assert scores.corpus(name) == pytest.approx(100)
    assert scores.per_text("rouge_l") == [1] * 24 and scores.corpus("length_ratio") == 1
    assert all(value == pytest.approx(10) for value in scores.per_text("cider"))
    assert scores.per_text("rouge_l" + CONTROLLED) == scores.per_text("rouge_l")


def test_rouge_is_symmetric_with_one_reference() -> None:
    one, other = ["bring water and sit down"], ["sit down and bring some water"]
    assert score_texts(one, [other], ["rouge_l"]).per_text("rouge_l") == score_texts(other, [one], ["rouge_l"]).per_text(
        "rouge_l"
    )


def test_order_of_scenarios_does_not_matter() -> None:
    order = random.Random(0).sample(range(24), 24)
    straight, mixed = score_texts(MINE, GOLD, QUICK), score_texts([MINE[i] for i in order], [GOLD[i] for i in order], QUICK)
    for name, value in straight.values.items():
        assert mixed.corpus(name) == pytest.approx(value.corpus), name
        assert not value.per_text or mixed.per_text(name) == pytest.approx([value.per_text[i] for i in order]), name


@given(st.lists(st.tuples(TEXT, TEXT.filter(str.strip)), min_size=1, max_size=4))
def test_any_text_is_scored_within_bounds(pairs: list[tuple[str, str]]) -> None:
    scores = score_texts([mine for mine, _ in pairs], [[gold] for _, gold in pairs], QUICK)
    tops = {"bleu": 100, "rouge": 1, "cider": 10, "dist": 1}
    for name, value in scores.values.items():
        top = tops.get(name.split("_")[0], math.inf)
        assert all(math.isnan(v) or -1e-9 <= v <= top + 1e-9 for v in (*value.per_text, value.corpus)), (name, value)


def test_empty_and_foreign_text() -> None:
    scores = score_texts(
        ["", "母が電話をくれました", "母が電話をくれました"], [["a b"], ["母が電話をくれました"], ["x"]], QUICK
    )
    assert scores.per_text("bleu_1") == pytest.approx([0, 100, 0]) and scores.per_text("length_ratio") == [0, 1, 1]
    assert scores.per_text("rouge_l") == [
        0,
        0,
        0,
    ]  # the library keeps Latin letters only, and says so in the metric's docstring
    nothing = score_texts([], [], QUICK)
    assert math.isnan(nothing.corpus("bleu_1")) and nothing.count == 0


def test_talking_on_gains_nothing_once_length_is_controlled() -> None:
    gold = "Bring water to the table and sit beside her."
    brief, long = (
        "Bring water to the table and sit near her.",
        "Bring water to the table and sit near her. " + "She may talk, or rest. " * 10,
    )
    assert cut_to_length(long, [gold]) == brief
    scores = score_texts([brief, long], [[gold]] * 2, ["rouge_l", "length_ratio"])
    assert scores.per_text("rouge_l")[0] > scores.per_text("rouge_l")[1]
    assert len(set(scores.per_text("rouge_l" + CONTROLLED))) == 1
    assert "length_ratio" + CONTROLLED not in scores.values


def test_mistakes_are_told() -> None:
    with pytest.raises(ValueError, match="expected language metrics among .*'blue'"):
        score_texts(["a"], [["b"]], ["blue"])
    with pytest.raises(ValueError, match="at least one reference"):
        score_texts(["a"], [[]], ["bleu_1"])


def test_episodes_without_an_answer_are_unscored_and_failed_ones_count_as_empty() -> None:
    def episode(i: int, text: str | None, error: str | None = None) -> Episode:
        return Episode(
            id=str(i),
            agent="m",
            seed=0,
            simulator="symbolic",
            scenario=SCENARIOS[i],
            error=error,
            response=ResponseRecord(scenario_understanding=text, empathetic_planning="Sit."),
        )

    episodes = [episode(0, SCENARIOS[0].situation), episode(1, None), episode(2, ""), episode(3, None, "agent_error: x")]
    told: list[tuple[int, int]] = []
    scores = score_language(episodes, "scenario_understanding", ["rouge_l", "bleu_1"], progress=lambda *step: told.append(step))
    first, second, third, fourth = scores.per_text("rouge_l")
    assert (first, third, fourth) == (1, 0, 0) and math.isnan(second) and scores.count == 3
    assert told[-1][0] == told[-1][1] and [done for done, _ in told] == sorted(done for done, _ in told)
    plan = SCENARIOS[0].model_copy(
        update={"references": tuple(r.model_copy(update={"plan_nl": ""}) for r in SCENARIOS[0].references)}
    )
    assert references_of(plan, "empathetic_planning") == []


def test_what_is_missing_is_skipped_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    from eval_suite.metrics.meteor import started

    started.cache_clear()
    scores = score_texts(
        ["a"],
        [["a"]],
        ["spice", "meteor", "perplexity", "bert_score", "rouge_l"],
        models=LanguageModels(bert_score=str(tmp_path / "no_such_model")),
    )
    assert set(scores.skipped) >= {"spice", "meteor", "perplexity", "bert_score"} and scores.corpus("rouge_l") == 1
    assert all("\n" not in reason and len(reason) > 20 for reason in scores.skipped.values())
    assert "Java" in scores.skipped["meteor"] and math.isnan(scores.corpus("spice"))


@pytest.mark.parametrize("name", LANGUAGE_METRICS)
def test_every_metric_says_what_it_is(name: str) -> None:
    metric = LANGUAGE_METRICS[name]
    assert metric.meaning.endswith((".", ").")) and metric.title and metric.scale in (1, 100)


# Neural metrics, on models small enough to be made here.


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    torch = pytest.importorskip("torch", reason="needs empathy-gym[neural-metrics]")
    transformers = pytest.importorskip("transformers")
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    torch.manual_seed(0)
    vocabulary = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        *sorted({w for text in MINE for w in text.lower().replace(",", " ").replace(".", " ").split()}),
    ]
    raw = Tokenizer(models.WordLevel({word: i for i, word in enumerate(vocabulary)}, unk_token="[UNK]"))
    raw.pre_tokenizer = pre_tokenizers.Whitespace()
    raw.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=raw,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        bos_token="[CLS]",
        model_max_length=64,
    )
    folders = {name: tmp_path_factory.mktemp(name) for name in ("encoder", "causal")}
    sizes = {
        "vocab_size": len(vocabulary),
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
    }
    transformers.BertModel(transformers.BertConfig(**sizes, max_position_embeddings=64)).save_pretrained(folders["encoder"])
    transformers.LlamaForCausalLM(transformers.LlamaConfig(**sizes, max_position_embeddings=64)).save_pretrained(
        folders["causal"]
    )
    for folder in folders.values():
        tokenizer.save_pretrained(folder)
    return folders


def test_bert_score_equals_bert_score(tiny: dict[str, Path]) -> None:
    bert_score = pytest.importorskip("bert_score")
    models = LanguageModels(bert_score=str(tiny["encoder"]), bert_score_layer=2)
    scores = score_texts([*MINE[:5], "", MINE[0]], [*GOLD[:5], ["x"], [MINE[0]]], ["bert_score"], models=models)
    _, _, f1 = bert_score.score(MINE[:5], GOLD[:5], model_type=str(tiny["encoder"]), num_layers=2)
    assert scores.per_text("bert_score")[:5] == pytest.approx(f1.tolist(), abs=1e-5)
    assert scores.per_text("bert_score")[5] == 0 and scores.per_text("bert_score")[6] == pytest.approx(1, abs=1e-5)


def test_embeddings_equal_sentence_transformers(tiny: dict[str, Path]) -> None:
    library: Any = pytest.importorskip("sentence_transformers")
    models = LanguageModels(embedding=str(tiny["encoder"]))
    scores = score_texts([*MINE[:3], "", MINE[0]], [*GOLD[:3], ["x"], [MINE[0]]], ["embedding_similarity"], models=models)
    model = library.SentenceTransformer(str(tiny["encoder"]))
    expected = [
        max(float(library.util.cos_sim(model.encode(text), model.encode(ref))) for ref in refs)
        for text, refs in zip(MINE[:3], GOLD[:3], strict=True)
    ]
    found = scores.per_text("embedding_similarity")
    assert found[:3] == pytest.approx(expected, abs=1e-5) and found[3] == 0 and found[4] == pytest.approx(1, abs=1e-5)


def test_perplexity_equals_the_models_own_loss(tiny: dict[str, Path]) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    texts = [*MINE[:3], ""]
    scores = score_texts(
        texts, [["x y z " * 20]] * 4, ["perplexity"], models=LanguageModels(perplexity=str(tiny["causal"]), batch_size=2)
    )
    tokenizer, model = AutoTokenizer.from_pretrained(tiny["causal"]), AutoModelForCausalLM.from_pretrained(tiny["causal"])
    losses, sizes = [], []
    for text in texts[:3]:
        ids = torch.tensor([[2, *tokenizer(text, add_special_tokens=False)["input_ids"]]])
        losses.append(model(input_ids=ids, labels=ids).loss.item())
        sizes.append(ids.shape[1] - 1)
    assert scores.per_text("perplexity")[:3] == pytest.approx([math.exp(loss) for loss in losses], rel=1e-4)
    assert math.isnan(scores.per_text("perplexity")[3])
    pooled = sum(loss * size for loss, size in zip(losses, sizes, strict=True)) / sum(sizes)
    assert scores.corpus("perplexity") == pytest.approx(math.exp(pooled), rel=1e-4)


def test_weights_that_are_not_the_reviewed_ones_are_not_loaded(tmp_path: Path) -> None:
    import hashlib

    (tmp_path / "model.safetensors").write_bytes(b"weights")
    digest = hashlib.sha256(b"weights").hexdigest()
    assert neural.checked_folder(tmp_path, digest) == tmp_path
    with pytest.raises(Unavailable, match="expected sha256 53aa51172d14"):
        neural.checked_folder(tmp_path, neural.PACKAGED_SHA256)
    (tmp_path / "modeling.py").write_text("import os")
    with pytest.raises(Unavailable, match="modeling.py"):
        neural.checked_folder(tmp_path, digest)
