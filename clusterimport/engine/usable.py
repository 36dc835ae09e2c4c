"""Whether credentials could work at all: the one judgement, made before a write and by a probe.

What could not work is not written: neither over a connection that works, nor as a new one that
would be called unusable as soon as it stands.
"""

import re
from collections.abc import Mapping
from typing import Final

from clusterimport import pki
from clusterimport.engine.errors import IncompleteCredentials

_TOKEN: Final = re.compile(rb"[!-~]+[ \t]*")
"""Visible ASCII, in which a header ends; blanks behind it are taken off on the way."""
_JWT: Final = re.compile(rb"eyJ[-\w]+\.eyJ[-\w]+\.[-\w]*")


def check_usable(paths: Mapping[str, str], values: Mapping[str, bytes], advice: str) -> None:
    """Look at the credentials of a connection, by kind: ca, token, cert and key.

    What is empty or missing is not looked at. ``paths`` says where each stands, ``advice`` what to
    do. Raises IncompleteCredentials.
    """
    authorities, token = values.get("ca"), values.get("token")
    if authorities:
        try:
            pki.check_authorities(authorities)
        except pki.Unusable as unusable:
            raise _incomplete(paths["ca"], unusable.problem, advice) from None
    if token and (problem := _problem_of_token(token)):
        raise _incomplete(paths["token"], problem, advice)
    certificates, key = values.get("cert"), values.get("key")
    if certificates and key:
        try:
            pki.read_pair(certificates, key)
        except pki.Unusable as unusable:
            kind = "key" if unusable.is_key else "cert"
            raise _incomplete(paths[kind], unusable.problem, advice) from None


def _problem_of_token(token: bytes) -> str:
    if problem := pki.explain_common(token):
        return problem
    if _JWT.fullmatch(pki.decoded_once_more(token)):
        return "is encoded by base64 twice; leave `b64enc` out where the value is encoded already"
    if _TOKEN.fullmatch(token):
        return ""
    if _TOKEN.fullmatch(token.rstrip(b"\r\n")):
        return "ends in a line break, which no token has; take it off, in a template by `trim`"
    return "contains a line break, a space or another character that no token has"


def _incomplete(path: str, problem: str, advice: str) -> IncompleteCredentials:
    return IncompleteCredentials(f"{path} {problem}; {advice}", field=path)
