"""One scenario, played: the resident acts, the robot watches, acts, speaks. The loop that everything else drives."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from envs.exchange import Observation, no_frames
from envs.household import Household, build_household
from envs.household.model import Pose
from envs.household.navigation import NavigationGrid, Point, navigation_grid
from envs.scenarios import ScenarioError
from envs.scenarios.emotions import manner_of
from envs.scenarios.schema import Scenario
from envs.simulators.base import RESIDENT, ROBOT, Simulator
from envs.skills import ActionOutcome, GoalResult, apply_home_state, check_goals, execute_action, execute_program
from envs.skills.primitives import SPEEDS
from plans.actions import ACTIONS
from plans.plan import Plan
from plans.program import Primitive

if TYPE_CHECKING:
    from envs.simulators.recording import Recorder
    from envs.skills import ProgramOutcome


LONGEST_FILM = 120
"""Seconds of film that are kept: a model that repeats one action a thousand times must not fill the memory with frames."""


@dataclass(frozen=True, slots=True)
class View:
    """What pictures are taken.

    Args:
        width, height: pixels.
        frames: how many frames of the resident acting an observation holds.
        fps: frames per simulated second in videos.
        script: whether the observation shows the resident's script as text (the paper's text-input setting).
    """

    width: int = 256
    height: int = 256
    frames: int = 16
    fps: int = 8
    script: bool = False


@dataclass
class Played:
    """What has happened so far.

    Args:
        resident: how the resident's script went.
        before: which of the scenario's goals held already when the robot's turn came.
        outcomes: how each action of the robot went, in order.
        utterance: what the robot said; None if nothing yet.
    """

    resident: ProgramOutcome
    before: tuple[bool, ...] = ()
    outcomes: list[ActionOutcome] = field(default_factory=list)
    utterance: str | None = None


class Session:
    """Plays one scenario in one simulator.

    Call :meth:`observe` first; then :meth:`act` and :meth:`say`, or :meth:`perform` for a whole plan.

    Args:
        simulator: where; it is reset by :meth:`observe` and not closed.
        scenario: what.
        view: which pictures.
    """

    def __init__(self, simulator: Simulator, scenario: Scenario, view: View = View()) -> None:  # noqa: B008 (frozen)
        self.simulator = simulator
        self.scenario = scenario
        self.view = view
        try:
            self.household: Household = build_household(scenario.home.layout, scenario.home.seed)
        except ValueError as error:
            raise ScenarioError(f"scenario {scenario.id[:80]!r}: {error}") from None
        self.resident_video: list[NDArray[np.uint8]] = []
        self.robot_video: list[NDArray[np.uint8]] = []
        self.played: Played | None = None

    def prepare(self, *, pictures: bool = False) -> Played:
        """Reset the house and let the resident act; with ``pictures`` every frame goes to :attr:`resident_video`."""
        labels = self.scenario.labels
        manner = manner_of(labels.emotion, labels.intensity) if labels else manner_of(None)
        self.simulator.reset(self.household, look=self.scenario.resident.look.figure, manner=manner)
        try:
            apply_home_state(self.simulator, self.household, self.scenario.home.state)
        except ValueError as error:
            raise ScenarioError(f"scenario {self.scenario.id[:80]!r}: {error}") from None
        program = self.scenario.resident_program
        if pictures:
            with self.record(RESIDENT) as recorder:
                outcome = execute_program(self.simulator, self.household, program, RESIDENT)
                self.simulator.wait(1.0)
            self.resident_video = recorder.frames
        else:
            outcome = execute_program(self.simulator, self.household, program, RESIDENT)
            self.simulator.wait(1.0)
        _come_and_watch(self.simulator, self.household)
        self.robot_video = []
        self.played = Played(outcome, tuple(result.satisfied for result in self.check()))
        return self.played

    def observe(self, *, pictures: bool = True) -> Observation:
        """Let the resident act, and tell what the robot knows.

        Args:
            pictures: take frames; False gives an observation of words alone.
        """
        self.prepare(pictures=pictures)
        observation = Observation(
            profile=self.scenario.resident.profile,
            dialogue=self.scenario.dialogue,
            script=", ".join(self.scenario.program) if self.view.script else None,
        )
        if not pictures:
            return observation
        return replace(observation, frames=thin(self.resident_video, self.view.frames), camera=self.look())

    def look(self) -> NDArray[np.uint8]:
        """What the robot's head camera sees now, uint8, (height, width, 3)."""
        from envs.simulators.cameras import head_camera

        camera = head_camera(self.simulator, ROBOT)
        return self.simulator.render(camera, width=self.view.width, height=self.view.height).rgb

    def act(self, action: str, *, pictures: bool = False) -> ActionOutcome:
        """Carry out one legal action; ``pictures`` adds its frames to :attr:`robot_video`."""
        if self.played is None:
            raise RuntimeError("call observe() before act()")
        if pictures:
            with self.record(ROBOT) as recorder:
                outcome = execute_action(self.simulator, self.household, ACTIONS[action], ROBOT)
            self.robot_video.extend(recorder.frames)
        else:
            outcome = execute_action(self.simulator, self.household, ACTIONS[action], ROBOT)
        self.played.outcomes.append(outcome)
        return outcome

    def say(self, utterance: str) -> None:
        """Say something to the resident, turned to them if they are near; this ends the scenario."""
        if self.played is None:
            raise RuntimeError("call observe() before say()")
        _turn_to_resident(self.simulator, self.household)
        self.played.utterance = utterance

    def perform(self, plan: Plan, *, pictures: bool = False) -> Played:
        """Carry out a whole plan, words last."""
        for action in plan.actions:
            self.act(action, pictures=pictures and len(self.robot_video) < LONGEST_FILM * self.view.fps)
        self.say(plan.utterance or "")
        if pictures and self.robot_video:
            # Hold the last picture for a moment, so that a viewer sees how it ended.
            self.robot_video.extend([self.closing_picture()] * self.view.fps)
        assert self.played is not None
        return self.played

    def closing_picture(self) -> NDArray[np.uint8]:
        """How it ended: robot and resident together if they are in one room, else the robot's last picture."""
        from envs.simulators.cameras import follow_camera, pair_camera

        aspect = self.view.width / self.view.height
        camera = pair_camera(self.household, self.simulator, aspect=aspect)
        if camera is None:
            if self.robot_video:
                return self.robot_video[-1]
            camera = follow_camera(self.household, self.simulator, ROBOT, aspect=aspect)
        return self.simulator.render(camera, width=self.view.width, height=self.view.height).rgb

    def check(self) -> tuple[GoalResult, ...]:
        """The scenario's goals, those of its best reference's actions, as the simulator has them now."""
        results: list[GoalResult] = []
        for action in dict.fromkeys(self.scenario.oracle.actions):
            results.extend(check_goals(self.simulator, self.household, ACTIONS[action].goals))
        return tuple(results)

    def record(self, body: str) -> Recorder:
        """What films a body with this session's view, while something is carried out."""
        from envs.simulators.recording import Recorder

        return Recorder(
            self.simulator, body, self.view.width, self.view.height, self.view.fps, max_frames=LONGEST_FILM * self.view.fps
        )


