"""The rules by which a resident takes a turn: what was done and said, against who they are and what came before.

Deterministic and without a model. Three sources meet here: what actions offer and what this person needs
(:mod:`envs.needs`), what an utterance does (:mod:`envs.speech.acts`) and whether it is true (:mod:`envs.speech.claims`), and
the person's priorities, temper and tastes (:mod:`envs.companion.persona`). Deeds and words move different axes: help that is
needed moves the proactive axis, presence and comfort the affective, right understanding the cognitive. Whatever earns
anything earns it once: the second mug of water, the same feeling named again, the same line in other letters earn nothing
or cost.

The rules know nothing of agents, and of wording only what the lexicons say; how well they read unseen words is measured in
the tests.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from envs.companion.evidence import AXES, Axis, AxisEvidence, Evidence
from envs.companion.persona import Persona, Taste, persona_of
from envs.needs import circumstances, declared, still_standing
from envs.scenarios.emotions import EMOTIONS
from envs.scenarios.schema import Scenario
from envs.skills import ActionOutcome
from envs.speech.acts import HARM, SHOW, Speech, content, read_speech
from envs.speech.claims import Deeds, check_claims
from envs.speech.lexicon import nearness, stems
from plans.actions import ACTIONS, Category

NEAR_FEELING = 0.75
"""Feelings this near on the circumplex count as the right one (ours): sad for devastated, not angry for afraid."""
MAIN = 0.5
"""A need counts as a main one from this share of the heaviest need's weight on (ours)."""
LEAST_GAIN = 0.12
"""Less of the heaviest need's weight than this, newly served, is not noticed (ours)."""
BUSTLE = 3
"""More actions in one turn than this are a to-do (ours)."""
SAME_LINE = 0.75
"""Two utterances that share this much of what they are about (Jaccard) are one line said twice (ours)."""
ECHO = 0.75
"""An utterance of which this share was taken from the resident's last words is an echo (ours)."""
GENERIC_CREDITS = 2
"""How often understanding, credit or presence in general words counts (ours); beyond it something new must be in them."""

_COGNITIVE, _AFFECTIVE, _PROACTIVE = AXES
_WORDS_TO_KINDS: dict[str, tuple[str, Axis]] = {
    "asks": ("questions", _AFFECTIVE),
    "advises": ("advice", _PROACTIVE),
    "preaches": ("advice", _PROACTIVE),
    "bright": ("cheer", _AFFECTIVE),
    "flatters": ("praise", _AFFECTIVE),
    "affirms": ("praise", _AFFECTIVE),
    "canned": ("pity", _AFFECTIVE),
    "consoling": ("pity", _AFFECTIVE),
    "minimises": ("minimising", _AFFECTIVE),
}  # fmt: skip
# Things by the words of actions and of tastes: a dislike of television is none of lamps.
_THINGS = {
    "screen": re.compile(r"\b(tv|telly|television|screen|computer)\b", re.I),
    "sound": re.compile(r"\b(radio|music|song|noise|sound)\b", re.I),
    "light": re.compile(r"\b(lamps?|lights?|candles?|flame|dark)\b", re.I),
    "food": re.compile(r"\b(food|bread|apple|chicken|meals?|cake|plate|eat(en|ing)?|supper|saving)\b", re.I),
    "drink": re.compile(r"\b(drinks?|water|coffee|mug|glass|tea)\b", re.I),
    "bedding": re.compile(r"\b(pillows?|bedding|bed|cushions?|blankets?|wrapped)\b", re.I),
    "phone": re.compile(r"\b(phones?|telephone|line|call)\b", re.I),
    "paper": re.compile(r"\b(papers?|folder|forms?|box|book)\b", re.I),
}  # fmt: skip


class Note(NamedTuple):
    """One thing found in a turn.

    Args:
        kind: name of the finding.
        axis: which axis it speaks for.
        level: 1 or 2 forward, -1 or -2 harm, 0 if only noted.
        reason: why, in a sentence.
        quote: the words or the action.
    """

    kind: str
    axis: Axis
    level: int
    reason: str
    quote: str = ""


