"""The language agent: joins a model (what answers) and a strategy (how it is asked).

Example:
    >>> agent = LanguageAgent({"name": "openai_compatible", "model": "gpt-4o"}, "commonsense")  # doctest: +SKIP
    >>> agent.respond(observation, seed=0).details["belief"]["affection"]                       # doctest: +SKIP
    {'react': ['lonely, because nobody picked him']}
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from typing import Any

import numpy as np

from agents.base import Agent
from agents.models.errors import ErrorKind, ModelError
from agents.models.interface import Completion, Model, Request, Sampling, Usage
from agents.models.registry import make_model
from agents.registry import AgentError
from agents.strategies.base import Answer, Inquiry, Question, Settings, Strategy
from agents.strategies.perception import SETTINGS, Perception, Setting
from agents.strategies.registry import strategy_of
from envs.exchange import Observation, Response

log = logging.getLogger(__name__)


class Unanswered(ModelError):
    """A model that gave no answer to one question of a chain, so that there is no response.

    Args:
        error: what the model reported.
        stage: which question it was.
        details: what was used and paid until then, as in a response's details.
    """

    def __init__(self, error: ModelError, stage: str, details: dict[str, Any]) -> None:
        super().__init__(error.kind, error.message)
        self.stage = stage
        self.details = details

    def __reduce__(self) -> tuple[Any, ...]:
        return Unanswered, (ModelError(self.kind, self.message), self.stage, self.details)


class LanguageAgent(Agent):
    """Asks a model as a strategy wants.

    A response's details hold ``belief``, ``strategy``, ``saw``, ``stages``, ``parse_errors`` (answers that could not be
    read), ``repairs`` (second tries), ``first_issues`` (what was wrong before them), ``usage`` (calls, images, tokens, cost
    in US dollars), ``prompt_hash`` (of the strategy's prompts, the same for all episodes) and ``messages_hash`` (of what was
    sent for this one). Wall-clock is not among them, so that a run repeated from the cache gives the same bytes; latency is
    summed in :attr:`seconds`.

    Args:
        model: a Model, or a mapping of its ``name`` and options (:func:`agents.models.make_model`).
        strategy: a Strategy, a name, or a mapping of its ``name`` and flags.
        setting: ``text_input`` (the resident's script), ``video_input`` (frames), or ``auto``: the script if the
            observation has one, else the frames if the model sees.
        constrained: plans are legal by construction where the model can see to it; off, to measure the difference.
        structured: beliefs are held to their JSON schema where the model can see to it.
        repair: one second try for an answer that cannot be read or is not legal.
        temperature: of every answer; 0 is greedy.
        max_actions: most actions of a plan.
        max_tokens: of an answer to a challenge; 300 as in the paper. Models that think aloud need more.
        belief_tokens: of a belief.
        max_frames: frames beyond this are thinned evenly.
        camera: show the robot's own view after the frames.
        look_again: show the pictures in every stage, not only in those that form a belief.

    Raises:
        AgentError: settings that cannot be used.
        ModelError: a model that cannot be made.
    """

    def __init__(
        self,
        model: Model | Mapping[str, Any],
        strategy: Strategy | str | Mapping[str, Any] = "direct",
        *,
        setting: Setting = "auto",
        constrained: bool = True,
        structured: bool = True,
        repair: bool = True,
        temperature: float = 0.0,
        max_actions: int = 4,
        max_tokens: int = 300,
        belief_tokens: int = 800,
        max_frames: int = 16,
        camera: bool = True,
        look_again: bool = False,
    ) -> None:
        if setting not in SETTINGS:
            raise AgentError(f"setting: expected one of {', '.join(SETTINGS)}, got {setting!r}")
        for name, value in (
            ("max_actions", max_actions),
            ("max_tokens", max_tokens),
            ("belief_tokens", belief_tokens),
            ("max_frames", max_frames),
        ):
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise AgentError(f"{name}: expected a whole number of at least 1, got {value!r}")
        if not (isinstance(temperature, int | float) and math.isfinite(temperature) and temperature >= 0):
            raise AgentError(f"temperature: expected a number from 0, got {temperature!r}")
        self.strategy = strategy_of(strategy)
        self.model = model if isinstance(model, Model) else _made(model)
        if setting == "video_input" and not self.model.accepts_images:
            raise AgentError(
                f"setting=video_input: expected a model that sees, {self.model.name} reads text only; "
                "choose another model, or setting=text_input with observation.script=true"
            )
        self.settings = Settings(constrained, structured, repair, look_again, max_actions, max_tokens, belief_tokens)
        self.setting: Setting = setting
        self.temperature = float(temperature)
        self.max_frames = max_frames
        self.camera = camera
        # Evaluations ask each agent, not its class: rendering is spared where nobody looks.
        self.pictures = self.model.accepts_images and setting != "text_input"  # type: ignore[misc]
        self.usage = Usage()
        """What was used so far, failed chains included; cached answers count as if they had been asked."""
        self.seconds = 0.0
        """Latencies of all answers, added up; answers of one batch overlap."""

    @property
    def identity(self) -> dict[str, Any]:
        """Everything that responses depend on, as JSON, and nothing else: no cache, no cost cap, no patience, no key."""
        return {
            "model": self.model.identity,
            "strategy": self.strategy.config,
            "setting": self.setting,
            "settings": asdict(self.settings),
            "temperature": self.temperature,
            "max_frames": self.max_frames,
            "camera": self.camera,
            "prompt_hash": self.prompt_hash,
        }

    @cached_property
    def prompt_hash(self) -> str:
        """Hash of all prompts of the strategy, made by running it once over a fixed observation without asking anyone."""
        return _prompt_hash(self.strategy, self.settings)

    def respond(self, observation: Observation, *, seed: int) -> Response:
        """Answer one observation.

        Raises:
            Unanswered: the model gave no answer.
        """
        return self.respond_batch([observation], [seed])[0]

    def respond_batch(self, observations: Sequence[Observation], seeds: Sequence[int]) -> list[Response]:
        """Answer several, each stage of all of them in one batch of the model.

        Raises:
            Unanswered: the first failure; :meth:`attempt_batch` keeps the others' responses.
        """
        responses: list[Response] = []
        for outcome in self.attempt_batch(observations, seeds):
            if isinstance(outcome, Exception):
                raise outcome
            responses.append(outcome)
        return responses

    def attempt_batch(self, observations: Sequence[Observation], seeds: Sequence[int]) -> list[Response | Exception]:
        """Answer several; a failure stands in the place of its response and leaves the others alone."""
        chains = [_Chain(self, observation, seed) for observation, seed in zip(observations, seeds, strict=True)]
        while active := [chain for chain in chains if chain.wave]:
            requests = [self._request(chain, question) for chain in active for question in chain.wave]
            log.debug("asking %s: %d chains, %d requests", self.model.name, len(active), len(requests))
            completions = self.model.complete_batch(requests)
            if len(completions) != len(requests):
                raise ModelError(
                    ErrorKind.INTERNAL, f"{self.model.name}: expected {len(requests)} completions, got {len(completions)}"
                )
            start = 0
            for chain in active:
                end = start + len(chain.wave)
                chain.advance(tuple(requests[start:end]), tuple(completions[start:end]))
                start = end
        for chain in chains:
            self.usage += chain.usage
            self.seconds += chain.seconds
        return [chain.outcome() for chain in chains]

    def close(self) -> None:
        """Free the model."""
        self.model.close()

    def _request(self, chain: _Chain, question: Question) -> Request:
        temperature = self.temperature if question.temperature is None else question.temperature
        # Greedy answers do not depend on the seed; without it they are found in the cache whatever the seed.
        sampling = Sampling(temperature, question.max_tokens, seed=chain.seed if temperature > 0 else None)
        return Request(question.messages, sampling, question.constraint, question.repeat, chain.label)


class _Chain:
    """One observation on its way through the strategy."""

    def __init__(self, agent: LanguageAgent, observation: Observation, seed: int) -> None:
        self.agent = agent
        # Servers take 32-bit seeds.
        self.seed = seed % 2**31
        self.perception = Perception.of(
            observation, agent.setting, sees=agent.model.accepts_images, max_frames=agent.max_frames, camera=agent.camera
        )
        self.inquiry = Inquiry(agent.settings)
        self.usage = Usage()
        self.seconds = 0.0
        self.answer: Answer | None = None
        self.error: Exception | None = None
        self._failed: tuple[ModelError, str] | None = None
        self._sent = hashlib.sha256()
        words = "\0".join((observation.profile[:4000], observation.dialogue[:4000], str(seed)))
        self.label = hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:16]
        self.wave: tuple[Question, ...] = ()
        self._thinking = agent.strategy.think(self.perception, self.inquiry)
        self._resume(None)

    def advance(self, requests: tuple[Request, ...], completions: tuple[Completion, ...]) -> None:
        """Take the answers to this wave; the next one stands in :attr:`wave`, empty when there is none."""
        for request, completion in zip(requests, completions, strict=True):
            self._sent.update(json.dumps(request.record(), sort_keys=True, ensure_ascii=True).encode())
            self.usage += Usage(1, request.images, completion.prompt_tokens, completion.completion_tokens, completion.cost_usd)
            self.seconds += completion.latency_s
        for question, completion in zip(self.wave, completions, strict=True):
            if completion.error is not None:
                self._failed = (completion.error, question.stage)
                self.wave = ()
                self._thinking.close()
                return
        self._resume(completions)

    def _resume(self, completions: tuple[Completion, ...] | None) -> None:
        try:
            self.wave = next(self._thinking) if completions is None else self._thinking.send(completions)
        except StopIteration as stop:
            self.wave, self.answer = (), stop.value
        except Exception as error:  # a broken strategy must not take the neighbours' answers with it
            log.exception("strategy %s failed", self.agent.strategy.name)
            self.wave, self.error = (), error

    def outcome(self) -> Response | Exception:
        """The response, or why there is none."""
        if self.error is not None:
            return self.error
        if self._failed is not None:
            return Unanswered(*self._failed, self._details(None))
        assert self.answer is not None
        answer = self.answer
        return Response(
            answer.empathetic_action, answer.scenario_understanding, answer.empathetic_planning, self._details(answer)
        )

    def _details(self, answer: Answer | None) -> dict[str, Any]:
        belief = answer.belief.model_dump(mode="json") if answer is not None and answer.belief is not None else None
        return {
            "strategy": self.agent.strategy.config,
            "saw": self.perception.saw,
            "belief": belief,
            "stages": list(self.inquiry.stages),
            "parse_errors": self.inquiry.parse_errors,
            "repairs": self.inquiry.repairs,
            "first_issues": list(self.inquiry.first_issues),
            "usage": {**asdict(self.usage), "cost_usd": round(self.usage.cost_usd, 10)},
            "prompt_hash": self.agent.prompt_hash,
            "messages_hash": self._sent.hexdigest()[:16],
        }


def _made(options: Mapping[str, Any]) -> Model:
    """The model that a configuration names; options may stand beside the name or under ``config``."""
    flat = {str(key): value for key, value in options.items()}
    flat |= {str(key): value for key, value in (flat.pop("config", None) or {}).items()}
    name = flat.pop("name", None)
    if not isinstance(name, str):
        raise AgentError(f"model: expected a Model, or a mapping with its name and options, got keys {sorted(flat) or 'none'}")
    return make_model(name, **flat)


class _Silent(Model):
    """Answers with the smallest legal text, so that a strategy runs to its end."""

    @property
    def identity(self) -> dict[str, Any]:
        return {"model": "silent"}

    def complete_batch(self, requests: Sequence[Request], on_done: Any = None) -> list[Completion]:
        raise NotImplementedError


def _prompt_hash(strategy: Strategy, settings: Settings) -> str:
    from agents.models.dry_run import DryRun

    frame = np.zeros((8, 8, 3), np.uint8)
    perception = Perception.of(Observation("A resident.", "A murmur.", np.stack([frame, frame]), frame))
    # Structured, so that the stand-in can answer with beliefs that can be read, and later stages are reached.
    inquiry = Inquiry(Settings(**{**asdict(settings), "structured": True}))
    thinking, stand_in, seen = strategy.think(perception, inquiry), DryRun(_Silent()), hashlib.sha256()
    try:
        wave = next(thinking)
        while True:
            for question in wave:
                told = [question.stage, [message.record() for message in question.messages]]
                seen.update(json.dumps(told, sort_keys=True, ensure_ascii=True).encode())
            requests = [
                Request(question.messages, Sampling(max_tokens=question.max_tokens), question.constraint) for question in wave
            ]
            wave = thinking.send(tuple(stand_in.complete_batch(requests)))
    except StopIteration:
        return seen.hexdigest()[:12]
