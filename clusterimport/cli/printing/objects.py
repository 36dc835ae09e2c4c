"""Objects and other data as YAML or JSON on standard output."""

import json
from collections.abc import Iterable
from typing import Any

import click
import yaml

from clusterimport.authoring.yamlnodes import is_text
from clusterimport.libyaml import CSafeDumper


class _Dumper(CSafeDumper):
    """Quotes what YAML 1.1 in Go would not read as the text that it is, such as ``y``."""


def _text(dumper: CSafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None if is_text(text) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def print_yaml(objects: Iterable[Any]) -> None:
    """Print one document per object."""
    for index, each in enumerate(objects):
        click.echo(f"---\n{yaml_of(each)}" if index else yaml_of(each), nl=False)


def yaml_of(value: Any) -> str:
    """Return an object as YAML, in the order of its fields."""
    return str(yaml.dump(value, Dumper=_Dumper, sort_keys=False, width=100, allow_unicode=True))


def print_json(value: Any) -> None:
    """Print one JSON text, indented."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))
