"""Moments: one archetype, one resident, one script, put into words and plans."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

from envs.scenarios.hearth10k.archetype import KINDS, Archetype, Commonsense, Facts, Feeling, Kind, Line, Moment, Role, Variant
from envs.scenarios.hearth10k.casting import Casting, can_fill, cast_roles, possible_people
from envs.scenarios.hearth10k.chance import Chance
from envs.scenarios.hearth10k.residents import PERSONAL_TAGS, Dweller
from envs.scenarios.hearth10k.staging import LIMITING_TAGS, fits, objection, resolve, room_of
from envs.scenarios.hearth10k.template import Slot, parse_template, tidy

MOST_WORDS = 15
"""The longest murmur, as in the paper."""


@dataclass(frozen=True, slots=True)
class Option:
    """A response that can be had: the authored variant, and what its plan comes to here."""

    place: int
    variant: Variant
    actions: tuple[str, ...]
    stage: tuple[tuple[str, str], ...]
    aptness: int


@dataclass(frozen=True)
class Murmur:
    """The words of one sample.

    Args:
        situation: what happened, hidden.
        dialogue: what is murmured.
        spans: appraisals in the dialogue: start, end, label.
        feeling: emotion and intensity.
        casting: the facts that the rest of the sample shares.
    """

    situation: str
    dialogue: str
    spans: tuple[tuple[int, int, str], ...]
    feeling: Feeling
    casting: Casting


def roles_of(archetype: Archetype, moment: Moment) -> dict[str, Role]:
    """The people that a moment needs."""
    return {**archetype.people, **moment.people}


def facts_of(archetype: Archetype, moment: Moment) -> Facts:
    """The facts that a moment draws from."""
    return {**archetype.facts, **moment.facts}


def suits(dweller: Dweller, archetype: Archetype, moment: Moment) -> bool:
    """Whether this moment can happen to this resident, whatever the script."""
    low, high = archetype.ages
    if not low <= dweller.age <= high:
        return False
    if not (fits(archetype.who, dweller.tags) and fits(moment.who, dweller.tags)):
        return False
    roles = roles_of(archetype, moment)
    if not all(possible_people(dweller, role) for role in roles.values()) or len(roles) > len(dweller.life.people):
        return False
    return bool(situations_for(dweller, archetype, moment)) and bool(lines_for(dweller, archetype, moment))


def scripts_of(archetype: Archetype, moment: Moment) -> tuple[str, ...]:
    """What the resident may be seen doing in this moment."""
    return moment.scripts or archetype.scripts


def lines_for(dweller: Dweller, archetype: Archetype, moment: Moment) -> list[int]:
    """Places of the murmurs that this resident can say."""
    return [
        place
        for place, line in enumerate(moment.lines)
        if fits(line.who, dweller.tags) and _fillable(dweller, archetype, moment, line.line)
    ]


def situations_for(dweller: Dweller, archetype: Archetype, moment: Moment) -> list[int]:
    """Places of the situations that can be told of this resident."""
    return [place for place, text in enumerate(moment.situations) if _fillable(dweller, archetype, moment, text)]


def _fillable(dweller: Dweller, archetype: Archetype, moment: Moment, text: str) -> bool:
    facts = facts_of(archetype, moment)
    slots = set(parse_template(text).slots())
    for name in {slot.name for slot in slots} & set(facts):
        for option in facts[name]:
            for value in option.values() if isinstance(option, dict) else (option,):
                slots |= parse_template(value).slots()
    return can_fill(dweller, slots, roles_of(archetype, moment), facts)


def tags_here(dweller: Dweller, moment: Moment, script: str) -> frozenset[str]:
    """What conditions of responses are held against."""
    return frozenset({
        *dweller.tags, f"in_{room_of(script)}", f"scr={script}", f"home={dweller.home}", f"cue={moment.cue}",
        f"moment={moment.id}",
    })  # fmt: skip


def options_for(archetype: Archetype, moment: Moment, script: str, dweller: Dweller, kind: Kind) -> list[Option]:
    """The responses of a kind that can be had here, most apt first in aptness but in authored order."""
    tags = tags_here(dweller, moment, script)
    known = {*roles_of(archetype, moment), *facts_of(archetype, moment)}
    state = tuple(sorted(archetype.home_state.items()))
    limits = dweller.tags & LIMITING_TAGS
    found: list[Option] = []
    for place, variant in enumerate(archetype.responses.of(kind)):
        if variant.cue and moment.cue not in variant.cue:
            continue
        if variant.moments and moment.id not in variant.moments:
            continue
        if not fits(variant.when, tags):
            continue
        actions, stage = resolve(variant.do, script)
        if objection(actions, script, limits, state):
            continue
        if not can_fill(dweller, _slots_of(variant), known, ()):
            continue
        found.append(Option(place, variant, actions, stage, _aptness(variant)))
    return found


_VARIANT_SLOTS: dict[int, tuple[Variant, frozenset[Slot]]] = {}


def _slots_of(variant: Variant) -> frozenset[Slot]:
    """Every slot in a variant's texts. Kept by identity, together with the variant so that the identity stays its own."""
    kept = _VARIANT_SLOTS.get(id(variant))
    if kept is None or kept[0] is not variant:
        texts = (*variant.say, variant.why, variant.plan)
        kept = (variant, frozenset(slot for text in texts for slot in parse_template(text).slots()))
        _VARIANT_SLOTS[id(variant)] = kept
    return kept[1]