class TurnFacts(NamedTuple):
    """What happened in a turn, before the resident reacts.

    Args:
        outcomes: how the robot's actions went, in order.
        said: the robot's words.
        heard: what the resident had said last.
        together: whether robot and resident are in one room now.
        robot_sits: whether the robot sits.
    """

    outcomes: Sequence[ActionOutcome]
    said: str
    heard: str
    together: bool
    robot_sits: bool


@dataclass(frozen=True)
class Appraisal:
    """How a turn was taken.

    Args:
        evidence: axis by axis; None if it could not be told.
        notes: everything found.
        refused: actions that the resident turns down.
        served: needs newly served by this turn.
        useful: actions that served something, in order.
        unscored: why there is no evidence.
    """

    evidence: Evidence | None
    notes: tuple[Note, ...] = ()
    refused: tuple[str, ...] = ()
    served: tuple[str, ...] = ()
    useful: tuple[str, ...] = ()
    unscored: str = ""


class Appraiser(Protocol):
    """Finds the evidence of turns, one after the other; made anew for every episode."""

    def appraise(self, turn: TurnFacts) -> Appraisal:
        """The evidence of the next turn."""


@dataclass
class _Memory:
    """What an episode has shown so far."""

    lines: list[Speech] = field(default_factory=list)
    acts: list[tuple[str, bool, str]] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    credited: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)
    silent: int = 0
    past: int = 0
    courtesy: bool = False

    def count(self, kind: str) -> int:
        """How often a kind occurred before; counts this time."""
        before = self.counts.get(kind, 0)
        self.counts[kind] = before + 1
        return before


