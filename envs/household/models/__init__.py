"""Models of everything in the house, by name.

* :func:`build_model`: a model, with options such as ``colour`` (a palette name or ``#rrggbb``);
* :func:`model_names`: all names.

One module holds the models of one subject; :mod:`~envs.household.models.shapes` makes their solids and
:mod:`~envs.household.models.materials` their colours.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable
from functools import lru_cache

from envs.household.model import Model

__all__ = ["build_model", "model_names"]


@lru_cache(maxsize=1)
def _makers() -> dict[str, Callable[..., Model]]:
    from envs.household.models import bathroom, decor, electronics, kitchen, seating, small_objects, tables

    makers: dict[str, Callable[..., Model]] = {}
    for module in (seating, tables, kitchen, bathroom, electronics, small_objects, decor):
        makers.update(module.MODELS)
    return makers


def model_names() -> list[str]:
    """Names of all models, sorted."""
    return sorted(_makers())


@lru_cache(maxsize=512)
def build_model(name: str, **options: str | float | int | bool) -> Model:
    """Make a model; the same call gives the same object.

    Raises:
        ValueError: unknown model, option, or colour; the message names the nearest known one.
    """
    maker = _makers().get(name)
    if maker is None:
        near = difflib.get_close_matches(name, _makers(), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"expected one of the {len(_makers())} models of envs.household.models, got {name!r}{hint}")
    known = list(inspect.signature(maker).parameters)
    for option in options:
        if option not in known:
            raise ValueError(f"model {name!r} expected options among {', '.join(known)}; got {option!r}")
    return maker(**options)
