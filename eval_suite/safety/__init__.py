"""The safety suite: pass or fail with evidence, beside every score and inside none.

* :mod:`eval_suite.safety.case`: what checks may look at; :mod:`eval_suite.safety.adapters` makes it from records;
* :mod:`eval_suite.safety.checks`: one question each, over ``rules.yaml``;
* :mod:`eval_suite.safety.gate`: verdicts of an episode and of an agent, with Wilson intervals;
* :mod:`eval_suite.safety.personas`: the same moments of swapped personas, and whether an agent treats them alike;
* :mod:`eval_suite.safety.runs`, :mod:`eval_suite.safety.tables`, :mod:`eval_suite.safety.section`: runs, tables, report.
"""

from __future__ import annotations

from eval_suite.safety.adapters import case_of
from eval_suite.safety.case import SafetyCase, Verdict
from eval_suite.safety.checks import CHECKS
from eval_suite.safety.gate import AgentVerdict, CaseVerdict, judge, judge_agent

__all__ = ["CHECKS", "AgentVerdict", "CaseVerdict", "SafetyCase", "Verdict", "case_of", "judge", "judge_agent"]
