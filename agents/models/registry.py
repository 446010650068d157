"""Models by name: ours, those of other installed packages, and ``module:Class``.

Another package adds a model by an entry point::

    [project.entry-points."empathy_gym.models"]
    my_model = "my_package.models:MyModel"
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import re
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from agents.models.errors import ErrorKind, ModelError
from agents.models.interface import Model

GROUP = "empathy_gym.models"

_BUILT_IN = {
    "openai_compatible": "agents.models.openai_compatible:OpenAICompatible",
    "transformers_text": "agents.models.transformers_text:TransformersText",
    "transformers_vlm": "agents.models.transformers_vlm:TransformersVLM",
}
_SECRET = re.compile(r"(^|_)(api_?key|key|token|secret|password|authorization)$", re.IGNORECASE)


def model_names() -> dict[str, str]:
    """Every known kind of model: name to ``module:Class``; ours first, then those of other packages by name."""
    found = dict(_BUILT_IN)
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        found.setdefault(entry.name, entry.value)
    return found


def model_class(name: str) -> type[Model]:
    """The class behind a registry name or ``module:Class``.

    Raises:
        ModelError: unknown name (with the nearest known), a module that does not import, or something not a Model.
    """
    known = model_names()
    target = known.get(name, name)
    if ":" not in target:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        message = f"expected a model among {', '.join(known)}, or module:Class; got {name[:80]!r}{hint}"
        raise ModelError(ErrorKind.BAD_CONFIG, message)
    module_name, _, class_name = target.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise ModelError(ErrorKind.BAD_CONFIG, f"model {name!r}: cannot import {module_name!r}: {error}") from None
    found = getattr(module, class_name, None)
    if not (inspect.isclass(found) and issubclass(found, Model)):
        message = f"model {name!r}: expected a subclass of agents.models.Model, got {target} = {found!r}"
        raise ModelError(ErrorKind.BAD_CONFIG, message)
    return found


def make_model(name: str, *, cache: str | Path | bool = False, dry_run: bool = False, **options: Any) -> Model:
    """Make a model. Nothing is loaded or called before the first request.

    Args:
        name: registry name or ``module:Class``.
        cache: folder of the response cache; True for the user's cache folder, False for none.
        dry_run: count calls, tokens and cost instead of calling; cached answers are still used.
        **options: what its constructor takes; unknown ones are refused by name.

    Raises:
        ModelError: unknown model, or options that its constructor does not take.
    """
    found = model_class(name)
    try:
        inspect.signature(found).bind(**options)
    except TypeError as error:
        takes = ", ".join(inspect.signature(found).parameters)
        raise ModelError(ErrorKind.BAD_CONFIG, f"model {name!r}: {error}; it takes {takes}") from None
    try:
        model: Model = found(**options)
    except (TypeError, ValueError) as error:
        raise ModelError(ErrorKind.BAD_CONFIG, f"model {name!r}: {error}") from None
    if dry_run:
        from agents.models.dry_run import DryRun

        model = DryRun(model)
    if cache is not False and cache is not None:
        from agents.models.cache import CachedModel, ResponseCache

        model = CachedModel(model, ResponseCache(None if cache is True else cache))
    return model


def public_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as they may be written down: values of keys, tokens and passwords are starred out, at any depth."""
    public: dict[str, Any] = {}
    for name, value in options.items():
        if _SECRET.search(str(name)) and value not in (None, ""):
            public[name] = "***"
        else:
            public[name] = public_options(value) if isinstance(value, Mapping) else value
    return public
