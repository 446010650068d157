"""The card of a trained model: what it is, what it learned from, how, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agents.finetuning.method import Method
    from agents.finetuning.training import Trained


def write_card(
    trained: Trained,
    model: Mapping[str, Any],
    method: Method,
    *,
    seed: int,
    gains: Sequence[Mapping[str, Any]] = (),
    retention: Mapping[str, Any] | None = None,
) -> None:
    """Write ``README.md`` beside the weights.

    Args:
        trained: what came of the run.
        model: what it started from.
        method: how.
        seed: of the run.
        gains: rows of before and after (metric, before, after, difference, p), where they are known.
        retention: what the general-ability check said, where it ran.
    """
    kind = "LoRA adapter" if trained.adapter else "Model"
    header = [
        "---",
        f"base_model: {trained.base}",
        f"library_name: {'peft' if trained.adapter else 'transformers'}",
        f"tags: [empathy-gym, {method.kind}]",
        "---",
    ]
    lines = [*header, "", f"# {kind}: {method.name} on {trained.base}", ""]
    lines += [
        f"Trained with EmpathyGym, {_versions()}. Seed {seed}.",
        "",
        "## Data",
        "",
        *_told(trained.summary.get("data", {})),
    ]
    lines += ["", "## Training", ""]
    lines += _told({key: value for key, value in trained.summary.items() if key != "data"})
    if gains:
        lines += ["", "## Before and after, on residents that it never met", "", "| metric | before | after | difference | p |"]
        lines += ["|:--|--:|--:|--:|--:|"]
        lines += [
            "| " + " | ".join(str(row[key]) for key in ("metric", "before", "after", "difference", "p")) + " |" for row in gains
        ]
    if retention:
        lines += ["", "## General ability", "", *_told(retention)]
    lines += ["", "## Use", "", *_use(trained, model, method.kind)]
    settings = {"model": dict(model), "method": method.model_dump(mode="json")}
    lines += ["", "## Configuration", "", "```json", json.dumps(settings, indent=2, default=str), "```", ""]
    (trained.weights / "README.md").write_text("\n".join(lines), encoding="utf-8")


def _use(trained: Trained, model: Mapping[str, Any], kind: str) -> list[str]:
    """Commands that work as they stand."""
    if kind == "reward_model":
        return [
            f"As a reward: `empathy-gym finetune method=grpo method.reward_model={trained.weights} "
            "+method.rewards.reward_model=1.0`",
            "",
            f'As a measure: `agents.finetuning.reward_model.RewardModel("{trained.weights}").gap(scenario, response)`',
        ]
    command = "empathy-gym evaluate agent=language observation.script=true"
    if not trained.adapter:
        return [f"`{command} model=llama3_8b_instruct model.config.model={trained.weights}`"]
    base = "llama3_small" if "RandomLlama" in str(model.get("name")) else "llama3_8b_instruct"
    chosen = f"model={base} model.config.model={trained.base} model.config.adapter={trained.weights}"
    return [
        f"As it is: `{command} {chosen}`",
        "",
        f"Merged into its base: `empathy-gym finetune merge {trained.weights} OUT`",
    ]


def _told(values: Mapping[str, Any]) -> list[str]:
    return [
        f"* {key.replace('_', ' ')}: {json.dumps(_rounded(value)) if isinstance(value, dict | list) else _rounded(value)}"
        for key, value in values.items()
        if value is not None
    ]


def _rounded(value: Any) -> Any:
    """Numbers as people read them; the exact ones stand in the run's own files."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, Mapping):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list) else value


def _versions() -> str:
    found = []
    for package in ("torch", "transformers", "trl", "peft"):
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)
