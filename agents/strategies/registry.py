"""Strategies by name: ours, those of other installed packages, and ``module:Class``.

Another package adds a strategy by an entry point::

    [project.entry-points."empathy_gym.strategies"]
    my_strategy = "my_package.strategies:MyStrategy"
"""

from __future__ import annotations

import difflib
import importlib
import inspect
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any

from agents.registry import AgentError
from agents.strategies.base import Strategy

GROUP = "empathy_gym.strategies"

_BUILT_IN = {
    "direct": "agents.strategies.direct:Direct",
    "commonsense": "agents.strategies.commonsense:Commonsense",
    "coarse_to_fine": "agents.strategies.coarse_to_fine:CoarseToFine",
    "self_other": "agents.strategies.self_other:SelfOther",
    "appraisal": "agents.strategies.appraisal:AppraisalAlignment",
    "cbt_protocol": "agents.strategies.cbt_protocol:CbtProtocol",
    "three_factor": "agents.strategies.three_factor:ThreeFactor",
    "self_consistency": "agents.strategies.self_consistency:SelfConsistency",
}


def strategy_names() -> dict[str, str]:
    """Every known strategy: name to ``module:Class``; ours first, then those of other packages by name."""
    found = dict(_BUILT_IN)
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        found.setdefault(entry.name, entry.value)
    return found


def make_strategy(name: str, **flags: Any) -> Strategy:
    """Make a strategy.

    Args:
        name: registry name or ``module:Class``.
        **flags: its ablation flags.

    Raises:
        AgentError: unknown strategy (with the nearest known), or flags that it does not take; one line.
    """
    found = _strategy_class(name)
    try:
        inspect.signature(found).bind(**flags)
    except TypeError as error:
        takes = ", ".join(inspect.signature(found).parameters) or "no flags"
        raise AgentError(f"strategy {name!r}: {error}; it takes {takes}") from None
    try:
        return found(**flags)
    except (TypeError, ValueError) as error:
        raise AgentError(f"strategy {name!r}: {error}") from None


def strategy_of(choice: Strategy | str | Mapping[str, Any]) -> Strategy:
    """A strategy, however it is given: made already, by name, or as a mapping of ``name`` and flags.

    Flags may stand beside the name or, as configuration groups have them, under ``config``.
    """
    if isinstance(choice, Strategy):
        return choice
    if isinstance(choice, str):
        return make_strategy(choice)
    options = dict(choice)
    name = options.pop("name", None)
    flags = dict(options.pop("config", None) or {}) | options
    if not isinstance(name, str):
        raise AgentError(f"strategy: expected a name, or a mapping with a name and flags, got {dict(choice)!r}")
    return make_strategy(name, **{str(key): value for key, value in flags.items()})


def _strategy_class(name: str) -> type[Strategy]:
    known = strategy_names()
    target = known.get(name, name)
    if ":" not in target:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise AgentError(f"expected a strategy among {', '.join(known)}, or module:Class; got {name[:80]!r}{hint}")
    module_name, _, class_name = target.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise AgentError(f"strategy {name!r}: cannot import {module_name!r}: {error}") from None
    found = getattr(module, class_name, None)
    if not (inspect.isclass(found) and issubclass(found, Strategy)):
        raise AgentError(f"strategy {name!r}: expected a subclass of agents.strategies.Strategy, got {target} = {found!r}")
    return found
