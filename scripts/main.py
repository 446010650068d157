"""``empathy-gym COMMAND ...``: finds the command, runs it, and turns known errors into one line and a non-zero exit."""

from __future__ import annotations

import difflib
import importlib
import sys
from collections.abc import Sequence

COMMANDS = {
    "evaluate": ("scripts.evaluate", "run an agent over scenarios, grade it, compare it (Hydra overrides; -m sweeps)"),
    "report": ("scripts.report", "rebuild the comparison table and report.html of finished runs"),
    "render": ("scripts.render", "film residents and robots as mp4 and pictures (Hydra overrides)"),
    "check-agent": ("scripts.check_agent", "whether an agent keeps what every agent has to keep"),
    "export-household": ("scripts.export_household", "write a layout as a Habitat scene dataset: glTF, URDF, JSON"),
    "compare": ("scripts.compare", "paired differences between runs, with intervals and adjusted p values"),
    "leaderboard": ("scripts.leaderboard", "a static leaderboard over a folder of runs, each row linked to its episodes"),
    "cache": ("scripts.cache", "answers of models that are kept: list them, forget them"),
    "score": ("scripts.score", "let judges grade finished runs, without running agents again (Hydra overrides)"),
    "validate-judge": ("scripts.validate_judge", "whether a judge can be trusted: perturbations with a known direction"),
    "audit": ("scripts.audit", "how good a scenario set is: balance, blind baselines, executability, duplicates, fairness"),
    "create": ("scripts.create", "make new scenarios with a model, each checked before it is kept"),
    "pairs": ("scripts.pairs", "preference pairs for fine-tuning: make them, show them"),
    "finetune": ("scripts.finetune", "fine-tune a language model on scenarios, and prove what it gained"),
    "companion": ("scripts.companion", "many turns with residents who react; sessions replayed in a report"),
    "train-companion": ("scripts.train_companion", "train a small policy on Companion with Stable-Baselines3"),
    "safety": ("scripts.safety", "pass or fail with evidence: flames, crisis, privacy, refusals, honesty, persona swaps"),
    "appraisal": ("scripts.appraisal", "how well the appraisal detector reads, on archetypes it never saw"),
    "wellbeing": ("scripts.wellbeing", "the wellbeing observer: text, caregiver's vector, both; five folds"),
    "predict-empathy": ("scripts.predict_empathy", "a resident's empathy towards a story, and matching stories"),
    "check-home": ("scripts.check_home", "what of your own home plays which role, and whether our actions run there"),
    "list": ("scripts.list", "what there is: agents, scenarios, simulators, layouts, actions, metrics"),
}

USAGE = """\
usage: empathy-gym COMMAND [ARGUMENTS]

{commands}

examples:
  empathy-gym evaluate agent=retrieval scenarios=hearth simulator=mujoco
  empathy-gym evaluate -m agent=constant,frequent,random,retrieval,oracle
  empathy-gym evaluate agent=custom agent.name=my_module:MyAgent
  empathy-gym list agents
"""


def usage() -> str:
    """The help text."""
    width = max(map(len, COMMANDS))
    lines = (f"  {name:<{width}}  {summary}" for name, (_, summary) in COMMANDS.items())
    return USAGE.format(commands="\n".join(lines))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; exits with 0, or with 2 and one line on standard error."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in ("-h", "--help", "help"):
        print(usage(), end="")
        return
    if words[0] == "--version":
        from importlib.metadata import PackageNotFoundError, version

        try:
            print(f"empathy-gym {version('empathy-gym')}")
        except PackageNotFoundError:
            print("empathy-gym, not installed: run from its source")
        return
    name, rest = words[0], words[1:]
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        sys.exit(_complain(f"expected a command among {', '.join(COMMANDS)}; got {name!r}{hint}"))
    from scripts.terminal import discard_output, make_safe

    make_safe()
    try:
        importlib.import_module(COMMANDS[name][0]).main(rest)
        sys.stdout.flush()
    except KeyboardInterrupt:
        sys.exit(_complain("stopped; the same command goes on where this one stopped", 130))
    except BrokenPipeError:
        discard_output()
        sys.exit(141)
    except Exception as error:
        from scripts.errors import is_users, told

        if not is_users(error):
            raise
        if isinstance(error, OSError):
            discard_output()
        sys.exit(_complain(told(error)))


def _complain(message: str, code: int = 2) -> int:
    line = " ".join(message[:4000].split())
    line = line if len(line) <= 1000 else f"{line[:1000]}..."
    print("empathy-gym: " + "".join(letter if letter.isprintable() else "?" for letter in line), file=sys.stderr)
    return code


if __name__ == "__main__":
    main()