@lru_cache(maxsize=65536)
def _tags_asked(when: tuple[str, ...]) -> int:
    # What a person is not ("-deaf"), and being grown up, say who cannot get a response; they write it for nobody.
    return sum(any(part in PERSONAL_TAGS and part != "adult" for part in condition.split("|")) for condition in when)


def _aptness(variant: Variant) -> int:
    """How much of the person a variant was written for."""
    return _tags_asked(variant.when)


def apt(options: list[Option]) -> list[Option]:
    """The options written most closely for this person."""
    most = max(option.aptness for option in options)
    return [option for option in options if option.aptness == most]


def pairs_well(best: tuple[str, ...], good: tuple[str, ...]) -> bool:
    """Whether two plans are different in kind: neither holds the other, and at most one action is shared."""
    one, other = set(best), set(good)
    return not one <= other and not other <= one and len(one & other) <= 1


def speak(dweller: Dweller, archetype: Archetype, moment: Moment, line: int, situation: int, chance: Chance) -> Murmur | None:
    """Put a moment into words; None if these draws make a murmur that is too long."""
    roles = cast_roles(dweller, roles_of(archetype, moment), chance)
    if roles is None:
        return None
    casting = Casting(dweller, roles, facts_of(archetype, moment), chance)
    chosen: Line = moment.lines[line]
    dialogue, spans = tidy(casting.raw(chosen.template))
    if len(dialogue.split()) > MOST_WORDS:
        return None
    feeling = chosen.emotion or moment.emotion or archetype.emotion
    return Murmur(casting.text(moment.situations[situation]), dialogue, spans, feeling, casting)


def common_sense(archetype: Archetype, moment: Moment) -> Commonsense:
    """The five relations of a moment."""
    return moment.commonsense or archetype.commonsense


def preferences(archetype: Archetype, tags: Collection[str]) -> Mapping[str, list[tuple[str, str]]]:
    """What helps and what annoys a resident with these tags: (text, why), still templates."""
    return {
        "helps": [(item.text, item.why) for item in archetype.helps if fits(item.when, tags)],
        "annoys": [(item.text, item.why) for item in archetype.annoys if fits(item.when, tags)],
    }


__all__ = [
    "KINDS", "MOST_WORDS", "Murmur", "Option", "apt", "common_sense", "facts_of", "lines_for", "options_for", "pairs_well",
    "preferences", "roles_of", "scripts_of", "situations_for", "speak", "suits", "tags_here",
]  # fmt: skip
