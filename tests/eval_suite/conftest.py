"""Run folders as evaluations leave them: made from real agents' plans, without a simulator."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from envs.scenarios.schema import Home, Labels, Needs, Provenance, Reference, Resident, ResidentLook, Scenario
from eval_suite.episode import ActionRecord, Episode, GoalRecord, ResponseRecord, StepRecord, identity
from eval_suite.metrics import METRICS
from eval_suite.store import RunStore, write_manifest
from plans.actions import ACTIONS
from plans.plan import Plan, format_plan, parse_plan

PEOPLE = (
    ("ada", "Ada Novak", 71, "sad"),
    ("bo", "Bo Lindqvist", 9, "excited"),
    ("chi", "Chi Okeke", 34, "anxious"),
    ("dan", "Dan Reyes", 52, "lonely"),
    ("eve", "Eve Marin", 23, "proud"),
)
NAMES = list(ACTIONS)


def make_scenario(number: int, **changes: object) -> Scenario:
    """The n-th scenario of a small set: five people, two references each."""
    key, name, age, emotion = PEOPLE[number % len(PEOPLE)]
    rng = random.Random(number)
    first, second = rng.sample(NAMES, 2), rng.sample(NAMES, 2)
    parts: dict[str, object] = {
        "id": f"set-{key}-{number}",
        "resident": Resident(
            id=key,
            name=name,
            age=age,
            pronoun="they",
            profession="Baker",
            personality="Quiet",
            look=ResidentLook(top="#c2410c", hair="bun"),
        ),
        "script": "sit_on_sofa",
        "program": ("[Walk] <bedroom_sofa> (1)", "[Sit] <bedroom_sofa> (1)"),
        "dialogue": f"Nobody rang today, number {number}.",
        "situation": "Their sister promised to ring and did not.",
        "labels": Labels(
            emotion=emotion, intensity=2, needs=Needs(cognitive=1, affective=3, proactive=2), theme="needs_company"
        ),
        "references": (
            Reference(text=format_plan(Plan(tuple(first), "I am beside you.")), rationale="Company first."),
            Reference(text=format_plan(Plan(tuple(second), "Shall we ring?")), rationale="Decent, a little quick."),
        ),
        "home": Home(layout="maple"),
        "provenance": Provenance(source="tests"),
    }
    return Scenario(**{**parts, **changes})  # type: ignore[arg-type]


def play(
    agent: str,
    scenario: Scenario,
    answer: str,
    *,
    fail: float = 0.0,
    error: str | None = None,
    seed: int = 0,
    reference: bool = False,
    simulator: str = "mujoco",
) -> Episode:
    """An episode in which each action fails with chance ``fail``; goals hold if the best reference's actions worked."""
    plan = parse_plan(answer) if answer else Plan()
    rng = random.Random(f"{agent} {scenario.id}")
    actions = []
    for action in plan.actions:
        ok = rng.random() >= fail
        reason, sentence = rng.choice(
            [("hands_full", "Both hands of the robot are full."), ("not_reachable", "There is no way to the mug.")]
        )
        steps = [StepRecord(line=step.line, ok=True, end=2.0, distance=1.5) for step in ACTIONS[action].program]
        if not ok:
            steps[-1] = steps[-1].model_copy(update={"ok": False, "reason": reason, "detail": sentence})
        actions.append(
            ActionRecord(
                action=action,
                ok=ok,
                reason=None if ok else reason,
                detail="" if ok else sentence,
                steps=steps,
                distance=1.5 * len(steps),
                duration=2.0 * len(steps),
            )
        )
    done = {record.action for record in actions if record.ok}
    goals = [
        GoalRecord(
            goal=str(goal),
            satisfied=action in done,
            sentence=f"{goal.subject} is {goal.predicate.value} {goal.target or ''}".strip(),
        )
        for action in dict.fromkeys(scenario.oracle.actions)
        for goal in ACTIONS[action].goals
    ]
    episode = Episode(
        id=identity(agent=agent, scenario=scenario.id, seed=seed, text=answer),
        agent=agent,
        reference_agent=reference,
        seed=seed,
        simulator=simulator,
        scenario=scenario,
        response=ResponseRecord(
            empathetic_action="" if error else answer,
            scenario_understanding="They wait for a call.",
            empathetic_planning="Sit with them.",
        ),
        issues=[str(issue) for issue in plan.issues],
        actions=actions,
        goals=goals,
        error=error,
        versions={"mujoco": "4.0.0", "renderer": "llvmpipe"},
    )
    episode.scores = {name: metric.score(episode) for name, metric in METRICS.items()}
    return episode


