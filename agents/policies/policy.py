"""The agent that plays a saved policy: a small network that chooses from the menu. NumPy alone, no trainer."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from agents.base import Agent
from agents.policies.features import FEATURES_VERSION, features, names
from agents.policies.menu import Choice, load_menu
from agents.registry import AgentError
from envs.exchange import Observation, Response
from envs.household_env import LONGEST_DIALOGUE, LONGEST_PROFILE
from plans.actions import ACTIONS

Layers = Sequence[tuple[NDArray[np.float32], NDArray[np.float32]]]
"""Weight, float32, (out, in), and bias, float32, (out,), of each layer, the choosing one last."""


class Policy(Agent):
    """Chooses what to say and do by a policy that was trained on Companion (see ``docs/reinforcement_learning.md``).

    The choice is the likeliest one, so the same observation gives the same answer.

    Args:
        path: what ``empathy-gym train-companion`` saved: ``policy.npz``, or the folder that it is in.
    """

    pictures: ClassVar[bool] = False

    def __init__(self, path: str) -> None:
        self.menu = load_menu()
        self._layers, self.about, self._digest = _load(path, self.menu.digest)

    def respond(self, observation: Observation, *, seed: int) -> Response:
        """Answer with the likeliest choice."""
        profile, dialogue = observation.profile[:LONGEST_PROFILE], observation.dialogue[:LONGEST_DIALOGUE]
        observation = replace(observation, profile=profile, dialogue=dialogue)
        choice = self.choose(observation)
        way, topic, deed = choice
        said = {"way": list(self.menu.ways)[way], "topic": self.menu.topics[topic], "deed": self.menu.deeds[deed]}
        plan = self.menu.plan(choice, observation)
        phrases = [ACTIONS[action].phrase for action in plan.actions]
        meant = " and ".join([*phrases, f"speak ({said['way'].replace(':', ': ')})" if plan.utterance else "say nothing"])
        return Response.of(
            plan, scenario_understanding="", empathetic_planning=f"{meant.capitalize()}.", details={"chosen": said}
        )

    def choose(self, observation: Observation) -> Choice:
        """The likeliest way, topic and deed."""
        logits = forward(self._layers, features(observation, self.menu))
        ways, topics, deeds = np.split(logits, np.cumsum(self.menu.sizes)[:-1])
        return int(ways.argmax()), int(topics.argmax()), int(deeds.argmax())

    @property
    def identity(self) -> dict[str, Any]:
        """The weights, not the path that they lie at."""
        return {"policy": self._digest, "steps": self.about.get("steps")}


def forward(layers: Layers, vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logits of a network with tanh between its layers: float32, (choices,)."""
    *hidden, (weight, bias) = layers
    for one, other in hidden:
        vector = np.tanh(one @ vector + other)
    return weight @ vector + bias


def save_policy(path: Path, layers: Layers, about: dict[str, Any]) -> None:
    """Write a policy; ``about`` is what made it, as JSON values."""
    told = {**about, "menu": load_menu().digest, "features": FEATURES_VERSION}
    arrays = {f"{kind}{place}": array for place, pair in enumerate(layers) for kind, array in zip("wb", pair, strict=True)}
    unfinished = path.with_name(f".{path.name}.part")
    with unfinished.open("wb") as file:
        np.savez(file, about=np.array(json.dumps(told, sort_keys=True)), **arrays)  # type: ignore[arg-type]
    unfinished.replace(path)


def _load(path: str, menu: str) -> tuple[Layers, dict[str, Any], str]:
    file = Path(path) / "policy.npz" if Path(path).is_dir() else Path(path)
    try:
        data = file.read_bytes()
        with np.load(io.BytesIO(data), allow_pickle=False) as saved:
            about = json.loads(str(saved["about"]))
            count = sum(name.startswith("w") for name in saved.files)
            layers = [(saved[f"w{place}"], saved[f"b{place}"]) for place in range(count)]
    except FileNotFoundError:
        raise AgentError(f"{file}: no such policy; train one with empathy-gym train-companion out={file.parent}") from None
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise AgentError(f"{file}: expected a policy of empathy-gym train-companion, got {type(error).__name__}") from None
    except Exception as error:  # zipfile's own errors, which NumPy passes on
        raise AgentError(f"{file}: expected a policy of empathy-gym train-companion, got {type(error).__name__}") from None
    fits = bool(layers) and layers[0][0].shape[1] == len(names()) and layers[-1][0].shape[0] == sum(load_menu().sizes)
    if about.get("menu") != menu or about.get("features") != FEATURES_VERSION or not fits:
        raise AgentError(
            f"{file}: expected a policy of menu {menu}, features {FEATURES_VERSION}, got one of menu {about.get('menu')}, "
            f"features {about.get('features')}; train it again"
        )
    return layers, about, hashlib.sha256(data).hexdigest()[:16]
