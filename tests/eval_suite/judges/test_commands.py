"""``empathy-gym score`` and ``empathy-gym validate-judge`` as users call them."""

from __future__ import annotations

import pytest
from rich.console import Console

from eval_suite.judges.judgement import JUDGEMENTS
from eval_suite.judges.panel import Judge, Settings
from eval_suite.judges.score_table import notes, score_tables
from eval_suite.judges.scores import judgement_scores
from eval_suite.judges.scoring import score_run
from eval_suite.rubrics import load_rubric
from scripts import score, validate_judge
from scripts.errors import UsageError
from tests.eval_suite.judges.conftest import runner_up, talker
from tests.eval_suite.judges.mocks import Fair

MOCKS = "tests.eval_suite.judges.mocks"


def judge(name: str) -> list[str]:
    return ["judge=custom", f"judge.models.custom.name='{MOCKS}:{name}'", "judge.models.custom.cache=false"]


def test_score_then_validate_then_marked(make_run, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    make_run("oracle"), make_run("seed=3", runner_up), make_run("talker", talker)
    runs, judges = tmp_path / "runs", tmp_path / "judges"
    score.main([str(runs), *judge("Sycophant"), "rubric=cehs", f"validations={judges}"])
    shown = capsys.readouterr().out
    assert "Empathy" in shown and "never validated" in shown and (runs / "frontier-cehs.svg").exists()
    with pytest.raises(SystemExit) as left:
        validate_judge.main([*judge("Sycophant"), "rubric=cehs", "scenarios.limit=8", f"out={judges}", f"mark={runs}"])
    assert left.value.code == 1
    shown = capsys.readouterr().out
    assert "FAILED" in shown and "report:" in shown
    assert judgement_scores(runs / "oracle")[0].mark.state == "failed"
    assert next(judges.rglob("validation.html")).read_text().count("FAILED") > 4
    score.main([str(runs / "seed=3"), *judge("Sycophant"), "rubric=cehs"])
    assert "do not trust these grades" in capsys.readouterr().out


def test_a_fair_judge_passes_and_is_compared_with_people(make_run, tmp_path, capsys):
    run = make_run("second", runner_up)
    (scores,) = [score_run(run, load_rubric("cehs"), [Judge("custom", Fair())], Settings())]
    assert scores is not None
    lines = ["episode,item,rater,score"]
    lines += [f"{case},helpfulness,ann,{values['empathetic_action.helpfulness']}" for case, values in scores.values.items()]
    people = tmp_path / "people.csv"
    people.write_text("\n".join(lines), encoding="utf-8")
    arguments = [*judge("Fair"), "rubric=cehs", "scenarios.limit=8", f"out={tmp_path / 'judges'}"]
    validate_judge.main([*arguments, f"human.ratings={people}", f"human.run={run}"])
    assert "Agreement with people" in capsys.readouterr().out
    assert "+1.00" in next((tmp_path / "judges").rglob("validation.md")).read_text().split("Agreement with people")[1]


def test_folders_with_equals_signs_and_addresses_are_told_apart(tmp_path):
    (tmp_path / "random,seed=3").mkdir()
    found = score.overrides(
        [str(tmp_path / "random,seed=3"), "judge.models.vllm.config.base_url=http://host:8000/v1", "rubric=cehs"]
    )
    assert found[0].startswith("run='") and found[1:] == [
        "judge.models.vllm.config.base_url=http://host:8000/v1",
        "rubric=cehs",
    ]
    with pytest.raises(UsageError, match="expected a run's folder"):
        score.overrides(["rubric=cehs"])


def test_mistakes_are_told_in_one_line(make_run, capsys):
    run = make_run()
    for change, complaint in (("rubric=cesh", "did you mean 'cehs'"), ("repeats=0", "repeats"), ("pairwise=true", "two runs")):
        with pytest.raises(SystemExit) as left:
            score.main([str(run), *judge("Fair"), change])
        error = capsys.readouterr().err.strip().splitlines()[-1]
        assert left.value.code == 2 and complaint in error
    assert not (run / JUDGEMENTS).exists()


@pytest.mark.parametrize("width", [60, 80, 200])
def test_tables_fit_their_terminal(make_run, width):
    rubric = load_rubric("empathy_process")
    scored = {}
    for number in range(5):
        found = score_run(make_run(f"run{number}", runner_up), rubric, [Judge("fair", Fair())], Settings(repeats=2))
        assert found is not None
        scored[f"run{number}"] = found
    console = Console(width=width, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    for table in score_tables(scored, console.width):
        console.print(table)
    text = console.export_text()
    assert "…" not in text and all(f"run{number} °" in text for number in range(5)) and "Individual" in text
    assert any("never validated" in note for note in notes(scored))
