"""Bounds that are counted when they are reached."""

from enum import StrEnum
from typing import Protocol


class Limit(StrEnum):
    """A bound, as the label ``limit`` of ``clusterimport_limit_reached_total`` names it."""

    TEMPLATE = "template"
    YAML_SIZE = "yaml_size"
    DELETION_BUDGET = "deletion_budget"
    KUBECONFIG_BYTES = "kubeconfig_bytes"
    HTTP_CONNECTIONS = "http_connections"
    HTTP_HEAD_BYTES = "http_head_bytes"
    HTTP_HEAD_SECONDS = "http_head_seconds"
    HTTP_ANSWER_SECONDS = "http_answer_seconds"
    PROBE_NAMES = "probe_names"
    PROBE_CPU = "probe_cpu"
    PROBE_CONNECTIONS = "probe_connections"
    SERVER_CERTIFICATES = "server_certificates"
    OBJECT_BYTES = "object_bytes"
    OBJECT_VALUES = "object_values"
    OBJECT_DEPTH = "object_depth"
    OBJECT_ENCODING = "object_encoding"
    NAMESPACE_SOURCE_BYTES = "namespace_source_bytes"
    NAMESPACE_REFERENCE_BYTES = "namespace_reference_bytes"
    LOOP_TIME = "loop_time"
    EVENTS = "events"
    ACCESS = "access"


class LimitMetrics(Protocol):
    """Counts bounds that were reached."""

    def limit_reached(self, limit: Limit) -> None:
        """Count one refusal, delay or cut for the sake of a bound."""


class NullLimitMetrics:
    """Counts nothing."""

    def limit_reached(self, limit: Limit) -> None:
        """Do nothing."""
