"""Language models behind one small interface.

* :mod:`agents.models.interface`: messages in, completions out, typed failures;
* :mod:`agents.models.openai_compatible`: any server that speaks the OpenAI protocol;
* :mod:`agents.models.transformers_text`, :mod:`agents.models.transformers_vlm`: local weights;
* :mod:`agents.models.grammar`: constraints that make every plan legal;
* :mod:`agents.models.cache`: answers on disk; :mod:`agents.models.dry_run`: what a run would cost.
"""

from __future__ import annotations

from agents.models.errors import ErrorKind, ModelError
from agents.models.interface import Completion, Constraint, Model, Prices, Request, Sampling, Usage
from agents.models.messages import Image, Message
from agents.models.registry import make_model, model_names, public_options

__all__ = [
    "Completion",
    "Constraint",
    "ErrorKind",
    "Image",
    "Message",
    "Model",
    "ModelError",
    "Prices",
    "Request",
    "Sampling",
    "Usage",
    "make_model",
    "model_names",
    "public_options",
]
