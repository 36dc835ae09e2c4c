"""The root of every exception of this package.

Each sub-package has an ``errors`` module whose docstring draws its branch of the tree; this
module imports nothing, so that every layer can stand on it.
"""


class ClusterImportError(Exception):
    """Anything that this package raises on purpose."""