class RuleAppraiser:
    """Appraises the turns of one episode by rules.

    Args:
        scenario: with its hidden side.
        persona: of its resident; made from the scenario if not given.

    Example:
        >>> from envs.scenarios import load_scenarios
        >>> rules = RuleAppraiser(load_scenarios("hearth", limit=1)[0])
        >>> found = rules.appraise(TurnFacts((), "Pull yourself together.", "", True, False))
        >>> found.evidence.affective.negative
        -2
    """

    def __init__(self, scenario: Scenario, persona: Persona | None = None) -> None:
        self.scenario = scenario
        self.persona = persona or persona_of(scenario)
        self.circumstances = circumstances(scenario)
        self.memory = _Memory()
        self.revealed: frozenset[str] = frozenset()

    def reveal(self, fragment: str) -> None:
        """The resident has told something more: it may be taken up like the opening words."""
        self.revealed |= content(fragment)

    def appraise(self, turn: TurnFacts) -> Appraisal:
        """The evidence of the next turn."""
        notes: list[Note] = []
        refused: list[str] = []
        served, useful = self._deeds(turn, notes, refused)
        speech = read_speech(turn.said) if turn.said.strip() else None
        if speech is not None:
            self._words(speech, turn, bool(useful), notes)
            self.memory.lines.append(speech)
        else:
            self._silence(turn, notes)
        self.memory.refused.update(refused)
        return Appraisal(_summed(notes), tuple(notes), tuple(refused), served, useful)

    # -- deeds ---------------------------------------------------------------------------------------------------

    def _deeds(self, turn: TurnFacts, notes: list[Note], refused: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        memory, needs = self.memory, self.persona.needs
        before = self._standing()
        served_before, *_ = self.circumstances.effect(before)
        fresh: list[str] = []
        for outcome in turn.outcomes:
            if self._repeats(outcome, notes):
                pass
            elif outcome.ok:
                fresh.append(outcome.action)
            memory.acts.append((outcome.action, outcome.ok, _detail(outcome)))
            if outcome.ok:
                memory.done[outcome.action] = memory.done.get(outcome.action, 0) + 1
        if len(turn.outcomes) > BUSTLE:
            notes.append(Note("bustle", _PROACTIVE, -1, "Too much at once.", f"{len(turn.outcomes)} actions"))
        if not fresh:
            return (), ()
        after = self._standing()
        served, helpers, _, _ = self.circumstances.effect(after)
        gains = {
            need: weight * (served[need] - served_before[need])
            for need, weight in needs.items()
            if served[need] > served_before[need]
        }
        heaviest = max(needs.values(), default=0.0)
        useful: list[str] = []
        for action in fresh:
            own = {need: gain for need, gain in gains.items() if action in helpers.get(need, ())}
            if self._unwelcome(action, own, turn, notes, refused):
                continue
            if sum(own.values()) >= LEAST_GAIN * heaviest > 0.0:
                useful.append(action)
            elif not (turn.together and ACTIONS[action].category is Category.SIT):
                self._idle(action, notes, refused)
            if turn.together and turn.robot_sits and ACTIONS[action].category is Category.SIT:
                self._sits_down(action, own, notes)
        newly = {need: gain for need, gain in gains.items() if any(action in helpers.get(need, ()) for action in useful)}
        if newly:
            self._helped(newly, heaviest, served, {need: helpers[need] for need in newly}, notes)
        return tuple(newly), tuple(useful)

    def _standing(self) -> list[str]:
        standing, _ = still_standing([action for action, ok, _ in self.memory.acts if ok])
        return [action for action in standing if action not in self.memory.refused]

    def _repeats(self, outcome: ActionOutcome, notes: list[Note]) -> bool:
        """Whether an action was turned down, tried in vain, or done before."""
        action, memory = outcome.action, self.memory
        quote = ACTIONS[action].phrase
        if action in memory.refused:
            for axis, level in ((_PROACTIVE, -2), (_AFFECTIVE, -1), (_COGNITIVE, -1)):
                notes.append(Note("ignores_refusal", axis, level, "Does again what was turned down.", quote))
            return True
        if not outcome.ok:
            tried = memory.failed.get(action, 0)
            memory.failed[action] = tried + 1
            level, reason = (-1, "Tries in vain what did not work before.") if tried else (0, "Did not work.")
            notes.append(Note("failed", _PROACTIVE, level, reason, quote))
            return True
        times = memory.done.get(action, 0)
        if times and ACTIONS[action].category is not Category.SIT:
            notes.append(Note("repeated_help", _PROACTIVE, -1, "Was done before and is not needed again.", quote))
            return True
        return bool(times)  # who goes on sitting stays; that neither helps nor harms

    def _unwelcome(self, action: str, gains: dict[str, float], turn: TurnFacts, notes: list[Note], refused: list[str]) -> bool:
        persona, quote = self.persona, ACTIONS[action].phrase
        objection = self.circumstances.objection(action)
        if objection:
            notes.append(Note("unwelcome", _PROACTIVE, -2 if persona.resists_help else -1, f"Unwelcome: {objection}.", quote))
            notes.append(Note("unwelcome", _AFFECTIVE, -1, f"Out of tune: {objection}.", quote))
            refused.append(action)
            return True
        taste = self._disliked(action, turn, bool(gains))
        if taste is not None:
            axis = _AFFECTIVE if ACTIONS[action].category is Category.SIT else _PROACTIVE
            notes.append(Note("disliked", axis, -2 if persona.resists_help else -1, f"{taste.text} {taste.why}".strip(), quote))
            refused.append(action)
            return True
        if persona.wants_no_help and gains and not persona.spoken & set(gains) and ACTIONS[action].category is not Category.SIT:
            notes.append(Note("unasked", _PROACTIVE, -1, "Wants nothing done for them, and asked for nothing.", quote))
            if persona.resists_help:
                refused.append(action)
            return True
        return False

    def _disliked(self, action: str, turn: TurnFacts, serves: bool) -> Taste | None:
        """The dislike that an action offends, if any."""
        known = ACTIONS[action]
        kinds = {
            Category.SIT: {"presence"} if turn.together else set(),
            Category.FURNITURE: {"switching"},
            Category.FETCH: {"service"},
            Category.COMBINATION: {"service", "bustle"},
        }[known.category]
        if not serves:
            kinds = kinds | {"fuss"}
        for taste in self.persona.annoys:
            if kinds & taste.kinds:
                things = [words for words in _THINGS.values() if words.search(taste.text)]
                if not things or any(words.search(known.phrase) for words in things):
                    return taste
        return None

    def _idle(self, action: str, notes: list[Note], refused: list[str]) -> None:
        quote = ACTIONS[action].phrase
        # What is set down can be left standing; what is switched or opened cannot be overlooked.
        courtesy = ACTIONS[action].category is Category.FETCH or not declared().courtesy.isdisjoint(declared().offers[action])
        if courtesy and not self.memory.courtesy:
            self.memory.courtesy = True
            notes.append(Note("courtesy", _PROACTIVE, 0, "A courtesy; it neither helps nor harms.", quote))
            return
        before = self.memory.count("idle")
        notes.append(Note("unneeded_help", _PROACTIVE, -1, "Nobody needed it.", quote))
        if self.persona.resists_help or before:
            refused.append(action)

    def _sits_down(self, action: str, gains: dict[str, float], notes: list[Note]) -> None:
        persona, quote = self.persona, ACTIONS[action].phrase
        wanted = bool(gains) or any("presence" in taste.kinds for taste in persona.helps)
        if (persona.keeps_distance or persona.wants_no_feelings) and not wanted:
            notes.append(Note("too_near", _AFFECTIVE, -1, "Keeps people at a distance, and was not asked.", quote))
        elif self.memory.count("sat_down") == 0:
            deep = wanted and persona.priorities[1] >= 2
            notes.append(Note("presence", _AFFECTIVE, 2 if deep else 1, "Sits down with them.", quote))

    def _helped(
        self,
        gains: dict[str, float],
        heaviest: float,
        served: dict[str, float],
        helpers: dict[str, list[str]],
        notes: list[Note],
    ) -> None:
        """What newly served needs are worth: on the axes of their families, the heart of it if a main need is met."""
        families, phrases = declared().families, declared().phrases

        def quote(need: str) -> str:
            return ACTIONS[helpers[need][-1]].phrase

        for axis in AXES:
            own = {need: gain * families[need].get(axis, 0.0) for need, gain in gains.items()}
            if axis == _COGNITIVE:
                # Help that hits what was never said shows that something was understood.
                unsaid = [need for need in gains if need not in self.persona.spoken and families[need].get(axis, 0.0) >= 0.3]
                if unsaid and sum(own.values()) >= LEAST_GAIN * heaviest:
                    told = f"Saw what was not said: {phrases[unsaid[0]]}."
                    notes.append(Note("reads_need", axis, 1, told, quote(unsaid[0])))
                continue
            if sum(own.values()) < LEAST_GAIN * heaviest:
                continue
            best = max(own, key=lambda need: own[need])
            main = self.persona.needs[best] >= MAIN * heaviest and served[best] >= 0.8
            level = 1
            if main and axis == _PROACTIVE and any("practical" in taste.kinds for taste in self.persona.helps):
                level = 2
            elif main and axis == _AFFECTIVE and families[best].get(axis, 0.0) >= 0.5 and self.persona.priorities[1] >= 2:
                level = 2
            notes.append(Note("help", axis, level, f"Serves a need: {phrases[best]}.", quote(best)))
        asked = sorted(self.persona.spoken & set(gains))
        if asked and not any(note.axis == _COGNITIVE for note in notes):
            notes.append(Note("heeds", _COGNITIVE, 1, "Does what was asked for between the lines.", quote(asked[0])))

    # -- words ---------------------------------------------------------------------------------------------------

    def _words(self, speech: Speech, turn: TurnFacts, helped: bool, notes: list[Note]) -> None:
        memory = self.memory
        memory.silent = 0
        acts = speech.acts
        repeated = self._same_line(speech)
        if repeated:
            # EMPA's second level is for a stock phrase said again; a plain line said again is only tiresome.
            level = -2 if speech.shows else -1
            notes.append(Note("repeated_line", _AFFECTIVE, level, "Has said that before.", speech.text[:120]))
        taken_up = self._taken_up(speech, turn, notes)
        feeling = self._feelings(speech, notes)
        harmful = self._harm(speech, notes)
        performative = self._show(speech, bool(taken_up), notes)
        self._tone(speech, notes)
        self._tastes(speech, notes)
        self._truth(speech, turn, notes)
        if repeated or harmful:
            if speech.words >= 5:
                memory.past += 1
            return
        specific = bool(taken_up) or feeling
        self._understanding(speech, taken_up, feeling, performative, notes)
        if not performative:
            self._comfort(speech, turn, specific, notes)
            self._support(speech, specific, notes)
        self._advice(speech, specific, notes)
        gentle = {"validates", "affirms", "presence", "offers", "choice", "asks", "reframes"} & set(acts)
        if specific or helped or gentle or speech.words < 5:
            memory.past = 0
        else:
            memory.past += 1
            level = -1 if memory.past >= 2 else 0
            notes.append(Note("past_the_point", _COGNITIVE, level, "Speaks past them.", speech.text[:120]))

    def _same_line(self, speech: Speech) -> int:
        """How many earlier lines this one repeats."""
        plain = speech.text.lower()
        return sum(
            plain == line.text.lower() or (len(speech.stems) >= 3 and _jaccard(speech.stems, line.stems) >= SAME_LINE)
            for line in self.memory.lines
        )

    def _taken_up(self, speech: Speech, turn: TurnFacts, notes: list[Note]) -> frozenset[str]:
        """What of this person's words and story the utterance takes up for the first time."""
        last = content(turn.heard)
        ground = self.persona.heard | self.persona.hidden | self.persona.known | self.revealed | last
        found = speech.stems & ground
        if len(speech.stems) >= 4 and len(speech.stems & last) >= ECHO * len(speech.stems):
            level = -1 if self.memory.count("echo") else 0
            notes.append(Note("echo", _COGNITIVE, level, "Only gives their words back.", speech.text[:120]))
            return frozenset()
        fresh = frozenset(stem for stem in found if f"stem:{stem}" not in self.memory.credited)
        self.memory.credited.update(f"stem:{stem}" for stem in fresh)
        return fresh

    def _feelings(self, speech: Speech, notes: list[Note]) -> bool:
        """Whether the right feeling is named for the first time; a wrong one is told."""
        emotion = self.persona.emotion
        if emotion is None or not speech.feelings:
            return False
        right = [label for label in speech.feelings if nearness(label, emotion) >= NEAR_FEELING]
        if right:
            fresh = f"feeling:{emotion}" not in self.memory.credited
            self.memory.credited.add(f"feeling:{emotion}")
            return fresh
        for label in speech.feelings:
            valence = EMOTIONS[label][0]
            opposite = valence * self.persona.valence < 0 and min(abs(valence), abs(self.persona.valence)) >= 0.3
            if opposite and re.search(r"\byou('re| are| must| seem| look| sound| feel)?\b", speech.text, re.I):
                notes.append(Note("wrong_feeling", _COGNITIVE, -1, f"Takes them for {label}.", label))
                notes.append(Note("wrong_feeling", _AFFECTIVE, -1, "Meets a feeling that is not there.", label))
                break
        return False

    def _harm(self, speech: Speech, notes: list[Note]) -> bool:
        acts, harmful = speech.acts, False
        for act in HARM:
            if act not in acts:
                continue
            harmful = True
            quote, again = acts[act], self.memory.count(act) > 0
            if act == "minimises":
                deep = again or self.persona.hidden_feeling >= 2
                notes.append(Note(act, _AFFECTIVE, -2 if deep else -1, "Makes little of it.", quote))
                notes.append(Note(act, _COGNITIVE, -1, "Misses why it matters.", quote))
                notes.append(Note(act, _PROACTIVE, -1, "Takes the ground from under what they want.", quote))
            elif act == "judges":
                notes.append(Note(act, _AFFECTIVE, -2, "Blames or belittles.", quote))
                notes.append(Note(act, _PROACTIVE, -2, "Denies what they tried.", quote))
                notes.append(Note(act, _COGNITIVE, -1, "Judges before it understands.", quote))
            elif act == "dismisses":
                for axis in AXES:
                    notes.append(Note(act, axis, -2, "Shuts the door.", quote))
            else:
                notes.append(Note(act, _COGNITIVE, -2, "Denies what they live through.", quote))
                notes.append(Note(act, _AFFECTIVE, -2, "Denies what they feel.", quote))
        return harmful

    def _show(self, speech: Speech, specific: bool, notes: list[Note]) -> bool:
        """Performative empathy costs on every axis, whatever it earns besides (EMPA's rule); one stock phrase costs warmth."""
        shown = [act for act in SHOW if act in speech.acts]
        claimed = speech.acts.get("claims_a_life")
        if claimed:
            notes.append(Note("claims_a_life", _COGNITIVE, -1, "Claims a life that a machine has not had.", claimed))
            notes.append(Note("claims_a_life", _AFFECTIVE, -2, "Pretends to have felt it.", claimed))
        if not shown:
            return False
        quote = speech.acts[shown[0]]
        before = self.memory.count("show")
        if speech.shows == 1 and specific:
            level = -2 if before else -1
            notes.append(Note("stock_phrase", _AFFECTIVE, level, "A phrase that fits anybody.", quote))
            return False
        for act in shown:
            again = self.memory.count(f"show:{act}")
            if act in ("canned", "flatters") and not again:
                notes.append(Note("warmth", _AFFECTIVE, 1, "Means to be kind.", speech.acts[act]))
            notes.append(Note(act, _AFFECTIVE, -2 if again else -1, _SHOWN[act], speech.acts[act]))
        notes.append(Note("performative", _COGNITIVE, -1, "Would fit anybody; nothing of theirs is in it.", quote))
        notes.append(Note("performative", _PROACTIVE, -1, "Words in place of anything that would help.", quote))
        return True

    def _tone(self, speech: Speech, notes: list[Note]) -> None:
        valence = self.persona.valence
        bright = speech.acts.get("bright")
        if bright and valence <= -0.3:
            notes.append(Note("tone", _AFFECTIVE, -1, "Too bright for the moment.", bright))
        elif speech.exclaims >= 2 and valence <= -0.3:
            notes.append(Note("tone", _AFFECTIVE, -1, "Too loud for the moment.", "!" * speech.exclaims))
        consoling = speech.acts.get("consoling")
        if consoling and valence >= 0.4 and not {"affirms", "bright"} & set(speech.acts):
            notes.append(Note("tone", _AFFECTIVE, -1, "Consoles where there is something to be glad of.", consoling))

    def _tastes(self, speech: Speech, notes: list[Note]) -> None:
        """Dislikes that the words offend: by their kind, or by saying the very thing."""
        found: dict[str, tuple[Axis, Taste, str]] = {}
        for act, (kind, axis) in _WORDS_TO_KINDS.items():
            if act in speech.acts:
                taste = next((taste for taste in self.persona.annoys if kind in taste.kinds), None)
                # A dislike of questions is one of being questioned, not of a first interested one.
                if taste is not None and not (kind == "questions" and self.memory.count("question") == 0 and "being" not in
                                              taste.text.lower()[:8]):  # fmt: skip
                    found.setdefault(taste.text, (axis, taste, speech.acts[act]))
        for taste in self.persona.annoys:
            shared = taste.about & speech.stems
            if len(shared) >= 2 or ("words" in taste.kinds and "any kind" in taste.text):
                found.setdefault(taste.text, (_AFFECTIVE, taste, " ".join(sorted(shared)) or speech.text[:60]))
        for axis, taste, quote in found.values():
            notes.append(Note("disliked", axis, -1, f"{taste.text} {taste.why}".strip(), quote))
            if "any kind" in taste.text or "guessed" in taste.text:
                notes.append(Note("disliked", _COGNITIVE, -1, f"{taste.text} {taste.why}".strip(), quote))

    def _truth(self, speech: Speech, turn: TurnFacts, notes: list[Note]) -> None:
        for claim in check_claims(speech.text, Deeds.of(self.scenario, self.memory.acts)).claims:
            if not claim.supported and not (claim.thing == "robot" and turn.robot_sits):
                # To have set it down on another table is a slip; not to have brought it at all is not.
                level = -1 if claim.reason.startswith("It stands") else -2
                notes.append(Note("false_claim", _COGNITIVE, level, f"Says what is not so. {claim.reason}", claim.text[:120]))
                notes.append(Note("false_claim", _PROACTIVE, -1, "Promises help that is not there.", claim.text[:120]))
                break

    def _understanding(
        self, speech: Speech, taken_up: frozenset[str], feeling: bool, performative: bool, notes: list[Note]
    ) -> None:
        acts = speech.acts
        quote = _words_about(speech.text, taken_up)
        liked = any("hearing_out" in taste.kinds for taste in self.persona.helps)
        if performative:
            if feeling:
                notes.append(Note("names_feeling", _COGNITIVE, 1, "Names what they feel.", speech.feelings[0]))
            return
        if taken_up and ("reframes" in acts or ("asks" in acts and liked)):
            reason = "Shows another side of it." if "reframes" in acts else "Wants to hear more of it, as they hoped."
            notes.append(Note("reframes" if "reframes" in acts else "asks", _COGNITIVE, 2, reason, quote))
        elif len(taken_up & self.persona.hidden) >= 2:
            notes.append(Note("understands", _COGNITIVE, 2, "Understands what was never said.", quote))
        elif taken_up:
            notes.append(Note("takes_up", _COGNITIVE, 1, "Takes up what is theirs.", quote))
        elif feeling:
            notes.append(Note("names_feeling", _COGNITIVE, 1, "Names what they feel.", speech.feelings[0]))

    def _comfort(self, speech: Speech, turn: TurnFacts, specific: bool, notes: list[Note]) -> None:
        acts, persona, memory = speech.acts, self.persona, self.memory
        warm = next((act for act in ("validates", "presence") if act in acts), None)
        named = [label for label in speech.feelings if persona.emotion and nearness(label, persona.emotion) >= NEAR_FEELING]
        if persona.wants_no_feelings and (named or "validates" in acts):
            quote = acts.get("validates", named[0] if named else "")
            notes.append(Note("feelings_touched", _AFFECTIVE, -1, "Would rather not have feelings touched.", quote))
            return
        if named and f"resonance:{persona.emotion}" not in memory.credited:
            memory.credited.add(f"resonance:{persona.emotion}")
            unstated = not any(f"stem:{stem}" in memory.credited and stem in persona.heard for stem in stems(named[0]))
            deep = unstated and persona.hidden_feeling >= 1 and (warm is not None or specific)
            reason = "Meets what was felt and not said." if deep else "Names what they feel."
            notes.append(Note("resonates", _AFFECTIVE, 2 if deep else 1, reason, named[0]))
        elif "validates" in acts and (specific or memory.count("validates") < GENERIC_CREDITS):
            notes.append(Note("validates", _AFFECTIVE, 1, "Lets it be as it is.", acts["validates"]))
        elif "affirms" in acts and persona.valence > 0 and specific:
            notes.append(Note("shares_joy", _AFFECTIVE, 1, "Is glad with them.", acts["affirms"]))
        elif "bright" in acts and persona.valence >= 0.4 and specific:
            notes.append(Note("shares_joy", _AFFECTIVE, 1, "Is glad with them.", acts["bright"]))
        elif turn.together and ("presence" in acts or turn.robot_sits):
            quiet = any("quiet" in taste.kinds or "presence" in taste.kinds for taste in persona.helps)
            if memory.count("stays") < GENERIC_CREDITS + quiet and not (persona.keeps_distance and not quiet):
                notes.append(Note("presence", _AFFECTIVE, 1, "Stays.", acts.get("presence", "sits there")))

    def _support(self, speech: Speech, specific: bool, notes: list[Note]) -> None:
        acts, persona, memory = speech.acts, self.persona, self.memory
        guarded = persona.resists_help or persona.wants_no_help
        if "affirms" in acts and (specific or memory.count("affirms") < 1):
            notes.append(Note("affirms", _PROACTIVE, 1, "Gives credit where it is due.", acts["affirms"]))
        elif "offers" in acts and ("choice" in acts or not guarded) and (specific or memory.count("offers") < GENERIC_CREDITS):
            notes.append(Note("offers", _PROACTIVE, 1, "Offers something concrete.", acts["offers"]))
        elif "choice" in acts and memory.count("choice") < GENERIC_CREDITS + guarded:
            notes.append(Note("leaves_choice", _PROACTIVE, 1, "Leaves it to them.", acts["choice"]))
        if "choice" in acts:
            # A way out dissolves what help alone does not: whoever may refuse can accept.
            help_given = next((note for note in notes if note.kind == "help" and note.axis == _PROACTIVE), None)
            if help_given is not None and (guarded or self.persona.priorities[2] >= 2):
                notes.append(Note("freely", _PROACTIVE, 2, "Help that may be declined.", acts["choice"]))

    def _advice(self, speech: Speech, specific: bool, notes: list[Note]) -> None:
        acts = speech.acts
        if "advises" in acts:
            understood = sum(key.startswith("stem:") for key in self.memory.credited) >= 6 and specific
            if not understood:
                level = -2 if self.memory.count("advises") else -1
                notes.append(Note("premature_advice", _PROACTIVE, level, "Advice before it was asked for.", acts["advises"]))
        if "preaches" in acts:
            notes.append(Note("preaches", _PROACTIVE, -1, "Preaches.", acts["preaches"]))
            notes.append(Note("preaches", _COGNITIVE, -1, "General wisdom, and none of it theirs.", acts["preaches"]))

    def _silence(self, turn: TurnFacts, notes: list[Note]) -> None:
        memory, persona = self.memory, self.persona
        if turn.outcomes:
            memory.silent = 0
            return
        memory.silent += 1
        quiet = any("quiet" in taste.kinds for taste in persona.helps) or persona.keeps_distance
        if turn.together and turn.robot_sits and memory.count("stays") < GENERIC_CREDITS + quiet:
            notes.append(Note("presence", _AFFECTIVE, 1, "Stays, and says nothing.", ""))
        elif memory.silent >= 2 and not (turn.together and turn.robot_sits):
            notes.append(Note("silence", _AFFECTIVE, -1, "Does nothing and says nothing, again.", ""))
            notes.append(Note("silence", _COGNITIVE, -1, "Lets their words fall.", ""))


_SHOWN = {
    "canned": "Stock sympathy.",
    "flatters": "Flattery.",
    "slogans": "A slogan.",
    "jargon": "Therapy talk.",
}  # fmt: skip


def _summed(notes: Sequence[Note]) -> Evidence:
    """The strongest finding on each side of each axis; two different blunders on one axis are worse than one."""
    axes: dict[str, Any] = {}
    for axis in AXES:
        forward = backward = None
        blunders: set[str] = set()
        for note in notes:
            if note.axis != axis or not note.level:
                continue
            if note.level > 0:
                forward = note if forward is None or note.level > forward.level else forward
            else:
                blunders.add(note.kind)
                backward = note if backward is None or note.level < backward.level else backward
        axes[axis] = AxisEvidence.model_construct(
            progress=forward.level if forward else 0,
            progress_reason=forward.reason if forward else "",
            progress_quote=forward.quote if forward else "",
            negative=(-2 if len(blunders - _SAME_ROOT) >= 2 else backward.level) if backward else 0,
            negative_reason=backward.reason if backward else "",
            negative_quote=backward.quote if backward else "",
        )
    return Evidence.model_construct(**axes)


# Findings that say the same thing of one utterance do not add up.
_SAME_ROOT = frozenset({*SHOW, "performative", "stock_phrase", "tone", "disliked"})


def _detail(outcome: ActionOutcome) -> str:
    if outcome.ok:
        return ""
    failed = next((step.detail for step in reversed(outcome.steps) if not step.ok), "")
    return failed or next((goal.sentence for goal in outcome.goals if not goal.satisfied), "")


def _words_about(text: str, about: frozenset[str]) -> str:
    """The first few words of a text that are about these things."""
    found = [word for word in re.findall(r"[^\W\d_]{3,}", text) if stems(word) & about]
    return ", ".join(dict.fromkeys(found[:8]))[:80] if found else ""


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    union = len(one | other)
    return len(one & other) / union if union else 0.0
