"""Of a large CA bundle, the few certificates by which one server may be verified.

OpenSSL keeps some KiB per certificate that a context trusts, and takes a tenth of a second to read
hundreds of them. What a server presents names those who may have signed it, so that only they have
to be read, for the length of the verification. A choice makes a verdict stricter at most: what is
not chosen is trusted by nobody.
"""

import ssl
from collections import defaultdict, deque
from collections.abc import Sequence
from contextlib import suppress

from clusterimport import pki
from clusterimport.limits.probes import SELECTED_TRUST_BYTES
from clusterimport.probing.certificates import issuer_and_subject, weigh


def select_authorities(bundle: bytes, chain: Sequence[bytes]) -> bytes:
    """Return, as PEM, what of a bundle may belong to a chain (DER); empty where nothing does.

    Those with the name of somebody in the chain or of an issuer, and their issuers in turn, the
    nearest first, as many as SELECTED_TRUST_BYTES allow and at least one. Names are compared by
    their bytes, as Go does (``CertPool.findPotentialParents``). The chain is one that
    ``weigh_presented`` has passed: ValueError or IndexError for anything else.
    """
    by_subject: defaultdict[bytes, list[bytes]] = defaultdict(list)
    for candidate in pki.read_candidates(bundle):
        with suppress(ValueError, IndexError):
            by_subject[issuer_and_subject(candidate)[1]].append(candidate)
    wanted = deque(name for certificate in chain for name in issuer_and_subject(certificate))
    room = SELECTED_TRUST_BYTES
    selected: list[str] = []
    while wanted:
        for candidate in by_subject.pop(wanted.popleft(), ()):
            room -= weigh(candidate)
            if selected and room < 0:
                break
            selected.append(ssl.DER_cert_to_PEM_cert(candidate))
            wanted.append(issuer_and_subject(candidate)[0])
    return "".join(selected).encode()
