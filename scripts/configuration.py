"""Hydra for our commands: agents of other packages as configs, and mistakes in overrides told in one line."""

from __future__ import annotations

import contextlib
import difflib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import resources
from importlib.metadata import entry_points
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from scripts.errors import UsageError, is_users

Task = Callable[[DictConfig], None]


def run(task: Task, config_name: str, arguments: Sequence[str]) -> None:
    """Run ``task`` as a Hydra application with configuration ``conf/<config_name>.yaml``.

    Raises:
        UsageError: an override that names nothing that exists.
    """
    import hydra

    # Without it Hydra tells what our own code raised at length, in its own words.
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")
    _register_agents()
    _check(config_name, arguments)
    saved, sys.argv = sys.argv, ["empathy-gym", *arguments]
    try:
        hydra.main(version_base="1.3", config_path="pkg://conf", config_name=config_name)(_guarded(task))()
    finally:
        sys.argv = saved


def _guarded(task: Task) -> Task:
    def guarded(config: DictConfig) -> None:
        try:
            task(config)
        except Exception as error:
            if not is_users(error):
                raise
            # Hydra would wrap the message in its own; leaving by SystemExit passes through it, sweeps included.
            from scripts.errors import told
            from scripts.main import _complain

            sys.exit(_complain(told(error)))

    return guarded


def _register_agents() -> None:
    """Give every registered agent without a config file of its own a bare one, so that ``agent=its_name`` works."""
    from hydra.core.config_store import ConfigStore

    from agents.registry import agent_names

    folders = [folder / "agent" for folder in _config_folders()]
    store = ConfigStore.instance()
    for name in agent_names():
        if not any((folder / f"{name}.yaml").is_file() for folder in folders):
            store.store(group="agent", name=name, node={"name": name, "config": {}})


def _config_folders() -> Iterator[Traversable]:
    """Our configurations, then those of other packages, as :mod:`hydra_plugins.empathy_gym_configs` finds them."""
    yield resources.files("conf")
    for entry in entry_points(group="empathy_gym.conf"):
        with contextlib.suppress(ImportError):  # a broken package must not keep others from running
            yield resources.files(entry.value)


def _check(config_name: str, arguments: Sequence[str]) -> None:
    """Compose the configuration once for each value of each sweep, to find mistakes before Hydra reports them at length."""
    from hydra import compose, initialize_config_module
    from hydra.core.global_hydra import GlobalHydra
    from hydra.errors import HydraException, MissingConfigException

    if any(word.startswith("-") and word not in ("-m", "--multirun") for word in arguments):
        return  # Hydra's own flags (--help, --cfg, --config-dir) change what there is to check
    overrides = [word for word in arguments if not word.startswith("-")]
    several = len(overrides) == len(arguments)
    try:
        with initialize_config_module("conf", version_base="1.3"):
            for number, combination in enumerate(_combinations(overrides)):
                if number and several:
                    swept = next(word for word, value in zip(overrides, combination, strict=True) if word != value)
                    raise UsageError(f"expected one value, got {swept!r}; add -m to run them one after the other")
                _make_folder(compose(config_name, overrides=combination))
    except MissingConfigException as error:
        raise UsageError(_missing(error)) from None
    except (HydraException, ValueError) as error:
        if isinstance(error, UsageError):
            raise
        text = str(error.__cause__ or error)
        named = [word for word in overrides if word.split("=")[0].lstrip("+~") in text]
        key = max(named, key=lambda word: len(word.split("=")[0]), default="")
        first = next((line for line in str(error).splitlines() if line.strip()), "bad override")
        raise UsageError(f"{first.strip()}{f' (in {key!r})' if key else ''}; see empathy-gym {config_name} --cfg job") from None
    finally:
        GlobalHydra.instance().clear()


def _make_folder(config: DictConfig) -> None:
    """Make the folder that the run writes to now: Hydra would make it later, and report a failure at length."""
    from omegaconf.errors import OmegaConfBaseException

    try:
        folder = config.out
    except OmegaConfBaseException as error:
        if "out" not in config and not OmegaConf.is_missing(config, "out"):
            return  # a command that writes nothing
        raise UsageError(f"expected a folder, got {type(error).__name__} for out; set out=FOLDER") from None
    if not isinstance(folder, str):
        raise UsageError(f"expected out to be a folder, got {str(folder)[:80]!r}; set out=FOLDER, a number as ./3")
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{folder}: cannot write here: {reason}; set out=FOLDER to one you can write") from None


def _combinations(overrides: Sequence[str]) -> Iterator[list[str]]:
    """The overrides without sweeps: each sweep's first value, then each further value in turn."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import OverrideParseException

    try:
        parsed = OverridesParser.create().parse_overrides(list(overrides))
    except OverrideParseException as error:
        raise UsageError(f"expected overrides such as agent=oracle, got {error.override!r}") from None
    values = [
        [f"{item.get_key_element()}={value}" for value in item.sweep_string_iterator()]
        if item.is_sweep_override() and item.is_discrete_sweep()
        else [item.input_line or ""]
        for item in parsed
    ]
    yield [options[0] for options in values]
    for i, options in enumerate(values):
        for option in options[1:]:
            yield [option if j == i else other[0] for j, other in enumerate(values)]


def _missing(error: Any) -> str:
    wanted = str(error.missing_cfg_file or "")
    group, _, name = wanted.rpartition("/")
    options = [option for option in error.options or () if option]
    near = difflib.get_close_matches(name, options, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    if not options:
        return " ".join(str(error).split())
    return f"expected {group} among {', '.join(options)}; got {name!r}{hint}"
