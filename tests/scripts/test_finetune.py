"""Fine-tuning from the command line: a sweep with its proof and ladder, what comes of it, and mistakes told in one line."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import pytest

from scripts import finetune, pairs
from scripts.errors import is_users, told

ROOT = Path(__file__).parents[2]
TINY = ["threads=1", "model=llama3_small", "model.config.model=llama3_tiny", "limit=6", "gain.limit=6", "gain.max_tokens=30"]
FEW = [
    "+method.training.max_steps=8",
    "method.training.per_device_train_batch_size=2",
    "method.training.gradient_accumulation_steps=1",
    "method.training.packing=false",
    "method.training.learning_rate=0.02",
    "method.samples.every=4",
    "method.max_length=1024",
]


def command(module, *arguments: str) -> str:
    """Run a command in this process; what it printed, or its one line of complaint."""
    heard, complaint = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(heard), contextlib.redirect_stderr(complaint):
        try:
            module.main([str(argument) for argument in arguments])
        except SystemExit as stopped:
            assert stopped.code == 2
            return complaint.getvalue().strip().removeprefix("empathy-gym: ")
        except Exception as error:
            assert is_users(error), error
            return told(error)
    return heard.getvalue()


@pytest.fixture(scope="module")
def stack() -> None:
    for package in ("torch", "transformers", "trl", "peft", "datasets", "llguidance"):
        pytest.importorskip(package, reason=f"fine-tuning needs {package}: pip install 'empathy-gym[train]'")


@pytest.fixture(scope="module")
def sweep(stack, tmp_path_factory) -> tuple[Path, str]:
    """Two sizes, each trained and proven, in one command."""
    out = tmp_path_factory.mktemp("ladder")
    sizes = [word.replace("llama3_tiny", "llama3_tiny,llama3_1m") for word in TINY]
    return out, command(finetune, "-m", *sizes, "method=sft", *FEW, f"out={out}")


def test_one_command_trains_evaluates_both_and_holds_them_against_each_other(sweep):
    out, printed = sweep
    assert f"adapter: {out}/llama3_tiny/adapter" in printed
    for title in ("Gain, empathy", "Gain, helpfulness", "Gain, execution", "Against constant", "Against frequent"):
        assert printed.count(title) == 2, title
    assert "general ability kept" in printed or "general ability LOST" in printed
    gain = json.loads((out / "llama3_1m/gain.json").read_text())
    assert gain["model"] == "llama3_1m" and gain["parameters"] > 900_000 and gain["scenarios"] == 6
    overlap = gain["metrics"]["mended_overlap"]
    assert overlap["ceiling"] == pytest.approx(80)
    assert overlap["difference"]["mean"] == pytest.approx(overlap["after"][0] - overlap["before"][0])
    assert overlap["difference"]["clusters"] == 6 and 0 <= overlap["p_corrected"] <= 1
    frequent = gain["floor"]["frequent"]["mended_overlap"]
    assert frequent["before"][0] > 0 and frequent["after"] == overlap["after"]
    # Legal by construction, however little a model learned.
    assert gain["metrics"]["strict_legality"]["after"][0] == 10
    episodes = [json.loads(line) for line in (out / "llama3_1m/evaluation/fine-tuned/episodes.jsonl").read_text().splitlines()]
    assert len(episodes) == 6


def test_the_sweep_draws_its_ladder(sweep, tmp_path):
    out, printed = sweep
    drawn = (out / "ladder.svg").read_text()
    assert f"ladder: {out}/ladder.svg" in printed and "llama3_tiny" in drawn and "runner-up reference" in drawn
    said = command(finetune, "ladder", out, "--metric", "executability", "--out", tmp_path / "other.png")
    assert "ladder:" in said and (tmp_path / "other.png").read_bytes().startswith(b"\x89PNG")
    assert "expected finished runs with gain.json" in command(finetune, "ladder", tmp_path)
    assert "expected a metric among" in command(finetune, "ladder", out, "--metric", "kindness")


def test_the_card_tells_data_method_and_gain_and_how_to_use_it(sweep):
    out, _ = sweep
    card = (out / "llama3_tiny/adapter/README.md").read_text()
    for words in ("# LoRA adapter: sft on llama3_tiny", "residents: 6", "| Overlap+ |", "General ability", '"rank": 16'):
        assert words in card
    assert f"model=llama3_small model.config.model=llama3_tiny model.config.adapter={out}/llama3_tiny/adapter" in card


def test_the_same_command_again_trains_nothing_and_proves_the_same(sweep):
    out, _ = sweep
    weights, gain = out / "llama3_tiny/adapter/adapter_model.safetensors", (out / "llama3_tiny/gain.json").read_text()
    before = weights.stat().st_mtime_ns
    episodes = (out / "llama3_tiny/evaluation/fine-tuned/episodes.jsonl").read_bytes()
    printed = command(finetune, *TINY, "method=sft", *FEW, f"out={out}")
    assert "Gain, empathy" in printed and weights.stat().st_mtime_ns == before
    assert (out / "llama3_tiny/gain.json").read_text() == gain
    assert (out / "llama3_tiny/evaluation/fine-tuned/episodes.jsonl").read_bytes() == episodes


def test_an_adapter_is_merged_into_the_weights_below_it(sweep, tmp_path):
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from agents.finetuning.base_model import recorded_base

    adapter = sweep[0] / "llama3_tiny/adapter"
    assert "merged:" in command(finetune, "merge", adapter, tmp_path / "merged")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "merged")
    ids = tokenizer("Who the resident is:", return_tensors="pt")["input_ids"]
    with torch.no_grad():
        merged = AutoModelForCausalLM.from_pretrained(tmp_path / "merged")(ids).logits
        base = recorded_base(adapter).network
        bare = base(ids).logits
        together = PeftModel.from_pretrained(base, str(adapter))(ids).logits
    assert torch.allclose(merged, together, atol=1e-4) and not torch.allclose(merged, bare, atol=1e-2)
    assert "expected a new or empty folder" in command(finetune, "merge", adapter, tmp_path / "merged")
    assert "found no adapter_config.json" in command(finetune, "merge", tmp_path / "merged", tmp_path / "again")


def test_further_sets_are_learned_from_without_anybody_who_is_held_out(hearth_splits):
    from scripts.finetune import others

    train, test = hearth_splits
    more = others([*train[:5], *test, train[9].model_copy(update={"dialogue": test[3].dialogue.upper()})], test)
    assert more == train[:5]


@pytest.fixture(scope="module")
def hearth_splits():
    from envs.scenarios import load_scenarios

    return load_scenarios("hearth", split="train"), load_scenarios("hearth", split="test")


def test_records_are_written_as_text_or_with_pictures_for_models_that_see(stack, tmp_path):
    pytest.importorskip("mujoco")
    from PIL import Image

    from agents.finetuning import read_records

    assert "robot turns: 6" in command(finetune, "records", tmp_path / "text.jsonl", "--limit", "2")
    command(finetune, "records", tmp_path / "seen.jsonl", "--limit", "1", "--frames", "2")
    watched = {record.challenge: record for record in read_records(tmp_path / "seen.jsonl")}
    (_, asked, said) = watched["empathetic_action"].messages
    assert len(watched) == 3 and "2 pictures follow" in asked.content and "[SEEN" not in asked.content and said.actions
    # Two of the resident, one from the robot's own camera; all challenges share them.
    assert len(asked.frames) == 3 and {record.messages[1].frames for record in watched.values()} == {asked.frames}
    pictures = [Image.open(tmp_path / name) for name in asked.frames]
    assert {picture.size for picture in pictures} == {(256, 256)} and len({picture.tobytes() for picture in pictures}) == 3
    said = command(finetune, *TINY, "gain.enabled=false", f"records={tmp_path}/seen.jsonl", f"out={tmp_path}/out")
    assert "expected text, got pictures" in said
    assert "expected a simulator that draws" in command(
        finetune, "records", tmp_path / "x.jsonl", "--limit", "1", "--frames", "2", "--simulator", "symbolic"
    )


def test_pairs_are_built_and_shown(tmp_path):
    file = tmp_path / "pairs.jsonl"
    built = command(pairs, "build", file, "--count", "14", "--strategy", "same_scene=2", "--strategy", "illegal")
    assert "mix: same_scene" in built and "illegal" in built and "length ratio" in built
    shown = command(pairs, "show", file, "--strategy", "illegal", "--limit", "1")
    for words in ("heard", "chosen   <", "rejected", "why"):
        assert words in shown
    assert "expected --strategy among those of the file" in command(pairs, "show", file, "--strategy", "runner_up")
    file.write_text(file.read_text().replace('"chosen"', '"choosen"'))
    assert "pairs.jsonl:1: expected preference pairs (schema_version" in command(pairs, "show", file)
    assert "no such file" in command(pairs, "show", tmp_path / "none.jsonl")
    assert "cannot write here" in command(pairs, "build", "/proc/nowhere/pairs.jsonl", "--count", "4")
    assert "split leakage" in command(pairs, "build", file, "--split", "all")


@pytest.mark.parametrize(
    ("overrides", "complaint"),
    [
        (["method=sft_qlora"], "set method.adapter.quantization=none"),
        (["splits.train=test"], "split leakage"),
        (["also=hearth10k"], "expected also to be a list"),
        (["gain.enabled=true", "gain.metrics=[kindness]"], "gain.metrics: expected some of overlap"),
        (["gain.enabled=true", "gain.ladder=kindness"], "gain.ladder: expected one of overlap"),
        (["gain.enabled=true", "retention.tasks=[mmlu]"], "pip install lm-eval"),
        (["method.training.learning_rate=fast"], "method.training.learning_rate: expected a number above 0"),
        (["method.training.per_device_train_batch_size=0"], "expected a whole number of at least 1"),
        (["method=grpo", "method.reward_model=/nowhere"], "train one with method=reward_model"),
        (["method=sfft"], "did you mean 'sft'"),
        (["model=openai"], "with weights on this machine"),
        (["seed=-1"], "expected seed to be a whole number"),
        (["-m", "hydra/launcher=slurm"], "slurm"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_run_is_told_in_one_line(stack, overrides, complaint, tmp_path):
    if "retention.tasks=[mmlu]" in overrides:
        from agents.finetuning.retention import harness_available

        if harness_available():
            pytest.skip("lm-evaluation-harness is installed")
    if "method=sft_qlora" in overrides:
        import torch

        if torch.cuda.is_available():
            pytest.skip("a GPU is here")
    method = [] if any(word.startswith("method=") for word in overrides) else ["method=sft"]
    said = command(finetune, *TINY, "gain.enabled=false", f"out={tmp_path}", *method, *overrides)
    assert complaint in said and "\n" not in said


def test_curves_go_to_an_offline_wandb_run(stack, tmp_path, monkeypatch):
    pytest.importorskip("wandb")
    monkeypatch.delenv("WANDB_DATA_DIR", raising=False)
    command(finetune, *TINY, "gain.enabled=false", "method=sft_full", *FEW, "wandb.enabled=true", f"out={tmp_path}")
    (file,) = (tmp_path / "llama3_tiny/wandb").glob("offline-run-*/run-*.wandb")
    assert b"train/loss" in file.read_bytes()


def test_many_gpus_are_configured_in_words_that_accelerate_reads(stack):
    from accelerate.commands.config.config_args import load_config_from_file
    from accelerate.utils import DistributedType

    config = load_config_from_file(str(ROOT / "examples/accelerate/fsdp.yaml"))
    assert config.distributed_type == DistributedType.FSDP and config.mixed_precision == "bf16"
    assert config.fsdp_config["fsdp_state_dict_type"] == "FULL_STATE_DICT"


def test_the_benchmark_counts_what_lora_needs_and_runs_without_a_gpu(stack, tmp_path, capsys):
    from agents.finetuning.scratch import architecture
    from scripts import bench_finetune

    sizes = architecture("llama3_8b")
    # By hand: 4 a frozen weight (embeddings are looked up), 3 passes of attention, 6 an adapter's weight.
    multiplied = 8_030_261_248 - 128_256 * 4096 - (2 * 32 + 1) * 4096
    attention = 2 * 2 * 32 * 32 * 128 * 2048 / 2
    assert bench_finetune.flops_per_token(sizes, 2048, adapter=1000) == pytest.approx(4 * multiplied + 3 * attention + 6000)
    assert bench_finetune.flops_per_token(sizes, 2048, adapter=None) == pytest.approx(6 * multiplied + 3 * attention)
    few = ["--cpu", "--architecture", "llama3_tiny", "--steps", "1", "--generate", "1", "--checkpointing", "off"]
    with pytest.raises(SystemExit) as stopped:
        bench_finetune.main(
            [*few, "--batches", "1", "--lengths", "64", "--peak-tflops", "1", "--out", str(tmp_path / "a.json")]
        )
    assert stopped.value.code == 0 and "generation with the adapter" in capsys.readouterr().out
    result, generated = json.loads((tmp_path / "a.json").read_text())["results"]
    assert result["tokens_per_second"] > 0 and 0 < result["mfu"] < result["six_n"] and generated["generation"]["new"] == 8
    with pytest.raises(SystemExit) as stopped:
        bench_finetune.main(["--cpu", "--architecture", "llama3_9b"])
    assert stopped.value.code == 2 and "did you mean 'llama3_8b'" in capsys.readouterr().err
