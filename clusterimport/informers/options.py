"""The figures of a reflector, each with its reason."""

from dataclasses import dataclass, field

from clusterimport.aio import TURN_SECONDS, BackoffOptions


@dataclass(frozen=True, slots=True)
class InformerOptions:
    """How to list, watch, wait and doubt; the defaults are for production."""

    watch_list: bool = True
    """Start by streaming (WatchList): no big body to decode, and far less memory in the server."""
    page_size: int = 500
    """Objects per page of a list: about 5 ms of decoding for the event loop (client-go's 500)."""
    list_timeout_seconds: float = 60.0
    """For one page; the server's own limit for a request."""
    initial_events_timeout_seconds: float = 30.0
    """A WatchList that brings nothing new for so long, nor its end mark, is given up for a list;
    one of very many objects may take minutes."""
    watch_timeout_min_seconds: float = 300.0
    """Shortest life of a watch; half of client-go's range of 5 to 10 minutes each way."""
    watch_timeout_max_seconds: float = 600.0
    """Longest life of a watch; random between the two, so that watches do not end together."""
    short_watch_seconds: float = 1.0
    """A watch that ends sooner without an event is a failure, else it would be a hot loop."""
    doubtful_seconds: float = 60.0
    """After so long of 500s or undecodable events the reflector lists instead of watching on."""
    silence_seconds: float = 60.0
    """A watch silent for so long is doubted; healthy ones have bookmarks every 60 to 120 s."""
    silence_grace_seconds: float = 15.0
    """How much longer it may be silent once the server is known to have moved on."""
    check_timeout_seconds: float = 7.0
    """For the list that checks a silent watch; two of them and a pause fit into 90 - 60 s."""
    check_retry_seconds: float = 5.0
    """Pause between a failed check and the second one."""
    list_interval_seconds: float = 1.0
    """Least time between the starts of two lists that callers asked for, not the server."""
    stale_seconds: float = 150.0
    """A silence that is told of: healthy watches have bookmarks every 60 to 120 s."""
    room_seconds: float = 60.0
    """Pause before a list for objects that their namespace may have room for again."""
    contradiction_seconds: float = 5.0
    """An answer that contradicts the cache is explained by an event within this; else it lists."""
    contradiction_interval_seconds: float = 30.0
    """Least time between two lists for that; twice as long after each of a row."""
    contradiction_interval_cap_seconds: float = 600.0
    """Longest such time: a server that contradicts itself costs a list every ten minutes."""
    distrust_seconds: float = 30.0
    """For how long it is waited for all types to be listed anew after the server was restored: one
    that cannot be must not stop the others."""
    turn_seconds: float = TURN_SECONDS
    """For how long objects or events are handled before other tasks get their turn: a selector may
    take nine milliseconds for one object, or none at all."""
    backoff: BackoffOptions = field(default_factory=BackoffOptions)
    """Between failures; client-go's figures, which come to 0.22 requests per second at most."""

    def __post_init__(self) -> None:
        """Refuse figures that would spin or never end."""
        if self.page_size < 1:
            raise ValueError("page_size must be positive")
        if not 0 < self.watch_timeout_min_seconds <= self.watch_timeout_max_seconds:
            raise ValueError("watch time-outs need 0 < min <= max")
