"""``empathy-gym validate-judge``: whether a judge can be trusted, in numbers, with a report that shows why."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig

from scripts.configuration import run
from scripts.errors import UsageError
from scripts.score import judge_settings, plain_settings, report_usage

if TYPE_CHECKING:
    from eval_suite.judges.panel import Judge, Settings
    from eval_suite.judges.validation import Validation
    from eval_suite.judges.validation_report import Agreements
    from eval_suite.rubrics import Rubric

USAGE = """\
usage: empathy-gym validate-judge [OVERRIDES]

Grades answers and the same answers perturbed (persona flip, sycophancy, mismatch, verbosity, injection, paraphrase, item order,
order swap), and says whether each judge does what a trustworthy one does. Exits with 1 if a judge fails. Tables that use a
judge carry its verdict from then on.

examples:
  empathy-gym validate-judge judge=openai
  empathy-gym validate-judge judge=panel rubric=cehs scenarios.limit=96 mark=runs/first
  empathy-gym validate-judge judge=vllm sees_situation=false
  empathy-gym validate-judge judge=openai human.ratings=people.csv human.run=runs/first/model
"""


def main(arguments: Sequence[str]) -> None:
    """Validate with Hydra overrides."""
    if arguments and arguments[0] in ("-h", "--help"):
        print(USAGE, end="")
        return
    run(validate_judges, "validate_judge", arguments)


def validate_judges(config: DictConfig) -> None:
    """Validate as configured."""
    from envs.scenarios import load_scenarios
    from eval_suite.judges.panel import close_all, make_judges
    from eval_suite.judges.validation import agreement_of_judges
    from eval_suite.judges.validation_report import Agreements, write_reports
    from eval_suite.rubrics import CHALLENGES, load_rubric

    settings = plain_settings(config)
    if settings["challenge"] not in CHALLENGES:
        raise UsageError(f"expected challenge among {', '.join(CHALLENGES)}; got {settings['challenge']!r}")
    human = settings["human"]
    if (human["ratings"] is None) != (human["run"] is None):
        raise UsageError("expected human.ratings and human.run together, got one of them")
    rubric = load_rubric(settings["rubric"])
    asked = judge_settings(settings)
    chosen = settings["scenarios"]
    scenarios = load_scenarios(chosen["source"], path=chosen["path"], split=chosen["split"], limit=chosen["limit"])
    out = Path(settings["out"])
    judges = make_judges(settings["judge"]["models"])
    try:
        folders = {judge.label: out / _folder(judge, rubric, asked) for judge in judges}
        found = [_validate(judge, rubric, scenarios, asked, folders[judge.label], settings["challenge"]) for judge in judges]
        validations = [validation for validation in found if validation is not None]
        agreements: list[Agreements] = []
        if len(validations) > 1:
            agreements.append(
                Agreements("Agreement between judges", agreement_of_judges(folders, rubric, settings["challenge"]))
            )
        if human["ratings"] is not None and validations:
            agreements.append(_people(human, rubric, judges, asked))
        report_usage(judges)
    finally:
        close_all(judges)
    if not validations:
        return
    if settings["mark"] is not None:
        _mark(Path(settings["mark"]), list(folders.values()), [judge.key for judge in judges])
    report = folders[validations[0].judge] if len(validations) == 1 else out
    markdown, page = write_reports(report, validations, agreements)
    _print(validations, agreements, page)
    if any(validation.state == "failed" for validation in validations):
        sys.exit(1)


def _folder(judge: Judge, rubric: Rubric, asked: Settings) -> str:
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", judge.label).strip("-.") or "judge"
    return f"{name}-{judge.key}-{rubric.name}-{rubric.digest}-{'full' if asked.sees_situation else 'blinded'}"


def _validate(
    judge: Judge, rubric: Rubric, scenarios: Sequence[Any], asked: Settings, folder: Path, challenge: Any
) -> Validation | None:
    from contextlib import ExitStack

    from eval_suite.judges.validation import validate
    from eval_suite.progress import progress_bar

    with ExitStack() as bars:

        def progress(label: str) -> Any:
            bars.close()  # one bar at a time
            return bars.enter_context(progress_bar(label))

        return validate(judge, rubric, scenarios, asked, folder, challenge=challenge, progress=progress)


def _people(human: dict[str, Any], rubric: Rubric, judges: Sequence[Judge], asked: Settings) -> Agreements:
    """Have the judges grade what people rated, and compare."""
    from eval_suite.comparison import read_run
    from eval_suite.judges.agreement import read_human_ratings, with_humans
    from eval_suite.judges.judgement import JUDGEMENTS, Judgement, read_records
    from eval_suite.judges.scores import score_set
    from eval_suite.judges.scoring import score_run
    from eval_suite.judges.validation_report import Agreements
    from eval_suite.progress import progress_bar

    ratings = read_human_ratings(human["ratings"])
    folder = Path(human["run"])
    with progress_bar("what people rated") as progress:
        score_run(folder, rubric, judges, asked, progress=progress)
    episodes = {episode.id: episode for run_ in read_run(folder) for episode in run_.episodes}
    records = [
        record
        for record in read_records(folder / JUDGEMENTS, Judgement)
        if record.rubric_digest == rubric.digest and record.sees_situation == asked.sees_situation
    ]
    machine: dict[str, dict[str, dict[str, float]]] = {}
    for judge in judges:
        scores = score_set(rubric, records, {judge.key: judge.label}, episodes)
        for case, values in scores.values.items():
            for name, value in values.items():
                units = machine.setdefault(name, {}).setdefault(judge.label, {})
                units[case] = value
                if case in episodes:
                    units[episodes[case].scenario.id] = value
    rows = with_humans(ratings, machine)
    if not rows:
        known = ", ".join(sorted(machine)[:6])
        raise UsageError(f"{human['ratings']}: expected ratings of items that the judges graded ({known}), got others")
    return Agreements("Agreement with people", rows)


def _mark(root: Path, folders: Sequence[Path], keys: Sequence[str]) -> None:
    from eval_suite.judges.judgement import JUDGEMENTS
    from eval_suite.judges.verdicts import copy_verdicts

    for path in sorted({path.parent for path in root.rglob(JUDGEMENTS)}):
        if (path / "episodes.jsonl").exists():
            copy_verdicts(folders, path, keys)


def _print(validations: Sequence[Validation], agreements: Sequence[Agreements], page: Path) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from eval_suite.judges.perturbations import TESTS
    from eval_suite.judges.validation_report import EXPECTED, HEADINGS, subtitle
    from eval_suite.plain_text import plain

    console = Console()
    styles = {"passed": "green", "failed": "bold red", "undecided": "yellow"}
    for validation in validations:
        heading = Text(f"{plain(validation.judge, 60)}: ").append(HEADINGS[validation.state], styles[validation.state])
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", title=heading, title_justify="left")
        for name in ("test", "should be", "verdict"):
            table.add_column(name, no_wrap=True)
        for name in ("mean Δ", "P(Δ<0)", "ties"):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("why", overflow="fold")
        for test in validation.tests:
            numbers = [f"{test.mean:+.2f}", f"{test.share_below:.0%}", f"{test.ties:.0%}"] if test.scored else ["–"] * 3
            verdict = Text(HEADINGS[test.state], styles[test.state])
            table.add_row(TESTS[test.name].title, EXPECTED[test.expected], verdict, *numbers, Text(plain(test.reason, 300)))
        console.print(table)
        console.print(Text(plain(subtitle(validation), 400), style="dim"))
    for agreement in agreements:
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", title=agreement.title, title_justify="left")
        for name in ("what", "units", "alpha", "ICC(2,1)", "tau"):
            table.add_column(name, justify="left" if name == "what" else "right")
        for row in agreement.rows:
            table.add_row(Text(plain(row.name, 80)), str(row.units), *map(_number, (row.alpha, row.icc, row.tau)))
        console.print(table)
    Console(soft_wrap=True).print(f"report: {page}", highlight=False, markup=False)


def _number(value: float) -> str:
    return f"{value:+.2f}" if value == value else "–"
