"""Casting: which facts of a resident's life fill the slots of a moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from envs.scenarios.hearth10k.archetype import Facts, Role
from envs.scenarios.hearth10k.chance import Chance
from envs.scenarios.hearth10k.residents import Dweller, Person
from envs.scenarios.hearth10k.template import Slot, Template, parse_template, tidy

_PRONOUNS = {
    "she": {"they": "she", "them": "her", "their": "her", "theirs": "hers", "themself": "herself"},
    "he": {"they": "he", "them": "him", "their": "his", "theirs": "his", "themself": "himself"},
    "they": {"they": "they", "them": "them", "their": "their", "theirs": "theirs", "themself": "themselves"},
}
_ONE = {"s": "s", "es": "es", "ies": "ies", "is": "is", "was": "was", "has": "has", "does": "does"}
_MANY = {"s": "", "es": "", "ies": "y", "is": "are", "was": "were", "has": "have", "does": "do"}
_RESIDENT_SLOTS = frozenset({*_PRONOUNS["she"], *_ONE, "they're", "they've", "they'd", "they'll"})
_PERSON_AS = {"he": "they", "him": "them", "his": "their", "himself": "themself"}
PERSON_FORMS = frozenset({
    "my", "their", "your", "noun", "call", "place", "he", "him", "his", "himself", "he's", *_ONE,
})  # fmt: skip
_LIFE_FORMS = {
    "work": ("place", "at", "day", "task", "people", "boss", "paper", "trouble", "win"),
    "hobby": ("doing", "thing", "out"),
    "treasure": ("noun", "story"),
    "worry": ("story", "say", "ask"),
    "joy": ("story", "say"),
}
_LIFE_PLAIN = ("name", "town", "origin", "oh", "dish", "sound", "reading")
STAGE_SLOTS = frozenset({"table", "near"})


class MissingFact(KeyError):
    """A slot that this resident, moment or role cannot fill."""


def pronoun_forms(pronoun: str) -> dict[str, str]:
    """The resident's pronouns and the verb endings that go with them."""
    forms = {**_PRONOUNS[pronoun], **(_MANY if pronoun == "they" else _ONE)}
    subject = forms["they"]
    forms["they're"] = "they're" if pronoun == "they" else f"{subject}'s"
    forms["they've"] = "they've" if pronoun == "they" else f"{subject}'s"
    forms["they'd"], forms["they'll"] = f"{subject}'d", f"{subject}'ll"
    return forms


def person_form(person: Person, form: str, possessive: str) -> str:
    """One form of one of the resident's people."""
    if form == "my":
        return f"my {person.noun}"
    if form == "their":
        return f"{possessive} {person.noun}"
    if form == "your":
        return f"your {person.noun}"
    if form == "noun":
        return person.noun
    if form == "call":
        return person.call or f"my {person.noun}"
    if form == "place":
        if not person.place:
            raise MissingFact(f"place of {person.noun}")
        return person.place
    own = pronoun_forms(person.pronoun)
    if form == "he's":
        return own["they're"]
    return own[_PERSON_AS.get(form, form)]


def possible_people(dweller: Dweller, role: Role) -> list[Person]:
    """Who can play a role."""
    return [person for person in dweller.life.people if person.where in role.where and person.bond in role.bond]


def cast_roles(dweller: Dweller, roles: Mapping[str, Role], chance: Chance) -> dict[str, Person] | None:
    """A different person for each role; None if there are not enough."""
    cast: dict[str, Person] = {}
    for name, role in roles.items():
        free = [person for person in possible_people(dweller, role) if person not in cast.values()]
        if not free:
            return None
        cast[name] = chance.pick(free)
    return cast


def can_fill(dweller: Dweller, slots: Iterable[Slot], roles: Iterable[str], facts: Iterable[str]) -> bool:
    """Whether a resident has what the slots ask for, given the names of cast roles and drawn facts."""
    known = {*roles, *facts}
    return all(slot.name in known or _has(dweller, slot) for slot in slots)


def unknown_slots(slots: Iterable[Slot], roles: Iterable[str], facts: Mapping[str, object], stage: bool) -> list[str]:
    """Slots that no resident could ever fill: misspelt ones."""
    wrong = []
    for slot in slots:
        if slot.name in roles:
            known = slot.form in PERSON_FORMS
        elif slot.name in facts:
            known = True
        elif slot.name in _LIFE_FORMS:
            known = slot.form in _LIFE_FORMS[slot.name] or (slot.name == "treasure" and not slot.form)
        else:
            known = not slot.form and (
                slot.name in _RESIDENT_SLOTS or slot.name in _LIFE_PLAIN or (stage and slot.name in STAGE_SLOTS)
            )
        if not known:
            wrong.append(str(slot))
    return wrong


