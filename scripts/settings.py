"""A command's settings, checked before anything starts: what is wrong is told in one line, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig, OmegaConf

from scripts.errors import UsageError

if TYPE_CHECKING:
    from envs.simulators.base import Simulator

_MOST = 2**63


def checked(
    config: DictConfig,
    *,
    whole: Mapping[str, int],
    flags: Sequence[str] = (),
    texts: Sequence[str] = (),
    groups: Sequence[str] = (),
) -> dict[str, Any]:
    """The configuration as plain values.

    Args:
        config: what Hydra composed.
        whole: dotted keys of whole numbers, with the least that each may be.
        flags: dotted keys that are true or false.
        texts: dotted keys of texts.
        groups: dotted keys that hold further settings.

    Raises:
        UsageError: a value is missing or of the wrong kind.
    """
    from omegaconf.errors import OmegaConfBaseException

    try:
        settings: Any = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
    except OmegaConfBaseException as error:
        key = getattr(error, "full_key", "") or "a setting"
        raise UsageError(f"expected a value for {key}, got none; set {key}=VALUE") from None
    for key in groups:
        if not isinstance(value := _get(settings, key), dict):
            raise UsageError(f"expected settings in {key}, got {_short(value)}; set {key}.NAME=VALUE")
    for key in texts:
        if not isinstance(value := _get(settings, key), str):
            raise UsageError(f"expected {key} to be a text, got {_short(value)}; a number becomes one in quotes: {key}='\"1\"'")
    for key in flags:
        if not isinstance(value := _get(settings, key), bool):
            raise UsageError(f"expected {key} to be true or false, got {_short(value)}")
    for key, low in whole.items():
        value = _get(settings, key)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value < _MOST:
            raise UsageError(f"expected {key} to be a whole number of at least {low}, got {_short(value)}")
    return {str(key): value for key, value in settings.items()}


def simulator_of(choice: Mapping[str, Any]) -> Simulator:
    """Make the simulator that the settings name.

    Raises:
        UsageError: it does not exist, or does not take these options.
        SimulatorUnavailable: it cannot run on this machine.
    """
    from envs.simulators import make_simulator

    try:
        return make_simulator(choice["name"], **choice["options"])
    except (TypeError, ValueError) as error:
        raise UsageError(f"simulator={choice['name']}: {error}") from error


def _get(settings: Any, key: str) -> Any:
    for part in key.split("."):
        if not isinstance(settings, dict) or part not in settings:
            raise UsageError(f"expected a value for {key}, got none; set {key}=VALUE")
        settings = settings[part]
    return settings


def _short(value: object) -> str:
    return repr(value)[:80]
