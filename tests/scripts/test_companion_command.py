"""``empathy-gym companion``: plays, compares, writes its page; mistakes are one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.companion import main
from scripts.errors import UsageError


def test_it_plays_compares_and_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    overrides = ["scenarios.split=all", "scenarios.limit=3", "turns=3", f"out={tmp_path}"]
    main(["agent=constant", *overrides])
    kept = (tmp_path / "constant" / "companion.jsonl").read_bytes()
    main(["agent=cold", "flip=true", *overrides])
    main(["agent=constant", *overrides])
    told = capsys.readouterr().out
    assert "EPM-Q" in told and "persona flip: dE a turn" in told and "perception gap" in told
    assert (tmp_path / "constant" / "companion.jsonl").read_bytes() == kept
    assert "constant" in (tmp_path / "companion.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("preset=mine", "expected preset among paper, repo, repo_runs"),
        ("resident=ghost", "expected resident among llm, replay, scripted"),
        ("resident=llm", "set resident_model.name=NAME"),
        ("turns=0", "at least 1, got 0"),
        ("agent=nobody", "expected agent among"),
    ],
)
def test_mistakes_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], override: str, message: str) -> None:
    with pytest.raises((UsageError, SystemExit)) as told:
        main([override, "scenarios.limit=1", f"out={tmp_path}"])
    # What goes wrong once Hydra runs is printed and ends the process; what is wrong before is raised.
    line = str(told.value) if isinstance(told.value, UsageError) else capsys.readouterr().err
    assert message in line and "\n" not in line.strip()
