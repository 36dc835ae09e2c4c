"""Objects as they come from the wire: what a test writes as a dict, cut and not decoded."""

import json
from collections.abc import Mapping
from typing import Any

from clusterimport.kube.decoding import cut_item
from clusterimport.model.meta import Identity, ObjectKey, name_of, namespace_of
from clusterimport.model.objects import JsonObject


def received(obj: Mapping[str, Any]) -> Identity:
    """Return an object as a list or watch would give it."""
    body = json.dumps(obj).encode()
    step = cut_item(body)
    try:
        # It waits for nothing unless the object is a big one that cannot be read.
        step.send(None)
    except StopIteration as end:
        return end.value or JsonObject(Identity("", "", "", "", "", ""), body)
    raise AssertionError("too much to be cut at one go")


def key_of(obj: Mapping[str, Any]) -> ObjectKey:
    """Return the key of a raw object."""
    return ObjectKey(namespace_of(obj), name_of(obj))
