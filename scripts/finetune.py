"""``empathy-gym finetune``: a base, a method, a split; an adapter, its card, and a proof of what was gained."""

from __future__ import annotations

import argparse
import importlib.util
import json
import logging
import math
import re
import shutil
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.experimental.callback import Callback
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from scripts.configuration import run
from scripts.errors import UsageError

if TYPE_CHECKING:
    from agents.finetuning.retention import Retention
    from agents.finetuning.training import Run, Trained
    from envs.scenarios.schema import Scenario
    from eval_suite.episode import Episode

FLOOR = ("constant", "frequent")
"""Blind agents that a fine-tuned model is held against: who does not beat them has learned nothing about the resident."""

FAMILIES = {
    "mended": "empathy: likeness to the ranked answers of people who know the resident",
    "care": "helpfulness: what the resident needs, and words that are true",
    "execution": "execution: what held in the simulated home",
}
"""What a family of metrics says, in the proof's tables; nothing is averaged over them."""
WIDTH = 100
"""Columns that the widest table of the proof takes."""

USAGE = """\
usage: empathy-gym finetune [OVERRIDES]              train, then evaluate base and result on the test split
       empathy-gym finetune -m [SWEEPS]              the same for several models, methods or seeds; draws the ladder
       empathy-gym finetune records FILE             write supervised records, to look at or to train on elsewhere
       empathy-gym finetune merge ADAPTER OUT        put an adapter into the weights below it
       empathy-gym finetune ladder FOLDER            draw score against parameters of finished runs

examples:
  empathy-gym finetune model=llama3_small method=scratch threads=1
  empathy-gym finetune model=llama3_8b_instruct method=sft
  empathy-gym finetune model=llama3_8b_instruct method=dpo model.config.model=MERGED
  accelerate launch --config_file FSDP.yaml -m scripts.main finetune method=sft_full
"""


def main(arguments: Sequence[str]) -> None:
    """Fine-tune with Hydra overrides, or one of the two small commands."""
    if arguments and arguments[0] in ("-h", "--help"):
        print(USAGE, end="")
    elif arguments and arguments[0] == "merge":
        _merge(arguments[1:])
    elif arguments and arguments[0] == "ladder":
        _ladder(arguments[1:])
    elif arguments and arguments[0] == "records":
        from scripts import records

        records.main(arguments[1:])
    else:
        _check_launcher(arguments)
        run(finetune, "finetune", arguments)


def _check_launcher(arguments: Sequence[str]) -> None:
    """Say in a line what Hydra and submitit would say in many."""
    chosen = next((word.partition("=")[2] for word in arguments if word.startswith("hydra/launcher=")), "")
    if "submitit" not in chosen and chosen != "slurm":
        return
    if importlib.util.find_spec("submitit") is None:
        raise UsageError(
            f"hydra/launcher={chosen} needs a package that is not installed; run: pip install hydra-submitit-launcher"
        )
    if chosen != "submitit_local" and shutil.which("srun") is None:
        raise UsageError(
            f"hydra/launcher={chosen}: expected a machine of a Slurm cluster, found no srun; log in to one, "
            "or set hydra/launcher=submitit_local"
        )


