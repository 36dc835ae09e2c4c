"""Who holds the event loop for how long, so that those who hold it much wait for others.

All workers share one loop, where whoever computes holds everybody up. Two rules:

1. A group that has held it for more than its share begins nothing while another one, that has held
   it less, is at work. One that is alone, or within its share, is not held back.
2. A group begins no more than the loop gets done in a moment, by what its keys took before: whoever
   comes then finds little under way. Only keys that are dear feel it, and never more than the loop
   itself would have them wait: what waits for an answer makes room for the next.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Hashable
from typing import Final, NamedTuple

from clusterimport.aio import Clock

AT_A_TIME_SECONDS: Final = 0.05
"""What the keys that a group begins may take together before time has passed for them; one key is
always allowed."""
LONGEST_SECONDS: Final = 1.0
"""For how long a group counts as at work with one key: what takes longer waits for an answer, as
that of a cluster, and not for the loop."""
PAUSE_SECONDS: Final = 0.02
"""For how long a group counts as at work after its last key: the next step of what it does is on
its way through the API server. Also how often it is looked whether one that waits may go on."""
_NEWS: Final = 0.2
"""How much the latest key counts in what those of its group are thought to take."""
_MANY: Final = 1024
"""Groups that are worth a look for those that owe nothing, and are not at work, any more."""


class _Account(NamedTuple):
    """What a group has used, at a moment."""

    owed: float = 0.0
    at: float = 0.0
    usual: float = 0.0
    """Seconds for which one of its keys holds the loop."""
    begun: float = 0.0
    """Seconds that keys which it has begun were to take, less those that have passed since."""
    begun_at: float = 0.0


class LoopTime:
    """The accounts of groups whose keys are worked on by one event loop, in any of its queues.

    Args:
        clock: of the loop.
        share: seconds per second that are always a group's, whatever others do.
        burst_seconds: what a group may use at once before it owes anything.
        on_wait: told when a group is held back.

    """

    def __init__(
        self,
        clock: Clock,
        *,
        share: float,
        burst_seconds: float,
        on_wait: Callable[[], None] = lambda: None,
    ) -> None:
        self._clock = clock
        self._share = share
        self._burst = burst_seconds
        self._on_wait = on_wait
        self._accounts: dict[Hashable, _Account] = {}  # without one, nothing was used
        self._running: Counter[Hashable] = Counter()  # keys in process; no zeros
        self._at_work_until: dict[Hashable, float] = {}
        self._on_news: list[Callable[[], None]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._tidy_at = _MANY

    def subscribe(self, on_news: Callable[[], None]) -> None:
        """Have a queue told when groups that were held back may be allowed to go on."""
        self._on_news.append(on_news)

    def begin(self, group: Hashable) -> None:
        """Take note that a key of a group is taken."""
        now = self._clock.monotonic()
        self._running[group] += 1
        self._at_work_until[group] = now + LONGEST_SECONDS
        account = self._accounts.get(group)
        if account is not None:
            begun = max(account.begun - (now - account.begun_at), 0.0) + account.usual
            most = max(AT_A_TIME_SECONDS, account.usual)
            self._accounts[group] = account._replace(begun=min(begun, most), begun_at=now)

    def end(self, group: Hashable, held_seconds: float) -> None:
        """Take note that a key is done, and for how long it held the loop."""
        now = self._clock.monotonic()
        self._running[group] -= 1
        if not self._running[group]:
            del self._running[group]
            self._at_work_until[group] = now + PAUSE_SECONDS
        account = self._accounts.get(group, _Account())
        self._accounts[group] = account._replace(
            owed=self._owed(group) + held_seconds,
            at=now,
            usual=account.usual + _NEWS * (held_seconds - account.usual),
        )
        if len(self._at_work_until) + len(self._accounts) > self._tidy_at:
            self._tidy()

    def may_begin(self, group: Hashable) -> bool:
        """Whether a group may have a key worked on now; if not, its queue is told later."""
        account = self._accounts.get(group)
        if account is None or (self._fits(account) and self._is_due(group)):
            return True
        if self._timer is None:
            self._on_wait()
            self._timer = asyncio.get_running_loop().call_later(PAUSE_SECONDS, self._tell)
        return False

    def _fits(self, account: _Account) -> bool:
        """Whether one more key would not be too much for the others."""
        begun = account.begun - (self._clock.monotonic() - account.begun_at)
        return begun <= 0 or begun + account.usual <= AT_A_TIME_SECONDS

    def _is_due(self, group: Hashable) -> bool:
        """Whether none that owes less is at work, or was a moment ago."""
        if len(self._at_work_until) == (group in self._at_work_until):
            return True
        owed = self._owed(group)
        if owed <= self._burst:
            return True
        self._forget_idle()
        return not any(other != group and self._owed(other) < owed for other in self._at_work_until)

    def _owed(self, group: Hashable) -> float:
        account = self._accounts.get(group)
        if account is None:
            return 0.0
        return max(account.owed - (self._clock.monotonic() - account.at) * self._share, 0.0)

    def _forget_idle(self) -> None:
        now = self._clock.monotonic()
        for group in [group for group, until in self._at_work_until.items() if until < now]:
            del self._at_work_until[group]

    def _tidy(self) -> None:
        """Keep no group that has neither work nor debts."""
        self._forget_idle()
        for group in [group for group in self._accounts if not self._owed(group)]:
            del self._accounts[group]
        self._tidy_at = _MANY + 2 * (len(self._at_work_until) + len(self._accounts))

    def _tell(self) -> None:
        self._timer = None
        for on_news in self._on_news:
            on_news()
