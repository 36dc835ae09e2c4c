"""What a sample of a platform's objects tells: where address, credentials and readiness stand."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from clusterimport.engine.kubeconfig import BadKubeconfigError, read_kubeconfig
from clusterimport.model.meta import Object, labels_of, name_of, namespace_of

__all__ = [
    "SampleCredentials",
    "condition_of",
    "credentials_of",
    "expression",
    "label_of",
    "leading_to",
    "relates",
]

Path = tuple[str | int, ...]

_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BULK: Final = frozenset(("managedFields", "uid", "resourceVersion", "annotations", "selfLink"))
_ADDRESSES: Final = ("apiendpoint", "apiserver", "endpoint", "server", "url", "host", "address")
_READY: Final = ("Ready", "Available", "Healthy", "ControlPlaneInitialized", "Connected", "Joined")
_READY_ENDS: Final = ("Ready", "Available", "Healthy")
"""How conditions end that say it in more words, as APIServerAvailable."""
_JWT: Final = re.compile(r"eyJ[-\w]+\.[-\w]+\.[-\w]*")


class SampleCredentials(NamedTuple):
    """Lines of ``spec`` that make a connection, and what could not be found for one."""

    lines: tuple[str, ...]
    notes: tuple[str, ...]


class _Value(NamedTuple):
    """A text that was found, and the expression that prints it in base64 or as it is."""

    key: str
    expression: str
    text: str
    is_encoded: bool

    @property
    def encoded(self) -> str:
        return self.expression if self.is_encoded else f"{self.expression} | b64enc"

    @property
    def plain(self) -> str:
        return f"{self.expression} | b64dec | trim" if self.is_encoded else self.expression


def credentials_of(source: Object, references: Mapping[str, Object]) -> SampleCredentials:
    """Return how a template would print the connection, from what stands in the sample.

    ``references`` are Secrets and ConfigMaps by the keys that the policy gives them.
    """
    values = [each for key, obj in references.items() for each in _stored(key, obj)]
    values += _inline(source)
    values += [inner for each in values for inner in _inside(each)]
    kubeconfig = next((each for each in values if _is_kubeconfig(each.text)), None)
    if kubeconfig is not None:
        return SampleCredentials((f"kubeconfig: {_action(kubeconfig.encoded)}",), ())
    lines, notes = [], []
    address = _address(source, values)
    if address:
        lines.append(f"apiserver: {_action(address)}")
    else:
        notes.append("No address was found; write it into spec.apiserver of the template.")
    certificates = [each for each in values if "BEGIN CERTIFICATE" in each.text]
    ca = next((each for each in certificates if "ca" in each.key.lower()), None)
    client = next((each for each in certificates if each is not ca), None)
    key = next((each for each in values if "PRIVATE KEY" in each.text), None)
    token = next((each for each in values if _is_token(each)), None)
    if ca is None and key is None and client is not None:
        ca, client = client, None
    if ca is not None:
        lines.append(f"caData: {_action(ca.encoded)}")
    else:
        notes.append("No CA was found: without spec.caData nothing would be verified.")
    if token is not None:
        lines.append(f"tokenData: {_action(token.encoded)}")
    elif client is not None and key is not None:
        lines += [f"certData: {_action(client.encoded)}", f"keyData: {_action(key.encoded)}"]
    else:
        notes.append(
            "Neither a token nor a client certificate with its key was found, and nothing can be "
            "imported without: give the object that has them, too, or keep one of your own."
        )
    return SampleCredentials(tuple(lines), tuple(notes))


def relates(source: Object, credential: Object) -> bool:
    """Tell whether a Secret or ConfigMap is called as the source is, or as it says."""
    own = name_of(source)
    told = {text for path, text in _leaves(source) if _is_field(path)}
    name = name_of(credential)
    return name in told or own in name or own == namespace_of(credential)


def leading_to(source: Object, credential: Object) -> tuple[str, str, tuple[str, ...]]:
    """Return templates of namespace and name that lead from a source to an object, and notes."""
    name, namespace = name_of(credential), namespace_of(credential)
    own, home = name_of(source), namespace_of(source)
    path = next((path for path, text in _leaves(source) if text == name and _is_field(path)), None)
    notes = []
    if path is not None:
        named = f"{{{{ {expression(path)} }}}}"
    elif own in name:
        named = name.replace(own, "{{ .source.metadata.name }}")
    else:
        named = name
        notes.append("Nothing in the sample leads to the Secret, so its name is the sample's.")
    if home and home == namespace:
        return "{{ .source.metadata.namespace }}", named, tuple(notes)
    if namespace == own:
        return "{{ .source.metadata.name }}", named, tuple(notes)
    there = next(
        (
            each
            for each, text in _leaves(source)
            if text == namespace and str(each[-1]).lower().endswith("namespace") and _is_field(each)
        ),
        None,
    )
    if there is not None:
        return f"{{{{ {expression(there)} }}}}", named, tuple(notes)
    return namespace or "default", named, tuple(notes)


def condition_of(source: Object) -> tuple[str, tuple[str, ...]]:
    """Return a creation condition for what the sample's status has, and notes."""
    status = source.get("status")
    status = status if isinstance(status, Mapping) else {}
    conditions = status.get("conditions")
    known = [
        each
        for each in (conditions if isinstance(conditions, list) else ())
        if isinstance(each, Mapping)
    ]
    types = [str(each.get("type")) for each in known]
    alike = [
        str(each["type"])
        for each in known
        if str(each.get("type")).endswith(_READY_ENDS) and each.get("status") == "True"
    ]
    for wanted in (*(each for each in _READY if each in types), *alike):
        notes = () if wanted in _READY else (f"It is taken to be ready by its condition {wanted}.",)
        return f'{{{{ conditionTrue .source "{wanted}" }}}}', notes
    if isinstance(status.get("ready"), bool):
        return "{{ .source.status.ready }}", ()
    for field in ("phase", "state"):
        if isinstance(status.get(field), str) and status[field]:
            note = f"It is taken to be ready in the sample's {field}, {status[field]}."
            return f'{{{{ eq "{status[field]}" (.source.status.{field} | default "") }}}}', (note,)
    return "true", ("Nothing in the sample tells when it is ready, so it is imported at once.",)


