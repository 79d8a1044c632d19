"""The documents of the interface, and validation of values against them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft7Validator, Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT7, DRAFT202012

from tests.support.player import Json

DOCS = Path(__file__).parents[2] / "docs"
URN = "urn:document"

Steps = tuple[str, ...]
"""A place in a document, as the keys that lead there."""


class Document:
    """A YAML document whose schemas are of one draft of JSON Schema."""

    def __init__(self, name: str, draft: type[Draft7Validator] | type[Draft202012Validator]) -> None:
        self.content: Json = yaml.load((DOCS / name).read_text(), yaml.CSafeLoader)  # ten times as fast
        self._draft = draft
        specification = DRAFT7 if draft is Draft7Validator else DRAFT202012
        resource = specification.create_resource(self.content)
        self._registry: Registry[Any] = Registry().with_resource(URN, resource)

    def find(self, *steps: str) -> tuple[Steps, Any]:
        """The content at `steps`, and its place once every $ref on the way is followed."""
        place: Steps = ()
        node: Any = self.content
        for step in steps:
            place, node = (*place, step), node[int(step) if isinstance(node, list) else step]
            if isinstance(node, dict) and "$ref" in node:
                place, node = self.find(*local(node["$ref"]))
        return place, node

    def at(self, *steps: str) -> Any:
        return self.find(*steps)[1]

    def faults(self, value: object, *steps: str) -> list[str]:
        """The faults that the schema at `steps` finds in `value`; none where it is valid."""
        place, _ = self.find(*steps)
        pointer = "/".join(step.replace("~", "~0").replace("/", "~1") for step in place)
        schema = {"$ref": f"{URN}#/{pointer}"}
        validator = self._draft(schema, registry=self._registry, format_checker=FormatChecker())
        return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]

    def check_schema(self, *steps: str) -> None:
        """Raise SchemaError where there is no valid schema at `steps`."""
        self._draft.check_schema(self.at(*steps))


def local(ref: str) -> Steps:
    """The place that a $ref within its own document names."""
    assert ref.startswith("#/"), f"{ref} leads out of the document"
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in ref[2:].split("/"))


def refs(node: object) -> Iterator[str]:
    """Every $ref in `node`."""
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from refs(value)
    elif isinstance(node, list):
        for value in node:
            yield from refs(value)


LATER = "created_by", "rated"
"""A key of an event, and another beside it that events of before 0.3.0 do not have."""


OPTIONAL = {"bot", "opening"}
"""Keys that are only there where there is something to say."""


def spoiled(value: object) -> Iterator[Any]:
    """`value` with one key more or one less, for each object in it and each of its keys.

    A list is cut to one item, in turn the first of each type.
    """
    if isinstance(value, dict):
        yield {**value, "unheard_of": 1}
        for key, inner in value.items():
            if key not in OPTIONAL and not (key == LATER[1] and LATER[0] in value):
                yield {other: value[other] for other in value if other != key}
            for worse in spoiled(inner):
                yield {**value, key: worse}
    elif isinstance(value, list):
        firsts = {inner.get("type") if isinstance(inner, dict) else None: inner for inner in reversed(value)}
        for inner in firsts.values():
            for worse in spoiled(inner):
                yield [worse]


def examples() -> Iterator[tuple[Document, object, Steps]]:
    """Every example in both documents, and the place of its schema."""
    for place, node in _objects(OPENAPI.content, ()):
        if "schema" in node:
            shown = [example["value"] for example in node.get("examples", {}).values()]
            for value in shown + ([node["example"]] if "example" in node else []):
                yield OPENAPI, value, (*place, "schema")
    for name, message in ASYNCAPI.content["components"]["messages"].items():
        for example in message["examples"]:
            yield ASYNCAPI, example["payload"], ("components", "messages", name, "payload")


def _objects(node: object, place: Steps) -> Iterator[tuple[Steps, Json]]:
    if isinstance(node, dict):
        yield place, node
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, inner in items:
        yield from _objects(inner, (*place, str(step)))


OPENAPI = Document("openapi.yaml", Draft202012Validator)
ASYNCAPI = Document("asyncapi.yaml", Draft7Validator)
