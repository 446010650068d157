"""Residents by name, with what finds the evidence of their turns."""

from __future__ import annotations

from collections.abc import Callable

from envs.companion.appraiser import Appraiser, RuleAppraiser
from envs.companion.persona import Persona
from envs.companion.residents.base import Resident, TextModel
from envs.companion.residents.scripted import ScriptedResident
from envs.scenarios.schema import Scenario

Made = tuple[Resident, Callable[[Scenario, Persona], Appraiser]]


def resident_names() -> tuple[str, ...]:
    """Every kind of resident."""
    return ("scripted", "llm")


def make_resident(name: str, model: TextModel | None = None, *, rules: bool = False) -> Made:
    """A resident, and the maker of what judges its turns.

    Args:
        name: ``scripted``, or ``llm``.
        model: what an ``llm`` resident asks.
        rules: an ``llm`` resident speaks, and the rules judge.

    Raises:
        ValueError: unknown name, or ``llm`` without a model.
    """
    if name == "scripted":
        return ScriptedResident(), RuleAppraiser
    if name == "llm":
        if model is None:
            raise ValueError("resident: expected a model for the 'llm' resident, actually none; pass model=...")
        from envs.companion.residents.llm import LanguageResident, ModelAppraiser

        if rules:
            return LanguageResident(model), RuleAppraiser
        return LanguageResident(model), lambda scenario, persona: ModelAppraiser(model, scenario, persona)
    raise ValueError(f"resident: expected one of {', '.join(resident_names())}, actually {name!r}")
