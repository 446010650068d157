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
    if trained.adapter:
        command = "empathy-gym finetune merge"
        lines += [
            "",
            "## Use",
            "",
            f"As it is: `empathy-gym evaluate agent=language model=llama3_8b_instruct model.config.adapter={trained.weights}`",
            "",
            f"Merged into its base: `{command} {trained.weights} OUT`",
        ]
    else:
        lines += [
            "",
            "## Use",
            "",
            f"`empathy-gym evaluate agent=language model=llama3_8b_instruct model.config.model={trained.weights}`",
        ]
    settings = {"model": dict(model), "method": method.model_dump(mode="json")}
    lines += ["", "## Configuration", "", "```json", json.dumps(settings, indent=2, default=str), "```", ""]
    (trained.weights / "README.md").write_text("\n".join(lines), encoding="utf-8")


def _told(values: Mapping[str, Any]) -> list[str]:
    return [
        f"* {key.replace('_', ' ')}: {json.dumps(value) if isinstance(value, dict | list) else value}"
        for key, value in values.items()
    ]


def _versions() -> str:
    found = []
    for package in ("torch", "transformers", "trl", "peft"):
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)
