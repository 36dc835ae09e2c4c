"""Hostile lines of a watch and lists, from a seed: what a tenant, a proxy or a broken server sends.

The texts are put together by hand, because no encoder writes most of them.
"""

import json
from random import Random

API_VERSION = "lab.example/v1"
KIND = "LabCluster"
DEEP = (600, 990, 1_100, 3_000, 9_900)
"""Levels around and beyond what a recursive decoder does on any supported Python."""

_TEXTS = (
    '"a"',
    '""',
    '"\\u0000"',
    '"\\ud83d\\ude00"',
    '"ä€😀"',
    '"with \\"quotes\\" and \\\\ and [brackets], {braces}"',
    '"managedFields"',
)
_BROKEN_TEXTS = ('"\\ud800"', '"\\udc00x"', '"\\q"', '"\x01"', '"open')
_NUMBERS = ("0", "-1", "1.5", "1e3", "18446744073709551615", "1e999", "9" * 400)
_BROKEN_NUMBERS = ("NaN", "Infinity", "-", "01", "1.", "+1", "0x1")
_NAMES = ("a", "metadata", "name", "namespace", "apiVersion", "type", "object", "é", "spec")


class Lines:
    """Makes texts; the same seed makes the same ones."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def event(self) -> bytes:
        """Return a line, mostly a well-formed event of some hostile object."""
        kind = self._pick(("ADDED", "MODIFIED", "DELETED", "BOOKMARK"), (4, 4, 2, 1))
        line = b'{"type":"%s","object":%s}' % (kind.encode(), self.object())
        return self._maybe_mutated(line)

    def list_body(self) -> bytes:
        """Return the body of a list of such objects."""
        items = b",".join(self.object() for _ in range(self.random.randrange(6)))
        head = b'{"apiVersion":"%s","kind":"%sList","metadata":{"resourceVersion":"7"},'
        body = head % (API_VERSION.encode(), KIND.encode()) + b'"items":[%s]}' % items
        return self._maybe_mutated(body)

    def object(self) -> bytes:
        """Return the JSON of an object with a name."""
        members = [
            ("apiVersion", json.dumps(API_VERSION)),
            ("kind", json.dumps(KIND)),
            ("metadata", self._metadata()),
        ]
        names = [name for name in ("aaa", "spec", "status") if self._chance(0.6)]
        members += [(name, self._value()) for name in names]
        if self._chance(0.5):
            # The order of the API server's map, and any other.
            members.sort()
        elif self._chance(0.3):
            self.random.shuffle(members)
        return self._map(members).encode()

    def deep_event(self) -> tuple[bytes, tuple[str, ...]]:
        """Return a well-formed event that is nested too deeply, and what identifies its object."""
        number = self.random.randrange(1000)
        metadata = [
            ("name", f'"n{number}"'),
            ("namespace", '"t"'),
            ("resourceVersion", f'"{number}"'),
            ("uid", f'"u{number}"'),
        ]
        members = [("apiVersion", json.dumps(API_VERSION)), ("kind", json.dumps(KIND))]
        for where, name in ((metadata, "annotations"), (members, "aaa"), (members, "spec")):
            if self._chance(0.5):
                where.append((name, self._too_deep()))
        self.random.shuffle(metadata)
        members += [("metadata", self._map(metadata)), ("status", self._too_deep())]
        self.random.shuffle(members)
        envelope = [("type", '"MODIFIED"'), ("object", self._map(members))]
        self.random.shuffle(envelope)
        identity = (API_VERSION, "t", f"n{number}", f"u{number}", str(number))
        return self._map(envelope).encode(), identity

    def _too_deep(self) -> str:
        # Deeper than the decoder gets under any version of Python, whose stack is 8 MiB.
        levels = self.random.choice((300_000, 400_000))
        return "[" * levels + self._text() + "]" * levels

    def deep(self) -> str:
        """Return a value that is nested deeply."""
        levels = self.random.choice(DEEP)
        opening, closing = self.random.choice((("[", "]"), ('{"a":', "}"), ('[{"b":', "}]")))
        wide = ",".join(self._flat() for _ in range(self.random.randrange(3)))
        inner = self._flat() if opening.endswith(":") else wide
        return opening * levels + inner + closing * levels

    def _metadata(self) -> str:
        number = self.random.randrange(1000)
        members = [
            ("name", f'"n{number}"'),
            ("namespace", f'"t{number % 7}"'),
            ("resourceVersion", f'"{number}"'),
            ("uid", f'"u{number}"'),
        ]
        if self._chance(0.4):
            members.append(("managedFields", f"[{self._value()}]"))
        if self._chance(0.3):
            members.append(("annotations", self._map([("a", self._text()), ("b", self._text())])))
        if self._chance(0.1):
            place = self.random.randrange(len(members))
            members[place] = (members[place][0], self._value())
        members.sort()
        return self._map(members)

    def _map(self, members: list[tuple[str, str]]) -> str:
        white = "" if self._chance(0.8) else self.random.choice((" ", "\t", " \r "))
        body = f"{white},{white}".join(f'"{n}"{white}:{white}{v}' for n, v in members)
        return "{" + white + body + white + "}"

    def _value(self, levels: int = 4) -> str:
        if self._chance(0.15):
            return self.deep()
        if levels == 0 or self._chance(0.4):
            return self._flat()
        if self._chance(0.5):
            items = [self._value(levels - 1) for _ in range(self.random.randrange(4))]
            return "[" + ",".join(items) + "]"
        names = [self.random.choice(_NAMES) for _ in range(self.random.randrange(4))]
        if self._chance(0.8):
            names = list(dict.fromkeys(names))
        return self._map([(name, self._value(levels - 1)) for name in names])

    def _flat(self) -> str:
        if self._chance(0.02):
            return self.random.choice(_BROKEN_TEXTS + _BROKEN_NUMBERS)
        return self.random.choice((*_NUMBERS, "null", "true", "false", "[]", "{}", self._text()))

    def _text(self) -> str:
        return self.random.choice(_TEXTS)

    def _maybe_mutated(self, text: bytes) -> bytes:
        if self._chance(0.6):
            return text
        where = self.random.randrange(len(text))
        match self.random.randrange(5):
            case 0:
                return text[:where]
            case 1:
                noise = bytes(self.random.choice(b'\xff\xc3\x00"[]{},:\\n\xef') for _ in range(3))
                return text[:where] + noise.replace(b"\n", b" ") + text[where:]
            case 2:
                return text[:where] + text[where + self.random.randrange(1, 9) :]
            case 3:
                other = self.random.randrange(len(text))
                return text[:where] + text[other : other + 40] + text[where:]
            case _:
                return text.replace(b'"name"', b'"name":"first","name"', 1)

    def _chance(self, share: float) -> bool:
        return self.random.random() < share

    def _pick(self, values: tuple[str, ...], weights: tuple[int, ...]) -> str:
        return self.random.choices(values, weights)[0]
