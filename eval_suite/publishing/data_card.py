"""The data card: what a published set holds, and how good it is, written from what was measured and never by hand."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from envs.scenarios.schema import Scenario
from eval_suite import generalization
from eval_suite.audit import Audit
from eval_suite.generalization import Way
from eval_suite.plain_text import plain
from eval_suite.publishing.films import Filming
from eval_suite.publishing.rows import COLUMNS, Column

SPLITS = ("train", "validation", "test")
_SHORTENED = 12
"""Longest list of the example that is shown whole."""


@dataclass(frozen=True)
class Part:
    """One part of a configuration.

    Args:
        name: train, validation or test.
        scenarios: what it holds.
    """

    name: str
    scenarios: Sequence[Scenario]


@dataclass(frozen=True)
class Config:
    """One configuration: the set under one way of splitting.

    Args:
        name: what ``load_dataset`` calls it.
        what: what the way of splitting keeps apart, in words.
        splits: its parts, none empty.
    """

    name: str
    what: str
    splits: Sequence[Part]

    def size(self, split: str) -> int:
        """How many samples a part holds; 0 if there is no such part."""
        return next((len(part.scenarios) for part in self.splits if part.name == split), 0)


@dataclass(frozen=True)
class FilmStock:
    """What lies in ``media``.

    Args:
        filming: how films were made.
        count: how many.
        seconds_mean: how long they run on average.
        renderer: what drew them.
        failures: samples without one.
    """

    filming: Filming
    count: int
    seconds_mean: float
    renderer: str
    failures: int = 0


@dataclass(frozen=True)
class About:
    """What a set is, in words.

    Args:
        title: its name.
        description: one paragraph.
        making: how it was made.
        citation: BibTeX.
    """

    title: str
    description: str
    making: str
    citation: str = ""


_OWN = "None of the texts are taken from other data sets, and nobody's words were collected."
_ABOUT = {
    "hearth10k": About(
        "Hearth-10k",
        "Moments in a home: a person acts, murmurs a few words, and something has happened that the robot does not know. "
        "Each sample has the person's profile, a film, the murmur, the hidden situation with emotion, needs, commonsense "
        "relations and appraisals, what would help or annoy this person, and ranked responses whose plans a simulator carries "
        "out.",
        "Residents and situations stand in authored files. A composer picks, for each resident and each of their scripts, "
        "situations that fit who they are, what they are doing and where; each response is drawn from variants whose "
        "conditions hold for that person. Labels belong to the authored situation, so they agree with it by construction. "
        f"The same files give the same samples, to the byte, on any machine. {_OWN}",
    ),
    "hearth": About(
        "Hearth",
        "Moments in a home, each authored for one resident: profile, film, murmur, hidden situation with emotion and needs, "
        "and ranked responses whose plans a simulator carries out.",
        f"Every sample stands in an authored file of its resident, as it is. {_OWN}",
    ),
}


def about(source: str) -> About:
    """What is known of a set by its name; a plain account for users' own."""
    known = _ABOUT.get("hearth10k" if source.startswith("hearth10k") else source)
    return known or About(
        source,
        "Moments in a home: a person acts and murmurs a few words; each sample has the hidden situation and ranked responses.",
        "Published from scenarios in the format of EmpathyGym; their authors know how they were made.",
    )