def _come_and_watch(simulator: Simulator, household: Household) -> None:
    """Bring the robot to where it sees the resident's face from a polite distance; it stays where it is if it cannot."""
    grid = navigation_grid(household)
    resident, robot = simulator.pose(RESIDENT), simulator.pose(ROBOT)
    here = (resident.x, resident.y)
    for point in _places_to_watch(grid, resident, household.room_at(*here)):
        path = grid.path((robot.x, robot.y), point, avoid=here)
        if path is not None:
            simulator.move(ROBOT, path.points[1:], speed=SPEEDS[Primitive.WALK])
            simulator.face(ROBOT, math.degrees(math.atan2(resident.y - point[1], resident.x - point[0])))
            return


@lru_cache(maxsize=8192)
def _places_to_watch(grid: NavigationGrid, resident: Pose, room: str | None) -> tuple[Point, ...]:
    """Free places in the resident's room, best first.

    In front is best, then aside; two metres is about the far end of personal space (Hall 1966), and from much nearer
    a standing person is not seen whole.
    """
    found = []
    for turn in range(-180, 180, 15):
        angle = math.radians(resident.heading + turn)
        for distance in (2.1, 1.8, 2.4, 1.5, 1.2):
            point = (resident.x + distance * math.cos(angle), resident.y + distance * math.sin(angle))
            if grid.is_free(point) and grid.room_at(point) == room:
                # A profile at two metres is as good as a face at one.
                found.append((abs(turn) / 90.0 + max(0.0, abs(turn) - 75) / 30.0 + abs(distance - 2.0), turn, point))
    return tuple(point for _, _, point in sorted(found))


def _turn_to_resident(simulator: Simulator, household: Household) -> None:
    """Who speaks turns to the other, unless it sits or they are not in one room."""
    robot, resident = simulator.pose(ROBOT), simulator.pose(RESIDENT)
    if simulator.seat(ROBOT) is None and household.room_at(robot.x, robot.y) == household.room_at(resident.x, resident.y):
        simulator.face(ROBOT, math.degrees(math.atan2(resident.y - robot.y, resident.x - robot.x)))


def thin(frames: list[NDArray[np.uint8]], count: int) -> NDArray[np.uint8]:
    """``count`` frames at even distances, first and last included, stacked: uint8, (count, height, width, 3).

    Fewer frames than asked for are repeated, so that the shape is always the same.
    """
    if not frames:
        return no_frames()
    index = np.linspace(0, len(frames) - 1, count).round().astype(int)
    return np.stack([frames[i] for i in index])