def label_of(obj: Object) -> str:
    """Return a label selector for objects like this; empty where no label tells the kind."""
    name = name_of(obj)
    for key, value in labels_of(obj).items():
        if name not in value and value not in name:
            return f"{key}={value}"
    return ""


def expression(path: Path, root: str = ".source") -> str:
    """Return how a template writes a path below an object."""
    text = root
    for step in path:
        if isinstance(step, int):
            text = f"(index {text} {step})"
        elif _IDENTIFIER.fullmatch(step):
            text = f"{text}.{step}"
        else:
            text = f'(get {text} "{step}")'
    return text


def _action(printed: str) -> str:
    """Return an action as a YAML scalar, in quotes that it does not contain itself."""
    quote = "'" if '"' in printed else '"'
    return f"{quote}{{{{ {printed} }}}}{quote}"


def _stored(reference: str, credential: Object) -> Iterator[_Value]:
    """Yield what a Secret or a ConfigMap holds."""
    is_secret = credential["kind"] == "Secret"
    for key, value in sorted((credential.get("data") or {}).items()):
        text = _decoded(str(value)) if is_secret else str(value)
        if text is not None:
            where = expression((str(key),), f".references.{reference}.data")
            yield _Value(str(key), where, text, is_encoded=is_secret)


def _inline(source: Object) -> Iterator[_Value]:
    """Yield what stands in the source itself, in base64 or as it is."""
    is_secret = source["kind"] == "Secret"
    for path, text in _leaves(source):
        key = str(path[-1])
        decoded = _decoded(text)
        if decoded is not None and ((is_secret and path[0] == "data") or _is_material(decoded)):
            yield _Value(key, expression(path), decoded, is_encoded=True)
        elif path[0] != "metadata":
            yield _Value(key, expression(path), text, is_encoded=False)


def _inside(value: _Value) -> Iterator[_Value]:
    """Yield what stands in a text that is JSON itself, as Argo CD has it."""
    if not value.text.lstrip().startswith("{") or _is_kubeconfig(value.text):
        return
    try:
        content = msgspec.json.decode(value.text)
    except (msgspec.DecodeError, RecursionError):
        return
    for path, text in _leaves(content):
        where = expression(path, f"({value.plain} | fromJson)")
        decoded = _decoded(text)
        if decoded is not None and _is_material(decoded):
            yield _Value(str(path[-1]), where, decoded, is_encoded=True)
        else:
            yield _Value(str(path[-1]), where, text, is_encoded=False)


def _address(source: Object, values: list[_Value]) -> str:
    """Return an expression that prints the address of the API server."""
    found = [each for each in values if re.fullmatch(r"https://\S+", each.text.strip())]
    known = [each for each in found if each.key.lower() in _ADDRESSES]
    for each in (*known, *found):
        return each.plain
    for path, value in _maps(source):
        if isinstance(value.get("host"), str) and isinstance(value.get("port"), int):
            where = expression(path)
            return f'printf "https://%s:%d" {where}.host (int {where}.port)'
    for each in values:
        if each.key.lower() in _ADDRESSES and re.fullmatch(r"[-\w.:\[\]]+", each.text.strip()):
            return each.plain
    return ""


def _leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield the texts of an object and where they stand."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            if name not in _BULK:
                yield from _leaves(item, (*path, str(name)))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, (*path, index))
    elif isinstance(value, str) and value and path not in {("apiVersion",), ("kind",)}:
        yield path, value


def _maps(value: Any, path: Path = ()) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    if isinstance(value, Mapping):
        yield path, value
        for name, item in value.items():
            if name not in _BULK:
                yield from _maps(item, (*path, str(name)))


def _is_field(path: Path) -> bool:
    """Whether it is a field of the platform's, and not the name of the object itself."""
    return path[0] != "metadata"


def _is_kubeconfig(text: str) -> bool:
    try:
        read_kubeconfig(text.encode())
    except BadKubeconfigError:
        return False
    return True


def _is_material(text: str) -> bool:
    return "-----BEGIN " in text or _is_kubeconfig(text)


def _is_token(value: _Value) -> bool:
    is_named = "token" in value.key.lower() and "\n" not in value.text.strip()
    return is_named or _JWT.fullmatch(value.text.strip()) is not None


def _decoded(text: str) -> str | None:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
