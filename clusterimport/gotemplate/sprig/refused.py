"""The functions of sprig that this project refuses, and the reason an author is told.

A template is evaluated again and again and must give the same text each time; it must not learn
anything of the controller's own surroundings, nor keep the controller busy.
"""

from typing import Final

from clusterimport.gotemplate.functions import Entry, Refused

_CLOCK: Final = "its result depends on the time of rendering"
_ENVIRONMENT: Final = "it reads the controller's environment"
_NETWORK: Final = "it asks the network"
_RANDOM: Final = "its result is random, so every rendering would differ"
_KEYS: Final = "it makes a new random key or certificate at every rendering"
_SLOW: Final = "one call can block the controller"
_POINTLESS: Final = "it only repacks a certificate and its private key"

_REASONS: Final = {
    "now": _CLOCK,
    "ago": _CLOCK,
    "env": _ENVIRONMENT,
    "expandenv": _ENVIRONMENT,
    "getHostByName": _NETWORK,
    "randAlphaNum": _RANDOM,
    "randAlpha": _RANDOM,
    "randAscii": _RANDOM,
    "randNumeric": _RANDOM,
    "randBytes": _RANDOM,
    "randInt": _RANDOM,
    "shuffle": _RANDOM,
    "uuidv4": _RANDOM,
    "bcrypt": _RANDOM,
    "htpasswd": _RANDOM,
    "encryptAES": _RANDOM,
    "genPrivateKey": _KEYS,
    "genCA": _KEYS,
    "genCAWithKey": _KEYS,
    "genSelfSignedCert": _KEYS,
    "genSelfSignedCertWithKey": _KEYS,
    "genSignedCert": _KEYS,
    "genSignedCertWithKey": _KEYS,
    "derivePassword": _SLOW,
    "decryptAES": _SLOW,
    "buildCustomCert": _POINTLESS,
}

FUNCTIONS: Final[dict[str, Entry]] = {
    name: Refused(name, reason) for name, reason in _REASONS.items()
}
