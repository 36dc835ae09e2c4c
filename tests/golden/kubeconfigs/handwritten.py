"""Cases that are kept whatever chance makes: the attack, its relatives, and what is honest."""

from collections.abc import Iterator
from typing import Final

from tests.golden.kubeconfigs.seeds import CONTENT, SHORT, SIGNS, filled

_CLUSTER: Final = filled("""clusters:
- name: c
  cluster:
    server: https://192.0.2.10:6443
    certificate-authority-data: LS0tY2EtLS0K
""")
_USER: Final = """users:
- name: u
  user:
    token: t
"""
_REST: Final = """contexts:
- name: x
  context:
    cluster: c
    user: u
current-context: x
"""
PROGRAM: Final = "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: evil}"
UNVERIFIED: Final = "insecure-skip-tls-verify: true"
SPECIAL: Final = (
    "\ufeff",
    "\x85",
    "\u2028",
    "\u2029",
    "\r",
    "\0",
    "\t",
    "\u200b",
    "\xa0",
    "\x7f",
    "%",
)
"""What readers may skip, or take for the end of a line."""


def hidden(content: str, special: str) -> Iterator[str]:
    """Yield kubeconfigs that hide a line, as a comment to somebody, at each place."""
    body = _USER if content == PROGRAM else _CLUSTER
    begin, rest = (_CLUSTER, _REST) if content == PROGRAM else ("", _USER + _REST)
    lines = (
        f"{special}#\n    {content}\n",
        f"{special}# x: y\n    {content}\n",
        f"#{special}    {content}\n",
        f"    #{special}    {content}\n",
        f"    {special}{content}\n",
        f"{special}    {content}\n",
        f"    x: '{special}'\n{special}    {content}\n",
        f"    # '{special}\n    {content}\n",
        f"    x: y{special}\n    # {special}{content}\n",
        f"    x: {special}# y{special}    {content}\n",
    )
    for line in lines:
        yield begin + body + line + rest
    for line in (
        f"\n{special}# , {content}\n",
        f"\n{special}#: x, {content}\n",
        f"\n{special}#, {content} #\n",
        f" #{special}\n{special}# , {content} ,\n",
        f"{special} # , {content}\n",
        f"\n {special}# , {content}\n",
        f"\n'{special}\n{special}# , {content}\n': x",
    ):
        yield begin + _in_brackets(body, line) + rest
    yield begin + special + body + f"{special}#\n    {content}\n" + rest
    yield begin + body + rest + f"{special}# the end{special}{content}"


def _in_brackets(body: str, more: str) -> str:
    """Return the entry of a list in brackets, with something more in its content."""
    plural, name, singular, *fields = (line.strip(" -") for line in body.splitlines())
    return f"{plural} [{{{name}, {singular} {{{', '.join(fields)},{more}}}}}]\n"


def _attacks() -> Iterator[str]:
    for special in SPECIAL:
        yield from hidden(PROGRAM, special)
    for special in SPECIAL[:4]:
        yield from hidden(UNVERIFIED, special)
    # Behind so much that the mark stands at the beginning of a reader's buffer.
    for size in (1023, 1024, 1535, 1536, 2047, 2048):
        text = (
            _CLUSTER + "#" * (size - len(_CLUSTER) - 1) + "\n\ufeff#\n" + _USER + f"    {PROGRAM}\n"
        )
        yield text + _REST


def _in_turn() -> Iterator[str]:
    """Yield every line that must not be overlooked, where a user's or a cluster's would stand."""
    for content in CONTENT:
        yield _CLUSTER + _USER + f"    {content}\n" + _REST
        yield _CLUSTER + f"    {content}\n" + _USER + _REST
        yield _CLUSTER + _USER + _REST + f"{content}\n"


def _signs() -> Iterator[str]:
    """Yield every sign as a token, quoted in each way, and none."""
    for sign in SIGNS:
        body = _USER.removesuffix("t\n")
        for token in (sign, f'"{sign}"', f"'{sign}'", f"a{sign}b"):
            yield _CLUSTER + body + token + "\n" + _REST


_HONEST: Final = (
    *SHORT,
    _CLUSTER + "---\n" + _USER + _REST,
    _CLUSTER + _USER + _REST + "...\n",
    _CLUSTER + _USER.replace(": t", ": &a t\n    as: *a") + _REST,
    _CLUSTER + _USER.replace("    token: t", "    ? token\n    : t") + _REST,
    _CLUSTER + _USER.replace("name: u", "name: 1") + _REST.replace("user: u", "user: 1"),
    _CLUSTER + _USER + "- name: other\n  user: {token: 12345}\n" + _REST,
    (_CLUSTER + _USER + _REST).replace("\n", "\r\n"),
    (_CLUSTER + _USER + _REST).replace("\n", "\r"),
    (_CLUSTER + _USER + _REST).replace("    ", "\t"),
)


def _all() -> Iterator[bytes]:
    for text in (*_HONEST, *_attacks(), *_in_turn(), *_signs()):
        yield filled(text).encode()


CASES: Final = tuple(dict.fromkeys(_all()))