def is_taken(name: str) -> bool:
    """Whether a fact or role of this name would hide a slot of the resident or the stage."""
    return name in _RESIDENT_SLOTS or name in _LIFE_PLAIN or name in _LIFE_FORMS or name in STAGE_SLOTS


def _has(dweller: Dweller, slot: Slot) -> bool:
    life = dweller.life
    if slot.name == "work":
        return life.work is not None
    if slot.name == "origin":
        return bool(life.origin)
    if slot.name == "sound":
        return bool(life.sounds)
    if slot.name == "reading":
        return bool(life.reading)
    return slot.name in _RESIDENT_SLOTS or slot.name in _LIFE_PLAIN or slot.name in _LIFE_FORMS or slot.name in STAGE_SLOTS


@dataclass
class Casting:
    """All the facts of one sample; a slot means the same wherever it comes.

    Args:
        dweller: the resident.
        roles: who plays whom.
        facts: authored facts to draw from.
        chance: decides; facts are drawn when first asked for, each by its own name.
    """

    dweller: Dweller
    roles: Mapping[str, Person]
    facts: Facts
    chance: Chance
    stage: dict[str, str] = field(default_factory=dict)
    _drawn: dict[str, object] = field(default_factory=dict)
    _written: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._pronouns = pronoun_forms(self.dweller.profile.pronoun)

    def text(self, source: str | Template) -> str:
        """Fill a text without spans and tidy it."""
        return tidy(self.raw(source))[0]

    def raw(self, source: str | Template) -> str:
        """Fill a text; see :func:`~envs.scenarios.hearth10k.template.tidy` for the rest."""
        template = parse_template(source) if isinstance(source, str) else source
        return template.fill(self.fact, self.chance.below)

    def fact(self, slot: Slot) -> str:
        """What a slot stands for.

        Raises:
            MissingFact: this resident has none.
        """
        name, form = slot.name, slot.form
        if name in self._pronouns and not form:
            return self._pronouns[name]
        if name in self.roles:
            return person_form(self.roles[name], form, self._pronouns["their"])
        if name in self.facts:
            return self._authored(name, form)
        if name in self.stage:
            return self.stage[name]
        return self._lived(name, form)

    def _authored(self, name: str, form: str) -> str:
        option = self._draw(name, self.facts[name])
        key = f"{name}.{form}"
        if key not in self._written:
            self._written[key] = self._write(name, form, option)
        return self._written[key]

    def _write(self, name: str, form: str, option: object) -> str:
        if isinstance(option, dict):
            if form and form not in option:
                raise MissingFact(f"{name}.{form}")
            return self.raw(option[form] if form else next(iter(option.values())))
        if form:
            raise MissingFact(f"{name}.{form}")
        return self.raw(str(option))

    def _lived(self, name: str, form: str) -> str:
        life = self.dweller.life
        if name == "name":
            return self.dweller.name
        if name in ("town", "origin"):
            return str(getattr(life, name))
        if name in ("oh", "dish", "sound", "reading"):
            options = {"oh": life.oh, "dish": life.dishes, "sound": life.sounds, "reading": life.reading}[name]
            return str(self._draw(name, options))
        if name == "treasure":
            return getattr(life.treasure, form or "noun")
        if name == "hobby":
            return getattr(self._draw(name, life.hobbies), form)
        if name == "worry":
            return getattr(self._draw(name, life.worries), form)
        if name == "joy":
            return getattr(self._draw(name, life.joys), form)
        if name == "work" and life.work is not None:
            if form == "trouble":
                return str(self._draw("work.trouble", life.work.troubles))
            if form == "win":
                return str(self._draw("work.win", life.work.wins))
            if form == "task":
                return str(self._draw("work.task", life.work.task))
            return getattr(life.work, form)
        raise MissingFact(f"{name}.{form}" if form else name)

    def _draw(self, name: str, options: tuple[object, ...]) -> object:
        if name not in self._drawn:
            if not options:
                raise MissingFact(name)
            self._drawn[name] = self.chance.pick(options)
        return self._drawn[name]
