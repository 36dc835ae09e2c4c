"""Functions that fail, or say no, where sprig's nearest relatives go on with something wrong."""

from typing import Any, Final

from clusterimport.gotemplate.functions import ANY, STRING, Entry, Function
from clusterimport.gotemplate.limits import Meter
from clusterimport.gotemplate.sprig.encoding import decode_base64
from clusterimport.gotemplate.sprig.texts import text_function
from clusterimport.gotemplate.values import ConstantError, FunctionError, type_name


def required(message: str, value: Any) -> Any:
    """Return the value; fail with the author's message if it is nil or an empty text."""
    if value is None or value == "":
        raise FunctionError(message, by_author=True)
    return value


def condition_true(meter: Meter, obj: Any, condition: str) -> bool:
    """Tell whether `status.conditions` of an object has this type with the status `True`.

    An object that is missing, or has no conditions, has none that is true.
    """
    if obj is None:
        return False
    if not isinstance(obj, dict):
        raise ConstantError(f"expected an object; got {type_name(obj)}")
    status = obj.get("status")
    conditions = status.get("conditions") if isinstance(status, dict) else None
    if not isinstance(conditions, list):
        return False
    meter.spend(len(conditions) >> 1)
    return any(
        isinstance(item, dict) and item.get("type") == condition and item.get("status") == "True"
        for item in conditions
    )


_ENTRIES: Final = (
    Function("required", required, (STRING, ANY)),
    text_function("mustB64dec", decode_base64, STRING, shift=6),
    Function("conditionTrue", condition_true, (ANY, STRING), needs_meter=True, weight=2),
)

FUNCTIONS: Final[dict[str, Entry]] = {entry.name: entry for entry in _ENTRIES}