def _merge(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="empathy-gym finetune merge", description="Merge a LoRA adapter into its base.")
    parser.add_argument("adapter", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--base", help="folder or hub name of the weights below it, if the adapter does not say")
    options = parser.parse_args(arguments)
    from agents.finetuning.merging import merge

    _hush()
    print(f"merged: {merge(options.adapter, options.out, base=options.base)}")


def _ladder(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="empathy-gym finetune ladder", description="Score against parameters.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--metric", default="mended_overlap")
    parser.add_argument("--out", type=Path, help="an .svg or .png file (default: FOLDER/ladder.svg)")
    options = parser.parse_args(arguments)
    print(f"ladder: {draw_ladder(options.folder, options.metric, options.out)}")


def draw_ladder(folder: Path, metric: str, out: Path | None = None) -> Path:
    """Draw the ladder of all proofs below a folder."""
    from agents.finetuning.ladder import draw, read_rungs
    from eval_suite.metrics import METRICS

    if metric not in METRICS:
        raise UsageError(f"expected a metric among {', '.join(METRICS)}; got {metric!r}")
    file = out or folder / "ladder.svg"
    draw(read_rungs(folder, metric), file, title=METRICS[metric].title)
    return file


def finetune(config: DictConfig) -> None:
    """Run one fine-tuning as configured."""
    from agents.finetuning.method import Method
    from agents.finetuning.splits import check_disjoint
    from agents.finetuning.training import Run, is_main_process, train
    from envs.scenarios import load_scenarios

    settings = _settings(config)
    _prepare(settings)
    source = {"source": settings["scenarios"]["source"], "path": settings["scenarios"]["path"]}
    splits = settings["splits"]
    method = Method.of(settings["method"])
    validation = load_scenarios(**source, split=splits["validation"]) if splits["validation"] else []
    strangers = load_scenarios(**source, split=splits["test"]) if splits["test"] else []
    learned = load_scenarios(**source, split=splits["train"], limit=settings["limit"])
    check_disjoint(learned, [*validation, *strangers])
    for name in settings["also"]:
        more = others(load_scenarios(name, split="train"), [*validation, *strangers])
        print(f"also: {len(more)} scenarios of {len({s.resident.id for s in more})} residents of {name}")
        learned = [*learned, *more]
    planned = Run(
        model=settings["model"],
        method=method,
        train=learned,
        validation=validation,
        test=load_scenarios(**source, split=splits["test"], limit=settings["gain"]["limit"]) if strangers else [],
        folder=Path(settings["out"]) / model_label(settings["model"]),
        seed=settings["seed"],
        pairs=Path(settings["pairs"]) if settings["pairs"] else None,
        records=Path(settings["records"]) if settings["records"] else None,
        measures=_measures(),
        wandb=settings["wandb"],
    )
    trained = train(planned)
    if not is_main_process():
        return
    print(f"{'adapter' if trained.adapter else 'weights'}: {trained.weights}")
    if not (settings["gain"]["enabled"] and planned.test):
        return
    if method.kind == "reward_model":
        _prove_reward_model(planned, trained)
    else:
        _prove(planned, trained, settings)


def others(scenarios: Sequence[Scenario], strangers: Sequence[Scenario]) -> list[Scenario]:
    """The scenarios of a further set that may be learned from: without residents, and without murmurs, that are held out.

    Args:
        scenarios: of the further set.
        strangers: everything that is held out, whether it is evaluated on or not.
    """
    residents = {scenario.resident.id for scenario in strangers}
    heard = {scenario.dialogue.strip().lower() for scenario in strangers}
    return [s for s in scenarios if s.resident.id not in residents and s.dialogue.strip().lower() not in heard]


def _settings(config: DictConfig) -> dict[str, Any]:
    from omegaconf.errors import OmegaConfBaseException

    try:
        settings = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
    except OmegaConfBaseException as error:
        key = getattr(error, "full_key", "") or "a setting"
        raise UsageError(f"expected a value for {key}, got none; set {key}=VALUE") from None
    assert isinstance(settings, dict)
    if not isinstance(settings["seed"], int) or settings["seed"] < 0:
        raise UsageError(f"expected seed to be a whole number of at least 0, got {settings['seed']!r}")
    found = {str(key): value for key, value in settings.items()}
    if not isinstance(found["also"], list):
        raise UsageError(f"expected also to be a list of scenario sets, got {found['also']!r}; e.g. also=[hearth10k]")
    if found["gain"]["enabled"]:
        _check_gain(found)
    return found


def _check_gain(settings: Mapping[str, Any]) -> None:
    """What the proof at the end needs, before hours of training."""
    from agents.finetuning.retention import harness_available, no_harness
    from eval_suite.metrics import METRICS

    for key in ("metrics", "ladder"):
        wanted = settings["gain"][key]
        unknown = [name for name in ([wanted] if isinstance(wanted, str) else wanted or []) if name not in METRICS]
        if unknown or not wanted:
            raise UsageError(
                f"gain.{key}: expected {'some ' if key == 'metrics' else 'one '}of {', '.join(METRICS)}; "
                f"got {unknown[0] if unknown else wanted!r}"
            )
    tasks = settings["retention"]["tasks"] or []
    if settings["retention"]["enabled"] and tasks and not harness_available():
        raise no_harness(tasks)


def _prepare(settings: Mapping[str, Any]) -> None:
    try:
        import peft  # noqa: F401
        import torch
        import transformers  # noqa: F401
        import trl  # noqa: F401
    except ImportError as error:
        raise UsageError(
            f"fine-tuning needs a package that is not installed ({error}); run: pip install 'empathy-gym[train]'"
        ) from None
    if settings["threads"] is not None:
        torch.set_num_threads(int(settings["threads"]))
    _hush()
    told = logging.getLogger("agents.finetuning")
    if not told.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
        told.addHandler(handler)
        told.setLevel(logging.INFO)


def _hush() -> None:
    """What the libraries below tell each other is not for the user."""
    import datasets
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"(transformers|trl|peft)\b")  # between those three
    datasets.disable_progress_bars()


