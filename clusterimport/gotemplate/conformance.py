"""Answer test cases as the Go oracle does: JSON in, JSON out.

The JSON is decoded as Kubernetes does, so that data means the same here and in Go.
"""

import base64
import json
import re
from typing import Any, Final

from clusterimport.gotemplate.errors import ExecError, GoTemplateError, RefusedFunctionError
from clusterimport.gotemplate.gostrings import from_bytes, to_bytes
from clusterimport.gotemplate.template import Template

__all__ = ["answer", "decode"]

_INT64: Final = range(-(1 << 63), 1 << 63)
_LONE_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_MAX_INT64_DIGITS: Final = 20


def answer(case: dict[str, Any]) -> dict[str, Any]:
    """Render a case: `{"id", "ok": true, "output" | "output_b64"}`.

    Or `{"id", "ok": false, "stage": "parse" | "exec", "error"}`, with `"refused"` naming a
    function that this project refuses.
    """
    result: dict[str, Any] = {"id": case.get("id")}
    try:
        output = Template(case["template"]).render(case.get("data"))
    except GoTemplateError as error:
        # An error may quote bytes that are no UTF-8.
        message = _LONE_SURROGATES.sub("\ufffd", error.message)
        result |= {"ok": False, "stage": error.stage, "error": message}
        if isinstance(error, RefusedFunctionError):
            result["refused"] = error.function
        elif isinstance(error, ExecError) and error.refused:
            result["refused"] = error.refused
        return result
    result["ok"] = True
    data = to_bytes(output)
    try:
        result["output"] = data.decode()
    except UnicodeDecodeError:
        result["output_b64"] = base64.b64encode(data).decode()
    return result


def _number(text: str) -> int | float:
    """Return int64 if it fits, else float64."""
    if len(text) <= _MAX_INT64_DIGITS:
        number = int(text)
        if number in _INT64:
            return number
    return float(text)


def decode(line: str | bytes) -> Any:
    """Return the value of a JSON text; whole numbers beyond int64 become floats."""
    text = line if isinstance(line, str) else from_bytes(line)
    if not text.isascii():
        # Go reads each wrong byte as one U+FFFD, Python would read several together as one.
        text = _LONE_SURROGATES.sub("\ufffd", text)
    value = json.loads(text, parse_int=_number)
    # Only escapes can make lone surrogates then, and Go reads those as U+FFFD.
    return _repaired(value) if "\\ud" in text.lower() else value


def _repaired(value: Any) -> Any:
    if isinstance(value, str):
        return _LONE_SURROGATES.sub("\ufffd", value)
    if isinstance(value, list):
        return [_repaired(item) for item in value]
    if isinstance(value, dict):
        return {_repaired(key): _repaired(item) for key, item in value.items()}
    return value
