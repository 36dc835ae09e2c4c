"""``python -m clusterimport`` is the command ``clusterimport``."""

import sys

from clusterimport.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