def model_label(model: Mapping[str, Any]) -> str:
    """A folder's name for a model: the last part of its hub name or path."""
    name = str((model.get("config") or {}).get("model") or model.get("name"))
    return re.sub(r"[^A-Za-z0-9_.=+-]+", "-", name.rstrip("/").rsplit("/", 1)[-1]).strip("-.") or "model"


def _measures() -> dict[str, Any]:
    """Metrics of the evaluation as rewards: passed down, since agents must not know the graders."""
    from eval_suite.metrics.needs import need_satisfaction

    def needs(executed: Any) -> float:
        score = need_satisfaction(executed.scenario, executed.carried_out).score
        return 0.0 if math.isnan(score) else float(score)

    return {"need_satisfaction": needs}


def _evaluate(label: str, model: Mapping[str, Any], planned: Run, settings: Mapping[str, Any]) -> list[Episode]:
    from agents import make_agent
    from envs.session import View
    from envs.simulators import make_simulator
    from eval_suite.progress import progress_bar
    from eval_suite.redaction import redacted
    from eval_suite.runner import Evaluation, evaluate

    gain, choice = settings["gain"], settings["simulator"]
    options = {
        "strategy": "direct",
        "setting": "text_input",
        "constrained": gain["constrained"],
        "repair": False,
        "max_tokens": gain["max_tokens"],
    }
    agent: Any = make_agent("language", model=dict(model), **options)
    simulator = make_simulator(choice["name"], **choice["options"])
    evaluation = Evaluation(
        agent_name="language",
        agent_config=redacted({"model": dict(model), **options, "identity": agent.identity}),
        simulator_name=choice["name"],
        simulator_config=choice["options"],
        view=View(script=True),
        seed=settings["seed"],
        batch_size=int((model.get("config") or {}).get("batch_size") or 8),
    )
    manifest: dict[str, object] = {"label": label, "config": redacted(dict(settings))}
    try:
        with progress_bar(label) as progress:
            folder = planned.folder / "evaluation" / label
            return evaluate(evaluation, agent, simulator, planned.test, folder, manifest=manifest, progress=progress)
    finally:
        agent.close()
        simulator.close()


def _prove(planned: Run, trained: Trained, settings: Mapping[str, Any]) -> None:
    """Evaluate base and result, compare them, look at what was retained, and complete the card."""
    from agents.finetuning.card import write_card
    from agents.finetuning.ladder import GAIN
    from scripts.report import show

    tuned_model = trained.model_settings(planned.model)
    before = _evaluate("base", planned.model, planned, settings)
    after = _evaluate("fine-tuned", tuned_model, planned, settings)
    metrics = compared(before, after, settings["gain"]["metrics"], seed=settings["seed"])
    floor = {
        name: compared(_yardstick(name, planned.test), after, settings["gain"]["metrics"], seed=settings["seed"])
        for name in FLOOR
    }
    kept, parameters = _retention(planned, tuned_model, settings)
    show(planned.folder / "evaluation", report=True)
    _print(metrics, floor, kept)
    found = {
        "model": model_label(planned.model),
        "method": planned.method.name,
        "parameters": parameters,
        "scenarios": len(before),
        "metrics": _with_ceiling(metrics, planned.test),
        "floor": floor,
        "retention": kept.record() if kept else None,
    }
    (planned.folder / GAIN).write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    write_card(
        trained,
        planned.model,
        planned.method,
        seed=planned.seed,
        gains=[_row(name, row) for name, row in metrics.items()],
        retention=kept.record() if kept else None,
    )


