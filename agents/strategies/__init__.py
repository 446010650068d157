"""How a model is asked: strategies, each a small file with its own prompts, typed belief and ablation flags.

* :mod:`agents.strategies.base`: questions, chains of them, and the Strategy class to subclass;
* :mod:`agents.strategies.direct`, ``commonsense``, ``coarse_to_fine``, ``self_other``, ``appraisal``, ``cbt_protocol``,
  ``three_factor``, ``self_consistency``: the strategies;
* :mod:`agents.strategies.challenges`: the paper's three challenges, in which every strategy ends;
* :mod:`agents.strategies.beliefs`: beliefs as JSON; :mod:`agents.strategies.perception`: what the robot perceived;
* :mod:`agents.strategies.fencing`: how evidence is kept from posing as instructions.
"""

from __future__ import annotations

from agents.strategies.base import Answer, Ask, Inquiry, Question, Settings, Strategy, Thinking, together
from agents.strategies.perception import Perception
from agents.strategies.registry import make_strategy, strategy_names, strategy_of

__all__ = [
    "Answer",
    "Ask",
    "Inquiry",
    "Perception",
    "Question",
    "Settings",
    "Strategy",
    "Thinking",
    "make_strategy",
    "strategy_names",
    "strategy_of",
    "together",
]
