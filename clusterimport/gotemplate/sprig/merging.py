"""How imdario/mergo 0.3.12 merges maps, with or without overwriting.

Nested maps merge in place, everything else is taken whole. Some rules are surprising and kept:
a map never replaces a value that is no map, and null replaces anything when overwriting. One is
not kept: a semantic version that overwrites another would change it wherever else it is held.
"""

from typing import Any

from clusterimport.gotemplate.limits import Meter
from clusterimport.gotemplate.values import (
    FunctionError,
    GoObject,
    GoPanic,
    NilMap,
    StringMap,
    is_nil,
    kind_of,
    type_name,
)

__all__ = ["MergeError", "merge_into"]


class MergeError(FunctionError):
    """A value of the source cannot be merged into the target's."""


def merge_into(
    meter: Meter, target: dict[str, Any], source: dict[str, Any], *, overwrite: bool
) -> dict[str, Any]:
    """Merge the source into the target and return the target (a new map for a nil one).

    Raises:
        MergeError: a map meets a pointer.
        GoPanic: mergo panics.
        LimitError: the maps are too large or nest too deep, which cyclic ones do.

    """
    if type(target) is NilMap:
        if type(source) is NilMap:
            return target
        target = {}
    _Merge(meter, overwrite=overwrite).maps(target, source, 0)
    return target


class _Merge:
    def __init__(self, meter: Meter, *, overwrite: bool) -> None:
        self._meter = meter
        self._overwrite = overwrite

    def maps(self, target: dict[str, Any], source: dict[str, Any], depth: int) -> None:
        self._meter.descend(depth)
        self._meter.spend(3 + 2 * len(source))
        # A map may be merged into itself.
        for key, value in list(source.items()):
            if value is None:
                if self._overwrite:
                    _put(target, key, None, source)
                continue
            current = target.get(key)
            kind = kind_of(value)
            if kind in {"map", "ptr", "struct"}:
                self._nested(current, value, depth)
            elif kind == "slice":
                self._slice(target, key, value)
            fill = _is_empty(current)
            if fill or (self._overwrite and kind not in {"map", "slice"}):
                _put(target, key, value, source)

    def _slice(self, target: dict[str, Any], key: str, value: Any) -> None:
        """Set a list if overwriting; mergo tries to set one in any case."""
        if isinstance(target, StringMap):
            if key in target:
                raise GoPanic("reflect: call of reflect.Value.IsNil on string Value")
            raise _unassignable(type_name(value))
        if self._overwrite:
            target[key] = value

    def _nested(self, current: Any, value: Any, depth: int) -> None:
        """Merge a map (or a record) into what the target has under the key."""
        if isinstance(current, dict):
            if isinstance(value, dict):
                # A nil map inside a map cannot be written; the source takes its place later.
                if not is_nil(current):
                    self.maps(current, value, depth + 1)
            elif self._overwrite:
                raise GoPanic("reflect: reflect.Value.Set using unaddressable value")
        elif (
            isinstance(current, GoObject)
            and current.go_kind == "ptr"
            and not self._overwrite
            and not is_nil(value)
            and kind_of(value) != "ptr"
            and type_name(current) != f"*{type_name(value)}"
        ):
            raise MergeError("src and dst must be of same type")


def _put(target: dict[str, Any], key: str, value: Any, source: dict[str, Any]) -> None:
    if isinstance(target, StringMap) and not isinstance(source, StringMap):
        raise _unassignable("interface {}")
    target[key] = value


def _unassignable(go_type: str) -> GoPanic:
    return GoPanic(
        f"reflect.Value.SetMapIndex: value of type {go_type} is not assignable to type string"
    )


def _is_empty(value: Any) -> bool:
    """Tell what mergo calls empty: as `empty` does, but no complex number is."""
    if isinstance(value, GoObject):
        return isinstance(value, int) and int(value) == 0
    return type(value) is not complex and not value
