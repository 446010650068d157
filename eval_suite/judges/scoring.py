"""Scoring a run: its stored answers go to the judges, its agents are never asked again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from eval_suite.judges.case import cases_of_run, reference_cases
from eval_suite.judges.judgement import JUDGEMENTS, JudgeError, Judgement
from eval_suite.judges.panel import Judge, Settings, refuse_self_grading
from eval_suite.judges.rating import Progress, rate
from eval_suite.judges.scores import ScoreSet, judgement_scores, write_rubric
from eval_suite.judges.verdicts import copy_verdicts
from eval_suite.protocol.conversation import episodes_of
from eval_suite.rubrics import Rubric


def score_run(
    folder: str | Path,
    rubric: Rubric,
    judges: Sequence[Judge],
    settings: Settings | None = None,
    *,
    validations: Iterable[str | Path] = (),
    progress: Progress | None = None,
) -> ScoreSet | None:
    """Grade a run that is there, going on where an earlier scoring stopped.

    Args:
        folder: the run; ``judgements.jsonl`` and ``rubrics/`` are added to it.
        rubric: what to grade by.
        judges: who grades.
        settings: how they are asked.
        validations: folders with verdicts of validity tests; those about these judges are copied into the run.
        progress: told how far it is.

    Returns:
        The scores of these judges by this rubric in this setting; None after a dry run.

    Raises:
        StoreError: no episodes there, nothing that the rubric grades, a judge that is the graded agent's own model, or a
            judge that cannot answer.
    """
    settings = settings or Settings()
    root = Path(folder)
    episodes = episodes_of(root)
    refuse_self_grading(judges, episodes, settings)
    cases = cases_of_run(episodes, rubric)
    if not cases:
        wanted = f"conversations of at least {rubric.min_turns} turns" if rubric.unit == "conversation" else "answers"
        raise JudgeError(f"{root}: expected {wanted} that rubric {rubric.name} grades, found none; choose another rubric")
    if rubric.reference_gap:
        scenarios = {episode.scenario.id: episode.scenario for episode in episodes}.values()
        cases += reference_cases(scenarios, list(dict.fromkeys(case.challenge for case in cases)))
    write_rubric(root, rubric)
    graded: list[Judgement] = rate(cases, rubric, judges, settings, root / JUDGEMENTS, progress)
    copy_verdicts(map(Path, validations), root, [judge.key for judge in judges])
    if not graded:
        return None
    sets = judgement_scores(root, judges=[judge.key for judge in judges])
    return next(s for s in sets if s.rubric.digest == rubric.digest and s.sees_situation == settings.sees_situation)
