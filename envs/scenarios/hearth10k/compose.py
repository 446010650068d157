"""The engine: casts archetypes with residents until every resident has lived every moment that the set asks for.

Everything is decided by counting and by named chance (:mod:`~envs.scenarios.hearth10k.chance`), in a fixed order, so the
same texts make the same set, byte for byte, wherever it is made. What has been used least goes first: archetypes,
moments, wordings, and above all actions, so that no blind plan can score.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from envs.scenarios.hearth10k.archetype import KINDS, Archetype, Kind, Moment, read_archetype
from envs.scenarios.hearth10k.chance import Chance, number
from envs.scenarios.hearth10k.moments import (
    Murmur,
    Option,
    apt,
    common_sense,
    lines_for,
    options_for,
    pairs_well,
    preferences,
    scripts_of,
    situations_for,
    speak,
    suits,
    tags_here,
)
from envs.scenarios.hearth10k.needs import levels, published, shifted
from envs.scenarios.hearth10k.residents import Dweller, read_resident
from envs.scenarios.loading import ScenarioError
from envs.scenarios.schema import (
    AppraisalSpan,
    Commonsense,
    Home,
    Labels,
    Preference,
    Provenance,
    Reference,
    Scenario,
)
from plans.plan import Plan, format_plan

LICENCE = "CC BY 4.0"
SEEDS = 40
"""Different arrangements of each layout's objects."""

_SCRIPTS_EACH = 20
_MOMENTS_EACH = 5
_SHORTLIST = 8
_MOMENTS_LOOKED_AT = 4
_ATTEMPTS = 24
_REMEMBERED = 100_000
# An action above this share of gold plans is avoided where there is any other way; the promise is 8 %.
_CEILING = 0.062
_WARM_UP = 400


@dataclass(frozen=True)
class Library:
    """Everything authored.

    Args:
        archetypes, dwellers: sorted by id.
        scripts: name to program lines.
    """

    archetypes: tuple[Archetype, ...]
    dwellers: tuple[Dweller, ...]
    scripts: dict[str, tuple[str, ...]]


def read_library(folder: Path) -> Library:
    """Read ``archetypes/*.yaml`` and ``residents/*.yaml``.

    Raises:
        ScenarioError: a broken file, or none at all.
    """
    from envs.residents.scripts import resident_scripts

    archetypes = tuple(read_archetype(file) for file in sorted((folder / "archetypes").glob("*.yaml")))
    dwellers = tuple(read_resident(file) for file in sorted((folder / "residents").glob("*.yaml")))
    if not archetypes or not dwellers:
        raise ScenarioError(f"{folder}: expected archetypes/*.yaml and residents/*.yaml, got none")
    scripts = {name: tuple(script.program.lines) for name, script in sorted(resident_scripts().items())}
    return Library(archetypes, dwellers, scripts)


@dataclass
class _Uses:
    """How often everything has been used so far."""

    total: int = 0
    archetypes: Counter[str] = field(default_factory=Counter)
    by_dweller: Counter[tuple[str, str]] = field(default_factory=Counter)
    moments: Counter[tuple[str, str]] = field(default_factory=Counter)
    own_moments: set[tuple[str, str, str]] = field(default_factory=set)
    themes: Counter[str] = field(default_factory=Counter)
    emotions: Counter[str] = field(default_factory=Counter)
    actions: Counter[str] = field(default_factory=Counter)
    total_actions: int = 0
    second: Counter[str] = field(default_factory=Counter)
    wordings: Counter[tuple[str, ...]] = field(default_factory=Counter)
    texts: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Cast:
    """One sample before it is put into words."""

    dweller: Dweller
    script: str
    turn: int
    archetype: Archetype
    moment: Moment
    best: Option
    good: Option


def compose(
    library: Library,
    *,
    scripts_each: int = _SCRIPTS_EACH,
    moments_each: int = _MOMENTS_EACH,
    tick: Callable[[int], None] = lambda done: None,
) -> list[Scenario]:
    """Make the set, in order of resident, script and turn.

    Args:
        library: what was authored.
        scripts_each: scripts a resident is seen in.
        moments_each: moments for each pair of resident and script.
        tick: told of every scenario made.
    """
    engine = _Engine(library, scripts_each, moments_each)
    scenarios = []
    for scenario in engine.run():
        scenarios.append(scenario)
        tick(1)
    scenarios.sort(key=lambda scenario: scenario.id)
    return scenarios


