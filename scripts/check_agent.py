"""``empathy-gym check-agent NAME``: whether an agent keeps what every agent has to keep."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from omegaconf import DictConfig, OmegaConf

from scripts.configuration import run
from scripts.errors import UsageError

USAGE = """\
usage: empathy-gym check-agent NAME [OVERRIDES]

Checks that an agent answers all three challenges, is deterministic given a seed, survives odd input, answers in a batch as
it does alone, and more. NAME is a registry name or module:Class. Exits with 1 if a check fails.

examples:
  empathy-gym check-agent retrieval
  empathy-gym check-agent my_module:MyAgent
  empathy-gym check-agent language model=openai strategy=commonsense
"""


def main(arguments: Sequence[str]) -> None:
    """Check with Hydra overrides."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(USAGE, end="")
        return
    run(check, "check-agent", _overrides(arguments))


def _overrides(arguments: Sequence[str]) -> list[str]:
    names = [word for word in arguments if "=" not in word and not word.startswith("-")]
    rest = [word for word in arguments if word not in names]
    if len(names) > 1:
        raise UsageError(f"expected one agent, got {' and '.join(names)}")
    if not names and not any(word.split("=")[0] == "agent" for word in rest):
        raise UsageError("expected an agent: empathy-gym check-agent NAME; empathy-gym list agents shows which there are")
    if names and ":" in names[0]:
        return ["agent=custom", f"agent.name='{names[0]}'", *rest]
    return [f"agent={name}" for name in names] + rest


def check(config: DictConfig) -> None:
    """Run the checks and print a table."""
    from rich.console import Console
    from rich.status import Status

    from agents import Agent, make_agent
    from agents.conformance import check_agent
    from envs.scenarios import load_scenarios

    settings: Any = OmegaConf.to_container(config, resolve=True)
    choice, chosen = settings["agent"], settings["scenarios"]
    # Hundreds of scenarios show no more than a few; what costs money is asked little.
    limit = chosen["limit"] or 3
    scenarios = load_scenarios(chosen["source"], path=chosen["path"], split=chosen["split"], limit=limit)

    def make() -> Agent:
        return make_agent(choice["name"], **choice["config"])

    make().close()  # a mistake in its settings is told in one line, before any check
    console = Console()
    with Status(f"checking {choice['name']}", console=console):
        report = check_agent(make, scenarios, pictures=settings["pictures"], seed=settings["seed"], longest=settings["longest"])
    console.print(_table(choice["name"], report))
    if not report.passed:
        sys.exit(1)


def _table(name: str, report: Any) -> Any:
    from rich.markup import escape
    from rich.table import Table

    from agents.conformance import CHECKS, Verdict

    marks = {Verdict.PASSED: "[green]passed[/]", Verdict.WARNED: "[yellow]warned[/]", Verdict.FAILED: "[red]FAILED[/]"}
    failed = sum(finding.verdict is Verdict.FAILED for finding in report.findings)
    verdict = f"[red]{failed} of {len(report.findings)} checks failed[/]" if failed else "[green]conforms[/]"
    table = Table(title=f"{escape(name)}: {verdict}", title_justify="left")
    table.add_column("check", no_wrap=True)
    table.add_column("result", no_wrap=True)
    table.add_column("what was seen", overflow="fold")
    table.add_column("seconds", justify="right", no_wrap=True)
    for finding in report.findings:
        promise = (CHECKS[finding.check].__doc__ or "").splitlines()[0]
        # What went wrong is told against what was promised; what went well speaks for itself.
        seen = escape(finding.detail) + ("" if finding.verdict is Verdict.PASSED else f"\n[dim]Promised: {escape(promise)}[/]")
        table.add_row(finding.check, marks[finding.verdict], seen, f"{finding.seconds:.2f}")
    return table
