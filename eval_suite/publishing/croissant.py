"""Croissant metadata (MLCommons, version 1.0): what is in a data set folder, for machines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eval_suite.publishing.rows import COLUMNS, Column

_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_TYPES = {"text": "sc:Text", "integer": "sc:Integer", "number": "sc:Float", "flag": "sc:Boolean"}


def croissant(
    configs: Mapping[str, Sequence[str]],
    *,
    name: str,
    description: str,
    licence: str,
    version: str,
    date: str,
    keywords: Sequence[str],
    media: bool,
) -> dict[str, Any]:
    """The metadata of a data set folder whose tables are ``data/<config>/<split>.parquet``.

    Args:
        configs: configuration to its splits.
        name: of the data set.
        description: one paragraph.
        licence: its address or its name.
        version: of the data, as ``1.0.0``.
        date: when it was published, as ``2026-01-31``.
        keywords: what it is about.
        media: whether films lie beside the tables.
    """
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": name,
        "description": description,
        "license": licence,
        "version": version,
        "datePublished": date,
        "keywords": list(keywords),
        "inLanguage": "en",
        "isAccessibleForFree": True,
        "creator": {"@type": "Organization", "name": "The EmpathyGym authors"},
        "citeAs": f"The EmpathyGym authors: {name}, version {version}",
        "url": "./",
        "distribution": [*_tables(configs), *(_media() if media else ())],
        "recordSet": [
            record for config, splits in configs.items() for record in (_splits(config, splits), _records(config, splits))
        ],
    }


def _tables(configs: Mapping[str, Sequence[str]]) -> Iterator[dict[str, Any]]:
    for config in configs:
        yield {
            "@type": "cr:FileSet",
            "@id": f"{config}-tables",
            "name": f"{config}-tables",
            "description": f"One Parquet file for each part of the split {config}.",
            "encodingFormat": "application/x-parquet",
            "includes": f"data/{config}/*.parquet",
        }


def _media() -> Iterator[dict[str, Any]]:
    for what, kind, pattern in (("films", "video/mp4", "*/*/resident.mp4"), ("stills", "image/jpeg", "*/*/frames/*.jpg")):
        yield {
            "@type": "cr:FileSet",
            "@id": what,
            "name": what,
            "description": f"{what.capitalize()} of residents; rows name them by path.",
            "encodingFormat": kind,
            "includes": f"media/{pattern}",
        }


def _splits(config: str, splits: Sequence[str]) -> dict[str, Any]:
    identity = f"{config}_splits"
    return {
        "@type": "cr:RecordSet",
        "@id": identity,
        "name": identity,
        "description": f"Parts of the split {config}.",
        "dataType": "cr:Split",
        "key": {"@id": f"{identity}/name"},
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{identity}/name",
                "name": "name",
                "description": "Name of the part.",
                "dataType": "sc:Text",
            }
        ],
        "data": [{f"{identity}/name": split} for split in splits],
    }


def _records(config: str, splits: Sequence[str]) -> dict[str, Any]:
    part = {
        "@type": "cr:Field",
        "@id": f"{config}/split",
        "name": "split",
        "description": "Which part the sample belongs to.",
        "dataType": "sc:Text",
        "source": {
            "fileSet": {"@id": f"{config}-tables"},
            "extract": {"fileProperty": "filename"},
            "transform": {"regex": f"^({'|'.join(splits)}).*$"},
        },
        "references": {"field": {"@id": f"{config}_splits/name"}},
    }
    return {
        "@type": "cr:RecordSet",
        "@id": config,
        "name": config,
        "description": f"Samples under the split {config}.",
        "key": {"@id": f"{config}/id"},
        "field": [part, *(_field(column, config, config, column.name, "") for column in COLUMNS)],
    }


def _field(column: Column, parent: str, config: str, top: str, path: str) -> dict[str, Any]:
    """A column, or a field within one: those are found by their path in the column's value."""
    identity = f"{parent}/{column.name}"
    made: dict[str, Any] = {"@type": "cr:Field", "@id": identity, "name": column.name, "description": column.meaning}
    if column.many:
        made["repeated"] = True
    if column.fields:
        made["subField"] = [_field(field, identity, config, top, f"{path}.{field.name}".lstrip(".")) for field in column.fields]
        return made
    made["dataType"] = _TYPES[column.kind or "text"]
    made["source"] = {"fileSet": {"@id": f"{config}-tables"}, "extract": {"column": top}}
    if path:
        made["source"]["transform"] = {"jsonPath": path}
    return made
