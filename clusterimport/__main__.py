"""``python -m clusterimport`` is the command ``clusterimport``."""

import sys

from clusterimport.cli.entry import clusterimport

if __name__ == "__main__":
    sys.exit(clusterimport())
