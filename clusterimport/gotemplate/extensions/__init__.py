"""This project's own functions, which neither Go nor sprig has: no template with them is portable.

Conformance mode does not know them; whoever wants them hands `{**DEFAULT, **FUNCTIONS}` to a
template. Like all others they see nothing but their arguments.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from clusterimport.gotemplate.extensions import checks, kubeconfigs, yamlreader, yamlwriter
from clusterimport.gotemplate.functions import Entry

__all__ = ["FUNCTIONS"]

FUNCTIONS: Final[Mapping[str, Entry]] = MappingProxyType(
    checks.FUNCTIONS | kubeconfigs.FUNCTIONS | yamlreader.FUNCTIONS | yamlwriter.FUNCTIONS
)
