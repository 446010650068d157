"""Residents by name, with what finds the evidence of their turns."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from envs.companion.appraiser import Appraiser, RuleAppraiser
from envs.companion.persona import Persona
from envs.companion.residents.base import Resident, TextModel
from envs.companion.residents.scripted import ScriptedResident
from envs.scenarios.schema import Scenario

if TYPE_CHECKING:
    from envs.companion.residents.replay import Recordings

Made = tuple[Resident, Callable[[Scenario, Persona], Appraiser]]


def resident_names() -> tuple[str, ...]:
    """Every kind of resident."""
    return ("scripted", "llm", "replay")


def make_resident(
    name: str, model: TextModel | None = None, *, rules: bool = False, recordings: Recordings | None = None
) -> Made:
    """A resident, and the maker of what judges its turns.

    Args:
        name: ``scripted``, ``llm``, or ``replay``.
        model: what an ``llm`` resident asks.
        rules: an ``llm`` resident speaks, and the rules judge.
        recordings: what a ``replay`` resident repeats.

    Raises:
        ValueError: unknown name, ``llm`` without a model, or ``replay`` without recordings.
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
    if name == "replay":
        if recordings is None:
            raise ValueError("resident: expected recordings for the 'replay' resident, actually none; pass recordings=...")
        from envs.companion.residents.replay import ReplayResident

        return ReplayResident(recordings), RuleAppraiser
    raise ValueError(f"resident: expected one of {', '.join(resident_names())}, actually {name!r}")
