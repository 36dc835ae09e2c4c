"""The dict family: making, reading, copying, changing and merging map[string]interface{}.

`set`, `unset` and the merges change the map they are given and return it. Where Go iterates a map
in random order the keys come sorted here, which is one of the orders Go may take. Deep copies are
made as mitchellh/copystructure 1.0.0 makes them.
"""

from typing import Any, Final, NoReturn

from clusterimport.gotemplate.functions import ANY, MAP, STRING, Entry, Function
from clusterimport.gotemplate.gostrings import sorted_keys
from clusterimport.gotemplate.limits import Meter
from clusterimport.gotemplate.sprig.merging import MergeError, merge_into
from clusterimport.gotemplate.sprig.texts import charge_items, strval
from clusterimport.gotemplate.sprig.versions import Version
from clusterimport.gotemplate.values import ConstantError, GoPanic, NilMap, StringSlice, type_name

_MAP_TYPES: Final = (dict, NilMap)


def make_dict(meter: Meter, *pairs: Any) -> dict[str, Any]:
    """Make a map of keys and values in turn; a last key without value gets ``""``."""
    if len(pairs) % 2:
        pairs = (*pairs, "")
    return {strval(meter, key): value for key, value in zip(pairs[::2], pairs[1::2], strict=True)}


def get(mapping: dict[str, Any], key: str) -> Any:
    """Return the value of a key, or ``""``."""
    return mapping.get(key, "")


def set_key(mapping: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    """Set a key in the map itself."""
    if type(mapping) is NilMap:
        raise GoPanic("assignment to entry in nil map")
    mapping[key] = value
    return mapping


def unset(mapping: dict[str, Any], key: str) -> dict[str, Any]:
    """Delete a key from the map itself."""
    mapping.pop(key, None)
    return mapping


def has_key(mapping: dict[str, Any], key: str) -> bool:
    """Tell whether the map has the key, even with a null."""
    return key in mapping


def pluck(key: str, *mappings: dict[str, Any]) -> list[Any]:
    """Collect the values of one key from several maps."""
    return [mapping[key] for mapping in mappings if key in mapping]


def keys(meter: Meter, *mappings: dict[str, Any]) -> StringSlice:
    """List the keys, sorted map by map."""
    result = StringSlice()
    for mapping in mappings:
        charge_items(meter, len(mapping) << 2)
        result += sorted_keys(mapping)
    return result


def values(meter: Meter, mapping: dict[str, Any]) -> list[Any]:
    """List the values in the order of their keys."""
    charge_items(meter, len(mapping) << 2)
    return [mapping[key] for key in sorted_keys(mapping)]


def pick(mapping: dict[str, Any], *wanted: str) -> dict[str, Any]:
    """Copy only some keys."""
    return {key: mapping[key] for key in wanted if key in mapping}


def omit(meter: Meter, mapping: dict[str, Any], *unwanted: str) -> dict[str, Any]:
    """Copy all but some keys."""
    charge_items(meter, len(mapping) << 1)
    left_out = frozenset(unwanted)
    return {key: value for key, value in mapping.items() if key not in left_out}


def merge(meter: Meter, target: dict[str, Any], *sources: dict[str, Any]) -> Any:
    """Fill what is empty in the first map from the others; ``""`` if types clash."""
    try:
        return must_merge(meter, target, *sources)
    except MergeError:
        return ""


def must_merge(meter: Meter, target: dict[str, Any], *sources: dict[str, Any]) -> dict[str, Any]:
    """Do what `merge` does, but fail if types clash."""
    for source in sources:
        target = merge_into(meter, target, source, overwrite=False)
    return target


def merge_overwrite(
    meter: Meter, target: dict[str, Any], *sources: dict[str, Any]
) -> dict[str, Any]:
    """Overwrite the first map with the others; no types clash then."""
    for source in sources:
        target = merge_into(meter, target, source, overwrite=True)
    return target


def dig(*arguments: Any) -> Any:
    """Follow keys into nested maps: ``dig KEY... DEFAULT MAP``."""
    if len(arguments) < 3:
        raise GoPanic("dig needs at least three arguments")
    *path, fallback, current = arguments
    if type(current) not in _MAP_TYPES:
        _refuse_conversion(current, "map[string]interface {}")
    for key in path:
        if type(key) is not str:
            _refuse_conversion(key, "string")
    for depth, key in enumerate(path):
        if depth and type(current) not in _MAP_TYPES:
            _refuse_conversion(current, "map[string]interface {}")
        if key not in current:
            return fallback
        current = current[key]
    return current


def _refuse_conversion(value: Any, wanted: str) -> NoReturn:
    found = "nil" if value is None else type_name(value)
    raise ConstantError(f"interface conversion: interface {{}} is {found}, not {wanted}")


def deep_copy(meter: Meter, value: Any) -> Any:
    """Copy maps and lists of any depth.

    A semantic version comes back as 0.0.0: the library copies no unexported fields.

    Raises:
        GoPanic: the value is nil.

    """
    if value is None:
        raise GoPanic("reflect: call of reflect.Value.Type on zero Value")
    root: list[Any] = []
    layer: list[tuple[Any, Any]] = [([value], root)]
    depth = -1
    while layer:
        meter.descend(depth)
        depth += 1
        below: list[tuple[Any, Any]] = []
        for source, copy in layer:
            meter.spend(3 + len(source))
            if isinstance(source, dict):
                for key, item in source.items():
                    copy[key] = _begun(item, below)
            else:
                copy += [_begun(item, below) for item in source]
        layer = below
    return root[0]


def _begun(value: Any, below: list[tuple[Any, Any]]) -> Any:
    """Return the copy of a value, still empty for a list or map, which is noted for later."""
    if isinstance(value, (dict, list)):
        copy = type(value)()
        below.append((value, copy))
        return copy
    return type(value)(0, 0, 0, "", "", "") if isinstance(value, Version) else value


_ENTRIES: Final = (
    Function("dict", make_dict, variadic=ANY, needs_meter=True, weight=2),
    Function("get", get, (MAP, STRING)),
    Function("set", set_key, (MAP, STRING, ANY), mutates=True),
    Function("unset", unset, (MAP, STRING), mutates=True),
    Function("hasKey", has_key, (MAP, STRING)),
    Function("pluck", pluck, (STRING,), variadic=MAP),
    Function("keys", keys, variadic=MAP, needs_meter=True, weight=2),
    Function("values", values, (MAP,), needs_meter=True),
    Function("pick", pick, (MAP,), variadic=STRING),
    Function("omit", omit, (MAP,), variadic=STRING, needs_meter=True),
    Function("dig", dig, variadic=ANY),
    Function("merge", merge, (MAP,), variadic=MAP, needs_meter=True, mutates=True),
    Function("mustMerge", must_merge, (MAP,), variadic=MAP, needs_meter=True, mutates=True),
    Function(
        "mergeOverwrite", merge_overwrite, (MAP,), variadic=MAP, needs_meter=True, mutates=True
    ),
    Function(
        "mustMergeOverwrite",
        merge_overwrite,
        (MAP,),
        variadic=MAP,
        needs_meter=True,
        mutates=True,
    ),
    Function("deepCopy", deep_copy, (ANY,), needs_meter=True),
    Function("mustDeepCopy", deep_copy, (ANY,), needs_meter=True),
)

FUNCTIONS: Final[dict[str, Entry]] = {entry.name: entry for entry in _ENTRIES}
