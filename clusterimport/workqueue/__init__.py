"""Work queues after client-go: keys only, no object ever travels through them."""

from clusterimport.workqueue.delaying import DelayingQueue
from clusterimport.workqueue.errors import Empty, NotProcessing, ShutDown, WorkQueueError
from clusterimport.workqueue.looptime import LoopTime
from clusterimport.workqueue.metrics import NullQueueMetrics, QueueMetrics, RunningWork
from clusterimport.workqueue.priorities import BACKLOG, FRESH, current_priority, working_at
from clusterimport.workqueue.queue import Sharing, WorkQueue
from clusterimport.workqueue.ratelimiting import (
    BucketLimiter,
    ItemExponential,
    RateLimitingQueue,
    rate_limiting_queue,
)

__all__ = [
    "BACKLOG",
    "FRESH",
    "BucketLimiter",
    "DelayingQueue",
    "Empty",
    "ItemExponential",
    "LoopTime",
    "NotProcessing",
    "NullQueueMetrics",
    "QueueMetrics",
    "RateLimitingQueue",
    "RunningWork",
    "Sharing",
    "ShutDown",
    "WorkQueue",
    "WorkQueueError",
    "current_priority",
    "rate_limiting_queue",
    "working_at",
]
