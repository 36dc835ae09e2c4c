"""libyaml's parser and emitter, by PyYAML.

Every wheel of PyYAML has them; what was built from source without libyaml's headers has not. There
is no way without: that what is written reads the same to Go is shown for libyaml.
"""

from typing import Final

from clusterimport.errors import ClusterImportError


class LibYamlMissingError(ClusterImportError):
    """This Python's PyYAML was built without libyaml."""

    code: Final = 1
    """What a program ends with."""


try:
    from yaml import CSafeDumper, CSafeLoader
except ImportError as error:
    raise LibYamlMissingError(
        "PyYAML was built without libyaml here, without which nothing can be read or written: "
        "install a wheel of it (pip install --only-binary PyYAML PyYAML)"
    ) from error

__all__ = ["CSafeDumper", "CSafeLoader", "LibYamlMissingError"]