def compared(
    before: Sequence[Episode], after: Sequence[Episode], names: Sequence[str], *, seed: int
) -> dict[str, dict[str, Any]]:
    """Before and after by metric: means with intervals, paired difference and its p, corrected within its family (Holm).

    Families are reported apart and each asks its own question, so each has its own correction.
    """
    from eval_suite.metrics import METRICS
    from eval_suite.significance import holm, paired_difference
    from eval_suite.statistics import cluster_mean

    residents = [episode.scenario.resident.id for episode in before]
    found: dict[str, dict[str, Any]] = {}
    for name in names:
        sides = [[METRICS[name].scale * episode.scores.get(name, math.nan) for episode in run] for run in (before, after)]
        difference = paired_difference(sides[1], sides[0], residents, seed=seed)
        estimates = [cluster_mean(side, residents, seed=seed) for side in sides]
        found[name] = {
            "family": METRICS[name].family,
            "title": METRICS[name].title,
            **{side: [e.mean, e.low, e.high] for side, e in zip(("before", "after"), estimates, strict=True)},
            "difference": asdict(difference),
        }
    for family in {row["family"] for row in found.values()}:
        rows = [row for row in found.values() if row["family"] == family]
        for row, p in zip(rows, holm([row["difference"]["p"] for row in rows]), strict=True):
            row["p_corrected"] = p
    return found


def _yardstick(name: str, test: Sequence[Scenario]) -> list[Episode]:
    """What an agent without a model reaches on the same scenarios."""
    import tempfile

    from agents import make_agent
    from envs.simulators import make_simulator
    from eval_suite.runner import Evaluation, evaluate

    with tempfile.TemporaryDirectory() as folder:
        return evaluate(Evaluation(name), make_agent(name), make_simulator("symbolic"), test, Path(folder))


def _with_ceiling(metrics: dict[str, dict[str, Any]], test: Sequence[Scenario]) -> dict[str, Any]:
    """What the runner-up reference reaches, for the ladder: the second answer of the same writer."""
    from eval_suite.metrics import METRICS

    episodes = _yardstick("runner_up", test)
    for name, row in metrics.items():
        values = [
            METRICS[name].scale * episode.scores[name]
            for episode in episodes
            if not math.isnan(episode.scores.get(name, math.nan))
        ]
        row["ceiling"] = sum(values) / len(values) if values else None
    return metrics


