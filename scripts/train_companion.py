"""``empathy-gym train-companion``: a small policy, trained on Companion by reinforcement learning, ready to be evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig

from scripts.configuration import run
from scripts.errors import UsageError
from scripts.settings import checked

_WHOLE = {"seed": 0, "steps": 0, "copies": 1, "turns": 1, "rollout": 2, "batch": 2, "epochs": 1}
_NUMBERS = ("learning_rate", "gamma", "lam", "entropy")


def main(arguments: Sequence[str]) -> None:
    """Train with Hydra overrides."""
    run(train_companion, "train_companion", list(arguments))


def train_companion(config: DictConfig) -> None:
    """Train one policy as configured; one that is there already is not trained again."""
    from rich.console import Console

    from agents.policies.training import TrainingSettings, train
    from envs.companion.process import PRESETS
    from eval_suite.progress import progress_bar

    settings = checked(
        config, whole=_WHOLE, flags=("processes",), texts=("out", "preset", "scenarios.source"), groups=("scenarios",)
    )
    if settings["preset"] not in PRESETS:
        raise UsageError(f"expected preset among {', '.join(PRESETS)}; got {settings['preset']!r}")
    for key in _NUMBERS:
        value = settings[key]
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
            raise UsageError(f"expected {key} to be a number from 0 to 1, got {value!r}")
    hidden = settings["hidden"]
    if not isinstance(hidden, list) or not all(isinstance(units, int) and units > 0 for units in hidden):
        raise UsageError(f"expected hidden to be a list of layer sizes, got {hidden!r}; set hidden=[64,64]")
    chosen = settings["scenarios"]
    wanted = TrainingSettings(
        **{key: settings[key] for key in (*_WHOLE, *_NUMBERS, "processes", "preset")},
        hidden=tuple(hidden),
        scenarios=chosen["source"],
        path=chosen["path"],
        split=chosen["split"],
    )
    out = Path(settings["out"])
    try:
        with progress_bar("training") as progress:
            trained = train(wanted, out, progress=progress)
    except ImportError as error:
        raise UsageError(f"training needs {error.name}; install the extra: pip install 'empathy-gym[rl]'") from error
    console = Console(soft_wrap=True)
    if trained.curve:
        (_, first), (turns, last) = trained.curve[0], trained.curve[-1]
        console.print(f"dE a turn while training: {first:+.2f} at first, {last:+.2f} after {turns} turns", highlight=False)
    console.print(f"policy: {trained.policy}", highlight=False, markup=False)
    console.print(f"evaluate it: empathy-gym companion agent=policy agent.path={out}", highlight=False, markup=False)
