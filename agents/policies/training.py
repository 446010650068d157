"""Training a small policy on Companion with Stable-Baselines3's PPO (extra ``rl``): symbolic simulator, vectorised, CPU.

A folder holds ``policy.npz`` (what :class:`agents.policies.policy.Policy` plays), ``model.zip`` (for going on in
Stable-Baselines3) and ``training.json`` (settings, versions, and the learning curve).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.policies.menu_env import make_menu_env
from agents.policies.policy import save_policy

if TYPE_CHECKING:
    from stable_baselines3 import PPO

POLICY, MODEL, TRAINING = "policy.npz", "model.zip", "training.json"
REWARD_SCALE = 0.2
"""dE runs from about -9 to 5; times this it is near one (ours)."""


@dataclass(frozen=True)
class TrainingSettings:
    """How to train.

    Args:
        steps: turns to train on, over all copies of the environment.
        seed: of everything.
        copies: environments side by side.
        processes: whether each copy has a process of its own.
        scenarios, path, split: what to train on; evaluate on a split with other residents.
        preset: constants of the process.
        turns: most turns of an episode.
        rollout: turns of each copy between two updates.
        batch: turns in a minibatch.
        epochs: passes over a rollout.
        learning_rate: at the start; falls to 0 in a straight line.
        gamma, lam: discount, and that of the advantage estimate.
        entropy: weight of the entropy bonus.
        hidden: units of each hidden layer.
    """

    steps: int = 100_000
    seed: int = 0
    copies: int = 8
    processes: bool = False
    scenarios: str = "hearth"
    path: str | None = None
    split: str = "train"
    preset: str = "repo"
    turns: int = 20
    rollout: int = 256
    batch: int = 256
    epochs: int = 6
    learning_rate: float = 1e-3
    gamma: float = 0.95
    lam: float = 0.9
    entropy: float = 0.01
    hidden: tuple[int, ...] = (64, 64)


@dataclass(frozen=True)
class Trained:
    """What came of it.

    Args:
        policy: the saved policy.
        curve: (turns trained on, mean dE a turn while training since the last entry); explores, so below what it can.
    """

    policy: Path
    curve: tuple[tuple[int, float], ...]


def train(settings: TrainingSettings, folder: str | Path, *, progress: Callable[[int, int], None] | None = None) -> Trained:
    """Train a policy, or return the one that is there if the same settings made it.

    Args:
        settings: how.
        folder: where it is kept.
        progress: told turns done and wanted.

    Raises:
        ImportError: the extra ``rl`` is not installed.
    """
    root = Path(folder)
    wanted = json.loads(json.dumps(asdict(settings)))
    found = _finished(root, wanted)
    if found is not None:
        return found
    root.mkdir(parents=True, exist_ok=True)
    model = _model(settings)
    curve = _learn(model, settings.steps, progress)
    model.get_env().close()
    layers = _layers(model)
    save_policy(root / POLICY, layers, {"algorithm": "PPO", **wanted})
    model.save(root / MODEL)
    versions = {name: version(name) for name in ("stable-baselines3", "gymnasium", "numpy", "torch")}
    told = {"settings": wanted, "versions": versions, "curve": curve}
    (root / TRAINING).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return Trained(root / POLICY, tuple(curve))


def _finished(root: Path, wanted: dict[str, Any]) -> Trained | None:
    try:
        told = json.loads((root / TRAINING).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(told, dict) or told.get("settings") != wanted or not (root / POLICY).is_file():
        return None
    return Trained(root / POLICY, tuple((int(turns), float(work)) for turns, work in told["curve"]))


def _model(settings: TrainingSettings) -> PPO:
    import torch
    from stable_baselines3 import PPO
    from stable_baselines3.common.env_util import make_vec_env
    from stable_baselines3.common.vec_env import DummyVecEnv, SubprocVecEnv

    torch.set_num_threads(1)  # networks this small are slower on more, and sums come out the same everywhere
    make = partial(
        make_menu_env,
        scale=REWARD_SCALE,
        scenarios=settings.scenarios,
        path=settings.path,
        split=settings.split,
        preset=settings.preset,
        turns=settings.turns,
    )
    vectorised = make_vec_env(
        make,
        n_envs=settings.copies,
        seed=settings.seed,
        vec_env_cls=SubprocVecEnv if settings.processes else DummyVecEnv,
        vec_env_kwargs={"start_method": "spawn"} if settings.processes else None,
    )
    return PPO(
        "MlpPolicy",
        vectorised,
        learning_rate=lambda left: settings.learning_rate * left,
        n_steps=settings.rollout,
        batch_size=min(settings.batch, settings.rollout * settings.copies),
        n_epochs=settings.epochs,
        gamma=settings.gamma,
        gae_lambda=settings.lam,
        ent_coef=settings.entropy,
        policy_kwargs={"net_arch": list(settings.hidden), "activation_fn": torch.nn.Tanh},
        seed=settings.seed,
        device="cpu",
    )


def _learn(model: PPO, steps: int, progress: Callable[[int, int], None] | None) -> list[tuple[int, float]]:
    from stable_baselines3.common.callbacks import BaseCallback

    curve: list[tuple[int, float]] = []

    class Curve(BaseCallback):
        """Keeps the mean work of each rollout."""

        def _on_step(self) -> bool:
            return True

        def _on_rollout_end(self) -> None:
            work = float(self.model.rollout_buffer.rewards.mean()) / REWARD_SCALE
            curve.append((self.num_timesteps, round(work, 4)))
            if progress:
                progress(min(self.num_timesteps, steps), steps)

    if steps > 0:
        model.learn(total_timesteps=steps, callback=Curve())
    return curve


def _layers(model: PPO) -> list[tuple[Any, Any]]:
    """The layers of the network that chooses, in order, as arrays."""
    import torch

    parts = [*model.policy.mlp_extractor.policy_net, model.policy.action_net]
    linear = [part for part in parts if isinstance(part, torch.nn.Linear)]
    return [(part.weight.detach().numpy().copy(), part.bias.detach().numpy().copy()) for part in linear]
