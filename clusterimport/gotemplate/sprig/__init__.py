"""The functions of sprig 3.2.2, one module for each family.

`FUNCTIONS` holds them all, the refused ones too; what a family needs beside its functions
(word rules, decimals, time layouts) stands in modules without functions.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from clusterimport.gotemplate.functions import Entry
from clusterimport.gotemplate.sprig import (
    constraints,
    dates,
    defaults,
    dicts,
    encoding,
    hashes,
    jsontext,
    lists,
    numeric,
    paths,
    reflection,
    refused,
    regexps,
    shaping,
    strings,
    urls,
)

__all__ = ["FUNCTIONS"]


def _merged(families: Iterable[Mapping[str, Entry]]) -> Mapping[str, Entry]:
    merged: dict[str, Entry] = {}
    for family in families:
        for name, entry in family.items():
            if name in merged or name != entry.name:
                raise ValueError(f"the function {name} is declared twice or under another name")
            merged[name] = entry
    return MappingProxyType(merged)


FUNCTIONS: Final[Mapping[str, Entry]] = _merged(
    module.FUNCTIONS
    for module in (
        constraints,
        dates,
        defaults,
        dicts,
        encoding,
        hashes,
        jsontext,
        lists,
        numeric,
        paths,
        reflection,
        refused,
        regexps,
        shaping,
        strings,
        urls,
    )
)
