"""The run: which items there are, who is asked what in which order, what is kept, and what an item that fails leaves behind.

Everything that the model answers is in the journal before it is used, and all else follows from it. A run that is started
again reads its journal, finds every answer that it would ask for, and goes on with the first that is missing.
"""

from __future__ import annotations

import difflib
import json
import logging
import os
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from agents.creation import stages
from agents.creation.checks import FailureKind, Refused
from agents.creation.inspirations import Exchange, Nearest, Preferred, dealt
from agents.creation.journal import Journal
from agents.creation.stages import Ask, Failure, MomentDraft, PlansDraft
from agents.models.cache import request_key
from agents.models.errors import ErrorKind, ModelError
from agents.models.interface import Completion, Model, Request, Sampling, estimate_usage
from agents.models.messages import Message
from agents.strategies.fencing import echo
from envs.household.blueprint import layout_names
from envs.rehearsal import rehearse
from envs.residents.scripts import ResidentScript, resident_scripts
from envs.scenarios.schema import Home, Labels, Provenance, Reference, Resident, Scenario, Split
from envs.simulators import make_simulator
from envs.simulators.base import Simulator
from plans.plan import Plan

log = logging.getLogger(__name__)

JOURNAL, SCENARIOS, RECORDS, FAILURES, SUMMARY = (
    "journal.jsonl",
    "scenarios.jsonl",
    "records.json",
    "failures.jsonl",
    "summary.json",
)
_IN_CONTEXT = 2
"""Exchanges for each response, and preferences for each ranking, as in the paper."""

Steps: TypeAlias = Generator[Ask[Any], Any, Any]


