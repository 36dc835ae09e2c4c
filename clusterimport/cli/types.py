"""The values of flags, as Go's flag libraries read them."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

import click

_Network = IPv4Network | IPv6Network

_UNIT_SECONDS = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,  # the micro sign
    "μs": 1e-6,  # the Greek letter, which Go takes, too
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
}
_TERM = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})
_FALSE = frozenset({"0", "f", "F", "false", "FALSE", "False"})


class GoBool(click.ParamType[bool]):
    """``strconv.ParseBool``; the flag alone means true."""

    name = "bool"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> bool:
        """Return the truth value."""
        if isinstance(value, bool):
            return value
        if value not in _TRUE | _FALSE:
            self.fail(f"{value!r} is neither true nor false", param, ctx)
        return value in _TRUE


class GoDuration(click.ParamType[float]):
    """``time.ParseDuration``: ``15s``, ``1m30s``, ``1.5h``, ``0``; in seconds."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the seconds."""
        if isinstance(value, int | float):
            return float(value)
        seconds = _seconds(value)
        if seconds is None:
            self.fail(f"{value!r} is not a duration like 15s or 1m30s", param, ctx)
        return seconds


class GoInt(click.ParamType[int]):
    """An integer; ``-v=2`` reaches us as ``=2``, because only long flags are split at ``=``."""

    name = "int"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number."""
        try:
            return int(str(value).removeprefix("="))
        except ValueError:
            self.fail(f"{value!r} is not an integer", param, ctx)


class FeatureGates(click.ParamType[dict[str, bool]]):
    """``A=true,B=false``; given several times, the later one wins gate by gate."""

    name = "gate=bool,..."

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> dict[str, bool]:
        """Return the gates by name."""
        if isinstance(value, dict):
            return value
        gates = {}
        for item in filter(None, map(str.strip, value.split(","))):
            name, equals, text = (part.strip() for part in item.partition("="))
            if not (name and equals) or text not in _TRUE | _FALSE:
                self.fail(f"{item!r} is not like SomeGate=true", param, ctx)
            gates[name] = text in _TRUE
        return gates


class CommaList(click.ParamType[tuple[str, ...]]):
    """``A,B``; empty items do not count. With ``choices``, nothing else is taken."""

    name = "list"

    def __init__(self, choices: tuple[str, ...] = ()) -> None:
        self._choices = choices

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Return the items."""
        if isinstance(value, tuple):
            return value
        items = tuple(filter(None, map(str.strip, value.split(","))))
        for item in items:
            if self._choices and item not in self._choices:
                known = ", ".join(self._choices)
                self.fail(f"{item!r} is not one of {known}", param, ctx)
        return items


class Network(click.ParamType[tuple[_Network, ...]]):
    """Networks like ``127.0.0.0/8,::1``; an address alone is a network of one."""

    name = "cidr,..."

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[_Network, ...]:
        """Return the networks."""
        if isinstance(value, tuple):
            return value
        networks = []
        for item in filter(None, map(str.strip, value.split(","))):
            try:
                networks.append(ip_network(item))
            except ValueError:
                self.fail(f"{item!r} is not a network like 10.0.0.0/8 or fd00::/8", param, ctx)
        return tuple(networks)


class BindAddress(click.ParamType[tuple[str, int | None]]):
    """``host:port``, ``:port`` for all addresses, ``0`` or ``off`` for none; (host, port)."""

    name = "address"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int | None]:
        """Return host, empty for all, and port, None for none."""
        if isinstance(value, tuple):
            return value
        if value in {"0", "off"}:
            return "", None
        host, colon, port = value.rpartition(":")
        is_bare_ipv6 = ":" in host and not (host.startswith("[") and host.endswith("]"))
        if not colon or is_bare_ipv6 or not (port.isascii() and port.isdigit()):
            self.fail(f"{value!r} is not like :8080, 127.0.0.1:8080 or off", param, ctx)
        return host.removeprefix("[").removesuffix("]"), int(port)


def _seconds(text: str) -> float | None:
    sign = -1.0 if text.startswith("-") else 1.0
    rest = text[1:] if text[:1] in {"+", "-"} else text
    if rest == "0":
        return 0.0
    terms = list(_TERM.finditer(rest))
    if not rest or "".join(term[0] for term in terms) != rest:
        return None
    return sign * sum(float(term[1]) * _UNIT_SECONDS[term[2]] for term in terms)
