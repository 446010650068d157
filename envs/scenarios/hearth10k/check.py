"""The author's checker: reads archetypes and residents, tries them in many fillings, prints faults and samples.

Run it on files: ``python -m envs.scenarios.hearth10k.check FILE... [--samples N]``.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path

from envs.residents.scripts import resident_scripts
from envs.scenarios.hearth10k.archetype import KINDS, Archetype, Moment, read_archetype
from envs.scenarios.hearth10k.casting import MissingFact, is_taken, unknown_slots
from envs.scenarios.hearth10k.chance import Chance
from envs.scenarios.hearth10k.moments import (
    MOST_WORDS,
    Murmur,
    apt,
    facts_of,
    lines_for,
    options_for,
    pairs_well,
    roles_of,
    scripts_of,
    situations_for,
    speak,
    suits,
)
from envs.scenarios.hearth10k.residents import AGE_TAGS, TAGS, Dweller, read_resident
from envs.scenarios.hearth10k.staging import resolve, room_of
from envs.scenarios.hearth10k.template import Span, parse_template, tidy
from envs.scenarios.loading import ScenarioError

_TRIES = 40
_VARIETY = 180
"""Different murmurs, and situations, that one archetype must be able to make: about eighty are drawn."""
_BANNED = re.compile(r"know exactly how|understand how you|how you feel|as an AI|here for you\b", re.IGNORECASE)
_ODD = re.compile(
    r"  |[{}\[\]|]|\(\s*\)| [,.;:!?](?!\.)|[,;]{2}|[,;][.!?]|(?<!\.)\.\.(?!\.)|"
    r"\b(an?|the|of|to|in|on|at|and|or|is|was|has|for|with|their|his|her|my|your|it) \1\b|"
    r"\ba [aeio]\w|\ban [bcdfgjklmnpqrstvwxz]\w",
    re.IGNORECASE,
)
_A_ANYWAY = re.compile(r"\ba (?:one|once|uni|use|euro)", re.IGNORECASE)
_AN_ANYWAY = re.compile(r"\ban (?:hour|honest|heir|x-?ray|mp3|sms|fm|lp|nhs|mri)", re.IGNORECASE)
_RESIDENT_WORDS = frozenset({"they", "them", "their", "theirs", "themself"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Check files; returns the number of faults, at most 1 as an exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--samples", type=int, default=6, help="samples to print for each archetype")
    options = parser.parse_args(arguments)
    dwellers = _dwellers()
    faults = 0
    for file in options.files:
        report = list(_check(file, dwellers, options.samples))
        found = [line for line in report if line.startswith("ERROR")]
        faults += len(found)
        print(f"== {file.name}: {len(found)} errors")
        print("\n".join(report))
    print(f"{faults} errors")
    return int(faults > 0)


def _dwellers() -> list[Dweller]:
    folder = Path(str(resources.files("envs.scenarios.hearth10k"))) / "residents"
    found = []
    for file in sorted(folder.glob("*.yaml")):
        try:
            found.append(read_resident(file))
        except ScenarioError:
            continue  # another author's unfinished file
    return found


def _check(file: Path, dwellers: list[Dweller], samples: int) -> Iterator[str]:
    try:
        if file.parent.name == "residents":
            yield from _check_resident(read_resident(file))
        else:
            yield from _check_archetype(read_archetype(file), dwellers, samples)
    except ScenarioError as error:
        yield f"ERROR {error}"


def odd(text: str) -> str:
    """What looks like a seam in a filled text; empty if nothing does."""
    for match in _ODD.finditer(text):
        around = text[match.start() :]
        if not (_A_ANYWAY.match(around) or _AN_ANYWAY.match(around)):
            return match.group(0)
    if text and text[0].islower():
        return text[:12]
    return ""


# -- archetypes ------------------------------------------------------------------------------------------------------


def _check_archetype(archetype: Archetype, dwellers: list[Dweller], samples: int) -> Iterator[str]:
    known = set(resident_scripts())
    for script in archetype.scripts:
        if script not in known:
            yield f"ERROR scripts: unknown {script!r}"
    if len(archetype.moments) < 8:
        yield f"ERROR expected at least 8 moments, got {len(archetype.moments)}"
    yield from _check_conditions(archetype)
    yield from _check_slots(archetype)
    lines: Counter[str] = Counter()
    stories: Counter[str] = Counter()
    gaps: Counter[str] = Counter()
    plans: Counter[tuple[str, ...]] = Counter()
    actions: Counter[str] = Counter()
    shown: list[str] = []
    unused = {(kind, place) for kind in KINDS for place in range(len(archetype.responses.of(kind)))}
    seen: set[object] = set()
    met: Counter[str] = Counter()
    for dweller in dwellers:
        for moment in archetype.moments:
            if not suits(dweller, archetype, moment):
                continue
            met[moment.id] += 1
            for script in scripts_of(archetype, moment):
                found = {kind: options_for(archetype, moment, script, dweller, kind) for kind in KINDS}
                unused -= {(kind, option.place) for kind in KINDS for option in found[kind]}
                for kind in KINDS:
                    if not found[kind]:
                        gaps[f"no {kind} response: {moment.id} (cue {moment.cue}) + {script}, e.g. {dweller.id}"] += 1
                if found["best"]:
                    for best in apt(found["best"]):
                        plans[best.actions] += 1
                        actions.update(best.actions)
                        if found["good"] and not any(pairs_well(best.actions, good.actions) for good in found["good"]):
                            gaps[
                                f"no good response that differs from best {best.place + 1}: {moment.id} + {script}, "
                                f"e.g. {dweller.id}"
                            ] += 1
            for turn in range(_TRIES):
                murmur, fault = _try(dweller, archetype, moment, turn)
                about = (moment.id, fault.partition(":")[0])
                if fault and about not in seen:
                    seen.add(about)
                    yield f"ERROR {moment.id}: {fault}"
                if murmur:
                    lines[murmur.dialogue] += 1
                    stories[murmur.situation] += 1
            for fault in _check_words(dweller, archetype, moment):
                if fault not in seen:
                    seen.add(fault)
                    yield f"ERROR {fault}"
    for moment in archetype.moments:
        if not met[moment.id]:
            yield f"WARNING moment {moment.id}: suits none of the {len(dwellers)} residents there are so far"
    for gap, count in gaps.most_common(12):
        yield f"ERROR {gap} ({count} cases)"
    for kind, place in sorted(unused):
        yield f"WARNING {kind} {place + 1}: never possible with the residents there are so far"
    for what, count in (("murmurs", _variety(archetype, 0)), ("situations", _variety(archetype, 1))):
        level = "ERROR" if count < _VARIETY else "ok"
        tried = len(lines if what == "murmurs" else stories)
        yield f"{level} about {count} different {what} (at least {_VARIETY} wanted; met while trying: {tried})"
    total = sum(actions.values())
    yield f"{len(plans)} different best plans; actions in them: " + ", ".join(
        f"{name} {100 * count / total:.0f} %" for name, count in actions.most_common()
    )
    shown = list(_samples(archetype, dwellers, samples))
    yield from shown


def _check_conditions(archetype: Archetype) -> Iterator[str]:
    stage = {"in_bedroom", "in_kitchen", "in_bathroom"}
    groups: list[tuple[str, tuple[str, ...], bool]] = [("who", archetype.who, False)]
    for moment in archetype.moments:
        groups.append((f"moment {moment.id}", moment.who, False))
        groups += [(f"moment {moment.id}: line", line.who, False) for line in moment.lines]
    groups += [("helps/annoys", item.when, True) for item in (*archetype.helps, *archetype.annoys)]
    for kind in KINDS:
        for place, variant in enumerate(archetype.responses.of(kind)):
            groups.append((f"{kind} {place + 1}", variant.when, True))
            if len(variant.say) < (3 if kind == "best" else 2):
                yield f"ERROR {kind} {place + 1}: expected at least {3 if kind == 'best' else 2} wordings in say"
            for script in archetype.scripts:
                try:
                    resolve(variant.do, script)
                except ValueError as error:
                    yield f"ERROR {kind} {place + 1}: {error}"
                    break
    for where, conditions, staged in groups:
        for condition in conditions:
            for part in condition.split("|"):
                tag = part.lstrip("-")
                key, _, value = tag.partition("=")
                if tag in TAGS or (staged and tag in stage):
                    continue
                if staged and (
                    (key == "scr" and value in resident_scripts())
                    or (key == "home" and value in ("maple", "harbour", "terrace"))
                    or (key == "cue" and value in archetype.cues)
                    or (key == "moment" and value in {moment.id for moment in archetype.moments})
                ):
                    continue
                yield f"ERROR {where}: unknown tag {tag!r}"


def _check_slots(archetype: Archetype) -> Iterator[str]:
    for moment in archetype.moments:
        roles, facts = roles_of(archetype, moment), facts_of(archetype, moment)
        for name in (*roles, *facts):
            if is_taken(name):
                yield f"ERROR moment {moment.id}: the name {name!r} is taken by a slot of the resident"
        texts = [(f"moment {moment.id}: situation", text, False) for text in moment.situations]
        texts += [(f"moment {moment.id}: line", line.line, False) for line in moment.lines]
        for kind in KINDS:
            for place, variant in enumerate(archetype.responses.of(kind)):
                if (variant.cue and moment.cue not in variant.cue) or (variant.moments and moment.id not in variant.moments):
                    continue
                texts += [(f"{kind} {place + 1}", text, True) for text in (*variant.say, variant.why, variant.plan)]
        for where, text, stage in texts:
            slots = parse_template(text).slots()
            wrong = unknown_slots(slots, roles, facts, stage)
            if wrong:
                yield f"ERROR {where} (for moment {moment.id}): unknown slot {', '.join(sorted(wrong))}"
            if where.endswith("line"):
                if any(slot.name in _RESIDENT_WORDS for slot in slots):
                    yield f"ERROR {where}: a murmur says I, me, my; got {text!r}"
                if not any(isinstance(node, Span) for node in parse_template(text).nodes):
                    yield f"ERROR {where}: expected at least one appraisal span in {text!r}"
                if any(slot.name == "name" for slot in slots):
                    yield f"ERROR {where}: no names in murmurs"


def _try(dweller: Dweller, archetype: Archetype, moment: Moment, turn: int) -> tuple[Murmur | None, str]:
    chance = Chance("check", dweller.id, archetype.id, moment.id, turn)
    line, story = chance.pick(lines_for(dweller, archetype, moment)), chance.pick(situations_for(dweller, archetype, moment))
    try:
        murmur = speak(dweller, archetype, moment, line, story, chance)
    except (MissingFact, KeyError) as error:
        return None, f"cannot fill {error} for {dweller.id}"
    if murmur is None:
        again = Chance("check", dweller.id, archetype.id, moment.id, turn, "long")
        longest = _longest(dweller, archetype, moment, line, again)
        return None, f"line {line + 1}: more than {MOST_WORDS} words in a filling, e.g. {longest!r}"
    for what, text in (("line", murmur.dialogue), ("situation", murmur.situation)):
        if odd(text):
            return murmur, f"{what} reads oddly at {odd(text)!r}: {text!r}"
    words = len(murmur.situation.split())
    if not 18 <= words <= 75:
        return murmur, f"situation {story + 1}: expected 20 to 60 words, got {words}: {murmur.situation!r}"
    for part in dweller.profile.name.split():
        if re.search(rf"\b{re.escape(part)}\b", murmur.dialogue):
            return murmur, f"line {line + 1}: a name in {murmur.dialogue!r}"
    covered = sum(end - start for start, end, _ in murmur.spans)
    if covered < 0.5 * len(murmur.dialogue):
        return murmur, f"line {line + 1}: spans cover less than half of {murmur.dialogue!r}"
    return murmur, ""


def _longest(dweller: Dweller, archetype: Archetype, moment: Moment, line: int, chance: Chance) -> str:
    from envs.scenarios.hearth10k.casting import Casting, cast_roles

    longest = ""
    for _ in range(20):
        roles = cast_roles(dweller, roles_of(archetype, moment), chance) or {}
        text = tidy(Casting(dweller, roles, facts_of(archetype, moment), chance).raw(moment.lines[line].template))[0]
        longest = max(longest, text, key=lambda words: len(words.split()))
    return longest


def _check_words(dweller: Dweller, archetype: Archetype, moment: Moment) -> Iterator[str]:
    """Utterances, reasons and plans in a filling."""
    chance = Chance("words", dweller.id, archetype.id, moment.id)
    murmur = speak(
        dweller, archetype, moment, chance.pick(lines_for(dweller, archetype, moment)),
        chance.pick(situations_for(dweller, archetype, moment)), chance,
    )  # fmt: skip
    if murmur is None:
        return
    script = chance.pick(scripts_of(archetype, moment))
    for kind in KINDS:
        for option in options_for(archetype, moment, script, dweller, kind):
            murmur.casting.stage = dict(option.stage)
            where = f"{kind} {option.place + 1}"
            for text in option.variant.say:
                try:
                    said = murmur.casting.text(text)
                except (MissingFact, KeyError) as error:
                    hint = "{near} needs sit"
                    yield f"{where}: cannot fill {error} (moment {moment.id}, {script}); {hint}"
                    continue
                words = len(said.split())
                if not 8 <= words <= 48:
                    yield f"{where}: expected 12 to 45 words, got {words}: {said!r}"
                if odd(said):
                    yield f"{where} reads oddly at {odd(said)!r}: {said!r}"
                if _BANNED.search(said):
                    yield f"{where}: banned phrase in {said!r}"
            for text in (option.variant.why, option.variant.plan):
                try:
                    said = murmur.casting.text(text)
                except (MissingFact, KeyError) as error:
                    yield f"{where}: cannot fill {error}"
                    continue
                if said and odd(said):
                    yield f"{where} reads oddly at {odd(said)!r}: {said!r}"
                if text is option.variant.plan and len(said.split()) > 40:
                    yield f"{where}: plan of more than 40 words"


def _variety(archetype: Archetype, which: int) -> int:
    """About how many different texts an archetype can make with one hundred residents (each resident slot counts as three)."""
    total = 0
    for moment in archetype.moments:
        facts = facts_of(archetype, moment)
        texts = [line.line for line in moment.lines] if which == 0 else list(moment.situations)
        for text in texts:
            template = parse_template(text)
            count = template.wordings()
            for name in {slot.name for slot in template.slots()}:
                if name in facts:
                    count *= len(facts[name])
                elif name in ("work", "hobby", "dish", "sound", "reading", "worry", "joy", "oh", "treasure", "town", "origin"):
                    count *= 12
                elif name in roles_of(archetype, moment):
                    count *= 4
                elif name in _RESIDENT_WORDS and which == 1 and name == "they":
                    count *= 2
            total += min(count, 200)
    return total


def _samples(archetype: Archetype, dwellers: list[Dweller], count: int) -> Iterator[str]:
    chance = Chance("show", archetype.id)
    for turn in range(count):
        moment = archetype.moments[turn % len(archetype.moments)]
        able = [dweller for dweller in dwellers if suits(dweller, archetype, moment)]
        if not able:
            continue
        dweller = chance.pick(able)
        murmur = speak(
            dweller, archetype, moment, chance.pick(lines_for(dweller, archetype, moment)),
            chance.pick(situations_for(dweller, archetype, moment)), chance,
        )  # fmt: skip
        if murmur is None:
            continue
        script = chance.pick(scripts_of(archetype, moment))
        yield f"--- {moment.id} | {dweller.id}, {dweller.age} | {script} ({room_of(script)}) | {murmur.feeling.label}"
        yield f"  {murmur.situation}"
        yield f'  "{murmur.dialogue}"  {[label for _, _, label in murmur.spans]}'
        for kind in KINDS:
            options = options_for(archetype, moment, script, dweller, kind)
            if options:
                option = chance.pick(apt(options) if kind == "best" else options)
                murmur.casting.stage = dict(option.stage)
                yield f"    {kind}: {', '.join(option.actions)}: {murmur.casting.text(chance.pick(option.variant.say))}"
        yield ""


# -- residents -------------------------------------------------------------------------------------------------------


def _check_resident(dweller: Dweller) -> Iterator[str]:
    life = dweller.life
    texts = [life.town, life.origin, life.treasure.noun, life.treasure.story, *life.dishes, *life.sounds, *life.reading]
    texts += [text for worry in life.worries for text in (worry.story, worry.say, worry.ask)]
    texts += [text for joy in life.joys for text in (joy.story, joy.say)]
    names = [part for part in dweller.profile.name.split() if len(part) > 2]
    told = [(worry.story, worry.say) for worry in life.worries] + [(joy.story, joy.say) for joy in life.joys]
    for story, say in told:
        if len(say.split()) > 9:
            yield f"ERROR at most 9 words wanted in {say!r}"
        if not re.match(r".*[.!?\"”]$", story):
            yield f"ERROR expected full sentences in {story!r}"
        for part in names:
            if re.search(rf"\b{re.escape(part)}\b", say):
                yield f"ERROR a name in the murmur {say!r}"
    for text in texts:
        if re.search(r"[{}\[\]|]|  ", text):
            yield f"ERROR slots and brackets do not belong in a life: {text!r}"
    for interjection in life.oh:
        if len(interjection.split()) > 2 or interjection[-1] not in ".!?…":
            yield f"ERROR oh: at most 2 words and a full stop wanted, got {interjection!r}"
    if not 5 <= len(life.people) <= 8:
        yield f"ERROR expected 5 to 8 people, got {len(life.people)}"
    if len({person.bond for person in life.people}) < 4:
        yield "ERROR people: expected at least 4 different bonds"
    if life.work:
        for task in life.work.task:
            if not re.match(r"\w+ing\b", task):
                yield f"ERROR work.task: expected -ing, got {task!r}"
        for clause in (*life.work.troubles, *life.work.wins):
            if clause[-1] in ".!?":
                yield f"ERROR work.troubles and wins are clauses without a full stop: {clause!r}"
    for hobby in life.hobbies:
        if not re.match(r"\w+ing\b", hobby.doing):
            yield f"ERROR hobbies.doing: expected -ing, got {hobby.doing!r}"
    if "deaf" not in dweller.tags and len(life.sounds) < 2:
        yield "ERROR sounds: expected 2"
    if "blind" not in dweller.tags and len(life.reading) < 2 and dweller.age > 7:
        yield "ERROR reading: expected 2"
    if "migrant" in dweller.tags and not life.origin:
        yield "ERROR origin: expected for a migrant"
    yield f"tags: {', '.join(sorted(dweller.tags - set(AGE_TAGS)))}"


if __name__ == "__main__":
    sys.exit(main())
