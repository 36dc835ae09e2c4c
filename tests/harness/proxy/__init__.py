"""A fault-injecting proxy between a controller and the real API server.

Faults are values: those of ``faults`` stand between a request and its answer, those of ``streams``
between a watch event and its reader. Both are switched while requests run. ``history`` has all that
passed.
"""

from tests.harness.proxy.history import Delivery, Exchange, History
from tests.harness.proxy.request import Match, Request, is_list_of
from tests.harness.proxy.server import NO_ANSWER, FaultProxy, Rule

__all__ = [
    "NO_ANSWER",
    "Delivery",
    "Exchange",
    "FaultProxy",
    "History",
    "Match",
    "Request",
    "Rule",
    "is_list_of",
]
