"""The controller as in a pod, with token and CA of a folder: `python -P inpod.py FOLDER URL …`.

Memory is compared with the Deployment's limit, and in a pod the library that reads kubeconfigs is
never loaded. `-P` and a path, not `-m`: the interpreter says which clusterimport is measured.
"""

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

from clusterimport.cli.main import main
from clusterimport.kube import loading


def _main() -> None:
    folder, url = Path(sys.argv.pop(1)), urlsplit(sys.argv.pop(1))
    defaults = loading.incluster_settings.__kwdefaults__
    assert defaults is not None
    defaults["folder"] = folder
    os.environ["KUBERNETES_SERVICE_HOST"] = url.hostname or ""
    os.environ["KUBERNETES_SERVICE_PORT"] = str(url.port)
    sys.exit(main())


if __name__ == "__main__":
    _main()
