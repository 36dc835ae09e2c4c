"""From a rendered text to the typed content of a PediaCluster.

Name and kind are ours; labels, annotations and known spec fields count; everything else is an
error with the template's line. Byte fields are checked here, since the API server would answer a
bad one with an error that quotes it.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from clusterimport.engine.assessment import CredentialVerdict
from clusterimport.engine.errors import DocumentError
from clusterimport.engine.naming import (
    TOO_LARGE,
    annotation_problem,
    is_qualified_name,
    label_problem,
    too_large,
)
from clusterimport.engine.output import Output, without_missing
from clusterimport.engine.structure import broken_by_value, check_structure
from clusterimport.engine.yamltree import (
    Node,
    Scalar,
    YamlError,
    YamlMapping,
    YamlSequence,
    load_tree,
)
from clusterimport.gotemplate.functions import Structure
from clusterimport.model.names import CLUSTER_API_VERSION, PEDIACLUSTER_KIND, POLICY_GROUP
from clusterimport.model.pediacluster import (
    AUTHENTICATION_FROM,
    AUTHENTICATION_KINDS,
    BYTE_FIELDS,
    CONNECTION_FIELDS,
    SPEC_FIELDS,
    decode_bytes,
)


@dataclass(frozen=True, slots=True)
class RenderedCluster:
    """What a template makes of one source. Never log one: spec holds credentials."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    spec: Mapping[str, Any]
    """Fields that are not empty, byte fields in canonical base64; always ``syncResources``."""
    named_fields: frozenset[str]
    """Connection fields that the document names, empty or not."""
    warnings: tuple[str, ...] = ()
    metadata_problems: tuple[str, ...] = ()
    """Why the server would refuse labels or annotations; what else there is may be written."""
    printed_kubeconfig: str = ""
    """What the template printed, where ``spec`` has the kubeconfig in another form."""
    judged: CredentialVerdict | None = None
    """The verdict on the credentials in ``spec``; None before it, and where Secrets have them."""

    def __repr__(self) -> str:
        return f"RenderedCluster(named_fields={sorted(self.named_fields)})"


def decode_document(output: Output) -> RenderedCluster:
    """Check and decode a rendered template; raises DocumentError."""
    output = without_missing(output)
    try:
        root = load_tree(output.text)
    except YamlError as error:
        problem = f"the rendered text {error.problem}"
        if error.limit:
            raise output.error(problem, error.offset, limit=error.limit) from None
        if output.printed_in(error.offset, error.offset + 1):
            problem += "; print the value with `toJson` or `quote`"
        broken = broken_by_value(output, error.offset)
        raise broken or output.error(problem, error.offset) from None
    if root is None or (isinstance(root, Scalar) and root.is_null):
        raise DocumentError("the template prints nothing")
    check_structure(output, root)
    return _Decoder(output).document(root)