def data_card(
    about: About,
    configs: Sequence[Config],
    audit: Audit,
    ways: Sequence[Way],
    *,
    source: str,
    digest: str,
    example: Mapping[str, Any],
    films: FilmStock | None = None,
) -> str:
    """The card, as Markdown with the YAML header that the Hugging Face Hub reads.

    Args:
        about: what the set is.
        configs: the first is the default.
        audit: of the whole set.
        ways: how retrieval does under each way of splitting.
        source: the scenario set's name, for commands.
        digest: of the content.
        example: a row of it.
        films: None without media.
    """
    from jinja2 import Environment, StrictUndefined

    every = {scenario.id: scenario for config in configs for part in config.splits for scenario in part.scenarios}
    licences = sorted({scenario.provenance.licence for scenario in every.values()} - {""}) or ["not stated"]
    text = (resources.files("eval_suite.publishing") / "data_card.md.j2").read_text(encoding="utf-8")
    template = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False).from_string(text)
    return template.render(
        header=_header(about, configs, len(every), licences),
        title=about.title,
        description=about.description,
        making=about.making,
        citation=about.citation,
        shareable=shareable(licences),
        licences=[_cell(licence) for licence in licences],
        audit=audit,
        audit_table=audit.to_markdown(),
        failed=[
            _cell(f"{check.name} is {check.value}, expected {check.target}") for check in audit.checks if check.ok is False
        ],
        films=films,
        package=_package(),
        digest=digest,
        source=source,
        configs=configs,
        split_names=[name for name in SPLITS if any(config.size(name) for config in configs)],
        example=json.dumps(_shortened(dict(example)), indent=1, ensure_ascii=False),
        columns=list(_lines(COLUMNS)),
        generalization=generalization.to_markdown(ways) if ways else "",
        content=_content(every.values()),
    )


def shareable(licences: Sequence[str]) -> bool:
    """Whether the terms, as far as they are told, let a copy be passed on."""
    return not any("not redistributable" in licence or "not stated" in licence for licence in licences)


def licence_identifier(licences: Sequence[str]) -> str:
    """The Hub's identifier of the terms; ``other`` where it has none, or where they differ."""
    known = {"CC BY 4.0": "cc-by-4.0", "CC BY-SA 4.0": "cc-by-sa-4.0", "CC0 1.0": "cc0-1.0", "MIT": "mit"}
    return known.get(licences[0], "other") if len(licences) == 1 else "other"


def _header(about: About, configs: Sequence[Config], size: int, licences: Sequence[str]) -> str:
    import yaml

    licence = licence_identifier(licences)
    bounds = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
    header: dict[str, Any] = {
        "pretty_name": about.title,
        "license": licence,
        **({} if licence != "other" else {"license_name": "; ".join(licences)}),
        "language": ["en"],
        "size_categories": [next((name for bound, name in bounds if size < bound), "n>1M")],
        "task_categories": ["text-generation", "video-text-to-text", "robotics"],
        "tags": ["empathy", "embodied-ai", "planning", "appraisal", "theory-of-mind", "synthetic-residents"],
        "configs": [
            {
                "config_name": config.name,
                **({"default": True} if place == 0 else {}),
                "data_files": [
                    {"split": part.name, "path": f"data/{config.name}/{part.name}.parquet"} for part in config.splits
                ],
            }
            for place, config in enumerate(configs)
        ],
    }
    return yaml.safe_dump(header, sort_keys=False, allow_unicode=True, width=1000)


def _package() -> str:
    try:
        return version("empathy-gym")
    except PackageNotFoundError:
        return "from source"


def _shortened(value: Any) -> Any:
    """An example that fits on a page: long lists are cut, with a note of how many are left out."""
    if isinstance(value, dict):
        return {name: _shortened(item) for name, item in value.items()}
    if isinstance(value, list):
        kept = [_shortened(item) for item in value[:_SHORTENED]]
        return [*kept, f"... and {len(value) - _SHORTENED} more"] if len(value) > _SHORTENED else kept
    return value


def _lines(columns: Sequence[Column], depth: int = 0) -> Iterator[dict[str, str]]:
    for column in columns:
        kind = column.kind or "record"
        yield {
            "indent": "&nbsp;&nbsp;&nbsp;&nbsp;" * depth,
            "name": column.name,
            "type": f"list of {kind}s" if column.many else kind,
            "meaning": _cell(column.meaning),
        }
        yield from _lines(column.fields, depth + 1)


def _cell(text: str) -> str:
    """Text that keeps within a table's cell."""
    return plain(text, 300).replace("|", "\\|").replace("<", "&lt;")


def _content(scenarios: Any) -> str:
    counts = Counter(tag for scenario in scenarios if scenario.labels for tag in scenario.labels.content)
    return ", ".join(f"{_cell(tag)} ({count:,})" for tag, count in counts.most_common())