@dataclass(frozen=True)
class Creation:
    """What to make.

    Args:
        name: of the set; begins every id.
        residents: how many.
        scripts: what residents do, by name; empty for all bundled scripts.
        per_pair: scenarios for each resident and script.
        responses: how many for each scenario, from different inspirations.
        orders: how often responses are ranked, each time shown in another order, against bias of position.
        repairs: further tries for an answer that cannot be used.
        temperature: of everything but rankings.
        max_tokens: of an answer.
        batch_size: how many items are under way at once.
        max_usd: what the whole run may cost, earlier starts included; None for no cap.
        licence: of the result.
        seed: of all that is dealt out.
    """

    name: str = "created"
    residents: int = 2
    scripts: tuple[str, ...] = ()
    per_pair: int = 1
    responses: int = 2
    orders: int = 2
    repairs: int = 2
    temperature: float = 0.9
    max_tokens: int = 900
    batch_size: int = 32
    max_usd: float | None = None
    licence: str = ""
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in (
            ("residents", 1),
            ("per_pair", 1),
            ("responses", 2),
            ("orders", 1),
            ("repairs", 0),
            ("batch_size", 1),
        ):
            if getattr(self, name) < least:
                raise ModelError(ErrorKind.BAD_CONFIG, f"{name}: expected at least {least}, got {getattr(self, name)}")
        if self.responses > 8:
            raise ModelError(ErrorKind.BAD_CONFIG, f"responses: expected at most 8, got {self.responses}")
        known = resident_scripts()
        for script in self.scripts:
            if script not in known:
                near = difflib.get_close_matches(script, known, n=1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                raise ModelError(
                    ErrorKind.BAD_CONFIG, f"scripts: expected names that empathy-gym list scripts shows, got {script!r}{hint}"
                )


@dataclass
class Created:
    """What came of a run.

    Args:
        scenarios: in the order of the plan.
        failures: items that could not be made.
        unfinished: items that were not reached, because of the cost cap or a model that cannot be asked.
        calls: answers by stage, those of earlier starts included.
        repairs: second and later tries by stage.
        asked: how many answers were asked for now; the others were in the journal.
        paid_usd: what the run has cost, earlier starts included.
        swayed: rankings that went by the order in which responses were shown.
        stopped: why the run ended early; None if it did not.
    """

    scenarios: list[Scenario] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    unfinished: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    repairs: Counter[str] = field(default_factory=Counter)
    asked: int = 0
    paid_usd: float = 0.0
    swayed: int = 0
    stopped: ModelError | None = None

    def record(self) -> dict[str, Any]:
        """The sums as JSON."""
        kinds = Counter(failure.kind.value for failure in self.failures)
        return {
            "scenarios": len(self.scenarios),
            "failures": dict(sorted(kinds.items())),
            "unfinished": self.unfinished,
            "calls": dict(sorted(self.calls.items())),
            "repairs": dict(sorted(self.repairs.items())),
            "rankings_swayed_by_order": self.swayed,
            "paid_usd": round(self.paid_usd, 6),
            "stopped": str(self.stopped) if self.stopped else None,
        }


@dataclass(frozen=True)
class _Made:
    """A finished scenario, with what the paper's record holds beside it."""

    scenario: Scenario
    record: Mapping[str, Any]
    swayed: bool


Progress: TypeAlias = Callable[[int, int, Created], None]


def create(
    creation: Creation,
    model: Model,
    out: Path,
    *,
    seeds: Sequence[str],
    exchanges: Sequence[Exchange],
    preferred: Sequence[Preferred] = (),
    progress: Progress | None = None,
) -> Created:
    """Make scenarios; the same call goes on where a killed one stopped.

    Args:
        creation: what to make.
        model: who is asked.
        out: folder of ``scenarios.jsonl``, ``records.json`` (the paper's fields), ``failures.jsonl``, ``summary.json`` and the
            journal.
        seeds: lines to start from.
        exchanges: to learn a manner from.
        preferred: examples for rankings.
        progress: told of (items done, items, sums so far).

    Returns:
        What was made. Items that failed, and a run that had to stop, are told in it and not raised.

    Raises:
        ModelError: the folder cannot be written.
    """
    journal = Journal(out / JOURNAL)
    simulator = make_simulator("symbolic")
    run = _Run(creation, model, journal, _Sparks(creation, seeds, exchanges, preferred), simulator, progress)
    try:
        made = run.run()
    except BaseException:
        _write(out, run.created, run.made)  # Ctrl-C: what is done is there
        raise
    finally:
        simulator.close()
        journal.close()
    _write(out, run.created, made)
    return run.created


class _Sparks:
    """Who gets which seed line and which inspirations."""

    def __init__(
        self, creation: Creation, seeds: Sequence[str], exchanges: Sequence[Exchange], preferred: Sequence[Preferred]
    ) -> None:
        self.creation, self.seeds, self.exchanges, self.preferred = creation, list(seeds), list(exchanges), list(preferred)

    def seed_of(self, resident: int) -> str:
        """A resident's line: all lines come up before one comes again."""
        ranked = sorted(range(len(self.seeds)), key=lambda place: dealt(self.creation.seed, "line", place))
        return self.seeds[ranked[resident % len(ranked)]]

    def seed_for(self, resident: Resident, script: str, turn: int) -> str:
        """A moment's line: among those that suit the resident's profile, another one for each script and turn."""
        near = self._near_seeds(resident.profile, max(8, len(self.seeds) // 2))
        return self.seeds[near[(dealt(self.creation.seed, resident.id, script) + turn) % len(near)]]

    def inspirations(self, murmur: str) -> list[list[Exchange]]:
        """For each response its own exchanges, nearest first, none in two of them."""
        if not self.exchanges:
            return [[] for _ in range(self.creation.responses)]
        found = [self.exchanges[place] for place in self._near_exchanges(murmur, _IN_CONTEXT * self.creation.responses)]
        return [found[turn :: self.creation.responses] for turn in range(self.creation.responses)]

    def examples(self, murmur: str) -> list[Preferred]:
        """What was preferred on murmurs alike."""
        if not self.preferred:
            return []
        return [self.preferred[place] for place in self._near_preferred(murmur, _IN_CONTEXT)]

    @cached_property
    def _near_seeds(self) -> Nearest:
        return Nearest(self.seeds)

    @cached_property
    def _near_exchanges(self) -> Nearest:
        return Nearest([exchange.heard for exchange in self.exchanges])

    @cached_property
    def _near_preferred(self) -> Nearest:
        return Nearest([example.murmur for example in self.preferred])


class _Chain:
    """One item on its way through its stages.

    Args:
        item: its id.
        steps: asks one question after the other; returns what the item becomes.
        repairs: further tries for each question.
    """

    def __init__(self, item: str, steps: Steps, repairs: int) -> None:
        self.item = item
        self._steps = steps
        self._repairs = repairs
        self.ask: Ask[Any] | None = None
        self.messages: tuple[Message, ...] = ()
        self.attempt = 0
        self.value: Any = None
        self.failure: Failure | None = None
        self._started = False

    @property
    def done(self) -> bool:
        """Whether there is nothing left to ask: it was made, or it failed."""
        return self._started and self.ask is None

    def start(self) -> None:
        """Come to the first question; not before its turn, since questions of ten thousand items take space and time."""
        if not self._started:
            self._started = True
            self._go_on(None)

    def take(self, completion: Completion) -> None:
        """Read an answer: on to the next question, or the same one again with what is to be mended."""
        assert self.ask is not None
        self.attempt += 1
        try:
            if completion.error is not None:
                raise Refused(FailureKind.MODEL, f"{completion.error.kind.value}: {completion.error}")
            value = self.ask.read(completion.text)
        except Refused as refused:
            self._refuse(refused, completion)
            return
        self._go_on(value)

    def _refuse(self, refused: Refused, completion: Completion) -> None:
        assert self.ask is not None
        lost = completion.error is not None and completion.error.kind is not ErrorKind.REFUSAL
        if lost or self.attempt > self._repairs:
            self.failure = Failure(self.item, self.ask.stage, refused.kind, refused.problems, self.attempt)
            log.info("%s failed at %s: %s: %s", self.item, self.ask.stage, refused.kind.value, refused)
            self._steps.close()
            self.ask = None
            return
        # Each try starts from the question and the last answer: more would only teach it its own mistakes.
        told = echo(completion.text) if completion.error is None else "(declined)"
        self.messages = (*self.ask.messages, Message.assistant(told), stages.repair_message(refused.problems))

    def _go_on(self, value: Any) -> None:
        try:
            self.ask = next(self._steps) if value is None else self._steps.send(value)
        except StopIteration as stop:
            self.ask, self.value = None, stop.value
            return
        self.messages, self.attempt = self.ask.messages, 0


class _Run:
    def __init__(
        self,
        creation: Creation,
        model: Model,
        journal: Journal,
        sparks: _Sparks,
        simulator: Simulator,
        progress: Progress | None,
    ) -> None:
        self.creation, self.model, self.journal, self.sparks = creation, model, journal, sparks
        self.simulator, self.progress = simulator, progress
        self.created = Created()
        self.made: list[_Made] = []
        self._identity = model.identity

    def run(self) -> list[_Made]:
        """Residents first, then their scenarios."""
        creation = self.creation
        known = resident_scripts()
        scripts = [known[name] for name in (creation.scripts or tuple(known))]
        total = creation.residents * len(scripts) * creation.per_pair
        self._tell(0, total)
        asked = [
            _Chain(f"{creation.name}-resident-{number:03}", self._resident(number), creation.repairs)
            for number in range(creation.residents)
        ]
        self._follow(asked, lambda: self._tell(0, total))
        chains: list[_Chain] = []
        lost = 0
        for number, chain in enumerate(asked):
            items = [(script, turn) for script in scripts for turn in range(creation.per_pair)]
            if chain.value is None:
                lost += len(items)
                if chain.failure is not None:
                    self.created.failures.append(chain.failure)
                    self.created.failures += [
                        Failure(self._item(number, script, turn), "profile", FailureKind.NO_RESIDENT, chain.failure.problems, 0)
                        for script, turn in items
                    ]
                else:
                    self.created.unfinished += len(items)
                continue
            for script, turn in items:
                item = self._item(number, script, turn)
                chains.append(_Chain(item, self._scenario(item, number, chain.value, script, turn), creation.repairs))
        self._follow(chains, lambda: self._tell(lost + sum(chain.done for chain in chains), total))
        for place, chain in enumerate(chains):
            if chain.failure is not None:
                self.created.failures.append(chain.failure)
            elif chain.done:
                self.made.append(_shown(chain.value, place))
            else:
                self.created.unfinished += 1
        self.created.scenarios = [made.scenario for made in self.made]
        self.created.swayed = sum(made.swayed for made in self.made)
        self.created.paid_usd = self.journal.paid_usd
        self._tell(total - self.created.unfinished, total)
        return self.made

    def _item(self, resident: int, script: ResidentScript, turn: int) -> str:
        return f"{self.creation.name}-{resident:03}-{script.name}-{turn + 1}"

    def _tell(self, done: int, total: int) -> None:
        self.created.paid_usd = self.journal.paid_usd
        if self.progress is not None:
            self.progress(done, total, self.created)

    # -- asking ------------------------------------------------------------------------------------------------------

    def _follow(self, chains: Sequence[_Chain], tell: Callable[[], None]) -> None:
        """Take chains to their ends, as many at a time as may be under way; returns early where the run has to stop."""
        while self.created.stopped is None:
            active = [chain for chain in chains if not chain.done][: self.creation.batch_size]
            if not active:
                return
            for chain in active:
                chain.start()
            self._wave(active)
            tell()

    def _wave(self, active: Sequence[_Chain]) -> None:
        """One question of each chain: from the journal what is there, the rest from the model."""
        missing: list[tuple[_Chain, Request, str]] = []
        for chain in active:
            request = self._request(chain)
            key = request_key(self._identity, request)
            kept = self.journal.get(key)
            if kept is not None:
                self._give(chain, kept)
            else:
                missing.append((chain, request, key))
        missing = self._affordable(missing)
        if not missing:
            return

        problems: list[ModelError] = []

        def arrived(place: int, completion: Completion) -> None:
            chain, _, key = missing[place]
            assert chain.ask is not None
            note = {"item": chain.item, "stage": chain.ask.stage, "attempt": chain.attempt + 1}
            try:
                self.journal.add(key, note, completion)
            except ModelError as error:  # this may be the model's thread: tell it where it can be raised
                problems.append(error)

        completions = self.model.complete_batch([request for _, request, _ in missing], arrived)
        if problems:
            raise problems[0]
        self.created.asked += len(missing)
        for (chain, _, _), completion in zip(missing, completions, strict=True):
            if completion.error is not None and completion.error.kind.fatal:
                self.created.stopped = completion.error  # the chain stays where it is, for the next start
            else:
                self._give(chain, completion)

    def _affordable(self, missing: list[tuple[_Chain, Request, str]]) -> list[tuple[_Chain, Request, str]]:
        """As many requests as surely fit under the cost cap; notes the stop if not one does."""
        cap = self.creation.max_usd
        if cap is None or not missing:
            return missing
        left = cap - self.journal.paid_usd
        kept = []
        for entry in missing:
            left -= estimate_usage(entry[1], self.model.prices).cost_usd
            if left < 0:
                break
            kept.append(entry)
        if not kept:
            self.created.stopped = ModelError(
                ErrorKind.BUDGET,
                f"the run's cost cap is reached: ${self.journal.paid_usd:.4f} spent of max_usd={cap}, and the next answer may "
                "not fit; what is made is kept: raise max_usd to go on",
            )
        return kept

    def _give(self, chain: _Chain, completion: Completion) -> None:
        assert chain.ask is not None
        self.created.calls[chain.ask.stage] += 1
        if chain.attempt:
            self.created.repairs[chain.ask.stage] += 1
        chain.take(completion)

    def _request(self, chain: _Chain) -> Request:
        assert chain.ask is not None
        seed = dealt(self.creation.seed, chain.item, chain.ask.stage, chain.attempt) % 2**31
        temperature = self.creation.temperature if chain.ask.warm else 0.0
        sampling = Sampling(temperature, self.creation.max_tokens, seed=seed if temperature > 0 else None)
        return Request(chain.messages, sampling, chain.ask.constraint, episode=chain.item)

    # -- the stages of an item ---------------------------------------------------------------------------------------

    def _resident(self, number: int) -> Steps:
        ages = stages.AGES
        # Ages spread over the whole range, in no order.
        hint = ages[0] + dealt(self.creation.seed, "age", number) % (ages[1] - ages[0] + 1)
        identity = f"{self.creation.name}-{number:03}"
        resident = yield stages.resident_ask(identity, self.sparks.seed_of(number), hint)
        return resident

    def _scenario(self, item: str, number: int, resident: Resident, script: ResidentScript, turn: int) -> Steps:
        creation = self.creation
        moment: MomentDraft = yield stages.moment_ask(resident, script, self.sparks.seed_for(resident, script.name, turn))
        home = Home(layout=layout_names()[number % len(layout_names())], seed=dealt(creation.seed, "home", item) % 64)

        def scenario(references: Sequence[Reference]) -> Scenario:
            return Scenario(
                id=item,
                split=_split(creation, resident.id),
                resident=resident,
                script=script.name,
                program=tuple(script.program.lines),
                dialogue=moment.dialogue,
                situation=moment.situation,
                labels=Labels(emotion=moment.emotion, intensity=moment.intensity, needs=moment.needs, theme=moment.theme),
                references=tuple(references),
                home=home,
                provenance=Provenance(source=creation.name, licence=creation.licence, item=item),
            )

        def rehearsal(plan: Plan) -> str:
            return rehearse(self.simulator, scenario([Reference(text=plan.text)]), plan)

        plans: list[Plan] = []
        for inspirations in self.sparks.inspirations(moment.dialogue):
            plans.append((yield stages.response_ask(resident, script, moment, inspirations, tuple(plans), rehearsal)))
        order, explanation, swayed = yield from self._rank(item, resident, script, moment, plans)
        told: list[PlansDraft] = []
        for plan in plans:
            told.append((yield stages.plans_ask(moment, plan)))
        references = [
            Reference(
                text=plans[place].text,
                rationale=explanation if rank == 0 else "",
                plan_nl=told[place].high_level,
            )
            for rank, place in enumerate(order)
        ]
        record = _record(item, resident, script, moment, plans, order, explanation, told)
        return _Made(scenario(references), record, swayed)

    def _rank(
        self, item: str, resident: Resident, script: ResidentScript, moment: MomentDraft, plans: Sequence[Plan]
    ) -> Generator[Ask[Any], Any, tuple[list[int], str, bool]]:
        """Rank several times, each time shown in another order; places are added up, ties go to the first ranking."""
        examples = self.sparks.examples(moment.dialogue)
        start = dealt(self.creation.seed, "shown", item) % len(plans)
        first = [*range(start, len(plans)), *range(start)]
        rankings: list[tuple[list[int], str]] = []
        for turn in range(self.creation.orders):
            shown = first if turn % 2 == 0 else first[::-1]
            shown = shown[turn // 2 :] + shown[: turn // 2]
            rankings.append((yield stages.ranking_ask(resident, script, moment, plans, shown, examples)))
        points = {place: sum(order.index(place) for order, _ in rankings) for place in range(len(plans))}
        order = sorted(points, key=lambda place: (points[place], rankings[0][0].index(place)))
        explanation = next((told for found, told in rankings if found[0] == order[0]), rankings[0][1])
        return order, explanation, len({found[0] for found, _ in rankings}) > 1


def _shown(made: _Made, place: int) -> _Made:
    """With the order in which pairwise tasks show its references: every rank comes first equally often."""
    count = len(made.scenario.references)
    first = place % count
    order = (*range(first, count), *range(first))
    return replace(made, scenario=made.scenario.model_copy(update={"presentation": order}))


def _split(creation: Creation, resident: str) -> Split:
    """Whole residents, about 80, 10 and 10 per cent."""
    share = dealt(creation.seed, "split", resident) % 10
    return "test" if share == 0 else "validation" if share == 1 else "train"


def _record(
    item: str,
    resident: Resident,
    script: ResidentScript,
    moment: MomentDraft,
    plans: Sequence[Plan],
    order: Sequence[int],
    explanation: str,
    told: Sequence[PlansDraft],
) -> dict[str, Any]:
    """The fields of the paper's own records."""
    return {
        "character_id": resident.id,
        "action_id": script.name,
        "scenario_id": item,
        "scenario": moment.situation,
        "dialogue": moment.dialogue,
        "empathy_goal": {str(place): plan.text for place, plan in enumerate(plans)},
        "rank": [1 if order[0] == place else -1 for place in range(len(plans))],
        "explanation": explanation,
        "empathy_goal_nl": {str(place): draft.natural for place, draft in enumerate(told)},
        "high_level_plan": {str(place): draft.high_level for place, draft in enumerate(told)},
    }


def _write(out: Path, created: Created, made: Sequence[_Made]) -> None:
    """Write the results, each file whole or not at all."""
    files = {
        SCENARIOS: "".join(item.scenario.to_json() + "\n" for item in made),
        RECORDS: json.dumps([item.record for item in made], ensure_ascii=False, indent=1) + "\n",
        FAILURES: "".join(json.dumps(failure.record(), ensure_ascii=False) + "\n" for failure in created.failures),
        SUMMARY: json.dumps(created.record(), indent=1) + "\n",
    }
    try:
        for name, text in files.items():
            aside = out / f".{name}.{os.getpid()}"
            aside.write_text(text, encoding="utf-8", errors="replace")
            os.replace(aside, out / name)
    except OSError as error:
        raise ModelError(
            ErrorKind.BAD_CONFIG,
            f"{out}: cannot write here: {error.strerror or error}; answers until now are kept; free some space",
        ) from None
