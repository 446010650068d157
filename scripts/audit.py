"""``empathy-gym audit``: what a scenario set is made of, how it could be gamed, and whether its plans can be carried out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig

from scripts.configuration import run


def main(arguments: Sequence[str]) -> None:
    """Audit with Hydra overrides."""
    run(audit, "audit", arguments)


def audit(config: DictConfig) -> None:
    """Measure one set as configured, print the table, write it as JSON and Markdown."""
    from rich.console import Console
    from rich.table import Table

    from envs.scenarios import ScenarioError, load_scenarios
    from eval_suite.audit import Targets
    from eval_suite.audit import audit as measure

    console = Console(stderr=True)
    chosen = config.scenarios
    scenarios = load_scenarios(chosen.source, path=chosen.path, split=chosen.split, limit=chosen.limit)
    train = None
    if config.train:
        try:
            train = load_scenarios(chosen.source, path=chosen.path, split=config.train)
        except ScenarioError:
            pass  # a set without that split: the baseline counts on what is audited, to its advantage
    with console.status("auditing") as status:
        result = measure(
            scenarios,
            name=chosen.source,
            train=train,
            simulator=config.simulator.name,
            execute=config.execute,
            every_plan=config.every_plan,
            workers=config.workers,
            targets=Targets(**config.targets),
            tick=lambda section: status.update(f"auditing {len(scenarios)} scenarios: {section}"),
        )
    folder = Path(config.out)
    (folder / "audit.json").write_text(result.to_json() + "\n", encoding="utf-8")
    (folder / "audit.md").write_text(result.to_markdown(), encoding="utf-8")
    table = Table(title=f"{result.name}: {result.size} scenarios", show_lines=False)
    for heading in ("", "measured", "value", "target", ""):
        table.add_column(heading, overflow="fold")
    for check in result.checks:
        value = f"{check.value:.4g}" if isinstance(check.value, float) else str(check.value)
        mark = {True: "[green]pass[/]", False: "[red]FAIL[/]", None: ""}[check.ok]
        table.add_row(check.section, check.name, value, check.target, mark)
    Console().print(table)
    failed = [check for check in result.checks if check.ok is False]
    for check in failed:
        Console().print(f"FAIL {check.name}: {check.value}, expected {check.target}; {check.detail}", markup=False)
    console.print(f"written to {folder / 'audit.md'} and audit.json")
