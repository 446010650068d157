"""``empathy-gym score RUN``: judges grade the answers of runs that are there; agents are not asked again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig

from scripts.configuration import run
from scripts.errors import UsageError

if TYPE_CHECKING:
    from eval_suite.judges.pairwise import Preferences
    from eval_suite.judges.panel import Judge, Settings
    from eval_suite.judges.scores import ScoreSet

USAGE = """\
usage: empathy-gym score RUN [OVERRIDES]

Grades the stored answers of a run, or of every run in a folder, by a rubric. Judgements are added to judgements.jsonl in the
run; the same command goes on where it stopped. An unreadable judgement is unscored, never 0.

examples:
  empathy-gym score runs/first/model judge=openai rubric=cehs repeats=3
  empathy-gym score runs/first judge=panel 'rubric=[empathy_process,cehs]'
  empathy-gym score runs/first judge=vllm sees_situation=false
  empathy-gym score runs/first judge=openai rubric=my_rubric.yaml
  empathy-gym score runs/first judge=openai pairwise=true challenge=empathetic_planning
"""


def main(arguments: Sequence[str]) -> None:
    """Score with Hydra overrides."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(USAGE, end="")
        return
    run(score, "score", overrides(arguments))


def overrides(arguments: Sequence[str]) -> list[str]:
    """Hydra overrides out of arguments of which one may be a folder."""
    # A run's folder may have an equals sign in its name, as in random,seed=3.
    folders = [word for word in arguments if not word.startswith("-") and ("=" not in word or Path(word).is_dir())]
    rest = [word for word in arguments if word not in folders]
    if len(folders) > 1:
        raise UsageError(f"expected one folder, got {' and '.join(folders)}; put runs into one folder to score them together")
    if not folders and not any(word.startswith("run=") for word in rest):
        raise UsageError("expected a run's folder: empathy-gym score RUN judge=openai rubric=cehs")
    return [f"run={quoted(folder)}" for folder in folders] + rest


def quoted(text: str) -> str:
    """A text that Hydra's override grammar takes as it is."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def score(config: DictConfig) -> None:
    """Score as configured."""
    from eval_suite.judges.panel import close_all, make_judges
    from eval_suite.protocol.conversation import find_graded
    from eval_suite.rubrics import load_rubric

    settings = plain_settings(config)
    asked = judge_settings(settings)
    named = settings["rubric"] if isinstance(settings["rubric"], list) else [settings["rubric"]]
    rubrics = [load_rubric(name) for name in named]
    root = Path(settings["run"])
    judges = make_judges(settings["judge"]["models"])
    try:
        if settings["pairwise"]:
            _compare(root, settings, judges, asked)
        else:
            folders = [path for path in find_graded(root) if not _hidden(path, root)]
            for rubric in rubrics:
                _score_runs(root, folders, rubric, judges, asked, settings["validations"])
        report_usage(judges)
    finally:
        close_all(judges)


def _hidden(path: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(root).parts)


def _score_runs(
    root: Path, folders: Sequence[Path], rubric: Any, judges: Sequence[Judge], asked: Settings, validations: str | None
) -> None:
    from rich.console import Console

    from eval_suite.judges.scoring import score_run
    from eval_suite.progress import progress_bar

    console = Console()
    scored: dict[str, ScoreSet] = {}
    for folder in folders:
        label = folder.name if len(folders) == 1 else str(folder.relative_to(root))
        with progress_bar(f"{label}: {rubric.name}") as progress:
            found = score_run(
                folder, rubric, judges, asked, validations=[validations] if validations else [], progress=progress
            )
        if found is not None:
            scored[label] = found
    if not scored:
        return
    from eval_suite.judges.score_table import notes, score_tables

    for table in score_tables(scored, console.width):
        console.print(table)
    for note in notes(scored):
        console.print(note, style="yellow", markup=False)
    if rubric.frontier is not None:
        from eval_suite.judges.score_table import frontier_of

        roles = {label: _role(root / label if len(folders) > 1 else folders[0]) for label in scored}
        path = frontier_of(scored, root / f"frontier-{rubric.name}.svg", roles)
        if path is not None:
            Console(soft_wrap=True).print(f"frontier: {path}", highlight=False, markup=False)


def _role(folder: Path) -> str:
    from eval_suite.comparison import FLOOR
    from eval_suite.store import read_episodes

    first = next(iter(read_episodes(folder)))
    return "ceiling" if first.reference_agent else "floor" if first.agent in FLOOR else "agent"


def _compare(root: Path, settings: dict[str, Any], judges: Sequence[Judge], asked: Settings) -> None:
    from rich.console import Console

    from eval_suite.judges.pairwise import prefer_runs
    from eval_suite.progress import progress_bar
    from eval_suite.rubrics import CHALLENGES

    challenge = settings["challenge"]
    if challenge not in CHALLENGES:
        raise UsageError(f"expected challenge among {', '.join(CHALLENGES)}; got {challenge!r}")
    with progress_bar("comparing in both orders") as progress:
        found = prefer_runs(root, challenge, judges, asked, progress=progress)
    if found is not None:
        _print_ratings(Console(), found)


def _print_ratings(console: Any, found: Preferences) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=None, padding=(0, 2, 0, 0), header_style="dim", title=f"Preferred, {found.challenge}", title_justify="left"
    )
    table.add_column("run")
    for heading in ("Bradley-Terry", "95% interval", "won", "pairs"):
        table.add_column(heading, justify="right")
    for rating in found.ratings:
        between = f"[{rating.low:+.2f}, {rating.high:+.2f}]" if rating.low == rating.low else "–"
        won = f"{rating.win_rate:.0%}" if rating.comparisons else "–"
        table.add_row(Text(rating.label), f"{rating.strength:+.2f}", Text(between), won, str(rating.comparisons))
    console.print(table)
    flips = f"{found.flips:.0%}" if found.flips == found.flips else "–"
    console.print(f"{found.pairs} pairs, each in both orders; {found.unscored} unscored; preference turned with the order in "
                  f"{flips} (those count as draws)", style="dim", markup=False, highlight=False)  # fmt: skip


def plain_settings(config: DictConfig) -> dict[str, Any]:
    """The configuration as a dictionary, every value there."""
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    try:
        settings = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
    except OmegaConfBaseException as error:
        key = getattr(error, "full_key", "") or "a setting"
        raise UsageError(f"expected a value for {key}, got none; set {key}=VALUE") from None
    assert isinstance(settings, dict)
    return {str(key): value for key, value in settings.items()}


def judge_settings(settings: dict[str, Any]) -> Settings:
    """How judges are asked, out of the configuration."""
    from eval_suite.judges.panel import Settings

    names = ("repeats", "sees_situation", "temperature", "max_tokens", "seed", "batch", "allow_self_grading")
    return Settings(**{name: settings[name] for name in names if name in settings})


def report_usage(judges: Sequence[Judge]) -> None:
    """Say what was called and paid now; cached answers are not in it."""
    from rich.console import Console

    for judge in judges:
        usage = getattr(judge.model, "usage", None)
        if usage is not None and usage.calls:
            Console(stderr=True).print(f"{judge.label}: {usage}", style="dim", markup=False, highlight=False)