def _retention(planned: Run, tuned: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[Retention | None, int]:
    from agents.finetuning.retention import Retention, embedded_items, measure

    chosen = settings["retention"]
    tasks, limit = list(chosen["tasks"] or []), chosen["limit"]
    scores, parameters = [], 0
    for model in (planned.model, tuned):
        network, tokenizer = _loaded(model)
        base = getattr(network, "get_base_model", lambda network=network: network)()
        parameters = parameters or sum(weight.numel() for weight in base.parameters())
        if chosen["enabled"]:
            scores.append(measure(network, tokenizer, tasks=tasks, limit=limit))
    if not chosen["enabled"]:
        return None, parameters
    suite = ", ".join(tasks) if tasks else f"{len(embedded_items())} embedded questions"
    return Retention(suite, scores[0], scores[1], float(chosen["delta"]), 0 if tasks else len(embedded_items())), parameters


def _loaded(model: Mapping[str, Any]) -> tuple[Any, Any]:
    from agents.finetuning.base_model import make_base

    made = make_base(model)
    made._load_once()
    if made._load_error is not None:
        raise UsageError(str(made._load_error))
    return made._network, made._tokenizer


def _row(name: str, row: Mapping[str, Any]) -> dict[str, str]:
    from eval_suite.tables import number

    def told(mean: float, low: float, high: float) -> str:
        return f"{number(mean, 1)} [{number(low, 1)}, {number(high, 1)}]" if math.isfinite(low) else number(mean, 1)

    difference = row["difference"]
    return {
        "family": row["family"],
        "metric": row["title"],
        "before": told(*row["before"]),
        "after": told(*row["after"]),
        "difference": told(difference["mean"], difference["low"], difference["high"]),
        "p": "–" if math.isnan(row["p_corrected"]) else f"{row['p_corrected']:.3f}",
    }


def _print(
    metrics: Mapping[str, Mapping[str, Any]], floor: Mapping[str, Mapping[str, Mapping[str, Any]]], kept: Retention | None
) -> None:
    """Families apart: likeness to references, care, execution; nothing is averaged over them."""
    from rich.console import Console
    from rich.text import Text

    from eval_suite.significance import PERMUTATIONS

    console = Console()
    if console.width < WIDTH:  # cut numbers are worse than wrapped lines
        console = Console(width=WIDTH)
    rows = [_row(name, row) for name, row in metrics.items()]
    for family in dict.fromkeys(row["family"] for row in rows):
        _print_rows(
            console,
            f"Gain, {FAMILIES.get(family, family)}",
            "before",
            "after",
            [row for row in rows if row["family"] == family],
        )
    for name, against in floor.items():
        _print_rows(console, f"Against {name}, which is blind", name, "after", [_row(key, row) for key, row in against.items()])
    residents = max(row["difference"]["clusters"] for row in metrics.values())
    lowest = max(2 / 2**residents, 1 / (PERMUTATIONS + 1))
    note = (
        "brackets: 95 % intervals by resident; p: paired sign-flip test over residents, corrected over the metrics of its "
        f"family (Holm); before that, {residents} residents cannot give less than {lowest:.2g}"
    )
    console.print(Text(note, style="dim"))
    if kept is not None:
        console.print(Text(kept.sentence, style="green" if kept.passed else "bold red"))


def _print_rows(console: Any, title: str, before: str, after: str, rows: Sequence[Mapping[str, str]]) -> None:
    from rich.table import Table

    table: Any = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for place, column in enumerate(("metric", before, after, "difference", "p")):
        table.add_column(column, justify="right" if place else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(row[key] for key in ("metric", "before", "after", "difference", "p")))
    console.print()
    console.print(title, style="italic", highlight=False)
    console.print(table)


def _prove_reward_model(planned: Run, trained: Trained) -> None:
    """How often the reward model ranks pairs of strangers right, by strategy."""
    from agents.finetuning.pairs import PairMix, build_pairs
    from agents.finetuning.reward_model import RewardModel
    from eval_suite.statistics import cluster_mean

    pairs = build_pairs(planned.test, PairMix.of(planned.method.data).scaled(len(planned.test), len(planned.train)))
    model = RewardModel(trained.weights)
    prompts = [pair.prompt for pair in pairs]
    margins = [
        chosen - rejected
        for chosen, rejected in zip(
            model.score(prompts, [pair.chosen for pair in pairs]),
            model.score(prompts, [pair.rejected for pair in pairs]),
            strict=True,
        )
    ]
    right = [float(margin > 0) + 0.5 * float(margin == 0) for margin in margins]
    residents = [pair.origin.resident for pair in pairs]
    whole = cluster_mean(right, residents, seed=planned.seed)
    found: dict[str, Any] = {"pairs": len(pairs), "accuracy": [whole.mean, whole.low, whole.high], "by_strategy": {}}
    print(
        f"pairs of {whole.clusters} strangers ranked right: {100 * whole.mean:.1f} % "
        f"[{100 * whole.low:.1f}, {100 * whole.high:.1f}] of {len(pairs)}"
    )
    for strategy in dict.fromkeys(pair.strategy for pair in pairs):
        values = [value for value, pair in zip(right, pairs, strict=True) if pair.strategy == strategy]
        found["by_strategy"][strategy] = sum(values) / len(values)
        print(f"  {strategy}: {100 * sum(values) / len(values):.1f} % of {len(values)}")
    (planned.folder / "reward_accuracy.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


class LadderAfterSweep(Callback):
    """Hydra callback: after a sweep over models, draws score against parameters."""

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        """Draw, if the sweep left proofs."""
        from agents.finetuning.errors import FinetuneError

        if config.hydra.mode is not RunMode.MULTIRUN or not config.gain.enabled:
            return
        try:
            print(f"ladder: {draw_ladder(Path(config.out), config.gain.ladder)}")
        except FinetuneError as error:
            print(f"no ladder: {error}")
