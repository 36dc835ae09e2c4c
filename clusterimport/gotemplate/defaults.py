"""The functions a template has unless its caller says otherwise: Go's own and sprig's."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from clusterimport.gotemplate import sprig
from clusterimport.gotemplate.builtins import BUILTINS
from clusterimport.gotemplate.functions import Entry

__all__ = ["DEFAULT"]

# Sprig comes last: its `slice` replaces the builtin one.
DEFAULT: Final[Mapping[str, Entry]] = MappingProxyType({**BUILTINS, **sprig.FUNCTIONS})
