"""Certificates and keys as Go's crypto packages read them.

What is imported ends in client-go, and nearly everything else that reads it is written in Go: what
it takes, and what it refuses, is judged here, for the import and for the probe alike. OpenSSL only
gets what has passed, in the form that it wants.
"""

from clusterimport.pki.certificates import (
    Certificate,
    check_authorities,
    parse_certificate,
    read_authorities,
    read_candidates,
)
from clusterimport.pki.errors import Malformed, Unusable
from clusterimport.pki.pairs import read_pair
from clusterimport.pki.pem import read_blocks
from clusterimport.pki.reasons import decoded_once_more, explain_common

__all__ = [
    "Certificate",
    "Malformed",
    "Unusable",
    "check_authorities",
    "decoded_once_more",
    "explain_common",
    "parse_certificate",
    "read_authorities",
    "read_blocks",
    "read_candidates",
    "read_pair",
]
