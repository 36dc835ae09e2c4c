"""Queue metrics that remember everything."""

from clusterimport.workqueue import RunningWork


class RecordingQueueMetrics:
    """Public attributes hold what was reported."""

    def __init__(self) -> None:
        self.running: RunningWork | None = None
        self.depths: dict[int, int] = {}
        self.adds = 0
        self.retries = 0
        self.queue_durations: list[float] = []
        self.work_durations: list[float] = []

    def attach(self, running: RunningWork) -> None:
        self.running = running

    def set_depth(self, priority: int, items: int) -> None:
        self.depths[priority] = items

    def inc_adds(self) -> None:
        self.adds += 1

    def inc_retries(self) -> None:
        self.retries += 1

    def observe_queue_duration(self, seconds: float) -> None:
        self.queue_durations.append(seconds)

    def observe_work_duration(self, seconds: float) -> None:
        self.work_durations.append(seconds)
