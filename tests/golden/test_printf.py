"""Go's own answers for every verb and flag over every kind of value.

`printf.json` maps an argument as a template writes it to formats and their output (made with Go's
text/template and the data `{"n": 42}`).
"""

import base64
import json
from pathlib import Path

import pytest

from clusterimport.gotemplate.gostrings import to_bytes
from clusterimport.gotemplate.template import Template

_ROWS = json.loads((Path(__file__).parent / "printf.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("argument", _ROWS)
def test_argument(argument: str) -> None:
    """The argument prints as in Go under every format."""
    expected = {}
    ours = {}
    for directive, output in _ROWS[argument].items():
        is_binary = isinstance(output, dict)
        expected[directive] = base64.b64decode(output["b64"]) if is_binary else output.encode()
        rendered = Template(f'{{{{ printf "{directive}" {argument} }}}}').render({"n": 42})
        ours[directive] = to_bytes(rendered)
    assert ours == expected