class _Engine:
    def __init__(self, library: Library, scripts_each: int, moments_each: int) -> None:
        self.library = library
        self.moments_each = moments_each
        self.uses = _Uses()
        self._options: dict[tuple[str, str, str, str, Kind], list[Option]] = {}
        self.possible = {dweller.id: self._possible(dweller) for dweller in library.dwellers}
        # How many residents an archetype can happen to: what happens to few may happen to them a little more often.
        self.reach = Counter(
            name for scripts in self.possible.values() for name in {a.id for found in scripts.values() for a, _ in found}
        )
        self.casts = {dweller.id: self._choose_scripts(dweller, scripts_each) for dweller in library.dwellers}

    def run(self) -> list[Scenario]:
        scenarios = []
        for turn in range(self.moments_each):
            for place in range(max(map(len, self.casts.values()), default=0)):
                for dweller in self.library.dwellers:
                    scripts = self.casts[dweller.id]
                    if place >= len(scripts):
                        continue
                    cast = self._cast(dweller, scripts[place], turn)
                    if cast is not None:
                        scenarios.append(self._write(cast))
        return scenarios

    # -- who can live what ---------------------------------------------------------------------------------------

    def _possible(self, dweller: Dweller) -> dict[str, list[tuple[Archetype, tuple[Moment, ...]]]]:
        found: dict[str, list[tuple[Archetype, tuple[Moment, ...]]]] = {script: [] for script in self.library.scripts}
        for archetype in self.library.archetypes:
            moments = [moment for moment in archetype.moments if suits(dweller, archetype, moment)]
            for script in archetype.scripts:
                here = tuple(moment for moment in moments if script in scripts_of(archetype, moment))
                if here and script in found:
                    found[script].append((archetype, here))
        return found

    def _choose_scripts(self, dweller: Dweller, count: int) -> list[str]:
        """The scripts with the most archetypes to choose from, in an order of the resident's own."""
        possible = self.possible[dweller.id]
        able = [script for script, found in possible.items() if len(found) >= 1]
        able = [script for script in able if not ("child" in dweller.tags and script in _NOT_FOR_CHILDREN)]
        # Rarely used scripts would otherwise always be the ones left out: chance decides among those with plenty.
        able.sort(key=lambda script: (-min(len(possible[script]), 2 * self.moments_each), number("script", dweller.id, script)))
        return Chance("order", dweller.id).shuffled(sorted(able[:count]))

    def options(self, dweller: Dweller, archetype: Archetype, moment: Moment, script: str, kind: Kind) -> list[Option]:
        key = (dweller.id, archetype.id, moment.id, script, kind)
        if key not in self._options:
            if len(self._options) > _REMEMBERED:
                self._options.clear()
            self._options[key] = options_for(archetype, moment, script, dweller, kind)
        return self._options[key]

    # -- choosing ------------------------------------------------------------------------------------------------

    def _cast(self, dweller: Dweller, script: str, turn: int) -> _Cast | None:
        uses = self.uses
        candidates = sorted(
            self.possible[dweller.id][script],
            key=lambda pair: (
                uses.by_dweller[(dweller.id, pair[0].id)],
                uses.archetypes[pair[0].id] / self.reach[pair[0].id],
                number("archetype", dweller.id, script, turn, pair[0].id),
            ),
        )
        best_cost, best_cast = 0.0, None
        looked = 0
        for archetype, moments in candidates:
            found = self._cheapest(dweller, script, turn, archetype, moments)
            if found is None:
                continue
            cost, cast = found
            repeats = uses.by_dweller[(dweller.id, archetype.id)]
            cost += 4.0 * repeats + 2.0 * uses.archetypes[archetype.id] / (1 + self.reach[archetype.id])
            if best_cast is None or cost < best_cost:
                best_cost, best_cast = cost, cast
            looked += 1
            if looked >= (_SHORTLIST if best_cost < _DEAR else 3 * _SHORTLIST):
                break
        return best_cast

    def _cheapest(
        self, dweller: Dweller, script: str, turn: int, archetype: Archetype, moments: Sequence[Moment]
    ) -> tuple[float, _Cast] | None:
        """The moment of an archetype, and the plans for it, that have been used least."""
        uses = self.uses
        ranked = []
        for place, moment in enumerate(moments):
            feeling = (moment.emotion or archetype.emotion).label
            base = 1.2 * uses.moments[(archetype.id, moment.id)] / (1 + uses.archetypes[archetype.id] / len(archetype.moments))
            base += 3.0 * ((dweller.id, archetype.id, moment.id) in uses.own_moments)
            base += 0.25 * 32 * uses.emotions[feeling] / (1 + uses.total)
            ranked.append((base, place))
        ranked.sort()
        plans: list[tuple[float, int, int, Option, Moment]] = []
        looked = 0
        for base, place in ranked:
            moment = moments[place]
            wished = self.options(dweller, archetype, moment, script, "best")
            if not wished:
                continue
            for option in apt(wished):
                plans.append((base + self._plan_cost(option.actions), place, option.place, option, moment))
            looked += 1
            if looked == _MOMENTS_LOOKED_AT:
                break
        plans.sort(key=lambda plan: plan[:3])
        for cost, _, _, option, moment in plans:
            good = self._second(option, self.options(dweller, archetype, moment, script, "good"))
            if good is not None and all(self.options(dweller, archetype, moment, script, kind) for kind in _CONTRASTS):
                return cost, _Cast(dweller, script, turn, archetype, moment, option, good)
        return None

    def _plan_cost(self, actions: Sequence[str]) -> float:
        uses = self.uses
        total = max(uses.total_actions, 1)
        shares = [uses.actions[action] / total for action in actions]
        cost = 50 * sum(shares) / len(shares) + 25 * max(shares)
        if uses.total_actions > _WARM_UP and max(shares) > _CEILING:
            cost += _DEAR
        return cost

    def _second(self, best: Option, options: Sequence[Option]) -> Option | None:
        fit = [option for option in options if pairs_well(best.actions, option.actions)]
        if not fit:
            return None
        uses = self.uses.second
        return min(
            fit, key=lambda option: (-option.aptness, sum(uses[a] for a in option.actions) / len(option.actions), option.place)
        )

    # -- writing -------------------------------------------------------------------------------------------------

    def _write(self, cast: _Cast) -> Scenario:
        uses, archetype, moment, dweller = self.uses, cast.archetype, cast.moment, cast.dweller
        identity = f"hearth10k-{dweller.id}-{cast.script}-{cast.turn + 1}"
        murmur = self._words(cast, identity)
        uses.total += 1
        uses.archetypes[archetype.id] += 1
        uses.by_dweller[(dweller.id, archetype.id)] += 1
        uses.moments[(archetype.id, moment.id)] += 1
        uses.own_moments.add((dweller.id, archetype.id, moment.id))
        uses.emotions[murmur.feeling.label] += 1
        uses.actions.update(cast.best.actions)
        uses.total_actions += len(cast.best.actions)
        uses.second.update(cast.good.actions)
        chosen: dict[Kind, Option] = {"best": cast.best, "good": cast.good}
        for kind in _CONTRASTS:
            chosen[kind] = self._contrast(cast, kind, list(chosen.values()))
        references = tuple(self._reference(cast, murmur, kind, chosen[kind]) for kind in KINDS)
        return Scenario(
            id=identity,
            split="train",
            resident=dweller.profile,
            script=cast.script,
            program=self.library.scripts[cast.script],
            dialogue=murmur.dialogue,
            situation=murmur.situation,
            labels=self._labels(cast, murmur),
            references=references[:2],
            contrasts=references[2:],
            home=Home(layout=dweller.home, seed=number("home", identity) % SEEDS, state=dict(archetype.home_state)),
            provenance=Provenance(source="hearth10k", licence=LICENCE, item=f"{archetype.id}/{moment.id}"),
        )

    def _words(self, cast: _Cast, identity: str) -> Murmur:
        """Words that nobody in the set has used before, if there are any left to find."""
        uses, moment = self.uses, cast.moment
        lines = lines_for(cast.dweller, cast.archetype, moment)
        stories = situations_for(cast.dweller, cast.archetype, moment)
        key = (cast.archetype.id, moment.id)
        last: Murmur | None = None
        for attempt in range(_ATTEMPTS):
            chance = Chance("words", identity, attempt)
            extra = attempt // 3
            line = _least(lines, lambda i: (uses.wordings[(*key, "line", str(i))], number(identity, "line", i)), extra)
            story = _least(stories, lambda i: (uses.wordings[(*key, "story", str(i))], number(identity, "story", i)), extra)
            murmur = speak(cast.dweller, cast.archetype, moment, line, story, chance)
            if murmur is None:
                continue
            last = murmur
            if murmur.dialogue not in uses.texts and murmur.situation not in uses.texts:
                break
        if last is None:
            raise ScenarioError(
                f"{cast.archetype.id}: expected a murmur of at most 15 words in {moment.id} for {cast.dweller.id}, got none"
            )
        uses.texts |= {last.dialogue, last.situation}
        uses.wordings[(*key, "line", str(line))] += 1
        uses.wordings[(*key, "story", str(story))] += 1
        return last

    def _contrast(self, cast: _Cast, kind: Kind, taken: Sequence[Option]) -> Option:
        options = self.options(cast.dweller, cast.archetype, cast.moment, cast.script, kind)
        plans = [set(option.actions) for option in taken]
        other = [option for option in options if all(set(option.actions) != plan for plan in plans)] or options
        key = (cast.archetype.id, kind)
        chosen = min(other, key=lambda option: (self.uses.wordings[(*key, str(option.place))], option.place))
        self.uses.wordings[(*key, str(chosen.place))] += 1
        return chosen

    def _reference(self, cast: _Cast, murmur: Murmur, kind: Kind, option: Option) -> Reference:
        key = (cast.archetype.id, kind, str(option.place), "say")
        say = _least(
            range(len(option.variant.say)), lambda i: (self.uses.wordings[(*key, str(i))], number(cast.dweller.id, key, i)), 0
        )
        self.uses.wordings[(*key, str(say))] += 1
        murmur.casting.stage = dict(option.stage)
        text = murmur.casting.text
        return Reference(
            text=format_plan(Plan(option.actions, text(option.variant.say[say]))),
            rationale=text(option.variant.why),
            plan_nl=text(option.variant.plan) if option.variant.plan else "",
            kind=kind,
        )

    def _labels(self, cast: _Cast, murmur: Murmur) -> Labels:
        archetype, moment, text = cast.archetype, cast.moment, murmur.casting.text
        items = shifted(moment.empa or archetype.empa, cast.dweller.tags, murmur.feeling.intensity)
        common = common_sense(archetype, moment)
        wishes = preferences(archetype, tags_here(cast.dweller, moment, cast.script))
        return Labels(
            emotion=murmur.feeling.label,
            intensity=murmur.feeling.intensity,
            needs=levels(items),
            theme=archetype.theme,
            archetype=archetype.id,
            cue=text(archetype.cues[moment.cue]),
            empa=published(items),
            commonsense=Commonsense(
                intent=text(common.xIntent), need=text(common.xNeed), want=text(common.xWant), effect=text(common.xEffect),
                react=text(common.xReact),
            ),
            appraisals=tuple(AppraisalSpan(start=start, end=end, label=label) for start, end, label in murmur.spans),
            helps=tuple(Preference(text=text(what), why=text(why)) for what, why in wishes["helps"]),
            annoys=tuple(Preference(text=text(what), why=text(why)) for what, why in wishes["annoys"]),
            content=archetype.tags,
        )  # fmt: skip


_CONTRASTS: tuple[Kind, ...] = ("generic", "unhelpful")
_NOT_FOR_CHILDREN = ("coffee_to_bench", "touch_stove_and_leave")
_DEAR = 1000.0


def _least(places: Sequence[int], key: Callable[[int], tuple[int, int]], skip: int) -> int:
    """The least used place, or the next after it when that has been tried."""
    ranked = sorted(places, key=key)
    return ranked[skip % len(ranked)]