def answers(agent: str, scenario: Scenario, everyone: Sequence[Scenario]) -> str:
    """What each yardstick, and one pretended model, would answer."""
    rng = random.Random(f"{agent}/{scenario.id}")
    fixed = {
        "nothing": "<None>",
        "constant": '<get_mug_of_water_puton_bedroomtable>, <switchon_radio>, <sit_bedroom_sofa>, <dialogue>:"I am here."',
        "frequent": '<get_mug_of_water_puton_bedroomtable>, <sit_bedroom_sofa>, <dialogue>:"I am here if you need me."',
        "oracle": scenario.references[0].text,
        "runner_up": scenario.references[1].text,
        "shuffled": rng.choice(everyone).references[0].text,
        "random": format_plan(Plan(tuple(rng.sample(NAMES, 2)), "Here you are.")),
    }
    if agent in fixed:
        return fixed[agent]
    mine = [rng.choice(scenario.oracle.actions), rng.choice(NAMES)]
    return f'<{mine[0]}>, <hug_resident>, <{mine[1]}>, <dialogue>:"I saw you waiting, {scenario.resident.name}."'


def make_run(
    root: Path, agent: str, scenarios: Sequence[Scenario], *, fail: float = 0.2, label: str | None = None, **options: object
) -> Path:
    """Write a run folder, as the runner does."""
    reference = agent in ("oracle", "runner_up")
    folder = root / (label or agent)
    with RunStore(folder) as store:
        episodes = [
            play(
                agent,
                scenario,
                answers(agent, scenario, scenarios),
                fail=0.0 if reference else fail,
                reference=reference,
                **options,
            )
            for scenario in scenarios
        ]  # type: ignore[arg-type]
        for episode in episodes:
            store.add(episode)
    manifest = {
        "label": label or agent,
        "episodes": [episode.id for episode in episodes],
        "overrides": [f"agent={agent}"],
        "config": {"agent": {"name": agent, "config": {}}, "seed": 0},
    }
    write_manifest(folder, manifest)
    return folder


YARDSTICKS = ("nothing", "constant", "frequent", "shuffled", "random", "runner_up", "oracle")


@dataclass(frozen=True)
class Factory:
    """The builders above, for tests that make runs of their own."""

    scenario: Callable[..., Scenario] = staticmethod(make_scenario)
    play: Callable[..., Episode] = staticmethod(play)
    run: Callable[..., Path] = staticmethod(make_run)


@pytest.fixture
def factory() -> Factory:
    return Factory()


@pytest.fixture
def scenarios() -> list[Scenario]:
    return [make_scenario(number) for number in range(20)]


@pytest.fixture(scope="session")
def _pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("runs")
    for agent in (*YARDSTICKS, "model"):
        make_run(root, agent, [make_scenario(number) for number in range(20)])
    return root


@pytest.fixture
def runs(tmp_path: Path, _pristine: Path) -> Path:
    """A folder with a run of every yardstick and of one pretended model."""
    shutil.copytree(_pristine, tmp_path, dirs_exist_ok=True)
    return tmp_path


@lru_cache(maxsize=1)
def _video() -> bytes:
    import tempfile

    import imageio_ffmpeg

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        writer = imageio_ffmpeg.write_frames(
            str(path), (64, 64), fps=8, codec="libx264", pix_fmt_out="yuv420p", macro_block_size=16
        )
        writer.send(None)
        for i in range(16):
            frame = np.full((64, 64, 3), 200, np.uint8)
            frame[20:40, 2 * i : 2 * i + 20] = (200, 60, 30)
            writer.send(frame.tobytes())
        writer.close()
        return path.read_bytes()


@pytest.fixture
def film() -> Callable[[Path, int], None]:
    """Adds videos and stills to the first episodes of a run folder."""

    def add(folder: Path, count: int) -> None:
        from PIL import Image

        from eval_suite.store import read_episodes

        episodes = list(read_episodes(folder))
        (folder / "episodes.jsonl").unlink()
        with RunStore(folder) as store:
            for i, episode in enumerate(episodes):
                if i < count:
                    place = folder / "media" / str(i)
                    place.mkdir(parents=True)
                    for name in ("resident", "robot"):
                        (place / f"{name}.mp4").write_bytes(_video())
                        Image.new("RGB", (64, 64), (180, 90, 40)).save(place / f"{name}.jpg")
                        episode.media[f"{name}_video"] = f"media/{i}/{name}.mp4"
                        episode.media[f"{name}_picture"] = f"media/{i}/{name}.jpg"
                store.add(episode)

    return add