class _Decoder:
    """Reads one tree; holds what its errors need to name places."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._warnings: list[str] = []
        self._metadata_problems: list[str] = []

    def document(self, root: Node) -> RenderedCluster:
        labels: Mapping[str, str] = {}
        annotations: Mapping[str, str] = {}
        spec: dict[str, Any] = {}
        named: frozenset[str] = frozenset()
        for key, value in self._literal_items(root, "", "the document"):
            match key.value:
                case "apiVersion":
                    self._expect(value, "apiVersion", CLUSTER_API_VERSION)
                case "kind":
                    self._expect(value, "kind", PEDIACLUSTER_KIND)
                case "metadata":
                    labels, annotations = self._metadata(value)
                case "spec":
                    spec, named = self._spec(value)
                case "status":
                    raise self._error(key, "status is not the template's to write; remove it")
                case _:
                    raise self._unknown(key, "", ("apiVersion", "kind", "metadata", "spec"))
        spec.setdefault("syncResources", [])
        return RenderedCluster(
            labels,
            annotations,
            spec,
            named,
            tuple(self._warnings),
            tuple(self._metadata_problems),
        )

    def _metadata(self, node: Node) -> tuple[Mapping[str, str], Mapping[str, str]]:
        labels: Mapping[str, str] = {}
        annotations: Mapping[str, str] = {}
        for key, value in self._literal_items(node, "metadata.", "metadata"):
            match key.value:
                case "labels":
                    labels = self._string_map(value, "metadata.labels", label_problem)
                case "annotations":
                    annotations = self._string_map(
                        value, "metadata.annotations", annotation_problem
                    )
                    if too_large(annotations):
                        self._metadata_problems.append(
                            self._error(value, f"metadata.annotations {TOO_LARGE}").message
                        )
                case "name":
                    self._warnings.append(
                        "metadata.name in spec.template is ignored: spec.nameTemplate names the "
                        "PediaCluster; remove it"
                    )
                case _:
                    raise self._unknown(key, "metadata.", ("labels", "annotations"))
        return labels, annotations

    def _spec(self, node: Node) -> tuple[dict[str, Any], frozenset[str]]:
        spec: dict[str, Any] = {}
        named: set[str] = set()
        readers: dict[str, Callable[[Node, str], Any]] = {
            name: self._bytes if name in BYTE_FIELDS else self._text for name in SPEC_FIELDS
        }
        readers |= {
            AUTHENTICATION_FROM: self._authentication,
            "syncResources": self._sync_resources,
            "syncAllCustomResources": self._boolean,
        }
        for key, value in self._literal_items(node, "spec.", "spec"):
            reader = readers.get(key.value)
            if reader is None:
                raise self._unknown(key, "spec.", SPEC_FIELDS)
            if key.value in CONNECTION_FIELDS:
                named.add(key.value)
            content = reader(value, f"spec.{key.value}")
            if content or key.value == "syncResources":
                spec[key.value] = content
        return spec, frozenset(named)

    def _authentication(self, node: Node, path: str) -> dict[str, dict[str, str]]:
        if self._output.printed_in(node.start, node.end):
            raise self._error(
                node,
                f"{path} must be literal text: a value that names a Secret could have any sent to "
                "any address",
            )
        found: dict[str, dict[str, str]] = {}
        for key, value in self._literal_items(node, f"{path}.", path):
            if key.value not in AUTHENTICATION_KINDS:
                raise self._unknown(key, f"{path}.", AUTHENTICATION_KINDS)
            below = f"{path}.{key.value}"
            selector: dict[str, str] = {}
            for name, text in self._literal_items(value, f"{below}.", below):
                if name.value not in {"name", "key"}:
                    raise self._unknown(name, f"{below}.", ("name", "key"))
                selector[name.value] = self._text(text, f"{below}.{name.value}")
            if selector and not (selector.get("name") and selector.get("key")):
                raise self._error(value, f"{below} needs name and key")
            if selector:
                found[key.value] = selector
        return found

    def _sync_resources(self, node: Node, path: str) -> list[dict[str, Any]]:
        return [
            self._sync_group(item, f"{path}[{index}]")
            for index, item in enumerate(self._items(node, path))
        ]

    def _sync_group(self, node: Node, path: str) -> dict[str, Any]:
        group: dict[str, Any] = {}
        lists = ("versions", "resources", "eventsInvolvedResources")
        for key, value in self._mapping(node, path).items:
            span = self._output.printed_in(key.start, key.end)
            if span and span.structure is not Structure.MAKES:
                raise self._error(key, f"an action prints a field name of {path}; write it out")
            below = f"{path}.{key.value}"
            if key.value == "group":
                group["group"] = self._text(value, below)
            elif key.value in lists:
                group[key.value] = [
                    self._text(item, f"{below}[{index}]")
                    for index, item in enumerate(self._items(value, below))
                ]
            else:
                raise self._unknown(key, f"{path}.", ("group", *lists))
        if "group" not in group or "resources" not in group:
            raise self._error(node, f'{path} needs group (`""` for core) and resources')
        return group

    def _bytes(self, node: Node, path: str) -> str:
        text = self._text(node, path)
        try:
            return base64.b64encode(decode_bytes(text)).decode()
        except ValueError:
            raise self._error(
                node,
                f"{path} must be base64, which the data of a Secret is already; pass plain text "
                "through `b64enc`",
            ) from None

    def _text(self, node: Node, path: str) -> str:
        if not isinstance(node, Scalar):
            raise self._error(node, f"{path} must be a string")
        if node.is_null:
            span = self._output.printed_in(node.start, node.end)
            # A value that happens to look like null, a number or a boolean is still that text.
            if span is None or span.structure is Structure.MAKES:
                return ""
        return node.value

    def _boolean(self, node: Node, path: str) -> bool:
        if isinstance(node, Scalar) and not node.style:
            if node.is_null:
                return False
            if node.value.lower() in _TRUTHS:
                return _TRUTHS[node.value.lower()]
        raise self._error(node, f"{path} must be true or false, without quotes")

    def _string_map(
        self, node: Node, path: str, problem_of: Callable[[str, str], str]
    ) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for key, value in self._mapping(node, path).items:
            if key.value.partition("/")[0] == POLICY_GROUP:
                raise self._error(key, f"names under {POLICY_GROUP}/ are not a template's to set")
            found[key.value] = self._text(value, f"a value of {path}")
            problem = problem_of(key.value, found[key.value])
            if problem:
                told = self._error(value, f"{path}[{self._shown(key)}]: {problem}").message
                self._metadata_problems.append(told)
        return found

    def _shown(self, key: Scalar) -> str:
        """Return a key as a message may show it: what an action printed may be anything."""
        is_printed = self._output.printed_in(key.start, key.end) is not None
        if is_printed and not is_qualified_name(key.value.lower()):
            return f"a key of {len(key.value)} characters that an action prints"
        return key.value[:_KEY_SHOWN]

    def _literal_items(self, node: Node, prefix: str, what: str) -> tuple[tuple[Scalar, Node], ...]:
        """Return the fields of a mapping whose keys have to be the template's own text."""
        items = self._mapping(node, what).items
        for key, _ in items:
            if self._output.printed_in(key.start, key.end):
                where = prefix.rstrip(".") or "the document"
                raise self._error(
                    key, f"an action prints a field name of {where}; write field names out"
                )
        return items

    def _mapping(self, node: Node, path: str) -> YamlMapping:
        if isinstance(node, YamlMapping):
            return node
        if isinstance(node, Scalar) and node.is_null:
            return YamlMapping((), node.start, node.end)
        raise self._error(node, f"{path} must be a mapping")

    def _items(self, node: Node, path: str) -> tuple[Node, ...]:
        if isinstance(node, YamlSequence):
            return node.items
        if isinstance(node, Scalar) and node.is_null:
            return ()
        raise self._error(node, f"{path} must be a list")

    def _expect(self, node: Node, path: str, wanted: str) -> None:
        if self._text(node, path) not in {"", wanted}:
            raise self._error(node, f"{path} must be {wanted}, or be left out")

    def _unknown(self, key: Scalar, prefix: str, known: tuple[str, ...]) -> DocumentError:
        if self._output.printed_in(key.start, key.end):
            return self._error(key, f"an action prints an unknown field name below {prefix}")
        hint = next((name for name in known if name.lower() == key.value.lower()), None)
        advice = f"did you mean {hint}?" if hint else f"allowed are {', '.join(known)}"
        return self._error(key, f"unknown field {prefix}{key.value[:_NAME_SHOWN]}: {advice}")

    def _error(self, node: Node, problem: str) -> DocumentError:
        return self._output.error(problem, node.start)


_NAME_SHOWN: Final = 64
_KEY_SHOWN: Final = 253 + 1 + 63
_TRUTHS: Final[Mapping[str, bool]] = {
    "true": True,
    "yes": True,
    "on": True,
    "false": False,
    "no": False,
    "off": False,
}
"""YAML 1.1's booleans, as Clusterpedia reads them."""
